"""When the tests of a run end that may end early: the same answer while measuring, on going on, and in an audit."""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping

from ..evidence.canonical import EvidenceError
from ..plan.model import Obligation, Plan
from ..plan.stops import due, taken
from ..policy.model import Policy
from ..verdict.facts import Seen, measure
from ..verdict.stops import has_decided

ENDED = "ended"
"""Key of the note that says at which look a test ended."""


def looks(plan: Plan) -> int:
    """The most looks that a test of the plan has; 0 for a plan without any."""
    return max((test.looks for test in plan.obligations), default=0)


def ended_by(
    plan: Plan, policy: Policy, look: int, before: Mapping[str, int], seen: Callable[[Collection[str]], Seen]
) -> Mapping[str, int]:
    """The tests that have ended by a look, each with the look at which it did; `before`: by the look before it.

    `seen` gives the tables of these units. A test ends where its rate fact says something, and with its last look.
    """
    ended = dict(before)
    for test in plan.obligations:
        if not test.looks or test.id in ended:
            continue
        if look >= test.looks or _decided(test, policy, plan, due(plan, before, look), seen):
            ended[test.id] = min(look, test.looks)
    return ended


def replayed(plan: Plan, policy: Policy, seen: Callable[[Collection[str]], Seen]) -> tuple[frozenset[str], Mapping[str, int]]:
    """(the units that were due in all, the look at which each test with looks ended). `seen` as in `ended_by`."""
    ended: Mapping[str, int] = {}
    for look in range(1, looks(plan) + 1):
        ended = ended_by(plan, policy, look, ended, seen)
    return due(plan, ended, max(1, looks(plan))), ended


def check_ends(ended: Mapping[str, int], noted: Mapping[str, int]) -> None:
    """Raises `EvidenceError` where the ledger says that a test ended at another look than its evidence does."""
    for name in sorted({*ended, *noted}):
        if ended.get(name) != noted.get(name):
            at, said = (f"at look {found[name]}" if name in found else "nowhere" for found in (ended, noted))
            raise EvidenceError(f"by its evidence the test {name} ended {at}, by the ledger {said}")


def _decided(
    test: Obligation, policy: Policy, plan: Plan, keys: frozenset[str], seen: Callable[[Collection[str]], Seen]
) -> bool:
    now = next(one for one in taken(plan, keys).obligations if one.id == test.id)
    clause = next(clause for clause in policy.clauses if clause.id == test.clause)
    read = now.model_copy(update={"original": ()})
    return has_decided(measure(read, clause, seen((*read.audited, *read.references)), seed=plan.seed).facts)
