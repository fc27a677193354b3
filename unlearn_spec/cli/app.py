"""The command line's frame: what holds for every command, and exit statuses for whatever goes wrong."""

from __future__ import annotations

import atexit
import gc
import os
import sys
from enum import StrEnum
from pathlib import Path


class CheckFormat(StrEnum):
    """How `check` and `diff` print: for people, for programs, for code hosts."""

    text = "text"
    json = "json"
    sarif = "sarif"
    github = "github"


CHECK_FORMATS = tuple(CheckFormat)


def main() -> None:
    """Run the command line. Ends the process: 2 for wrong usage, 4 for an internal error, 130 when interrupted."""
    for stream in (sys.stdout, sys.stderr):  # a terminal that cannot show a character gets an escape, not a crash
        reconfigure = getattr(stream, "reconfigure", None)
        if reconfigure is not None:
            reconfigure(errors="backslashreplace")
    os.environ.setdefault("PYDANTIC_DISABLE_PLUGINS", "__all__")  # they are looked for in every installed package
    gc.disable()  # until a command begins: what is imported stays
    atexit.register(gc.freeze)  # a last search for cycles would take as long as a check; memory goes with the process
    try:
        status = _run(sys.argv[1:])
    except KeyboardInterrupt:
        status = 130
    except BrokenPipeError:  # the reader, such as `head`, has left
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        status = 0
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


def _told(error: Exception) -> int:
    """Print what went wrong; the exit status for it."""
    show, status = getattr(error, "show", None), getattr(error, "exit_code", None)
    if callable(show) and isinstance(status, int):  # wrong usage, whichever click typer carries
        show()
        return status
    if "--traceback" in sys.argv:
        import traceback

        traceback.print_exc()
    text = " ".join(str(error).split())[:300]
    sys.stderr.write(f"internal error: {type(error).__name__}: {text}\n")
    sys.stderr.write("hint: `unlearn-spec --traceback …` shows where; please report it with the policy file\n")
    return 4
