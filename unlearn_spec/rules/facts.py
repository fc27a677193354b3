"""F001: declared facts that cannot all be true."""

from __future__ import annotations

from ..finding import Finding, Fix
from ..logic.facts import facts_contradict
from .context import Context
from .wording import listed


def facts_contradictory(context: Context) -> tuple[Finding, ...]:
    """Flags sizes, overlaps, baselines and reference facts of which some world satisfies only a part.

    Cannot see whether a consistent set of facts is true.
    """
    core = facts_contradict(context.theory)
    if core is None:
        return ()
    from .reasons import stands_on  # with repairs: consistent facts need none

    names = [premise.name for premise in core.facts]
    spans = [context.span(premise.path, premise.name) for premise in core.facts]
    for i in core.relations:
        names.append(str(context.policy.relations[i]))
        spans.append(context.span(("relations", i), "and this relation"))
    return (
        Finding(
            "F001",
            "error",
            f"{listed(names)} cannot all be true",
            tuple(spans),
            why=(
                *stands_on(context.policy, core),
                "No world has these numbers. Everything would follow from them, so nothing else was checked.",
            ),
            fixes=(Fix("correct one of these facts, or give its number as a range"),),
            axioms=core.axioms,
        ),
    )
