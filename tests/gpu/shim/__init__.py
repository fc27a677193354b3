"""Runs the kernels of `gpu/kernels/` on the CPU, so that a machine without a GPU can hold them to their definitions.

    kernels = shim.build("token_stats")                      # g++, once for each content
    out = shim.poisoned((rows, 5), np.float32)
    kernels.launch("token_stats_f32", grid=rows, block=256, args=[logits, targets, width, out], seed=7)

Every array travels in pages of its own that end where nobody may read or write. What a kernel takes as a pointer to
`const`, and an array that is not writeable, is an input: a kernel that writes to it fails. `cuda_on_cpu.h` says what else
is found and what is not. `shim.launch` takes the place of `gpu.launch.launch`, with tensors on the CPU.
"""

from __future__ import annotations

import ctypes
import hashlib
import os
import re
import shutil
import subprocess
import tempfile
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch

from unlearn_spec.gpu.arrays import as_array

HERE = Path(__file__).parent
KERNELS = HERE.parents[2] / "gpu" / "kernels"
COMPILER = os.environ.get("CXX", "g++")
FLAGS = (
    "-std=c++17", "-O1", "-fPIC", "-shared", "-x", "c++", "-w", "-U_FORTIFY_SOURCE", "-fno-strict-aliasing", "-ffp-contract=off",
    "-fsanitize=alignment,shift,integer-divide-by-zero,bounds,signed-integer-overflow", "-fsanitize-undefined-trap-on-error",
    "-include", str(HERE / "cuda_on_cpu.h"), "-I", str(KERNELS),
)  # fmt: skip
PAGE = os.sysconf("SC_PAGESIZE")
EDGE = 0xC3  # stands around an array, inside its first and last page

_TYPES: dict[str, Any] = {
    "int": ctypes.c_int32, "int32_t": ctypes.c_int32, "unsigned": ctypes.c_uint32, "unsigned int": ctypes.c_uint32,
    "uint32_t": ctypes.c_uint32, "int64_t": ctypes.c_int64, "long long": ctypes.c_int64, "uint64_t": ctypes.c_uint64,
    "unsigned long long": ctypes.c_uint64, "float": ctypes.c_float, "double": ctypes.c_double, "bool": ctypes.c_bool,
}  # fmt: skip


class KernelFault(AssertionError):
    """What a launch did that no kernel may do."""


@dataclass(frozen=True)
class Kernels:
    """The kernels of one file. `parameters`: kernel → C types of its parameters, `*` or `const *` for a pointer."""

    library: ctypes.CDLL
    parameters: dict[str, tuple[str, ...]]

    def launch(
        self,
        name: str,
        *,
        grid: int | tuple[int, ...],
        block: int | tuple[int, ...],
        args: Sequence[Any],
        shared: int = 0,
        seed: int = 0,
        alignment: int = 16,
    ) -> None:
        """Runs a kernel; writeable arrays among `args` hold its results afterwards.

        `shared`: dynamic shared memory in bytes. `seed`: of the order of blocks and threads. `alignment`: of every
        array's first byte; the last lies less than that before memory that faults. Raises `KernelFault`.
        """
        kinds = self.parameters[name]
        if len(kinds) != len(args):
            raise TypeError(f"{name} takes {len(kinds)} arguments, not {len(args)}")
        guarded: list[_Guarded] = []
        values: list[Any] = []
        try:
            for kind, value in zip(kinds, args, strict=True):
                if not kind.endswith("*"):
                    values.append(_TYPES[kind](value))
                    continue
                guarded.append(_Guarded(self.library, value, alignment, locked=kind == "const *"))
                values.append(ctypes.c_void_p(guarded[-1].address))
            entry = self.library[f"launch_{name}"]
            entry.restype = ctypes.c_char_p
            problem = entry(_dim3(grid), _dim3(block), ctypes.c_uint32(shared), ctypes.c_uint64(seed), *values)
            if problem is not None:
                raise KernelFault(f"{name}: {problem.decode()}")
            for place, memory in enumerate(guarded):
                memory.take_back(f"{name}: array {place}")
        finally:
            for memory in guarded:
                memory.free()


