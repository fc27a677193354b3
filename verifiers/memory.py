"""What to do when memory is too small: the same work in halves, said once."""

from __future__ import annotations

import logging
from collections.abc import Callable, Sequence
from functools import cache
from typing import TypeVar

import torch

T = TypeVar("T")
R = TypeVar("R")

_log = logging.getLogger(__name__)


def in_parts(work: Callable[[Sequence[T]], R], items: Sequence[T]) -> list[R]:
    """`work` on all items at once, or on halves, quarters … of them where memory is too small; results in order.

    Raises what `work` raises, and its out-of-memory error when a single item is too much.
    """
    try:
        return [work(items)]
    except (RuntimeError, MemoryError) as error:
        if not is_out_of_memory(error) or len(items) < 2:
            raise
    _say_so()
    if torch.cuda.is_available():
        torch.cuda.empty_cache()
    middle = len(items) // 2
    return in_parts(work, items[:middle]) + in_parts(work, items[middle:])


def is_out_of_memory(error: BaseException) -> bool:
    """Whether an error of torch or Python means that memory is too small; torch has no type for that on a CPU."""
    if isinstance(error, (MemoryError, torch.OutOfMemoryError)):
        return True
    return isinstance(error, RuntimeError) and "can't allocate memory" in str(error)


@cache
def _say_so() -> None:
    _log.warning("memory is too small for the usual chunks; going on with smaller ones, more slowly")
