"""Policy tests as written in `*.test.yaml`: worlds, and what is expected of a policy in them.

Loaded as strictly as policies: every mistake of the file at once, each at its place.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, replace
from fractions import Fraction
from pathlib import Path as FilePath
from typing import Annotated, Any, Final, Literal, get_args

from pydantic import BeforeValidator, Field, ValidationError
from pydantic_core import PydanticCustomError

from ..finding import Finding, Span
from .load import Document, PolicyError, findings_in_order, load
from .model import Frozen, Policy
from .problem import Problem, did_you_mean, shown
from .quantities import Count, Epsilon, IsoDate, Name, Share, Switch, read_days, read_share
from .read import read_file
from .shapes import misshapen
from .source import Path, Source
from .vocabulary import Access, Asked, Reference

VERSION: Final = "1.0"
Expected = Literal["pass", "fail", "not_shown", "not_applicable"]
Comparison = Literal["equivalent", "stricter", "weaker", "incomparable"]


def read_exact(value: Any) -> Fraction:
    """A share as in policies, or a ratio of whole numbers such as `"7/36"`. S005, S006 otherwise."""
    return _ratio(value) if isinstance(value, str) and "/" in value else read_share(value)


def read_day(value: Any) -> Fraction:
    """A duration as in policies, or days as a ratio: `"7/2 days"`. S005 otherwise."""
    if isinstance(value, str) and "/" in value and value.endswith((" days", " day")):
        return _ratio(value.rpartition(" ")[0], most=None)
    return read_days(value)


def _ratio(text: str, most: int | None = 1) -> Fraction:
    over, _, under = text.strip().partition("/")
    if not (over.isascii() and over.isdigit() and under.isascii() and under.isdigit()) or len(text) > 400:
        raise PydanticCustomError("S005", 'expected a ratio of two whole numbers such as "7/36"')
    if int(under) == 0 or (most is not None and int(over) > most * int(under)):
        raise PydanticCustomError("S006", "this ratio must be between 0 and 1")
    return Fraction(int(over), int(under))


Exact = Annotated[Fraction, BeforeValidator(read_exact)]
Day = Annotated[Fraction, BeforeValidator(read_day)]
Cells = dict[str, dict[str, dict[str, Exact]]]
"""Rates by artifact, access and way of asking."""


class Rates(Frozen):
    """Rates of items, or of a mean."""

    reveals: Cells = Field(default={})
    knows: Cells = Field(default={})
    answers: Cells = Field(default={})
    answers_at_worst: Cells = Field(default={})
    corrects: Cells = Field(default={})


class RatesUnder(Rates):
    """Rates under every reading that clauses use, and `under` the reading of one clause each."""

    under: dict[Name, Rates] = Field(default={})


class Items(RatesUnder):
    """Items alike in every respect."""

    in_: tuple[Name, ...] = Field(alias="in")
    count: Count
    before: RatesUnder | None = None
    reference: RatesUnder | None = None
    stored: dict[Name, Day] = Field(default={})


class MeanOf(Frozen):
    of: Name
    in_: Name = Field(alias="in")
    access: Access
    asked: Asked
    whose: Literal["now", "before", "reference"] = "now"
    revealed: Exact | None = None
    known: Exact | None = None
    answered: Exact | None = None
    answered_at_worst: Exact | None = None
    corrected: Exact | None = None
    under: Name | None = None


class RemovedFrom(Frozen):
    of: Name
    in_: Name = Field(alias="in")
    epsilon: Epsilon
    delta: Share
    compared_with: Reference
    holds: Switch = True


class Membership(Frozen):
    of: Name
    in_: Name = Field(alias="in")
    at_fpr: Share
    tpr: Exact
    same_lottery: Switch | None = None


class ServedBy(Frozen):
    of: Name
    by: Name
    from_: Name = Field(alias="from")
    anything: Switch


class ExcludedFrom(Frozen):
    of: Name
    from_: Name = Field(alias="from")
    holds: Switch = True


class Influenced(Frozen):
    of: Name
    in_: Name = Field(alias="in")
    holds: Switch = True


class WorldAsTold(Frozen):
    """What a test says of a world. Situations that are not listed do not hold; all else unsaid is unknown."""

    situations: tuple[Name, ...] = ()
    items: tuple[Items, ...] = ()
    means: tuple[MeanOf, ...] = ()
    removed: tuple[RemovedFrom, ...] = ()
    influenced: tuple[Influenced, ...] = ()
    membership: tuple[Membership, ...] = ()
    finished: dict[Name, Day] = Field(default={})
    stored: dict[Name, dict[Name, Day]] = Field(default={})
    used: dict[Name, tuple[Name, ...]] = Field(default={})
    served: tuple[ServedBy, ...] = ()
    destroyed: dict[Name, Switch] = Field(default={})
    excluded: tuple[ExcludedFrom, ...] = ()
    governed: dict[Name, Switch] = Field(default={})
    harmful_use: dict[Name, Switch] = Field(default={})


class ExpectedDiff(Frozen):
    """That the policy is `is` (stricter, …) than the policy in the file `against`."""

    against: str
    is_: Comparison = Field(alias="is")


class PolicyTest(Frozen):
    name: str
    world: WorldAsTold | None = None
    expect: dict[Name, Expected] = Field(default={})
    expect_check: tuple[str, ...] = ()
    expect_diff: ExpectedDiff | None = None
    today: IsoDate | None = None


class TestFile(Frozen):
    """A file of policy tests."""

    __test__ = False
    unlearn_spec_test: str
    policy: str
    tests: tuple[PolicyTest, ...]


@dataclass(frozen=True)
class Expectations:
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
    reading = read_file(path)
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


WRITTEN: Final = {
    "situations": "situations: [a_situation]",
    "items": 'items: [{in: [a_set], count: 40, reveals: {a_model: {api: {direct: "1%"}}}}]',
    "means": 'means: [{of: a_set, in: a_model, access: api, asked: direct, revealed: "1%"}]',
    "removed": 'removed: [{of: a_set, in: a_model, epsilon: "0.5", delta: "1%", compared_with: retrain_without}]',
    "influenced": "influenced: [{of: a_set, in: a_model, holds: false}]",
    "membership": 'membership: [{of: a_set, in: a_model, at_fpr: "1%", tpr: "4%"}]',
    "finished": 'finished: {a_model: "10 days"}',
    "stored": 'stored: {a_store: {a_set: "30 days"}}',
    "used": "used: {a_model: [a_method]}",
    "served": "served: [{of: a_set, by: a_model, from: an_index, anything: false}]",
    "destroyed": "destroyed: {a_model: true}",
    "excluded": "excluded: [{of: a_set, from: a_model}]",
    "governed": "governed: {a-clause: true}",
    "harmful_use": "harmful_use: {a_set: false}",
}
"""Each field of a world as it is written."""
_ABOUT: Final = {
    "world": "world: {…}",
    "expect": "expect: {a-clause: pass}",
    "expect_check": "expect_check: [C001@a-clause, not A010]",
    "expect_diff": "expect_diff: {against: older.yaml, is: stricter}",
}


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


MEASURES: Final = ("revealed", "known", "answered", "answered_at_worst", "corrected")
"""What a mean may be a mean of: exactly one of these."""


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
