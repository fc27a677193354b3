"""The report as Markdown: for wikis, tickets and code hosts. Everything quoted is escaped; nothing is loaded or linked."""

from __future__ import annotations

from collections.abc import Iterator

from ..verdict.model import Interval
from . import phrases, wording
from .marked import bullets, escaped, table
from .model import RegisteredTest, Report, digest
from .sections.statements import theirs
from .sentences import unsaid


def render(report: Report) -> str:
    """The whole report, headings from level one."""
    return "\n".join(_lines(report)) + "\n"


def _lines(report: Report) -> Iterator[str]:
    policy = report.policy
    yield f"# Conformance report: {escaped(wording.quote(policy.title or policy.id))}"
    yield ""
    yield f"Policy {escaped(policy.id)}, version {policy.version}, {phrases.status_words(policy.status)}."
    yield ""
    yield f"**Overall: {phrases.OUTCOME_NAME[report.overall]}.** {phrases.OVERALL_NOTE} {escaped(phrases.tally(report))}"
    yield ""
    yield f"Confidence of the run as a whole: {wording.percent(report.validity.confidence, 'down')}, for all facts together."
    yield from results(report, "##")
    yield from not_covered(report, "##")
    yield from _section(phrases.STATEMENTS, _statements(report))
    yield from _section("Of which model", bullets(phrases.subject_words(subject) for subject in report.subjects))
    yield from _section("What was measured", _measured(report))
    yield from _section("Controls", _controls(report))
    yield from _section("Checker findings", _findings(report))
    yield from _section("Assumptions", bullets(f"{one.words} ({', '.join(one.clauses)})" for one in report.assumptions))
    yield from _section("Methods and limits", bullets((*phrases.METHODS, phrases.CHECK_LIMITS)))
    yield from _section("Integrity", integrity(report))


def results(report: Report, level: str) -> Iterator[str]:
    """The clause table and the conclusions that may be drawn."""
    rows = [
        (
            result.verdict.clause,
            result.verdict.artifact,
            f"{wording.OUTCOME_SYMBOL[result.verdict.outcome]} {phrases.OUTCOME_NAME[result.verdict.outcome]}",
            result.verdict.limit or "",
            _bounds(result.verdict.intervals[:1]),
        )
        for result in report.results
    ]
    if rows:
        yield from _section(
            "Clause by clause", table(("Clause", "Artifact", "Result", "Limit", "Measured"), rows), level
        )
    said = [" ".join((one.conclusion, *unsaid(one.verdict.reason, one.conclusion))) for one in report.results]
    yield from _section("What the evidence shows", bullets(said) or ["No clause has a result."], level)


def not_covered(report: Report, level: str) -> Iterator[str]:
    """What the report says nothing about."""
    lines = bullets(f"{one.what}: {wording.stopped(one.why)}" for one in report.not_covered)
    yield from _section("What was not covered", [phrases.NOT_COVERED_LEAD, "", *lines] if lines else [], level)


def integrity(report: Report) -> list[str]:
    """Digests, and how to have them held against the run."""
    versions = report.versions
    rows = [
        ("report", digest(report)),
        ("policy", report.integrity.policy),
        ("bindings", report.integrity.bindings),
        ("ledger", report.integrity.ledger),
        ("program", f"unlearn-spec {versions.tool}, axiom set {versions.axioms}, language {versions.language}"),
    ]
    return [*table(("Of", "Digest"), rows), "", "`unlearn-spec audit RUN` holds all of it against the run's evidence."]


def _section(title: str, lines: list[str], level: str = "##") -> Iterator[str]:
    if lines:
        yield from ("", f"{level} {title}", "", *lines)


def _bounds(intervals: tuple[Interval, ...]) -> str:
    return "; ".join(
        f"{one.label}: {wording.percent(one.low, 'down')} to {wording.percent(one.high, 'up')}"
        + (f", {one.hits} of {one.n} seen" if one.hits is not None and one.n is not None else "")
        for one in intervals
    )


def _statements(report: Report) -> list[str]:
    lines = bullets(f"{phrases.statement_heading(one)} {theirs(one)}" for one in report.statements)
    return [phrases.STATEMENTS_LEAD, "", *lines] if lines else []


def _measured(report: Report) -> list[str]:
    rows = [
        (
            test.id,
            f"{test.verifier}, {phrases.how_words(test.access, test.asked)}"
            if test.verifier != "record"
            else "a signed record",
            wording.count(test.n),
            wording.percent(test.alpha, "up"),
            _power(test),
        )
        for test in report.tests
    ]
    return table(("Test", "How", "Draws", "Error", "Planned power"), rows) if rows else []


def _power(test: RegisteredTest) -> str:
    if test.power is None or test.effect is None:
        return ""
    return f"{wording.percent(test.power, 'down')} at {wording.percent(test.effect)}"


def _controls(report: Report) -> list[str]:
    rows = [
        (
            phrases.named(result.verdict),
            phrases.gate_words(gate.gate),
            phrases.control_words(gate),
            gate.found,
        )
        for result in report.results
        for gate in result.verdict.gates
    ]
    return table(("Clause", "Control", "Outcome", "Found"), rows) if rows else []


def _findings(report: Report) -> list[str]:
    return bullets(
        f"{finding.code} ({'accepted' if finding.accepted else finding.severity}): {wording.quote(finding.message)}"
        for finding in report.findings
    )
