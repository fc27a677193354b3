"""The codes of the checker: one table, read by the renderers, by `explain` and by the tests."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from types import MappingProxyType
from typing import Final

from ..finding import Severity


@dataclass(frozen=True)
class Code:
    """One kind of finding. Its page is `docs/rules/<code>.md`."""

    code: str
    name: str
    """Kebab-case, as it is printed."""
    severity: Severity
    """As a rule; a finding may carry a lower one where its page says so."""
    meaning: str
    """One line."""
    since: str = "1.0"


_ALL: Final[tuple[Code, ...]] = (
    Code("Y001", "invalid-yaml", "error", "The file is not one readable YAML mapping."),
    Code("Y002", "implicit-type", "error", "YAML would guess a type for a value that was not quoted."),
    Code("Y003", "duplicate-key", "error", "A key is written twice in one mapping."),
    Code("Y004", "anchor-or-alias", "error", "Anchors, aliases, tags, merge keys and directives are not allowed."),
    Code("Y005", "too-large-or-deep", "error", "The file is too large or nests too deep to be read safely."),
    Code("S001", "unknown-key", "error", "A key is not part of the language."),
    Code("S002", "missing-required", "error", "A required field is missing."),
    Code("S003", "unknown-goal", "error", "A word is not a goal of the language."),
    Code("S004", "unknown-name", "error", "A name leads nowhere, is given twice, or leads back to itself."),
    Code("S005", "number-without-unit", "error", "A quantity is not written in its exact form, with its unit."),
    Code("S006", "out-of-range", "error", "A value is outside what the field allows."),
    Code("S007", "field-not-for-goal", "error", "A field has no meaning where it stands."),
    Code("S008", "language-version", "error", "The file is for another version of the language."),
    Code("S009", "unused-declaration", "warning", "Something is declared and never used."),
    Code("S010", "expired-acceptance", "error", "An acceptance or an open question is past its date."),
    Code("S011", "missing-manifest", "warning", "A policy in force names an information set without a digest."),
    Code("F001", "facts-contradict", "error", "The declared facts cannot all be true."),
    Code("V001", "never-applies", "warning", "A clause's condition can never be met."),
    Code("V002", "empty-target", "warning", "A clause speaks of a set that the declarations leave empty."),
    Code("V003", "already-true", "info", "The declared facts alone already imply a clause."),
    Code("C001", "contradictory-clauses", "error", "Some clauses cannot hold together."),
    Code("C002", "contradictory-in-situation", "error", "Some clauses cannot hold together in a declared situation."),
    Code("C003", "clause-infeasible", "error", "No listed method can bring one clause about."),
    Code("C004", "removal-vs-suppression", "error", "A faithful removal would still show what another clause forbids."),
    Code("C006", "method-too-slow", "error", "Every method that could do it takes longer than the deadline allows."),
    Code("C007", "evidence-destroyed", "error", "A declared test needs items that another clause deletes first."),
    Code("C008", "irrevocable-release", "error", "A clause means a copy whose weights others already hold."),
    Code("C009", "presumed-conflict", "warning", "Clauses hold together only against a presumption about models."),
    Code("C010", "achievable-only-if", "warning", "The policy can be met only for part of a declared range."),
    Code("R001", "duplicate-clause", "warning", "Two clauses demand the same."),
    Code("R002", "shadowed-clause", "warning", "Another clause already implies this one."),
    Code("A001", "ambiguous-field", "error", "A field is left out, and its readings lead to different verdicts."),
    Code("A002", "open-but-harmless", "info", "A field is left out, and no reading changes a verdict."),
    Code("A003", "ambiguous-scope", "error", "It is open which artifacts a clause covers, and it matters."),
    Code("A005", "about-process-or-model", "warning", "It is open whether an expected rate or one model's rate is meant."),
    Code("A010", "uncovered-artifact", "warning", "Nothing limits a target in an artifact that somebody can see."),
    Code("A011", "uncovered-audience", "warning", "An audience sees more of an artifact than any clause covers."),
    Code("T001", "cannot-certify", "error", "No outcome of the declared test could show that the clause holds."),
    Code("T002", "cannot-refute", "warning", "No outcome of the declared test could show that the clause fails."),
    Code("T004", "not-enough-items", "error", "The test draws more items than the set has."),
    Code("T005", "access-too-weak", "error", "The test looks through an access level that cannot decide the clause."),
    Code("T006", "no-evidence", "warning", "A clause of a policy in force says nothing about how it will be shown."),
    Code("T008", "absence-not-provable", "warning", "A test is offered as proof that influence is gone."),
    Code("M001", "suppression-is-not-removal", "error", "A claim of removal rests on clauses about outputs."),
    Code("M002", "removal-is-not-suppression", "error", "A claim about outputs rests on clauses about removal."),
    Code("M003", "outputs-are-not-the-model", "error", "A claim about a model's content rests on its outputs."),
    Code("M004", "outputs-are-not-uses", "error", "A claim about use rests on clauses about outputs."),
    Code("M005", "unbounded-side-effects", "error", "A claim that nothing else changes is covered by no clause."),
    Code("D001", "weaker-than-before", "info", "The later version no longer guarantees what a clause did."),
    Code("D002", "stricter-than-before", "info", "The later version newly requires something."),
    Code("D003", "incomparable", "warning", "A clause asks for less in one way and for more in another."),
    Code("X001", "undetermined", "undetermined", "The solver stopped at its work limit; nothing was decided."),
    Code("X002", "not-checked", "undetermined", "A question was not asked, and why."),
)  # fmt: skip

CODES: Final[Mapping[str, Code]] = MappingProxyType({entry.code: entry for entry in _ALL})
"""Every code, in the order of the passes."""

FAMILIES: Final[Mapping[str, str]] = MappingProxyType(
    {
        "Y": "file",
        "S": "schema and references",
        "F": "facts",
        "V": "vacuity",
        "C": "contradiction",
        "R": "redundancy",
        "A": "ambiguity and coverage",
        "T": "testability",
        "M": "claims",
        "D": "difference between versions",
        "X": "not determined",
    }
)
"""What the letter of a code stands for."""
