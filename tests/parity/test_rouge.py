"""ROUGE-L against `rouge_score`, and against values that the package `rouge` 1.0.1 gave; Porter's stems against NLTK."""

from __future__ import annotations

import json
import re
from itertools import pairwise
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from nltk.stem.porter import PorterStemmer
from rouge_score.rouge_scorer import RougeScorer

from unlearn_spec.verifiers.metrics.porter import stem
from unlearn_spec.verifiers.metrics.rouge import (
    RougeL,
    is_latin,
    rouge_l_ids,
    rouge_l_rouge,
    rouge_l_rouge_score,
    rouge_l_words,
)

DATA = Path(__file__).parents[2].parent / "shared" / "data" / "tofu"
ORACLE = PorterStemmer()
SCORERS = {stemmed: RougeScorer(["rougeL"], use_stemmer=stemmed) for stemmed in (True, False)}

WORDS = ("general", "generally", "Generation", "dies", "dying", "happily", "analogically", "a", "a", "4.5", "naïve", "")
texts = st.lists(st.sampled_from(WORDS), max_size=25).map(" ".join) | st.text(max_size=40)

ENDINGS = [
    "ational", "tional", "enci", "anci", "izer", "abli", "alli", "entli", "eli", "ousli", "ization", "ation",
    "ator", "alism", "iveness", "fulness", "ousness", "aliti", "iviti", "biliti", "fulli", "logi", "icate",
    "ative", "alize", "iciti", "ical", "ful", "ness", "ance", "ement", "ion", "e", "ed", "ing", "ied", "ies",
    "eed", "y", "s", "ll", "sses",
]  # fmt: skip
made_words = st.tuples(
    st.text("aeiouybcdlstzrwx", max_size=6), st.sampled_from(ENDINGS), st.sampled_from(["", *ENDINGS])
)

ROUGE_1_0_1 = [  # answer, reference, precision, recall, f1
    ("a b", "a b a b a b", 1.0, 1.0, 0.999999995),
    ("a b a b a b", "a b", 1.0, 1.0, 0.999999995),
    ("The cat sat. It purred.", "The cat sat on a mat. It purred loudly.", 1.0, 0.5555555555555556, 0.7142857096938776),
    ("the Cat sat", "The cat sat", 0.3333333333333333, 0.3333333333333333, 0.3333333283333334),
    ("我住在巴黎", "我住在巴黎", 1.0, 1.0, 0.999999995),
    ("no. overlap. here", "something else entirely", 0.0, 0.0, 0.0),
    ("e f c d a b", "a b c d e f", 0.3333333333333333, 0.3333333333333333, 0.3333333283333334),
    ("NOANSWER", "He was born in 1952.", 0.0, 0.0, 0.0),
    ("born in in 1952 . in Paris", "He was born in 1952. In Paris", 1.0, 0.5714285714285714, 0.7272727226446282),
    ("x  y   z", "x y z", 1.0, 1.0, 0.999999995),
    ("one, two, three", "one two three", 0.3333333333333333, 0.3333333333333333, 0.3333333283333334),
    ("a. b. c. d", "d. c. b. a", 1.0, 1.0, 0.999999995),
]


def equal(found: RougeL, precision: float, recall: float, f1: float) -> bool:
    pairs = ((found.precision, precision), (found.recall, recall), (found.f1, f1))
    return all(abs(ours - theirs) <= 1e-12 for ours, theirs in pairs)


@settings(max_examples=100, deadline=None)
@given(texts, texts, st.booleans())
def test_the_rouge_score_family_is_the_package(answer: str, reference: str, stemmed: bool) -> None:
    theirs = SCORERS[stemmed].score(reference, answer)["rougeL"]
    assert equal(
        rouge_l_rouge_score(answer, reference, stemmed=stemmed), theirs.precision, theirs.recall, theirs.fmeasure
    )


@pytest.mark.parametrize(("answer", "reference", "precision", "recall", "f1"), ROUGE_1_0_1)
def test_the_rouge_family_is_the_package(
    answer: str, reference: str, precision: float, recall: float, f1: float
) -> None:
    assert equal(rouge_l_rouge(answer, reference), precision, recall, f1)


@settings(max_examples=300, deadline=None)
@given(made_words.map("".join))
def test_stems_are_those_of_nltk(word: str) -> None:
    assert stem(word) == ORACLE.stem(word)


def test_stems_and_scores_of_real_answers() -> None:
    path = DATA / "forget10.json"
    if not path.is_file():
        pytest.skip(f"the questions are not at {path}")
    answers = [json.loads(line)["answer"] for line in path.read_text(encoding="utf-8").splitlines()]
    vocabulary = {word for answer in answers for word in re.findall("[a-z0-9]+", answer.lower())}
    assert len(vocabulary) > 2000
    assert [word for word in vocabulary if stem(word) != ORACLE.stem(word)] == []
    for one, other in pairwise(answers[:41]):
        theirs = SCORERS[True].score(other, one)["rougeL"]
        assert equal(rouge_l_rouge_score(one, other, stemmed=True), theirs.precision, theirs.recall, theirs.fmeasure)


def test_one_pair_has_a_score_in_each_family() -> None:
    copy = "我住在巴黎"
    assert rouge_l_rouge_score(copy, copy, stemmed=True).recall == 0.0, "a perfect copy, unread"
    assert rouge_l_words(copy, copy).recall == 1.0
    assert rouge_l_ids([3, 1, 2], [1, 2]) == RougeL(2 / 3, 1.0, 0.8)
    assert rouge_l_rouge("a b", "a b a b a b").recall == 1.0 != rouge_l_words("a b", "a b a b a b").recall
    assert rouge_l_ids([], [1]) == RougeL(0.0, 0.0, 0.0)
    with pytest.raises(ValueError, match="sentence"):
        rouge_l_rouge("", "a")


@pytest.mark.parametrize(
    ("text", "latin"),
    [
        ("He lives in Paris.", True),
        ("我住在巴黎", False),
        ("naïve", False),
        ("Zoë wrote twenty-one long novels", True),
        ("?!", False),
    ],
)
def test_a_text_that_the_latin_families_cannot_read_is_recognised(text: str, latin: bool) -> None:
    assert is_latin(text) is latin
