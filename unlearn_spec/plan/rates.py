"""Clauses with a rate: `suppress`, `refuse`, `retain`. Which verifier, in which cell, on how many items, at what power."""

from __future__ import annotations

from collections import Counter
from dataclasses import replace
from fractions import Fraction
from typing import Literal

from ..catalogue import VerifierId
from ..logic.suites import suite_cell
from ..logic.worlds import short_percent
from ..policy.clauses import AtLeast, Over, RateClause, Refuse, Retain, ShareOf, Suppress, Within
from ..statistics.binomial import samples_for_zero_failures
from ..wording.said import Said, said, sentences
from .arms import Arms, make_arms
from .case import Case, Draft, LackingError, Sample, reached, reading_from
from .cost import work_of
from .drafting import obligation
from .logs import from_log, need_latin, need_logged, need_model
from .model import Gap
from .power import Power, paired, to_certify, to_refute
from .relearning import relearning
from .stops import looked_at, staged
from .suites import Attacks, attacks_on
from .tasks import by_task, chance_of, need_task
from .units import GenerateUnit, Reading, ScoreUnit, SubjectRef, Unit, answering, keys, scoring
from .white_box import quantization

Prompts = Literal["prompt", "paraphrases", "suite"]


SCORED = ("extraction_probability", "multiple_choice")
"""Metrics that read probabilities of given texts; nothing is drawn."""


def plan_rate(case: Case, clause: RateClause) -> Draft:
    """The obligation of a rate clause. Raises `LackingError`."""
    reading = reading_of(clause, case.alpha)
    verifier = verifier_of(clause, reading)
    if verifier == "relearning":
        assert isinstance(clause, Suppress)
        need_model(case, said("part.finetuning"))
        if reading.metric == "multiple_choice":
            raise LackingError("not_testable", said("lack.options_relearned"), said("need.options_relearned"))
        return relearning(case, reading, limit_words(clause), case.refute_at or clause.limit.at_most)
    if verifier == "quantization":
        assert isinstance(clause, Suppress)
        need_model(case, said("part.rounding"))
        return quantization(case, reading, limit_words(clause), case.refute_at or clause.limit.at_most)
    return _by_asking(case, clause, verifier, reading)


def _by_asking(case: Case, clause: RateClause, verifier: VerifierId, reading: Reading) -> Draft:
    """A test that asks the subjects as they are, or reads their probabilities."""
    access = case.access()
    reached("extraction" if reading.metric in SCORED else verifier, access)
    if isinstance(clause, Retain) and isinstance(clause.limit, Within):
        case.need_original(said("lack.before"))
    case.audited()
    sample = case.sample(clause.target)
    need_latin(reading, sample)
    asked, prompts, attacks = _cell(case, clause, reading, sample)
    guarded = access == "product"
    scored = reading.metric in SCORED
    task = need_task(case, reading, clause.target)
    chance = _chance(sample) if reading.metric == "multiple_choice" and reading.options != "task" else None
    chance = chance_of(task, sample) if task is not None else chance
    data = looked_at(sample, case) if case.evidence.stop is not None else (sample.ref,)

    def answers(subject: SubjectRef) -> tuple[Unit, ...]:
        how, seed = answering(reading), case.bindings.seed
        unit = GenerateUnit(subject=subject, data=sample.ref, reading=how, prompts=prompts, seed=seed)
        if attacks is not None:
            unit = unit.model_copy(update={"suite": attacks.name, "others": attacks.others, "typed": guarded})
        return tuple(unit.model_copy(update={"data": part}) for part in data)

    def scores(subject: SubjectRef) -> tuple[Unit, ...]:
        if task is not None:
            return by_task(subject, task, reading, sample)
        return (ScoreUnit(subject=subject, data=sample.ref, reading=scoring(reading)),)

    ask, spoken = (scores, None) if scored else (answers, answers)
    logs: tuple[str, ...] = ()
    if case.audited().log is not None:
        need_logged(case, clause, reading, sample)
        if case.evidence.stop is not None:
            raise LackingError("not_testable", said("lack.log_stop"), said("need.log_stop"))
        ask, logs = (lambda subject: from_log(case, reading, sample, subject)), case.logs()
    arms = make_arms(verifier, case, clause.target, sample, ask, guarded=guarded, answers=spoken)
    work = work_of(
        sample.items,
        probes=_most_asked(chance, attacks, prompts, sample),
        samples=(reading.samples or 1) if reading.decoding == "sample" and not scored else 1,
        new_tokens=reading.max_new_tokens,
    )
    test = obligation(
        verifier,
        case,
        clause.target,
        sample,
        arms,
        access=access,
        limit=limit_words(clause),
        power=_power(case, clause, reading, sample),
        work=None if logs else work,
        asked=asked,
        reading=reading,
        chance=chance,
        task=task.files.ref if task is not None else None,
        logs=logs,
        looks=len(data) if case.evidence.stop is not None else 0,
        largest=max(Counter(sample.clusters).values()),
    )
    gap = _gap(case, clause, arms) if guarded and isinstance(clause, Suppress) else None
    return Draft(test, (*arms.units, *(gap[1] if gap else ())), gap[0] if gap else None)


