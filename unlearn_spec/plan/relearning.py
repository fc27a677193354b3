"""The relearning attack as an obligation: both halves on every subject, references as the floor."""

from __future__ import annotations

from dataclasses import replace
from fractions import Fraction

from ..catalogue import VERIFIERS, reachable
from ..evidence.canonical import Json, json_digest
from ..logic.suites import altered_suite
from ..policy.model import Relearn, Remove, Retain, Suppress
from .arms import make_arms
from .case import Case, Draft, LackingError
from .cost import cost_of, work_of
from .model import DataRef, Obligation, Reading, RelearnUnit, SubjectRef, Unit
from .power import power_fields, to_refute
from .units import answering, keys, scoring


def relearning(case: Case, reading: Reading, limit: str, beyond: Fraction) -> Draft:
    """Fine-tune on one half of the clusters and look at the other, then the other way round. Raises `LackingError`.

    `beyond`: the held-out rate from which the clause counts as refuted, for the planned power. Each half is bounded at
    half of the clause's error, and the smaller half is counted on.
    """
    clause, attack = case.clause, case.evidence.relearn
    assert isinstance(clause, Suppress | Remove) and attack is not None
    access = case.evidence.access or "finetune"
    if not reachable(VERIFIERS["relearning"], access):
        raise LackingError(
            "not_testable", f"Whoever has only `{access}` cannot fine-tune the model.", "`evidence.access: finetune`."
        )
    case.audited()
    case.need_references()
    sample = case.sample(clause.target)
    clusters = sorted(set(sample.clusters))
    if len(clusters) < 2:
        raise LackingError(
            "not_testable",
            "All items belong together, so no half of them can be kept from the attack.",
            "Items of at least two clusters.",
        )
    retain = _retained(case) if attack.on == "retain_only" else None
    scored = reading.metric == "extraction_probability"
    how = scoring(reading) if scored else answering(reading)

    def ask(subject: SubjectRef) -> tuple[Unit, ...]:
        first, second = (
            RelearnUnit(
                subject=subject,
                data=sample.ref,
                reading=how,
                half=half,
                steps=attack.steps,
                learning_rate=attack.learning_rate,
                on=attack.on,
                retain=retain,
                seed=case.bindings.seed,
            )
            for half in (0, 1)
        )
        return first, second

    arms = make_arms("relearning", case, clause.target, sample, ask, guarded=False)
    smaller = set(clusters[1::2])
    effect = case.evidence.power_at
    held_out = [cluster for cluster in sample.clusters if cluster in smaller]
    power = None if effect is None else to_refute(held_out, beyond, effect, case.error() / 2)
    if power is not None and power.needed is not None:
        power = replace(power, needed=2 * power.needed)  # as many in each half
    obligation = Obligation(
        id=case.id,
        clause=clause.id,
        artifact=case.artifact,
        verifier="relearning",
        target=clause.target,
        access="finetune",
        asked=suite_name(attack, retain, case.bindings.seed),
        reading=reading,
        n=len(sample.items),
        clusters=len(clusters),
        alpha=case.error(),
        decide=case.decide,
        limit=limit,
        effect=effect,
        **power_fields(power),
        audited=keys(arms.audited),
        original=keys(arms.original),
        references=keys(arms.references),
        controls=arms.controls,
        population=sample.population,
        refute_at=case.refute_at,
        cost=cost_of(
            "relearning",
            work_of(sample.items, new_tokens=0 if scored else reading.max_new_tokens, steps=attack.steps),
            arms.subjects,
            case.audited().parameters,
            case.bindings.device,
        ),
    )
    return Draft(obligation, arms.units)


def suite_name(attack: Relearn, retain: DataRef | None, seed: int) -> str:
    """The attack as a cell of its own: `suite:relearn-<first digits of the digest of its settings>`."""
    settings: dict[str, Json] = {
        "steps": attack.steps,
        "learning_rate": str(attack.learning_rate),
        "on": attack.on,
        "retain": None if retain is None else retain.digest,
        "seed": seed,
    }
    return altered_suite("relearn", json_digest(settings))


def _retained(case: Case) -> DataRef:
    """The first set bound that the policy wants kept."""
    for clause in case.policy.clauses:
        if isinstance(clause, Retain) and clause.target in case.bindings.data:
            return case.bindings.data[clause.target].ref()
    raise LackingError(
        "not_tested",
        "The attack trains on retained text, and no data of a `retain` clause is bound.",
        "Bind the items of a set that the policy retains.",
    )
