"""Answers are the model's own, whatever is asked beside them, and the table says what they show."""

from __future__ import annotations

import copy
import math
from collections import Counter
from dataclasses import replace
from fractions import Fraction
from itertools import product
from operator import itemgetter
from typing import Any

import pytest
import torch

from unlearn_spec.plan.units import DataRef, GenerateUnit, Reading, SubjectRef
from unlearn_spec.verifiers import generation
from unlearn_spec.verifiers.generation import generate
from unlearn_spec.verifiers.items import Item, ItemError
from unlearn_spec.verifiers.scoring import score
from unlearn_spec.verifiers.subjects import OutputError, SubjectError
from unlearn_spec.verifiers.subjects.filters import make_filter
from unlearn_spec.verifiers.subjects.model import Model, load_model
from unlearn_spec.verifiers.subjects.system import Guards, System
from unlearn_spec.verifiers.suites import of_templates

REF = SubjectRef(role="audited", artifact="m", model="sha256:0")
DATA = DataRef(name="facts", digest="sha256:1")
ITEMS = tuple(
    Item(f"q{number}", f"p{number % 3}", prompt=prompt, answer="c d", paraphrases=("b a ?",))
    for number, prompt in enumerate(
        ("a ?", "a b ?", "c d e f g h", "h", "a b c d e f g h a b ?", "d", "e e e", "g not know")
    )
)


def unit(
    *, prompts: Any = "prompt", suite: str | None = None, prompt: str = "{prompt}", seed: int = 0, **how: Any
) -> GenerateUnit:
    settings = {"metric": "contains", "decoding": "greedy", "max_new_tokens": 6, **how}
    return GenerateUnit(
        subject=REF.model_copy(update={"prompt": prompt}), data=DATA, reading=Reading(**settings), prompts=prompts,
        suite=suite, seed=seed,
    )


def by_hand(model: Model, prompt: str, steps: int) -> str:
    """Greedy continuation without cache, padding or batch."""
    ids = list(model.encode(prompt))
    start = len(ids)
    for _ in range(steps):
        with torch.inference_mode():
            token = int(model.network(input_ids=torch.tensor([ids])).logits[0, -1].argmax())
        if token in model.ends:
            break
        ids.append(token)
    return model.decode(ids[start:])


def test_greedy_answers_are_the_models_own(model: Model) -> None:
    told = tuple(Item(item.id, item.cluster, item.prompt, by_hand(model, item.prompt, 6) or "-") for item in ITEMS)
    table = generate(model, told, unit())
    for item, exact, empty in zip(told, table.column("exact"), table.column("empty"), strict=True):
        assert exact or (item.answer == "-" and empty)


@pytest.mark.parametrize("how", [{}, {"decoding": "sample", "samples": 2}], ids=["greedy", "sampled"])
def test_logits_beyond_what_the_precision_holds_are_an_error_in_words(model: Model, how: dict[str, Any]) -> None:
    network = copy.deepcopy(model.network).half()
    head = network.get_output_embeddings()
    head.weight = torch.nn.Parameter(head.weight / head.weight.abs().amax() * 6e4, requires_grad=False)
    logits = network(input_ids=torch.tensor([model.encode("a")])).logits
    assert bool(logits.isinf().any()) and not bool(logits.isnan().any())
    with pytest.raises(OutputError, match="wider precision"):
        generate(replace(model, network=network), ITEMS[:1], unit(**how))


@pytest.mark.parametrize("how", [{}, {"decoding": "sample", "samples": 2}], ids=["greedy", "sampled"])
def test_an_answer_does_not_depend_on_its_neighbours(
    model: Model, how: dict[str, Any], monkeypatch: pytest.MonkeyPatch
) -> None:
    together = generate(model, ITEMS, unit(**how))
    monkeypatch.setattr(generation, "ANSWERS_PER_BATCH", 1)
    alone = generate(model, ITEMS, unit(**how))
    for name, values in together.columns:
        assert alone.column(name) == (pytest.approx(values, abs=1e-5) if name == "entropy" else values), name


