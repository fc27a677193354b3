"""One mistake in a file, by path; `finding` gives it its place."""

from __future__ import annotations

import difflib
import re
from collections.abc import Iterable

from ..finding import Finding, Fix, Span
from ..record import Record
from .edits import field_removed, name_replaced, value_replaced
from .source import Path, Source

_CURLY = re.compile(r"[“”„‟«»‘’‚‛‹›]\s*([^“”„‟«»‘’‚‛‹›\"\\]{1,60}?)\s*[“”„‟«»‘’‚‛‹›]\Z")


class Problem(Record):
    """`code` and `message` about the value at `path`, or about its key (`at_key`)."""

    code: str
    path: Path
    message: str
    at_key: bool = False
    fix: str = ""
    snippet: str = ""
    why: tuple[str, ...] = ()
    related: tuple[tuple[Path, str], ...] = ()
    """Other places, each with a label."""
    clause: str = ""
    name: str = ""
    """The name that was meant, if one is near: to stand in place of the value or key."""
    value: str = ""
    """What would have to stand in place of the value, as YAML, if that is all there is to mend."""
    remove: bool = False
    """Whether the key and its value have to go, and that is all."""


def finding(problem: Problem, source: Source) -> Finding:
    """The problem as a finding, with its spans."""
    primary = source.key(problem.path) if problem.at_key else source.value(problem.path)
    others = tuple(_labelled(source.value(path), label) for path, label in problem.related)
    edits = name_replaced(source, problem.path, problem.name, key=problem.at_key) if problem.name else ()
    if problem.value:
        edits = value_replaced(source, problem.path, problem.value)
    if problem.remove:
        edits = field_removed(source, problem.path)
    fixes = (Fix(problem.fix, snippet=problem.snippet, edits=edits),) if problem.fix or problem.snippet else ()
    clauses = (problem.clause,) if problem.clause else ()
    return Finding(
        problem.code, "error", problem.message, (primary, *others), why=problem.why, fixes=fixes, clauses=clauses
    )


def _labelled(span: Span, label: str) -> Span:
    return Span(span.file, span.line, span.column, span.length, label)


def shown(value: object) -> str:
    """A value as a message quotes it: at most 60 characters."""
    text = str(value)
    return text if len(text) <= 60 else text[:59] + "…"


def in_curly_quotes(value: object) -> str:
    """What stands between typographic quotation marks, which are none in YAML, or nothing."""
    found = _CURLY.match(value) if isinstance(value, str) else None
    return found[1] if found else ""


def curly(code: str, path: Path, inside: str, clause: str = "") -> Problem:
    """A value between typographic quotation marks, where it cannot be read with them."""
    text = f"`{inside}` stands between typographic quotation marks, which YAML reads as part of it; write \"{inside}\""
    quoted = f'"{inside}"'
    return Problem(code, path, text, fix="write straight ones", snippet=quoted, clause=clause, value=quoted)


def nearest(word: str, known: Iterable[str]) -> str | None:
    """The known word that `word` most likely stands for, if one is near."""
    known = list(known)
    if len(known) > 1000:  # comparing with every one would take longer than reading the file
        return None
    by_fold = {name.casefold().replace("_", "-"): name for name in known}
    close = difflib.get_close_matches(word[:80].casefold().replace("_", "-"), by_fold, n=1, cutoff=0.6)
    return by_fold[close[0]] if close else None


def did_you_mean(word: str, known: Iterable[str]) -> str:
    """`; did you mean …?`, or the words there are (at most eight), or nothing."""
    names = list(dict.fromkeys(known))
    near = nearest(word, names)
    if near is not None:
        return f"; did you mean `{near}`?"
    if 0 < len(names) <= 8:
        return "; there is " + ", ".join(f"`{name}`" for name in names)
    return ""
