"""A solver under assumptions: whether they have a world, what is true in it, how far a quantity goes.

Of a cluster, worlds are sought by its pieces (`sampling.py`), and those that were found answer later questions.
"""

from __future__ import annotations

from collections.abc import Hashable, Iterable, Mapping, Sequence
from contextlib import suppress
from fractions import Fraction
from functools import cached_property
from typing import TYPE_CHECKING

from ..record import Record
from .clusters import Cluster, Sums, fixed, of_parts, rational
from .sampling import sizes_of_pieces, sums_of_pieces
from .smt import Named, Undecided
from .together import answered

if TYPE_CHECKING:
    from .solver import Solver

_WORLDS = 8
"""Worlds of a cluster that are remembered."""


class Assumed(Record, dict=True):
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
                found = self.solver.part(linked).satisfiable(of_parts(also.concerned, linked), extra, self.concerning(linked))
            if not found:
                return False
        return self._possible({part: names for part, names in also.concerned.items() if part not in linked})

    def satisfiable_each(self, questions: Sequence[Sequence[str]]) -> tuple[bool, ...]:
        """`satisfiable` of each."""
        return answered(self, questions)

    def possible_in(self, parts: frozenset[int], more: Sequence[str]) -> bool:
        """Whether some parts alone have a world under further assumptions too. If not, neither has the whole."""
        return self.solver.only(parts).satisfiable(self._own(more, parts), "", self.concerning(parts))

    def surely(self, more: Sequence[str]) -> bool:
        """Whether a world was found that satisfies further assumptions too; not answered counts as no."""
        try:
            return self.satisfiable(tuple(more))
        except Undecided:
            return False

    def sums(self, cluster: Cluster, more: Sequence[str]) -> Sums | None:
        """The sums of a cluster in a world that satisfies further assumptions too, or None if there is none."""
        also = self.solver.assuming(more).concerned
        return self._world(cluster, {part: also[part] for part in cluster.parts if part in also})

    def known(self, cluster: Cluster) -> tuple[Sums, ...]:
        """The sums in worlds of a cluster that were found before."""
        return tuple(self._worlds.get(cluster, ()))

    def beside(
        self, cluster: Cluster, part: int, sums: Sums, given: tuple[str, ...] | None = None
    ) -> Beside:
        """A part of a cluster in the worlds that keep its sums as they are in some world; of what is given only `given`."""
        piece = frozenset((part,))
        return Beside(self.solver.only(piece), sums.in_parts(cluster, piece), self.concerning(piece) if given is None else given)

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
                if best is not None and self._beside_a_world(also.concerned, f"(assert (= {term} {rational(best)}))"):
                    return best
        return self._best(parts, more, term, highest=highest)

    def _best_of_sums(
        self, cluster: Cluster, more: Mapping[int, tuple[str, ...]], term: str, *, highest: bool
    ) -> Fraction | None:
        """The optimum of a term of the top, if it is reached where every part's own sums are as high (or as low) as they go."""
        sums, bounds = sums_of_pieces(self, cluster, more, "highest" if highest else "lowest")
        if sums is None:
            return None
        bounds += sizes_of_pieces(self, cluster)
        top = frozenset((cluster.top,))
        best = self.solver.only(top).optimum(self._held(top, more), term, highest=highest, extra=bounds)
        if best is None:
            return None
        reached = f"{fixed(sums)}(assert (= {term} {rational(best)}))"
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
            sums, _ = sums_of_pieces(self, cluster, more, way)
            if sums is not None and self._within(top, more, fixed(sums) + extra):
                return True
        return None

    def _beside_known_sums(
        self, cluster: Cluster, more: Mapping[int, tuple[str, ...]], parts: frozenset[int], extra: str
    ) -> bool | None:
        """Whether a text about parts below the top holds, if these have no world in which it does or one beside known sums."""
        own, given, asked = of_parts(more, parts), self.concerning(parts), self.solver.only(parts)
        if not asked.satisfiable(own, extra, given) or not self._cluster_possible(cluster, more):
            return False
        names = tuple(name for part in sorted(parts) for name in cluster.sums[part])
        found = asked.values(own, names, extra, given)
        moved = {name: Fraction(value) for name, value in (found or {}).items()}
        others = [part for part in more if part not in parts and part != cluster.top]
        top = (cluster.top,)
        for sums in self._worlds[cluster]:
            if self._with_sums(cluster, others, more, sums):
                same = sums.in_parts(cluster, parts)
                if self._with_sums(cluster, top, more, sums) and asked.satisfiable(own, extra + same, given):
                    return True
                if found is not None and self._with_sums(cluster, top, more, Sums({**sums, **moved})):
                    return True
        return None

    def fails_alone(self, name: str) -> bool:
        """Whether a given assumption of a cluster fails where nothing else that is given does, in a world with sums that are known.

        That is asked of the part in which it lies alone. False: no such world was found.
        """
        part = self.solver.piece(name)
        cluster = self.solver.cluster_of.get(part)
        own = tuple("-" + name if other == name else other for other in self.concerning(frozenset((part,))))
        return cluster is not None and any(self.beside(cluster, part, sums, ()).surely(own) for sums in self.known(cluster))

    def _own(self, more: Sequence[str], parts: frozenset[int]) -> tuple[str, ...]:
        return self.solver.assuming(more).concerning(parts)

    def concerning(self, parts: frozenset[int]) -> tuple[str, ...]:
        """What is given about some parts."""
        if parts not in self._given:
            self._given[parts] = (*of_parts(self.concerned, parts), *self.switches)
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
        return self.solver.part(parts).satisfiable(of_parts(more, parts), "", self.concerning(parts))

    def _cluster_possible(self, cluster: Cluster, more: Mapping[int, tuple[str, ...]]) -> bool:
        return self._world(cluster, more) is not None

    def _world(self, cluster: Cluster, more: Mapping[int, tuple[str, ...]]) -> Sums | None:
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

    def _met_before(self, cluster: Cluster, more: Mapping[int, tuple[str, ...]]) -> Sums | None:
        """Sums of a world found for another question that some world has here too."""
        known = self._worlds[cluster]
        new = [sums for sums in self.solver.worlds[cluster] if not any(sums is each for each in known)]
        places = (tuple(more), cluster.parts)  # most fail where something is asked of them
        return next((sums for sums in new if all(self._with_sums(cluster, parts, more, sums) for parts in places)), None)

    def _with_sums(
        self, cluster: Cluster, parts: Iterable[int], more: Mapping[int, tuple[str, ...]], sums: Sums
    ) -> bool:
        """Whether parts of a cluster have a world with these sums."""
        for pack in self.solver.packs(parts):
            same = sums.in_parts(cluster, pack)
            if not self.solver.part(pack).satisfiable(of_parts(more, pack), same, self.concerning(pack)):
                return False
        return True

    def _held(self, parts: frozenset[int], more: Mapping[int, tuple[str, ...]]) -> tuple[str, ...]:
        return (*self.concerning(parts), *of_parts(more, parts))

    def _search(self, cluster: Cluster, more: Mapping[int, tuple[str, ...]]) -> Sums | None:
        """The sums in some world of a cluster, or None if it has none.

        Below the top, parts meet only in their sums. So: any world of each part, then one with its sums as high as they
        go, then as low; the top says whether these do. If it has no world even between those bounds, there is none.
        """
        top = frozenset((cluster.top,))
        bounds = ""
        for way in ("any", "highest", "lowest"):
            sums, bound = sums_of_pieces(self, cluster, more, way)
            bounds += bound
            if sums is None and way == "any":
                return None
            if sums is not None and self._with_sums(cluster, top, more, sums):
                return sums
            if bounds and not (self._within(top, more, bounds) and self._within(top, more, bounds + sizes_of_pieces(self, cluster))):
                return None
        every = frozenset(cluster.parts)
        names = cluster.sums[cluster.top]
        whole = self.solver.part(every).values(self._held(every, more), names)
        return None if whole is None else Sums({name: Fraction(value) for name, value in whole.items()})

    def _within(self, top: frozenset[int], more: Mapping[int, tuple[str, ...]], bounds: str) -> bool:
        """Whether the top has a world between bounds of its sums."""
        return self.solver.part(top).satisfiable(of_parts(more, top), bounds, self.concerning(top))

    @cached_property
    def _worlds(self) -> dict[Cluster, list[Sums]]:
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


class Beside(Record):
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
