"""Two versions of a policy: what the one guarantees and the other does not, clause by clause, each with a world.

Asked under the facts that both declare (`common`). A clause is *no longer guaranteed* if some world meets every clause of
the later version and not this one; *newly required* is the converse. So a clause that was dropped or reworded is no loss
while others of the later version still demand it.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Literal

from ..policy.clauses import Clause
from ..policy.model import Policy
from ..record import Record
from .ambiguity import open_fields
from .bound import narrowed
from .concerned import concerned
from .conflicts import conflicts
from .encode import TooLarge
from .explanation import Core
from .limits import not_covered
from .meaning import RateGoal
from .realise import possible_in_whole_items
from .situational import situational_conflicts
from .situations import always_active, cases
from .smt import DEFAULT_EFFORT, Undecided
from .theory import build
from .two_versions import Asked, Side, Which, common_cases, encoded
from .witness import Shown

Answer = Literal["equivalent", "stricter", "weaker", "incomparable"]


class Loss(Record):
    """That a clause of one version is not guaranteed by the other."""

    shown: Shown | None
    """None if only `fields` speak of it, which no world shows."""
    fields: tuple[str, ...] = ()
    """Fields in which the nearest clause of the other version promises less, apart from its limit."""


class Change(Record):
    """One clause of the earlier version, of the later, or of both under one name or two."""

    before: str | None
    after: str | None
    lost: Loss | None
    gained: Loss | None
    still: tuple[str, ...] = ()
    """For a clause that has gone, or weakened as written: clauses of the later version that still demand it."""
    undetermined: bool = False

    @property
    def answer(self) -> Answer:
        return _answer(self.lost is not None, self.gained is not None)


class Comparison(Record):
    """`answer` is None where the versions as wholes were not compared: one contradicts itself, or something is open."""

    changes: tuple[Change, ...]
    contradictory: tuple[tuple[Which, Core], ...] = ()
    open: tuple[tuple[Which, str, str], ...] = ()
    """Version, clause, field: decision fields to be closed first."""
    too_large: tuple[str, ...] = ()
    """Clauses about sets in groups too large to enumerate."""
    too_many_situations: bool = False

    @property
    def answer(self) -> Answer | None:
        undecided = any(change.undetermined for change in self.changes)
        if self.contradictory or self.open or self.too_large or self.too_many_situations or undecided:
            return None
        return _answer(any(c.lost for c in self.changes), any(c.gained for c in self.changes))


def _answer(lost: bool, gained: bool) -> Answer:
    return "incomparable" if lost and gained else "weaker" if lost else "stricter" if gained else "equivalent"


def compare(before: Policy, after: Policy, *, effort: int = DEFAULT_EFFORT) -> Comparison:
    """Whether `after` is equivalent to `before`, stricter, weaker or incomparable, and which clauses make it so."""
    all_cases = common_cases(before, after)
    if all_cases is None or cases(before) is None or cases(after) is None:
        return Comparison((), too_many_situations=True)
    try:
        cores = _cores(before, effort), _cores(after, effort)
    except Undecided:
        return Comparison(tuple(_unanswered(before, after)))
    unlike = _open(before, after), _open(after, before)
    one, other = Side("before", before, unlike[0], cores[0]), Side("after", after, unlike[1], cores[1])
    asked = Asked(encoded(before, after, all_cases, effort), one, other, all_cases, effort)
    return Comparison(
        tuple(_changes(asked)),
        (*(("before", core) for core in one.cores), *(("after", core) for core in other.cores)),
        tuple(
            (side.which, clause, field)
            for side in (one, other)
            for clause, fields in side.open.items()
            for field in fields
        ),
        tuple(
            dict.fromkeys(
                clause.id for side in (one, other) for clause in side.policy.clauses if not asked.knows(side, clause)
            )
        ),
    )


def _unanswered(before: Policy, after: Policy) -> Iterator[Change]:
    """Each clause under its name, where no question was answered."""
    old, new = (dict.fromkeys(clause.id for clause in policy.clauses) for policy in (before, after))
    for name in old | new:
        yield Change(name if name in old else None, name if name in new else None, None, None, undetermined=True)


def _cores(policy: Policy, effort: int) -> tuple[Core, ...]:
    """The conflicts of one version under its own facts."""
    theory = build(policy, effort=effort)
    if not theory.possible(()):
        return (Core(tuple(clause.id for clause in policy.clauses), tuple(theory.facts.values()), ()),)
    own = cases(policy) or ()
    plain = conflicts(theory, always_active(own))
    return (*plain.cores, *situational_conflicts(theory, own, plain).cores)


def _open(policy: Policy, other: Policy) -> dict[str, tuple[str, ...]]:
    """Decision fields that a clause leaves open, of clauses that the other version does not have word for word."""
    theirs = {_demanded(clause) for clause in other.clauses}
    found = {}
    for clause in policy.clauses:
        if _demanded(clause) not in theirs:
            fields = [name for name, _ in open_fields(policy, clause)]
            twin = next((c for c in other.clauses if c.id == clause.id and isinstance(c, RateGoal)), None)
            if isinstance(clause, RateGoal) and isinstance(twin, RateGoal):
                if clause.reveals_when is None and twin.reveals_when is not None:
                    fields.append("reveals_when")
                if clause.scope.decoding is None and twin.scope.decoding is not None:
                    fields.append("decoding")
            if fields:
                found[clause.id] = tuple(fields)
    return found


def _demanded(clause: Clause) -> str:
    """What a clause says, without its evidence, its note and what it overrides."""
    return clause.model_copy(update={"evidence": None, "note": None, "overrides": ()}).model_dump_json()


def _changes(asked: Asked) -> Iterator[Change]:
    """In the order of the later version; clauses that have gone come after it."""
    renamed = _renamed(asked)
    old = {clause.id for clause in asked.before.policy.clauses}
    for clause in asked.after.policy.clauses:
        name = clause.id if clause.id in old else renamed.get(clause.id)
        yield _change(asked, name, clause.id)
    kept = {clause.id for clause in asked.after.policy.clauses} | set(renamed.values())
    for clause in asked.before.policy.clauses:
        if clause.id not in kept:
            yield _change(asked, clause.id, None)


def _renamed(asked: Asked) -> dict[str, str]:
    """New names of old clauses: the only clauses of either version that demand the same, wherever either binds."""
    earlier, later = ({clause.id for clause in side.policy.clauses} for side in (asked.before, asked.after))
    old = [clause for clause in asked.before.policy.clauses if clause.id not in later]
    new = [clause for clause in asked.after.policy.clauses if clause.id not in earlier]
    found: dict[str, str] = {}
    for clause in new:
        for candidate in old:
            if candidate.id not in found.values() and _same(asked, candidate, clause):
                found[clause.id] = candidate.id
                break
    return found


def _same(asked: Asked, one: Clause, other: Clause) -> bool:
    if one.goal != other.goal or not asked.knows(asked.before, one) or not asked.knows(asked.after, other):
        return False
    pair = (asked.before.policy, one), (asked.after.policy, other)
    if any(set(case.before.on(*pair[0])) != set(case.after.on(*pair[1])) for case in asked.cases):
        return False
    if any(case.before.part(one.id) != case.after.part(other.id) for case in asked.cases):
        return False
    if not_covered(*pair) or not_covered(pair[1], pair[0]):
        return False
    mine, theirs = asked.literal(asked.before, one), asked.literal(asked.after, other)
    if mine == theirs:
        return True
    try:
        return not asked.theory.possible((mine, "-" + theirs)) and not asked.theory.possible((theirs, "-" + mine))
    except Undecided:
        return False


def _change(asked: Asked, before: str | None, after: str | None) -> Change:
    try:
        lost = None if before is None else _missing(asked, before, after, backwards=False)
        gained = None if after is None else _missing(asked, after, before, backwards=True)
        still = _still(asked, before, after) if before is not None and lost is None else ()
    except Undecided:
        return Change(before, after, None, None, undetermined=True)
    except TooLarge:
        return Change(before, after, None, None)
    return Change(before, after, lost, gained, still)


def _missing(asked: Asked, name: str, twin: str | None, *, backwards: bool) -> Loss | None:
    """Whether the other version does not guarantee a clause; with a world that shows it.

    An open clause is not asked about. Where a version contradicts itself it would guarantee everything: there a clause is
    held against its counterpart alone.
    """
    here, there = (asked.after, asked.before) if backwards else (asked.before, asked.after)
    if name in here.open or (twin is not None and twin in there.open):
        return None
    asked.literal(here, here.clause(name))
    target = getattr(here.clause(name), "target", None)
    fields: tuple[str, ...] = ()
    fell_short = False
    for case in asked.cases:
        mine, theirs = (case.after, case.before) if backwards else (case.before, case.after)
        if name not in mine.names:
            continue
        clause = narrowed(here.clause(name), mine.part(name))
        denied = "-" + asked.literal(here, clause)
        premises = asked.premises(there, theirs, twin)

        def fields_short_of(other: Clause, clause: Clause = clause) -> tuple[str, ...]:
            return not_covered((there.policy, other), (here.policy, clause))

        if any(not fields_short_of(there.clause(other)) for other in premises.saying(denied[1:])):
            continue
        literals = premises.literals
        if possible_in_whole_items(asked.theory, (*literals.values(), denied), target):
            counterpart = None if twin is None else there.clause(twin)
            return Loss(concerned(asked, here, there, clause, literals).show(clause, counterpart, case.holding))
        near = asked.near(literals, denied)
        short = {other: fields_short_of(there.clause(other)) for other in near}
        covering = [literal for other, literal in near.items() if not short[other]]
        if len(covering) < len(near) and possible_in_whole_items(asked.theory, (*covering, denied), target):
            fell_short = True
            if twin is not None and twin in theirs.names:
                fields = fields or fields_short_of(there.clause(twin))
            else:
                fields = fields or min(filter(None, short.values()), key=len, default=())
    return Loss(None, fields) if fell_short else None


def _still(asked: Asked, before: str, after: str | None) -> tuple[str, ...]:
    """Clauses of the later version, other than its counterpart, that alone demand what this one did wherever it binds."""
    clause = asked.before.clause(before)
    mine = asked.literal(asked.before, clause)
    where = [case.after.whole for case in asked.cases if before in case.before.names]
    if after is not None:
        twin = asked.after.clause(after)
        if all(after in active for active in where) and not asked.theory.possible(
            (asked.literal(asked.after, twin), "-" + mine)
        ):
            return ()
    return tuple(
        other.id
        for other in asked.after.policy.clauses
        if other.id != after
        and asked.knows(asked.after, other)
        and all(other.id in active for active in where)
        and not not_covered((asked.after.policy, other), (asked.before.policy, clause))
        and asked.theory.possible((asked.literal(asked.after, other),))
        and not asked.theory.possible((asked.literal(asked.after, other), "-" + mine))
    )[:1]
