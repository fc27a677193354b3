"""The policy of the demonstration speaks of the world that is generated, and its template of the files that are written."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path, PurePosixPath
from typing import Any

import pytest

from unlearn_spec import demo
from unlearn_spec.evidence.canonical import file_digest
from unlearn_spec.policy.load import load
from unlearn_spec.policy.read import read_file
from unlearn_spec.policy.schema import FILE
from unlearn_spec.verifiers.zoo import Zoo, make_world, write_world
from unlearn_spec.verifiers.zoo.cache import MODELS

EXAMPLES = FILE.parents[1] / "examples"
POLICY, TEMPLATE = EXAMPLES / "small-world.yaml", EXAMPLES / "small-world.bindings.yaml"


@pytest.fixture(scope="module")
def zoo(tmp_path_factory: pytest.TempPathFactory) -> Zoo:
    """The world of the demonstration, with a file in place of each model."""
    folder = tmp_path_factory.mktemp("zoo")
    world = make_world()
    models = {name: folder / "models" / name for name in MODELS}
    for name, model in models.items():
        model.mkdir(parents=True)
        (model / "config.json").write_text(f'"{name}"')
    return Zoo(world, folder, models, write_world(world, folder / "data"), folder / "filter.yaml")


def test_manifests_and_sizes_are_those_of_the_generated_files(zoo: Zoo) -> None:
    sets = load(POLICY).policy.information
    files = {name: zoo.data[PurePosixPath(entry["file"]).stem] for name, entry in read_file(TEMPLATE).data["data"].items()}
    assert set(files) == set(sets)
    assert {name: declared.manifest for name, declared in sets.items()} == {
        name: file_digest(path) for name, path in files.items()
    }
    lines = {name: len(path.read_text(encoding="utf-8").splitlines()) for name, path in files.items()}
    assert {name: declared.size for name, declared in sets.items()} == {name: (n, n) for name, n in lines.items()}


@pytest.mark.parametrize("subject", demo.SUBJECTS)
def test_the_template_is_what_the_demonstration_writes(
    subject: str, zoo: Zoo, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(demo, "build_zoo", lambda *_, **__: zoo)
    written = read_file(demo.make_pack(tmp_path / "out", progress=print).bindings[subject]).data
    if subject == "filtered":
        assert PurePosixPath(written["artifacts"]["assistant"].pop("system")).name == "filter.yaml"
    # Paths differ, and which model is audited; names of files, columns and everything else do not.
    written["artifacts"] = {"assistant": {"model": "models/retrained_1"}}
    assert bare(written) == bare(read_file(TEMPLATE).data)


def bare(value: Any, key: str = "") -> Any:
    """The value with paths cut to their last part and without digests."""
    if isinstance(value, Mapping):
        return {name: bare(one, name) for name, one in value.items() if name != "digest"}
    if isinstance(value, list):
        return [bare(one) for one in value]
    return PurePosixPath(value).name if key in ("file", "model") else value
