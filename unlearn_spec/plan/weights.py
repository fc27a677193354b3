"""How large a model is, read from the headers of its safetensors files."""

from __future__ import annotations

import json
import math
from pathlib import Path

_LONGEST_HEADER = 100_000_000


class WeightsError(ValueError):
    """A file that is not in safetensors form. The message names it."""


def parameters(folder: Path) -> int:
    """Number of values in all tensors of the folder's safetensors files.

    Format: 8 bytes little-endian header length, then a JSON header with `shape` and `data_offsets` a tensor
    (https://github.com/huggingface/safetensors#format). Raises `WeightsError` for another format, for a file that is
    not as long as its header says, and where config.json declares more layers than there are tensors.
    """
    shapes = [shape for path in sorted(folder.glob("*.safetensors")) for shape in _shapes(path)]
    layers = depth(folder)
    if layers > len(shapes):
        raise WeightsError(f"{folder}: config.json declares {layers:,} layers, the weights have {len(shapes):,} tensors")
    return sum(math.prod(shape) for shape in shapes)


def _shapes(path: Path) -> list[tuple[int, ...]]:
    try:
        with path.open("rb") as file:
            length = int.from_bytes(file.read(8), "little")
            if not 2 <= length <= _LONGEST_HEADER:
                raise ValueError
            header = json.loads(file.read(length))
        tensors = [entry for name, entry in header.items() if name != "__metadata__"]
        shapes = [tuple(int(side) for side in tensor["shape"]) for tensor in tensors]
        wanted = 8 + length + max((int(tensor["data_offsets"][1]) for tensor in tensors), default=0)
        size = path.stat().st_size
    except (OSError, ValueError, TypeError, KeyError, IndexError, AttributeError, RecursionError):
        raise WeightsError(f"{path}: this is not a safetensors file") from None
    if size != wanted:
        raise WeightsError(f"{path}: the file has {size:,} bytes, its header speaks of {wanted:,}; it was cut short or changed")
    return shapes


def depth(folder: Path) -> int:
    """The number of blocks that config.json declares; 0 if it declares none."""
    try:
        declared = json.loads((folder / "config.json").read_text(encoding="utf-8"))
        found = [declared.get(name) for name in ("num_hidden_layers", "n_layer", "num_layers")]
    except (OSError, ValueError, AttributeError, RecursionError):
        return 0
    return max((one for one in found if isinstance(one, int)), default=0)
