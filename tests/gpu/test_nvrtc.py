"""Every kernel compiles for every architecture, within the registers and shared memory it was given, without spills."""

from __future__ import annotations

import sys
from dataclasses import replace
from pathlib import Path

import pytest

sys.path.insert(0, str(Path(__file__).parent))

import nvrtc

pytestmark = pytest.mark.skipif(nvrtc.library() is None, reason=f"the wheel {nvrtc.WHEEL} is not installed")


def excess(kernel: str, needs: nvrtc.Needs, ceiling: dict[str, int]) -> list[str]:
    """What a kernel takes beyond its ceiling, in words."""
    taken = {"registers": needs.registers, "shared": needs.shared}
    over = [f"{kernel}: {taken[what]} {what}, at most {ceiling[what]}" for what in taken if taken[what] > ceiling[what]]
    spilt = needs.spill_stores + needs.spill_loads + needs.stack
    return over + ([f"{kernel}: {spilt} bytes of stack and spills, none are allowed"] if spilt else [])


@pytest.mark.parametrize("architecture", nvrtc.ARCHITECTURES)
@pytest.mark.parametrize("source", nvrtc.sources())
def test_kernels_compile_and_stay_below_their_ceilings(source: str, architecture: str) -> None:
    ceilings = nvrtc.ceilings()
    compiled = nvrtc.compile_source(source, architecture)
    assert compiled, f"{source}.cu has no kernel"
    missing = sorted(set(compiled) - set(ceilings))
    assert not missing, f"tests/gpu/ceilings.json lacks {', '.join(missing)}"
    over = [line for kernel, needs in compiled.items() for line in excess(kernel, needs, ceilings[kernel])]
    assert not over, "\n".join(over)


def test_no_ceiling_outlives_its_kernel() -> None:
    present = {kernel for source in nvrtc.sources() for kernel in nvrtc.compile_source(source, "sm_90")}
    assert set(nvrtc.ceilings()) == present


def test_the_needs_are_read_from_the_assembler() -> None:
    text = 'extern "C" __global__ void f(float* x) { __shared__ float s[64]; float t[99]; int k = x[0];'
    text += "for (int i = 0; i < 99; i++) t[i] = sinf(k * i); s[k] = t[k]; __syncthreads(); x[1] = s[k + 1]; }"
    needs = nvrtc.compile_text(text, "f.cu", ("-arch=sm_90",))["f"]
    assert needs.shared == 256 and needs.stack >= 99 * 4 and 8 < needs.registers < 64
    ceiling = {"registers": needs.registers, "shared": needs.shared}
    assert len(excess("f", needs, ceiling)) == 1  # the stack
    assert excess("f", replace(needs, stack=0), ceiling) == []
    assert len(excess("f", replace(needs, stack=0), {"registers": needs.registers - 1, "shared": 255})) == 2
    assert len(excess("f", replace(needs, stack=0, spill_loads=4), ceiling)) == 1


def test_a_mistake_comes_back_with_its_line() -> None:
    with pytest.raises(nvrtc.CompileError, match=r"f\.cu\(2\): error"):
        nvrtc.compile_text('extern "C" __global__ void f() {\n int x = y; }', "f.cu", ("-arch=sm_90",))
