"""S009 to S012: a well-formed policy that says more than it uses, leans on an expired acceptance, or names a set
without a digest. The other Y and S codes are found while a file is loaded.
"""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date

from ..finding import Finding, Fix, Severity
from ..policy.clauses import AllOf, AnyOf, Ban, Condition, Delete, Destroy, Finish, Not, Remove
from ..policy.load import Document
from ..policy.model import Policy, as_of
from ..policy.source import Path


def schema_findings(document: Document, today: date) -> tuple[Finding, ...]:
    """S009 to S012 of a loaded policy on the day `today`, in the order of the file."""
    found = [
        *unused_declaration(document),
        *expired_acceptance(document, today),
        *missing_manifest(document),
        *missing_closure(document),
    ]
    return tuple(sorted(found, key=lambda item: (item.spans[0].line, item.spans[0].column, item.code)))


def unused_declaration(document: Document) -> Iterator[Finding]:
    """S009: an information set, situation or audience that nothing in the policy mentions.

    It matters because a clause that should have named it may be missing. Artifacts and methods are inventories: listing
    one that no clause names is normal. Cannot see whether the one mention of a set is a sensible one.
    """
    policy = document.policy
    sets, situations, audiences = used_sets(policy), used_situations(policy), used_audiences(policy)
    for name in policy.information:
        if name not in sets:
            yield _unused(document, ("information", name), f"information set `{name}` is never used")
    for index, name in enumerate(policy.situations):
        if name not in situations:
            yield _unused(document, ("situations", index), f"situation `{name}` is never used")
    for name in policy.people:
        if name not in audiences:
            yield _unused(document, ("people", name), f"audience `{name}` is never used")


def expired_acceptance(document: Document, today: date) -> Iterator[Finding]:
    """S010: an acceptance, an open question or an override of a feasibility fact past its date.

    It matters because an exception was granted for a time, by someone, and the time is over. The finding or question it
    covered counts again. Cannot see whether the reason given still holds before that date.
    """
    for index, entry in enumerate(document.policy.accept):
        if not as_of(entry, today):
            text = f"the acceptance of {entry.code} on `{entry.clause}` expired {entry.until}"
            yield _expired(document, ("accept", index, "until"), text, f"mend {entry.code}, or let {entry.by} renew it")
    for index, question in enumerate(document.policy.open_questions):
        if not as_of(question, today):
            text = f"the open question `{question.field}` of `{question.clause}` expired {question.until}"
            yield _expired(document, ("open_questions", index, "until"), text, f"let {question.owner} answer it")
    for index, override in enumerate(document.policy.feasibility):
        if not as_of(override, today):
            text = f"not relying on the fact `{override.fact}` expired {override.until}"
            fix = f"mend what rests on it, or let {override.by} renew it"
            yield _expired(document, ("feasibility", index, "until"), text, fix)


def missing_manifest(document: Document) -> Iterator[Finding]:
    """S011: a policy in force with an information set that has no digest.

    Without one, nobody can show that the set that was tested is the set that was meant. Cannot see whether a digest is
    the right one: `verify` compares it with the bound data.
    """
    if document.policy.policy.status != "in_force":
        return
    for name, information in document.policy.information.items():
        if information.manifest is None and information.kind != "concept":
            text = f"this policy is in force, and `{name}` has no `manifest`"
            fix = Fix("add the digest of its list of items", snippet='manifest: "sha256:<64 hexadecimal digits>"')
            yield _finding(document, "S011", "warning", ("information", name), text, fix)


def missing_closure(document: Document) -> Iterator[Finding]:
    """S012: a policy in force deletes or removes a set without saying how far it reaches beyond the listed items.

    Not written, it means exact duplicates only, so near duplicates, excerpts and translations stay. Cannot see whether the
    closure that is written is the one that was wanted.
    """
    if document.policy.policy.status != "in_force":
        return
    meant = {clause.target for clause in document.policy.clauses if isinstance(clause, Delete | Remove)}
    for name, information in document.policy.information.items():
        if name in meant and information.closure is None:
            text = f"this policy is in force, and `{name}` has no `closure`: it reaches exact duplicates only"
            snippet = "closure: {exact_duplicates: true, near_duplicates: false, excerpts: false, translations: false, paraphrases: false}"
            yield _finding(document, "S012", "warning", ("information", name), text, Fix("say how far it reaches", snippet=snippet))


def _targets(policy: Policy) -> Iterator[str | None]:
    for clause in policy.clauses:
        if not isinstance(clause, Destroy | Finish | Ban):
            yield clause.target


def used_sets(policy: Policy) -> frozenset[str]:
    """Names of the information sets that something other than their own declaration mentions."""
    names: set[str | None] = {information.built_from for information in policy.information.values()}
    names |= {name for relation in policy.relations for name in relation.sets}
    names |= {name for artifact in policy.artifacts.values() for name in (*artifact.trained_on, *artifact.holds)}
    names |= {baseline.target for baseline in policy.measured_before}
    names |= {name for fact in policy.reference_retrain for name in (fact.target, fact.without)}
    names |= set(_targets(policy))
    names |= {claim.of for claim in policy.claims} | {gap.target for gap in policy.out_of_scope}
    return frozenset(name for name in names if name is not None)


def used_situations(policy: Policy) -> frozenset[str]:
    """Names of the situations that some clause depends on."""
    return frozenset(name for clause in policy.clauses for name in _situations(clause.scope.when))


def used_audiences(policy: Policy) -> frozenset[str]:
    """Names of the audiences that see an artifact, contain another audience, or bound a clause."""
    seeing = {name for artifact in policy.artifacts.values() for name in artifact.seen_by}
    containing = {people.within for people in policy.people.values() if people.within is not None}
    bounding = {clause.scope.audience for clause in policy.clauses if clause.scope.audience is not None}
    return frozenset(seeing | containing | bounding)


def _situations(condition: Condition | None) -> Iterator[str]:
    match condition:
        case str():
            yield condition
        case Not():
            yield from _situations(condition.not_)
        case AllOf():
            for part in condition.all:
                yield from _situations(part)
        case AnyOf():
            for part in condition.any:
                yield from _situations(part)


def _unused(document: Document, path: Path, text: str) -> Finding:
    return _finding(document, "S009", "warning", path, text, Fix("use it in a clause, or remove it"))


def _expired(document: Document, path: Path, text: str, fix: str) -> Finding:
    return _finding(document, "S010", "error", path, text, Fix(fix))


def _finding(document: Document, code: str, severity: Severity, path: Path, text: str, fix: Fix) -> Finding:
    return Finding(code, severity, text, (document.source.key(path),), fixes=(fix,))
