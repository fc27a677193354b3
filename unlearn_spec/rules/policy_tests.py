"""Run a file of policy tests: what is expected of clauses in worlds, of the checker's findings, of a comparison."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from datetime import date
from pathlib import Path as FilePath
from typing import Final, Literal

from ..finding import Finding, Span
from ..policy.expectations import PolicyTest
from ..policy.load import Document, PolicyError, load
from ..policy.load_expectations import Expectations, load_expectations
from ..policy.problem import Problem, did_you_mean, finding, shown
from ..policy.read import unread
from ..policy.source import Path, Source
from ..record import Record
from .codes import CODES
from .wording import count, listed

NOT_DECIDED = "undetermined"


class Outcome(Record):
    """One expectation and what was found."""

    about: str
    """A clause or claim, `check C001@clause`, or `diff`."""
    expected: str
    found: str
    span: Span
    turns_on: str = ""
    """For what is not shown against expectation: the fields of the world that would decide it."""

    @property
    def status(self) -> Literal["as_expected", "otherwise", "undetermined"]:
        if self.found == NOT_DECIDED:
            return "undetermined"
        return "as_expected" if self.found == self.expected else "otherwise"


class TestResult(Record):
    __test__ = False
    name: str
    outcomes: tuple[Outcome, ...]
    findings: tuple[Finding, ...] = ()
    """Why the test cannot be run: its world cannot be."""


@dataclass(frozen=True)  # no `Record`: not all of it is compared
class TestRun:
    """All tests of one file."""

    __test__ = False
    file: str
    policy: str
    results: tuple[TestResult, ...]
    findings: tuple[Finding, ...] = ()
    """Mistakes of the file, or of the policies that it names."""
    sources: tuple[Source, ...] = field(default=(), repr=False, compare=False)

    @property
    def exit_code(self) -> int:
        """0 all as expected; 1 some not; 2 an unusable file, an impossible world, or no tests; 3 undetermined."""
        statuses = [outcome.status for result in self.results for outcome in result.outcomes]
        if self.findings or any(result.findings for result in self.results) or not statuses:
            return 2
        return 1 if "otherwise" in statuses else 3 if "undetermined" in statuses else 0

    @property
    def summary(self) -> str:
        if self.findings:
            return f"{count(len(self.findings), 'mistake')} · 0 tests run"
        outcomes = [outcome for result in self.results for outcome in result.outcomes]
        many = {word: sum(o.status == word for o in outcomes) for word in ("as_expected", "otherwise", "undetermined")}
        parts = [
            count(len(self.results), "test"),
            f"{many['as_expected']:,} of {count(len(outcomes), 'expectation')} met",
        ]
        parts += [f"{many['undetermined']:,} undetermined"] if many["undetermined"] else []
        broken = sum(bool(result.findings) for result in self.results)
        parts += [f"{count(broken, 'world')} cannot be"] if broken else []
        return " · ".join(parts)


def run_tests(path: str | FilePath, *, effort: int | None = None) -> TestRun:
    """Run the tests in the file at `path`. Mistakes in the file are findings; nothing is raised for them."""
    try:
        expectations = load_expectations(path)
    except PolicyError as error:
        return _unusable(path, "", error.findings)
    try:
        others = _others(expectations)
    except PolicyError as error:
        return _unusable(path, expectations.file.policy, error.findings)
    if mistakes := tuple(finding(problem, expectations.source) for problem in _unknown_findings(expectations)):
        return _unusable(path, expectations.file.policy, mistakes)
    results = tuple(_run(expectations, i, test, others, effort) for i, test in enumerate(expectations.file.tests))
    sources = (expectations.source, expectations.document.source)
    return TestRun(str(path), expectations.file.policy, results, sources=sources)


def _unusable(path: str | FilePath, policy: str, findings: tuple[Finding, ...]) -> TestRun:
    names = dict.fromkeys(span.file for finding in findings for span in finding.spans)
    return TestRun(str(path), policy, (), findings, tuple(map(unread, names)))


DIFFERS: Final = "expect_diff: {against: older.yaml, is: stricter}"
_EXPECTED: Final = re.compile(r"(?:not )?(?P<code>[^@ ]+)(?:@(?P<clause>[^@ ]+))?")


def _unknown_findings(expectations: Expectations) -> Iterator[Problem]:
    """S004 for what `check` never says: else `not C01` would be met for ever."""
    ids = [entry.id for entry in (*expectations.document.policy.clauses, *expectations.document.policy.claims)]
    codes = [code for code in CODES if code[0] != "D"]
    for i, test in enumerate(expectations.file.tests):
        for j, written in enumerate(test.expect_check):
            path: Path = ("tests", i, "expect_check", j)
            told = _EXPECTED.fullmatch(written)
            if told is None or told["code"] not in codes:
                text = f"`{shown(written)}` is no finding of `check`; write one such as C001, C001@clause or not C001"
                if told is not None and told["code"] in CODES:
                    text = f"{told['code']} is a finding of `diff`, not of `check`"
                    yield Problem("S004", path, text, fix="say what the comparison comes to", snippet=DIFFERS)
                else:
                    yield Problem("S004", path, text, fix="name a code of the checker")
            elif told["clause"] is not None and told["clause"] not in ids:
                text = f"no clause or claim called `{shown(told['clause'])}`{did_you_mean(told['clause'], ids)}"
                yield Problem("S004", path, text, fix="use a name of the policy")


def _others(expectations: Expectations) -> dict[str, Document]:
    """The policies that comparisons name. Raises `PolicyError`."""
    names = [test.expect_diff.against for test in expectations.file.tests if test.expect_diff is not None]
    return {name: load(expectations.beside(name)) for name in dict.fromkeys(names)}


def _run(
    expectations: Expectations, i: int, test: PolicyTest, others: dict[str, Document], effort: int | None
) -> TestResult:
    path: Path = ("tests", i)
    found: list[Outcome] = []
    if test.world is not None:
        outcomes, impossible = _in_world(expectations, path, test, effort)
        if impossible is not None:
            return TestResult(test.name, (), (impossible,))
        found += outcomes
    found += _checked(expectations, path, test, effort)
    if test.expect_diff is not None:
        from .diff import diff_documents

        answer = diff_documents(others[test.expect_diff.against], expectations.document, effort=effort).answer
        span = expectations.span((*path, "expect_diff", "is"))
        told = f"diff against {test.expect_diff.against}"
        found.append(Outcome(told, test.expect_diff.is_, answer or NOT_DECIDED, span))
    return TestResult(test.name, tuple(found))


def _in_world(
    expectations: Expectations, path: Path, test: PolicyTest, effort: int | None
) -> tuple[list[Outcome], Finding | None]:
    from ..logic.encode import TooLarge
    from ..logic.smt import DEFAULT_EFFORT, Undecided
    from ..logic.told_world import as_world
    from ..logic.trial import trial
    from .turns_on import turns_on

    assert test.world is not None
    policy = expectations.document.policy
    found = trial(policy, as_world(policy, test.world), effort=effort or DEFAULT_EFFORT)
    outcomes = []
    try:
        core = found.contradiction
    except Undecided:
        core = ()
    if core:
        names = listed(dict.fromkeys(f"`{fact.name}`" if fact.kind != "measured" else fact.name for fact in core))
        spans = tuple(
            expectations.span((*path, "world", *fact.path))
            if fact.kind == "measured"
            else expectations.document.source.value(fact.path)
            for fact in core
        )
        together = {1: "cannot be true", 2: "cannot both be true"}.get(len(core), "cannot all be true")
        message = f"no world is as test `{test.name}` tells: {names} {together}"
        why = tuple(
            text
            for text, bears in (
                ("Every item of a set that `items` names must be listed.", any(fact.path[:1] == ("items",) for fact in core)),
                ("The policy's declared facts hold in every world.", any(fact.kind != "measured" for fact in core)),
            )
            if bears
        )
        return [], Finding("F001", "error", message, tuple(dict.fromkeys(spans)), why=why)
    for name, expected in test.expect.items():
        try:
            answer: str = found.answer(name)
        except (Undecided, TooLarge):
            answer = NOT_DECIDED
        asked = found.asked(name) if answer == "not_shown" != expected else None
        missing = "" if asked is None else turns_on(asked)
        outcomes.append(Outcome(name, expected, answer, expectations.span((*path, "expect", name)), missing))
    return outcomes, None


def _checked(expectations: Expectations, path: Path, test: PolicyTest, effort: int | None) -> Iterator[Outcome]:
    """`C001@clause`: there is such a finding; `not C001@clause`, `not C001`: there is none."""
    if not test.expect_check:
        return
    from .check import check_document

    findings = check_document(expectations.document, today=test.today or date.today(), effort=effort).findings
    given = {name for finding in findings for name in _names_of(finding)}
    for i, written in enumerate(test.expect_check):
        absent, name = written.startswith("not "), written.removeprefix("not ")
        words = ("not found", "found") if absent else ("found", "not found")
        answer = "found" if name in given else "not found"
        yield Outcome(f"check {name}", words[0], answer, expectations.span((*path, "expect_check", i)))


def _names_of(finding: Finding) -> Iterable[str]:
    return (finding.code, *(f"{finding.code}@{name}" for name in finding.clauses))
