"""Signed process records as files: what a record says, before anybody has looked at its signature.

```yaml
unlearn_spec_record: "1.0"
id: training_log
kind: procedure
signer: acme
signed_on: "2026-05-12"
statement:
  clauses: [remove-influence]
  goal: remove
  target: subject_records
  artifacts: {assistant: "sha256:…"}          # digest of the model folder, or of a store's inventory
  performed_on: "2026-05-11"
  day: "12 days"                              # counted from the policy's clock
  epsilon: "0"
  delta: "0%"
  evidence_files: {manifest.csv: "sha256:…"}
signature: "ed25519:…"
```
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Annotated, Any, Literal, TypeVar

from pydantic import Field, StringConstraints, ValidationError

from ..evidence.canonical import bytes_digest
from ..finding import Finding
from ..policy.frozen import Frozen
from ..policy.problem import Problem
from ..policy.quantities import Days, Digest, Epsilon, IsoDate, Name, Share
from ..policy.read import read_bytes, read_file
from ..policy.syntax import MAX_BYTES
from ..policy.vocabulary import GoalKind
from .form import credentials, findings_in_order, form_problems, told

RecordKind = Literal["procedure", "certificate", "attestation"]
Signature = Annotated[str, StringConstraints(pattern=r"^ed25519:[A-Za-z0-9+/]{86}==$")]


class Statement(Frozen):
    """What the signer says was done."""

    clauses: tuple[Name, ...]
    goal: GoalKind
    artifacts: dict[Name, Digest]
    target: Name | None = None
    manifest: Digest | None = None
    performed_on: IsoDate | None = None
    day: Days | None = None
    """Day of the act, counted from the policy's clock."""
    epsilon: Epsilon | None = None
    delta: Share | None = None
    unit: str | None = None
    """Unit of protection behind ε and δ: a record, a person, …"""
    assumptions: tuple[str, ...] = ()
    evidence_files: dict[str, Digest] = Field(default_factory=dict)


class Record(Frozen):
    unlearn_spec_record: Literal["1.0"]
    id: Name
    kind: RecordKind
    signer: Name
    signed_on: IsoDate
    statement: Statement
    signature: Signature | None = None


@dataclass(frozen=True)
class RecordFile:
    """A well-formed record and the plain data its signature is about."""

    record: Record
    data: dict[str, Any]
    """The file's mapping: texts, whole numbers, lists and mappings, `signature` included."""
    digest: str
    """SHA-256 of the file's bytes."""
    raw: bytes = field(repr=False)
    """The file's bytes."""


class RecordError(ValueError):
    """A record file with mistakes of form: all of them."""

    def __init__(self, findings: tuple[Finding, ...]) -> None:
        self.findings = findings
        super().__init__("; ".join(told(item) for item in findings))


def load_record(path: Path) -> RecordFile:
    """Read a record file. Raises `RecordError`."""
    try:
        with path.open("rb") as file:
            raw = file.read(MAX_BYTES + 1)
    except (OSError, ValueError):
        raise RecordError(read_file(path).findings) from None
    return read_record(raw, str(path))


def read_record(raw: bytes, file: str) -> RecordFile:
    """Read a record from its bytes; `file` is its name in messages. Raises `RecordError`."""
    record, data = read_form(raw, file, Record, _speaks)
    return RecordFile(record, data, bytes_digest(raw), raw)


def _speaks(record: Record) -> Iterator[Problem]:
    if not record.statement.clauses:
        yield Problem("B003", ("statement", "clauses"), "a record speaks of at least one clause")


Form = TypeVar("Form", bound=Frozen)


def read_form(
    raw: bytes, file: str, form: type[Form], wrong: Callable[[Form], Iterable[Problem]]
) -> tuple[Form, dict[str, Any]]:
    """A signed YAML file in its form, and as the plain data that a signature is about.

    `wrong`: what else is wrong with one that has the form. Raises `RecordError`, with all mistakes.
    """
    reading = read_bytes(raw, file, next(iter(form.model_fields)))
    if reading.findings:
        raise RecordError(reading.findings)
    problems = credentials(reading.data)
    found = None
    try:
        found = form.model_validate(reading.data)
        problems += wrong(found)
    except ValidationError as error:
        problems += form_problems(error, form)
    findings = findings_in_order(problems, reading.source)
    if findings or found is None:
        raise RecordError(findings)
    return found, reading.data
