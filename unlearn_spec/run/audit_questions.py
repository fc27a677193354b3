"""Whether a planned test asks what its clause asks: by which verifier, through which access, of which items, how read."""

from __future__ import annotations

from collections.abc import Mapping

from ..logic.suites import suite_cell
from ..plan.case import Case
from ..plan.model import Obligation
from ..plan.rates import reading_of, verifier_of
from ..plan.removal import held_reading, verifier_of_removal
from ..plan.units import DataRef, GenerateUnit, HarnessUnit, InspectUnit, QuantizeUnit, RelearnUnit, Unit
from ..policy.clauses import Refuse, Remove, Retain, Suppress

_ALTERED: Mapping[str, tuple[type[object], str, str]] = {
    "relearning": (RelearnUnit, "suite:relearn-", "finetune"),
    "quantization": (QuantizeUnit, "suite:quantize-", "weights"),
    "latent": (InspectUnit, "suite:inspect-", "weights"),
}
"""Verifiers that alter or open a copy: their units, how what they ask is called, and the access that it takes."""
_KINDS = {"membership": ("", "wider:", "holdout:"), "canaries": ("included:", "excluded:")}
"""Items that a verifier reads, by the beginning of the name of their set; the clause's own for the others."""


class PlanError(Exception):
    """A plan that does not follow from its policy. The message says where."""


def check_questions(case: Case, test: Obligation, units: Mapping[str, Unit]) -> None:
    """Raises `PlanError` where a test asks otherwise than its clause, `LackingError` where nothing could."""
    mine = tuple(units[key] for key in (*test.audited, *test.original, *test.references))
    _verifier(case, test)
    _access(case, test, mine)
    for unit in mine:
        _items(case, test, unit.data)
        _task(case, test, unit)
        if isinstance(unit, GenerateUnit):
            _prompts(case, test, unit)


def _verifier(case: Case, test: Obligation) -> None:
    clause = case.clause
    if isinstance(clause, Suppress | Refuse | Retain):
        reading = reading_of(clause, case.alpha)
        due, alike = verifier_of(clause, reading), test.reading == reading
    elif isinstance(clause, Remove):
        held = held_reading(case, clause) if test.reading is not None else None
        due, alike = verifier_of_removal(clause), held in (None, test.reading)  # else it was fixed from the data
    else:
        return
    if test.verifier != due or not alike:
        raise PlanError(f"the plan's {test.id} is decided by another verifier or reading than its clause")


def _access(case: Case, test: Obligation, mine: tuple[Unit, ...]) -> None:
    kinds, name, access = _ALTERED.get(test.verifier, (object, "", ""))
    if name:
        fits = test.access == access and test.asked.startswith(name) and all(isinstance(unit, kinds) for unit in mine)
    else:
        fits = test.access == case.access() and not any(isinstance(unit, RelearnUnit | QuantizeUnit | InspectUnit) for unit in mine)
        fits = fits and (isinstance(case.clause, Suppress | Refuse | Retain) or test.asked == "direct")
    if not fits:
        raise PlanError(f"the plan's {test.id} asks through another access, or otherwise, than its clause")


def _items(case: Case, test: Obligation, data: DataRef) -> None:
    wanted, wider = case.evidence.samples, case.evidence.population == "wider"
    kinds = _KINDS.get(test.verifier, ("", "wider:"))
    if data.name not in {f"{kind}{test.target}" for kind in kinds if kind != "wider:" or wider}:
        raise PlanError(f"the plan's {test.id} reads {data.name}, which are not the items of its clause")
    if data.take is not None and (wider or data.take != wanted or data.seed != case.bindings.seed):
        raise PlanError(f"the plan's {test.id} draws other items than its clause and the seed say")
    if test.verifier != "canaries" and test.population != ("wider" if wider else "these_items"):
        raise PlanError(f"the plan's {test.id} is about another population than its clause")


def _task(case: Case, test: Obligation, unit: Unit) -> None:
    """Items that a task of lm-evaluation-harness judges are judged by the bound one, in the metric that the clause names."""
    judged = test.reading is not None and test.reading.options == "task" and not test.logs
    ran = unit.task if isinstance(unit, HarnessUnit) else None
    bound = case.bindings.tasks.get(test.target)
    due = bound.files.ref if judged and bound is not None else None
    metric = f"{unit.task.name} {unit.metric}" if isinstance(unit, HarnessUnit) else None
    judge = test.reading.judge if judged and test.reading is not None else None
    if (ran is None) == judged or ran != due or test.task != due or metric != judge:
        raise PlanError(f"the plan's {test.id} runs another task, or reads it otherwise, than is bound and its clause says")


def _prompts(case: Case, test: Obligation, unit: GenerateUnit) -> None:
    """Questions are asked in the way that the facts about them are filed under."""
    suite = case.evidence.suite
    own = suite_cell(unit.suite or "", case.clause.scope.asked)
    asked = "paraphrase" if unit.prompts == "paraphrases" else "direct" if unit.prompts == "prompt" else own
    if test.asked != asked or (suite is not None and unit.suite != suite):
        raise PlanError(f"the plan's {test.id} asks otherwise than it says, or than its clause does")
