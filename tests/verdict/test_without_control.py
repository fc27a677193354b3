"""Nothing is favourable where the test was not seen to find: every verifier, from its plan to its verdict.

Plans are real, tables are made by hand: the audited and never-trained models show nothing, the original everything. Then
the original shows nothing, or is not bound, and whatever was favourable must not be.
"""

from __future__ import annotations

import sys
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

sys.path.insert(0, str(Path(__file__).parent))
sys.path.insert(0, str(Path(__file__).parents[1] / "plan"))

from laboratory import Lab, documents, small_policy, write_rows

from unlearn_spec.catalogue.verifiers import VERIFIERS
from unlearn_spec.plan.model import Plan
from unlearn_spec.plan.obligations import make_plan
from unlearn_spec.plan.stops import taken
from unlearn_spec.plan.units import InspectUnit, QuantizeUnit, RelearnUnit, Unit
from unlearn_spec.verdict import gates
from unlearn_spec.verdict.decide import Exhibit, decide
from unlearn_spec.verdict.facts import Seen, measure
from unlearn_spec.verdict.model import ClauseVerdict, Outcome
from unlearn_spec.verifiers.blind import blind_baseline
from unlearn_spec.verifiers.items import Item
from unlearn_spec.verifiers.table import Table, from_rows

FAVOURABLE = ("supported", "not_falsified")
N = 80
GREEDY = "decoding: {method: greedy, max_new_tokens: 16}"
SAMPLED = 'decoding: {method: sample, temperature: "1", samples: 1}'
CONTAINS = "reveals_when: {metric: contains, normalisation: casefold_nfkc_space}"
EXTRACTABLE = 'reveals_when: {metric: extraction_probability, at_least: "0.1%"}'
CLOSE = 'measure: influence, about: process, limit: {epsilon: "0.1", delta: "1%", compared_with: retrain_without}'
HALF = 'power_at: "80%", refute_at: "30%"'


def suppress(target: str, access: str, read: str, evidence: str, decoding: str = GREEDY) -> str:
    scope = f"{{artifacts: [assistant], access: {access}, asked: direct, {decoding}}}"
    return (
        f'  - {{id: clause, goal: suppress, target: {target}, scope: {scope}, over: mean, about: model, limit: {{at_most: "40%"}}, '
        f'{read}, evidence: {{kind: test, access: {access}, population: these_items, power_at: "90%", {evidence}}}}}\n'
    )


def remove(target: str, access: str, evidence: str, measured: str = CLOSE) -> str:
    drawn = "" if "canaries" in evidence else "population: these_items, "
    return (
        f"  - {{id: clause, goal: remove, target: {target}, scope: {{artifacts: [assistant]}}, {measured}, "
        f"evidence: {{kind: test, access: {access}, {drawn}decide: not_refuted, {evidence}}}}}\n"
    )


def keep(goal: str, limit: str, read: str) -> str:
    scope = f"{{artifacts: [assistant], access: product, asked: direct, {GREEDY}}}"
    return (
        f"  - {{id: clause, goal: {goal}, target: kept, scope: {scope}, over: mean, about: model, limit: {{{limit}}}, {read}, "
        'evidence: {kind: test, access: product, population: these_items, decide: certify, power_at: "40%"}}\n'
    )


STAYS = (
    f"  - {{id: stays, goal: retain, target: kept, scope: {{artifacts: [assistant], access: weights, asked: direct, {GREEDY}}}, "
    f'over: mean, limit: {{at_least: "50%"}}, {CONTAINS}}}\n'
)
"""What a linear probe is trained on."""

ATTACK = 'relearn: {steps: 10, learning_rate: "0.001"}'
GRID = 'relearn: {steps: [5, 10], learning_rate: ["0.001", "0.01"], repeats: 2}'
UNGUESSABLE = f"""
reference_retrain:
  - {{id: unguessable, target: facts, without: facts, in: assistant, access: finetune, asked: adversarial,
     mean_between: ["0%", "0.01%"], because: "drawn at random", {CONTAINS}, {GREEDY}}}
  - {{id: unguessable-too, target: diaries, without: diaries, in: assistant, access: finetune, asked: adversarial,
     mean_between: ["0%", "0.01%"], because: "drawn at random", {EXTRACTABLE}, decoding: {{method: sample, temperature: "1"}}}}
"""


@dataclass(frozen=True)
class Tried:
    """A test that can come out well, and how it comes out when the original shows what it should."""

    verifier: str
    clause: str
    well: Outcome
    knows: bool = False
    """Whether the audited model has to show something (`retain`)."""


