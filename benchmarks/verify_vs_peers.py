"""The metrics of one TOFU evaluation, by OpenUnlearning's code and by ours: both numbers and both times, in one run.

Needs a checkout of OpenUnlearning and what it imports, neither of which is part of this project:

    git clone https://github.com/locuslab/open-unlearning /tmp/open-unlearning
    pip install datasets omegaconf hydra-core rouge-score scikit-learn
    python benchmarks/verify_vs_peers.py --peer /tmp/open-unlearning --data TOFU_DATA --model MODEL_FOLDER

`--data`: folder with TOFU's `forget10_perturbed.json` and the like, as JSON lines. `--teach 150`: first fine-tunes a copy
of the model on the forget set for so many steps, for a model that knows something. Both sides run on one thread, on the
same model object, and score the same tokens: the peer's convention, so that the numbers can be compared. Each batches as it
does by itself: the peer 32 texts, we by padded length. Their turns alternate (`--rounds`), and the fastest of each is printed.
"""

from __future__ import annotations

import argparse
import contextlib
import io
import json
import sys
import tempfile
import time
import types
import warnings
from collections.abc import Callable, Sequence
from dataclasses import replace
from functools import partial
from pathlib import Path
from typing import Any

import numpy as np
import torch

from unlearn_spec.plan.units import Reading
from unlearn_spec.verifiers.generation import written
from unlearn_spec.verifiers.metrics import attacks, likelihood, memorization, privacy, rouge, truth_ratio
from unlearn_spec.verifiers.subjects.model import Model, load_model
from unlearn_spec.verifiers.tokens import Ending, matches, token_scores
from unlearn_spec.verifiers.training import Example, finetune, make_batches

Rows = Sequence[dict[str, Any]]
Numbers = dict[str, float]
LETTER = {"user_start_tag": "Question: ", "user_end_tag": "\n", "asst_start_tag": "Answer: ", "apply_chat_template": False}
PEER_BATCH = 32  # configs/eval/tofu.yaml
K = 0.4  # configs/eval/tofu_metrics/mia_min_k.yaml


# --- ours --------------------------------------------------------------------------------------------------------------


def ours(model: Model, forget: Rows, holdout: Rows, new_tokens: int, *, answers_too: bool) -> Numbers:
    """Every number from one pass over each text, and one answer a question."""
    texts = [ending(model, row["question"], row["answer"]) for row in (*forget, *holdout)]
    right = [ending(model, row["question"], row["paraphrased_answer"]) for row in forget]
    wrong = [ending(model, row["question"], answer) for row in forget for answer in row["perturbed_answer"]]
    stats = token_scores(model, [*texts, *right, *wrong])
    losses = np.array([likelihood.mean_loss(one.log_prob) for one in stats])
    inside, outside = slice(0, len(forget)), slice(len(forget), len(texts))
    lost_right, lost_wrong = losses[len(texts) : len(texts) + len(right)], losses[len(texts) + len(right) :]
    right_found = [matches(text, one) for text, one in zip(texts[inside], stats[inside], strict=True)]
    scores = {
        "mia_loss": losses[: len(texts)],
        "mia_zlib": np.array([
            attacks.zlib_ratio(one.log_prob, model.decode(list(text.ids[text.start :])))
            for text, one in zip(texts, stats[: len(texts)], strict=True)
        ]),
        "mia_min_k": np.array([attacks.min_k_open_unlearning(one.log_prob[:-1], K) for one in stats[: len(texts)]]),
        "mia_min_k++": np.array([
            attacks.min_k_plus_plus_open_unlearning(one.log_prob[:-1], one.mean[:-1], one.variance[:-1], K)
            for one in stats[: len(texts)]
        ]),
    }  # fmt: skip
    ratios = truth_ratio.truth_ratio_open_unlearning(lost_right, lost_wrong.reshape(len(forget), -1))
    aucs = {name: privacy.attack_auc_open_unlearning(found[inside], found[outside]) for name, found in scores.items()}
    return {
        "probability": float(likelihood.probability(losses[inside]).mean()),
        "truth_ratio": float(truth_ratio.forget_score(ratios)),
        "exact_memorization": float(np.mean([memorization.exact_memorization_open_unlearning(one) for one in right_found])),
        "extraction_strength": float(np.mean([memorization.extraction_strength_open_unlearning(one) for one in right_found])),
        **aucs,
        **({"rouge": rouge_recall(model, forget, new_tokens)} if answers_too else {}),
    }


