"""Looking inside: what the original's head, the middle layers and a linear probe read from a model's body.

None of this trains or changes the model. Each is done alike to a model that never had the target, which shows what the
look itself finds where there is nothing.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import torch

from ..plan.units import GenerateUnit, InspectUnit
from .generation import generate
from .items import Item, ItemError
from .metrics import probe
from .scoring import parts, score
from .subjects import SubjectError
from .subjects.anatomy import cut_after, headed, watched
from .subjects.model import Model
from .table import Table, from_rows, stack

PROMPTS_PER_BATCH = 32


def inspect(
    model: Model, items: Sequence[Item], unit: InspectUnit, *, head: Model | None, taught: Sequence[Item]
) -> Table:
    """An `inspect` table, with the columns `view` and `layer` in front (0 for `head_swap`, else counted from 1).

    - `head_swap`: the columns of a `score` table (reading `extraction_probability`) or else of a `generate` table, asked
      as usual with the final norm and head of `head`.
    - `logit_lens`: the columns of a `score` table for each of `unit.layers`: the items' texts under teacher forcing, with
      final norm and head applied to the output of that block. nostalgebraist, the logit lens (2020).
    - `linear_probe`: for each layer and item, `named`: whether a ridge regression from the output of that block at the
      prompt's last token to the answer's first token, trained on `taught`, names the item's (`metrics.probe`); `control`:
      the same after the labels of `taught` were dealt out again at random (arXiv 1909.03368, section 2).

    Raises `SubjectError` for a body that the head does not fit and a layer that the model lacks, `ItemError` where there
    is nothing to train a probe on, and like `score` and `generate`.
    """
    if unit.view == "logit_lens":
        return stack([_lens(model, items, unit, layer) for layer in unit.layers]).as_kind("inspect")
    if unit.view == "linear_probe":
        return _probed(model, items, unit, taught)
    if head is None:
        raise SubjectError(f"{model.name}: no model is given whose head it is to be read with")
    with headed(model.network, head.network):
        if unit.reading.metric == "extraction_probability":
            table = score(model, items, unit.reading, template=unit.subject.prompt)
        else:
            asked = GenerateUnit(subject=unit.subject, data=unit.data, reading=unit.reading, seed=unit.seed)
            table = generate(model, items, asked)
    return _labelled(table, unit, 0)


def _lens(model: Model, items: Sequence[Item], unit: InspectUnit, layer: int) -> Table:
    with cut_after(model.network, layer):
        return _labelled(score(model, items, unit.reading, template=unit.subject.prompt), unit, layer)


def _labelled(table: Table, unit: InspectUnit, layer: int) -> Table:
    return table.with_column("layer", layer).with_column("view", unit.view).as_kind("inspect")


# --- the probe -------------------------------------------------------------------------------------------------------


@dataclass(frozen=True)
class _Prompt:
    """Tokens before an answer, never none, and the answer's first token."""

    ids: tuple[int, ...]
    answer: int


def _probed(model: Model, items: Sequence[Item], unit: InspectUnit, taught: Sequence[Item]) -> Table:
    known, asked = ([_prompt(model, item, unit.subject.prompt) for item in each] for each in (taught, items))
    labels = [one.answer for one in known]
    if len(set(labels)) < 2:
        raise ItemError(
            f"{unit.taught.name if unit.taught else 'nothing'}: a probe needs answers that begin differently"
        )
    inside, outside = (_features(model, each, unit.layers) for each in (known, asked))
    rows = []
    for layer in unit.layers:
        found = [
            probe.train(inside[layer], each).name(outside[layer])
            for each in (labels, probe.permuted(labels, unit.seed))
        ]
        for item, one, named, chance in zip(items, asked, *found, strict=True):
            rows.append(
                {
                    "view": unit.view, "layer": layer, "item": item.id, "cluster": item.cluster,
                    "named": named == one.answer, "control": chance == one.answer,
                }
            )  # fmt: skip
    return from_rows("inspect", ("view", "layer", "item", "cluster", "named", "control"), rows)


def _prompt(model: Model, item: Item, template: str) -> _Prompt:
    read = model.encode_pair(*parts(item, template))
    if not 0 < read.start < len(read.ids):
        raise ItemError(f"item {item.id} has no token before its answer for a probe to read")
    if model.context is not None and read.start > model.context:
        raise SubjectError(f"{model.name}: the prompt of item {item.id} has more tokens than the model's context")
    return _Prompt(read.ids[: read.start], read.ids[read.start])


def _features(model: Model, prompts: Sequence[_Prompt], layers: Sequence[int]) -> dict[int, probe.Matrix]:
    """By layer, the output of its block at each prompt's last token, (prompts, width), in the prompts' order."""
    found: dict[int, list[Any]] = {layer: [None] * len(prompts) for layer in layers}
    order = sorted(range(len(prompts)), key=lambda place: (len(prompts[place].ids), place))
    with torch.inference_mode(), watched(model.network, layers) as seen:
        for start in range(0, len(order), PROMPTS_PER_BATCH):
            batch = order[start : start + PROMPTS_PER_BATCH]
            lengths = torch.tensor([len(prompts[place].ids) for place in batch])
            ids = torch.zeros((len(batch), int(lengths.max())), dtype=torch.long)
            for row, place in enumerate(batch):
                ids[row, : lengths[row]] = torch.tensor(prompts[place].ids)
            mask = (torch.arange(ids.shape[1]) < lengths[:, None]).long()
            model.network(input_ids=ids.to(model.device), attention_mask=mask.to(model.device), use_cache=False)
            for layer in layers:
                last = seen[layer][torch.arange(len(batch)), lengths - 1].double().cpu().numpy()
                for row, place in enumerate(batch):
                    found[layer][place] = last[row]
    tables = {layer: np.stack(rows) for layer, rows in found.items()}
    if not all(bool(np.isfinite(table).all()) for table in tables.values()):
        raise SubjectError(f"{model.name}: its hidden states are not numbers; a wider precision may do")
    return tables
