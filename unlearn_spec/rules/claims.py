"""M001–M005: outward statements that do not follow from the clauses, with a world that shows it."""

from __future__ import annotations

from ..finding import Finding, Fix
from ..logic.claimed import denied
from ..logic.follows import binding, fails_to_follow, partly_promised
from ..logic.lineage import enclosing
from ..logic.situations import Case
from ..logic.statements import claim_formula
from ..policy.clauses import Refuse, Remove, Suppress
from ..policy.model import Claim
from .claims_changed import changed
from .claims_mended import mended
from .claims_removed import Obstacle, lacking
from .claims_removed import told as obstacle_told
from .claims_restated import restated
from .claims_revealed import about, above, culprit, deeper, lacks, preferred, put, shown
from .claims_told import Told
from .context import Context, when
from .lineage import Lineage
from .rate_words import sentences
from .unlisting import still_listed
from .witness import world_as_test
from .wording import listed, percent


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
            found.append(_finding(context, i, claim, _quiet(context, claim, case)))
        elif names := partly_promised(context.theory, claim, context.cases, context.aside):
            found.append(_for_some(context, i, claim, names))
    return tuple(found)


def _quiet(context: Context, claim: Claim, case: Case) -> Case:
    """The case without any situation, if the claim does not follow there either: then it is no matter of situations."""
    quiet = tuple(each for each in context.cases if not each.holding) if case.holding else ()
    return fails_to_follow(context.theory, claim, quiet, context.aside) or case


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


def _finding(context: Context, i: int, claim: Claim, case: Case) -> Finding:
    tell = {
        "influence_removed": _not_removed,
        "as_if_never_trained": _not_removed,
        "not_revealed": _revealed,
        "contains_no_information": _contained,
        "no_harmful_use": _used,
        "nothing_else_changed": changed,
    }[claim.says]
    what = tell(context, claim, case)
    return Finding(
        what.code,
        "error",
        f"{claim.id}: {what.message}",
        (context.span(("claims", i, "says")),),
        why=what.why,
        fixes=what.fixes,
        clauses=(claim.id,),
        axioms=what.axioms,
        situation=tuple(sorted(case.holding)),
        world=_world(context, claim, case),
    )


def _world(context: Context, claim: Claim, case: Case) -> str | None:
    if not context.worlds:
        return None
    held = (*binding(context.theory, case, context.aside), "-" + context.theory.literal(claim_formula(context.policy, claim)))
    name = f"{claim.id} does not follow"
    if claim.says not in ("not_revealed", "contains_no_information"):
        return world_as_test(context, held, case, name, expect_fail=(claim.id,))
    found = culprit(context, claim, case)
    wanted, liked = [(found.rate, found.target)], (preferred(found),)
    beyond = denied(context.theory, found.part)
    return world_as_test(context, held, case, name, wanted=wanted, preferred=liked, expect_fail=(claim.id,), denied=beyond)


def _not_removed(context: Context, claim: Claim, case: Case) -> Told:
    lack = lacking(context, claim, case)
    obstacle, names = lack.found[0]
    words = "as if never trained" if claim.says == "as_if_never_trained" else "influence removed"
    message = f'"{words}" does not follow: {obstacle_told(context, lack, obstacle, names)}'
    others = tuple(f"Besides, {obstacle_told(context, lack, *other)}." for other in lack.found[1:])
    kinds = {found.kind for found, _ in lack.found}
    kept = ("K5",) if "kept" in kinds and "K5" not in context.without else ()
    axioms = ("K2", *kept) if "stem" in kinds or ("kept" in kinds and not kept) else kept
    why = (*others, *_never(context, claim, case), *_process(context, claim, case, obstacle))
    return Told("M001", message, why, mended(context, lack), axioms)


def _never(context: Context, claim: Claim, case: Case) -> tuple[str, ...]:
    """That no world makes the claim true, if none does."""
    literal = context.theory.literal(claim_formula(context.policy, claim))
    if context.theory.possible((*binding(context.theory, case, context.aside), literal)):
        return ()
    return ("The claim is false in every world that meets the clauses: nothing that they list ends the influence.",)


def _process(context: Context, claim: Claim, case: Case, obstacle: Obstacle) -> tuple[str, ...]:
    """That what made the parameters depended on the set; where a clause keeps it out of sight, what shows that, if anything."""
    depended = (
        f"In a world that meets every clause{when(sorted(case.holding))}, "
        f"the process that made the parameters still depended on {claim.of}"
    )
    if obstacle.kind != "hidden":
        return (f"{depended}.",)
    seen = deeper(context, claim, case)
    missing = ("Nothing observable need differ there; what is missing is evidence about the process.",) if seen == () else ()
    return (
        *sentences(seen or ()),
        f"{depended}; no limit on outputs excludes that, only evidence about the process does.",
        *missing,
    )


def _revealed(context: Context, claim: Claim, case: Case) -> Told:
    policy, of = context.policy, claim.of or ""
    built_from = policy.information[of].built_from if of in policy.information else None
    removing = [c for c in policy.clauses if isinstance(c, Remove) and c.target in (of, built_from)]
    world = _claimed_world(context, claim, case)
    limit = percent(claim.at_most) if claim.at_most is not None else "0%"
    level = f"at most {limit} through {claim.access or 'finetune'}, asked {claim.asked or 'adversarial'}"
    hiding = (c for c in about(context, of) if isinstance(c, Suppress | Refuse) and c.target not in enclosing(policy, of)[1:])
    if removing and not any(hiding):
        message = (
            f'"not revealed" ({level}) does not follow: {removing[0].id} is about training; '
            "a model never trained on it can still say it from what stays"
        )
        return Told("M002", message, world, (Fix("add a `suppress` clause with its own target and limit"),))
    found = culprit(context, claim, case)
    first, *others = lacks(context, found)
    message = f'"not revealed" ({level}) does not follow: {put(context, found, first)}'
    besides = tuple(f"Besides, {put(context, found, other)}." for other in others)
    listed_still = still_listed(Lineage(policy), of, found.path.paths) if found.path is not None else ()
    return Told("M003", message, (*besides, *listed_still, *world), restated(context, claim, found, (first, *others)))


def _contained(context: Context, claim: Claim, case: Case) -> Told:
    message = (
        f'"contains no information" on {claim.of} does not follow from limits on outputs: '
        "what a model can be made to show is more than what was seen"
    )
    fix = Fix("say what was tested, at which access; no finite limit on outputs carries this claim")
    return Told("M003", message, _claimed_world(context, claim, case), (fix,))


def _used(context: Context, claim: Claim, case: Case) -> Told:
    message = "no clause about a model or its outputs entails a statement about what people do with them"
    why = (
        "In a world that meets every clause, someone uses a harmless answer for a harmful end. No axiom connects the two.",
    )
    fix = Fix("add `govern` clauses for access, monitoring and terms, and reword the claim to what they do")
    return Told("M004", message, why, (fix,))


def _claimed_world(context: Context, claim: Claim, case: Case) -> tuple[str, ...]:
    """The claimed rate at its roundest, and the nearest limited one beside it, in a world that meets every clause."""
    found = culprit(context, claim, case)
    world = shown(context, found)
    if world is None:
        return ()
    return (f"A world that meets every clause{when(sorted(case.holding))}:", *sentences(world, above(found, world)))
