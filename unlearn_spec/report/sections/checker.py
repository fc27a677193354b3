"""What the checker found in the policy, what was presumed, and the axioms with their status."""

from __future__ import annotations

from collections.abc import Iterator

from ...finding import Finding
from ...wording.heard import heard
from ...wording.language import Words
from ...wording.said import Said, said
from ..document import (
    Block,
    Break,
    Bullets,
    Code,
    Group,
    Heading,
    Inline,
    Para,
    Part,
    Recorded,
    Soft,
    Strong,
    Table,
    para,
    row,
    told,
)
from ..model import Report
from ..sentences import condition
from ..wording import stopped


def checker(report: Report, say: Words) -> Part:
    """Findings with place, reasons, fixes and how each was resolved."""
    blocks: list[Block] = [para(say("checker.limits"))]
    if say.language != "en":
        blocks.append(para(say("document.recorded")))
    for finding in report.findings:
        blocks.append(_finding(finding, say))
    if not report.findings:
        blocks.append(para(say("checker.none", axioms=report.versions.axioms)))
    return Part("findings", say("part.findings"), tuple(blocks))


def _finding(finding: Finding, say: Words) -> Group:
    place: tuple[Inline, ...] = ()
    if finding.spans:
        span = finding.spans[0]
        place = (Code(f"{span.file}:{span.line}:{span.column}"),)
    lines = [
        *_head(finding, place, say),
        *(
            Para(
                (*in_detail(fix.text, finding.code, say), *((Soft(say("checker.verified")),) if fix.verified else ())),
                label=say("checker.fix"),
                small=True,
            )
            for fix in finding.fixes
        ),
    ]
    if finding.accepted:
        lines.append(Para((say("names.one", name=finding.accepted),), label=say("checker.accepted"), small=True))
    if finding.open_question:
        lines.append(Para((say("names.one", name=finding.open_question),), label=say("checker.open"), small=True))
    if finding.axioms:
        situation = (say("checker.when", situation=_situation(finding.situation)),) if finding.situation else ()
        lines.append(Para((Code(", ".join(finding.axioms)), *situation), label=say("checker.under"), small=True))
    return Group(tuple(lines), finding.severity)


def _head(finding: Finding, place: tuple[Inline, ...], say: Words) -> Iterator[Para]:
    """What was found: in English in the checker's own words; elsewhere by its kind, whose meaning the catalogues have, with
    those words below."""
    what = Strong(f"{say.of('severity', finding.severity)} {finding.code}")
    if say.language == "en" or not say.has(f"rule.{finding.code}.title"):
        yield Para((what, *place, Recorded(finding.message)))
        yield from (Para((Recorded(why),), small=True) for why in finding.why)
        return
    yield Para((what, *place, Strong(stopped(say(f"rule.{finding.code}.title"))), say(f"rule.{finding.code}.meaning")))
    if finding.clauses:
        yield Para((say("checker.names", clauses=finding.clauses),), label=say("checker.about"), small=True)
    reasons = (one for why in finding.why for one in (Break(), *in_detail(why, finding.code, say)))
    yield Para((*in_detail(finding.message, finding.code, say), *reasons), label=say("checker.message"), small=True)


def in_detail(english: str, code: str, say: Words) -> tuple[Inline, ...]:
    """What the checker says in detail: in this language where the catalogue has its wording, else in English, marked so."""
    text = say.recorded(heard(english, f"finding.{code}"), english)
    if say.language == "en" or text is None:
        return (Recorded(english),) if say.language == "en" else (Soft(say("checker.english")), Recorded(english))
    return (text,)


def _situation(names: tuple[str, ...]) -> Said:
    """Situations by name; a leading "not " marks one that must be absent."""
    parts = (
        said("read.without", condition=said("read.name", name=name.removeprefix("not ")))
        if name.startswith("not ")
        else said("read.name", name=name)
        for name in names
    )
    return said("read.row", parts=tuple(parts))


def assumptions(report: Report, say: Words) -> Part:
    """The ledger of assumptions: what results are conditional on, and every axiom with the status it can be challenged by."""
    blocks: list[Block] = []
    if report.assumptions:
        blocks.append(para(say("assumptions.lead")))
        items = (
            para(
                condition(a.name, say) if a.name else Recorded(a.words),
                Soft(say("assumptions.on", clauses=a.clauses)),
            )
            for a in report.assumptions
        )
        blocks.append(Bullets(tuple(items)))
    else:
        blocks.append(para(say("assumptions.none")))
    if report.axioms:
        head = tuple(say(f"column.{name}") for name in ("axiom", "status", "statement"))
        rows = tuple(
            row(Code(a.id), say.of("axiom_status", a.status), told(a.statement, said(f"axiom.{a.id}"), say))
            for a in report.axioms
        )
        blocks += [Heading(say("assumptions.axioms")), Table(say("assumptions.caption"), head, rows, (1, 2, 9))]
    return Part("assumptions", say("part.assumptions"), tuple(blocks))
