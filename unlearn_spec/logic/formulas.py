"""What the theory can say: small frozen formulas over rates, sizes, times and flags. The encoder alone turns them into text."""

from __future__ import annotations

from dataclasses import dataclass, replace
from fractions import Fraction
from functools import cached_property
from typing import Literal

from ..policy.clauses import Decoding, RevealsWhen
from ..policy.vocabulary import About, Access

Comparison = Literal["<=", ">=", "<", ">"]
Whose = Literal["now", "before", "reference"]
Family = Literal["reveals", "answers", "corrects", "drops"]
"""`reveals`: the item is shown. `answers`: no refusal. `corrects`: the corrected statement. `drops`: before minus now, at least 0."""
Bound = Literal["sup", "inf"]


@dataclass(frozen=True)
class Reading:
    """Which rate is meant: what counts as revealing, how answers are drawn, and of what. Two readings are two rates."""

    predicate: str = ""
    decoding: str = ""
    about: About = "model"
    """The one released model's rate of now, or the expectation over trainings. At other times there is but one, named so."""

    def __str__(self) -> str:
        return f"{self.predicate}|{self.decoding}"


def reading_of(reveals_when: RevealsWhen | None, decoding: Decoding | None, about: About | None = None) -> Reading:
    """The reading a clause states; empty parts are open. Not said of what: of the released model. One answer an asking is
    what not saying how many means."""
    predicate = (
        ""
        if reveals_when is None
        else " ".join(f"{name}={value}" for name, value in reveals_when.model_dump(exclude_none=True).items())
    )
    drawn = (
        ""
        if decoding is None
        else " ".join(
            f"{name}={value}"
            for name, value in decoding.model_dump(exclude_none=True).items()
            if name != "max_new_tokens" and (name, value) != ("samples", 1)
        )
    )
    return Reading(predicate, drawn, about or "model")


@dataclass(frozen=True)
class Rate:
    """One rate function over items: supremum or infimum over the probes of a class, at one access level of one artifact."""

    artifact: str
    whose: Whose
    family: Family
    bound: Bound
    access: Access
    asked: str
    """A probe class, or `suite:<digest>`."""
    reading: Reading

    def __hash__(self) -> int:
        return self._hash

    @cached_property
    def _hash(self) -> int:  # rates are the keys of most of what is encoded
        return hash((self.artifact, self.whose, self.family, self.bound, self.access, self.asked, self.reading))

    def at(self, whose: Whose) -> Rate:
        """The same rate before unlearning, or of the reference."""
        return replace(self.of("model"), whose=whose)

    def of(self, about: About) -> Rate:
        """The same rate of the released model, or of its process."""
        return replace(self, reading=replace(self.reading, about=about))


@dataclass(frozen=True)
class Mean:
    """Mean of `rate` over the items of `target`, compared with `limit`."""

    rate: Rate
    target: str
    op: Comparison
    limit: Fraction


@dataclass(frozen=True)
class ShareAbove:
    """Share of the target's items whose rate is above `threshold` (at or above, if `inclusive`), compared with `limit`."""

    rate: Rate
    target: str
    threshold: Fraction
    inclusive: bool
    op: Comparison
    limit: Fraction


@dataclass(frozen=True)
class NumberAbove:
    """Number of such items, compared with `limit`."""

    rate: Rate
    target: str
    threshold: Fraction
    inclusive: bool
    op: Comparison
    limit: int


@dataclass(frozen=True)
class MeanDrop:
    """Mean of `before` minus mean of `now` over the target, compared with `limit`."""

    before: Rate
    now: Rate
    target: str
    op: Comparison
    limit: Fraction


@dataclass(frozen=True)
class Tpr:
    """True-positive rate of the best membership test at a false-positive rate.

    `fair`: members and non-members were drawn by the same lottery, so that closeness to retraining bounds it.
    """

    target: str
    artifact: str
    at_fpr: Fraction
    fair: bool
    op: Comparison
    limit: Fraction


@dataclass(frozen=True)
class Removed:
    """The primitive of removal: the process that made the parameters is (ε, δ)-close to one without the target."""

    target: str
    artifact: str
    epsilon: Fraction
    delta: Fraction
    compared_with: str


@dataclass(frozen=True)
class Uses:
    """A method is used on an artifact."""

    method: str
    artifact: str


@dataclass(frozen=True)
class FinishedBy:
    """The work on an artifact is done, compared with a day."""

    artifact: str
    op: Comparison
    day: Fraction


@dataclass(frozen=True)
class Stored:
    """Every item of `target` is kept in `store` until a day (`>=`), or gone by it (`<=`)."""

    target: str
    store: str
    op: Literal["<=", ">="]
    day: Fraction


@dataclass(frozen=True)
class KeptForTest:
    """Some store keeps every item of `target` until the work on `artifact` is done, and until day `at`."""

    target: str
    stores: tuple[str, ...]
    artifact: str
    at: Fraction


@dataclass(frozen=True)
class Unserved:
    """The index, memory or cache `path` serves nothing of `target` through `artifact`."""

    target: str
    artifact: str
    path: str


@dataclass(frozen=True)
class Size:
    """Number of items of a set, within [low, high]; `high` None: no upper bound."""

    target: str
    low: int
    high: int | None


@dataclass(frozen=True)
class Overlap:
    """Number of items in both sets, within [low, high]; `high` None: no upper bound."""

    left: str
    right: str
    low: int
    high: int | None


@dataclass(frozen=True)
class Flag:
    """A plain proposition, such as `destroyed` of an artifact."""

    name: Literal[
        "destroyed", "controlled", "acted_on", "recalled", "certified", "influenced", "excluded", "governed", "harmful_use"
    ]
    of: tuple[str, ...]


@dataclass(frozen=True)
class All:
    """Every part; true of none."""

    parts: tuple[Formula, ...]


@dataclass(frozen=True)
class Either:
    """Some part; false of none."""

    parts: tuple[Formula, ...]


@dataclass(frozen=True)
class Not:
    """The part is not so."""

    part: Formula


@dataclass(frozen=True)
class Implies:
    """The conclusion, wherever the premise is so."""

    premise: Formula
    conclusion: Formula


Formula = (
    Mean
    | ShareAbove
    | NumberAbove
    | MeanDrop
    | Tpr
    | Removed
    | Uses
    | FinishedBy
    | Stored
    | KeptForTest
    | Unserved
    | Size
    | Overlap
    | Flag
    | All
    | Either
    | Not
    | Implies
)
TRUE = All(())


def atoms(formula: Formula) -> tuple[Formula, ...]:
    """The formula's atoms, in order."""
    match formula:
        case All(parts) | Either(parts):
            return tuple(atom for part in parts for atom in atoms(part))
        case Not(part):
            return atoms(part)
        case Implies(premise, conclusion):
            return atoms(premise) + atoms(conclusion)
        case _:
            return (formula,)
