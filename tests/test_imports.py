"""The rooms of the code and the arrows between them, read from the source: every import points down or sideways.

`docs/architecture.md` draws the same picture.
"""

from __future__ import annotations

import ast
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cache
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[1]

FLOORS = (  # from the ground up; a room may import its own floor and those below it
    ("record", "finding", "callable_package", "wording"),
    ("policy", "feasibility", "catalogue", "statistics", "evidence", "gpu"),
    ("logic", "plan", "verifiers"),
    ("rules", "verdict"),
    ("report",),
    ("run",),
    ("calibration", "calibration_many"),
    ("cli", "api", "demo", "__init__", "__main__"),
)
FLOOR = {room: number for number, rooms in enumerate(FLOORS) for room in rooms}

HOMES = {  # libraries that only some rooms may know
    "z3": {"logic"},
    "torch": {"verifiers", "gpu"},
    "transformers": {"verifiers"},
    "cupy": {"gpu"},
    "lm_eval": {"verifiers"},
    "datasets": {"verifiers"},
    "numpy": {"statistics", "verifiers", "gpu"},
    "scipy": {"statistics"},
    "jinja2": {"report"},
    "typst": {"report"},
    "typer": {"cli"},
}


@dataclass(frozen=True)
class Import:
    """One imported name, with where it is imported."""

    module: str
    """Importing module, without the package's name: `plan.case`."""
    line: int
    target: tuple[str, ...]
    """Dotted path of what is imported; begins with `unlearn_spec` for our own."""
    at_once: bool
    """At the top of the module, when it runs; not in a function and not for the type checker alone."""

    @property
    def room(self) -> str:
        return self.module.split(".")[0]

    def __str__(self) -> str:
        return f"{self.module.replace('.', '/')}.py:{self.line} imports {'.'.join(self.target)}"


@cache
def sources() -> dict[str, Path]:
    """Module name → file. The folders `verifiers` and `gpu` are installed below the package."""
    folders = [(ROOT / "unlearn_spec", ()), (ROOT / "verifiers", ("verifiers",)), (ROOT / "gpu", ("gpu",))]
    return {
        ".".join((*above, *path.relative_to(folder).with_suffix("").parts)): path
        for folder, above in folders
        for path in sorted(folder.rglob("*.py"))
        if not (folder.name == "unlearn_spec" and path.relative_to(folder).parts[0] in ("verifiers", "gpu", "spec"))
    }


@cache
def imports() -> tuple[Import, ...]:
    return tuple(found for module, path in sources().items() for found in _imports(module, path))


def _imports(module: str, path: Path) -> Iterator[Import]:
    tree = ast.parse(path.read_text(encoding="utf-8"))
    top = {id(node) for node in tree.body}
    package = ("unlearn_spec", *module.split(".")[:-1])
    for node in ast.walk(tree):
        if isinstance(node, ast.Import):
            targets = [tuple(name.name.split(".")) for name in node.names]
        elif isinstance(node, ast.ImportFrom):
            start = package[: len(package) - node.level + 1] if node.level else ()
            base = (*start, *(node.module.split(".") if node.module else ()))
            targets = [(*base, name.name) for name in node.names]
        else:
            continue
        yield from (Import(module, node.lineno, target, id(node) in top) for target in targets)


def ours() -> Iterator[tuple[Import, str]]:
    """Imports between rooms, each with the room it leads to."""
    for found in imports():
        if found.target[0] == "unlearn_spec":
            room = found.target[1] if len(found.target) > 1 else "__init__"
            yield found, room


def test_every_room_has_a_floor():
    assert {module.split(".")[0] for module in sources()} == set(FLOOR)


def test_the_page_names_every_room_and_every_folder_in_it():
    page = (ROOT / "docs" / "architecture.md").read_text(encoding="utf-8")
    folders = {"/".join(module.split(".")[:2]) for module in sources() if module.count(".") > 1}
    assert sorted(room for room in {*FLOOR, *folders} - {"__init__", "__main__"} if room not in page) == []


def test_every_import_points_down_or_sideways():
    upward = [str(found) for found, room in ours() if room in FLOOR and FLOOR[room] > FLOOR[found.room]]
    assert not upward, "\n".join(upward)


@pytest.mark.parametrize("room", ["statistics", "evidence", "gpu"])
def test_rooms_that_stand_alone_import_nothing_of_ours(room):
    assert not [str(found) for found, other in ours() if found.room == room and other != room]


@pytest.mark.parametrize("library", sorted(HOMES))
def test_libraries_stay_in_their_rooms(library):
    strays = [str(found) for found in imports() if found.target[0] == library and found.room not in HOMES[library]]
    assert not strays, "\n".join(strays)


def test_the_coordinator_writes_reports_and_reports_know_no_coordinator():
    between = {(found.room, room) for found, room in ours()}
    assert ("run", "report") in between and ("report", "run") not in between


def test_no_modules_import_each_other_in_a_circle():
    known = {module.removesuffix(".__init__"): module for module in sources()}
    edges: dict[str, set[str]] = {module: set() for module in sources()}
    for found in imports():
        if found.at_once and found.target[0] == "unlearn_spec":
            whole, part_of = ".".join(found.target[1:]), ".".join(found.target[1:-1])
            name = whole if whole in known else part_of
            edges[found.module] |= {known[name]} - {found.module} if name in known else set()
    done: set[str] = set()

    def walk(module: str, above: tuple[str, ...]) -> None:
        assert module not in above, " → ".join((*above[above.index(module) :], module))
        if module not in done:
            for other in sorted(edges[module]):
                walk(other, (*above, module))
            done.add(module)

    for module in sorted(edges):
        walk(module, ())


def test_folders_below_the_package_are_imported_by_their_full_name():
    bare = [str(found) for found in imports() if found.target[0] in ("verifiers", "gpu", "spec")]
    assert not bare, "\n".join(bare)
