"""What a clause says, as frozen types: where it applies, when an answer reveals, its goal and the limit of that.

Annotations are no strings here: pydantic would read hundreds of them at every start.
"""

from collections.abc import Mapping
from typing import Annotated, Any, Literal, Self, Union

from pydantic import Discriminator, Field, PrivateAttr, Tag

from .evidence import Evidence
from .frozen import Frozen, mapping_or_word
from .quantities import Count, Days, Epsilon, Name, Number, Share
from .vocabulary import About, Access, Asked, Metric, Reference


class RevealsWhen(Frozen):
    """When an answer counts as revealing an item."""

    metric: Metric
    at_least: Share | None = None
    normalisation: Literal["none", "casefold", "casefold_nfkc_space", "rouge_score"] | None = None
    judge: str | None = None
    options: Literal["letters", "texts", "task"] | None = None


class Decoding(Frozen):
    method: Literal["greedy", "sample"]
    temperature: Number | None = None
    top_p: Share | None = None
    top_k: Count | None = None
    samples: Count | None = None
    max_new_tokens: Count | None = None


# --- conditions ------------------------------------------------------------------------------------------------------


class Not(Frozen):
    not_: "Condition" = Field(alias="not")


class AllOf(Frozen):
    all: "tuple[Condition, ...]"


class AnyOf(Frozen):
    any: "tuple[Condition, ...]"


def condition_kind(value: Any) -> str:
    """Which branch of a condition was written: a situation's name, or a mapping with `not`, `all` or `any`."""
    if isinstance(value, dict):
        return next((f"<{key}>" for key in ("not", "all", "any") if key in value), "<all>")
    branches: tuple[tuple[type[Frozen], str], ...] = ((Not, "<not>"), (AllOf, "<all>"), (AnyOf, "<any>"))
    return next((tag for branch, tag in branches if isinstance(value, branch)), "<name>")


Condition = Annotated[
    Union[  # noqa: UP007 — a recursive alias cannot use `|` before its members exist
        Annotated[str, Tag("<name>")],
        Annotated[Not, Tag("<not>")],
        Annotated[AllOf, Tag("<all>")],
        Annotated[AnyOf, Tag("<any>")],
    ],
    Discriminator(condition_kind),
]
Not.model_rebuild()
AllOf.model_rebuild()
AnyOf.model_rebuild()


# --- clauses ---------------------------------------------------------------------------------------------------------


class Scope(Frozen):
    artifacts: tuple[str, ...] | None = None
    """Artifact names; `x+derived` takes in everything derived from `x`."""
    access: Access | None = None
    asked: Asked | None = None
    audience: Name | None = None
    languages: tuple[str, ...] = ()
    precision: tuple[str, ...] = ()
    decoding: Decoding | None = None
    when: Condition | None = None


class ShareOf(Frozen):
    share: Share


Over = Annotated[
    Annotated[Literal["mean", "each"], Tag("<word>")] | Annotated[ShareOf, Tag("<mapping>")],
    Discriminator(mapping_or_word),
]


class ClauseBase(Frozen):
    id: Name
    scope: Scope = Scope()
    by: Days | None = None
    until: Days | None = None
    using: tuple[Name, ...] = ()
    overrides: tuple[Name, ...] = ()
    strength: Literal["must", "should"] = "must"
    weight: Count | None = None
    evidence: Evidence | None = None
    note: str | None = None
    _left: dict[str, str] = PrivateAttr(default_factory=dict)

    @property
    def left(self) -> Mapping[str, str]:
        """What other clauses leave of the target, by artifact, where they suspend this one for some items. Not in the file."""
        return self._left

    def leaving(self, left: Mapping[str, str]) -> Self:
        """The clause for no more than what is left of its target."""
        found = self.model_copy()
        found._left = dict(left)
        return found


class AtMost(Frozen):
    at_most: Share


class AtLeast(Frozen):
    at_least: Share


class Within(Frozen):
    """Paired margin: not worse (for `retain`) than today by more than `within`."""

    within: Share
    of: Literal["before"]


class Closeness(Frozen):
    """(ε, δ)-closeness to a model trained without the target."""

    epsilon: Epsilon
    delta: Share
    compared_with: Reference | None = None


class MembershipBound(Frozen):
    """True-positive rate of any membership test at a false-positive rate."""

    tpr_at_most: Share
    at_fpr: Share


class Corrected(Frozen):
    at_least: Share
    at_most: Share


def removal_limit(value: Any) -> str:
    """Which limit of a `remove` clause was written: closeness, or a bound on membership tests."""
    if isinstance(value, dict):
        return "<membership>" if {"tpr_at_most", "at_fpr"} & set(value) else "<closeness>"
    return "<membership>" if isinstance(value, MembershipBound) else "<closeness>"


def retain_limit(value: Any) -> str:
    """Which limit of a `retain` clause was written: a floor, or a margin below today."""
    if isinstance(value, dict):
        return "<within>" if {"within", "of"} & set(value) else "<at_least>"
    return "<within>" if isinstance(value, Within) else "<at_least>"


RemovalLimit = Annotated[
    Annotated[Closeness, Tag("<closeness>")] | Annotated[MembershipBound, Tag("<membership>")],
    Discriminator(removal_limit),
]
RetainLimit = Annotated[
    Annotated[AtLeast, Tag("<at_least>")] | Annotated[Within, Tag("<within>")],
    Discriminator(retain_limit),
]


class Remove(ClauseBase):
    goal: Literal["remove"]
    target: Name
    measure: Literal["influence", "membership"]
    about: About | None = None
    limit: RemovalLimit


class Suppress(ClauseBase):
    goal: Literal["suppress"]
    target: Name
    over: Over | None = None
    about: About | None = None
    limit: AtMost
    reveals_when: RevealsWhen | None = None


class Refuse(ClauseBase):
    """A marked refusal: the share of askings answered by one."""

    goal: Literal["refuse"]
    target: Name
    over: Over | None = None
    about: About | None = None
    limit: AtLeast
    reveals_when: RevealsWhen | None = None


class Retain(ClauseBase):
    goal: Literal["retain"]
    target: Name
    over: Over | None = None
    about: About | None = None
    limit: RetainLimit
    reveals_when: RevealsWhen | None = None


class Rectify(ClauseBase):
    """The corrected statement at least so often, the old one at most so often."""

    goal: Literal["rectify"]
    target: Name
    over: Over | None = None
    limit: Corrected
    reveals_when: RevealsWhen | None = None


class Delete(ClauseBase):
    goal: Literal["delete"]
    target: Name


class Keep(ClauseBase):
    goal: Literal["keep"]
    target: Name


class ExcludeFuture(ClauseBase):
    goal: Literal["exclude_future"]
    target: Name


class DeIndex(ClauseBase):
    goal: Literal["de_index"]
    target: Name


class Destroy(ClauseBase):
    goal: Literal["destroy"]


class Finish(ClauseBase):
    goal: Literal["finish"]


class Ban(ClauseBase):
    goal: Literal["ban"]
    methods: tuple[Name, ...]


class Govern(ClauseBase):
    """Measures about use (access control, monitoring, terms). Entails no rate."""

    goal: Literal["govern"]
    target: Name | None = None
    measures: tuple[str, ...]


Clause = Annotated[
    Remove
    | Suppress
    | Refuse
    | Retain
    | Rectify
    | Delete
    | Keep
    | ExcludeFuture
    | DeIndex
    | Destroy
    | Finish
    | Ban
    | Govern,
    Field(discriminator="goal"),
]
RateClause = Suppress | Refuse | Retain
"""Clauses about how often something is answered or shown."""
