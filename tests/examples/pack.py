"""Evidence packs for the example policies: every file their bindings templates name, with models of known knowledge.

The policies are those of `spec/examples`, sizes and suites included; only the SHA-256 manifests are replaced by the
digests of the data made here. The bindings are the templates, word for word.
"""

from __future__ import annotations

import csv
import json
import shutil
import zlib
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq
import yaml
from lookup import END, UNKNOWN, lookup_model

from unlearn_spec.evidence.canonical import file_digest, folder_digest
from unlearn_spec.policy.read import read_file
from unlearn_spec.policy.schema import FILE
from unlearn_spec.verdict.records import keygen, sign

EXAMPLES = FILE.parents[1] / "examples"
ANSWERS = tuple(f"colour{number:02}" for number in range(64))
FILLERS = tuple(f"filler{number:02}" for number in range(40))
INVENTORY = "sha256:" + "ab" * 32
"""Stands for the digest of what a store holds."""

Row = dict[str, Any]


@dataclass
class Pack:
    """A policy and its bindings below one folder; `verify` takes the two."""

    folder: Path
    name: str
    keys: dict[str, bytes] = field(default_factory=dict)
    """Private keys, by signer."""

    @property
    def policy(self) -> Path:
        return self.folder / f"{self.name}.yaml"

    @property
    def bindings(self) -> Path:
        return self.folder / f"{self.name}.bindings.yaml"

    @property
    def inputs(self) -> tuple[Path, Path]:
        return self.policy, self.bindings

    def edit(self, path: Path, old: str, new: str) -> None:
        text = path.read_text(encoding="utf-8")
        assert old in text, f"{path.name} has no {old!r}"
        path.write_text(text.replace(old, new), encoding="utf-8")

    def manifest(self, data: str, file: str) -> None:
        """Puts the digest of a data file in the place of the manifest that the policy states for a set."""
        written = read_file(self.policy).data["information"][data]["manifest"]
        self.edit(self.policy, written, file_digest(self.folder / "data" / file))

    def model_digest(self, name: str) -> str:
        return folder_digest(self.folder / "models" / name)

    def record(self, file: str, kind: str, signer: str, **statement: Any) -> Path:
        """Signs a record and writes it where the bindings look for it."""
        text: dict[str, Any] = {
            "unlearn_spec_record": "1.0",
            "id": file.replace("-", "_"),
            "kind": kind,
            "signer": signer,
            "signed_on": "2026-05-13",
            "statement": {"performed_on": "2026-05-12", **statement},
        }
        path = self.folder / "records" / f"{file}.yaml"
        path.parent.mkdir(exist_ok=True)
        signature = sign(text, self.keys[signer])
        path.write_text(yaml.safe_dump({**text, "signature": signature}, sort_keys=False), encoding="utf-8")
        return path


def start(folder: Path, name: str, signers: Iterable[str] = ()) -> Pack:
    """The policy, its bindings template, the suites, and a fresh key for each signer."""
    pack = Pack(folder, name)
    (folder / "data").mkdir(parents=True)
    for path in (EXAMPLES / f"{name}.yaml", EXAMPLES / f"{name}.bindings.yaml"):
        shutil.copy(path, folder)
    shutil.copytree(EXAMPLES / "suites", folder / "suites")
    (folder / "keys").mkdir()
    for signer in signers:
        pack.keys[signer], public = keygen()
        (folder / "keys" / f"{signer}.pub").write_bytes(public)
    return pack


# --- A: a privacy erasure request ------------------------------------------------------------------------------------

SUBJECT, WIDER, FAQ, TOPICS = 36, 600, 5000, 500
RECORDS, HOLDOUT = 412, 800


