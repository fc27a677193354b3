"""What a GGUF file says of itself: its architecture and how many weights it holds. Loads no model library.

Format: https://github.com/ggml-org/ggml/blob/master/docs/gguf.md, versions 2 and 3, little-endian. Only the head is read, with
bounds on every number that the file gives.
"""

from __future__ import annotations

import math
import struct
from dataclasses import dataclass
from pathlib import Path
from typing import Any, BinaryIO

from .error import SubjectError

_NUMBERS = {0: "B", 1: "b", 2: "H", 3: "h", 4: "I", 5: "i", 6: "f", 7: "?", 10: "Q", 11: "q", 12: "d"}
_TEXT, _LIST = 8, 9
_MANY, _LONG = 1 << 20, 1 << 26
"""Bounds: entries of a head, elements of a list."""


@dataclass(frozen=True)
class GgufHead:
    """`tensors`: their number; `parameters`: the values in all of them."""

    architecture: str
    width: int | None
    depth: int | None
    tensors: int
    parameters: int


def read_gguf(path: Path) -> GgufHead:
    """The head of a GGUF file. Raises `SubjectError` for another format, and for one that was cut short."""
    try:
        with path.open("rb") as file:
            return _head(file)
    except (OSError, ValueError, OverflowError, MemoryError, struct.error) as error:
        raise SubjectError(f"{path}: this is not a whole GGUF file of version 2 or 3") from error


def _head(file: BinaryIO) -> GgufHead:
    magic, version, tensors, entries = struct.unpack("<4sIQQ", _bytes(file, 24))
    if magic != b"GGUF" or version not in (2, 3) or not 0 < tensors <= _MANY or entries > _MANY:
        raise ValueError("no GGUF head")
    said: dict[str, Any] = {}
    for _ in range(entries):
        name = _text(file)
        said[name] = _value(file, _number(file, "I"))
    parameters, last = 0, 0
    for _ in range(tensors):
        _text(file)
        sides = [_number(file, "Q") for _ in range(_within(_number(file, "I"), 8))]
        _number(file, "I")
        last = max(last, _number(file, "Q"))
        parameters += math.prod(sides)
    alignment = said.get("general.alignment", 32)
    data = -(-file.tell() // alignment) * alignment if isinstance(alignment, int) and alignment > 0 else 0
    if data + last >= file.seek(0, 2) or parameters > 1 << 48:
        raise ValueError("cut short")
    architecture = said.get("general.architecture")
    if not isinstance(architecture, str):
        raise ValueError("no architecture")
    width, depth = (said.get(f"{architecture}.{name}") for name in ("embedding_length", "block_count"))
    return GgufHead(
        architecture,
        width if isinstance(width, int) else None,
        depth if isinstance(depth, int) else None,
        tensors,
        parameters,
    )


def _value(file: BinaryIO, kind: int, depth: int = 0) -> Any:
    """A value of the head; lists are passed over and read as None."""
    if kind in _NUMBERS:
        return _number(file, _NUMBERS[kind])
    if kind == _TEXT:
        return _text(file)
    if kind != _LIST or depth > 2:
        raise ValueError("unknown type")
    inner, length = _number(file, "I"), _within(_number(file, "Q"), _LONG)
    if inner in _NUMBERS:
        _bytes(file, length * struct.calcsize(f"<{_NUMBERS[inner]}"))
    else:
        for _ in range(length):
            _value(file, inner, depth + 1)
    return None


def _number(file: BinaryIO, form: str) -> Any:
    return struct.unpack(f"<{form}", _bytes(file, struct.calcsize(f"<{form}")))[0]


def _text(file: BinaryIO) -> str:
    return _bytes(file, _within(_number(file, "Q"), _LONG)).decode("utf-8", "replace")


def _bytes(file: BinaryIO, size: int) -> bytes:
    data = file.read(size)
    if len(data) != size:
        raise ValueError("cut short")
    return data


def _within(number: int, most: int) -> int:
    if number > most:
        raise ValueError("out of bounds")
    return number
