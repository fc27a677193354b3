"""Policy tests as frozen types: worlds, and what is expected of a policy in them, as written in `*.test.yaml`."""

from __future__ import annotations

from fractions import Fraction
from typing import Annotated, Any, Final, Literal

from pydantic import BeforeValidator, Field
from pydantic_core import PydanticCustomError

from .frozen import Frozen
from .quantities import Count, Epsilon, IsoDate, Name, Share, Switch, read_days, read_share
from .vocabulary import Access, Asked, Reference

Expected = Literal["pass", "fail", "not_shown", "not_applicable"]
Comparison = Literal["equivalent", "stricter", "weaker", "incomparable"]


def read_exact(value: Any) -> Fraction:
    """A share as in policies, or a ratio of whole numbers such as `"7/36"`. S005, S006 otherwise."""
    return _ratio(value) if isinstance(value, str) and "/" in value else read_share(value)


def read_day(value: Any) -> Fraction:
    """A duration as in policies, or days as a ratio: `"7/2 days"`. S005 otherwise."""
    if isinstance(value, str) and "/" in value and value.endswith((" days", " day")):
        return _ratio(value.rpartition(" ")[0], most=None)
    return read_days(value)


def _ratio(text: str, most: int | None = 1) -> Fraction:
    over, _, under = text.strip().partition("/")
    if not (over.isascii() and over.isdigit() and under.isascii() and under.isdigit()) or len(text) > 400:
        raise PydanticCustomError("S005", 'expected a ratio of two whole numbers such as "7/36"')
    if int(under) == 0 or (most is not None and int(over) > most * int(under)):
        raise PydanticCustomError("S006", "this ratio must be between 0 and 1")
    return Fraction(int(over), int(under))


Exact = Annotated[Fraction, BeforeValidator(read_exact)]
Day = Annotated[Fraction, BeforeValidator(read_day)]
Cells = dict[str, dict[str, dict[str, Exact]]]
"""Rates by artifact, access and way of asking."""


class Rates(Frozen):
    """Rates of items, or of a mean."""

    reveals: Cells = Field(default={})
    knows: Cells = Field(default={})
    answers: Cells = Field(default={})
    answers_at_worst: Cells = Field(default={})
    corrects: Cells = Field(default={})


class RatesUnder(Rates):
    """Rates under every reading that clauses use, and `under` the reading of one clause each."""

    under: dict[Name, Rates] = Field(default={})


class Items(RatesUnder):
    """Items alike in every respect."""

    in_: tuple[Name, ...] = Field(alias="in")
    count: Count
    before: RatesUnder | None = None
    reference: RatesUnder | None = None
    stored: dict[Name, Day] = Field(default={})


class MeanOf(Frozen):
    of: Name
    in_: Name = Field(alias="in")
    access: Access
    asked: Asked
    whose: Literal["now", "before", "reference"] = "now"
    revealed: Exact | None = None
    known: Exact | None = None
    answered: Exact | None = None
    answered_at_worst: Exact | None = None
    corrected: Exact | None = None
    under: Name | None = None


MEASURES: Final = ("revealed", "known", "answered", "answered_at_worst", "corrected")
"""What a mean may be a mean of: exactly one of these."""


class RemovedFrom(Frozen):
    of: Name
    in_: Name = Field(alias="in")
    epsilon: Epsilon
    delta: Share
    compared_with: Reference
    holds: Switch = True


class Membership(Frozen):
    of: Name
    in_: Name = Field(alias="in")
    at_fpr: Share
    tpr: Exact
    same_lottery: Switch | None = None


class ServedBy(Frozen):
    of: Name
    by: Name
    from_: Name = Field(alias="from")
    anything: Switch


class ExcludedFrom(Frozen):
    of: Name
    from_: Name = Field(alias="from")
    holds: Switch = True


class Influenced(Frozen):
    of: Name
    in_: Name = Field(alias="in")
    holds: Switch = True


class WorldAsTold(Frozen):
    """What a test says of a world. Situations that are not listed do not hold; all else unsaid is unknown."""

    situations: tuple[Name, ...] = ()
    items: tuple[Items, ...] = ()
    means: tuple[MeanOf, ...] = ()
    removed: tuple[RemovedFrom, ...] = ()
    influenced: tuple[Influenced, ...] = ()
    membership: tuple[Membership, ...] = ()
    finished: dict[Name, Day] = Field(default={})
    stored: dict[Name, dict[Name, Day]] = Field(default={})
    used: dict[Name, tuple[Name, ...]] = Field(default={})
    served: tuple[ServedBy, ...] = ()
    destroyed: dict[Name, Switch] = Field(default={})
    excluded: tuple[ExcludedFrom, ...] = ()
    governed: dict[Name, Switch] = Field(default={})
    harmful_use: dict[Name, Switch] = Field(default={})


WRITTEN: Final = {
    "situations": "situations: [a_situation]",
    "items": 'items: [{in: [a_set], count: 40, reveals: {a_model: {api: {direct: "1%"}}}}]',
    "means": 'means: [{of: a_set, in: a_model, access: api, asked: direct, revealed: "1%"}]',
    "removed": 'removed: [{of: a_set, in: a_model, epsilon: "0.5", delta: "1%", compared_with: retrain_without}]',
    "influenced": "influenced: [{of: a_set, in: a_model, holds: false}]",
    "membership": 'membership: [{of: a_set, in: a_model, at_fpr: "1%", tpr: "4%"}]',
    "finished": 'finished: {a_model: "10 days"}',
    "stored": 'stored: {a_store: {a_set: "30 days"}}',
    "used": "used: {a_model: [a_method]}",
    "served": "served: [{of: a_set, by: a_model, from: an_index, anything: false}]",
    "destroyed": "destroyed: {a_model: true}",
    "excluded": "excluded: [{of: a_set, from: a_model}]",
    "governed": "governed: {a-clause: true}",
    "harmful_use": "harmful_use: {a_set: false}",
}
"""Each field of a world as it is written."""


class ExpectedDiff(Frozen):
    """That the policy is `is` (stricter, …) than the policy in the file `against`."""

    against: str
    is_: Comparison = Field(alias="is")


class PolicyTest(Frozen):
    name: str
    world: WorldAsTold | None = None
    expect: dict[Name, Expected] = Field(default={})
    expect_check: tuple[str, ...] = ()
    expect_diff: ExpectedDiff | None = None
    today: IsoDate | None = None


class TestFile(Frozen):
    """A file of policy tests."""

    __test__ = False
    unlearn_spec_test: str
    policy: str
    tests: tuple[PolicyTest, ...]
