"""T002 for removal: tests of one run that no fact about the reference is set beside, or that count otherwise than it does."""

from __future__ import annotations

from collections.abc import Iterator

from ...catalogue import VerifierId
from ...finding import Finding, Fix, Span
from ...logic.idle import Idle, idle
from ...logic.registered import tested_artifacts
from ...policy.clauses import Remove
from ...policy.vocabulary import access_rank
from ...wording.language import as_in
from .declared_test import DeclaredTest


def groundless(test: DeclaredTest) -> tuple[Finding, ...]:
    """T002 where nothing that a test of one run finds could refute a removal, on the first artifact where that is so.

    A look at outputs alone that registers no rate to refute at is left to T008, which asks for another test.
    """
    if test.evidence.decide != "not_refuted" or (only_from_outside(test) and test.evidence.refute_at is None):
        return ()
    return tuple(_findings(test))[:1]


def _findings(test: DeclaredTest) -> Iterator[Finding]:
    clause, policy = test.clause, test.document.policy
    assert isinstance(clause, Remove)
    for artifact in tested_artifacts(policy, clause):
        reasons = idle(policy, clause, artifact)
        if reasons:
            said = "; ".join(as_in("small", str(one.why)) for one in reasons)
            fixes = tuple(Fix(as_in("small", str(one.needs))) for one in reasons if one.needs is not None)
            at = ("evidence", "refute_at") if test.evidence.refute_at is not None else ("evidence",)
            text = f"{clause.id} cannot be refuted: {said}"
            yield test.finding("T002", "warning", text, at, _facts(test, reasons), fixes=fixes, axioms=("AX6",))


def _facts(test: DeclaredTest, reasons: tuple[Idle, ...]) -> tuple[Span, ...]:
    """Where the declared facts stand that the reasons are about."""
    named = {one.fact for one in reasons if one.fact is not None}
    source = test.document.source
    places = (
        source.value(("reference_retrain", index, "id"))
        for index, fact in enumerate(test.document.policy.reference_retrain)
        if fact.id in named
    )
    return tuple(Span(place.file, place.line, place.column, place.length, "the declared fact") for place in places)


def only_from_outside(test: DeclaredTest) -> bool:
    """Whether influence is to be judged by a test of outputs alone: no weights, no altered or opened copy."""
    clause, seen = test.clause, test.evidence.access
    influence = isinstance(clause, Remove) and clause.measure == "influence" and altered_by(test) is None
    return influence and seen is not None and access_rank(seen) < access_rank("weights")


def altered_by(test: DeclaredTest) -> VerifierId | None:
    """The verifier that looks at an altered or opened copy, if the evidence asks for one."""
    evidence = test.evidence
    if evidence.relearn is not None:
        return "relearning"
    return "quantization" if evidence.quantize else "latent" if evidence.inspect else None
