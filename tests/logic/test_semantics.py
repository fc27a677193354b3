"""The theory in words and in code: the same axioms, in the same order, each with its ground, its formula and its source."""

from __future__ import annotations

import re
from pathlib import Path

from unlearn_spec.logic.axioms import AXIOMS

SECTION = (Path(__file__).parents[2] / "spec" / "semantics.md").read_text("utf-8").split("## 3. Axioms")[1].split("\n## ")[0]
ENTRY = re.compile(r"^\*\*(?P<id>[A-Z]+\d+)\*\* \*\((?P<status>\w+)[^)]*\)\*(?P<rest>.*?)(?=^\*\*[A-Z]+\d|\Z)", re.M | re.S)


def test_words_and_code_list_the_same_axioms_in_the_same_order() -> None:
    stated = [(entry["id"], entry["status"]) for entry in ENTRY.finditer(SECTION)]
    assert stated == [(axiom.id, axiom.status) for axiom in AXIOMS]


def test_every_axiom_has_a_formula_and_a_source() -> None:
    for entry in ENTRY.finditer(SECTION):
        lines = entry["rest"].splitlines()
        for label in ("Formula", "Source"):
            assert [line for line in lines if re.match(rf"- {label}: \S", line)], f"{entry['id']} has no {label.lower()}"
