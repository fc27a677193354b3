"""One pass per text gives the same numbers as writing every formula out, token by token, in float64."""

from __future__ import annotations

import math
import zlib
from fractions import Fraction
from itertools import product
from pathlib import Path

import numpy as np
import pytest
import torch

from unlearn_spec.gpu.decoding import reference_decoding
from unlearn_spec.gpu.token_stats import reference
from unlearn_spec.plan.units import Reading
from unlearn_spec.verifiers.items import Item, ItemError
from unlearn_spec.verifiers.metrics.attacks import min_k
from unlearn_spec.verifiers.scoring import MIN_K_SHARE, join, score
from unlearn_spec.verifiers.subjects import SubjectError
from unlearn_spec.verifiers.subjects.model import Model, load_model
from unlearn_spec.verifiers.table import Table

GREEDY = Reading(metric="extraction_probability", decoding="greedy")
ITEMS = (
    Item("q1", "p1", prompt="a b ?", answer="c d"),
    Item("q2", "p1", prompt="a ?", answer="e"),
    Item("d1", "p2", text="a b c d e f g h a b c d", prefix="a b c", suffix="d e f g h a b c d"),
    Item("d2", "p3", text="h g f e"),
)


def sampled(**settings: object) -> Reading:
    return Reading(metric="extraction_probability", decoding="sample", **settings)  # type: ignore[arg-type]


def row(table: Table, item: str) -> dict[str, object]:
    place = table.column("item").index(item)
    return {name: values[place] for name, values in table.columns}


def logits_of(model: Model, text: str) -> tuple[list[int], np.ndarray]:
    ids = list(model.encode(text))
    with torch.inference_mode():
        return ids, model.network(input_ids=torch.tensor([ids])).logits[0].double().numpy()


@pytest.mark.parametrize(
    ("item", "text", "scored", "secret"),
    [("q1", "a b ? c d", 2, 2), ("q2", "a ? e", 1, 1), ("d1", ITEMS[2].text, 12, 9), ("d2", "h g f e", 4, 4)],
)
def test_every_column_equals_the_formula_written_out(
    model: Model, item: str, text: str, scored: int, secret: int
) -> None:
    found = row(score(model, ITEMS, sampled(temperature=Fraction(1, 2), top_k=9, top_p=Fraction(4, 5))), item)
    ids, logits = logits_of(model, text)
    stats = reference(logits[:-1], np.array(ids[1:]))
    values = stats.log_prob[-scored:]
    z = [
        (stats.log_prob[t] - stats.mean[t]) / math.sqrt(max(stats.variance[t], 1e-6))
        for t in range(len(ids) - 1 - scored, len(ids) - 1)
    ]
    lowest = max(1, int(0.2 * scored))
    chances = reference_decoding(logits[:-1], temperature=0.5, top_k=9, top_p=0.8)
    drawn = sum(chances[t, ids[t + 1]] for t in range(len(ids) - 1 - secret, len(ids) - 1))
    written = text if item.startswith("d") else next(one.answer for one in ITEMS if one.id == item)
    assert found["tokens"] == scored and found["secret_tokens"] == secret
    assert found["sum_logp"] == pytest.approx(values.sum(), abs=1e-5)
    assert found["mean_logp"] == pytest.approx(values.mean(), abs=1e-5)
    assert found["min_k"] == pytest.approx(np.mean(sorted(values)[:lowest]), abs=1e-5)
    assert found["min_k_pp"] == pytest.approx(np.mean(sorted(z)[:lowest]), rel=1e-4, abs=1e-4)
    assert found["zlib_bytes"] == len(zlib.compress(written.encode()))
    assert found["argmax_match"] == pytest.approx(
        np.mean([logits[t].argmax() == ids[t + 1] for t in range(len(ids) - 1 - secret, len(ids) - 1)])
    )
    if math.isinf(drawn):
        assert found["log_p"] == drawn
    else:
        assert found["log_p"] == pytest.approx(drawn, abs=1e-4)


@pytest.mark.parametrize(
    "reading",
    [
        sampled(),
        sampled(temperature=Fraction(2)),
        sampled(top_k=2),
        sampled(top_p=Fraction(1, 2)),
        sampled(temperature=Fraction(1, 2), top_k=4, top_p=Fraction(3, 4)),
        GREEDY,
    ],
    ids=lambda reading: f"{reading.decoding}-{reading.temperature}-{reading.top_k}-{reading.top_p}",
)
def test_the_probabilities_of_all_texts_of_a_length_sum_to_one(three_words: Model, reading: Reading) -> None:
    words = ("<unk>", "<s>", "</s>", "a", "b", "c")
    # Special words are spelled out too: each sequence of three tokens is some item's secret.
    items = tuple(
        Item("-".join(three), "c", prefix="a b", suffix=" ".join(three)) for three in product(words[3:], repeat=3)
    )
    total = sum(math.exp(value) for value in score(three_words, items, reading).column("log_p"))
    everything = _mass(three_words, reading, length=3, words=range(3, 6))
    assert total == pytest.approx(everything, abs=1e-6)
    assert _mass(three_words, reading, length=3, words=range(6)) == pytest.approx(1.0, abs=1e-9)


