"""A page for the person concerned, a rightsholder or a board: what was asked, done, found, and not found out."""

from __future__ import annotations

from ...wording.language import Words
from ..document import Block, Heading, Part, para
from ..model import Report
from ..wording import quote


def plain(report: Report, say: Words) -> Part:
    """The last page, in everyday words."""
    blocks: list[Block] = []
    for title, paragraphs in page(report, say):
        blocks += [Heading(title), *(para(words) for words in paragraphs)]
    return Part("plain", say("part.plain"), tuple(blocks), fresh=True)


def page(report: Report, say: Words) -> tuple[tuple[str, tuple[str, ...]], ...]:
    """Headings with paragraphs."""
    models = tuple(dict.fromkeys(s.artifact for s in report.subjects if s.role == "audited"))
    title = report.policy.title or report.policy.id
    asked = say.counted("plain.asked", len(report.clauses), policy=title)
    done = say("plain.done", models=models) if models else say("plain.done_nothing")
    found = _named(report, say, ("violated", "supported", "not_falsified"))
    undecided = _named(report, say, ("inconclusive", "not_tested", "not_testable", "rejected"))
    return (
        (say("plain.asked_title"), (asked,)),
        (say("plain.done_title"), (done,)),
        (say("plain.found_title"), found or (say("plain.found_nothing"),)),
        (say("plain.open_title"), (*undecided, say.counted("plain.gaps", len(report.not_covered)))),
        (say("plain.not_settled_title"), (say("plain.not_settled"),)),
    )


def _named(report: Report, say: Words, outcomes: tuple[str, ...]) -> tuple[str, ...]:
    """One paragraph an outcome, with the clauses that have it; what is not known of an outcome is not said."""
    found = []
    for outcome in outcomes:
        clauses = tuple(
            dict.fromkeys(
                f"{quote(v.clause)} ({quote(v.artifact)})" if v.artifact else quote(v.clause)
                for v in (result.verdict for result in report.results)
                if v.outcome == outcome
            )
        )
        if clauses:
            found.append(say(f"plain.{outcome}", clauses=", ".join(clauses)))
    return tuple(found)
