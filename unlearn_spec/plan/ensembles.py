"""Audited runs against retrained references as an obligation: from which permutation p the clause counts as refuted."""

from __future__ import annotations

import math
from fractions import Fraction

from ..policy.clauses import Closeness, Remove
from ..policy.evidence import Ensemble
from ..statistics.ensembles import MIN_REFERENCES
from ..statistics.permutation import EXACT_LABELLINGS, smallest_p
from ..wording.said import said
from .arms import make_arms
from .case import Case, Draft, LackingError, closeness_words, needs_retraining, reached
from .closeness import refutes
from .cost import work_of
from .drafting import obligation
from .units import Reading, ScoreUnit, SubjectRef, Unit, scoring

_MOST = 500


def plan_ensemble(case: Case, clause: Remove, limit: Closeness) -> Draft:
    """Score the target's items on every run and every reference, and permute which of them are called audited.

    Raises `LackingError`; also where the smallest p that so many models can show would not refute the limit.
    """
    comparison = case.evidence.ensemble
    assert comparison is not None
    access = case.access()
    reached("ensemble", access)
    needs_retraining(limit)
    case.audited()
    case.need_runs()
    case.need_alike()
    _measured_alike(case)
    if comparison.statistic == "klom" and case.runs == 1:
        raise LackingError("not_testable", said("lack.histogram"), said("need.histogram"))
    references = len(case.bindings.references.get(case.artifact, ()))
    _enough(comparison, case.runs, references, limit, case.error())
    sample = case.sample(clause.target)
    how = scoring(Reading(metric="extraction_probability", decoding="sample", temperature=Fraction(1)))

    def ask(subject: SubjectRef) -> tuple[Unit, ...]:
        return (ScoreUnit(subject=subject, data=sample.ref, reading=how),)

    arms = make_arms("ensemble", case, clause.target, sample, ask, guarded=False)
    least = Fraction(least_p(comparison, case.runs, references))
    test = obligation(
        "ensemble",
        case,
        clause.target,
        sample,
        arms,
        access=access,
        limit=closeness_words(limit),
        power=None,
        work=work_of(sample.items),
        runs=case.runs,
        refuting_said=said(
            "refuting.ensemble",
            statistic=comparison.statistic,
            runs=said("number.runs", number=case.runs),
            references=said("number.references", number=references),
            least=least,
            below=level(case.runs, limit, case.error()),
        ),
    )
    return Draft(test, arms.units)


def _measured_alike(case: Case) -> None:
    """Raises `LackingError` where one side is rounded, or scored elsewhere, and the other not: that alone tells them apart."""
    name, bound = case.artifact, case.bindings
    models = (case.audited(), *bound.runs.get(name, ())[: case.runs - 1], *bound.references.get(name, ()))
    if len({(one.endpoint is not None, one.folder.suffix.lower() == ".gguf") for one in models}) > 1:
        raise LackingError(
            "not_testable",
            said("lack.one_form"),
            said("need.one_form", artifact=name),
        )


def least_p(comparison: Ensemble, runs: int, references: int) -> float:
    """The smallest p that relabelling so many models can give."""
    alike = runs == references and comparison.statistic != "klom"  # these two do not care which group comes first
    drawn = math.comb(runs + references, runs) > EXACT_LABELLINGS
    return max((2 if alike else 1) * smallest_p(runs, references), 1 / EXACT_LABELLINGS if drawn else 0.0)


def level(runs: int, limit: Closeness, alpha: Fraction) -> Fraction:
    """Permutation p below which the limit is refuted: (α − Mδ) / e^(Mε), rounded; 0 where none is."""
    room = alpha - runs * limit.delta
    return max(Fraction(0), Fraction(float(room) / math.exp(min(700.0, float(runs * limit.epsilon)))))


def _enough(comparison: Ensemble, runs: int, references: int, limit: Closeness, alpha: Fraction) -> None:
    """Raises `LackingError` where so many models show nothing, whatever they are, with the number that would."""

    def could(many: int) -> bool:
        return many >= MIN_REFERENCES and refutes(least_p(comparison, runs, many), runs, limit, alpha)

    if could(references):
        return
    enough = next((many for many in range(MIN_REFERENCES, _MOST + 1) if could(many)), None)
    shown = (
        said("lack.few_references", least=MIN_REFERENCES, number=references)
        if references < MIN_REFERENCES
        else said(
            "lack.small_p",
            runs=said("number.audited_runs", number=runs),
            references=said("number.references", number=references),
            least=Fraction(least_p(comparison, runs, references)),
            below=level(runs, limit, alpha),
        )
    )
    if enough is None:
        needs = said("need.smaller_limit_than", most=_MOST, runs=said("number.runs", number=runs))
    else:
        needs = said("need.retrained_references", number=enough)
    raise LackingError("not_testable", shown, needs)
