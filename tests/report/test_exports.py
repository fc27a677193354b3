"""Markdown, model card, JUnit, OSCAL and the statement: well formed, honest, and nothing that is not ours becomes markup."""

from __future__ import annotations

import itertools
import json
import re
import uuid
from collections.abc import Callable
from fractions import Fraction
from pathlib import Path
from typing import Any
from xml.etree import ElementTree as Tree

import jsonschema
import pytest
import regex
import yaml
from markdown_it import MarkdownIt

from unlearn_spec.plan.model import Plan
from unlearn_spec.policy.model import Policy
from unlearn_spec.report import FORMATS, LANGUAGES, Report, render
from unlearn_spec.report.forbidden import claims
from unlearn_spec.report.junit import NOTHING
from unlearn_spec.report.marked import escaped
from unlearn_spec.report.model import digest
from unlearn_spec.report.oscal import NO_TIME
from unlearn_spec.report.phrases import OUTCOME_NAME
from unlearn_spec.report.statement import TYPE
from unlearn_spec.verdict.model import WORST_FIRST, Verification
from unlearn_spec.wording.language import words

OSCAL = Path(__file__).parents[1] / "data" / "oscal" / "oscal_assessment-results_schema.json"
EXPORTS = ("markdown", "model-card", "junit", "oscal", "statement")
HOSTILE = (
    "# heading", "- item", "1. one", "[a](http://evil.example)", "![x](http://evil.example/x.png)", "<script>alert(1)</script>",
    "<!-- x", "]]> & &lt;", "a | b | c", "`code`", "**bold** _x_", "http://evil.example www.evil.example a@evil.example",
    "\u202egnp.exe", "\x00\x1b[31m\x0b", "\ud800", "\ufffe", "---", "```\nx", "漢字 🙂 " + "x" * 5000, "$x$ \\( y \\)", "~~gone~~",
    '"quoted": {}', "line\nbreak\r\n\u2028more",
)  # fmt: skip

Make = Callable[..., Report]


def test_every_export_is_a_format() -> None:
    assert set(EXPORTS) < set(FORMATS)


@pytest.mark.parametrize("format", EXPORTS)
def test_the_same_report_gives_the_same_bytes_and_ends_in_one_line_feed(format: Any, make_report: Make) -> None:
    text = render(make_report(), format)
    assert text == render(make_report(), format)
    assert text.endswith("\n") and not text.endswith("\n\n") and "\r" not in text


@pytest.mark.parametrize("format", EXPORTS)
def test_no_export_makes_a_forbidden_claim(format: Any, report: Report) -> None:
    assert claims(render(report, format).replace("\\", "")) == ()


@pytest.mark.parametrize("format", ["markdown", "model-card", "junit", "oscal", "statement"])
def test_every_result_and_its_conclusion_is_told(format: Any, report: Report) -> None:
    text = render(report, format)
    for result in report.results:
        assert result.verdict.clause in text.replace("\\", "")
        said = " ".join(result.conclusion.split()[:6])
        plain = json.dumps(said)[1:-1] if format in ("oscal",) else said
        assert plain in text or escaped(said) in text or json.dumps(escaped(said))[1:-1] in text, result.conclusion


@pytest.mark.parametrize("format", ["markdown", "model-card"])
def test_pages_tell_the_overall_result_each_outcome_once_and_every_gap(format: Any, report: Report) -> None:
    lines = render(report, format).replace("\\", "").splitlines()
    page = "\n".join(lines)
    assert re.search(rf"Overall: \**{OUTCOME_NAME[report.overall]}", page)
    for one in report.results:
        verdict = one.verdict
        (row,) = (line for line in lines if line.startswith(f"| {verdict.clause} | {verdict.artifact} |"))
        assert OUTCOME_NAME[verdict.outcome] in row
        begins = f"- “{verdict.clause}” on “{verdict.artifact}”, {OUTCOME_NAME[verdict.outcome]}: {one.conclusion}"
        (said,) = (line for line in lines if line.startswith(begins))
        assert said.count(verdict.reason) == 1, "a reason is said once"
    assert words("en")("not_covered.lead") in page and report.not_covered
    for gap in report.not_covered:
        assert f"- {gap.what}: " in page


