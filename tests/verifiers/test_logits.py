"""Logits taken chunk by chunk are the model's own, for every family's scaling, capping and biases, in little memory."""

from __future__ import annotations

import inspect
import logging
import subprocess
import sys
from collections.abc import Sequence
from typing import Any

import pytest
import torch
from transformers import AutoConfig, AutoModelForCausalLM, LlamaConfig, LlamaForCausalLM

from unlearn_spec.plan.units import Reading
from unlearn_spec.verifiers import logits as module
from unlearn_spec.verifiers import memory, scoring
from unlearn_spec.verifiers.items import Item
from unlearn_spec.verifiers.logits import at_places
from unlearn_spec.verifiers.subjects.model import Model

SMALL = {
    "vocab_size": 61, "hidden_size": 32, "intermediate_size": 48, "num_hidden_layers": 2, "num_attention_heads": 4,
    "num_key_value_heads": 2, "head_dim": 8, "max_position_embeddings": 32, "initializer_range": 0.3, "pad_token_id": 0,
    "bos_token_id": 1, "eos_token_id": 2,
}  # fmt: skip
FAMILIES: dict[str, dict[str, Any]] = {
    "llama": {},
    "mistral": {},
    "qwen3": {},
    "olmo2": {},
    "phi": {},  # its head has a bias
    "gpt2": {"n_embd": 32, "n_layer": 2, "n_head": 4, "n_positions": 32},
    "gptj": {"n_embd": 32, "n_layer": 2, "n_head": 4, "n_positions": 32, "rotary_dim": 8},
    "gpt_neox": {},
    "bloom": {"n_layer": 2, "n_head": 4},
    "falcon": {},
    "opt": {"ffn_dim": 48, "word_embed_proj_dim": 16},  # projects back before its head
    "gemma2": {"final_logit_softcapping": 1.5},
    "gemma3_text": {"final_logit_softcapping": 1.5},
    "cohere": {"logit_scale": 0.3},
    "granite": {"logits_scaling": 7.0},
    "mamba": {"state_size": 8},
}
SEQUENCES = ((5, 9, 11, 3), (7, 8), (4, 60, 33, 12, 9, 1, 22))
PLACES = [(row, place) for row, ids in enumerate(SEQUENCES) for place in range(len(ids))]


def made(family: str) -> Model:
    torch.manual_seed(0)
    sizes = SMALL if family != "falcon" else {name: size for name, size in SMALL.items() if name != "head_dim"}
    config = AutoConfig.for_model(family, **{**sizes, **FAMILIES[family]})
    network = AutoModelForCausalLM.from_config(config).eval().requires_grad_(False)
    return Model(network, None, 32, family)


def own_logits(model: Model) -> torch.Tensor:
    """From one run over each sequence by itself."""
    with torch.inference_mode():
        return torch.cat([model.network(input_ids=torch.tensor([ids])).logits[0] for ids in SEQUENCES])


def runs(model: Model, monkeypatch: pytest.MonkeyPatch) -> list[tuple[int, ...]]:
    """Shapes of the ids with which the network is called from now on."""
    seen: list[tuple[int, ...]] = []
    forward = type(model.network).forward

    def noting(self: Any, *args: Any, **kwargs: Any) -> Any:
        seen.append(tuple(kwargs["input_ids"].shape))
        return forward(self, *args, **kwargs)

    noting.__signature__ = inspect.signature(forward)  # type: ignore[attr-defined]
    monkeypatch.setattr(type(model.network), "forward", noting)
    return seen


@pytest.mark.parametrize("family", sorted(FAMILIES))
def test_chunks_are_the_models_own_logits(family: str, monkeypatch: pytest.MonkeyPatch) -> None:
    model = made(family)
    wanted = own_logits(model)
    seen = runs(model, monkeypatch)
    monkeypatch.setattr(module, "CHUNK_BYTES", 4 * SMALL["vocab_size"] * 5)  # five places
    found = torch.cat(at_places(model, SEQUENCES, PLACES, lambda logits, _: logits.clone()))
    torch.testing.assert_close(found, wanted, rtol=1e-4, atol=1e-5)
    assert seen == [(3, 7), (1, 1), (1, 5), (1, 5), (1, 3)]  # the decoder once, a look at the head, then heads only
    assert "forward" not in vars(model.network.base_model)


@pytest.mark.parametrize(
    ("family", "plain"), [("gemma2", {"final_logit_softcapping": None}), ("cohere", {"logit_scale": 1.0})]
)
def test_scaling_and_capping_matter_here(family: str, plain: dict[str, Any], monkeypatch: pytest.MonkeyPatch) -> None:
    """Otherwise the test above would not see them missing."""
    wanted = own_logits(made(family))
    monkeypatch.setitem(FAMILIES, family, plain)
    assert (own_logits(made(family)) - wanted).abs().max() > 0.1


class Odd(LlamaForCausalLM):
    """Its logits depend on more than hidden states."""

    def forward(self, input_ids: torch.Tensor, logits_to_keep: int = 0, **options: Any) -> Any:  # type: ignore[override]
        output = super().forward(input_ids=input_ids, logits_to_keep=logits_to_keep, **options)
        output.logits = output.logits + input_ids.float().sum(dim=1)[:, None, None] * torch.arange(61)
        return output


def test_a_network_that_does_more_than_a_head_is_run_whole() -> None:
    torch.manual_seed(0)
    model = Model(Odd(LlamaConfig(**SMALL)).eval(), None, 32)
    found = torch.cat(at_places(model, SEQUENCES[:1], PLACES[:4], lambda logits, _: logits.clone()))
    with torch.inference_mode():
        wanted = model.network(input_ids=torch.tensor(SEQUENCES[:1])).logits[0]
    torch.testing.assert_close(found, wanted, rtol=1e-5, atol=1e-3)


