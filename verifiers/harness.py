"""A task of lm-evaluation-harness, run here on a model in hand, item by item. The package is an extra, imported when used.

The harness gets the loaded model, the task as plain values and the documents as rows: no file of the task, no cache and no
network is touched, and no code of the task can run.
"""

from __future__ import annotations

import copy
import math
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager, redirect_stderr, redirect_stdout
from dataclasses import dataclass
from importlib.metadata import PackageNotFoundError, version
from io import StringIO
from typing import Any

from ..plan.units import TaskRef
from .harness_task import Task
from .items import Item, ItemError
from .subjects.error import SubjectError
from .subjects.model import Model
from .table import Table, Value, from_rows

INSTALL = "pip install 'unlearn-spec[lm-eval]'"
BATCH = 8
"""Texts a forward pass; the same for every model, since sums in batches of other sizes differ in the last digits."""
COLUMNS = ("item", "cluster", "options", "preferred", "log_likelihoods")

Row = Mapping[str, Any]


@dataclass(frozen=True)
class Loaded:
    """A task with its documents, in the order of the set's items, and the file from which examples are drawn."""

    task: Task
    documents: Sequence[Row]
    examples: Sequence[Row] = ()


Tasks = Callable[[TaskRef], Loaded]


def evaluate(model: Model, loaded: Loaded, items: Sequence[Item], wanted: Sequence[Item], metric: str, ref: TaskRef) -> Table:
    """An `lm_eval` table with one row for each wanted item; `items` are all of the set, as many as there are documents.

    - `options`: how many there are. `preferred`: whether the metric, such as `acc_norm`, counts the item as right.
    - `log_likelihoods`: ln p of each option after the question, in order, as texts joined by blanks.

    The whole task is run, so that the examples shown do not depend on which items are wanted. Raises `ItemError` for a
    question that does not fit into the model's context or has no right option, or where documents and items differ in number;
    `SubjectError` where the harness is not installed in the planned version, or cannot run the task.
    """
    _installed(ref.harness)
    if len(loaded.documents) != len(items):
        raise ItemError(f"the task {ref.name} has {len(loaded.documents)} documents, the set {len(items)} items")
    with _quiet():
        samples, tokens, room = _samples(model, loaded, metric, ref)
    if [sample["doc_id"] for sample in samples] != list(range(len(items))):
        raise ItemError(f"the harness did not score each document of {ref.name} once")
    asked = {item.id for item in wanted}
    found = {}
    for item, sample in zip(items, samples, strict=True):
        if item.id in asked:
            _fits(item, sample, tokens, room)
            _answerable(item, sample, loaded.task.target_delimiter)
            found[item.id] = _row(item, sample, metric)
    return from_rows("lm_eval", COLUMNS, (found[item.id] for item in wanted))


def _installed(planned: str) -> None:
    try:
        here = version("lm_eval")
    except PackageNotFoundError:
        raise SubjectError(f"lm-evaluation-harness is not installed; run: {INSTALL}") from None
    if here != planned:
        raise SubjectError(f"the task was planned with lm-evaluation-harness {planned}, here is {here}")


def _samples(model: Model, loaded: Loaded, metric: str, ref: TaskRef) -> tuple[list[dict[str, Any]], Callable[[str], int], int]:
    """What the harness logged of each document, in their order; how it counts tokens, and how many fit."""
    from lm_eval import simple_evaluate
    from lm_eval.api.task import ConfigurableTask
    from lm_eval.models.huggingface import HFLM
    from lm_eval.tasks import TaskManager

    tokenizer = copy.deepcopy(model.tokenizer)  # the harness gives it a padding token
    try:
        lm = HFLM(pretrained=model.network, tokenizer=tokenizer, backend="causal", max_length=model.context, batch_size=BATCH)
        result = simple_evaluate(
            model=lm,
            tasks=[ConfigurableTask(config=_config(loaded, metric))],
            bootstrap_iters=0,
            task_manager=TaskManager(include_defaults=False),
            random_seed=None,
            numpy_random_seed=None,
            torch_random_seed=None,
            fewshot_random_seed=ref.seed,
        )
    except RuntimeError:  # of the device
        raise
    except Exception as error:  # of whichever library a document does not suit; its message may show the document
        raise SubjectError(f"lm-evaluation-harness cannot run the task {ref.name}: {type(error).__name__}") from None
    samples = sorted(result["samples"][ref.name], key=lambda sample: int(sample["doc_id"]))
    return samples, lambda text: len(lm.tok_encode(text)), int(lm.max_length)


def _config(loaded: Loaded, metric: str) -> dict[str, Any]:
    """The task as the harness takes it, its documents already in memory."""
    from datasets import Dataset

    task = loaded.task
    splits = {"test": loaded.documents} | ({"shown": loaded.examples} if task.shots else {})
    config = {
        "task": task.name,
        "custom_dataset": lambda **_: {name: Dataset.from_list([dict(row) for row in rows]) for name, rows in splits.items()},
        "test_split": "test",
        "output_type": "multiple_choice",
        "doc_to_text": task.doc_to_text,
        "doc_to_target": task.doc_to_target,
        "doc_to_choice": task.doc_to_choice if isinstance(task.doc_to_choice, str) else list(task.doc_to_choice),
        "description": task.description,
        "target_delimiter": task.target_delimiter,
        "fewshot_delimiter": task.fewshot_delimiter,
        "num_fewshot": task.shots,
        "metric_list": [{"metric": metric, "aggregation": "mean", "higher_is_better": True}],
    }
    return config | ({"fewshot_split": "shown"} if task.shots else {})


def _fits(item: Item, sample: Mapping[str, Any], tokens: Callable[[str], int], room: int) -> None:
    """Raises `ItemError` where the harness cut the beginning of a text off: it does so without saying which."""
    for before, option in sample["arguments"]:
        if tokens(before + option) > room + 1:  # the last token is predicted, not read
            raise ItemError(f"item {item.id}: the question with its examples is longer than the {room} tokens the model reads")


def _answerable(item: Item, sample: Mapping[str, Any], delimiter: str) -> None:
    """Raises `ItemError` where the right option is none of them: the harness would count every model as wrong, and a fall
    would look smaller than it is."""
    target, options = sample["target"], [option for _, option in sample["arguments"]]
    if isinstance(target, str):
        found = f"{delimiter}{target}" in options
    else:
        found = isinstance(target, int) and not isinstance(target, bool) and 0 <= target < len(options)
    if not found:
        raise ItemError(f"item {item.id}: the right option, as `doc_to_target` has it, is none of its {len(options)} options")


def _row(item: Item, sample: Mapping[str, Any], metric: str) -> dict[str, Value]:
    likelihoods = [float(found[0]) for found in sample["filtered_resps"]]
    if any(math.isnan(found) for found in likelihoods) or sample[metric] not in (0, 1):
        raise SubjectError(f"item {item.id}: the model's likelihoods or the metric {metric} are not usable numbers")
    return {
        "item": item.id,
        "cluster": item.cluster,
        "options": len(likelihoods),
        "preferred": sample[metric] == 1,
        "log_likelihoods": " ".join(map(repr, likelihoods)),
    }


@contextmanager
def _quiet() -> Iterator[None]:
    """No bars, tables or advice of the harness on the user's terminal: they may show documents."""
    with redirect_stderr(StringIO()), redirect_stdout(StringIO()):
        yield
