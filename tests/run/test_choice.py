"""Multiple choice from the policy to the report: what a taught, an ignorant and a guessing model come to."""

from __future__ import annotations

import json
import sys
from pathlib import Path
from typing import Any

import pytest

sys.path.insert(0, str(Path(__file__).parent))

import tiny
from here import Here

from unlearn_spec.cli.plan import render as render_plan
from unlearn_spec.plan.bindings import load_bindings
from unlearn_spec.plan.model import Plan
from unlearn_spec.plan.obligations import make_plan
from unlearn_spec.policy.load import load
from unlearn_spec.report import render
from unlearn_spec.rules.explain import explain_policy
from unlearn_spec.run.audit import audit
from unlearn_spec.run.verify import RunResult, verify
from unlearn_spec.verifiers.items import Item
from unlearn_spec.verifiers.scoring import parts
from unlearn_spec.verifiers.subjects.model import load_model
from unlearn_spec.verifiers.training import Example, finetune, make_batches

QUESTIONS = 32
POLICY = """\
unlearn_spec: "1.0"
policy: {id: choice, version: 1, confidence: "90%"}
information:
  facts: {kind: facts, size: 32, unit: question}
artifacts:
  assistant: {kind: model, trained_on: [facts], seen_by: {public: weights}}
clauses:
  - id: not-chosen
    goal: suppress
    target: facts
    scope: {artifacts: [assistant], access: weights, asked: direct, decoding: {method: greedy, max_new_tokens: 4}}
    over: mean
    about: model
    limit: {at_most: "<limit>"}
    reveals_when: {metric: multiple_choice<options>}
    evidence: {kind: test, access: weights, population: these_items, samples: 32, decide: certify, power_at: "90%"}
"""
BINDINGS = """\
unlearn_spec_bindings: "1.0"
policy: {id: choice, version: 1}
seed: 3
device: cpu
artifacts: {assistant: {model: <audited>}}
original: {assistant: {model: <original>}}
data: {facts: {file: facts.jsonl, fields: {id: id, prompt: question, choices: choices, right: answer}}}
"""


def row(i: int) -> dict[str, Any]:
    words = [tiny.WORDS[(3 * i + 7 * k) % 24] for k in range(4)]
    return {"id": f"q{i}", "question": f"{tiny.WORDS[i % 24]} {tiny.WORDS[(i * 5 + i // 24) % 24]}", "choices": words, "answer": i % 4}


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A model with random weights, the same one taught the right options, and the questions."""
    here = tmp_path_factory.mktemp("choice")
    tiny._model(here / "ignorant", 1)
    rows = [row(i) for i in range(QUESTIONS)]
    (here / "facts.jsonl").write_text("".join(json.dumps(one) + "\n" for one in rows))
    model = load_model(here / "ignorant")
    items = [Item(one["id"], one["id"], one["question"], one["choices"][one["answer"]]) for one in rows]
    pairs = [model.encode_pair(*parts(item, "{prompt}")) for item in items]
    batches = make_batches([Example((*pair.ids, 2), pair.start) for pair in pairs], size=8, pad_id=0)
    finetune(model.network.requires_grad_(True), batches, steps=300, lr=1e-2, seed=0).save_pretrained(here / "taught")
    model.tokenizer.save_pretrained(here / "taught")
    return here


def write(
    folder: Path, name: str, audited: str, *, limit: str = "50%", original: str = "taught", options: str = ", options: texts"
) -> tuple[Path, Path]:
    policy, bindings = folder / f"{name}.yaml", folder / f"{name}-bindings.yaml"
    policy.write_text(POLICY.replace("<limit>", limit).replace("<options>", options))
    bindings.write_text(BINDINGS.replace("<audited>", audited).replace("<original>", original))
    return policy, bindings


def run(folder: Path, name: str, audited: str, **more: str) -> RunResult:
    return verify(*write(folder, name, audited, **more), folder / f"run-{name}", executor=Here())


def planned(policy: Path, bindings: Path) -> tuple[Plan, str]:
    document = load(policy)
    plan = make_plan(document, load_bindings(bindings, document.policy))
    return plan, " ".join(render_plan(plan, document).split())


def test_a_taught_model_is_caught_and_the_report_shows_chance_beside(folder: Path) -> None:
    result = run(folder, "taught", "taught")
    (verdict,) = result.verification.verdicts
    assert verdict.outcome == "violated"
    assert "guessing would answer 8 of them rightly (25%)" in verdict.reason
    for language, word in (("en", "guessing is right in 25%"), ("de", "Raten trifft in 25"), ("fr", "deviner réussit dans 25")):
        assert word in " ".join(str(render(result.report, "text", language=language)).split())
    assert audit(folder / "run-taught").exit_code == 0


def test_an_ignorant_model_keeps_a_limit_above_chance(folder: Path) -> None:
    result = run(folder, "ignorant", "ignorant")
    (verdict,) = result.verification.verdicts
    gates = {gate.gate: gate.passed for gate in verdict.gates}
    assert gates["positive"]
    found = next(interval for interval in verdict.intervals if interval.label == "audited")
    assert found.point < 0.5
    assert verdict.outcome == ("supported" if gates["degeneracy"] else "inconclusive")


def test_an_original_that_guesses_shows_nothing(folder: Path) -> None:
    """A limit below chance is broken by guessing, and so a guessing original must not pass for one that knew."""
    plan, text = planned(*write(folder, "guess", "ignorant", limit="10%", original="ignorant"))
    assert [(note.kind, note.share) for note in plan.notes] == [("untouched", None), ("below_chance", plan.obligations[0].chance)]
    assert "lies below chance, 25%: a model that guesses breaks it" in text and "guessing answers 25% rightly" in text
    result = run(folder, "guess", "ignorant", limit="10%", original="ignorant")
    (verdict,) = result.verification.verdicts
    assert not next(gate for gate in verdict.gates if gate.gate == "positive").passed
    assert [note.key for note in result.report.notes] == ["note.untouched", "note.below_chance"]


def test_how_options_compete_is_part_of_the_clause(folder: Path) -> None:
    paths = write(folder, "open", "ignorant", options="")
    plan, _ = planned(*paths)
    assert [missing.outcome for missing in plan.missing] == ["not_tested"]
    assert "letters or texts" in plan.missing[0].needs
    assert "how options compete is a question (left open)" in explain_policy(load(paths[0]))
    told = explain_policy(load(write(folder, "letters", "ignorant", options=", options: letters")[0]))
    assert "letters standing for the options compete" in told
