"""The bindings of a process with its runs, and of a model behind an endpoint: what a verification of them would be given."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from os.path import relpath
from pathlib import Path

from ..calibration.binding import Cabinet
from ..policy.model import Policy
from ..run.seal import write_whole
from ..verifiers.zoo.processes import Process
from ..verifiers.zoo.specimens import ORIGINAL

_SETS = {
    "diaries": "forget_docs",
    "personal_facts": "forget_qa",
    "personal_choices": "forget_choices",
    "other_facts": "retain_qa",
    "neighbour_facts": "neighbour_qa",
}


def process_bindings(cabinet: Cabinet, policy: Policy, process: Process) -> Path:
    """Writes them, and returns the file: its first run is audited, the others are further runs."""
    folder = cabinet.folder / "bindings"
    first, *more = [_model(cabinet.model(one), folder) for one in process.runs]
    holdout = _here(cabinet.data()["holdout_docs"], folder)
    lines = [
        f"artifacts: {{assistant: {first}}}",
        f"original: {{assistant: {_model(cabinet.model(ORIGINAL), folder)}}}",
        *_listed("references", [_model(cabinet.model(one), folder) for one in process.references]),
        *_listed("runs", more),
        f"holdouts: {{diaries: {{file: {holdout}, randomised: true}}}}",
    ]
    return _written(cabinet, policy, process.name, lines)


def folder_bindings(cabinet: Cabinet, policy: Policy, name: str, audited: Path) -> Path:
    """Of a model in its folder, the original beside it."""
    folder = cabinet.folder / "bindings"
    lines = [
        f"artifacts: {{assistant: {_model(audited, folder)}}}",
        f"original: {{assistant: {_model(cabinet.model(ORIGINAL), folder)}}}",
    ]
    return _written(cabinet, policy, f"{name}-folder", lines)


def endpoint_bindings(cabinet: Cabinet, policy: Policy, name: str, url: str, logprobs: str) -> Path:
    """Of the same two models behind a server, which gives text alone (`none`) or log-probabilities too (`echo`)."""

    def entry(model: str) -> str:
        return f"{{endpoint: {{url: {json.dumps(url)}, model: {model}, logprobs: {logprobs}, concurrency: 1}}}}"

    lines = [
        f"artifacts: {{assistant: {entry(name)}}}",
        f"original: {{assistant: {entry(ORIGINAL.name)}}}",
    ]
    return _written(cabinet, policy, f"{name}-{logprobs}", lines)


def _written(cabinet: Cabinet, policy: Policy, name: str, lines: Sequence[str]) -> Path:
    folder = cabinet.folder / "bindings"
    folder.mkdir(parents=True, exist_ok=True)
    data: Mapping[str, Path] = cabinet.data()
    head = [
        'unlearn_spec_bindings: "1.0"',
        f"policy: {{id: {policy.policy.id}, version: {policy.policy.version}}}",
        f"seed: {cabinet.seed}",
        "device: cpu",
        "data:",
        *(
            f"  {one}: {{file: {_here(data[stem], folder)}}}"
            for one, stem in _SETS.items()
            if one in policy.information
        ),
    ]
    path = folder / f"{name}.yaml"
    write_whole(path, ("\n".join([*head, *lines]) + "\n").encode())
    return path


def _listed(block: str, models: Sequence[str]) -> list[str]:
    return [f"{block}:", "  assistant:", *(f"    - {one}" for one in models)]


def _model(folder: Path, beside: Path) -> str:
    return f"{{model: {_here(folder, beside)}}}"


def _here(path: Path, folder: Path) -> str:
    return json.dumps(Path(relpath(path.resolve(), folder.resolve())).as_posix())
