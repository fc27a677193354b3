"""Check one policy: load it, ask every question about it in order, mark what it accepts."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from contextlib import AbstractContextManager, contextmanager
from dataclasses import dataclass, field
from datetime import date
from pathlib import Path
from typing import Unpack

from msgspec.structs import replace

from ..finding import Finding
from ..policy.load import Document, PolicyError, load, load_text
from ..policy.read import unread
from ..policy.source import Source
from .absolutes import absolute_findings
from .accept import marked
from .cycles import forced_equal
from .leftovers import leftover_findings
from .legal import legal_findings
from .names import name_findings
from .options import DEFAULT, Keywords, Options
from .released import released_findings
from .schema import schema_findings
from .semantic import SemanticResult
from .testability import testability_findings
from .wording import count, listed

AXIOMS = "AX1–AX16, K1–K5, P3, P4, C1"
"""The axioms every question assumes, as the summary names them. P1 and P2 only warn."""
SHOWN_BY = {"T001": "AX11", "T002": "AX11", "T003": "AX11", "T005": "AX13"}
"""Findings by arithmetic, with the axiom that each stands on."""


@dataclass(frozen=True)  # no `Record`: not all of it is compared
class CheckResult:
    """What the checker has to say about one file."""

    file: str
    language: str
    """Version of the language the file is written in; empty if the file could not be read that far."""
    findings: tuple[Finding, ...]
    """In the order of the passes; accepted ones included."""
    clauses_evaluated: int
    consistent: bool = False
    """Every question about contradictions was asked, about every clause, and none was found."""
    without: tuple[str, ...] = ()
    """Axioms left out on request."""
    notes: tuple[str, ...] = ()
    """Remarks that are no findings: `accept` entries without effect."""
    second_opinion: str | None = None
    """How far a second solver agreed, if it was asked."""
    source: Source | None = field(default=None, repr=False, compare=False)
    """The text, for excerpts."""

    @property
    def exit_code(self) -> int:
        """0 clean; 1 an error; 2 a file or schema error, or nothing evaluated; 3 something undetermined."""
        errors = [finding.code[0] for finding in self.findings if finding.severity == "error"]
        if any(family in "YS" for family in errors):
            return 2
        if errors:
            return 1
        if any(finding.severity == "undetermined" for finding in self.findings):
            return 3
        return 0 if self.clauses_evaluated else 2

    @property
    def counts(self) -> dict[str, int]:
        """Number of findings by severity; accepted ones are counted apart."""
        tally = Counter("accepted" if finding.accepted else finding.severity for finding in self.findings)
        return {word: tally[word] for word in ("error", "warning", "info", "undetermined", "accepted")}

    @property
    def summary(self) -> str:
        """One line: how many findings, how many clauses, and what "no contradiction" stands on, where it is true."""
        nouns = {"error": "error", "warning": "warning", "info": "note", "undetermined": "undetermined"}
        found = [
            f"{number:,} {noun}" if word == "undetermined" else count(number, noun)
            for word, noun in nouns.items()
            if (number := self.counts[word])
        ]
        if self.counts["accepted"]:
            found.append(f"{self.counts['accepted']:,} accepted")
        parts = [", ".join(found) or "no findings", f"{count(self.clauses_evaluated, 'clause')} evaluated"]
        evidence_missing = any(finding.code == "C007" for finding in self.findings)  # the clauses hold together, but not with it
        if self.consistent and not evidence_missing:
            left_out = f" without {listed(self.without)}" if self.without else ""
            parts.append(f"no contradiction found under axioms {AXIOMS}{left_out} and the declared facts")
        if self.second_opinion is not None:
            parts.append(self.second_opinion)
        return " · ".join(parts)


def check(path: str | Path, options: Options = DEFAULT, **keywords: Unpack[Keywords]) -> CheckResult:
    """Check the policy file at `path`. Mistakes in the file are findings; nothing is raised for them.

    The fields of `Options` can be given by keyword too: `check("policy.yaml", without=["AX6"], worlds=True)`.
    Raises `ValueError` for an axiom that cannot be left out or an effort below 1, `SecondSolverMissing` if there is no
    second solver to ask, `OSError` if the questions cannot be written.
    """
    asked = options.but(**keywords)
    try:
        document = load(path)
    except PolicyError as error:
        return _unreadable(str(path), error, unread(str(path)))
    return check_document(document, asked)


def check_text(
    text: str, file: str = "<policy>", options: Options = DEFAULT, **keywords: Unpack[Keywords]
) -> CheckResult:
    """Like `check`, for a policy held as text; `file` is its name in messages."""
    asked = options.but(**keywords)
    try:
        document = load_text(text, file)
    except PolicyError as error:
        return _unreadable(file, error, Source(file, text, {}, {}))
    return check_document(document, asked)


def check_document(document: Document, options: Options = DEFAULT, **keywords: Unpack[Keywords]) -> CheckResult:
    """Like `check`, for a policy that is loaded."""
    from .feasibility import feasibility_findings

    options = options.but(**keywords)
    day = options.today or date.today()
    with _asking(document, options) as answer:  # of a large policy in a process of its own, which works meanwhile
        first = (*schema_findings(document, day), *forced_equal(document))
        untested = (f for f in testability_findings(document) if SHOWN_BY.get(f.code) not in options.without)
        next_to_it = (*absolute_findings(document), *leftover_findings(document), *untested)
        last = (*name_findings(document), *legal_findings(document))
        asked, opinion = answer()
    in_conflict = {name for found in asked.findings if found.code[0] == "C" for name in found.clauses}
    doubted = {name for found in asked.findings if found.code[0] == "M" for name in found.clauses}
    released = released_findings(document, doubted) if "AX4" not in options.without else ()
    feasible = feasibility_findings(document, day, in_conflict)
    found = (*first, *asked.findings, *released, *next_to_it, *feasible.findings, *last)
    findings, notes = marked(found, document.policy, day)
    if options.worlds:
        notes = (*notes, *_without_world(findings))
    return CheckResult(
        document.source.file,
        document.policy.unlearn_spec,
        findings,
        asked.clauses_evaluated,
        asked.consistent and asked.clauses_evaluated == len(document.policy.clauses),
        tuple(sorted(options.without)),
        (*notes, *feasible.notes) if options.solver else (),  # what an acceptance is for was perhaps not asked
        opinion,
        document.source,
    )


def _without_world(findings: Sequence[Finding]) -> Iterator[str]:
    """A remark on each finding that says there is a world and shows none."""
    for found in findings:
        if found.world is None and (found.code[0] == "M" or found.code in ("A010", "A011")):
            yield f"{found.code}, line {found.spans[0].line}: no world that shows it could be laid out and confirmed"


@contextmanager
def _asking(document: Document, options: Options) -> Iterator[Callable[[], tuple[SemanticResult, str | None]]]:
    """What the solver has to say, and what a second one says of that, where that is asked for."""
    if not options.solver:
        yield lambda: (SemanticResult((_no_solver(document),)), None)
    elif options.double_check or options.export is not None:
        yield lambda: _watched(document, options)
    else:
        with _semantics(document, options) as answer:
            yield lambda: (answer(), None)


def _semantics(document: Document, options: Options) -> AbstractContextManager[Callable[[], SemanticResult]]:
    from .passes import semantics  # loads the solver; not needed for a file that does not load

    limit = {} if options.effort is None else {"effort": options.effort}
    return semantics(document, without=frozenset(options.without), worlds=options.worlds, **limit)


def _watched(document: Document, options: Options) -> tuple[SemanticResult, str | None]:
    """Like `_semantics`, with the questions recorded, written down and put to a second solver, as is wished."""
    from ..logic.export import write
    from ..logic.second_solver import SecondSolverMissing, available, second_opinion
    from ..logic.smt import recording
    from .second_opinion import disagreement

    if options.double_check and not available():
        raise SecondSolverMissing
    with recording() as questions, _semantics(document, options) as answer:
        said = answer()
    if options.export is not None:
        write(questions, options.export)
    if not options.double_check:
        return said, None
    opinion = second_opinion(questions)
    return replace(said, findings=(*said.findings, *disagreement(document, opinion))), str(opinion)


def _no_solver(document: Document) -> Finding:
    return Finding(
        "X002",
        "undetermined",
        "not checked: whether the clauses can hold together, whether the claims follow, redundancy, open fields and "
        "coverage, since no solver was to be asked",
        (document.source.key(("clauses",)),),
    )


def _unreadable(file: str, error: PolicyError, source: Source) -> CheckResult:
    return CheckResult(file, "", error.findings, 0, source=source)
