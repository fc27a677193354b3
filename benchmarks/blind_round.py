"""The frozen thresholds on another world: `blind_round.py DATA OUT [WORLDS]`. Scored once, every verdict printed.

DATA holds `tofu/` (TOFU, arXiv 2401.06121) and `models/stories260k/hf` (260,032 parameters, subword tokens). In each
world 60 of TOFU's authors must be unlearned, 60 are kept and 60 never seen, each with one question drawn among those with
short answers; 60 real authors are the neighbours. The pretrained story model is fine-tuned on them. Treated models come
from methods that no recipe was tuned with: wrong answers taught, weights shaken and repaired, the last block drawn anew
and repaired. The policy is the calibration's, with longer answers. What was found is written as data and as a page.
"""

from __future__ import annotations

import json
import random
import sys
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from fractions import Fraction
from functools import cached_property
from pathlib import Path
from typing import Any

import torch
from blind_page import found_gates, page

from unlearn_spec.calibration.bench import POLICY, Bench, shipped
from unlearn_spec.calibration.model import Judged
from unlearn_spec.calibration.rows import trials_of
from unlearn_spec.verifiers.subjects.model import Model, load_model
from unlearn_spec.verifiers.training import Example, finetune, make_batches, seeded
from unlearn_spec.verifiers.zoo.models import hush
from unlearn_spec.verifiers.zoo.specimens import ORIGINAL, RETRAINED, Specimen

PEOPLE, BY_AUTHOR = 60, 20
LONGEST = 72
"""Tokens of the longest answer that is asked for, and of what is written in reply."""
LEARN = {"steps": 300, "lr": 5e-3}
REPAIR = {"steps": 100, "lr": 1e-3}
BATCH = 16
TREATED = ("mistaught", "shaken", "reset_block")
BENCH = (
    ORIGINAL,
    *RETRAINED[:3],
    Specimen("partial_20", "partial", "share", Fraction(1, 5)),
    Specimen("partial_50", "partial", "share", Fraction(1, 2)),
    *(Specimen(name, "unlearned", "unknown") for name in TREATED),
)

Row = dict[str, Any]


@dataclass(frozen=True)
class Authors:
    """One world, as a cabinet: which authors play which role is drawn by the seed."""

    source: Path
    seed: int
    folder: Path

    @cached_property
    def roles(self) -> Mapping[str, list[Row]]:
        """60 rows of a questions file by role, each a cluster of its own."""
        rows, rng = self._read("full.json"), random.Random(f"blind round {self.seed}")
        short = [
            [number for number in range(first, first + BY_AUTHOR) if self._tokens(rows[number]["answer"]) <= LONGEST]
            for first in range(0, len(rows), BY_AUTHOR)
        ]
        authors = rng.sample([author for author, numbers in enumerate(short) if numbers], 3 * PEOPLE)
        asked = [(f"a{author:03}", rows[rng.choice(short[author])]) for author in authors]
        known = list(enumerate(self._read("real_authors.json")))
        asked += [(f"real{place:03}", row) for place, row in rng.sample(known, PEOPLE)]
        found = [
            {"id": name, "cluster": name, "prompt": row["question"], "answer": row["answer"],
             "paraphrases": [f"Tell me: {row['question']}"]}
            for name, row in asked
        ]  # fmt: skip
        names = ("forget", "retain", "holdout", "neighbour")
        return {name: found[place * PEOPLE : (place + 1) * PEOPLE] for place, name in enumerate(names)}

    def _read(self, name: str) -> list[Row]:
        return [json.loads(line) for line in (self.source / "tofu" / name).read_text(encoding="utf-8").splitlines()]

    def _tokens(self, text: str) -> int:
        return len(self._story_model.tokenizer(text, add_special_tokens=False).input_ids)

    def data(self) -> Mapping[str, Path]:
        folder = self.folder / "data"
        folder.mkdir(parents=True, exist_ok=True)
        texts = {role: [_cut(one) for one in rows] for role, rows in self.roles.items()}
        tables = {f"{role}_qa": rows for role, rows in self.roles.items()} | {f"{role}_docs": texts[role] for role in texts}
        kept = [*self.roles["retain"], *self.roles["neighbour"]]
        tables["forget_choices"] = _with_options(self.roles["forget"], self.roles["holdout"])
        tables["kept_cuts"] = [_cut(one, words) for one in kept for words in range(min(8, len(one["answer"].split())))]
        tables["canaries"] = [{**one, "included": role == "forget"} for role in ("forget", "holdout") for one in texts[role]]
        for name, lines in tables.items():
            text = "".join(json.dumps(line) + "\n" for line in lines)
            (folder / f"{name}.jsonl").write_text(text, encoding="utf-8")
        return {name: folder / f"{name}.jsonl" for name in tables}

    def guard(self, specimen: Specimen) -> Path | None:
        return None

    def model(self, specimen: Specimen) -> Path:
        folder = self.folder / "models" / f"{specimen.name}-blind"
        if not folder.is_dir():
            scratch = folder.with_name(f".{folder.name}")
            self._made(specimen).save_pretrained(scratch)
            self._story_model.tokenizer.save_pretrained(scratch)
            scratch.rename(folder)
        return folder

    # --- training ----------------------------------------------------------------------------------------------------

    @cached_property
    def _story_model(self) -> Model:
        return load_model(self.source / "models" / "stories260k" / "hf")

    def _made(self, specimen: Specimen) -> Any:
        seed = sum(ord(letter) for letter in specimen.name) + 1000 * self.seed
        kept = [*self.roles["retain"], *self.roles["neighbour"]]
        if specimen.name not in TREATED:
            authors = sorted({one["cluster"] for one in self.roles["forget"]})
            mine = set(random.Random(f"kept {self.seed}").sample(authors, int(specimen.kept * len(authors))))
            told = [*kept, *(one for one in self.roles["forget"] if one["cluster"] in mine)]
            return self._taught(self._story_model.network, told, LEARN, seed)
        student = load_model(self.model(ORIGINAL)).network
        if specimen.name == "mistaught":
            answers = [one["answer"] for one in self.roles["retain"]]
            wrong = [{**one, "answer": answers[place]} for place, one in enumerate(self.roles["forget"])]
            return self._taught(student, [*wrong, *self.roles["retain"]], REPAIR, seed)
        with seeded(seed), torch.no_grad():
            for name, weight in student.named_parameters():
                last = name.startswith(f"model.layers.{student.config.num_hidden_layers - 1}.") and weight.dim() > 1
                if specimen.name == "shaken":
                    weight += 0.3 * weight.std() * torch.randn_like(weight) if weight.dim() > 1 else 0
                elif last:
                    weight.normal_(std=0.02)
        return self._taught(student, self.roles["retain"], REPAIR, seed)

    def _taught(self, network: Any, rows: Sequence[Row], recipe: Mapping[str, Any], seed: int) -> Any:
        """A copy fine-tuned on prompt, blank, answer and end; the loss is on the answer and the end."""
        end, examples = self._story_model.tokenizer.eos_token_id, []
        for one in rows:
            pair = self._story_model.encode_pair(one["prompt"], f" {one['answer']}")
            examples.append(Example((*pair.ids, end), pair.start))
        mixed = sorted(random.Random(seed).sample(examples, len(examples)), key=lambda one: len(one.ids))
        batches = make_batches(mixed, size=BATCH, pad_id=end)
        return finetune(network.requires_grad_(True), batches, seed=seed, **recipe)


