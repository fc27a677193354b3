"""Questions about a theory, each put to as little of it as can bear on the answer (`smt.py` asks Z3).

Assertions that share no symbol are asked apart, so that a question costs what its own part of the theory costs. A large
part that hangs together only by long sums is cut there (`clusters.py`). Small parts share a Z3 solver.
"""

from __future__ import annotations

from collections.abc import Collection, Hashable, Iterable, Mapping, Sequence
from contextlib import suppress
from copy import copy
from dataclasses import dataclass
from fractions import Fraction
from functools import cached_property

from .clusters import Cluster, cut_at_sums, renamed, split, symbols
from .smt import DEFAULT_EFFORT, Named, Part, Undecided

_PACK = 160
"""Assertions from which a pack of parts is full: a Z3 solver of its own for each costs more than its questions."""
_PACKS = 64
"""Packs of a large theory. Larger ones cost Z3 more than their share; but each takes memory in proportion to the whole, for Z3
numbers all terms in one row."""
_LARGE = 1000
"""Assertions of a part from which it is cut at its sums."""
_ROUNDS = 32
"""Groups of compatible questions that are kept open for more."""
_WORLDS = 8
"""Worlds of a cluster that are remembered."""


_Sample = tuple[dict[str, Fraction] | None, str]
"""Some sums in a world, if one was found, and an assertion about them that holds in every world."""


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
        self.worlds: dict[Cluster, list[Mapping[str, Fraction]]] = {cluster: [] for cluster in self.clusters}
        """The sums in worlds that were found, the latest first."""
        self.samples: dict[tuple[frozenset[int], int, tuple[str, ...], str], _Sample] = {}
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
        """The same assertions under a work limit in proportion to their number: for questions that may stay open."""
        other = copy(self)
        lines = sum(len(lines) for lines in self._assertions)
        other._effort = min(self._effort, 200_000 + 2_000 * lines)
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
            self._alike[key] = Part(text, sorts, self._effort)
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