class Sided(LlamaForCausalLM):
    """Its head reads, beside hidden states, where it stands."""

    reads = "token"

    def forward(self, input_ids: torch.Tensor, logits_to_keep: int = 0, **options: Any) -> Any:  # type: ignore[override]
        output = super().forward(input_ids=input_ids, logits_to_keep=logits_to_keep, **options)
        rows, columns = (torch.arange(size) for size in input_ids.shape)
        by = {"token": input_ids, "row": rows[:, None] + 0 * columns, "column": 0 * rows[:, None] + columns}[self.reads]
        output.logits = output.logits + by[:, -logits_to_keep:, None] * torch.arange(61)
        return output


class Masked(Odd):
    """Never gives its last token, as families do that read images: its logit is the lowest number there is."""

    def forward(self, input_ids: torch.Tensor, logits_to_keep: int = 0, **options: Any) -> Any:  # type: ignore[override]
        output = super().forward(input_ids=input_ids, logits_to_keep=logits_to_keep, **options)
        output.logits[..., -1] = torch.finfo(torch.float32).min
        return output


@pytest.mark.parametrize("reads", ["token", "row", "column", "masked"])
def test_a_head_that_reads_where_it_stands_is_run_whole(reads: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """Of sequences of unequal length: padding after the first one looks the same whatever such a head reads."""
    torch.manual_seed(0)
    monkeypatch.setattr(Sided, "reads", reads)
    model = Model((Masked if reads == "masked" else Sided)(LlamaConfig(**SMALL)).eval(), None, 32)
    found = torch.cat(at_places(model, SEQUENCES, PLACES, lambda logits, _: logits.clone()))
    with torch.inference_mode():
        ids, mask = module._padded(SEQUENCES, torch.device("cpu"))
        wanted = model.network(input_ids=ids, attention_mask=mask).logits
    torch.testing.assert_close(found, torch.stack([wanted[row, place] for row, place in PLACES]), rtol=1e-5, atol=1e-3)


def test_too_little_memory_means_smaller_chunks_said_once(
    model: Model, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    items = tuple(Item(str(n), "c", text="a b c d e f g h"[: 2 * n + 3]) for n in range(7))
    reading = Reading(metric="extraction_probability", decoding="sample", top_k=3)
    wanted = scoring.score(model, items, reading)
    given: list[int] = []
    stats = scoring.token_stats

    def tight(logits: torch.Tensor, targets: torch.Tensor) -> Any:
        if len(targets) > 6:
            raise torch.OutOfMemoryError("CUDA out of memory")
        given.append(len(targets))
        return stats(logits, targets)

    monkeypatch.setattr(scoring, "token_stats", tight)
    memory._say_so.cache_clear()
    with caplog.at_level(logging.WARNING):
        found = scoring.score(model, items, reading)
        scoring.score(model, items, reading)
    assert max(given) <= 6 and len(given) > 2
    assert [record.levelname for record in caplog.records] == ["WARNING"]
    for name, cells in wanted.columns:
        assert found.column(name) == (cells if name in ("item", "cluster", "reads") else pytest.approx(cells, rel=1e-5))


def test_halves_come_back_in_order_and_other_errors_go_up() -> None:
    def work(part: Sequence[int]) -> list[int]:
        if len(part) > 2:
            raise RuntimeError("DefaultCPUAllocator: can't allocate memory: you tried to allocate 7 bytes")
        return list(part)

    assert memory.in_parts(work, range(7)) == [[0], [1, 2], [3, 4], [5, 6]]

    def never(part: Sequence[int]) -> None:
        raise MemoryError if len(part) == 1 else torch.OutOfMemoryError

    def wrong(part: Sequence[int]) -> None:
        raise RuntimeError("something else")

    with pytest.raises(MemoryError):
        memory.in_parts(never, range(3))
    with pytest.raises(RuntimeError, match="something else"):
        memory.in_parts(wrong, range(3))


MEASURE = """
import resource, sys
import torch
from transformers import LlamaConfig, LlamaForCausalLM
from unlearn_spec.gpu.token_stats import token_stats
from unlearn_spec.verifiers.logits import at_places
from unlearn_spec.verifiers.subjects.model import Model

torch.set_num_threads(1)
tokens, vocabulary = int(sys.argv[1]), 128_256
config = LlamaConfig(vocab_size=vocabulary, hidden_size=16, intermediate_size=16, num_hidden_layers=1,
    num_attention_heads=2, num_key_value_heads=1, max_position_embeddings=2048, tie_word_embeddings=True)
model = Model(LlamaForCausalLM(config).eval().requires_grad_(False), None, None)

def score(count):
    ids = tuple(n % vocabulary for n in range(count))
    places = [(0, n) for n in range(count - 1)]
    return at_places(model, [ids], places, lambda x, part: token_stats(x, torch.tensor(ids[1:])[part]).log_prob.sum())

score(9)
before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
score(tokens)
print((resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before) // 1024, tokens * vocabulary * 4 >> 20)
"""


def test_full_logits_never_exist() -> None:
    """`python -c "$MEASURE" 8192` is the long version: 8,192 tokens of a vocabulary of 128,256 in less than 1 GB."""
    done = subprocess.run([sys.executable, "-c", MEASURE, "1025"], capture_output=True, text=True, check=True)
    took, whole = (int(number) for number in done.stdout.split())  # MiB
    assert whole == 501
    assert took < 300


def test_the_chunk_of_a_gpu_is_within_its_budget_too() -> None:
    """Twice the CPU's, and three such tiles beside each other where a family caps its logits."""
    assert 2 * module.CHUNK_BYTES * 3 < 1 << 30
