"""A package that is loaded later is the package itself to whoever uses it."""

from __future__ import annotations

import subprocess
import sys

SEEN = """
import importlib, sys
from unlearn_spec.cli.later import load_later
load_later("importlib.metadata", "entry_points")
import importlib.metadata as kept
from importlib.metadata import entry_points
print("email" in sys.modules)
print(bool(entry_points(group="console_scripts")), "email" in sys.modules)
print(importlib.metadata.version("pydantic") == kept.version("pydantic"), importlib.metadata is kept)
"""
BY_NAME = """
from unlearn_spec.cli.later import load_later
load_later("importlib.metadata", "entry_points")
from importlib.metadata import PackageNotFoundError, version
import importlib.metadata._text
print(version("pydantic") != "", issubclass(PackageNotFoundError, ModuleNotFoundError), hasattr(importlib.metadata, "nothing"))
"""


def printed(program: str) -> list[str]:
    return subprocess.run([sys.executable, "-c", program], check=True, capture_output=True, text=True).stdout.split("\n")


def test_it_is_loaded_at_its_first_use() -> None:
    assert printed(SEEN)[:3] == ["False", "True True", "True False"]


def test_other_names_and_modules_inside_are_found() -> None:
    assert printed(BY_NAME)[0] == "True True False"


def test_a_check_loads_neither_plugins_nor_what_looks_for_them() -> None:
    program = """
import sys
sys.argv = ["unlearn-spec", "check", "spec/examples/bad-example.yaml"]
from unlearn_spec.cli.app import main
try:
    main()
except SystemExit:
    print("email" in sys.modules)
"""
    assert printed(program)[-2] == "False"
