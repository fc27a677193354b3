"""L010–L014: what copyright law and the AI Act's copyright duty speak of and the policy leaves open."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Final

from ...finding import Finding
from ...policy.clauses import Destroy, Refuse, Remove, Suppress
from ...policy.vocabulary import access_rank
from .case import Case, few
from .instruments import plain

_CONCLUSION: Final = re.compile(
    r"infring\w*|substantial(?:ly)? similar(?:ity)?|fair (?:use|dealing)|copyright[- ](?:free|safe|clean|compliant)",
    re.I,
)
_OTHER_GROUNDS: Final = ("contract", "publicity", "trademark")


def similarity_not_computed(case: Case) -> Iterator[Finding]:
    """L010: a claim's text draws a conclusion of copyright law.

    It matters because a rate under a metric is not a court's comparison. Cannot see such words in another language.
    """
    for index, claim in enumerate(case.policy.claims):
        found = _CONCLUSION.search(claim.text or "")
        if found:
            yield case.note(
                "L010",
                f'{claim.id} says "{found[0]}", which no measurement computes',
                (case.span(("claims", index, "text")),),
                fix="say the metric, the limit and the set, and leave similarity to human judgement",
                clauses=(claim.id,),
            )


def style_not_protected(case: Case) -> Iterator[Finding]:
    """L011: copyright is cited alone, and a clause's target is a concept.

    Silent if a contract, publicity or trade mark is cited too. Cannot see whether the concept is a style or a character.
    """
    cited = case.cites("copyright")
    if not cited or any(case.cites(other) for other in _OTHER_GROUNDS):
        return
    for clause, target in case.targeted(Suppress, Refuse):
        if case.policy.information[target].kind == "concept":
            yield case.note(
                "L011",
                f"{clause.id} stands on {case.shown(cited[0])}, and {target} is a concept",
                (
                    case.span((*case.path(clause), "target")),
                    case.span(("information", target, "kind"), "a concept"),
                    case.span(case.basis(cited[0]), "cited here"),
                ),
                fix="cite the other ground, if there is one, or name the works as `facts` or `examples`",
                clauses=(clause.id,),
            )


def notice_and_models(case: Case) -> Iterator[Finding]:
    """L012: notice and takedown is the ground for changing a model.

    Silent if a contract is cited too. Cannot see what a service stores for others.
    """
    cited = (*case.cites("dmca"), *case.cites("copyright", "512"))
    if not cited or case.cites("contract"):
        return
    changed = [
        clause
        for clause in case.of(Remove, Suppress, Refuse, Destroy)
        if any(case.policy.artifacts[name].kind in ("model", "checkpoint", "adapter") for name in case.scope(clause))
    ]
    if changed:
        acts = "act" if len(changed) > 1 else "acts"
        yield case.note(
            "L012",
            f"{few([clause.id for clause in changed])} {acts} on a model, and the ground is {case.shown(cited[0])}",
            (*case.ids(changed), case.span(case.basis(cited[0]), "cited here")),
            fix="cite a contract or the policy that carries it, or let the clause act on what is stored for others",
            clauses=(clause.id for clause in changed),
        )


def weights_as_copies(case: Case) -> Iterator[Finding]:
    """L013: copyright carries a clause or claim about weights, and its jurisdiction is open, or there are several.

    Cannot see where the weights are used.
    """
    cited = case.cites("copyright")
    entries = [case.policy.policy.basis[index] for index in cited]
    places = {plain(entry.jurisdiction) for entry in entries if entry.jurisdiction is not None}
    if not cited or (len(places) == 1 and all(entry.jurisdiction for entry in entries)):
        return
    clauses = [
        clause
        for clause in case.on_models(Remove, Destroy, Suppress)
        if not isinstance(clause, Suppress)
        or (clause.scope.access is not None and access_rank(clause.scope.access) >= access_rank("weights"))
    ]
    claims = [c for c in case.policy.claims if c.says in ("influence_removed", "contains_no_information")]
    if clauses or claims:
        named = few([item.id for item in (*clauses, *claims)])
        many = len(clauses) + len(claims) > 1
        where = "no jurisdiction is given" if len(places) < 2 else "several jurisdictions are given"
        yield case.note(
            "L013",
            f"{named} {'speak' if many else 'speaks'} of weights under copyright, and {where}",
            (
                *(case.span(case.basis(index), "cited here") for index in cited),
                *case.ids(clauses),
                *(case.span(("claims", case.policy.claims.index(claim), "id")) for claim in claims),
            ),
            fix="give each basis its `jurisdiction`, and write one policy for each",
            clauses=(item.id for item in (*clauses, *claims)),
        )


def code_of_practice(case: Case) -> Iterator[Finding]:
    """L014: the AI Act's copyright duty is cited, and limits on outputs, terms of use or a contact for complaints are missing.

    Cannot see what stands in the terms, or who answers.
    """
    cited = (*case.cites("ai_act", "53", purposes=("copyright",)), *case.cites("gpai_code"))
    if not cited:
        return
    missing = []
    if not case.of(Suppress, Refuse):
        missing.append("no clause limits outputs")
    if not case.governed("terms"):
        missing.append("no measure speaks of terms of use")
    if not case.governed("complaints"):
        missing.append("no measure names a contact for complaints")
    if missing:
        yield case.note(
            "L014",
            f"the policy cites {case.shown(cited[0])}, and {few(missing)}",
            (case.span(case.basis(cited[0]), "cited here"),),
            fix="add what is missing",
            snippet=case.measure("terms-and-complaints", "acceptable use terms, contact point for complaints"),
        )
