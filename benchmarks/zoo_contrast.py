"""Prints what each model of the zoo knows, before and after relearning: `zoo_contrast.py CACHE [SEED]`.

Columns, as shares of items: forgotten questions answered greedily in a trained phrasing and in the held-out ones;
forgotten documents continued greedily, and with probability above 10⁻³ at temperature 1; retained and neighbours'
questions; Min-K 20 % AUC of forgotten against holdout documents (0.5 is chance). Then, after relearning a random half
of the forgotten people, questions and documents (probability above 10⁻³) of the other half, averaged over both halves.
"""

from __future__ import annotations

import random
import sys
import time
from pathlib import Path

import torch
from transformers import PreTrainedModel, PreTrainedTokenizerFast
from transformers.utils.logging import disable_progress_bar

from unlearn_spec.verifiers.training import Example, finetune, make_batches
from unlearn_spec.verifiers.zoo import DEFAULT_ZOO, MODELS, World, build_zoo
from unlearn_spec.verifiers.zoo.methods import completion, document_example, question_example, trained_questions
from unlearn_spec.verifiers.zoo.models import load_model, make_tokenizer
from unlearn_spec.verifiers.zoo.world import Document, question_rows

RELEARN_STEPS, RELEARN_LR, RELEARN_BATCH = 40, 1e-3, 32


def greedy(
    model: PreTrainedModel, tokenizer: PreTrainedTokenizerFast, prompts: list[str], answers: list[str]
) -> list[bool]:
    """Whether each greedy continuation starts with the wanted words."""
    longest = max(len(answer.split()) for answer in answers)
    asked = tokenizer(prompts, return_tensors="pt", padding=True)
    with torch.no_grad():
        replies = model.generate(**asked, max_new_tokens=longest, do_sample=False)  # type: ignore[operator]
    texts = tokenizer.batch_decode(replies[:, asked.input_ids.shape[1] :], skip_special_tokens=True)
    return [text.startswith(answer) for text, answer in zip(texts, answers, strict=True)]


def token_scores(
    model: PreTrainedModel, tokenizer: PreTrainedTokenizerFast, examples: list[Example]
) -> list[torch.Tensor]:
    """Log-probabilities of the scored tokens of each example, in nats."""
    (batch,) = make_batches(examples, size=len(examples), pad_id=tokenizer.pad_token_id)
    with torch.no_grad():
        logits = model(input_ids=batch.input_ids, attention_mask=batch.attention_mask).logits[:, :-1]
    scores = logits.log_softmax(-1).gather(-1, batch.input_ids[:, 1:, None])[..., 0]
    return [row[labels != -100] for row, labels in zip(scores, batch.labels[:, 1:], strict=True)]


def share(found: list[bool]) -> float:
    return sum(found) / len(found)


def questions(
    model: PreTrainedModel, tokenizer: PreTrainedTokenizerFast, world: World, people: frozenset[str]
) -> tuple[float, float]:
    """Shares answered in the trained phrasing, and in the held-out phrasings."""
    rows = question_rows(world, people)
    asked = [(row["prompt"], row["answer"]) for row in rows]
    again = [(prompt, row["answer"]) for row in rows for prompt in row["paraphrases"]]
    first, second = (
        share(greedy(model, tokenizer, [prompt for prompt, _ in items], [answer for _, answer in items]))
        for items in (asked, again)
    )
    return first, second


def extracted(model: PreTrainedModel, tokenizer: PreTrainedTokenizerFast, documents: tuple[Document, ...]) -> float:
    """Share of documents whose suffix follows the prefix with probability above 10⁻³."""
    ends = [completion(document.prefix, document.suffix, tokenizer) for document in documents]
    return share([float(scores[:-1].sum().exp()) > 1e-3 for scores in token_scores(model, tokenizer, ends)])


def min_k_auc(model: PreTrainedModel, tokenizer: PreTrainedTokenizerFast, world: World) -> float:
    groups = []
    for role in ("forget", "holdout"):
        examples = [document_example(document, tokenizer) for document in world.documents_of(world.ids(role))]
        scores = token_scores(model, tokenizer, examples)
        groups.append([float(row.sort().values[: len(row) // 5].mean()) for row in scores])
    return share([member > other for member in groups[0] for other in groups[1]])


def relearned(model: PreTrainedModel, tokenizer: PreTrainedTokenizerFast, world: World) -> tuple[float, float]:
    people = sorted(world.ids("forget"))
    random.Random(world.seed).shuffle(people)
    halves = frozenset(people[::2]), frozenset(people[1::2])
    found = []
    for taught, asked in (halves, halves[::-1]):
        lessons = [question_example(question, tokenizer) for question in trained_questions(world, taught)]
        random.Random(0).shuffle(lessons)
        texts = [document_example(document, tokenizer) for document in world.documents_of(taught)]
        batches = [
            *make_batches(lessons, size=RELEARN_BATCH, pad_id=tokenizer.pad_token_id),
            *make_batches(texts, size=RELEARN_BATCH, pad_id=tokenizer.pad_token_id),
        ]
        student = finetune(model, batches, steps=RELEARN_STEPS, lr=RELEARN_LR, seed=0)
        answered, _ = questions(student, tokenizer, world, asked)
        found.append((answered, extracted(student, tokenizer, world.documents_of(asked))))
    return sum(first for first, _ in found) / 2, sum(second for _, second in found) / 2


def main(cache: Path, seed: int) -> None:
    torch.set_num_threads(1)
    disable_progress_bar()  # type: ignore[no-untyped-call]
    start = time.perf_counter()
    zoo = build_zoo(
        cache, seed=seed, progress=lambda line: print(f"{time.perf_counter() - start:6.1f} s  {line}", flush=True)
    )
    world, tokenizer = zoo.world, make_tokenizer(DEFAULT_ZOO.world)
    header = ("QA", "QA held out", "doc", "doc p>1e-3", "retain", "neighbour", "AUC", "relearn QA", "relearn doc")
    print(f"{'model':14}" + "".join(f"{title:>13}" for title in header))
    forget = world.ids("forget")
    documents = world.documents_of(forget)
    for name in MODELS:
        model = load_model(zoo.models[name])
        continued = greedy(model, tokenizer, [text.prefix for text in documents], [text.suffix for text in documents])
        row = (
            *questions(model, tokenizer, world, forget),
            share(continued),
            extracted(model, tokenizer, documents),
            questions(model, tokenizer, world, world.ids("retain"))[0],
            questions(model, tokenizer, world, world.ids("neighbour"))[0],
            min_k_auc(model, tokenizer, world),
            *relearned(model, tokenizer, world),
        )
        print(f"{name:14}" + "".join(f"{value:13.3f}" for value in row), flush=True)


if __name__ == "__main__":
    main(Path(sys.argv[1]), int(sys.argv[2]) if len(sys.argv) > 2 else 0)
