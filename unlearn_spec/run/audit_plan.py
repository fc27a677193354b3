"""Whether a run's plan is one that its policy allows: what can be told without the models and the data."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from fractions import Fraction

from ..finding import Finding
from ..logic.process import one_run_rules
from ..plan.allocation import allocated_alpha, tested_artifacts
from ..plan.bound import Bindings
from ..plan.case import Case, Draft, LackingError
from ..plan.model import Obligation, Plan
from ..plan.reach import within_reach
from ..plan.relearning import seeds
from ..plan.repeated import counted_runs
from ..plan.stops import LOOKS
from ..plan.units import InspectUnit, QuantizeUnit, RelearnUnit, Role, SubjectRef, Unit, is_answer, unit_key
from ..policy.clauses import Closeness
from ..policy.load import Document
from ..rules.wording import percent
from .audit_questions import PlanError, check_questions
from .conclude import blocked

__all__ = ["PlanError", "check_plan"]


def check_plan(plan: Plan, document: Document, bindings: Bindings, findings: tuple[Finding, ...]) -> None:
    """Holds a plan against its policy and what was bound, by content. Raises `PlanError`.

    Looked at: that each unit is what its key says, that every clause on every artifact is planned or told to be missing,
    that what the checker rejects is not tested, that each test asks every bound model and no other about its clause's
    target, as the clause asks and reads, an endpoint for no more than it shows, that it has the controls and the registered
    numbers of its clause and the error that the policy leaves to it.
    How many items there are is held against what was measured (`audit_sizes`); which, was fixed from the data.
    """
    _units(plan)
    _clauses(plan, document)
    _rejected(plan, document, findings)
    _tests(plan, document, bindings)
    _error(plan, document)


def _units(plan: Plan) -> None:
    for planned in plan.units:
        if unit_key(planned.unit) != planned.key:
            raise PlanError(f"the plan's unit {planned.key} is not what its key says")
    known = {planned.key for planned in plan.units}
    for obligation in plan.obligations:
        controls = (key for control in obligation.controls for key in (*control.units, *control.against))
        for key in (*obligation.audited, *obligation.original, *obligation.references, *obligation.before, *controls):
            if key not in known:
                raise PlanError(f"the plan's {obligation.id} reads a unit that is not planned, {key}")
    tested = {(obligation.clause, obligation.artifact) for obligation in plan.obligations}
    for gap in plan.gaps:
        strange = next((key for key in (*gap.guarded, *gap.bare) if key not in known), None)
        if strange is not None or (gap.clause, gap.artifact) not in tested:
            raise PlanError(f"the plan compares {gap.clause} with bare weights by what is not planned")


def _clauses(plan: Plan, document: Document) -> None:
    policy = document.policy
    wanted = {(clause.id, name) for clause in policy.clauses for name in tested_artifacts(policy, clause) or ("",)}
    there = {(one.clause, one.artifact) for one in plan.obligations} | {(one.clause, one.artifact) for one in plan.missing}
    for clause, artifact in sorted(wanted ^ there):
        on = f" on {artifact}" if artifact else ""
        why = (
            "is neither planned nor missing"
            if (clause, artifact) in wanted
            else "is planned, and the policy does not ask for it"
        )
        raise PlanError(f"the clause {clause}{on} {why}")


def _rejected(plan: Plan, document: Document, findings: tuple[Finding, ...]) -> None:
    rejected = set(blocked(findings, document.policy))
    told = {missing.clause for missing in plan.missing if missing.outcome == "rejected"}
    for clause in sorted(rejected ^ told):
        why = (
            "is rejected by the checker, and the plan tests it"
            if clause in rejected
            else "is rejected by the plan alone"
        )
        raise PlanError(f"the clause {clause} {why}")


def _tests(plan: Plan, document: Document, bindings: Bindings) -> None:
    units = {planned.key: planned.unit for planned in plan.units}
    clauses = {clause.id: clause for clause in document.policy.clauses}
    for test in plan.obligations:
        clause = clauses[test.clause]
        if (clause.evidence is not None and clause.evidence.kind == "test") == (test.verifier == "record"):
            raise PlanError(f"the plan decides {test.id} by {test.verifier}, which is not the evidence of its clause")
        if clause.evidence is None or test.verifier == "record":
            continue
        case = Case(document.policy, bindings, clause, test.artifact, clause.evidence, test.alpha)
        try:
            _arms(case, test, units)
            _controls(case, test, units)
            _copies(case, test, units)
            within_reach(Draft(test, tuple(units[key] for key in (*test.audited, *test.original, *test.references))))
            _attacks(case, test, units)
            check_questions(case, test, units)
            _numbers(case, test)
        except LackingError as lack:
            raise PlanError(f"the plan tests {test.id}, which cannot be tested: {lack}") from None
        if test.logs != case.logs():
            raise PlanError(f"the plan's {test.id} does not name the logs of other people's evaluations that it rests on")
        _looks(case, test, units)


def _looks(case: Case, test: Obligation, units: Mapping[str, Unit]) -> None:
    """A test that may end early has the registered looks, each at one part of the items in the order of the seed."""
    registered = LOOKS if case.evidence.stop is not None else 0
    parts = [(units[key].data.part, units[key].data.parts) for key in test.audited]
    due = [(look, registered) for look in range(1, registered + 1)] or [(0, 1)] * len(parts)
    seeds = {units[key].data.seed for key in test.audited if registered}
    if test.looks != registered or parts != due or not seeds <= {case.bindings.seed}:
        raise PlanError(f"the plan's {test.id} looks at its items otherwise than its clause and the seed say")


def _arms(case: Case, test: Obligation, units: Mapping[str, Unit]) -> None:
    """Every subject bound for a role, and no other, asked about the clause's target."""
    bound = case.arms(guarded=test.access == "product")
    read: dict[Role, tuple[str, ...]] = {"audited": test.audited, "original": test.original, "reference": test.references}
    for role, keys in read.items():
        if {units[key].subject for key in keys} != set(bound[role]):
            raise PlanError(f"the plan's {test.id} takes as {role} other models than are bound")
    target = getattr(case.clause, "target", None)
    names = {f"{kind}{target}" for kind in ("", "wider:", "holdout:", "included:", "excluded:")}
    if test.target != target or any(units[key].data.name not in names for keys in read.values() for key in keys):
        raise PlanError(f"the plan's {test.id} asks about another set than its clause")


