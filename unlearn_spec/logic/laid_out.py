"""How a solver's values are laid out as single items: whole counts, band by band.

In every region the items are sorted alike by all rates, highest first. Inside a band the items of a rate are equal where
that keeps every rate below those that lie above it; else the band is filled from the front, by the same rule for all its
rates, so that a rate with no more items and no larger sum lies below item by item.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from fractions import Fraction
from itertools import pairwise

from ..policy.model import Policy
from ..record import Record
from .axioms.rates import band_ends, neighbours
from .encode import Block, Encoder
from .formulas import FinishedBy, Flag, Formula, KeptForTest, Rate, Removed, Stored, Tpr, Unserved, Uses, atoms
from .regions import REST, Region, lies_in
from .theory import Theory
from .world_model import Served, Stratum, TestPower, World, with_drops

Segments = tuple[tuple[int, Fraction], ...]
"""How many items have which value, in the order of the items."""
_Values = Mapping[str, Fraction]


class _Band(Record):
    """The items of one rate strictly inside a band (or at an end that no clause counts at), and those at its upper end."""

    low: Fraction
    high: Fraction
    open_low: bool
    """Whether no item inside may be at the lower end."""
    open_high: bool
    at_high: int
    inside: int
    mass: Fraction
    """What the items inside add up to above the lower end."""


def laid_out(theory: Theory, values: Mapping[str, Fraction | bool], holding: frozenset[str]) -> World:
    """The world of a solver's values, in which all counts are whole. `holding`: the situations that hold."""
    encoder, numbers = theory.encoder, {name: Fraction(value) for name, value in values.items()}
    spoken = tuple(dict.fromkeys(atom for formula in spoken_of(theory) for atom in atoms(formula)))
    drops = tuple(rate for block in encoder.blocks for rate in block.rates if rate.family == "drops")
    tests = dict.fromkeys(
        TestPower(a.target, a.artifact, a.at_fpr, a.fair, numbers[encoder.tpr(a)]) for a in spoken if isinstance(a, Tpr)
    )
    finished = dict.fromkeys(a.artifact for a in spoken if isinstance(a, FinishedBy | KeptForTest))
    return World(
        holding,
        tuple(with_drops(stratum, drops) for stratum in _items(theory, spoken, numbers)),
        removals=_removals(encoder, spoken, numbers),
        tests=tuple(tests),
        finished=tuple((name, numbers[encoder.finished(name)]) for name in finished),
        used=_used(theory, spoken, numbers),
        served=_served(theory, spoken, numbers),
        flags=tuple((a, bool(numbers[_flag(encoder, a)])) for a in spoken if isinstance(a, Flag) and _told(a)),
    )


def _items(theory: Theory, spoken: Sequence[Formula], numbers: _Values) -> Iterator[Stratum]:
    """The items region by region, those alike together."""
    encoder, stores = theory.encoder, _stores(spoken)
    about: dict[Region, list[Block]] = {}
    for block in encoder.blocks:
        for region in block.regions:
            about.setdefault(region, []).append(block)
    for region in every_region(encoder).values():
        count = int(numbers[encoder.size(region)])
        if not count:
            continue
        profiles: dict[Rate, Segments] = {}
        for block in about.get(region, ()):
            profiles.update(_profiles(theory, block, region, count, numbers))
        held = dict.fromkeys(store for store, name in stores if lies_in(region.inside, name))
        first, last = ({store: numbers[encoder.stored(store, region, which)] for store in held} for which in ("all", "any"))
        inside, shown = region.inside - {REST}, _shown(theory, region, count, numbers)
        if inside or profiles:
            cuts = {1} if first != last else set()  # one item goes on the first day, all others stay until the last
            for start, end, rates in _strata(count, profiles, cuts):
                yield Stratum(inside, end - start, rates, last if start or not cuts else first, shown)