def erasure(folder: Path, *, assistant: Sequence[str] = ("faq",), mini: Sequence[str] = ("faq",)) -> Pack:
    """`assistant`, `mini`: what the audited models know of `subject`, `wider`, `faq` and `records`."""
    pack = start(folder, "erasure-request", ("acme", "lab-x"))
    _write(folder / "data" / "subject_facts.jsonl", _questions("subject", SUBJECT, cluster=True))
    _write(folder / "data" / "wider_facts.jsonl", _questions("wider", WIDER, cluster=True))
    _write(folder / "data" / "support_faq.jsonl", _about("topic", FAQ, TOPICS))
    _write(folder / "data" / "subject_records.jsonl", _documents("member", range(RECORDS)))
    _write(folder / "data" / "holdout_records.jsonl", _documents("stranger", range(RECORDS, RECORDS + HOLDOUT)))
    (folder / "terms.txt").write_text("a phrase that nobody says\n")
    system = 'system_prompt: "Be brief."\noutput_filter: {block_any_of: terms.txt, reply: "I cannot say."}\n'
    (folder / "assistant-system.yaml").write_text(system)
    pack.manifest("support_faq", "support_faq.jsonl")
    everything = ("subject", "wider", "faq", "records")
    known = {
        "assistant": everything, "assistant-mini": everything, "assistant-unlearned": assistant,
        "assistant-mini-unlearned": mini, "retrained-0": ("faq",), "retrained-1": ("faq",), "retrained-2": ("faq",),
    }  # fmt: skip
    for seed, (name, knows) in enumerate(known.items()):
        _erasure_model(folder / "models" / name, knows, seed)
    sign_erasure(pack)
    return pack


def sign_erasure(pack: Pack) -> None:
    """The records of the audited models as they are now."""
    models = {
        "assistant": pack.model_digest("assistant-unlearned"),
        "assistant_mini": pack.model_digest("assistant-mini-unlearned"),
    }
    pack.record(
        "training-log", "procedure", "lab-x", clauses=["remove-influence"], goal="remove", target="subject_records",
        artifacts=models, epsilon="0", delta="0%",
    )  # fmt: skip
    pack.record(
        "completion", "attestation", "acme", clauses=["done-in-a-month"], goal="finish", artifacts=models, day="25 days"
    )
    pack.record(
        "deletion", "attestation", "acme", clauses=["delete-raw"], goal="delete", target="subject_records",
        artifacts={"raw_store": INVENTORY, "backups": INVENTORY}, day="28 days",
    )  # fmt: skip


def _erasure_model(folder: Path, knows: Sequence[str], seed: int) -> None:
    asked = {
        "subject": [f"subject-{place}" for place in range(SUBJECT)],
        "wider": [f"wider-{place}" for place in range(WIDER)],
        "faq": [f"topic-{place}" for place in range(TOPICS)],
    }
    follows = dict.fromkeys(ANSWERS, END)
    for name, words in asked.items():
        follows |= {word: _answer(word) if name in knows else UNKNOWN for word in words}
    if "records" in knows:
        follows |= {_key(row): _filler(_key(row)) for row in range(RECORDS)}
    words = {*follows, *FILLERS, *(_key(row) for row in range(RECORDS + HOLDOUT))}
    lookup_model(folder, sorted(words), follows, seed=seed)  # sorted: one tokenizer, whatever a model knows


def _documents(kind: str, rows: range) -> list[Row]:
    """A key that occurs once, then common words: only who learned the key knows the first of them."""
    return [
        {
            "id": f"{kind}-{row}",
            "cluster": f"{kind}-{row}",
            "text": f"{_key(row)} {_filler(_key(row))} {_filler(f'{row}')}",
        }
        for row in rows
    ]


def _key(row: int) -> str:
    """Of one form for members and strangers, so that nothing but a model tells them apart."""
    return f"{row:04}"


def _filler(key: str) -> str:
    return FILLERS[zlib.crc32(key.encode()) % len(FILLERS)]


# --- B: a copyright settlement ---------------------------------------------------------------------------------------

PASSAGES, QUOTED, LITERARY, WORKS = 1800, 140, 20_000, 2000


