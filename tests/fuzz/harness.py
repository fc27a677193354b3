"""Coverage-guided fuzzing of loader and checker. Not part of the test run; by command, with atheris installed:

    python tests/fuzz/harness.py -runs=100000 -max_len=4096 CORPUS_DIR

The bytes that libFuzzer finds are either the file itself (first byte even) or the source of choices for structured damage
(`mutations.py`). A broken promise (`checked.py`) ends the run, and libFuzzer keeps the bytes. On Python 3.11 the wheel of
atheris 3.0 runs as it is; instrumentation covers `unlearn_spec.policy` and `unlearn_spec.rules`.
"""

from __future__ import annotations

import sys
import tempfile
from pathlib import Path
from random import Random

import atheris

sys.path.insert(0, str(Path(__file__).parent))

with atheris.instrument_imports(include=["unlearn_spec.policy", "unlearn_spec.rules"]):
    from checked import answer
    from mutations import damaged

FILE = Path(tempfile.mkdtemp(prefix="unlearn-spec-fuzz-")) / "p.yaml"


def one(raw: bytes) -> None:
    solved = len(raw) > 1 and raw[1] % 8 == 0  # the solver takes most of the time and is not instrumented
    answer(raw[2:] if not raw or raw[0] % 2 == 0 else damaged(Random(raw)), FILE, solver=solved)


if __name__ == "__main__":
    atheris.Setup(sys.argv, one)
    atheris.Fuzz()
