"""Rates among themselves: what counts say of means (AX2), the order by access and probing (AX3), refusals (AX12), the product (P3)."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from fractions import Fraction
from functools import cache
from itertools import pairwise
from math import ceil, floor

from msgspec.structs import replace

from ...policy.model import Policy
from ...policy.vocabulary import PROBES, Access, access_rank
from ..encode import Block, Encoder, conjunction, number, total
from ..formulas import Formula, Rate, ShareAbove
from ..regions import Region
from ..suites import own_questions
from . import Row

# --- AX1, AX2 --------------------------------------------------------------------------------------------------------


def sizes(encoder: Encoder) -> Iterator[Row]:
    """No size is negative."""
    for region in {r.number: r for regions in encoder.regions.of.values() for r in regions}.values():
        yield Row(("AX1",), f"(>= {encoder.size(region)} 0)")


def masses(encoder: Encoder, block: Block, region: Region) -> Iterator[Row]:
    """A mean lies between 0 and 1, and between the bounds that the counts leave."""
    for rate in block.rates:
        mass = encoder.mass(rate, region)
        yield Row(("AX1",), f"(and (<= 0 {mass}) (<= {mass} {encoder.size(region)}))")
        if block.levels:
            yield Row(("AX2",), _linked(encoder, block, rate, region))


def _linked(encoder: Encoder, block: Block, rate: Rate, region: Region) -> str:
    """Counts fall with the threshold, and each band adds to the mass what they leave, strictly where items lie inside."""
    counts = [encoder.count(rate, region, level, inclusive) for level in block.levels for inclusive in (True, False)]
    parts = [f"(>= {more} {fewer})" for more, fewer in pairwise((encoder.size(region), *counts, "0"))]
    for band in block.bands:
        part, width = encoder.part(rate, region, band), number(band[1] - band[0])
        entering, leaving = band_ends(encoder, block, rate, region, band)
        least, most = f"(* {width} {leaving})", f"(* {width} {entering})"
        parts += [f"(<= {least} {part})", f"(<= {part} {most})"]
        inside = f"(> {entering} {leaving})"
        if band[0] in block.levels:  # else the items inside may be at 0
            parts.append(f"(=> {inside} (< {least} {part}))")
        if band[1] in block.levels:  # else they may be at 1
            parts.append(f"(=> {inside} (< {part} {most}))")
    parts.append(f"(= {encoder.mass(rate, region)} {total([encoder.part(rate, region, b) for b in block.bands])})")
    return conjunction(parts)


def whole_items(encoder: Encoder, policy: Policy, spoken: Iterable[Formula]) -> Iterator[Row]:
    """A share of a set of known size is a whole number of items: 33% of ten are four at least."""
    for atom in spoken:
        size = policy.information[atom.target].size if isinstance(atom, ShareAbove) and atom.target in policy.information else None
        if isinstance(atom, ShareAbove) and size is not None and size[0] == size[1]:
            exact, many = atom.limit * size[0], encoder.set_count(atom.rate, atom.target, atom.threshold, atom.inclusive)
            whole = ceil(exact) if atom.op == ">=" else floor(exact)
            if whole != exact and atom.op in ("<=", ">="):
                known = f"({atom.op} {encoder.set_size(atom.target)} {size[0]})"
                yield Row(("AX2",), f"(=> (and {encoder.text(atom)} {known}) ({atom.op} {many} {whole}))")


def band_ends(
    encoder: Encoder, block: Block, rate: Rate, region: Region, band: tuple[Fraction, Fraction]
) -> tuple[str, str]:
    """How many items exceed the band's lower end, and how many reach its upper one: the most and the least inside it."""
    low, high = band
    entering = encoder.count(rate, region, low, False) if low in block.levels else encoder.size(region)
    leaving = encoder.count(rate, region, high, True) if high in block.levels else "0"
    return entering, leaving


# --- AX3, AX12, P3 ---------------------------------------------------------------------------------------------------


def order(encoder: Encoder, policy: Policy, block: Block, region: Region) -> Iterator[Row]:
    """Each rate below its neighbours; through the product, an index or a cache may add to what the model says."""
    paths = policy.artifacts[block.artifact].serves_from if block.artifact in policy.artifacts else ()
    served = [encoder.served(block.artifact, path, region) for path in paths]
    for symbol in served:
        yield Row(("AX1",), f"(and (<= 0 {symbol}) (<= {symbol} {encoder.size(region)}))")
    for low, high, used in neighbours(block.rates):
        if served and low.access == "product" != high.access:  # an index or a cache may say what the model does not
            most = total([encoder.mass(high, region), *served])
            if low.whose == "now":  # what was served before, or beside another model, is another matter
                yield Row((*used, "P3"), f"(<= {encoder.mass(low, region)} {most})")
        else:
            yield Row(used, below(encoder, block, low, high, region))


def below(encoder: Encoder, block: Block, low: Rate, high: Rate, region: Region) -> str:
    """`low` ≤ `high` item by item: in every count and in what every band adds."""
    if not block.levels:
        return f"(<= {encoder.mass(low, region)} {encoder.mass(high, region)})"
    bands = ((encoder.part(low, region, band), encoder.part(high, region, band)) for band in block.bands)
    return conjunction([f"(<= {less} {more})" for less, more in (*counted(encoder, block, low, high, region), *bands)])


