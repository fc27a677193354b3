"""Times the statistics of tokens: torch's operators one by one, compiled, in blocks, and the kernel; each checked first.

python benchmarks/gpu/cases/token_stats.py --vocabulary 128256 --rows 8192 --kind bfloat16 --device cuda --compile
"""

from __future__ import annotations

import argparse
from collections.abc import Callable

import numpy as np
import torch
from timing import cpu_seconds, device_seconds, tell

from unlearn_spec.gpu.arrays import has_kernels
from unlearn_spec.gpu.decoding import decoding_log_prob, reference_decoding
from unlearn_spec.gpu.launch import launch
from unlearn_spec.gpu.token_stats import launched, reference, token_stats

OPTIONS = {"temperature": 0.7, "top_k": 50, "top_p": 0.9}
CHECKED = 8  # rows


def usual(logits: torch.Tensor, targets: torch.Tensor) -> tuple[torch.Tensor, ...]:
    """As these statistics are usually written."""
    log_p = logits.float().log_softmax(dim=-1)
    p = log_p.exp()
    mean = (p * log_p).sum(dim=-1)
    variance = (p * (log_p - mean[:, None]).square()).sum(dim=-1)
    wanted = logits.gather(1, targets[:, None])
    rank = (logits > wanted).sum(dim=-1), (logits == wanted).sum(dim=-1)
    return log_p.gather(1, targets[:, None])[:, 0], mean, variance, *rank, logits.argmax(dim=-1)


def check(logits: torch.Tensor, targets: torch.Tensor) -> None:
    """Raises where the way that will be timed is not what the definition says."""
    some, goals = logits[:CHECKED], targets[:CHECKED]
    there, which = some.cpu().double().numpy(), goals.cpu().numpy()
    wanted, found = reference(there, which), token_stats(some, goals)
    for name in ("log_prob", "mean", "variance"):
        np.testing.assert_allclose(getattr(found, name), getattr(wanted, name), rtol=2e-5, atol=2e-5)
    for name in ("greater", "ties", "best"):
        np.testing.assert_array_equal(getattr(found, name), getattr(wanted, name))
    best = torch.from_numpy(wanted.best).to(goals.device)
    chances = reference_decoding(there, **OPTIONS)[np.arange(len(which)), wanted.best]
    np.testing.assert_allclose(decoding_log_prob(some, best, **OPTIONS), chances, atol=1e-4)


def main() -> None:
    wanted = argparse.ArgumentParser(description=__doc__)
    wanted.add_argument("--vocabulary", type=int, default=128_256)
    wanted.add_argument("--rows", type=int, default=64)
    wanted.add_argument("--kind", choices=("float32", "bfloat16", "float16"), default="bfloat16")
    wanted.add_argument("--device", default="cpu")
    wanted.add_argument("--compile", action="store_true", help="torch.compile as well")
    given = wanted.parse_args()
    torch.set_num_threads(1)
    drawn = torch.Generator().manual_seed(0)
    logits = torch.randn(given.rows, given.vocabulary, generator=drawn).mul_(3).to(getattr(torch, given.kind))
    targets = torch.randint(given.vocabulary, (given.rows,), generator=drawn).to(given.device)
    logits = logits.to(given.device)
    check(logits, targets)
    kernels = logits.is_cuda and has_kernels()
    compiled = torch.compile(usual, dynamic=False)
    ways: dict[str, Callable[[], object]] = {
        "operators": lambda: usual(logits, targets),
        **({"compiled": lambda: compiled(logits, targets)} if given.compile else {}),
        **({} if kernels else {"blocks": lambda: token_stats(logits, targets)}),
        **({"kernel": lambda: launched(logits, targets, 1, launch)} if kernels else {}),
        **({"kernel_top8": lambda: launched(logits, targets, 8, launch)} if kernels else {}),
        "decoding": lambda: decoding_log_prob(logits, targets, **OPTIONS),
    }
    for name, work in ways.items():
        work()
        seconds = (device_seconds if logits.is_cuda else cpu_seconds)(work)
        tell(
            f"token_stats.{name}",
            device=given.device,
            vocabulary=given.vocabulary,
            rows=given.rows,
            kind=given.kind,
            seconds=seconds,
            bytes=logits.numel() * logits.element_size(),  # read once
            ns_per_logit=round(seconds / logits.numel() * 1e9, 4),
        )


if __name__ == "__main__":
    main()
