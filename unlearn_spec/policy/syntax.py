"""What is refused of a file before anything is asked of what it says, in a drafter's words: no YAML, or too much of it."""

from __future__ import annotations

import re
from typing import Any, Final

from ..finding import Edit, Finding, Fix, Span

MAX_BYTES: Final = 4 * 1024 * 1024
MAX_DEPTH: Final = 32
MAX_NODES: Final = 500_000
MAX_FINDINGS: Final = 200
"""More mistakes than this are not listed."""

# Control characters, separators that YAML 1.1 counts as line breaks, non-characters, marks that reorder what is shown.
FORBIDDEN = re.compile(
    "[\x00-\x08\x0b\x0c\x0e-\x1f\x7f-\x9f\u2028\u2029\ufeff\ufffe\uffff\u202a-\u202e\u2066-\u2069\ud800-\udfff]"
)

_PLAIN_WORDS: Final = {
    "found character that cannot start any token": "no value can start with this character; quote it",
    "mapping values are not allowed in this context": "a `:` has no place here; quote the text, or mend the indentation",
    "mapping values are not allowed here": "a `:` has no place here; quote the text, or mend the indentation",
    "could not find expected ':'": "expected a `:` after the key",
    "did not find expected key": "expected a key here; is the indentation right?",
    "did not find expected '-' indicator": "expected `-` here, or a deeper indentation: the list above is not at its end",
    "did not find expected ',' or '}'": "expected `,` or `}` here",
    "did not find expected ',' or ']'": "expected `,` or `]` here",
    "found unexpected end of stream": "the file ends inside a quoted text",
}
"""The commonest complaints."""
_AROUND: Final = {
    "while parsing a flow mapping": "in the braces that begin here",
    "while parsing a flow sequence": "in the list that begins here",
    "while parsing a block collection": "in the list that begins here",
    "while parsing a block mapping": "in the lines that begin here",
    "while scanning a simple key": "in the line that begins here",
    "while scanning a quoted scalar": "in the quoted text that begins here",
    "while scanning for the next token": "",
}
"""Where the parser was, as a label; nothing where that says no more than the place itself."""


def refused(code: str, span: Span, message: str, fix: str = "", snippet: str = "", *related: Span) -> Finding:
    """A Y finding; a snippet for Y002 is written in the place of what stands there."""
    edits = (Edit(span, snippet),) if code == "Y002" and snippet else ()
    return Finding(code, "error", message, (span, *related), fixes=(Fix(fix, snippet=snippet, edits=edits),) if fix else ())


def not_yaml(file: str, text: str, error: Any) -> Finding:
    """What the parser could not read, and, if it says, where the construct it was in begins."""
    mark = error.problem_mark or error.context_mark
    span = Span(file, mark.line + 1, mark.column + 1) if mark else Span(file, 1, 1)
    problem = str(error.problem or "this is not YAML")
    related: tuple[Span, ...] = ()
    around = _AROUND.get(str(error.context), str(error.context or ""))
    if around and error.context_mark and error.context_mark is not mark:
        begin = error.context_mark
        related = (Span(file, begin.line + 1, begin.column + 1, 1, around),)
    if mark and text[mark.index : mark.index + 1] == "\t":
        return refused("Y001", span, "a tab cannot stand here: YAML is indented with spaces", "indent with spaces", "", *related)
    return refused("Y001", span, _PLAIN_WORDS.get(problem, problem), "", "", *related)


def invisible(span: Span, character: str, *edits: Edit) -> Finding:
    message = f"the invisible character U+{ord(character):04X} is not allowed"
    return Finding("Y001", "error", message, (span,), fixes=(Fix("delete it", edits=edits),))


def too_many(span: Span) -> Finding:
    """The last finding of a file with more mistakes than are listed."""
    return refused("Y005", span, f"this file has {MAX_FINDINGS} mistakes or more", "mend those above first")


def too_large(file: str) -> Finding:
    return refused("Y005", Span(file, 1, 1), "this file is larger than 4 MiB", "split it")
