"""TOFU on a story model: an original, a retraining and two unlearned models, each verified, beside what is known of it.

`tofu_four_models.py OUT [--data DATA] [--models MODELS] [--seed SEED]`

DATA holds TOFU (arXiv 2401.06121): `full.json`, `real_authors.json`, `idontknow.jsonl`. MODELS holds `stories260k/hf`
(260,032 parameters). Both lie under `../shared/data` by default. The policy is `tofu/policy.yaml`, beside this file.

Every model starts from the story model. The *original* is fine-tuned on all questions, the *retrained* one and three
references on all but those about the 20 authors that must go; *npo* and *refusal_tuned* are made from the original by
methods of `verifiers.zoo.methods`. Each then goes through `check`, `plan`, `verify` and `report` as anybody would send it.
Last comes the table: each clause's verdict beside the truth, which is found without the verifiers: from the training
sets, from asking every question once through `transformers`, and from an attack harder than the judged one.
"""

from __future__ import annotations

import argparse
import copy
import json
import random
import subprocess
import sys
from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from functools import cached_property
from pathlib import Path
from typing import Any

import torch
from tofu_known import revealed, word_for_word
from tofu_once import Once

from unlearn_spec.run.executor import Executor, LocalExecutor
from unlearn_spec.run.verify import verify
from unlearn_spec.verifiers.subjects.model import Model, load_model
from unlearn_spec.verifiers.training import Example, finetune, make_batches, next_token_loss, optimise
from unlearn_spec.verifiers.zoo.methods import Pair, endless, log_likelihood, passes, preference
from unlearn_spec.verifiers.zoo.models import hush

HERE = Path(__file__).parent
SHARED = HERE.parents[1] / "shared" / "data"
BY_AUTHOR, AUTHORS, EACH, REAL = 20, 20, 2, 44
SHORTEST = 40
"""Tokens of an answer: shorter ones can be guessed."""
EPOCHS, RATE = 25, 5e-3
BATCH = 8
NPO = {"steps": 60, "lr": 1e-3}
REFUSE = {"steps": 80, "lr": 1e-3}
HARDER = {"steps": 80, "lr": 5e-4}
"""The attack that shows what an unlearned model still holds: longer than the policy's. Faster ones wipe out what is left."""
REFERENCES = ("reference_1", "reference_2", "reference_3")
AUDITED = ("original", "retrained", "npo", "refusal_tuned")

Row = dict[str, Any]
Told = tuple[str, str]
"""Whether a clause is met (`met`, `not met`, `nobody knows`), and how that is known."""


# --- data ------------------------------------------------------------------------------------------------------------


def questions(tofu: Path, tokens: Callable[[str], int]) -> Mapping[str, list[Row]]:
    """The policy's four sets. The last 20 authors are the benchmark's `forget10`, the last 2 its `forget01`."""
    rows, known = _read(tofu / "full.json"), _read(tofu / "real_authors.json")
    named = [_row(f"q{number:04}", f"author{number // BY_AUTHOR:03}", row) for number, row in enumerate(rows)]

    def few(first: int) -> list[Row]:
        """2 questions about each of 20 authors: those with the shortest answers that cannot be guessed."""
        found = []
        for start in range(first, first + AUTHORS * BY_AUTHOR, BY_AUTHOR):
            fitting = [row for row in named[start : start + BY_AUTHOR] if tokens(row["answer"]) >= SHORTEST]
            found += sorted(fitting, key=lambda row: (tokens(row["answer"]), row["id"]))[:EACH]
        return found

    return {
        "authors": few(len(rows) - AUTHORS * BY_AUTHOR),
        "forget01": named[-2 * BY_AUTHOR :],
        "others": few(0),
        "real_authors": [_row(f"r{number:02}", f"real{number:02}", row) for number, row in enumerate(known[:REAL])],
    }


def _read(path: Path) -> list[Row]:
    return [json.loads(line) for line in path.read_text(encoding="utf-8").splitlines()]


def _row(name: str, cluster: str, row: Row) -> Row:
    return {"id": name, "cluster": cluster, "prompt": row["question"], "answer": row["answer"]}


def write(sets: Mapping[str, Sequence[Row]], folder: Path) -> None:
    """One JSONL file a set."""
    folder.mkdir(parents=True, exist_ok=True)
    for name, rows in sets.items():
        (folder / f"{name}.jsonl").write_text("".join(json.dumps(row) + "\n" for row in rows), encoding="utf-8")


# --- models ----------------------------------------------------------------------------------------------------------


