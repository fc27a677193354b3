"""Whole verifications, report and audit included, of models of which it is known what they hide, and where."""

from __future__ import annotations

import sys
from collections.abc import Mapping
from pathlib import Path

import pytest

sys.path.insert(0, str(Path(__file__).parent))
sys.path.insert(0, str(Path(__file__).parents[1] / "run"))

import planted
from here import Here

from unlearn_spec.plan.bindings import load_bindings
from unlearn_spec.policy.load import load
from unlearn_spec.report.model import Report
from unlearn_spec.report.render import render
from unlearn_spec.run.audit import audit
from unlearn_spec.run.audit_plan import PlanError, check_plan
from unlearn_spec.run.verify import RunResult, verify

GONE = ("gone-when-rounded", "gone-from-inside", "gone-for-a-probe")


@pytest.fixture(scope="module")
def world(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("planted")
    planted.build(folder)
    return folder


@pytest.fixture(scope="module")
def runs(world: Path) -> Mapping[str, RunResult]:
    """By audited model."""
    return {
        name: verify(world / "policy.yaml", planted.bindings(world, name), world / f"run-{name}", executor=Here())
        for name in ("never2", "head-only", "quant-hidden")
    }


@pytest.fixture(scope="module")
def reports(runs: Mapping[str, RunResult]) -> Mapping[str, Report]:
    return {name: run.report for name, run in runs.items()}


def outcomes(report: Report) -> dict[str, str]:
    return {result.verdict.clause: result.verdict.outcome for result in report.results}


def reason(report: Report, clause: str) -> str:
    return next(result.verdict.reason for result in report.results if result.verdict.clause == clause)


def test_a_retrained_model_is_never_violated(reports: Mapping[str, Report]) -> None:
    found = outcomes(reports["never2"])
    assert "violated" not in {found[clause] for clause in (*GONE, "silent-when-rounded")}
    assert found["gone-when-rounded"] == found["gone-from-inside"] == found["gone-for-a-probe"] == "not_falsified"
    assert found["silent-when-rounded"] == "not_falsified"
    assert "supported" not in {found[clause] for clause in GONE}  # by tests alone removal is never supported


def test_what_only_the_head_hides_is_found_with_the_original_head(reports: Mapping[str, Report]) -> None:
    found = outcomes(reports["head-only"])
    assert found["gone-from-inside"] == found["gone-for-a-probe"] == "violated"
    assert found["gone-when-rounded"] != "violated" and found["silent-when-rounded"] == "not_falsified"
    assert "32 of 32 items were revealed through the original's head" in reason(
        reports["head-only"], "gone-from-inside"
    )


def test_what_hides_inside_rounding_cells_is_found_by_rounding(reports: Mapping[str, Report]) -> None:
    found = outcomes(reports["quant-hidden"])
    assert found["gone-when-rounded"] == found["silent-when-rounded"] == "violated"
    assert "32 of 32 items were revealed after rounding to int4" in reason(reports["quant-hidden"], "gone-when-rounded")


def test_the_report_says_what_was_done(reports: Mapping[str, Report]) -> None:
    report = reports["head-only"]
    tests = {test.clause: test for test in report.tests}
    assert tests["silent-when-rounded"].asked.startswith("suite:quantize-")
    assert tests["gone-from-inside"].asked.startswith("suite:inspect-")
    assert (tests["gone-from-inside"].looks, tests["gone-from-inside"].layers) == (("head_swap", "logit_lens"), (1, 2))
    assert "control_task" in tests["gone-for-a-probe"].controls
    text = " ".join(render(report, "text").split())
    assert "copies rounded to int8, int4" in text and "the original's head, logit lens; blocks 1, 2" in text
    assert "a0 a1" not in text and "w3 w7 ?" not in text  # no item is printed


def test_the_runs_hold_up_to_an_audit(reports: Mapping[str, Report], world: Path) -> None:
    found = audit(world / "run-head-only")
    assert found.first is None or found.first.outcome == "open", found.first
    assert {step.name for step in found.steps if step.outcome == "holds"} >= {"plan", "verdicts", "numbers"}


def test_a_plan_that_looks_less_than_its_clause_asks_is_refused(runs: Mapping[str, RunResult], world: Path) -> None:
    document, plan = load(world / "policy.yaml"), runs["never2"].plan
    bound = load_bindings(planted.bindings(world, "never2"), document.policy)
    check_plan(plan, document, bound, ())
    less = tuple(
        one.model_copy(update={"audited": one.audited[:1]}) if one.verifier in ("quantization", "latent") else one
        for one in plan.obligations
    )
    with pytest.raises(PlanError, match="does not look as its clause asks"):
        check_plan(plan.model_copy(update={"obligations": less}), document, bound, ())


def test_references_are_needed(world: Path, tmp_path: Path) -> None:
    bound = planted.bindings(world, "never2")
    alone = world / "alone.yaml"
    alone.write_text("\n".join(line for line in bound.read_text().splitlines() if not line.startswith("references")))
    found = outcomes(verify(world / "policy.yaml", alone, tmp_path / "run", executor=Here()).report)
    assert {found[clause] for clause in (*GONE, "silent-when-rounded")} == {"not_testable"}
