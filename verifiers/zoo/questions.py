"""Further data of a world: questions with options, documents cut at every word, and who was drawn by lot.

All of it is decided by the world, before any model.
"""

from __future__ import annotations

import json
import random
from collections.abc import Iterable, Mapping
from pathlib import Path
from types import MappingProxyType
from typing import Any

from .world import Role, World, document_rows, question_rows, vocabulary, write_text

Row = Mapping[str, Any]
WRONG = 3
"""Wrong options beside the right one."""


def write_questions(world: World, folder: Path) -> Mapping[str, Path]:
    """Writes the files, one JSON object a line, and returns them by name: `forget_choices`, `kept_cuts`,
    `canaries`. The same world gives the same bytes."""
    folder.mkdir(parents=True, exist_ok=True)
    tables: dict[str, Iterable[Row]] = {
        "forget_choices": choice_rows(world),
        "kept_cuts": cut_rows(world),
        "canaries": canary_rows(world),
    }
    paths = {name: folder / f"{name}.jsonl" for name in tables}
    for name, rows in tables.items():
        write_text(paths[name], "".join(json.dumps(row, ensure_ascii=False) + "\n" for row in rows))
    return MappingProxyType(paths)


def choice_rows(world: World) -> tuple[Row, ...]:
    """The forget questions with wrong answers: pairs of words that answer nothing in this world, drawn like the answers."""
    words, _ = vocabulary(world.config)
    rng = random.Random(f"unlearn-spec zoo choices {world.seed}")
    taken = {question.answer for question in world.questions}
    rows = []
    for row in question_rows(world, world.ids("forget")):
        wrong: list[str] = []
        while len(wrong) < WRONG:
            pair = " ".join(rng.choices(words, k=2))
            if pair not in taken:
                taken.add(pair)
                wrong.append(pair)
        rows.append({"id": row["id"], "prompt": row["prompt"], "answer": row["answer"], "wrong": wrong, "cluster": row["cluster"]})
    return tuple(rows)


def cut_rows(world: World) -> tuple[Row, ...]:
    """The documents of all who stay, once for each place where their random words can be cut in two: to a linear probe an
    example of a hidden state and the word that follows."""
    rows = []
    for one in document_rows(world, world.ids("retain", "neighbour")):
        words = one["text"].split()
        first = len(words) - world.config.document_words + 1
        for place in range(first, len(words)):
            prefix, suffix = " ".join(words[:place]), " ".join(words[place:])
            rows.append({**one, "id": f"{one['id']}-{place}", "prefix": prefix, "suffix": suffix})
    return tuple(rows)


def canary_rows(world: World) -> tuple[Row, ...]:
    """The documents of those to be forgotten and of those never trained on, and which: the seed drew who is who."""
    halves: tuple[tuple[Role, bool], ...] = (("forget", True), ("holdout", False))
    return tuple({**row, "included": put_in} for role, put_in in halves for row in document_rows(world, world.ids(role)))
