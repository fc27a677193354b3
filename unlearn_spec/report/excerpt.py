"""The policy's own words: each clause as it stands in the file."""

from __future__ import annotations

import textwrap

from ..policy.load import Document


def clause_lines(document: Document) -> dict[str, str]:
    """Clause id → its lines in the policy file, indentation taken off; nothing for a clause that shares a line with another.

    A clause ends where the next one begins, the last one where the next section does. Comments between two clauses are
    left out, those within one are kept.
    """
    source = document.source
    starts = [source.value(("clauses", place)).line for place in range(len(document.policy.clauses))]
    sections = sorted(span.line for path, span in source.keys.items() if len(path) == 1)
    found = {}
    for place, clause in enumerate(document.policy.clauses):
        begin = starts[place]
        after = [line for line in (*starts, *sections) if line > begin]
        end = min(after, default=len(source.text.splitlines()) + 1)
        if starts.count(begin) == 1:
            found[clause.id] = _trimmed([source.line(number) for number in range(begin, end)])
    return found


def _trimmed(lines: list[str]) -> str:
    while lines and (not lines[-1].strip() or lines[-1].lstrip().startswith("#")):
        lines.pop()
    return textwrap.dedent("\n".join(line.expandtabs(2).rstrip() for line in lines))
