"""One place that decides on the device, and arrays that are the tensors' own bytes."""

from __future__ import annotations

import numpy as np
import pytest
import torch

from unlearn_spec.gpu.arrays import DeviceError, as_array, as_tensor, device, namespace


def test_devices_are_named_or_refused_in_plain_words() -> None:
    assert device("cpu") == torch.device("cpu")
    assert device("auto").type in ("cpu", "cuda")
    with pytest.raises(DeviceError, match="write auto, cpu, cuda"):
        device("tpu")
    with pytest.raises(DeviceError, match="cuda:99 was asked for"):
        device("cuda:99")


def test_arrays_and_tensors_share_their_bytes() -> None:
    tensor = torch.zeros(3)
    as_array(tensor)[1] = 7
    assert tensor.tolist() == [0, 7, 0]
    assert as_tensor(as_array(tensor)).data_ptr() == tensor.data_ptr()
    assert namespace(tensor.device) is np


def test_bfloat16_travels_as_its_bits() -> None:
    tensor = torch.tensor([1.0, -2.5, torch.inf], dtype=torch.bfloat16)
    bits = as_array(tensor)
    assert bits.dtype == np.uint16
    np.testing.assert_array_equal((bits.astype(np.uint32) << 16).view(np.float32), tensor.float().numpy())
    assert bits.ctypes.data == tensor.data_ptr()
