"""Which literals might imply which: worlds in which one holds and another fails rule the most out, before any pair is asked.

In a large part that is cut at its sums, pieces meet in nothing else. So a piece may change beside a world that leaves its
sums as they are, whatever another piece does: what holds and what fails beside one world is asked of each piece alone.
"""

from __future__ import annotations

from collections.abc import Callable, Hashable, Iterable, Iterator, Mapping, Sequence
from itertools import combinations, count, islice
from math import comb

from ..record import Record
from .assumed import Assumed, Beside
from .clusters import Cluster, Sums
from .smt import Undecided

_FEW = 8
"""Literals of one part of the theory that are compared pair by pair."""


def neighbours(given: Assumed, literals: Sequence[str], reach: Sequence[int]) -> list[tuple[int, ...]]:
    """For each of many literals the others, by position, that might imply it: those of its part of the theory.

    Where a part has many, without those that hold in some world where it fails. Those of the widest `reach` come last: many
    others may be at odds with one of them.
    """
    by_part: dict[int, list[int]] = {}
    for i, literal in enumerate(literals):
        by_part.setdefault(given.solver.home(literal), []).append(i)
    found: list[tuple[int, ...]] = [()] * len(literals)
    for part, members in by_part.items():
        same: dict[str, list[int]] = {}
        for i in sorted(members, key=reach.__getitem__):
            same.setdefault(literals[i], []).append(i)
        names = tuple(same)
        left = _unseparated(given, part, names) if len(names) > _FEW else [(1 << len(names)) - 1] * len(names)
        for name, bits in zip(names, left, strict=True):
            near = [j for place in _ones(bits) for j in same[names[place]]]
            for each in same[name]:
                found[each] = tuple(sorted(j for j in near if j != each))
    return found


def _unseparated(given: Assumed, part: int, names: Sequence[str]) -> list[int]:
    """For each literal the places of those that hold in no world that was found where it fails, as the bits of a number."""
    cluster = given.solver.cluster_of.get(part)
    left = None if cluster is None else _by_pieces(given, cluster, names)
    if left is not None and sum(map(int.bit_count, left)) <= _FEW * len(names):
        return left
    whole = _told_apart(names, given.surely).left
    return list(whole) if left is None else [one & other for one, other in zip(left, whole, strict=True)]


class _Seen(Record):
    """What was found of some literals, each by its place."""

    left: tuple[int, ...]
    """The places of those that hold in no world that was found where it fails."""
    holds: tuple[bool, ...]
    fails: tuple[bool, ...]


def _told_apart(names: Sequence[str], possible: Callable[[Sequence[str]], bool], *, singly: bool = False) -> _Seen:
    """A few worlds in which some literals hold and the others fail; with `singly`, each that did not is asked for itself.

    Each literal is given a set of worlds of its own to hold in, no set inside another's; so a few separate most pairs.
    """
    left = [(1 << len(names)) - 1] * len(names)
    holds, fails = [False] * len(names), [False] * len(names)
    for wanted in _wishes(names):
        kept = frozenset(largest(wanted, possible))
        holding = _places(i for i, name in enumerate(names) if name in kept)
        for i, name in enumerate(names):
            holds[i] |= name in kept
            if "-" + name in kept:
                fails[i] = True
                left[i] &= ~holding
    if singly:
        holds = [seen or possible((name,)) for seen, name in zip(holds, names, strict=True)]
        fails = [seen or possible(("-" + name,)) for seen, name in zip(fails, names, strict=True)]
    return _Seen(tuple(left), tuple(holds), tuple(fails))


def _wishes(names: Sequence[str]) -> Iterator[list[str]]:
    """What is wished of literals in each of a few worlds: every one is to hold in some and to fail in some."""
    held_in = _antichain(max(2, len(names)))
    for world in range(held_in[-1].bit_length()):
        yield [name if held_in[i] >> world & 1 else "-" + name for i, name in enumerate(names)]


def largest(wanted: Sequence[str], possible: Callable[[Sequence[str]], bool]) -> tuple[str, ...]:
    """Literals that some world satisfies together: each, in order, that goes with those before it."""
    kept: tuple[str, ...] = ()
    pending, first = [tuple(wanted)], True
    while pending:
        chunk = pending.pop()
        if possible((*kept, *chunk)):
            kept += chunk
        elif len(chunk) > 1:
            middle = len(chunk) - 1 if first else len(chunk) // 2  # often only the last is at odds with the others
            pending += [chunk[middle:], chunk[:middle]]
        first = False
    return kept


