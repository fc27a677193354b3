"""From a policy file to a `Document`: typed, with spans; or every mistake of the file at once."""

from __future__ import annotations

from collections.abc import Iterable
from functools import cached_property
from itertools import islice
from pathlib import Path as FilePath

from pydantic import ValidationError

from ..finding import Finding
from ..record import Record
from .model import Policy
from .problem import Problem, finding, in_curly_quotes
from .read import read, read_file
from .references import unknown_names
from .relations import spelled_out
from .requirements import unmet_requirements
from .shapes import misshapen
from .source import Path, Reading, Source
from .syntax import MAX_FINDINGS, too_many
from .version import wrong_version


class Document(Record, dict=True):
    """A policy that is well formed, and where each of its words stands."""

    policy: Policy
    source: Source

    def clause_path(self, name: str) -> Path:
        """Where the clause of this id is written."""
        return ("clauses", self._clause_places[name])

    @cached_property
    def _clause_places(self) -> dict[str, int]:
        return {clause.id: place for place, clause in enumerate(self.policy.clauses)}


class PolicyError(Exception):
    """A policy file with mistakes: all of them, in the order of the file."""

    def __init__(self, findings: tuple[Finding, ...]) -> None:
        self.findings = findings
        super().__init__("; ".join(_line(item) for item in findings))

    def __reduce__(self) -> tuple[type[PolicyError], tuple[tuple[Finding, ...]]]:  # a worker process hands it over
        return type(self), (self.findings,)


def _line(item: Finding) -> str:
    span = item.spans[0]
    return f"{span.file}:{span.line}:{span.column}: {item.code} {item.message}"


def load(path: str | FilePath) -> Document:
    """Load the policy file at `path`. Raises `PolicyError`."""
    return _document(read_file(path, "unlearn_spec"))


def load_text(text: str, file: str = "<policy>") -> Document:
    """Load a policy from text; `file` is its name in messages. Raises `PolicyError`."""
    return _document(read(text, file, "unlearn_spec"))


def _document(reading: Reading) -> Document:
    data, source = reading.data, reading.source
    if not isinstance(data, dict):
        raise PolicyError(reading.findings)
    version = wrong_version(data)
    if version is not None and not in_curly_quotes(data.get("unlearn_spec")):
        raise PolicyError((*reading.findings, finding(version, source)))
    spelled, problems = spelled_out(data)
    problems += () if version is None else (version,)
    policy: Policy | None = None
    try:
        policy = Policy.model_validate(spelled)
    except ValidationError as error:
        problems += misshapen(error, spelled, Policy)
    problems += unmet_requirements(data)
    if not any(len(path) == 1 for path in reading.repeated):  # else a name may be declared in the second writing of a block
        problems += islice(unknown_names(data), MAX_FINDINGS + 1)
    findings = findings_in_order(problems, reading)
    if findings or policy is None:
        raise PolicyError(findings)
    return Document(policy, source)


def findings_in_order(problems: Iterable[Problem], reading: Reading) -> tuple[Finding, ...]:
    """Every mistake of a file at its place, one a place, in the order of the file; at most `MAX_FINDINGS`."""
    problems = tuple(problems)
    refused = {problem.path for problem in problems if problem.code != "S002" and not problem.at_key} & reading.guessed.keys()
    outdone = [reading.guessed[path] for path in refused]  # quoted as it stands it would be refused, too
    kept = (item for item in reading.findings if not any(item is each for each in outdone))
    told = (finding(problem, reading.source) for problem in _one_each(problems, reading.broken - refused))
    findings = _in_order((*kept, *told))
    if len(findings) > MAX_FINDINGS:
        return (*findings[:MAX_FINDINGS], too_many(findings[MAX_FINDINGS].spans[0]))
    return findings


def _one_each(problems: Iterable[Problem], broken: frozenset[Path]) -> list[Problem]:
    """One problem a place, silent at or under a value that has one already; what is wrong before what is missing."""
    values, keys = set(broken), set[Path]()  # a wrong key is another mistake than a wrong value under it
    kept = []
    for problem in sorted(problems, key=lambda each: each.code == "S002"):
        path = problem.path
        above = any(path[:depth] in values for depth in range(len(path)))
        if above or path in (keys if problem.at_key else values):
            continue
        kept.append(problem)
        if problem.code != "S002":  # a mapping may lack several keys
            (keys if problem.at_key else values).add(path)
    return kept


def _in_order(findings: Iterable[Finding]) -> tuple[Finding, ...]:
    return tuple(sorted(findings, key=lambda item: (item.spans[0].line, item.spans[0].column, item.code, item.message)))
