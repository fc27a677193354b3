"""Compiles kernels with NVRTC from its wheel (`nvidia-cuda-nvrtc`), without a GPU, and reads what they need.

python tests/gpu/nvrtc.py            # what every kernel needs, beside its ceiling
"""

from __future__ import annotations

import ctypes
import json
import re
import sys
from dataclasses import dataclass
from functools import cache
from importlib import metadata
from pathlib import Path
from typing import Any

from unlearn_spec.gpu.launch import KERNELS, code, options
from unlearn_spec.gpu.resample import MAX_COLUMNS

WHEEL = "nvidia-cuda-nvrtc"
ARCHITECTURES = ("sm_80", "sm_90", "sm_100")  # A100, H100, B200
CUPYS = ("-ftz=true",)  # what CuPy adds to our options by itself
VARIANTS = (  # file, kernels, and a macro with which they are compiled beside the file's own defaults
    ("token_stats", r"token_stats_\w+", {"TOP": 8}),
    *(("resample", "bootstrap_totals", {"COLUMNS": columns}) for columns in (1, 5, MAX_COLUMNS)),
)
CEILINGS = Path(__file__).parent / "ceilings.json"


@dataclass(frozen=True)
class Needs:
    """What one kernel takes of one architecture: registers a thread, bytes a thread or (shared) a block."""

    registers: int
    stack: int
    spill_stores: int
    spill_loads: int
    shared: int


class CompileError(AssertionError):
    """NVRTC refused a kernel; the message is its log."""


def sources() -> list[str]:
    """Names of all kernel files."""
    return sorted(path.stem for path in KERNELS.glob("*.cu"))


def ceilings() -> dict[str, dict[str, int]]:
    """Kernel → most registers a thread and most static shared memory a block may take; spills may never be."""
    read: dict[str, dict[str, int]] = json.loads(CEILINGS.read_text(encoding="utf-8"))
    return read


@cache
def library() -> ctypes.CDLL | None:
    """NVRTC from the wheel, or None where the wheel is not installed."""
    try:
        files = metadata.files(WHEEL) or []
    except metadata.PackageNotFoundError:
        return None
    found = sorted(str(file.locate()) for file in files if re.fullmatch(r"libnvrtc\.so\.\d+", file.name))
    return ctypes.CDLL(found[0]) if found else None


@cache
def compile_source(name: str, architecture: str) -> dict[str, Needs]:
    """What the kernels of `gpu/kernels/<name>.cu` need, compiled as at run time. Raises `CompileError`.

    A variant is listed beside the default, as `kernel MACRO=value`.
    """
    flags = (*CUPYS, f"-arch={architecture}")
    found = compile_text(code(name), f"{name}.cu", (*options(), *flags))
    for source, kernels, defines in VARIANTS:
        if source == name:
            label = "".join(f" {macro}={value}" for macro, value in defines.items())
            compiled = compile_text(code(name), f"{name}.cu", (*options(defines), *flags))
            found |= {kernel + label: needs for kernel, needs in compiled.items() if re.fullmatch(kernels, kernel)}
    return found


def compile_text(text: str, name: str, flags: tuple[str, ...]) -> dict[str, Needs]:
    """Kernel → its needs, as the assembler reports them."""
    nvrtc = library()
    assert nvrtc is not None, f"the wheel {WHEEL} is not installed"
    program = ctypes.c_void_p()
    _done(nvrtc.nvrtcCreateProgram(ctypes.byref(program), text.encode(), name.encode(), 0, None, None))
    try:
        wanted = [flag.encode() for flag in (*flags, "--ptxas-options=-v")]
        code = nvrtc.nvrtcCompileProgram(program, len(wanted), (ctypes.c_char_p * len(wanted))(*wanted))
        log = _log(nvrtc, program)
        if code:
            raise CompileError(log)
        return _needs(log)
    finally:
        nvrtc.nvrtcDestroyProgram(ctypes.byref(program))


def _log(nvrtc: Any, program: ctypes.c_void_p) -> str:
    size = ctypes.c_size_t()
    _done(nvrtc.nvrtcGetProgramLogSize(program, ctypes.byref(size)))
    text = ctypes.create_string_buffer(size.value)
    _done(nvrtc.nvrtcGetProgramLog(program, text))
    return text.value.decode()


def _needs(log: str) -> dict[str, Needs]:
    found = {}
    for part in re.split(r"Compiling entry function ", log)[1:]:
        kernel = re.match(r"'(\w+)'", part)
        frame = re.search(r"(\d+) bytes stack frame, (\d+) bytes spill stores, (\d+) bytes spill loads", part)
        registers = re.search(r"Used (\d+) registers", part)
        shared = re.search(r"(\d+) bytes smem", part)
        assert kernel and frame and registers, f"the assembler's report reads differently: {part!r}"
        stack, stores, loads = (int(number) for number in frame.groups())
        found[kernel[1]] = Needs(int(registers[1]), stack, stores, loads, int(shared[1]) if shared else 0)
    return found


def _done(code: int) -> None:
    assert code == 0, f"NVRTC returned {code}"


def main() -> int:
    allowed = ceilings()
    for name in sources():
        for architecture in ARCHITECTURES:
            for kernel, needs in compile_source(name, architecture).items():
                print(f"{kernel:28} {architecture:7} {needs}  ceiling {allowed.get(kernel)}")
    return 0


if __name__ == "__main__":
    sys.exit(main())
