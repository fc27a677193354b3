"""Work in a child process with a limit on its memory, so that one policy cannot take the machine down."""

from __future__ import annotations

import gc
import os
import pickle
import sys
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any, NoReturn, TypeVar

T = TypeVar("T")
_answering: int | None = None
"""The pipe to which this process answers, if it is such a child itself."""


@contextmanager
def beside(work: Callable[[], T], more_bytes: int) -> Iterator[Callable[[], T | None]]:
    """What `work` returns, or raises, if a child process can do it with so much more memory than this one has; else None.

    This process goes on meanwhile: the work begins here, and is waited for where its answer is asked for. None too if the
    child crashes: a process out of memory may end in any way. Done here and without a limit where a process cannot be
    copied: not on Windows, not beside other threads.
    """
    if not hasattr(os, "fork") or threading.active_count() > 1:
        yield work
        return
    receive, send = os.pipe()
    child = os.fork()
    if child == 0:
        os.close(receive)
        _work_and_leave(work, more_bytes, send)
    os.close(send)
    ended: list[int] = []

    def answer() -> T | None:
        told = stream.read()
        ended.append(os.waitpid(child, 0)[1])
        return None if ended[0] else _answer(told)  # ended too early, perhaps in the middle of an answer

    with os.fdopen(receive, "rb") as stream:
        try:
            yield answer
        finally:
            if not ended:
                os.kill(child, 9)
                os.waitpid(child, 0)


def _answer(told: bytes) -> Any:
    if not told:
        return None
    result, error = pickle.loads(told)
    if error is not None:
        raise error
    return result


def _work_and_leave(work: Callable[[], T], more_bytes: int, send: int) -> NoReturn:
    """Write what comes of the work, as (result, error); nothing if the memory does not suffice. Never returns."""
    global _answering
    try:
        if _answering is not None:  # else who reads there would wait for this process too
            os.close(_answering)
        _answering = send
        gc.freeze()  # a search for cycles among what was there would copy all of it
        _limit(more_bytes)
        try:
            answer = pickle.dumps((work(), None))
        except MemoryError:
            os._exit(1)
        except Exception as error:
            answer = pickle.dumps((None, error))
        with os.fdopen(send, "wb") as stream:
            stream.write(answer)
        os._exit(0)
    finally:
        os._exit(1)


def held() -> int:
    """Bytes of memory that this process holds; 0 where the system does not say."""
    return _pages(1)


def _limit(more_bytes: int) -> None:
    """Let this process take no more address space than it has and so many bytes more."""
    if sys.platform == "linux":
        import resource

        most = _pages(0) + more_bytes
        soft, hard = resource.getrlimit(resource.RLIMIT_AS)
        limits = [limit for limit in (most, soft, hard) if limit != resource.RLIM_INFINITY]
        resource.setrlimit(resource.RLIMIT_AS, (min(limits), hard))


def _pages(column: int) -> int:
    """Bytes of this process, as a column of `/proc/self/statm` has them in pages: address space, memory held, …"""
    if sys.platform != "linux":
        return 0
    import resource

    return int(Path("/proc/self/statm").read_text(encoding="ascii").split()[column]) * resource.getpagesize()
