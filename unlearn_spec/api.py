"""The commands as functions: the same work, with typed results instead of text and exit codes.

`unlearn_spec.check`, `.diff`, `.test`, `.plan`, `.verify`, `.report` and `.overlap` are these; `check` takes `Options`.
Each imports what it needs when it is called.
"""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from .rules.check import check
from .rules.options import Options

if TYPE_CHECKING:
    from .plan.model import Plan
    from .report.model import Report
    from .rules.diff_result import DiffResult
    from .rules.policy_tests import TestRun
    from .run.verify import RunResult
    from .verifiers.forms import Form
    from .verifiers.verbatim import Verbatim

__all__ = ["Options", "check", "diff", "overlap", "plan", "report", "test", "verify"]


def diff(before: str | Path, after: str | Path, *, no_weaker: bool = False, effort: int | None = None) -> DiffResult:
    """Whether the later policy is equivalent, stricter, weaker or incomparable, with worlds that show it.

    Mistakes in the files are findings of the result; nothing is raised for them.
    """
    from .rules.diff import diff as run

    return run(before, after, no_weaker=no_weaker, effort=effort)


def test(path: str | Path, *, effort: int | None = None) -> TestRun:
    """Run the policy tests in a file. Mistakes in the file are findings of the result; nothing is raised for them."""
    from .rules.policy_tests import run_tests

    return run_tests(path, effort=effort)


def plan(policy: str | Path, bindings: str | Path) -> Plan:
    """What a verification would measure. Clauses with an error of the checker are in `missing`, as rejected.

    Raises `PolicyError` or `BindingError`.
    """
    from .plan.bindings import load_bindings
    from .plan.obligations import make_plan
    from .policy.load import load
    from .rules.check import check_document
    from .run.verify import blocked

    document = load(policy)
    bound = load_bindings(Path(bindings), document.policy)
    return make_plan(document, bound, blocked(check_document(document).findings, document.policy))


def verify(
    policy: str | Path,
    bindings: str | Path,
    out: str | Path,
    *,
    workers: int | None = None,
    device: str | None = None,
    progress: bool = False,
) -> RunResult:
    """Verify the bound models against the policy in the run folder `out`, or go on with the run it holds.

    Raises `PolicyError`, `BindingError`, `SubjectError`, `ItemError`, `RunError` or `EvidenceError`.
    """
    from .run.verify import verify as run

    return run(Path(policy), Path(bindings), Path(out), workers=workers, device=device, progress=progress)


def report(run: str | Path) -> Report:
    """The report of a finished verification, from its run folder. Raises `ReportError`."""
    from .cli.report import load

    return load(Path(run))


def overlap(
    answers: str | Path, corpus: str | Path | Sequence[str | Path], *, least: int = 13, form: Form | None = None
) -> dict[str, Verbatim]:
    """How much of each item of a data file stands word for word in a text file or several, by id. Measures, concludes nothing.

    Looked for is an item's answer, or else its suffix or text. `least`: the shortest run that counts, in words or
    characters of `form`. Raises `DataError`, `CorpusError`, or `ValueError` for `least` below 1.
    """
    from .cli.overlap import overlap as run

    return run(answers, [corpus] if isinstance(corpus, str | Path) else corpus, least=least, form=form)