TRIED = {
    "leak": Tried("leak", suppress("facts", "product", CONTAINS, "decide: certify"), "supported"),
    "leak-anytime": Tried("leak", suppress("facts", "product", CONTAINS, "decide: certify, stop: anytime"), "supported"),
    "leak-not-refuted": Tried("leak", suppress("facts", "product", CONTAINS, "decide: not_refuted"), "supported"),
    "extraction": Tried("extraction", suppress("diaries", "weights", EXTRACTABLE, "decide: certify", SAMPLED), "supported"),
    "extraction-removal": Tried("extraction", remove("diaries", "weights", HALF), "not_falsified"),
    "choice": Tried(
        "choice", suppress("facts", "weights", "reveals_when: {metric: multiple_choice, options: letters}", "decide: certify"),
        "supported",
    ),
    "membership": Tried(
        "membership",
        remove("diaries", "weights", 'power_at: "95%", controls: [randomised_holdout]',
               'measure: membership, about: model, limit: {tpr_at_most: "50%", at_fpr: "20%"}'),
        "not_falsified",
    ),
    "retention": Tried("retention", keep("retain", 'within: "40%", of: before', CONTAINS), "supported", knows=True),
    "relearning": Tried(
        "relearning", suppress("facts", "finetune", CONTAINS, f"decide: not_refuted, {ATTACK}"), "not_falsified"
    ),
    "relearning-grid": Tried("relearning", suppress("facts", "finetune", CONTAINS, f"decide: not_refuted, {GRID}"), "not_falsified"),
    "relearning-removal": Tried("relearning", remove("facts", "finetune", f"{HALF}, {GRID}"), "not_falsified"),
    "quantization": Tried(
        "quantization", suppress("facts", "weights", CONTAINS, "decide: not_refuted, quantize: [int8, nf4]"), "not_falsified"
    ),
    "quantization-removal": Tried("quantization", remove("facts", "weights", f"{HALF}, quantize: [int8, int4, nf4]"), "not_falsified"),
    "latent": Tried("latent", remove("facts", "weights", f"{HALF}, inspect: [head_swap, logit_lens]"), "not_falsified"),
    "latent-probe": Tried("latent", remove("facts", "weights", f"{HALF}, inspect: [linear_probe]") + STAYS, "not_falsified"),
    "canaries": Tried("canaries", remove("diaries", "weights", 'power_at: "95%", canaries: {guesses: 40}'), "not_falsified"),
}  # fmt: skip
NEEDS_NONE = {
    "refusal": "what supports it, a marked refusal or an answer, is seen in the audited model itself; where it is met by an "
    "absence of refusals, one is planted",
    "record": "it measures nothing",
    "ensemble": "it supports nothing and leaves nothing unfalsified",
}


def shows(unit: Unit, knows: bool, learned: bool) -> Table:
    """What a unit measures on a model that knows everything about the target, or nothing; whether an attack learned its texts."""
    rows: list[dict[str, Any]] = []
    never_seen = unit.data.name.startswith(("holdout:", "excluded:"))
    for way, layer in _looks(unit):
        for side in ("held_out", "attacked") if isinstance(unit, RelearnUnit) else ("",):
            for step in unit.every_look if isinstance(unit, RelearnUnit) else (0,):
                for i in range(N):
                    hit, half = (
                        knows and not never_seen,
                        f"{side}/{getattr(unit, 'half', 0)}" if side else unit.data.name,
                    )
                    score = -0.1 if hit else -9.0 - (i % 7) / 10
                    rows.append({
                        "item": f"{half}{i}", "cluster": f"{half}{i}", "probe": 0, "sample": 0, "exact": hit, "contains": hit,
                        "refusal": False, "refusable": True, "preferred": hit, "options": 4, "margin": 1.0 if hit else -1.0,
                        "log_p": score, "mean_logp": score, "min_k": score, "min_k_pp": score, "zlib_bytes": 1, "tokens": 6,
                        "empty": False, "distinct": 1.0, "entropy": 0.5, "blocked": False, "output": f"{hit}{i}",
                        "format": way, "view": way, "layer": layer, "argmax_match": 1.0 if hit else 0.0, "named": hit,
                        "control": False, "side": side, "step": step, "loss_before": 4.0, "loss": 2.0 if learned else 3.9,
                    })  # fmt: skip
    if not isinstance(unit, QuantizeUnit):
        rows = [{name: value for name, value in row.items() if name != "format"} for row in rows]
    return from_rows(unit.kind, tuple(rows[0]), rows)


