"""`unlearn-spec calibrate`: how often the verdicts are wrong, on models whose truth is known."""

from __future__ import annotations

import sys
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, TypeVar

if TYPE_CHECKING:
    from pydantic import BaseModel

    from ..calibration.model import Gate

    Form = TypeVar("Form", bound=BaseModel)

SINGLE, MANY, PAGE = "results.json", "many.json", "calibration.md"
Line = tuple[str, str]
"""The state of a gate, and what is said of it."""


def calibrate(
    out: Path, seeds: int, first_seed: int, slice: str, workers: int, policy: Path | None, specimens: tuple[str, ...],
    finished: bool,
) -> int:  # fmt: skip
    """Judges the specimens of `seeds` worlds from `first_seed` on and writes `calibration.md` and `results.json` in `out`.

    With `finished` nothing is made: the table is written from the seeds that are. Exit status: 0 every gate met, 1 one is
    not, 2 unusable input, 3 one is not measured and none is worse.
    """
    from ..calibration.bench import POLICY, shipped
    from ..calibration.run import Setup, judged, table
    from ..calibration.run import calibrate as run
    from ..run.seal import write_whole

    numbers = tuple(range(first_seed, first_seed + seeds))

    def work() -> Sequence[Line]:
        setup = Setup(out, policy or shipped(POLICY), slice, specimens)
        if not finished:
            run(setup, numbers, workers=workers, progress=lambda line: print(line, flush=True))
        found = table(setup, judged(setup, numbers))
        write_whole(out / SINGLE, (found.model_dump_json(indent=1) + "\n").encode())
        return [_line(gate) for gate in found.gates]

    return _told(out, SINGLE, work)


def calibrate_many(out: Path, seeds: int, first_seed: int, slice: str, workers: int, finished: bool) -> int:
    """The same for several runs of processes and for endpoints, in `many.json`. An endpoint that comes to other verdicts
    than the folder with its weights counts as a gate that is not met."""
    from ..calibration_many.run import ManySetup, judged, table
    from ..calibration_many.run import calibrate as run
    from ..run.seal import write_whole

    numbers = tuple(range(first_seed, first_seed + seeds))

    def work() -> Sequence[Line]:
        setup = ManySetup(out, slice)
        if not finished:
            run(setup, numbers, workers=workers, progress=lambda line: print(line, flush=True))
        found = table(judged(setup, numbers))
        write_whole(out / MANY, (found.model_dump_json(indent=1) + "\n").encode())
        gates = [_line(gate, part.name) for part in found.parts for gate in part.gates]
        alike = [(part.name, part.alike) for part in found.parts if part.alike is not None]
        told = [
            (one.state, f"alike       {name}: {one.outcomes.k} of {one.outcomes.n} verdicts") for name, one in alike
        ]
        return [*gates, *told]

    return _told(out, MANY, work)


def _line(gate: Gate, part: str = "") -> Line:
    about = f"{part}, {gate.about}" if part else gate.about
    return gate.state, f"{gate.gate.replace('_', '-'):10}  {about}: {gate.found}"


def _told(out: Path, name: str, work: Callable[[], Sequence[Line]]) -> int:
    """Does the work, tells its gates, and writes the page; or says what is wrong."""
    from ..evidence.canonical import EvidenceError
    from ..plan.bindings import BindingError
    from ..policy.load import PolicyError
    from ..rules.terminal import visible
    from ..run.executor import RunError
    from ..verifiers.items import ItemError
    from ..verifiers.subjects import SubjectError
    from ..verifiers.zoo import ZooError

    try:
        gates = work()
        _write_page(out)
    except PolicyError as error:
        lines = [
            f"{f.spans[0].file}:{f.spans[0].line}:{f.spans[0].column}: {f.code} {f.message}" for f in error.findings
        ]
    except BrokenPipeError:  # the reader of what is told has left
        raise
    except (BindingError, EvidenceError, ItemError, OSError, RunError, SubjectError, ZooError) as error:
        lines = str(error).splitlines()
    except KeyboardInterrupt:
        sys.stderr.write(f"interrupted; the same command goes on with {out}\n")
        return 130
    else:
        for state, text in gates:
            print(f"{state.replace('_', ' '):12}  {text}")
        print(f"written: {out / PAGE}, {out / name}")
        states = {state for state, _ in gates}
        return 1 if "not_met" in states else 3 if "not_measured" in states else 0
    for line in lines:
        sys.stderr.write(f"error: {visible(line)}\n")
    return 2


def _write_page(out: Path) -> None:
    """From the tables that lie in the folder."""
    from ..calibration.model import Table
    from ..calibration.page import page
    from ..calibration_many.model import ManyTable
    from ..calibration_many.page import sections
    from ..run.seal import write_whole

    single, many = out / SINGLE, out / MANY
    more = sections(_table(ManyTable, many)) if many.is_file() else ""
    text = page(_table(Table, single), more) if single.is_file() else more
    write_whole(out / PAGE, text.encode())


def _table(form: type[Form], file: Path) -> Form:
    from pydantic import ValidationError

    from ..run.executor import RunError

    try:
        return form.model_validate_json(file.read_bytes())
    except ValidationError:
        raise RunError(f"{file}: is no table as `calibrate` writes it here; delete it, or write it anew") from None
