"""What a conclusion is computed by: program, axioms and the libraries whose arithmetic it uses."""

from __future__ import annotations

import os
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import cache
from importlib.metadata import version
from pathlib import Path

from ..evidence.canonical import file_digest, json_digest
from ..logic.axioms import AXIOMS

CONCLUDING = ("unlearn-spec", "numpy", "scipy")
"""Whose versions bear on what a table comes to; the others only bear on how it was measured."""
_SOURCE = (".py", ".cu", ".cuh")
_CITED = ("results.json", "many.json")
"""The calibration tables that reports cite."""


@dataclass(frozen=True)
class VersionsHere:
    """Of this installation."""

    libraries: Mapping[str, str]
    axioms: str
    code: str


def versions_here() -> VersionsHere:
    """What concludes on this machine: library versions, axioms, code."""
    return VersionsHere({name: version(name) for name in CONCLUDING}, axioms(), code())


def axioms() -> str:
    """Twelve hexadecimal digits that stand for the axiom set."""
    return json_digest([[axiom.id, axiom.sentence, axiom.status] for axiom in AXIOMS])[7:19]


@cache
def code() -> str:
    """SHA-256 over names and digests of the program's source files, wherever it is installed: `sha256:…`."""
    root = Path(__file__).parents[1]
    return json_digest({path.relative_to(root).as_posix(): file_digest(path) for path in _sources(root)})


def _sources(root: Path) -> Iterator[Path]:
    for folder, _, names in os.walk(root, followlinks=True):  # in a checkout some rooms are links
        yield from (Path(folder) / name for name in names if name.endswith(_SOURCE) or name in _CITED)
