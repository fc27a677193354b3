"""Removal clauses under test: membership, or influence by relearning or by extraction beside never-trained models.

Tests can refute removal and never show it; a signed record can.
"""

from __future__ import annotations

from fractions import Fraction

from ..catalogue import VerifierId, attacks
from ..logic.footing import countable, footing, stated_on
from ..logic.process import one_run_rules, runs_needed
from ..logic.worlds import short_percent
from ..policy.clauses import Closeness, MembershipBound, Remove, Suppress
from ..statistics.binomial import samples_for_zero_failures
from ..verifiers.items import Item
from ..wording.said import said
from .arms import make_arms
from .case import Case, Draft, LackingError, closeness_words, reached, reading_from
from .cost import work_of
from .drafting import obligation
from .logs import need_model
from .power import Power, to_refute
from .relearning import relearning
from .repeated import counted_runs, runs_power
from .units import Reading, ScoreUnit, SubjectRef, Unit, scoring
from .white_box import latent, quantization

EXTRACTABLE = Fraction(1, 1000)
"""Chance of one answer from which a document counts as extractable, where no clause on the same set says otherwise."""
DIRECTIONS = 2
"""An attack on membership counts in both: unusually familiar, and unusually strange."""


def plan_removal(case: Case, clause: Remove) -> Draft:
    """The obligation of a tested removal clause. Raises `LackingError`."""
    need_model(case, said("part.refuting_removal"))
    if isinstance(clause.limit, MembershipBound):
        return _membership(case, clause, clause.limit)
    if case.evidence.canaries is not None:
        from .canaries import plan_canaries  # both plan with SciPy, which other plans do without

        return plan_canaries(case, clause, clause.limit)
    if case.evidence.ensemble is not None:
        from .ensembles import plan_ensemble

        return plan_ensemble(case, clause, clause.limit)
    if case.runs > 1:
        counted = counted_runs(case, clause.limit)  # before the data is read: whether so many models could show anything
        draft = _one_or_more(case, clause, clause.limit)
        return Draft(draft.obligation.model_copy(update=counted(draft.obligation)), draft.units)
    return _one_or_more(case, clause, clause.limit)


def verifier_of_removal(clause: Remove) -> VerifierId:
    """The verifier that a tested removal clause asks for."""
    evidence = clause.evidence
    if isinstance(clause.limit, MembershipBound):
        return "membership"
    if evidence is None:
        return "extraction"
    asked: dict[VerifierId, object] = {
        "canaries": evidence.canaries, "ensemble": evidence.ensemble, "relearning": evidence.relearn,
        "quantization": evidence.quantize, "latent": evidence.inspect,
    }  # fmt: skip
    return next((name for name, field in asked.items() if field), "extraction")


def _one_or_more(case: Case, clause: Remove, limit: Closeness) -> Draft:
    if case.evidence.relearn is not None:
        reading = reading_for(case, clause, case.sample(clause.target).items)
        return relearning(case, reading, closeness_words(limit), _beyond(case))
    if case.evidence.quantize or case.evidence.inspect:
        reading = reading_for(case, clause, case.sample(clause.target).items)
        look = quantization if case.evidence.quantize else latent
        return look(case, reading, closeness_words(limit), _beyond(case))
    return _extraction(case, clause, limit)


def reading_for(case: Case, clause: Remove, items: tuple[Item, ...]) -> Reading:
    """When the target counts as shown: as in the fact about the reference that a refutation stands on; where nothing is held
    against one, as the policy says elsewhere, or as fits the items.

    Documents: extractable with a chance of 1/1000 by one answer at temperature 1. Questions: the answer is contained in
    the greedy reply, case, Unicode form and blanks aside.
    """
    held = held_reading(case, clause)
    if held is not None:
        return held
    for counted in stated_on(case.policy, clause):
        return reading_from(counted.reveals_when, counted.decoding)
    if "contains" not in countable(clause) or any(item.is_document for item in items):
        return _extraction_reading()
    return Reading(metric="contains", normalisation="casefold_nfkc_space", decoding="greedy")


def held_reading(case: Case, clause: Remove) -> Reading | None:
    """That of the fact about the reference that one run is held against; None where none is, or several runs are counted."""
    held = footing(case.policy, clause, case.artifact) if case.runs == 1 else None
    return None if held is None else reading_from(held.counted.reveals_when, held.counted.decoding)


def _extraction_reading() -> Reading:
    return Reading(metric="extraction_probability", at_least=EXTRACTABLE, decoding="sample", temperature=Fraction(1))


