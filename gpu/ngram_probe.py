"""How much of each text stands word for word in a large corpus: n-grams found, and the longest run in common.

The queries (say, a model's answers) are indexed, and the corpus streams past them once, so that no index of the corpus
is needed. A hash of each window of n tokens is looked up in a small filter; every window that passes is compared
token by token with the n-gram that it may be, so that nothing found rests on a hash: collisions cost time only. Runs of
windows found are then extended to the longest common run, exactly (`longest_run`).

Bytes: the corpus is read once, 4 bytes a token, and the filter lies in cache (at most 32 MB). On a card with 3.0 TB/s
of copy bandwidth 10⁹ resident tokens cannot take less than 1.3 ms; that is arithmetic, not a measurement.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from .corpus import CHUNK, chunks
from .longest_run import BORDER, NO_RUN, Names, Run, Tokens, longest_common_run, window_names
from .longest_run import reference as longest_common_run_reference

Hashes = npt.NDArray[np.uint64]
Found = tuple[npt.NDArray[np.int64], npt.NDArray[np.int64]]
"""Windows of the corpus that are n-grams of some query: their first tokens' places, rising, and the n-grams' numbers."""
Read = Callable[[int, int], Tokens]
"""Tokens of the corpus from one place up to another."""

MULTIPLIER = 0x9E3779B97F4A7C15
SPREAD = 0xD6E8FEB86659FD93  # odd: multiplying by it carries every bit of a hash into its upper ones
BLOCK = 1 << 16  # windows hashed at once: their intermediates stay in the second-level cache
MAX_LOG2_SLOTS = 25  # a byte a slot: at most 32 MB
SLOTS_PER_GRAM = 64

_WORD = (1 << 64) - 1


@dataclass(frozen=True)
class Overlap:
    """One query against the corpus. Places and lengths in tokens."""

    ngrams: int
    """Places of the query at which an n-gram begins."""
    contained: int
    """Those whose n-gram occurs somewhere in the corpus."""
    longest: int
    """Length of the longest run of at least n tokens that also stands in the corpus; 0 if there is none."""
    query_start: int
    """Where that run begins in the query; 0 without one."""
    corpus_start: int
    """Where it first stands in the corpus; 0 without one."""

    @property
    def containment(self) -> float | None:
        """contained / ngrams, in [0, 1]; None for a query that has no n-gram."""
        return self.contained / self.ngrams if self.ngrams else None


@dataclass(frozen=True, eq=False)
class Index:
    """The distinct n-grams of the queries, numbered in the order of their hashes."""

    n: int
    multiplier: int
    tokens: Tokens
    """All queries, one after the other, shape (tokens,)."""
    starts: npt.NDArray[np.int64]
    """Where each begins, and where the last one ends, shape (queries + 1,)."""
    gram_at: Names
    """Number of the n-gram that begins at each token, −1 where none does (the next query or a border is nearer)."""
    first: npt.NDArray[np.int64]
    """A place of each n-gram, shape (grams,)."""
    hashes: Hashes
    """Hash of each n-gram, not falling; equal for two of them only if they collide, shape (grams,)."""
    pairs: npt.NDArray[np.int64]
    """The distinct (query, n-gram), in this order, shape (pairs, 2)."""
    log2_slots: int
    filter: npt.NDArray[np.bool_]
    """Whether some n-gram's hash falls into a slot, shape (2^log2_slots,)."""

    def query(self, number: int) -> Tokens:
        return self.tokens[self.starts[number] : self.starts[number + 1]]

    @property
    def longest_query(self) -> int:
        return int(np.diff(self.starts).max(initial=0))


def reference(queries: Sequence[Sequence[int]], corpus: Sequence[int], n: int) -> tuple[Overlap, ...]:
    """The definition. `BORDER` equals nothing: no n-gram of a query or of the corpus may hold it."""
    windows = {tuple(corpus[at : at + n]) for at in range(len(corpus) - n + 1)}
    found = []
    for query in queries:
        grams = [tuple(query[at : at + n]) for at in range(len(query) - n + 1)]
        whole = [gram for gram in grams if BORDER not in gram]
        run = longest_common_run_reference(query, corpus)
        best = run if run.length >= n else NO_RUN
        contained = sum(gram in windows for gram in whole)
        found.append(Overlap(len(whole), contained, best.length, best.left_start, best.right_start))
    return tuple(found)


