"""One clause on one artifact, and what it finds in the bindings; or what it lacks."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from fractions import Fraction
from types import MappingProxyType
from typing import Literal

from ..catalogue import VERIFIERS, Gate, VerifierId, reachable
from ..logic.worlds import short_percent
from ..policy.clauses import Clause, Closeness, Decoding, Remove, Retain, RevealsWhen, Suppress, Within
from ..policy.evidence import Evidence
from ..policy.model import Policy
from ..policy.vocabulary import Access
from ..verifiers.items import Item
from ..wording.said import Said, said
from .bound import Bindings, BoundSubject
from .model import Gap, Obligation
from .units import DataRef, Reading, Role, SubjectRef, Unit


class LackingError(Exception):
    """The clause cannot be tested as things stand: why, and what exactly would change that. Two sentences."""

    def __init__(self, outcome: Literal["not_tested", "not_testable", "rejected"], reason: Said, needs: Said) -> None:
        self.outcome: Literal["not_tested", "not_testable", "rejected"] = outcome
        self.reason, self.needs = reason, needs
        super().__init__(f"{reason} {needs}")


CONTROLS: Mapping[str, Gate] = MappingProxyType({
    "original": "positive",
    "never_trained": "negative",
    "randomised_holdout": "blind_baseline",
    "repeat": "repeat",
    "degeneracy": "degeneracy",
})  # fmt: skip
"""Controls that evidence may demand, by the policy's name for them."""


@dataclass(frozen=True)
class Draft:
    """An obligation with the units it speaks of."""

    obligation: Obligation
    units: tuple[Unit, ...] = ()
    gap: Gap | None = None


@dataclass(frozen=True)
class Sample:
    """The items of an obligation."""

    ref: DataRef
    items: tuple[Item, ...]
    population: Literal["these_items", "wider"]

    @property
    def clusters(self) -> tuple[str, ...]:
        return tuple(item.cluster for item in self.items)


