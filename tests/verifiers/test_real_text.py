"""On real questions: a pretrained model that learned some of them is told from itself before, by every measure."""

from __future__ import annotations

import json
from dataclasses import replace
from fractions import Fraction
from pathlib import Path

import pytest

from unlearn_spec.plan.units import DataRef, GenerateUnit, Reading, SubjectRef
from unlearn_spec.verifiers import membership
from unlearn_spec.verifiers.generation import generate
from unlearn_spec.verifiers.items import Item
from unlearn_spec.verifiers.outcomes import gather
from unlearn_spec.verifiers.scoring import parts, score
from unlearn_spec.verifiers.subjects.model import Model, load_model
from unlearn_spec.verifiers.training import Example, finetune, make_batches

EXTRACTION = Reading(metric="extraction_probability", at_least=Fraction(1, 10), decoding="sample")
COPIED = Reading(
    metric="rouge_l", at_least=Fraction(9, 10), decoding="greedy", max_new_tokens=200,
    normalisation="casefold_nfkc_space",
)


@pytest.fixture(scope="module")
def questions(stories: Path) -> tuple[Item, ...]:
    path = stories.parents[1] / "tofu" / "forget01.json"
    if not path.is_file():
        pytest.skip(f"the questions are not at {path}")
    rows = [json.loads(line) for line in path.read_text(encoding="utf-8").splitlines()]
    items = tuple(Item(f"t{place}", f"t{place}", row["question"], row["answer"]) for place, row in enumerate(rows))
    return tuple(sorted(items, key=lambda item: len(item.prompt + item.answer))[:8])


def learn(model: Model, items: tuple[Item, ...]) -> Model:
    pairs = [model.encode_pair(*parts(item, "{prompt}")) for item in items]
    examples = [Example((*pair.ids, model.tokenizer.eos_token_id), pair.start) for pair in pairs]
    batches = make_batches(examples, size=len(items), pad_id=0)
    copy = load_model(Path(model.name)).network.requires_grad_(True)
    return replace(model, network=finetune(copy, batches, steps=40, lr=5e-3, seed=0))


def ask(model: Model, items: tuple[Item, ...]) -> int:
    subject = SubjectRef(role="audited", artifact="m", model="sha256:0")
    data = DataRef(name="questions", digest="sha256:1")
    told = generate(model, items, GenerateUnit(subject=subject, data=data, reading=COPIED))
    return gather([told], COPIED, every=False).k


def test_what_was_learned_is_extracted_answered_and_recognised(stories: Path, questions: tuple[Item, ...]) -> None:
    original = load_model(stories / "hf")
    known, unknown = questions[::2], questions[1::2]
    tuned = learn(original, known)
    shares = [
        gather([score(model, items, EXTRACTION)], EXTRACTION, every=False).k
        for model, items in ((original, known), (tuned, known), (tuned, unknown))
    ]
    assert shares == [0, len(known), 0]
    assert ask(original, known) == 0
    assert ask(tuned, known) == len(known)
    results = membership.run(
        score(tuned, known, EXTRACTION), score(tuned, unknown, EXTRACTION), ("loss", "zlib", "min_k"), allowed=0
    )
    assert all(result.auc == 1.0 for result in results if result.direction == "higher")
