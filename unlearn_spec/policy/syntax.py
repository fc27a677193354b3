"""What the YAML parser complains of, in a drafter's words."""

from __future__ import annotations

from typing import Any, Final

from ..finding import Finding, Fix, Span

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
        return _told(span, "a tab cannot stand here: YAML is indented with spaces", "indent with spaces", related)
    return _told(span, _PLAIN_WORDS.get(problem, problem), "", related)


def _told(span: Span, message: str, fix: str, related: tuple[Span, ...]) -> Finding:
    return Finding("Y001", "error", message, (span, *related), fixes=(Fix(fix),) if fix else ())
