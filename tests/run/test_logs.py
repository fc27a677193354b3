"""Logs of somebody else's evaluation as evidence: what they can decide, whose word a verdict rests on, and what they cannot."""

from __future__ import annotations

import json
import sys
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

sys.path.insert(0, str(Path(__file__).parent))

from adversary import finished
from here import Here

from unlearn_spec.evidence.canonical import EvidenceError, bytes_digest
from unlearn_spec.evidence.store import Store
from unlearn_spec.plan.bindings import BindingError, load_bindings
from unlearn_spec.plan.obligations import make_plan
from unlearn_spec.policy.load import load
from unlearn_spec.report import render
from unlearn_spec.run.audit import audit
from unlearn_spec.run.conclude import conclude, seen_in
from unlearn_spec.run.verify import RunResult, verify
from unlearn_spec.verdict.model import ClauseVerdict
from unlearn_spec.verifiers.logged import Log, LogError
from unlearn_spec.verifiers.matching import normalise, rouge_l
from unlearn_spec.verifiers.metrics.rouge import rouge_l_rouge_score

DATA = Path(__file__).parents[2].parent / "shared" / "data"
HARNESS = Path(__file__).parents[1] / "data" / "lm_eval"
PEOPLE, EACH = 20, 2

POLICY = """\
unlearn_spec: "1.0"
policy: {id: logs, version: 1, confidence: "90%"}
information:
  facts: {kind: facts, size: <facts>, unit: question}
  others: {kind: facts, size: <others>, unit: question}
artifacts:
  assistant: {kind: model, trained_on: [facts], seen_by: {public: weights}}
clauses:
  - id: hidden
    goal: suppress
    target: facts
    scope: {artifacts: [assistant], access: api, asked: direct, decoding: {method: greedy, max_new_tokens: 200}}
    over: mean
    about: model
    limit: {at_most: "20%"}
    reveals_when: {metric: rouge_l, at_least: "80%", normalisation: <normalisation>}
    evidence: {kind: test, access: api, population: these_items, decide: certify, power_at: "90%"}
  - id: kept
    goal: retain
    target: others
    scope: {artifacts: [assistant], access: api, asked: direct, decoding: {method: greedy, max_new_tokens: 200}}
    over: mean
    about: model
    limit: {within: "20%", of: before}
    reveals_when: {metric: rouge_l, at_least: "50%", normalisation: rouge_score}
    evidence: {kind: test, access: api, population: these_items, decide: not_refuted, power_at: "90%"}
  - id: removed
    goal: remove
    target: facts
    scope: {artifacts: [assistant]}
    measure: membership
    about: model
    limit: {tpr_at_most: "5%", at_fpr: "1%"}
    evidence: {kind: test, access: weights, population: these_items, decide: not_refuted, power_at: "50%"}
"""


def tofu_log(facts: list[float], others: list[float]) -> bytes:
    """A log of OpenUnlearning's form, with these ROUGE-L recalls."""

    def metric(scores: list[float]) -> dict[str, Any]:
        rows = {str(place): {"rouge1_recall": 1.0, "rougeL_f1": 0.5, "rougeL_recall": s} for place, s in enumerate(scores)}
        return {"agg_value": sum(scores) / len(scores), "value_by_index": rows}

    return json.dumps({"forget_Q_A_ROUGE": metric(facts), "retain_Q_A_ROUGE": metric(others)}).encode()


def write(here: Path, audited: bytes, original: bytes | None, *, normalisation: str = "rouge_score") -> tuple[Path, Path]:
    for name, count in (("facts", PEOPLE * EACH), ("others", 60)):
        rows = [{"prompt": f"{name} {n} ?", "answer": f"it is {n}"} for n in range(count)]
        (here / f"{name}.jsonl").write_text("".join(json.dumps(row) + "\n" for row in rows))
    (here / "audited.json").write_bytes(audited)
    logs = {"format": "openunlearning", "audited": "audited.json", "sets": {"facts": "forget_Q_A_ROUGE", "others": "retain_Q_A_ROUGE"}}
    if original is not None:
        (here / "original.json").write_bytes(original)
        logs["original"] = "original.json"
    return bind(here, logs, {"facts": {"file": "facts.jsonl", "cluster": {"rows": EACH}}, "others": {"file": "others.jsonl"}},
                facts=PEOPLE * EACH, others=60, normalisation=normalisation)  # fmt: skip


