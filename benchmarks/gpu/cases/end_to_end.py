"""Times the scoring of texts by a randomly initialised model, and the statistics' share of it.

python benchmarks/gpu/cases/end_to_end.py --size 1b --texts 64 --tokens 512 --device cuda --precision bfloat16
"""

from __future__ import annotations

import argparse
import time

import torch
from timing import peak_mb, tell
from tokenizers import Tokenizer
from tokenizers.models import WordLevel
from tokenizers.pre_tokenizers import WhitespaceSplit
from transformers import LlamaConfig, LlamaForCausalLM, PreTrainedTokenizerFast

from unlearn_spec.plan.units import Reading
from unlearn_spec.verifiers import scoring
from unlearn_spec.verifiers.items import Item
from unlearn_spec.verifiers.subjects.model import Model
from unlearn_spec.verifiers.tokens import TOKENS_PER_BATCH

SIZES = {  # hidden, intermediate, layers, heads, key-value heads, vocabulary
    "tiny": (64, 128, 2, 4, 2, 1_000),
    "1b": (2048, 8192, 16, 32, 8, 128_256),
    "8b": (4096, 14336, 32, 32, 8, 128_256),
}


def made(size: str, device: str, precision: str) -> Model:
    hidden, intermediate, layers, heads, shared, vocabulary = SIZES[size]
    config = LlamaConfig(
        hidden_size=hidden, intermediate_size=intermediate, num_hidden_layers=layers, num_attention_heads=heads,
        num_key_value_heads=shared, vocab_size=vocabulary, max_position_embeddings=4096, tie_word_embeddings=size != "8b",
    )  # fmt: skip
    torch.manual_seed(0)
    torch.set_default_dtype(getattr(torch, precision))
    with torch.device(device):
        network = LlamaForCausalLM(config).eval().requires_grad_(False)
    torch.set_default_dtype(torch.float32)
    backend = Tokenizer(WordLevel({f"w{n}": n for n in range(vocabulary)}, unk_token="w0"))
    backend.pre_tokenizer = WhitespaceSplit()
    return Model(network, PreTrainedTokenizerFast(tokenizer_object=backend, unk_token="w0"), 4096, size)


def seconds_of(model: Model, items: tuple[Item, ...], reading: Reading) -> float:
    wait(model)
    start = time.perf_counter()
    scoring.score(model, items, reading)
    return time.perf_counter() - start


def forward_seconds(model: Model, drawn: list[list[int]]) -> float:
    """The network and its head alone on the same tokens, in batches of the size that scoring uses."""
    step = max(1, TOKENS_PER_BATCH // len(drawn[0]))
    found = []
    for _ in range(3):
        wait(model)
        start = time.perf_counter()
        with torch.inference_mode():
            for at in range(0, len(drawn), step):
                model.network(input_ids=torch.tensor(drawn[at : at + step], device=model.device), use_cache=False)
        wait(model)
        found.append(time.perf_counter() - start)
    return min(found)


def wait(model: Model) -> None:
    if model.device.type == "cuda":
        torch.cuda.synchronize()


def main() -> None:
    wanted = argparse.ArgumentParser(description=__doc__)
    wanted.add_argument("--size", choices=sorted(SIZES), default="tiny")
    wanted.add_argument("--texts", type=int, default=8)
    wanted.add_argument("--tokens", type=int, default=64)
    wanted.add_argument("--device", default="cpu")
    wanted.add_argument("--precision", choices=("float32", "bfloat16", "float16"), default="float32")
    given = wanted.parse_args()
    torch.set_num_threads(1 if given.device == "cpu" else torch.get_num_threads())
    model = made(given.size, given.device, given.precision)
    vocabulary = SIZES[given.size][-1]
    drawn = torch.randint(vocabulary, (given.texts, given.tokens), generator=torch.Generator().manual_seed(0)).tolist()
    items = tuple(Item(str(n), "c", text=" ".join(f"w{token}" for token in row)) for n, row in enumerate(drawn))
    reading = Reading(metric="extraction_probability", decoding="greedy")
    seconds_of(model, items[:2], reading)
    cuda = model.device.type == "cuda"
    if cuda:
        torch.cuda.reset_peak_memory_stats()
    before = torch.cuda.memory_allocated() / 1e6 if cuda else peak_mb()
    whole = min(seconds_of(model, items, reading) for _ in range(3))
    peak = torch.cuda.max_memory_allocated() / 1e6 if cuda else peak_mb()
    spent = 0.0
    stats = scoring.token_stats

    def watched(*args: torch.Tensor) -> object:  # waits for the device before and after: the statistics alone
        nonlocal spent
        if cuda:
            torch.cuda.synchronize()
        start = time.perf_counter()
        found = stats(*args)
        spent += time.perf_counter() - start
        return found

    scoring.token_stats = watched
    seconds_of(model, items, reading)
    tell(
        "end_to_end.score",
        size=given.size,
        precision=given.precision,
        parameters=sum(weight.numel() for weight in model.network.parameters()),
        tokens=given.texts * given.tokens,
        seconds=whole,
        tokens_per_second=round(given.texts * given.tokens / whole, 1),
        statistics_seconds=spent,
        statistics_share=round(spent / whole, 4),
        forward_seconds=(forward := forward_seconds(model, drawn)),
        statistics_of_forward=round(spent / forward, 4),
        peak_mb_beyond_model=round(peak - before),
    )


if __name__ == "__main__":
    main()
