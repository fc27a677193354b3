"""The same questions to every subject of an obligation, and the controls that read the answers."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass

from ..catalogue import VERIFIERS, VerifierId
from .case import Case, Sample
from .model import Control, GenerateUnit, Role, SubjectRef, Unit
from .units import again, keys

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
    """`ask` gives the units of one subject. `answers` gives those in which degeneracy shows, where `ask` generates
    nothing. The controls are those the verifier declares and those the clause demands beside; one that lacks its subjects
    stays, and reads nothing. Raises `LackingError`."""
    subjects = case.arms(guarded=guarded)
    audited, original, references = (_all(ask, subjects[role]) for role in ROLES)
    controls: list[Control] = []
    extra: list[Unit] = []
    for gate in dict.fromkeys((*VERIFIERS[verifier].gates, *case.demanded())):
        if gate == "positive":
            controls.append(Control(gate=gate, units=keys(original)))
        elif gate == "negative":
            controls.append(Control(gate=gate, units=keys(references)))
        elif gate == "repeat":
            first = tuple(unit for unit in audited if isinstance(unit, GenerateUnit))
            second = tuple(again(unit) for unit in first)
            if first:  # scores are computed, not drawn: nothing to repeat
                extra += second
                controls.append(Control(gate=gate, units=keys(second), against=keys(first)))
        elif gate == "degeneracy":
            now, before = (_all(answers or ask, subjects[role]) for role in ("audited", "original"))
            extra += (*now, *before)
            controls.append(Control(gate=gate, units=keys(now), against=keys(before)))
        else:
            controls.append(Control(gate=gate, units=(), data=case.blind(target, sample.ref)))
    return Arms(audited, original, references, tuple(controls), tuple(extra))


def _all(ask: Ask, subjects: Iterable[SubjectRef]) -> tuple[Unit, ...]:
    return tuple(unit for subject in subjects for unit in ask(subject))
