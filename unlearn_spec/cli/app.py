"""The command line's frame: what holds for every command, and exit statuses for whatever goes wrong."""

from __future__ import annotations

import atexit
import errno
import gc
import os
import sys
from contextlib import suppress
from enum import StrEnum
from functools import partial
from pathlib import Path


class CheckFormat(StrEnum):
    """How `check` and `diff` print: for people, for programs, for code hosts."""

    text = "text"
    json = "json"
    sarif = "sarif"
    github = "github"


CHECK_FORMATS = tuple(CheckFormat)

NO_ROOM = (errno.ENOSPC, errno.EDQUOT, errno.EFBIG, errno.EIO)
"""Why output cannot be written though its file is open."""


def main() -> None:
    """Run the command line. Ends the process: 2 for wrong usage or output that cannot be written, 4 for an internal error, 130
    when interrupted, 141 when the reader of the output has left.
    """
    _streams()
    os.environ.setdefault("PYDANTIC_DISABLE_PLUGINS", "__all__")  # they are looked for in every installed package
    gc.disable()  # until a command begins: what is imported stays
    atexit.register(gc.freeze)  # a last search for cycles would take as long as a check; memory goes with the process
    try:
        status = _run(sys.argv[1:])
        sys.stdout.flush()
    except KeyboardInterrupt:
        status = 130
    except BrokenPipeError:  # the reader, such as `head`, has left: as shells have it, for what was found is not known here
        _silenced()
        status = 141
    except Exception as error:
        status = _told(error)
    finally:
        gc.enable()
    sys.exit(status if isinstance(status, int) else 0)


def _run(arguments: list[str]) -> object:
    asked = plain_check(arguments)
    if asked is None:
        from .commands import run

        return run(arguments)
    few_collections()
    from .check import check

    gc.enable()
    return check(*asked)


def few_collections() -> None:
    """For a check: modules and a large policy are millions of objects that live to the end, and searched in vain for cycles."""
    gc.set_threshold(5_000_000, 50, 100)


def plain_check(arguments: list[str]) -> tuple[list[Path], str] | None:
    """The files and the format, where nothing else is asked of `check`: typer, which reads everything else, loads as long as
    such a check takes for a small policy. None where typer might read it in another way.
    """
    match arguments:
        case ["check", "--format", format, *policies] | ["check", *policies, "--format", format]:
            pass
        case ["check", *policies]:
            format = "text"
        case _:
            return None
    plain = bool(policies) and all(name and not name.startswith("-") for name in policies)
    if not plain or format not in CHECK_FORMATS or sys.platform == "win32":  # where patterns of file names are expanded
        return None
    return [Path(name) for name in policies], format


def _streams() -> None:
    """What a stream cannot show is written as an escape, and one that is closed leads nowhere: its number would else be given
    to the next file that is opened.
    """
    for name in ("stdin", "stdout", "stderr"):
        if getattr(sys, name) is None:
            setattr(sys, name, os.fdopen(os.open(os.devnull, os.O_RDWR), "r" if name == "stdin" else "w"))
    for stream in (sys.stdout, sys.stderr):
        reconfigure = getattr(stream, "reconfigure", None)
        if reconfigure is not None:
            reconfigure(errors="backslashreplace")


def _silenced() -> None:
    """What is left of the output, which could not be written, is not tried again as the process ends."""
    with suppress(OSError, ValueError):
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())


def _told(error: Exception) -> int:
    """Print what went wrong, if anything can be printed; the exit status for it."""
    show, status = getattr(error, "show", None), getattr(error, "exit_code", None)
    if callable(show) and isinstance(status, int):  # wrong usage, whichever click typer carries
        found, told = status, show
    elif isinstance(error, OSError) and (error.filename is not None or error.errno in NO_ROOM):
        found, told = 2, partial(_outside, error)
    else:
        found, told = 4, partial(_internal, error)
    with suppress(OSError):
        told()
    return found


def _outside(error: OSError) -> None:
    """No fault of the program: a file that it may not read, say, or a full disk."""
    from ..rules.terminal import visible

    _traceback()
    if error.filename is None:
        _silenced()
    where = "the output cannot be written" if error.filename is None else visible(str(error.filename))
    sys.stderr.write(f"error: {where}: {error.strerror}\n")


def _internal(error: Exception) -> None:
    from ..rules.terminal import visible

    _traceback()
    text = visible(" ".join(str(error).split())[:300])
    sys.stderr.write(f"internal error: {type(error).__name__}: {text}\n")
    sys.stderr.write("hint: `unlearn-spec --traceback …` shows where; please report it with the policy file\n")


def _traceback() -> None:
    if "--traceback" in sys.argv:
        import traceback

        traceback.print_exc()
