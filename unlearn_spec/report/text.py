"""The report as text for a terminal, at most 100 columns wide."""

from __future__ import annotations

import textwrap
from collections.abc import Iterable, Iterator, Mapping
from typing import Final

from ..finding import Finding
from ..verdict.model import WORST_FIRST, Outcome
from . import chart, stated
from .model import Report, Result, digest
from .phrases import (
    CHECK_LIMITS,
    GUARDRAIL_LEAD,
    METHODS,
    NOT_COVERED_LEAD,
    OVERALL_NOTE,
    REVEALED_LEAD,
    REVERIFY,
    basis_words,
    control_words,
    data_words,
    decoding_words,
    gate_words,
    plain_page,
    population_words,
    status_words,
    subject_words,
    tally,
)
from .wording import OUTCOME_NAME, OUTCOME_SYMBOL, access_phrase, asked_phrase, count, named, percent, quote, visible

WIDTH: Final = 100
_BAR: Final = 32
_LABEL: Final = 40


def render(report: Report) -> str:
    """The whole report. Control characters of quoted material are written out."""
    blocks = (
        _heading(report),
        _section("Of which model", _subjects(report)),
        _section(stated.TITLE, _statements(report)),
        _section("What the evidence shows", _conclusions(report)),
        _section("What was not covered", _not_covered(report)),
        _section("Clause by clause", _matrix(report)),
        _section("Controls", _controls(report)),
        _section("Relearning", _relearning(report)),
        _section("Guarded and bare", _guardrails(report)),
        _section("Checker findings", _findings(report)),
        _section("Assumptions", _assumptions(report)),
        _section("Facts", _facts(report)),
        _section("Evidence", _evidence(report)),
        _section("Methods and limits", _methods(report)),
        _section("Integrity", _integrity(report)),
        _section("In plain language", _plain(report)),
    )
    return "\n\n".join("\n".join(visible(line).rstrip() for line in block) for block in blocks if block) + "\n"


def table(reports: Mapping[str, Report]) -> str:
    """Clauses × subjects: one verdict a cell, `reports` by column title. Every report is of the same policy."""
    verdicts = [result.verdict for report in reports.values() for result in report.results]
    rows = list(dict.fromkeys((verdict.clause, verdict.artifact) for verdict in verdicts))
    artifacts = {artifact for _, artifact in rows}
    names = [
        clause if len(artifacts) == 1 else f"{clause} @ {artifact}" if artifact else clause for clause, artifact in rows
    ]
    cells = [[_cell(report, clause, artifact) for report in reports.values()] for clause, artifact in rows]
    cells.append([_short(report.overall) for report in reports.values()])
    names.append("overall: the worst")
    widths = [max(len(title), *(len(row[column]) for row in cells)) for column, title in enumerate(reports)]
    first = max(map(len, names))
    lines = [" " * first + "  " + "  ".join(title.ljust(width) for title, width in zip(reports, widths, strict=True))]
    lines.append("─" * len(lines[0]))
    for name, row in zip(names, cells, strict=True):
        if name == names[-1]:
            lines.append("─" * len(lines[0]))
        lines.append(name.ljust(first) + "  " + "  ".join(c.ljust(w) for c, w in zip(row, widths, strict=True)))
    return "\n".join(visible(line).rstrip() for line in lines) + "\n"


def _short(outcome: Outcome) -> str:
    return "⊘ rejected" if outcome == "rejected" else _marked(outcome)


def _cell(report: Report, clause: str, artifact: str) -> str:
    verdicts = [result.verdict for result in report.results]
    outcomes = {v.outcome for v in verdicts if (v.clause, v.artifact) == (clause, artifact)}
    return next((_short(outcome) for outcome in WORST_FIRST if outcome in outcomes), "")


def _marked(outcome: Outcome) -> str:
    return f"{OUTCOME_SYMBOL[outcome]} {OUTCOME_NAME[outcome]}"


def _section(title: str, lines: Iterable[str]) -> list[str]:
    body = list(lines)
    return [title.upper(), "─" * len(title), *body] if body else []


def _wrap(text: str, indent: int = 2, hang: int | None = None) -> list[str]:
    """Lines of at most `WIDTH` columns; long words are broken."""
    return textwrap.wrap(
        " ".join(visible(text).split()),
        WIDTH,
        initial_indent=" " * indent,
        subsequent_indent=" " * (indent if hang is None else hang),
        break_on_hyphens=False,
    )


def _item(mark: str, text: str) -> list[str]:
    return _wrap(f"{mark} {text}", 2, 3 + len(mark))