@dataclass(frozen=True)
class Assumed:
    """A solver under assumptions that are given."""

    solver: Solver
    concerned: Mapping[int, tuple[str, ...]]
    """The assumptions, by the part they concern."""
    switches: tuple[str, ...]

    def plus(self, more: Sequence[str]) -> Assumed:
        """The same under further assumptions."""
        given = (name for names in self.concerned.values() for name in names)
        return self.solver.assuming((*given, *self.switches, *more))

    def satisfiable(self, more: Sequence[str] = (), extra: str = "") -> bool:
        """Whether some world satisfies what is given, further assumptions, and the extra assertion text."""
        also = self.solver.assuming(more)
        if also.switches:
            return self.plus(more).satisfiable((), extra)
        linked = self.solver.parts_in((extra,)) if extra else frozenset()
        if not self._impossible <= linked | set(also.concerned):
            return False
        if extra:
            found = self._beside_a_world(also.concerned, extra)
            if found is None:
                found = self.solver.part(linked).satisfiable(_of(also.concerned, linked), extra, self.concerning(linked))
            if not found:
                return False
        return self._possible({part: names for part, names in also.concerned.items() if part not in linked})

    def satisfiable_each(self, questions: Sequence[Sequence[str]]) -> tuple[bool, ...]:
        """`satisfiable` of each: asked together where they may have a world in common, and halved where they have none."""
        answers = [False] * len(questions)
        pending = self._rounds(questions)
        while pending:
            asked = pending.pop()
            joint = tuple(dict.fromkeys(name for i in asked for name in questions[i]))
            if self._answers(joint, last=len(asked) == 1):
                for i in asked:
                    answers[i] = True
            elif len(asked) > 1 and (left := self._conceivable(asked, questions)):
                by_trouble, middle = self._by_trouble(left, questions), len(left) // 2
                pending += by_trouble if len(by_trouble) > 1 else [left[middle:], left[:middle]] if middle else [left]
        return tuple(answers)

    def _by_trouble(self, asked: Sequence[int], questions: Sequence[Sequence[str]]) -> list[list[int]]:
        """The questions by the first place that they speak of in which all together have no world; apart, those of no such place.

        Places are packs, and of a part that is cut at its sums, pieces.
        """
        also = self.solver.assuming(tuple(dict.fromkeys(name for i in asked for name in questions[i]))).concerned
        bad: dict[int, int] = {}
        for pack in self.solver.packs(also):
            if not self._surely_in(pack, also):
                pieces = [part for part in pack if part in self.solver.cluster_of]
                if len(pieces) == len(pack):
                    bad.update((part, part) for part in pieces if not self._surely_in(frozenset((part,)), also, alone=True))
                else:
                    bad.update((part, min(pack)) for part in pack)
        found: dict[int | None, list[int]] = {}
        for i in asked:
            parts = map(self.solver.piece, questions[i])
            found.setdefault(next((bad[part] for part in parts if part in bad), None), []).append(i)
        return list(found.values())

    def _surely_in(self, parts: frozenset[int], more: Mapping[int, tuple[str, ...]], *, alone: bool = False) -> bool:
        """Whether a world of some parts was found (`alone`: without the others of their packs); not answered counts as no."""
        asked = self.solver.only(parts) if alone else self.solver.part(parts)
        try:
            return asked.satisfiable(_of(more, parts), "", self.concerning(parts))
        except Undecided:
            return False

    def _rounds(self, questions: Sequence[Sequence[str]]) -> list[list[int]]:
        """The questions place by place, in groups in which none assumes what another denies."""
        places: dict[frozenset[int], list[tuple[list[int], set[str]]]] = {}
        for i, question in enumerate(questions):
            rounds = places.setdefault(self.solver.place(question), [])
            denied = {name[1:] if name.startswith("-") else "-" + name for name in question}
            fitting = next((r for r in rounds[-_ROUNDS:] if denied.isdisjoint(r[1])), None)
            if fitting is None:
                fitting = [], set()
                rounds.append(fitting)
            fitting[0].append(i)
            fitting[1].update(question)
        return [asked for rounds in places.values() for asked, _ in rounds]

    def _conceivable(self, asked: Sequence[int], questions: Sequence[Sequence[str]]) -> list[int]:
        """The questions without those that share a pack in which none of them has a world; a pack is asked for any of them."""
        by_pack: dict[frozenset[int], list[tuple[int, str]]] = {}
        for i in asked:
            concerned: dict[frozenset[int], list[str]] = {}
            for name in questions[i]:
                if (pack := self.solver.pack_of(name)) is not None:
                    concerned.setdefault(pack, []).append(name)
            for pack, names in concerned.items():
                by_pack.setdefault(pack, []).append((i, _conjunction(names)))
        hopeless: set[int] = set()
        for pack, each in by_pack.items():
            any_of_them = f"(assert (or {' '.join(text for _, text in each)}))"
            with suppress(Undecided):
                if not self.solver.part(pack).satisfiable((), any_of_them, self.concerning(pack)):
                    hopeless.update(i for i, _ in each)
        return [i for i in asked if i not in hopeless]

    def _answers(self, joint: tuple[str, ...], *, last: bool) -> bool:
        """Whether the questions have a world in common; not answered counts as no, except of a single question."""
        try:
            return self.satisfiable(joint)
        except Undecided:
            if last:
                raise
            return False

    def possible_in(self, parts: frozenset[int], more: Sequence[str]) -> bool:
        """Whether some parts alone have a world under further assumptions too. If not, neither has the whole."""
        return self.solver.only(parts).satisfiable(self._own(more, parts), "", self.concerning(parts))

    def surely(self, more: Sequence[str]) -> bool:
        """Whether a world was found that satisfies further assumptions too; not answered counts as no."""
        return self._answers(tuple(more), last=False)

    def sums(self, cluster: Cluster, more: Sequence[str]) -> Mapping[str, Fraction] | None:
        """The sums of a cluster in a world that satisfies further assumptions too, or None if there is none."""
        also = self.solver.assuming(more).concerned
        return self._world(cluster, {part: also[part] for part in cluster.parts if part in also})

    def known(self, cluster: Cluster) -> tuple[Mapping[str, Fraction], ...]:
        """The sums in worlds of a cluster that were found before."""
        return tuple(self._worlds.get(cluster, ()))

    def beside(self, cluster: Cluster, part: int, sums: Mapping[str, Fraction]) -> Beside:
        """A part of a cluster in the worlds that keep its sums as they are in some world."""
        piece = frozenset((part,))
        fixed = _fixed({name: sums[name] for name in cluster.sums[part]})
        return Beside(self.solver.only(piece), fixed, self.concerning(piece))

    def values(self, more: Sequence[str], names: Sequence[str], extra: str = "") -> dict[str, Fraction | bool] | None:
        """The values of `names` in a world that satisfies everything, or None if there is none."""
        if not self.satisfiable(more, extra):
            return None
        parts = self.solver.parts_in((extra, *names))
        return self.solver.apart(parts).values((*self.concerning(parts), *self._own(more, parts)), names, extra)

    def optimum(self, more: Sequence[str], term: str, *, highest: bool) -> Fraction | None:
        """The highest (or lowest) value of a real term in any world, exactly; None if none is attained or found."""
        spoken, parts = self.solver.spoken_of((term,)), self.solver.parts_in((term,))
        also = self.solver.assuming(more)
        if not spoken.isdisjoint(self.solver.cluster_of) and not also.switches:
            cluster = self.solver.cluster_of[min(spoken & self.solver.cluster_of.keys())]
            if self.solver.is_about_sums(cluster, term):
                best = self._best_of_sums(cluster, also.concerned, term, highest=highest)
                if best is not None:
                    return best
            elif spoken != parts:  # the rest of a cluster can only narrow what its parts allow
                best = self._best(spoken, more, term, highest=highest)
                if best is not None and self._beside_a_world(also.concerned, f"(assert (= {term} {_rational(best)}))"):
                    return best
        return self._best(parts, more, term, highest=highest)

    def _best_of_sums(
        self, cluster: Cluster, more: Mapping[int, tuple[str, ...]], term: str, *, highest: bool
    ) -> Fraction | None:
        """The optimum of a term of the top, if it is reached where every part's own sums are as high (or as low) as they go."""
        sums, bounds = self._sums(cluster, more, "highest" if highest else "lowest")
        if sums is None:
            return None
        bounds += self._sizes(cluster)
        top = frozenset((cluster.top,))
        best = self.solver.only(top).optimum(self._held(top, more), term, highest=highest, extra=bounds)
        if best is None:
            return None
        reached = f"{_fixed(sums)}(assert (= {term} {_rational(best)}))"
        return best if self._within(top, more, reached) else None

    def _best(self, parts: frozenset[int], more: Sequence[str], term: str, *, highest: bool) -> Fraction | None:
        held = (*self.concerning(parts), *self._own(more, parts))
        return self.solver.only(parts).optimum(held, term, highest=highest)

    def _beside_a_world(self, more: Mapping[int, tuple[str, ...]], extra: str) -> bool | None:
        """Whether a text about parts of one cluster holds in some world, if these parts and a world that is known tell.

        They do if the parts have no world in which it holds, or have one that leaves their sums as they are in a known world
        of the cluster, or changes them to what the top allows as well.
        """
        parts = self.solver.spoken_of((extra,))
        clusters = {self.solver.cluster_of.get(part) for part in parts}
        cluster = clusters.pop() if len(clusters) == 1 else None
        if cluster is None:
            return None
        within = {part: more[part] for part in cluster.parts if part in more}
        with suppress(Undecided):
            if self.solver.is_about_sums(cluster, extra):
                return self._above_known_sums(cluster, within, extra)
            if cluster.top not in parts:
                return self._beside_known_sums(cluster, within, parts, extra)
        return None

    def _above_known_sums(self, cluster: Cluster, more: Mapping[int, tuple[str, ...]], extra: str) -> bool | None:
        """Whether a text about sums holds, if it does where all are as high or as low as they go."""
        top = frozenset((cluster.top,))
        for way in ("highest", "lowest"):
            sums, _ = self._sums(cluster, more, way)
            if sums is not None and self._within(top, more, _fixed(sums) + extra):
                return True
        return None

    def _beside_known_sums(
        self, cluster: Cluster, more: Mapping[int, tuple[str, ...]], parts: frozenset[int], extra: str
    ) -> bool | None:
        """Whether a text about parts below the top holds, if these have no world in which it does or one beside known sums."""
        own, given, asked = _of(more, parts), self.concerning(parts), self.solver.only(parts)
        if not asked.satisfiable(own, extra, given) or not self._cluster_possible(cluster, more):
            return False
        names = tuple(name for part in sorted(parts) for name in cluster.sums[part])
        found = asked.values(own, names, extra, given)
        moved = {name: Fraction(value) for name, value in (found or {}).items()}
        others = [part for part in more if part not in parts and part != cluster.top]
        top = (cluster.top,)
        for sums in self._worlds[cluster]:
            if self._with_sums(cluster, others, more, sums):
                fixed = _fixed({name: sums[name] for name in names})
                if self._with_sums(cluster, top, more, sums) and asked.satisfiable(own, extra + fixed, given):
                    return True
                if found is not None and self._with_sums(cluster, top, more, {**sums, **moved}):
                    return True
        return None

    def fails_alone(self, name: str) -> bool:
        """Whether a given assumption of a cluster fails where nothing else that is given does, in a world with sums that are known.

        That is asked of the part in which it lies alone. False: no such world was found.
        """
        part = self.solver.piece(name)
        cluster = self.solver.cluster_of.get(part)
        if cluster is None:
            return False
        numbers = frozenset((part,))
        names = tuple("-" + name if other == name else other for other in self.concerning(numbers))
        with suppress(Undecided):
            for sums in self._worlds.get(cluster, ()):
                fixed = _fixed({each: sums[each] for each in cluster.sums[part]})
                if self.solver.only(numbers).satisfiable(names, fixed):  # parts alike are asked once
                    return True
        return False

    def _own(self, more: Sequence[str], parts: frozenset[int]) -> tuple[str, ...]:
        return self.solver.assuming(more).concerning(parts)

    def concerning(self, parts: frozenset[int]) -> tuple[str, ...]:
        """What is given about some parts."""
        if parts not in self._given:
            self._given[parts] = (*_of(self.concerned, parts), *self.switches)
        return self._given[parts]

    @cached_property
    def _given(self) -> dict[frozenset[int], tuple[str, ...]]:
        return {}

    def _possible(self, more: Mapping[int, tuple[str, ...]]) -> bool:
        """Whether the parts concerned have a world under further assumptions."""
        clusters = dict.fromkeys(cluster for part in sorted(more) if (cluster := self.solver.cluster_of.get(part)))
        loose = [part for part in more if part not in self.solver.cluster_of]
        return all(self._pack_possible(pack, more) for pack in self.solver.packs(loose)) and all(
            self._cluster_possible(cluster, {part: more[part] for part in cluster.parts if part in more})
            for cluster in clusters
        )

    def _pack_possible(self, parts: frozenset[int], more: Mapping[int, tuple[str, ...]]) -> bool:
        return self.solver.part(parts).satisfiable(_of(more, parts), "", self.concerning(parts))

    def _cluster_possible(self, cluster: Cluster, more: Mapping[int, tuple[str, ...]]) -> bool:
        return self._world(cluster, more) is not None

    def _world(self, cluster: Cluster, more: Mapping[int, tuple[str, ...]]) -> Mapping[str, Fraction] | None:
        """The sums in a world of a cluster, or None if it has none.

        A world that is known is tried first: where its sums are kept, parts may change alone.
        """
        if not all(self._pack_possible(pack, more) for pack in self.solver.packs(more)):
            return None
        known = self._worlds.setdefault(cluster, [])
        for sums in known:
            if self._with_sums(cluster, more or cluster.parts, more, sums):
                return sums
        found = self._met_before(cluster, more) or self._search(cluster, more)
        if found is not None:
            for worlds in (known, self.solver.worlds[cluster]):
                worlds[:] = [found, *(each for each in worlds if each is not found)][:_WORLDS]
        return found

    def _met_before(self, cluster: Cluster, more: Mapping[int, tuple[str, ...]]) -> Mapping[str, Fraction] | None:
        """Sums of a world found for another question that some world has here too."""
        worlds = self.solver.worlds[cluster]
        return next((sums for sums in worlds if self._with_sums(cluster, cluster.parts, more, sums)), None)

    def _with_sums(
        self, cluster: Cluster, parts: Iterable[int], more: Mapping[int, tuple[str, ...]], sums: Mapping[str, Fraction]
    ) -> bool:
        """Whether parts of a cluster have a world with these sums."""
        for pack in self.solver.packs(parts):
            names = dict.fromkeys(name for part in sorted(pack) for name in cluster.sums[part])
            fixed = _fixed({name: sums[name] for name in names})
            if not self.solver.part(pack).satisfiable(_of(more, pack), fixed, self.concerning(pack)):
                return False
        return True

    def _held(self, parts: frozenset[int], more: Mapping[int, tuple[str, ...]]) -> tuple[str, ...]:
        return (*self.concerning(parts), *_of(more, parts))

    def _search(self, cluster: Cluster, more: Mapping[int, tuple[str, ...]]) -> Mapping[str, Fraction] | None:
        """The sums in some world of a cluster, or None if it has none.

        Below the top, parts meet only in their sums. So: any world of each part, then one with its sums as high as they
        go, then as low; the top says whether these do. If it has no world even between those bounds, there is none.
        """
        top = frozenset((cluster.top,))
        bounds = ""
        for way in ("any", "highest", "lowest"):
            sums, bound = self._sums(cluster, more, way)
            bounds += bound
            if sums is None and way == "any":
                return None
            if sums is not None and self._with_sums(cluster, top, more, sums):
                return sums
            if bounds and not (self._within(top, more, bounds) and self._within(top, more, bounds + self._sizes(cluster))):
                return None
        every = frozenset(cluster.parts)
        names = cluster.sums[cluster.top]
        whole = self.solver.part(every).values(self._held(every, more), names)
        return None if whole is None else {name: Fraction(value) for name, value in whole.items()}

    def _within(self, top: frozenset[int], more: Mapping[int, tuple[str, ...]], bounds: str) -> bool:
        """Whether the top has a world between bounds of its sums."""
        return self.solver.part(top).satisfiable(_of(more, top), bounds, self.concerning(top))

    def _sizes(self, cluster: Cluster) -> str:
        """Between which numbers the items counted in each part lie, whatever else is assumed."""
        return "".join(self._sized(cluster, frozenset((part,))) for part in cluster.parts if part != cluster.top)

    def _sized(self, cluster: Cluster, pack: frozenset[int]) -> str:
        """Between which numbers the items counted in some parts lie, whatever else is assumed of them."""
        asked, term, given = self.solver.only(pack), cluster.term(pack, sizes=True), self.concerning(pack)
        if not term or asked.counts_whole:
            return ""
        key = pack, self.solver.number(given), (), "sizes"
        if key not in self.solver.samples:
            ends = ((sign, asked.optimum(given, term, highest=sign == "<=")) for sign in ("<=", ">="))
            bounds = "".join(f"(assert ({sign} {term} {_rational(end)}))" for sign, end in ends if end is not None)
            self.solver.samples[key] = None, bounds
        return self.solver.samples[key][1]

    def _sums(self, cluster: Cluster, more: Mapping[int, tuple[str, ...]], way: str) -> _Sample:
        """The sums of all parts below the top, each part in a world of its own, and what that bounds."""
        sums: dict[str, Fraction] | None = {}
        bounds = ""
        for part in cluster.parts:
            if part != cluster.top:
                found, bound = self._sample(cluster, frozenset((part,)), more.get(part, ()), way)
                if found is None and way == "any":
                    return None, ""
                bounds += bound
                sums = None if found is None or sums is None else sums | found
        return sums, bounds

    def _sample(self, cluster: Cluster, pack: frozenset[int], more: tuple[str, ...], way: str) -> _Sample:
        """The sums of some parts in a world of theirs: any, or one with the highest or lowest; and what that bounds."""
        given, known = self.concerning(pack), self.solver.samples
        key = pack, self.solver.number(given), more, way
        if key in known:
            return known[key]
        found = self._sampled(cluster, pack, given, more, way)
        if found[0] is not None or way == "any":  # there may be an optimum where none was found
            known[key] = found
        return found

    def _sampled(
        self, cluster: Cluster, pack: frozenset[int], given: tuple[str, ...], more: tuple[str, ...], way: str
    ) -> _Sample:
        names = tuple(name for part in sorted(pack) for name in cluster.sums[part])
        term = cluster.term(pack)
        asked, bound = self.solver.only(pack), ""
        if way == "any" or not term:
            found = asked.values(more, names, given=given)
        elif asked.counts_whole:  # the search for an optimum of whole numbers has no work limit
            found = None
        else:
            best = asked.extreme((*given, *more), term, names, highest=way == "highest")
            found = None if best is None else best[1]
            if best is not None:
                bound = f"(assert ({'<=' if way == 'highest' else '>='} {term} {_rational(best[0])}))"
        return None if found is None else {name: Fraction(value) for name, value in found.items()}, bound

    @cached_property
    def _worlds(self) -> dict[Cluster, list[Mapping[str, Fraction]]]:
        """Worlds of the clusters that satisfy what is given: the values of their sums."""
        return {}

    @cached_property
    def _impossible(self) -> frozenset[int]:
        """Parts that have no world even without further assumptions."""
        loose = [part for part in self.concerned if part not in self.solver.cluster_of]
        found: set[int] = set()
        for pack in self.solver.packs(loose):
            if not self._pack_possible(pack, {}):
                found.update(part for part in pack if not self._pack_possible(frozenset((part,)), {}))
        for cluster in self.solver.clusters:
            if any(part in self.concerned for part in cluster.parts):
                found.update(() if self._cluster_possible(cluster, {}) else cluster.parts)
        return frozenset(found)