def index(queries: Sequence[npt.NDArray[np.uint32]], n: int, *, multiplier: int = MULTIPLIER) -> Index:
    """Index queries of token ids below `BORDER`; a border within a query parts it. Queries may be empty.

    `multiplier` is the hash's; a poor one (0 or 1) makes collisions, which change the time and not the answer.
    Raises `ValueError` for n below 1.
    """
    if n < 1:
        raise ValueError(f"an n-gram has at least one token, not {n}")
    sizes = [query.size for query in queries]
    starts = np.concatenate([[0], np.cumsum(sizes, dtype=np.int64)]).astype(np.int64)
    tokens = np.concatenate([np.empty(0, np.uint32), *queries]).astype(np.uint32)
    of_query = np.repeat(np.arange(len(sizes)), sizes)
    grams = np.full(tokens.size, -1, dtype=np.int64)
    if tokens.size >= n:
        names = window_names(tokens, n)
        borders = np.concatenate([[0], np.cumsum(tokens == BORDER)])
        whole = (borders[n:] == borders[:-n]) & (of_query[: names.size] == of_query[n - 1 :])
        grams[: names.size] = np.where(whole, names, -1)
    places = np.flatnonzero(grams >= 0)
    _, at, numbers = np.unique(grams[places], return_index=True, return_inverse=True)
    first = places[at]
    hashes = _hashes_at(tokens, first, n, multiplier)
    order = np.argsort(hashes, kind="stable")
    renumbered = np.empty_like(order)
    renumbered[order] = np.arange(order.size)
    grams[places] = renumbered[numbers]
    pairs = np.unique(np.stack([of_query[places], grams[places]], axis=1), axis=0)
    wanted = max(1, SLOTS_PER_GRAM * first.size).bit_length()
    log2_slots = min(MAX_LOG2_SLOTS, max(10, wanted))
    hashes = hashes[order]
    return Index(
        n, multiplier, tokens, starts, grams, first[order], hashes, pairs, log2_slots, slots(hashes, log2_slots)
    )


def slots(hashes: Hashes, log2_slots: int) -> npt.NDArray[np.bool_]:
    """The filter: which of 2^log2_slots slots hold one of the hashes."""
    filled = np.zeros(1 << log2_slots, dtype=np.bool_)
    filled[_slot(hashes, log2_slots)] = True
    return filled


def window_hashes(tokens: Tokens, n: int, multiplier: int = MULTIPLIER) -> Hashes:
    """Σ (token + 1) · multiplier^(n − 1 − place) mod 2^64 over each window, shape (t − n + 1,); none if t < n.

    Put together from windows of 1, 2, 4, … tokens: about 2 log₂ n products a window instead of n.
    """
    if tokens.size < n:
        return np.empty(0, dtype=np.uint64)
    part = tokens.astype(np.uint64)
    part += np.uint64(1)
    total: Hashes | None = None
    width, done = 1, 0
    while True:
        if n & width:
            total = part if total is None else _joined(total, part[done:], width, multiplier)
            done += width
        if done == n:
            assert total is not None
            return total
        part = _joined(part, part[width:], width, multiplier)
        width *= 2


def find(index: Index, tokens: Tokens) -> Found:
    """The windows of `tokens` that are n-grams of some query. All are compared token by token."""
    places, grams = [np.empty(0, np.int64)], [np.empty(0, np.int64)]
    for start in range(0, tokens.size - index.n + 1, BLOCK):
        block = tokens[start : start + BLOCK + index.n - 1]
        hashes = window_hashes(block, index.n, index.multiplier)
        passed = np.flatnonzero(index.filter[_slot(hashes, index.log2_slots)])
        if passed.size:
            kept, numbers = _verified(index, block, passed, hashes[passed])
            places.append(kept + start)
            grams.append(numbers)
    return np.concatenate(places), np.concatenate(grams)


def overlaps(
    index: Index,
    corpus: Iterable[npt.NDArray[np.integer]],
    *,
    chunk: int = CHUNK,
) -> tuple[Overlap, ...]:
    """Each query against a corpus that comes in consecutive pieces, of any sizes, and is read once.

    Pieces hold token ids below 2^32, as those of `corpus.token_file` do. What is held at once is
    about 40 bytes for each of `chunk` tokens, or of four times the longest query, beside the queries and their index.
    """
    tally = Tally(index)
    overlap = max(index.n, index.longest_query) - 1  # a common run is no longer than its query: one chunk holds it
    for offset, tokens in chunks(corpus, max(chunk, 4 * overlap), overlap):
        tally.add(*find(index, tokens), _reader(tokens), offset)
    return tally.result()