@dataclass(frozen=True)
class Case:
    """One clause on one artifact, with the bindings of this verification."""

    policy: Policy
    bindings: Bindings
    clause: Clause
    artifact: str
    evidence: Evidence
    alpha: Fraction | None
    """Error of the clause's fact on this artifact, if the policy says how much there is."""

    @property
    def id(self) -> str:
        return f"{self.clause.id}@{self.artifact}"

    @property
    def decide(self) -> Literal["certify", "not_refuted"]:
        """Not said: the weaker one."""
        return self.evidence.decide or "not_refuted"

    @property
    def refute_at(self) -> Fraction | None:
        """The registered rate in one run, where the clause is about the process; a removal is, unless it says otherwise."""
        about = getattr(self.clause, "about", None) or ("process" if isinstance(self.clause, Remove) else "model")
        return self.evidence.refute_at if about == "process" else None

    def error(self) -> Fraction:
        if self.alpha is None:
            raise LackingError(
                "not_tested",
                said("lack.confidence"),
                said("need.confidence"),
            )
        if not 0 < self.alpha < 1:
            raise LackingError(
                "not_testable",
                said("lack.error"),
                said("need.error"),
            )
        return self.alpha

    def gates(self, verifier: VerifierId) -> tuple[Gate, ...]:
        """The gates of a verifier and those that the clause asks for beside them. Raises `LackingError`.

        A fall since before can only be missed where something was known before: the original is the positive control.
        That nothing was declined says something only if a refusal would have been seen: one is planted. A linear probe
        that does as well on labels dealt out at random has found nothing: that is its control task.
        """
        fall = isinstance(self.clause, Retain) and isinstance(self.clause.limit, Within)
        more: tuple[Gate, ...] = ("positive",) if fall else ()
        if self._limits_refusals():
            more = (*more, "planted")
        if verifier == "latent" and "linear_probe" in self.evidence.inspect:
            more = (*more, "control_task")
        return tuple(dict.fromkeys((*more, *VERIFIERS[verifier].gates, *self._demanded())))

    def _limits_refusals(self) -> bool:
        """Whether the clause is met by an absence of refusals."""
        metric = getattr(getattr(self.clause, "reveals_when", None), "metric", None)
        kept, limited = isinstance(self.clause, Retain), isinstance(self.clause, Suppress)
        return (kept and metric == "not_refusal") or (limited and metric == "refusal")

    def _demanded(self) -> tuple[Gate, ...]:
        """The gates that the clause's evidence demands by name."""
        for name in self.evidence.controls:
            if name not in CONTROLS:
                raise LackingError(
                    "not_testable", said("lack.control", name=name), said("need.control", names=tuple(CONTROLS))
                )
        return tuple(CONTROLS[name] for name in self.evidence.controls)

    def blind(self, target: str, members: DataRef) -> tuple[DataRef, ...]:
        """Members and randomised hold-out, for the blind baseline; nothing if none is bound. Of canaries: both halves."""
        canaries = self.bindings.canaries.get(target)
        if self.evidence.canaries is not None and canaries is not None:
            return canaries.included.ref(), canaries.excluded.ref()
        holdout = self.bindings.holdouts.get(target)
        return () if holdout is None or not holdout.randomised else (members, holdout.ref())

    def access(self) -> Access:
        access = self.evidence.access or self.clause.scope.access
        if access is None:
            raise LackingError(
                "not_tested", said("lack.access"), said("need.access")
            )
        return access

    def audited(self) -> BoundSubject:
        found = self.bindings.artifacts.get(self.artifact)
        if found is None:
            raise LackingError(
                "not_tested", said("lack.model", artifact=self.artifact), said("need.model", artifact=self.artifact)
            )
        return found

    def logs(self) -> tuple[str, ...]:
        """Digests of the logs that stand for this artifact's models."""
        subjects = (self.audited(), self.bindings.original.get(self.artifact), *self.bindings.references.get(self.artifact, ()))
        return tuple(one.digest for one in subjects if one is not None and one.log is not None)
    @property
    def runs(self) -> int:
        """How many runs of the process are tested, the audited one among them."""
        return self.evidence.runs or 1

    def need_runs(self) -> None:
        bound = 1 + len(self.bindings.runs.get(self.artifact, ()))
        if bound < self.runs:
            raise LackingError(
                "not_testable",
                said("lack.runs", runs=self.runs, number=bound),
                said("need.runs", number=self.runs - bound, artifact=self.artifact),
            )

    def arms(self, *, guarded: bool) -> dict[Role, tuple[SubjectRef, ...]]:
        """The subjects of each role: one audited for each run that counts, at most one original, any number of references."""
        precision, name = self.bindings.precision, self.artifact
        original = self.bindings.original.get(name)
        references = self.bindings.references.get(name, ())
        return {
            "audited": tuple(
                one.ref("audited", name, precision, index=index, guarded=guarded)
                for index, one in enumerate((self.audited(), *self.bindings.runs.get(name, ())[: self.runs - 1]))
            ),
            "original": () if original is None else (original.ref("original", name, precision, guarded=guarded),),
            "reference": tuple(
                one.ref("reference", name, precision, index=index, guarded=guarded)
                for index, one in enumerate(references)
            ),
        }

    def need_original(self, why: Said) -> None:
        if self.artifact not in self.bindings.original:
            raise LackingError("not_testable", why, said("need.original", artifact=self.artifact))

    def need_references(self) -> None:
        if not self.bindings.references.get(self.artifact):
            raise LackingError(
                "not_testable",
                said("lack.references"),
                said("need.references", artifact=self.artifact),
            )
        self.need_alike()

    def need_alike(self) -> None:
        """Raises `LackingError` where runs or references are asked through another prompt template than the audited model:
        what sets them apart would then be the template."""
        others = (*self.bindings.references.get(self.artifact, ()), *self.bindings.runs.get(self.artifact, ())[: self.runs - 1])
        if any(asked_through(one) != asked_through(self.audited()) for one in others):
            raise LackingError(
                "not_testable",
                said("lack.template"),
                said("need.template", artifact=self.artifact),
            )

    def sample(self, target: str) -> Sample:
        """The items to test with: those listed, `samples` of them drawn if fewer are asked for.

        For a wider population the items bound to it; without any, the listed ones stand for it, if they are enough.
        """
        wanted, wider = self.evidence.samples, self.evidence.population == "wider"
        found = self.bindings.wider.get(target) if wider else None
        found = found or self.bindings.data.get(target)
        if found is None:
            raise LackingError("not_tested", said("lack.data", target=target), said("need.data", target=target))
        if wider and wanted is not None and len(found.items) < wanted:
            raise LackingError(
                "not_tested",
                said("lack.wider", wanted=wanted, target=target, bound=len(found.items)),
                said("need.wider", wanted=wanted, target=target),
            )
        ref = found.ref(None if wider else wanted, self.bindings.seed)
        return Sample(ref, self.bindings.items(ref), "wider" if wider else "these_items")


def asked_through(subject: BoundSubject) -> tuple[str, bool]:
    """The template around a prompt, and whether a chat server puts another one around that."""
    return subject.prompt, subject.endpoint is not None and subject.endpoint.ref.chat


def reading_from(reveals_when: RevealsWhen, decoding: Decoding) -> Reading:
    """A clause's stated reading as the verifiers take it."""
    return Reading(
        metric=reveals_when.metric,
        at_least=reveals_when.at_least,
        normalisation=reveals_when.normalisation,
        judge=reveals_when.judge,
        options=reveals_when.options,
        decoding=decoding.method,
        temperature=decoding.temperature,
        top_p=decoding.top_p,
        top_k=decoding.top_k,
        samples=decoding.samples,
        max_new_tokens=decoding.max_new_tokens or 64,
    )


def reached(verifier: VerifierId, access: Access) -> None:
    """Raises `LackingError` where the verifier cannot run at this access."""
    declared = VERIFIERS[verifier]
    if not reachable(declared, access):
        raise LackingError(
            "not_testable",
            said("lack.reach", access=access),
            said("need.reach", access=declared.min_access),
        )


def needs_retraining(limit: Closeness) -> None:
    """Raises `LackingError` unless the reference is a plain retraining: of another nothing is known to be close (AX6)."""
    if limit.compared_with != "retrain_without":
        raise LackingError(
            "not_testable",
            said("lack.retraining"),
            said("need.retraining"),
        )


def closeness_words(limit: Closeness) -> str:
    """A limit on closeness, in words."""
    return f"within ε {float(limit.epsilon):g}, δ {short_percent(limit.delta)} of a model trained without it"
