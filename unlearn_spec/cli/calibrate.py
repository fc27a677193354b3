"""`unlearn-spec calibrate`: how often the verdicts are wrong, on models whose truth is known."""

from __future__ import annotations

import sys
from pathlib import Path


def calibrate(
    out: Path, seeds: int, first_seed: int, slice: str, workers: int, policy: Path | None, specimens: tuple[str, ...],
    finished: bool,
) -> int:  # fmt: skip
    """Judges the specimens of `seeds` worlds from `first_seed` on and writes `calibration.md` and `results.json` in `out`.

    With `finished` nothing is made: the table is written from the seeds that are. Exit status: 0 every gate met, 1 one is
    not, 2 unusable input, 3 one is not measured and none is worse.
    """
    from ..calibration.bench import POLICY, shipped
    from ..calibration.page import page
    from ..calibration.run import Setup, judged, table
    from ..calibration.run import calibrate as run
    from ..evidence.canonical import EvidenceError
    from ..plan.bindings import BindingError
    from ..policy.load import PolicyError
    from ..run.executor import RunError
    from ..run.seal import write_whole
    from ..verifiers.items import ItemError
    from ..verifiers.subjects import SubjectError
    from ..verifiers.zoo import ZooError

    numbers = tuple(range(first_seed, first_seed + seeds))
    setup = Setup(out, policy or shipped(POLICY), slice, specimens)
    try:
        if not finished:
            run(setup, numbers, workers=workers, progress=lambda line: print(line, flush=True))
        found = table(setup, judged(setup, numbers))
        write_whole(out / "results.json", (found.model_dump_json(indent=1) + "\n").encode())
        write_whole(out / "calibration.md", page(found).encode())
    except PolicyError as error:
        lines = [f"{f.spans[0].file}:{f.spans[0].line}:{f.spans[0].column}: {f.code} {f.message}" for f in error.findings]
    except KeyError as error:
        lines = [f"there is no specimen {error}"]
    except (BindingError, EvidenceError, ItemError, OSError, RunError, SubjectError, ZooError) as error:
        lines = str(error).splitlines()
    except KeyboardInterrupt:
        sys.stderr.write(f"interrupted; the same command goes on with {out}\n")
        return 130
    else:
        for gate in found.gates:
            print(f"{gate.state.replace('_', ' '):12}  {gate.gate.replace('_', '-'):10}  {gate.about}: {gate.found}")
        print(f"written: {out / 'calibration.md'}, {out / 'results.json'}")
        states = {gate.state for gate in found.gates}
        return 1 if "not_met" in states else 3 if "not_measured" in states else 0
    for line in lines:
        sys.stderr.write(f"error: {line}\n")
    return 2
