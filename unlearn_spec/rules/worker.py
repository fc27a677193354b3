"""Work in a child process with a limit on its memory, so that one policy cannot take the machine down."""

from __future__ import annotations

import os
import pickle
import sys
import threading
from collections.abc import Callable
from pathlib import Path
from typing import NoReturn, TypeVar

T = TypeVar("T")


def in_worker(work: Callable[[], T], more_bytes: int) -> T | None:
    """What `work` returns, or raises, if a child process can do it with so much more memory than this one has; else None.

    None too if the child crashes: a process out of memory may end in any way.

    Done here and without a limit where a process cannot be copied: not on Windows, not beside other threads.
    """
    if not hasattr(os, "fork") or threading.active_count() > 1:
        return work()
    receive, send = os.pipe()
    child = os.fork()
    if child == 0:
        os.close(receive)
        _work_and_leave(work, more_bytes, send)
    os.close(send)
    try:
        with os.fdopen(receive, "rb") as stream:
            answer = stream.read()
    except BaseException:
        os.kill(child, 9)
        raise
    finally:
        status = os.waitpid(child, 0)[1]
    if status or not answer:  # ended too early, perhaps in the middle of an answer
        return None
    result, error = pickle.loads(answer)
    if error is not None:
        raise error
    return result  # type: ignore[no-any-return]


def _work_and_leave(work: Callable[[], T], more_bytes: int, send: int) -> NoReturn:
    """Write what comes of the work, as (result, error); nothing if the memory does not suffice. Never returns."""
    try:
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


def _limit(more_bytes: int) -> None:
    """Let this process take no more address space than it has and so many bytes more."""
    if sys.platform == "linux":
        import resource

        pages = int(Path("/proc/self/statm").read_text(encoding="ascii").split()[0])
        most = pages * resource.getpagesize() + more_bytes
        soft, hard = resource.getrlimit(resource.RLIMIT_AS)
        limits = [limit for limit in (most, soft, hard) if limit != resource.RLIM_INFINITY]
        resource.setrlimit(resource.RLIMIT_AS, (min(limits), hard))
