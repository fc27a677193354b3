"""Every instance of the axioms for the quantities that a policy speaks of."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from ...policy.model import Policy
from ..encode import Encoder
from ..formulas import Flag, Formula, KeptForTest, Removed, Tpr
from ..lineage import enclosing, may_stem_from
from . import Row, closeness, copies, influence, methods, rates


def rows(encoder: Encoder, policy: Policy, spoken: Iterable[Formula]) -> Iterator[Row]:
    """Every axiom instance for the encoder's quantities and for the propositions among the atoms `spoken` of."""
    every = tuple(dict.fromkeys(spoken))
    flags = tuple(atom for atom in every if isinstance(atom, Flag))
    influences = tuple(flag for flag in flags if flag.name == "influenced")
    exact = (removal for flag in influences for removal in _ending(policy, *flag.of))
    removals = tuple(dict.fromkeys((*(atom for atom in every if isinstance(atom, Removed)), *exact)))
    tests = tuple(atom for atom in every if isinstance(atom, Tpr))
    gone = copies.destroyed(encoder, flags)
    yield from rates.sizes(encoder)
    yield from closeness.powers(encoder, tests)
    yield from closeness.weaker_removals(encoder, removals)
    for block in encoder.blocks:
        for region in block.regions:
            yield from rates.masses(encoder, block, region)
            yield from rates.order(encoder, policy, block, region)
            yield from closeness.both_sides(encoder, policy, removals, gone, block, region)
            yield from methods.unchanged(encoder, policy, gone, block, region)
            yield from rates.corrected(encoder, block, region)
            yield from rates.fallen(encoder, policy, block, region)
            yield from copies.silenced(encoder, gone, block, region)
            yield from copies.cut_off(encoder, policy, gone, block, region)
    yield from rates.whole_items(encoder, policy, every)
    yield from copies.emptied(encoder, gone, every)
    yield from copies.released(encoder, flags)
    yield from closeness.membership(encoder, removals, tests)
    yield from methods.work(encoder, policy)
    yield from copies.kept_and_served(encoder, every)
    yield from methods.derivatives(encoder, policy)
    yield from copies.kept_for_tests(encoder, (atom for atom in every if isinstance(atom, KeptForTest)))
    yield from methods.certificates(encoder, policy, flags)
    yield from influence.shaped(encoder, policy, influences)
    yield from influence.removal_needs_reach(encoder, policy, gone, removals)
    yield from copies.control(encoder, policy)


def _ending(policy: Policy, target: str, artifact: str) -> Iterator[Removed]:
    """The removals without remainder that end a set's influence together (K2): of it, of what lies around it, and of what
    may stem from these."""
    for whole in enclosing(policy, target):
        for name in (whole, *may_stem_from(policy, whole)):
            for outer in enclosing(policy, name):
                yield influence.exactly(outer, artifact)