def counted(encoder: Encoder, block: Block, one: Rate, other: Rate, region: Region) -> Iterator[tuple[str, str]]:
    """How many of a region's items exceed each level that is counted at, for two rates; pairs that are the same text left out."""
    for level in block.levels:
        for inclusive in (True, False):
            pair = encoder.count(one, region, level, inclusive), encoder.count(other, region, level, inclusive)
            if pair[0] != pair[1]:
                yield pair


@cache
def neighbours(rates: tuple[Rate, ...]) -> tuple[tuple[Rate, Rate, tuple[str, ...]], ...]:
    """Neighbours in the order of the rates, (lower, higher), with the axioms that put them so."""
    alike: dict[tuple[str, str, str], list[Rate]] = {}
    for rate in rates:
        if rate.family != "drops":
            alike.setdefault((rate.whose, rate.reading.about, rate.reading.decoding), []).append(rate)
    found = []
    for group in alike.values():
        over = {low: [high for high in group if low != high and _under(low, high)] for low in group}
        for low, highs in over.items():
            for high in highs:
                if not any(high in over[middle] for middle in highs):
                    found.append((low, high, _used(low, high)))
    return tuple(found)


def _used(low: Rate, high: Rate) -> tuple[str, ...]:
    if low.family == high.family:
        return ("AX3",)
    same_cell = (low.bound, low.access, low.asked) == (high.bound, high.access, high.asked)
    return ("AX12",) if same_cell else ("AX3", "AX12")


def _under(low: Rate, high: Rate) -> bool:
    """Whether `low` ≤ `high` follows for every item, through other rates if need be.

    x∨ grows with access and with probing, x∧ falls with probing, x∧ ≤ x∨, and what is revealed or corrected is answered.
    """
    if low.family == high.family:
        if low.reading != high.reading or low.family == "corrects":
            return False
    elif high.family != "answers" or low.family == "answers":
        return False
    if low.bound == "sup":
        probing = high.bound == "sup" and _weaker_probe(low.asked, high.asked, high.access)
    elif high.bound == "inf":
        return low.access == high.access and _weaker_probe(high.asked, low.asked, low.access)
    else:  # some probes belong to both classes
        both = low.asked in PROBES and high.asked in PROBES
        probing = (
            both
            or _weaker_probe(low.asked, high.asked, high.access)
            or _weaker_probe(high.asked, low.asked, low.access)
        )
    deeper = (
        access_rank(low.access) <= access_rank(high.access) if low.family == "reveals" else low.access == high.access
    )
    return probing and deeper


def _weaker_probe(weak: str, strong: str, access: Access) -> bool:
    """Whether the probes of `weak` belong to `strong` at this access."""
    if weak == strong:
        return True
    if own_questions(weak, access):  # probes of every class, where the copy may be altered so
        return strong in PROBES
    if weak.startswith("suite:"):  # a finite suite's probes belong to the adversarial class, and to no weaker one
        return strong == "adversarial"
    if weak.startswith("in_context:"):  # nor those that hand the target over to any class of the chain
        return strong == "in_context"
    return weak in PROBES and strong in PROBES and PROBES.index(weak) <= PROBES.index(strong)


# --- two rates of one item: AX12, AX1 --------------------------------------------------------------------------------


def corrected(encoder: Encoder, block: Block, region: Region) -> Iterator[Row]:
    """A corrected and an old statement are not both given."""
    for rate in block.rates:
        if rate.family == "corrects" and (old := replace(rate, family="reveals", bound="inf")) in block.rates:
            yield from (Row(("AX12",), text) for text in _never_above_one(encoder, block, rate, old, region))


def _never_above_one(encoder: Encoder, block: Block, one: Rate, other: Rate, region: Region) -> Iterator[str]:
    """Two rates of an item add up to 1 at most: in sum, and no item counts for both where two thresholds reach further."""
    size = encoder.size(region)
    yield f"(<= (+ {encoder.mass(one, region)} {encoder.mass(other, region)}) {size})"
    for low in block.levels:
        for high in sorted(level for level in block.levels if low + level >= 1)[:2]:  # counts at those beyond are no larger
            for at in ((True, True),) if low + high > 1 else ((False, True), (True, False)):
                both = encoder.count(one, region, low, at[0]), encoder.count(other, region, high, at[1])
                yield f"(<= (+ {both[0]} {both[1]}) {size})"


def fallen(encoder: Encoder, policy: Policy, block: Block, region: Region) -> Iterator[Row]:
    """A drop is at least before minus now, and no larger than leaves room for now; of a single item it is no more than that."""
    sizes = (policy.information[name].size for name in region.inside if name in policy.information)
    single = any(size is not None and size[1] <= 1 for size in sizes)
    for rate in block.rates:
        if rate.family == "drops":
            now = replace(rate, family="reveals", bound="inf")
            fall = f"(- {encoder.mass(now.at('before'), region)} {encoder.mass(now, region)})"
            yield Row(("AX1",), f"(<= {fall} {encoder.mass(rate, region)})")
            if single:
                no_more = f"(or (<= {encoder.mass(rate, region)} 0) (<= {encoder.mass(rate, region)} {fall}))"
                yield Row(("AX1",), f"(=> (<= {encoder.size(region)} 1) {no_more})")
            yield from (Row(("AX1",), text) for text in _never_above_one(encoder, block, rate, now, region))
