"""Questions about a theory, each put to as little of it as can bear on the answer (`smt.py` asks Z3).

Assertions that share no symbol are asked apart, so that a question costs what its own part of the theory costs. A large
part that hangs together only by long sums is cut there (`clusters.py`). Small parts share a Z3 solver.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping, Sequence
from copy import copy
from functools import cached_property

from .assumed import Assumed
from .clusters import Cluster, Sums, cut_at_sums, renamed, split, symbols
from .sampling import Sample
from .smt import DEFAULT_EFFORT, Named, Part

_PACK = 160
"""Assertions from which a pack of parts is full: a Z3 solver of its own for each costs more than its questions."""
_PACKS = 64
"""Packs of a large theory. Larger ones cost Z3 more than their share; but each takes memory in proportion to the whole, for Z3
numbers all terms in one row."""
_LARGE = 1000
"""Assertions of a part from which it is cut at its sums."""


class Solver:
    """A fixed set of assertions, asked under changing assumptions (a leading "-" negates one).

    `switches` only ever stand as premises of assertions. They connect no parts: one that is not assumed may be off. Without
    other assumptions the assertions have a world. `sums` are names of partial sums, each with one defining assertion.
    """

    def __init__(
        self,
        assertions: Sequence[str],
        sorts: Mapping[str, str],
        effort: int = DEFAULT_EFFORT,
        switches: Collection[str] = (),
        sums: Collection[str] = (),
    ) -> None:
        self._sorts, self._effort, self._switches = sorts, effort, frozenset(switches)
        self._alone = False
        self._part_of: dict[str, int] = {}
        self._assertions: list[list[str]] = []
        self.clusters: list[Cluster] = []
        self.cluster_of: dict[int, Cluster] = {}
        part_of, parts = split(((line, symbols(line)) for line in assertions), self._switches)
        moved: dict[int, int] = {}
        for old, lines in enumerate(parts):
            first = len(self._assertions)
            pieces = cut_at_sums(lines, sums, self._switches, first) if len(lines) > _LARGE else None
            if pieces is None:
                moved[old] = first
                self._assertions.append([line for line, _ in lines])
            else:
                self._assertions += [[line for line, _ in piece] for piece in pieces[2]]
                self._part_of.update(pieces[1])
                self.clusters.append(pieces[0])
                self.cluster_of.update(dict.fromkeys(pieces[0].parts, pieces[0]))
        self._part_of.update({symbol: moved[old] for symbol, old in part_of.items() if old in moved})
        self._pack_of = self._packed()
        self._open: dict[frozenset[int], Named] = {}
        self._alike: dict[tuple[str, tuple[str, ...]], Part] = {}
        self._apart: dict[frozenset[int], Part] = {}
        self.worlds: dict[Cluster, list[Sums]] = {cluster: [] for cluster in self.clusters}
        """The sums in worlds that were found, the latest first."""
        self.samples: dict[tuple[frozenset[int], int, tuple[str, ...], str], Sample] = {}
        """What was found of the parts of clusters under some assumptions: most questions are the same for most parts."""
        self._numbers: dict[tuple[str, ...], int] = {}

    def _packed(self) -> list[frozenset[int]]:
        """The pack of each part: neighbours that together stay small."""
        most = max(_PACK, sum(map(len, self._assertions)) // _PACKS)
        packs: list[frozenset[int]] = []
        pending: list[int] = []
        size = 0
        for number, lines in enumerate(self._assertions):
            if pending and size + len(lines) > most:
                packs += [frozenset(pending)] * len(pending)
                pending, size = [], 0
            pending.append(number)
            size += len(lines)
        return packs + [frozenset(pending)] * len(pending)

    def satisfiable(self, assumptions: Sequence[str], extra: str = "") -> bool:
        """Whether some world satisfies the assumptions and the extra assertion text."""
        return self.assuming(assumptions).satisfiable((), extra)

    def assuming(self, assumptions: Sequence[str]) -> Assumed:
        """Assumptions that many questions share, sorted once."""
        concerned: dict[int, list[str]] = {}
        for name in assumptions:
            if (part := self._part_of.get(name.removeprefix("-"))) is not None:
                concerned.setdefault(part, []).append(name)
        switches = tuple(name for name in assumptions if name in self._switches)
        return Assumed(self, {part: tuple(names) for part, names in concerned.items()}, switches)

    def possible_in(self, parts: frozenset[int], assumptions: Sequence[str]) -> bool:
        """Whether some parts alone have a world under assumptions, those about other parts left out."""
        return self.only(parts).satisfiable(self.assuming(assumptions).concerning(parts))

    def place(self, assumptions: Sequence[str]) -> frozenset[int]:
        """The parts that must be asked about the assumptions together: packs and clusters whole."""
        parts = {part for name in assumptions if (part := self._part_of.get(name.removeprefix("-"))) is not None}
        places = {self._place_of[part] for part in parts}
        return places.pop() if len(places) == 1 else frozenset[int]().union(*places)

    @cached_property
    def _place_of(self) -> dict[int, frozenset[int]]:
        whole = {cluster: frozenset(cluster.parts) for cluster in self.clusters}
        return {
            part: whole[self.cluster_of[part]] if part in self.cluster_of else pack for part, pack in enumerate(self._pack_of)
        }

    def number(self, given: tuple[str, ...]) -> int:
        """A number for assumptions that many questions share."""
        return self._numbers.setdefault(given, len(self._numbers))

    def home(self, literal: str) -> int:
        """The part that a literal lies in, one number for a whole cluster; -1 if no assertion speaks of it."""
        part = self.piece(literal)
        return self.cluster_of[part].top if part in self.cluster_of else part

    def piece(self, literal: str) -> int:
        """The part that a literal lies in, each piece of a cluster for itself; -1 if no assertion speaks of it."""
        return self._part_of.get(literal.removeprefix("-"), -1)

    def spoken_of(self, texts: Iterable[str]) -> frozenset[int]:
        """The parts that a text speaks of."""
        return frozenset(self._part_of[name] for text in texts for name in symbols(text) if name in self._part_of)

    def is_about_sums(self, cluster: Cluster, term: str) -> bool:
        """Whether a term speaks of nothing but the top of a cluster and the sums of its parts."""
        sums = frozenset(cluster.sums[cluster.top])
        return all(name in sums or self._part_of.get(name) == cluster.top for name in symbols(term))

    def parts_in(self, texts: Iterable[str]) -> frozenset[int]:
        """The parts that a text speaks of, with those that sums tie to them."""
        found = set(self.spoken_of(texts))
        for part in tuple(found):
            if part in self.cluster_of:
                found.update(self.cluster_of[part].parts)
        return frozenset(found)

    @cached_property
    def hurried(self) -> Solver:
        """The same assertions under a work limit in proportion to their number: for questions that may stay open.

        They are asked in worlds of Z3's own, so that whether one does stay open depends on nothing that was asked elsewhere.
        """
        other = copy(self)
        other._alone = True
        lines = sum(len(lines) for lines in self._assertions)
        other._effort = min(self._effort, 1_000_000 + 2_000 * lines)
        other._open, other._alike, other._apart = {}, {}, {}
        return other

    def assertions(self, numbers: Iterable[int]) -> tuple[str, ...]:
        """What is asserted in some parts, as text."""
        return tuple(line for number in sorted(numbers) for line in self._assertions[number])

    def part(self, numbers: frozenset[int]) -> Named:
        """Some parts as one; with it perhaps others, of which nothing is assumed."""
        first = next(iter(numbers), None)
        if first is not None and numbers <= self._pack_of[first]:
            numbers = self._pack_of[first]
        return self.only(numbers)

    def only(self, numbers: frozenset[int]) -> Named:
        """Some parts as one, without the others of their packs."""
        if numbers not in self._open:
            self._open[numbers] = self._named(numbers)
        return self._open[numbers]

    def _named(self, numbers: frozenset[int]) -> Named:
        """Some parts as one that is asked together with all that are alike."""
        names: dict[str, str] = {}
        text = renamed("\n".join(self.assertions(numbers)), names)
        sorts = {common: self._sorts[name] for name, common in names.items()}
        key = text, tuple(sorts.values())
        if key not in self._alike:
            self._alike[key] = Part(text, sorts, self._effort, apart=self._alone)
        return Named(self._alike[key], names)

    def apart(self, numbers: frozenset[int]) -> Part:
        """Some parts as one, in a world of Z3's own: which world it finds depends on nothing that was asked elsewhere."""
        if numbers not in self._apart:
            text = "\n".join(self.assertions(numbers))
            sorts = {name: self._sorts[name] for name in symbols(text)}
            self._apart[numbers] = Part(text, sorts, self._effort, apart=True)
        return self._apart[numbers]

    def pack_of(self, literal: str) -> frozenset[int] | None:
        """The whole pack in which a literal lies; None if no assertion speaks of it."""
        part = self._part_of.get(literal.removeprefix("-"))
        return None if part is None else self._pack_of[part]

    def packs(self, numbers: Iterable[int]) -> Iterable[frozenset[int]]:
        """Some parts by the pack they lie in, in order."""
        together: dict[frozenset[int], list[int]] = {}
        for number in sorted(numbers):
            together.setdefault(self._pack_of[number], []).append(number)
        return map(frozenset, together.values())
