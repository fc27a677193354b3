"""What a report stands on: evidence, records, statements, axioms and assumptions, and how often its tests err."""

from __future__ import annotations

from datetime import date
from typing import Literal

from ..plan.units import Exact, Frozen
from .digests import Digest

Through = Literal["model", "runs", "text", "logprobs"]
"""What a test was about: one model in a folder; several runs of a process; an endpoint that gives text, or log-probabilities."""


class Calibrated(Frozen):
    """How often verdicts of one verifier were wrong on models of known truth (docs/calibration.md)."""

    verifier: str
    through: Through = "model"
    table: str
    """Version of the calibration table."""
    clean: int = 0
    """Verdicts about models that met the clause, each clause of a model counted; 0 where the table does not have the verifier."""
    accused: int = 0
    """How many of them were `violated`."""
    accused_at_most: float = 1.0
    """Upper bound, at 95%, of the share of worlds in which that happened: models of one world are not independent."""
    leaking: int = 0
    """Verdicts about models that had kept 20% of the target, where that does not meet the clause."""
    passed: int = 0
    """How many of them were supported or not falsified."""
    worlds: int = 0
    """Independent worlds that the models come from."""


class EvidenceObject(Frozen):
    """One measured unit and the content-addressed object that holds its table."""

    unit: str
    """Content key of the unit."""
    kind: Literal["score", "generate", "relearn", "quantize", "inspect", "logged", "lm_eval"]
    role: Literal["audited", "original", "reference"]
    artifact: str
    index: int
    data: str
    object: str


class Record(Frozen):
    """A signed process record named in the bindings."""

    id: str
    kind: Literal["procedure", "certificate", "attestation"]
    signer: str
    signed_on: date
    digest: Digest
    key: Digest | None = None
    """Of the signer's public key file, as it was bound. None in results of before this was kept."""


class Stated(Frozen):
    """What somebody stated beside the results and signed: theirs, not examined, and read by no verdict."""

    id: str
    kind: Literal["management_assertion", "independence", "waiver", "counsel_note"]
    signer: str
    name: str
    role: str
    signed_on: date
    text: str
    clauses: tuple[str, ...]
    """The clauses that it is about; none if it is about the whole."""
    expires: date | None
    digest: Digest
    """Of the signed file's bytes."""
    key: Digest | None = None
    """As in a record."""


class Axiom(Frozen):
    """An axiom of the theory, with the status under which it can be challenged."""

    id: str
    statement: str
    status: Literal["mathematics", "theorem", "definition", "model", "presumption"]


class Assumption(Frozen):
    """A presumption that verdicts are conditional on, and the clauses concerned."""

    words: str
    clauses: tuple[str, ...]
    name: str = ""
    """As the verdicts name it: `signer acme`, `AX3`, or a declared fact."""


class Validity(Frozen):
    """For what the run's statements hold, together."""

    confidence: Exact
    error: Exact
    """One minus confidence: registered for all facts before measuring."""
    seed: int
    facts: int
    """Number of registered facts that share the error."""


class Integrity(Frozen):
    """Digests that tie the report to what it is about."""

    policy: str
    bindings: str
    ledger: str
    """Digest of what the run's ledger holds, times left out."""
