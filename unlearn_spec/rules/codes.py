"""The codes of the checker: one table, read by the renderers, by `explain` and by the tests."""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType
from typing import Final

from ..finding import Severity
from ..record import Record


class Code(Record):
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
    Code("S004", "unclear-name", "error", "A name leads nowhere, or is given twice."),
    Code("S005", "inexact-value", "error", "A quantity is not written in its exact form, with its unit."),
    Code("S006", "unfitting-value", "error", "A value is not what its field can hold: of another kind, or out of range."),
    Code("S007", "field-not-for-goal", "error", "A field has no meaning where it stands."),
    Code("S008", "language-version", "error", "The file is for another version of the language."),
    Code("S009", "unused-declaration", "warning", "Something is declared and never used."),
    Code("S010", "expired-acceptance", "error", "An acceptance, an open question or an override is past its date."),
    Code("S011", "missing-manifest", "warning", "A policy in force names an information set without a digest."),
    Code("S012", "missing-closure", "warning", "A policy in force removes or deletes a set and leaves open how far it reaches."),
    Code("S013", "leads-back-to-itself", "error", "A name leads back to itself, in one step or round a circle."),
    Code("F001", "facts-contradict", "error", "The declared facts cannot all be true."),
    Code("F002", "relation-cycle-forces-equal", "warning", "Sets are declared each within the next, around: all are one set."),
    Code("V001", "never-applies", "warning", "A clause's condition can never be met."),
    Code("V002", "empty-target", "warning", "A clause speaks of a set that the declarations leave empty."),
    Code("V003", "already-true", "info", "The declared facts alone already imply a clause."),
    Code("C001", "contradictory-clauses", "error", "Some clauses cannot hold together."),
    Code("C002", "contradictory-in-situation", "error", "Some clauses cannot hold together in a declared situation."),
    Code("C003", "clause-infeasible", "error", "No listed method can bring one clause about."),
    Code("C004", "removal-vs-suppression", "error", "A faithful removal would still show what another clause forbids."),
    Code("C005", "family-conflict", "error", "Many clauses together leave one limit no room."),
    Code("C006", "method-too-slow", "error", "Every method that could do it takes longer than the deadline allows."),
    Code("C007", "evidence-destroyed", "error", "A declared test needs items that another clause deletes first."),
    Code("C008", "irrevocable-release", "error", "A clause means a copy whose weights others already hold."),
    Code("C009", "presumed-conflict", "warning", "Clauses hold together only against a presumption about models."),
    Code("C010", "achievable-only-if", "warning", "The policy can be met only for part of a declared range."),
    Code("C011", "absolute-rate", "warning", "Exactly 0% or 100% is promised of answers drawn at random."),
    Code("C012", "guarantee-per-unit", "error", "A guarantee for one unit is asked to cover a target of many."),
    Code("R001", "duplicate-clause", "warning", "Two clauses demand the same."),
    Code("R002", "shadowed-clause", "warning", "Another clause already implies this one."),
    Code("R003", "jointly-implied", "info", "Several other clauses together already imply this one."),
    Code("A001", "ambiguous-field", "error", "A field is left out, and its readings lead to different verdicts."),
    Code("A002", "open-but-harmless", "info", "A field is left out, and no reading changes a verdict."),
    Code("A003", "ambiguous-scope", "error", "It is open which artifacts a clause covers, and it matters."),
    Code("A004", "ambiguous-reference", "error", "A removal does not say with which retrained model it is compared."),
    Code("A005", "about-process-or-model", "warning", "It is open whether an expected rate or one model's rate is meant."),
    Code("A010", "uncovered-artifact", "warning", "Nothing limits a target in an artifact that somebody can see."),
    Code("A011", "uncovered-audience", "warning", "An audience sees more of an artifact than any clause covers."),
    Code("A012", "influence-left", "warning", "Influence is removed, and a model that carries it is left out."),
    Code("A013", "copy-left", "warning", "Items are deleted or excluded, and a store that holds them is left out."),
    Code("A014", "second-path", "warning", "A set is hidden, and what is answered from still holds it."),
    Code("A015", "exceptions-open", "warning", "A set is hidden even from whom supplies it, without an exception."),
    Code("T001", "cannot-certify", "error", "No outcome of the declared test could show that the clause holds."),
    Code("T002", "cannot-refute", "warning", "No outcome of the declared test could show that the clause fails."),
    Code("T003", "underpowered", "warning", "A test would seldom tell a good model from a bad one."),
    Code("T004", "not-enough-items", "error", "The test draws more items than the set has."),
    Code("T005", "access-too-weak", "error", "The test looks through an access level that cannot decide the clause."),
    Code("T006", "no-evidence", "warning", "A clause of a policy in force says nothing about how it will be shown."),
    Code("T007", "evidence-over-budget", "warning", "The declared tests need more than the budget allows."),
    Code("T008", "absence-not-provable", "warning", "A test is offered as proof that influence is gone."),
    Code("M001", "suppression-is-not-removal", "error", "A claim of removal rests on clauses about outputs."),
    Code("M002", "removal-is-not-suppression", "error", "A claim about outputs rests on clauses about removal."),
    Code("M003", "outputs-are-not-the-model", "error", "A claim about a model's content rests on its outputs."),
    Code("M004", "outputs-are-not-uses", "error", "A claim about use rests on clauses about outputs."),
    Code("M005", "unbounded-side-effects", "error", "A claim that nothing else changes is covered by no clause."),
    Code("D001", "weaker-than-before", "info", "The later version no longer guarantees what a clause did."),
    Code("D002", "stricter-than-before", "info", "The later version newly requires something."),
    Code("D003", "incomparable", "warning", "A clause asks for less in one way and for more in another."),
    Code("L001", "suppression-for-erasure", "info", "Erasure is the ground, and the clauses limit outputs only."),
    Code("L002", "anonymity-two-prongs", "info", "Anonymity is claimed, and the tests leave a prong or an access out."),
    Code("L003", "one-month-clock", "info", "A deadline is later than the time the GDPR gives for an answer."),
    Code("L004", "recipients-not-told", "info", "Others hold a copy, and no measure tells them."),
    Code("L005", "exceptions-not-considered", "info", "Nothing shows that the exceptions to erasure were looked at."),
    Code("L006", "rectify-not-hide", "info", "Rectification is the ground, and no clause puts anything right."),
    Code("L007", "deletion-duties", "info", "California's right to delete is the ground, and its duties stay open."),
    Code("L008", "models-hold-information", "info", "Clauses speak of stores, and a model the records shaped is left out."),
    Code("L009", "work-product", "info", "An FTC order is the ground, and work product is not destroyed."),
    Code("L010", "similarity-not-computed", "info", "A claim draws a conclusion of copyright law."),
    Code("L011", "style-not-protected", "info", "Copyright is the only ground for a clause on a concept."),
    Code("L012", "notice-and-models", "info", "Notice and takedown is the ground for changing a model."),
    Code("L013", "weights-as-copies", "info", "Weights are spoken of under copyright without one jurisdiction."),
    Code("L014", "code-of-practice", "info", "The AI Act's copyright duty is cited; safeguards, terms or contact are missing."),
    Code("L015", "destruction-ordered", "info", "An order to destroy is the ground, and models are changed instead."),
    Code("L016", "preservation-first", "info", "A duty to preserve is cited, and a deletion does not wait for it."),
    Code("L017", "personal-data-in-evidence", "info", "A person's items are tested with, and their storage is open."),
    Code("L018", "possession-is-an-offence", "info", "A set that nobody may possess is kept or tested with."),
    Code("L019", "deployer-assessment", "info", "A model of others is deployed on statements alone."),
    Code("L020", "person-not-told", "info", "Nothing says what the person is told about the model."),
    Code("K001", "feasibility-retraining-cost", "warning", "A removal by retraining says neither how long it takes nor what may be spent."),
    Code("K002", "feasibility-removal-for-outputs", "warning", "A policy about answers asks only for removal."),
    Code("K003", "feasibility-suppression-for-erasure", "warning", "A policy for erasure asks only for quiet answers."),
    Code("K004", "feasibility-concept-by-data", "warning", "What no list of items carries is to go by taking items away."),
    Code("K005", "feasibility-use-by-model", "warning", "A policy against misuse speaks only of models and answers."),
    Code("K006", "feasibility-one-proxy", "warning", "What a model knows is judged by multiple choice, or by one proxy, alone."),
    Code("K007", "feasibility-undone-later", "warning", "Fine-tuning or coarse compression can undo the named method, and no test tries."),
    Code("K008", "feasibility-side-effects", "warning", "A method changes the model, and nothing says what must stay as it is."),
    Code("K009", "feasibility-supplied-in-context", "warning", "What was unlearned comes back when a user or a page supplies it."),
    Code("K010", "feasibility-many-requests", "warning", "Several targets are to go from one model, one after another."),
    Code("K011", "feasibility-two-versions", "warning", "One audience holds the weights from before unlearning and from after."),
    Code("K012", "feasibility-others-exposed", "warning", "A privacy policy tests those who asked, and nobody who stays."),
    Code("K013", "feasibility-exact-filter", "warning", "A filter that knows stored strings is to stop other wordings."),
    Code("K014", "feasibility-over-blocking", "warning", "Names or topics are blocked without exception."),
    Code("K015", "feasibility-guardrail-on-weights", "warning", "A filter is to keep a model quiet whose weights somebody holds."),
    Code("K016", "feasibility-average-or-greedy", "warning", "A test looks at an average, or at one answer, where each counts."),
    Code("K017", "feasibility-refusal-points", "warning", "Refusing just the secret things tells which they are."),
    Code("K018", "feasibility-own-tests", "info", "Who must act examines the result."),
    Code("K019", "feasibility-method-ceiling", "warning", "No method that the clause names can give what it asks, as far as is known."),
    Code("N001", "id-style", "info", "An id is not written in kebab-case."),
    Code("N002", "look-alike-names", "warning", "Two names differ only in characters that look alike."),
    Code("X001", "undetermined", "undetermined", "The search stopped at its work limit; nothing was decided."),
    Code("X002", "not-checked", "undetermined", "A question was not asked, and why."),
    Code("X003", "certificate-rejected", "error", "The proof of a conflict did not add up when it was checked."),
    Code("X004", "solvers-disagree", "undetermined", "A second solver answers a question otherwise."),
)  # fmt: skip

CODES: Final[Mapping[str, Code]] = MappingProxyType({entry.code: entry for entry in _ALL})
"""Every code, in the order of the passes."""

FAULTS: Final = frozenset({"X004"})
"""Codes that only a fault of a program can show: no policy of the corpus has them."""

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
        "L": "notes for counsel",
        "K": "feasibility",
        "N": "names and style",
        "X": "not determined",
    }
)
"""What the letter of a code stands for."""
