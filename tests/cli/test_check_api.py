"""The Python API: four names, nothing loaded before it is used, subpackages still importable."""

import subprocess
import sys
from pathlib import Path

import pytest

import unlearn_spec
from unlearn_spec.plan.model import Plan
from unlearn_spec.policy.load import PolicyError
from unlearn_spec.report.model import Report, ReportError

EXAMPLE = Path(__file__).parents[2] / "spec" / "examples" / "dual-use.yaml"


def test_nothing_is_loaded_before_it_is_used(tmp_path):
    script = "import sys, unlearn_spec; print(*[m for m in sys.modules if m.startswith('unlearn_spec.')])"
    done = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, cwd=tmp_path, check=True)
    assert done.stdout.split() == []


def test_check():
    assert unlearn_spec.check(EXAMPLE).exit_code == 1


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
