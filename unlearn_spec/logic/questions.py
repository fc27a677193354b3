"""One function a question. Each assumes that the questions before it were answered well, and none guesses: `Undecided` rises."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from fractions import Fraction
from functools import partial

from ..policy.model import (
    Claim,
    Clause,
    Closeness,
    Delete,
    Govern,
    Over,
    Policy,
    Rectify,
    Refuse,
    Remove,
    Retain,
    Suppress,
)
from ..policy.vocabulary import ACCESS, PROBES, Access, access_rank
from .assumed import Assumed
from .conflicts import Core, axioms_behind, structural
from .cores import minimal_core
from .encode import TooLarge, number, total
from .formulas import Comparison, Formula, Mean, Overlap, Rate, Size, atoms
from .limits import covering, for_some
from .lineage import audience_levels, audiences_around, exposures, kin
from .meaning import (
    MODELS,
    WEAKEST,
    Choice,
    body,
    claim_formula,
    fitting_artifacts,
    on_artifact,
    rate_of,
    readings_on,
    scoped_artifacts,
)
from .separation import neighbours
from .situations import Case, as_bound, minimal, shares_of
from .theory import Premise, Theory

HIGH = Fraction(9, 10)
"""The rate from which an unlimited target counts as revealed in a coverage gap."""


# --- facts, vacuity --------------------------------------------------------------------------------------------------


def facts_contradict(theory: Theory) -> Core | None:
    """A minimal set of declared facts that cannot all be true, or None."""
    fixed = (*theory.axiom_literals, *theory.nonempty)
    if theory.possible(()):
        return None
    chosen = minimal_core(tuple(theory.facts), fixed, theory.solver.satisfiable)
    axioms = minimal_core(tuple(theory.axiom_literals), (*theory.nonempty, *chosen), theory.solver.satisfiable)
    core = Core((), tuple(theory.facts[name] for name in chosen), tuple(theory.axiom_literals[name] for name in axioms))
    return replace(core, relations=structural(theory, core))


def empty_target(theory: Theory, target: str) -> bool:
    """Whether facts and relations leave the set without an item."""
    if theory.encoder.symbol("e", target, "Bool") in theory.has_item:
        return False  # facts are consistent, and with them that it has an item
    try:
        size = theory.encoder.set_size(target)
    except TooLarge:
        return False
    return not theory.solver.satisfiable((*theory.axiom_literals, *theory.facts), f"(assert (>= {size} 1))")


def never_applies(clause: Clause, cases: Sequence[Case]) -> bool:
    """Whether no allowed situation makes the clause bind."""
    return not any(clause.id in case.binding.names for case in cases)


def already_true(theory: Theory, clauses: Sequence[Clause]) -> tuple[Clause, ...]:
    """The clauses of which axioms and facts alone entail what they demand."""
    known = [clause for clause in clauses if theory.knows(clause)]
    fails = theory.given.satisfiable_each([("-" + theory.body(clause),) for clause in known])
    return tuple(clause for clause, possible in zip(known, fails, strict=True) if not possible)


# --- bounds on uncertain facts ---------------------------------------------------------------------------------------


@dataclass(frozen=True)
class Range:
    """A fact declared as a range, and the part of it in which the clauses can hold."""

    premise: Premise
    declared: tuple[Fraction, Fraction]
    feasible: tuple[Fraction, Fraction]
    clauses: tuple[str, ...]
    """The clauses that exclude the rest of the range."""
    axioms: tuple[str, ...] = ()


@dataclass(frozen=True)
class _Quantity:
    """A ranged fact as a grid: its ends, the step between points, and the constraint `quantity op point` as text."""

    low: Fraction
    high: Fraction
    step: Fraction
    constraint: Callable[[Comparison, Fraction], str]


def achievable_ranges(theory: Theory, among: Iterable[str]) -> tuple[Range, ...]:
    """Facts given as ranges of which only a part leaves the clauses a world (item counts exactly, shares to 0.1 %)."""
    chosen = set(among)
    clauses = [clause for clause in theory.policy.clauses if clause.id in chosen and theory.knows(clause)]
    literals = {theory.body(clause): clause.id for clause in clauses}
    held = theory.given.plus(tuple(literals))
    found = []
    for premise in theory.facts.values():
        quantity = _quantity(theory, premise)
        if quantity is None:
            continue
        top = _furthest(held, quantity, ">=")
        bottom = _furthest(held, quantity, "<=")
        if (bottom, top) != (quantity.low, quantity.high):
            least, most = (_furthest(theory.given, quantity, op) for op in ("<=", ">="))
            if (bottom, top) == (least, most):
                continue  # the other facts leave no more: no clause excludes anything
            excluded = quantity.constraint(">=", most) if top < most else quantity.constraint("<=", least)
            ask = partial(theory.solver.satisfiable, extra=excluded)
            guilty = minimal_core(tuple(literals), theory.background, ask)
            axioms = minimal_core(tuple(theory.axiom_literals), (*theory.facts, *theory.nonempty, *guilty), ask)
            names, used = (literals[name] for name in guilty), (theory.axiom_literals[name] for name in axioms)
            found.append(Range(premise, (quantity.low, quantity.high), (bottom, top), tuple(names), tuple(used)))
    return tuple(found)


def _quantity(theory: Theory, premise: Premise) -> _Quantity | None:
    encoder = theory.encoder

    def counted(value: str, low: int, high: int) -> _Quantity:
        return _Quantity(
            Fraction(low), Fraction(high), Fraction(1), lambda op, k: f"(assert ({op} {value} {number(k)}))"
        )

    match premise.formula:
        case Size(target, low, high) if high is not None and low < high:
            return counted(encoder.set_size(target), low, high)
        case Overlap(left, right, low, high) if high is not None and low < high:
            return counted(total([encoder.size(region) for region in encoder.regions.shared(left, right)]), low, high)
        case _:
            pass
    means = [atom for atom in atoms(premise.formula) if isinstance(atom, Mean)]
    if premise.kind == "reference" and means:
        fact = theory.policy.reference_retrain[int(premise.path[1])]
        if fact.mean_between[0] < fact.mean_between[1]:
            rate = means[0].rate
            return _Quantity(
                *fact.mean_between,
                Fraction(1, 1000),
                lambda op, k: f"(assert {encoder.text(Mean(rate, fact.target, op, k))})",
            )
    return None


def _furthest(held: Assumed, quantity: _Quantity, op: Comparison) -> Fraction:
    """The grid point nearest to the range's end that still leaves a world; feasible points form an interval."""
    end, other = (quantity.high, quantity.low) if op == ">=" else (quantity.low, quantity.high)
    if held.satisfiable((), quantity.constraint(op, end)):
        return end
    towards = quantity.step if op == ">=" else -quantity.step
    near, far = 0, int((quantity.high - quantity.low) / quantity.step)  # steps from the other end: feasible, and not
    while far - near > 1:
        middle = (near + far) // 2
        if held.satisfiable((), quantity.constraint(op, other + middle * towards)):
            near = middle
        else:
            far = middle
    return other + near * towards


