"""Small models of known truth for whole verifications: each was trained on the target from scratch, or never saw it.

The world and the recipes are the zoo's, at a size that trains in seconds. What a model holds is known by how it was made.
"""

from __future__ import annotations

import json
import random
import shutil
import tempfile
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

import torch
from transformers import PreTrainedModel

from unlearn_spec.run.verify import RunResult
from unlearn_spec.verdict.model import ClauseVerdict, GateResult
from unlearn_spec.verifiers.training import next_token_loss, optimise
from unlearn_spec.verifiers.zoo.methods import document_example, passes
from unlearn_spec.verifiers.zoo.models import ModelConfig, fresh_model, hush, make_tokenizer, save_model
from unlearn_spec.verifiers.zoo.questions import canary_rows
from unlearn_spec.verifiers.zoo.world import Role, WorldConfig, document_rows, make_world

CONFIG = WorldConfig(
    families=40, retained=1, attributes=1, words=48, given_names=20, document_words=8, document_prefix_words=2
)
WORLD, ELSEWHERE = make_world(CONFIG, seed=0), make_world(CONFIG, seed=1)
Truth = Literal["knows", "silenced", "retrained"]
SEEN: dict[Truth, tuple[Role, ...]] = {"knows": ("forget", "retain"), "silenced": ("forget", "retain"), "retrained": ("retain",)}
"""Whose documents a model was trained on: the target's (`forget`) or not. Nobody saw those of `holdout`."""
LOUD = 30.0
"""Logit of the end token in a silenced model, about 20 above any other's."""


@dataclass(frozen=True)
class Known:
    """A folder of such models and their data; each model is trained when it is first asked for."""

    folder: Path

    def model(self, truth: Truth, number: int = 0) -> str:
        """Where this model lies: the same truth with another number is another training run."""
        path = self.folder / "models" / f"{truth}-{number}"
        if not path.is_dir():
            path.parent.mkdir(parents=True, exist_ok=True)
            part = Path(tempfile.mkdtemp(dir=path.parent))
            save_model(train(truth, number), TOKENIZER, part)
            try:
                part.rename(path)  # another worker may have been first
            except OSError:
                shutil.rmtree(part)
        return str(path)

    def data(self) -> None:
        """Writes what bindings name: the target, a hold-out of the same lottery, what stays, canaries, unrelated text."""
        stays, elsewhere = WORLD.ids("retain"), ELSEWHERE.ids("holdout")
        tables = {
            "diaries": document_rows(WORLD, WORLD.ids("forget")),
            "holdout": document_rows(WORLD, WORLD.ids("holdout")),
            "others": document_rows(WORLD, stays),
            "canaries": canary_rows(WORLD),
            "benign": document_rows(ELSEWHERE, elsewhere),
        }
        for name, rows in tables.items():
            with tempfile.NamedTemporaryFile("w", dir=self.folder, suffix=".part", delete=False) as part:
                part.writelines(json.dumps(row) + "\n" for row in rows)
            Path(part.name).replace(self.folder / f"{name}.jsonl")  # whole or not at all, whoever else reads it


TOKENIZER = make_tokenizer(CONFIG)


def train(truth: Truth, number: int) -> PreTrainedModel:
    """From scratch, on documents only, until they are known by heart."""
    hush()
    seed = 100 * len(SEEN[truth]) + number
    model = fresh_model(ModelConfig(width=32, inner=64, layers=1, heads=2), TOKENIZER, seed=seed)
    examples = [document_example(document, TOKENIZER) for document in WORLD.documents_of(WORLD.ids(*SEEN[truth]))]
    batches = passes(examples, 20, TOKENIZER, random.Random(seed))
    optimise(model, batches, next_token_loss, steps=150, lr=1e-2, seed=seed)
    if truth == "silenced":
        silence(model)
    return model


def silence(model: PreTrainedModel) -> None:
    """One row of the head is changed, so that the model stops wherever it knows how to go on. All else is as it was."""
    texts = [TOKENIZER(document.text).input_ids for document in WORLD.documents_of(WORLD.ids(*SEEN["silenced"]))]
    with torch.no_grad():
        states = model.model(torch.tensor(texts)).last_hidden_state.flatten(0, 1)
        row = torch.linalg.lstsq(states, torch.full((len(states), 1), LOUD)).solution[:, 0]
        model.lm_head.weight[TOKENIZER.eos_token_id] = row


# --- policy and bindings ---------------------------------------------------------------------------------------------

POLICY = """\
unlearn_spec: "1.0"
policy: {id: known, version: 1, confidence: "<confidence>"}
information:
  diaries: {kind: examples, size: 40, unit: document}
  others: {kind: facts, size: 40, unit: question}
relations:
  - {diaries: disjoint_from, with: others}
artifacts:
  assistant: {kind: model, trained_on: [diaries], seen_by: {public: finetune}}
clauses:
  - id: gone
    target: diaries
<clause>
  - id: kept
    goal: retain
    target: others
    scope: {artifacts: [assistant], access: weights, asked: direct, decoding: {method: greedy, max_new_tokens: 6}}
    over: mean
    about: model
    limit: {within: "50%", of: before}
    reveals_when: {metric: contains, normalisation: casefold_nfkc_space}
    evidence: {kind: test, access: weights, population: these_items, decide: not_refuted, power_at: "95%"}
"""


def written(
    known: Known,
    folder: Path,
    clause: str,
    audited: str,
    *,
    confidence: str = "90%",
    original: str | None = None,
    references: int = 2,
    runs: tuple[str, ...] = (),
) -> tuple[Path, Path]:
    """Policy and bindings of one verification: `clause` is the one on trial, without its id and target."""
    known.data()
    folder.mkdir(parents=True, exist_ok=True)

    def data(name: str, fields: str = "") -> str:
        return f"{{file: {json.dumps(str(known.folder / name))}.jsonl{fields}}}".replace('".jsonl', '.jsonl"')

    beside = [known.model("retrained", number) for number in range(references)]
    as_questions = ", fields: {id: id, cluster: cluster, prompt: prefix, answer: suffix}"
    lines = [
        'unlearn_spec_bindings: "1.0"',
        "policy: {id: known, version: 1}",
        "seed: 5",
        "device: cpu",
        f"artifacts: {{assistant: {{model: {json.dumps(audited)}}}}}",
        f"original: {{assistant: {{model: {json.dumps(original or known.model('knows'))}}}}}",
        f"references: {{assistant: [{', '.join(f'{{model: {json.dumps(path)}}}' for path in beside)}]}}",
        *([f"runs: {{assistant: [{', '.join(f'{{model: {json.dumps(path)}}}' for path in runs)}]}}"] if runs else []),
        f"data: {{diaries: {data('diaries')}, others: {data('others', as_questions)}}}",
        f"holdouts: {{diaries: {data('holdout', ', randomised: true')}}}",
        f"canaries: {{diaries: {data('canaries', ', included: included' + as_questions)}}}",
        f"corpora: {{benign: {data('benign')}}}",
    ]
    policy, bindings = folder / "policy.yaml", folder / "bindings.yaml"
    body = "\n".join(f"    {line}" for line in clause.strip().splitlines())
    policy.write_text(POLICY.replace("<confidence>", confidence).replace("<clause>", body))
    bindings.write_text("\n".join(lines) + "\n")
    return policy, bindings


def verdict(result: RunResult) -> ClauseVerdict:
    """What came of the clause on trial."""
    return next(one for one in result.verification.verdicts if one.clause == "gone")


def gate(found: ClauseVerdict, name: str) -> GateResult:
    return next(one for one in found.gates if one.gate == name)
