"""A verification gives the golden file's verdicts and numbers: on this CPU, and on a CUDA device where there is one."""

from __future__ import annotations

import copy
import json
import sys
from pathlib import Path

import pytest
import torch

sys.path.insert(0, str(Path(__file__).parents[2] / "benchmarks" / "gpu"))

import golden

needs_card = pytest.mark.skipif(not torch.cuda.is_available(), reason="this machine has no CUDA device")


@pytest.mark.parametrize("device", ["cpu", pytest.param("cuda", marks=[pytest.mark.gpu, needs_card])])
def test_verdicts_and_numbers_are_golden(device: str) -> None:
    assert golden.differences(golden.measured(device), json.loads(golden.GOLDEN.read_text())) == []


def test_another_verdict_or_number_is_said() -> None:
    kept = json.loads(golden.GOLDEN.read_text())
    assert golden.differences(kept, kept) == []
    for precision, by, said in (
        ("float32", 5e-5, 0),
        ("float32", 1e-2, 1),
        ("bfloat16", 1e-2, 0),
        ("bfloat16", 0.2, 1),
    ):
        found = copy.deepcopy(kept)
        cells = next(table for name, table in found["scores"].items() if name.startswith(precision))["mean_logp"]
        cells[0] *= 1 + by
        assert len(golden.differences(found, kept)) == said
    found = copy.deepcopy(kept)
    found["verdicts"][0]["outcome"] = "violated"
    assert golden.differences(found, kept) == [
        "verdicts[0].outcome: violated, golden " + kept["verdicts"][0]["outcome"]
    ]


def test_the_golden_verdicts_tell_devices_apart() -> None:
    """A file of verdicts that nothing could change would hold no device to anything."""
    told = {(one["clause"], one["artifact"]): one for one in json.loads(golden.GOLDEN.read_text())["verdicts"]}
    assert {one["outcome"] for one in told.values()} == {"supported", "violated", "not_falsified", "inconclusive"}
    assert told["not-relearned", "clean"]["outcome"] == "inconclusive", "its attack is too short to have learned"
    assert all(told[clause, "clean"]["outcome"] in ("supported", "not_falsified") for clause, _ in told if clause != "not-relearned")
    assert all(told[clause, "leaky"]["outcome"] in ("violated", "inconclusive") for clause, _ in told if clause != "kept")
