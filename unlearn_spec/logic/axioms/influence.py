"""Influence on parameters: how it comes, how it ends, and what its removal needs (K1 to K5)."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from fractions import Fraction

from ...policy.model import Policy
from ..encode import Encoder, conjunction, disjunction
from ..formulas import Flag, Removed
from ..lineage import enclosing, exposures, inherited, kin, may_stem_from
from . import Row
from .methods import reaching


def exactly(target: str, artifact: str) -> Removed:
    """Removal without remainder: the process is that of a plain retrain without the target."""
    return Removed(target, artifact, Fraction(0), Fraction(0), "retrain_without")


def shaped(encoder: Encoder, policy: Policy, influences: tuple[Flag, ...]) -> Iterator[Row]:
    """What shapes an artifact's parameters, and what ends that."""
    for flag in influences:
        (target, artifact), influenced = flag.of, encoder.flag(flag)
        met = exposures(policy, artifact)
        gone, retained = _gone(encoder, policy, target, artifact), [name for name in kin(policy, target) if name in met]
        if target in met:
            yield Row(_with_lineage("K1", policy, artifact, target), f"(or {gone} {influenced})")
        kin_gone = [_gone(encoder, policy, name, artifact) for name in retained]
        for outer in enclosing(policy, target):
            made = [name for name in may_stem_from(policy, outer) if name in met]
            ended = [encoder.removed(exactly(outer, artifact)), *(_gone(encoder, policy, n, artifact) for n in made)]
            yield Row(("K2",), f"(=> {conjunction(ended)} (not {influenced}))")
        for name, without in zip(retained, kin_gone, strict=True):
            yield Row(_with_lineage("K5", policy, artifact, name), f"(or {without} {influenced})")


def _gone(encoder: Encoder, policy: Policy, target: str, artifact: str) -> str:
    """That a set was removed without remainder, alone or with a set that it lies within."""
    return disjunction([encoder.removed(exactly(name, artifact)) for name in enclosing(policy, target)])


def _with_lineage(axiom: str, policy: Policy, artifact: str, target: str) -> tuple[str, ...]:
    """The axiom, and K4 where the artifact met the set only through its parent."""
    return (axiom, "K4") if inherited(policy, artifact, target) else (axiom,)


def removal_needs_reach(
    encoder: Encoder, policy: Policy, gone: Mapping[str, str], removals: tuple[Removed, ...]
) -> Iterator[Row]:
    """What an artifact met is removed by a method that reaches the weights, or with the copy."""
    for removal in removals:
        if policy.methods is not None and removal.target in exposures(policy, removal.artifact):
            changed = reaching(encoder, policy, removal.artifact, "weights")
            destroyed = gone.get(removal.artifact, "false")
            used = _with_lineage("K3", policy, removal.artifact, removal.target)
            yield Row(used, f"(=> {encoder.removed(removal)} (or {changed} {destroyed}))")
