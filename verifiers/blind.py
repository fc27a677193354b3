"""The blind baseline: can members be told from the hold-out without asking any model?

If so, the two were not drawn by the same lottery, and no membership test on them means anything: many published sets
fail this (Das, Zhang & Tramèr, arXiv 2406.16201). No model library.
"""

from __future__ import annotations

import hashlib
import math
import re
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from fractions import Fraction

from ..statistics.intervals import Interval, auc_interval
from .items import Item
from .matching import normalise

FOLDS = 5
HARMLESS = 0.05  # distance of the AUC from ½ that is let pass

_WORD = re.compile(r"\w+")


@dataclass(frozen=True)
class BlindBaseline:
    """AUC of members against hold-out, each bound with half of the given error."""

    words: Interval
    """A classifier on words, fitted on other items. Below ½ it says nothing: it learned from a balanced remainder."""
    length: Interval
    """The number of characters. Away from ½ on either side, lengths differ."""

    @property
    def separable(self) -> bool:
        """Whether the sets differ by more than is harmless, beyond the error given."""
        return (
            self.words.low > 0.5 + HARMLESS or self.length.low > 0.5 + HARMLESS or self.length.high < 0.5 - HARMLESS
        )


def blind_baseline(members: Sequence[Item], holdout: Sequence[Item], *, alpha: Fraction) -> BlindBaseline:
    """Words and lengths of the two sets compared; `alpha` is the chance of calling equal lotteries separable.

    Words: naive Bayes on how often each word occurs (multinomial, add-one smoothing, no prior; Manning, Raghavan &
    Schütze, Introduction to Information Retrieval, section 13.2), each item judged by a fit on the other four of five
    folds. Folds keep clusters whole and are drawn by hash. Raises `ValueError` for an empty set.
    """
    if not members or not holdout:
        raise ValueError("a blind baseline needs members and a hold-out")
    share = alpha / 3  # one bound on words, two on length
    inside, outside = _judged(members, holdout)
    clusters = [item.cluster for item in members], [item.cluster for item in holdout]
    return BlindBaseline(
        words=auc_interval(inside, outside, share, positive_clusters=clusters[0], negative_clusters=clusters[1]),
        length=auc_interval(
            [float(len(_text(item))) for item in members],
            [float(len(_text(item))) for item in holdout],
            share,
            positive_clusters=clusters[0],
            negative_clusters=clusters[1],
        ),
    )


def _judged(members: Sequence[Item], holdout: Sequence[Item]) -> tuple[list[float], list[float]]:
    """Mean log-likelihood ratio per word of each item, fitted on the other folds."""
    counted = [[(_fold(item), _words(item)) for item in items] for items in (members, holdout)]
    ratios: list[dict[str, float]] = []
    unknown: list[float] = []
    for fold in range(FOLDS):
        inside, outside = (
            sum((words for place, words in items if place != fold), Counter[str]()) for items in counted
        )
        known = set(inside) | set(outside)
        sizes = [sum(counts.values()) + len(known) + 1 for counts in (inside, outside)]
        ratios.append(
            {word: math.log((inside[word] + 1) / sizes[0]) - math.log((outside[word] + 1) / sizes[1]) for word in known}
        )
        unknown.append(math.log(sizes[1] / sizes[0]))
    first, second = (
        [
            sum(ratios[fold].get(word, unknown[fold]) * count for word, count in words.items()) / max(1, words.total())
            for fold, words in items
        ]
        for items in counted
    )
    return first, second


def _text(item: Item) -> str:
    return item.text or f"{item.question} {item.secret}"


def _words(item: Item) -> Counter[str]:
    return Counter(_WORD.findall(normalise(_text(item), "casefold_nfkc_space")))


def _fold(item: Item) -> int:
    return int.from_bytes(hashlib.sha256(item.cluster.encode()).digest()[:8], "big") % FOLDS
