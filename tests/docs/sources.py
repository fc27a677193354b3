"""The sources of each page `docs/rules/CODE.md`: of its axioms and facts, and where the specification has the rule. Run as a
script, writes them anew. (Notes for counsel have theirs from `counsel.py`.)"""

from __future__ import annotations

import re
from pathlib import Path
from typing import Final

from unlearn_spec.feasibility.base import facts
from unlearn_spec.rules.codes import CODES
from unlearn_spec.rules.legal.notes import notes

ROOT = Path(__file__).parents[2]
PAGES = ROOT / "docs" / "rules"
SEMANTICS, LANGUAGE = "spec/semantics.md", "spec/language.md"
HEADING, NEXT = "## Sources", "## How to accept it"

STATED: Final[dict[str, tuple[str, ...]]] = {
    **dict.fromkeys(("Y001", "Y002", "Y003", "Y004", "Y005", "S001", "S002", "S005", "S006"), ("language 2",)),
    **dict.fromkeys(("S004", "S008", "T007"), ("language 3",)),
    **dict.fromkeys(("S011", "S012", "F002"), ("language 5",)),
    **dict.fromkeys(("S003", "S007", "T006"), ("language 9",)),
    **dict.fromkeys(("T001", "T002"), ("semantics 5", "language 10")),
    **dict.fromkeys(("T003", "T004", "T005"), ("language 10",)),
    **dict.fromkeys(("D001", "D002", "D003"), ("semantics 2", "semantics 3", "language 13")),
    **dict.fromkeys(("A001", "A002", "A003", "V001"), ("semantics 2", "semantics 4")),
    **dict.fromkeys(("A004", "A010", "A011", "C001", "C002", "C003", "C004", "C005", "C006", "C007", "C008", "C009", "C010", "F001"),
                    ("semantics 4",)),
    **dict.fromkeys(("M001", "M002", "M003", "M005", "R001", "R002", "R003", "V002", "V003", "X001"), ("semantics 4",)),
    "A005": ("semantics 1", "language 9"),
    "A012": ("rules H05", "language 6"),
    "A013": ("rules H18", "rules H21", "language 6"),
    "A014": ("rules H19", "language 6"),
    "A015": ("rules U13", "rules H07", "language 5"),
    "C011": ("rules H08", "language 9"),
    "M004": ("semantics 3", "semantics 4"),
    "S010": ("language 12",),
    "S013": ("language 6", "language 9"),
    "T008": ("semantics 5",),
    "X002": ("semantics 6",),
    "X004": ("semantics 4",),
}  # fmt: skip
"""Where the specification says what a code asks: sections by number, or a rule of `spec/rules.yaml`."""
REASONS: Final = {
    "M001": "suppression-leaves-influence",
    "M002": "removal-leaves-outputs",
    "M003": "suppression-leaves-influence",
    "M004": "uses-are-not-outputs",
    "M005": "side-effects",
}
"""The fact of the feasibility base behind "Why it matters", where no code K speaks of it."""
WORKS: Final = {
    "F002": ("Sets that lie `within` each other have the same items: what a part is.",),
    **dict.fromkeys(("N001", "N002", "S009"), ("A custom of this program; the language does not ask for it.",)),
    "T002": ("Of one run: Markov's inequality.",),
    "T003": ("Of the paired test: Connor, Biometrics 43 (1987), for the variance of a difference.",),
    "X003": (
        "Farkas, *Theorie der einfachen Ungleichungen*, Journal für die reine und angewandte Mathematik 124 (1902): inequalities "
        "without a solution add up, times factors that are not negative, to a contradiction.",
    ),
    "X004": ("SMT-LIB 2.6, the language in which both are asked.",),
}  # fmt: skip
"""What a code stands on beside axioms and facts."""
BOOKS: Final = {
    "Dwork & Roth 2014": "*The Algorithmic Foundations of Differential Privacy*",
    "Vadhan 2017": "*The Complexity of Differential Privacy*",
}
"""Titles of what axioms cite by author and year."""


def section(code: str, page: str) -> str:
    """The section that the page of the code is to have."""
    lines = [f"{axiom}: {axiom_sources()[axiom]}" for axiom in axioms(page)]
    lines += [f"{book} is {title}." for book, title in BOOKS.items() if any(book in line for line in lines)]
    lines += list(dict.fromkeys(f"{source.text}." for name in told_facts(page) for source in facts()[name].sources))
    lines += [f"Why it matters: {facts()[name].sources[0].text} (`{name}`)." for name in (REASONS.get(code),) if name]
    lines += WORKS.get(code, ())
    lines += [place(where) for where in STATED.get(code, ())]
    if not lines:
        raise LookupError(f"{code} has no source")
    return "\n".join([HEADING, "", *(f"- {line}" for line in lines)])


def axioms(page: str) -> list[str]:
    """The axioms by which the page says that its code is decided."""
    decided = re.search(r"^## How it is decided\n(.*?)^## ", page, re.MULTILINE | re.DOTALL)
    found = set(re.findall(r"\b(?:AX\d+|K\d|P\d|C1)\b", decided[1])) if decided else set()
    return [axiom for axiom in axiom_sources() if axiom in found]


def axiom_sources() -> dict[str, str]:
    """Axiom by axiom, in their order, the line `Source:` of the theory."""
    text = (ROOT / SEMANTICS).read_text(encoding="utf-8")
    found = re.findall(r"^\*\*(\w+)\*\* \*\(.*?^- Source: (.*?)$", text, re.MULTILINE | re.DOTALL)
    return dict(found)


def told_facts(page: str) -> list[str]:
    """The facts of the feasibility base that the page tells."""
    known = re.search(r"^## What is known\n(.*?)^## ", page, re.MULTILINE | re.DOTALL)
    return re.findall(r"^- `([a-z0-9-]+)`:", known[1], re.MULTILINE) if known else []


def place(where: str) -> str:
    """A section of the specification, or one of its rules, in words."""
    file, number = where.split()
    if file == "rules":
        rule = re.search(rf'^  {number}: "?(.*?)"?$', (ROOT / "spec" / "rules.yaml").read_text(encoding="utf-8"), re.MULTILINE)
        assert rule is not None, where
        return f"`spec/rules.yaml`, {number}: {rule[1]}"
    name = {"semantics": SEMANTICS, "language": LANGUAGE}[file]
    heading = re.search(rf"^## {number}\. (.*)$", (ROOT / name).read_text(encoding="utf-8"), re.MULTILINE)
    assert heading is not None, where
    return f"`{name}` §{number}: {heading[1]}."


def shown(page: str) -> str:
    """The section as the page has it."""
    found = re.search(rf"^{HEADING}\n.*?(?=^## |\Z)", page, re.MULTILINE | re.DOTALL)
    return found[0].strip() if found else ""


def main() -> None:
    for code in (code for code in CODES if code not in notes()):
        path = PAGES / f"{code}.md"
        page = path.read_text(encoding="utf-8")
        told, there = section(code, page), shown(page)
        page = page.replace(there, told) if there else page.replace(NEXT, f"{told}\n\n{NEXT}")
        path.write_text(page, encoding="utf-8")


if __name__ == "__main__":
    main()
