"""Which device the arrays live on."""

from __future__ import annotations

import re

import torch


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