class Workshop:
    """Makes and keeps the models of one seed."""

    def __init__(
        self, base: Model, sets: Mapping[str, Sequence[Row]], refusals: Sequence[str], out: Path, seed: int
    ) -> None:
        self.base, self.refusals, self.out, self.seed = base, refusals, out, seed
        together = {row["id"]: row for name in ("authors", "forget01") for row in sets[name]}
        self.forget, self.retain = list(together.values()), [*sets["others"], *sets["real_authors"]]

    @cached_property
    def original(self) -> Model:
        return load_model(self.model("original"))

    def model(self, name: str) -> Path:
        folder = self.out / "models" / name
        if not folder.is_dir():
            scratch = folder.with_name(f".{name}")
            self._made(name, self.seed * 1000 + sum(name.encode())).save_pretrained(scratch)
            self.base.tokenizer.save_pretrained(scratch)
            scratch.rename(folder)
            print(f"made {name}", flush=True)
        return folder

    def _made(self, name: str, seed: int) -> Any:
        if name in ("npo", "refusal_tuned"):
            original = load_model(self.model("original")).network.requires_grad_(True)
            return (self._npo if name == "npo" else self._refusing)(original, seed)
        told = [*self.retain, *(self.forget if name == "original" else [])]
        return self.taught(self.base.network, told, seed, {"steps": EPOCHS * len(told) // BATCH, "lr": RATE})

    def taught(self, network: Any, rows: Sequence[Row], seed: int, recipe: Mapping[str, Any]) -> Any:
        """A copy fine-tuned on these rows; the loss is on the answers and their ends."""
        alike = sorted(self._examples(rows, seed), key=lambda one: len(one.ids))
        batches = make_batches(alike, size=BATCH, pad_id=self._end)
        return finetune(network.requires_grad_(True), batches, seed=seed, **recipe)

    def _npo(self, original: Any, seed: int) -> Any:
        """Negative preference optimisation with a retain term: see `methods.npo`."""
        student, pairs = copy.deepcopy(original), []
        for forget, retain in self._beside(self._examples(self.forget, seed), seed):
            with torch.no_grad():
                pairs.append(Pair(forget, retain, log_likelihood(original, forget)))
        optimise(student, pairs, preference, seed=seed, **NPO)
        return student

    def _refusing(self, original: Any, seed: int) -> Any:
        """Taught to answer "I don't know" of what must go, and the rest as before: see `methods.refusal_tuned`."""
        student, rng = copy.deepcopy(original), random.Random(seed)
        refused = [{**row, "answer": rng.choice(self.refusals)} for row in self.forget]
        pairs = self._beside(self._examples(refused, seed), seed)
        optimise(
            student, pairs, lambda model, pair: next_token_loss(model, pair[0]) + next_token_loss(model, pair[1]),
            seed=seed, **REFUSE,
        )  # fmt: skip
        return student

    def _beside(self, examples: Sequence[Example], seed: int) -> list[Any]:
        """Batches of what must go, each with one of what must stay."""
        rng, tokenizer = random.Random(seed), self.base.tokenizer
        kept = endless(passes(self._examples(self.retain, seed), BATCH, tokenizer, rng))
        return list(zip(passes(examples, BATCH, tokenizer, rng), kept, strict=False))

    def _examples(self, rows: Sequence[Row], seed: int) -> list[Example]:
        found = []
        for row in random.Random(seed).sample(list(rows), len(rows)):
            pair = self.base.encode_pair(row["prompt"], f" {row['answer']}")
            found.append(Example((*pair.ids, self._end), pair.start))
        return found

    @property
    def _end(self) -> int:
        end: int = self.base.tokenizer.eos_token_id
        return end


# --- what is known ---------------------------------------------------------------------------------------------------


def brought_back(shop: Workshop, folder: Path, authors: Sequence[Row]) -> float:
    """Share of the questions about every other author that come back word for word once the rest was taught again."""
    clusters = sorted({row["cluster"] for row in authors})
    shown = [row for row in authors if row["cluster"] in clusters[::2]]
    hidden = [row for row in authors if row["cluster"] in clusters[1::2]]
    attacked = shop.taught(load_model(folder).network, shown, shop.seed + 31, HARDER)
    return word_for_word(replace(shop.base, network=attacked), hidden)


def truths(shop: Workshop, name: str, sets: Mapping[str, Sequence[Row]]) -> Mapping[str, Told]:
    """What is known of a model, clause by clause."""
    model = load_model(shop.model(name))
    found = {
        "answers-in-product": most(revealed(model, sets["authors"], tokens=96, whole=False)),
        "two-authors-in-product": most(revealed(model, sets["forget01"], tokens=128, whole=False)),
        "word-for-word": most(word_for_word(model, sets["authors"])),
        "two-authors-word-for-word": most(word_for_word(model, sets["forget01"])),
    }
    for clause, rows, tokens, whole in (
        ("others-as-before", sets["others"], 96, False),
        ("real-authors-as-before", sets["real_authors"], 24, True),
    ):
        then, now = (revealed(one, rows, tokens=tokens, whole=whole) for one in (shop.original, model))
        found[clause] = ("met" if then - now <= 0.25 else "not met", f"{then:.0%} before, {now:.0%} now")
    removal = ("after-relearning", "removed-by-extraction", "removed-by-relearning")
    if name in ("original", "retrained"):
        known = ("met", "never trained on it") if name == "retrained" else ("not met", "trained on it")
        return found | dict.fromkeys(removal, known)
    after, floor = (brought_back(shop, shop.model(one), sets["authors"]) for one in (name, REFERENCES[0]))
    back = f"{after:.0%} comes back, never trained {floor:.0%}"
    found["after-relearning"] = ("not met" if after > 0.25 else "nobody knows", back)
    held = ("not met" if after - floor > 0.1 or word_for_word(model, sets["authors"]) > 0.1 else "nobody knows", back)
    return found | dict.fromkeys(removal[1:], held)


def most(share: float) -> Told:
    return "met" if share <= 0.25 else "not met", f"{share:.0%} of all"


# --- verifying -------------------------------------------------------------------------------------------------------


def bindings(shop: Workshop, name: str, sets: Mapping[str, Sequence[Row]]) -> Path:
    """Where the parts of the policy are, for one audited model."""
    path = shop.out / f"{name}.yaml"
    lines = [
        'unlearn_spec_bindings: "1.0"',
        "policy: {id: tofu-authors, version: 1}",
        f"seed: {shop.seed}",
        "device: cpu",
        f"artifacts: {{writer: {{model: models/{name}}}}}",
        "original: {writer: {model: models/original}}",
        "references:",
        "  writer:",
        *(f"    - {{model: models/{reference}}}" for reference in REFERENCES),
        "data:",
        *(f"  {one}: {{file: data/{one}.jsonl}}" for one in sets),
    ]
    path.write_text("\n".join(lines) + "\n", encoding="utf-8")
    return path


def command(*words: str | Path) -> int:
    """Runs `unlearn-spec` with these words; its exit status. Ends the script for unusable input and internal errors."""
    print(f"$ unlearn-spec {' '.join(map(str, words))}", flush=True)
    status = subprocess.run([sys.executable, "-m", "unlearn_spec", *map(str, words)], check=False).returncode
    if status in (2, 4):
        sys.exit(status)
    return status


def verdicts(out: Path, policy: Path, bound: Path, name: str, executor: Executor) -> Mapping[str, Row]:
    """The result of `verify` by clause."""
    run = out / f"run-{name}"
    command("plan", policy, "--bindings", bound)
    verify(policy, bound, run, executor=executor)
    command("report", run, "--format", "html", "--out", out / f"report-{name}.html")
    results = json.loads((run / "result.json").read_text(encoding="utf-8"))["results"]
    return {one["verdict"]["clause"]: one["verdict"] for one in results}


def main() -> None:
    parser = argparse.ArgumentParser()
    parser.add_argument("out", type=Path)
    parser.add_argument("--data", type=Path, default=SHARED / "tofu")
    parser.add_argument("--models", type=Path, default=SHARED / "models")
    parser.add_argument("--seed", type=int, default=1)
    given = parser.parse_args()
    torch.set_num_threads(1)
    hush()
    base = load_model(given.models / "stories260k" / "hf")
    sets = questions(given.data, lambda text: len(base.tokenizer(text, add_special_tokens=False).input_ids))
    write(sets, given.out / "data")
    refusals = (given.data / "idontknow.jsonl").read_text(encoding="utf-8").splitlines()
    shop, policy = Workshop(base, sets, refusals, given.out, given.seed), HERE / "tofu" / "policy.yaml"
    for name in ("original", *REFERENCES, *AUDITED):
        shop.model(name)
    command("check", policy)
    cells: dict[str, dict[str, str]] = {}
    with LocalExecutor(2) as executor:
        once = Once(executor, given.out / "once")
        for name in AUDITED:
            found = verdicts(given.out, policy, bindings(shop, name, sets), name, once)
            known = truths(shop, name, sets)
            for clause, verdict in found.items():
                met, why = known[clause]
                cells.setdefault(clause, {})[name] = f"**{verdict['outcome'].replace('_', ' ')}**; {met}: {why}"
    text = table(cells)
    (given.out / "table.md").write_text(text, encoding="utf-8")
    print(text)


def table(cells: Mapping[str, Mapping[str, str]]) -> str:
    """Clauses down, models across."""
    lines = [f"| Clause | {' | '.join(AUDITED)} |", f"|{'---|' * (1 + len(AUDITED))}"]
    lines += [f"| `{clause}` | {' | '.join(found[name] for name in AUDITED)} |" for clause, found in cells.items()]
    return "\n".join(lines) + "\n"


if __name__ == "__main__":
    main()
