"""L007, L008: what California's consumer privacy law speaks of and the policy leaves open."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Final

from ...finding import Finding
from ...policy.clauses import Delete, Rectify, Refuse, Remove, Suppress
from .case import Case, few

_ELSEWHERE: Final = re.compile(r"scrap|crawl|public record|broker|purchas|third part", re.I)
"""Words of a `source` that does not sound like the consumer."""


def _cited(case: Case) -> tuple[int, ...]:
    return case.cites("ccpa")


def deletion_duties(case: Case) -> Iterator[Finding]:
    """L007: the right to delete is cited; where the records came from, or who else is told, stays open.

    Flags targets without `source`, or whose source speaks of scraping, public records or brokers, and a policy without a
    measure that notifies. Cannot see contracts with service providers.
    """
    cited = _cited(case)
    targets = [target for _, target in case.targeted(Delete, Remove)]
    if not cited or not targets:
        return
    sources = {name: case.policy.information[name].source for name in dict.fromkeys(targets)}
    unnamed = [name for name, source in sources.items() if source is None]
    elsewhere = [name for name, source in sources.items() if source is not None and _ELSEWHERE.search(source)]
    open_ones = []
    if unnamed:
        open_ones.append(f"whether {few(unnamed)} came from the consumer")
    if elsewhere:
        open_ones.append(f"whether a right to delete covers {few(elsewhere)}, which came from elsewhere")
    if not case.governed("notify"):
        open_ones.append("how service providers and third parties are told")
    if open_ones:
        yield case.note(
            "L007",
            f"the policy cites {case.shown(cited[0])} and leaves open {few(open_ones)}",
            (
                case.span(case.basis(cited[0]), "cited here"),
                *(case.span(("information", name, "kind")) for name in (*unnamed, *elsewhere)),
            ),
            fix="write the `source` of the records, and add a measure",
            snippet=case.measure("tell-providers", "notify service providers and third parties"),
        )


def models_hold_information(case: Case) -> Iterator[Finding]:
    """L008: records are deleted from stores, and a model that they shaped, or that was seen to give them out, is left out.

    Cannot see a model that is not listed, or what a model would give out if nobody has measured it.
    """
    cited = _cited(case)
    if not cited:
        return
    giving: dict[str, list[str]] = {}
    for fact in case.policy.measured_before:
        if fact.mean_at_least > 0:
            giving.setdefault(fact.target, []).append(fact.in_)
    for clause, target in case.targeted(Delete):
        sets = case.related(target)
        treated = case.destroyed() | case.lineage.reached(sets, Remove, Suppress, Refuse, Rectify)
        given = [name for each in sorted(sets) for name in giving.get(each, ())]
        left = [name for name in dict.fromkeys((*case.shaped_by(sets), *given)) if name not in treated]
        if left:
            yield case.note(
                "L008",
                f"{clause.id} speaks of stores, and no clause speaks of {few(left)}, which {target} shaped",
                (
                    case.span((*case.path(clause), "id")),
                    *(case.span(("artifacts", name, "kind")) for name in left),
                    case.span(case.basis(cited[0]), "cited here"),
                ),
                fix="add a clause on the model, or record counsel's ground in the `note` of the basis",
                clauses=(clause.id,),
            )
