"""Bound tasks of lm-evaluation-harness: each a file with local data, which are the items of the set that it asks about."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import replace
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path as FilePath
from typing import Any

from ..evidence.canonical import bytes_digest, json_digest
from ..policy.read import read_bytes
from ..policy.source import Path
from ..verifiers.harness_task import TaskFiles
from .bound import BoundData, BoundTask
from .desk import Desk
from .form import findings_in_order
from .found import there
from .rows import DataError, files_digest, format_of, read_files, rows
from .task_file import MAX_BYTES, TaskWritten, misfits, options_of, read_task, task_of
from .units import TaskRef
from .written import TaskEntry

Rows = tuple[Mapping[str, Any], ...]


def harness_version() -> str:
    """Version of the installed lm-evaluation-harness; empty if there is none. It is not imported."""
    try:
        return version("lm_eval")
    except PackageNotFoundError:
        return ""


def task(desk: Desk, data: Mapping[str, BoundData], seed: int) -> Callable[[Path, str, TaskEntry], BoundTask | None]:
    """Reads a task, its data included; these are the items bound to the set, byte for byte."""

    def read(path: Path, name: str, entry: TaskEntry) -> BoundTask | None:
        file = _file(desk, (*path, "task"), desk.folder / entry.task)
        raw = None if file is None else desk.content((*path, "task"), file, MAX_BYTES, "B018")
        if file is None or raw is None:
            return None
        reading = read_bytes(raw, str(file))
        if reading.findings:
            desk.elsewhere += reading.findings
            return None
        written, problems = read_task(reading.data)
        if written is None:
            desk.elsewhere += findings_in_order(problems, reading.source)
            return None
        found = _bound(desk, path, file.parent, raw, written, seed)
        if found is None:
            return None
        bound, documents = found
        if problems := tuple(misfits(bound.files.task, documents)):
            desk.elsewhere += findings_in_order(problems, reading.source)
            return None
        if entry.digest is not None and entry.digest != bound.files.ref.digest:
            desk.report("B008", (*path, "digest"), f"this task's digest, its data included, is {bound.files.ref.digest}")
        items = data.get(name)
        if items is None:
            desk.report("B018", path, f"bind the task's file of test documents under `data: {name}` too", at_key=True)
            return None
        if items.file_digest != bound.files.documents_digest or len(items.items) != len(documents):
            text = f"`data: {name}` is to be the task's own file, whole: {bound.files.documents}, one item a document"
            desk.report("B018", (*path, "task"), text)
            return None
        counts = options_of(bound.files.task, documents)
        return replace(bound, options=dict(zip((item.id for item in items.items), counts, strict=True)))

    return read


def documents(file: FilePath) -> tuple[Rows, str]:
    """The rows of a data file of a task, and the digest of its bytes. Raises `DataError`."""
    form = format_of(file)
    if form not in ("jsonl", "json"):
        raise DataError(f"{file}: a task's data are JSON here: .jsonl or .json")
    files = read_files(file)
    return tuple(row for _, row in rows(file, form, files, {})), files_digest(files)


def _file(desk: Desk, path: Path, place: FilePath) -> FilePath | None:
    """The task's file: the one named, or the only one in the folder named."""
    if not there(place.is_dir):
        return place
    inside = sorted(one for one in place.iterdir() if one.suffix in (".yaml", ".yml"))
    if len(inside) != 1:
        desk.report("B018", path, f"{place} holds {len(inside)} YAML files; name the task's file")
        return None
    return inside[0]


def _bound(
    desk: Desk, path: Path, folder: FilePath, raw: bytes, written: TaskWritten, seed: int
) -> tuple[BoundTask, Rows] | None:
    names = written.dataset_kwargs.data_files
    shown = names[str(written.fewshot_split)] if written.num_fewshot else None
    test = folder / names[written.test_split]
    try:
        rows_of_test, test_digest = documents(test)
        examples, examples_digest = documents(folder / shown) if shown is not None else ((), "")
    except DataError as error:
        desk.report("B018", (*path, "task"), f"{error}; nothing is downloaded here")
        return None
    if not rows_of_test or (shown is not None and len(examples) < written.num_fewshot):
        desk.report("B018", (*path, "task"), f"{test}: there are too few documents, or too few examples to show")
        return None
    ref = TaskRef(
        name=written.task,
        version=str(written.metadata.get("version", "")),
        digest=json_digest({"task": bytes_digest(raw), "documents": test_digest, "examples": examples_digest}),
        shots=written.num_fewshot,
        seed=seed,
        harness=harness_version(),
    )
    place = None if shown is None else (folder / shown).resolve()
    return BoundTask(TaskFiles(ref, task_of(written), test.resolve(), test_digest, place, examples_digest)), rows_of_test
