"""`unlearn-spec plan`: what a researcher reads before measuring."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

import pytest
from laboratory import Lab, small_policy
from test_obligations import DONE, HIDE, MEMBERSHIP, NO_WORSE, RELEARN

from unlearn_spec.cli.plan import plan
from unlearn_spec.plan.model import Plan

EXPECTED = """\
small (small, version 1): 2 tests on 12 units, all facts together at 95% confidence, seed 17

hide@assistant
  test      leak, through product, asked direct
  limit     at most 20%
  sample    40 items in 20 clusters (these items), α 2.5%
  power     82% at 1%, to certify
  controls  positive (nothing bound: will fail), repeat, degeneracy
  cost      about 1,280 tokens read, 2,560 tokens generated; some 1 s

gone@assistant
  test      relearning, through finetune, asked under the suite relearn-e5201a5dd3a2
  limit     within ε 0.5, δ 1% of a model trained without it
  sample    40 items in 20 clusters (these items), α 2.5%
  power     0% at 90%, to refute; no number of items has 80%
  controls  positive (nothing bound: will fail), negative, training loss, degeneracy
  cost      about 17,280 tokens read, 3,840 tokens generated, 60 training steps; some 1 s

Beside the guarded system, the bare weights are asked the same (reported, not deciding):
hide@assistant

Note: Nothing that the test of “gone” on “assistant” finds can refute it. The policy declares
nothing about what a model trained without `facts` shows of it on `assistant`. The test registers no
rate from which one run counts (`refute_at`). Declare it under `reference_retrain`, in `assistant`
at `access: finetune` and `asked: adversarial`, with `reveals_when` and `decoding`; or test several
runs beside references (`evidence.runs`). Write `refute_at`.

Note: “gone” on “assistant” fine-tunes at one learning rate, 0.001. One rate may miss what another
brings back: too high a rate destroys it, too low a rate does not reach it. A grid asks several,
such as `steps: [3, 10]` and `learning_rate: ["0.0001", "0.0003", "0.001"]`; the attacks then share
the error of the clause.

Cannot be tested as things stand:

done@assistant
  why       not tested. No bound attestation speaks of this clause on `assistant`.
  needs     A signed attestation that names the clause `done` and the artifact `assistant`, under
            `records`.
"""


def lab(folder: Path, clauses: str) -> tuple[Lab, Path, Path]:
    here = Lab(folder, small_policy(clauses))
    path = here.folder / "policy.yaml"
    path.write_text(here.document.source.text)
    return here, path, here.write()


def test_text(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    here, policy, _ = lab(tmp_path, HIDE + RELEARN + DONE)
    here.bindings["original"] = {}
    assert plan(policy, here.write()) == 3
    assert capsys.readouterr().out == EXPECTED


def test_json_is_the_plan(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    _, policy, bindings = lab(tmp_path, HIDE + MEMBERSHIP + NO_WORSE)
    assert plan(policy, bindings, "json") == 0
    text = capsys.readouterr().out
    assert text.isascii(), "JSON in any encoding"
    assert [one.id for one in Plan.model_validate(json.loads(text)).obligations] == [
        "hide@assistant", "membership@assistant", "no-worse@assistant",
    ]  # fmt: skip
    assert plan(policy, bindings, "json") == 0
    assert capsys.readouterr().out == text


def test_a_contradiction_is_rejected(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    never = '  - {id: keep-raw, goal: keep, target: diaries, scope: {artifacts: [store]}, until: "90 days"}\n'
    away = '  - {id: erase-raw, goal: delete, target: diaries, scope: {artifacts: [store]}, by: "7 days"}\n'
    _, policy, bindings = lab(tmp_path, never + away)
    assert plan(policy, bindings) == 1
    assert capsys.readouterr().out.count("rejected.") == 2


def test_bad_input_is_told_in_lines(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    here, policy, _ = lab(tmp_path, HIDE)
    here.bindings["devise"] = "cpu"
    here.bindings["data"]["facts"]["file"] = "none\u202e.jsonl"
    assert plan(policy, here.write()) == 2
    out, error = capsys.readouterr()
    assert not out and error.count("error: ") == len(error.splitlines()) >= 1 and "\u202e" not in error
    assert plan(tmp_path / "none.yaml", here.write()) == 2
    assert "Y001" in capsys.readouterr().err


def test_a_key_that_is_not_set_here_is_told_and_changes_no_plan(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    here, policy, _ = lab(tmp_path, HIDE)
    served = {"url": "https://models.example/v1", "model": "m", "key_env": "LAB_KEY"}
    here.bindings["artifacts"] = {"assistant": {"endpoint": served}}
    printed = []
    for value in ("", "k-1"):
        monkeypatch.setenv("LAB_KEY", value)
        plan(policy, here.write(), format="json")
        printed.append(capsys.readouterr())
    assert printed[0].out == printed[1].out
    assert printed[0].err == "note: LAB_KEY, which a `key_env` names, is not set here; `verify` needs the key in it\n"
    assert not printed[1].err


def test_no_model_library_is_loaded(tmp_path: Path) -> None:
    _, policy, bindings = lab(tmp_path, HIDE + RELEARN)
    program = (
        "import sys; from pathlib import Path; from unlearn_spec.cli.plan import plan\n"
        f"status = plan(Path({str(policy)!r}), Path({str(bindings)!r}))\n"
        "sys.exit(99 if {'torch', 'transformers', 'cupy', 'rich'} & set(sys.modules) else status)"
    )
    assert subprocess.run([sys.executable, "-c", program], capture_output=True).returncode == 0
