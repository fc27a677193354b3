"""A task of lm-evaluation-harness as plain data, and which templates of one may be filled in. No model library.

The harness fills templates in with all of jinja, in which a template can run code, and its files may name Python functions.
Here a template holds fields of a document, an entry of one, and a change of case or blanks, and nothing else.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from ..plan.units import TaskRef

METRICS = ("acc", "acc_norm", "acc_bytes")
"""Of multiple choice, item by item right or wrong."""

_FIELD = r"[A-Za-z][A-Za-z0-9_]*"
_VALUE = rf"{_FIELD}(?:\[\s*(?:[0-9]{{1,6}}|{_FIELD})\s*\]|\.{_FIELD}(?!\s*\())?"
_CHANGED = rf"{_VALUE}(?:\.(?:strip|lower|upper|capitalize|title)\(\))?(?:\s*\|\s*(?:trim|lower|upper|capitalize|title))*"
_EXPRESSION = re.compile(rf"\s*(?:{_CHANGED}|\[\s*{_CHANGED}(?:\s*,\s*{_CHANGED})*\s*\])\s*\Z")
_LIST = re.compile(rf"\{{\{{\s*\[\s*{_CHANGED}(?:\s*,\s*{_CHANGED})*\s*\]\s*\}}\}}\Z")
_PLACE = re.compile(r"\{\{-?(.*?)-?\}\}", re.DOTALL)
_NAMED = re.compile(rf"(?<![.|A-Za-z0-9_]){_FIELD}")


@dataclass(frozen=True)
class Task:
    """How a document becomes a question with options, in the harness's words."""

    name: str
    version: str
    doc_to_text: str
    doc_to_target: str | int
    doc_to_choice: str | tuple[str, ...]
    description: str = ""
    target_delimiter: str = " "
    fewshot_delimiter: str = "\n\n"
    shots: int = 0
    """Examples before each question, drawn by the seed from a file of their own."""


@dataclass(frozen=True)
class TaskFiles:
    """A task and where its documents lie. Small, picklable and hashable."""

    ref: TaskRef
    task: Task
    documents: Path
    documents_digest: str
    examples: Path | None = None
    examples_digest: str = ""


def strange(template: str) -> str | None:
    """The first thing in a template that is not filled in here; None if there is none."""
    rest = _PLACE.sub("", template)
    for mark in ("{%", "{#", "{{", "}}"):
        if mark in rest:
            return mark
    return next((found.group(0) for found in _PLACE.finditer(template) if not _EXPRESSION.match(found.group(1))), None)


def fields(template: str) -> Iterator[str]:
    """The document's fields that a template without anything strange names."""
    for found in _PLACE.finditer(template):
        for name in _NAMED.finditer(re.sub(r"\|\s*[a-z]+", "", found.group(1))):
            yield name.group(0)


def listed(template: str) -> int | None:
    """How many options `{{[field, field]}}` has; None for any other text."""
    return template.count(",") + 1 if _LIST.match(template) else None
