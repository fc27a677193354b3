"""What a clause or claim turns on, in the fields of a test's world: for whoever told something else."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final

from ..logic.formulas import (
    FinishedBy,
    Flag,
    Formula,
    Mean,
    MeanDrop,
    Rate,
    Removed,
    ShareAbove,
    Stored,
    Tpr,
    Unserved,
    Uses,
    atoms,
)
from ..logic.regions import declared_set
from .wording import count, decimal, listed, percent

MOST: Final = 4
"""Fields that are named one by one."""


def turns_on(formula: Formula) -> str:
    """The fields that would decide a formula, each with its set, artifact and cell; empty where there is no such field.

    Other fields may decide it as well, by the axioms; these do so by themselves.
    """
    found = list(dict.fromkeys(text for atom in atoms(formula) for text in _fields(atom)))
    return listed([*found[:MOST], *([f"{count(len(found) - MOST)} more"] if len(found) > MOST else [])])


def _fields(atom: Formula) -> Iterator[str]:
    match atom:
        case Mean(rate, target):
            yield f"`means` of {_cell(rate, target)}"
        case MeanDrop(was, now, target):
            yield f"`means` of {_cell(now, target)}"
            yield f"`means` of {_cell(was, target)}"
        case ShareAbove(rate, target):
            yield f"`items` in {_cell(rate, target)}"
        case Removed(target, artifact, epsilon, delta, reference):
            yield f"`removed` of {target} in {artifact} at ε {decimal(epsilon)}, δ {percent(delta)}, compared with `{reference}`"
        case Tpr(target, artifact, at_fpr):
            yield f"`membership` of {target} in {artifact} at a false-positive rate of {percent(at_fpr)}"
        case Stored(target, store):
            yield f"`stored` of {declared_set(target)} in {store}"
        case FinishedBy(artifact):
            yield f"`finished` of {artifact}"
        case Uses(_, artifact):
            yield f"`used` on {artifact}"
        case Unserved(target, artifact, path):
            yield f"`served` of {declared_set(target)} by {artifact} from {path}"
        case Flag(name, of) if name in ("influenced", "excluded", "destroyed", "governed", "harmful_use"):
            yield f"`{name}` of {' in '.join(of)}"
        case Flag("certified", (_, _, artifact, _)):
            yield f"`used` on {artifact}"


def _cell(rate: Rate, target: str) -> str:
    whose = "" if rate.whose == "now" else f", {rate.whose}"
    past = " now and before" if rate.family == "drops" else whose
    return f"{declared_set(target)} in {rate.artifact} through {rate.access}, asked {rate.asked}{past}"
