"""K001, K007, K009–K011, K013, K015: what the named methods cost, and what undoes them.

A clause names its methods under `using`; where it doesn't and the policy lists exactly one method, that one is meant.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final

from ..feasibility.base import method_called
from ..finding import Fix, Span
from ..policy.clauses import Refuse, Remove, Suppress
from ..policy.problem import shown
from ..policy.vocabulary import access_rank
from .feasibility_ceiling import shortfall
from .feasibility_ground import (
    Ground,
    Named,
    Told,
    Treatment,
    a_name,
    all_of,
    coarse_copies,
    holders_of_weights,
    is_coarse,
    methods_of,
    models_of,
    named,
    told,
    treatments,
)


def retraining_unpaid(ground: Ground) -> Iterator[Told]:
    """K001: a removal by retraining from scratch, with no word on how long it takes or what may be spent.

    `takes` on one of the methods, or a `budget`, answers it. Cannot see how large the model is or how often requests come.
    """
    if ground.policy.budget is not None:
        return
    for clause in treatments(ground):
        names = methods_of(ground, clause)
        methods = [(name, (ground.policy.methods or {})[name]) for name in names]
        whole = [name for name, _ in methods if _is_retraining(name)]
        if not isinstance(clause, Remove) or not names or len(whole) < len(names):
            continue
        if any(method.takes is not None for _, method in methods):
            continue
        text = f"{clause.id} is to be met by {a_name(names, 'or')}, and nothing says how long that takes or what may be spent"
        fixes = (
            Fix("say how long it takes", snippet='takes: "21 days"'),
            Fix("and what may be spent", snippet='budget: {gpu_hours: "5000"}'),
            Fix("sharded training or adapters by source, planned before training, make later removals cheaper"),
        )
        yield told("K001", text, ground.method_spans(clause), ("retraining-is-costly",), (clause,), fixes)


def _is_retraining(name: str) -> bool:
    family = method_called(name)
    return family is not None and family.id == "method-retraining"


# --- what undoes a method ---------------------------------------------------------------------------------------------


def undone_by_tuning_or_compression(ground: Ground) -> Iterator[Told]:
    """K007: a change to a trained model, without proof, where fine-tuning or coarse compression is in reach and untested.

    In reach: the clause asks for `weights` or deeper, an audience holds the weights, or a coarsely compressed copy is
    listed or named under `precision`. A relearning attack in the evidence (`relearn`) answers the first, a test of the
    copy the second, or one that rounds the model itself as coarsely (`quantize`). Cannot see copies that the policy doesn't list.
    """
    for clause in treatments(ground):
        methods = tuple(one for one in named(ground, clause) if shortfall(ground, clause, one.family) is None)
        if not all_of(methods, ("approximate",)):
            continue
        names = a_name((one.name for one in methods), "or")
        reached, spans = _weights_in_reach(ground, clause)
        if reached and not _relearned(ground, clause):
            text = f"{clause.id} is to be met by {names}, and {reached}; no test tries to relearn {clause.target}"
            fixes = (
                Fix("let the test attack by fine-tuning", snippet='relearn: {steps: 100, learning_rate: "0.0001"}'),
                Fix("or use a method that rebuilds the model without the target, such as retraining"),
            )
            facts = ("relearning-recovers", "retained-data-recovers")
            yield told("K007", text, (*ground.method_spans(clause), *spans), facts, (clause,), fixes)
            continue
        copies, spans = _untested_copies(ground, clause)
        if copies:
            text = f"{clause.id} is to be met by {names}, and {copies}, which no test looks at"
            mends = (
                Fix("add a clause on the compressed copy, with a test of its own"),
                Fix("or let a test ask rounded copies", snippet="quantize: [int4, nf4]"),
                Fix("or compress to INT8 at most, or treat the copy by a method that rebuilds it"),
            )
            yield told(
                "K007", text, (*ground.method_spans(clause), *spans), ("quantisation-recovers",), (clause,), mends
            )


def _weights_in_reach(ground: Ground, clause: Treatment) -> tuple[str, tuple[Span, ...]]:
    access = clause.scope.access
    if access is not None and access_rank(access) >= access_rank("weights"):
        return f"must hold for whoever has {access}", (ground.span((*ground.path(clause), "scope", "access")),)
    for audience, model in holders_of_weights(ground, clause):
        span = ground.span(("artifacts", model, "seen_by", audience), "holds the weights")
        return f"{audience} holds the weights of {model}", (span,)
    return "", ()


def _relearned(ground: Ground, clause: Treatment) -> bool:
    """Whether a test tries to relearn the target, or what it was built from or for, on one of the clause's models."""
    information = ground.policy.information
    related = {clause.target, information[clause.target].built_from}
    related |= {name for name, other in information.items() if other.built_from == clause.target}
    return any((target, model) in ground.relearned for target in related for model in models_of(ground, clause))