def test_a_failed_control_is_told_as_failed(report: Report) -> None:
    page = render(report, "markdown").replace("\\", "")
    observed = json.loads(render(report, "oscal"))["assessment-results"]["results"][0]["observations"]
    gates = [(result.verdict, gate) for result in report.results for gate in result.verdict.gates]
    assert {gate.passed for _, gate in gates} == {True, False}
    for verdict, gate in gates:
        word = "held" if gate.passed else "failed"
        assert f"| {word} | {gate.found} |" in page
        (one,) = (o for o in observed if f"“{verdict.clause}” on “{verdict.artifact}”" in o["title"].replace("\\", ""))
        assert {"name": f"control-{gate.gate}", "value": word}.items() <= next(
            prop for prop in one["props"] if prop["name"] == f"control-{gate.gate}"
        ).items()


def test_planned_power_is_rounded_down(make_report: Make, run_plan: Plan) -> None:
    tests = tuple(o.model_copy(update={"power": 0.99996, "effect": Fraction(1, 2)}) for o in run_plan.obligations)
    page = render(make_report(plan=run_plan.model_copy(update={"obligations": tests})), "markdown").replace("\\", "")
    assert "| 99.9% at 50% |" in page and "| 100% at 50% |" not in page


def hostile_report(hostile: str, make_report: Make, policy: Policy, verification: Verification) -> Report:
    first, *rest = verification.verdicts
    told = first.model_copy(update={"reason": hostile, "limit": hostile, "conditional_on": (hostile,)})
    header = policy.policy.model_copy(update={"title": hostile})
    return make_report(
        policy=policy.model_copy(update={"policy": header}),
        verification=verification.model_copy(update={"verdicts": (told, *rest)}),
        sentences={clause.id: hostile for clause in policy.clauses},
    )


@pytest.mark.parametrize("hostile", HOSTILE, ids=range(len(HOSTILE)))
def test_what_is_not_ours_stays_text(
    hostile: str, make_report: Make, run_policy: Policy, run_verification: Verification
) -> None:
    plain = hostile_report("word", make_report, run_policy, run_verification)
    report = hostile_report(hostile, make_report, run_policy, run_verification)
    for format, language in itertools.product(("markdown", "model-card"), LANGUAGES):
        page = render(report, format, language)  # type: ignore[arg-type]
        kinds = token_kinds(page)
        assert kinds == token_kinds(render(plain, format, language)), "hostile words change no structure"  # type: ignore[arg-type]
        assert not {"html_block", "html_inline", "image", "link_open", "code_block"} & set(kinds)
        assert not re.search(r"[\x00-\x09\x0b-\x1f\u202a-\u202e\u2028]", page)
    front = yaml.safe_load(render(report, "model-card").split("---\n")[1])
    assert front["unlearn_spec"]["overall"] == report.overall
    assert Tree.fromstring(render(report, "junit").encode()).tag == "testsuites"
    check_oscal(render(report, "oscal"))
    assert json.loads(render(report, "statement"))["_type"] == TYPE


def token_kinds(page: str) -> list[str]:
    text = page.split("---\n", 2)[2] if page.startswith("---\n") else page
    reader = MarkdownIt("commonmark", {"linkify": False}).enable(["table", "strikethrough"])
    found = []
    for token in reader.parse(text):
        found.append(token.type)
        found += [
            child.type for child in token.children or () if child.type not in ("text", "softbreak", "text_special")
        ]
    return found


# --- JUnit -----------------------------------------------------------------------------------------------------------


def test_nothing_but_a_decision_in_its_favour_is_without_a_mark(report: Report) -> None:
    root = Tree.fromstring(render(report, "junit"))
    marks = {
        case.get("name"): [child.tag for child in case if child.tag != "properties"] for case in root.iter("testcase")
    }
    due = {
        "violated": ["failure"], "rejected": ["error"], "inconclusive": ["error"], "not_tested": ["skipped"],
        "not_testable": ["skipped"], "supported": [], "not_falsified": [],
    }  # fmt: skip
    assert {one.verdict.outcome for one in report.results} == set(WORST_FIRST), "one clause for each outcome"
    for one in report.results:
        assert marks[f"{one.verdict.clause}@{one.verdict.artifact}"] == due[one.verdict.outcome]
    suite = root.find("testsuite")
    assert suite is not None
    assert [suite.get(name) for name in ("tests", "failures", "errors", "skipped")] == ["7", "1", "2", "2"]
    told = [prop for prop in root.iter("property") if prop.get("name") == "assurance"]
    assert len(told) == 2 and any(str(prop.get("value")).startswith("negative") for prop in told)


@pytest.mark.parametrize("kept", [(), ("not_tested",), ("not_tested", "not_testable")])
def test_a_suite_in_which_nothing_was_decided_is_in_error(
    kept: tuple[str, ...], make_report: Make, run_verification: Verification
) -> None:
    verdicts = tuple(one for one in run_verification.verdicts if one.outcome in kept)
    text = render(make_report(verification=run_verification.model_copy(update={"verdicts": verdicts})), "junit")
    assert NOTHING in text and 'errors="1"' in text


