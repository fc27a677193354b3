"""`unlearn-spec demo`: the whole way, from a policy to four reports, on models made on the spot."""

from __future__ import annotations

import sys
from pathlib import Path


def demo(out: Path, workers: int = 2) -> int:
    """Builds the small world under `out` (or reuses it), checks two policies, verifies four subjects, writes reports.

    Exit status: 0 when everything was made, whatever the verdicts; 2 when something could not be.
    """
    from ..demo import SUBJECTS, make_pack
    from ..evidence.canonical import EvidenceError
    from ..report.render import render
    from ..report.text import table
    from ..rules.check import check
    from ..rules.terminal import visible
    from ..run.executor import LocalExecutor, RunError
    from ..run.seal import write_whole
    from ..run.verify import verify
    from ..verifiers.subjects import SubjectError
    from ..verifiers.zoo import ZooError

    def tell(line: str = "") -> None:
        print(line, flush=True)

    try:
        tell("1. A small world: people who do not exist, and models trained on them here")
        pack = make_pack(out, workers=workers, progress=lambda line: tell(f"   {line}"))

        tell("\n2. Two policies, checked before anything is measured")
        for policy in (pack.defective, pack.policy):
            result = check(policy)
            tell(f"   unlearn-spec check {policy}")
            for finding in result.findings:
                mark = f" (accepted: {finding.accepted})" if finding.accepted else ""
                tell(f"     {finding.severity}[{finding.code}] {finding.message}{mark}")
            tell(f"     → {result.summary}")

        tell("\n3. Four ways of treating the model, verified against the sound policy")
        reports = {}
        with LocalExecutor(workers) as executor:
            for subject, words in SUBJECTS.items():
                tell(f"   {subject}: {words}")
                folder = pack.runs / subject
                run = verify(pack.policy, pack.bindings[subject], folder, executor=executor, progress=True)
                reports[subject] = run.report
                write_whole(out / f"report-{subject}.html", render(run.report, "html").encode())
    except BrokenPipeError:  # the reader of what is told has left
        raise
    except (EvidenceError, RunError, SubjectError, ZooError, OSError) as error:
        sys.stderr.write(f"error: {visible(str(error))}\n")
        return 2

    tell()
    tell(table(reports))
    tell("Removal is never “supported” by tests: they can find that it failed, not that it worked.")
    tell("\nReports, one file each, for a browser or a printer:")
    for subject in SUBJECTS:
        tell(f"   {out / f'report-{subject}.html'}")
    tell(f"\nOnce more as text:  unlearn-spec report {pack.runs / 'filtered'} --format text")
    return 0