def test_answers_that_ended_leave_the_batch_and_change_nothing(model: Model, monkeypatch: pytest.MonkeyPatch) -> None:
    rows: list[int] = []
    hook = model.network.register_forward_pre_hook(
        lambda network, args, named: rows.append(len(named["input_ids"])), with_kwargs=True
    )
    how = {"decoding": "sample", "samples": 4, "max_new_tokens": 40}
    together = generate(model, ITEMS, unit(**how))
    hook.remove()
    assert rows[0] == 4 * len(ITEMS) and rows[-1] <= rows[0] // 2
    monkeypatch.setattr(generation, "ANSWERS_PER_BATCH", 1)
    alone = generate(model, ITEMS, unit(**how))
    assert together.column("output") == alone.column("output") and together.column("tokens") == alone.column("tokens")


def test_rows_are_items_by_probes_by_samples(model: Model) -> None:
    table = generate(model, ITEMS[:2], unit(prompts="paraphrases", decoding="sample", samples=3))
    assert table.column("item") == ("q0",) * 6 + ("q1",) * 6
    assert table.column("probe") == (0, 0, 0, 1, 1, 1) * 2
    assert table.column("sample") == (0, 1, 2) * 4
    assert len(generate(model, ITEMS, unit(samples=5))) == len(ITEMS)  # greedy answers are all the same one
    templates = of_templates("{prompt}", "h {prompt} h", "i {prompt}")
    suite = generate(model, ITEMS[:1], unit(prompts="suite", suite="s"), suite=templates)
    assert suite.column("probe") == (0, 1, 2)


def test_seeds_decide_samples(model: Model) -> None:
    how = {"decoding": "sample", "samples": 2}
    first, again, other = (generate(model, ITEMS, unit(seed=seed, **how)) for seed in (1, 1, 2))
    assert first == again
    assert first.column("output") != other.column("output")
    assert first.column("output")[0::2] != first.column("output")[1::2]


@pytest.mark.parametrize(
    "how",
    [{}, {"temperature": Fraction(1, 2), "top_k": 4}, {"top_p": Fraction(7, 10)}],
    ids=["plain", "cool", "nucleus"],
)
def test_sampling_draws_what_scoring_says(three_words: Model, how: dict[str, Any]) -> None:
    reading = Reading(metric="extraction_probability", decoding="sample", **how)
    pairs = tuple(Item(f"{x} {y}", "z", prompt="a b", answer=f"{x} {y}") for x, y in product("abc", repeat=2))
    log_p, item = max(zip(score(three_words, pairs, reading).column("log_p"), pairs, strict=True), key=itemgetter(0))
    p, draws = math.exp(log_p), 3000
    assert 0.02 < p < 0.98, "the test would see nothing"
    asked = unit(metric="exact", decoding="sample", samples=draws, max_new_tokens=2, **how)
    found = Counter(generate(three_words, (item,), asked).column("exact"))[True]
    assert abs(found / draws - p) < 4.5 * math.sqrt(p * (1 - p) / draws)


def test_temperature_zero_is_greedy(model: Model) -> None:
    zero = generate(model, ITEMS, unit(decoding="sample", temperature=Fraction(0), samples=4))
    assert zero.column("output") == generate(model, ITEMS, unit()).column("output")


def test_answers_stop_at_the_context(model: Model) -> None:
    long = (Item("long", "c", prompt="a " * 29, answer="b"), Item("short", "c", prompt="a", answer="b"))
    table = generate(model, long, unit(max_new_tokens=20))
    assert table.column("tokens")[0] <= 2
    alone = generate(model, long[1:], unit(max_new_tokens=20))
    assert table.column("tokens")[1] == alone.column("tokens")[0]
    with pytest.raises(SubjectError, match="prompt of item full has 32 tokens"):
        generate(model, (Item("full", "c", prompt="a " * 31, answer="b"),), unit())


def test_items_that_cannot_be_asked_are_named(model: Model) -> None:
    with pytest.raises(ItemError, match="item x has no prompt"):
        generate(model, (Item("x", "x", text="a b"),), unit())
    with pytest.raises(ItemError, match="item x has no answer"):
        generate(model, (Item("x", "x", prompt="a b"),), unit())


