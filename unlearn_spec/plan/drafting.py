"""What every test's obligation takes from its case, its sample and its arms."""

from __future__ import annotations

from fractions import Fraction
from typing import TypedDict, Unpack

from ..catalogue import VerifierId, Work
from ..policy.vocabulary import Access
from ..wording.said import Said
from .arms import Arms
from .case import Case, Sample
from .cost import cost_of
from .model import Cost, Obligation
from .power import Power, power_fields
from .units import Reading, TaskRef, keys


class Own(TypedDict, total=False):
    """Fields of an obligation that some tests have and most leave as they are."""

    n: int
    clusters: int
    asked: str
    reading: Reading | None
    logs: tuple[str, ...]
    chance: Fraction | None
    task: TaskRef | None
    looks: int
    largest: int
    runs: int
    needed: int | None
    refuting_said: Said | None
    before: tuple[str, ...]


def obligation(
    verifier: VerifierId,
    case: Case,
    target: str,
    sample: Sample,
    arms: Arms,
    *,
    access: Access,
    limit: str,
    power: Power | None,
    work: Work | None,
    **own: Unpack[Own],
) -> Obligation:
    """The obligation of one test: the item's own question and no reading, unless `own` says otherwise.

    `work`: what is done to each subject; None where a log tells what somebody else did. Raises `LackingError`.
    """
    audited = case.audited()
    cost = Cost() if work is None else cost_of(verifier, work, arms.subjects, audited.parameters, case.bindings.device)
    usual: Own = {"n": len(sample.items), "clusters": len(set(sample.clusters)), "asked": "direct", "reading": None}
    return Obligation(
        id=case.id,
        clause=case.clause.id,
        artifact=case.artifact,
        verifier=verifier,
        target=target,
        access=access,
        alpha=case.error(),
        decide=case.decide,
        limit=limit,
        effect=case.evidence.power_at,
        **power_fields(power),
        audited=keys(arms.audited),
        original=keys(arms.original),
        references=keys(arms.references),
        controls=arms.controls,
        population=sample.population,
        refute_at=case.refute_at,
        cost=cost,
        refuting=str(own.get("refuting_said") or ""),
        **{**usual, **own},
    )
