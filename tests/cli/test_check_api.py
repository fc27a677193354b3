"""The Python API: four names, nothing loaded before it is used, subpackages still importable."""

import subprocess
import sys
from datetime import date
from pathlib import Path

import pytest

import unlearn_spec
from unlearn_spec import Options
from unlearn_spec.logic.axioms import FIXED
from unlearn_spec.plan.model import Plan
from unlearn_spec.policy.load import PolicyError
from unlearn_spec.report.model import Report, ReportError
from unlearn_spec.rules.options import Keywords

EXAMPLE = Path(__file__).parents[2] / "spec" / "examples" / "dual-use.yaml"


def test_nothing_is_loaded_before_it_is_used(tmp_path):
    script = "import sys, unlearn_spec; print(*[m for m in sys.modules if m.startswith('unlearn_spec.')])"
    done = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, cwd=tmp_path, check=True)
    assert done.stdout.split() == []


def test_check():
    assert unlearn_spec.check(EXAMPLE).exit_code == 1


def test_options_and_keywords_are_the_same_thing():
    assert set(Keywords.__annotations__) == set(Options.__struct_fields__)
    asked = {"without": ["AX6"], "solver": True, "today": date(2026, 11, 24)}
    assert unlearn_spec.check(EXAMPLE, Options(**asked)) == unlearn_spec.check(EXAMPLE, **asked)
    assert Options(without=["AX6"]).but(worlds=True) == Options(without=("AX6",), worlds=True)


@pytest.mark.parametrize(
    ("asked", "told"),
    [
        ({"effort": 0}, "at least 1, not 0"),
        ({"without": ["AX99"]}, "no axiom called AX99; there are AX1"),
        ({"without": ["A6"]}, r"no axiom called A6; did you mean AX6\?"),
        ({"without": ["ax16"]}, r"no axiom called ax16; did you mean AX16\?"),
        ({"without": ["c1"]}, r"no axiom called c1; did you mean C1\?"),
        ({"without": sorted(FIXED)[:1]}, "cannot be left out"),
    ],
)
def test_options_that_make_no_sense_are_refused(asked, told):
    with pytest.raises(ValueError, match=told):
        Options(**asked)
    with pytest.raises(ValueError, match=told):
        unlearn_spec.check(EXAMPLE, **asked)


def test_options_do_not_change():
    with pytest.raises(AttributeError, match="immutable"):
        Options().effort = 1


def test_subpackages_are_functions_and_packages(tmp_path):
    with pytest.raises(PolicyError):
        unlearn_spec.plan(tmp_path / "none.yaml", tmp_path / "none.yaml")
    with pytest.raises(ReportError):
        unlearn_spec.report(tmp_path / "none")
    assert unlearn_spec.plan.model.Plan is Plan and unlearn_spec.report.model.Report is Report


def test_verify(tmp_path):
    with pytest.raises(PolicyError):
        unlearn_spec.verify(tmp_path / "none.yaml", tmp_path / "none.yaml", tmp_path / "run")


def test_other_names_are_unknown():
    with pytest.raises(AttributeError):
        _ = unlearn_spec.nonsense
