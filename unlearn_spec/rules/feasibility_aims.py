"""K002–K005, K008, K014, K017: what a policy is for, against what its clauses ask."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final

from ..finding import Fix
from ..policy.clauses import Clause, Delete, Destroy, ExcludeFuture, Govern, Rectify, Refuse, Remove, Suppress
from ..policy.problem import shown
from .feasibility_ground import (
    OUTPUTS,
    PRIVACY,
    USES,
    Ground,
    Told,
    a_name,
    all_of,
    models_of,
    named,
    told,
    treatments,
)

_NAMING: Final = frozenset(
    {"name", "person_name", "full_name", "surname", "alias", "topic", "keyword", "term", "brand", "entity"}
)
"""Units of a target whose items are names or topics, not statements."""
_SECRET: Final = ("restricted", "confidential", "secret", "sealed", "classified")

_ANSWERS: Final = (
    "- {id: …, goal: suppress, target: …, scope: {artifacts: […], access: …, asked: …, decoding: …}, "
    "over: mean, limit: {at_most: …}, reveals_when: …}"
)
_REMOVAL: Final = (
    "- {id: …, goal: remove, target: …, scope: {artifacts: […]}, measure: influence, about: process, "
    "limit: {epsilon: …, delta: …, compared_with: retrain_without}}"
)
_QUIET: Final = "goal: suppress\nlimit: {at_most: …}\nreveals_when: …"
"""Clauses to be filled in: which set, and how much, the file does not say."""


def removal_for_an_output_aim(ground: Ground) -> Iterator[Told]:
    """K002: a policy about what comes out (copyright, safety, correction) whose clauses on a model only remove.

    It matters because a model made without the items still says what the rest of its data supports (M002). Speaks only
    where `purpose` is written. Cannot see whether the purpose is a copy in the training data rather than the answers.
    """
    policy = ground.policy
    answers = [c for c in policy.clauses if isinstance(c, Suppress | Refuse | Rectify)]
    removing = [c for c in policy.clauses if isinstance(c, Remove)]
    covered = {model for clause in answers for model in models_of(ground, clause)}
    lost = [c for c in removing if ground.purpose in OUTPUTS and not covered & set(models_of(ground, c))]
    if not lost:
        return
    targets, models = a_name(c.target for c in lost), a_name(m for c in lost for m in models_of(ground, c))
    verb = "removes" if len(lost) == 1 else "remove"
    text = (
        f"{a_name(c.id for c in lost)} {verb} {targets}, and no clause limits what {models or 'the model'} answers; "
        f"the purpose is {shown(policy.policy.purpose)}"
    )
    yield told(
        "K002",
        text,
        (*ground.id_spans(lost), ground.span(("policy", "purpose"), "an aim about answers")),
        ("removal-leaves-outputs",),
        lost,
        (
            Fix("add a clause about the answers, with its own target and limit", snippet=_ANSWERS),
            Fix("or give as purpose what removal can reach"),
        ),
    )


def suppression_for_an_erasure_aim(ground: Ground) -> Iterator[Told]:
    """K003: a policy for erasure or withdrawal whose clauses only keep answers quiet.

    It matters because the information stays in the parameters and the stores (M001). Speaks only where `purpose` is
    written; any clause that removes, deletes, destroys or excludes counts. Cannot see what another policy removes.
    """
    policy = ground.policy
    quiet = [c for c in policy.clauses if isinstance(c, Suppress | Refuse)]
    erasing = any(isinstance(c, Remove | Delete | Destroy | ExcludeFuture) for c in policy.clauses)
    if ground.purpose not in PRIVACY or erasing or not quiet:
        return
    keeps = "keeps" if len(quiet) == 1 else "keep"
    names, targets = a_name(c.id for c in quiet), a_name(c.target for c in quiet)
    text = f"the purpose is {shown(policy.policy.purpose)}, and {names} only {keeps} {targets} out of answers"
    yield told(
        "K003",
        text,
        (*ground.id_spans(quiet), ground.span(("policy", "purpose"), "an aim about the data and the model")),
        ("suppression-leaves-influence",),
        quiet,
        (
            Fix("add a clause that removes the influence or deletes the records", snippet=_REMOVAL),
            Fix("or say in `purpose` that only answers are meant"),
        ),
    )


def concept_by_data(ground: Ground) -> Iterator[Told]:
    """K004: what has no list of items is to go by taking items away.

    Flags a concept that is to be suppressed by methods that only take data away, a concept that is to be deleted from a
    store, and a removal or deletion whose target takes in whatever can be inferred. Cannot see a concept that is
    declared as `facts`. (`remove` on a concept is an error of its own, S007.)
    """
    information = ground.policy.information
    for clause in ground.policy.clauses:
        if not isinstance(clause, Remove | Delete | Suppress | Refuse):
            continue
        target = information[clause.target]
        path = ground.path(clause)
        if target.kind == "concept" and isinstance(clause, Suppress | Refuse):
            methods = named(ground, clause)
            if not all_of(methods, ("stores", "rebuild")):
                continue
            names = a_name((one.name for one in methods), "or")
            text = f"{clause.id} is to keep the concept {clause.target} out of answers by {names}, which takes listed items away"
            spans = ground.method_spans(clause)
        elif target.kind == "concept" and isinstance(clause, Delete):
            text = f"{clause.id} deletes the concept {clause.target} from stores, and no list says which items carry it"
            spans = (ground.span((*path, "target")),)
        elif isinstance(clause, Remove | Delete) and target.closure is not None and target.closure.inferences:
            verb = "removes" if isinstance(clause, Remove) else "deletes"
            text = f"{clause.id} {verb} {clause.target} with whatever can be inferred from it, and no list of items carries an inference"
            spans = (
                ground.span((*path, "target")),
                ground.span(("information", clause.target, "closure", "inferences"), "taken in here"),
            )
        else:
            continue
        fixes = (
            Fix("limit what is answered about it: a `suppress` clause with its own target, test and judge"),
            Fix("or name the items that are meant, and say that the rest is not"),
        )
        yield told("K004", text, spans, ("concepts-have-no-list",), (clause,), fixes)


def use_by_model(ground: Ground) -> Iterator[Told]:
    """K005: a policy against misuse, and every clause is about a model or its answers.

    It matters because harm lies in what people do. Speaks only where `purpose` names a use (`misuse`, `dual_use`, …);
    a `govern` clause answers it, and a claim about use is M004's. Cannot see measures that no policy records.
    """
    policy = ground.policy
    if ground.purpose not in USES or any(isinstance(c, Govern) for c in policy.clauses):
        return
    asking = treatments(ground)
    if not asking or any(claim.says == "no_harmful_use" for claim in policy.claims):
        return
    speaks = "speaks" if len(asking) == 1 else "speak"
    names = a_name(c.id for c in asking)
    text = f"the purpose is {shown(policy.policy.purpose)}, and {names} {speaks} only of models and answers"
    measures = '- {id: watch-use, goal: govern, measures: ["access control", "abuse monitoring"]}'
    fixes = (Fix("add what governs the use", snippet=measures), Fix("or give as purpose what answers can reach"))
    spans = (ground.span(("policy", "purpose"), "an aim about what people do"), *ground.id_spans(asking))
    yield told("K005", text, spans, ("uses-are-not-outputs",), asking, fixes)


def side_effects_unwatched(ground: Ground) -> Iterator[Told]:
    """K008: a clause names under `using` a method that changes the model, and nothing says what must stay as it is.

    A `retain` clause on one of its models answers it. Says nothing where no method is named for the clause, and nothing
    about filters, which leave the model as it is. Cannot see whether the retained set lies near enough to be touched.
    """
    changed: list[Clause] = []
    for clause in treatments(ground):
        methods = named(ground, clause, proven=True)
        changing = all_of(methods, ("approximate", "alignment", "certified", "rebuild"))
        if clause.using and changing and not ground.retained & set(models_of(ground, clause)):
            changed.append(clause)
    if not changed:
        return
    models = a_name(model for clause in changed for model in models_of(ground, clause))
    methods_named = a_name((name for clause in changed for name in clause.using), "or")
    verb = "changes" if len(changed) == 1 else "change"
    names = a_name(c.id for c in changed)
    text = f"{names} {verb} {models or 'the model'} by {methods_named}, and nothing says what must stay as it is"
    skeleton = (
        "- {id: keep-the-rest, goal: retain, target: …, scope: {artifacts: […], access: product, asked: direct}, "
        'over: mean, limit: {within: "2%", of: before}}'
    )
    fixes = (Fix("add a clause with items near the target, and a margin", snippet=skeleton),)
    spans = tuple(span for clause in changed for span in ground.method_spans(clause))
    yield told("K008", text, spans, ("side-effects",), changed, fixes)


def names_over_blocked(ground: Ground) -> Iterator[Told]:
    """K014: names or topics are to be kept out of answers, with no exception and nothing that must still be answered.

    Told by the target's `unit` (name, topic, keyword, …). An entry under `exceptions` or a `retain` clause on the model
    answers it. Cannot see how many others bear the name.
    """
    for clause in ground.policy.clauses:
        if not isinstance(clause, Suppress | Refuse):
            continue
        target = ground.policy.information[clause.target]
        naming = (target.unit or "").casefold().replace("-", "_") in _NAMING
        if not naming or target.exceptions or ground.retained & set(models_of(ground, clause)):
            continue
        text = f"{clause.id} blocks each {target.unit} of {clause.target}, with no exception and nothing that must still be answered"
        spans = (
            ground.span((*ground.path(clause), "target")),
            ground.span(("information", clause.target, "unit"), "names or topics"),
        )
        fixes = (
            Fix("say what is excluded", snippet='exceptions: ["others of the same name", "news and quotation"]'),
            Fix("and add a `retain` clause on questions about them"),
        )
        yield told("K014", text, spans, ("names-and-topics-over-block",), (clause,), fixes)


def refusal_points(ground: Ground) -> Iterator[Told]:
    """K017: a marked refusal of things that are to stay secret: declining just these tells which they are.

    Told by the target's `handling` (restricted, confidential, secret, …) or a privacy purpose. A second `refuse` clause
    on a wider set answers it. Cannot see whether refusals are so common that one more says nothing.
    """
    refusing = [c for c in ground.policy.clauses if isinstance(c, Refuse)]
    targets = {clause.target for clause in refusing}
    for clause in refusing:
        handling = (ground.policy.information[clause.target].handling or "").casefold()
        secret = any(word in handling for word in _SECRET)
        if len(targets) > 1 or not (secret or ground.purpose in PRIVACY):
            continue
        reason = (
            f"is handled as {shown(handling)}" if secret else f"is to be erased ({shown(ground.policy.policy.purpose)})"
        )
        text = f"{clause.id} refuses questions about {clause.target}, which {reason}; declining just these tells which they are"
        spans = (
            ground.span((*ground.path(clause), "goal")),
            ground.span(
                ("information", clause.target, "handling") if secret else ("policy", "purpose"), "kept from others"
            ),
        )
        fixes = (
            Fix("ask for answers that reveal nothing rather than for a marked refusal", snippet=_QUIET),
            Fix("or refuse a wider set, so that one refusal says little"),
        )
        yield told("K017", text, spans, ("refusals-point",), (clause,), fixes)
