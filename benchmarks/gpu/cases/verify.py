"""Times a whole `verify`, from policy to report, of a randomly initialised model that is saved and loaded like any other.

python benchmarks/gpu/cases/verify.py --size 1b --device cuda --precision bfloat16

Policy and data are the miniature of the tests without its relearning; one folder of weights stands for the audited
model and the original, and there are no references. Everything is loaded, asked, scored and concluded; the seconds hold all of it, and for
a large model most of them are the loading.
"""

from __future__ import annotations

import argparse
import sys
import tempfile
import time
from collections import Counter
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parents[3] / "tests" / "run"))

import tiny
import torch
from end_to_end import SIZES, made
from here import Here
from timing import tell

from unlearn_spec.run.verify import verify


def build(folder: Path, size: str, precision: str) -> tuple[Path, Path]:
    """Policy and bindings, with one model of this size as the audited one and the original."""
    policy, bindings = tiny.build(folder)
    model = made(size, "cpu", precision)
    model.network.save_pretrained(folder / "models" / "large")
    model.tokenizer.save_pretrained(folder / "models" / "large")
    parts = policy.read_text(encoding="utf-8").split("  - id: ")
    policy.write_text("  - id: ".join(part for part in parts if not part.startswith("not-relearned")), encoding="utf-8")
    lines = [line for line in bindings.read_text(encoding="utf-8").splitlines(keepends=True) if not line.startswith("references:")]
    text = "".join(lines) + f"precision: {precision}\n"
    for name in ("audited", "original"):
        text = text.replace(f"models/{name}", "models/large")
    bindings.write_text(text, encoding="utf-8")
    return policy, bindings


def main() -> None:
    wanted = argparse.ArgumentParser(description=__doc__)
    wanted.add_argument("--size", choices=sorted(SIZES), default="tiny")
    wanted.add_argument("--device", default="cpu")
    wanted.add_argument("--precision", choices=("float32", "bfloat16", "float16"), default="float32")
    given = wanted.parse_args()
    torch.set_num_threads(1 if given.device == "cpu" else torch.get_num_threads())
    with tempfile.TemporaryDirectory() as work:
        policy, bindings = build(Path(work) / "world", given.size, given.precision)
        start = time.perf_counter()
        result = verify(policy, bindings, Path(work) / "run", device=given.device, executor=Here())
        seconds = time.perf_counter() - start
    outcomes = Counter(verdict.outcome for verdict in result.verification.verdicts)
    tell(
        "verify.whole",
        device=given.device,
        size=given.size,
        precision=given.precision,
        seconds=seconds,
        outcomes=dict(outcomes),
    )


if __name__ == "__main__":
    main()