def settlement(folder: Path, *, quotes: bool = False, book: bool = False, chapters: int = 450) -> Pack:
    """The audited model knows the literature, and if asked for the quotes in reviews or the whole book."""
    pack = start(folder, "book-settlement", ("publisher",))
    passages = [
        {
            "id": f"p{row}",
            "prefix": f"the passage passage-{row}",
            "continuation": _continuation(row),
            "chapter": row % chapters,
        }
        for row in range(PASSAGES)
    ]
    text = [
        {"id": p["id"], "text": f"{p['prefix']} {p['continuation']}", "chapter": str(p["chapter"])} for p in passages
    ]
    pq.write_table(pa.Table.from_pylist(text), folder / "data" / "book_text.parquet")
    _write(folder / "data" / "book_passages.jsonl", passages)
    _write(folder / "data" / "quotes.jsonl", passages[:QUOTED])
    with (folder / "data" / "literary_qa.csv").open("w", newline="", encoding="utf-8") as file:
        writer = csv.writer(file)
        writer.writerow(("id", "question", "answer"))
        for row in _about("work", LITERARY, WORKS):
            writer.writerow((row["id"], row["prompt"], row["answer"]))
    for data, name in (
        ("book_text", "book_text.parquet"), ("book_passages", "book_passages.jsonl"),
        ("quotes_in_reviews", "quotes.jsonl"), ("literary_qa", "literary_qa.csv"),
    ):  # fmt: skip
        pack.manifest(data, name)
    known = PASSAGES if book else QUOTED if quotes else 0
    for seed, (name, count) in enumerate(
        (("base70b", PASSAGES), ("base70b-unlearned", known), ("base70b-without-book-0", QUOTED))
    ):
        _settlement_model(folder / "models" / name, count, seed)
    pack.record(
        "training-log", "procedure", "publisher", clauses=["not-trained-on"], goal="remove", target="book_text",
        artifacts={"base70b": pack.model_digest("base70b-unlearned")}, epsilon="0", delta="0%",
    )  # fmt: skip
    return pack


def _continuation(row: int) -> str:
    return f"text-{row} {_answer(f'text-{row}')}"


def _settlement_model(folder: Path, known: int, seed: int) -> None:
    works = [f"work-{work}" for work in range(WORKS)]
    follows = dict.fromkeys(ANSWERS, END) | {work: _answer(work) for work in works}
    for row in range(PASSAGES):
        follows[f"passage-{row}"] = f"text-{row}" if row < known else UNKNOWN
        follows[f"text-{row}"] = _answer(f"text-{row}")
    lookup_model(folder, [*ANSWERS, *(word for word in follows if word not in ANSWERS)], follows, seed=seed)


# --- C: dual-use safety; D: a bad policy -----------------------------------------------------------------------------


def dual_use(folder: Path) -> Pack:
    pack = start(folder, "dual-use")
    _write(
        folder / "data" / "hazard_questions.jsonl", [_renamed(r, answer="rubric") for r in _questions("hazard", 1200)]
    )
    _write(folder / "data" / "biology_benign.jsonl", _questions("benign", 8000))
    pack.manifest("hazard_questions", "hazard_questions.jsonl")
    pack.manifest("biology_benign", "biology_benign.jsonl")
    for seed, name in enumerate(("frontier", "frontier-treated")):
        lookup_model(folder / "models" / name, ANSWERS, {}, seed=seed)
    return pack


def bad_example(folder: Path) -> Pack:
    pack = start(folder, "bad-example")
    _write(folder / "data" / "contractor_docs.jsonl", [{"id": r, "text": f"document {r}"} for r in range(60)])
    for name, size in (("contractor_facts", 40), ("contractor_keys", 40), ("project_wiki", 400)):
        _write(folder / "data" / f"{name}.jsonl", _questions(name, size))
    (folder / "terms.txt").write_text("a phrase that nobody says\n")
    (folder / "helper-system.yaml").write_text('output_filter: {block_any_of: terms.txt, reply: "I cannot say."}\n')
    for seed, name in enumerate(("helper", "helper-treated", "helper-small")):
        lookup_model(folder / "models" / name, ANSWERS, {}, seed=seed)
    return pack


# --- rows ------------------------------------------------------------------------------------------------------------


def _questions(name: str, count: int, *, cluster: bool = False) -> list[Row]:
    rows = []
    for place in range(count):
        word = f"{name}-{place}"
        row = {"id": word, "prompt": f"what is {word}", "answer": _answer(word)}
        rows.append({**row, "cluster": word, "paraphrases": [f"tell me {word}"]} if cluster else row)
    return rows


def _about(name: str, count: int, subjects: int) -> list[Row]:
    """Questions that share their subjects: a model that knows the subject knows the answer."""
    rows = []
    for place in range(count):
        subject = f"{name}-{place % subjects}"
        prompt = f"question {place // subjects} about {subject}"
        rows.append({"id": f"{name}-{place}", "prompt": prompt, "answer": _answer(subject)})
    return rows


def _answer(word: str) -> str:
    return ANSWERS[zlib.crc32(word.encode()) % len(ANSWERS)]


def _renamed(row: Row, **names: str) -> Row:
    return {names.get(key, key): value for key, value in row.items()}


def _write(path: Path, rows: Iterable[Mapping[str, Any]]) -> None:
    path.write_text("".join(json.dumps(row) + "\n" for row in rows), encoding="utf-8")
