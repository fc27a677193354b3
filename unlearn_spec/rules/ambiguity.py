"""A001–A005: fields left open that change a verdict, with the two readings that part ways; the widest question first."""

from __future__ import annotations

from collections.abc import Sequence
from fractions import Fraction

from ..finding import Finding, Fix, Severity
from ..logic.ambiguity import Ambiguity, ambiguity, open_fields, settled
from ..logic.assumed import Assumed
from ..logic.encode import TooLarge
from ..logic.follows import binding
from ..logic.meaning import body, rate_of
from ..logic.scope import Choice, scoped_artifacts
from ..logic.statements import claim_formula
from ..logic.worlds import short_percent, told
from ..plan.allocation import tested_artifacts
from ..policy.clauses import Clause, Rectify, Refuse, Remove, Retain, Suppress
from ..policy.model import Claim
from ..policy.vocabulary import access_rank
from ..statistics.binomial import clopper_pearson_lower, clopper_pearson_upper
from ..wording.numbers import percent as rounded
from .context import Context
from .edits import field_edits
from .witness import world_as_test
from .wording import count, listed


def open_readings(context: Context) -> tuple[Finding, ...]:
    """A001–A004. Flags an open decision field: as a question if two readings give different verdicts, else as harmless.

    The question whose answer settles most verdicts comes first. Compares readings of one field at a time. Cannot see
    fields that the theory has no quantity for (X002 names those).
    """
    found: list[tuple[int, Finding]] = []
    held: list[Assumed] = []
    for clause in context.policy.clauses:
        for open_field in open_fields(context.policy, clause):
            held = held or [context.theory.given.plus(binding(context.theory, c, context.aside)) for c in context.cases]
            try:
                split = ambiguity(context.theory, clause, open_field)
            except TooLarge:
                continue
            if split is None:
                found.append((0, _harmless(context, clause, open_field[0])))
            else:
                places = settled(context.theory, clause, open_field)
                found.append((len(places), _matters(context, clause, split, places, held)))
        places = tested_artifacts(context.policy, clause)
        found += ((len(places), finding) for finding in _open_statistics(context, clause, places))
    return tuple(finding for _, finding in sorted(found, key=lambda entry: -entry[0]))


def _harmless(context: Context, clause: Clause, field: str) -> Finding:
    return Finding(
        "A002",
        "info",
        f"{clause.id} does not say `{field}`, and it does not matter: no reading changes the outcome",
        (context.id_span(clause.id),),
        clauses=(clause.id,),
    )


def _matters(
    context: Context, clause: Clause, split: Ambiguity, places: tuple[str, ...], held: Sequence[Assumed]
) -> Finding:
    if split.field == "closure":
        return _closure(context, clause, split, places, held)
    code = {"artifacts": "A003", "compared_with": "A004"}.get(split.field, "A001")
    lenient, strict = _value(split.lenient, split.field), _value(split.strict, split.field)
    open_part = {"compared_with": "with which retrained model it is compared (`compared_with`)"}
    spans = [context.span((*context.path(clause.id), _HOME.get(split.field, "scope")), f"no `{split.field}`")]
    spans.append(context.id_span(clause.id))
    why = ["Two people reading this clause in good faith would reach different verdicts on the same model."]
    if code == "A004":
        leaning = _leaning_claims(context, clause)
        spans += (context.span(("claims", i, "says"), "leans on the same reference") for i, _ in leaning)
        why += (f"{claim.id} says that a model is as if never trained: it needs the same answer." for _, claim in leaning)
    return Finding(
        code,
        _severity(context, clause, split, held),
        f"{clause.id} does not say {open_part.get(split.field, f'`{split.field}`')}, and it matters: "
        f"{_witness(context, clause, split)} passes if read as {lenient} and fails if read as {strict}",
        tuple(spans),
        why=(*why, *_settles(places)),
        fixes=(Fix(_advice(context, clause, split)),),
        clauses=(clause.id,),
        world=_world(context, clause, split),
    )


def _closure(
    context: Context, clause: Clause, split: Ambiguity, places: tuple[str, ...], held: Sequence[Assumed]
) -> Finding:
    target, made = getattr(clause, "target", ""), listed(split.strict.closure)
    declared = context.span(("information", target, "kind"), "no `closure`")
    return Finding(
        "A001",
        _severity(context, clause, split, held),
        f"{clause.id} does not say how far {target} reaches (`closure`), and it matters: {made}, made from it, "
        f"may stay if only exact duplicates count, and may not if what is made from it counts too",
        (declared, context.id_span(clause.id)),
        why=(
            "Not written, `closure` means exact duplicates only; others who read the clause may take it to mean more.",
            *_settles(places),
        ),
        fixes=(Fix(f"write `closure` on {target}, or declare {made} `within` it"),),
        clauses=(clause.id,),
    )


