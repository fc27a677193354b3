"""All minimal cores of a set, by dualisation (Gunopulos et al., ACM TODS 2003; Bailey and Stuckey, PADL 2005).

Every core not yet known avoids some smallest set of members that meets all known ones. So those sets are kept up to date,
and what is left of the members when one is taken out is either satisfiable or holds a new core.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence

from ..record import Record
from .cores import minimal_core

MOST_CUTS = 1_000
"""Smallest sets that meet all known cores, beyond which only the first are followed up."""


class Exhausted(Exception):
    """A question was not answered: the search ends with what it has."""


class Cores(Record):
    """Minimal cores, the smallest first, those of equal size in the order of the members."""

    found: tuple[tuple[str, ...], ...]
    complete: bool
    """Whether there is no other."""


def all_minimal_cores(
    members: Sequence[str],
    satisfiable: Callable[[Sequence[str]], bool],
    *,
    enough: Callable[[Sequence[tuple[str, ...]]], bool] = lambda _: False,
    known: Sequence[tuple[str, ...]] = (),
) -> Cores:
    """Every minimal subset of `members` that is not satisfiable; fewer once `enough`, or `satisfiable` raises `Exhausted`.

    `known`: some that were found before.

    Members are given in source order, which decides ties, so equal input gives equal output.
    """
    bits = _bits(members)
    found: list[tuple[str, ...]] = []
    cuts, settled, complete = [0], set[int](), True
    try:
        while (cut := next((cut for cut in cuts if cut not in settled), None)) is not None:
            rest = tuple(name for name in members if not bits[name] & cut)
            if len(found) < len(known):
                found.append(known[len(found)])
            elif satisfiable(rest):
                settled.add(cut)
                continue
            else:
                found.append(minimal_core(rest, (), satisfiable))
            cuts, whole = _extended(cuts, [bits[name] for name in found[-1]])
            complete = complete and whole
            if enough(found):
                complete = False
                break
    except Exhausted:
        complete = False
    return Cores(tuple(sorted(found, key=lambda core: (len(core), [bits[name] for name in core]))), complete)


def lightest_cut(
    members: Sequence[str], weights: Mapping[str, int], satisfiable: Callable[[Sequence[str]], bool]
) -> tuple[str, ...]:
    """The members of least total weight without which the rest is satisfiable; of equally light ones, the fewest and first.

    The implicit hitting set method of MaxSAT (Davies and Bacchus, CP 2011), up to `MOST_CUTS` candidates at a time.
    """
    bits = _bits(members)
    cuts = [0]
    while True:
        cut = min(
            cuts, key=lambda cut: (sum(weights[n] for n in members if bits[n] & cut), cut.bit_count(), _early(cut))
        )
        rest = tuple(name for name in members if not bits[name] & cut)
        if satisfiable(rest):
            return tuple(name for name in members if bits[name] & cut)
        cuts, _ = _extended(cuts, [bits[name] for name in minimal_core(rest, (), satisfiable)])


def _bits(members: Sequence[str]) -> dict[str, int]:
    return {name: 1 << place for place, name in enumerate(members)}


def _extended(cuts: Sequence[int], core: Sequence[int]) -> tuple[list[int], bool]:
    """The smallest sets that meet `core` as well (Berge's step), the smallest first; and whether none was dropped."""
    whole = sum(core)
    meeting = [cut for cut in cuts if cut & whole]
    grown = {
        cut | bit
        for cut in cuts
        if not cut & whole
        for bit in core
        if not any(other & (cut | bit) == other for other in meeting)
    }
    every = sorted((*meeting, *grown), key=lambda cut: (cut.bit_count(), _early(cut)))
    return every[:MOST_CUTS], len(every) <= MOST_CUTS


def _early(cut: int) -> str:
    """A key that puts sets with earlier members first."""
    return f"{cut:b}"[::-1].translate(_SWAPPED)


_SWAPPED = str.maketrans("01", "10")