def build(source: str | Path, **defines: object) -> Kernels:
    """The kernels of `gpu/kernels/<source>.cu`, or of a file by path, with these macros defined.

    Skips the test where there is no C++ compiler.
    """
    if shutil.which(COMPILER) is None:
        pytest.skip(
            f"no {COMPILER}: the kernels run on the CPU only where a C++ compiler (g++ or clang++) is installed"
        )
    path = source if isinstance(source, Path) else KERNELS / f"{source}.cu"
    built = _build(path, tuple(sorted((name, str(value)) for name, value in defines.items())))
    if isinstance(built, str):
        raise AssertionError(f"{COMPILER} refused the kernel:\n{built}")
    return built


def poisoned(shape: int | tuple[int, ...], dtype: Any) -> np.ndarray:
    """An array that holds no number a kernel could have meant: NaN, or 0xA5 in every byte of integers."""
    found = np.empty(shape, dtype)
    if found.dtype.kind == "f":
        found.fill(np.nan)
    else:
        found.reshape(-1).view(np.uint8).fill(0xA5)
    return found


def given(values: Any, dtype: Any = None) -> np.ndarray:
    """A contiguous copy that a kernel may read only."""
    found = np.array(values, dtype=dtype, order="C")
    found.flags.writeable = False
    return found


def launch(
    source: str,
    name: str,
    *,
    grid: int,
    block: int,
    args: Sequence[torch.Tensor | np.number[Any]],
    shared: int = 0,
    defines: Mapping[str, int] | None = None,
    seed: int = 0,
    alignment: int = 16,
) -> None:
    """`gpu.launch.Launch` on the CPU. Numbers must have exactly the kernel's types: on a device nothing converts them."""
    kernels = build(source, **(defines or {}))
    wanted = [_TYPES[kind] for kind in kernels.parameters[name] if not kind.endswith("*")]
    numbers = [value for value in args if not isinstance(value, torch.Tensor)]
    for kind, value in zip(wanted, numbers, strict=True):
        if np.dtype(kind) != value.dtype:
            raise TypeError(f"{name} takes {np.dtype(kind)}, not {value.dtype}")
    arrays = [_bytes_of(value) if isinstance(value, torch.Tensor) else value for value in args]
    kernels.launch(name, grid=grid, block=block, args=arrays, shared=shared, seed=seed, alignment=alignment)


def _bytes_of(tensor: torch.Tensor) -> np.ndarray:
    """The tensor's own memory from its first to its last element, one-dimensional."""
    extent = (
        1 + sum((n - 1) * step for n, step in zip(tensor.shape, tensor.stride(), strict=True)) if tensor.numel() else 0
    )
    flat: np.ndarray = as_array(torch.as_strided(tensor, (extent,), (1,)))
    return flat