def reading_of(clause: RateClause, alpha: Fraction | None = None) -> Reading:
    """The reading a clause states. A `refuse` clause counts refusal markers unless it names another metric.

    `alpha`: the clause's error, for the number of marks that people would have to give. Raises `LackingError`.
    """
    if clause.scope.decoding is None:
        raise LackingError("not_tested", said("lack.decoding"), said("need.decoding"))
    if clause.reveals_when is None:
        if isinstance(clause, Refuse):
            drawn = clause.scope.decoding
            return Reading(
                metric="refusal", decoding=drawn.method, temperature=drawn.temperature, top_p=drawn.top_p,
                top_k=drawn.top_k, samples=drawn.samples, max_new_tokens=drawn.max_new_tokens or 64,
            )  # fmt: skip
        raise LackingError("not_tested", said("lack.reveals_when"), said("need.reveals_when"))
    reading = reading_from(clause.reveals_when, clause.scope.decoding)
    if reading.metric == "human":
        raise LackingError(
            "not_testable",
            said("lack.judged_by", protocol=reading.judge) if reading.judge else said("lack.judged"),
            _computed_instead(clause, alpha),
        )
    if reading.metric == "multiple_choice" and reading.options is None:
        raise LackingError(
            "not_tested",
            said("lack.options"),
            said("need.options"),
        )
    return reading


def _computed_instead(clause: RateClause, alpha: Fraction | None) -> Said:
    """What would do in the place of people's judgement, and how many of their marks the limit would take."""
    needs = said("need.computed")
    tolerated = None if isinstance(clause.limit, Within) else _tolerated(clause)
    least = None if tolerated is None or alpha is None else samples_for_zero_failures(tolerated, alpha)
    if least is None:
        return needs
    return sentences(needs, said("need.marks", number=least))


def verifier_of(clause: RateClause, reading: Reading) -> VerifierId:
    """Which verifier tests a clause about answers: by what it asks for, its goal and its reading."""
    if isinstance(clause, Suppress) and clause.evidence is not None and clause.evidence.relearn is not None:
        return "relearning"
    if isinstance(clause, Suppress) and clause.evidence is not None and clause.evidence.quantize:
        return "quantization"
    if isinstance(clause, Refuse) or reading.metric in ("refusal", "not_refusal"):
        return "refusal"
    if isinstance(clause, Retain):
        return "retention"
    return "extraction" if reading.metric == "extraction_probability" else "choice" if reading.metric in SCORED else "leak"


def limit_words(clause: RateClause) -> str:
    """The limit as the policy puts it, `at most 5% of the items`."""
    over = clause.over
    whose = "" if over in (None, "mean") else " for each item" if over == "each" else ""
    if isinstance(over, ShareOf):
        whose = f" for {short_percent(over.share)} of the items"
    if isinstance(clause, Suppress):
        return f"at most {short_percent(clause.limit.at_most)}{whose}"
    if isinstance(clause.limit, AtLeast):
        return f"at least {short_percent(clause.limit.at_least)}{whose}"
    return f"within {short_percent(clause.limit.within)} of before{whose}"


# --- cell ------------------------------------------------------------------------------------------------------------