def _heading(report: Report) -> list[str]:
    policy = report.policy
    worst = OUTCOME_NAME[report.overall].upper()
    return [
        "CONFORMANCE REPORT",
        "═" * 18,
        *_wrap(quote(policy.title or policy.id), 0),
        *_wrap(
            f"Policy {quote(policy.id)}, version {policy.version}, {status_words(policy.status)}"
            + (f"; owner {quote(policy.owner)}" if policy.owner else ""),
            0,
        ),
        *(_wrap("Cited by the drafter: " + "; ".join(basis_words(b) for b in policy.basis), 0) if policy.basis else []),
        "",
        *_wrap(f"Overall: {OUTCOME_SYMBOL[report.overall]} {worst}. {tally(report)}", 0),
        *_wrap(OVERALL_NOTE, 0),
    ]


def _subjects(report: Report) -> Iterator[str]:
    for subject in report.subjects:
        yield from _wrap(subject_words(subject), 2, 4)


def _conclusions(report: Report) -> Iterator[str]:
    for result in report.results:
        verdict = result.verdict
        yield from _wrap(f"{_marked(verdict.outcome)}: {named(verdict.clause, verdict.artifact)}", 2, 4)
        yield from _wrap(result.conclusion, 4)


def _not_covered(report: Report) -> Iterator[str]:
    yield from _wrap(NOT_COVERED_LEAD, 2)
    for gap in report.not_covered:
        yield from _item("–", gap.what + ("" if gap.kind == "clause" else f" ({gap.why.rstrip('.')})"))


def _statements(report: Report) -> Iterator[str]:
    if report.statements:
        yield from _wrap(stated.LEAD)
    for one in report.statements:
        yield ""
        yield from _wrap(stated.heading(one), 2, 4)
        yield from _wrap(stated.words(one), 4)


def _matrix(report: Report) -> Iterator[str]:
    for number, result in enumerate(report.results):
        if number:
            yield ""
        yield from _entry(report, result)


def _entry(report: Report, result: Result) -> Iterator[str]:
    verdict, clause = result.verdict, report.clause(result.verdict.clause)
    yield from _wrap(f"{named(clause.id, verdict.artifact)}: {_marked(verdict.outcome)}", 2, 4)
    yield from _wrap(quote(clause.sentence), 4)
    if verdict.access or verdict.asked:
        how = [access_phrase(verdict.access)] if verdict.access else []
        how += [asked_phrase(verdict.asked)] if verdict.asked else []
        yield from _wrap("Evidence: " + ", ".join(how) + (f"; limit {verdict.limit}" if verdict.limit else ""), 4)
    for drawing in chart.of_verdict(verdict):
        yield from _drawing(drawing)
    yield from _wrap("Why: " + verdict.reason, 4)
    if verdict.stands_on:
        yield from _wrap("Stands on: " + ", ".join(verdict.stands_on), 4)


def _drawing(drawing: chart.Chart) -> Iterator[str]:
    labels = [" ".join(visible(mark.label).split()) for mark in drawing.marks]
    width = min(_LABEL, max(map(len, labels)))
    for label, mark in zip(labels, drawing.marks, strict=True):
        if len(label) > width:
            yield from _wrap(label, 4)
        bar = f"    {label if len(label) <= width else '':{width}}  {_bar(mark, drawing.limit)}"
        if len(bar) + 2 + len(mark.numbers) <= WIDTH:
            yield f"{bar}  {mark.numbers}"
        else:
            yield from (bar, *_wrap(mark.numbers, 6 + width))
    if drawing.limit is not None:
        yield from _wrap(f"┆ limit: {drawing.limit_text}", 6 + width)


def _bar(mark: chart.Mark, limit: float | None) -> str:
    def at(share: float) -> int:
        return min(_BAR - 1, max(0, round(share * (_BAR - 1))))

    cells = ["·"] * _BAR
    for place in range(at(mark.low), at(mark.high) + 1):
        cells[place] = "─"
    if limit is not None:
        cells[at(limit)] = "┆"
    cells[at(mark.point)] = {"disc": "●", "square": "□", "triangle": "▲", "diamond": "◆"}[mark.shape]
    return "".join(cells)


def _controls(report: Report) -> Iterator[str]:
    for result in report.results:
        for gate in result.verdict.gates:
            name = named(result.verdict.clause, result.verdict.artifact)
            yield from _item(control_words(gate), f"{name}: {gate_words(gate.gate)}: {gate.found}")


def _relearning(report: Report) -> Iterator[str]:
    for attack in report.relearning:
        yield from _wrap(
            f"{named(attack.clause, attack.artifact)}: {count(attack.steps)} steps at learning rate "
            f"{float(attack.learning_rate):g}",
            2,
        )
        for title, half in (("half attacked", attack.attacked), ("half not seen", attack.held_out)):
            for drawing in chart.chart(half, scale=attack.attacked + attack.held_out):
                yield f"    {title}"
                yield from _drawing(drawing)


