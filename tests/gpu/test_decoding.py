"""Chances under a decoding equal their NumPy definition, by torch for all tokens and by the kernel for one."""

from __future__ import annotations

import sys
from functools import partial
from pathlib import Path

import numpy as np
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st

sys.path.insert(0, str(Path(__file__).parent))

import shim

from unlearn_spec.gpu.decoding import decoding_log_prob, decoding_log_probs, reference_decoding
from unlearn_spec.gpu.launch import Launch

Decoding = tuple[float, int | None, float | None]
ways = pytest.mark.parametrize("launch", [None, shim.launch], ids=["torch", "kernel"])


def rows(seed: int, count: int, width: int, scale: float = 2.0) -> np.ndarray:
    drawn = np.random.default_rng(seed).normal(size=(count, width)) * scale
    return drawn.astype(np.float32).round(1)  # rounded, so that ties occur


decodings = st.tuples(
    st.sampled_from([0.25, 0.7, 1.0, 3.0]),
    st.one_of(st.none(), st.integers(1, 40), st.integers(1, 2000)),
    st.one_of(st.none(), st.sampled_from([1e-6, 0.1, 0.5, 0.9, 0.999, 1.0])),
)


def spelled(decoding: Decoding) -> dict[str, float | int | None]:
    return dict(zip(("temperature", "top_k", "top_p"), decoding, strict=True))


@settings(max_examples=60, deadline=None)
@given(seed=st.integers(0, 10_000), width=st.integers(2, 30), decoding=decodings)
def test_torch_equals_the_definition_and_sums_to_one(seed: int, width: int, decoding: Decoding) -> None:
    logits = rows(seed, 5, width)
    wanted = reference_decoding(logits, **spelled(decoding))
    tensor = torch.from_numpy(logits)
    found = decoding_log_probs(tensor, **spelled(decoding)).numpy()
    np.testing.assert_allclose(np.exp(found), np.exp(wanted), atol=1e-12)
    np.testing.assert_array_equal(np.isinf(found), np.isinf(wanted))
    np.testing.assert_allclose(np.exp(found).sum(axis=1), 1.0, atol=1e-12)
    if decoding[1] is not None:
        assert np.all(np.isfinite(found).sum(axis=1) <= decoding[1])
    targets = torch.arange(5) % width
    one = decoding_log_prob(tensor, targets, **spelled(decoding))
    np.testing.assert_array_equal(one, found[np.arange(5), targets.numpy()])


def edge(logits: np.ndarray, decoding: Decoding) -> float:
    """How close the mass before some token comes to top-p: there float32 may put the token on the other side."""
    temperature, top_k, top_p = decoding
    if top_p is None or top_p >= 1:
        return 1.0
    p = np.exp(np.sort(reference_decoding(logits, temperature=temperature, top_k=top_k, top_p=None), axis=1)[:, ::-1])
    return float(np.abs(p.cumsum(axis=1) - p - top_p).min())


@settings(max_examples=60, deadline=None)
@given(
    seed=st.integers(0, 10_000),
    width=st.integers(1, 2100),
    decoding=decodings,
    kind=st.sampled_from([torch.float32, torch.bfloat16, torch.float16]),
    masked=st.booleans(),
)
def test_the_kernel_equals_the_definition(
    seed: int, width: int, decoding: Decoding, kind: torch.dtype, masked: bool
) -> None:
    drawn = np.random.default_rng(seed)
    tile = torch.from_numpy(rows(seed, 2, width)).to(kind)
    if masked:
        tile[:, drawn.random(width) < 0.3] = -torch.inf
        tile[:, drawn.integers(width)] = 0.0
    logits = tile.double().numpy()
    if edge(logits, decoding) < 1e-5:
        return
    ranked = np.argsort(-logits, axis=1, kind="stable")
    places = np.minimum(np.array([drawn.integers(width), drawn.geometric(0.2) - 1]), width - 1)
    targets = torch.from_numpy(ranked[np.arange(2), places])
    wanted = reference_decoding(logits, **spelled(decoding))[np.arange(2), targets.numpy()]
    found = decoding_log_prob(tile, targets, **spelled(decoding), launch=partial(shim.launch, seed=seed, alignment=4))
    np.testing.assert_array_equal(np.isinf(found), np.isinf(wanted))
    np.testing.assert_allclose(found, wanted, atol=2e-6, rtol=1e-6)


@ways
def test_of_equal_logits_the_lower_ids_are_kept(launch: Launch | None) -> None:
    logits, targets = torch.zeros(4, 4), torch.arange(4)
    by_count = decoding_log_prob(logits, targets, temperature=0.5, top_k=3, top_p=None, launch=launch)
    np.testing.assert_allclose(by_count, [-np.log(3)] * 3 + [-np.inf])
    by_mass = decoding_log_prob(logits, targets, temperature=0.5, top_k=None, top_p=0.5, launch=launch)
    np.testing.assert_allclose(by_mass, [-np.log(2)] * 2 + [-np.inf] * 2)
    by_both = decoding_log_prob(logits, targets, temperature=0.5, top_k=3, top_p=0.5, launch=launch)
    np.testing.assert_allclose(by_both, [-np.log(2)] * 2 + [-np.inf] * 2)


@ways
def test_zero_is_one_logit_whatever_its_sign(launch: Launch | None) -> None:
    logits = torch.tensor([[-0.0, 0.0, -1.0]])
    for target, wanted in ((0, 0.0), (1, -np.inf)):
        found = decoding_log_prob(logits, torch.tensor([target]), temperature=1.0, top_k=1, top_p=None, launch=launch)
        assert found[0] == wanted


@ways
def test_at_least_one_token_is_kept(launch: Launch | None) -> None:
    logits = torch.tensor([[3.0, 1.0, 2.0]])
    found = decoding_log_prob(logits, torch.tensor([0]), temperature=1.0, top_k=None, top_p=1e-12, launch=launch)
    assert found[0] == 0.0


@ways
@pytest.mark.parametrize("wrong", [np.nan, np.inf, None])
def test_rows_without_a_meaning_have_no_chances(wrong: float | None, launch: Launch | None) -> None:
    logits = torch.from_numpy(rows(0, 2, 50))
    logits[1] = -torch.inf if wrong is None else logits[1]
    if wrong is not None:
        logits[1, 7] = wrong
    targets = torch.tensor([1, 1])
    found = decoding_log_prob(logits, targets, temperature=1.0, top_k=40, top_p=0.9, launch=launch)
    wanted = reference_decoding(logits.numpy(), temperature=1.0, top_k=40, top_p=0.9)[:, 1]
    assert np.isnan(found[1]) and np.isnan(wanted[1]) and not np.isnan(found[0])


@ways
def test_no_rows_and_wrong_targets(launch: Launch | None) -> None:
    none = torch.empty(0, dtype=torch.long)
    options = {"temperature": 1.0, "top_k": None, "top_p": None, "launch": launch}
    assert decoding_log_prob(torch.empty(0, 5), none, **options).shape == (0,)
    with pytest.raises(ValueError, match="target 5 is outside"):
        decoding_log_prob(torch.zeros(1, 5), torch.tensor([5]), **options)
