"""The relearning attack: fine-tune a copy on one random half of the target's clusters, then look at both halves.

What comes back on the half that the attack never saw was still in the weights. Deeb & Roger, arXiv 2410.08827,
section 3; the control, a model trained without the target under the same attack, is a subject of its own.
"""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from dataclasses import replace

from ..plan.model import GenerateUnit, RelearnUnit
from .generation import generate
from .items import Item, ItemError
from .scoring import parts, score
from .subjects import SubjectError
from .subjects.model import Model
from .table import Table, stack
from .training import Example, TrainingError, finetune, make_batches

TEXTS_PER_STEP = 8


def halves(items: Sequence[Item], seed: int) -> tuple[tuple[Item, ...], tuple[Item, ...]]:
    """The items in two halves by cluster, as equal in clusters as can be; the first has the odd one.

    Clusters are ordered by a hash of seed and name, so that neither their order nor their content matters.
    """
    clusters = sorted(
        {item.cluster for item in items}, key=lambda name: hashlib.sha256(f"{seed}\n{name}".encode()).digest()
    )
    first = set(clusters[: (len(clusters) + 1) // 2])
    return (
        tuple(item for item in items if item.cluster in first),
        tuple(item for item in items if item.cluster not in first),
    )


def relearn(model: Model, items: Sequence[Item], retain: Sequence[Item], unit: RelearnUnit) -> Table:
    """A `relearn` table: the columns of a `score` table (reading `extraction_probability`) or else of a `generate`
    table on the items' prompts, taken after the attack, with a column `side` in front.

    `attacked` are the clusters of half `unit.half`, `held_out` the others. With `on: retain_only` the attack trains on
    the items of `retain` instead and the halves stay what they are. `unit.steps` steps of `training.finetune` with 8
    texts each: questions as prompt and answer, loss on the answer and the end token; documents as whole texts.
    Raises `ItemError` for fewer than two clusters or nothing to train on, `SubjectError` when training diverges.
    """
    split = halves(items, unit.seed)
    if not all(split):
        raise ItemError("relearning needs items of at least two clusters: one half to train on, one to look at")
    attacked, held_out = split[unit.half], split[1 - unit.half]
    material = retain if unit.on == "retain_only" else attacked
    if not material:
        raise ItemError("relearning on retained text needs at least one item to train on")
    after = _attack(model, material, unit)
    tables = [_look(after, side, unit).with_column("side", name) for name, side in
              (("attacked", attacked), ("held_out", held_out))]
    return stack(tables).as_kind("relearn")


def _attack(model: Model, material: Sequence[Item], unit: RelearnUnit) -> Model:
    examples = [_example(model, item, unit.subject.prompt) for item in material]
    batches = make_batches(examples, size=TEXTS_PER_STEP, pad_id=0)
    model.network.requires_grad_(True)
    try:
        tuned = finetune(model.network, batches, steps=unit.steps, lr=float(unit.learning_rate), seed=unit.seed)
    except TrainingError as error:
        raise SubjectError(f"{model.name}: relearning failed: {error}; a smaller learning rate may do") from error
    finally:
        model.network.requires_grad_(False)
    return replace(model, network=tuned.requires_grad_(False))


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
