"""C009: clauses that hold together only if something commonly presumed of models is false."""

from __future__ import annotations

from ..finding import Finding, Fix
from ..logic.axioms import BY_ID
from ..logic.presumptions import Presumed, presumed_conflicts
from ..logic.situations import always_active
from .context import Context
from .wording import listed

_FIX = {
    "P1": "limit the clause to questions without the parts in context, move it to a guarded system, or give up a part openly",
    "P2": "except text that the user supplies, or allow the system to block it",
}


def presumed(context: Context) -> tuple[Finding, ...]:
    """C009. Flags clauses that clash under a presumption: what is built from known parts can be rebuilt (P1), and a model
    that must work with users' text repeats what they supply (P2).

    Cannot see parts that the policy does not declare with `built_from`, nor how good a model is at putting them together.
    """
    among = always_active(context.cases) - context.aside
    return tuple(_finding(context, found) for found in presumed_conflicts(context.theory, among))


def _finding(context: Context, found: Presumed) -> Finding:
    hold = "both hold" if len(found.clauses) == 2 else "hold"
    return Finding(
        "C009",
        "warning",
        f"{listed(found.clauses)} can {hold} only against a presumption ({listed(found.presumptions)})",
        context.spans(found.clauses),
        why=tuple(BY_ID[name].sentence for name in found.presumptions),
        fixes=tuple(Fix(_FIX[name]) for name in found.presumptions),
        clauses=found.clauses,
        axioms=found.presumptions,
    )
