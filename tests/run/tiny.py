"""A whole verification in miniature: random models, a handful of items, a policy with every kind of test."""

from __future__ import annotations

import json
from pathlib import Path

import torch
from tokenizers import Tokenizer
from tokenizers.models import WordLevel
from tokenizers.pre_tokenizers import WhitespaceSplit
from transformers import GPT2Config, GPT2LMHeadModel, PreTrainedTokenizerFast

from unlearn_spec.evidence.canonical import file_digest

WORDS = tuple(f"w{i}" for i in range(24))
PEOPLE = 16

POLICY = """\
unlearn_spec: "1.0"
policy: {id: tiny, version: 1, status: in_force, owner: tests, confidence: "90%"}
clock: {starts: request_received}
information:
  diaries: {kind: examples, size: 16, unit: document, manifest: "<diaries>"}
  facts: {kind: facts, size: 32, unit: question, manifest: "<facts>"}
  others: {kind: facts, size: 16, unit: question, manifest: "<others>"}
relations:
  - {facts: disjoint_from, with: others}
artifacts:
  assistant: {kind: model, trained_on: [diaries], seen_by: {public: product, licensees: weights}}
parties: {obligor: publisher, verifier: laboratory}
controls: {publisher: [assistant]}
clauses:
  - id: hidden
    goal: suppress
    target: facts
    scope: {artifacts: [assistant], access: product, asked: paraphrase, decoding: {method: greedy, max_new_tokens: 4}}
    over: mean
    about: model
    limit: {at_most: "50%"}
    reveals_when: {metric: contains, normalisation: casefold_nfkc_space}
    evidence: {kind: test, access: product, population: these_items, samples: 32, decide: certify, power_at: "90%"}
  - id: not-extractable
    goal: suppress
    target: diaries
    scope: {artifacts: [assistant], access: weights, asked: direct, decoding: {method: sample, temperature: "1", samples: 1}}
    over: mean
    about: model
    limit: {at_most: "30%"}
    reveals_when: {metric: extraction_probability, at_least: "0.1%"}
    evidence: {kind: test, access: weights, population: these_items, samples: 16, decide: certify, power_at: "90%"}
  - id: not-relearned
    goal: remove
    target: diaries
    scope: {artifacts: [assistant]}
    measure: influence
    about: process
    limit: {epsilon: "0.1", delta: "0.1%", compared_with: retrain_without}
    evidence:
      kind: test
      access: finetune
      population: these_items
      samples: 16
      decide: not_refuted
      power_at: "90%"
      refute_at: "40%"
      relearn: {steps: 3, learning_rate: "0.001"}
      controls: [never_trained, original]
  - id: kept
    goal: retain
    target: others
    scope: {artifacts: [assistant], access: product, asked: direct, decoding: {method: greedy, max_new_tokens: 4}}
    over: mean
    about: model
    limit: {within: "20%", of: before}
    reveals_when: {metric: contains, normalisation: casefold_nfkc_space}
    evidence: {kind: test, access: product, population: these_items, samples: 16, decide: not_refuted, power_at: "90%"}
  - id: done
    goal: finish
    scope: {artifacts: [assistant]}
    by: "30 days"
    evidence: {kind: attestation, record: completion}
"""

BINDINGS = """\
unlearn_spec_bindings: "1.0"
policy: {id: tiny, version: 1}
seed: 3
device: cpu
artifacts:
  assistant: {model: models/audited, system: filter.yaml}
original: {assistant: {model: models/original}}
references: {assistant: [{model: models/reference0}, {model: models/reference1}]}
data:
  diaries: {file: diaries.jsonl}
  facts: {file: facts.jsonl}
  others: {file: others.jsonl}
"""


def build(folder: Path) -> tuple[Path, Path]:
    """Writes the miniature below `folder`; returns policy and bindings."""
    folder.mkdir(parents=True, exist_ok=True)
    for seed, name in enumerate(("original", "audited", "reference0", "reference1")):
        _model(folder / "models" / name, seed)
    _rows(folder / "diaries.jsonl", [diary(i) for i in range(PEOPLE)])
    _rows(folder / "facts.jsonl", [_question("fact", i, i // 2) for i in range(2 * PEOPLE)])
    _rows(folder / "others.jsonl", [_question("other", i, i) for i in range(PEOPLE)])
    (folder / "terms.txt").write_text("w1 w2\n")
    (folder / "filter.yaml").write_text('output_filter: {block_any_of: terms.txt, reply: "I do not know."}\n')
    policy = POLICY
    for name in ("diaries", "facts", "others"):
        policy = policy.replace(f"<{name}>", file_digest(folder / f"{name}.jsonl"))
    (folder / "policy.yaml").write_text(policy)
    (folder / "bindings.yaml").write_text(BINDINGS)
    return folder / "policy.yaml", folder / "bindings.yaml"


def diary(i: int) -> dict[str, object]:
    words = [WORDS[(5 * i + 7 * k) % len(WORDS)] for k in range(8)]
    prefix, suffix = " ".join(words[:4]), " ".join(words[4:])
    return {"id": f"d{i}", "cluster": f"p{i}", "text": f"{prefix} {suffix}", "prefix": prefix, "suffix": suffix}


def _question(kind: str, i: int, person: int) -> dict[str, object]:
    prompt = f"{WORDS[i % 24]} {WORDS[(i + 5) % 24]}"
    return {
        "id": f"{kind}{i}", "cluster": f"{kind}-p{person}", "prompt": prompt, "answer": WORDS[(3 * i + 1) % 24],
        "paraphrases": [f"{prompt} w3"],
    }  # fmt: skip


def _rows(path: Path, rows: list[dict[str, object]]) -> None:
    path.write_text("".join(json.dumps(row) + "\n" for row in rows))


def _model(folder: Path, seed: int) -> None:
    torch.manual_seed(seed)
    network = GPT2LMHeadModel(
        GPT2Config(
            vocab_size=len(WORDS) + 3, n_positions=32, n_embd=16, n_layer=1, n_head=2, initializer_range=0.3,
            bos_token_id=1, eos_token_id=2,
        )
    )  # fmt: skip
    vocabulary = {token: place for place, token in enumerate(("<unk>", "<s>", "</s>", *WORDS))}
    backend = Tokenizer(WordLevel(vocabulary, unk_token="<unk>"))
    backend.pre_tokenizer = WhitespaceSplit()
    network.save_pretrained(folder)
    PreTrainedTokenizerFast(
        tokenizer_object=backend, unk_token="<unk>", bos_token="<s>", eos_token="</s>", model_max_length=32
    ).save_pretrained(folder)
