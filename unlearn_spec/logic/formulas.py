"""What the theory can say: small frozen formulas over rates, sizes, times and flags. The encoder alone turns them into text."""

from __future__ import annotations

from fractions import Fraction
from functools import cached_property
from typing import Literal

from msgspec.structs import replace

from ..policy.clauses import Decoding, RevealsWhen
from ..policy.vocabulary import About, Access
from ..record import Record

Comparison = Literal["<=", ">=", "<", ">"]
Whose = Literal["now", "before", "reference"]
Family = Literal["reveals", "answers", "corrects", "drops"]
"""`reveals`: the item is shown. `answers`: no refusal. `corrects`: the corrected statement. `drops`: before minus now, at least 0."""
Bound = Literal["sup", "inf"]


class Reading(Record):
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


class Rate(Record, dict=True):
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


class Mean(Record):
    """Mean of `rate` over the items of `target`, compared with `limit`."""

    rate: Rate
    target: str
    op: Comparison
    limit: Fraction


class ShareAbove(Record):
    """Share of the target's items whose rate is above `threshold` (at or above, if `inclusive`), compared with `limit`."""

    rate: Rate
    target: str
    threshold: Fraction
    inclusive: bool
    op: Comparison
    limit: Fraction


class NumberAbove(Record):
    """Number of such items, compared with `limit`."""

    rate: Rate
    target: str
    threshold: Fraction
    inclusive: bool
    op: Comparison
    limit: int


class MeanDrop(Record):
    """Mean of `before` minus mean of `now` over the target, compared with `limit`."""

    before: Rate
    now: Rate
    target: str
    op: Comparison
    limit: Fraction


class Tpr(Record):
    """True-positive rate of the best membership test at a false-positive rate.

    `fair`: members and non-members were drawn by the same lottery, so that closeness to retraining bounds it.
    """

    target: str
    artifact: str
    at_fpr: Fraction
    fair: bool
    op: Comparison
    limit: Fraction


class Removed(Record):
    """The primitive of removal: the process that made the parameters is (ε, δ)-close to one without the target."""

    target: str
    artifact: str
    epsilon: Fraction
    delta: Fraction
    compared_with: str


class Uses(Record):
    """A method is used on an artifact."""

    method: str
    artifact: str


class FinishedBy(Record):
    """The work on an artifact is done, compared with a day."""

    artifact: str
    op: Comparison
    day: Fraction


class Stored(Record):
    """Every item of `target` is kept in `store` until a day (`>=`), or gone by it (`<=`)."""

    target: str
    store: str
    op: Literal["<=", ">="]
    day: Fraction


class KeptForTest(Record):
    """Some store keeps every item of `target` until the work on `artifact` is done, and until day `at`."""

    target: str
    stores: tuple[str, ...]
    artifact: str
    at: Fraction


class Unserved(Record):
    """The index, memory or cache `path` serves nothing of `target` through `artifact`."""

    target: str
    artifact: str
    path: str


class Size(Record):
    """Number of items of a set, within [low, high]; `high` None: no upper bound."""

    target: str
    low: int
    high: int | None


class Overlap(Record):
    """Number of items in both sets, within [low, high]; `high` None: no upper bound."""

    left: str
    right: str
    low: int
    high: int | None


class Flag(Record):
    """A plain proposition, such as `destroyed` of an artifact."""

    name: Literal[
        "destroyed", "controlled", "acted_on", "recalled", "certified", "influenced", "excluded", "governed", "harmful_use"
    ]
    of: tuple[str, ...]


class All(Record):
    """Every part; true of none."""

    parts: tuple[Formula, ...]


class Either(Record):
    """Some part; false of none."""

    parts: tuple[Formula, ...]


class Not(Record):
    """The part is not so."""

    part: Formula


class Implies(Record):
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
