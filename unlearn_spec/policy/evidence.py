"""The evidence that a clause demands, as frozen types.

Annotations are no strings here: pydantic would read hundreds of them at every start.
"""

from fractions import Fraction
from typing import Annotated, Any, Literal

from pydantic import Discriminator, Tag

from .frozen import Frozen
from .quantities import Count, Days, Name, Positive, Share, Switch
from .vocabulary import Access, Decide, EvidenceKind, Population, Rounding, Score, View


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
