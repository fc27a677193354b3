"""K001–K019: what a finding says, what an override does, and what is left in peace."""

from __future__ import annotations

import re
import time
from datetime import date
from pathlib import Path

import pytest

from unlearn_spec.feasibility.base import facts
from unlearn_spec.finding import Finding
from unlearn_spec.policy.load import Document, PolicyError, load, load_text
from unlearn_spec.rules.check import CheckResult, check, check_text
from unlearn_spec.rules.explain import explain_policy
from unlearn_spec.rules.feasibility import RULES, facts_by_code, feasibility_findings

ROOT = Path(__file__).parents[2]
CORPUS = ROOT / "spec" / "conformance"
TODAY = date(2026, 11, 24)
CASES = sorted(path for path in CORPUS.glob("K*/*.yaml") if path.name != "cases.yaml")
SOLVER_WORDS = re.compile(r"\b(sat|unsat|axiom|solver|ceiling|premise|countermodel)\b")


def found(result: CheckResult) -> tuple[Finding, ...]:
    return tuple(finding for finding in result.findings if finding.code.startswith("K"))


@pytest.mark.parametrize("path", CASES, ids=lambda path: f"{path.parent.name}-{path.stem}")
def test_a_finding_names_the_clause_and_quotes_its_facts(path: Path) -> None:
    for finding in found(check(path, today=TODAY)):
        assert finding.clauses and finding.fixes and finding.spans
        assert any(name in finding.message for name in finding.clauses)
        assert not SOLVER_WORDS.search(finding.message)
        quoted = [line.split(": ")[0] for line in finding.why]
        assert quoted and set(quoted) <= set(facts_by_code()[finding.code])
        for name, line in zip(quoted, finding.why, strict=True):
            assert line == f"{name}: {facts()[name].statement} ({facts()[name].source})"
        assert finding.axioms == ()


def test_a_rule_for_each_code_in_order() -> None:
    assert [(rule.__doc__ or "")[:4] for rule in RULES] == list(facts_by_code())
    assert all("annot see" in (rule.__doc__ or "") for rule in RULES)


@pytest.mark.parametrize("name", ["erasure-request", "book-settlement", "dual-use", "bad-example", "small-world"])
def test_the_examples_are_left_in_peace(name: str) -> None:
    """They list several methods and name none for a clause, or what could be said stands in a contradiction already."""
    assert found(check(ROOT / "spec" / "examples" / f"{name}.yaml", today=TODAY)) == ()


# --- overrides -------------------------------------------------------------------------------------------------------

PLAIN = (CORPUS / "K007" / "open-weights.yaml").read_text("utf-8")


def overriding(*names: str, until: str = "2030-01-01", text: str = PLAIN) -> str:
    entries = "".join(
        f'  - {{fact: {name}, reason: "our own attack", by: lab-x, until: "{until}"}}\n' for name in names
    )
    return f"{text}feasibility:\n{entries}"


def test_an_override_marks_the_finding_and_keeps_it() -> None:
    before, after = (
        check_text(text, today=TODAY) for text in (PLAIN, overriding("relearning-recovers", "retained-data-recovers"))
    )
    assert [finding.code for finding in found(before)] == [finding.code for finding in found(after)] == ["K007"]
    assert found(before)[0].accepted is None
    told = found(after)[0].accepted
    assert told is not None and told.startswith("overridden: does not rely on relearning-recovers: our own attack")
    assert "lab-x, until 2030-01-01" in told and "retained-data-recovers" in told
    assert (after.counts["warning"], after.counts["accepted"]) == (0, 1)


def test_one_fact_of_two_is_enough_to_keep_a_finding_standing() -> None:
    assert found(check_text(overriding("relearning-recovers"), today=TODAY))[0].accepted is None


def test_a_ceiling_falls_with_one_method_that_may_be_better() -> None:
    text = (CORPUS / "K019" / "positive.yaml").read_text("utf-8")
    assert found(check_text(overriding("method-gradient", text=text), today=TODAY))[0].accepted is not None


def test_an_override_ends_on_its_day_and_is_told() -> None:
    text = overriding("relearning-recovers", "retained-data-recovers", until="2026-11-24")
    assert found(check_text(text, today=date(2026, 11, 24)))[0].accepted is not None
    late = check_text(text, today=date(2026, 11, 25))
    assert found(late)[0].accepted is None
    assert [finding.code for finding in late.findings].count("S010") == 2


def test_an_override_without_effect_is_told() -> None:
    result = check_text(overriding("side-effects"), today=TODAY)
    assert any("side-effects changes nothing here" in note for note in result.notes)


def test_explain_shows_what_is_overridden() -> None:
    text = explain_policy(load_text(overriding("relearning-recovers")))
    assert "Known facts that this policy does not rely on:" in text
    assert "88%" in text and "arXiv 2410.08827" in text and "our own attack (lab-x, until 2030-01-01)" in text
    assert "Known facts" not in explain_policy(load(CORPUS / "K007" / "open-weights.yaml"))


@pytest.mark.parametrize(
    ("name", "hint"), [("relearning-recover", "did you mean `relearning-recovers`?"), ("x", "in the feasibility base")]
)
def test_an_unknown_fact_is_a_mistake(name: str, hint: str) -> None:
    with pytest.raises(PolicyError) as caught:
        load_text(overriding(name))
    (finding,) = caught.value.findings
    assert finding.code == "S004" and hint in finding.message


def test_an_override_needs_a_reason() -> None:
    with pytest.raises(PolicyError) as caught:
        load_text(f'{PLAIN}feasibility: [{{fact: side-effects, by: me, until: "2030-01-01"}}]\n')
    assert [finding.code for finding in caught.value.findings] == ["S002"]


# --- what is not said twice ------------------------------------------------------------------------------------------


def test_where_the_solver_has_found_a_contradiction_the_ceiling_adds_nothing() -> None:
    result = check(CORPUS / "C003" / "no-guarantee.yaml", today=TODAY)
    assert "C003" in {finding.code for finding in result.findings} and found(result) == ()


def test_the_order_of_clauses_does_not_matter() -> None:
    text = (CORPUS / "K010" / "positive.yaml").read_text("utf-8")
    head, april, may, rest = re.split(r"(?=  - id: )", text)
    one = found(check_text(head + april + may + rest, today=TODAY))
    other = found(check_text(head + rest + may + april, today=TODAY))
    assert [(f.code, sorted(f.clauses)) for f in one] == [(f.code, sorted(f.clauses)) for f in other]


def test_a_method_that_nobody_knows_is_not_judged() -> None:
    known = (CORPUS / "K019" / "positive.yaml").read_text("utf-8")
    assert [finding.code for finding in found(check_text(known, today=TODAY))] == ["K019"]
    assert found(check_text(known.replace("npo", "orchard_method"), today=TODAY)) == ()


def test_ten_thousand_clauses_are_asked_in_linear_time() -> None:
    """By work, not by the clock: no rule looks at every pair of clauses."""
    document = load(CORPUS / "K016" / "mean-of-questions.yaml")
    (clause,) = document.policy.clauses
    many = tuple(clause.model_copy(update={"id": f"c{number}"}) for number in range(10_000))
    policy = document.policy.model_copy(update={"clauses": many})
    began = time.process_time()
    assert feasibility_findings(Document(policy, document.source), TODAY).findings == ()
    assert time.process_time() - began < 10  # a minute and more, if some rule did
