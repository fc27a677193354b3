"""What a suite asks about an item, and what of the answer it gives away."""

from __future__ import annotations

from importlib import resources
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from unlearn_spec.evidence.canonical import bytes_digest
from unlearn_spec.plan.suite_file import installed, installed_digest, read_suite
from unlearn_spec.verifiers.items import Item
from unlearn_spec.verifiers.suites import Family, Suite, Template, beginning, others_for, probes, shuffled

ITEM = Item("f", "f", prompt="who is f ?", answer="a red bird", paraphrases=("f is who ?", "tell me f"))
OTHERS = tuple(Item(f"o{i}", f"o{i}", prompt=f"who is o{i} ?", answer=f"o{i} answer") for i in range(5))
WRAP = "Q: {prompt}\nA:"


def one(template: Template, **more: object) -> Suite:
    return Suite((Family("only", (template,)),), **more)  # type: ignore[arg-type]


def asked(suite: Suite, **how: object) -> list[str]:
    return [probe.prompt for probe in probes(suite, ITEM, OTHERS[: suite.others], **how)]  # type: ignore[arg-type]


def test_each_other_wording_is_a_probe() -> None:
    assert asked(one(Template("say: {paraphrase}")), wrap=WRAP) == ["Q: say: f is who ?\nA:", "Q: say: tell me f\nA:"]


def test_a_beginning_stands_where_the_answer_begins_and_is_no_part_of_what_reveals() -> None:
    suite = one(Template("{prompt}", begin="{answer_start}"), answer_start=2)
    (probe,) = probes(suite, ITEM, wrap=WRAP)
    assert (probe.prompt, probe.secret, probe.given) == ("Q: who is f ?\nA: a red", "bird", 2)
    (typed,) = probes(suite, ITEM, wrap=WRAP, typed=True)  # who speaks to a product cannot write its answer
    assert (typed.prompt, typed.secret) == ("Q: who is f ? a red\nA:", "bird")


def test_others_are_shown_as_the_subject_expects_questions() -> None:
    suite = one(Template("{prompt}", shown=("{other_prompt}", "{other_answer}")), others=2)
    shown = "Q: who is o0 ?\nA: o0 answer\nQ: who is o1 ?\nA: o1 answer\n"
    assert asked(suite, wrap=WRAP) == [f"{shown}Q: who is f ?\nA:"]
    assert asked(suite, wrap=WRAP, typed=True) == [
        "Q: who is o0 ? o0 answer\nwho is o1 ? o1 answer\nwho is f ?\nA:"
    ]


def test_a_joint_question_is_asked_with_each_other() -> None:
    assert asked(one(Template("{other_prompt} {prompt}"), others=2)) == ["who is o0 ? who is f ?", "who is o1 ? who is f ?"]


def test_an_answer_is_never_given_whole() -> None:
    suite = one(Template("{prompt}", begin="{answer_start}"), answer_start=5)
    assert probes(suite, ITEM)[0].given == 2
    assert probes(suite, Item("w", "w", prompt="who ?", answer="bird")) == ()


@given(st.text(max_size=30), st.integers(1, 8))
def test_beginning_and_rest_are_the_answer(answer: str, count: int) -> None:
    start, rest, words = beginning(answer, count)
    assert 0 <= words <= count
    assert (start + rest).replace(" ", "") == answer.strip().replace(" ", "") or any(c.isspace() for c in answer)
    assert rest or not answer.strip() or not words


def test_the_target_itself_may_be_put_into_the_context() -> None:
    told = asked(one(Template("{text} {prompt}")), wrap=WRAP)
    assert told == ["Q: who is f ? a red bird who is f ?\nA:"]
    document = Item("d", "d", text="a b c d", prefix="a b", suffix="c d")
    (probe,) = probes(one(Template("again: {text}")), document)
    assert (probe.prompt, probe.secret, probe.given) == ("again: a b c d", "c d", 0)
    found = installed(f"in-context@{installed_digest('in-context')}")
    assert found is not None and found.suite.hands_over
    assert all(ITEM.answer in probe.prompt for probe in probes(found.suite, ITEM))


def test_what_stands_in_braces_in_an_item_stays_as_it_is() -> None:
    item = Item("f", "f", prompt="what is {answer_start} ?", answer="{other_prompt} x y")
    assert probes(one(Template("{prompt}", begin="{answer_start}"), answer_start=1), item)[0].prompt == (
        "what is {answer_start} ? {other_prompt"
    )


@pytest.mark.parametrize(
    "other",
    [
        Item("x", "x", prompt="is it a red bird ?", answer="yes it is"),
        Item("x", "x", prompt="what sings ?", answer="A  RED bird"),
        Item("x", "x", prompt="who is f ?", answer="nobody here"),
        Item("x", "x", prompt="what flies ?", answer="bird"),
        Item("x", "x", text="a document"),
    ],
)
def test_nobody_stands_beside_whose_texts_tell_the_answer(other: Item) -> None:
    assert others_for(ITEM, (other, *OTHERS), 2) == OTHERS[:2]
    assert others_for(ITEM, (other,), 1) == ()


