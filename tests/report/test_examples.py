"""Reports of the published policies, with nothing measured: everything renders, and nothing is claimed."""

from __future__ import annotations

from fractions import Fraction
from importlib.resources import files
from pathlib import Path

import pytest

from unlearn_spec.plan.model import Plan
from unlearn_spec.policy.load import load
from unlearn_spec.report import FORMATS, Report, build, parse, render
from unlearn_spec.report.forbidden import claims
from unlearn_spec.report.model import Versions
from unlearn_spec.rules.explain import sentence
from unlearn_spec.verdict.model import ClauseVerdict, Verification

EXAMPLES = sorted(Path(str(files("unlearn_spec.spec") / "examples")).glob("*.yaml"))
POLICIES = [path for path in EXAMPLES if path.name.count(".") == 1]


def untested(path: Path) -> Report:
    policy = load(path).policy
    digest = "sha256:" + "0" * 64
    plan = Plan(
        policy=digest, bindings=digest, confidence=Fraction(19, 20), seed=0, units=(), obligations=(), missing=()
    )
    verdicts = tuple(
        ClauseVerdict(clause=clause.id, artifact="", outcome="not_tested", reason="Nothing was bound.")
        for clause in policy.clauses
    )
    return build(
        policy=policy,
        plan=plan,
        verification=Verification(confidence=Fraction(19, 20), facts=(), verdicts=verdicts),
        findings=(),
        sentences={clause.id: sentence(clause, policy) for clause in policy.clauses},
        objects={},
        ledger=digest,
        versions=Versions(language="1.0", tool="0.1.0", axioms="1"),
    )


@pytest.mark.parametrize("path", POLICIES, ids=lambda path: path.stem)
def test_an_untested_policy_has_a_report_that_claims_nothing(path: Path) -> None:
    report = untested(path)
    assert report.overall == "not_tested"
    rendered = {format: render(report, format) for format in FORMATS}
    assert parse(rendered["json"]) == report
    assert claims(rendered["text"]) == ()
    assert "on “”" not in rendered["text"] and "<q></q>" not in rendered["html"]
    assert "No model was measured." in rendered["html"] and "No control ran" in rendered["html"]


@pytest.mark.parametrize("path", POLICIES, ids=lambda path: path.stem)
def test_every_artifact_and_audience_of_an_untested_policy_is_not_covered(path: Path) -> None:
    policy, report = load(path).policy, untested(path)
    gaps = " ".join(gap.what for gap in report.not_covered)
    for name in policy.artifacts:
        assert f"“{name}”" in gaps
    for clause in policy.clauses:
        assert f"clause “{clause.id}”: not tested" in gaps
