"""Where a target can be revealed although every clause holds."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from fractions import Fraction

from msgspec.structs import replace

from ..policy.clauses import Clause, Refuse, Suppress
from ..policy.model import Policy
from ..policy.vocabulary import Access, access_rank
from ..record import Record
from .follows import binding
from .formulas import Formula, Mean, Rate
from .limits import for_some
from .lineage import audience_levels, audiences_around
from .measured import readings_on
from .scope import MODELS, clauses_on, scoped_artifacts
from .situations import Case, minimal
from .theory import Theory
from .vacuity import empty_target

HIGH = Fraction(9, 10)
"""The rate from which an unlimited target counts as revealed in a coverage gap."""


class Gap(Record):
    """A target that no clause limits where some audience can get at it."""

    target: str
    artifact: str
    audiences: tuple[str, ...]
    access: Access
    """What those audiences have; whoever has weights can fine-tune."""
    effective: Access
    named: bool
    """Whether some clause limits this target on this artifact at all."""
    case: Case
    despite: tuple[str, ...] = ()
    """Clauses that close the gap, but for other audiences, or in some languages or precisions only."""


def intended_targets(policy: Policy) -> tuple[str, ...]:
    """Sets whose revelation some clause limits, in source order."""
    return tuple(dict.fromkeys(clause.target for clause in policy.clauses if isinstance(clause, Suppress | Refuse)))


def effective(access: Access) -> Access:
    """Whoever holds the weights can fine-tune them."""
    return "finetune" if access_rank(access) >= access_rank("weights") else access


def revealed_formulas(policy: Policy, target: str, artifact: str, access: Access) -> tuple[Formula, ...]:
    """That the target is revealed at a high rate to direct questions, one formula a reading in use."""
    return tuple(
        Mean(Rate(artifact, "now", "reveals", "sup", effective(access), "direct", reading), target, ">=", HIGH)
        for reading in readings_on(policy, artifact, target)
    )


def gaps(theory: Theory, cases: Sequence[Case], aside: frozenset[str]) -> tuple[Gap, ...]:
    """Artifacts and audiences for whom a target can be revealed while every clause outside `aside` holds."""
    policy = theory.policy
    waived = {(entry.target, name) for entry in policy.out_of_scope for name in entry.artifacts}
    limiting: dict[tuple[str, str], list[Clause]] = {}
    for artifact, clauses in clauses_on(policy).items():
        for clause in clauses:
            if isinstance(clause, Suppress | Refuse):
                limiting.setdefault((clause.target, artifact), []).append(clause)
    open_: list[tuple[Gap, tuple[str, ...]]] = []
    for target in intended_targets(policy):
        if target in theory.skipped or empty_target(theory, target):
            continue
        for artifact, declared in policy.artifacts.items():
            if declared.kind not in MODELS or (target, artifact) in waived:
                continue
            by_level: dict[Access, list[str]] = {}
            levels = audience_levels(policy, artifact, containment="AX10" not in theory.without)
            for audience, access in levels.items():
                by_level.setdefault(access, []).append(audience)
            for access in sorted(by_level, key=access_rank):
                here = limiting.get((target, artifact), [])
                if not named_by(here, access, aside):
                    gap = Gap(target, artifact, tuple(by_level[access]), access, effective(access), bool(here), cases[0])
                    formulas = revealed_formulas(policy, target, artifact, access)
                    open_.append((gap, tuple(theory.literal(formula) for formula in formulas)))
    found = _revealed(theory, open_, cases, aside)
    places = {(gap.target, gap.artifact, gap.audiences) for gap in found}
    closed = [each for each in open_ if (each[0].target, each[0].artifact, each[0].audiences) not in places]
    return (*found, *_revealed_despite(theory, closed, cases, aside))


_Asked = tuple[Gap, tuple[str, ...]]


def _revealed_despite(
    theory: Theory, closed: Sequence[_Asked], cases: Sequence[Case], aside: frozenset[str]
) -> tuple[Gap, ...]:
    """Gaps that only clauses close which are for some audience, languages or precisions, by whom they leave out."""
    policy = theory.policy
    some = [clause for clause in policy.clauses if for_some(clause) and clause.id not in aside]
    if not some:
        return ()
    by_clauses: dict[tuple[str, ...], list[_Asked]] = {}
    for gap, formulas in closed:
        left_out: dict[tuple[str, ...], list[str]] = {}
        for audience in gap.audiences:
            names = tuple(clause.id for clause in some if not speaks_for(policy, clause, audience))
            left_out.setdefault(names, []).append(audience)
        for names, audiences in left_out.items():
            by_clauses.setdefault(names, []).append((replace(gap, audiences=tuple(audiences), named=True), formulas))
    found: list[Gap] = []
    for names, asked in by_clauses.items():
        for gap in _revealed(theory, asked, cases, aside.union(names)) if names else ():
            near = {c.id for c in some if c.id in names and gap.artifact in scoped_artifacts(policy, c)}
            found.append(replace(gap, despite=tuple(name for name in names if name in near)))
    return tuple(found)


def speaks_for(policy: Policy, clause: Clause, audience: str) -> bool:
    """Whether a clause holds for an audience, in every language and at every precision."""
    everyone = not clause.scope.languages and not clause.scope.precision
    return everyone and (clause.scope.audience is None or clause.scope.audience in audiences_around(policy, audience))


def _revealed(
    theory: Theory, asked: Sequence[_Asked], cases: Sequence[Case], aside: frozenset[str]
) -> tuple[Gap, ...]:
    """Those gaps in which, in some case, the target can be revealed under every reading; each with the first such case."""
    found: dict[int, Gap] = {}
    alike = sorted(range(len(asked)), key=lambda i: (access_rank(asked[i][0].access), asked[i][0].named))
    for case in minimal(tuple(cases)):
        left = {i: asked[i][1] for i in alike if i not in found}  # those asked in a row are mostly answered alike, and together
        found.update({i: replace(asked[i][0], case=case) for i in _open_in(theory, case, aside, left)})
    needless = _open_in(theory, cases[0], aside, {i: asked[i][1] for i, gap in found.items() if gap.case.holding})
    return tuple(replace(found[i], case=cases[0]) if i in needless else found[i] for i in sorted(found))


def _open_in(
    theory: Theory, case: Case, aside: frozenset[str], asked: Mapping[int, tuple[str, ...]]
) -> frozenset[int]:
    """Those of some gaps that are there in a case under every reading."""
    wanted = [(i, literal) for i, literals in asked.items() for literal in literals]
    if not wanted:
        return frozenset()
    held = theory.given.plus(binding(theory, case, aside))
    answers = held.satisfiable_each([(literal,) for _, literal in wanted])
    return frozenset(asked) - {i for (i, _), possible in zip(wanted, answers, strict=True) if not possible}


def open_in(theory: Theory, gap: Gap, case: Case, aside: frozenset[str]) -> bool:
    """Whether a gap is one in a case."""
    formulas = revealed_formulas(theory.policy, gap.target, gap.artifact, gap.access)
    return 0 in _open_in(theory, case, aside, {0: tuple(theory.literal(formula) for formula in formulas)})


def named_by(limiting: Iterable[Clause], access: Access, aside: frozenset[str]) -> bool:
    """Whether a clause that is itself in question (in conflict, or with an open field) already names this audience's access.

    `limiting`: the clauses that limit the target on the artifact.
    """
    for clause in limiting:
        open_scope = clause.scope.artifacts is None or clause.scope.access is None
        if clause.scope.when is not None or (clause.id not in aside and not open_scope):
            continue
        if clause.scope.access is None or access_rank(clause.scope.access) >= access_rank(effective(access)):
            return True
    return False