def test_the_seed_draws_who_stands_beside() -> None:
    assert {shuffled(OTHERS, seed)[0].id for seed in range(40)} == {one.id for one in OTHERS}
    assert shuffled(OTHERS, 3) == shuffled(tuple(reversed(OTHERS)), 3)


# --- files -----------------------------------------------------------------------------------------------------------


def test_every_installed_suite_is_found_by_its_digest_and_no_other() -> None:
    folder = resources.files("unlearn_spec.spec").joinpath("suites")
    names = sorted(file.name.removesuffix(".yaml") for file in folder.iterdir())
    assert "prompt-attacks" in names
    for name in names:
        digest = bytes_digest(folder.joinpath(f"{name}.yaml").read_bytes())
        found = installed(f"{name}@{digest}")
        assert found is not None and found.digest == digest == installed_digest(name)
        assert installed(f"{name}@sha256:{'0' * 64}") is None
    assert installed_digest("nothing") is None and installed_digest("../examples/suites/elicit-v7") is None


def test_the_page_names_the_installed_suites_by_their_digests() -> None:
    page = (Path(__file__).parents[2] / "docs" / "researchers.md").read_text(encoding="utf-8")
    for name in ("prompt-attacks", "in-context"):
        assert f'suite: "{name}@{installed_digest(name)}"' in page


def test_the_installed_attacks_ask_in_five_families() -> None:
    found = installed(f"prompt-attacks@{installed_digest('prompt-attacks')}")
    assert found is not None
    asked = probes(found.suite, ITEM, OTHERS[: found.suite.others], wrap=WRAP)
    assert {probe.family for probe in asked} == {"plain", "paraphrase", "prefix", "few_shot", "joint"}
    assert {probe.family for probe in asked if probe.given} == {"prefix"}
    assert len({probe.prompt for probe in asked}) == len(asked)
    whole = [probe for probe in asked if ITEM.answer in probe.prompt]
    assert whole == []


BAD: list[tuple[object, tuple[object, ...], str]] = [
    ({}, (), "a suite is"),
    ({"templates": ["{prompt}"], "families": {"a": ["{prompt}"]}}, (), "a suite is"),
    ({"templates": []}, ("templates",), "one at least"),
    ({"templates": [f"{{prompt}} {n}" for n in range(1001)]}, (), "1,001 templates; a suite may have 1,000"),
    ({"templates": ["none"]}, ("templates", 0), "needs {prompt} or {paraphrase}"),
    ({"templates": ["{prompt} {paraphrase}"]}, ("templates", 0), "one of them"),
    ({"templates": ["{prompt}", "{prompt}"]}, ("templates", 1), "before"),
    ({"templates": [{"ask": "{prompt}", "begin": "a"}, {"begin": "a", "ask": "{prompt}"}]}, ("templates", 1), "before"),
    ({"templates": ["{prompt} {answer_starts}"]}, ("templates", 0), "did you mean `answer_start`"),
    ({"templates": ["{prompt} {answer_start}"], "answer_start": 2}, ("templates", 0), "no meaning in this place"),
    ({"templates": ["{prompt} {texts}"]}, ("templates", 0), "{texts} means nothing here"),
    ({"templates": ["{prompt} {text}", "{prompt}"]}, (), "all have it, or none"),
    ({"templates": [{"ask": "{prompt}", "begin": "{text}"}]}, ("templates", 0, "begin"), "no meaning in this place"),
    ({"templates": [{"ask": "{text}", "begin": "{answer_start}"}], "answer_start": 1}, (), "hands over all of the answer"),
    ({"families": []}, ("families",), "one family at least"),
    ({"families": {"a": ["{prompt}"]}, "other": 1}, ("other",), "did you mean `others`"),
    ({"families": {"a": [{"ask": "{prompt}", "begins": "x"}]}}, ("families", "a", 0, "begins"), "did you mean `begin`"),
    ({"families": {"a": [{"ask": "{prompt}", "begin": "{answer_start}"}]}}, (), "`answer_start` is missing"),
    ({"templates": ["{prompt}"], "answer_start": 2}, ("answer_start",), "no template uses"),
    (
        {"templates": [{"ask": "{prompt}", "begin": "{answer_start}"}], "answer_start": 0},
        ("answer_start",),
        "from 1 to 100",
    ),
    ({"templates": ["{other_prompt} {prompt}"]}, (), "`others` is missing"),
    ({"templates": ["{other_prompt} {prompt}"], "others": {}}, ("others",), "`count` is missing"),
    ({"templates": ["{other_prompt} {prompt}"], "others": {"count": True}}, ("others", "count"), "whole number"),
    ({"templates": ["{other_prompt} {prompt}"], "others": 3}, ("others",), "{count: 3}"),
    (
        {"templates": [{"ask": "{prompt}", "show": {"ask": "{other_prompt}", "answer": "x"}}], "others": {"count": 1}},
        ("templates", 0, "show", "answer"),
        "needs {other_answer}",
    ),
]


@pytest.mark.parametrize(("data", "path", "words"), BAD, ids=[words for _, _, words in BAD])
def test_a_mistake_is_told_with_its_place(data: object, path: tuple[object, ...], words: str) -> None:
    suite, problems = read_suite(data)
    assert suite is None
    assert any(problem.path == path and words in problem.message for problem in problems), problems