def _untested_copies(ground: Ground, clause: Treatment) -> tuple[str, tuple[Span, ...]]:
    for index, precision in enumerate(clause.scope.precision):
        if is_coarse(precision) and (clause.evidence is None or clause.evidence.kind != "test"):
            span = ground.span((*ground.path(clause), "scope", "precision", index))
            return f"must hold at {precision}", (span,)
    for model in models_of(ground, clause):
        own = (model,) if is_coarse(ground.policy.artifacts[model].by) else ()
        for copy in (*own, *coarse_copies(ground, model)):
            if (clause.target, copy) not in ground.tested and not _rounded(ground, clause.target, copy):
                made = shown(ground.policy.artifacts[copy].by)
                return f"{copy} is made from it by {made}", (ground.span(("artifacts", copy, "by"), "compressed"),)
    return "", ()


def _rounded(ground: Ground, target: str, copy: str) -> bool:
    """Whether a test on a model that the copy is made from rounds that model as coarsely itself."""
    return any(name == target and copy in coarse_copies(ground, model) for name, model in ground.rounded)


def supplied_in_context(ground: Ground) -> Iterator[Told]:
    """K009: what was unlearned comes back because a user or a retrieved page supplies it.

    Flags a clause that must hold where the user supplies the target (`asked: in_context`) by methods that only change
    the model; and, in a policy for safety, a clause on a system that answers from an index or a service, without any
    clause on the target for `in_context` or an exception for text that is supplied. Cannot see what the index holds.
    """
    asked_in_context = {
        c.target for c in ground.policy.clauses if isinstance(c, Suppress | Refuse) and c.scope.asked == "in_context"
    }
    for clause in treatments(ground):
        if isinstance(clause, Remove):
            continue
        methods = named(ground, clause)
        if clause.scope.asked == "in_context":
            helpless = [one for one in methods if one.family.when_supplied == "none"]
            if methods and len(helpless) == len(methods):
                names = a_name((one.name for one in methods), "or")
                text = (
                    f"{clause.id} must hold when the user supplies {clause.target}, and {names} does nothing about that"
                )
                spans = (ground.span((*ground.path(clause), "scope", "asked")), *ground.method_spans(clause))
                yield told("K009", text, spans, ("context-brings-back",), (clause,), _CONTEXT)
        elif (
            ground.purpose == "safety"
            and clause.target not in asked_in_context
            and not any("suppl" in words.casefold() for words in ground.policy.information[clause.target].exceptions)
        ):
            for name in models_of(ground, clause):
                sources = _looked_up(ground, name)
                if sources:
                    text = (
                        f"{clause.id} speaks of {name}, which answers from {a_name(sources)}; "
                        f"no clause on {clause.target} holds when it is supplied in context"
                    )
                    spans = (
                        *ground.id_spans((clause,)),
                        ground.span(("artifacts", name, "serves_from"), "can supply what was unlearned"),
                    )
                    yield told("K009", text, spans, ("context-brings-back",), (clause,), _CONTEXT)
                    break


_CONTEXT: Final = (
    Fix("add a clause for the system with `asked: in_context`, met by an input or output filter and measured"),
    Fix(
        "or say that it is no part of the promise",
        snippet='exceptions: ["text that the user or a retrieved page supplies"]',
    ),
)


def _looked_up(ground: Ground, name: str) -> tuple[str, ...]:
    artifacts = ground.policy.artifacts
    return tuple(source for source in artifacts[name].serves_from if artifacts[source].kind in ("index", "service"))


def many_requests(ground: Ground) -> Iterator[Told]:
    """K010: several targets are to go from one model, one after another, by methods that are measured or certified.

    One after another: the clauses have different deadlines. Rebuilding methods are not meant. Cannot see requests that
    come under other policies.
    """
    by_model: dict[str, list[tuple[Treatment, tuple[Named, ...]]]] = {}
    for clause in treatments(ground):
        methods = named(ground, clause, proven=True)
        if clause.by is not None and all_of(methods, ("approximate", "certified")):
            for model in models_of(ground, clause):
                by_model.setdefault(model, []).append((clause, methods))
    for model, entries in by_model.items():
        clauses = [clause for clause, _ in entries]
        if len({clause.target for clause in clauses}) < 2 or len({clause.by for clause in clauses}) < 2:
            continue
        certified = any(one.family.kind == "certified" for _, methods in entries for one in methods)
        names = a_name(one.name for _, methods in entries for one in methods)
        text = f"{a_name(c.id for c in clauses)} change {model} one after another by {names}"
        fixes = (
            Fix("treat them together, by one deadline"),
            Fix("or test every target again after the last change, and say from which model each starts"),
        )
        facts = ("many-requests", "many-changes-drift") if certified else ("many-changes-drift",)
        spans = tuple(ground.span((*ground.path(clause), "by")) for clause in clauses)
        yield told("K010", text, spans, facts, clauses, fixes)