class Tally:
    """What was found so far: the n-grams seen, and the longest run of each query."""

    def __init__(self, index: Index) -> None:
        self._index = index
        self._seen = np.zeros(index.first.size, dtype=np.bool_)
        self._best = [NO_RUN] * (index.starts.size - 1)

    def add(self, places: npt.NDArray[np.int64], grams: npt.NDArray[np.int64], read: Read, offset: int = 0) -> None:
        """Count windows found in a stretch of the corpus that begins at `offset`; `read` gives tokens of the stretch.

        Of equally long runs the one that was added first stays. A run that no single stretch holds is not seen whole.
        """
        here = np.zeros(self._seen.size, dtype=np.bool_)
        here[grams] = True
        self._seen |= here
        query, gram = self._index.pairs.T
        for number in np.unique(query[here[gram]]).tolist():
            wanted = self._index.query(number)
            if self._best[number].length == wanted.size:
                continue
            mine = places[np.isin(grams, gram[slice(*np.searchsorted(query, [number, number + 1]))])]
            run = self._longest(wanted, mine, read, self._best[number].length)
            if run.length > self._best[number].length:
                self._best[number] = Run(run.length, run.left_start, run.right_start + offset)

    def result(self) -> tuple[Overlap, ...]:
        """One `Overlap` a query, in their order."""
        found = []
        for number, run in enumerate(self._best):
            start, stop = self._index.starts[number : number + 2]
            grams = self._index.gram_at[start:stop]
            grams = grams[grams >= 0]
            found.append(Overlap(grams.size, int(self._seen[grams].sum()), run.length, run.left_start, run.right_start))
        return tuple(found)

    def _longest(self, wanted: Tokens, places: npt.NDArray[np.int64], read: Read, least: int) -> Run:
        """The longest run of `wanted` among stretches of consecutive windows, of those that may hold one above `least`."""
        gaps = np.flatnonzero(np.diff(places) > 1)
        begins = places[np.concatenate([[0], gaps + 1])]
        ends = places[np.concatenate([gaps, [places.size - 1]])] + self._index.n
        long = ends - begins > least
        begins, ends = begins[long], ends[long]
        if not begins.size:
            return NO_RUN
        border = np.asarray([BORDER], dtype=np.uint32)
        joined = np.concatenate(
            [part for b, e in zip(begins.tolist(), ends.tolist(), strict=True) for part in (read(b, e), border)]
        )
        run = longest_common_run(wanted, joined)
        at = np.concatenate([[0], np.cumsum(ends - begins + 1)])  # where each stretch begins in `joined`
        stretch = int(np.searchsorted(at, run.right_start, side="right")) - 1
        return Run(run.length, run.left_start, int(begins[stretch]) + run.right_start - int(at[stretch]))


def _reader(tokens: Tokens) -> Read:
    return lambda start, stop: tokens[start:stop]


def _slot(hashes: Hashes, log2_slots: int) -> npt.NDArray[np.int64]:
    spread = hashes * np.uint64(SPREAD)
    spread >>= np.uint64(64 - log2_slots)
    return spread.view(np.int64)


def _joined(first: Hashes, second: Hashes, width: int, multiplier: int) -> Hashes:
    """Hashes of windows from those of their beginnings and of their last `width` tokens."""
    joined = first[: second.size] * np.uint64(pow(multiplier, width, 1 << 64))
    joined += second[: joined.size]
    return joined


def _hashes_at(tokens: Tokens, places: npt.NDArray[np.int64], n: int, multiplier: int) -> Hashes:
    hashes = np.zeros(places.size, dtype=np.uint64)
    for place in range(n if places.size else 0):
        hashes *= np.uint64(multiplier & _WORD)
        hashes += tokens[places + place].astype(np.uint64) + np.uint64(1)
    return hashes


def _verified(index: Index, tokens: Tokens, places: npt.NDArray[np.int64], hashes: Hashes) -> Found:
    """Those of the windows that equal an n-gram with their hash, and its number."""
    low, high = (np.searchsorted(index.hashes, hashes, side=side) for side in ("left", "right"))
    grams = np.full(places.size, -1, dtype=np.int64)
    open_ = np.flatnonzero(low < high)
    while open_.size:  # once, but for n-grams that collide
        candidate = low[open_]
        equal = _equal(index, tokens, places[open_], index.first[candidate])
        grams[open_[equal]] = candidate[equal]
        open_ = open_[~equal]
        low[open_] += 1
        open_ = open_[low[open_] < high[open_]]
    kept = grams >= 0
    return places[kept].astype(np.int64), grams[kept]


def _equal(
    index: Index, tokens: Tokens, left: npt.NDArray[np.int64], right: npt.NDArray[np.int64]
) -> npt.NDArray[np.bool_]:
    equal = np.ones(left.size, dtype=np.bool_)
    for place in range(index.n):
        equal &= tokens[left + place] == index.tokens[right + place]
    return equal
