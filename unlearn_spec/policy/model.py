"""The policy as frozen types: what a well-formed file says, before any question about what it means.

A field that is `None` (or an empty tuple) was not written. Rates are exact fractions in [0, 1]; durations are exact
days from `clock.starts`; names are checked for existence by `load`, not here.

Annotations are no strings here: pydantic would read hundreds of them at every start.
"""

from collections.abc import Mapping
from datetime import date
from fractions import Fraction
from typing import Annotated, Any, Literal, Self, Union

from pydantic import BaseModel, ConfigDict, Discriminator, Field, PrivateAttr, Tag

from .quantities import Count, Days, Digest, Epsilon, IsoDate, ItemCount, Name, Number, Positive, Share, Switch
from .vocabulary import (
    About,
    Access,
    ArtifactKind,
    Asked,
    Decide,
    EvidenceKind,
    InformationKind,
    Metric,
    Population,
    Reference,
    Rounding,
    Says,
    Score,
    Status,
    View,
)


class Frozen(BaseModel):
    """Base of every policy type: immutable, no unknown keys."""

    model_config = ConfigDict(
        frozen=True, extra="forbid", arbitrary_types_allowed=True, populate_by_name=True, defer_build=True
    )


def mapping_or_word(value: Any) -> str:
    """Which branch of "a word or a mapping" was written."""
    return "<mapping>" if isinstance(value, dict | BaseModel) else "<word>"


# --- who, when, what -------------------------------------------------------------------------------------------------


class Basis(Frozen):
    """A provision the drafter cites. Carried into reports; has no logical meaning."""

    instrument: str
    provision: str | None = None
    jurisdiction: str | None = None
    note: str | None = None


class Header(Frozen):
    id: Name
    version: Count
    title: str | None = None
    status: Status = "draft"
    owner: str | None = None
    basis: tuple[Basis, ...] = ()
    purpose: str | None = None
    confidence: Share | None = None


class Clock(Frozen):
    starts: Name


class NearDuplicates(Frozen):
    metric: Name
    at_least: Share


NearDuplicateRule = Annotated[
    Annotated[NearDuplicates, Tag("<mapping>")] | Annotated[Literal[False], Tag("<word>")],
    Discriminator(mapping_or_word),
]


class Closure(Frozen):
    """How far the target reaches beyond the listed items. Not written: exact duplicates only."""

    exact_duplicates: Switch | None = None
    near_duplicates: NearDuplicateRule | None = None
    excerpts: Switch | None = None
    translations: Switch | None = None
    paraphrases: Switch | None = None
    annotations: Switch | None = None
    embeddings: Switch | None = None
    synthetic_derivatives: Switch | None = None
    inferences: Switch | None = None


class Information(Frozen):
    """A set of items: training examples, facts a model can reveal, or a concept."""

    kind: InformationKind
    size: ItemCount | None = None
    unit: Name | None = None
    other_units: dict[Name, Count] = {}
    """The set counted in other units: at most so many."""
    manifest: Digest | None = None
    source: str | None = None
    built_from: Name | None = None
    closure: Closure | None = None
    exceptions: tuple[str, ...] = ()
    handling: str | None = None
    adjudicator: str | None = None
    description: str | None = None


class Relation(Frozen):
    """One declared relation between information sets: `left` kind `right`, with bounds for `overlaps`.

    `also`: further sets, where it says that all of them are disjoint from each other.
    """

    left: Name
    kind: Literal["within", "disjoint_from", "overlaps"]
    right: Name
    low: int | None = None
    high: int | None = None
    also: tuple[Name, ...] = ()

    @property
    def sets(self) -> tuple[Name, ...]:
        """Every set it speaks of."""
        return (self.left, self.right, *self.also)

    def __str__(self) -> str:
        if not self.also:
            return f"{self.left} {self.kind.replace('_', ' ')} {self.right}"
        shown, rest = self.sets[:4], len(self.sets) - 4
        return f"[{', '.join(shown)}{f' and {rest:,} more' if rest > 0 else ''}] disjoint from each other"


class Artifact(Frozen):
    kind: ArtifactKind
    trained_on: tuple[Name, ...] = ()
    holds: tuple[Name, ...] = ()
    derived_from: Name | None = None
    by: str | None = None
    on: IsoDate | None = None
    serves_from: tuple[Name, ...] = ()
    seen_by: dict[Name, Access]
    description: str | None = None


class People(Frozen):
    within: Name | None = None


class Parties(Frozen):
    obligor: Name
    verifier: Name | None = None
    beneficiary: Name | None = None


class Guarantee(Frozen):
    epsilon: Epsilon
    delta: Share
    per: Name | None = None
    """The unit that the proof speaks of. Not written: the target as a whole."""


class Method(Frozen):
    reaches: Access
    takes: Days | None = None
    guarantee: Guarantee | None = None
    not_on: tuple[Name, ...] = ()


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


class Baseline(Frozen):
    """What was measured before: a lower bound on today's mean rate."""

    id: Name
    target: Name
    in_: Name = Field(alias="in")
    access: Access
    asked: Asked
    mean_at_least: Share
    from_report: str | None = None
    reveals_when: RevealsWhen | None = None
    decoding: Decoding | None = None


class RetrainFact(Frozen):
    """What a model trained without some data would still do."""

    id: Name
    target: Name
    without: Name
    in_: Name = Field(alias="in")
    access: Access
    asked: Asked
    mean_between: tuple[Share, Share]
    because: str | None = None
    reveals_when: RevealsWhen | None = None
    decoding: Decoding | None = None


class Budget(Frozen):
    queries: Count | None = None
    days: Days | None = None
    gpu_hours: Number | None = None


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


