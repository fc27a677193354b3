"""Fields that a clause leaves open: how they may be read, and whether it matters which reading is meant."""

from __future__ import annotations

from msgspec.structs import replace

from ..policy.clauses import Clause, Closeness, Delete, Govern, Over, Rectify, Refuse, Remove, Retain, Suppress
from ..policy.model import Policy
from ..policy.vocabulary import ACCESS, PROBES, Access, access_rank
from ..record import Record
from .lineage import exposures, kin
from .meaning import body, on_artifact
from .scope import WEAKEST, Choice, fitting_artifacts, scoped_artifacts
from .theory import Theory


class Ambiguity(Record):
    """Two readings of one open field that some world tells apart: it passes under `lenient` and fails under `strict`."""

    clause: str
    field: str
    lenient: Choice
    strict: Choice
    comparable: bool
    """Whether passing under `strict` always means passing under `lenient`."""


OpenField = tuple[str, tuple[Choice, ...]]


def open_fields(policy: Policy, clause: Clause) -> tuple[OpenField, ...]:
    """The decision fields a clause leaves open, each with its admissible readings, weakest first."""
    found: list[OpenField] = []
    if isinstance(clause, Suppress | Refuse | Retain | Rectify):
        if clause.scope.access is None:
            found.append(("access", tuple(replace(WEAKEST, access=access) for access in _levels(policy, clause))))
        if clause.scope.asked is None:
            found.append(("asked", tuple(replace(WEAKEST, asked=asked) for asked in PROBES)))
        if clause.over is None:
            overs: tuple[Over, ...] = ("mean", "each")
            found.append(("over", tuple(replace(WEAKEST, over=over) for over in overs)))
    if isinstance(clause, Remove) and isinstance(clause.limit, Closeness) and clause.limit.compared_with is None:
        references = ("retrain_then_same_steps", "retrain_without")
        found.append(("compared_with", tuple(replace(WEAKEST, compared_with=name) for name in references)))
    if isinstance(clause, Remove | Delete) and policy.information[clause.target].closure is None:
        made_from_it = tuple(name for name in kin(policy, clause.target) if _met(policy, clause, name))
        if made_from_it:
            found.append(("closure", (WEAKEST, replace(WEAKEST, closure=made_from_it))))
    if clause.scope.artifacts is None and not isinstance(clause, Govern):
        fitting = fitting_artifacts(policy, clause)
        if len(fitting) > 1:
            found.append(("artifacts", (replace(WEAKEST, artifacts=fitting[:1]), replace(WEAKEST, artifacts=fitting))))
    return tuple(found)


def _met(policy: Policy, clause: Clause, target: str) -> bool:
    """Whether some artifact of the clause was trained on the set, or holds it."""
    known = [policy.artifacts[name] for name in scoped_artifacts(policy, clause) if name in policy.artifacts]
    shaped = any(target in exposures(policy, name) for name in scoped_artifacts(policy, clause) if name in policy.artifacts)
    return shaped or any(target in artifact.holds for artifact in known)


def _levels(policy: Policy, clause: Clause) -> tuple[Access, ...]:
    """Access levels to try: those some audience has on the clause's artifacts, then the whole chain."""
    seen = {
        access
        for name in scoped_artifacts(policy, clause)
        if name in policy.artifacts
        for access in policy.artifacts[name].seen_by.values()
    }
    first = sorted(seen, key=access_rank)
    return tuple(dict.fromkeys((*first, *ACCESS)))


def ambiguity(theory: Theory, clause: Clause, open_field: OpenField) -> Ambiguity | None:
    """Two readings of an open field that some world tells apart, all else read alike; None if no reading matters."""
    name, choices = open_field
    literals = [(choice, theory.literal(body(theory.policy, clause, choice))) for choice in choices]
    for i, (one, first) in enumerate(literals):
        for two, second in literals[i + 1 :]:
            passes_first = theory.possible((first, "-" + second))
            passes_second = theory.possible((second, "-" + first))
            if passes_first or passes_second:
                lenient, strict = (one, two) if passes_first else (two, one)
                return Ambiguity(clause.id, name, lenient, strict, passes_first != passes_second)
    return None


def settled(theory: Theory, clause: Clause, open_field: OpenField) -> tuple[str, ...]:
    """The artifacts on which the answer to an open field decides the verdict: some world passes there under one reading
    and fails under another.
    """
    name, choices = open_field
    if name == "artifacts":  # what is open is whether the clause speaks of them at all
        read = [choice.artifacts or () for choice in choices]
        return tuple(artifact for artifact in read[-1] if any(artifact not in fewer for fewer in read))
    artifacts = scoped_artifacts(theory.policy, clause)
    if len(artifacts) == 1:
        return artifacts
    found = []
    for artifact in artifacts:
        texts = [theory.encoder.text(on_artifact(theory.policy, clause, artifact, choice)) for choice in choices]
        if theory.possible((), f"(assert (not (= {' '.join(dict.fromkeys(texts))} {texts[0]})))"):
            found.append(artifact)
    return tuple(found)