def _removals(encoder: Encoder, spoken: Iterable[Formula], numbers: _Values) -> tuple[tuple[Removed, bool], ...]:
    """Those spoken of; of those that only axioms speak of (without remainder), the ones that hold, and what leaves influence."""
    spoken = tuple(spoken)
    told = {atom: bool(numbers[encoder.removed(atom)]) for atom in spoken if isinstance(atom, Removed)}
    left = {atom.of[1] for atom in spoken if isinstance(atom, Flag) and atom.name == "influenced" and numbers[encoder.flag(atom)]}
    others = {atom: bool(numbers[encoder.removed(atom)]) for atom in every_removal(encoder)}
    return tuple((told | {atom: holds for atom, holds in others.items() if holds or atom.artifact in left}).items())


def every_removal(encoder: Encoder) -> tuple[Removed, ...]:
    """Every removal that the theory has a symbol for."""
    keys = dict.fromkeys(key for prefix, key in map(encoder.meaning, encoder.sorts) if prefix == "R")
    return tuple(atom for atom in keys if isinstance(atom, Removed))


def spoken_of(theory: Theory) -> Iterator[Formula]:
    """Every formula that the theory has a literal for."""
    yield from theory.literals
    yield from (fact.formula for fact in theory.facts.values())


def _told(flag: Flag) -> bool:
    return flag.name not in ("controlled", "acted_on")


def _flag(encoder: Encoder, flag: Flag) -> str:
    return encoder.symbol("d", flag.of[0], "Bool") if flag.name == "destroyed" else encoder.flag(flag)


def _stores(spoken: Iterable[Formula]) -> tuple[tuple[str, str], ...]:
    """The stores and the sets that something is said of."""
    found: dict[tuple[str, str], None] = {}
    for atom in spoken:
        if isinstance(atom, Stored):
            found[atom.store, atom.target] = None
        elif isinstance(atom, KeptForTest):
            found.update(dict.fromkeys((store, atom.target) for store in atom.stores))
    return tuple(found)


def _used(theory: Theory, spoken: Iterable[Formula], numbers: _Values) -> tuple[tuple[str, tuple[str, ...]], ...]:
    methods: dict[str, dict[str, None]] = {}
    if theory.policy.methods is not None:
        methods = {artifact: dict.fromkeys(theory.policy.methods) for artifact in theory.policy.artifacts}
    for atom in spoken:
        if isinstance(atom, Uses):
            methods.setdefault(atom.artifact, {})[atom.method] = None
    return tuple(
        (artifact, tuple(name for name in names if numbers.get(theory.encoder.uses(name, artifact))))
        for artifact, names in methods.items()
    )


def _served(theory: Theory, spoken: Iterable[Formula], numbers: _Values) -> tuple[Served, ...]:
    found = []
    for a in spoken:
        if isinstance(a, Unserved):
            symbols = [theory.encoder.served(a.artifact, a.path, region) for region in theory.encoder.of(a.target)]
            found.append(Served(a.target, a.artifact, a.path, any(numbers.get(symbol) for symbol in symbols)))
    return tuple(found)


def _shown(theory: Theory, region: Region, count: int, numbers: _Values) -> dict[tuple[str, str], Fraction]:
    """What each index or cache serves of a region, spread evenly over its items."""
    paths = [(m, path) for m, artifact in theory.policy.artifacts.items() for path in artifact.serves_from]
    served = {place: numbers.get(theory.encoder.served(*place, region)) for place in paths}
    return {place: mass / count for place, mass in served.items() if mass is not None}


def _profiles(theory: Theory, block: Block, region: Region, count: int, numbers: _Values) -> dict[Rate, Segments]:
    """Every rate of a block over the items of a region, in one order of the items."""
    bands = {rate: _bands(theory.encoder, block, rate, region, count, numbers) for rate in block.rates}
    pairs = tuple(ordered_pairs(theory.policy, block))
    equal = {rate: _segments(found, count, None) for rate, found in bands.items()}
    if all(_below(equal[low], equal[high]) for low, high in pairs):
        return equal
    margin = _margin(bands, pairs, count)
    return {rate: _segments(found, count, margin) for rate, found in bands.items()}


