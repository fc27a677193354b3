"""From a solver's model to a world of single items: whole counts, laid out band by band.

In every region the items are sorted alike by all rates, highest first. Inside a band the items of a rate are equal where
that keeps every rate below those that lie above it; else the band is filled from the front, by the same rule for all its
rates, so that a rate with no more items and no larger sum lies below item by item.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass, replace
from fractions import Fraction
from itertools import pairwise

from ..policy.model import Policy
from .axioms.closeness import both_sides, membership, ties_rates
from .axioms.copies import destroyed
from .axioms.rates import band_ends, counted, neighbours
from .encode import Block, Encoder, disjunction
from .evaluate import evaluate
from .exponential import exp_bounds
from .formulas import FinishedBy, Flag, Formula, KeptForTest, Rate, Removed, Stored, Tpr, Unserved, Uses, atoms
from .regions import REST, Region, declared_set, lies_in
from .smt import Undecided
from .theory import Theory
from .world_model import Served, Stratum, TestPower, World, with_drops

Segments = tuple[tuple[int, Fraction], ...]
"""How many items have which value, in the order of the items."""
_Values = Mapping[str, Fraction]


def realise(
    theory: Theory, assumptions: Sequence[str], extra: str = "", holding: frozenset[str] = frozenset()
) -> World | None:
    """A world of whole items that meets the assumptions, or None if none was found.

    `extra` are assertions that are given up where whole items do not allow them; `holding` are the situations that hold.
    The world is held against every assumption, fact and axiom about items before it is returned.
    """
    whole = _whole(theory.encoder, theory.encoder.blocks, _regions(theory.encoder).values())
    for wish in dict.fromkeys((extra, "")):
        hints = (_lost_whole(theory.encoder), _as_reference(theory.encoder), "", *_fallen_to_a_floor(theory.encoder))
        for hint in dict.fromkeys(hints):
            text = wish + hint + whole + _apart(theory) + _exactly_close(theory)
            try:
                values = theory.given.values(assumptions, _names(theory), text)
            except Undecided:
                values = None
            if values is not None:
                world = _laid_out(theory, values, holding)
                if holds_up(theory, assumptions, world):
                    return world
    return None


def holds_up(theory: Theory, assumptions: Sequence[str], world: World) -> bool:
    """Whether the world, counted item by item, meets the assumptions, the facts and the axioms that tie rates of one item."""
    formulas = {literal: formula for formula, literal in theory.literals.items()}
    for literal in assumptions:
        formula = formulas.get(literal.removeprefix("-"))
        if formula is not None and evaluate(formula, world) is not (not literal.startswith("-")):
            return False
    if any(evaluate(fact.formula, world) is False for fact in theory.facts.values()):
        return False
    closeness = "AX6" in theory.axiom_literals.values()
    ended = {flag.of[0] for flag, is_so in world.flags if is_so and flag.name == "destroyed"}
    removals = (r for r, is_so in world.removals if is_so and closeness and r.artifact not in ended)
    removed = [r for r in removals if ties_rates(theory.policy, r)]
    return all(
        _lawful(theory, block, stratum, removed)
        for stratum in world.strata
        for block in theory.encoder.blocks
        if _concerns(block, stratum)
    )


def possible_in_whole_items(theory: Theory, literals: Sequence[str], target: str | None) -> bool:
    """Whether some world meets the literals in which the items of the target, and of sets connected with it, are whole ones.

    Where the search for one stops: whether one with parts of items does.
    """
    if not theory.possible(literals):
        return False
    with suppress(Undecided):
        whole = whole_items(theory.encoder, target)
        return not whole or theory.possible(literals, whole)
    return True


# --- what the solver is asked on top ---------------------------------------------------------------------------------


def _regions(encoder: Encoder) -> dict[int, Region]:
    return {region.number: region for regions in encoder.regions.of.values() for region in regions}


def whole_items(encoder: Encoder, target: str | None) -> str:
    """Sizes and counts of a target, and of the sets connected with it, are whole numbers."""
    if target is None:
        return ""
    blocks = [block for block in encoder.blocks if declared_set(target) in block.group]
    regions = [*encoder.of(target), *(region for block in blocks for region in block.regions)]
    return _whole(encoder, blocks, regions)


def _whole(encoder: Encoder, blocks: Iterable[Block], regions: Iterable[Region]) -> str:
    """Sizes and counts are whole numbers."""
    symbols = dict.fromkeys(map(encoder.size, regions))
    for block in blocks:
        for region in block.regions:
            for rate in block.rates:
                for level in block.levels:
                    symbols.update(dict.fromkeys(encoder.count(rate, region, level, at) for at in (True, False)))
    return "".join(f"(assert (is_int {name}))" for name in symbols if encoder.sorts.get(name) == "Real")


def _apart(theory: Theory) -> str:
    """Where two rates differ in a count, they differ in what the bands beside it add: equal sums are equal items."""
    encoder, rows = theory.encoder, []
    for block in encoder.blocks:
        if block.levels:
            for low, high in _ordered(theory.policy, block):
                for region in block.regions:
                    for band in block.bands:
                        ends = zip(
                            band_ends(encoder, block, low, region, band),
                            band_ends(encoder, block, high, region, band),
                            strict=True,
                        )
                        differ = disjunction([f"(< {less} {more})" for less, more in ends if less != more])
                        parts = encoder.part(low, region, band), encoder.part(high, region, band)
                        rows.append(f"(assert (=> {differ} (< {parts[0]} {parts[1]})))")
    return "".join(rows)


def _exactly_close(theory: Theory) -> str:
    """What closeness allows, with e^±ε rounded against it: where the encoding's rounding leaves room, the true one does."""
    encoder, used = theory.encoder, frozenset(theory.axiom_literals.values())
    removals = _removed(encoder)
    spoken = tuple(dict.fromkeys(atom for formula in _spoken(theory) for atom in atoms(formula)))
    tests = tuple(atom for atom in spoken if isinstance(atom, Tpr))
    gone = destroyed(encoder, (atom for atom in spoken if isinstance(atom, Flag)))
    rows = list(membership(encoder, removals, tests, inwards=True)) if "AX5" in used else []
    for block in encoder.blocks if "AX6" in used else ():
        for region in block.regions:
            rows += both_sides(encoder, theory.policy, removals, gone, block, region, inwards=True)
    return "".join(f"(assert {row.text})" for row in rows)


