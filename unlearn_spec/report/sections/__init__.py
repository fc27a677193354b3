"""The parts of a report, in the order in which legal and audit readers look for them. One function a part."""

from __future__ import annotations

from ...wording.language import Words
from ..document import Code, Document
from ..model import Report, digest
from .attacks import attacks
from .checker import assumptions, checker
from .controls import controls, guarded, relearning, side_effects
from .criteria import criteria
from .integrity import annex, evidence, integrity
from .limits import legal_map, outside, validity
from .matrix import matrix
from .members import members
from .opinion import opinion
from .plain import plain
from .statements import statements
from .subject import subject
from .trials import trials


def document(report: Report, say: Words) -> Document:
    """The whole report in one language. Pure: no clock, no file but the catalogue."""
    title = report.policy.title or report.policy.id
    parts = (
        statements(report, say),
        subject(report, say),
        criteria(report, say),
        checker(report, say),
        assumptions(report, say),
        matrix(report, say),
        trials(report, say),
        controls(report, say),
        relearning(report, say),
        attacks(report, say),
        members(report, say),
        guarded(report, say),
        side_effects(report, say),
        outside(report, say),
        validity(report, say),
        legal_map(report, say),
        evidence(report, say),
        integrity(report, say),
        annex(report, say),
        plain(report, say),
    )
    return Document(
        language=say.language,
        kind=say("document.kind"),
        title=title,
        subtitle=say("document.subtitle", policy=report.policy.id, version=report.policy.version),
        front=opinion(report, say),
        parts=tuple(part for part in parts if part is not None),
        contents=say("document.contents"),
        skip=say("document.skip"),
        footer=(say("document.footer_report"), Code(digest(report)), say("document.footer")),
    )
