"""The numbers of a clause that can be loosened: in which steps, up to where, and what the other clauses leave of each."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from fractions import Fraction
from typing import Any, Literal

from ..policy.clauses import (
    AtLeast,
    AtMost,
    Clause,
    Closeness,
    DeIndex,
    Delete,
    Destroy,
    Finish,
    Keep,
    MembershipBound,
    Rectify,
    Refuse,
    Remove,
    Retain,
    ShareOf,
    Suppress,
)
from ..policy.model import Policy
from ..record import Record
from ..wording.numbers import decimal
from .formulas import Tpr
from .meaning import counts_refusals, is_fair, rate_of
from .scope import WEAKEST, scoped_artifacts
from .theory import Theory
from .worlds import days, short_percent

SHARE_STEP = Fraction(1, 1000)
EPSILON_STEP = Fraction(1, 100)
DAY_STEP = Fraction(1)
LONGEST = 3660
"""Days by which a deadline may be put off."""
_WITH_DEADLINE = Finish | Delete | Destroy | DeIndex | Suppress | Refuse | Retain | Rectify | Remove


class Knob(Record):
    """One number of a clause. It is loosened upwards (a ceiling, a deadline) or downwards (a floor, a duty's end)."""

    field: str
    value: Fraction
    way: Literal["up", "down"]
    step: Fraction
    furthest: Fraction
    apply: Callable[[Any, Fraction], Any]
    """The clause with another number."""
    show: Callable[[Fraction], str]

    def steps(self) -> int:
        """How many friendly values lie beyond the present one."""
        room = (
            (self.furthest - self._first) / self.step if self.way == "up" else (self._first - self.furthest) / self.step
        )
        return int(room) + 1 if room >= 0 else 0

    def at(self, index: int) -> Fraction:
        """The friendly value so many steps beyond the nearest."""
        return self._first + (index if self.way == "up" else -index) * self.step

    def index(self, value: Fraction) -> int:
        """The first friendly value that is loose enough for `value`."""
        gap = value - self._first if self.way == "up" else self._first - value
        return max(0, -int(-gap // self.step))

    @property
    def _first(self) -> Fraction:
        if self.way == "up":
            return (self.value // self.step + 1) * self.step
        return (-(-self.value // self.step) - 1) * self.step


def knobs(clause: Clause) -> Iterator[Knob]:
    """The numbers that decide what a clause demands, its limit first. None goes so far that the clause demands nothing."""
    none, one = SHARE_STEP, 1 - SHARE_STEP
    match clause:
        case Suppress():
            yield Knob("at_most", clause.limit.at_most, "up", SHARE_STEP, one, _limit(AtMost, "at_most"), short_percent)
        case Retain(limit=AtLeast(at_least=value)) | Refuse(limit=AtLeast(at_least=value)):
            yield Knob("at_least", value, "down", SHARE_STEP, none, _limit(AtLeast, "at_least"), short_percent)
        case Remove(limit=Closeness(epsilon=value)):
            yield Knob("epsilon", value, "up", EPSILON_STEP, Fraction(20), _inner("epsilon"), decimal)
        case Remove(limit=MembershipBound(tpr_at_most=value)):
            yield Knob("tpr_at_most", value, "up", SHARE_STEP, one, _inner("tpr_at_most"), short_percent)
        case Rectify():
            yield Knob("at_least", clause.limit.at_least, "down", SHARE_STEP, none, _inner("at_least"), short_percent)
            yield Knob("at_most", clause.limit.at_most, "up", SHARE_STEP, one, _inner("at_most"), short_percent)
        case Keep(until=day) if day is not None:
            yield Knob("until", day, "down", DAY_STEP, DAY_STEP, _field("until"), days)
        case _:
            pass
    if isinstance(clause, Suppress | Refuse | Retain | Rectify) and isinstance(clause.over, ShareOf):
        yield Knob("share", clause.over.share, "down", SHARE_STEP, none, _share_of, short_percent)
    if clause.by is not None and isinstance(clause, _WITH_DEADLINE):
        yield Knob("by", clause.by, "up", DAY_STEP, clause.by + LONGEST, _field("by"), days)


def is_linear(policy: Policy, clause: Clause, knob: Knob) -> bool:
    """Whether a number bounds quantities that the theory has names for: a mean over a set of known size, a day, a test's power."""
    match clause:
        case _ if knob.field == "by" and not isinstance(clause, Delete):
            return True
        case _ if knob.field == "share":
            return False
        case Suppress() | Retain() | Refuse():
            size = policy.information[clause.target].size
            return clause.over == "mean" and size is not None and size[0] == size[1]
        case Remove():
            return isinstance(clause.limit, MembershipBound)
        case _:
            return isinstance(clause, Delete | Keep)


def left_by(theory: Theory, clause: Clause, knob: Knob, others: Sequence[str]) -> Fraction | None:
    """The loosest value of a number that is needed at least, so that `others` can hold; exact. None if it is not linear."""
    values = []
    if not is_linear(theory.policy, clause, knob):
        return None
    for artifact in scoped_artifacts(theory.policy, clause):
        for term, size, complement in _terms(theory, clause, knob, artifact):
            highest = (knob.way == "down") != complement
            best = theory.given.optimum(others, term, highest=highest)
            if best is None:
                return None
            values.append(1 - best / size if complement else best / size)
    return (max(values) if knob.way == "up" else min(values)) if values else None


def _terms(theory: Theory, clause: Clause, knob: Knob, artifact: str) -> Iterator[tuple[str, Fraction, bool]]:
    """What a number bounds on one artifact: a quantity, by what to divide it, and whether its complement is meant."""
    encoder = theory.encoder
    if knob.field == "by" and not isinstance(clause, Delete):
        yield encoder.finished(artifact), Fraction(1), False
    elif isinstance(clause, Suppress | Retain | Refuse):
        size = theory.policy.information[clause.target].size
        assert size is not None
        mass = encoder.set_mass(rate_of(clause, artifact, WEAKEST), clause.target)
        yield mass, Fraction(size[0]), counts_refusals(clause)
    elif isinstance(clause, Delete | Keep):
        for region in encoder.of(clause.target):
            yield encoder.stored(artifact, region, "any" if isinstance(clause, Delete) else "all"), Fraction(1), False
    elif isinstance(clause, Remove) and isinstance(clause.limit, MembershipBound):
        limit = clause.limit
        atom = Tpr(clause.target, artifact, limit.at_fpr, is_fair(clause), "<=", limit.tpr_at_most)
        yield encoder.tpr(atom), Fraction(1), False


def _limit(kind: type, name: str) -> Callable[[Any, Fraction], Any]:
    return lambda clause, value: clause.model_copy(update={"limit": kind(**{name: value})})


def _inner(name: str) -> Callable[[Any, Fraction], Any]:
    return lambda clause, value: clause.model_copy(update={"limit": clause.limit.model_copy(update={name: value})})


def _field(name: str) -> Callable[[Any, Fraction], Any]:
    return lambda clause, value: clause.model_copy(update={name: value})


def _share_of(clause: Any, value: Fraction) -> Any:
    return clause.model_copy(update={"over": ShareOf(share=value)})
