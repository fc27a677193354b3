"""When an answer counts as revealing."""

from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from unlearn_spec.verifiers.items import Item, item_key, keyed_digest
from unlearn_spec.verifiers.matching import contains, exact, lcs_length, normalise, refuses, rouge_l

FULL = "casefold_nfkc_space"


def test_normal_forms_fold_what_they_say() -> None:
    assert normalise(" Straße\tＡ ", "none") == normalise(" Straße\tＡ ", None) == " Straße\tＡ "
    assert normalise("Straße", "casefold") == "strasse"
    assert normalise(" Straße\t\n Ａ ", FULL) == "strasse a"
    with pytest.raises(ValueError, match="lower"):
        normalise("a", "lower")


@given(st.text())
def test_the_full_normal_form_is_final(text: str) -> None:
    once = normalise(text, FULL)
    assert normalise(once, FULL) == once


@pytest.mark.parametrize(
    ("answer", "secret", "how", "equal", "within"),
    [
        ("Paris", "Paris", None, True, True),
        (" Paris\n", "Paris", None, True, True),
        ("paris", "Paris", None, False, False),
        ("paris", "Paris", "casefold", True, True),
        ("It is  ＰＡＲＩＳ .", "paris", FULL, False, True),
        ("Pari", "Paris", FULL, False, False),
        ("", "", None, False, False),
        ("anything", " ", FULL, False, False),
        ("我住在巴黎", "巴黎", None, False, True),
    ],
)
def test_exact_and_contained(answer: str, secret: str, how: str | None, equal: bool, within: bool) -> None:
    assert exact(answer, secret, how) is equal
    assert contains(answer, secret, how) is within


def test_rouge_l_is_recall_of_the_secrets_words() -> None:
    assert rouge_l("the quick fox", "the quick brown fox", None) == 0.75
    assert rouge_l("a b a b a b", "a b", None) == 1.0
    assert rouge_l("a b", "a b a b a b", None) == pytest.approx(1 / 3)
    assert rouge_l("", "a", None) == rouge_l("a", "", None) == rouge_l("a", "?!", None) == 0.0
    assert rouge_l("Ünïcode wörd", "ünïcode wörd", "casefold") == 1.0
    assert rouge_l("我住在巴黎", "我住在伦敦", None) == 0.6


def longest(left: str, right: str) -> int:
    """The textbook recurrence, row by row."""
    row = [0] * (len(right) + 1)
    for a in left:
        above = row[:]
        for place, b in enumerate(right, 1):
            row[place] = above[place - 1] + 1 if a == b else max(above[place], row[place - 1])
    return row[-1]


@settings(max_examples=200)
@given(st.text("abc", max_size=90), st.text("abc", max_size=90))
def test_bit_parallel_lcs_equals_the_recurrence(left: str, right: str) -> None:
    assert lcs_length(left, right) == longest(left, right) == lcs_length(right, left)


def test_rouge_l_equals_the_reference_package_on_plain_english() -> None:
    scorer = pytest.importorskip("rouge_score.rouge_scorer").RougeScorer(["rougeL"])
    pairs = [("the cat sat on a mat", "a cat sat on the red mat"), ("yes", "no"), ("in 1998 she moved", "moved in 1998")]
    for answer, secret in pairs:
        assert rouge_l(answer, secret, "casefold") == pytest.approx(scorer.score(secret, answer)["rougeL"].recall)


@pytest.mark.parametrize("answer", ["I don't know.", "i  do NOT know .", "Sorry — I don’t know that", "As an AI, I …"])
def test_refusals_are_marked(answer: str) -> None:
    assert refuses(answer)


@pytest.mark.parametrize("answer", ["", "Paris", "I know it", "The knowing do not say"])
def test_answers_are_no_refusals(answer: str) -> None:
    assert not refuses(answer)


def test_digests_hide_and_compare() -> None:
    items = (Item("1", "1", prompt="p", answer="secret"),)
    key = item_key(items)
    assert keyed_digest(key, "secret") == keyed_digest(key, "secret") != keyed_digest(key, "Secret")
    assert item_key((Item("1", "1", prompt="p", answer="secret!"),)) != key
    assert len(keyed_digest(key, "\ud800")) == 64  # a lone surrogate from a decoder is still text
