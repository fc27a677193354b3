"""Several runs of a process, and fine-tuning on unrelated text, from the policy to the report, on models of known truth.

Each clause is tried on runs that were trained on the target, and on runs that never saw it.
"""

from __future__ import annotations

import sys
from collections.abc import Callable
from pathlib import Path

import pytest

sys.path.insert(0, str(Path(__file__).parent))

from adversary import planned
from here import Here
from known import Known, Truth, gate, verdict, written

from unlearn_spec.cli.plan import render as render_plan
from unlearn_spec.plan.bindings import load_bindings
from unlearn_spec.plan.obligations import make_plan
from unlearn_spec.policy.load import load
from unlearn_spec.report import render
from unlearn_spec.run.audit import audit
from unlearn_spec.run.verify import RunResult, verify

MEMBERSHIP = """\
goal: remove
scope: {artifacts: [assistant]}
measure: membership
about: process
limit: {tpr_at_most: "20%", at_fpr: "20%"}
evidence:
  kind: test
  access: logprobs
  runs: 3
  refute_at: "75%"
  power_at: "99%"
  controls: [randomised_holdout, never_trained]
  decide: not_refuted
"""
RELEARNING = """\
goal: remove
scope: {artifacts: [assistant]}
measure: influence
about: process
limit: {epsilon: "0.1", delta: "0%", compared_with: retrain_without}
evidence:
  kind: test
  access: finetune
  population: these_items
  runs: 4
  refute_at: "50%"
  power_at: "95%"
  relearn: {steps: 20, learning_rate: "<rate>"}
  controls: [never_trained, original]
  decide: not_refuted
"""
BENIGN = """\
goal: suppress
scope: {artifacts: [assistant], access: finetune, asked: direct, decoding: {method: sample, temperature: "1", samples: 1}}
over: mean
about: model
limit: {at_most: "20%"}
reveals_when: {metric: extraction_probability, at_least: "0.1%"}
evidence:
  kind: test
  access: finetune
  population: these_items
  relearn: {steps: [20, 50], learning_rate: "0.0012", on: benign}
  power_at: "90%"
  decide: not_refuted
"""
Run = Callable[..., RunResult]


@pytest.fixture
def run(known: Known, tmp_path: Path) -> Run:
    def begin(clause: str, truth: Truth, runs: int = 1, **how: object) -> RunResult:
        audited, *further = (known.model(truth, number) for number in range(10 - runs, 10))
        out = tmp_path / f"{truth}-{len(list(tmp_path.iterdir()))}"
        paths = written(known, out, clause, audited, runs=tuple(further), **how)  # type: ignore[arg-type]
        return verify(*paths, out / "run", executor=Here())

    return begin


def told(result: RunResult) -> str:
    """The printed page, once the run has been re-verified from what it kept."""
    found = audit(result.folder)
    assert found.exit_code == 0, found.first
    return " ".join(str(render(result.report, "html")).split())


def test_the_plan_says_how_many_runs_it_takes(known: Known, tmp_path: Path) -> None:
    runs = (known.model("knows", 8), known.model("knows", 7))
    policy, bindings = written(known, tmp_path, MEMBERSHIP, known.model("knows", 9), runs=runs)
    document = load(policy)
    text = render_plan(make_plan(document, load_bindings(bindings, document.policy)), document)
    assert "refutes   3 of 3 runs from 75% on" in text and "one run refutes" not in text


def test_members_are_told_in_every_run_that_kept_them_and_in_none_that_never_had_them(run: Run) -> None:
    guilty, innocent = run(MEMBERSHIP, "knows", 3), run(MEMBERSHIP, "retrained", 3)
    found = verdict(guilty)
    assert found.outcome == "violated" and "In 3 runs the best attack caught 40 of 40, 40 of 40 and 40 of 40" in found.reason
    clear = verdict(innocent)
    assert clear.outcome == "not_falsified" and all(one.passed for one in clear.gates), clear.reason
    assert "3 of 3 runs from 75% on" in told(guilty)
    for result, model, apart in ((guilty, "audited", True), (guilty, "never trained", False), (innocent, "audited", False)):
        smallest = min(one.p_value for one in result.report.told_apart if one.model == model)
        assert (smallest == 0.001) is apart, result.report.told_apart
    told(innocent)