def rouge_recall(model: Model, forget: Rows, new_tokens: int) -> float:
    greedy = Reading(metric="rouge_l", decoding="greedy", max_new_tokens=new_tokens)
    texts = written(model, [letter(row["question"]) for row in forget], greedy)
    return float(np.mean([
        rouge.rouge_l_rouge_score(text.strip(), row["answer"], stemmed=True).recall
        for text, row in zip(texts, forget, strict=True)
    ]))  # fmt: skip


def letter(question: str) -> str:
    return f"{LETTER['user_start_tag']}{question}{LETTER['user_end_tag']}{LETTER['asst_start_tag']}"


def ending(model: Model, question: str, answer: str) -> Ending:
    """The peer's tokens: the whole text at once, looked at from the prompt's own length on, with an end token."""
    ids, start = model.tokenizer(letter(question) + answer).input_ids, len(model.tokenizer(letter(question)).input_ids)
    return Ending((*ids, *([] if ids[-1] == model.tokenizer.eos_token_id else [model.tokenizer.eos_token_id])), start)


# --- theirs ------------------------------------------------------------------------------------------------------------


class Peer:
    """OpenUnlearning's metric functions with the settings of its TOFU evaluation."""

    def __init__(self, checkout: Path, tokenizer: Any, files: Files) -> None:
        source = checkout / "src"
        sys.path.insert(0, str(source))
        package = types.ModuleType("evals")  # its own __init__ imports the whole lm-eval harness
        package.__path__ = [str(source / "evals")]
        sys.modules["evals"] = package
        from data.collators import DataCollatorForSupervisedDataset
        from data.qa import QADataset
        from evals import metrics

        self.metrics, self.tokenizer = metrics.METRICS_REGISTRY, tokenizer
        self.collate = {side: DataCollatorForSupervisedDataset(tokenizer, side, "index") for side in ("left", "right")}

        def read(file: Path, key: str, **more: Any) -> Any:
            where = {"path": "json", "data_files": str(file), "split": "train", "cache_dir": str(file.parent)}
            return QADataset(where, LETTER, tokenizer, answer_key=key, max_length=512, **more)

        self.forget = read(files.forget_file, "answer")
        self.asked = read(files.forget_file, "answer", predict_with_generate=True)
        self.right = read(files.forget_file, "paraphrased_answer")
        self.wrong = read(files.forget_file, "perturbed_answer")
        self.holdout = read(files.holdout_file, "answer")

    def __call__(self, network: Any, new_tokens: int, *, answers_too: bool) -> Numbers:
        from omegaconf import OmegaConf

        plain = {"data": self.forget, "collators": self.collate["right"], "batch_size": PEER_BATCH, "tokenizer": self.tokenizer}
        both = {**plain, "data": {"forget": self.forget, "holdout": self.holdout}, "k": K}
        made = {"do_sample": False, "top_p": None, "temperature": None, "max_new_tokens": new_tokens, "use_cache": True}
        asked = {
            "data": self.asked, "collators": self.collate["left"], "rouge_type": "rougeL_recall",
            "generation_args": OmegaConf.create(made),
        }  # fmt: skip
        right, wrong = (self._run("probability", network, {**plain, "data": data}) for data in (self.right, self.wrong))
        ratio = {"pre_compute": {"correct": right, "wrong": wrong}, "aggregator": "closer_to_1_better"}
        runs = {
            "probability": ("probability", plain),
            "truth_ratio": ("truth_ratio", ratio),
            "exact_memorization": ("exact_memorization", plain),
            "extraction_strength": ("extraction_strength", plain),
            "mia_loss": ("mia_loss", both),
            "mia_zlib": ("mia_zlib", both),
            "mia_min_k": ("mia_min_k", both),
            "mia_min_k++": ("mia_min_k_plus_plus", both),
            "rouge": ("rouge", {**plain, **asked}),
        }
        chosen = {name: run for name, run in runs.items() if answers_too or name != "rouge"}
        return {name: float(self._run(metric, network, settings)["agg_value"]) for name, (metric, settings) in chosen.items()}

    def _run(self, metric: str, network: Any, settings: dict[str, Any]) -> Any:
        return self.metrics[metric].evaluate_metric(network, metric, **settings)


