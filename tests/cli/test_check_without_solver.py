"""`check --no-solver`, `--double-check` and `--export` as a user meets them."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

EXAMPLES = Path(__file__).parents[2] / "spec" / "examples"
CORPUS = Path(__file__).parents[2] / "spec" / "conformance"
CLEAN, BAD = EXAMPLES / "erasure-request.yaml", EXAMPLES / "bad-example.yaml"
PROGRAM = """
import sys
from unlearn_spec.cli import app
try:
    app.main()
except SystemExit as end:
    print("z3" if "z3" in sys.modules else "no z3", file=sys.stderr)
    raise
"""


def run(*arguments: object, program: str = PROGRAM) -> tuple[int, str, str]:
    done = subprocess.run(
        [sys.executable, "-c", program, *map(str, arguments)], capture_output=True, text=True, check=False
    )
    return done.returncode, done.stdout, done.stderr


def test_without_a_solver_the_rest_is_checked_and_what_is_not_is_said() -> None:
    status, out, err = run("check", CLEAN, "--no-solver")
    assert status == 3 and err == "no z3\n"
    assert out.count("undetermined[X002]") == 1 and "1 undetermined · 0 clauses evaluated" in out
    assert "matched nothing" not in out


@pytest.mark.parametrize(
    ("code", "status"), [("T001", 1), ("T003", 3), ("F002", 3), ("N002", 3), ("S009", 3), ("Y003", 2), ("S001", 2)]
)
def test_codes_that_need_no_solver(code: str, status: int) -> None:
    found, out, err = run("check", CORPUS / code / "positive.yaml", "--no-solver")
    assert found == status and f"[{code}]" in out and err == "no z3\n"


@pytest.mark.parametrize("option", [["--double-check"], ["--export", "x"], ["--effort", "5"], ["--without", "AX6"]])
def test_options_about_the_solver_are_refused_without_it(option: list[str]) -> None:
    status, _, err = run("check", CLEAN, "--no-solver", *option)
    assert status == 2 and "--no-solver" in err


def test_a_missing_second_solver_is_one_line() -> None:
    hidden = "import importlib.util as u; find = u.find_spec\nu.find_spec = lambda name, *a: None if name == 'cvc5' else find(name, *a)\n"
    status, out, err = run("check", CLEAN, "--double-check", program=hidden + PROGRAM)
    assert status == 2 and out == ""
    assert err.splitlines()[0] == (
        "error: --double-check: the second solver is not installed; `pip install 'unlearn-spec[double-check]'` gets it"
    )


def test_an_export_of_two_policies_goes_to_two_folders(tmp_path: Path) -> None:
    status, _, _ = run("check", CLEAN, BAD, "--export", tmp_path / "out")
    assert status == 1
    assert sorted(path.name for path in (tmp_path / "out").iterdir()) == ["1-erasure-request", "2-bad-example"]
    status, out, err = run("check", BAD, "--export", tmp_path / "out" / "2-bad-example")
    assert status == 2 and out == "" and err.startswith("error: --export: ")
