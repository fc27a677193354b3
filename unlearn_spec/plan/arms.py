"""The same questions to every subject of an obligation, and the controls that read the answers."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass

from ..catalogue import VerifierId
from .case import Case, Sample
from .fluency import own, retained
from .model import Control
from .units import GenerateUnit, InspectUnit, Role, SubjectRef, Unit, again, is_answer, keys

ROLES: tuple[Role, ...] = ("audited", "original", "reference")
Ask = Callable[[SubjectRef], tuple[Unit, ...]]


@dataclass(frozen=True)
class Arms:
    """Units by the role of their subject, and the controls with the units that only they read."""

    audited: tuple[Unit, ...]
    original: tuple[Unit, ...]
    references: tuple[Unit, ...]
    controls: tuple[Control, ...]
    extra: tuple[Unit, ...]

    @property
    def units(self) -> tuple[Unit, ...]:
        return (*self.audited, *self.original, *self.references, *self.extra)

    @property
    def subjects(self) -> int:
        """How many subjects are measured; the repeat of the A/A gate counts as one."""
        repeats = any(control.gate == "repeat" for control in self.controls)
        return len({unit.subject for unit in self.units}) + repeats


def make_arms(
    verifier: VerifierId, case: Case, target: str, sample: Sample, ask: Ask, *, guarded: bool, answers: Ask | None = None
) -> Arms:
    """`ask` gives the units of one subject. Degeneracy is looked for in answers about what is to be kept, where such
    items are bound, else in `answers`, else in answers to the items' own prompts. The controls are those of
    `Case.gates`; one that lacks its subjects or items stays, and reads nothing. Raises `LackingError`."""
    subjects = case.arms(guarded=guarded)
    audited, original, references = (_all(ask, subjects[role]) for role in ROLES)
    controls: list[Control] = []
    extra: list[Unit] = []
    for gate in case.gates(verifier):
        if gate == "positive":
            controls.append(Control(gate=gate, units=keys(original)))
        elif gate == "planted":
            controls.append(Control(gate=gate, units=keys(tuple(u for u in audited if isinstance(u, GenerateUnit)))))
        elif gate == "training_loss":
            controls.append(Control(gate=gate, units=keys(audited)))
        elif gate == "control_task":
            probes = tuple(unit for unit in audited if isinstance(unit, InspectUnit) and unit.view == "linear_probe")
            controls.append(Control(gate=gate, units=keys(probes)))
        elif gate == "negative":
            controls.append(Control(gate=gate, units=keys(references)))
        elif gate == "repeat":
            first = tuple(unit for unit in audited if isinstance(unit, GenerateUnit))
            second = tuple(again(unit) for unit in first)
            if first or any(map(is_answer, audited)):  # scores are computed, not drawn: nothing to repeat
                extra += second
                controls.append(Control(gate=gate, units=keys(second), against=keys(first)))
        elif gate == "degeneracy":
            speak = retained(case) or answers or own(case, sample)
            asked = {role: tuple(one for one in subjects[role] if one.log is None) for role in ROLES}  # a log says no more
            now, before = (_all(speak, asked[role]) for role in ("audited", "original"))
            extra += (*now, *before)
            controls.append(Control(gate=gate, units=keys(now), against=keys(before)))
        else:
            controls.append(Control(gate=gate, units=(), data=case.blind(target, sample.ref)))
    return Arms(audited, original, references, tuple(controls), tuple(extra))


def _all(ask: Ask, subjects: Iterable[SubjectRef]) -> tuple[Unit, ...]:
    return tuple(unit for subject in subjects for unit in ask(subject))
