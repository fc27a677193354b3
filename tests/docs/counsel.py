"""The part of each `docs/rules/L….md` that repeats a legal note. Run as a script, writes it anew."""

from __future__ import annotations

import re
from pathlib import Path

from unlearn_spec.rules.legal.notes import READ, LegalNote, notes

PAGES = Path(__file__).parents[2] / "docs" / "rules"
HEADING = "## Sources"


def section(note: LegalNote) -> str:
    """The note's date, its provisions with their sources, and what it leaves to counsel."""
    parts = [
        f"- **{part.cited}** ({part.jurisdiction}; {READ[part.text]}). {part.says} *Source:* {part.source}."
        for part in note.provisions
    ]
    opening = f"{note.title}. Recorded {note.recorded}, in our words; law changes, so check the text and the date."
    closing = f"Bears on {note.bears_on}. Does not determine {note.does_not_determine}. Counsel decides."
    return "\n".join([HEADING, "", opening, "", *parts, "", closing])


def shown(page: str) -> str:
    """The section as the page has it."""
    found = re.search(rf"^{HEADING}\n.*?(?=^## |\Z)", page, re.MULTILINE | re.DOTALL)
    return found[0].strip() if found else ""


def main() -> None:
    for code, note in notes().items():
        path = PAGES / f"{code}.md"
        page = path.read_text(encoding="utf-8")
        path.write_text(page.replace(shown(page) or HEADING, section(note)), encoding="utf-8")


if __name__ == "__main__":
    main()
