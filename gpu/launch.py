"""How a kernel gets onto the device: compiled once by NVRTC through CuPy, run on torch's current stream."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping, Sequence
from functools import cache
from pathlib import Path
from typing import Any, Protocol

import numpy as np
import torch

from .arrays import as_cupy, cupy, on_stream

KERNELS = Path(__file__).parent / "kernels"

Argument = torch.Tensor | np.number[Any]
"""Of a kernel: a contiguous tensor where it takes a pointer, a number of exactly its type where it takes a number."""


class Launch(Protocol):
    """Runs the kernel `name` of `gpu/kernels/<source>.cu`; what it writes is in the tensors among `args`.

    `grid`: blocks. `block`: threads a block. `shared`: dynamic shared memory a block in bytes. `defines`: macros.
    """

    def __call__(
        self,
        source: str,
        name: str,
        *,
        grid: int,
        block: int,
        args: Sequence[Argument],
        shared: int = 0,
        defines: Mapping[str, int] | None = None,
    ) -> None: ...


def options(defines: Mapping[str, int] | None = None) -> tuple[str, ...]:
    """Compiler options of every kernel. No fast-math: a kernel that may round more says so where it does."""
    return ("-std=c++17", f"-I{KERNELS}", *(f"-D{name}={value}" for name, value in sorted((defines or {}).items())))


def launch(
    source: str,
    name: str,
    *,
    grid: int,
    block: int,
    args: Sequence[Argument],
    shared: int = 0,
    defines: Mapping[str, int] | None = None,
) -> None:
    """`Launch` on the CUDA device of the first tensor, behind the work already on torch's current stream there."""
    if grid == 0:
        return
    device = next(value.device for value in args if isinstance(value, torch.Tensor))
    with on_stream(device):
        kernel = _module(source, tuple(sorted((defines or {}).items())), device.index).get_function(name)
        if shared > 48 << 10:
            kernel.max_dynamic_shared_size_bytes = shared
        given = tuple(as_cupy(value) if isinstance(value, torch.Tensor) else value for value in args)
        kernel((grid,), (block,), given, shared_mem=shared)
    stream = torch.cuda.current_stream(device)
    for value in args:
        if isinstance(value, torch.Tensor):
            value.record_stream(stream)  # torch gives memory of another stream away only when this kernel has run


@cache
def _module(source: str, defines: tuple[tuple[str, int], ...], device: int) -> Any:
    """Compiled code of one file, by device: CuPy loads it into the current one."""
    return cupy().RawModule(code=code(source), options=options(dict(defines)), backend="nvrtc")


def code(source: str, folder: Path = KERNELS) -> str:
    """The text of a kernel file, which ends with a digest of all headers beside it.

    CuPy keeps compiled code on disk by the text it was given and does not look at what that includes: a header that
    changed would go on in its old form.
    """
    headers = hashlib.sha256()
    for path in sorted(folder.glob("*.cuh")):
        headers.update(path.name.encode() + b"\n" + path.read_bytes())
    text = (folder / f"{source}.cu").read_text(encoding="utf-8")
    return f"{text}\n// headers: {headers.hexdigest()}\n"
