"""Builds, checks and times everything that runs on a GPU, in one call; writes a JSON file and a table.

    python benchmarks/gpu/run.py --out benchmarks/gpu/results      # on a machine with a CUDA device
    python benchmarks/gpu/run.py --out benchmarks/gpu/results --sanitize   # the tests under compute-sanitizer as well
    python benchmarks/gpu/run.py --cpu-smoke                       # small sizes on the CPU: does everything run?

The copy ceiling is measured first. A case is a script under `cases/` that checks what it times and prints lines of JSON; a
case that fails is reported and makes the exit status 1. A further case is a file there and a line in `CASES`.
"""

from __future__ import annotations

import argparse
import json
import os
import platform
import shutil
import subprocess
import sys
from datetime import UTC, datetime
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path
from typing import Any

HERE = Path(__file__).parent
VOCABULARIES = (32_000, 128_256, 256_000)
TILE = 1 << 29  # logits of a timed tile: far more than a cache holds
CLEAN = "clean"
TESTS = [sys.executable, "-m", "pytest", "-q", "-n0", "-m", "gpu", str(HERE.parents[1] / "tests" / "gpu")]
PACKAGES = ("unlearn-spec", "torch", "transformers", "cupy-cuda13x", "nvidia-cuda-nvrtc")

CASES: tuple[
    tuple[str, list[list[str]], list[list[str]]], ...
] = (  # script; arguments on a GPU; arguments of the smoke
    ("ceiling", [["--device", "cuda"], ["--device", "cpu"]], [["--mib", "64"]]),
    (
        "token_stats",
        [
            ["--vocabulary", str(size), "--rows", str(TILE // size), "--kind", kind, "--device", "cuda", "--compile"]
            for size in VOCABULARIES
            for kind in ("bfloat16", "float32")
        ]
        + [["--vocabulary", str(size), "--rows", "64", "--device", "cpu", "--compile"] for size in VOCABULARIES],
        [["--vocabulary", "32000", "--rows", "16"]],
    ),
    (
        "end_to_end",
        [["--size", "1b", "--texts", "64", "--tokens", "512", "--device", "cuda", "--precision", "bfloat16"]],
        [["--size", "tiny"]],
    ),
    (
        "verify",
        [["--size", "1b", "--device", "cuda", "--precision", "bfloat16"]],
        [["--size", "tiny"]],
    ),
    ("ngram_probe", [["--tokens", "1e8"], ["--tokens", "1e9"]], [["--tokens", "1e6"]]),
    ("resample", [["--draws", f"1e{n}"] for n in (6, 7, 8, 9)], [["--draws", "1e6"]]),
    ("pairwise", [["--items", "4000"]], [["--items", "200"]]),
)


def main() -> int:
    wanted = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    wanted.add_argument("--cpu-smoke", action="store_true", help="small sizes, no GPU, nothing written")
    wanted.add_argument("--sanitize", action="store_true", help="the tests under compute-sanitizer first: many minutes")
    wanted.add_argument("--out", type=Path, help="folder for the JSON file and the table")
    given = wanted.parse_args()
    prepared = golden("cpu") if given.cpu_smoke else checked_on_device() + golden("cuda")
    sanitizer = sanitized() if given.sanitize else {}
    rows, failed = [], prepared + [f"{tool}: {said}" for tool, said in sanitizer.items() if said != CLEAN]
    for script, full, smoke in CASES:
        if not (HERE / "cases" / f"{script}.py").exists():
            print(f"{script}: no such case here", file=sys.stderr)
            continue
        for arguments in smoke if given.cpu_smoke else full:
            done = subprocess.run(
                [sys.executable, str(HERE / "cases" / f"{script}.py"), *arguments], capture_output=True, text=True
            )
            rows += [json.loads(line) for line in done.stdout.splitlines() if line.startswith("{")]
            if done.returncode:
                failed.append(f"{script} {' '.join(arguments)}:\n{done.stderr[-2000:]}")
    result = {
        "when": datetime.now(UTC).date().isoformat(),
        "machine": machine(),
        "sanitizer": sanitizer,
        "rows": rows,
        "failed": failed,
    }
    print(table(rows))
    if given.out and not given.cpu_smoke:
        given.out.mkdir(parents=True, exist_ok=True)
        name = f"{result['machine']['gpu'] or 'cpu'} {result['when']}".replace(" ", "-").lower()
        (given.out / f"{name}.json").write_text(json.dumps(result, indent=1) + "\n", encoding="utf-8")
        (given.out / f"{name}.txt").write_text(table(rows) + "\n", encoding="utf-8")
    for problem in failed:
        print(f"FAILED {problem}", file=sys.stderr)
    return 1 if failed else 0


def checked_on_device() -> list[str]:
    """Empty, or what the tests marked `gpu` say: nothing is timed that is not right. Tests that skip checked nothing."""
    done = subprocess.run([*TESTS, "-rs"], capture_output=True, text=True)
    return [] if done.returncode == 0 and " passed" in done.stdout else [done.stdout[-4000:] or done.stderr[-4000:]]


def golden(device: str) -> list[str]:
    """Empty, or where a verification on this device is not the golden one."""
    done = subprocess.run([sys.executable, str(HERE / "golden.py"), "--device", device], capture_output=True, text=True)
    return [] if done.returncode == 0 else [f"golden.py --device {device}:\n{(done.stdout or done.stderr)[-4000:]}"]


def sanitized() -> dict[str, str]:
    """Tool of compute-sanitizer → `CLEAN`, or what it says of the tests marked `gpu`.

    Without torch's pool, in which an access beyond a tensor would land in another one and pass.
    """
    program = shutil.which("compute-sanitizer") or shutil.which("compute-sanitizer", path="/usr/local/cuda/bin")
    if program is None:
        return {"compute-sanitizer": "not found; it comes with the CUDA toolkit"}
    bare = {**os.environ, "PYTORCH_NO_CUDA_MEMORY_CACHING": "1"}
    found = {}
    for tool in ("memcheck", "racecheck", "synccheck"):
        command = [program, "--tool", tool, "--error-exitcode", "9", *TESTS]
        done = subprocess.run(command, capture_output=True, text=True, env=bare)
        found[tool] = CLEAN if done.returncode == 0 and " passed" in done.stdout else done.stdout[-4000:]
    return found


def machine() -> dict[str, Any]:
    """Names and versions that a number depends on."""
    import torch

    gpu = torch.cuda.get_device_name() if torch.cuda.is_available() else None
    return {"gpu": gpu, "cuda": torch.version.cuda, "cpu": platform.processor() or platform.machine(), **versions()}


def versions() -> dict[str, str]:
    found = {}
    for package in PACKAGES:
        try:
            found[package] = version(package)
        except PackageNotFoundError:
            continue
    return found


def table(rows: list[dict[str, Any]]) -> str:
    """One line a row; where bytes are known, GB/s and the share of the copy ceiling of the same device."""
    ceilings = {row["device"]: row["gb_per_second"] for row in rows if row["case"] == "ceiling.copy"}
    lines = []
    for row in rows:
        shown = {name: value for name, value in row.items() if name not in ("case", "cpu", "gpu", "seconds", "bytes")}
        if "seconds" in row:
            shown["ms"] = f"{row['seconds'] * 1e3:.3f}"
        if row.get("bytes") and row.get("device") in ceilings:
            rate = row["bytes"] / row["seconds"] / 1e9
            shown |= {"GB/s": f"{rate:.1f}", "of_ceiling": f"{rate / ceilings[row['device']]:.0%}"}
        lines.append(f"{row['case']:28} " + "  ".join(f"{name} {value}" for name, value in shown.items()))
    return "\n".join(lines)


if __name__ == "__main__":
    sys.exit(main())