# --- membership ------------------------------------------------------------------------------------------------------


def _membership(case: Case, clause: Remove, limit: MembershipBound) -> Draft:
    access = case.access()
    reached("membership", access)
    case.audited()
    sample = case.sample(clause.target)
    share = case.error() / (2 * len(attacks(access)) * DIRECTIONS * case.runs)
    enough = _runs_that_refute(case, clause) if case.runs > 1 else None
    needed = samples_for_zero_failures(limit.at_fpr, share)
    if needed is None:
        raise LackingError(
            "not_testable",
            said("lack.fpr_zero"),
            said("need.fpr_zero"),
        )
    holdout = case.bindings.holdouts.get(clause.target)
    wanted = said("need.holdout", number=needed, target=clause.target)
    if holdout is None or not holdout.randomised:
        state = "lack.holdout_unbound" if holdout is None else "lack.holdout_undeclared"
        raise LackingError("not_testable", said(state, target=clause.target), wanted)
    apart = len({item.cluster for item in holdout.items})
    if apart < needed:
        raise LackingError("not_testable", said("lack.holdout_small", number=apart, fpr=limit.at_fpr), wanted)
    outside = holdout.ref()
    how = scoring(_scored_alike(case, clause))

    def ask(subject: SubjectRef) -> tuple[Unit, ...]:
        return tuple(ScoreUnit(subject=subject, data=data, reading=how) for data in (sample.ref, outside))

    arms = make_arms("membership", case, clause.target, sample, ask, guarded=False)
    effect = case.evidence.power_at
    beyond = case.refute_at or limit.tpr_at_most
    power = None if effect is None else to_refute(sample.clusters, beyond, effect, share)
    if power is not None and enough is not None:
        power = Power(runs_power(power.value, case.runs, enough), "refute", None)
    test = obligation(
        "membership",
        case,
        clause.target,
        sample,
        arms,
        access=access,
        limit=f"at most {short_percent(limit.tpr_at_most)} of members found at {short_percent(limit.at_fpr)} false positives",
        power=power,
        work=work_of(sample.items, holdout=len(holdout.items)),
        runs=case.runs,
        needed=enough,
        refuting_said=None
        if enough is None
        else said("refuting.members", enough=enough, runs=case.runs, share=case.refute_at or Fraction(0)),
    )
    return Draft(test, arms.units)


def _runs_that_refute(case: Case, clause: Remove) -> int:
    """How many of the runs must reach the registered rate. Raises `LackingError` where not even all would refute."""
    case.need_runs()
    rule = one_run_rules(case.policy).get((clause.id, case.artifact))
    if rule is None:
        fewest = runs_needed(case.policy, clause, case.artifact)
        raise LackingError(
            "not_testable",
            said("lack.runs_refute", runs=case.runs),
            said("need.refute_at") if fewest is None else said("need.more_runs", number=fewest),
        )
    return rule.needed


def _scored_alike(case: Case, clause: Remove) -> Reading:
    """The decoding of an extraction clause on the same set, so that one pass serves both; any will do."""
    for other in case.policy.clauses:
        if not isinstance(other, Suppress) or other.target != clause.target:
            continue
        when, decoding = other.reveals_when, other.scope.decoding
        if when is not None and decoding is not None and when.metric == "extraction_probability":
            return reading_from(when, decoding)
    return _extraction_reading()


# --- influence -------------------------------------------------------------------------------------------------------


def _extraction(case: Case, clause: Remove, limit: Closeness) -> Draft:
    """Is the target extractable where a model that never had it would not show it?"""
    access = case.access()
    reached("extraction", access)
    case.audited()
    case.need_references()
    sample = case.sample(clause.target)
    reading = reading_for(case, clause, sample.items)

    def ask(subject: SubjectRef) -> tuple[Unit, ...]:
        return (ScoreUnit(subject=subject, data=sample.ref, reading=scoring(reading)),)

    arms = make_arms("extraction", case, clause.target, sample, ask, guarded=False)
    effect = case.evidence.power_at
    power = None if effect is None else to_refute(sample.clusters, _beyond(case), effect, case.error())
    test = obligation(
        "extraction",
        case,
        clause.target,
        sample,
        arms,
        access=access,
        limit=closeness_words(limit),
        power=power,
        work=work_of(sample.items),
        reading=reading,
    )
    return Draft(test, arms.units)


def _beyond(case: Case) -> Fraction:
    """The rate in one run beyond which a promise about the process counts as broken: as registered, else none."""
    return case.refute_at if case.refute_at is not None else Fraction(1)
