"""The one result model: everything a report says, in any format. `build.py` makes it; renderers only read it.

No target material, wall clock, host, user or absolute path has a field here. The same inputs give the same bytes.
"""

from __future__ import annotations

import hashlib
import json
from datetime import date
from typing import Annotated, Final, Literal

from pydantic import Field, ValidationError, model_validator

from ..finding import Finding
from ..plan.model import DataRef, Exact, Frozen, Missing, Reading, SubjectRef, TaskRef, VerifierId
from ..policy.model import Basis
from ..policy.vocabulary import (
    Access,
    ArtifactKind,
    Decide,
    EvidenceKind,
    GoalKind,
    InformationKind,
    Population,
    Rounding,
    Status,
    View,
)
from ..verdict.model import WORST_FIRST, ClauseVerdict, Fact, Interval, Outcome
from ..wording.said import Said
from .sentences import Bound, Kind

Digest = Annotated[str, Field(pattern=r"^sha256:[0-9a-f]{64}$")]
KeyedDigest = Annotated[str, Field(pattern=r"^hmac-sha256:[0-9a-f]{64}$")]

RESULT: Final = "result.json"
"""The report as canonical JSON, in the run folder: its name."""


class ReportError(Exception):
    """A report that cannot be read, built or rendered. The message is one line, fit for a user."""


class PolicyHeader(Frozen):
    """Who asked for what, in the policy's own words."""

    id: str
    title: str | None
    version: int
    status: Status
    owner: str | None
    purpose: str | None
    basis: tuple[Basis, ...]


class Versions(Frozen):
    """What read the policy: language, program, and the axiom set that the verdicts are entailed under."""

    language: str
    tool: str
    axioms: str
    code: Digest | None = None
    """SHA-256 over the program's source files."""


class Calibrated(Frozen):
    """How often verdicts of one verifier were wrong on models of known truth (docs/calibration.md)."""

    verifier: str
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


class InformationSet(Frozen):
    """An information set by name, size and digest; its items are not in the report."""

    name: str
    kind: InformationKind
    size: tuple[int, int] | None
    unit: str | None
    manifest: str | None
    data: tuple[DataRef, ...]
    """Bound data measured for it, a hold-out or a wider draw included."""


class ClauseEntry(Frozen):
    """A clause as read: its sentence in the drafter's words, and what kind of conclusion it admits."""

    id: str
    goal: GoalKind
    kind: Kind
    strength: Literal["must", "should"]
    target: str | None
    sentence: str
    bound: Bound | None
    """How the limit bounds the measured quantity; `None` where there is no single one."""
    evidence: EvidenceKind | None
    written: str = ""
    """The clause as it stands in the policy file, line by line."""
    note: str | None = None
    """The drafter's, in the policy."""
    sentence_said: Said | None = None
    """`sentence` by name, for other languages."""


class Artifact(Frozen):
    """Something the policy names as holding, learning or serving information, and whether a result speaks of it."""

    name: str
    kind: ArtifactKind
    derived_from: str | None
    trained_on: tuple[str, ...]
    holds: tuple[str, ...]
    serves_from: tuple[str, ...]
    seen_by: tuple[tuple[str, Access], ...]
    """Audience and the access it has."""
    examined: tuple[Outcome, ...]
    """Outcomes of the results on it, worst first; nothing where no result speaks of it."""


class Result(Frozen):
    """The verdict of one clause on one artifact, and the sentence that may be said about it."""

    verdict: ClauseVerdict
    conclusion: str


class RegisteredTest(Frozen):
    """What the plan fixed before measuring, for one clause on one artifact."""

    id: str
    clause: str
    artifact: str
    verifier: VerifierId
    target: str
    access: Access
    asked: str
    """A probe class, or `suite:<digest>`."""
    reading: Reading | None
    population: Population
    n: int
    clusters: int
    alpha: Exact
    """Share of the run's error."""
    decide: Decide
    limit: str
    effect: Exact | None
    power: float | None
    """Planned power at `effect`, in [0, 1]."""
    controls: tuple[
        Literal["positive", "negative", "planted", "repeat", "degeneracy", "blind_baseline", "control_task"], ...
    ]
    record: str | None
    power_to: Literal["certify", "refute"] | None = None
    """Which of the two `power` is about."""
    enough: int | None = None
    """The fewest independent items that would have 80% power; `None` where no number has."""
    looks: tuple[Rounding | View, ...] = ()
    """Roundings of the weights, or views from inside, under which the items were looked at."""
    layers: tuple[int, ...] = ()
    """Blocks that were viewed, counted from 1."""
    chance: Exact | None = None
    """For multiple choice: the share that guessing answers rightly."""
    task: TaskRef | None = None
    """The task of lm-evaluation-harness that was run."""
    runs: int = 1
    """Independent train-and-unlearn runs that are tested."""
    refuting: str = ""
    """What would refute a clause about the process, where that is no rate of one run."""
    refuting_said: Said | None = None


class Guardrail(Frozen):
    """The same questions through the guarded system and on the bare weights: reported, never deciding."""

    clause: str
    artifact: str
    intervals: tuple[Interval, ...]
    """Labelled `through the system` and `bare weights`; shares of items in [0, 1]."""
    held_back: Annotated[int, Field(ge=0)] | None = None
    """Items that the bare weights reveal and the guarded system does not."""


class AttackFamily(Frozen):
    """What one family of a suite's attacks revealed: described, never deciding."""

    clause: str
    artifact: str
    family: str
    gives: bool
    """Whether its probes gave part of the answer; the words given count for nothing."""
    intervals: tuple[Interval, ...]
    """Labelled `audited`, `original`, `never trained`; bounds share the test's error between the families."""


