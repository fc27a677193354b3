"""From a bindings file to `Bindings`: every file found, read and held against its digest; or every mistake at once.

Codes: B001 unknown key, B002 missing key, B003 wrong value, B004 language version, B005 another policy, B006 unknown
name, B007 file not found or unreadable, B008 wrong digest, B009 credential, B010 model folder, B011 guarded system,
B012 data, B013 size, B014 suite, B015 record, B016 key, B017 log, B018 task of lm-evaluation-harness.
"""

from __future__ import annotations

import re
from dataclasses import replace
from datetime import date
from functools import partial
from pathlib import Path as FilePath

from pydantic import ValidationError

from ..evidence.canonical import Json, bytes_digest, json_digest
from ..finding import Finding
from ..policy.model import Policy
from ..policy.problem import Problem
from ..policy.read import read_file
from . import bind_data, bind_logs, bind_models, bind_papers, bind_tasks
from .bound import Bindings, BoundSubject
from .desk import Desk
from .form import credentials, findings_in_order, form_problems, told
from .hub import Fetch
from .written import Written

__all__ = ["BindingError", "Bindings", "load_bindings"]

VERSION = "1.0"
_DEVICE = re.compile(r"(auto|cpu|cuda(:[0-9]{1,3})?)\Z")


class BindingError(Exception):
    """A bindings file that cannot be used: every mistake, in the order of the file."""

    def __init__(self, findings: tuple[Finding, ...]) -> None:
        self.findings = findings
        super().__init__("\n".join(told(item) for item in findings))

    def __reduce__(self) -> tuple[type[BindingError], tuple[tuple[Finding, ...]]]:  # a worker process hands it over
        return type(self), (self.findings,)


def load_bindings(
    path: str | FilePath,
    policy: Policy,
    policy_digest: str | None = None,
    *,
    day: date | None = None,
    fetch: Fetch | None = None,
) -> Bindings:
    """Bind a policy's names to the files of one verification. Paths are relative to the bindings file.
    `policy_digest`: of the policy's text, for statements that are about that text alone. `day`: from which on endpoints
    answer; today, if not given. `fetch` brings models of the hub into its cache where they are missing; without it
    nothing is downloaded.

    Everything is read here, models excepted: these are hashed and looked at, not loaded. Raises `BindingError`.
    """
    reading = read_file(path, "unlearn_spec_bindings")
    if not isinstance(reading.data, dict):
        raise BindingError(reading.findings)
    if "unlearn_spec_bindings" not in reading.data and "unlearn_spec" in reading.data:
        mixed_up = Problem("B004", ("unlearn_spec",), "this is a policy, not a bindings file", at_key=True)
        raise BindingError(findings_in_order([mixed_up], reading.source))
    desk = Desk(str(path), FilePath(path).parent, policy, policy_digest, day or date.today(), fetch)
    desk.problems += credentials(reading.data)
    bound = None
    try:
        bound = _bind(desk, Written.model_validate(reading.data))
    except ValidationError as error:
        desk.problems += form_problems(error, Written)
    findings = (*reading.findings, *findings_in_order(desk.problems, reading.source), *desk.elsewhere)
    if findings or bound is None:
        raise BindingError(findings)
    return bound