def _world(context: Context, clause: Clause, split: Ambiguity) -> str | None:
    """The world on which the readings part: told whole, so that either reading can be asked of it."""
    case = next((case for case in context.cases if clause.id in case.binding.names), None)
    if case is None:
        return None
    held = (
        context.theory.literal(body(context.policy, clause, split.lenient)),
        "-" + context.theory.literal(body(context.policy, clause, split.strict)),
    )
    wanted = []
    if isinstance(clause, Suppress | Refuse | Retain | Rectify) and split.field not in ("over", "compared_with"):
        for choice in (split.lenient, split.strict):
            artifact = scoped_artifacts(context.policy, clause, choice)[0 if choice is split.lenient else -1]
            wanted.append((rate_of(clause, artifact, choice), clause.target))
    name = f"{clause.id}: `{split.field}` decides"
    liked = (_liked(clause), (Fraction(1, 2), Fraction(9, 10)))
    return world_as_test(context, held, case, name, wanted=wanted, preferred=liked)


def _liked(clause: Clause) -> tuple[Fraction, ...]:
    limit = getattr(clause, "limit", None)
    return (getattr(limit, "at_most", None) or getattr(limit, "at_least", None) or Fraction(1, 100),)
_HOME = {"compared_with": "limit"}
"""Where an open field would stand, if not in the scope."""


def _settles(places: tuple[str, ...]) -> tuple[str, ...]:
    """On how much the answer decides, where that is more than the one verdict that the message speaks of."""
    return (f"The answer settles {count(len(places), 'verdict')}: on {listed(places)}.",) if len(places) > 1 else ()


def _leaning_claims(context: Context, clause: Clause) -> list[tuple[int, Claim]]:
    """Claims of "as if never trained" on the target of a removal, with their positions."""
    return [
        (i, claim)
        for i, claim in enumerate(context.policy.claims)
        if claim.says == "as_if_never_trained" and isinstance(clause, Remove) and claim.of == clause.target
    ]


def _advice(context: Context, clause: Clause, split: Ambiguity) -> str:
    if not split.comparable:
        return f"choose: `{split.field}: {_value(split.lenient, split.field)}` or `{split.field}: {_value(split.strict, split.field)}`"
    choices = next(choices for name, choices in open_fields(context.policy, clause) if name == split.field)
    return f"write which is meant; the strongest reading is `{split.field}: {_value(choices[-1], split.field)}`"


def _value(choice: Choice, field: str) -> str:
    value = getattr(choice, field)
    return f"[{', '.join(value)}]" if isinstance(value, tuple) else str(value)


def _witness(context: Context, clause: Clause, split: Ambiguity) -> str:
    """A model on which the two readings part ways, in numbers where the clause limits a rate."""
    fallback = "a model"
    if not isinstance(clause, Suppress | Refuse | Retain | Rectify) or split.field in ("over", "compared_with"):
        return {
            "over": "a model that meets the limit on average but not on every item",
            "compared_with": "a model close to the one reference and not to the other",
            "artifacts": f"what is done on {listed(split.lenient.artifacts or ())} alone",
        }.get(split.field, fallback)
    theory, policy = context.theory, context.policy
    literals = (
        theory.literal(body(policy, clause, split.lenient)),
        "-" + theory.literal(body(policy, clause, split.strict)),
    )
    artifacts = scoped_artifacts(policy, clause, split.lenient), scoped_artifacts(policy, clause, split.strict)
    rates = [rate_of(clause, artifacts[0][0], split.lenient), rate_of(clause, artifacts[1][-1], split.strict)]
    liked = [_liked(clause), (Fraction(1, 2), Fraction(9, 10))]
    world = told(theory, literals, [(rate, clause.target) for rate in rates], liked)
    if world is None:
        return fallback
    places = [
        _place(split.field, choice, rate.artifact)
        for choice, rate in zip((split.lenient, split.strict), rates, strict=True)
    ]
    verb = "revealing" if rates[0].family == "reveals" and rates[0].bound == "sup" else "answering"
    return f"a model {verb} {short_percent(world[0].mean)} {places[0]} and {short_percent(world[1].mean)} {places[1]}"


