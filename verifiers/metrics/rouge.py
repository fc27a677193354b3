"""ROUGE-L in the three families that unlearning evaluations use, and in words of any script or token ids.

Lin 2004, "ROUGE: A package for automatic evaluation of summaries", §3.1: recall LCS / |reference|, precision LCS / |answer|
and their harmonic mean. The families split words differently, so the same pair has three scores; a score means nothing
without its family's name. Overlap of words is not knowledge: none of them may carry a verdict alone.
"""

from __future__ import annotations

import re
from collections.abc import Hashable, Sequence
from dataclasses import dataclass

from ..matching import lcs_length, words
from .porter import stem

ASCII_SHARE = 0.95
"""Least share of a reference's letters that must be [a-z0-9] for `rouge_score` families: a Chinese copy scores 0 there."""

_OTHER = re.compile(r"[^a-z0-9]+")


@dataclass(frozen=True)
class RougeL:
    """Each in [0, 1]."""

    precision: float
    recall: float
    f1: float


def rouge_l_rouge_score(answer: str, reference: str, *, stemmed: bool) -> RougeL:
    """As the package `rouge_score` 0.1.2: lower case, runs of [a-z0-9], words over three letters stemmed if `stemmed`.

    OpenUnlearning and TOFU stem and report recall (on MUSE's tasks f1); MUSE does not stem and reports f1. 0 where
    either side has no word in this sense: see `is_latin`.
    """
    return _score(_latin_words(answer, stemmed), _latin_words(reference, stemmed))


def rouge_l_rouge(answer: str, reference: str) -> RougeL:
    """As the package `rouge` 1.0.1 (RWKU): blanks, case kept, sentences at full stops, *sets* of words.

    Repeated words count once, so "a b" has recall 1 against "a b a b". The union of common subsequences of all answer
    sentences with each reference sentence counts (summary level). Raises `ValueError` where either side has no
    sentence, as there.
    """
    said, wanted = _sentences(answer), _sentences(reference)
    if not said or not wanted:
        raise ValueError("both texts need at least one sentence")
    union: set[str] = set()
    for theirs in wanted:
        for ours in said:
            union |= set(_subsequence(theirs, ours))
    precision = len(union) / len({word for sentence in said for word in sentence})
    recall = len(union) / len({word for sentence in wanted for word in sentence})
    return RougeL(precision, recall, 2 * (precision * recall / (precision + recall + 1e-8)))


def rouge_l_words(answer: str, reference: str) -> RougeL:
    """Ours: words of any script, case folded by the caller if wanted, no stemming; see `matching.words`."""
    return _score(words(answer), words(reference))


def rouge_l_ids(answer: Sequence[int], reference: Sequence[int]) -> RougeL:
    """Ours, over token ids of one tokenizer: no word splitting at all."""
    return _score(answer, reference)


def is_latin(reference: str) -> bool:
    """Whether at most 5 % of the reference's letters and digits lie outside [a-z0-9] once lower-cased.

    If not, the `rouge_score` families read little of it and their low scores are no sign of forgetting: the clause is
    not testable with them. A text without letters is not.
    """
    letters = [character for character in reference.lower() if character.isalnum()]
    inside = sum(character.isascii() for character in letters)
    return bool(letters) and inside >= ASCII_SHARE * len(letters)


def _score(answer: Sequence[Hashable], reference: Sequence[Hashable]) -> RougeL:
    if not answer or not reference:
        return RougeL(0.0, 0.0, 0.0)
    common = lcs_length(answer, reference)
    precision, recall = common / len(answer), common / len(reference)
    return RougeL(precision, recall, 2 * precision * recall / (precision + recall) if common else 0.0)


def _latin_words(text: str, stemmed: bool) -> list[str]:
    found = [word for word in _OTHER.sub(" ", text.lower()).split(" ") if word]
    return [stem(word) if len(word) > 3 else word for word in found] if stemmed else found


def _sentences(text: str) -> list[list[str]]:
    """Words of each sentence; a sentence of blanks has one empty word, as there."""
    return [" ".join(part.split()).split(" ") for part in text.split(".") if part]


def _subsequence(first: Sequence[str], second: Sequence[str]) -> list[str]:
    """One longest common subsequence: where several are longest, the one that table walking from the end finds."""
    table = [[0] * (len(second) + 1) for _ in range(len(first) + 1)]
    for i, a in enumerate(first, 1):
        for j, b in enumerate(second, 1):
            table[i][j] = table[i - 1][j - 1] + 1 if a == b else max(table[i - 1][j], table[i][j - 1])
    found: list[str] = []
    i, j = len(first), len(second)
    while i and j:
        if first[i - 1] == second[j - 1]:
            found.append(first[i - 1])
            i, j = i - 1, j - 1
        elif table[i - 1][j] > table[i][j - 1]:
            i -= 1
        else:
            j -= 1
    return found[::-1]
