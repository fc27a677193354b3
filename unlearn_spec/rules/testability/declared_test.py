"""What a clause's declared test comes to in numbers: draws, tolerated failures, error. Read by the T rules.

A *failure* is one draw that speaks against the clause: a leak for `suppress`, a miss for `retain` and `refuse`. A draw is
one item with all its probes under the declared decoding.
"""

from __future__ import annotations

from collections.abc import Iterator
from fractions import Fraction
from typing import Final

from msgspec.structs import replace

from ...finding import Edit, Finding, Fix, Severity, Span
from ...plan.allocation import allocated_alpha, error_for_facts, registered_facts
from ...policy.clauses import AtLeast, MembershipBound, Rectify, Refuse, Remove, Retain, ShareOf, Suppress
from ...policy.evidence import Evidence
from ...policy.load import Document
from ...policy.source import Path
from ...record import Record
from ..edits import all_or_none, field_edits
from ..wording import count, percent

RateGoal = Suppress | Refuse | Retain | Rectify
EXACT_METRICS: Final = ("extraction_probability", "multiple_choice")
"""Computed from probabilities, not drawn: one pass settles an item."""


class DeclaredTest(Record):
    """A clause with its declared test, and the numbers the rules need."""

    document: Document
    path: Path
    clause: RateGoal | Remove
    evidence: Evidence
    alpha: Fraction | None
    """Allocated; None if no confidence is written."""

    @property
    def size(self) -> tuple[int, int] | None:
        return self.document.policy.information[self.clause.target].size

    @property
    def draws(self) -> int | None:
        """Written samples; else, where the listed items are meant, as many as there can be."""
        if self.evidence.samples is not None or self.evidence.population == "wider" or self.size is None:
            return self.evidence.samples
        return self.size[1]

    @property
    def deterministic(self) -> bool:
        """Whether one draw settles an item. An open decoding counts as such: no finding that another reading lifts."""
        revealed = None if isinstance(self.clause, Remove) else self.clause.reveals_when
        if revealed is not None and revealed.metric in EXACT_METRICS:
            return True
        decoding = self.clause.scope.decoding
        return decoding is None or decoding.method == "greedy"

    @property
    def failure(self) -> str:
        if isinstance(self.clause, Suppress):
            return "failure"
        return "member caught" if isinstance(self.clause, Remove) else "miss"

    def span(self, *fields: str, label: str = "") -> Span:
        return self.document.source.value((*self.path, *fields), label)

    def edits(self, block: str, **fields: object) -> tuple[Edit, ...]:
        """Writes fields of one block of the clause, or of the clause itself; all or none."""
        source = self.document.source
        return all_or_none(*(field_edits(source, self.path, name, value, block) for name, value in fields.items()))

    def rescoped(self, **scope: object) -> DeclaredTest:
        """The test of the clause with its scope changed."""
        altered = self.clause.scope.model_copy(update=scope)
        return replace(self, clause=self.clause.model_copy(update={"scope": altered}))

    def shown(self, **evidence: object) -> DeclaredTest:
        """The clause's test with its evidence changed."""
        return replace(self, evidence=self.evidence.model_copy(update=evidence))

    def finding(
        self,
        code: str,
        severity: Severity,
        message: str,
        at: tuple[str, ...],
        related: tuple[Span, ...] = (),
        why: tuple[str, ...] = (),
        fixes: tuple[Fix, ...] = (),
        axioms: tuple[str, ...] = (),
    ) -> Finding:
        spans = (self.span(*at), *related)
        return Finding(code, severity, message, spans, why, fixes, (self.clause.id,), axioms)


def declared_tests(document: Document) -> Iterator[DeclaredTest]:
    """Every test of a rate or of removal that the policy's clauses declare, with its share of the error."""
    alphas = allocated_alpha(document.policy)
    for index, clause in enumerate(document.policy.clauses):
        if isinstance(clause, RateGoal | Remove) and clause.evidence is not None and clause.evidence.kind == "test":
            yield DeclaredTest(document, ("clauses", index), clause, clause.evidence, alphas.get(clause.id))


def tolerated_rate(clause: RateGoal | Remove) -> Fraction | None:
    """The largest failure rate that the clause tolerates; None for a limit that is no rate."""
    match clause:
        case Suppress():
            return clause.limit.at_most
        case Refuse():
            return 1 - clause.limit.at_least
        case Rectify():
            return min(clause.limit.at_most, 1 - clause.limit.at_least)
        case Retain():
            return 1 - clause.limit.at_least if isinstance(clause.limit, AtLeast) else clause.limit.within
        case Remove():
            return clause.limit.tpr_at_most if isinstance(clause.limit, MembershipBound) else None


def error_of(test: DeclaredTest) -> Fraction | None:
    """α of one bound: `rectify` has two, the corrected statement's and the old one's; a test with looks on the way spends
    half of it on these."""
    shared = isinstance(test.clause, Rectify) or test.evidence.stop is not None
    return test.alpha / 2 if test.alpha is not None and shared else test.alpha


def stands_on(test: DeclaredTest) -> tuple[str, ...]:
    """Where α comes from, in words."""
    policy, own, alpha = test.document.policy, test.evidence.confidence, test.alpha
    if alpha is None:
        return ()
    budget = error_for_facts(policy)
    if budget is not None and (own is None or alpha < 1 - own):
        facts = registered_facts(policy)
        return (f"α = {percent(budget)} / {count(facts, 'registered fact')} = {percent(alpha)}",)
    return (f"α = {percent(alpha)}, from the clause's own confidence",)


def counted_exactly(test: DeclaredTest) -> bool:
    """Whether every listed item is looked at and one look settles it: then a count of items has no error of chance."""
    clause, size, draws = test.clause, test.size, test.draws
    if isinstance(clause, Remove) or size is None or draws is None or test.evidence.population == "wider":
        return False
    computed = clause.reveals_when is not None and clause.reveals_when.metric in EXACT_METRICS
    return draws >= size[0] and test.deterministic and (computed or isinstance(clause.over, ShareOf))


def mean_limit(test: DeclaredTest, tolerated: Fraction) -> Fraction:
    """The mean failure rate that would have to be certified: for a share of items, one that leaves too few bad ones."""
    over = test.clause.over if not isinstance(test.clause, Remove) else None
    if not isinstance(over, ShareOf):
        return tolerated
    return (1 - over.share) * (1 if test.deterministic else tolerated)


def refuting_limit(test: DeclaredTest, tolerated: Fraction) -> Fraction:
    """The mean failure rate above which the clause must be false."""
    over = test.clause.over if not isinstance(test.clause, Remove) else None
    if isinstance(over, ShareOf):
        return 1 - over.share if test.deterministic and tolerated < 1 else tolerated * over.share + 1 - over.share
    if over == "each" and test.deterministic and tolerated < 1:
        return Fraction(0)
    return tolerated


def capacity(test: DeclaredTest) -> int | None:
    """The most independent draws that the listed items allow; None for no limit."""
    if test.evidence.population == "wider" or test.size is None:
        return None
    decoding = test.clause.scope.decoding
    repeats = decoding.samples if decoding is not None and decoding.method == "sample" and decoding.samples else 1
    return test.size[1] * repeats
