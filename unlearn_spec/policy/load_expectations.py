"""From a test file to `Expectations`: typed, with spans, for the policy it names; or every mistake of the file at once."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from pathlib import Path as FilePath
from typing import Any, Final, get_args

from msgspec.structs import replace
from pydantic import ValidationError

from ..finding import Finding, Span
from ..record import Record
from .expectations import MEASURES, WRITTEN, Rates, RatesUnder, TestFile, WorldAsTold
from .load import Document, PolicyError, findings_in_order, load
from .model import Policy
from .problem import Problem, did_you_mean, shown
from .read import read_file
from .shapes import misshapen
from .source import Path, Source
from .vocabulary import Access, Asked

VERSION: Final = "1.0"
_ABOUT: Final = {
    "world": "world: {…}",
    "expect": "expect: {a-clause: pass}",
    "expect_check": "expect_check: [C001@a-clause, not A010]",
    "expect_diff": "expect_diff: {against: older.yaml, is: stricter}",
}


class Expectations(Record):
    """A test file that is well formed, the policy that it is about, and where its words stand."""

    file: TestFile
    document: Document
    source: Source

    def beside(self, path: str) -> FilePath:
        """A path that the file names: relative to its own folder."""
        return FilePath(self.source.file).parent / path

    def span(self, path: Path) -> Span:
        return self.source.value(path)


def load_expectations(path: str | FilePath) -> Expectations:
    """Load a test file and the policy it names. Raises `PolicyError`, for mistakes of the policy too."""
    reading = read_file(path, "unlearn_spec_test")
    data, source = reading.data, reading.source
    if not isinstance(data, dict):
        raise PolicyError(reading.findings)
    problems: list[Problem] = list(_version(data))
    if problems:
        raise PolicyError(findings_in_order(problems, reading))
    file: TestFile | None = None
    try:
        file = TestFile.model_validate(data)
    except ValidationError as error:
        problems += map(_with_example, misshapen(error, data, TestFile))
    document: Document | None = None
    elsewhere: tuple[Finding, ...] = ()
    if isinstance(data.get("policy"), str):
        try:
            document = load(FilePath(path).parent / data["policy"])
        except PolicyError as error:
            elsewhere = error.findings
    if file is not None:
        problems += _form(file)
        if document is not None:
            problems += _names(file, document.policy)
    findings = (*findings_in_order(problems, reading), *elsewhere)
    if findings or file is None or document is None:
        raise PolicyError(findings)
    return Expectations(file, document, source)


def _with_example(problem: Problem) -> Problem:
    """A field of the wrong shape, with one of the right; one value where a list is due is told as such where that may be all."""
    path = problem.path
    if problem.code != "S006" or not problem.message.startswith("expected a "):
        return problem
    block = str((path[3:4] if path[2:3] == ("world",) and len(path) > 3 else path[2:3] or ("",))[0])
    listed = bool(problem.snippet) and block not in ("items", "means", "removed", "influenced", "membership", "served", "excluded")
    example = (WRITTEN | _ABOUT).get(block, "")
    if not example or listed:
        return problem
    return replace(problem, fix="write it like this", snippet=example, value="")


def _version(data: dict[str, Any]) -> Iterator[Problem]:
    version = data.get("unlearn_spec_test")
    if version is None and "unlearn_spec" in data:
        text = "this is a policy, not a test file; give it to `check`, or name it as `policy` in a test file"
        yield Problem("S008", ("unlearn_spec",), text, at_key=True)
    elif isinstance(version, str) and version.partition(".")[0] != VERSION.partition(".")[0]:
        text = f'`{shown(version)}` is no version of test files that this program reads; this is "{VERSION}"'
        yield Problem("S008", ("unlearn_spec_test",), text, fix="write", snippet=f'unlearn_spec_test: "{VERSION}"')


# --- what the types cannot say ---------------------------------------------------------------------------------------


def _form(file: TestFile) -> Iterator[Problem]:
    if not file.tests:
        yield Problem("S002", ("tests",), "this file has no tests: nothing would be tested", fix="add one")
    names: dict[str, int] = {}
    for i, test in enumerate(file.tests):
        path: Path = ("tests", i)
        if test.name in names:
            first = (("tests", names[test.name], "name"), "the first")
            yield Problem("S004", (*path, "name"), f"a second test is called `{shown(test.name)}`", related=(first,))
        names.setdefault(test.name, i)
        if not (test.expect or test.expect_check or test.expect_diff):
            yield Problem(
                "S002", path, f"test `{shown(test.name)}` expects nothing", fix="add", snippet="expect: {…: pass}"
            )
        if test.expect and test.world is None:
            text = f"test `{shown(test.name)}` has no `world` for what it expects"
            yield Problem("S002", path, text, fix="add", snippet="world: {…}")
        if test.world is not None:
            if not test.expect:
                yield Problem(
                    "S002", path, f"test `{shown(test.name)}` expects nothing of its world", snippet="expect: {…: pass}"
                )
            for j, mean in enumerate(test.world.means):
                if sum(getattr(mean, word) is not None for word in MEASURES) != 1:
                    text = "a mean says exactly one of " + ", ".join(f"`{word}`" for word in MEASURES)
                    yield Problem("S002", (*path, "world", "means", j), text)


def _names(file: TestFile, policy: Policy) -> Iterator[Problem]:
    for i, test in enumerate(file.tests):
        for name, answer in test.expect.items():
            yield from _one(("tests", i, "expect", name), name, _ids(policy), "clause or claim", at_key=True)
            if answer == "not_applicable" and name in {claim.id for claim in policy.claims}:
                text = "a claim always applies: it must follow in every situation"
                yield Problem("S006", ("tests", i, "expect", name), text)
        if test.world is not None:
            yield from _world(test.world, ("tests", i, "world"), policy)


def _ids(policy: Policy) -> frozenset[str]:
    return frozenset(entry.id for entry in (*policy.clauses, *policy.claims))


def _world(world: WorldAsTold, path: Path, policy: Policy) -> Iterator[Problem]:
    yield from _situations(world, path, policy)
    yield from _rates_told(world, path, policy)
    yield from _of_artifacts(world, path, policy)
    for name in world.governed:
        clauses = [clause.id for clause in policy.clauses]
        yield from _one((*path, "governed", name), name, clauses, "clause", at_key=True)
    for name in world.harmful_use:
        yield from _one((*path, "harmful_use", name), name, policy.information, "information set", at_key=True)


def _situations(world: WorldAsTold, path: Path, policy: Policy) -> Iterator[Problem]:
    for i, name in enumerate(world.situations):
        yield from _one((*path, "situations", i), name, policy.situations, "situation")
    for group in policy.exclusive:
        if len(set(world.situations).intersection(group)) > 1:
            text = "the policy says that these exclude each other: " + ", ".join(group)
            yield Problem("S006", (*path, "situations"), text)


def _rates_told(world: WorldAsTold, path: Path, policy: Policy) -> Iterator[Problem]:
    for i, items in enumerate(world.items):
        here: Path = (*path, "items", i)
        for j, name in enumerate(items.in_):
            yield from _one((*here, "in", j), name, policy.information, "information set")
        yield from _cells(items, here, policy)
        for word, part in (("before", items.before), ("reference", items.reference)):
            if part is not None:
                yield from _cells(part, (*here, word), policy)
        for store in items.stored:
            yield from _one((*here, "stored", store), store, policy.artifacts, "artifact", at_key=True)
    for i, mean in enumerate(world.means):
        here = (*path, "means", i)
        yield from _set_and_artifact(here, mean.of, mean.in_, policy)
        if mean.under is not None:
            yield from _one((*here, "under"), mean.under, _ids(policy), "clause or claim")


def _of_artifacts(world: WorldAsTold, path: Path, policy: Policy) -> Iterator[Problem]:
    sets, artifacts = policy.information, policy.artifacts
    cells = [("removed", i, entry.of, entry.in_) for i, entry in enumerate(world.removed)]
    cells += [("influenced", i, entry.of, entry.in_) for i, entry in enumerate(world.influenced)]
    cells += [("membership", i, entry.of, entry.in_) for i, entry in enumerate(world.membership)]
    for block, i, of, where in cells:
        yield from _set_and_artifact((*path, block, i), of, where, policy)
    for artifact, used in world.used.items():
        yield from _one((*path, "used", artifact), artifact, artifacts, "artifact", at_key=True)
        for i, name in enumerate(used):
            yield from _one((*path, "used", artifact, i), name, policy.methods or {}, "method")
    for store, kept in world.stored.items():
        yield from _one((*path, "stored", store), store, artifacts, "artifact", at_key=True)
        for name in kept:
            yield from _one((*path, "stored", store, name), name, sets, "information set", at_key=True)
    for block, named in (("finished", world.finished), ("destroyed", world.destroyed)):
        for name in named:
            yield from _one((*path, block, name), name, artifacts, "artifact", at_key=True)
    for i, served in enumerate(world.served):
        yield from _one((*path, "served", i, "of"), served.of, sets, "information set")
        for word, name in (("by", served.by), ("from", served.from_)):
            yield from _one((*path, "served", i, word), name, artifacts, "artifact")
    for i, excluded in enumerate(world.excluded):
        yield from _one((*path, "excluded", i, "of"), excluded.of, sets, "information set")
        yield from _one((*path, "excluded", i, "from"), excluded.from_, artifacts, "artifact")


def _set_and_artifact(path: Path, of: str, where: str, policy: Policy) -> Iterator[Problem]:
    yield from _one((*path, "of"), of, policy.information, "information set")
    yield from _one((*path, "in"), where, policy.artifacts, "artifact")


def _cells(rates: Rates, path: Path, policy: Policy) -> Iterator[Problem]:
    for family in ("reveals", "knows", "answers", "answers_at_worst", "corrects"):
        for artifact, levels in getattr(rates, family).items():
            here: Path = (*path, family, artifact)
            yield from _one(here, artifact, policy.artifacts, "artifact", at_key=True)
            for access, asked in levels.items():
                yield from _one((*here, access), access, get_args(Access), "access level", at_key=True)
                for probe in asked:
                    yield from _one((*here, access, probe), probe, get_args(Asked), "way of asking", at_key=True)
    if isinstance(rates, RatesUnder):
        for name, inner in rates.under.items():
            yield from _one((*path, "under", name), name, _ids(policy), "clause or claim", at_key=True)
            yield from _cells(inner, (*path, "under", name), policy)


def _one(path: Path, name: str, known: Iterable[str], kind: str, *, at_key: bool = False) -> Iterator[Problem]:
    names = sorted(known)
    if name not in names:
        text = f"no {kind} called `{shown(name)}`{did_you_mean(name, names)}"
        yield Problem("S004", path, text, at_key=at_key, fix="use a name of the policy")
