"""The same numbers on a CUDA device, where there is one."""

from __future__ import annotations

import numpy as np
import pytest
import torch

from unlearn_spec.gpu.arrays import device
from unlearn_spec.gpu.token_stats import decoding_log_probs, reference, reference_decoding, token_stats

pytestmark = [
    pytest.mark.gpu,
    pytest.mark.skipif(not torch.cuda.is_available(), reason="this machine has no CUDA device"),
]


@pytest.mark.parametrize("width", [7, 32_000])
def test_statistics_on_the_device_equal_the_definition(width: int) -> None:
    rng = np.random.default_rng(0)
    logits = rng.normal(size=(33, width)).astype(np.float32)
    targets = rng.integers(0, width, size=33)
    there = torch.from_numpy(logits).to(device("cuda"))
    wanted, found = reference(logits, targets), token_stats(there, torch.from_numpy(targets).to(there.device))
    np.testing.assert_allclose(found.log_prob, wanted.log_prob, rtol=1e-5)
    np.testing.assert_allclose(found.variance, wanted.variance, rtol=1e-4)
    for name in ("greater", "ties", "best"):
        np.testing.assert_array_equal(getattr(found, name), getattr(wanted, name))
    chances = decoding_log_probs(there, temperature=0.7, top_k=40, top_p=0.9).cpu().numpy()
    expected = reference_decoding(logits, temperature=0.7, top_k=40, top_p=0.9)
    np.testing.assert_allclose(np.exp(chances), np.exp(expected), atol=1e-9)
