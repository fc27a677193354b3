"""Holds a verification on one device against the golden file: the same verdicts, and the same numbers within tolerance.

    python benchmarks/gpu/golden.py --device cuda      # exit status 1, and what is apart, where they differ
    python benchmarks/gpu/golden.py --write            # made on the CPU; says there on what

Verified are two models of `golden_world.py`, one that never knew what is to go and one that kept more than half of it, by six clauses:
greedy and sampled answers, (n, p) extraction, membership, relearning and retention. The verdicts are of four kinds and every number
behind them is far from where a rounding would move it. The scores of both models are compared in float32 and in bfloat16 besides.
`TOLERANCE`: |found − golden| is at most that times max(1, |golden|); counts, outcomes and infinities are equal.
"""

from __future__ import annotations

import argparse
import json
import math
import platform
import sys
import tempfile
from pathlib import Path
from typing import Any

import torch

sys.path.insert(0, str(Path(__file__).parents[2] / "tests" / "run"))
sys.path.insert(0, str(Path(__file__).parent))

import golden_world
from here import Here

from unlearn_spec.plan.units import Reading
from unlearn_spec.run.verify import json_bytes, verify
from unlearn_spec.verifiers.items import Item
from unlearn_spec.verifiers.scoring import score
from unlearn_spec.verifiers.subjects.model import load_model

GOLDEN = Path(__file__).parent / "golden.json"
TOLERANCE = {"verdicts": 1e-6, "float32": 1e-4, "bfloat16": 5e-2}
READING = Reading(metric="extraction_probability", decoding="sample")
ROUNDED = ("argmax_match",)  # in bfloat16 the two largest logits may be equal on one device only


def measured(device: str) -> dict[str, Any]:
    """Verdicts with their intervals, and scores by precision."""
    with tempfile.TemporaryDirectory() as work:
        folder = Path(work)
        policy, bindings = golden_world.build(folder / "world")
        result = verify(policy, bindings, folder / "run", device=device, executor=Here())
        told = json.loads(json_bytes(result.verification))["verdicts"]
        scores: dict[str, Any] = {}
        rows = [json.loads(line) for line in (folder / "world" / "diaries.jsonl").read_text(encoding="utf-8").splitlines()]
        items = [Item(**row) for row in rows]
        for precision in ("float32", "bfloat16"):
            for model in (folder / "world" / "models" / name for name in ("clean", "leaky")):
                found = score(load_model(model, device_name=device, precision=precision), items, READING)  # type: ignore[arg-type]
                scores[f"{precision} {model.name}"] = {
                    name: list(cells)
                    for name, cells in found.columns
                    if isinstance(cells[0], (int, float)) and not (precision == "bfloat16" and name in ROUNDED)
                }
    kept = ("clause", "artifact", "outcome", "intervals")
    return {"verdicts": [{name: verdict.get(name) for name in kept} for verdict in told], "scores": scores}


def apart(found: Any, golden: Any, tolerance: float, where: str) -> list[str]:
    """Where two trees of JSON differ, in words."""
    if isinstance(found, dict) and isinstance(golden, dict) and found.keys() == golden.keys():
        return [line for name in golden for line in apart(found[name], golden[name], tolerance, f"{where}.{name}")]
    if isinstance(found, list) and isinstance(golden, list) and len(found) == len(golden):
        pairs = enumerate(zip(found, golden, strict=True))
        return [line for place, pair in pairs for line in apart(*pair, tolerance, f"{where}[{place}]")]
    if isinstance(found, float) and isinstance(golden, float) and math.isfinite(golden):
        if abs(found - golden) <= tolerance * max(1.0, abs(golden)):
            return []
    elif found == golden:
        return []
    return [f"{where}: {found}, golden {golden}"]


def differences(found: dict[str, Any], golden: dict[str, Any]) -> list[str]:
    """Empty where everything measured is golden, each part within its tolerance."""
    lines = apart(found["verdicts"], golden["verdicts"], TOLERANCE["verdicts"], "verdicts")
    if found["scores"].keys() != golden["scores"].keys():
        return [*lines, "scores: other tables"]
    for name, table in golden["scores"].items():
        lines += apart(found["scores"][name], table, TOLERANCE[name.split()[0]], f"scores.{name}")
    return lines


def main() -> int:
    wanted = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    wanted.add_argument("--device", default="cpu")
    wanted.add_argument("--write", action="store_true")
    given = wanted.parse_args()
    found = measured(given.device)
    if given.write:
        made = {"device": given.device, "machine": platform.machine(), "torch": torch.__version__}
        GOLDEN.write_text(json.dumps({"made": made, **found}, indent=1) + "\n", encoding="utf-8")
        return 0
    lines = differences(found, json.loads(GOLDEN.read_text(encoding="utf-8")))
    print("\n".join(lines) if lines else f"{given.device}: verdicts equal, numbers within {TOLERANCE}")
    return 1 if lines else 0


if __name__ == "__main__":
    sys.exit(main())