def _place(field: str, choice: Choice, artifact: str) -> str:
    if field == "artifacts":
        return f"in {artifact}"
    return f"through {choice.access}" if field == "access" else f"asked {choice.asked}"


def _severity(context: Context, clause: Clause, split: Ambiguity, held: Sequence[Assumed]) -> Severity:
    """An error where the readings are incomparable, or where consistency, a claim or testability turns on them.

    `held`: what binds, case by case.
    """
    if not split.comparable or _evidence_too_shallow(clause, split):
        return "error"
    theory = context.theory
    strict = theory.literal(body(context.policy, clause, split.strict))
    for case in held:
        if case.satisfiable() and not case.satisfiable((strict,)):
            return "error"
        for claim in context.policy.claims:
            denied = "-" + theory.literal(claim_formula(context.policy, claim))
            if case.satisfiable((denied,)) and not case.satisfiable((strict, denied)):
                return "error"
    return "warning"


def _evidence_too_shallow(clause: Clause, split: Ambiguity) -> bool:
    evidence = clause.evidence
    if split.field != "access" or evidence is None or evidence.access is None or evidence.decide != "certify":
        return False
    return access_rank(split.lenient.access) <= access_rank(evidence.access) < access_rank(split.strict.access)


def _open_statistics(context: Context, clause: Clause, places: tuple[str, ...]) -> list[Finding]:
    """`decide` and `confidence` change verdicts by arithmetic alone: some count of failures separates the readings."""
    evidence = clause.evidence
    limit = getattr(getattr(clause, "limit", None), "at_most", None)
    if evidence is None or evidence.kind != "test" or evidence.samples is None or limit is None:
        return []
    n = evidence.samples
    level = evidence.confidence or context.policy.policy.confidence
    path = (*context.path(clause.id), "evidence")
    found = []
    if evidence.decide is None:
        alpha = min(max(float(1 - (Fraction(95, 100) if level is None else level)), 1e-12), 1 - 1e-12)  # 0% and 100% too
        k = int(n * limit)
        found.append(
            Finding(
                "A001",
                "error",
                f"{clause.id} does not say `decide`, and it matters: {count(k)} of {count(n)} passes if read as not_refuted "
                "and fails if read as certify",
                (context.span(path, "no `decide`"), context.id_span(clause.id)),
                why=(*_interval(k, n, alpha, limit), *_settles(places)),
                fixes=(
                    Fix("write `decide: certify` (the upper bound must be under the limit) or `decide: not_refuted`"),
                ),
                clauses=(clause.id,),
            )
        )
    if level is None:
        found.append(
            Finding(
                "A001",
                "error",
                f"{clause.id} does not say `confidence`, nor does the policy, and it matters: "
                "the same count passes at one level and fails at another",
                (context.span(path, "no `confidence`"), context.id_span(clause.id)),
                why=_settles(places),
                fixes=(Fix('write `confidence: "95%"` in the policy\'s head'),),
                clauses=(clause.id,),
            )
        )
    return found


def _interval(k: int, n: int, alpha: float, limit: Fraction) -> tuple[str, ...]:
    """What so many failures show; not for numbers of draws that nobody makes."""
    if n > 10**7:
        return ()
    lower, upper = clopper_pearson_lower(k, n, alpha), clopper_pearson_upper(k, n, alpha)
    between = f"between {rounded(lower, 'down')} and {rounded(upper, 'up')}"
    return (f"{count(k)} of {count(n)} shows a rate {between}; the limit {short_percent(limit)} lies inside.",)


def process_or_model(context: Context) -> tuple[Finding, ...]:
    """A005. Flags a removal clause that does not say whether it is about the process or about one released model."""
    return tuple(
        Finding(
            "A005",
            "warning",
            f"{clause.id} does not say `about`: what the process does on average, or what this one model does?",
            (context.id_span(clause.id),),
            why=(
                "One training run can be better or worse than the average; evidence for the one is not evidence for the other.",
            ),
            fixes=(
                Fix(
                    "write `about: process`",
                    edits=field_edits(context.document.source, context.path(clause.id), "about", "process"),
                )
                if clause.measure == "influence"
                else Fix("write `about: process` or `about: model`"),
            ),
            clauses=(clause.id,),
        )
        for clause in context.policy.clauses
        if isinstance(clause, Remove) and clause.about is None
    )
