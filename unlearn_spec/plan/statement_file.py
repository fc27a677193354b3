"""What people state beside a verification, as signed files: shown in the report as theirs, and deciding nothing.

```yaml
unlearn_spec_statement: "1.0"
id: assertion
kind: management_assertion       # or: independence, waiver, counsel_note
signer: acme
name: "Erika Beispiel"
role: "head of privacy, for the model's owner"
signed_on: "2026-05-12"
policy: "sha256:…"               # of the policy's text, if it is about that one alone
clauses: [hide-facts]            # if it is about these alone
expires: "2027-05-12"
text: "We removed the records of the request from the training data and trained anew."
signature: "ed25519:…"
```
"""

from __future__ import annotations

from dataclasses import dataclass, field
from pathlib import Path
from typing import Annotated, Any, Literal

from pydantic import StringConstraints

from ..evidence.canonical import bytes_digest
from ..policy.frozen import Frozen
from ..policy.problem import Problem
from ..policy.quantities import Digest, IsoDate, Name
from .record_file import Signature, read_form

StatementKind = Literal["management_assertion", "independence", "waiver", "counsel_note"]
Prose = Annotated[str, StringConstraints(min_length=1, max_length=20_000)]
MAX_BYTES = 1 << 18


class SignedStatement(Frozen):
    """One statement, as written."""

    unlearn_spec_statement: Literal["1.0"]
    id: Name
    kind: StatementKind
    signer: Name
    name: Prose
    """Who speaks, as they wish to be called."""
    role: Prose
    signed_on: IsoDate
    text: Prose
    policy: Digest | None = None
    clauses: tuple[Name, ...] = ()
    expires: IsoDate | None = None
    signature: Signature | None = None


@dataclass(frozen=True)
class StatementFile:
    """A well-formed statement, the plain data its signature is about, and its bytes."""

    statement: SignedStatement
    data: dict[str, Any]
    digest: str
    raw: bytes = field(repr=False)


def load_statement(path: Path) -> StatementFile:
    """Reads a statement file. Raises `RecordError` for mistakes of form, `OSError` if it cannot be read."""
    with path.open("rb") as file:
        return read_statement(file.read(MAX_BYTES + 1), str(path))


def read_statement(raw: bytes, file: str) -> StatementFile:
    """Reads a statement from its bytes; `file` is its name in messages. Raises `RecordError`."""
    size = (Problem("B003", ("text",), "a statement has at most 256 KiB"),) if len(raw) > MAX_BYTES else ()
    statement, data = read_form(raw, file, SignedStatement, lambda _: size)
    return StatementFile(statement, data, bytes_digest(raw), raw)
