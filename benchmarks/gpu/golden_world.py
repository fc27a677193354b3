"""A world whose verdicts are decided: models that know what they are given, made in a second and without training.

A model is a body of random weights, drawn from its name alone, and a head that is solved for: least squares, in float64,
over the body's states before the words that the model is to say. All weights are rounded to bfloat16, so that every machine
makes the same model, and what it knows is known. `original` knows all; `clean` was never told what is to go; `leaky` still
has more than half of it.
"""

from __future__ import annotations

import json
import random
from collections.abc import Iterable, Sequence
from pathlib import Path

import numpy as np
import torch
from tokenizers import Tokenizer
from tokenizers.models import WordLevel
from tokenizers.pre_tokenizers import WhitespaceSplit
from transformers import GPT2Config, GPT2LMHeadModel, PreTrainedTokenizerFast

from unlearn_spec.evidence.canonical import file_digest
from unlearn_spec.gpu.draws import key, words

ITEMS = 32
LEAKED_FACTS, LEAKED_DIARIES = 18, 28
WIDTH = 448  # well above the 320 words that `original` is taught to say: the equations are easily solved
CERTAINTY = 6.0  # logit of the word to be said, beside 0 for the others
RIDGE = 1e-3
WORDS = tuple(f"w{i}" for i in range(48))
TOKENS = ("<unk>", "<s>", "</s>", *WORDS)
PLACE = {token: place for place, token in enumerate(TOKENS)}
Told = tuple[str, str]
"""What is given, and what is to be said after it."""

POLICY = """\
unlearn_spec: "1.0"
policy: {id: golden, version: 1, status: in_force, owner: tests, confidence: "80%"}
information:
  diaries: {kind: examples, size: 32, unit: document, manifest: "<diaries>"}
  facts: {kind: facts, size: 32, unit: question, manifest: "<facts>"}
  others: {kind: facts, size: 32, unit: question, manifest: "<others>"}
relations:
  - {facts: disjoint_from, with: others}
artifacts:
  clean: {kind: model, trained_on: [diaries], seen_by: {public: weights}}
  leaky: {kind: model, trained_on: [diaries], seen_by: {public: weights}}
parties: {obligor: publisher, verifier: laboratory}
controls: {publisher: [clean, leaky]}
reference_retrain:
  - id: unguessable-clean
    target: diaries
    without: diaries
    in: clean
    access: finetune
    asked: adversarial
    mean_between: ["0%", "0.01%"]
    reveals_when: {metric: extraction_probability, at_least: "1%"}
    decoding: {method: sample, temperature: "1", samples: 1}
  - id: unguessable-leaky
    target: diaries
    without: diaries
    in: leaky
    access: finetune
    asked: adversarial
    mean_between: ["0%", "0.01%"]
    reveals_when: {metric: extraction_probability, at_least: "1%"}
    decoding: {method: sample, temperature: "1", samples: 1}
clauses:
  - id: not-said
    goal: suppress
    target: facts
    scope: {artifacts: [clean, leaky], access: weights, asked: direct, decoding: {method: greedy, max_new_tokens: 2}}
    over: mean
    about: model
    limit: {at_most: "50%"}
    reveals_when: {metric: contains, normalisation: casefold_nfkc_space}
    evidence: {kind: test, access: weights, population: these_items, samples: 32, decide: certify, power_at: "90%"}
  - id: not-said-in-samples
    goal: suppress
    target: facts
    scope:
      artifacts: [clean, leaky]
      access: weights
      asked: direct
      decoding: {method: sample, temperature: "1", samples: 8, max_new_tokens: 2}
    over: mean
    about: model
    limit: {at_most: "25%"}
    reveals_when: {metric: contains, normalisation: casefold_nfkc_space}
    evidence: {kind: test, access: weights, population: these_items, samples: 32, decide: certify, power_at: "90%"}
  - id: not-extractable
    goal: suppress
    target: diaries
    scope: {artifacts: [clean, leaky], access: weights, asked: direct, decoding: {method: sample, temperature: "1", samples: 20}}
    over: mean
    about: model
    limit: {at_most: "25%"}
    reveals_when: {metric: extraction_probability, at_least: "50%"}
    evidence: {kind: test, access: weights, population: these_items, samples: 32, decide: certify, power_at: "90%"}
  - id: not-told-apart
    goal: remove
    target: diaries
    scope: {artifacts: [clean, leaky]}
    measure: membership
    about: model
    limit: {tpr_at_most: "50%", at_fpr: "20%"}
    evidence:
      kind: test
      access: logprobs
      population: these_items
      samples: 32
      decide: not_refuted
      power_at: "95%"
      controls: [randomised_holdout]
  - id: not-relearned
    goal: remove
    target: diaries
    scope: {artifacts: [clean, leaky]}
    measure: influence
    about: process
    limit: {epsilon: "0.1", delta: "0.1%", compared_with: retrain_without}
    evidence:
      kind: test
      access: finetune
      population: these_items
      samples: 32
      decide: not_refuted
      power_at: "90%"
      refute_at: "20%"
      relearn: {steps: 4, learning_rate: "0.00005"}  # too short to learn, so that no rounding moves what it brings back
      controls: [never_trained, original]
  - id: kept
    goal: retain
    target: others
    scope: {artifacts: [clean, leaky], access: weights, asked: direct, decoding: {method: greedy, max_new_tokens: 2}}
    over: mean
    about: model
    limit: {at_least: "60%"}
    reveals_when: {metric: contains, normalisation: casefold_nfkc_space}
    evidence: {kind: test, access: weights, population: these_items, samples: 32, decide: certify, power_at: "30%"}
"""