class _Guarded:
    """An array's copy that ends at a page which faults; the rest of its own pages is filled with `EDGE`."""

    def __init__(self, library: ctypes.CDLL, array: np.ndarray, alignment: int, *, locked: bool) -> None:
        if not array.flags.c_contiguous:
            raise TypeError("arrays for kernels are contiguous")
        self.library, self.array = library, array
        self.locked = locked or not array.flags.writeable
        self.size = max(1, -(-array.nbytes // PAGE)) * PAGE
        self.library.shim_pages.restype = ctypes.c_void_p
        self.pages = library.shim_pages(ctypes.c_size_t(self.size))
        if not self.pages:
            raise MemoryError(f"{self.size} bytes")
        self.start = (self.size - array.nbytes) // alignment * alignment
        self.address = self.pages + self.start
        self.bytes = np.ctypeslib.as_array((ctypes.c_uint8 * self.size).from_address(self.pages))
        self.bytes.fill(EDGE)
        self.bytes[self.start : self.start + array.nbytes] = array.reshape(-1).view(np.uint8)
        if self.locked:
            library.shim_lock(ctypes.c_void_p(self.pages), ctypes.c_size_t(self.size))

    def take_back(self, name: str) -> None:
        end = self.start + self.array.nbytes
        if (self.bytes[: self.start] != EDGE).any() or (self.bytes[end:] != EDGE).any():
            raise KernelFault(f"{name} was written outside its bounds")
        if not self.locked:
            self.array.reshape(-1).view(np.uint8)[:] = self.bytes[self.start : end]

    def free(self) -> None:
        self.library.shim_free(ctypes.c_void_p(self.pages), ctypes.c_size_t(self.size))


def _dim3(size: int | tuple[int, ...]) -> Any:
    whole = (size,) if isinstance(size, int) else size
    return (ctypes.c_uint32 * 3)(*whole, *(1 for _ in range(3 - len(whole))))


@cache
def _build(path: Path, defines: tuple[tuple[str, str], ...]) -> Kernels | str:
    """The kernels, or what the compiler says: once, although a property test asks a hundred times."""
    try:
        return _compile(path, defines)
    except subprocess.CalledProcessError as error:
        return str(error.stderr)[:4000]


def _compile(path: Path, defines: tuple[tuple[str, str], ...]) -> Kernels:
    options = [*FLAGS, *(f"-D{name}={value}" for name, value in defines)]
    parameters = _parameters(_run([*options, "-E", "-P", "-D__global__=__global__", str(path)]))
    if not parameters:
        raise ValueError(f'{path} has no function that is extern "C" __global__ void')
    text = f'#include "{path}"\n' + "".join(_launcher(name, kinds) for name, kinds in parameters.items())
    read = [text, *(part.read_text() for part in (*sorted(HERE.glob("*.h")), path, *sorted(path.parent.glob("*.cuh"))))]
    key = hashlib.sha256("\0".join([COMPILER, *options, *read]).encode()).hexdigest()[:32]
    folder = Path(tempfile.gettempdir()) / f"unlearn-spec-shim-{os.getuid()}"
    folder.mkdir(mode=0o700, exist_ok=True)
    if folder.stat().st_uid != os.getuid():
        raise PermissionError(f"{folder} belongs to somebody else")
    library = folder / f"{path.stem}-{key}.so"
    if not library.exists():
        with tempfile.TemporaryDirectory(dir=folder) as work:
            (Path(work) / "host.cpp").write_text(text)
            _run([*options, str(Path(work) / "host.cpp"), "-o", str(Path(work) / "out.so")])
            (Path(work) / "out.so").replace(library)
    return Kernels(ctypes.CDLL(str(library)), parameters)


def _run(options: list[str]) -> str:
    return subprocess.run([COMPILER, *options], capture_output=True, text=True, check=True).stdout


def _parameters(text: str) -> dict[str, tuple[str, ...]]:
    found = re.findall(r'extern\s+"C"\s+__global__\s+void\s+(\w+)\s*\(([^)]*)\)', text)
    return {name: tuple(_kind(part) for part in inside.split(",") if part.strip()) for name, inside in found}


def _kind(parameter: str) -> str:
    if "*" in parameter:
        return "const *" if "const" in parameter.split("*")[0].split() else "*"
    kind = " ".join(word for word in parameter.split()[:-1] if word != "const")
    if kind not in _TYPES:
        raise ValueError(f"a kernel's parameter of type {kind!r}: write one of {', '.join(_TYPES)} or a pointer")
    return kind


def _launcher(name: str, kinds: tuple[str, ...]) -> str:
    # An unnamed pointer converts to whatever pointer the kernel takes.
    taken = ", ".join(f"{'void*' if kind.endswith('*') else kind} a{i}" for i, kind in enumerate(kinds))
    given_on = ", ".join(f"shim_any{{a{i}}}" if kind.endswith("*") else f"a{i}" for i, kind in enumerate(kinds))
    return (
        f'extern "C" const char* launch_{name}(const unsigned* grid, const unsigned* block, unsigned shared,\n'
        f"    uint64_t seed{', ' if taken else ''}{taken}) {{\n"
        f"  return shim::launch(grid, block, shared, seed, [=] {{ {name}({given_on}); }});\n}}\n"
    )
