"""Canaries from the policy to the report: real models that were trained on those put in, and models that were not."""

from __future__ import annotations

import sys
from pathlib import Path

import pytest

sys.path.insert(0, str(Path(__file__).parent))

from adversary import planned
from here import Here
from known import Known, gate, verdict, written

from unlearn_spec.cli.verify import verify as command
from unlearn_spec.report import render
from unlearn_spec.run.audit import audit
from unlearn_spec.run.verify import RunResult, verify

CLAUSE = """\
goal: remove
scope: {artifacts: [assistant]}
measure: influence
about: process
limit: {epsilon: "0.5", delta: "0%", compared_with: retrain_without}
evidence: {kind: test, access: weights, canaries: {guesses: 20<score>}, power_at: "95%", decide: not_refuted}
"""


def run(known: Known, folder: Path, audited: str, score: str = "", original: str | None = None) -> RunResult:
    clause = CLAUSE.replace("<score>", f", score: {score}" if score else "")
    return verify(*written(known, folder, clause, audited, original=original), folder / "run", executor=Here())


@pytest.mark.parametrize("score", ["", "min_k", "min_k_pp"])
def test_a_model_trained_on_the_canaries_is_refuted_and_one_that_never_saw_them_is_not(
    known: Known, tmp_path: Path, score: str
) -> None:
    guilty = verdict(run(known, tmp_path / "guilty", known.model("knows", 1), score))
    assert guilty.outcome == "violated" and "20 of 20 guesses about 80 canaries were right" in guilty.reason
    innocent = verdict(run(known, tmp_path / "innocent", known.model("retrained", 9), score))
    assert innocent.outcome == "not_falsified", innocent.reason
    assert all(one.passed for one in innocent.gates)
    for told in (guilty.reason, innocent.reason):
        assert ("The canaries were ranked by Min-K" in told) == bool(score)


def test_an_original_whose_canaries_cannot_be_guessed_leaves_it_open(known: Known, tmp_path: Path) -> None:
    """Whether such guesses find anything is shown on the model before unlearning: here it never saw a canary either."""
    found = verdict(run(known, tmp_path, known.model("retrained", 9), original=known.model("retrained", 8)))
    assert found.outcome == "inconclusive" and not gate(found, "positive").passed
    assert "more are needed" in found.reason


def test_the_report_says_how_many_guesses_and_by_which_score(known: Known, tmp_path: Path) -> None:
    result = run(known, tmp_path, known.model("knows", 1), "min_k")
    for language, told in (("en", "ranked by Min-K"), ("de", "geordnet nach Min-K"), ("fr", "classés par Min-K")):
        page = str(render(result.report, "html", language=language))
        assert told in page and "80" in page
    assert audit(tmp_path / "run").exit_code == 0
    fewer = planned(tmp_path / "run", lambda content: content["obligations"][0].update({"needed": 11}))
    assert fewer.first is not None and "counts other guesses as enough" in fewer.first.words


def test_the_command_measures_in_processes_of_its_own(
    known: Known, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    paths = written(known, tmp_path, CLAUSE.replace("<score>", ""), known.model("knows", 1))
    assert command(*paths, tmp_path / "run", workers=1) == 1
    assert "20 of 20 guesses" in " ".join(capsys.readouterr().out.split())