# --- by pieces -------------------------------------------------------------------------------------------------------


def _by_pieces(given: Assumed, cluster: Cluster, names: Sequence[str]) -> list[int]:
    """As `_unseparated`, told from a few worlds of a cluster and from what each piece allows beside them."""
    pieces: dict[int, list[int]] = {}
    for i, name in enumerate(names):
        pieces.setdefault(given.solver.piece(name), []).append(i)
    top = pieces.pop(cluster.top, [])
    left, holds, fails = [(1 << len(names)) - 1] * len(names), [0] * len(names), [0] * len(names)
    within = {piece: [(1 << len(members)) - 1] * len(members) for piece, members in pieces.items()}
    known: dict[Hashable, _Seen] = {}
    number = 0
    for sums, settings in _worlds(given, cluster, [names[i] for i in top]):
        every = (1 << len(settings)) - 1 << number
        for piece, members in pieces.items():
            seen = _seen(given.beside(cluster, piece, sums), [names[i] for i in members], known)
            within[piece] = [one & other for one, other in zip(within[piece], seen.left, strict=True)]
            for i, held, failed in zip(members, seen.holds, seen.fails, strict=True):
                holds[i] |= held * every
                fails[i] |= failed * every
        for kept in settings:
            for i in top:
                holds[i] |= (names[i] in kept) << number
                fails[i] |= ("-" + names[i] in kept) << number
            number += 1
        left = _left(pieces, holds, fails, within)
        if sum(map(int.bit_count, left)) == len(names):
            break
    return left


def _left(
    pieces: Mapping[int, Sequence[int]], holds: Sequence[int], fails: Sequence[int], within: Mapping[int, Sequence[int]]
) -> list[int]:
    """What is not separated, itself included: elsewhere what holds in no world in which it fails, in its own piece what is left."""
    at_odds = {failing: _places(j for j, holding in enumerate(holds) if not holding & failing) for failing in set(fails)}
    left = [at_odds[failing] | 1 << i for i, failing in enumerate(fails)]
    for piece, members in pieces.items():
        others = ~_places(members)
        for i, inside in zip(members, within[piece], strict=True):
            left[i] = left[i] & others | _places(members[place] for place in _ones(inside))
    return left


def _worlds(
    given: Assumed, cluster: Cluster, top: Sequence[str]
) -> Iterator[tuple[Sums, list[frozenset[str]]]]:
    """The sums of a few worlds of a cluster; with each, sets of literals of its top that hold (or, with "-", fail) beside them."""
    wishes = tuple(dict.fromkeys(map(tuple, _wishes(top))))
    found: list[Sums] = []
    for wanted in wishes:
        try:
            sums = given.sums(cluster, largest(wanted, given.surely))
        except Undecided:
            continue
        if sums is not None:
            found.append(sums)
    found += given.known(cluster)
    for number, sums in enumerate(found):
        if sums not in found[:number]:
            beside = given.beside(cluster, cluster.top, sums)
            yield sums, [frozenset(largest(wanted, beside.surely)) for wanted in wishes]


def _seen(piece: Beside, names: Sequence[str], known: dict[Hashable, _Seen]) -> _Seen:
    """What literals of a piece do beside a world, each pair of them separated there or not. Pieces alike are asked once."""
    key = piece.as_asked(names)
    if key not in known:
        known[key] = _told_apart(names, piece.surely, singly=True)
    return known[key]


def _places(numbers: Iterable[int]) -> int:
    """Places as the bits of a number."""
    return sum(1 << i for i in numbers)


def _ones(bits: int) -> Iterator[int]:
    """The places of the ones in a number."""
    while bits:
        lowest = bits & -bits
        yield lowest.bit_length() - 1
        bits ^= lowest


def _antichain(many: int) -> list[int]:
    """So many sets, as the bits of numbers, none inside another: halves of the fewest worlds that have enough (Sperner)."""
    worlds = next(n for n in count(2) if comb(n, n // 2) >= many)
    chosen = combinations(range(worlds), worlds // 2)
    return [sum(1 << world for world in worlds_held) for worlds_held in islice(chosen, many)]
