"""A page for the person concerned, a rightsholder or a board: what was asked, done, found, and not found out.

It may be given out alone, so each demand stands on it, without how it is counted and shown.
"""

from __future__ import annotations

from ...wording.language import Words
from ..assurance import assurance
from ..document import Block, Bullets, Heading, Para, Part, para
from ..model import Report, Result
from ..wording import quote
from .criteria import demand


def plain(report: Report, say: Words) -> Part:
    """The last page, in everyday words."""
    demands = tuple(Para((say("names.one", name=one.id) + say("names.colon"), demand(one, say))) for one in report.clauses)
    found = _named(report, say, ("violated", "supported", "attested", "not_falsified"))
    undecided = _named(report, say, ("inconclusive", "not_tested", "not_testable", "rejected"))
    blocks: list[Block] = [
        Heading(say("plain.asked_title")),
        para(say.counted("plain.asked", len(report.clauses), policy=report.policy.title or report.policy.id)),
        Bullets(demands),
    ]
    for title, paragraphs in (
        ("plain.done_title", (_done(report, say),)),
        ("plain.found_title", found or (say("plain.found_nothing"),)),
        ("plain.open_title", (*undecided, say.counted("plain.gaps", len(report.not_covered)))),
        ("plain.not_settled_title", (say("plain.not_settled"),)),
    ):
        blocks += [Heading(say(title)), *(para(words) for words in paragraphs)]
    return Part("plain", say("part.plain"), tuple(blocks), fresh=True)


def _done(report: Report, say: Words) -> str:
    audited = tuple(subject for subject in report.subjects if subject.role == "audited")
    models = tuple(dict.fromkeys(subject.artifact for subject in audited))
    if not models:
        return say("plain.done_records" if report.records else "plain.done_nothing")
    return say("plain.done_log" if all(subject.log for subject in audited) else "plain.done", models=models)


def _word(report: Report, result: Result) -> str:
    """The outcome; of what is supported by a signed record alone, that it is attested."""
    by_record = assurance(report, result) in ("attested", "examined", "governance") and result.verdict.outcome == "supported"
    return "attested" if by_record else result.verdict.outcome


def _named(report: Report, say: Words, outcomes: tuple[str, ...]) -> tuple[str, ...]:
    """One paragraph an outcome, with the clauses that have it; what is not known of an outcome is not said."""
    found = []
    for outcome in outcomes:
        clauses = tuple(
            dict.fromkeys(
                f"{quote(v.clause)} ({quote(v.artifact)})" if v.artifact else quote(v.clause)
                for v in (result.verdict for result in report.results if _word(report, result) == outcome)
            )
        )
        if clauses:
            found.append(say(f"plain.{outcome}", clauses=", ".join(clauses)))
    return tuple(found)