def _controls(case: Case, test: Obligation, units: Mapping[str, Unit]) -> None:
    answers = any(is_answer(units[key]) for key in test.audited)
    due = {gate for gate in case.gates(test.verifier) if gate != "repeat" or answers}  # scores are not drawn: nothing to repeat
    if wrong := sorted(due ^ {control.gate for control in test.controls}):
        raise PlanError(f"the plan's {test.id} has not the controls of its clause: {', '.join(wrong)}")


def _copies(case: Case, test: Obligation, units: Mapping[str, Unit]) -> None:
    """Each subject rounded to the clause's formats, or viewed in its ways, with the bound original's head; nothing less."""
    heads = {subject.model for subject in case.arms(guarded=False)["original"]}
    for keys in (test.audited, test.original, test.references):
        found: dict[SubjectRef, list[str]] = {}
        for unit in (units[key] for key in keys):
            if isinstance(unit, QuantizeUnit | InspectUnit):
                found.setdefault(unit.subject, []).append(unit.format if isinstance(unit, QuantizeUnit) else unit.view)
            if isinstance(unit, InspectUnit) and unit.head is not None and unit.head.model not in heads:
                raise PlanError(f"the plan's {test.id} reads a body with a head that is not the bound original's")
        for looks in found.values() or ([],) * bool(keys):
            if tuple(looks) != (*case.evidence.quantize, *case.evidence.inspect):
                raise PlanError(f"the plan's {test.id} does not look as its clause asks")


def _attacks(case: Case, test: Obligation, units: Mapping[str, Unit]) -> None:
    """Every attack of the clause's grid, and no other, on every subject."""
    attack = case.evidence.relearn
    if test.verifier != "relearning" or attack is None:
        return
    due = Counter((seed, rate, half) for seed in seeds(attack, case.bindings.seed) for rate in attack.rates for half in (0, 1))
    for keys in (test.audited, test.original, test.references):
        mine = [unit for key in keys if isinstance(unit := units[key], RelearnUnit)]
        for subject in {unit.subject for unit in mine}:
            planned = Counter((u.seed, u.learning_rate, u.half) for u in mine if u.subject == subject)
            if planned != due:
                raise PlanError(f"the plan's {test.id} makes other attacks than its clause")
        how = {(unit.every_look, unit.on, unit.rank) for unit in mine}
        if len(mine) != len(keys) or not how <= {(attack.looks, attack.on, attack.low_rank)}:
            raise PlanError(f"the plan's {test.id} makes other attacks than its clause")


def _numbers(case: Case, test: Obligation) -> None:
    rule = one_run_rules(case.policy).get((test.clause, test.artifact))
    if test.verifier == "membership" and test.runs > 1 and (rule is None or rule.needed != test.needed):
        raise PlanError(f"the plan's {test.id} counts other runs as enough than the policy leaves to it")
    limit = getattr(case.clause, "limit", None)
    if test.runs > 1 and test.verifier not in ("ensemble", "canaries") and isinstance(limit, Closeness):
        due = counted_runs(case, limit)(test)
        if any(getattr(test, name) != due[name] for name in ("needed", "refuting", "refuting_said")):
            raise PlanError(f"the plan's {test.id} counts other runs as enough than its limit and error leave")
    if test.runs != case.runs:
        raise PlanError(f"the plan's {test.id} counts {test.runs} runs; the policy has {case.runs}")
    registered = {
        "decide": (test.decide, case.decide),
        "power_at": (test.effect, case.evidence.power_at),
        "refute_at": (test.refute_at, case.refute_at),
    }
    for name, (planned, asked) in registered.items():
        if planned != asked:
            raise PlanError(f"the plan's {test.id} has `{name}` {_said(planned)}; the policy has {_said(asked)}")


def _said(value: Fraction | str | None) -> str:
    return "none" if value is None else value if isinstance(value, str) else percent(value)


def _error(plan: Plan, document: Document) -> None:
    alphas = allocated_alpha(document.policy)
    for obligation in plan.obligations:
        due = Fraction(0) if obligation.verifier == "record" else alphas.get(obligation.clause)
        if obligation.alpha != due:
            left = "none" if due is None else percent(due)
            raise PlanError(
                f"the plan gives {obligation.id} an error of {percent(obligation.alpha)}; the policy leaves {left}"
            )
    error = sum((one.alpha for one in plan.obligations), Fraction(0))
    error += sum((rule.error for rule in one_run_rules(document.policy).values()), Fraction(0))
    if plan.confidence != 1 - error:
        raise PlanError(
            f"the plan claims {percent(plan.confidence)} confidence; its error shares leave {percent(1 - error)}"
        )
