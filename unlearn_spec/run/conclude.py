"""From a plan, its materials and its tables to verdicts and the report. Pure: nothing is measured, asked or written.

`verify` concludes a run with it, and `audit` concludes the same run again from what it kept.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass

from ..evidence.canonical import EvidenceError
from ..evidence.store import Store
from ..finding import Finding
from ..gpu.draws import Totals, bootstrap_totals
from ..gpu.pairwise import SubsetTotals, subset_totals
from ..plan.bound import Bindings
from ..plan.model import Obligation, Plan
from ..plan.stops import taken
from ..plan.units import LoggedUnit
from ..policy.model import Policy
from ..report.excerpt import clause_lines
from ..report.model import Report
from ..verdict.decide import Exhibit, decide
from ..verdict.facts import Measured, Seen, measure, recorded, refused
from ..verdict.gates import check
from ..verdict.model import Verification
from ..verdict.records import RefusedRecordError, record_fact
from ..verifiers.logged import Log, LogError, agrees
from .materials import Materials
from .places import stored_table
from .result import make_report
from .stops import check_ends, replayed


@dataclass(frozen=True)
class Conclusion:
    """What a run comes to."""

    materials: Materials
    plan: Plan
    seen: Seen
    exhibits: tuple[Exhibit, ...]
    verification: Verification

    def report(self, findings: tuple[Finding, ...], ledger: str, *, apart: SubsetTotals = subset_totals) -> Report:
        """The report; `findings` are the checker's, `ledger` is the digest of the ledger's content. `apart`: see `told_apart`."""
        document = self.materials.document
        return make_report(
            document.policy,
            self.plan,
            self.materials,
            self.verification,
            findings,
            self.seen,
            self.exhibits,
            ledger,
            written=clause_lines(document),
            apart=apart,
        )


def conclude(plan: Plan, materials: Materials, seen: Seen, *, totals: Totals = bootstrap_totals) -> Conclusion:
    """Facts, gates and verdicts of every obligation of the plan. `seen`: all units that were due. `totals`: see `measure`."""
    _check_logs(materials, seen)
    plan = taken(plan, seen.tables)
    exhibits = tuple(_exhibit(obligation, plan, materials, seen, totals) for obligation in plan.obligations)
    return Conclusion(materials, plan, seen, exhibits, decide(materials.document.policy, plan, exhibits))


def seen_in(
    store: Store, plan: Plan, objects: Mapping[str, str], policy: Policy, noted: Mapping[str, int] | None = None
) -> Seen:
    """Everything measured, read back and re-hashed. Raises `EvidenceError`; also for a unit that was due and has no object,
    and for one that has and was not due. `noted`: the looks at which tests ended, by the ledger, to hold against."""
    wanted, ended = replayed(plan, policy, lambda keys: tables_of(store, plan, objects, keys))
    if surplus := sorted(set(objects) - wanted):
        raise EvidenceError(f"a unit was measured after the test that reads it had ended: {surplus[0]}")
    check_ends(ended, ended if noted is None else noted)
    return tables_of(store, plan, objects, wanted)


def tables_of(store: Store, plan: Plan, objects: Mapping[str, str], keys: Collection[str]) -> Seen:
    """These units, read back and re-hashed. Raises `EvidenceError`; also for one that has no object."""
    wanted = tuple(planned for planned in plan.units if planned.key in keys)
    unmeasured = sum(planned.key not in objects for planned in wanted)
    if unmeasured:
        raise EvidenceError(f"{unmeasured} of {len(plan.units)} planned units were not measured")
    return Seen(
        units={planned.key: planned.unit for planned in wanted},
        tables={planned.key: stored_table(store, planned.unit, objects[planned.key]) for planned in wanted},
        objects={planned.key: objects[planned.key] for planned in wanted},
    )


def blocked(findings: Sequence[Finding], policy: Policy) -> Mapping[str, tuple[str, ...]]:
    """The clauses that an error of the checker blocks, with the codes of their errors; an error about no clause in
    particular blocks them all."""
    found: dict[str, tuple[str, ...]] = {}
    for clause in policy.clauses:
        codes = (
            finding.code
            for finding in findings
            if finding.severity == "error" and not finding.accepted and clause.id in (finding.clauses or (clause.id,))
        )
        if errors := tuple(dict.fromkeys(codes)):
            found[clause.id] = errors
    return found


def _exhibit(obligation: Obligation, plan: Plan, materials: Materials, seen: Seen, totals: Totals) -> Exhibit:
    policy = materials.document.policy
    clause = next(clause for clause in policy.clauses if clause.id == obligation.clause)
    if obligation.verifier == "record":
        measured = _recorded(obligation, policy, materials.bindings)
    else:
        measured = measure(obligation, clause, seen, seed=plan.seed, totals=totals)
    return Exhibit(obligation, measured, check(obligation, clause, seen, measured, materials.compare))


def _check_logs(materials: Materials, seen: Seen) -> None:
    """Holds what was taken from logs against the logs themselves. Raises `EvidenceError`."""
    for key, unit in seen.units.items():
        if not isinstance(unit, LoggedUnit):
            continue
        digest = unit.subject.model
        try:
            if unit.subject.log is None or not agrees(seen.tables[key], Log(unit.subject.log, materials.logs[digest]), unit.column):
                raise EvidenceError(f"the scores of {unit.data.name} in the run are not those of the log {digest}")
        except LogError as error:
            raise EvidenceError(f"the log {digest} kept in the run cannot be read: {error}") from None


def _recorded(obligation: Obligation, policy: Policy, bound: Bindings) -> Measured:
    try:
        return recorded(obligation, record_fact(obligation, policy, bound))
    except RefusedRecordError as error:
        return refused(obligation, error.why)
