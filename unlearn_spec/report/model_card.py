"""A section for a model card, as Markdown with the YAML front matter of the Hugging Face Hub.

The front matter carries tags and this report's digests; it has no `model-index`, because a conformance result is not a
score. Its texts are JSON strings, which YAML reads as they are.
"""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Final

from ..wording.language import Language, Words, words
from .markdown import integrity, not_covered, overall, results
from .marked import escaped
from .model import Report, digest

TAGS: Final = ("machine-unlearning", "conformance-report")


def render(report: Report, language: Language = "en") -> str:
    """Front matter, which is for programs, and one section, headings from level two."""
    return "\n".join((*_front(report), *_section(report, words(language)))) + "\n"


def _front(report: Report) -> Iterator[str]:
    audited = sorted({(subject.artifact, subject.model) for subject in report.subjects if subject.role == "audited"})
    yield "---"
    yield "tags:"
    yield from (f"- {tag}" for tag in TAGS)
    yield "unlearn_spec:"
    yield f"  report: {json.dumps(digest(report))}"
    yield f"  policy: {json.dumps(report.policy.id)}"
    yield f"  policy_version: {report.policy.version}"
    yield f"  policy_digest: {json.dumps(report.integrity.policy)}"
    yield f"  overall: {json.dumps(report.overall)}"
    yield "  models:" if audited else "  models: []"
    yield from (f"  - {{artifact: {json.dumps(name)}, folder_digest: {json.dumps(model)}}}" for name, model in audited)
    yield "  results:" if report.results else "  results: []"
    for one in (result.verdict for result in report.results):
        yield f"  - {{clause: {json.dumps(one.clause)}, artifact: {json.dumps(one.artifact)}, outcome: {json.dumps(one.outcome)}}}"
    yield "---"


def _section(report: Report, say: Words) -> Iterator[str]:
    policy = say("document.subtitle", policy=report.policy.id, version=report.policy.version)
    yield ""
    yield f"## {say('card.title')}"
    yield ""
    yield f"{escaped(say.quoted(policy))}. **{overall(report, say)}** {say('results.overall')}"
    yield from results(report, "###", say)
    yield from not_covered(report, "###", say)
    yield ""
    yield f"### {say('card.read')}"
    yield ""
    yield from (f"- {escaped(say(f'methods.{number}'))}" for number in range(3, 6))
    yield f"- {say('card.models')}"
    yield ""
    yield f"### {say('part.integrity')}"
    yield ""
    yield from integrity(report, say)
