"""Words planted in every input, one a place: none of them comes out in any form of the report, nor in what stands beside it."""

from __future__ import annotations

import json
import os
import sys
from pathlib import Path
from typing import Any

import pytest

sys.path.insert(0, str(Path(__file__).parent))

import signed
import tiny
from here import Here

from unlearn_spec.cli.audit import run_audit
from unlearn_spec.cli.compare import run_compare
from unlearn_spec.cli.report import annex
from unlearn_spec.cli.sign import keygen, sign
from unlearn_spec.evidence.canonical import file_digest
from unlearn_spec.report import FORMATS, render
from unlearn_spec.run.signing import STATEMENT
from unlearn_spec.run.verify import RunResult, verify

FOLDER = "canaryfolder"
"""Every path that is bound has it."""
ENVIRONMENT, USER, HOST = "canaryenvironment", "canaryuser", "canaryhost"
HANDLING, DESCRIPTION, COMMENT = "canaryhandling", "canarydescription", "canarycomment"
TARGETS = tuple(f"canary{word}" for word in tiny.WORDS)
"""All that prompts, answers and generations are made of."""


@pytest.fixture(scope="module")
def planted(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, RunResult]:
    """The miniature with canaries for words, in its data, models, filter, policy, paths and environment."""
    folder = tmp_path_factory.mktemp("planted") / FOLDER
    patch = pytest.MonkeyPatch()
    patch.setattr(tiny, "WORDS", TARGETS)
    patch.setenv("UNLEARN_SPEC_CANARY", ENVIRONMENT)
    for name in ("USER", "LOGNAME", "USERNAME"):
        patch.setenv(name, USER)
    patch.setattr("socket.gethostname", lambda: HOST)
    patch.setattr("platform.node", lambda: HOST)
    policy, bindings = signed.build(folder)
    (folder / "terms.txt").write_text(f"{TARGETS[1]} {TARGETS[2]}\n")
    text = policy.read_text().replace(
        "unit: document, ", f"unit: document, handling: {HANDLING}, description: {DESCRIPTION}, "
    )
    policy.write_text(f"{text}# {COMMENT}\n")
    assert file_digest(folder / "facts.jsonl") in text
    result = verify(policy, bindings, folder / "run", executor=Here())
    patch.undo()
    return folder, result


def canaries() -> dict[str, str]:
    planted = (FOLDER, ENVIRONMENT, USER, HOST, HANDLING, DESCRIPTION, COMMENT, *TARGETS)
    places = (str(Path.home()) + os.sep, f"{os.sep}tmp{os.sep}")
    return {word: word for word in (*planted, *places)}


@pytest.mark.parametrize("format", FORMATS)
def test_nothing_planted_leaks_into_the_report(planted: tuple[Path, RunResult], format: Any) -> None:
    text = render(planted[1].report, format)
    plain = text + json.dumps(json.loads(text), ensure_ascii=False) if text.startswith("{") else text
    assert [where for where, word in canaries().items() if word in plain] == []
    assert planted[1].report.revealed, "there was something to leak"


def test_nor_into_signature_audit_and_comparison(
    planted: tuple[Path, RunResult], capsys: pytest.CaptureFixture[str], tmp_path: Path
) -> None:
    run = planted[1].folder
    assert keygen(tmp_path / "k") == sign(run, tmp_path / "k.key") == 0
    capsys.readouterr()
    run_audit(run)
    run_audit(run, format="json")
    run_compare(run, run)
    shown = capsys.readouterr().out + (run / STATEMENT).read_text()
    assert [where for where, word in canaries().items() if word in shown] == []


def test_target_material_paths_and_environment_are_not_in_the_run_folder(planted: tuple[Path, RunResult]) -> None:
    """The policy's own text and the signed records are: the audit reads them. Nothing of items, answers and places is."""
    kept = [path.read_bytes() for path in planted[1].folder.rglob("*") if path.is_file()]
    secret = {where: word for where, word in canaries().items() if word not in (HANDLING, DESCRIPTION, COMMENT)}
    assert [where for where, word in secret.items() if any(word.encode() in data for data in kept)] == []
    assert any(COMMENT.encode() in data for data in kept)


def test_the_annex_alone_shows_them_and_says_what_it_is(planted: tuple[Path, RunResult], tmp_path: Path) -> None:
    folder, result = planted
    out = tmp_path / "annex.html"
    assert annex(result.folder, folder / "policy.yaml", folder / "bindings.yaml", out) == 0
    page = out.read_text(encoding="utf-8")
    assert any(word in page for word in TARGETS)
    assert FOLDER not in page and ENVIRONMENT not in page