@dataclass(frozen=True)
class Beside:
    """A part of a cluster in the worlds in which its sums stay as they are: all other parts may stay as they are, too."""

    asked: Named
    fixed: str
    given: tuple[str, ...]

    def surely(self, names: Sequence[str]) -> bool:
        """Whether a world was found in which literals of the part hold; not answered counts as no."""
        try:
            return self.asked.satisfiable(names, self.fixed, self.given)
        except Undecided:
            return False

    def as_asked(self, names: Sequence[str]) -> Hashable:
        """What this part has in common with all that give the same answers about some literals."""
        return self.asked.as_asked(names, self.fixed, self.given)


def _of(names: Mapping[int, tuple[str, ...]], parts: Iterable[int]) -> tuple[str, ...]:
    """The names that belong to some parts."""
    return tuple(name for part in sorted(parts) for name in names.get(part, ()))


def _conjunction(names: Sequence[str]) -> str:
    """The assumptions, each holding."""
    return f"(and {' '.join(f'(not {name[1:]})' if name.startswith('-') else name for name in names)})"


def _fixed(sums: Mapping[str, Fraction]) -> str:
    """That sums have these values."""
    return "".join(f"(assert (= {name} {_rational(value)}))" for name, value in sums.items())


def _rational(value: Fraction) -> str:
    text = f"(/ {abs(value.numerator)} {value.denominator})"
    return f"(- {text})" if value < 0 else text