def _lost_whole(encoder: Encoder) -> str:
    """What falls falls to nothing: then a drop is what was, item by item."""
    rows = []
    for block in encoder.blocks:
        for drop in (rate for rate in block.rates if rate.family == "drops"):
            now = replace(drop, family="reveals", bound="inf")
            for region in block.regions:
                rows.append(_same(encoder, block, drop, now.at("before"), region))
                rows.append(f"(assert (= {encoder.mass(now, region)} 0))")
    return "".join(rows)


def _fallen_to_a_floor(encoder: Encoder) -> Iterator[str]:
    """All was known before, and some item is now at a floor that a clause counts at: what falls from there is seen to fall."""
    for block in encoder.blocks:
        for drop in (rate for rate in block.rates if rate.family == "drops"):
            now = replace(drop, family="reveals", bound="inf")
            known = [(encoder.mass(now.at("before"), region), encoder.size(region)) for region in block.regions]
            before = "".join(f"(assert (= {mass} {size}))" for mass, size in known)
            for level in block.levels:
                at = [f"(< {encoder.count(now, region, level, False)} {encoder.size(region)})" for region in block.regions]
                yield f"{before}(assert {disjunction(at)})"


def _as_reference(encoder: Encoder) -> str:
    """Every item is as in the reference: then a removal holds item by item."""
    pairs = [(block, rate, rate.at("reference")) for block in encoder.blocks for rate in block.rates]
    return "".join(
        _same(encoder, block, rate, twin, region)
        for block, rate, twin in pairs
        if (rate.whose, rate.reading.about) == ("now", "process") and twin in block.rates
        for region in block.regions
    )


def _same(encoder: Encoder, block: Block, one: Rate, other: Rate, region: Region) -> str:
    same = [(encoder.mass(one, region), encoder.mass(other, region))]
    same += counted(encoder, block, one, other, region)
    bands = block.bands if block.levels else ()
    same += [(encoder.part(one, region, band), encoder.part(other, region, band)) for band in bands]
    return "".join(f"(assert (= {left} {right}))" for left, right in same)


def _ordered(policy: Policy, block: Block) -> Iterator[tuple[Rate, Rate]]:
    """Pairs of rates of which the first is below the second item by item. (Beside an index, the product may say more.)"""
    paths = policy.artifacts[block.artifact].serves_from if block.artifact in policy.artifacts else ()
    for low, high, _ in neighbours(block.rates):
        if not (paths and low.access == "product" != high.access):
            yield low, high


def _names(theory: Theory) -> tuple[str, ...]:
    return tuple(name for name in theory.encoder.sorts if name[0] not in "AFbe")


# --- layout ----------------------------------------------------------------------------------------------------------


@dataclass(frozen=True)
class _Band:
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