def _bands(
    encoder: Encoder, block: Block, rate: Rate, region: Region, count: int, numbers: _Values
) -> tuple[_Band, ...]:
    def read(symbol: str) -> Fraction:
        return Fraction(0) if symbol == "0" else numbers[symbol]

    if not block.levels:
        mass = numbers[encoder.mass(rate, region)]
        return (_Band(Fraction(0), Fraction(1), False, False, 0, count, mass),)
    found = []
    for band in reversed(block.bands):
        low, high = band
        entering, leaving = (read(symbol) for symbol in band_ends(encoder, block, rate, region, band))
        at_high = int(leaving - read(encoder.count(rate, region, high, False))) if high in block.levels else 0
        mass = read(encoder.part(rate, region, band)) - (high - low) * leaving
        found.append(
            _Band(low, high, low in block.levels, high in block.levels, at_high, int(entering - leaving), mass)
        )
    return tuple(found)


def _margin(
    bands: Mapping[Rate, tuple[_Band, ...]], pairs: Iterable[tuple[Rate, Rate]], count: int
) -> tuple[Fraction, ...]:
    """How far inside each band its items stay when it is filled from the front: the same for all rates."""
    margins = []
    for number, band in enumerate(next(iter(bands.values()))):
        width = band.high - band.low
        room = [width / 4]
        for found in bands.values():
            one = found[number]
            if one.inside:
                room += [one.mass / one.inside] if one.open_low else []
                room += [width - one.mass / one.inside] if one.open_high else []
        for low, high in pairs:
            slack = _added(bands[high], number) - _added(bands[low], number)
            room += [slack / (2 * count)] if slack > 0 else []
        margins.append(min(room) / 2)
    return tuple(margins)


def _added(bands: tuple[_Band, ...], number: int) -> Fraction:
    """What a band adds to the sum: its items, and those above it."""
    above = sum(band.inside + band.at_high for band in bands[:number]) + bands[number].at_high
    return bands[number].mass + above * (bands[number].high - bands[number].low)


def _segments(bands: tuple[_Band, ...], count: int, margins: tuple[Fraction, ...] | None) -> Segments:
    found: list[tuple[int, Fraction]] = []
    for number, band in enumerate(bands):
        found.append((band.at_high, band.high))
        if band.inside and margins is None:
            found.append((band.inside, band.low + band.mass / band.inside))
        elif band.inside and margins is not None:
            top = band.high - margins[number] * band.open_high
            bottom = band.low + margins[number] * band.open_low
            front = (band.mass + band.inside * (band.low - bottom)) / (top - bottom)
            whole = front.numerator // front.denominator
            found += [(whole, top)]
            if whole < band.inside:
                found += [(1, bottom + (front - whole) * (top - bottom)), (band.inside - whole - 1, bottom)]
    found.append((count - sum(many for many, _ in found), Fraction(0)))
    return tuple((many, value) for many, value in found if many)


def _strata(
    count: int, profiles: Mapping[Rate, Segments], cuts: Iterable[int]
) -> Iterator[tuple[int, int, dict[Rate, Fraction]]]:
    """The items cut wherever some rate changes, and at the cuts: from, to, and their rates."""
    ends = sorted({0, count, *cuts, *(end for segments in profiles.values() for end in _ends(segments))})
    for start, end in pairwise(ends):
        yield start, end, {rate: _value(segments, start) for rate, segments in profiles.items()}


def _ends(segments: Segments) -> Iterator[int]:
    end = 0
    for many, _ in segments:
        end += many
        yield end


def _value(segments: Segments, position: int) -> Fraction:
    for (_, value), end in zip(segments, _ends(segments), strict=True):
        if position < end:
            return value
    raise AssertionError(position)


def _below(low: Segments, high: Segments) -> bool:
    starts = sorted({0, *_ends(low), *_ends(high)})[:-1]
    return all(_value(low, start) <= _value(high, start) for start in starts)


def ordered_pairs(policy: Policy, block: Block) -> Iterator[tuple[Rate, Rate]]:
    """Pairs of rates of which the first is below the second item by item. (Beside an index, the product may say more.)"""
    paths = policy.artifacts[block.artifact].serves_from if block.artifact in policy.artifacts else ()
    for low, high, _ in neighbours(block.rates):
        if not (paths and low.access == "product" != high.access):
            yield low, high


def every_region(encoder: Encoder) -> dict[int, Region]:
    """Every region of the declared sets, by its number."""
    return {region.number: region for regions in encoder.regions.of.values() for region in regions}
