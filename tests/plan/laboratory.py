"""A small laboratory on disk: models that are mere files, data, suites, keys, records, and bindings to all of it."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np
import yaml
from safetensors.numpy import save_file

from unlearn_spec.evidence.canonical import file_digest, folder_digest
from unlearn_spec.plan.bindings import load_bindings
from unlearn_spec.plan.bound import Bindings
from unlearn_spec.policy.load import Document, load_text
from unlearn_spec.verdict.records import keygen, sign

ITEMS, CLUSTERS = 40, 20
SUITE_TEXT = 'templates: ["{prompt}", "As a test: {prompt}"]\n'



def model_folder(folder: Path, seed: int) -> Path:
    """A folder that looks like a model: a configuration, a tokenizer's name and one tensor of 12 values."""
    folder.mkdir(parents=True)
    (folder / "config.json").write_text('{"model_type": "gpt2"}')
    (folder / "tokenizer.json").write_text("{}")
    save_file({"w": np.full((3, 4), seed, dtype=np.float32)}, folder / "model.safetensors")
    return folder


def questions(count: int = ITEMS, *, first: int = 0, clusters: int = CLUSTERS) -> list[dict[str, Any]]:
    """Questions with one other wording each, dealt out to clusters in turn."""
    return [
        {
            "id": f"q{number}",
            "prompt": f"what is number {number} ?",
            "answer": f"it is {number * 7}",
            "cluster": f"c{number % clusters}",
            "paraphrases": [f"number {number} is"],
        }
        for number in range(first, first + count)
    ]


def documents(count: int = ITEMS, *, first: int = 0) -> list[dict[str, Any]]:
    return [
        {"id": f"d{n}", "text": f"dear diary {n} words {n * 3}", "prefix": f"dear diary {n}", "suffix": f"words {n * 3}"}
        for n in range(first, first + count)
    ]


def write_rows(path: Path, rows: Sequence[Mapping[str, Any]]) -> Path:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text("".join(json.dumps(row) + "\n" for row in rows))
    return path


class Lab:
    """Files under one folder, and the bindings that name them. `bindings` may be changed before `load`."""

    def __init__(self, folder: Path, policy: str) -> None:
        self.folder = folder
        self.document: Document = load_text(policy, "policy.yaml")
        for seed, name in enumerate(("audited", "original", "retrained-0", "retrained-1")):
            model_folder(folder / "models" / name, seed)
        write_rows(folder / "data" / "facts.jsonl", questions())
        write_rows(folder / "data" / "kept.jsonl", questions(60, first=1000, clusters=60))
        write_rows(folder / "data" / "diaries.jsonl", documents())
        write_rows(folder / "data" / "holdout.jsonl", documents(60, first=2000))
        (folder / "terms.txt").write_text("it is 7\n")
        (folder / "filter.yaml").write_text('output_filter: {block_any_of: terms.txt, reply: "No."}\n')
        self.bindings: dict[str, Any] = {
            "unlearn_spec_bindings": "1.0",
            "policy": {"id": "small", "version": 1},
            "seed": 17,
            "device": "cpu",
            "artifacts": {"assistant": {"model": "models/audited", "system": "filter.yaml"}},
            "original": {"assistant": {"model": "models/original"}},
            "references": {"assistant": [{"model": "models/retrained-0"}, {"model": "models/retrained-1"}]},
            "data": {
                "facts": {"file": "data/facts.jsonl"},
                "kept": {"file": "data/kept.jsonl"},
                "diaries": {"file": "data/diaries.jsonl"},
            },
            "holdouts": {"diaries": {"file": "data/holdout.jsonl", "randomised": True}},
        }

    @property
    def model_digest(self) -> str:
        return folder_digest(self.folder / "models" / "audited")

    def write(self) -> Path:
        path = self.folder / "bindings.yaml"
        path.write_text(yaml.safe_dump(self.bindings, sort_keys=False))
        return path

    def load(self) -> Bindings:
        return load_bindings(self.write(), self.document.policy)

    def add_suite(self) -> str:
        """Write a suite and name it by its digest."""
        path = self.folder / "suite.yaml"
        path.write_text(SUITE_TEXT)
        name = f"attacks@{file_digest(path)}"
        self.bindings["suites"] = {name: {"file": "suite.yaml"}}
        return name

    def add_record(self, signer: str = "lab-x", **changes: Any) -> Path:
        """Sign a record, with some values changed before, and bind it with the signer's key."""
        private, public = keygen()
        record: dict[str, Any] = {
            "unlearn_spec_record": "1.0",
            "id": "completion",
            "kind": "attestation",
            "signer": signer,
            "signed_on": "2026-05-12",
            "statement": {
                "clauses": ["done"],
                "goal": "finish",
                "artifacts": {"assistant": self.model_digest},
                "performed_on": "2026-05-11",
                "day": "12 days",
            },
        }
        statement = changes.pop("statement", {})
        record |= changes
        record["statement"] |= statement
        (self.folder / f"{signer}.pub").write_bytes(public)
        path = self.folder / "record.yaml"
        path.write_text(yaml.safe_dump({**record, "signature": sign(record, private)}, sort_keys=False))
        self.bindings["keys"] = {signer: f"{signer}.pub"}
        self.bindings["records"] = ["record.yaml"]
        return path


def small_policy(clauses: str, *, confidence: str = "95%") -> str:
    """A policy over one model with these clauses, each of them a line of a YAML list."""
    return f"""
unlearn_spec: "1.0"
policy: {{id: small, version: 1, confidence: "{confidence}"}}
clock: {{starts: request}}
information:
  facts: {{kind: facts, size: {ITEMS}, unit: question}}
  kept: {{kind: facts, size: 60, unit: question}}
  diaries: {{kind: examples, size: {ITEMS}, unit: document}}
artifacts:
  assistant: {{kind: model, trained_on: [diaries], seen_by: {{public: product}}}}
  store: {{kind: dataset, holds: [diaries], seen_by: {{staff: product}}}}
parties: {{obligor: acme, verifier: lab-x}}
clauses:
{clauses}
"""
