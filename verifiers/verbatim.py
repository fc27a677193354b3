"""How much of each answer stands word for word in a protected corpus: the longest run in common, and n-gram containment.

The corpus is read once, a few megabytes at a time, and may be larger than memory. Words of the corpus that no answer
has become one id that equals nothing, so words are compared, never their hashes. Measures; concludes nothing.
"""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import numpy.typing as npt

from ..gpu.longest_run import BORDER
from ..gpu.ngram_probe import index, overlaps
from .forms import WORDS, Form

CHARACTERS = 1 << 20  # read at once
LEAST_UNITS = 13
"""Shorter runs say little: 13 words is what Brown et al., Language models are few-shot learners, arXiv 2005.14165,
appendix C, calls an overlap."""

Document = Iterable[str]
"""A text, in parts of any size."""


class CorpusError(ValueError):
    """A corpus that cannot be read. The message names the file, never its content."""


@dataclass(frozen=True)
class Verbatim:
    """One answer against the corpus. Lengths and places in units of the form, counted from 0."""

    units: int
    """Words or characters of the answer."""
    ngrams: int
    """Runs of n units in the answer, by where they begin: units − n + 1, or none."""
    contained: int
    """Those that stand in the corpus."""
    longest: int
    """Length of the longest run in common, of at least n units; 0 if there is none."""
    start: int
    """Where it begins in the answer."""
    document: int | None
    """In which document it first stands; None if there is none."""
    document_start: int
    """Where it begins there."""

    @property
    def containment(self) -> float | None:
        """contained / ngrams, in [0, 1]; None for an answer of fewer than n units."""
        return self.contained / self.ngrams if self.ngrams else None


def verbatim(
    answers: Sequence[str], corpus: Iterable[Document], *, least: int = LEAST_UNITS, form: Form = WORDS
) -> tuple[Verbatim, ...]:
    """Each answer against all documents; no run goes from one document into the next. In the order of the answers.

    `least`: the n of the n-grams and the shortest run that counts, at least 1. Raises `ValueError` for less, and
    whatever reading the corpus raises.
    """
    known: dict[str, int] = {}
    texts = [_ids(form.units(answer), known, learn=True) for answer in answers]
    starts: list[int] = []
    found = overlaps(index(texts, least), _stream(corpus, form, known, starts))
    results = []
    for text, overlap in zip(texts, found, strict=True):
        document = bisect_right(starts, overlap.corpus_start) - 1 if overlap.longest else None
        results.append(
            Verbatim(
                text.size,
                overlap.ngrams,
                overlap.contained,
                overlap.longest,
                overlap.query_start,
                document,
                overlap.corpus_start - starts[document] if document is not None else 0,
            )
        )
    return tuple(results)


def files(paths: Iterable[Path]) -> Iterator[Document]:
    """Text files in UTF-8 as documents, one each. Reading raises `CorpusError`."""
    return (_parts(path) for path in paths)


def _parts(path: Path) -> Iterator[str]:
    try:
        with path.open(encoding="utf-8-sig") as file:
            while part := file.read(CHARACTERS):
                yield part
    except UnicodeDecodeError as error:
        raise CorpusError(f"{path}: not a text in UTF-8") from error
    except OSError as error:
        raise CorpusError(f"{path}: cannot be read: {error.strerror}") from error


def _stream(
    corpus: Iterable[Document], form: Form, known: dict[str, int], starts: list[int]
) -> Iterator[npt.NDArray[np.uint32]]:
    """Ids of all documents with a border before each; notes where each begins."""
    place = 0
    for document in corpus:
        yield np.array([BORDER], dtype=np.uint32)
        place += 1
        starts.append(place)
        for piece in form.pieces(document):
            ids = _ids(piece, known, learn=False)
            place += ids.size
            yield ids


def _ids(units: list[str], known: dict[str, int], *, learn: bool) -> npt.NDArray[np.uint32]:
    if learn:
        return np.array([known.setdefault(unit, len(known)) for unit in units], dtype=np.uint32)
    return np.fromiter((known.get(unit, BORDER) for unit in units), dtype=np.uint32, count=len(units))
