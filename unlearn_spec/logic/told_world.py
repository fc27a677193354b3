"""What a test file tells of a world, in the theory's terms: words become rates under the readings that clauses use."""

from __future__ import annotations

from collections.abc import Iterator
from fractions import Fraction
from typing import Final, cast

from msgspec.structs import replace

from ..policy.clauses import Clause, Rectify, Refuse, Retain, Suppress
from ..policy.expectations import MEASURES, Items, MeanOf, Rates, RatesUnder, WorldAsTold
from ..policy.model import Claim, Policy
from ..policy.vocabulary import ABOUT, Access
from .formulas import Bound, Family, Flag, Rate, Reading, Removed, Whose, reading_of
from .measured import readings_on
from .world_model import MeanRate, Served, Stratum, TestPower, World

FAMILIES: Final[dict[str, tuple[Family, Bound]]] = {
    "reveals": ("reveals", "sup"),
    "knows": ("reveals", "inf"),
    "answers": ("answers", "sup"),
    "answers_at_worst": ("answers", "inf"),
    "corrects": ("corrects", "inf"),
}
"""The words for the rates of items."""
_MEANS: Final = dict(zip(MEASURES, FAMILIES.values(), strict=True))


def as_world(policy: Policy, told: WorldAsTold) -> World:
    """The world that a test tells of. A rate without `under` is told for every reading that clauses use there."""
    return World(
        situations=frozenset(told.situations),
        strata=tuple(_stratum(policy, items) for items in told.items),
        means=tuple(mean for entry in told.means for mean in _means(policy, entry)),
        removals=tuple((Removed(r.of, r.in_, r.epsilon, r.delta, r.compared_with), r.holds) for r in told.removed),
        tests=tuple(
            TestPower(test.of, test.in_, test.at_fpr, fair, test.tpr)
            for test in told.membership
            for fair in ((True, False) if test.same_lottery is None else (test.same_lottery,))
        ),
        finished=tuple(told.finished.items()),
        stored=tuple((store, name, day) for store, kept in told.stored.items() for name, day in kept.items()),
        used=tuple(told.used.items()),
        served=tuple(Served(entry.of, entry.by, entry.from_, entry.anything) for entry in told.served),
        flags=(
            *((Flag("destroyed", (name,)), holds) for name, holds in told.destroyed.items()),
            *((Flag("influenced", (entry.of, entry.in_)), entry.holds) for entry in told.influenced),
            *((Flag("excluded", (entry.of, entry.from_)), entry.holds) for entry in told.excluded),
            *((Flag("governed", (name,)), holds) for name, holds in told.governed.items()),
            *((Flag("harmful_use", (name,)), holds) for name, holds in told.harmful_use.items()),
        ),
    )


def readings_of_items(policy: Policy, artifact: str, inside: frozenset[str], family: Family) -> tuple[Reading, ...]:
    """The readings that a rate without `under` is told for; what counts as a refusal is no question of reading."""
    names: list[str | None] = [*sorted(inside)] or [None]
    found = dict.fromkeys(reading for name in names for reading in readings_on(policy, artifact, name))
    if family == "answers":
        return tuple(dict.fromkeys(_answering(policy, found)))
    return tuple(found)


def _answering(policy: Policy, found: dict[Reading, None]) -> Iterator[Reading]:
    """How answers are drawn where refusals are counted, and where content is."""
    for clause in policy.clauses:
        if isinstance(clause, Suppress | Refuse | Retain):
            yield reading_of(None, clause.scope.decoding, clause.about)
    yield from (replace(reading, predicate="") for reading in found)


def _stratum(policy: Policy, items: Items) -> Stratum:
    inside = frozenset(items.in_)
    rates: dict[Rate, Fraction] = {}
    blocks: tuple[tuple[Whose, RatesUnder | None], ...] = (
        ("now", items),
        ("before", items.before),
        ("reference", items.reference),
    )
    for whose, block in blocks:
        if block is not None:
            rates.update(_rates(policy, block, whose, inside, ()))
            for name, under in block.under.items():
                rates.update(_rates(policy, under, whose, inside, _readings(policy, name)))
    return Stratum(inside, items.count, rates, dict(items.stored))


def _rates(
    policy: Policy, told: Rates, whose: Whose, inside: frozenset[str], under: tuple[Reading, ...]
) -> Iterator[tuple[Rate, Fraction]]:
    for word, (family, bound) in FAMILIES.items():
        for artifact, levels in getattr(told, word).items():
            for access, cells in levels.items():
                for asked, value in cells.items():
                    for one in _chosen(policy, artifact, inside, family, under):
                        rate = Rate(artifact, "now", family, bound, cast(Access, access), asked, one)
                        yield rate if whose == "now" else rate.at(whose), value


def _chosen(
    policy: Policy, artifact: str, inside: frozenset[str], family: Family, under: tuple[Reading, ...]
) -> tuple[Reading, ...]:
    if not under:
        return readings_of_items(policy, artifact, inside, family)
    return tuple(replace(reading, predicate="") if family == "answers" else reading for reading in under)


def _readings(policy: Policy, name: str) -> tuple[Reading, ...]:
    return readings_in(next(entry for entry in (*policy.clauses, *policy.claims) if entry.id == name))


def readings_in(entry: Clause | Claim) -> tuple[Reading, ...]:
    """What a clause means by "revealed", and how it has answers drawn; what a claim does, expected and of the one model."""
    if isinstance(entry, Claim):
        return tuple(reading_of(entry.reveals_when, entry.decoding, about) for about in ABOUT)
    reveals_when = entry.reveals_when if isinstance(entry, Suppress | Refuse | Retain | Rectify) else None
    if reveals_when is not None and reveals_when.metric in ("refusal", "not_refusal"):
        reveals_when = None
    return (reading_of(reveals_when, entry.scope.decoding, getattr(entry, "about", None)),)


def _means(policy: Policy, told: MeanOf) -> Iterator[MeanRate]:
    word, (family, bound) = next((word, meant) for word, meant in _MEANS.items() if getattr(told, word) is not None)
    under = () if told.under is None else _readings(policy, told.under)
    for one in _chosen(policy, told.in_, frozenset((told.of,)), family, under):
        rate = Rate(told.in_, "now", family, bound, told.access, told.asked, one)
        yield MeanRate(rate if told.whose == "now" else rate.at(told.whose), told.of, getattr(told, word))
