"""X004: what a second solver says to the questions that the findings stand on."""

from __future__ import annotations

from ..finding import Finding, Fix
from ..logic.second_solver import Opinion
from ..policy.load import Document
from .wording import count


def disagreement(document: Document, opinion: Opinion) -> tuple[Finding, ...]:
    """X004: two solvers that answer a question about this policy differently.

    It matters because one of them, or the text they were given, has a fault, and findings stand on the answers. Cannot
    see a fault that both share.
    """
    if not opinion.disagreed:
        return ()
    many = count(len(opinion.disagreed), "question")
    return (
        Finding(
            "X004",
            "undetermined",
            f"the two solvers disagree on {many} of {opinion.asked:,}: please report it",
            (document.source.key(("clauses",)),),
            why=("One of them is wrong, and the other findings may stand on that answer. Rely on none of them yet.",),
            fixes=(Fix("`unlearn-spec check --export DIR` writes the questions, without the words of the policy"),),
        ),
    )
