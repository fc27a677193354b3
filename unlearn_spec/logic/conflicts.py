"""Which clauses cannot hold together: every minimal conflict, each part of the theory apart, with what it stands on."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Iterator, Sequence

from ..policy.clauses import Clause
from ..policy.model import Policy
from ..record import Record
from .all_cores import Cores, Exhausted, all_minimal_cores
from .alone import is_mean, literals_of
from .cores import minimal_core
from .explanation import Core, Members, all_said, axioms_behind, explain
from .families import MANY, Alike, family, limit_of, opposing
from .regions import connected_groups
from .smt import Undecided
from .theory import Theory

MOST_TOLD = 10
"""Conflicts of one part of the theory that are told; of the others, how many are known."""
MOST_FOUND = 50
"""Conflicts of one part after which no more are looked for."""
MOST_QUESTIONS = 1_000
"""Questions about one part after which no more are asked."""


class Rest(Record):
    """What is not told about the conflicts of one part of the theory."""

    clauses: tuple[str, ...]
    """The clauses of that part."""
    known: int
    """Conflicts found beyond those that are told."""
    complete: bool
    """Whether there are no others."""


class Conflicts(Record):
    """What was found to contradict itself, and what was not told of it."""

    cores: tuple[Core, ...] = ()
    """Those that share clauses together, the smallest first, then in source order."""
    rest: tuple[Rest, ...] = ()
    involved: frozenset[str] = frozenset()
    """Clauses of every conflict found, told or not. The others can hold together."""


def conflicts(theory: Theory, among: Collection[str], *, evidence: bool = False) -> Conflicts:
    """All minimal conflicts between some clauses; of each part of the theory, at most `MOST_TOLD` are told.

    With `evidence`, clauses must hold together with the obtaining of their declared evidence. `Undecided` rises if it stays
    open whether they can.
    """
    clauses = (clause for clause in theory.policy.clauses if clause.id in among)
    return _conflicts(theory, members_of(theory, clauses, evidence), frozenset())


def members_of(
    theory: Theory, clauses: Iterable[Clause], evidence: bool, known: dict[str, tuple[Clause, tuple[str, ...]]] | None = None
) -> Members:
    """What clauses put to the solver. `known` is filled, and spares work where a clause comes again as it was."""
    known = {} if known is None else known
    found: dict[str, tuple[str, ...]] = {}
    for clause in clauses:
        if theory.knows(clause):
            if clause.id not in known or known[clause.id][0] is not clause:
                known[clause.id] = clause, literals_of(theory, clause, evidence=evidence)
            found[clause.id] = known[clause.id][1]
    return found


def _conflicts(theory: Theory, members: Members, settled: frozenset[str]) -> Conflicts:
    """The conflicts that do not lie within `settled`, which were told before."""
    if theory.possible(all_said(members, members)) or not theory.possible(()):
        return Conflicts()  # facts that contradict each other are no conflict of clauses
    found = by_part(theory, members, settled, {}).values()
    return Conflicts(
        tuple(in_order(theory.policy, [core for each in found for core in each.cores])),
        tuple(one for each in found for one in each.rest),
        frozenset[str]().union(*(each.involved for each in found)),
    )


Asked = tuple[tuple[str, tuple[str, ...]], ...]
"""The clauses of a part, each with what it puts to the solver."""


def by_part(
    theory: Theory, members: Members, settled: frozenset[str], known: dict[Asked, Conflicts]
) -> dict[tuple[str, ...], Conflicts]:
    """The conflicts of each part that is not settled. `known` is filled, and spares the asking where a part comes again as it was."""
    parts = [part for part in parts_of(theory, members) if not settled.issuperset(part)]
    keys = [tuple((name, members[name]) for name in part) for part in parts]
    new = [key for key in keys if key not in known]
    together = theory.given.satisfiable_each([tuple(dict.fromkeys(one for _, own in key for one in own)) for key in new])
    for key, possible in zip(new, together, strict=True):
        part = tuple(name for name, _ in key)
        known[key] = Conflicts() if possible else _Part(theory, members, part).conflicts(settled)
    return {part: known[key] for part, key in zip(parts, keys, strict=True)}


def linked(cores: Sequence[Core]) -> tuple[tuple[Core, ...], ...]:
    """Conflicts that share clauses, directly or through others, together; in the order given."""
    owner: dict[str, str] = {}
    pairs = [(str(i), owner.setdefault(name, str(i))) for i, core in enumerate(cores) for name in core.clauses]
    groups = connected_groups([str(i) for i in range(len(cores))], pairs)
    return tuple(tuple(cores[int(i)] for i in group) for group in groups)


def in_order(policy: Policy, cores: Sequence[Core]) -> Iterator[Core]:
    """Those that share clauses together, where the first of their clauses stands; among them the smallest first."""
    place = {clause.id: i for i, clause in enumerate(policy.clauses)} if cores else {}
    groups = sorted(linked(cores), key=lambda group: min(place[name] for core in group for name in core.clauses))
    for group in groups:
        yield from sorted(group, key=lambda core: (len(core.clauses), [place[name] for name in core.clauses]))


def parts_of(theory: Theory, members: Members) -> tuple[tuple[str, ...], ...]:
    """Clauses that share no quantity, directly or through others, apart: no conflict reaches from one group to another."""
    owner: dict[int, str] = {}
    pairs = []
    for name, literals in members.items():
        homes = {theory.solver.home(literal) for literal in literals}
        for home in sorted(homes) if len(homes) > 1 else homes:
            pairs.append((name, owner.setdefault(home, name)))
    return connected_groups(tuple(members), pairs)


class _Part:
    """The clauses of one part, and how many more questions may be asked about them."""

    def __init__(self, theory: Theory, members: Members, names: Sequence[str]) -> None:
        self._theory, self._members, self._names = theory, members, tuple(names)
        self._left = MOST_QUESTIONS
        self._aside: tuple[frozenset[str], tuple[str, ...]] = frozenset(), ()
        """Clauses of no conflict found in a piece, and what they put to the solver: most questions are about all of these."""

    def conflicts(self, settled: frozenset[str]) -> Conflicts:
        every, families, complete = self._search()
        found = [core for core in every if not settled.issuperset(core)]
        told = found[:MOST_TOLD]
        involved = frozenset[str]().union(*found, *(core.clauses for core in families))
        known = involved.union(*every)
        while not self._possible(aside := self._without(known)):
            core = minimal_core(aside, (), self._possible)  # a search that ended early leaves some
            known |= set(core)
            if not settled.issuperset(core):
                found.append(core)
                told += [core] if len(told) < MOST_TOLD else []
                involved |= set(core)
        cores = [explain(self._theory, {name: self._members[name] for name in core}) for core in told]
        untold = len(found) - len(told)
        rest = (Rest(self._names, untold, complete),) if untold or not complete else ()
        return Conflicts((*cores, *families), rest, involved)

    def _search(self) -> tuple[list[tuple[str, ...]], list[Core], bool]:
        """Small conflicts in order, families, and whether these are all. A family is told once, and then taken apart."""
        found: dict[tuple[str, ...], None] = {}
        families: dict[str, Core] = {}
        complete, pending = True, [self._names]
        while pending:
            names = pending.pop(0)
            cores, limit = Cores((), complete=False), self._lone_limit(names) if len(names) > 2 * MANY else ""
            core, small = self._family(limit, names) if limit and limit not in families else (None, ())
            if core is None:
                cores = self._cores(names)
                limit = self._shared_limit(cores.found)
                core, small = self._family(limit, names) if limit and limit not in families else (None, ())
            if core is not None:
                families[limit] = core
                found.update(dict.fromkeys((*small, *(c for c in cores.found if limit not in c or len(c) == 2))))
                drained = set(core.clauses) - {limit}
                if not cores.complete:
                    pending += [tuple(n for n in names if n != limit), tuple(n for n in names if n not in drained)]
            else:
                found.update(dict.fromkeys(cores.found))
                complete = complete and cores.complete
        place = {name: i for i, name in enumerate(self._names)}
        return sorted(found, key=lambda c: (len(c), [place[n] for n in c])), list(families.values()), complete

    def _cores(self, names: Sequence[str]) -> Cores:
        def enough(found: Sequence[tuple[str, ...]]) -> bool:
            return len(found) >= MOST_FOUND or (
                len(found[-1]) > MANY and limit_of(self._theory.policy, found[-1]) != ""
            )

        known = self._in_pieces(names)
        if known:
            aside = [name for name in names if not any(name in core for core in known)]
            self._aside = frozenset(aside), all_said(self._members, aside)
        return all_minimal_cores(names, self._ask, enough=enough, known=known)

    def _in_pieces(self, names: Sequence[str]) -> list[tuple[str, ...]]:
        """Conflicts within single pieces of a part that is cut at its sums: found there, and minimal in the whole."""
        found: list[tuple[str, ...]] = []
        for piece, clauses in self._pieces(names).items():
            if len(found) >= MOST_FOUND:
                break
            try:
                found += self._in_piece(piece, clauses)
            except Undecided:
                continue
            except Exhausted:
                break
        return found[:MOST_FOUND]

    def _in_piece(self, piece: int, clauses: Sequence[str]) -> list[tuple[str, ...]]:
        def possible(chosen: Sequence[str]) -> bool:
            return self._theory.given.possible_in(frozenset((piece,)), all_said(self._members, chosen))

        def ask(chosen: Sequence[str]) -> bool:
            return self._counted(lambda: possible(chosen))

        if possible(clauses):  # not counted: a large part has many pieces, all small
            return []
        cores = all_minimal_cores(clauses, ask, enough=lambda some: len(some) >= MOST_FOUND).found
        return [core for core in cores if all(self._ask([n for n in core if n != name]) for name in core)]

    def _pieces(self, names: Sequence[str]) -> dict[int, list[str]]:
        """The clauses that speak of one piece only, by piece; none where the part is not cut."""
        found: dict[int, list[str]] = {}
        for name in names:
            pieces = {self._theory.solver.piece(literal) for literal in self._members[name]}
            if len(pieces) == 1:
                found.setdefault(pieces.pop(), []).append(name)
        return found if len(found) > 1 else {}

    def _lone_limit(self, names: Sequence[str]) -> str:
        """The limit on a mean without which the others can hold, if that is the one that reaches furthest; or nothing.

        Asked of more clauses than are taken out one by one before a family is thought of.
        """
        policy, of = self._theory.policy, self._theory.encoder.regions.of
        among = frozenset(names)
        means = [clause for clause in policy.clauses if clause.id in among and is_mean(policy, clause)]
        widest = max(means, key=lambda clause: len(of[getattr(clause, "target", "")]), default=None)
        if widest is None or not self._possible([name for name in names if name != widest.id]):
            return ""
        return "" if self._possible(names) else widest.id

    def _shared_limit(self, cores: Sequence[tuple[str, ...]]) -> str:
        """The first limit that more than `MANY` clauses meet at, in conflicts of three and more; or nothing."""
        meeting: dict[str, set[str]] = {}
        for core in cores:
            if len(core) > 2 and (limit := limit_of(self._theory.policy, core)):
                meeting.setdefault(limit, set()).update(core)
        return next((limit for limit, names in meeting.items() if len(names) > MANY), "")

    def _family(self, limit: str, names: Sequence[str]) -> tuple[Core | None, tuple[tuple[str, ...], ...]]:
        """The family around a limit, and the conflicts that it has with a single other clause."""
        if not self._is_whole(limit):
            return None, ()
        place = {name: i for i, name in enumerate(names)}
        clause = next(each for each in self._theory.policy.clauses if each.id == limit)
        others, alike = opposing(self._theory.policy, limit, names), Alike(self._theory.policy, limit)
        kinds = {name: alike.kind(name) if self._is_whole(name) else name for name in others}
        asked = {kind: name for name, kind in reversed(kinds.items())}
        together = [all_said(self._members, (limit, name)) for name in asked.values()]
        meet = dict(zip(asked, self._theory.given.satisfiable_each(together), strict=True))
        pairs = [name for name in others if not meet[kinds[name]]]
        others = tuple(name for name in others if meet[kinds[name]])
        told = family(self._theory, clause, {name: self._members[name] for name in others}, kinds)
        if told is None or len(told.shares) < MANY or self._possible((limit, *others)):
            return None, ()
        clauses = tuple(sorted((limit, *(name for name, _ in told.shares)), key=place.__getitem__))
        literals = all_said(self._members, clauses)
        axioms = axioms_behind(self._theory, literals, tuple(self._theory.facts))
        small = [tuple(sorted((limit, n), key=place.__getitem__)) for n in pairs if self._possible((n,))]
        return Core(clauses, (), axioms, family=told), tuple(small)

    def _is_whole(self, name: str) -> bool:
        """Whether a clause is put to the solver as it is written, not as a situation leaves it."""
        return self._members[name][0] == self._theory.written[name]

    def _without(self, names: Collection[str]) -> tuple[str, ...]:
        return tuple(name for name in self._names if name not in names)

    def _possible(self, names: Sequence[str]) -> bool:
        aside, literals = self._aside
        if not aside.issubset(names):
            return self._theory.possible(all_said(self._members, names))
        return self._theory.under(literals).satisfiable(all_said(self._members, [name for name in names if name not in aside]))

    def _ask(self, names: Sequence[str]) -> bool:
        return self._counted(lambda: self._possible(names))

    def _counted(self, question: Callable[[], bool]) -> bool:
        self._left -= 1
        if self._left < 0:
            raise Exhausted
        try:
            return question()
        except Undecided:
            raise Exhausted from None
