"""Days and powers of tests in a world that is shown, as a drafter would write them: the other version's own, or the next whole one."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from fractions import Fraction
from math import ceil, floor

from ..policy.clauses import Clause, Delete, Keep, MembershipBound, Remove
from ..policy.model import Policy
from . import meaning
from .encode import number
from .formulas import Tpr, atoms
from .scope import WEAKEST
from .theory import Theory
from .worlds import ROUND


def round_numbers(
    theory: Theory,
    held: Sequence[str],
    policy: Policy,
    clause: Clause,
    counterpart: Clause | None,
    artifact: str,
    extra: str,
) -> str:
    """`extra`, and assertions that make the clause's own day or power round, as far as a world allows."""
    for choices in (_days(theory, clause, counterpart, artifact), _powers(theory, policy, clause, counterpart, artifact)):
        extra += next((wish for wish in choices if theory.possible(held, extra + wish)), "")
    return extra


def _days(theory: Theory, clause: Clause, counterpart: Clause | None, artifact: str) -> Iterator[str]:
    own = clause.until if isinstance(clause, Keep) else clause.by
    if own is None:
        return
    other = getattr(counterpart, "until" if isinstance(clause, Keep) else "by", None)
    beyond = Fraction(max(0, ceil(own) - 1) if isinstance(clause, Keep) else floor(own) + 1)
    for day in dict.fromkeys((own, *(() if other is None else (other,)), beyond)):
        yield from _on(theory, clause, artifact, day)


def _on(theory: Theory, clause: Clause, artifact: str, day: Fraction) -> Iterator[str]:
    """Every item on that day; or, if that cannot be, the item that decides."""
    if not isinstance(clause, Delete | Keep):
        yield _equal((theory.encoder.finished(artifact),), day)
        return
    regions = theory.encoder.of(clause.target)
    yield _equal((theory.encoder.stored(artifact, region, which) for region in regions for which in ("all", "any")), day)
    yield _equal((theory.encoder.stored(artifact, region, "all" if isinstance(clause, Keep) else "any") for region in regions), day)


def _powers(
    theory: Theory, policy: Policy, clause: Clause, counterpart: Clause | None, artifact: str
) -> Iterator[str]:
    if isinstance(clause, Remove) and isinstance(clause.limit, MembershipBound):
        other = getattr(getattr(counterpart, "limit", None), "tpr_at_most", None)
        tests = [atom for atom in atoms(meaning.demand(policy, clause, artifact, WEAKEST)) if isinstance(atom, Tpr)]
        own = clause.limit.tpr_at_most
        for power in (*(() if other is None else (other,)), *ROUND, *beside(own)):
            yield _equal(dict.fromkeys(map(theory.encoder.tpr, tests)), power)


def beside(limit: Fraction) -> tuple[Fraction, ...]:
    """Shares a little past a limit, where no rounder one will do."""
    steps = [Fraction(sign, 10**places) for places in (2, 3, 4, 5, 6) for sign in (1, -1)]
    return tuple(rate for step in steps if 0 <= (rate := limit + step) <= 1)


def _equal(names: Iterator[str] | Sequence[str] | dict[str, None], value: Fraction) -> str:
    return "".join(f"(assert (= {name} {number(value)}))" for name in names)


def whole_days(theory: Theory, clause: Clause) -> str:
    """That work is done, and that stores keep the items of the clause's target, until the end of some day."""
    regions = {region.number for region in theory.encoder.of(clause.target)} if isinstance(clause, Delete | Keep) else set()
    keys = ((name, *theory.encoder.meaning(name)) for name in theory.encoder.sorts)
    days = (name for name, kind, key in keys if kind == "t" or (kind == "s" and isinstance(key, tuple) and key[1] in regions))
    return "".join(f"(assert (is_int {name}))" for name in days)