def _mass(model: Model, reading: Reading, *, length: int, words: range) -> float:
    """Brute force: the chance that the decoding's next `length` tokens after `a b` all lie in `words`."""

    def chance(ids: tuple[int, ...], left: int) -> float:
        if left == 0:
            return 1.0
        with torch.inference_mode():
            logits = model.network(input_ids=torch.tensor([ids])).logits[0, -1:].double().numpy()
        if reading.decoding == "greedy":
            best = int(logits.argmax())
            return chance((*ids, best), left - 1) if best in words else 0.0
        p = np.exp(
            reference_decoding(
                logits,
                temperature=float(reading.temperature or 1),
                top_k=reading.top_k,
                top_p=None if reading.top_p is None else float(reading.top_p),
            )
        )[0]
        return sum(p[word] * chance((*ids, word), left - 1) for word in words if p[word] > 0)

    return chance(model.encode("a b"), length)


def test_greedy_extraction_is_certain_or_impossible(model: Model) -> None:
    values = set(score(model, ITEMS, GREEDY).column("log_p"))
    assert values <= {0.0, -math.inf}
    for item in ITEMS:
        found = row(score(model, (item,), GREEDY), item.id)
        assert (found["log_p"] == 0.0) == (found["argmax_match"] == 1.0)


def test_order_and_company_do_not_change_a_row(model: Model) -> None:
    whole, backwards = score(model, ITEMS, sampled()), score(model, ITEMS[::-1], sampled())
    assert whole.column("item") == tuple(item.id for item in ITEMS)
    assert backwards.column("item") == whole.column("item")[::-1]
    assert backwards.column("log_p")[::-1] == pytest.approx(whole.column("log_p"), abs=1e-5)
    assert score(model, ITEMS[2:3], sampled()).column("min_k_pp")[0] == pytest.approx(
        row(whole, "d1")["min_k_pp"], rel=1e-4
    )


def test_a_repeat_is_equal_to_the_last_bit(model: Model) -> None:
    assert score(model, ITEMS, sampled()) == score(model, ITEMS, sampled())


def test_at_least_one_token_is_lowest() -> None:
    assert min_k(np.array([-3.0, -1.0]), MIN_K_SHARE) == -3.0
    assert min_k(np.arange(10.0), MIN_K_SHARE) == 0.5


def test_the_template_stands_around_prompts_only(model: Model) -> None:
    wrapped = score(model, ITEMS, sampled(), template="h {prompt} h")
    plain = score(model, (Item("q1", "p1", prompt="h a b ? h", answer="c d"), *ITEMS[2:]), sampled())
    assert row(wrapped, "q1")["log_p"] == pytest.approx(row(plain, "q1")["log_p"], abs=1e-5)
    assert row(wrapped, "d1")["log_p"] == pytest.approx(row(plain, "d1")["log_p"], abs=1e-5)


def test_what_cannot_be_scored_is_named_and_not_shown(model: Model) -> None:
    with pytest.raises(ItemError, match="item x has neither"):
        score(model, (Item("x", "x", prompt="a b"),), GREEDY)
    with pytest.raises(ItemError, match="item y: its text does not begin"):
        score(model, (Item("y", "y", text="a b c", prefix="b", suffix="c"),), GREEDY)
    with pytest.raises(SubjectError, match="item z has 41 tokens, more than the model's context of 32") as caught:
        score(model, (Item("z", "z", text="a " * 40),), GREEDY)
    assert "a a" not in str(caught.value)


@pytest.mark.parametrize(
    ("first", "second", "blank"),
    [("a", "b", " "), ("a ", "b", ""), ("a", " b", ""), ("a\n", "b", ""), ("a", ", b", ""), ("", "b", ""), ("?", "(b", " ")],
)
def test_one_blank_joins_what_none_separates(first: str, second: str, blank: str) -> None:
    assert join(first, second) == blank


def test_what_a_real_model_says_by_itself_is_what_scoring_expects(stories: Path) -> None:
    model = load_model(stories / "hf")
    told = (stories / "expected_greedy.txt").read_text(encoding="utf-8")[:200].rsplit(" ", 1)[0]
    items = tuple(
        Item(str(cut), "c", prefix=told[:cut].rstrip(" "), suffix=told[cut:].lstrip(" ")) for cut in (16, 17, 27, 47)
    )
    assert set(score(model, items, GREEDY).column("log_p")) == {0.0}


def test_a_real_tokenizer_splits_prefix_and_suffix_at_the_seam(stories: Path) -> None:
    model = load_model(stories / "hf")
    text = "Once upon a time, there was a little girl named Lily."
    items = tuple(Item(str(cut), "c", text=text, prefix=text[:cut], suffix=text[cut:]) for cut in (4, 9, 17, 30))
    table = score(model, items, sampled())
    assert len(set(table.column("sum_logp"))) == 1  # the text is read as one, wherever it is cut
    assert table.column("secret_tokens") == tuple(sorted(table.column("secret_tokens"), reverse=True))
    ids, logits = logits_of(model, text)
    every = reference(logits[:-1], np.array(ids[1:])).log_prob
    assert table.column("sum_logp")[0] == pytest.approx(every.sum(), abs=1e-4)
    for place, length in enumerate(table.column("secret_tokens")):
        assert table.column("log_p")[place] == pytest.approx(every[-length:].sum(), abs=1e-4)
