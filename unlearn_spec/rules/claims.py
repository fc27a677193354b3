"""M001–M005: outward statements that do not follow from the clauses, with a world that shows it."""

from __future__ import annotations

from dataclasses import dataclass

from ..finding import Finding, Fix
from ..logic.formulas import Mean, Rate, atoms
from ..logic.lineage import exposures, kin
from ..logic.meaning import claim_formula, scoped_artifacts
from ..logic.questions import binding, fails_to_follow, partly_promised, rate_limited
from ..logic.situations import Case
from ..logic.worlds import percent, told
from ..policy.model import Claim, Closeness, Refuse, Remove, Suppress
from .context import Context, listed, when
from .rate_words import sentences
from .witness import world_as_test
from .wording import decimal


def unfounded(context: Context) -> tuple[Finding, ...]:
    """M001–M005. Flags a claim that is false in some world in which every clause holds.

    Cannot see free text: only the statement that `says` names is held against the clauses.
    """
    found = []
    for i, claim in enumerate(context.policy.claims):
        if claim.of in context.theory.skipped:
            found.append(_not_asked(context, i, claim))
            continue
        case = fails_to_follow(context.theory, claim, context.cases, context.aside)
        if case is not None:
            found.append(_finding(context, i, claim, case))
        elif names := partly_promised(context.theory, claim, context.cases, context.aside):
            found.append(_for_some(context, i, claim, names))
    return tuple(found)


def _for_some(context: Context, i: int, claim: Claim, names: tuple[str, ...]) -> Finding:
    """X002: what a model reveals is not told apart by audience, language or precision, and a claim speaks of all of them."""
    return Finding(
        "X002",
        "undetermined",
        f"not checked: whether {claim.id} holds for everyone: "
        f"without {listed(names)}, for some audience, language or precision only, it would not follow",
        (context.span(("claims", i, "says")), *(context.id_span(name) for name in names)),
        why=("A claim speaks of every audience, language and precision.",),
        fixes=(Fix("leave that field out of the clause, or say in the claim's own words whom it covers and accept this finding"),),
        clauses=(claim.id, *names),
    )


def _not_asked(context: Context, i: int, claim: Claim) -> Finding:
    message = f"not checked: whether {claim.id} follows, since {claim.of} is in a group of sets too large to enumerate"
    return Finding("X002", "undetermined", message, (context.span(("claims", i, "says")),), clauses=(claim.id,))


@dataclass(frozen=True)
class _Told:
    code: str
    message: str
    why: tuple[str, ...]
    fix: Fix


def _finding(context: Context, i: int, claim: Claim, case: Case) -> Finding:
    tell = {
        "influence_removed": _not_removed,
        "as_if_never_trained": _not_removed,
        "not_revealed": _revealed,
        "contains_no_information": _contained,
        "no_harmful_use": _used,
        "nothing_else_changed": _changed,
    }[claim.says]
    what = tell(context, claim, case)
    return Finding(
        what.code,
        "error",
        f"{claim.id}: {what.message}",
        (context.span(("claims", i, "says")),),
        why=what.why,
        fixes=(what.fix,),
        clauses=(claim.id,),
        situation=tuple(sorted(case.holding)),
        world=_world(context, claim, case),
    )


def _world(context: Context, claim: Claim, case: Case) -> str | None:
    formula = claim_formula(context.policy, claim)
    wanted = [(atom.rate, atom.target) for atom in atoms(formula) if isinstance(atom, Mean)][:1]
    held = (*binding(context.theory, case, context.aside), "-" + context.theory.literal(formula))
    return world_as_test(context, held, case, f"{claim.id} does not follow", wanted=wanted, expect_fail=(claim.id,))


def _not_removed(context: Context, claim: Claim, case: Case) -> _Told:
    removing = [
        c
        for c in context.policy.clauses
        if isinstance(c, Remove) and c.target == claim.of and isinstance(c.limit, Closeness)
    ]
    suppressing = _about(context, claim)
    if removing and isinstance(removing[0].limit, Closeness):
        limit = removing[0].limit
        close = f"epsilon {decimal(limit.epsilon)}, delta {percent(limit.delta)}"
        message = f'"{_words(claim)}" does not follow: {removing[0].id} promises closeness ({close}), not this'
        fix = Fix(
            f"claim no more than epsilon {decimal(limit.epsilon)} and delta {percent(limit.delta)}, on the artifacts of {removing[0].id}"
        )
        return _Told("M001", message, (*_kept_influence(context, claim, case), _process(context, claim)), fix)
    silent = (
        f"{suppressing[0].id} keeps {claim.of} out of sight" if suppressing else "the clauses speak of something else"
    )
    message = f'"{_words(claim)}" does not follow: {silent} while the records can still shape the weights'
    fix = Fix(
        "restate the claim as what the outputs show, or add a `remove` clause with a reference and process evidence"
    )
    why = (*_deeper(context, claim, case), *_kept_influence(context, claim, case), _process(context, claim))
    return _Told("M001", message, why, fix)


def _kept_influence(context: Context, claim: Claim, case: Case) -> tuple[str, ...]:
    """Which retained sets, made from the target, keep its influence; and that no world makes the claim true, if none does."""
    policy, made = context.policy, dict[str, list[str]]()
    for name in claim.in_:
        for other in kin(policy, claim.of or ""):
            if other in exposures(policy, name):
                made.setdefault(other, []).append(name)
    kept = tuple(
        f"{other}, made from {claim.of}, was training data of {listed(names)} and is not removed (axiom K5)."
        for other, names in made.items()
        if "K5" not in context.without and not _removed(context, other)
    )
    literal = context.theory.literal(claim_formula(policy, claim))
    if context.theory.possible((*binding(context.theory, case, context.aside), literal)):
        return kept
    return (*kept, "The claim is false in every world that meets the clauses: nothing that they list ends the influence.")


