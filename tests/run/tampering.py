"""Changes one byte of a run folder at random and asks whether the audit tells; the long version of a test.

python tests/run/tampering.py RUN [--flips 1000] [--seed 1] [--key PUB]
"""

from __future__ import annotations

import argparse
import random
import shutil
import sys
import tempfile
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from unlearn_spec.run.audit import Held, audit


@dataclass(frozen=True)
class Flip:
    """One changed byte, and what the audit said."""

    file: str
    place: int
    exit_code: int
    step: str


def flips(run: Path, number: int, seed: int, held: Held | None = None, only: str = "*") -> Iterator[Flip]:
    """`number` single-byte changes of evidence, ledger, report, seal and signature, each made, audited and undone.

    Files are drawn evenly first and bytes within them second, so that the large ones do not hide the small.
    """
    drawn = random.Random(seed)
    files = sorted(path for path in run.rglob(only) if path.is_file())
    for _ in range(number):
        file = drawn.choice(files)
        before = file.read_bytes()
        place, change = drawn.randrange(len(before)), drawn.randrange(1, 256)
        after = bytearray(before)
        after[place] ^= change
        file.write_bytes(after)
        found = audit(run, held)
        file.write_bytes(before)
        yield Flip(str(file.relative_to(run)), place, found.exit_code, found.first.name if found.first else "")


def main() -> int:
    options = argparse.ArgumentParser(description=__doc__)
    options.add_argument("run", type=Path)
    options.add_argument("--flips", type=int, default=1000)
    options.add_argument("--seed", type=int, default=1)
    options.add_argument("--key", type=Path)
    chosen = options.parse_args()
    held = Held(keys=(chosen.key,)) if chosen.key else Held()
    with tempfile.TemporaryDirectory() as scratch:
        copy = Path(scratch) / "run"
        shutil.copytree(chosen.run, copy)
        found = list(flips(copy, chosen.flips, chosen.seed, held))
        untouched = audit(copy, held).exit_code
    caught = [flip for flip in found if flip.exit_code == 1]
    print(f"{len(caught)} of {len(found)} single-byte changes caught; the untouched copy: exit status {untouched}")
    print(", ".join(f"{step}: {number}" for step, number in Counter(flip.step for flip in caught).most_common()))
    for flip in found:
        if flip.exit_code != 1:
            print(f"not caught: {flip}")
    return 0 if len(caught) == len(found) and untouched == 0 else 1


if __name__ == "__main__":
    sys.exit(main())
