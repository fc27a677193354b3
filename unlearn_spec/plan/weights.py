"""How large a model is, read from the headers of its safetensors files."""

from __future__ import annotations

import json
import math
from pathlib import Path

_LONGEST_HEADER = 100_000_000


class WeightsError(ValueError):
    """A file that is not in safetensors form. The message names it."""


def parameters(folder: Path) -> int:
    """Number of values in all tensors of the folder's safetensors files. Raises `WeightsError`.

    Format: 8 bytes little-endian header length, then a JSON header with `shape` a tensor
    (https://github.com/huggingface/safetensors#format).
    """
    return sum(_values(path) for path in sorted(folder.glob("*.safetensors")))


def _values(path: Path) -> int:
    try:
        with path.open("rb") as file:
            length = int.from_bytes(file.read(8), "little")
            if not 2 <= length <= _LONGEST_HEADER:
                raise ValueError
            header = json.loads(file.read(length))
        tensors = [entry for name, entry in header.items() if name != "__metadata__"]
        return sum(math.prod(int(side) for side in tensor["shape"]) for tensor in tensors)
    except (OSError, ValueError, TypeError, KeyError, AttributeError, RecursionError):
        raise WeightsError(f"{path}: this is not a safetensors file") from None
