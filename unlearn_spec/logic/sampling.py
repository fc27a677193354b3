"""Worlds of the pieces of a large part that is cut at its sums: what their sums are there, and how far they go.

Most questions are the same for most pieces: what was found is kept with the solver.
"""

from __future__ import annotations

from collections.abc import Mapping
from fractions import Fraction
from typing import TYPE_CHECKING

from .clusters import Cluster, Sums, rational

if TYPE_CHECKING:
    from .assumed import Assumed

Sample = tuple[Mapping[str, Fraction] | None, str]
"""Some sums in a world, if one was found, and an assertion about them that holds in every world."""


def sums_of_pieces(given: Assumed, cluster: Cluster, more: Mapping[int, tuple[str, ...]], way: str) -> tuple[Sums | None, str]:
    """The sums of all parts below the top, each part in a world of its own, and what that bounds."""
    sums: Sums | None = Sums()
    bounds = ""
    for part in cluster.parts:
        if part != cluster.top:
            found, bound = _sample(given, cluster, frozenset((part,)), more.get(part, ()), way)
            if found is None and way == "any":
                return None, ""
            bounds += bound
            if sums is not None and found is not None:
                sums.update(found)
            else:
                sums = None
    return sums, bounds


def _sample(given: Assumed, cluster: Cluster, pack: frozenset[int], more: tuple[str, ...], way: str) -> Sample:
    """The sums of some parts in a world of theirs: any, or one with the highest or lowest; and what that bounds."""
    held, known = given.concerning(pack), given.solver.samples
    key = pack, given.solver.number(held), more, way
    if key in known:
        return known[key]
    found = _sampled(given, cluster, pack, more, way)
    if found[0] is not None or way == "any":  # there may be an optimum where none was found
        known[key] = found
    return found


def _sampled(given: Assumed, cluster: Cluster, pack: frozenset[int], more: tuple[str, ...], way: str) -> Sample:
    held = given.concerning(pack)
    names = tuple(name for part in sorted(pack) for name in cluster.sums[part])
    term = cluster.term(pack)
    asked, bound = given.solver.only(pack), ""
    if way == "any" or not term:
        found = asked.values(more, names, given=held)
    elif asked.counts_whole:  # the search for an optimum of whole numbers has no work limit
        found = None
    else:
        best = asked.extreme((*held, *more), term, names, highest=way == "highest")
        found = None if best is None else best[1]
        if best is not None:
            bound = f"(assert ({'<=' if way == 'highest' else '>='} {term} {rational(best[0])}))"
    return None if found is None else {name: Fraction(value) for name, value in found.items()}, bound


def sizes_of_pieces(given: Assumed, cluster: Cluster) -> str:
    """Between which numbers the items counted in each part lie, whatever else is assumed."""
    return "".join(_sized(given, cluster, frozenset((part,))) for part in cluster.parts if part != cluster.top)


def _sized(given: Assumed, cluster: Cluster, pack: frozenset[int]) -> str:
    """Between which numbers the items counted in some parts lie, whatever else is assumed of them."""
    asked, term, held = given.solver.only(pack), cluster.term(pack, sizes=True), given.concerning(pack)
    if not term or asked.counts_whole:
        return ""
    key = pack, given.solver.number(held), (), "sizes"
    if key not in given.solver.samples:
        ends = ((sign, asked.optimum(held, term, highest=sign == "<=")) for sign in ("<=", ">="))
        bounds = "".join(f"(assert ({sign} {term} {rational(end)}))" for sign, end in ends if end is not None)
        given.solver.samples[key] = None, bounds
    return given.solver.samples[key][1]
