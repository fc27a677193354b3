"""Copies and stores: what they keep and serve (AX1, AX9), those given away (AX4) or destroyed, and who controls them (C1)."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping

from ...policy.model import Policy
from ..encode import Block, Encoder
from ..formulas import Flag, Formula, KeptForTest, Stored, Unserved
from ..regions import Region
from . import Row


def kept_and_served(encoder: Encoder, spoken: tuple[Formula, ...]) -> Iterator[Row]:
    """No store keeps an item until a day before the first; nothing serves more items than there are."""
    days: dict[tuple[str, Region], None] = {}
    shown: dict[str, str] = {}
    for atom in spoken:
        if isinstance(atom, Stored | KeptForTest):
            for store in (atom.store,) if isinstance(atom, Stored) else atom.stores:
                days.update(dict.fromkeys((store, region) for region in encoder.of(atom.target)))
        elif isinstance(atom, Unserved):
            for region in encoder.of(atom.target):
                shown[encoder.served(atom.artifact, atom.path, region)] = encoder.size(region)
    for store, region in days:
        first, last = encoder.stored(store, region, "all"), encoder.stored(store, region, "any")
        yield Row(("AX1",), f"(>= {first} 0)")
        yield Row((), f"(<= {first} {last})")
        yield Row((), f"(=> (<= {encoder.size(region)} 1) (= {first} {last}))")
    yield from (Row(("AX1",), f"(and (<= 0 {part}) (<= {part} {size}))") for part, size in shown.items())


def released(encoder: Encoder, flags: tuple[Flag, ...]) -> Iterator[Row]:
    """No duty changes a copy that others hold."""
    for flag in flags:
        if flag.name == "recalled":
            yield Row(("AX4",), f"(not {encoder.flag(flag)})")


def destroyed(encoder: Encoder, flags: Iterable[Flag]) -> dict[str, str]:
    """The artifacts of which it is said whether they are destroyed, each with its proposition."""
    return {flag.of[0]: encoder.symbol("d", flag.of[0], "Bool") for flag in flags if flag.name == "destroyed"}


def silenced(encoder: Encoder, gone: Mapping[str, str], block: Block, region: Region) -> Iterator[Row]:
    """A destroyed copy answers nothing."""
    for rate in block.rates:
        if block.artifact in gone and rate.whose == "now" and rate.family != "drops":
            yield Row(("AX1",), f"(=> {gone[block.artifact]} (= {encoder.mass(rate, region)} 0))")


def cut_off(
    encoder: Encoder, policy: Policy, gone: Mapping[str, str], block: Block, region: Region
) -> Iterator[Row]:
    """What is destroyed serves nothing through others."""
    for path in policy.artifacts[block.artifact].serves_from if block.artifact in policy.artifacts else ():
        if path in gone:
            yield Row(("AX1",), f"(=> {gone[path]} (= {encoder.served(block.artifact, path, region)} 0))")


def emptied(encoder: Encoder, gone: Mapping[str, str], spoken: Iterable[Formula]) -> Iterator[Row]:
    """A destroyed store keeps nothing beyond the day on which that work is done, and serves nothing."""
    kept: dict[tuple[str, str], None] = {}
    for atom in spoken:
        match atom:
            case Stored(target, store):
                kept[(store, target)] = None
            case KeptForTest(target, stores):
                kept.update({(store, target): None for store in stores})
            case Unserved(_, _, path) if path in gone:
                yield Row(("AX1",), f"(=> {gone[path]} {encoder.text(atom)})")
    regions = {(store, region): None for store, target in kept if store in gone for region in encoder.of(target)}
    for store, region in regions:
        last = f"(<= {encoder.stored(store, region, 'any')} {encoder.finished(store)})"
        yield Row(("AX1",), f"(=> {gone[store]} {last})")


def kept_for_tests(encoder: Encoder, tests: Iterable[KeptForTest]) -> Iterator[Row]:
    """A test that needs the raw items needs a store that keeps them until it has run."""
    for test in tests:
        yield Row(("AX9",), f"(=> {encoder.text(test)} {encoder.kept(test)})")


def control(encoder: Encoder, policy: Policy) -> Iterator[Row]:
    """A duty to act on an artifact presupposes control of it."""
    if policy.controls is not None and policy.parties is not None:
        for artifact in policy.artifacts:
            act, control = encoder.symbol("a", artifact, "Bool"), encoder.symbol("c", artifact, "Bool")
            yield Row(("C1",), f"(=> {act} {control})")
