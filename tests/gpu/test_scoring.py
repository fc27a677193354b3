"""A table of scores is the same by torch and by the kernels, which run here through the shim."""

from __future__ import annotations

import sys
from fractions import Fraction
from functools import partial
from pathlib import Path

import pytest
import torch
from tokenizers import Tokenizer
from tokenizers.models import WordLevel
from tokenizers.pre_tokenizers import WhitespaceSplit
from transformers import LlamaConfig, LlamaForCausalLM, PreTrainedTokenizerFast

sys.path.insert(0, str(Path(__file__).parent))

import shim

from unlearn_spec.plan.units import Reading
from unlearn_spec.verifiers import scoring
from unlearn_spec.verifiers.items import Item
from unlearn_spec.verifiers.subjects.model import Model


@pytest.mark.parametrize("kind", [torch.float32, torch.bfloat16])
def test_kernels_give_the_same_table(kind: torch.dtype, monkeypatch: pytest.MonkeyPatch) -> None:
    torch.manual_seed(1)
    config = LlamaConfig(
        vocab_size=301, hidden_size=16, intermediate_size=24, num_hidden_layers=1, num_attention_heads=2,
        num_key_value_heads=1, max_position_embeddings=32, initializer_range=0.4,
    )  # fmt: skip
    backend = Tokenizer(WordLevel({f"w{n}": n for n in range(301)}, unk_token="w0"))
    backend.pre_tokenizer = WhitespaceSplit()
    tokenizer = PreTrainedTokenizerFast(tokenizer_object=backend, unk_token="w0")
    model = Model(LlamaForCausalLM(config).to(kind).eval().requires_grad_(False), tokenizer, 32)
    items = (
        Item("d", "1", text=" ".join(f"w{7 * n}" for n in range(12))),
        Item("q", "2", prompt="w1 w2", answer="w3 w300 w5"),
    )
    sampled = {"temperature": Fraction(3, 2), "top_k": 280, "top_p": Fraction(99, 100)}
    for reading in (
        Reading(metric="extraction_probability", decoding="sample", **sampled),  # type: ignore[arg-type]
        Reading(metric="extraction_probability", decoding="greedy"),
    ):
        wanted = scoring.score(model, items, reading)
        with monkeypatch.context() as patch:
            patch.setattr(scoring, "token_stats", partial(scoring.token_stats, launch=shim.launch))
            patch.setattr(scoring, "decoding_log_prob", partial(scoring.decoding_log_prob, launch=shim.launch))
            found = scoring.score(model, items, reading)
        for name, cells in wanted.columns:
            numbers = isinstance(cells[0], float)
            assert found.column(name) == (pytest.approx(cells, rel=1e-5, abs=1e-5) if numbers else cells), name
