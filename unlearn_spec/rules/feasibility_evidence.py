"""K006, K012, K016, K018: what the declared tests can't carry."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final

from ..finding import Fix
from ..policy.clauses import Clause, Refuse, Remove, Suppress
from ..policy.vocabulary import access_rank
from .feasibility_ground import PRIVACY, Ground, Told, a_name, all_of, models_of, named, told, treatments

_PROXIES: Final = ("wmdp",)
"""Suites that stand in for an ability they do not test."""
_PEOPLE: Final = frozenset(
    {"person", "people", "subject", "data_subject", "user", "customer", "patient", "employee", "child"}
)
"""Units of a target in which one item is one person."""


def one_proxy(ground: Ground) -> Iterator[Told]:
    """K006: whether something is known is judged by choosing among given options alone, or by one proxy suite.

    Another clause on the same target that reads free answers settles it. Cannot see how well the options were made.
    """
    suppressing = [c for c in ground.policy.clauses if isinstance(c, Suppress)]
    read_freely = {clause.target for clause in suppressing if not _by_choice(clause)}
    for clause in suppressing:
        by_choice = _by_choice(clause)
        if not by_choice or clause.target in read_freely:
            continue
        path = ground.path(clause)
        if by_choice == "options":
            text = f"{clause.id} judges {clause.target} by multiple choice alone"
            span = ground.span((*path, "reveals_when", "metric"))
        else:
            text = f"{clause.id} judges {clause.target} by {by_choice} alone, a proxy"
            span = ground.span((*path, "evidence", "suite"))
        fixes = (
            Fix(
                "add a clause on the same target that reads free answers",
                snippet="reveals_when: {metric: human, judge: expert-rubric}",
            ),
            Fix("and call the proxy a proxy in what is said to others"),
        )
        yield told("K006", text, (span,), ("one-proxy",), (clause,), fixes)


def _by_choice(clause: Suppress) -> str:
    """`options`, the name of a proxy suite, or nothing."""
    if clause.reveals_when is None:
        return ""
    if clause.reveals_when.metric == "multiple_choice":
        return "options"
    suite = (clause.evidence.suite if clause.evidence is not None else None) or ""
    name = suite.partition("@")[0]
    return name if name.casefold().startswith(_PROXIES) and clause.reveals_when.metric != "human" else ""


def others_untested(ground: Ground) -> Iterator[Told]:
    """K012: a privacy policy changes a model by methods without proof, and tests only those who asked.

    A `membership` clause on another set answers it. Says nothing where no method is named under `using`. Cannot see
    whether that set holds the people who became more exposed.
    """
    if ground.purpose not in PRIVACY:
        return
    asking = [c for c in treatments(ground) if c.using and all_of(named(ground, c), ("approximate",))]
    tested = [c for c in asking if c.evidence is not None and c.evidence.kind == "test"]
    leaving = {clause.target for clause in asking}
    for other in ground.policy.clauses:
        if isinstance(other, Remove) and other.measure == "membership" and other.target not in leaving:
            return
    if not tested:
        return
    attacks = "tests" if len(tested) == 1 else "test"
    names, targets = a_name(c.id for c in tested), a_name(c.target for c in tested)
    models = a_name(model for clause in tested for model in models_of(ground, clause))
    text = f"{names} {attacks} only {targets}; nobody looks at those who stay in {models or 'the model'}"
    bound = (
        "- {id: …, goal: remove, target: …, scope: {artifacts: […]}, measure: membership, about: process, "
        'limit: {tpr_at_most: "5%", at_fpr: "1%"}}'
    )
    fixes = (Fix("add a membership bound on records that stay", snippet=bound),)
    spans = tuple(ground.span((*ground.path(clause), "evidence", "kind")) for clause in tested)
    yield told("K012", text, spans, ("others-may-be-exposed",), tested, fixes)


def average_or_greedy(ground: Ground) -> Iterator[Told]:
    """K016: a test that looks at the most likely answer or at an average, where each answer or each person counts.

    Flags a promise for every item, or for a share of them, at `api` or deeper, tested with greedy decoding alone: there
    the user chooses how answers are drawn. And a mean over items that are persons, in a privacy policy. Another clause on
    the target that samples, or that speaks of each item, answers it. Says nothing of greedy tests of a mean. Cannot see
    how far the most likely answer is from the others.
    """
    limiting = [c for c in ground.policy.clauses if isinstance(c, Suppress)]
    sampled = {c.target for c in limiting if c.scope.decoding is not None and c.scope.decoding.method == "sample"}
    by_item = {c.target for c in limiting if _for_items(c)}
    for clause in limiting:
        if clause.evidence is None or clause.evidence.kind != "test":
            continue
        path, decoding = ground.path(clause), clause.scope.decoding
        unit = (ground.policy.information[clause.target].unit or "").casefold()
        if _for_items(clause) and _user_samples(clause) and decoding is not None and decoding.method == "greedy":
            if clause.target in sampled:
                continue
            how = "each item" if clause.over == "each" else "a share of the items"
            promise = f"{clause.id} promises for {how} of {clause.target} through {clause.scope.access}"
            text = f"{promise}, and its test looks at the most likely answer only"
            fix = Fix("draw several answers", snippet='decoding: {method: sample, temperature: "1", samples: 10}')
            yield told(
                "K016",
                text,
                (ground.span((*path, "scope", "decoding", "method")),),
                ("greedy-looks-clean",),
                (clause,),
                (fix,),
            )
        elif clause.over == "mean" and unit in _PEOPLE and ground.purpose in PRIVACY:
            if clause.target in by_item:
                continue
            text = f"{clause.id} limits the average over {clause.target}; one {unit} may be fully exposed within it"
            spans = (
                ground.span((*path, "over")),
                ground.span(("information", clause.target, "unit"), f"one item is one {unit}"),
            )
            yield told(
                "K016",
                text,
                spans,
                ("averages-hide-the-exposed",),
                (clause,),
                (Fix("limit it for each", snippet="over: each"),),
            )


def _for_items(clause: Suppress) -> bool:
    return clause.over is not None and clause.over != "mean"


def _user_samples(clause: Suppress) -> bool:
    return clause.scope.access is not None and access_rank(clause.scope.access) >= access_rank("api")


def own_tests(ground: Ground) -> Iterator[Told]:
    """K018: who must act also examines: the evaluator is internal, or the verifier is the obligor.

    Speaks of tests and examined procedures on clauses that remove, suppress or refuse; `evaluator: independent` answers
    it. Cannot see whether a verifier with another name is independent.
    """
    parties = ground.policy.parties
    same = parties is not None and parties.verifier == parties.obligor
    own: list[Clause] = []
    for clause in ground.policy.clauses:
        evidence = clause.evidence
        if not isinstance(clause, Remove | Suppress | Refuse) or evidence is None:
            continue
        if evidence.kind in ("test", "procedure") and (
            evidence.evaluator == "internal" or (same and evidence.evaluator is None)
        ):
            own.append(clause)
    if not own:
        return
    who = f"by {parties.obligor}, who" if parties is not None else "from within, by those who"
    text = f"{a_name(c.id for c in own)} {'is' if len(own) == 1 else 'are'} examined {who} must also bring it about"
    fixes = (Fix("let somebody else examine it", snippet="evaluator: independent"),)
    spans = tuple(ground.span((*ground.path(clause), "evidence", "kind")) for clause in own)
    yield told("K018", text, spans, ("own-tests-are-gameable",), own, fixes, severity="info")
