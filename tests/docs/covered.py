"""`docs/rules-covered.md`: which code covers which rule, from the first lines of the pages. Run as a script, writes it anew."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from pathlib import Path

import yaml

from unlearn_spec.rules.codes import CODES

ROOT = Path(__file__).parents[2]
PAGE = ROOT / "docs" / "rules-covered.md"
RULES = ROOT / "spec" / "rules.yaml"
TITLES = {
    "contradictions": "Contradictions in the nature of the thing (H)",
    "underspecified": "Underspecified (U)",
    "feasibility": "Feasibility (F)",
    "notes_for_counsel": "Notes for counsel (L)",
}
_COVERS = re.compile(r"\bCovers ([^.]*)\.")
_RULE = re.compile(r"\b[HUFL]\d\d\b")


def rules() -> dict[str, dict[str, str]]:
    """Class → rule → plain words."""
    data: dict[str, dict[str, str]] = yaml.safe_load(RULES.read_text(encoding="utf-8"))
    return data


def covers(code: str) -> tuple[str, ...]:
    """The rules that the code's page says it covers."""
    line = (ROOT / "docs" / "rules" / f"{code}.md").read_text(encoding="utf-8").splitlines()[2]
    found = _COVERS.search(line)
    return tuple(_RULE.findall(found[1])) if found else ()


def covering() -> dict[str, tuple[str, ...]]:
    """Rule → the codes that cover it, in the order of the passes; empty for one that none covers."""
    said = {code: covers(code) for code in CODES}
    return {
        rule: tuple(code for code, covered in said.items() if rule in covered)
        for members in rules().values()
        for rule in members
    }


def page() -> str:
    """The whole document."""
    found = covering()
    parts = [_table(title, rules()[key], found) for key, title in TITLES.items()]
    return _INTRODUCTION + "\n" + "\n\n".join(parts) + "\n"


def _table(title: str, members: Mapping[str, str], found: Mapping[str, tuple[str, ...]]) -> str:
    rows = [f"| {rule} | {words} | {_links(found[rule])} |" for rule, words in members.items()]
    return "\n".join([f"## {title}", "", "| Rule | In plain words | Codes |", "|---|---|---|", *rows])


def _links(codes: Iterable[str]) -> str:
    return ", ".join(f"[{code}](rules/{code}.md)" for code in codes) or "none yet"


_INTRODUCTION = """# Which rule is covered by which code

What a checker of policies for machine unlearning has to know, in 77 rules ([rules.yaml](../spec/rules.yaml)), and the codes
that look for it. A code *covers* a rule if some policy that breaks the rule gets it; the page of the code says how it decides
and what it cannot see. This table is generated from the first lines of those pages by `python tests/docs/covered.py`.
"""


def main() -> None:
    PAGE.write_text(page(), encoding="utf-8")


if __name__ == "__main__":
    main()
