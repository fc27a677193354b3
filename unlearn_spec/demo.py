"""The demonstration: a world with known truth, one sound and one defective policy, four subjects, four reports.

Everything is made on the spot: people who do not exist, models trained on them, and a publisher who signs with a key that
anyone can compute. Nothing is staged: the verdicts are what the tests find.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from importlib import resources
from importlib.metadata import version
from os.path import relpath
from pathlib import Path

from .evidence.canonical import file_digest, folder_digest
from .policy.load import load
from .policy.read import read
from .verifiers.zoo import Zoo, build_zoo

SUBJECTS: Mapping[str, str] = {
    "retrained": "trained again from scratch without the forty people",
    "filtered": "the original, behind a filter that blocks their facts",
    "refusal-tuned": "the original, tuned to say that it does not know them",
    "graddiff": "the original after gradient ascent on them (GradDiff)",
}
_MODEL = {"retrained": "retrained_1", "filtered": "original", "refusal-tuned": "refusal_tuned", "graddiff": "graddiff"}
_REFERENCES = ("retrained_2", "retrained_3")
_SET_FILES = {
    "diaries": "forget_docs",
    "personal_facts": "forget_qa",
    "other_facts": "retain_qa",
    "neighbour_facts": "neighbour_qa",
}


@dataclass(frozen=True)
class Pack:
    """What a verification needs, written to disk."""

    policy: Path
    defective: Path
    bindings: Mapping[str, Path]
    """By subject."""
    runs: Path
    """Folder for run folders. Named by what is verified, so that a changed pack never meets an old run."""


def make_pack(out: Path, *, progress: Callable[[str], None], workers: int = 2) -> Pack:
    """Build (or reuse) the zoo under `out` and write policies, records and one bindings file a subject."""
    zoo = build_zoo(out / "cache", workers=workers, progress=progress)
    out.mkdir(parents=True, exist_ok=True)
    policies = {}
    for name in ("small-world", "bad-example"):
        policies[name] = out / f"{name}.yaml"
        policies[name].write_text(_example(name), encoding="utf-8")
    bindings = {}
    for subject in SUBJECTS:
        folder = out / "bindings" / subject
        folder.mkdir(parents=True, exist_ok=True)
        bindings[subject] = folder / "bindings.yaml"
        _write_records(folder, policies["small-world"], zoo, subject)
        bindings[subject].write_text(_bindings(zoo, subject, folder), encoding="utf-8")
    content = [
        version("unlearn-spec"),
        file_digest(policies["small-world"]),
        *(file_digest(path) for path in bindings.values()),
    ]
    runs = out / "runs" / hashlib.sha256(" ".join(content).encode()).hexdigest()[:8]
    return Pack(policies["small-world"], policies["bad-example"], bindings, runs)


def _example(name: str) -> str:
    return (resources.files("unlearn_spec.spec") / "examples" / f"{name}.yaml").read_text(encoding="utf-8")


def _bindings(zoo: Zoo, subject: str, folder: Path) -> str:
    def here(path: Path) -> str:
        return json.dumps(_relative(path, folder))

    system = f", system: {here(zoo.filter)}" if subject == "filtered" else ""
    lines = [
        'unlearn_spec_bindings: "1.0"',
        "policy: {id: small-world, version: 1}",
        "seed: 17",
        "device: cpu",
        "precision: float32",
        f"artifacts: {{assistant: {{model: {here(zoo.models[_MODEL[subject]])}{system}}}}}",
        f"original: {{assistant: {{model: {here(zoo.models['original'])}}}}}",
        "references:",
        "  assistant:",
        *(f"    - {{model: {here(zoo.models[name])}}}" for name in _REFERENCES),
        "data:",
        *(f"  {name}: {_data(zoo.data[stem], folder)}" for name, stem in _SET_FILES.items()),
        f"holdouts: {{diaries: {_data(zoo.data['holdout_docs'], folder, ', randomised: true')}}}",
        "keys: {publisher: publisher.pub}",
        "records: [completion.yaml, deletion.yaml, escrow.yaml]",
    ]
    return "\n".join(lines) + "\n"


def _data(path: Path, folder: Path, more: str = "") -> str:
    fields = (
        ("id", "text", "prefix", "suffix", "cluster")
        if "docs" in path.stem
        else ("id", "prompt", "answer", "cluster", "paraphrases")
    )
    mapping = ", ".join(f"{field}: {field}" for field in fields)
    return f'{{file: {json.dumps(_relative(path, folder))}, format: jsonl, fields: {{{mapping}}}, digest: "{file_digest(path)}"{more}}}'


def _relative(path: Path, folder: Path) -> str:
    """`path` as seen from `folder`, so that the whole output folder can be moved."""
    return Path(relpath(path.resolve(), folder.resolve())).as_posix()


def _write_records(folder: Path, policy: Path, zoo: Zoo, subject: str) -> None:
    """The publisher's attestations: work done, raw store emptied, test copies kept. Signed with a key made of public words."""
    from cryptography.hazmat.primitives import serialization
    from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

    from .verdict.records import sign

    key = Ed25519PrivateKey.from_private_bytes(hashlib.sha256(b"unlearn-spec demonstration publisher").digest())
    private = key.private_bytes(
        serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
    )
    public = key.public_key().public_bytes(serialization.Encoding.PEM, serialization.PublicFormat.SubjectPublicKeyInfo)
    (folder / "publisher.pub").write_bytes(public)
    model = folder_digest(zoo.models[_MODEL[subject]])
    inventory = file_digest(zoo.data["forget_docs"])
    clauses = {clause.id: clause for clause in load(policy).policy.clauses}
    for name, clause, artifact, digest, day in (
        ("completion", "done-in-a-month", "assistant", model, 25),
        ("deletion", "delete-raw", "raw_store", inventory, 28),
        ("escrow", "keep-for-tests", "test_vault", inventory, 60),
    ):
        goal = clauses[clause].goal
        target = "" if goal == "finish" else "  target: diaries\n"
        text = (
            f'unlearn_spec_record: "1.0"\nid: {name}\nkind: attestation\nsigner: publisher\nsigned_on: "2026-03-02"\n'
            f"statement:\n  clauses: [{clause}]\n  goal: {goal}\n{target}"
            f'  artifacts: {{{artifact}: "{digest}"}}\n  performed_on: "2026-03-01"\n  day: "{day} days"\n'
        )
        signature = sign(read(text, name).data, private)
        (folder / f"{name}.yaml").write_text(f'{text}signature: "{signature}"\n', encoding="utf-8")
