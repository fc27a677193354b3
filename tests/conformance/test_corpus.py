"""The corpus in `spec/conformance` holds for this checker, and every code has its cases and its page."""

import json
import re
from collections import Counter
from datetime import date
from pathlib import Path

import jsonschema
import pytest
import yaml

from unlearn_spec.rules.check import check
from unlearn_spec.rules.codes import CODES, FAMILIES, FAULTS
from unlearn_spec.rules.diff import diff
from unlearn_spec.rules.explain import explain_code

ROOT = Path(__file__).parents[2]
CORPUS = ROOT / "spec" / "conformance"
PAGES = ROOT / "docs" / "rules"
SECTIONS = ["What it means", "Why it matters", "Example", "Fixed", "How it is decided", "What it cannot see"]
ANY_DAY = "2026-11-24"
SHOWN = [code for code in CODES if code not in FAULTS]


def cases(code):
    return yaml.safe_load((CORPUS / code / "cases.yaml").read_text("utf-8"))


@pytest.mark.parametrize("code", SHOWN)
def test_cases(code):
    folder = cases(code)
    jsonschema.validate(folder, json.loads((CORPUS / "cases.schema.json").read_text("utf-8")))
    assert (folder["code"], folder["name"], folder["since"]) == (code, CODES[code].name, CODES[code].since)
    shown = {}
    for case in folder["cases"]:
        day = date.fromisoformat(case.get("today", ANY_DAY))
        policy, effort = CORPUS / code / case["policy"], case.get("effort")
        if "before" in case:
            before, strict = CORPUS / code / case["before"], case.get("no_weaker", False)
            result = diff(before, policy, no_weaker=strict, effort=effort)
        else:
            result = check(policy, today=day, effort=effort)
        found = [(f.code, f.severity, f.clauses, f.accepted is not None) for f in result.findings]
        wanted = [(e["code"], e["severity"], tuple(e["clauses"]), e.get("accepted", False)) for e in case["expect"]]
        assert Counter(found) == Counter(wanted)
        shown[case["policy"]] = {code for code, *_ in found}
    assert ("positive.yaml" not in shown) if "engine" in folder else (code in shown["positive.yaml"])
    assert code not in shown["negative.yaml"]


@pytest.mark.parametrize("code", SHOWN)
def test_a_mended_policy_has_no_error(code):
    result = check(CORPUS / code / "negative.yaml", today=date.fromisoformat(ANY_DAY))
    assert result.exit_code == 0
    assert all(finding.accepted for finding in result.findings)


@pytest.mark.parametrize("code", CODES)
def test_the_page_shows_the_policies_of_the_corpus(code):
    page = explain_code(code)
    assert page == (PAGES / f"{code}.md").read_text("utf-8")
    assert page.startswith(f"# {code} {CODES[code].name}\n\n{CODES[code].severity.capitalize()} · ")
    assert f"since {CODES[code].since}" in page
    assert re.findall(r"^## (.*)$", page, re.MULTILINE)[:6] == SECTIONS
    blocks = re.findall(r"^```yaml\n(.*?)^```$", page, re.MULTILINE | re.DOTALL)
    shown_policies = ("positive", "negative") if code in SHOWN and "engine" not in cases(code) else ()
    for block, policy in zip(blocks, shown_policies, strict=True):
        lines = (CORPUS / code / f"{policy}.yaml").read_text("utf-8").splitlines()
        shown = [line for line in block.splitlines() if line.strip() != "# …"]
        assert shown and set(shown) <= set(lines)


def test_nothing_but_the_codes_has_a_page_or_cases():
    assert {path.stem for path in PAGES.glob("*.md")} == set(CODES)
    assert {path.name for path in CORPUS.iterdir() if path.is_dir()} == set(SHOWN)
    assert {code[0] for code in CODES} == set(FAMILIES)


def test_pages_name_only_axioms_that_exist():
    from unlearn_spec.logic.axioms import BY_ID

    for path in PAGES.glob("*.md"):
        assert set(re.findall(r"\b(?:AX\d+|K\d|C1)\b", path.read_text("utf-8"))) <= set(BY_ID)