# --- redundancy ------------------------------------------------------------------------------------------------------


@dataclass(frozen=True)
class Shadow:
    """`clause` adds nothing to `by`; `equal` if the converse holds too, wherever either binds."""

    clause: str
    by: str
    equal: bool
    axioms: tuple[str, ...] = ()
    """Those that lead from the one to the other."""


def shadows(theory: Theory, cases: Sequence[Case], skip: frozenset[str]) -> tuple[Shadow, ...]:
    """Clauses that another single clause already requires wherever they bind, and for whomever. Of two equal clauses, the later one.

    Not asked of clauses that are already true.
    """
    policy, covers = theory.policy, covering(theory.policy)
    known = [clause for clause in policy.clauses if clause.id not in skip and theory.knows(clause)]
    bodies = [theory.body(clause) for clause in known]
    bound, whole = bound_and_whole(known, cases)
    artifacts = [frozenset(scoped_artifacts(policy, clause)) for clause in known]
    pairs = [
        (i, j)
        for i, near in enumerate(neighbours(theory.given, bodies, [_reach(theory, clause) for clause in known]))
        for j in near
        if not bound[known[i].id] & ~whole[known[j].id] and not artifacts[i].isdisjoint(artifacts[j])
    ]
    answers = theory.given.satisfiable_each([(bodies[j], "-" + bodies[i]) for i, j in pairs])
    stronger: dict[int, list[int]] = {}
    for (i, j), apart in zip(pairs, answers, strict=True):
        if not apart and covers(known[j], known[i]):
            stronger.setdefault(i, []).append(j)
    found: list[Shadow] = []
    for i, others in stronger.items():
        for j in others:
            if theory.possible((bodies[j],)):
                equal = not bound[known[j].id] & ~whole[known[i].id] and not theory.possible((bodies[i], "-" + bodies[j]))
                equal = equal and covers(known[i], known[j])
                if not (equal and j > i):
                    axioms = axioms_behind(theory, (bodies[j], "-" + bodies[i])) if bodies[i] != bodies[j] else ()
                    found.append(Shadow(known[i].id, known[j].id, equal, axioms))
                    break
    return tuple(found)


def bound_and_whole(clauses: Sequence[Clause], cases: Sequence[Case]) -> tuple[Mapping[str, int], Mapping[str, int]]:
    """The cases in which each clause binds somewhere, and those in which it binds as written, as the bits of numbers."""
    bound, whole = {clause.id: 0 for clause in clauses}, {clause.id: 0 for clause in clauses}
    for found in shares_of(cases):
        for share, places in found.items():
            for bits, names in ((bound, share.names), (whole, share.whole)):
                for name in names & bits.keys():
                    bits[name] |= places
    return bound, whole