# --- OSCAL -----------------------------------------------------------------------------------------------------------


def check_oscal(text: str) -> dict[str, Any]:
    """NIST's schema, whose patterns are in a dialect that `re` does not read and whose `$id`s are no anchors."""

    def pattern(validator: Any, wanted: str, value: Any, schema: Any) -> Any:
        if isinstance(value, str) and not regex.search(wanted, value):
            yield jsonschema.ValidationError(f"{value!r} does not match {wanted!r}")

    def without_ids(node: Any) -> Any:
        if isinstance(node, dict):
            return {
                key: without_ids(value) for key, value in node.items() if key != "$id" or not isinstance(value, str)
            }
        return [without_ids(one) for one in node] if isinstance(node, list) else node

    checker = jsonschema.validators.extend(jsonschema.Draft7Validator, {"pattern": pattern})
    found: dict[str, Any] = json.loads(text)
    checker(without_ids(json.loads(OSCAL.read_text("utf-8"))), format_checker=checker.FORMAT_CHECKER).validate(found)
    return found["assessment-results"]  # type: ignore[no-any-return]


def test_the_schema_can_fail(report: Report) -> None:
    for old, new in (('"TEST"', '""'), ('"satisfied"', '"forgotten"'), ('"uuid": "', '"uuid": "x'), (NO_TIME, "today")):
        text = render(report, "oscal")
        assert old in text
        with pytest.raises(jsonschema.ValidationError):
            check_oscal(text.replace(old, new, 1))


def test_only_what_is_supported_is_satisfied(report: Report) -> None:
    result = check_oscal(render(report, "oscal"))["results"][0]
    told = {one["title"].split(":")[0]: one["target"]["status"] for one in result["findings"]}
    states = {title: (status["state"], status["reason"]) for title, status in told.items()}
    assert sorted(states.values()).count(("satisfied", "pass")) == 1
    assert ("not-satisfied", "fail") in states.values()
    for one in report.results:
        name = f"“{one.verdict.clause}” on “{one.verdict.artifact}”"
        if one.verdict.outcome in ("not_tested", "not_testable"):
            assert name not in states and escaped(name) in result["remarks"]
        else:
            assert (states[name][0] == "satisfied") == (one.verdict.outcome == "supported")
    assert len(result["observations"]) == len(report.results)


def test_identifiers_are_of_version_five_and_of_this_report(report: Report, make_report: Make) -> None:
    def identifiers(text: str) -> list[str]:
        return re.findall(r'"uuid": "([^"]+)"', text)

    mine = identifiers(render(report, "oscal"))
    assert len(set(mine)) == len(mine) and {uuid.UUID(one).version for one in mine} == {5}
    assert not set(mine) & set(identifiers(render(make_report(ledger="sha256:" + "1" * 64), "oscal")))
    whole = check_oscal(render(report, "oscal"))
    known = {resource["uuid"] for resource in whole["back-matter"]["resources"]}
    hrefs = re.findall(r'"href": "#([^"]+)"', render(report, "oscal"))
    assert hrefs and set(hrefs) <= known


def test_a_report_without_a_result_is_still_valid(make_report: Make, run_verification: Verification) -> None:
    report = make_report(verification=run_verification.model_copy(update={"verdicts": ()}))
    whole = check_oscal(render(report, "oscal"))
    assert "findings" not in whole["results"][0]
    assert "The policy has no result" in whole["results"][0]["description"]


# --- model card ------------------------------------------------------------------------------------------------------


def test_the_front_matter_is_yaml_with_digests_and_no_score(report: Report) -> None:
    text = render(report, "model-card")
    front = yaml.safe_load(text.split("---\n")[1])
    assert front["tags"] == ["machine-unlearning", "conformance-report"]
    assert front["unlearn_spec"]["report"] == digest(report)
    assert "model-index" not in front and "metrics" not in front
    assert len(front["unlearn_spec"]["results"]) == len(report.results)
    told = [(one["clause"], one["artifact"], one["outcome"]) for one in front["unlearn_spec"]["results"]]
    assert told == [(v.clause, v.artifact, v.outcome) for v in (one.verdict for one in report.results)]
    assert {one["folder_digest"] for one in front["unlearn_spec"]["models"]} == {
        subject.model for subject in report.subjects if subject.role == "audited"
    }
