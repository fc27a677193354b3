"""One place that decides on the device, and arrays that are the tensors' own bytes."""

from __future__ import annotations

import shutil
from pathlib import Path
from types import SimpleNamespace

import numpy as np
import pytest
import torch

from unlearn_spec.gpu import arrays
from unlearn_spec.gpu.arrays import DeviceError, as_array, as_tensor, device
from unlearn_spec.gpu.launch import KERNELS, code


def test_devices_are_named_or_refused_in_plain_words() -> None:
    assert device("cpu") == torch.device("cpu")
    assert device("auto").type in ("cpu", "cuda")
    with pytest.raises(DeviceError, match="write auto, cpu, cuda"):
        device("tpu")
    with pytest.raises(DeviceError, match="cuda:99 was asked for"):
        device("cuda:99")


class Library:
    """A CuPy that sees a device; its compiler may be missing."""

    def __init__(self, problem: Exception | None = None) -> None:
        def version() -> tuple[int, int]:
            if problem is not None:
                raise problem
            return 13, 0

        self.cuda = SimpleNamespace(is_available=lambda: True, nvrtc=SimpleNamespace(getVersion=version))


def test_a_cupy_that_cannot_compile_is_said_once_and_torch_goes_on(
    monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    def missing() -> None:
        raise ModuleNotFoundError("No module named 'cupy'")

    broken = RuntimeError("CuPy failed to load libnvrtc.so.13")
    for found, usable, warnings in ((missing, False, 0), (Library, True, 0), (lambda: Library(broken), False, 1)):
        monkeypatch.setattr(arrays, "cupy", found)
        arrays.has_kernels.cache_clear()
        caplog.clear()
        assert [arrays.has_kernels(), arrays.has_kernels()] == [usable, usable]
        assert [record.levelname for record in caplog.records] == ["WARNING"] * warnings
    assert "libnvrtc" in caplog.text
    arrays.has_kernels.cache_clear()


def test_a_changed_header_changes_the_text_that_cupy_keeps_compiled_code_by(tmp_path: Path) -> None:
    shutil.copytree(KERNELS, tmp_path, dirs_exist_ok=True)
    before = code("token_stats", tmp_path)
    assert before == code("token_stats")
    with (tmp_path / "rows.cuh").open("a") as header:
        header.write("// changed")
    assert code("token_stats", tmp_path) != before


def test_arrays_and_tensors_share_their_bytes() -> None:
    tensor = torch.zeros(3)
    as_array(tensor)[1] = 7
    assert tensor.tolist() == [0, 7, 0]
    assert as_tensor(as_array(tensor)).data_ptr() == tensor.data_ptr()


def test_bfloat16_travels_as_its_bits() -> None:
    tensor = torch.tensor([1.0, -2.5, torch.inf], dtype=torch.bfloat16)
    bits = as_array(tensor)
    assert bits.dtype == np.uint16
    np.testing.assert_array_equal((bits.astype(np.uint32) << 16).view(np.float32), tensor.float().numpy())
    assert bits.ctypes.data == tensor.data_ptr()
