"""T006, T008: a clause without evidence, or with a test where no test can be the evidence."""

from __future__ import annotations

from ...finding import Finding, Fix
from ...policy.clauses import Clause, Remove
from ...policy.load import Document
from ...policy.model import Policy
from .declared_test import RateGoal, declared_tests
from .groundless import only_from_outside


def no_evidence(document: Document) -> tuple[Finding, ...]:
    """T006: a clause of a policy in force that does not say how it will be shown.

    It matters because a promise that nobody plans to show is reported as not tested. Cannot see whether the evidence
    that is declared elsewhere will ever be produced.
    """
    if document.policy.policy.status != "in_force":
        return ()
    return tuple(
        Finding(
            "T006",
            "warning",
            f"{clause.id} is in force, and nothing says how it will be shown",
            (document.source.value(("clauses", index, "id")),),
            fixes=(Fix("add `evidence`", snippet=_skeleton(document.policy, clause)),),
            clauses=(clause.id,),
        )
        for index, clause in enumerate(document.policy.clauses)
        if clause.evidence is None
    )


def _skeleton(policy: Policy, clause: Clause) -> str:
    if isinstance(clause, RateGoal):
        access, size = clause.scope.access or "product", policy.information[clause.target].size
        samples = 300 if size is None else max(1, min(300, size[1]))
        return f"evidence: {{kind: test, access: {access}, samples: {samples}, decide: not_refuted}}"
    if isinstance(clause, Remove):
        return "evidence: {kind: procedure, record: training_log, evaluator: independent}"
    return "evidence: {kind: attestation, evaluator: internal}"


def absence_not_provable(document: Document) -> tuple[Finding, ...]:
    """T008: a test is to show that influence is gone, where a test could at best fail to find it.

    Flags `remove` with a test that is to certify, and `measure: influence` with a test of outputs alone (no relearning,
    no weights). It matters because models exist that pass every such test and still carry the data. Cannot see how
    searching the declared attacks are.
    """
    found = []
    for test in declared_tests(document):
        clause, evidence = test.clause, test.evidence
        if not isinstance(clause, Remove):
            continue
        if evidence.decide != "certify" and not only_from_outside(test):
            continue
        what = (
            "no list of attacks can show"
            if evidence.decide == "certify"
            else f"a test through {evidence.access} cannot show"
        )
        gone = (
            "that influence is gone"
            if clause.measure == "influence"
            else "that every membership test stays below a limit"
        )
        why = ("a failed attack bounds what attacks can do from below only; a removal is shown by its process.",)
        fixes = (
            Fix("let the process be shown", snippet="evidence: {kind: procedure, record: training_log, evaluator: independent}"),
            Fix("or promise less: `decide: not_refuted`, with `relearn` at `access: finetune`, or `quantize` or `inspect` at `weights`"),
        )  # fmt: skip
        at = ("evidence", "decide") if evidence.decide == "certify" else ("evidence", "access")
        found.append(test.finding("T008", "warning", f"{clause.id}: {what} {gone}", at, (), why, fixes, ("AX13",)))
    return tuple(found)