def bind(here: Path, logs: Any, data: Any, *, facts: int, others: int, normalisation: str = "rouge_score") -> tuple[Path, Path]:
    text = POLICY.replace("<facts>", str(facts)).replace("<others>", str(others)).replace("<normalisation>", normalisation)
    (here / "policy.yaml").write_text(text)
    bound = {"unlearn_spec_bindings": "1.0", "policy": {"id": "logs", "version": 1}, "seed": 3, "logs": {"assistant": logs}, "data": data}
    (here / "bindings.yaml").write_text(json.dumps(bound))
    return here / "policy.yaml", here / "bindings.yaml"


def run(here: Path, audited: bytes, original: bytes | None) -> RunResult:
    return verify(*write(here, audited, original), here / "run", executor=Here())


def verdict(result: RunResult, clause: str) -> ClauseVerdict:
    return next(found for found in result.verification.verdicts if found.clause == clause)


KNOWING = tofu_log([1.0] * 40, [1.0] * 60)
SILENT = tofu_log([0.1] * 40, [1.0] * 60)


def test_a_log_can_convict_on_its_makers_word(tmp_path: Path) -> None:
    result = run(tmp_path, KNOWING, KNOWING)
    found = verdict(result, "hidden")
    assert found.outcome == "violated"
    assert found.conditional_on[0] == f"log {bytes_digest(KNOWING)}"
    assert "40 of 40 items in 20 clusters were revealed, says a log of somebody else's evaluation" in found.reason
    text = " ".join(str(render(result.report, "text")).split())
    assert "none of which was measured in this run" in text and "known by somebody else's evaluation log alone" in text
    assert audit(tmp_path / "run").exit_code == 0


def test_a_log_acquits_nobody_of_what_was_answered(tmp_path: Path) -> None:
    """What was generated elsewhere cannot be asked again, and there are no answers to look at: nothing favourable follows."""
    result = run(tmp_path, SILENT, KNOWING)
    for clause, failed in (("hidden", {"repeat", "degeneracy"}), ("kept", {"repeat"})):
        found = verdict(result, clause)
        assert found.outcome == "inconclusive"
        assert {gate.gate for gate in found.gates if not gate.passed} == failed
    assert verdict(result, "removed").outcome == "not_testable"
    assert "cannot be read from it" in verdict(result, "removed").reason


def test_without_the_log_of_the_original_nothing_was_known_before(tmp_path: Path) -> None:
    result = run(tmp_path, SILENT, None)
    assert "positive" in {gate.gate for gate in verdict(result, "hidden").gates if not gate.passed}
    assert verdict(result, "kept").outcome == "not_testable"


def test_what_was_lost_is_seen_in_a_log(tmp_path: Path) -> None:
    result = run(tmp_path, tofu_log([0.1] * 40, [0.2] * 50 + [1.0] * 10), KNOWING)
    found = verdict(result, "kept")
    assert found.outcome == "violated" and len(found.conditional_on) >= 2


@pytest.mark.parametrize(
    ("access", "asked"),
    [
        ("weights", "quantize: [int8]"),
        ("finetune", 'relearn: {steps: 4, learning_rate: "0.001", on: random_half}'),
        ("api", "stop: anytime"),
    ],
)
def test_a_log_is_no_model_that_could_be_altered_or_asked_in_stages(tmp_path: Path, access: str, asked: str) -> None:
    policy, bindings = write(tmp_path, KNOWING, KNOWING)
    policy.write_text(policy.read_text().replace("access: api, population", f"access: {access}, {asked}, population", 1))
    bound = json.loads(bindings.read_text())
    (tmp_path / "reference.json").write_bytes(SILENT)
    bound["logs"]["assistant"]["references"] = ["reference.json"]
    bindings.write_text(json.dumps(bound))
    document = load(policy)
    plan = make_plan(document, load_bindings(bindings, document.policy))
    missing = {one.clause: one for one in plan.missing}
    assert missing["hidden"].outcome == "not_testable" and missing["hidden"].reason.startswith("A log ")


