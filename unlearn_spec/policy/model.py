"""The policy as frozen types: what a well-formed file says, before any question about what it means.

A field that is `None` (or an empty tuple) was not written. Rates are exact fractions in [0, 1]; durations are exact
days from `clock.starts`; names are checked for existence by `load`, not here.

Annotations are no strings here: pydantic would read hundreds of them at every start.
"""

from datetime import date
from typing import Annotated, Literal

from pydantic import Discriminator, Field, Tag

from .clauses import Clause, Decoding, RevealsWhen
from .frozen import Frozen, mapping_or_word
from .quantities import Count, Days, Digest, Epsilon, IsoDate, ItemCount, Name, Number, Share, Switch
from .vocabulary import Access, ArtifactKind, Asked, InformationKind, Says, Status

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
    other_units: dict[Name, Count] = Field(default={})
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
    people: dict[Name, People] = Field(default={})
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