def two_versions(ground: Ground) -> Iterator[Told]:
    """K011: one audience holds the weights of a model from before unlearning and of the one made from it after.

    Flags a clause on a derived model whose parent the same audience holds as weights and no clause on the target covers.
    Cannot see versions that the policy doesn't list, or copies that were taken back.
    """
    artifacts = ground.policy.artifacts
    for clause in treatments(ground):
        for after in models_of(ground, clause):
            before = artifacts[after].derived_from
            if before is None or is_coarse(artifacts[after].by) or (clause.target, before) in ground.treated:
                continue
            both = [
                audience
                for audience, access in artifacts[after].seen_by.items()
                if access_rank(access) >= access_rank("weights")
                and access_rank(artifacts[before].seen_by.get(audience, "product")) >= access_rank("weights")
            ]
            if both:
                text = f"{both[0]} holds the weights of {before} and of {after}; the pair can show what {clause.id} takes out"
                spans = tuple(
                    ground.span(("artifacts", name, "seen_by", both[0]), label)
                    for name, label in ((after, "after"), (before, "before"))
                )
                fixes = (
                    Fix("give the new weights to an audience that does not hold the old ones"),
                    Fix("or rebuild the new version with other changes, so that the difference says less"),
                )
                yield told("K011", text, spans, ("two-versions-leak",), (clause,), fixes)
                break


def exact_filter(ground: Ground) -> Iterator[Told]:
    """K013: a filter that knows only stored strings, where other wordings count.

    Other wordings count if the clause asks in other words or adversarially, names several languages, or its target's
    closure takes in paraphrases or translations. Cannot see what is normalised before strings are compared.
    """
    for clause in treatments(ground):
        methods = named(ground, clause)
        if isinstance(clause, Remove) or not methods or not all(one.family.literal_only for one in methods):
            continue
        path, closure = ground.path(clause), ground.policy.information[clause.target].closure
        where: tuple[str, Span] | None = None
        if clause.scope.asked in ("paraphrase", "adversarial"):
            how = "in other words" if clause.scope.asked == "paraphrase" else "under adversarial prompts"
            where = f"must hold {how}", ground.span((*path, "scope", "asked"))
        elif len(clause.scope.languages) > 1:
            where = f"must hold in {a_name(clause.scope.languages)}", ground.span((*path, "scope", "languages"))
        elif closure is not None and (closure.paraphrases or closure.translations):
            word = "paraphrases" if closure.paraphrases else "translations"
            where = f"covers {word} of {clause.target}", ground.span(("information", clause.target, "closure", word))
        if where is None:
            continue
        text = (
            f"{clause.id} {where[0]}, and {a_name((one.name for one in methods), 'or')} recognises stored strings only"
        )
        fixes = (
            Fix(
                "name a filter that judges meaning, and measure how much it misses and over-blocks",
                snippet="using: [output_classifier]",
            ),
            Fix("or limit the promise to literal copies, asked directly"),
        )
        yield told(
            "K013", text, (where[1], *ground.method_spans(clause)), ("exact-filters-are-evaded",), (clause,), fixes
        )


def guardrail_on_open_weights(ground: Ground) -> Iterator[Told]:
    """K015: a filter or prompt is to keep a model quiet whose weights somebody holds.

    A clause for one audience, and a model that the policy leaves out of its scope for this target, are not flagged; where
    the clause itself asks for more than the product, K019 speaks. Cannot see whether the holders run the filter too.
    """
    for clause in treatments(ground):
        methods = named(ground, clause)
        if isinstance(clause, Remove) or not all_of(methods, ("guardrail",)) or clause.id in ground.in_conflict:
            continue
        held = holders_of_weights(ground, clause)
        if not held or any(shortfall(ground, clause, one.family) for one in methods):
            continue
        audience, model = held[0]
        names = a_name((one.name for one in methods), "or")
        text = (
            f"{clause.id} is to be met by {names}, and {audience} holds the weights of {model}, which carry no filter"
        )
        spans = (
            *ground.method_spans(clause),
            ground.span(("artifacts", model, "seen_by", audience), "holds the weights"),
        )
        fixes = (
            Fix("limit the promise to those who use the product", snippet="audience: …"),
            Fix("or treat the model itself, and test it by fine-tuning"),
        )
        yield told("K015", text, spans, ("weights-have-no-guardrail",), (clause,), fixes)
