"""The longest run of tokens that two sequences have in common, exactly, in O(n log² n) array operations.

Windows are named, not hashed: the name of a window of 2w tokens is the number of the pair of names of its halves (Karp,
Miller and Rosenberg, Rapid identification of repeated patterns, STOC 1972). Equal names mean equal windows.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

Tokens = npt.NDArray[np.uint32]
Names = npt.NDArray[np.int64]

BORDER = 0xFFFF_FFFF
"""The token that equals no token, not even itself: it parts documents, and stands for words that no query has."""


@dataclass(frozen=True)
class Run:
    """`left[left_start : left_start + length]` equals `right[right_start : right_start + length]`."""

    length: int
    left_start: int
    right_start: int


NO_RUN = Run(0, 0, 0)


def reference(left: Sequence[int], right: Sequence[int]) -> Run:
    """The definition: the longest common run; among equals the first in `right`, then the first in `left`."""
    best = NO_RUN
    for at in range(len(right)):
        for start in range(len(left)):
            length = 0
            while (
                start + length < len(left)
                and at + length < len(right)
                and left[start + length] == right[at + length] != BORDER
            ):
                length += 1
            if length > best.length:
                best = Run(length, start, at)
    return best


def longest_common_run(left: Tokens, right: Tokens) -> Run:
    """`reference` on uint32 arrays of shapes (l,) and (r,).

    Windows of 1, 2, 4, … tokens are named for as long as some are common; then the length is put together from the
    largest power downwards, which finds the largest common one because every part of a common run is common.
    """
    both = np.unique(np.concatenate([left, right]), return_inverse=True)[1].astype(np.int64)
    x, y = both[: left.size], both[left.size :]
    x, y = np.where(left == BORDER, -1, x), np.where(right == BORDER, -2, y)
    levels: list[tuple[Names, Names]] = []
    while _common(x, y):
        levels.append((x, y))
        width = 1 << (len(levels) - 1)
        x, y = _paired((x, x[width:]), (y, y[width:]))
    if not levels:
        return NO_RUN
    x, y = levels[-1]
    length = 1 << (len(levels) - 1)
    for level in range(len(levels) - 2, -1, -1):
        longer_x, longer_y = _paired((x, levels[level][0][length:]), (y, levels[level][1][length:]))
        if _common(longer_x, longer_y):
            x, y, length = longer_x, longer_y, length + (1 << level)
    right_start = int(np.isin(y, x).argmax())
    return Run(length, int((x == y[right_start]).argmax()), right_start)


def window_names(tokens: Tokens, width: int) -> Names:
    """A number from 0 for every window of `width` tokens, equal exactly for equal windows; shape (t − width + 1,).

    `width` is at least 1; a sequence of fewer tokens has none. `BORDER` is a token like others here.
    """
    found: Names | None = None
    names = np.unique(tokens, return_inverse=True)[1].astype(np.int64)
    done, part = 0, 1
    while True:
        if width & part:
            found = names if found is None else _numbered(found, names[done:])
            done += part
        if done == width:
            assert found is not None
            return found
        names = _numbered(names, names[part:])
        part *= 2


def _common(x: Names, y: Names) -> bool:
    return bool(x.size and y.size and np.isin(x, y).any())


def _numbered(first: Names, second: Names) -> Names:
    """Names of the pairs (first[i], second[i]), as many as the shorter of the two has."""
    count = min(first.size, second.size)
    pairs = (first[:count] << 32) | second[:count]
    names: Names = np.unique(pairs, return_inverse=True)[1].astype(np.int64)
    return names


def _paired(x: tuple[Names, Names], y: tuple[Names, Names]) -> tuple[Names, Names]:
    """Names of pairs in two sequences, comparable between them; those with a border in them stay apart."""
    joined = []
    for first, second in (x, y):
        count = min(first.size, second.size)
        border = np.minimum(first[:count], second[:count])
        joined.append(np.where(border < 0, border, (first[:count] << 32) | second[:count]))
    count = joined[0].size
    names = np.unique(np.concatenate(joined), return_inverse=True)[1].astype(np.int64)
    return np.where(joined[0] < 0, -1, names[:count]), np.where(joined[1] < 0, -2, names[count:])
