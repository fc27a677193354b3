"""The bindings templates beside the example policies speak of the same sets, artifacts and suites."""

from __future__ import annotations

from pathlib import Path

import pytest

from unlearn_spec.plan.bindings import BindingError, load_bindings
from unlearn_spec.policy.load import load
from unlearn_spec.policy.read import read_file
from unlearn_spec.policy.schema import FILE

FOLDER = FILE.parents[1] / "examples"
TEMPLATES = sorted(FOLDER.glob("*.bindings.yaml"))


def test_each_example_policy_has_one() -> None:
    names = {path.name.removesuffix(".bindings.yaml") for path in TEMPLATES}
    assert names == {path.stem for path in FOLDER.glob("*.yaml") if path.name.count(".") == 1}
    assert {"erasure-request", "book-settlement", "dual-use", "bad-example", "small-world"} <= names


@pytest.mark.parametrize("path", TEMPLATES, ids=lambda path: path.stem)
def test_only_the_files_are_missing(path: Path, tmp_path: Path) -> None:
    """Copied elsewhere, a template has no mistake but that nothing lies where it points."""
    copy = tmp_path / path.name
    copy.write_bytes(path.read_bytes())
    policy = load(path.with_name(path.name.replace(".bindings", ""))).policy
    with pytest.raises(BindingError) as caught:
        load_bindings(copy, policy)
    assert {finding.code for finding in caught.value.findings} == {"B007"}


@pytest.mark.parametrize("path", TEMPLATES, ids=lambda path: path.stem)
def test_names_match_the_policy(path: Path) -> None:
    reading = read_file(path)
    assert reading.findings == ()
    bindings = reading.data
    policy = load(path.with_name(path.name.replace(".bindings", ""))).policy
    assert bindings["policy"] == {"id": policy.policy.id, "version": policy.policy.version}
    models = {name for name, artifact in policy.artifacts.items() if artifact.kind == "model"}
    assert set(bindings["artifacts"]) <= models
    for block in ("original", "references"):
        assert set(bindings.get(block, {})) <= models
    assert set(bindings["data"]) <= set(policy.information)
    assert set(bindings.get("holdouts", {})) <= set(policy.information)
    evidence = [clause.evidence for clause in policy.clauses if clause.evidence is not None]
    assert set(bindings.get("suites", {})) == {item.suite for item in evidence if item.suite is not None}
    wants_records = any(item.kind != "test" for item in evidence)
    assert bool(bindings.get("records")) == bool(bindings.get("keys")) == wants_records
