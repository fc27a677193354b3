"""A verdict from very many draws: summed on a card or not, it is the same, and an audit without torch comes to the same bytes."""

from __future__ import annotations

import subprocess
import sys
from functools import partial
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch

sys.path.insert(0, str(Path(__file__).parent))
sys.path.insert(0, str(Path(__file__).parents[1] / "gpu"))

import shim
import signed
from here import Here
from test_logs import bind, tofu_log, verdict

from unlearn_spec.gpu import draws, pairwise, resample
from unlearn_spec.run.audit import audit
from unlearn_spec.run.verify import RunResult, verify

OTHERS = 400
FACTS = 40


def run(here: Path, device: str | None = None) -> RunResult:
    """Two logs on items in clusters of two, of which some were lost and some gained."""
    rng = np.random.default_rng(0)
    before = rng.random(OTHERS) < 0.8
    after = np.where(rng.random(OTHERS) < 0.2, ~before, before)
    for name, scores in (("audited", after), ("original", before)):
        (here / f"{name}.json").write_bytes(tofu_log([1.0] * FACTS, scores.astype(float).tolist()))
    for name, count in (("facts", FACTS), ("others", OTHERS)):
        (here / f"{name}.jsonl").write_text("".join(f'{{"prompt": "{name} {n} ?", "answer": "it is {n}"}}\n' for n in range(count)))
    logs = {
        "format": "openunlearning", "audited": "audited.json", "original": "original.json",
        "sets": {"facts": "forget_Q_A_ROUGE", "others": "retain_Q_A_ROUGE"},
    }  # fmt: skip
    data = {name: {"file": f"{name}.jsonl", "cluster": {"rows": 2}} for name in ("facts", "others")}
    paths = bind(here, logs, data, facts=FACTS, others=OTHERS)
    return verify(*paths, here / "run", executor=Here(), device=device)


def fall(result: RunResult) -> tuple[float, float]:
    (found,) = (one for one in verdict(result, "kept").intervals if one.label == "fall since before")
    assert found.clusters == OTHERS / 2
    return found.low, found.high


def test_many_draws_are_audited_without_torch_to_the_same_bytes(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(draws, "BREAK_EVEN", 1)
    result = run(tmp_path)
    assert audit(tmp_path / "run").exit_code == 0
    text = (
        "import sys; sys.modules['torch'] = sys.modules['transformers'] = sys.modules['cupy'] = None; "
        "from unlearn_spec.gpu import draws; draws.BREAK_EVEN = int(sys.argv[1]); "
        f"from unlearn_spec.cli.audit import run_audit; from pathlib import Path; sys.exit(run_audit(Path({str(tmp_path / 'run')!r})))"
    )
    audited = partial(subprocess.run, capture_output=True, text=True, check=False)
    done = audited([sys.executable, "-c", text, "1"])
    assert (done.returncode, done.stderr) == (0, ""), done.stdout
    monkeypatch.undo()
    few = tmp_path / "few"
    few.mkdir()
    assert fall(run(few)) != fall(result), "the draws by counter were not used"
    assert audited([sys.executable, "-c", text, str(10**8)]).returncode == 1


def test_a_card_comes_to_the_same_bytes(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(draws, "BREAK_EVEN", 1)
    here, there = tmp_path / "here", tmp_path / "there"
    for folder in (here, there):
        folder.mkdir()
    result = run(here, "cpu")
    launched: list[int] = []

    def on_shim(place: torch.device, *given: object) -> torch.Tensor:
        launched.append(len(given[2]))  # type: ignore[arg-type]
        some = range(40)  # the shim is slow: the others are drawn here
        first = bootstrap_totals_on(torch.device("cpu"), *given[:2], some, launch=shim.launch)  # type: ignore[arg-type]
        rest = draws.bootstrap_totals(*given[:2], range(40, len(given[2])))  # type: ignore[arg-type]
        return torch.cat([first, torch.from_numpy(rest)])

    bootstrap_totals_on = resample.bootstrap_totals_on
    monkeypatch.setattr(resample, "device", lambda name: torch.device("cuda", 0))
    monkeypatch.setattr(resample, "has_kernels", lambda: True)
    monkeypatch.setattr(resample, "bootstrap_totals_on", on_shim)
    other = run(there, "cpu")
    assert launched and min(launched) >= 4_999
    assert other.report == result.report
    assert audit(there / "run").exit_code == 0


def test_members_and_hold_out_are_relabelled_on_the_card_of_the_run(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    asked: list[tuple[str, draws.Key]] = []

    def on_card(name: str, secret: draws.Key, *given: Any) -> draws.Floats:
        asked.append((name, secret))
        return pairwise.subset_totals(secret, *given)

    monkeypatch.setattr(resample, "subset_totals_at", on_card)
    result = verify(*signed.build(tmp_path / "in"), tmp_path / "run", executor=Here())
    (test,) = (one for one in result.plan.obligations if one.verifier == "membership")
    assert {(one.clause, one.artifact) for one in result.report.told_apart} == {(test.clause, test.artifact)}
    assert asked == [("cpu", draws.key("members", result.plan.seed, test.id))] * len({one.model for one in result.report.told_apart})
    assert audit(tmp_path / "run").exit_code == 0
