"""The same numbers on a CUDA device, where there is one: by torch, and by the kernels where CuPy is installed."""

from __future__ import annotations

import numpy as np
import pytest
import torch

from unlearn_spec.gpu import decoding, token_stats
from unlearn_spec.gpu.arrays import as_array, as_tensor, device, has_kernels, on_stream
from unlearn_spec.gpu.launch import launch

pytestmark = [
    pytest.mark.gpu,
    pytest.mark.skipif(not torch.cuda.is_available(), reason="this machine has no CUDA device"),
]
OPTIONS = {"temperature": 0.7, "top_k": 40, "top_p": 0.9}


@pytest.mark.parametrize("kernels", [False, True], ids=["torch", "kernel"])
@pytest.mark.parametrize("kind", [torch.float32, torch.bfloat16, torch.float16])
@pytest.mark.parametrize("width", [7, 32_000, 128_257])
def test_statistics_on_the_device_equal_the_definition(
    width: int, kind: torch.dtype, kernels: bool, monkeypatch: pytest.MonkeyPatch
) -> None:
    if kernels and not has_kernels():
        pytest.skip("CuPy is not installed")
    monkeypatch.setattr(token_stats, "has_kernels", lambda: kernels)
    monkeypatch.setattr(decoding, "has_kernels", lambda: kernels)
    drawn = np.random.default_rng(0)
    logits = torch.from_numpy(drawn.normal(size=(33, width)).astype(np.float32)).to(kind)
    targets = torch.from_numpy(drawn.integers(0, width, size=33))
    there, goals = logits.to(device("cuda")), targets.to(device("cuda"))
    wanted = token_stats.reference(logits.double().numpy(), targets.numpy(), top=4)
    found = token_stats.token_stats(there, goals, top=4)
    np.testing.assert_allclose(found.log_prob, wanted.log_prob, rtol=1e-5, atol=1e-5)
    np.testing.assert_allclose(found.variance, wanted.variance, rtol=1e-4)
    for name in ("greater", "ties", "top_ids", "top_logits"):
        np.testing.assert_array_equal(getattr(found, name), getattr(wanted, name))
    best = torch.from_numpy(wanted.best).to(there.device)
    chances = decoding.decoding_log_prob(there, best, **OPTIONS)
    expected = decoding.reference_decoding(logits.double().numpy(), **OPTIONS)[np.arange(33), wanted.best]
    np.testing.assert_allclose(chances, expected, atol=1e-4)


@pytest.mark.skipif(not has_kernels(), reason="CuPy is not installed")
def test_cupy_sees_the_tensors_bytes_on_torchs_stream() -> None:
    tensor = torch.zeros(1 << 20, device="cuda")
    with torch.cuda.stream(torch.cuda.Stream()):  # not the default one
        tensor += 1
        with on_stream(tensor.device):
            seen = as_array(tensor)
            seen += 1
        tensor += 1
        assert as_tensor(seen).data_ptr() == tensor.data_ptr()
        assert bool((tensor == 3).all())


@pytest.mark.skipif(not has_kernels(), reason="CuPy is not installed")
def test_memory_that_a_kernel_of_another_stream_reads_is_not_given_away_early() -> None:
    drawn = torch.Generator("cuda").manual_seed(0)
    logits = torch.randn(4096, 128_256, generator=drawn, device="cuda", dtype=torch.bfloat16)
    targets = torch.zeros(4096, dtype=torch.long, device="cuda")
    wanted = token_stats.token_stats(logits, targets).log_prob  # compiles, too
    torch.cuda.synchronize()
    shape = logits.shape
    with torch.cuda.stream(torch.cuda.Stream()):
        floats = token_stats.launched(logits, targets, 1, launch)[0]
    del logits
    torch.full(shape, 7.0, device="cuda", dtype=torch.bfloat16)  # takes freed memory of that size, if there is any
    torch.cuda.synchronize()
    np.testing.assert_array_equal(floats[:, 0].cpu().double().numpy(), wanted)