def _reach(theory: Theory, clause: Clause) -> int:
    """How many intersections of sets a clause speaks of."""
    return len(theory.encoder.regions.of.get(getattr(clause, "target", ""), ()))


# --- claims ----------------------------------------------------------------------------------------------------------


def fails_to_follow(theory: Theory, claim: Claim, cases: Sequence[Case], aside: frozenset[str]) -> Case | None:
    """A situation in which every clause (outside `aside`) holds and the claim does not, or None if it follows."""
    wanted = theory.literal(claim_formula(theory.policy, claim))
    for case in minimal(tuple(cases)):
        if theory.possible((*binding(theory, case, aside), "-" + wanted)):
            return case
    return None


def partly_promised(theory: Theory, claim: Claim, cases: Sequence[Case], aside: frozenset[str]) -> tuple[str, ...]:
    """Clauses for some audience, some languages or precisions without which a claim that follows would not; in source order.

    Rates are not told apart by these (semantics.md §1), and a claim speaks of all of them.
    """
    some = frozenset(clause.id for clause in theory.policy.clauses if for_some(clause) and clause.id not in aside)
    if not some or fails_to_follow(theory, claim, cases, aside | some) is None:
        return ()
    needed = {name for name in some if fails_to_follow(theory, claim, cases, aside | {name}) is not None}
    return tuple(clause.id for clause in theory.policy.clauses if clause.id in (needed or some))


def binding(theory: Theory, case: Case, aside: frozenset[str]) -> tuple[str, ...]:
    """Literals of the clauses that bind in a case, those set aside left out."""
    return tuple(
        theory.body(clause)
        for clause in as_bound(theory.policy.clauses, case.binding)
        if clause.id not in aside and theory.knows(clause)
    )


# --- ambiguity -------------------------------------------------------------------------------------------------------


@dataclass(frozen=True)
class Ambiguity:
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


# --- coverage --------------------------------------------------------------------------------------------------------


@dataclass(frozen=True)
class Gap:
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
    limiting: dict[str, list[Clause]] = {}
    for clause in policy.clauses:
        if isinstance(clause, Suppress | Refuse):
            limiting.setdefault(clause.target, []).append(clause)
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
                if not named_by(policy, limiting[target], artifact, access, aside):
                    named = _names_artifact(policy, limiting[target], artifact)
                    gap = Gap(target, artifact, tuple(by_level[access]), access, effective(access), named, cases[0])
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
    for case in minimal(tuple(cases)):
        left = {i: literals for i, (_, literals) in enumerate(asked) if i not in found}
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


def named_by(
    policy: Policy, limiting: Iterable[Clause], artifact: str, access: Access, aside: frozenset[str]
) -> bool:
    """Whether a clause that is itself in question (in conflict, or with an open field) already names this audience's access.

    `limiting`: the clauses that limit the target.
    """
    for clause in limiting:
        if isinstance(clause, Suppress | Refuse):
            open_scope = clause.scope.artifacts is None or clause.scope.access is None
            if clause.scope.when is not None or (clause.id not in aside and not open_scope):
                continue
            if clause.scope.artifacts is not None and artifact not in scoped_artifacts(policy, clause):
                continue
            if clause.scope.access is None or access_rank(clause.scope.access) >= access_rank(effective(access)):
                return True
    return False


def _names_artifact(policy: Policy, limiting: Iterable[Clause], artifact: str) -> bool:
    return any(
        clause.scope.artifacts is None or artifact in scoped_artifacts(policy, clause) for clause in limiting
    )


# --- what the theory must be able to say -----------------------------------------------------------------------------


def vocabulary(policy: Policy) -> tuple[Formula, ...]:
    """Every formula the questions above ask about, beyond clause bodies."""
    found: dict[Formula, None] = {}
    for claim in policy.claims:
        found[claim_formula(policy, claim)] = None
    for clause in policy.clauses:
        for _, choices in open_fields(policy, clause):
            found.update({body(policy, clause, choice): None for choice in choices})
    for target in intended_targets(policy):
        for artifact, declared in policy.artifacts.items():
            if declared.kind in MODELS:
                levels = (*audience_levels(policy, artifact).values(), *declared.seen_by.values())
                for access in dict.fromkeys(levels):
                    found.update(dict.fromkeys(revealed_formulas(policy, target, artifact, access)))
    return tuple(found)


def rate_limited(clause: Clause, artifact: str) -> Rate | None:
    """The rate a clause limits on an artifact, open fields at their weakest; None for goals without rates."""
    return rate_of(clause, artifact, WEAKEST) if isinstance(clause, Suppress | Refuse | Retain | Rectify) else None