def _bind(desk: Desk, written: Written) -> Bindings:
    _header(desk, written)
    artifacts = desk.each(("artifacts",), written.artifacts, desk.is_model, partial(bind_models.subject, desk))
    prompts = {name: subject.prompt for name, subject in artifacts.items()}
    original = desk.each(("original",), written.original, desk.is_model, partial(bind_models.subject, desk), prompts.get)
    known = bind_models.known(artifacts)
    references = bind_models.several(desk, "references", written.references, prompts, artifacts, known)
    taken = known | {name: (*known.get(name, ()), *of) for name, of in bind_models.listed(references).items()}
    runs = bind_models.several(desk, "runs", written.runs, prompts, artifacts, taken)
    data = desk.each(("data",), written.data, desk.is_set, partial(bind_data.information_set, desk))
    for name, (audited, before, beside) in bind_logs.logs(desk, written, data).items():
        artifacts[name], references[name] = audited, beside
        original |= {} if before is None else {name: before}
    tasks = desk.each(("tasks",), written.tasks, desk.is_set, bind_tasks.task(desk, data, written.seed))
    holdouts = desk.each(("holdouts",), written.holdouts, desk.is_set, bind_data.holdout(desk, data))
    wider = desk.each(("wider",), written.wider, desk.is_set, partial(bind_data.wider, desk))
    canaries = desk.each(("canaries",), written.canaries, desk.is_set, partial(bind_data.canaries, desk))
    corpora = desk.each(("corpora",), written.corpora, desk.is_corpus, bind_data.corpus(desk, data))
    suites = desk.each(("suites",), written.suites, desk.is_suite, partial(bind_papers.suite, desk))
    suites |= bind_papers.installed_suites(desk, written.suites)
    keys = desk.each(("keys",), written.keys, lambda path, name: True, partial(bind_papers.key, desk))
    records = bind_papers.records(desk, written.records)
    statements = bind_papers.statements(desk, written.statements, keys)
    bound = Bindings(
        file=desk.file,
        digest="",
        seed=written.seed,
        device=written.device,
        precision=written.precision,
        artifacts=artifacts,
        original=original,
        references=references,
        data=data,
        holdouts=holdouts,
        wider=wider,
        corpora=corpora,
        suites=suites,
        keys=keys,
        records=records,
        statements=statements,
        runs=runs,
        canaries=canaries,
        tasks=tasks,
        content={},
    )
    content = _identity(written, bound)
    return replace(bound, digest=json_digest(content), content=content)


def _identity(written: Written, bound: Bindings) -> dict[str, Json]:
    """What is bound, by content alone: what the digest is of."""
    sets = (*bound.data.values(), *bound.holdouts.values(), *bound.wider.values())
    content: dict[str, Json] = {
        "policy": {"id": written.policy.id, "version": written.policy.version},
        "seed": bound.seed,
        "device": bound.device,
        "precision": bound.precision,
        "artifacts": {name: _content(subject) for name, subject in bound.artifacts.items()},
        "original": {name: _content(subject) for name, subject in bound.original.items()},
        "references": {name: [_content(one) for one in several] for name, several in bound.references.items()},
        "data": {found.name: found.digest for found in sets},
        "randomised": sorted(name for name, found in bound.holdouts.items() if found.randomised),
        "suites": {name: suite.digest for name, suite in bound.suites.items()},
        "keys": {name: bytes_digest(key) for name, key in bound.keys.items()},
        "records": [found.digest for found in bound.records],
    }
    if bound.runs:
        content["runs"] = {name: [_content(one) for one in several] for name, several in bound.runs.items()}
    if bound.canaries:
        content["canaries"] = {
            name: {"included": found.included.digest, "excluded": found.excluded.digest}
            for name, found in bound.canaries.items()
        }
    if bound.corpora:
        content["corpora"] = {name: found.digest for name, found in bound.corpora.items()}
    if bound.tasks:
        content["tasks"] = {name: found.files.ref.model_dump(mode="json") for name, found in bound.tasks.items()}
    if bound.statements:
        content["statements"] = [found.digest for found in bound.statements]
    return content


def _header(desk: Desk, written: Written) -> None:
    if written.unlearn_spec_bindings != VERSION:
        desk.report("B004", ("unlearn_spec_bindings",), f'these bindings are not of version "{VERSION}"')
    header = desk.policy.policy
    if written.policy.id != header.id:
        desk.report("B005", ("policy", "id"), f"the policy is `{header.id}`, these bindings are for `{written.policy.id}`")
    elif written.policy.version != header.version:
        text = f"the policy is version {header.version}, these bindings are for version {written.policy.version}"
        desk.report("B005", ("policy", "version"), text)
    if not _DEVICE.match(written.device):
        desk.report("B003", ("device",), "expected auto, cpu, cuda or cuda:0")


def _content(subject: BoundSubject) -> dict[str, Json]:
    content: dict[str, Json] = {"model": subject.digest, "system": subject.guards_digest, "prompt": subject.prompt}
    if subject.endpoint is not None:
        content["endpoint"] = subject.endpoint.ref.model_dump(mode="json")
    return content if subject.log is None else {**content, "log": subject.log, "sets": dict(subject.sets)}
