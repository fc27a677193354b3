"""Min-K, Min-K++, loss and zlib from full logits in float64, on a random model and on a pretrained one."""

from __future__ import annotations

import zlib
from fractions import Fraction
from pathlib import Path

import numpy as np
import pytest
import torch
from transformers import LlamaConfig, LlamaForCausalLM

from unlearn_spec.gpu.token_stats import reference, token_stats
from unlearn_spec.plan.units import Reading
from unlearn_spec.verifiers.items import Item
from unlearn_spec.verifiers.metrics import attacks
from unlearn_spec.verifiers.scoring import score
from unlearn_spec.verifiers.subjects.model import load_model

STORIES = Path(__file__).parents[2].parent / "shared" / "data" / "models" / "stories260k" / "hf"
TEXTS = (
    "Once upon a time, there was a little girl named Lily. She loved to play outside in the park.",
    "The annual report lists seventeen amendments to the municipal drainage ordinance of 1974.",
    "Tom and his dog went to the sea. The sun was hot.",
)
READING = Reading(metric="extraction_probability", at_least=Fraction(1, 10), decoding="sample")


@pytest.fixture(scope="module", autouse=True)
def one_thread() -> None:
    torch.set_num_threads(1)


def by_definition(logits: np.ndarray, targets: np.ndarray, share: float) -> tuple[float, float, float]:
    """(mean loss, Min-K, Min-K++), each formula as its paper writes it, with whole distributions in float64."""
    log_p = logits - logits.max(axis=1, keepdims=True)
    log_p = log_p - np.log(np.exp(log_p).sum(axis=1, keepdims=True))
    own = log_p[np.arange(len(targets)), targets]
    mean = (np.exp(log_p) * log_p).sum(axis=1)
    spread = np.sqrt((np.exp(log_p) * (log_p - mean[:, None]) ** 2).sum(axis=1))
    lowest = max(1, int(share * len(targets)))
    return -own.mean(), np.sort(own)[:lowest].mean(), np.sort((own - mean) / spread)[:lowest].mean()


@pytest.mark.parametrize("share", [0.05, 0.2, 0.4, 1.0])
@pytest.mark.parametrize("tokens", [2, 37])
def test_scores_of_a_random_model_are_the_papers_formulas(share: float, tokens: int) -> None:
    torch.manual_seed(tokens)
    network = LlamaForCausalLM(
        LlamaConfig(
            vocab_size=300, hidden_size=32, intermediate_size=48, num_hidden_layers=2, num_attention_heads=2,
            initializer_range=0.5,
        )
    ).eval()  # fmt: skip
    ids = torch.randint(0, 300, (1, tokens + 1))
    with torch.inference_mode():
        logits = network(input_ids=ids).logits[0, :-1]
    targets = ids[0, 1:]
    loss, low, standard = by_definition(logits.double().numpy(), targets.numpy(), share)
    exact = reference(logits.double().numpy(), targets.numpy())
    single = token_stats(logits, targets)  # one unit in the last place of a float32 near 14 is 1e-6
    for stats, tolerance in ((exact, 1e-12), (single, 1e-6)):
        assert attacks.loss(stats.log_prob) == pytest.approx(loss, rel=tolerance, abs=tolerance)
        assert attacks.min_k(stats.log_prob, share) == pytest.approx(low, rel=tolerance, abs=tolerance)
        found = attacks.min_k_plus_plus(stats.log_prob, stats.mean, stats.variance, share)
        assert found == pytest.approx(standard, rel=tolerance, abs=tolerance)
        peer = attacks.min_k_plus_plus_open_unlearning(stats.log_prob, stats.mean, stats.variance, share)
        assert peer == -found


def test_scores_of_a_pretrained_model_are_the_papers_formulas() -> None:
    if not STORIES.is_dir():
        pytest.skip(f"the pretrained model is not at {STORIES}")
    model = load_model(STORIES)
    items = tuple(Item(f"t{place}", f"t{place}", text=text) for place, text in enumerate(TEXTS))
    table = score(model, items, READING)
    for place, text in enumerate(TEXTS):
        ids = torch.tensor([model.encode_pair("", text).ids])
        with torch.inference_mode():
            logits = model.network(input_ids=ids).logits[0, :-1].double().numpy()
        loss, low, standard = by_definition(logits, ids[0, 1:].numpy(), 0.2)
        row = {name: table.column(name)[place] for name in ("mean_logp", "min_k", "min_k_pp", "zlib_bytes")}
        assert row["mean_logp"] == pytest.approx(-loss, rel=1e-6, abs=1e-6)
        assert row["min_k"] == pytest.approx(low, rel=1e-6, abs=1e-6)
        assert row["min_k_pp"] == pytest.approx(standard, rel=1e-6, abs=1e-6)
        assert row["zlib_bytes"] == len(zlib.compress(text.encode(), 6))


def test_where_the_conventions_part() -> None:
    """Short texts, sure models, nothing to score: the same formula, four outcomes."""
    short = [-1.0, -3.0]
    assert attacks.min_k(short, 0.4) == -3.0 == -attacks.min_k_open_unlearning(short)
    assert np.isnan(attacks.min_k_muse(short, 0.4)) and attacks.min_k_muse(short, 0.5) == 3.0
    assert attacks.min_k_open_unlearning([]) == 0.0
    with pytest.raises(ValueError, match="at least one token"):
        attacks.min_k([], 0.4)
    values = -np.arange(1.0, 11.0)
    assert attacks.min_k_mimir(values, 0.2) == attacks.min_k_muse(values, 0.2) == 9.5
    assert attacks.min_k_mimir(values, 0.25, window=3) == pytest.approx(8.5)  # of 8 windows the 2 lowest, 9 and 8
    sure = ([0.0], [0.0], [0.0])
    assert attacks.min_k_plus_plus(*sure, 1.0) == 0.0
    assert np.isnan(attacks.min_k_plus_plus_unclamped(*sure, 1.0))
    with pytest.raises(ValueError, match="share"):
        attacks.min_k(short, 0.0)


def test_compressed_length_and_references_divide_and_subtract() -> None:
    assert attacks.zlib_ratio([-2.0, -4.0], "abcabc") == 3.0 / len(zlib.compress(b"abcabc"))
    assert attacks.lower_case_ratio([-2.0], [-4.0]) == 0.5
    assert attacks.reference_difference([-2.0], [-3.0]) == -1.0