def _guardrails(report: Report) -> Iterator[str]:
    if report.guardrails:
        yield from _wrap(GUARDRAIL_LEAD)
    for guardrail in report.guardrails:
        yield from _wrap(named(guardrail.clause, guardrail.artifact), 2)
        for drawing in chart.chart(guardrail.intervals):
            yield from _drawing(drawing)


def _findings(report: Report) -> Iterator[str]:
    for finding in report.findings:
        yield from _wrap(f"{finding.severity} {finding.code}{_place(finding)}: {finding.message}", 2, 4)
        for why in finding.why:
            yield from _wrap(why, 4)
        for fix in finding.fixes:
            checked = " (applied and checked again)" if fix.verified else ""
            yield from _wrap(f"Fix: {fix.text}{checked}", 4)
        if finding.accepted:
            yield from _wrap(f"Accepted in the policy: {quote(finding.accepted)}", 4)
        if finding.open_question:
            yield from _wrap(f"Open question: {quote(finding.open_question)}", 4)
    if not report.findings:
        yield from _wrap(f"No contradiction found under axiom set {report.versions.axioms} and the declared facts.")
    yield from _wrap(CHECK_LIMITS)


def _place(finding: Finding) -> str:
    return f" ({finding.spans[0].file}:{finding.spans[0].line}:{finding.spans[0].column})" if finding.spans else ""


def _assumptions(report: Report) -> Iterator[str]:
    for assumption in report.assumptions:
        clauses = ", ".join(quote(clause) for clause in assumption.clauses)
        yield from _item("–", f"{assumption.words} (results on {clauses})")
    for axiom in report.axioms:
        yield from _wrap(f"{axiom.id:<5} {axiom.status}: {axiom.statement}", 2, 8)


def _facts(report: Report) -> Iterator[str]:
    for fact in report.facts:
        error = percent(fact.alpha, "up")
        yield from _wrap(f"{fact.id}: {fact.words} (error at most {error})", 2, 4)


def _evidence(report: Report) -> Iterator[str]:
    for item in report.evidence:
        subject = f"{item.role} {quote(item.artifact)}" + (f" {item.index}" if item.role == "reference" else "")
        yield from _wrap(f"{item.kind} {quote(item.data)}, {subject}", 2)
        yield from _wrap(f"unit {item.unit}", 4, 6)
        yield from _wrap(f"object {item.object}", 4, 6)
    for record in report.records:
        yield from _wrap(f"{record.kind} {quote(record.id)}, signed by {quote(record.signer)}, {record.signed_on}", 2)
        yield from _wrap(record.digest, 4)
    if report.revealed:
        yield from _wrap(f"Items that a test counts as revealed: {count(len(report.revealed))}. {REVEALED_LEAD}")
        for hit in report.revealed[:20]:
            yield from _wrap(f"{hit.item}, {count(hit.length)} characters, {hit.obligation}", 4, 6)
        if len(report.revealed) > 20:
            yield from _wrap(f"and {count(len(report.revealed) - 20)} more in the JSON form of this report", 4)


def _methods(report: Report) -> Iterator[str]:
    for test in report.tests:
        sample = (
            f"; n {count(test.n)} in {count(test.clusters)} clusters, for {population_words(test.population)}"
            if test.verifier != "record"
            else ""
        )
        power = f"; planned power {percent(test.power, 'down')}" if test.power is not None else ""
        effect = f" at {percent(test.effect)}" if test.effect is not None and test.power is not None else ""
        yield from _wrap(
            f"{test.id}: {test.verifier} on {quote(test.target)}, {access_phrase(test.access)}, "
            f"{asked_phrase(test.asked)}{decoding_words(test.reading)}{sample}; error share "
            f"{percent(test.alpha, 'up')}{power}{effect}",
            2,
            4,
        )
    for line in METHODS:
        yield from _wrap(line)


def _integrity(report: Report) -> Iterator[str]:
    rows = (
        ("report", digest(report)),
        ("policy", report.integrity.policy),
        ("bindings", report.integrity.bindings),
        ("ledger", report.integrity.ledger),
        *((f"manifest {i.name}", i.manifest) for i in report.information if i.manifest),
        *((f"data {d.name}", d.digest + data_words(d)) for i in report.information for d in i.data),
        ("language", report.versions.language),
        ("program", report.versions.tool),
        ("axiom set", report.versions.axioms),
        ("seed", str(report.validity.seed)),
        ("confidence", f"{percent(report.validity.confidence, 'down')} for all {report.validity.facts} facts together"),
    )
    for name, value in rows:
        yield from _wrap(f"{name}: {value}", 2, 4)
    for number, step in enumerate(REVERIFY, 1):
        yield from _item(f"{number}.", step)


def _plain(report: Report) -> Iterator[str]:
    for title, paragraphs in plain_page(report):
        yield f"  {title}"
        for paragraph in paragraphs:
            yield from _wrap(paragraph, 4)
