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
from unlearn_spec.gpu.ngram_probe import MULTIPLIER, SPREAD, Index, _slot, index, overlaps, window_hashes

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
    assert found[0].longest == COPIED
    seconds = device_seconds(lambda: resident.find(on_card, there.tokens))
    tell(
        "ngram_probe.resident",
        tokens=len(corpus),
        query_tokens=query_tokens,
        n=n,
        device="cuda",
        seconds=seconds,
        bytes=4 * len(corpus),  # read once
        longest=found[0].longest,
    )


def torch_passed(
    tokens: torch.Tensor, filled: torch.Tensor, n: int, multiplier: int, spread: int, log2: int
) -> torch.Tensor:
    """How many windows pass the filter, by torch's operators: hashes of n tokens, doubling, then a look-up.

    What the kernel does before it compares tokens; nothing is compared here.
    """
    part, total, width, done = tokens.long() + 1, None, 1, 0
    while done < n:
        if n & width:
            size = len(part) - done if total is None else min(len(total), len(part) - done)
            total = part if total is None else total[:size] * power(multiplier, width) + part[done : done + size]
            done += width
        part = part[:-width] * power(multiplier, width) + part[width:]
        width *= 2
    slot = (total * spread) >> (64 - log2) & ((1 << log2) - 1)
    return filled[slot].sum()


def power(multiplier: int, exponent: int) -> int:
    """In two's complement, as torch's int64 wraps."""
    found = pow(multiplier, exponent, 1 << 64)
    return found - (1 << 64) if found >> 63 else found


def by_torch(corpus: np.memmap, n: int, query_tokens: int, place: torch.device) -> None:
    """The filter alone, by operators and compiled, on a stretch that leaves room for their intermediates."""
    made_of = made(corpus, n, query_tokens)
    part = np.array(corpus[: 1 << 26])
    tokens = torch.from_numpy(part.view(np.int32)).to(place)
    filled = torch.from_numpy(made_of.filter).to(place)
    numbers = n, MULTIPLIER, power(SPREAD, 1), made_of.log2_slots
    hashes = window_hashes(part[: 1 << 16], n)
    wanted = int(made_of.filter[_slot(hashes, made_of.log2_slots)].sum())
    assert int(torch_passed(tokens[: 1 << 16], filled, *numbers)) == wanted
    compiled = torch.compile(torch_passed, dynamic=False)
    ways = {
        "torch": lambda: torch_passed(tokens, filled, *numbers),
        "compiled": lambda: compiled(tokens, filled, *numbers),
    }
    for name, work in ways.items():
        work()
        seconds = (device_seconds if tokens.is_cuda else cpu_seconds)(work)
        tell(
            f"ngram_probe.filter.{name}",
            tokens=part.size,
            query_tokens=query_tokens,
            n=n,
            device=place.type,
            seconds=seconds,
            bytes=4 * part.size,
            ns_per_token=round(seconds / part.size * 1e9, 3),
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
        if not given.memory:
            places = ["cpu", *(["cuda"] if has_kernels() else [])]
            for place in places:
                by_torch(corpus, 13, 100_000, torch.device(place))


if __name__ == "__main__":
    main()
