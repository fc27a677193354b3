"""Looks at a rounded copy, or inside the model, as obligations: every look at every subject, references as the floor.

All looks of a clause form one suite, whose rate is that of its worst look: each is bounded at an equal share of α.
"""

from __future__ import annotations

from fractions import Fraction

from ..catalogue import VERIFIERS, VerifierId, reachable
from ..evidence.canonical import Json, json_digest
from ..logic.suites import Alteration, altered_suite
from ..policy.clauses import Remove, Retain, Suppress
from ..policy.vocabulary import View
from ..verifiers.items import Item
from ..wording.said import said
from .arms import Ask, make_arms
from .bound import BoundSubject
from .case import Case, Draft, LackingError, Sample
from .cost import work_of
from .drafting import obligation
from .power import to_refute
from .units import DataRef, InspectUnit, QuantizeUnit, Reading, SubjectRef, Unit, asking, scoring
from .weights import depth

LAYERS = 4
"""Blocks that are looked at, at most: evenly spaced, the last one among them."""
TAUGHT = 20
"""The fewest items a linear probe is trained on."""


def quantization(case: Case, reading: Reading, limit: str, beyond: Fraction) -> Draft:
    """Ask copies of every subject, rounded to each of the clause's formats. Raises `LackingError`.

    `beyond`: the rate from which the clause counts as refuted, for the planned power.
    """
    _able("quantization", case, reading)
    sample, formats = _sample(case), case.evidence.quantize
    how = asking(reading)

    def ask(subject: SubjectRef) -> tuple[Unit, ...]:
        return tuple(
            QuantizeUnit(subject=subject, data=sample.ref, reading=how, format=one, seed=case.bindings.seed)
            for one in formats
        )

    settings: dict[str, Json] = {"formats": list(formats), "seed": case.bindings.seed}
    return _draft("quantization", "quantize", settings, len(formats), case, sample, ask, reading, limit, beyond)


def latent(case: Case, reading: Reading, limit: str, beyond: Fraction) -> Draft:
    """Read every subject from inside, in each of the clause's ways. Raises `LackingError`. `beyond` as above."""
    _able("latent", case, reading)
    sample, views, seed = _sample(case), case.evidence.inspect, case.bindings.seed
    layers = _layers(case) if set(views) - {"head_swap"} else ()
    head = _head(case) if "head_swap" in views else None
    taught = _taught(case, sample) if "linear_probe" in views else None

    def look(subject: SubjectRef, view: View) -> InspectUnit:
        return InspectUnit(
            subject=subject,
            data=sample.ref,
            reading=scoring(reading) if view != "head_swap" else asking(reading),
            view=view,
            layers=() if view == "head_swap" else layers,
            head=head if view == "head_swap" else None,
            taught=taught if view == "linear_probe" else None,
            seed=seed,
        )

    settings: dict[str, Json] = {
        "views": list(views),
        "layers": list(layers),
        "head": None if head is None else head.model,
        "taught": None if taught is None else taught.digest,
        "seed": seed,
    }
    number = sum(1 if view == "head_swap" else len(layers) for view in views)
    return _draft(
        "latent",
        "inspect",
        settings,
        number,
        case,
        sample,
        lambda s: tuple(look(s, view) for view in views),
        reading,
        limit,
        beyond,
    )


def registered(rank: int) -> tuple[int, ...]:
    """The blocks to look at of so many: the k-th is at k/4 of the depth, rounded up, counted from 1.

    >>> registered(2), registered(6), registered(32)
    ((1, 2), (2, 3, 5, 6), (8, 16, 24, 32))
    """
    return tuple(sorted({-(-rank * k // LAYERS) for k in range(1, LAYERS + 1)}))


# --- what is needed --------------------------------------------------------------------------------------------------


def _able(verifier: VerifierId, case: Case, reading: Reading) -> None:
    if reading.metric not in VERIFIERS[verifier].metrics:
        raise LackingError(
            "not_testable",
            said("lack.refusals"),
            said("need.other_metric", metrics=tuple(VERIFIERS[verifier].metrics)),
        )
    access = case.evidence.access or "weights"
    if not reachable(VERIFIERS[verifier], access):
        raise LackingError(
            "not_testable",
            said("lack.weights", access=access),
            said("need.weights_access"),
        )
    case.audited()
    case.need_references()


def _sample(case: Case) -> Sample:
    assert isinstance(case.clause, Suppress | Remove)
    return case.sample(case.clause.target)


def _layers(case: Case) -> tuple[int, ...]:
    """The registered blocks; those of the original and the references must be as many."""
    name, bound = case.artifact, case.bindings
    others = (*((bound.original[name],) if name in bound.original else ()), *bound.references.get(name, ()))
    depths = {_depth(one) for one in (case.audited(), *others) if one.endpoint is None}
    if not depths:
        return ()  # all of them are endpoints, which are told of in `reach`
    if len(depths) > 1 or 0 in depths:
        raise LackingError(
            "not_testable",
            said("lack.layers"),
            said("need.layers", artifact=name),
        )
    return registered(depths.pop())


def _depth(one: BoundSubject) -> int:
    """The number of blocks of a model folder or a GGUF file; 0 if it is not said."""
    if one.folder.suffix.lower() != ".gguf":
        return depth(one.folder)
    found = one.shape[2] if len(one.shape) > 2 else None
    return found if isinstance(found, int) else 0


def _head(case: Case) -> SubjectRef:
    case.need_original(said("lack.head"))
    return case.arms(guarded=False)["original"][0]


def _taught(case: Case, sample: Sample) -> DataRef:
    """What a probe learns from: of the sets that the policy wants kept the first one of the sample's kind, documents or
    questions, whose bound items have something to ask with and something to name; else the first one at all."""
    bound = (case.bindings.data.get(clause.target) for clause in case.policy.clauses if isinstance(clause, Retain))
    able = [one for one in bound if one is not None and _can_teach(one.items)]
    kind = sample.items[0].is_document
    alike = (one for one in able if all(item.is_document == kind for item in one.items))
    if able:
        return next(alike, able[0]).ref()
    raise LackingError(
        "not_tested",
        said("lack.taught"),
        said("need.taught", number=TAUGHT),
    )


def _can_teach(items: tuple[Item, ...]) -> bool:
    return len(items) >= TAUGHT and all(item.question and item.secret for item in items)


# --- the obligation --------------------------------------------------------------------------------------------------


def _draft(
    verifier: VerifierId,
    alteration: Alteration,
    settings: dict[str, Json],
    looks: int,
    case: Case,
    sample: Sample,
    ask: Ask,
    reading: Reading,
    limit: str,
    beyond: Fraction,
) -> Draft:
    clause = case.clause
    assert isinstance(clause, Suppress | Remove)
    arms = make_arms(verifier, case, clause.target, sample, ask, guarded=False)
    effect = case.evidence.power_at
    power = None if effect is None else to_refute(sample.clusters, beyond, effect, case.error() / looks)
    new_tokens = 0 if reading.metric == "extraction_probability" else reading.max_new_tokens
    test = obligation(
        verifier,
        case,
        clause.target,
        sample,
        arms,
        access="weights",
        limit=limit,
        power=power,
        work=work_of(sample.items, new_tokens=new_tokens, looks=looks),
        asked=altered_suite(alteration, json_digest(settings)),
        reading=reading,
    )
    return Draft(test, arms.units)
