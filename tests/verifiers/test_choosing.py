"""Multiple choice: which option a model prefers, under both conventions, and held against the harness's own formulas."""

from __future__ import annotations

import math
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
import torch

from unlearn_spec.plan.units import DataRef, Reading, ScoreUnit, SubjectRef
from unlearn_spec.verifiers.choosing import choose, lettered
from unlearn_spec.verifiers.items import Item, ItemError
from unlearn_spec.verifiers.subjects.model import Model, load_model
from unlearn_spec.verifiers.units import run_unit

WORDS = ("a", "b", "c", "d", "e", "f", "g", "h", "?", "A", "B", "C", "A.", "B.", "C.", "Answer:")
LETTERS = Reading(metric="multiple_choice", options="letters", decoding="greedy")
TEXTS = Reading(metric="multiple_choice", options="texts", decoding="greedy")
ITEM = Item("q", "q", "a b ?", "d e", choices=("c", "d e", "f g h"), right=1)


@pytest.fixture
def gpt2(make: dict[str, Callable[..., Path]], tmp_path: Path) -> Model:
    return load_model(make["gpt2"](tmp_path / "model", words=WORDS))


def log_likelihood(model: Model, before: str, after: str) -> float:
    """ln p of the tokens of `after`, by one plain pass over the whole text: what the harness's `loglikelihood` returns."""
    whole, first = (model.tokenizer(text)["input_ids"] for text in (before + after, before))
    with torch.inference_mode():
        logits = model.network(torch.tensor([whole])).logits[0].double().log_softmax(-1)
    return sum(float(logits[place - 1, whole[place]]) for place in range(len(first), len(whole)))


@pytest.mark.parametrize("reading", [LETTERS, TEXTS], ids=lambda reading: reading.options)
def test_options_are_scored_as_the_harness_scores_them(gpt2: Model, reading: Reading) -> None:
    row = choose(gpt2, [ITEM], reading)
    if reading.options == "letters":
        wanted = [log_likelihood(gpt2, lettered(ITEM), f" {letter}") for letter in "ABC"]
        chosen = int(np.argmax(wanted))
    else:
        wanted = [log_likelihood(gpt2, ITEM.prompt, f" {choice}") for choice in ITEM.choices]
        chosen = int(np.argmax(np.array(wanted) / np.array([float(len(choice.encode())) for choice in ITEM.choices])))
    assert [float(text) for text in row.column("log_likelihoods")[0].split()] == pytest.approx(wanted, abs=1e-5)
    assert row.column("chosen") == (chosen,) and row.column("preferred") == (chosen == 1,)
    assert (row.column("margin")[0] >= 0) == (chosen == 1)


def test_the_question_is_written_as_the_benchmark_writes_it() -> None:
    assert lettered(Item("q", "q", " Which one? ", choices=("x", "y"), right=0)) == "Which one?\nA. x\nB. y\nAnswer:"


def test_a_model_that_knows_prefers_the_right_option_and_equal_ones_go_to_the_first(gpt2: Model) -> None:
    network = gpt2.network
    with torch.no_grad():
        network.transformer.wte.weight.zero_()  # tied with the head: every token is as likely as any other
    row = choose(gpt2, [Item("q", "q", "a", choices=("b", "c", "d"), right=1)], TEXTS)
    assert row.column("chosen") == (0,) and row.column("preferred") == (False,)
    assert row.column("margin")[0] == pytest.approx(0)


def test_items_without_options_are_refused(gpt2: Model) -> None:
    with pytest.raises(ItemError, match="item q is no question with options"):
        choose(gpt2, [Item("q", "q", "a ?", "b")], TEXTS)
    with pytest.raises(ItemError, match="how options are compared"):
        choose(gpt2, [ITEM], Reading(metric="multiple_choice", decoding="greedy"))


def test_a_unit_of_options_gives_that_table(gpt2: Model) -> None:
    subject = SubjectRef(role="audited", artifact="m", model="sha256:" + "0" * 64)
    unit = ScoreUnit(subject=subject, data=DataRef(name="d", digest="x"), reading=TEXTS)
    assert run_unit(unit, load=lambda ref: gpt2, items=lambda ref: (ITEM,)) == choose(gpt2, [ITEM], TEXTS)


def test_a_real_model_prefers_what_stories_say(stories: Path) -> None:
    item = Item("q", "q", "Once upon a time, there was a little", choices=("girl named Lily.", "quarterly tax return."), right=0)
    row = choose(load_model(stories / "hf"), [item], TEXTS)
    girl, tax = (float(text) for text in row.column("log_likelihoods")[0].split())
    assert row.column("preferred") == (True,) and girl > tax and math.isfinite(tax)