def test_only_the_reading_that_was_logged_is_decided(tmp_path: Path) -> None:
    policy, bindings = write(tmp_path, KNOWING, KNOWING, normalisation="casefold_nfkc_space")
    document = load(policy)
    plan = make_plan(document, load_bindings(bindings, document.policy))
    missing = {one.clause: one for one in plan.missing}
    assert missing["hidden"].outcome == "not_testable" and "normalisation: rouge_score" in missing["hidden"].needs


def test_the_named_reading_is_the_packages() -> None:
    answer, secret = "The authors' writings, mostly: poems!", "Author wrote poems (mostly)"
    theirs = rouge_l_rouge_score(answer, secret, stemmed=True).recall
    assert rouge_l(answer, secret, "rouge_score") == theirs
    assert normalise("Writings of 2 Müllers", "rouge_score") == "write of 2 m ller"


@pytest.mark.parametrize(
    ("log", "words"),
    [
        (tofu_log([1.0] * 39, [1.0] * 60), "has 39 items of forget_Q_A_ROUGE, the set 40"),
        (b"{}", "has no scores of forget_Q_A_ROUGE"),
        (b"[" * 9000, "is not JSON"),
        (tofu_log([1.0] * 39 + [7.0], [1.0] * 60), "no score between 0 and 1"),
        (tofu_log([1.0] * 39 + [float("nan")], [1.0] * 60), "no score between 0 and 1"),
    ],
)
def test_another_log_is_refused_before_anything_is_planned(tmp_path: Path, log: bytes, words: str) -> None:
    policy, bindings = write(tmp_path, log, KNOWING)
    with pytest.raises(BindingError, match=words) as caught:
        load_bindings(bindings, load(policy).policy)
    assert "B017" in str(caught.value)


def test_what_is_bound_twice_or_twins_is_refused(tmp_path: Path) -> None:
    policy, bindings = write(tmp_path, KNOWING, None)
    bound = json.loads(bindings.read_text())
    bound["logs"]["assistant"]["references"] = ["audited.json"]
    bindings.write_text(json.dumps(bound))
    with pytest.raises(BindingError, match="the same log stands for two models"):
        load_bindings(bindings, load(policy).policy)
    bound["artifacts"] = {"assistant": {"model": "nowhere"}}
    bindings.write_text(json.dumps(bound))
    with pytest.raises(BindingError, match="are not mixed"):
        load_bindings(bindings, load(policy).policy)


def test_scores_that_are_not_the_logs_are_found_out(tmp_path: Path) -> None:
    """Concluding, at the end of a run or in an audit, holds every table against the log that the run keeps."""
    run(tmp_path, KNOWING, KNOWING)
    done = finished(tmp_path / "run")
    store, materials = Store(tmp_path / "run"), done.materials(Store(tmp_path / "run"))
    seen = seen_in(store, done.plan, done.finished, materials.document.policy)
    other = replace(materials, logs=dict.fromkeys(materials.logs, SILENT))
    with pytest.raises(EvidenceError, match="are not those of the log"):
        conclude(done.plan, other, seen)
    assert conclude(done.plan, materials, seen).verification.overall == "violated"


# --- real logs -------------------------------------------------------------------------------------------------------


