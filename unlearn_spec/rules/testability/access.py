"""T005: a test through an access level from which nothing follows about its clause."""

from __future__ import annotations

from ...catalogue import VERIFIERS, Declaration, reachable, read_by
from ...finding import Finding, Fix
from ...policy.clauses import Remove, Suppress
from ...policy.load import Document
from ...policy.vocabulary import ACCESS, Access, access_rank
from ...record import Record
from ..edits import all_or_none
from .declared_test import DeclaredTest, RateGoal, declared_tests
from .groundless import altered_by, only_from_outside


def access_too_weak(document: Document) -> tuple[Finding, ...]:
    """T005: the test looks through an access level from which nothing follows about the clause.

    Certifying a `suppress` clause needs access at least as deep as the clause's (a deeper look shows at least as much);
    refuting one needs access at most as deep. `retain`, `refuse` and `rectify` must be tested at their own level, because
    what a model keeps or declines does not grow with access. A test must also get what its measurement reads. Cannot see
    whether the verifier will really be given the access; says nothing while either level is open.
    """
    found = ((test, _wrong_access(test)) for test in declared_tests(document))
    return tuple(_finding(test, wrong) for test, wrong in found if wrong is not None)


class _Wrong(Record):
    """An access level from which nothing follows, in words, and the level that it takes."""

    text: str
    access: Access
    beside_clause: bool = True
    """Whether the clause's own level is what the test's is held against; else it is what the measurement reads."""
    of_clause: bool = False
    """Whether it is the clause that has to speak of that level: a copy is altered through no other access."""


def _wrong_access(test: DeclaredTest) -> _Wrong | None:
    clause, altered = test.clause, altered_by(test)
    scored = test.evidence.canaries is not None and test.evidence.canaries.score is not None
    seen = test.evidence.access or (VERIFIERS[altered].min_access if altered is not None else None)
    seen = clause.scope.access if seen is None and scored else seen
    if seen is None or (only_from_outside(test) and not scored):  # T008 says more about that
        return None
    needed = _level_read(test)
    if needed is not None and access_rank(seen) < access_rank(needed):
        text = f"evidence through {seen} cannot decide {clause.id}: its measurement reads {needed}"
        return _Wrong(text, needed, beside_clause=False)
    wanted = clause.scope.access
    if wanted is None or seen == wanted or isinstance(clause, Remove):
        return None
    shallow = access_rank(seen) < access_rank(wanted)
    if not _worst_case(test):
        text = f"evidence through {seen} says nothing about {clause.id}, which speaks of {wanted}"
    elif test.evidence.decide == "certify" and shallow:
        text = f"evidence through {seen} cannot show {clause.id}, which speaks of {wanted}"
    elif not shallow and (test.evidence.decide == "not_refuted" or altered is not None):
        text = f"evidence through {seen} cannot refute {clause.id}: {wanted} may show less"
    else:
        return None
    of_clause = altered is not None and not shallow
    return _Wrong(text, seen if of_clause else wanted, of_clause=of_clause)


def _finding(test: DeclaredTest, wrong: _Wrong) -> Finding:
    related = (test.span("scope", "access", label="the clause's level"),) if wrong.beside_clause else ()
    at = ("evidence",) if wrong.of_clause else ("evidence", "access")
    return test.finding("T005", "error", wrong.text, at, related, fixes=(_fix(test, wrong),), axioms=("AX3", "AX13"))


def _fix(test: DeclaredTest, wrong: _Wrong) -> Fix:
    """Another level for the test, or for its clause; for both, where the measurement reads deeper than the clause speaks of."""
    access = wrong.access
    tested, spoken = test.shown(access=access), test.rescoped(access=access)
    if wrong.of_clause:
        snippet, edits = f"scope: {{access: {access}}}", test.edits("scope", access=access)
        return Fix(f"a clause about {access}", _wrong_access(spoken) is None, snippet, edits)
    if _wrong_access(tested) is None:
        return Fix(f"test through {access}", True, f"evidence: {{access: {access}}}", test.edits("evidence", access=access))
    level = max(access, _level_read(test) or access, key=access_rank)
    both = test.rescoped(access=level).shown(access=level)
    snippet = f"scope: {{access: {level}}}\nevidence: {{access: {level}}}"
    edits = all_or_none(test.edits("scope", access=level), test.edits("evidence", access=level))
    return Fix(f"a clause about {level}, and a test through {level}", _wrong_access(both) is None, snippet, edits)


def _worst_case(test: DeclaredTest) -> bool:
    """Whether the clause bounds what is revealed at worst, which grows with access."""
    revealed = test.clause.reveals_when if isinstance(test.clause, Suppress) else None
    return isinstance(test.clause, Suppress) and (revealed is None or revealed.metric not in ("refusal", "not_refusal"))


def _level_read(test: DeclaredTest) -> Access | None:
    """The weakest access at which some verifier can measure this; None if no verifier is known for it."""
    altered = altered_by(test)
    if altered is not None:
        return VERIFIERS[altered].min_access
    if test.evidence.canaries is not None and test.evidence.canaries.score is not None:
        return read_by(test.evidence.canaries.score)
    if test.evidence.canaries is not None or test.evidence.ensemble is not None:
        return VERIFIERS["canaries" if test.evidence.canaries is not None else "ensemble"].min_access
    able = [declared for declared in VERIFIERS.values() if _bears_on(declared, test.clause)]
    return min((declared.min_access for declared in able), key=ACCESS.index, default=None)


def _bears_on(declared: Declaration, clause: RateGoal | Remove) -> bool:
    if "test" not in declared.evidence or clause.goal not in declared.goals or not reachable(declared, "finetune"):
        return False
    if isinstance(clause, Remove):
        return clause.measure in declared.measures
    return clause.reveals_when is None or not declared.metrics or clause.reveals_when.metric in declared.metrics