def _removed(context: Context, target: str) -> bool:
    return any(isinstance(c, Remove) and c.target == target and isinstance(c.limit, Closeness) for c in context.policy.clauses)


def _process(context: Context, claim: Claim) -> str:
    return (
        f"In a world that meets every clause, the process that made the parameters still depended on {claim.of}; "
        "no limit on outputs excludes that, only evidence about the process does."
    )


def _deeper(context: Context, claim: Claim, case: Case) -> tuple[str, ...]:
    """Where a suppressed target is still revealed, if the theory can say so."""
    for clause in _about(context, claim):
        for artifact in scoped_artifacts(context.policy, clause):
            rate = rate_limited(clause, artifact)
            deep = [
                r
                for r in context.theory.encoder.rates_about(artifact, clause.target)
                if rate is not None and _beyond(r, rate)
            ]
            if rate is None or not deep:
                continue
            world = told(
                context.theory,
                binding(context.theory, case, context.aside),
                [(deep[-1], clause.target), (rate, clause.target)],
            )
            if world is not None and world[0].mean > world[1].mean:
                return sentences((world[1], world[0]))
    return ()


def _beyond(rate: Rate, shallow: Rate) -> bool:
    same = (rate.family, rate.bound, rate.whose, rate.reading) == (
        shallow.family,
        shallow.bound,
        shallow.whose,
        shallow.reading,
    )
    return same and (rate.access, rate.asked) != (shallow.access, shallow.asked)


def _revealed(context: Context, claim: Claim, case: Case) -> _Told:
    limit = percent(claim.at_most) if claim.at_most is not None else "0%"
    built_from = context.policy.information[claim.of].built_from if claim.of in context.policy.information else None
    removing = [c for c in context.policy.clauses if isinstance(c, Remove) and c.target in (claim.of, built_from)]
    world = _claimed_world(context, claim, case)
    level = f"at most {limit} through {claim.access or 'finetune'}, asked {claim.asked or 'adversarial'}"
    if removing and not _about(context, claim):
        message = (
            f'"not revealed" ({level}) does not follow: {removing[0].id} is about training; '
            "a model never trained on it can still say it from what stays"
        )
        return _Told("M002", message, world, Fix("add a `suppress` clause with its own target and limit"))
    message = f'"not revealed" ({level}) does not follow: no clause limits it there'
    return _Told(
        "M003",
        message,
        world,
        Fix("claim what the clauses limit, or add a `suppress` clause at that access and probe strength"),
    )


def _contained(context: Context, claim: Claim, case: Case) -> _Told:
    message = (
        f'"contains no information" on {claim.of} does not follow from limits on outputs: '
        "what a model can be made to show is more than what was seen"
    )
    fix = Fix("say what was tested, at which access; no finite limit on outputs carries this claim")
    return _Told("M003", message, _claimed_world(context, claim, case), fix)


def _used(context: Context, claim: Claim, case: Case) -> _Told:
    message = "no clause about a model or its outputs entails a statement about what people do with them"
    why = (
        "In a world that meets every clause, someone uses a harmless answer for a harmful end. No axiom connects the two.",
    )
    return _Told(
        "M004",
        message,
        why,
        Fix("add `govern` clauses for access, monitoring and terms, and reword the claim to what they do"),
    )


def _changed(context: Context, claim: Claim, case: Case) -> _Told:
    margin = percent(claim.within) if claim.within is not None else "any amount"
    beyond = f"{claim.of}" if claim.of is not None else "what no clause names"
    message = f'"nothing else changed" does not follow: nothing keeps {beyond} from falling by more than {margin}'
    why = (f"In a world that meets every clause, {beyond} is known before and not afterwards.",)
    return _Told(
        "M005",
        message,
        why,
        Fix("add a `retain` clause over `each` item with `within` a margin of `before`, and claim that set only"),
    )


def _claimed_world(context: Context, claim: Claim, case: Case) -> tuple[str, ...]:
    """The claimed rate at its roundest, and the nearest limited one beside it, in a world that meets every clause."""
    formula = claim_formula(context.policy, claim)
    means = [atom for atom in atoms(formula) if isinstance(atom, Mean)]
    wanted = [(atom.rate, atom.target) for atom in means[:1]]
    for clause in _about(context, claim):
        for artifact in scoped_artifacts(context.policy, clause):
            rate = rate_limited(clause, artifact)
            if rate is not None and (rate, clause.target) not in wanted and rate.artifact == wanted[0][0].artifact:
                wanted.append((rate, clause.target))
    literal = "-" + context.theory.literal(formula)
    world = told(context.theory, (*binding(context.theory, case, context.aside), literal), wanted)
    return (
        ()
        if world is None
        else (
            f"A world that meets every clause{when(tuple(sorted(case.holding)))}:",
            *sentences(world),
        )
    )


def _about(context: Context, claim: Claim) -> list[Suppress | Refuse]:
    """Suppression clauses on the claimed set, or on facts built from it."""
    names = {claim.of, *(name for name, info in context.policy.information.items() if info.built_from == claim.of)}
    return [
        clause for clause in context.policy.clauses if isinstance(clause, Suppress | Refuse) and clause.target in names
    ]


def _words(claim: Claim) -> str:
    return "as if never trained" if claim.says == "as_if_never_trained" else "influence removed"
