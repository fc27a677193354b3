"""What the results need to stay true: conditions outside the model, and events after which one must look again."""

from __future__ import annotations

from collections.abc import Iterator

from ..plan.model import Plan
from ..policy.model import Policy
from ..verdict.model import Verification
from ..wording.said import Said, said
from .coverage import ANSWERING
from .model import Record


def outside(policy: Policy, plan: Plan, verification: Verification) -> tuple[Said, ...]:
    """Complementary controls of deployers and users, as far as policy and plan show them. Nothing here was tested."""
    return tuple(_outside(policy, plan, verification))


def _outside(policy: Policy, plan: Plan, verification: Verification) -> Iterator[Said]:
    audited = tuple(planned.unit.subject for planned in plan.units if planned.unit.subject.role == "audited")
    for name, system in dict.fromkeys((s.artifact, s.system) for s in audited if s.system):
        yield said("outside.guard", artifact=name, system=system or "")
    for name, prompt in dict.fromkeys((s.artifact, s.prompt) for s in audited if s.prompt != "{prompt}"):
        yield said("outside.template", artifact=name, template=prompt)
    spoken = {verdict.artifact for verdict in verification.verdicts}
    for name, artifact in policy.artifacts.items():
        if name in spoken and artifact.kind in ANSWERING:
            for audience, access in artifact.seen_by.items():
                yield said("outside.access", artifact=name, audience=audience, access=access)
    for one in dict.fromkeys(s.endpoint for s in audited if s.endpoint is not None):
        yield said("outside.endpoint", url=one.url, model=one.model, day=one.day)
    for name in dict.fromkeys(s.artifact for s in audited if s.endpoint is not None and s.endpoint.chat):
        yield said("outside.chat", artifact=name)
    for name, precision in dict.fromkeys((s.artifact, s.precision) for s in audited if s.endpoint is None):
        yield said("outside.precision", artifact=name, precision=precision)
    if any(planned.unit.reading.decoding for planned in plan.units):
        yield said("outside.decoding")
    yield said("outside.copies")


def retest(plan: Plan, records: tuple[Record, ...], verification: Verification) -> tuple[Said, ...]:
    """Triggers of a new verification, those that this run gives reason for."""
    found = [said("retest.policy")]
    if plan.units:
        found += [said("retest.model"), said("retest.data")]
    if any(planned.unit.subject.system for planned in plan.units):
        found.append(said("retest.guard"))
    if any(planned.unit.subject.endpoint for planned in plan.units):
        found.append(said("retest.endpoint"))
    found.append(said("retest.access"))
    if any(obligation.verifier != "record" for obligation in plan.obligations):
        found += [said("retest.attack"), said("retest.population")]
    if records:
        found.append(said("retest.record"))
    if any(verdict.conditional_on for verdict in verification.verdicts):
        found.append(said("retest.presumption"))
    if any(verdict.outcome in ("inconclusive", "not_tested", "not_testable") for verdict in verification.verdicts):
        found.append(said("retest.open"))
    return tuple(found)
