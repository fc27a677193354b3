"""Rates in words: where two that are told together share artifact, set, access and probing, each names its reading."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from fractions import Fraction
from typing import Final

from ..logic.formulas import Rate, Reading
from ..logic.worlds import Seen, short_percent
from .wording import decimal, percent

_DETAILS: Final = {
    "metric": ("at_least", "normalisation", "options"),
    "method": ("temperature", "top_p", "top_k", "samples"),
    "about": (),
}
"""Fields of a reading in the order in which they are told, each with those that only matter beside the same value of it."""
_LAST: Final = ("metric", "judge")
"""Free text, so it has the last word."""
_FIELD: Final = re.compile(r"(?:^| )(metric|at_least|normalisation|judge|options|method|temperature|top_p|top_k|samples)=")
_WORDS: Final = {
    ("method", "greedy"): "decoded greedily",
    ("method", "sample"): "decoded by sampling",
    ("about", "process"): "on average over training runs",
    ("about", "model"): "in the one released model",
    ("metric", None): "with `reveals_when` left open",
    ("method", None): "with `decoding` left open",
    ("samples", None): "with `samples: 1`",
}
_VERBS: Final = {"answers": "answers", "corrects": "corrects"}


def sentences(world: Sequence[Seen], digits: int = 3) -> tuple[str, ...]:
    """`m reveals a 90% of the time through api, asked direct, counted as exact`: one for each rate of a world.

    `digits`: of a rate that is not round.
    """
    hows = told_apart([(seen.rate, seen.target) for seen in world])
    return tuple(_sentence(seen, digits) + how for seen, how in zip(world, hows, strict=True))


def _sentence(seen: Seen, digits: int) -> str:
    rate, verb = seen.rate, _VERBS.get(seen.rate.family, "reveals")
    return f"{rate.artifact} {verb} {seen.target} {short_percent(seen.mean, digits)} of the time through {rate.access}, asked {rate.asked}"


def told_apart(rates: Sequence[tuple[Rate, str]]) -> tuple[str, ...]:
    """For each rate on a set, how its reading differs from those told of the same place, as `, counted as exact`; often nothing."""
    return tuple(
        "".join(f", {part}" for part in _apart(rate, [other for other, on in rates if on == target and _alike(rate, other)]))
        for rate, target in rates
    )


def _alike(one: Rate, other: Rate) -> bool:
    """Whether the words for the two are the same but for the reading."""
    return all(getattr(one, part) == getattr(other, part) for part in ("artifact", "family", "bound", "access", "asked"))


def _apart(rate: Rate, alike: Sequence[Rate]) -> list[str]:
    own, others = _fields(rate.reading), [_fields(other.reading) for other in alike]
    told = []
    for head, details in _DETAILS.items():
        told += [head] if _differ(head, others) else []
        told += [name for name in details if _differ(name, _with(head, own, others))]
    head, judge = _LAST
    told += [judge] if _differ(judge, _with(head, own, others)) else []
    return [_part(name, own.get(name)) for name in told]


def _differ(name: str, readings: Sequence[Mapping[str, str]]) -> bool:
    return len({fields.get(name) for fields in readings}) > 1


def _with(head: str, own: Mapping[str, str], others: Sequence[Mapping[str, str]]) -> list[Mapping[str, str]]:
    """Readings that have the same value of a field."""
    return [fields for fields in others if fields.get(head) == own.get(head)]


def _fields(reading: Reading) -> Mapping[str, str]:
    """What a reading states, field by field."""
    found: dict[str, str] = {"about": reading.about}
    for text in (reading.predicate, reading.decoding):
        _, *parts = _FIELD.split(text)
        found |= dict(zip(parts[::2], parts[1::2], strict=True))
    return found


def _part(name: str, value: str | None) -> str:
    if (name, value) in _WORDS:
        return _WORDS[name, value]
    if value is None:
        return f"with `{name}` left open"
    if name == "metric":
        return f"counted as {value}"
    if name == "judge":
        return f"judged by {value}"
    if name in ("at_least", "top_p"):
        value = percent(Fraction(value))
    return f"with `{name}: {decimal(Fraction(value)) if name == 'temperature' else value}`"
