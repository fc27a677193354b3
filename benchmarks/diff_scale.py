"""How `unlearn-spec diff` grows with the policy and with what changed: seconds of the whole process, and whether it found the changes.

    python benchmarks/diff_scale.py [clauses ...] [--families frag hub models] [--repeat N]

The later version loosens every second limit on what may be revealed of a policy of `check_scale.py`. Each of these clauses, and
no other, must be told as one that asks for less.
"""

from __future__ import annotations

import argparse
import os
import platform
import re
import subprocess
import sys
import tempfile
import time
from itertools import count
from pathlib import Path

from check_scale import FAMILIES, policy

LIMIT = re.compile(r"(?<=at_most: ')[0-9.]+(?=%')")


def loosened(text: str) -> tuple[str, int]:
    """The policy with every second limit half as high again, and how many those are."""
    place, changed = count(), 0

    def half_as_high_again(found: re.Match[str]) -> str:
        nonlocal changed
        if next(place) % 2:
            return found[0]
        changed += 1
        return f"{float(found[0]) * 1.5:g}"

    return LIMIT.sub(half_as_high_again, text), changed


def measured(before: Path, after: Path) -> tuple[float, str, int]:
    """Seconds, the answer, and how many clauses are told to ask for less."""
    started = time.perf_counter()
    command = [sys.executable, "-m", "unlearn_spec", "diff", str(before), str(after)]
    told = subprocess.run(command, capture_output=True, text=True, check=True).stdout.rstrip()
    return time.perf_counter() - started, told.rpartition(" ")[2], told.count("info[D001]")


def main(arguments: list[str]) -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("sizes", nargs="*", type=int, default=[50, 100, 200])
    parser.add_argument("--families", nargs="+", choices=FAMILIES, default=["frag", "hub", "models"])
    parser.add_argument("--repeat", type=int, default=1, help="runs of which the fastest counts")
    chosen = parser.parse_args(arguments)
    print(f"Python {platform.python_version()}, {platform.system()} {platform.machine()}, {os.cpu_count()} cores")
    print("| family | clauses | changed | seconds | × the first | as expected |")
    print("|---|---:|---:|---:|---:|---|")
    wrong, first = 0, 0.0
    with tempfile.TemporaryDirectory() as scratch:
        before, after = Path(scratch, "before.yaml"), Path(scratch, "after.yaml")
        for family in chosen.families:
            for size in chosen.sizes:
                text = policy(family, size, conflicts=False).text
                later, changed = loosened(text)
                before.write_text(text, encoding="utf-8")
                after.write_text(later, encoding="utf-8")
                seconds, answer, told = min(measured(before, after) for _ in range(chosen.repeat))
                first = first or seconds
                right = (answer, told) == ("weaker", changed)
                wrong += not right
                ratio = seconds / first
                print(f"| {family} | {size:,} | {changed:,} | {seconds:.1f} | {ratio:.1f} | {'yes' if right else 'NO'} |", flush=True)
    return 1 if wrong else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
