"""What was examined: models by digest, the lineage, who reaches what, and what is left outside."""

from __future__ import annotations

from ...plan.units import SubjectRef
from ...wording.language import Words
from ..document import Block, Bullets, Code, Heading, Para, Part, Row, Soft, Table, para, row
from ..grounds import EvidenceObject
from ..model import Artifact, InformationSet, Report
from ..pictures import lineage
from ..wording import short_digest
from .opinion import badge


def subject(report: Report, say: Words) -> Part:
    """Subject and lineage."""
    blocks: list[Block] = [para(say("subject.lead")), _models(report, say)]
    if same := unchanged(report):
        blocks.append(para(say("subject.unchanged", artifacts=same)))
    drawn = lineage.draw(report, say)
    if drawn is not None:
        blocks += [Heading(say("subject.lineage")), para(say("subject.lineage_lead")), drawn, _artifacts(report, say)]
    if report.information:
        blocks += [Heading(say("subject.information")), _information(report.information, say)]
    left_out = tuple(artifact for artifact in report.artifacts if not artifact.examined)
    blocks.append(Heading(say("subject.boundary")))
    if left_out:
        blocks.append(Bullets(tuple(para(say("subject.left_out", name=a.name, kind=a.kind)) for a in left_out)))
    blocks.append(para(say("subject.boundary_lead")))
    return Part("subject", say("part.subject"), tuple(blocks), fresh=True)


def unchanged(report: Report) -> tuple[str, ...]:
    """Artifacts whose audited model has the very files of the original: whatever was done was done around it."""
    held = {one.artifact: one.model for one in report.subjects if one.role == "original" and not (one.log or one.endpoint)}
    changed = {one.artifact for one in report.subjects if one.role == "audited" and held.get(one.artifact) != one.model}
    return tuple(dict.fromkeys(s.artifact for s in report.subjects if s.role == "audited" and s.artifact not in changed))


def role(subject: SubjectRef | EvidenceObject, say: Words) -> str:
    """What a model is in this run; references are numbered, and so are further runs."""
    word = say(f"role.{subject.role}")
    return f"{word} ({subject.index + 1})" if subject.role == "reference" or subject.index else word


def _models(report: Report, say: Words) -> Table:
    head = tuple(say(f"column.{name}") for name in ("artifact", "role", "model", "guard", "precision"))
    rows = tuple(
        row(
            say("names.one", name=s.artifact),
            role(s, say),
            (Para((Code(short_digest(s.model)), *_answers(s, say))),),
            _system(s, say),
            precision_words(s, say),
        )
        for s in report.subjects
    )
    none = (row(say("subject.none"), "", "", "", ""),)
    return Table(say("subject.caption"), head, rows or none, (3, 4, 4, 4, 2), row_head=bool(rows))


def _answers(subject: SubjectRef, say: Words) -> tuple[Soft, ...]:
    """Where an endpoint answers, and from when on; nothing for a model in hand."""
    one = subject.endpoint
    return () if one is None else (Soft(say("subject.answers", model=one.model, url=one.url, day=one.day)),)


def _system(subject: SubjectRef, say: Words) -> Code | str:
    return Code(short_digest(subject.system)) if subject.system else guard_words(subject, say)


def guard_words(subject: SubjectRef, say: Words) -> str:
    """The guarded system by its digest, or why there is none to be named."""
    if subject.system:
        return f"{say('integrity.guard')} {subject.system}"
    return say("subject.log" if subject.log else "subject.endpoint" if subject.endpoint else "subject.bare")


def precision_words(subject: SubjectRef, say: Words) -> str:
    """In which numbers it ran, as far as that is known."""
    if subject.log:
        return ""
    return say("subject.precision_unknown") if subject.endpoint else subject.precision


def _artifacts(report: Report, say: Words) -> Table:
    head = tuple(say(f"column.{name}") for name in ("artifact", "kind", "audiences", "examined"))
    return Table(
        say("subject.artifacts"), head, tuple(_artifact(a, say) for a in report.artifacts), (3, 3, 4, 3), row_head=True
    )


def _artifact(artifact: Artifact, say: Words) -> Row:
    reach = say("names.semicolon").join(say("subject.reach", audience=who, access=access) for who, access in artifact.seen_by)
    parent = (Soft(say("subject.derived", parent=artifact.derived_from)),) if artifact.derived_from else ()
    state: tuple[Para, ...] = tuple(para(badge(outcome, say)) for outcome in artifact.examined)
    return row(
        say("names.one", name=artifact.name),
        (Para((say.of("artifact", artifact.kind), *parent)),),
        reach or say("subject.nobody"),
        state or (para(say("picture.uncovered")),),
    )


def _information(sets: tuple[InformationSet, ...], say: Words) -> Table:
    head = tuple(say(f"column.{name}") for name in ("set", "kind", "size", "data"))
    return Table(say("subject.sets"), head, tuple(_set(one, say) for one in sets), (3, 2, 2, 5), row_head=True)


def _set(one: InformationSet, say: Words) -> Row:
    if one.size is None:
        size = say("subject.size_unknown")
    elif one.size[0] == one.size[1]:
        size = say.count(one.size[0])
    else:
        size = say("subject.between", low=one.size[0], high=one.size[1])
    data = tuple(
        para(say("names.one", name=d.name), Code(short_digest(d.digest)), drawn(d.take, d.seed, say)) for d in one.data
    )
    return row(
        say("names.one", name=one.name), say.of("information", one.kind), size, data or (para(say("subject.unbound")),)
    )


def drawn(take: int | None, seed: int, say: Words) -> str:
    """What is added to a digest if only some of the items were drawn."""
    return "" if take is None else say("subject.drawn", number=take, seed=str(seed))
