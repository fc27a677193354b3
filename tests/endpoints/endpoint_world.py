"""A policy whose clauses ask for every kind of access, and bindings to models in folders or behind an endpoint."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import tiny_model
import yaml

from unlearn_spec.evidence.canonical import file_digest

ITEMS = 24
POLICY = """\
unlearn_spec: "1.0"
policy: {id: remote, version: 1, status: draft, owner: tests, confidence: "90%"}
clock: {starts: request_received}
information:
  diaries: {kind: examples, size: 24, unit: document, manifest: "<diaries>"}
  facts: {kind: facts, size: 24, unit: question, manifest: "<facts>"}
artifacts:
  assistant: {kind: model, trained_on: [diaries], seen_by: {public: api, licensees: weights}}
parties: {obligor: publisher, verifier: laboratory}
controls: {publisher: [assistant]}
clauses:
"""
CLAUSES = {
    "hidden": """\
    target: facts
    scope: {artifacts: [assistant], access: api, asked: paraphrase, decoding: {method: greedy, max_new_tokens: 6}}
    limit: {at_most: "40%"}
    reveals_when: {metric: contains, normalisation: casefold_nfkc_space}
    evidence: {kind: test, access: api, population: these_items, samples: 24, decide: certify, power_at: "90%"}
""",
    "not-drawn": """\
    target: facts
    scope: {artifacts: [assistant], access: api, asked: direct,
            decoding: {method: sample, temperature: "0.7", top_p: "90%", samples: 2, max_new_tokens: 3}}
    limit: {at_most: "60%"}
    reveals_when: {metric: contains, normalisation: casefold_nfkc_space}
    evidence: {kind: test, access: api, population: these_items, samples: 24, decide: not_refuted, power_at: "90%"}
""",
    "not-extractable": """\
    target: diaries
    scope: {artifacts: [assistant], access: logprobs, asked: direct,
            decoding: {method: sample, temperature: "1", samples: 1, max_new_tokens: 6}}
    limit: {at_most: "40%"}
    reveals_when: {metric: extraction_probability, at_least: "0.1%"}
    evidence: {kind: test, access: logprobs, population: these_items, samples: 24, decide: certify, power_at: "90%"}
""",
    "not-extractable-cut": """\
    target: diaries
    scope: {artifacts: [assistant], access: logprobs, asked: direct,
            decoding: {method: sample, temperature: "1", top_k: 5, samples: 1, max_new_tokens: 6}}
    limit: {at_most: "40%"}
    reveals_when: {metric: extraction_probability, at_least: "0.1%"}
    evidence: {kind: test, access: logprobs, population: these_items, samples: 24, decide: certify, power_at: "90%"}
""",
    "not-in-the-weights": """\
    target: facts
    scope: {artifacts: [assistant], access: weights, asked: direct, decoding: {method: greedy, max_new_tokens: 3}}
    limit: {at_most: "40%"}
    reveals_when: {metric: contains, normalisation: casefold_nfkc_space}
    evidence: {kind: test, access: weights, population: these_items, samples: 24, decide: certify, power_at: "90%"}
""",
}


def policy_text(*clauses: str) -> str:
    """The policy with these of the clauses."""
    heads = "over: mean\n    about: model"
    return POLICY + "".join(f"  - id: {name}\n    goal: suppress\n    {heads}\n{CLAUSES[name]}" for name in clauses)


def build(folder: Path, *clauses: str) -> Path:
    """Writes models, data and policy; returns the policy's path."""
    for seed, name in enumerate(("original", "audited")):
        tiny_model.write(folder / name, seed)
    _rows(folder / "diaries.jsonl", [_diary(i) for i in range(ITEMS)])
    _rows(folder / "facts.jsonl", [_fact(i) for i in range(ITEMS)])
    text = policy_text(*clauses)
    for name in ("diaries", "facts"):
        text = text.replace(f"<{name}>", file_digest(folder / f"{name}.jsonl"))
    (folder / "policy.yaml").write_text(text)
    return folder / "policy.yaml"


def bind(folder: Path, audited: dict[str, Any], original: dict[str, Any], name: str = "bindings") -> Path:
    """Writes bindings to these two subjects; returns their path."""
    bound = {
        "unlearn_spec_bindings": "1.0",
        "policy": {"id": "remote", "version": 1},
        "seed": 3,
        "device": "cpu",
        "artifacts": {"assistant": audited},
        "original": {"assistant": original},
        "data": {"diaries": {"file": "diaries.jsonl"}, "facts": {"file": "facts.jsonl"}},
    }
    path = folder / f"{name}.yaml"
    path.write_text(yaml.safe_dump(bound, sort_keys=False))
    return path


def _word(number: int) -> str:
    return f"w{number % 16}"


def _diary(i: int) -> dict[str, str]:
    words = [_word(5 * i + 3 * k + i // 16) for k in range(5)]
    return {
        "id": f"d{i}", "cluster": f"d{i}", "text": " ".join(words), "prefix": " ".join(words[:3]), "suffix": " ".join(words[3:]),
    }  # fmt: skip


def _fact(i: int) -> dict[str, Any]:
    prompt = f"tell {_word(i)} {_word(7 * i + i // 16)}"
    return {
        "id": f"f{i}", "cluster": f"f{i}", "prompt": prompt, "answer": _word(3 * i + 1), "paraphrases": [f"{prompt} tell"],
    }  # fmt: skip


def _rows(path: Path, rows: list[dict[str, Any]]) -> None:
    path.write_text("".join(json.dumps(row) + "\n" for row in rows))
