"""Whether a plan's numbers of items and clusters are those of what was measured: every bound rests on them."""

from __future__ import annotations

from collections import Counter

from ..plan.canaries import DIRECTIONS, fewest_right, refuting
from ..plan.model import Obligation, Plan
from ..policy.clauses import Closeness
from ..verdict.measured import Seen
from .audit_questions import PlanError
from .materials import Materials

_LARGEST = ("leak", "extraction", "choice", "refusal", "retention")
"""Verifiers whose plan tells the largest cluster."""


def check_sizes(plan: Plan, materials: Materials, seen: Seen) -> None:
    """Counts the items that each test read, and holds `n`, `clusters` and `largest` of its obligation against the count.

    Of a test that ended early the parts that were not asked have left no rows: their items are counted in the names that
    the run keeps, and their clusters bounded by what the parts that were asked leave. Raises `PlanError`.
    """
    units = {planned.key: planned.unit for planned in plan.units}
    for test in plan.obligations:
        if test.verifier == "record":
            continue
        found = _clusters(test, seen)
        if test.looks:
            listed = {units[key].data for key in test.audited}
            _staged(test, found, seen, sum(len(materials.roster(ref)) for ref in listed))
        elif found:  # an attack that diverged before its first look has left no rows
            _whole(test, found)
        if test.verifier == "canaries" and found:
            _guesses(test, materials, seen)


def _guesses(test: Obligation, materials: Materials, seen: Seen) -> None:
    """So many right guesses refute as the canaries that were scored, the clause's limit and the error make it."""
    clause = next(one for one in materials.document.policy.clauses if one.id == test.clause)
    limit, asked = getattr(clause, "limit", None), clause.evidence.canaries if clause.evidence is not None else None
    if not isinstance(limit, Closeness) or asked is None:
        raise PlanError(f"the plan's {test.id} guesses at canaries; its clause does not")
    inside = {
        item
        for key in test.audited
        if key in seen.tables and seen.units[key].data.name.startswith("included:")
        for item in seen.tables[key].column("item")
    }
    due = fewest_right(len(inside), test.n, asked.guesses, limit, test.alpha / DIRECTIONS)
    if due is None or (test.needed, test.refuting_said) != (due, refuting(asked, due)):
        raise PlanError(f"the plan's {test.id} counts other guesses as enough than its limit and error leave")


def _clusters(test: Obligation, seen: Seen) -> dict[str, str]:
    """The cluster of every item that the audited model was asked about; a hold-out is beside the sample."""
    found: dict[str, str] = {}
    for key in test.audited:
        if key in seen.tables and not seen.units[key].data.name.startswith("holdout:"):
            table = seen.tables[key]
            found |= zip(table.column("item"), table.column("cluster"), strict=True)
    return found


def _whole(test: Obligation, found: dict[str, str]) -> None:
    sizes = Counter(found.values())
    clusters = len(found) if test.verifier == "canaries" else len(sizes)  # each canary had a draw of its own
    largest = max(sizes.values()) if test.verifier in _LARGEST else 1
    for name, planned, counted in (
        ("items", test.n, len(found)), ("clusters", test.clusters, clusters), ("items in the largest cluster", test.largest, largest),
    ):  # fmt: skip
        if planned != counted:
            raise PlanError(f"the plan's {test.id} counts {planned:,} {name}; {counted:,} were measured")


def _staged(test: Obligation, found: dict[str, str], seen: Seen, listed: int) -> None:
    sizes = Counter(found.values())
    most, left = max(sizes.values(), default=1), listed - len(found)
    if test.n != listed:
        raise PlanError(f"the plan's {test.id} counts {test.n:,} items; the run keeps the names of {listed:,}")
    fits = most <= test.largest <= max(most, left) and (left == 0) == (test.clusters == len(sizes))
    for unit, table in ((seen.units[key], seen.tables[key]) for key in test.audited if key in seen.tables):
        part, parts = unit.data.part, unit.data.parts
        due = part * test.clusters // parts - (part - 1) * test.clusters // parts
        fits = fits and len(set(table.column("cluster"))) == due
    if not fits:
        raise PlanError(f"the plan's {test.id} counts other clusters than were measured at its looks")
