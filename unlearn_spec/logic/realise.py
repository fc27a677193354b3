"""From a theory to a world of single items, held against everything the theory says before it is shown."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import suppress
from fractions import Fraction

from msgspec.structs import replace

from .axioms.closeness import both_sides, membership, ties_rates
from .axioms.copies import destroyed
from .axioms.rates import band_ends, counted
from .encode import Block, Encoder, disjunction
from .evaluate import evaluate
from .exponential import exp_bounds
from .formulas import Flag, Rate, Removed, Tpr, atoms
from .laid_out import every_region, every_removal, laid_out, ordered_pairs, spoken_of
from .regions import REST, Region, declared_set
from .smt import Undecided
from .theory import Theory
from .world_model import Stratum, World


def realise(
    theory: Theory, assumptions: Sequence[str], extra: str = "", holding: frozenset[str] = frozenset()
) -> World | None:
    """A world of whole items that meets the assumptions, or None if none was found.

    `extra` are assertions that are given up where whole items do not allow them; `holding` are the situations that hold.
    The world is held against every assumption, fact and axiom about items before it is returned.
    """
    whole = _whole(theory.encoder, theory.encoder.blocks, every_region(theory.encoder).values())
    for wish in dict.fromkeys((extra, "")):
        hints = (_lost_whole(theory.encoder), _as_reference(theory.encoder), "", *_fallen_to_a_floor(theory.encoder))
        for hint in dict.fromkeys(hints):
            text = wish + hint + whole + _apart(theory) + _exactly_close(theory)
            try:
                values = theory.given.values(assumptions, _names(theory), text)
            except Undecided:
                values = None
            if values is not None:
                world = laid_out(theory, values, holding)
                if holds_up(theory, assumptions, world):
                    return world
    return None


def holds_up(theory: Theory, assumptions: Sequence[str], world: World) -> bool:
    """Whether the world, counted item by item, meets the assumptions, the facts and the axioms that tie rates of one item."""
    for literal in assumptions:
        formula = theory.formulas.get(literal.removeprefix("-"))
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
            for low, high in ordered_pairs(theory.policy, block):
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
    removals = every_removal(encoder)
    spoken = tuple(dict.fromkeys(atom for formula in spoken_of(theory) for atom in atoms(formula)))
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


def _names(theory: Theory) -> tuple[str, ...]:
    return tuple(name for name in theory.encoder.sorts if name[0] not in "AFbe")


# --- the axioms, item by item ----------------------------------------------------------------------------------------


def _concerns(block: Block, stratum: Stratum) -> bool:
    return bool(stratum.inside.intersection(block.group)) if stratum.inside else block.group == (REST,)


def _lawful(theory: Theory, block: Block, stratum: Stratum, removed: Sequence[Removed]) -> bool:
    rates = {rate: stratum.rates[rate] for rate in block.rates if rate in stratum.rates}
    ranged = all(0 <= value <= 1 for value in rates.values())
    ordered = all(
        rates[low] <= rates[high] for low, high in ordered_pairs(theory.policy, block) if {low, high} <= set(rates)
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