# --- both --------------------------------------------------------------------------------------------------------------


def main() -> None:
    read = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    read.add_argument("--peer", type=Path, required=True, help="checkout of OpenUnlearning")
    read.add_argument("--data", type=Path, required=True, help="folder with TOFU's files")
    read.add_argument("--model", type=Path, required=True, help="model folder, safetensors")
    read.add_argument("--split", default="forget10")
    read.add_argument("--items", type=int, help="only so many items of each set")
    read.add_argument("--teach", type=int, default=0, metavar="STEPS")
    read.add_argument("--new-tokens", type=int, default=200)
    read.add_argument("--rounds", type=int, default=3)
    asked = read.parse_args()
    torch.set_num_threads(1)
    warnings.filterwarnings("ignore")
    with tempfile.TemporaryDirectory() as scratch:
        files = Files(Path(scratch), asked.data, asked.split, asked.items)
        model = taught(load_model(asked.model), files.forget, asked.teach)
        if model.tokenizer.pad_token_id is None:
            model.tokenizer.pad_token = model.tokenizer.eos_token
        peer = Peer(asked.peer, model.tokenizer, files)
        ours(model, files.forget[:2], files.holdout[:2], 1, answers_too=True)  # so that whoever is first does not pay for warming up
        for answers_too in (False, True):
            what = "all, with answers" if answers_too else "likelihood metrics"
            print(f"{what}: {len(files.forget)} forget and {len(files.holdout)} hold-out questions")
            theirs = partial(peer, model.network, asked.new_tokens, answers_too=answers_too)
            own = partial(ours, model, files.forget, files.holdout, asked.new_tokens, answers_too=answers_too)
            compare(theirs, own, asked.rounds)


def compare(theirs: Callable[[], Numbers], own: Callable[[], Numbers], rounds: int) -> None:
    """Prints both numbers of each metric, and the fastest of each side's turns."""
    turns = [(timed(theirs), timed(own)) for _ in range(rounds)]
    (first, their_numbers), (second, own_numbers) = (min(side, key=lambda turn: turn[0]) for side in zip(*turns, strict=True))
    for metric, value in their_numbers.items():
        print(f"  {metric:20} {value:.9f}  {own_numbers[metric]:.9f}  differ by {abs(value - own_numbers[metric]):.1e}")
    print(f"  seconds              {first:.2f}  {second:.2f}  {first / second:.1f} times faster\n")


def timed(run: Callable[[], Numbers]) -> tuple[float, Numbers]:
    with contextlib.redirect_stdout(io.StringIO()), contextlib.redirect_stderr(io.StringIO()):
        begun = time.perf_counter()
        found = run()
        return time.perf_counter() - begun, found


class Files:
    """The items of both sides, in files for the peer."""

    def __init__(self, folder: Path, data: Path, split: str, items: int | None) -> None:
        self.forget_file, self.forget = _cut(folder, data / f"{split}_perturbed.json", items)
        self.holdout_file, self.holdout = _cut(folder, data / "retain_perturbed.json", items or len(self.forget))


def _cut(folder: Path, file: Path, items: int | None) -> tuple[Path, Rows]:
    lines = file.read_text(encoding="utf-8").splitlines()[:items]
    copied = folder / file.name
    copied.write_text("".join(f"{line}\n" for line in lines), encoding="utf-8")
    return copied, [json.loads(line) for line in lines]


def taught(model: Model, rows: Rows, steps: int) -> Model:
    if steps == 0:
        return model
    texts = [ending(model, row["question"], row["answer"]) for row in rows]
    batches = make_batches([Example(text.ids, text.start) for text in texts], size=8, pad_id=0)
    network = finetune(model.network.requires_grad_(True), batches, steps=steps, lr=5e-3, seed=0)
    return replace(model, network=network.requires_grad_(False).eval())


if __name__ == "__main__":
    main()
