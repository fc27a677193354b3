"""A corpus of token ids in pieces: read from a file without holding it, and cut into chunks that overlap."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from pathlib import Path

import numpy as np
import numpy.typing as npt

from .longest_run import Tokens

CHUNK = 1 << 20  # tokens held at once


def token_file(path: Path, kind: npt.DTypeLike, *, piece: int = CHUNK) -> Iterator[npt.NDArray[np.integer]]:
    """A file of token ids (uint16 or uint32, say) in the machine's byte order, memory-mapped a piece at a time.

    Raises `ValueError` for a file that ends within a token, and `OSError`.
    """
    size = path.stat().st_size
    width = np.dtype(kind).itemsize
    if size % width:
        raise ValueError(f"{path}: {size} bytes are no whole number of tokens of {width} bytes")
    for start in range(0, size // width, piece):
        yield np.memmap(path, kind, "r", offset=start * width, shape=(min(piece, size // width - start),))


def chunks(pieces: Iterable[npt.NDArray[np.integer]], size: int, overlap: int) -> Iterator[tuple[int, Tokens]]:
    """The concatenated pieces as uint32 arrays of at most `size` tokens; each begins with the last's last `overlap`."""
    held: list[Tokens] = []
    count, offset = 0, 0
    fresh = False
    for piece in pieces:
        at = 0
        while at < piece.size:
            part = np.asarray(piece[at : at + size - count]).astype(np.uint32)
            held.append(part)
            at, count, fresh = at + part.size, count + part.size, True
            if count == size:
                whole = np.concatenate(held)
                yield offset, whole
                offset += size - overlap
                held, count, fresh = [whole[size - overlap :]], overlap, False
    if fresh:
        yield offset, np.concatenate(held)
