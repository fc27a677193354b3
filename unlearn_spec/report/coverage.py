"""What no clause and no test of a run speaks about, computed from the policy and from what was tested."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import Final, TypeVar

from ..plan.model import Obligation, Plan
from ..plan.units import QuantizeUnit
from ..policy.clauses import Ban, Clause, Destroy, Finish, Rectify, Remove, Suppress
from ..policy.model import Policy
from ..policy.vocabulary import ACCESS, PROBES, Access, Asked, access_rank
from ..verdict.model import Outcome, Verification
from ..wording.language import words
from ..wording.said import Said, said
from .model import NotCovered

T = TypeVar("T")

_RAN: Final[tuple[Outcome, ...]] = ("violated", "supported", "not_falsified", "inconclusive")
ANSWERING: Final = ("model", "checkpoint", "adapter", "service")
"""Kinds of artifacts that answer."""
_WAYS: Final[tuple[Asked, ...]] = (*PROBES, "in_context")


def not_covered(policy: Policy, plan: Plan, verification: Verification) -> tuple[NotCovered, ...]:
    """Gaps in a fixed order: clauses, artifacts, access, probes, target sets, then what no such test can reach."""
    tested = _tested(plan, verification)
    return tuple(
        entry
        for gaps in (
            _clauses(verification),
            _artifacts(policy, verification, tested),
            _access(policy, tested),
            _probes(tested),
            _targets(policy),
            _accepted(policy),
            _independent(policy, verification),
            _languages(policy),
            _precision(policy, plan),
            _always(tested),
        )
        for entry in gaps
    )


def _gap(kind: str, what: Said, why: Said | str, named: Said | None = None) -> NotCovered:
    """A gap, worded in English as well; `why` is a text where the run recorded it so, `named` that text by name."""
    english = words("en")
    return NotCovered(
        kind=kind,
        what=english.say(what),
        why=why if isinstance(why, str) else english.say(why),
        what_said=what,
        why_said=named if isinstance(why, str) else why,
    )


def _tested(plan: Plan, verification: Verification) -> tuple[Obligation, ...]:
    ran = {(v.clause, v.artifact) for v in verification.verdicts if v.outcome in _RAN}
    return tuple(o for o in plan.obligations if o.verifier != "record" and (o.clause, o.artifact) in ran)


def _clauses(verification: Verification) -> Iterator[NotCovered]:
    for verdict in verification.verdicts:
        if verdict.outcome not in _RAN:
            key = "gap.clause_on" if verdict.artifact else "gap.clause"
            gaps = {"artifact": verdict.artifact} if verdict.artifact else {}
            yield _gap("clause", said(key, clause=verdict.clause, outcome=verdict.outcome, **gaps), verdict.reason, verdict.reason_said)


def _artifacts(policy: Policy, verification: Verification, tested: tuple[Obligation, ...]) -> Iterator[NotCovered]:
    """Artifacts without a result, and those that answer and were not tested, whatever a record says of them."""
    spoken = {verdict.artifact for verdict in verification.verdicts}
    tried = {obligation.artifact for obligation in tested}
    for name, artifact in policy.artifacts.items():
        untested = artifact.kind in ANSWERING and name not in tried
        if name not in spoken or untested:
            key = "gap.artifact_derived" if artifact.derived_from else "gap.artifact"
            parent = {"parent": artifact.derived_from} if artifact.derived_from else {}
            why = said("gap.artifact_untested" if name in spoken else "gap.artifact_why")
            yield _gap("artifact", said(key, kind=artifact.kind, name=name, **parent), why)


def _access(policy: Policy, tested: tuple[Obligation, ...]) -> Iterator[NotCovered]:
    """Per audience: what it can do that no test did. Whoever holds weights can fine-tune them."""
    targets = _ordered(c.target for c in policy.clauses if isinstance(c, Remove | Suppress | Rectify))
    for name, artifact in policy.artifacts.items():
        if artifact.kind not in ANSWERING:
            continue
        depth = {target: _deepest(tested, name, target) for target in targets}
        for audience, declared in artifact.seen_by.items():
            effective: Access = "finetune" if access_rank(declared) >= access_rank("weights") else declared
            short = tuple(target for target in targets if _rank(depth[target]) < access_rank(effective))
            if short:
                what = said("gap.access", sets=short, artifact=name, audience=audience, access=effective)
                yield _gap("access", what, _reached(_ordered(depth[target] for target in short)))


def _reached(depths: tuple[Access | None, ...]) -> Said:
    tested = tuple(depth for depth in depths if depth)
    if not tested:
        return said("gap.access_untested")
    return said("gap.access_partly" if None in depths else "gap.access_why", tests=tested)


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
        missing = tuple(way for way in _WAYS if way not in (*ways, *held))
        if missing:
            sets = tuple(target for (target, where), w in asked.items() if (where, w) == (artifact, ways))
            yield _gap(
                "probe", said("gap.probe", sets=sets, artifact=artifact, ways=missing), said("gap.probe_why", ways=ways)
            )


def _targets(policy: Policy) -> Iterator[NotCovered]:
    named = {_target(clause) for clause in policy.clauses}
    for name in policy.information:
        if name not in named:
            yield _gap("target", said("gap.target", name=name), said("gap.target_why"))


def _accepted(policy: Policy) -> Iterator[NotCovered]:
    for gap in policy.out_of_scope:
        yield _gap(
            "accepted",
            said("gap.accepted", target=gap.target, artifacts=tuple(gap.artifacts)),
            said("gap.accepted_why", owner=gap.owner, reason=gap.reason),
        )


def _independent(policy: Policy, verification: Verification) -> Iterator[NotCovered]:
    ran = {verdict.clause for verdict in verification.verdicts if verdict.outcome in _RAN}
    asked = tuple(c.id for c in policy.clauses if c.id in ran and c.evidence and c.evidence.evaluator == "independent")
    if asked:
        yield _gap("independent", said("gap.independent", clauses=asked), said("gap.independent_why"))


def _languages(policy: Policy) -> Iterator[NotCovered]:
    named = _ordered(language for clause in policy.clauses for language in clause.scope.languages)
    if named:
        yield _gap("language", said("gap.languages", named=named), said("gap.languages_why"))
    else:
        yield _gap("language", said("gap.language"), said("gap.language_why"))


def _precision(policy: Policy, plan: Plan) -> Iterator[NotCovered]:
    audited = tuple(planned.unit.subject for planned in plan.units if planned.unit.subject.role == "audited")
    ran = _ordered(subject.precision for subject in audited if subject.endpoint is None)
    rounded = _ordered(planned.unit.format for planned in plan.units if isinstance(planned.unit, QuantizeUnit))
    named = _ordered(precision for clause in policy.clauses for precision in clause.scope.precision)
    for precision in named:
        if precision not in (*ran, *rounded):
            yield _gap("precision", said("gap.precision", precision=precision), said("gap.precision_why"))
    if ran:
        yield _gap("precision", said("gap.precisions", tested=", ".join((*ran, *rounded))), said("gap.precisions_why"))


def _always(tested: tuple[Obligation, ...]) -> Iterator[NotCovered]:
    if any(obligation.reading is not None for obligation in tested):
        yield _gap("decoding", said("gap.decoding"), said("gap.decoding_why"))
    yield _gap("variant", said("gap.variant"), said("gap.variant_why"))
    yield _gap("use", said("gap.use"), said("gap.use_why"))


def _target(clause: Clause) -> str | None:
    return None if isinstance(clause, Destroy | Finish | Ban) else clause.target


def _ordered(values: Iterable[T]) -> tuple[T, ...]:
    return tuple(dict.fromkeys(values))
