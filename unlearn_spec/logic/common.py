"""What two versions of a policy both declare: the ground on which their clauses are compared.

A fact that both state is kept as far as both grant it: the range that holds either version's range. A fact about a name
that only one version has is that version's to state. Everything else is left open.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from fractions import Fraction
from typing import TypeVar

from ..policy.clauses import Clause
from ..policy.model import Artifact, Baseline, Information, Method, Policy, Relation, RetrainFact
from ..policy.vocabulary import access_rank

Range = tuple[int, int]
_Entry = TypeVar("_Entry")
_Fact = TypeVar("_Fact", Baseline, RetrainFact)


def common_policy(before: Policy, after: Policy) -> Policy:
    """One policy with the vocabulary of both and the facts both declare; its clauses are those of both, for their words."""
    information = _joined(before.information, after.information, _information)
    clauses: tuple[Clause, ...] = (*before.clauses, *after.clauses)
    return after.model_copy(
        update={
            "information": information,
            "relations": _relations(before, after),
            "people": {},
            "parties": None,
            "controls": None,
            "artifacts": _joined(before.artifacts, after.artifacts, _artifact),
            "situations": tuple(dict.fromkeys((*before.situations, *after.situations))),
            "exclusive": _exclusive(before, after),
            "methods": _methods(before, after),
            "measured_before": _baselines(before, after),
            "reference_retrain": _references(before, after),
            "clauses": clauses,
            "claims": (),
            "out_of_scope": (),
        }
    )


def _joined(
    before: dict[str, _Entry], after: dict[str, _Entry], both: Callable[[_Entry, _Entry], _Entry]
) -> dict[str, _Entry]:
    """Entries of either, and of both where both have the name."""
    merged = {name: both(entry, after[name]) if name in after else entry for name, entry in before.items()}
    return {**merged, **{name: entry for name, entry in after.items() if name not in before}}


def _information(one: Information, other: Information) -> Information:
    units = {name: max(most, other.other_units[name]) for name, most in one.other_units.items() if name in other.other_units}
    return one.model_copy(update={"size": _range(one.size, other.size), "other_units": units})


def _range(one: Range | None, other: Range | None) -> Range | None:
    return None if one is None or other is None else (min(one[0], other[0]), max(one[1], other[1]))


def _artifact(one: Artifact, other: Artifact) -> Artifact:
    """Trained on what both say; served from all that either says, since an index can only add to what is shown."""
    return one.model_copy(
        update={
            "trained_on": tuple(name for name in one.trained_on if name in other.trained_on),
            "holds": tuple(name for name in one.holds if name in other.holds),
            "derived_from": one.derived_from if one.derived_from == other.derived_from else None,
            "serves_from": tuple(dict.fromkeys((*one.serves_from, *other.serves_from))),
        }
    )


def _methods(before: Policy, after: Policy) -> dict[str, Method] | None:
    """Each as far-reaching and as fast as either says; none listed on one side: feasibility is not asked."""
    if before.methods is None or after.methods is None:
        return None
    return _joined(before.methods, after.methods, _method)


def _method(one: Method, other: Method) -> Method:
    takes = [method.takes or Fraction(0) for method in (one, other)]
    return one.model_copy(
        update={
            "reaches": max(one.reaches, other.reaches, key=access_rank),
            "takes": min(takes),
            "not_on": tuple(name for name in one.not_on if name in other.not_on),
        }
    )


def _relations(before: Policy, after: Policy) -> tuple[Relation, ...]:
    """Those of both; of one, if the other does not have the sets."""
    theirs = {_key(relation): relation for relation in after.relations}
    found = []
    for relation in before.relations:
        twin = theirs.pop(_key(relation), None)
        if twin is not None:
            bounds = _bounds(relation), _bounds(twin)
            update = {"low": min(b[0] for b in bounds), "high": _most(bounds[0][1], bounds[1][1])}
            found.append(relation.model_copy(update=update) if relation.kind == "overlaps" else relation)
        elif not {relation.left, relation.right} <= set(after.information):
            found.append(relation)
    found += [r for r in theirs.values() if not {r.left, r.right} <= set(before.information)]
    return tuple(found)


def _key(relation: Relation) -> tuple[str, frozenset[str] | tuple[str, str]]:
    pair = relation.left, relation.right
    return relation.kind, pair if relation.kind == "within" else frozenset(pair)


def _bounds(relation: Relation) -> tuple[int, int | None]:
    return (1 if relation.low is None else relation.low), relation.high


def _most(one: int | None, other: int | None) -> int | None:
    return None if one is None or other is None else max(one, other)


def _exclusive(before: Policy, after: Policy) -> tuple[tuple[str, ...], ...]:
    """Pairs of situations that exclude each other in both, or in the one that has them both."""

    def pairs(policy: Policy) -> dict[frozenset[str], None]:
        return {frozenset((a, b)): None for group in policy.exclusive for a in group for b in group if a != b}

    ours, theirs = pairs(before), pairs(after)
    found = [pair for pair in ours if pair in theirs or not pair <= set(after.situations)]
    found += [pair for pair in theirs if pair not in ours and not pair <= set(before.situations)]
    return tuple(tuple(sorted(pair)) for pair in found)


def _paired(one: Sequence[_Fact], other: Sequence[_Fact]) -> Iterator[tuple[_Fact, _Fact]]:
    """Facts about the same rate, by what they speak of."""
    for fact in one:
        yield from ((fact, twin) for twin in other if _subject(fact) == _subject(twin))


def _subject(fact: Baseline | RetrainFact) -> tuple[object, ...]:
    without = fact.without if isinstance(fact, RetrainFact) else None
    return fact.target, without, fact.in_, fact.access, fact.asked, fact.reveals_when, fact.decoding


def _alone(facts: Sequence[_Fact], other: Policy) -> tuple[_Fact, ...]:
    """Facts about a set or an artifact that the other version does not have."""
    return tuple(f for f in facts if f.target not in other.information or f.in_ not in other.artifacts)


def _baselines(before: Policy, after: Policy) -> tuple[Baseline, ...]:
    both = tuple(
        fact.model_copy(update={"mean_at_least": min(fact.mean_at_least, twin.mean_at_least)})
        for fact, twin in _paired(before.measured_before, after.measured_before)
    )
    return (*both, *_alone(before.measured_before, after), *_alone(after.measured_before, before))


def _references(before: Policy, after: Policy) -> tuple[RetrainFact, ...]:
    both = tuple(
        fact.model_copy(update={"mean_between": _hull(fact.mean_between, twin.mean_between)})
        for fact, twin in _paired(before.reference_retrain, after.reference_retrain)
    )
    return (*both, *_alone(before.reference_retrain, after), *_alone(after.reference_retrain, before))


def _hull(one: tuple[Fraction, Fraction], other: tuple[Fraction, Fraction]) -> tuple[Fraction, Fraction]:
    return min(one[0], other[0]), max(one[1], other[1])
