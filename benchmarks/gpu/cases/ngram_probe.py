"""Times the n-gram probe: corpus on disk and NumPy everywhere, corpus resident and kernel where there is a GPU.

python benchmarks/gpu/cases/ngram_probe.py --tokens 1e7          # processor time a token
python benchmarks/gpu/cases/ngram_probe.py --tokens 1e8 --memory # peak memory of streaming from disk
python benchmarks/gpu/cases/ngram_probe.py --tokens 1e9          # on a card with 4 GB to spare
"""

from __future__ import annotations

import argparse
import tempfile
from pathlib import Path

import numpy as np
import torch
from timing import cpu_seconds, device_seconds, peak_mb, tell

from unlearn_spec.gpu import resident
from unlearn_spec.gpu.arrays import has_kernels
from unlearn_spec.gpu.corpus import token_file
from unlearn_spec.gpu.ngram_probe import Index, index, overlaps

VOCABULARY = 50_000
PIECE = 1 << 22
COPIED = 200  # tokens of the corpus that one query repeats


def write_corpus(path: Path, tokens: int) -> np.memmap:
    """Random token ids as uint32 on disk; written in pieces, so that the memory measured is the probe's."""
    rng = np.random.default_rng(0)
    with path.open("wb") as file:
        for start in range(0, tokens, PIECE):
            rng.integers(0, VOCABULARY, min(PIECE, tokens - start), dtype=np.uint32).tofile(file)
    return np.memmap(path, dtype=np.uint32, mode="r")


def made(corpus: np.memmap, n: int, tokens: int) -> Index:
    """Queries of 1,000 random tokens; the first repeats a stretch of the corpus."""
    rng = np.random.default_rng(1)
    queries = [rng.integers(0, VOCABULARY, 1_000, dtype=np.uint32) for _ in range(tokens // 1_000)]
    queries[0][100 : 100 + COPIED] = corpus[len(corpus) // 2 :][:COPIED]
    return index(queries, n)


def streamed(corpus: np.memmap, n: int, query_tokens: int, repeats: int) -> None:
    made_of = made(corpus, n, query_tokens)
    before = peak_mb()
    file = Path(str(corpus.filename))
    seconds = cpu_seconds(lambda: overlaps(made_of, token_file(file, np.uint32)), repeats)
    assert overlaps(made_of, [corpus[len(corpus) // 2 - 5_000 :][:10_000]])[0].longest == COPIED
    tell(
        "ngram_probe.stream",
        tokens=len(corpus),
        query_tokens=query_tokens,
        n=n,
        ns_per_token=round(seconds / len(corpus) * 1e9, 2),
        peak_mb_before=round(before),
        peak_mb=round(peak_mb()),
    )


def on_device(corpus: np.memmap, n: int, query_tokens: int) -> None:
    place = torch.device("cuda", 0)
    there, made_of = resident.resident(corpus, place), made(corpus, n, query_tokens)
    on_card = resident.device_index(made_of, place)
    found = resident.overlaps(made_of, there)
    seconds = device_seconds(lambda: resident.find(on_card, there.tokens))
    tell(
        "ngram_probe.resident",
        tokens=len(corpus),
        query_tokens=query_tokens,
        n=n,
        seconds=seconds,
        bytes_per_second=4 * len(corpus) / seconds,
        longest=found[0].longest,
    )


def main() -> None:
    wanted = argparse.ArgumentParser(description=__doc__)
    wanted.add_argument("--tokens", type=float, default=1e7)
    wanted.add_argument("--memory", action="store_true", help="one size only, so that the peak is that of the stream")
    given = wanted.parse_args()
    torch.set_num_threads(1)
    with tempfile.TemporaryDirectory() as folder:
        corpus = write_corpus(Path(folder) / "corpus.bin", int(given.tokens))
        sizes = (100_000,) if given.memory else (10_000, 100_000, 1_000_000)
        for query_tokens in sizes:
            for n in (13,) if given.memory else (13, 50):
                streamed(corpus, n, query_tokens, 1 if given.memory else 3)
                if has_kernels():
                    on_device(corpus, n, query_tokens)


if __name__ == "__main__":
    main()