def _laid_out(theory: Theory, values: Mapping[str, Fraction | bool], holding: frozenset[str]) -> World:
    encoder, numbers = theory.encoder, {name: Fraction(value) for name, value in values.items()}
    spoken = tuple(dict.fromkeys(atom for formula in _spoken(theory) for atom in atoms(formula)))
    stores = _stores(spoken)
    strata: list[Stratum] = []
    about: dict[Region, list[Block]] = {}
    for block in encoder.blocks:
        for region in block.regions:
            about.setdefault(region, []).append(block)
    for region in _regions(encoder).values():
        count = int(numbers[encoder.size(region)])
        if count:
            profiles: dict[Rate, Segments] = {}
            for block in about.get(region, ()):
                profiles.update(_profiles(theory, block, region, count, numbers))
            held = dict.fromkeys(store for store, name in stores if lies_in(region.inside, name))
            first, last = ({store: numbers[encoder.stored(store, region, which)] for store in held} for which in ("all", "any"))
            inside, shown = region.inside - {REST}, _shown(theory, region, count, numbers)
            if inside or profiles:
                cuts = {1} if first != last else set()  # one item goes on the first day, all others stay until the last
                strata += [
                    Stratum(inside, end - start, rates, last if start or not cuts else first, shown)
                    for start, end, rates in _strata(count, profiles, cuts)
                ]
    drops = tuple(rate for block in encoder.blocks for rate in block.rates if rate.family == "drops")
    return World(
        holding,
        tuple(with_drops(stratum, drops) for stratum in strata),
        removals=_removals(encoder, spoken, numbers),
        tests=tuple(
            dict.fromkeys(
                TestPower(a.target, a.artifact, a.at_fpr, a.fair, numbers[encoder.tpr(a)])
                for a in spoken
                if isinstance(a, Tpr)
            )
        ),
        finished=tuple(
            (name, numbers[encoder.finished(name)])
            for name in dict.fromkeys(a.artifact for a in spoken if isinstance(a, FinishedBy | KeptForTest))
        ),
        used=_used(theory, spoken, numbers),
        served=_served(theory, spoken, numbers),
        flags=tuple((a, bool(numbers[_flag(encoder, a)])) for a in spoken if isinstance(a, Flag) and _told(a)),
    )


def _removals(encoder: Encoder, spoken: Iterable[Formula], numbers: _Values) -> tuple[tuple[Removed, bool], ...]:
    """Those spoken of; of those that only axioms speak of (without remainder), the ones that hold, and what leaves influence."""
    spoken = tuple(spoken)
    told = {atom: bool(numbers[encoder.removed(atom)]) for atom in spoken if isinstance(atom, Removed)}
    left = {atom.of[1] for atom in spoken if isinstance(atom, Flag) and atom.name == "influenced" and numbers[encoder.flag(atom)]}
    others = {atom: bool(numbers[encoder.removed(atom)]) for atom in _removed(encoder)}
    return tuple((told | {atom: holds for atom, holds in others.items() if holds or atom.artifact in left}).items())


def _removed(encoder: Encoder) -> tuple[Removed, ...]:
    """Every removal that the theory has a symbol for."""
    keys = dict.fromkeys(key for prefix, key in map(encoder.meaning, encoder.sorts) if prefix == "R")
    return tuple(atom for atom in keys if isinstance(atom, Removed))


def _spoken(theory: Theory) -> Iterator[Formula]:
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
    pairs = tuple(_ordered(theory.policy, block))
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


# --- the axioms, item by item ----------------------------------------------------------------------------------------


def _concerns(block: Block, stratum: Stratum) -> bool:
    return bool(stratum.inside.intersection(block.group)) if stratum.inside else block.group == (REST,)


def _lawful(theory: Theory, block: Block, stratum: Stratum, removed: Sequence[Removed]) -> bool:
    rates = {rate: stratum.rates[rate] for rate in block.rates if rate in stratum.rates}
    ranged = all(0 <= value <= 1 for value in rates.values())
    ordered = all(
        rates[low] <= rates[high] for low, high in _ordered(theory.policy, block) if {low, high} <= set(rates)
    )
    close = all(_close(removal, rates) for removal in removed if removal.artifact == block.artifact)
    return ranged and ordered and _not_both(rates) and close


def _not_both(rates: Mapping[Rate, Fraction]) -> bool:
    """A corrected and an old statement are not both given (AX12)."""
    old = {rate: replace(rate, family="reveals", bound="inf") for rate in rates if rate.family == "corrects"}
    return all(rates[new] + rates.get(was, Fraction(0)) <= 1 for new, was in old.items())


def _close(removal: Removed, rates: Mapping[Rate, Fraction]) -> bool:
    """Whether expected rates are as close to the reference's as a removal says (AX6), e^±ε rounded against it."""
    up, down = exp_bounds(removal.epsilon)[0], exp_bounds(-removal.epsilon)[1]
    for rate, x in rates.items():
        r = rates.get(rate.at("reference"))
        if (rate.whose, rate.reading.about) == ("now", "process") and r is not None:
            least = max(down * (r - removal.delta), 1 - removal.delta - up * (1 - r))
            most = min(up * r + removal.delta, 1 - down * (1 - removal.delta - r))
            if not least <= x <= most:
                return False
    return True
