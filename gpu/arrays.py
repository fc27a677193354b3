"""Which device the arrays live on, and how torch and CuPy share them.

torch allocates everything, so that one memory pool rules; CuPy sees the same bytes through DLPack and works on torch's
current stream, so that neither waits for the other. CuPy is optional (the extra `gpu`) and is imported when it is needed.
"""

from __future__ import annotations

import logging
import re
from collections.abc import Iterator
from contextlib import contextmanager
from functools import cache
from types import ModuleType
from typing import Any

import numpy as np
import torch

_log = logging.getLogger(__name__)


class DeviceError(RuntimeError):
    """The device that was asked for is not there."""


def device(name: str = "auto") -> torch.device:
    """The device named `auto`, `cpu`, `cuda` or `cuda:<number>`; `auto` is the first CUDA device, or else the CPU.

    Raises `DeviceError` for another name, and when a CUDA device was named and is missing.
    """
    if name == "cpu":
        return torch.device("cpu")
    if name == "auto":
        return torch.device("cuda:0" if torch.cuda.is_available() else "cpu")
    match = re.fullmatch(r"cuda(?::([0-9]+))?", name)
    if match is None:
        raise DeviceError(f"no device is called {name!r}: write auto, cpu, cuda or cuda:0")
    if not torch.cuda.is_available():
        raise DeviceError(f"{name} was asked for, but this machine has no usable CUDA device; write cpu or auto")
    number, present = int(match[1] or 0), torch.cuda.device_count()
    if number >= present:
        raise DeviceError(f"{name} was asked for, but this machine has {present} CUDA device(s), numbered from 0")
    return torch.device("cuda", number)


@cache
def has_kernels() -> bool:
    """Whether CuPy is installed, sees a CUDA device and can compile. Without it, torch does the same work in more passes.

    A CuPy that is there and does not work is said once, as a warning.
    """
    try:
        found = cupy()
        if not found.cuda.is_available():
            return False
        found.cuda.nvrtc.getVersion()  # the compiler is a library of its own, which an installation may lack
    except ModuleNotFoundError:
        return False
    except Exception as error:  # whatever a broken installation raises: torch still works
        _log.warning("CuPy does not work here (%s: %s); going on without kernels", type(error).__name__, error)
        return False
    return True


def cupy() -> ModuleType:
    """CuPy. Raises `ImportError` where the extra `gpu` is not installed."""
    import cupy

    found: ModuleType = cupy
    return found


def as_array(tensor: torch.Tensor) -> Any:
    """The tensor's own bytes as an array, NumPy's on the CPU and CuPy's on a card; bfloat16 as uint16, which both lack."""
    bits = tensor.detach()
    if bits.dtype == torch.bfloat16:
        bits = bits.view(torch.uint16)
    return as_cupy(bits) if bits.is_cuda else bits.numpy()


def as_cupy(tensor: torch.Tensor) -> Any:
    """The tensor's own bytes as a CuPy array, without waiting for the device. Call it inside `on_stream`."""
    bits = tensor.detach()
    if bits.dtype == torch.bfloat16:
        bits = bits.view(torch.uint16)
    return cupy().from_dlpack(bits)


def as_tensor(array: Any) -> torch.Tensor:
    """The array's own bytes as a tensor. Arrays of NumPy must be writeable, which torch assumes they are."""
    found: torch.Tensor = (
        torch.from_numpy(array) if isinstance(array, np.ndarray) else torch.utils.dlpack.from_dlpack(array)
    )
    return found


@contextmanager
def on_stream(place: torch.device) -> Iterator[None]:
    """CuPy works on this CUDA device, on the stream that torch works on there."""
    stream = torch.cuda.current_stream(place)
    with cupy().cuda.Device(place.index), cupy().cuda.Stream.from_external(stream):
        yield
