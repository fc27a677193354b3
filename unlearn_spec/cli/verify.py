"""`unlearn-spec verify`: measures, concludes, prints the report; the run folder keeps everything."""

from __future__ import annotations

import sys
from pathlib import Path

from ..verdict.model import Outcome

EXIT: dict[Outcome, int] = {
    "violated": 1,
    "rejected": 1,
    "inconclusive": 3,
    "not_testable": 3,
    "not_tested": 3,
    "not_falsified": 0,
    "supported": 0,
}


def verify(policy: Path, bindings: Path, out: Path, workers: int | None = None, device: str | None = None) -> int:
    """Verifies into the run folder `out`, or goes on with the run in it, and prints the report as text.

    Exit status: 0 every clause supported or not falsified; 1 a clause violated or rejected; 2 unusable input, with what
    is wrong on standard error; 3 something undetermined, and nothing worse.
    """
    from ..evidence.canonical import EvidenceError
    from ..plan.bindings import BindingError
    from ..plan.data import DataError
    from ..policy.load import PolicyError
    from ..report.model import ReportError
    from ..report.render import render
    from ..report.wording import visible
    from ..run.executor import RunError
    from ..run.verify import verify as run
    from ..verifiers.items import ItemError
    from ..verifiers.subjects import SubjectError

    try:
        result = run(policy, bindings, out, workers=workers, device=device, progress=True)
        text = render(result.report, "text")
    except PolicyError as error:
        lines = [f"{f.spans[0].file}:{f.spans[0].line}:{f.spans[0].column}: {f.code} {f.message}" for f in error.findings]
    except (BindingError, DataError, EvidenceError, ItemError, ReportError, RunError, SubjectError) as error:
        lines = str(error).splitlines()
    except KeyboardInterrupt:
        sys.stderr.write(f"interrupted; the same command goes on with {visible(str(out))}\n")
        return 130
    else:
        sys.stdout.write(text)
        return EXIT[result.report.overall]
    for line in lines:
        sys.stderr.write(f"error: {visible(line)}\n")
    return 2