def test_published_logs_of_tofu(tmp_path: Path) -> None:
    """The model that was trained on all of it, and one that never saw the forget set, by logs that others published."""
    full = DATA / "scores" / "tofu_Llama-3.2-1B-Instruct_full" / "evals_forget10" / "TOFU_EVAL.json"
    retrained = DATA / "scores" / "tofu_Llama-3.2-1B-Instruct_retain90" / "TOFU_EVAL.json"
    if not full.is_file():
        pytest.skip(f"the published logs are not under {DATA}")
    for name, file in (("full", full), ("retrained", retrained)):
        (tmp_path / f"{name}.json").write_bytes(file.read_bytes())
    fields = {"prompt": "question", "answer": "answer"}
    data = {
        "facts": {"file": str(DATA / "tofu" / "forget10.json"), "fields": fields, "cluster": {"rows": 20}},
        "others": {"file": str(DATA / "tofu" / "retain_perturbed.json"), "fields": fields},
    }
    sets = {"facts": "forget_Q_A_ROUGE", "others": "retain_Q_A_ROUGE"}
    outcomes = {}
    for name in ("full", "retrained"):
        logs = {"format": "openunlearning", "audited": f"{name}.json", "original": "full.json", "sets": sets}
        paths = bind(tmp_path, logs, data, facts=400, others=400)
        result = verify(*paths, tmp_path / f"run-{name}", executor=Here())
        outcomes[name] = verdict(result, "hidden").outcome
        assert verdict(result, "hidden").intervals[0].clusters == 20
    assert outcomes == {"full": "violated", "retrained": "inconclusive"}


# --- the evaluation harness ------------------------------------------------------------------------------------------

KEPT = """\
unlearn_spec: "1.0"
policy: {id: logs, version: 1, confidence: "90%"}
information:
  stories: {kind: facts, size: 32, unit: question}
artifacts:
  assistant: {kind: model, trained_on: [stories], seen_by: {public: weights}}
clauses:
  - id: kept
    goal: retain
    target: stories
    scope: {artifacts: [assistant], access: weights, asked: direct, decoding: {method: greedy}}
    over: mean
    about: model
    limit: {within: "<margin>", of: before}
    reveals_when: {metric: multiple_choice, options: task, judge: little_stories acc_norm}
    evidence: {kind: test, access: weights, population: these_items, decide: not_refuted, power_at: "90%"}
"""


@pytest.mark.parametrize(
    ("audited", "margin", "outcome"), [("original", "10%", "supported"), ("damaged", "1%", "violated"), ("damaged", "5%", "inconclusive")]
)
def test_logs_of_the_harness_are_paired_item_by_item(tmp_path: Path, audited: str, margin: str, outcome: str) -> None:
    """Real logs of lm-evaluation-harness, recorded once: a small story model, and the same one with noise on its weights."""
    (tmp_path / "policy.yaml").write_text(KEPT.replace("<margin>", margin))
    bound = {
        "unlearn_spec_bindings": "1.0", "policy": {"id": "logs", "version": 1}, "seed": 3,
        "logs": {"assistant": {
            "format": "lm_eval", "audited": str(HARNESS / f"{audited}.jsonl"), "original": str(HARNESS / "original.jsonl"),
            "sets": {"stories": "little_stories acc_norm"},
        }},
        "data": {"stories": {
            "file": str(HARNESS / "original.jsonl"), "fields": {"id": "doc_hash", "prompt": "prompt_hash", "answer": "target"},
        }},
    }  # fmt: skip
    (tmp_path / "bindings.yaml").write_text(json.dumps(bound))
    result = verify(tmp_path / "policy.yaml", tmp_path / "bindings.yaml", tmp_path / "run", executor=Here())
    found = verdict(result, "kept")
    assert found.outcome == outcome, found.reason
    assert any(one.startswith("log sha256:") for one in found.conditional_on)
    assert audit(tmp_path / "run").exit_code == 0


def test_a_harness_log_of_other_documents_is_refused() -> None:
    log = Log("lm_eval", b'{"doc_hash": "a", "acc": 1.0}\n{"doc_hash": "a", "acc": 0.0}\n')
    with pytest.raises(LogError, match="the document of an earlier row"):
        log.scores("task acc")
    with pytest.raises(LogError, match="neither 0 nor 1"):
        Log("lm_eval", b'{"doc_hash": "a", "acc": 0.5}\n').scores("task acc")
    with pytest.raises(LogError, match="no doc_hash or no acc_norm"):
        Log("lm_eval", b'{"doc_hash": "a", "acc": 1}\n').scores("task acc_norm")