class Answers(Frozen):
    """How the share of items revealed grows with the number of answers to each question: described, never deciding."""

    clause: str
    artifact: str
    intervals: tuple[Interval, ...]
    """Labelled by the number of answers, `1`, `2`, …; expected shares of items in [0, 1]."""


class Relearning(Frozen):
    """What one fine-tuning attack of a clause's grid brought back, on both halves of the items.

    Intervals are labelled `audited`, `never trained`, …; shares of items in [0, 1]. No result stands on `recovered` and
    `beyond_control`.
    """

    clause: str
    artifact: str
    steps: int
    learning_rate: Exact
    on: Literal["random_half", "retain_only", "benign"]
    attacked: tuple[Interval, ...]
    """On the half that the attack trained on."""
    held_out: tuple[Interval, ...]
    """On the half that the attack did not see."""
    rank: int | None = None
    """Of the low-rank updates; `None` where all weights were trained."""
    seed: int | None = None
    """Of its split and order of training."""
    recovered: float | None = None
    """(audited − never trained) / (original without an attack − never trained), on the items not seen: 0 as if never
    learned, 1 as if never unlearned; not cut off there."""
    beyond_control: float | None = None
    """Max-T adjusted p-value, over all attacks of the clause, of "no more than the never-trained models"."""
    diverged_on: tuple[Literal["audited", "original", "never trained"], ...] = ()
    """Models on which training diverged before this look: the attack does not count."""


class Redacted(Frozen):
    """An item that an answer revealed, by keyed digest (HMAC-SHA-256 of its text) and length in characters."""

    obligation: str
    item: KeyedDigest
    length: Annotated[int, Field(ge=0)]


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


class NotCovered(Frozen):
    """Something that no clause or no test of this run speaks about."""

    kind: Literal[
        "clause",
        "artifact",
        "access",
        "probe",
        "target",
        "accepted",
        "language",
        "precision",
        "decoding",
        "variant",
        "use",
    ]
    what: str
    why: str
    what_said: Said | None = None
    """`what` by name, for other languages."""
    why_said: Said | None = None
    """`why` by name; `None` where it is the run's own wording."""


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


class Report(Frozen):
    """A conformance report."""

    unlearn_spec_report: Literal["1.0"] = "1.0"
    policy: PolicyHeader
    versions: Versions
    overall: Outcome
    """The worst result; never an average."""
    subjects: tuple[SubjectRef, ...]
    information: tuple[InformationSet, ...]
    clauses: tuple[ClauseEntry, ...]
    results: tuple[Result, ...]
    not_covered: tuple[NotCovered, ...]
    facts: tuple[Fact, ...]
    tests: tuple[RegisteredTest, ...]
    missing: tuple[Missing, ...]
    relearning: tuple[Relearning, ...]
    guardrails: tuple[Guardrail, ...]
    revealed: tuple[Redacted, ...]
    evidence: tuple[EvidenceObject, ...]
    records: tuple[Record, ...]
    findings: tuple[Finding, ...]
    assumptions: tuple[Assumption, ...]
    axioms: tuple[Axiom, ...]
    validity: Validity
    integrity: Integrity
    statements: tuple[Stated, ...] = ()
    artifacts: tuple[Artifact, ...] = ()
    """In the policy's order."""
    outside: tuple[Said, ...] = ()
    """What must hold outside the model for the results to stay true: complementary controls of deployers and users."""
    calibration: tuple[Calibrated, ...] = ()
    """Of each verifier used, in the order of first use; empty where no table is shipped."""
    retest: tuple[Said, ...] = ()
    """Events after which the results no longer speak of the present."""
    notes: tuple[Said, ...] = ()
    """What the data and the limits give reason to doubt, found before measuring."""
    attacks: tuple[AttackFamily, ...] = ()
    answers: tuple[Answers, ...] = ()

    @model_validator(mode="after")
    def _worst_and_named(self) -> Report:
        outcomes = {result.verdict.outcome for result in self.results}
        worst = next((outcome for outcome in WORST_FIRST if outcome in outcomes), "not_tested")
        if self.overall != worst:
            raise ValueError(f"overall is {self.overall}, but the worst result is {worst}")
        unknown = sorted({result.verdict.clause for result in self.results} - {clause.id for clause in self.clauses})
        if unknown:
            raise ValueError(f"a result names the clause {unknown[0]!r}, which the report does not list")
        if len({clause.id for clause in self.clauses}) < len(self.clauses):
            raise ValueError("two clauses share an id")
        return self

    def clause(self, name: str) -> ClauseEntry:
        """The clause with that id. Raises `KeyError`."""
        return {clause.id: clause for clause in self.clauses}[name]


def canonical(report: Report) -> str:
    """The report as canonical JSON: keys sorted, no spaces, ASCII only, one line feed at the end.

    Raises `ReportError` for a number that is not finite.
    """
    try:
        text = json.dumps(
            report.model_dump(mode="json"), sort_keys=True, separators=(",", ":"), ensure_ascii=True, allow_nan=False
        )
    except ValueError:
        raise ReportError("the report holds a number that is not finite") from None
    return text + "\n"


def digest(report: Report) -> str:
    """SHA-256 of the canonical JSON: the digest of a run's `result.json`."""
    return "sha256:" + hashlib.sha256(canonical(report).encode()).hexdigest()


def parse(text: str) -> Report:
    """Reads canonical JSON back. Raises `ReportError` with the first thing that is wrong."""
    try:
        report = Report.model_validate_json(text)
        canonical(report)
        return report
    except ValidationError as error:
        first = error.errors(include_url=False, include_context=False)[0]
        where = ".".join(str(part) for part in first["loc"])
        raise ReportError(f"not a conformance report: {where + ': ' if where else ''}{first['msg']}") from None
