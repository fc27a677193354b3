"""The `launch` of the kernels, done by the shim: tensors on the CPU, threads in an order drawn from a seed."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import shim
import torch

from unlearn_spec.gpu.launch import Launch


def launcher(seed: int) -> Launch:
    """`Launch` by the shim."""

    def launch(
        source: str,
        name: str,
        *,
        grid: int,
        block: int,
        args: Sequence[Any],
        shared: int = 0,
        defines: Mapping[str, int] | None = None,
    ) -> None:
        given = [value.numpy() if isinstance(value, torch.Tensor) else value for value in args]
        shim.build(source, **(defines or {})).launch(name, grid=grid, block=block, args=given, shared=shared, seed=seed)

    return launch
