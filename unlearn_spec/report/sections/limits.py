"""What must hold outside, for how long the results speak, and what the drafter's provisions have to do with them."""

from __future__ import annotations

from ...finding import Finding
from ...policy.model import Basis
from ...wording.language import Words
from ..document import Block, Bullets, Heading, Para, Part, Recorded, Row, Soft, Table, para, row
from ..model import Report
from .checker import in_detail


def outside(report: Report, say: Words) -> Part:
    """Complementary controls of deployers and users."""
    items = tuple(para(say.say(one)) for one in report.outside)
    return Part(
        "outside",
        say("part.outside"),
        (para(say("outside.lead")), Bullets(items)) if items else (para(say("outside.none")),),
    )


def validity(report: Report, say: Words) -> Part:
    """As of when, until when, and what ends it."""
    blocks: list[Block] = [para(say("validity.lead"))]
    if report.records:
        days = sorted(record.signed_on for record in report.records)
        same = days[0] == days[-1]
        blocks.append(para(say("validity.records_one", day=days[0]) if same else say("validity.records", first=days[0], last=days[-1])))
    if report.retest:
        blocks += [Heading(say("validity.retest")), Bullets(tuple(para(say.say(one)) for one in report.retest))]
    blocks += [Heading(say("validity.correction")), para(say("validity.correction_lead"))]
    return Part("validity", say("part.validity"), tuple(blocks))


def legal_map(report: Report, say: Words) -> Part:
    """Provisions that the drafter cites, each with what it may bear on; the tool concludes nothing of them."""
    blocks: list[Block] = [para(say("legal.lead"))]
    if report.policy.basis:
        head = (say("column.provision"), say("column.bears"), say("column.not_determine"))
        rows = tuple(_provision(basis, say) for basis in report.policy.basis)
        blocks.append(Table(say("legal.caption"), head, rows, (4, 4, 4)))
    else:
        blocks.append(para(say("legal.none")))
    notes = tuple(finding for finding in report.findings if _is_note(finding))
    if notes:
        blocks.append(Heading(say("legal.notes")))
        blocks.append(Bullets(tuple(_note(note, say) for note in notes)))
    return Part("legal", say("part.legal"), tuple(blocks))


def _is_note(finding: Finding) -> bool:
    return finding.code.startswith("L") and finding.code[1:].isdigit()


def _note(note: Finding, say: Words) -> Para:
    if say.language == "en" or not say.has(f"rule.{note.code}.meaning"):
        return para(Soft(note.code), Recorded(note.message))
    return para(Soft(note.code), say(f"rule.{note.code}.meaning"), *in_detail(note.message, note.code, say))


def _provision(basis: Basis, say: Words) -> Row:
    cited = " ".join(part for part in (basis.instrument, basis.provision) if part)
    where = f" ({basis.jurisdiction})" if basis.jurisdiction else ""
    note = (para(say("names.one", name=basis.note), small=True),) if basis.note else ()
    return row((para(say("names.one", name=cited) + where), *note), say("legal.bears"), say("legal.not_determine"))
