"""The axioms, in the order and by the numbers of `spec/semantics.md`. What each adds to a theory: `rows` and the modules it gathers."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final, Literal

from ...record import Record

Status = Literal["mathematics", "theorem", "definition", "model", "presumption"]


class Axiom(Record):
    id: str
    sentence: str
    status: Status


AXIOMS: Final[tuple[Axiom, ...]] = (
    Axiom("AX1", "Rates, shares and test powers lie between 0 and 1; sizes and times are not negative.", "mathematics"),
    Axiom("AX2", "A set's mean lies between the bounds that its counts above each threshold leave.", "mathematics"),
    Axiom(
        "AX3",
        "More access or stronger probing reveals at least as much; under stronger probing, at most as much is reliably known.",
        "definition",
    ),
    Axiom(
        "AX4",
        "Weights given to an audience stay given: no later act binds that copy, and whoever has it can fine-tune it.",
        "model",
    ),
    Axiom(
        "AX5",
        "Closeness to retraining bounds every membership test whose non-members come from the same lottery.",
        "theorem",
    ),
    Axiom(
        "AX6", "Closeness to retraining ties every expected rate to the retrained model's, from both sides.", "theorem"
    ),
    Axiom(
        "AX7",
        "Where no used method reaches, behaviour stays as it was; the work takes at least the durations of the methods used, added up.",
        "model",
    ),
    Axiom("AX8", "Treating a parent leaves a derivative that was made before as it was.", "model"),
    Axiom("AX9", "A test that needs the raw items needs them kept until it has run.", "definition"),
    Axiom(
        "AX10",
        "An audience has whatever access an audience inside it has; means over a set mix by size.",
        "mathematics",
    ),
    Axiom("AX11", "A rate shown by n draws lies in its Clopper–Pearson interval; 0 failures show 1 − α^(1/n).", "theorem"),
    Axiom(
        "AX12",
        "A refusal reveals nothing and shows no knowledge, for the same prompt at the same interface.",
        "definition",
    ),
    Axiom(
        "AX13",
        "Evidence for a bound comes from access at least as deep as the clause's; evidence against it, from at most as deep.",
        "definition",
    ),
    Axiom("AX14", "Durations run from the clock's start; each store has its own duty.", "definition"),
    Axiom(
        "AX15",
        "A certificate exists only for a method with a declared guarantee; one for a single unit loosens with every unit of the target.",
        "definition",
    ),
    Axiom(
        "AX16",
        "An undeclared overlap is unknown: it may be anything that the declared sizes and relations allow.",
        "definition",
    ),
    Axiom(
        "K1",
        "What an artifact was trained on shapes its parameters until a removal without remainder has covered it.",
        "presumption",
    ),
    Axiom(
        "K2",
        "Removal without remainder, of a set and of every retained set that is or may be made from it, ends the set's influence.",
        "definition",
    ),
    Axiom(
        "K3",
        "Influence on parameters cannot go while the parameters stay: removal needs a method that reaches the weights.",
        "presumption",
    ),
    Axiom("K4", "A derivative was shaped by whatever its parent had been trained on when it was made.", "definition"),
    Axiom("K5", "A retained set that was made from the target (a translation, a paraphrase) keeps its influence.", "model"),
    Axiom(
        "P1",
        "What is put together from parts that stay known can be put together again from a context that asks for it.",
        "presumption",
    ),
    Axiom("P2", "A model that must work with text which users supply repeats the target when they supply it.", "presumption"),
    Axiom(
        "P3",
        "Through the product appears what the model would say there, or what an index, a cache or a tool serves.",
        "definition",
    ),
    Axiom("P4", "At the weights no guardrail stands: what does not reach them changes nothing there.", "definition"),
    Axiom("C1", "A duty to act on an artifact presupposes control of it.", "presumption"),
)
BY_ID: Final[Mapping[str, Axiom]] = {axiom.id: axiom for axiom in AXIOMS}
PRESUMED: Final[frozenset[str]] = frozenset(a.id for a in AXIOMS if a.status in ("model", "presumption"))
"""Axioms a verdict may use only if it names them."""
WARNED: Final = ("P1", "P2")
"""Presumptions that no question assumes: what they exclude is told as a warning (C009)."""
FIXED: Final = ("AX14",)
"""How the language reads a word; not to be left out."""


class Row(Record):
    """One instance of axioms as SMT-LIB text, with the axioms' ids. None: true by what the symbols stand for."""

    axioms: tuple[str, ...]
    text: str