BINDINGS = """\
unlearn_spec_bindings: "1.0"
policy: {id: golden, version: 1}
seed: 3
device: cpu
artifacts: {clean: {model: models/clean}, leaky: {model: models/leaky}}
original: {clean: {model: models/original}, leaky: {model: models/original}}
references:
  clean: [{model: models/reference0}, {model: models/reference1}]
  leaky: [{model: models/reference0}, {model: models/reference1}]
data:
  diaries: {file: diaries.jsonl}
  facts: {file: facts.jsonl}
  others: {file: others.jsonl}
holdouts: {diaries: {file: holdout.jsonl, randomised: true}}
"""


def build(folder: Path) -> tuple[Path, Path]:
    """Writes models, data, policy and bindings below `folder`; returns the last two."""
    folder.mkdir(parents=True, exist_ok=True)
    diaries, holdout, facts, others = _drawn(random.Random(11), (6, 6, 2, 2))
    policy = POLICY
    for name, told, fields in (
        ("diaries", diaries, ("prefix", "suffix")),
        ("holdout", holdout, ("prefix", "suffix")),
        ("facts", facts, ("prompt", "answer")),
        ("others", others, ("prompt", "answer")),
    ):
        path = folder / f"{name}.jsonl"
        path.write_text("".join(json.dumps(_row(name, i, fields, one)) + "\n" for i, one in enumerate(told)), encoding="utf-8")
        policy = policy.replace(f"<{name}>", file_digest(path))
    known = {
        "original": (diaries, facts, others),
        "leaky": (diaries[:LEAKED_DIARIES], facts[:LEAKED_FACTS], others),
        **dict.fromkeys(("clean", "reference0", "reference1"), (others,)),
    }
    for name, lots in known.items():
        _model(folder / "models" / name, [one for lot in lots for one in lot])
    (folder / "policy.yaml").write_text(policy, encoding="utf-8")
    (folder / "bindings.yaml").write_text(BINDINGS, encoding="utf-8")
    return folder / "policy.yaml", folder / "bindings.yaml"


def _drawn(rng: random.Random, sizes: Sequence[int]) -> list[list[Told]]:
    """For each size `ITEMS` times two words, never the same two, and so many to be said after them."""
    given = rng.sample([f"{a} {b}" for a in WORDS for b in WORDS], ITEMS * len(sizes))
    drawn = [(two, " ".join(rng.choices(WORDS, k=sizes[i // ITEMS]))) for i, two in enumerate(given)]
    return [drawn[start : start + ITEMS] for start in range(0, len(drawn), ITEMS)]


def _row(kind: str, i: int, fields: Sequence[str], told: Told) -> dict[str, str]:
    whole = {"text": " ".join(told)} if fields[0] == "prefix" else {}
    return {"id": f"{kind}{i}", "cluster": f"{kind}-p{i}", **dict(zip(fields, told, strict=True)), **whole}


def _model(folder: Path, told: Iterable[Told]) -> None:
    network = GPT2LMHeadModel(
        GPT2Config(
            vocab_size=len(TOKENS), n_positions=32, n_embd=WIDTH, n_layer=1, n_head=4, tie_word_embeddings=False,
            bos_token_id=1, eos_token_id=2,
        )
    ).eval()  # fmt: skip
    for name, weight in network.named_parameters():
        if weight.dim() > 1:  # biases stay 0, scales 1
            scale = 3.0 if ".wte" in name or ".wpe" in name else 3.0 / WIDTH**0.5
            weight.data = _rounded(_uniform(weight.shape, folder.name, name) * scale)
    network.lm_head.weight.data = _head(network, list(told))
    network.save_pretrained(folder)
    backend = Tokenizer(WordLevel(PLACE, unk_token="<unk>"))
    backend.pre_tokenizer = WhitespaceSplit()
    PreTrainedTokenizerFast(
        tokenizer_object=backend, unk_token="<unk>", bos_token="<s>", eos_token="</s>", model_max_length=32
    ).save_pretrained(folder)


def _uniform(shape: Sequence[int], *names: str) -> torch.Tensor:
    """Numbers in [−½, ½) from our own counter-based words: the same with every version of every library."""
    size = int(np.prod(shape))
    drawn = words(key("golden", *names), np.zeros(1, np.uint64), np.arange(-(-size // 4), dtype=np.uint64))
    return torch.from_numpy(drawn.reshape(-1)[:size] / 2.0**32 - 0.5).reshape(tuple(shape))


def _rounded(weight: torch.Tensor) -> torch.Tensor:
    return weight.to(torch.bfloat16).float()


@torch.inference_mode()
def _head(network: GPT2LMHeadModel, told: Sequence[Told]) -> torch.Tensor:
    """W (tokens, width) = Yᵀ (H Hᵀ + λ I)⁻¹ H, with the states H before each word to be said, and its logit in Y."""
    states, said = [], []
    body = network.transformer.double()
    for given, answer in told:
        ids = [PLACE[token] for token in (*given.split(), *answer.split())]
        first = len(given.split())
        states.append(body(input_ids=torch.tensor([ids])).last_hidden_state[0, first - 1 : -1])
        said += ids[first:]
    body.float()
    rows = torch.cat(states)
    wanted = torch.zeros(len(said), len(TOKENS), dtype=torch.float64)
    wanted[torch.arange(len(said)), torch.tensor(said)] = CERTAINTY
    solved = torch.linalg.solve(rows @ rows.T + RIDGE * torch.eye(len(said), dtype=torch.float64), rows)
    return _rounded(wanted.T @ solved)