def test_documents_are_continued_from_their_prefix_without_a_template(model: Model) -> None:
    document = Item("d", "d", prefix="a b", suffix=by_hand(model, "a b", 3) or "c")
    plain, wrapped = (generate(model, (document,), unit(prompt=prompt)) for prompt in ("{prompt}", "h {prompt} h"))
    assert plain == wrapped
    question = Item("q", "q", prompt="a b", answer="c")
    assert generate(model, (question,), unit(prompt="h {prompt} h")).column("output") == generate(
        model, (Item("q", "q", prompt="a b", answer="c"),), unit(prompt="h {prompt} h")
    ).column("output")


def test_guards_reply_for_the_model(model: Model) -> None:
    reply = "i do not know ."
    first = by_hand(model, ITEMS[0].prompt, 6)
    guards = Guards(input_filter=make_filter(("G  h",), reply), output_filter=make_filter((first,), reply))
    system = System(model, guards)
    bare, guarded = generate(model, ITEMS, unit()), generate(system, ITEMS, unit())
    outputs = zip(bare.column("output"), guarded.column("output"), guarded.column("blocked"), strict=True)
    assert all((old == new) != blocked for old, new, blocked in outputs)
    assert guarded.column("blocked")[0], "its answer is a blocked term"
    assert guarded.column("blocked")[2], "its prompt holds a blocked term"
    assert all(guarded.where("blocked", True).column("refusal"))


def test_a_mask_keeps_its_terms_out_of_every_answer_and_leaves_the_rest_alone(model: Model) -> None:
    asked = unit(max_new_tokens=6)
    said = [by_hand(model, item.prompt, 6).split() for item in ITEMS]
    pair = " ".join(said[0][:2])
    masked = System(model, Guards(forbidden=(pair,)))
    bare, guarded = generate(model, ITEMS, asked), generate(masked, ITEMS, asked)
    alike = [old == new for old, new in zip(bare.column("output"), guarded.column("output"), strict=True)]
    holds = [pair in f"{item.prompt} {' '.join(words)}" for item, words in zip(ITEMS, said, strict=True)]
    assert holds[0] and not alike[0] and all(same or holding for same, holding in zip(alike, holds, strict=True))
    assert not any(guarded.column("blocked"))
    term = Item("t", "t", prompt=ITEMS[0].prompt, answer=pair)
    assert generate(model, (term,), asked).column("contains") == (True,)
    assert generate(masked, (term,), asked).column("contains") == (False,)


def test_a_mask_over_every_token_is_an_error(model: Model) -> None:
    class Everything:
        def after(self, ids: object) -> frozenset[int]:
            return frozenset(range(model.network.config.vocab_size))

    system = System(model, Guards(system_prompt="h"))
    system.__dict__["mask"] = Everything()
    with pytest.raises(SubjectError, match="no token to go on with"):
        generate(system, ITEMS[:1], unit())


def test_a_system_prompt_stands_before_the_prompt(model: Model) -> None:
    system = System(model, Guards(system_prompt="h h"))
    question = Item("q", "q", prompt="a b", answer=by_hand(model, "h h\na b", 6) or "-")
    assert generate(system, (question,), unit(metric="exact")).column("exact") == (question.answer != "-",)


def test_the_secret_and_the_answers_are_in_no_column(model: Model) -> None:
    table = generate(model, (Item("q", "p", prompt="a ?", answer="know not"),), unit(max_new_tokens=8))
    texts = [value for _, values in table.columns for value in values if isinstance(value, str)]
    assert not any(" " in text for text in texts)


def test_a_real_model_tells_its_story(stories: Any) -> None:
    model = load_model(stories / "hf")
    expected = (stories / "expected_greedy.txt").read_text(encoding="utf-8")
    start = "Once upon a time"
    told = expected[len(start) :][:160].rsplit(" ", 1)[0]
    table = generate(model, (Item("s", "s", prefix=start, suffix=told),), unit(max_new_tokens=100))
    assert table.column("contains") == (True,)


def test_a_planted_refusal_is_recognised_only_where_it_fits(model: Model) -> None:
    """The tests' tokenizer has words for `i do not know`; four of them are needed, and the column says so of every row."""
    room = len(model.encode("i do not know"))
    assert generation.could_decline(model, room) and not generation.could_decline(model, room - 1)
    assert set(generate(model, ITEMS, unit(max_new_tokens=room)).column("refusable")) == {True}
    assert set(generate(model, ITEMS, unit(max_new_tokens=1)).column("refusable")) == {False}
