"""L009, L015, L016: what orders of authorities and courts speak of and the policy leaves open."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Final

from ...finding import Finding
from ...policy.clauses import Delete, Keep, Rectify, Refuse, Remove, Suppress
from ...policy.clauses import Not as NotWhen
from .case import Case, few

_DESTRUCTION: Final = re.compile(r"destr|dispos|impound", re.I)
_PRESERVATION: Final = re.compile(r"preserv|hold|retain", re.I)


def work_product(case: Case) -> Iterator[Finding]:
    """L009: an order of the FTC is cited, and a model that the data shaped is not destroyed.

    Derived models count. Cannot see what the order itself defines.
    """
    cited = case.cites("ftc_order")
    if not cited:
        return
    sets = {name for target in case.wanted_gone for name in case.related(target)} or set(case.policy.information)
    left = [name for name in case.shaped_by(sets) if name not in case.destroyed()]
    if left:
        others = case.on_models(Remove, Suppress, Refuse, Rectify)
        yield case.note(
            "L009",
            f"the policy cites {case.shown(cited[0])}, and {few(left)} {'are' if len(left) > 1 else 'is'} not destroyed",
            (
                case.span(case.basis(cited[0]), "cited here"),
                *(case.span(("artifacts", name, "kind")) for name in left),
            ),
            fix="hold the list against the order's own definition, and add",
            snippet=f"- {{id: destroy-work-product, goal: destroy, scope: {{artifacts: [{', '.join(left)}]}}}}",
            clauses=(clause.id for clause in others),
        )


def destruction_ordered(case: Case) -> Iterator[Finding]:
    """L015: an order to destroy is cited, and models are changed instead.

    Reads a court order whose provision or note speaks of destruction, and copyright cited at section 503. Cannot see the
    order.
    """
    cited = [
        *(i for i in case.cites("court_order") if _DESTRUCTION.search(_words(case, i))),
        *case.cites("copyright", "503"),
    ]
    changed = case.on_models(Remove, Suppress, Refuse, Rectify)
    left = {name for clause in changed for name in case.scope(clause)} - case.destroyed()
    if not cited or not left:
        return
    names = [name for name in case.policy.artifacts if name in left]
    yield case.note(
        "L015",
        f"the policy cites {case.shown(cited[0])}, and {few(names)} {'are' if len(names) > 1 else 'is'} changed instead of destroyed",
        (case.span(case.basis(cited[0]), "cited here"), *case.ids(changed)),
        fix="read the order, and add a `destroy` clause or record counsel's ground in the `note` of the basis",
        clauses=(clause.id for clause in changed),
    )


def _words(case: Case, index: int) -> str:
    entry = case.policy.policy.basis[index]
    return f"{entry.provision or ''} {entry.note or ''}"


def preservation_first(case: Case) -> Iterator[Finding]:
    """L016: a duty to preserve is cited, and a deletion neither waits for it nor yields to a `keep` clause.

    Silent for a deletion that some `keep` clause overrides, or that applies only while a situation is absent. Cannot see
    what the order covers.
    """
    cited = [
        *case.cites("preservation_order"),
        *(i for i in case.cites("court_order") if _PRESERVATION.search(_words(case, i))),
    ]
    yielding = {name for clause in case.of(Keep) for name in clause.overrides}
    for clause in case.of(Delete) if cited else ():
        if clause.id in yielding or isinstance(clause.scope.when, NotWhen):
            continue
        yield case.note(
            "L016",
            f"{clause.id} deletes from {few(case.scope(clause))}, and nothing says that it waits for {case.shown(cited[0])}",
            (case.span((*case.path(clause), "id")), case.span(case.basis(cited[0]), "cited here")),
            fix="let a `keep` clause override it while the order stands, and restrict access meanwhile",
            snippet=f"overrides: [{clause.id}]",
            clauses=(clause.id,),
        )
