"""A001–A005: fields left open that change a verdict, with the two readings that part ways."""

from __future__ import annotations

from collections.abc import Sequence
from fractions import Fraction

from ..finding import Finding, Fix, Severity
from ..logic.encode import TooLarge
from ..logic.meaning import Choice, body, claim_formula, rate_of, scoped_artifacts
from ..logic.questions import Ambiguity, ambiguity, binding, open_fields
from ..logic.solver import Assumed
from ..logic.worlds import percent, told
from ..policy.model import Clause, Rectify, Refuse, Remove, Retain, Suppress
from ..policy.vocabulary import access_rank
from ..statistics.binomial import clopper_pearson_lower, clopper_pearson_upper
from .context import Context


def open_readings(context: Context) -> tuple[Finding, ...]:
    """A001, A002, A003. Flags an open decision field: as a question if two readings give different verdicts, else as harmless.

    Compares readings of one field at a time. Cannot see fields that the theory has no quantity for (X002 names those).
    """
    found = []
    held: list[Assumed] = []
    for clause in context.policy.clauses:
        for open_field in open_fields(context.policy, clause):
            held = held or [context.theory.given.plus(binding(context.theory, c, context.aside)) for c in context.cases]
            try:
                split = ambiguity(context.theory, clause, open_field)
            except TooLarge:
                continue
            found.append(
                _harmless(context, clause, open_field[0]) if split is None else _matters(context, clause, split, held)
            )
        found += _open_statistics(context, clause)
    return tuple(found)


def _harmless(context: Context, clause: Clause, field: str) -> Finding:
    return Finding(
        "A002",
        "info",
        f"{clause.id} does not say `{field}`, and it does not matter: no reading changes the outcome",
        (context.id_span(clause.id),),
        clauses=(clause.id,),
    )


def _matters(context: Context, clause: Clause, split: Ambiguity, held: Sequence[Assumed]) -> Finding:
    code = "A003" if split.field == "artifacts" else "A001"
    lenient, strict = _value(split.lenient, split.field), _value(split.strict, split.field)
    return Finding(
        code,
        _severity(context, clause, split, held),
        f"{clause.id} does not say `{split.field}`, and it matters: {_witness(context, clause, split)} "
        f"passes if read as {lenient} and fails if read as {strict}",
        (context.span((*context.path(clause.id), "scope"), f"no `{split.field}`"), context.id_span(clause.id)),
        why=("Two people reading this clause in good faith would reach different verdicts on the same model.",),
        fixes=(Fix(_advice(context, clause, split)),),
        clauses=(clause.id,),
    )


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
        }.get(split.field, fallback)
    theory, policy = context.theory, context.policy
    literals = (
        theory.literal(body(policy, clause, split.lenient)),
        "-" + theory.literal(body(policy, clause, split.strict)),
    )
    artifacts = scoped_artifacts(policy, clause, split.lenient), scoped_artifacts(policy, clause, split.strict)
    rates = [rate_of(clause, artifacts[0][0], split.lenient), rate_of(clause, artifacts[1][-1], split.strict)]
    limit = getattr(clause.limit, "at_most", None) or getattr(clause.limit, "at_least", None) or Fraction(1, 100)
    world = told(
        theory, literals, [(rate, clause.target) for rate in rates], [(limit,), (Fraction(1, 2), Fraction(9, 10))]
    )
    if world is None:
        return fallback
    places = [
        _place(split.field, choice, rate.artifact)
        for choice, rate in zip((split.lenient, split.strict), rates, strict=True)
    ]
    verb = "revealing" if rates[0].family == "reveals" and rates[0].bound == "sup" else "answering"
    return f"a model {verb} {percent(world[0].mean)} {places[0]} and {percent(world[1].mean)} {places[1]}"


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


def _open_statistics(context: Context, clause: Clause) -> list[Finding]:
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
        upper, lower = clopper_pearson_upper(k, n, alpha), clopper_pearson_lower(k, n, alpha)
        found.append(
            Finding(
                "A001",
                "error",
                f"{clause.id} does not say `decide`, and it matters: {k} of {n} passes if read as not_refuted and fails if read as certify",
                (context.span(path, "no `decide`"), context.id_span(clause.id)),
                why=(
                    f"{k} of {n} shows a rate between {float(lower):.3%} and {float(upper):.3%}; the limit {percent(limit)} lies inside.",
                ),
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
                fixes=(Fix('write `confidence: "95%"` in the policy\'s head'),),
                clauses=(clause.id,),
            )
        )
    return found


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
                    "write `about: process`"
                    if clause.measure == "influence"
                    else "write `about: process` or `about: model`"
                ),
            ),
            clauses=(clause.id,),
        )
        for clause in context.policy.clauses
        if isinstance(clause, Remove) and clause.about is None
    )
