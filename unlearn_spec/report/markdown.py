"""The report as Markdown: for wikis, tickets and code hosts. Everything quoted is escaped; nothing is loaded or linked."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from ..finding import Finding
from ..plan.units import SubjectRef
from ..verdict.model import Interval
from ..wording.language import Language, Words, words
from . import wording
from .chart import numbers
from .document import Inline, plain, told
from .marked import bullets, escaped, table
from .model import Assumption, NotCovered, RegisteredTest, Report, Result, digest
from .sections.checker import in_detail
from .sections.opinion import conclusion, confidence, counts, parties
from .sections.statements import about, heading, theirs
from .sections.subject import guard_words, precision_words, role
from .sections.trials import error
from .sentences import condition, how, limit_words, unsaid
from .wording import quote, stopped


def render(report: Report, language: Language = "en") -> str:
    """The whole report, headings from level one."""
    return "\n".join(_lines(report, words(language))) + "\n"


def _lines(report: Report, say: Words) -> Iterator[str]:
    policy, colon = report.policy, say("names.colon")
    status = say("about.policy_words", policy=policy.id, version=policy.version, status=policy.status)
    yield "# " + _text(say, say("document.kind") + colon + quote(policy.title or policy.id))
    yield ""
    yield _text(say, f"{say('about.policy')} {status}.")
    yield ""
    if who := parties(report, say):
        yield _text(say, f"{say('about.parties')}{colon}{who}.")
        yield ""
    yield f"**{overall(report, say)}** {_text(say, say('results.overall'), counts(report, say))}"
    yield ""
    yield _text(say, f"{say('about.confidence')}{colon}{confidence(report, say)}.")
    yield from results(report, "##", say)
    yield from not_covered(report, "##", say)
    yield from _section(say("part.statements"), _statements(report, say))
    yield from _section(say("part.subject"), _bullets(say, (_subject(subject, say) for subject in report.subjects)))
    yield from _section(say("trials.registered"), _measured(report, say))
    yield from _section(say("part.controls"), _controls(report, say))
    yield from _section(say("part.findings"), _bullets(say, (_finding(finding, say) for finding in report.findings)))
    yield from _section(say("part.assumptions"), _bullets(say, (_assumption(one, say) for one in report.assumptions)))
    limits = (*(say(f"methods.{number}") for number in range(1, 6)), say("checker.limits"))
    yield from _section(say("part.methods"), _bullets(say, limits))
    yield from _section(say("part.integrity"), integrity(report, say))


def overall(report: Report, say: Words) -> str:
    """`Overall: violated.`"""
    return _text(say, say("markdown.overall", outcome=report.overall))


def results(report: Report, level: str, say: Words) -> Iterator[str]:
    """The clause table and the conclusions that may be drawn."""
    head = tuple(say(f"column.{name}") for name in ("clause", "artifact", "result", "limit", "measured"))
    rows = [
        (
            result.verdict.clause,
            result.verdict.artifact,
            f"{wording.OUTCOME_SYMBOL[result.verdict.outcome]} {say.of('outcome', result.verdict.outcome)}",
            limit_words(result.verdict.limit, say) if result.verdict.limit else "",
            _bounds(result.verdict.intervals[:1], say),
        )
        for result in report.results
    ]
    if rows:
        yield from _section(say("part.clauses"), table(head, rows), level)
    said = _bullets(say, (_concluded(report, one, say) for one in report.results))
    yield from _section(say("part.results"), said or [_text(say, say("results.none"))], level)


def not_covered(report: Report, level: str, say: Words) -> Iterator[str]:
    """What the report says nothing about."""
    lines = _bullets(say, (_gap(one, say) for one in report.not_covered))
    yield from _section(say("part.not_covered"), [_text(say, say("not_covered.lead")), "", *lines] if lines else [], level)


def integrity(report: Report, say: Words) -> list[str]:
    """Digests, and how to have them held against the run."""
    versions = report.versions
    told_versions = say("integrity.versions_words", language=versions.language, tool=versions.tool, axioms=versions.axioms)
    rows = [
        (say("integrity.report"), digest(report)),
        (say("integrity.policy"), report.integrity.policy),
        (say("integrity.bindings"), report.integrity.bindings),
        (say("integrity.ledger"), report.integrity.ledger),
        (say("integrity.versions"), told_versions),
    ]
    return [*table((say("column.what"), say("column.value")), rows), "", _text(say, say("reverify.4"))]


def _section(title: str, lines: list[str], level: str = "##") -> Iterator[str]:
    if lines:
        yield from ("", f"{level} {title}", "", *lines)


def _text(say: Words, *parts: str) -> str:
    return escaped(say.quoted(" ".join(parts)))


def _bullets(say: Words, items: Iterable[str]) -> list[str]:
    return bullets(map(say.quoted, items))


def _told(inlines: Iterable[Inline]) -> str:
    return " ".join(plain(piece) for piece in inlines)


def _concluded(report: Report, result: Result, say: Words) -> str:
    """The clause, its result, the conclusion, and the reason where the conclusion does not hold it."""
    concluded, verdict = _told(conclusion(report, result, say)), result.verdict
    named = f"{say.named(verdict.clause, verdict.artifact)}, {say.of('outcome', verdict.outcome)}{say('names.colon')}{concluded}"
    return " ".join((named, *unsaid(plain(told(verdict.reason, verdict.reason_said, say)), concluded)))


def _gap(gap: NotCovered, say: Words) -> str:
    what, why = told(gap.what, gap.what_said, say), told(gap.why, gap.why_said, say)
    return f"{plain(what)}{say('names.colon')}{stopped(plain(why))}"


def _bounds(intervals: tuple[Interval, ...], say: Words) -> str:
    return say("names.semicolon").join(
        f"{say.sentences.get(f'interval.{one.label}', one.label)}{say('names.colon')}{numbers(one, say)}" for one in intervals
    )


def _statements(report: Report, say: Words) -> list[str]:
    lines = _bullets(say, (" ".join((f"{heading(one, say)}.", *about(one, say), theirs(one))) for one in report.statements))
    return [_text(say, say("statements.lead")), "", *lines] if lines else []


def _subject(subject: SubjectRef, say: Words) -> str:
    """A model of the run on one line: what it stands for, its digest, its guard, its precision; of an endpoint what is not known."""
    named = f"{quote(subject.artifact)}, {role(subject, say)}{say('names.colon')}{subject.model}"
    one = subject.endpoint
    if one is not None:
        chat = (say("outside.chat", artifact=subject.artifact),) if one.chat else ()
        return " ".join((f"{named}.", say("outside.endpoint", url=one.url, model=one.model, day=one.day), *chat))
    guard = guard_words(subject, say) if subject.system or subject.log else ""
    return ", ".join(part for part in (named, guard, precision_words(subject, say)) if part)


def _measured(report: Report, say: Words) -> list[str]:
    head = tuple(say(f"column.{name}") for name in ("test", "how", "sample", "error", "power"))
    rows = [
        (
            test.id,
            say("trials.record")
            if test.verifier == "record"
            else say.quoted(f"{say.of('verifier', test.verifier)}, {how(test.access, test.asked, say)}"),
            say.count(test.n),
            error(test.alpha, say),
            _power(test, say),
        )
        for test in report.tests
    ]
    return table(head, rows) if rows else []


def _power(test: RegisteredTest, say: Words) -> str:
    if test.power is None or test.effect is None:
        return ""
    return say("trials.power_at", power=say.percent(test.power, "down"), effect=test.effect)


def _controls(report: Report, say: Words) -> list[str]:
    head = tuple(say(f"column.{name}") for name in ("clause", "control", "outcome", "seen"))
    rows = [
        (
            say.quoted(say.named(result.verdict.clause, result.verdict.artifact)),
            say(f"gate.{gate.gate}"),
            say("controls.held" if gate.passed else "controls.failed"),
            say.quoted(plain(told(gate.found, gate.found_said, say))),
        )
        for result in report.results
        for gate in result.verdict.gates
    ]
    return table(head, rows) if rows else []


def _finding(finding: Finding, say: Words) -> str:
    """Code and severity; then in English the message, elsewhere its kind and meaning, and the message where it has a wording."""
    mark = say("checker.accepted") if finding.accepted else say.of("severity", finding.severity)
    head = f"{finding.code} ({mark}){say('names.colon')}"
    if say.language == "en" or not say.has(f"rule.{finding.code}.title"):
        return head + quote(finding.message)
    kind = f"{stopped(say(f'rule.{finding.code}.title'))} {say(f'rule.{finding.code}.meaning')}"
    return f"{head}{kind} {_told(in_detail(finding.message, finding.code, say))}"


def _assumption(one: Assumption, say: Words) -> str:
    return f"{condition(one.name, say) if one.name else one.words} {say('assumptions.on', clauses=one.clauses)}"