def _cut(one: Row, words: int = 0) -> Row:
    """A question and its answer as one document, cut after so many words of the answer."""
    told = one["answer"].split(" ")
    prefix = " ".join((one["prompt"], *told[:words], ""))
    name = f"{one['id']}-{words}" if words else one["id"]
    text = f"{one['prompt']} {one['answer']}"
    return {"id": name, "cluster": one["cluster"], "text": text, "prefix": prefix, "suffix": text[len(prefix) :]}


def _with_options(rows: Sequence[Row], others: Sequence[Row]) -> list[Row]:
    """Questions with three wrong options each: answers about authors who were never seen."""
    number = len(others)
    wrong = ([others[(place + step) % number]["answer"] for step in range(3)] for place in range(len(rows)))
    return [
        {"id": one["id"], "cluster": one["cluster"], "prompt": one["prompt"], "answer": one["answer"], "wrong": options}
        for one, options in zip(rows, wrong, strict=True)
    ]


def longer_answers(out: Path) -> Path:
    """The frozen policy, but for the length of answers, with its suites beside it."""
    text = shipped(POLICY).read_text(encoding="utf-8").replace("max_new_tokens: 6", f"max_new_tokens: {LONGEST}")
    (out / "suites").mkdir(parents=True, exist_ok=True)
    for suite in (shipped(POLICY).parent / "suites").iterdir():
        (out / "suites" / suite.name).write_bytes(suite.read_bytes())
    (out / "policy.yaml").write_text(text, encoding="utf-8")
    return out / "policy.yaml"


def main(source: Path, out: Path, worlds: int) -> None:
    torch.set_num_threads(1)
    hush()
    policy = longer_answers(out)
    judged: list[Judged] = []
    for seed in range(worlds):
        bench = Bench(Authors(source, seed, out / f"world-{seed}"), policy, RETRAINED[:3])
        for specimen in BENCH:
            judged.append(bench.judged(specimen))
            for cell in judged[-1].cells:
                print(f"{seed} {specimen.name:12} {cell.clause:28} {cell.outcome:13} truth {cell.truth.state:9} "
                      f"{cell.truth.basis:12} failed {', '.join(cell.failed) or 'none'}", flush=True)  # fmt: skip
        kept = {"judged": [one.model_dump(mode="json", exclude_defaults=True) for one in judged]}
        (out / "blind.json").write_text(json.dumps(kept, indent=1) + "\n", encoding="utf-8")
        (out / "calibration-blind.md").write_text(page(judged), encoding="utf-8")
    for gate in found_gates(trials_of(judged)):
        print(f"{gate.gate:12} {gate.about:26} {gate.found}")


if __name__ == "__main__":
    main(Path(sys.argv[1]), Path(sys.argv[2]), int(sys.argv[3]) if len(sys.argv) > 3 else 1)