def list_or_word(value: Any) -> str:
    """Which branch of "one or a list of several" was written."""
    return "<list>" if isinstance(value, list | tuple) else "<word>"


Counts = Annotated[
    Annotated[Count, Tag("<word>")] | Annotated[tuple[Count, ...], Tag("<list>")], Discriminator(list_or_word)
]
Rates = Annotated[
    Annotated[Positive, Tag("<word>")] | Annotated[tuple[Positive, ...], Tag("<list>")], Discriminator(list_or_word)
]
LORA_RANK = 8
"""Rank of low-rank updates where none is written."""


class Relearn(Frozen):
    """A grid of fine-tuning attacks: every learning rate with every number of steps, under every repeat."""

    steps: Counts
    learning_rate: Rates
    on: Literal["random_half", "retain_only", "benign"] = "random_half"
    tune: Literal["full", "lora"] | None = None
    """Not written: all weights."""
    rank: Count | None = None
    """Of the low-rank updates, for `tune: lora`."""
    repeats: Count | None = None
    """Independent attacks, each with its own split and order of training; not written: one."""

    @property
    def looks(self) -> tuple[int, ...]:
        """The numbers of steps after which is looked, in ascending order."""
        return tuple(sorted(set(self.steps if isinstance(self.steps, tuple) else (self.steps,))))

    @property
    def rates(self) -> tuple[Fraction, ...]:
        """The learning rates, as written."""
        return tuple(dict.fromkeys(self.learning_rate if isinstance(self.learning_rate, tuple) else (self.learning_rate,)))

    @property
    def low_rank(self) -> int | None:
        """The rank of the updates that are trained; None where all weights are."""
        return (self.rank or LORA_RANK) if self.tune == "lora" else None

    @property
    def attacks(self) -> int:
        """How many attacks are registered: numbers of steps × learning rates × repeats."""
        return len(self.looks) * len(self.rates) * (self.repeats or 1)


class Ensemble(Frozen):
    """Audited runs against retrained references, as whole models: their labels are permuted."""

    statistic: Literal["mmd", "energy", "klom"]


class Canaries(Frozen):
    """Items put in or left out of training at random: the verifier guesses which, from the audited model."""

    guesses: Count
    """How many guesses are made: one half "in", the other "out"."""
    score: Score | None = None
    """What ranks the canaries. Not written: `loss`."""


class Evidence(Frozen):
    kind: EvidenceKind
    access: Access | None = None
    suite: str | None = None
    population: Population | None = None
    samples: Count | None = None
    confidence: Share | None = None
    decide: Decide | None = None
    power_at: Share | None = None
    """The smallest rate (or drop, for `retain`) that the test must find with 80 % power."""
    refute_at: Share | None = None
    """For `about: process`: the rate in one run, fixed beforehand, from which the clause counts as refuted."""
    evaluator: Literal["internal", "independent"] | None = None
    needs_raw_data: Switch | None = None
    at: Days | None = None
    """Earliest day on which the test can run."""
    relearn: Relearn | None = None
    quantize: tuple[Rounding, ...] = ()
    inspect: tuple[View, ...] = ()
    controls: tuple[Name, ...] = ()
    record: Name | None = None
    stop: Literal["anytime"] | None = None
    """Looks are taken on the way, and the test ends once its bounds, valid at every look, have decided."""
    runs: Count | None = None
    """Independent train-and-unlearn runs that are tested, the audited one among them. Not written: that one alone."""
    ensemble: Ensemble | None = None
    canaries: Canaries | None = None


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


# --- what is said to others, and what is accepted --------------------------------------------------------------------


class Claim(Frozen):
    """An outward statement that must follow from the clauses."""

    id: Name
    says: Says
    of: Name | None = None
    in_: tuple[Name, ...] = Field(default=(), alias="in")
    access: Access | None = None
    asked: Asked | None = None
    at_most: Share | None = None
    within: Share | None = None
    epsilon: Epsilon | None = None
    delta: Share | None = None
    reveals_when: RevealsWhen | None = None
    decoding: Decoding | None = None
    text: str | None = None


class OutOfScope(Frozen):
    target: Name
    artifacts: tuple[Name, ...]
    reason: str
    owner: str


class OpenQuestion(Frozen):
    clause: Name
    field: str
    owner: str
    until: IsoDate
    note: str | None = None


class Accept(Frozen):
    code: str
    clause: Name
    reason: str
    by: str
    until: IsoDate


class Override(Frozen):
    """A fact of the feasibility base that this policy does not rely on, and why."""

    fact: str
    reason: str
    by: str
    until: IsoDate


class Policy(Frozen):
    unlearn_spec: str
    policy: Header
    clock: Clock | None = None
    information: dict[Name, Information]
    relations: tuple[Relation, ...] = ()
    people: dict[Name, People] = {}
    parties: Parties | None = None
    controls: dict[Name, tuple[Name, ...]] | None = None
    artifacts: dict[Name, Artifact]
    situations: tuple[Name, ...] = ()
    exclusive: tuple[tuple[Name, ...], ...] = ()
    methods: dict[Name, Method] | None = None
    measured_before: tuple[Baseline, ...] = ()
    reference_retrain: tuple[RetrainFact, ...] = ()
    budget: Budget | None = None
    clauses: tuple[Clause, ...]
    claims: tuple[Claim, ...] = ()
    out_of_scope: tuple[OutOfScope, ...] = ()
    open_questions: tuple[OpenQuestion, ...] = ()
    accept: tuple[Accept, ...] = ()
    feasibility: tuple[Override, ...] = ()


def as_of(entry: Accept | OpenQuestion | Override, today: date) -> bool:
    """Whether a dated entry still stands on the day `today`."""
    return today <= entry.until
