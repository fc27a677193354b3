"""What ties the report to what it is about, the evidence behind it, how to check it again, and the restricted annex."""

from __future__ import annotations

from ...wording.language import Words
from ..document import Block, Bullets, Code, Heading, Inline, Para, Part, Row, Soft, Table, para, row
from ..model import Report, digest
from ..wording import short_digest
from .subject import drawn, role

SHOWN = 20
"""So many revealed items are listed; the JSON form has all."""


def evidence(report: Report, say: Words) -> Part:
    """Every measured unit and the object that holds its table; records; items revealed, by keyed digest."""
    blocks: list[Block] = [para(say("evidence.lead"))]
    if report.evidence:
        head = tuple(say(f"column.{name}") for name in ("measured", "on", "unit", "object"))
        rows = tuple(
            row(
                (para(say.of("unit", item.kind), say("names.one", name=item.data)),),
                (para(say("names.one", name=item.artifact), role(item, say)),),
                Code(short_digest(item.unit)),
                Code(item.object),
            )
            for item in report.evidence
        )
        blocks.append(Table(say("evidence.caption"), head, rows, (4, 4, 3, 6)))
    if report.records:
        head = tuple(say(f"column.{name}") for name in ("record", "signed", "digest"))
        rows = tuple(
            row(
                say("evidence.record", kind=say.of("record", record.kind), id=record.id),
                say("evidence.signed", signer=record.signer, day=record.signed_on),
                Code(record.digest),
            )
            for record in report.records
        )
        blocks += [Heading(say("evidence.records")), Table(say("evidence.records_caption"), head, rows, (3, 3, 6))]
    return Part("evidence", say("part.evidence"), tuple(blocks))


def integrity(report: Report, say: Words) -> Part:
    """Digests in full, and the way to verify the report again without the network."""
    rows: list[Row] = [
        row(say("integrity.report"), Code(digest(report))),
        row(say("integrity.policy"), Code(report.integrity.policy)),
        row(say("integrity.bindings"), Code(report.integrity.bindings)),
        row(say("integrity.ledger"), Code(report.integrity.ledger)),
    ]
    for subject in report.subjects:
        guard: tuple[Inline, ...] = (say("integrity.guard"), Code(subject.system)) if subject.system else ()
        rows.append(
            row(
                (para(say("names.one", name=subject.artifact), role(subject, say)),),
                (Para((Code(subject.model), *guard)),),
            )
        )
    for one in report.information:
        if one.manifest:
            rows.append(row(say("integrity.manifest", name=one.name), Code(one.manifest)))
        for data in one.data:
            taken = drawn(data.take, data.seed, say)
            rows.append(
                row(say("integrity.data", name=data.name), (Para((Code(data.digest), *((taken,) if taken else ()))),))
            )
    keys = {one.signer: one.key for one in report.records if one.key}
    keys |= {one.signer: one.key for one in report.statements if one.key}
    rows += [row(say("integrity.key", name=name), Code(key)) for name, key in sorted(keys.items())]
    versions = report.versions
    rows += [
        row(
            say("integrity.versions"),
            say("integrity.versions_words", language=versions.language, tool=versions.tool, axioms=versions.axioms),
        ),
        row(say("integrity.seed"), str(report.validity.seed)),
    ]
    steps = tuple(para(say(f"reverify.{number}")) for number in range(1, 5))
    return Part(
        "integrity",
        say("part.integrity"),
        (
            para(say("integrity.lead")),
            Table(say("integrity.caption"), (say("column.what"), say("column.value")), tuple(rows), (3, 8)),
            Heading(say("integrity.again")),
            Bullets(steps, ordered=True),
        ),
    )


def annex(report: Report, say: Words) -> Part:
    """What the report leaves out on purpose, and how those who may see it get it."""
    blocks: list[Block] = [para(say("annex.lead"))]
    if found := revealed(report):
        blocks.append(para(say.counted("annex.revealed", len(found))))
        blocks.append(
            para(say("annex.how"), Code("unlearn-spec report RUN --annex FILE --policy POLICY --bindings BINDINGS"))
        )
        items = tuple(
            para(Code(item), say.counted("annex.characters", length), Soft(f"({', '.join(tests)})"), small=True)
            for item, (length, tests) in list(found.items())[:SHOWN]
        )
        blocks.append(Bullets(items))
        if len(found) > SHOWN:
            blocks.append(para(say("annex.more", shown=SHOWN)))
    else:
        blocks.append(para(say("annex.nothing")))
    return Part("annex", say("part.annex"), tuple(blocks))


def revealed(report: Report) -> dict[str, tuple[int, tuple[str, ...]]]:
    """Each revealed item once, with its length and the tests that count it: two tests do not make two items of one."""
    found: dict[str, tuple[int, tuple[str, ...]]] = {}
    for hit in report.revealed:
        _, tests = found.get(hit.item, (0, ()))
        found[hit.item] = (hit.length, (*tests, hit.obligation))
    return found