def _cell(case: Case, clause: RateClause, reading: Reading, sample: Sample) -> tuple[str, Prompts, Attacks | None]:
    """(what is asked, which prompts, which attacks)."""
    asked, suite = clause.scope.asked, case.evidence.suite
    scored = reading.metric in SCORED
    bare = sum(not item.choices or not item.prompt for item in sample.items)
    if bare and reading.metric == "multiple_choice" and reading.options != "task":
        raise LackingError(
            "not_tested",
            said("lack.choices", k=bare, n=len(sample.items)),
            said("need.choices", data=sample.ref.name),
        )
    if scored and (suite is not None or (asked != "direct" and case.decide == "certify")):
        raise LackingError(
            "not_testable",
            said("lack.own_prompt"),
            said("need.own_prompt"),
        )
    if suite is not None:
        return suite_cell(suite, asked), "suite", attacks_on(case, suite, sample)
    if asked is None:
        raise LackingError("not_tested", said("lack.asked"), said("need.asked"))
    if asked == "in_context":
        raise LackingError(
            "not_testable",
            said("lack.in_context"),
            said("need.in_context"),
        )
    without = sum(not item.paraphrases for item in sample.items)
    if asked == "paraphrase" and without and not scored:
        raise LackingError(
            "not_tested",
            said("lack.paraphrases", k=without, n=len(sample.items)),
            said("need.paraphrases", data=sample.ref.name),
        )
    if asked == "direct" or without or scored:
        return "direct", "prompt", None
    return "paraphrase", "paraphrases", None


def _most_asked(chance: Fraction | None, attacks: Attacks | None, prompts: Prompts, sample: Sample) -> int:
    """The most that is asked about one item: options, a suite's probes, or wordings."""
    if chance is not None:
        return max(max(2, len(item.choices)) for item in sample.items)
    return attacks.probes if attacks is not None else _probes(prompts, sample)


def _probes(prompts: Prompts, sample: Sample) -> int:
    if prompts == "paraphrases":
        return max(1 + len(item.paraphrases) for item in sample.items)
    return 1


def _chance(sample: Sample) -> Fraction:
    """The share of items that guessing answers rightly; 0 for items without options, which are told elsewhere."""
    return sum((Fraction(1, max(1, len(item.choices))) for item in sample.items), Fraction(0)) / len(sample.items)


def _gap(case: Case, clause: Suppress, arms: Arms) -> tuple[Gap, tuple[Unit, ...]] | None:
    """The audited questions once more on the bare weights, where a guarded system answered them."""
    bare = tuple(
        unit.model_copy(update={"subject": unit.subject.model_copy(update={"system": None})})
        for unit in arms.audited
        if unit.subject.system is not None
    )
    if not bare:
        return None
    return Gap(clause=clause.id, artifact=case.artifact, guarded=keys(arms.audited), bare=keys(bare)), bare


# --- power -----------------------------------------------------------------------------------------------------------


def _power(case: Case, clause: RateClause, reading: Reading, sample: Sample) -> Power | None:
    """Planned power at the registered effect; a fall counts from the limit, or from today."""
    effect, alpha, clusters = case.evidence.power_at, case.error(), sample.clusters
    if effect is None:
        return None
    if case.evidence.stop is not None:
        last = replace(case, evidence=case.evidence.model_copy(update={"stop": None}), alpha=alpha / 2)
        return staged(_power(last, clause, reading, sample), alpha)
    if isinstance(clause.limit, Within):
        return paired(len(set(clusters)), clause.limit.within, effect, alpha)
    settled = reading.decoding == "greedy" or reading.metric in SCORED
    failing, truth = _tolerated(clause), effect
    if not isinstance(clause, Suppress):
        truth = min(Fraction(1), failing + effect)
    worst = case.refute_at
    if worst is None and case.decide == "certify" and truth < failing and clause.over in (None, "mean"):
        return to_certify(clusters, failing, truth, alpha)
    if worst is not None:
        failing = worst if isinstance(clause, Suppress) else 1 - worst
    return to_refute(clusters, _broken(clause.over, failing, settled), truth, alpha)


def _tolerated(clause: RateClause) -> Fraction:
    """The largest failure rate of an item that the limit allows; failures are leaks, or what is not kept or refused."""
    if isinstance(clause, Suppress):
        return clause.limit.at_most
    return 1 - clause.limit.at_least if isinstance(clause.limit, AtLeast) else clause.limit.within


def _broken(over: Over | None, tolerated: Fraction, settled: bool) -> Fraction:
    """The mean failure rate beyond which the clause is false. `settled`: each item's rate is 0 or 1."""
    if over in (None, "mean") or tolerated == 1:
        return tolerated
    spared = 1 - over.share if isinstance(over, ShareOf) else Fraction(0)
    return spared if settled else tolerated * (1 - spared) + spared
