"""The relearning attack: fine-tune a copy on one random half of the target's clusters, then look at both halves.

What comes back on the half that the attack never saw was still in the weights. Deeb & Roger, arXiv 2410.08827,
section 3; the control, a model trained without the target under the same attack, is a subject of its own. Text that is
retained, or unrelated, may take the place of the half that is trained on (Hu et al., arXiv 2406.13356; Łucki et al.,
arXiv 2409.18025, section 4).
"""

from __future__ import annotations

import copy
import math
from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from functools import reduce

from torch import nn

from ..plan.units import GenerateUnit, RelearnUnit
from .generation import generate
from .items import Item, ItemError, lot
from .low_rank import merged, with_updates
from .scoring import parts, score
from .subjects import OutputError, SubjectError
from .subjects.model import Model
from .table import Table, Value, from_columns, stack
from .training import Batch, Example, TrainingError, make_batches, mean_loss, next_token_loss, optimise, seeded, visited

TEXTS_PER_STEP = 8


def halves(items: Sequence[Item], seed: int) -> tuple[tuple[Item, ...], tuple[Item, ...]]:
    """The items in two halves by cluster, as equal in clusters as can be; the first has the odd one.

    Clusters are ordered by a hash of seed and name, so that neither their order nor their content matters.
    """
    clusters = sorted({item.cluster for item in items}, key=lambda name: lot(seed, name))
    first = set(clusters[: (len(clusters) + 1) // 2])
    return (
        tuple(item for item in items if item.cluster in first),
        tuple(item for item in items if item.cluster not in first),
    )


def relearn(model: Model, items: Sequence[Item], other: Sequence[Item], unit: RelearnUnit) -> Table:
    """A `relearn` table: the columns of a `score` table (reading `extraction_probability`) or else of a `generate`
    table on the items' prompts, taken along the attack, with the columns `step` and `side` in front, and before them
    `loss_before` and `loss`: the mean loss in nats a scored token over the batches that the attack takes, before its first
    step and at this look; infinite where it is no number.

    `attacked` are the clusters of half `unit.half`, `held_out` the others. On a random half the attack trains on the
    former; else on those items of `other` that are not among the target's, and the halves stay what they are. It takes
    `unit.steps` steps by the recipe of `training.finetune` with 8 texts each: questions as prompt and answer, loss on the
    answer and the end token; documents as whole texts. With `unit.rank` only low-rank updates are trained, and added to
    the weights before looking. Looked at is the model after each number of steps in `unit.every_look`; looking changes
    nothing in what follows. An attack that diverges ends there, and the looks it did not reach have no rows.

    Raises `ItemError` for fewer than two clusters or nothing to train on, `SubjectError` for a model that has no finite
    loss before the attack, or no layers to update.
    """
    split = halves(items, unit.seed)
    if not all(split):
        raise ItemError("relearning needs items of at least two clusters: one half to train on, one to look at")
    attacked, held_out = split[unit.half], split[1 - unit.half]
    material = attacked if unit.on == "random_half" else _apart(other, items)
    if not material:
        raise ItemError("relearning on other text needs at least one item to train on that is not one of the target's")
    examples = [_example(model, item, unit.subject.prompt) for item in material]
    batches = make_batches(examples, size=TEXTS_PER_STEP, pad_id=0)
    taken = visited(batches, steps=unit.steps, seed=unit.seed) or batches
    before = _loss(model.network, taken)
    tables: list[Table] = []

    def look(step: int, network: nn.Module) -> None:
        after = replace(model, network=network)
        told = {"step": step, "loss": _loss(network, taken), "loss_before": before}
        sides = (("attacked", attacked), ("held_out", held_out))
        seen = [_with(_look(after, side, unit), {"side": name, **told}) for name, side in sides]
        tables.extend(seen)  # all or nothing of a look

    try:
        _attack(model, batches, unit, look)
    except OutputError:
        pass  # what it would have said is no number: it diverged since the last look
    except TrainingError as error:
        if error.step == 1:
            raise SubjectError(f"{model.name}: relearning cannot begin: {error}") from error
    if not tables:
        return from_columns("relearn", dict.fromkeys(("loss_before", "loss", "step", "side", "item", "cluster"), ()))
    return stack(tables).as_kind("relearn")


def _apart(other: Sequence[Item], target: Sequence[Item]) -> tuple[Item, ...]:
    """The items that are not one of the target's, in other case or with other blanks."""
    known = {item.alike for item in target}
    return tuple(item for item in other if item.alike not in known)


def _attack(
    model: Model, batches: Sequence[Batch], unit: RelearnUnit, look: Callable[[int, nn.Module], None]
) -> None:
    """Trains a copy and shows it to `look` on the way, without dropout: a folder's configuration could ask for so much of it that
    no attack takes hold, and none of it is seen in an answer. Raises `TrainingError`, and what `look` raises."""
    student = _student(model, unit)

    def watch(step: int, loss: float) -> None:
        if step in unit.every_look:
            with seeded(unit.seed):  # looking leaves the random state of training alone
                look(step, student if unit.rank is None else merged(student, model.network))

    if 0 in unit.every_look:
        look(0, model.network)
    rate = float(unit.learning_rate)
    optimise(student, batches, next_token_loss, steps=unit.steps, lr=rate, seed=unit.seed, dropout=False, watch=watch)


def _student(model: Model, unit: RelearnUnit) -> nn.Module:
    if unit.rank is None:
        copied: nn.Module = copy.deepcopy(model.network)
        return copied.requires_grad_(True)
    try:
        with seeded(unit.seed):
            updated: nn.Module = with_updates(model.network, unit.rank)
            return updated
    except ValueError as error:
        raise SubjectError(f"{model.name}: {error}; `tune: full` would train all weights") from error


def _loss(network: nn.Module, batches: Sequence[Batch]) -> float:
    loss = mean_loss(network, batches)
    return math.inf if math.isnan(loss) else loss


def _with(table: Table, told: Mapping[str, Value]) -> Table:
    """The table with constant columns in front, the last one first."""
    return reduce(lambda found, column: found.with_column(*column), told.items(), table)


def _example(model: Model, item: Item, template: str) -> Example:
    read = model.encode_pair(*parts(item, template))
    end = model.tokenizer.eos_token_id
    ids = read.ids if end is None else (*read.ids, end)
    if model.context is not None and len(ids) > model.context:
        ids = ids[: model.context]  # only the end token can fall off where the text itself was scored before
    return Example(ids, 1 if item.is_document else max(1, read.start))


def _look(model: Model, side: Sequence[Item], unit: RelearnUnit) -> Table:
    if unit.reading.metric == "extraction_probability":
        return score(model, side, unit.reading, template=unit.subject.prompt)
    asked = GenerateUnit(subject=unit.subject, data=unit.data, reading=unit.reading, seed=unit.seed)
    return generate(model, side, asked)
