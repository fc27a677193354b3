"""The bindings of a specimen: what a verification of it would be given."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from os.path import relpath
from pathlib import Path
from typing import Protocol

from ..policy.model import Policy
from ..run.seal import write_whole
from ..verifiers.zoo.specimens import ORIGINAL, Specimen

_SETS = {
    "diaries": "forget_docs",
    "personal_facts": "forget_qa",
    "personal_choices": "forget_choices",
    "kept_documents": "kept_cuts",
    "other_facts": "retain_qa",
    "neighbour_facts": "neighbour_qa",
}
_CANARY = "{id: id, cluster: cluster, prompt: prefix, answer: suffix}"
"""Scored by what follows the prefix, words that are drawn for each person. Names are dealt to a role as a whole, and a model
may find those of one role likelier, so that scores of whole documents are no lottery's."""


class Cabinet(Protocol):
    """Where one world's models and data come from; `zoo.specimens.Cabinet` is one."""

    @property
    def seed(self) -> int: ...

    @property
    def folder(self) -> Path: ...

    def data(self) -> Mapping[str, Path]:
        """Data files by stem: those of `_SETS`, `holdout_docs` and `canaries`."""

    def guard(self, specimen: Specimen) -> Path | None:
        """The declaration of a specimen's guards."""

    def model(self, specimen: Specimen) -> Path:
        """The folder of a specimen's model, `NAME-KEY`, made if it is missing."""


def write_bindings(
    cabinet: Cabinet, policy: Policy, suites: Path, retrained: Sequence[Specimen], specimen: Specimen
) -> Path:
    """Writes them, and returns the file: the original before it, all retrained models but itself beside it.

    `suites`: the folder of the policy's suites.
    """
    folder = cabinet.folder / "bindings"
    folder.mkdir(parents=True, exist_ok=True)

    def here(path: Path) -> str:
        return json.dumps(Path(relpath(path.resolve(), folder.resolve())).as_posix())

    data, guard = cabinet.data(), cabinet.guard(specimen)
    system = "" if guard is None else f", system: {here(guard)}"
    beside = [cabinet.model(other) for other in retrained if other.name != specimen.name]
    named = dict.fromkeys(one.evidence.suite for one in policy.clauses if one.evidence and one.evidence.suite)
    files = {name: suites / f"{name.partition('@')[0]}.yaml" for name in named}
    lines = [
        'unlearn_spec_bindings: "1.0"',
        f"policy: {{id: {policy.policy.id}, version: {policy.policy.version}}}",
        f"seed: {cabinet.seed}",
        "device: cpu",
        f"artifacts: {{assistant: {{model: {here(cabinet.model(specimen))}{system}}}}}",
        f"original: {{assistant: {{model: {here(cabinet.model(ORIGINAL))}}}}}",
        "references:",
        "  assistant:",
        *(f"    - {{model: {here(path)}}}" for path in beside),
        "data:",
        *(f"  {name}: {{file: {here(data[stem])}}}" for name, stem in _SETS.items() if name in policy.information),
        f"holdouts: {{diaries: {{file: {here(data['holdout_docs'])}, randomised: true}}}}",
        f"canaries: {{diaries: {{file: {here(data['canaries'])}, included: included, fields: {_CANARY}}}}}",
        *(["suites:"] if files else []),
        *(f"  {json.dumps(name)}: {{file: {here(path)}}}" for name, path in files.items()),
    ]
    path = folder / f"{specimen.name}.yaml"
    write_whole(path, ("\n".join(lines) + "\n").encode())
    return path
