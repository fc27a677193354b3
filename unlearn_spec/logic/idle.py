"""Why one run of a process could not refute a clause about it, whatever the run showed, and what to write instead.

The other side of `process.one_run_rules`: a clause that has no rule there has a reason here.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from ..policy.clauses import Clause, Closeness, Remove
from ..policy.model import Policy
from ..policy.vocabulary import PROBES
from ..record import Record
from ..wording.said import Said, said
from .footing import countable, facts_beside, reaches_as_far, taken
from .measured import is_the_reference, removed_from
from .process import expectation, one_run_rules


class Idle(Record):
    """One reason, what would change it, and the declared fact that it is about, if it is about one."""

    why: Said
    needs: Said | None = None
    """Nothing where the reason itself says it."""
    fact: str | None = None


def idle(policy: Policy, clause: Clause, artifact: str) -> tuple[Idle, ...]:
    """Every reason why a test of one run cannot refute a clause about the process; none if it can.

    Empty, too, where nothing rests on a single run's rate: several runs, whole models, canaries, one released model, and
    a reference that is left open, which is told elsewhere.
    """
    evidence, limit = clause.evidence, getattr(clause, "limit", None)
    if evidence is None or evidence.kind != "test" or not _about_process(clause):
        return ()
    if evidence.canaries is not None or evidence.ensemble is not None or (evidence.runs or 1) > 1:
        return ()
    if isinstance(limit, Closeness) and limit.compared_with is None:
        return ()
    if (clause.id, artifact) in one_run_rules(policy):
        return ()
    found = tuple(_reasons(policy, clause, artifact))
    return found or (Idle(said("idle.spent"), said("mend.spent")),)


def told_of(reasons: Sequence[Idle]) -> tuple[Said, ...]:
    """All reasons, then all that would change them, a sentence each."""
    return (*(one.why for one in reasons), *(one.needs for one in reasons if one.needs is not None))


def _about_process(clause: Clause) -> bool:
    """Whether the clause limits an expectation over training runs; a removal does, unless it says otherwise."""
    about = getattr(clause, "about", None)
    return about != "model" if isinstance(clause, Remove) else about == "process"


def _reasons(policy: Policy, clause: Clause, artifact: str) -> Iterator[Idle]:
    limit = getattr(clause, "limit", None)
    if isinstance(limit, Closeness) and limit.compared_with != "retrain_without":
        yield Idle(said("idle.alike"), said("mend.alike"))
        return
    stake = expectation(policy, clause, artifact)
    if stake is None and not isinstance(clause, Remove):
        yield Idle(said("because.one_run_mean"))
        return
    if stake is None and isinstance(clause, Remove):
        yield _without_footing(policy, clause, artifact)
    level = clause.evidence.refute_at if clause.evidence is not None else None
    if level is None:
        yield Idle(said("idle.level"), said("mend.level") if stake is None else said("mend.level_above", tau=stake[0]))
    elif stake is not None and stake[0] >= level:
        needed = "mend.lower" if isinstance(limit, Closeness) else "mend.lower_alone"
        yield Idle(said("idle.low", tau=stake[0], level=level), said(needed, tau=stake[0]), stake[1])


def _without_footing(policy: Policy, clause: Remove, artifact: str) -> Idle:
    """Why no declared fact bounds what the test counts, told of the fact that comes nearest."""
    facts = facts_beside(policy, clause, artifact)
    access = taken(clause) or "finetune"
    place = {"target": clause.target, "artifact": artifact, "access": access, "asked": PROBES[-1]}
    if not facts:
        return Idle(said("idle.no_fact", **place), said("mend.no_fact", **place))
    others = tuple(name for name in removed_from(policy, artifact) if name != clause.target)
    about = [fact for fact in facts if is_the_reference(policy, fact)]
    if not about:
        return Idle(said("idle.others", fact=facts[0].id, others=others, **place), said("mend.others"), facts[0].id)
    far = [fact for fact in about if reaches_as_far(fact, clause)]
    if not far:
        seen = said("idle.shallow", fact=about[0].id, declared=about[0].access, probing=about[0].asked, **place)
        return Idle(seen, said("mend.shallow", fact=about[0].id, **place), about[0].id)
    name, metrics = far[0].id, countable(clause)
    return Idle(said("idle.reading", fact=name), said("mend.reading", fact=name, metrics=metrics), name)
