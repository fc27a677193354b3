"""The small parts of a reading: names, sets and how far they reach, artifacts, days and lists."""

from __future__ import annotations

from collections.abc import Iterable
from fractions import Fraction

from ...policy.clauses import Clause
from ...policy.model import Information, Policy
from ...wording.said import Part, Said, listed, said


def name(text: str) -> Said:
    """A word of the policy's."""
    return said("read.name", name=text)


def all_of(names: Iterable[str]) -> Said:
    """`a, b and c`, words of the policy's."""
    return listed(*map(name, names))


def any_of(parts: Iterable[Part]) -> Said:
    """`a, b or c`."""
    return said("read.any_of", parts=tuple(parts))


def any_name(names: Iterable[str]) -> Said:
    """`a, b or c`, words of the policy's."""
    return any_of(map(name, names))


def row(parts: Iterable[Part]) -> Said:
    """Parts of a sentence with commas between them."""
    return said("read.row", parts=tuple(parts))


# --- sets ------------------------------------------------------------------------------------------------------------


def target(of: str, policy: Policy) -> Said:
    """A set by name, with its size where that is declared."""
    information = policy.information[of]
    return name(of) if information.size is None else said("read.sized", set=name(of), size=_size(information, information.size))


def _size(information: Information, size: tuple[int, int]) -> Said:
    low, high = size
    if information.unit is None:
        return said("read.items", number=low) if low == high else said("read.items_between", low=low, high=high)
    unit = information.unit
    return said("read.units", number=low, unit=unit) if low == high else said("read.units_between", low=low, high=high, unit=unit)


def target_with_closure(of: str, policy: Policy) -> Said:
    """A set and how far it reaches; not written means exact duplicates only."""
    closure, whole = policy.information[of].closure, target(of, policy)
    if closure is None:
        return said("read.reach.unwritten", set=whole)
    near = closure.near_duplicates
    included: list[Part] = []
    excluded: list[Part] = []
    for word, value in closure.model_dump(exclude_none=True).items():
        if word == "near_duplicates" and near:
            included.append(said("read.near", metric=near.metric, least=near.at_least))
        else:
            (included if value else excluded).append(said(f"read.kin.{word}"))
    but = any_of(excluded)
    match bool(included), bool(excluded):
        case True, True:
            return said("read.reach.but", set=whole, kin=listed(*included), but=but)
        case True, False:
            return said("read.reach.whole", set=whole, kin=listed(*included))
        case False, True:
            return said("read.reach.alone", set=whole, but=but)
        case _:
            return said("read.reach.nothing", set=whole)


# --- artifacts, days -------------------------------------------------------------------------------------------------


def artifacts(clause: Clause, policy: Policy) -> Said:
    """The artifacts in words: a name alone stands for itself alone."""
    if clause.scope.artifacts is None:
        return said("read.artifacts_open")
    return listed(*(_artifact(entry, policy) for entry in clause.scope.artifacts))


def _artifact(entry: str, policy: Policy) -> Said:
    root, derived, _ = entry.partition("+")
    if derived:
        return said("read.with_derived", name=root)
    has_children = any(artifact.derived_from == root for artifact in policy.artifacts.values())
    return said("read.alone", name=root) if has_children else name(root)


def day(duration: Fraction, policy: Policy) -> Said:
    """`30 days after request_received`."""
    if policy.clock is None:
        return days(duration)
    return said("read.day_after", days=days(duration), event=policy.clock.starts)


def days(duration: Fraction) -> Said:
    """A duration in the policy's words: `30 days`, `1 day`, `12 hours`, `2.5 days`."""
    if duration.denominator == 1:
        return said("read.days", number=int(duration))
    if duration < 1 and (duration * 24).denominator == 1:
        return said("read.hours", number=int(duration * 24))
    return said("read.days_part", value=duration)
