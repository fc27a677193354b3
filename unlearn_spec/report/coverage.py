"""What no clause and no test of a run speaks about, computed from the policy and from what was tested."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import Final, TypeVar

from ..plan.model import Obligation, Plan
from ..policy.model import Ban, Clause, Destroy, Finish, Policy, Rectify, Remove, Suppress
from ..policy.vocabulary import ACCESS, PROBES, Access, access_rank
from ..verdict.model import Outcome, Verification
from .model import NotCovered
from .wording import ACCESS_PHRASE, ASKED_PHRASE, OUTCOME_NAME, asked_phrase, named, quote

T = TypeVar("T")

_RAN: Final[tuple[Outcome, ...]] = ("violated", "supported", "not_falsified", "inconclusive")
_ANSWERING: Final = ("model", "checkpoint", "adapter", "service")


def not_covered(policy: Policy, plan: Plan, verification: Verification) -> tuple[NotCovered, ...]:
    """Gaps in a fixed order: clauses, artifacts, access, probes, target sets, then what no such test can reach."""
    tested = _tested(plan, verification)
    return tuple(
        entry
        for gaps in (
            _clauses(verification),
            _artifacts(policy, verification),
            _access(policy, tested),
            _probes(tested),
            _targets(policy),
            _accepted(policy),
            _languages(policy),
            _precision(policy, plan),
            _always(tested),
        )
        for entry in gaps
    )


def _tested(plan: Plan, verification: Verification) -> tuple[Obligation, ...]:
    ran = {(v.clause, v.artifact) for v in verification.verdicts if v.outcome in _RAN}
    return tuple(o for o in plan.obligations if o.verifier != "record" and (o.clause, o.artifact) in ran)


def _clauses(verification: Verification) -> Iterator[NotCovered]:
    for verdict in verification.verdicts:
        if verdict.outcome not in _RAN:
            yield NotCovered(
                kind="clause",
                what=f"clause {named(verdict.clause, verdict.artifact)}: {OUTCOME_NAME[verdict.outcome]}",
                why=verdict.reason,
            )


def _artifacts(policy: Policy, verification: Verification) -> Iterator[NotCovered]:
    spoken = {verdict.artifact for verdict in verification.verdicts}
    for name, artifact in policy.artifacts.items():
        if name not in spoken:
            parent = f", derived from {quote(artifact.derived_from)}" if artifact.derived_from else ""
            yield NotCovered(
                kind="artifact", what=f"the {artifact.kind} {quote(name)}{parent}", why="no result speaks of it"
            )


def _access(policy: Policy, tested: tuple[Obligation, ...]) -> Iterator[NotCovered]:
    """Per audience: what it can do that no test did. Whoever holds weights can fine-tune them."""
    targets = _ordered(c.target for c in policy.clauses if isinstance(c, Remove | Suppress | Rectify))
    for name, artifact in policy.artifacts.items():
        if artifact.kind not in _ANSWERING:
            continue
        depth = {target: _deepest(tested, name, target) for target in targets}
        for audience, declared in artifact.seen_by.items():
            effective: Access = "finetune" if access_rank(declared) >= access_rank("weights") else declared
            short = [target for target in targets if _rank(depth[target]) < access_rank(effective)]
            if short:
                sets = ", ".join(quote(target) for target in short)
                reached = _ordered(depth[target] for target in short)
                yield NotCovered(
                    kind="access",
                    what=f"{sets} in {quote(name)} as {quote(audience)} can reach it: {ACCESS_PHRASE[effective]}",
                    why="; ".join(f"deepest test: {ACCESS_PHRASE[r]}" if r else "no test ran" for r in reached),
                )


def _deepest(tested: tuple[Obligation, ...], artifact: str, target: str) -> Access | None:
    ranks = [
        access_rank("finetune" if o.verifier == "relearning" else o.access)
        for o in tested
        if o.artifact == artifact and o.target == target
    ]
    return ACCESS[max(ranks)] if ranks else None


def _rank(access: Access | None) -> int:
    return -1 if access is None else access_rank(access)


def _probes(tested: tuple[Obligation, ...]) -> Iterator[NotCovered]:
    """Ways of asking that no test used, the sets asked alike together. A class of probes holds the weaker ones (AX3)."""
    asked = {
        cell: _ordered(o.asked for o in tested if (o.target, o.artifact) == cell)
        for cell in _ordered((o.target, o.artifact) for o in tested)
    }
    for artifact, ways in _ordered((artifact, ways) for (_, artifact), ways in asked.items()):
        held = {weaker for way in ways if way in PROBES for weaker in PROBES[: PROBES.index(way) + 1]}
        missing = [phrase for probe, phrase in ASKED_PHRASE.items() if probe not in (*ways, *held)]
        if missing:
            sets = ", ".join(quote(target) for (target, where), w in asked.items() if (where, w) == (artifact, ways))
            yield NotCovered(
                kind="probe",
                what=f"{sets} in {quote(artifact)} " + ", or ".join(missing),
                why="the tests were: " + ", ".join(asked_phrase(probe) for probe in ways),
            )


def _targets(policy: Policy) -> Iterator[NotCovered]:
    named = {_target(clause) for clause in policy.clauses}
    for name in policy.information:
        if name not in named:
            yield NotCovered(kind="target", what=f"the information set {quote(name)}", why="no clause names it")


def _accepted(policy: Policy) -> Iterator[NotCovered]:
    for gap in policy.out_of_scope:
        artifacts = ", ".join(quote(artifact) for artifact in gap.artifacts)
        yield NotCovered(
            kind="accepted",
            what=f"{quote(gap.target)} in {artifacts}",
            why=f"left out in the policy by {quote(gap.owner)}: {quote(gap.reason)}",
        )


def _languages(policy: Policy) -> Iterator[NotCovered]:
    named = _ordered(language for clause in policy.clauses for language in clause.scope.languages)
    if named:
        yield NotCovered(
            kind="language",
            what="languages other than " + ", ".join(quote(language) for language in named),
            why="the clauses name only these",
        )
    else:
        yield NotCovered(
            kind="language", what="languages other than those of the test prompts", why="no clause names a language"
        )


def _precision(policy: Policy, plan: Plan) -> Iterator[NotCovered]:
    ran = _ordered(planned.unit.subject.precision for planned in plan.units if planned.unit.subject.role == "audited")
    named = _ordered(precision for clause in policy.clauses for precision in clause.scope.precision)
    for precision in named:
        if precision not in ran:
            yield NotCovered(
                kind="precision", what=f"weights at {quote(precision)}", why="a clause names it; no test ran at it"
            )
    if ran:
        yield NotCovered(
            kind="precision",
            what=f"weights at a precision other than {', '.join(ran)}, quantised copies included",
            why="no test ran there",
        )


def _always(tested: tuple[Obligation, ...]) -> Iterator[NotCovered]:
    if any(obligation.reading is not None for obligation in tested):
        yield NotCovered(
            kind="decoding",
            what="answers drawn in another way than the declared decoding",
            why="rates are those of the declared decoding",
        )
    yield NotCovered(
        kind="variant",
        what="fine-tuned, merged, distilled, quantised or otherwise derived copies that are not listed as subjects",
        why="results speak of the files with the digests given, and of nothing later",
    )
    yield NotCovered(
        kind="use", what="what people do with the answers", why="no test of a model or a system decides how it is used"
    )


def _target(clause: Clause) -> str | None:
    return None if isinstance(clause, Destroy | Finish | Ban) else clause.target


def _ordered(values: Iterable[T]) -> tuple[T, ...]:
    return tuple(dict.fromkeys(values))
