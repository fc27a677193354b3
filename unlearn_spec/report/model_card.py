"""A section for a model card, as Markdown with the YAML front matter of the Hugging Face Hub.

The front matter carries tags and this report's digests; it has no `model-index`, because a conformance result is not a
score. Its texts are JSON strings, which YAML reads as they are.
"""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Final

from . import phrases
from .markdown import integrity, not_covered, results
from .marked import escaped
from .model import Report, digest

TAGS: Final = ("machine-unlearning", "conformance-report")


def render(report: Report) -> str:
    """Front matter and one section, headings from level two."""
    return "\n".join((*_front(report), *_section(report))) + "\n"


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


def _section(report: Report) -> Iterator[str]:
    policy = report.policy
    yield ""
    yield "## Unlearning: conformance with a policy"
    yield ""
    yield (
        f"Held against the policy {escaped(policy.id)}, version {policy.version}. Overall: "
        f"**{phrases.OUTCOME_NAME[report.overall]}**. {phrases.OVERALL_NOTE}"
    )
    yield from results(report, "###")
    yield from not_covered(report, "###")
    yield ""
    yield "### How to read this"
    yield ""
    yield from (f"- {escaped(text)}" for text in phrases.METHODS[2:])
    yield "- This section is about the models with the digests above, and about no copy made from them."
    yield ""
    yield "### Where it comes from"
    yield ""
    yield from integrity(report)
