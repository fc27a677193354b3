"""Relearning attacks as an obligation: both halves on every subject, references as the floor."""

from __future__ import annotations

from fractions import Fraction

from msgspec.structs import replace

from ..catalogue import VERIFIERS, reachable
from ..evidence.canonical import Json, json_digest
from ..logic.suites import altered_suite
from ..policy.clauses import Remove, Retain, Suppress
from ..policy.evidence import Relearn
from ..wording.said import said
from .arms import make_arms
from .case import Case, Draft, LackingError, Sample
from .cost import work_of
from .drafting import obligation
from .power import to_refute
from .units import DataRef, GenerateUnit, Reading, RelearnUnit, ScoreUnit, SubjectRef, Unit, asking, keys


def relearning(case: Case, reading: Reading, limit: str, beyond: Fraction) -> Draft:
    """Fine-tune on one half of the clusters and look at the other, then the other way round; so for every learning rate
    and repeat, with a look after every number of steps along the way. Raises `LackingError`.

    `beyond`: the held-out rate from which the clause counts as refuted, for the planned power. Each half under each attack
    is bounded from below at an equal share of the clause's error, and the smaller half is counted on.
    """
    clause, attack = case.clause, case.evidence.relearn
    assert isinstance(clause, Suppress | Remove) and attack is not None
    access = case.evidence.access or "finetune"
    if not reachable(VERIFIERS["relearning"], access):
        raise LackingError("not_testable", said("lack.finetune", access=access), said("need.finetune"))
    case.audited()
    case.need_references()
    sample = case.sample(clause.target)
    clusters = sorted(set(sample.clusters))
    if len(clusters) < 2:
        raise LackingError("not_testable", said("lack.halves"), said("need.halves"))
    retain = _retained(case) if attack.on == "retain_only" else None
    benign = _benign(case) if attack.on == "benign" else None
    how = asking(reading)

    def ask(subject: SubjectRef) -> tuple[Unit, ...]:
        return tuple(
            RelearnUnit(
                subject=subject,
                data=sample.ref,
                reading=how,
                half=half,
                steps=attack.looks[-1],
                looks=attack.looks[:-1],
                learning_rate=rate,
                on=attack.on,
                retain=retain,
                benign=benign,
                rank=attack.low_rank,
                seed=seed,
            )
            for seed in seeds(attack, case.bindings.seed)
            for rate in attack.rates
            for half in (0, 1)
        )

    arms = make_arms("relearning", case, clause.target, sample, ask, guarded=False)
    before = _without_attack(case, sample, how)
    smaller = set(clusters[1::2])
    effect = case.evidence.power_at
    held_out = [cluster for cluster in sample.clusters if cluster in smaller]
    power = None if effect is None else to_refute(held_out, beyond, effect, case.error() / (2 * attack.attacks))
    if power is not None and power.needed is not None:
        power = replace(power, needed=2 * power.needed)  # as many in each half
    test = obligation(
        "relearning",
        case,
        clause.target,
        sample,
        arms,
        access="finetune",
        limit=limit,
        power=power,
        work=work_of(
            sample.items,
            new_tokens=0 if reading.metric == "extraction_probability" else reading.max_new_tokens,
            steps=attack.looks[-1],
            runs=len(attack.rates) * (attack.repeats or 1),
            looks=len(attack.looks),
        ),
        asked=suite_name(attack, retain or benign, case.bindings.seed),
        reading=reading,
        before=keys(before),
    )
    return Draft(test, (*arms.units, *before))


def seeds(attack: Relearn, seed: int) -> tuple[int, ...]:
    """The seed of each repeat, the run's own first: it decides the split and the order of training."""
    return tuple(seed + repeat for repeat in range(attack.repeats or 1))


def suite_name(attack: Relearn, other: DataRef | None, seed: int) -> str:
    """The attacks as a cell of their own: `suite:relearn-<first digits of the digest of their settings>`.

    `other`: what is trained on in place of the target. What a single attack does not have is left out.
    """
    rates = [str(rate) for rate in attack.rates]
    settings: dict[str, Json] = {
        "steps": list(attack.looks) if len(attack.looks) > 1 else attack.looks[0],
        "learning_rate": list(rates) if len(rates) > 1 else rates[0],
        "on": attack.on,
        "retain": None if other is None else other.digest,
        "seed": seed,
    }
    if attack.low_rank is not None:
        settings["rank"] = attack.low_rank
    if attack.repeats not in (None, 1):
        settings["repeats"] = attack.repeats
    return altered_suite("relearn", json_digest(settings))


def _without_attack(case: Case, sample: Sample, how: Reading) -> tuple[Unit, ...]:
    """What the original shows as it is: the scale on which the report says how much came back."""
    subjects = case.arms(guarded=False)["original"]
    if how.metric == "extraction_probability":
        return tuple(ScoreUnit(subject=subject, data=sample.ref, reading=how) for subject in subjects)
    seed = case.bindings.seed
    return tuple(GenerateUnit(subject=subject, data=sample.ref, reading=how, seed=seed) for subject in subjects)


def _retained(case: Case) -> DataRef:
    """The first set bound that the policy wants kept."""
    for clause in case.policy.clauses:
        if not isinstance(clause, Retain) or clause.target == getattr(case.clause, "target", None):
            continue
        if clause.target in case.bindings.data:
            return case.bindings.data[clause.target].ref()
    raise LackingError(
        "not_tested",
        said("lack.retained_text"),
        said("need.retained_text"),
    )


def _benign(case: Case) -> DataRef:
    found = case.bindings.corpora.get("benign")
    if found is None:
        raise LackingError(
            "not_tested",
            said("lack.benign_text"),
            said("need.benign_text"),
        )
    return found.ref()
