"""Processes: what several independent runs of one way of making a model come to, each with its known truth.

A run of a treated process trains an original of its own and treats that. Retrained models are dealt into groups; each group is
audited as a process of its own, beside the retrained models of the other groups.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, replace
from fractions import Fraction
from types import MappingProxyType

from .methods import Recipe
from .models import ModelConfig
from .specimens import ORIGINAL, SPECIMENS, TINY, Group, Holds, Specimen, SpecimenConfig
from .world import WorldConfig

RUNS = 4
"""Of each process."""
GROUPS = 4
REFERENCES = RUNS * (GROUPS - 1)
RETRAINED = tuple(Specimen(f"retrained_{number}", "retrained", "nothing") for number in range(1, RUNS * GROUPS + 1))

MANY = SpecimenConfig(
    WorldConfig(
        families=20, retained=1, attributes=1, words=128, given_names=20, document_words=12, document_prefix_words=4
    ),
    ModelConfig(width=64, inner=128, layers=2, heads=4),
    Recipe(steps=120, lr=8e-3, batch=64),
    MappingProxyType({
        "gradient_ascent": Recipe(steps=20, lr=1e-3, batch=20),
        "npo": Recipe(steps=50, lr=1e-3, batch=20),
        "refusal_tuned": Recipe(steps=80, lr=2e-3, batch=20),
    }),
)  # fmt: skip
"""A smaller world than `CALIBRATION`, because fifty models are made in each; tuned on seeds below 100."""
FEW = replace(TINY, world=replace(TINY.world, families=4))
"""For tests of the machinery: its models know nothing."""


@dataclass(frozen=True)
class Process:
    """A way of making models, by its runs: the first is the audited model."""

    name: str
    group: Group
    holds: Holds
    kept: Fraction
    """Trained from scratch: the share of the forget people that every run was trained on."""
    runs: tuple[Specimen, ...]
    references: tuple[Specimen, ...]
    """Retrained models, none of them a run."""


def _again(name: str) -> Process:
    """Independent runs of the process that a specimen of this name came from."""
    one = next(specimen for specimen in SPECIMENS if specimen.name == name)
    runs = tuple(replace(one, run=number) for number in range(1, RUNS + 1))
    return Process(name, one.group, one.holds, one.kept, runs, RETRAINED[RUNS:])


def _sometimes(name: str, failing: int) -> Process:
    """A process that trains without the target, but for so many of its runs, which nothing was done about."""
    originals = tuple(replace(ORIGINAL, run=number) for number in range(RUNS - failing + 1, RUNS + 1))
    runs = (*RETRAINED[: RUNS - failing], *originals)
    return Process(name, "planted", "everything", Fraction(0), runs, RETRAINED[RUNS:])


def _groups() -> Iterable[Process]:
    for first in range(0, len(RETRAINED), RUNS):
        runs = RETRAINED[first : first + RUNS]
        others = tuple(one for one in RETRAINED if one not in runs)
        yield Process(f"retrained_group_{first // RUNS + 1}", "retrained", "nothing", Fraction(0), runs, others)


PROCESSES: tuple[Process, ...] = (
    *_groups(),
    *(_again(name) for name in ("original", "partial_20", "partial_50", "gradient_ascent", "npo")),
    _sometimes("fails_in_half", RUNS // 2),
    _sometimes("fails_in_one", 1),
)
SERVED: tuple[Specimen, ...] = tuple(
    next(one for one in SPECIMENS if one.name == name)
    for name in (
        "original",
        *(f"retrained_{number}" for number in range(1, 9)),
        *("partial_20", "partial_50", "gradient_ascent", "npo", "refusal_tuned"),
    )
)
"""Models that are judged behind an endpoint, each beside itself in a folder: the first runs of the processes, and one that
declines."""
