"""A task of lm-evaluation-harness as a file: multiple choice over local data, read strictly, so that nothing in it can run.

Read are the keys that say how a document becomes a question. What the harness would otherwise run or fetch is refused
before it sees any of it: tags such as `!function`, templates that call something, metrics of other kinds, data sets that
are not files here.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Annotated, Any

from pydantic import Field, StrictInt, ValidationError

from ..policy.frozen import Frozen
from ..policy.problem import Problem
from ..policy.source import Path
from ..verifiers.harness_task import METRICS, Task, fields, listed, strange
from .form import form_problems

MAX_BYTES = 1 << 20
MAX_SHOTS = 100


class MetricEntry(Frozen):
    """One metric."""

    metric: str
    aggregation: str = "mean"
    higher_is_better: bool = True


class KwargsEntry(Frozen):
    """Where the data lie: split to file, beside the task's own."""

    data_files: dict[str, str]


class TaskWritten(Frozen):
    """The whole file, in the harness's words."""

    task: str
    task_alias: str | None = None
    tag: Any = None
    dataset_path: str
    dataset_kwargs: KwargsEntry
    test_split: str
    fewshot_split: str | None = None
    num_fewshot: Annotated[StrictInt, Field(ge=0, le=MAX_SHOTS)] = 0
    output_type: str
    doc_to_text: str
    doc_to_target: Any
    doc_to_choice: Any
    description: str = ""
    target_delimiter: str = " "
    fewshot_delimiter: str = "\n\n"
    metric_list: tuple[MetricEntry, ...] = ()
    metadata: dict[str, Any] = Field(default_factory=dict)


def read_task(data: Any) -> tuple[TaskWritten | None, tuple[Problem, ...]]:
    """The task that a file's content describes, or its mistakes (B018, or those of its form), each by path."""
    try:
        written = TaskWritten.model_validate(data)
    except ValidationError as error:
        return None, tuple(form_problems(error, TaskWritten))
    problems = tuple(_problems(written))
    return (None, problems) if problems else (written, ())


def task_of(written: TaskWritten) -> Task:
    """How a document becomes a question."""
    choice = written.doc_to_choice
    return Task(
        name=written.task,
        version=str(written.metadata.get("version", "")),
        doc_to_text=written.doc_to_text,
        doc_to_target=written.doc_to_target,
        doc_to_choice=choice if isinstance(choice, str) else tuple(choice),
        description=written.description,
        target_delimiter=written.target_delimiter,
        fewshot_delimiter=written.fewshot_delimiter,
        shots=written.num_fewshot,
    )


def misfits(task: Task, documents: Sequence[Mapping[str, Any]]) -> Iterator[Problem]:
    """What the task asks of its documents and they do not have. No value of theirs stands in a message."""
    known = set.intersection(*(set(row) for row in documents))
    for key in ("doc_to_text", "doc_to_target", "doc_to_choice", "description"):
        text = getattr(task, key)
        if not isinstance(text, str) or text in known:
            continue
        if unknown := sorted(set(fields(text)) - known):
            yield _wrong((key,), f"not every document has a field `{unknown[0]}`")
        elif key != "description" and "{{" not in text:
            yield _wrong((key,), f"neither a field of every document nor a template with {{{{field}}}} in it: `{text[:60]}`")
    try:
        if any(not 2 <= number <= MAX_SHOTS for number in options_of(task, documents)):
            yield _wrong(("doc_to_choice",), "a document has fewer than two options, or more than a hundred")
    except (KeyError, TypeError):
        yield _wrong(("doc_to_choice",), "what this names is not a list of options in every document")


def options_of(task: Task, documents: Sequence[Mapping[str, Any]]) -> tuple[int, ...]:
    """How many options each document has. Raises `KeyError` or `TypeError` where that cannot be told."""
    choice = task.doc_to_choice
    if not isinstance(choice, str):
        return (len(choice),) * len(documents)
    if (number := listed(choice)) is not None:
        return (number,) * len(documents)
    return tuple(_length(row[choice]) for row in documents)


def _length(value: object) -> int:
    if not isinstance(value, list) or not all(isinstance(one, str) and one for one in value):
        raise TypeError("no list of texts")
    return len(value)


def _problems(written: TaskWritten) -> Iterator[Problem]:
    if written.dataset_path != "json":
        yield _wrong(("dataset_path",), "data sets are not fetched here: write `json`, and local files under `data_files`")
    if written.output_type != "multiple_choice":
        yield _wrong(("output_type",), "only `multiple_choice` is run here: right or wrong by likelihoods, item by item")
    if not written.task.strip() or any(letter.isspace() for letter in written.task):
        yield _wrong(("task",), "a task's name is one word")
    files = written.dataset_kwargs.data_files
    if written.test_split not in files:
        yield _wrong(("test_split",), f"`data_files` names no file for the split `{written.test_split[:60]}`")
    if written.num_fewshot and (written.fewshot_split not in files or written.fewshot_split == written.test_split):
        yield _wrong(("num_fewshot",), "examples come from a split of their own: `fewshot_split`, with a file in `data_files`")
    for place, entry in enumerate(written.metric_list):
        if entry.metric not in METRICS:
            yield _wrong(("metric_list", place, "metric"), f"one of {', '.join(METRICS)} is read here")
        if entry.aggregation != "mean" or not entry.higher_is_better:
            yield _wrong(("metric_list", place), "items are counted: `aggregation: mean`, `higher_is_better: true`")
    yield from _templates(written)


def _templates(written: TaskWritten) -> Iterator[Problem]:
    target, choice = written.doc_to_target, written.doc_to_choice
    if isinstance(target, bool) or not isinstance(target, str | int):
        yield _wrong(("doc_to_target",), "expected text or a whole number")
    if isinstance(choice, list):
        if not all(isinstance(one, str) and one for one in choice):
            yield _wrong(("doc_to_choice",), "expected a list of texts")
    elif not isinstance(choice, str):
        yield _wrong(("doc_to_choice",), "expected a list of texts, a field that holds one, or `{{[field, field]}}`")
    elif "{" in choice and listed(choice) is None:
        yield _wrong(("doc_to_choice",), "expected a field that holds a list, or `{{[field, field]}}`")
    for key in ("doc_to_text", "doc_to_target", "description"):
        value = getattr(written, key)
        if isinstance(value, str) and (found := strange(value)) is not None:
            text = f"`{found[:60]}` is not filled in here: {{{{field}}}}, {{{{field.strip()}}}}, {{{{field[0]}}}} and the like are"
            yield _wrong((key,), text)


def _wrong(path: Path, text: str) -> Problem:
    return Problem("B018", path, text)
