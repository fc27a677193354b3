"""What it takes to load a GGUF file: the packages that unpack it, and a folder with nothing else in it."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from importlib.util import find_spec
from pathlib import Path
from tempfile import TemporaryDirectory

from .error import SubjectError
from .gguf_file import read_gguf


def check_gguf(path: Path) -> None:
    """Whether a model can be loaded from this file. Raises `SubjectError` with what to do."""
    if not path.is_file():
        raise SubjectError(f"{path}: there is no such file")
    read_gguf(path)
    lacking = [name for name in ("gguf", "accelerate") if find_spec(name) is None]
    if lacking:
        raise SubjectError(f"{path}: reading GGUF takes the package {lacking[0]}; run: pip install 'unlearn-spec[gguf]'")


@contextmanager
def lone(path: Path) -> Iterator[Path]:
    """A link to the file in an empty folder: what lies beside a file is no part of it, and is not read."""
    with TemporaryDirectory(prefix="unlearn-spec-") as folder:
        link = Path(folder) / "model.gguf"
        link.symlink_to(path.resolve())
        yield link