def test_one_run_that_kept_the_members_does_not_accuse_the_process(known: Known, tmp_path: Path) -> None:
    """Three of three were registered: two clean ones leave the promise about the process standing."""
    runs = (known.model("retrained", 8), known.model("retrained", 7))
    paths = written(known, tmp_path, MEMBERSHIP, known.model("knows", 9), runs=runs)
    assert verdict(verify(*paths, tmp_path / "run", executor=Here())).outcome != "violated"


RUNS_BESIDE = {"references": 4, "confidence": "60%"}


def test_what_fine_tuning_brings_back_in_every_run_is_set_beside_retrainings(run: Run) -> None:
    clause = RELEARNING.replace("<rate>", "0.003")
    guilty, innocent = (run(clause, truth, 4, **RUNS_BESIDE) for truth in ("knows", "retrained"))
    found = verdict(guilty)
    assert found.outcome == "violated"
    assert "4 of 4 train-and-unlearn runs revealed at least 50% of the items" in found.reason
    assert "and 0 of 4 retrainings did" in found.reason
    clear = verdict(innocent)
    assert clear.outcome == "not_falsified" and all(one.passed for one in clear.gates), clear.reason
    (attack,) = guilty.report.relearning
    shown = {one.label: (one.hits, one.n) for one in attack.held_out}
    assert shown == {"audited": (160, 160), "original": (40, 40), "never trained": (0, 160)}
    assert attack.recovered == pytest.approx(1, abs=0.05)
    assert attack.beyond_control is not None and attack.beyond_control < 0.001
    assert "from 4 of 4 runs" in told(guilty)
    told(innocent)
    kinder = planned(guilty.folder, lambda content: content["obligations"][0].update({"needed": 3}))
    assert kinder.first is not None and "counts other runs as enough" in kinder.first.words


def test_attacks_that_no_model_survives_accuse_nobody_and_clear_nobody(run: Run) -> None:
    result = run(RELEARNING.replace("<rate>", "900000000000"), "knows", 4, **RUNS_BESIDE)
    found = verdict(result)
    assert found.outcome == "inconclusive" and not gate(found, "positive").passed
    assert "training diverged" in told(result)


@pytest.mark.parametrize("clause", [MEMBERSHIP, RELEARNING.replace("<rate>", "0.003")], ids=["members", "relearning"])
def test_an_original_that_never_knew_the_target_leaves_runs_open(run: Run, known: Known, clause: str) -> None:
    runs, how = (3, {}) if clause is MEMBERSHIP else (4, RUNS_BESIDE)
    found = verdict(run(clause, "retrained", runs, original=known.model("retrained", 5), **how))
    assert found.outcome == "inconclusive" and not gate(found, "positive").passed


AT_REST = BENIGN.replace("relearn: {steps: [20, 50], learning_rate: \"0.0012\", on: benign}", "samples: 40").replace("finetune", "weights")


def test_unrelated_text_brings_back_what_was_only_silenced(run: Run) -> None:
    """At rest the silenced model shows next to nothing, and all of it is in its weights."""
    assert verdict(run(AT_REST, "silenced")).outcome != "violated"
    assert verdict(run(AT_REST, "knows")).outcome == "violated"
    guilty, innocent = run(BENIGN, "silenced"), run(BENIGN, "retrained")
    found, clear = verdict(guilty), verdict(innocent)
    assert found.outcome == "violated" and "by models never trained on them 0 of 80" in found.reason
    assert clear.outcome == "not_falsified" and all(one.passed for one in clear.gates), clear.reason
    assert "unrelated" in told(guilty)
    told(innocent)
