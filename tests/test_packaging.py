"""What a wheel carries: every module, page, template, schema and example, and no top-level name but ours."""

from __future__ import annotations

import os
import re
import subprocess
import sys
import tomllib
import zipfile
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[1]
PLACES = {
    "unlearn_spec/": "unlearn_spec",
    "spec/": "unlearn_spec/spec",
    "verifiers/": "unlearn_spec/verifiers",
    "gpu/": "unlearn_spec/gpu",
}
CARRIED = (".py", ".j2", ".css", ".json", ".yaml", ".md", ".cu", ".typed")


@pytest.fixture(scope="module")
def wheel(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A wheel of the files under version control, built apart so that nothing lands in the tree."""
    folder = tmp_path_factory.mktemp("wheel")
    source = folder / "source"
    source.mkdir()
    listed = subprocess.run(["git", "ls-files", "-z"], cwd=ROOT, capture_output=True, check=False)
    if listed.returncode:
        pytest.skip("not a git checkout: which files belong to the project is not known")
    for name in filter(None, listed.stdout.decode().split("\0")):
        target = source / name
        target.parent.mkdir(parents=True, exist_ok=True)
        if (ROOT / name).is_symlink():
            target.symlink_to((ROOT / name).readlink())
        elif (ROOT / name).exists():
            target.write_bytes((ROOT / name).read_bytes())
    command = [
        sys.executable,
        "-m",
        "pip",
        "wheel",
        "-q",
        "--no-deps",
        "--no-build-isolation",
        "-w",
        str(folder),
        str(source),
    ]
    subprocess.run(command, check=True, capture_output=True)
    return next(folder.glob("*.whl"))


def test_every_file_of_the_package_is_in_the_wheel(wheel: Path) -> None:
    with zipfile.ZipFile(wheel) as archive:
        inside = set(archive.namelist())
    listed = subprocess.run(["git", "ls-files"], cwd=ROOT, capture_output=True, text=True, check=True).stdout.split(
        "\n"
    )
    for name in listed:
        for folder, place in PLACES.items():
            if (
                name.startswith(folder)
                and name.endswith(CARRIED)
                and "conformance" not in name
                and (ROOT / name).is_file()
            ):
                assert f"{place}/{name.removeprefix(folder)}" in inside, name
        if name.startswith("docs/rules/"):
            assert f"unlearn_spec/rules/pages/{Path(name).name}" in inside, name
    assert {name.split("/")[0] for name in inside if not name.split("/")[0].endswith(".dist-info")} == {"unlearn_spec"}


def test_the_tests_are_set_up_with_what_is_pinned_the_second_solver_included() -> None:
    """Else what needs a package is skipped where it should run, or runs with whatever is newest."""
    extras = tomllib.loads((ROOT / "pyproject.toml").read_text("utf-8"))["project"]["optional-dependencies"]
    needed, second = ({_name(line) for line in extras[extra]} for extra in ("dev", "double-check"))
    pinned = {_name(line) for line in (ROOT / "constraints.txt").read_text("utf-8").splitlines() if "==" in line}
    assert second <= needed <= pinned


def _name(requirement: str) -> str:
    return re.split(r"[^\w.-]", requirement, maxsplit=1)[0].lower().replace("_", "-")


def test_the_wheel_checks_and_explains_from_anywhere(wheel: Path, tmp_path: Path) -> None:
    with zipfile.ZipFile(wheel) as archive:
        archive.extractall(tmp_path / "site")
    policy = tmp_path / "site" / "unlearn_spec" / "spec" / "examples" / "erasure-request.yaml"
    place = {"PYTHONPATH": str(tmp_path / "site"), "PATH": os.environ["PATH"]}
    for arguments, expected in ((["check", str(policy)], "1 accepted"), (["explain", "C001"], "contradictory-clauses")):
        command = [
            sys.executable,
            "-c",
            "from unlearn_spec.cli.app import main; import unlearn_spec, sys; print(unlearn_spec.__file__, file=sys.stderr); main()",
        ]
        done = subprocess.run(
            [*command, *arguments], cwd=tmp_path, env=place, capture_output=True, text=True, check=False
        )
        assert str(tmp_path) in done.stderr.split("\n")[0], "the installed wheel, not the checkout, must answer"
        assert (done.returncode, expected in done.stdout) == (0, True), done.stdout + done.stderr