def _looks(unit: Unit) -> tuple[tuple[str, int], ...]:
    if isinstance(unit, QuantizeUnit):
        return ((unit.format, 0),)
    if isinstance(unit, InspectUnit):
        return tuple((unit.view, layer) for layer in unit.layers or (0,))
    return (("", 0),)


def laboratory(folder: Path, clause: str) -> Lab:
    text = small_policy(clause).replace("clauses:\n", f"{UNGUESSABLE}clauses:\n").replace("size: 40", f"size: {N}")
    here = Lab(folder, text)
    for number, config in enumerate(sorted((folder / "models").glob("*/config.json"))):
        config.write_text(f'{{"model_type": "gpt2", "num_hidden_layers": 1, "seed": {number}}}')
    rows = [
        {
            "id": f"q{n}",
            "prompt": f"what is number {n} ?",
            "answer": f"{n * 7}",
            "choices": [f"{n * 7}", "none", "all", "one"],
            "right": 0,
        }
        for n in range(N)
    ]
    write_rows(folder / "data" / "facts.jsonl", rows)
    write_rows(folder / "data" / "diaries.jsonl", documents(N))
    write_rows(folder / "data" / "holdout.jsonl", documents(N, first=2000))
    if "canaries:" in clause:
        put_in = [{**row, "put_in": number % 2 == 0} for number, row in enumerate(documents(N, first=4000))]
        write_rows(folder / "data" / "canaries.jsonl", put_in)
        here.bindings["canaries"] = {"diaries": {"file": "data/canaries.jsonl", "included": "put_in"}}
    return here


def judged(here: Lab, tried: Tried, *, original_knows: bool, learned: bool = True) -> ClauseVerdict:
    plan: Plan = make_plan(here.document, here.load())
    clause = here.document.policy.clauses[0]
    units = {one.key: one.unit for one in plan.units}
    knows = {"audited": tried.knows, "reference": False, "original": original_knows}
    tables = {key: shows(unit, knows[unit.subject.role], learned) for key, unit in units.items()}
    seen = Seen(units, tables, {key: "sha256:" + f"{number:064x}" for number, key in enumerate(units)})
    plan = taken(plan, tables)
    exhibits = []
    for obligation in plan.obligations:
        assert obligation.verifier == tried.verifier
        measured = measure(obligation, clause, seen, seed=0)
        checked = gates.check(obligation, clause, seen, measured, lambda *_: blind_baseline(ALIKE, ALIKE, alpha=0.05))
        exhibits.append(Exhibit(obligation, measured, checked))
    return decide(here.document.policy, plan, exhibits).verdicts[0]


ALIKE = tuple(Item(id=f"i{n}", cluster=f"i{n}", text=f"some word {n % 5}") for n in range(40))


def test_every_verifier_is_tried_or_says_why_it_needs_none() -> None:
    assert {one.verifier for one in TRIED.values()} | NEEDS_NONE.keys() == set(VERIFIERS)


@pytest.mark.parametrize("name", TRIED)
def test_an_original_that_shows_nothing_leaves_nothing_favourable(name: str, tmp_path: Path) -> None:
    tried = TRIED[name]
    here = laboratory(tmp_path, tried.clause)
    well = judged(here, tried, original_knows=True)
    assert (well.outcome, [gate for gate in well.gates if not gate.passed]) == (tried.well, []), well.reason
    silent = judged(here, tried, original_knows=False)
    assert silent.outcome == "inconclusive", silent.reason
    assert "positive" in {gate.gate for gate in silent.gates if not gate.passed}


@pytest.mark.parametrize("name", TRIED)
def test_no_original_at_all_leaves_nothing_favourable(name: str, tmp_path: Path) -> None:
    tried = TRIED[name]
    here = laboratory(tmp_path, tried.clause)
    del here.bindings["original"]
    assert judged(here, tried, original_knows=True).outcome not in FAVOURABLE


@pytest.mark.parametrize("name", [name for name, one in TRIED.items() if one.verifier == "relearning"])
def test_an_attack_that_learns_nothing_leaves_nothing_favourable(name: str, tmp_path: Path) -> None:
    """The original shows what it showed before the attack; that says nothing about the attack."""
    tried = TRIED[name]
    found = judged(laboratory(tmp_path, tried.clause), tried, original_knows=True, learned=False)
    assert (found.outcome, {gate.gate for gate in found.gates if not gate.passed}) == ("inconclusive", {"positive", "training_loss"})
    assert "training loss" in found.reason and "more steps" in found.reason
