"""Units and their keys. A unit says all that its table depends on, and nothing else, so that one pass serves many clauses."""

from __future__ import annotations

from collections.abc import Iterable

from ..evidence.canonical import json_digest
from .model import GenerateUnit, LoggedUnit, Planned, Reading, Unit


def unit_key(unit: Unit) -> str:
    """SHA-256 of the unit's canonical JSON, `sha256:…`."""
    return json_digest(unit.model_dump(mode="json"))


def planned(units: Iterable[Unit]) -> tuple[Planned, ...]:
    """Every unit once, in order of first appearance."""
    found = {unit_key(unit): unit for unit in units}
    return tuple(Planned(key=key, unit=unit) for key, unit in found.items())


def keys(units: Iterable[Unit]) -> tuple[str, ...]:
    """The units' keys, in order."""
    return tuple(unit_key(unit) for unit in units)


def answering(reading: Reading) -> Reading:
    """What answers and their columns depend on: decoding and normalisation, not the metric that reads them later."""
    sampled = reading.decoding == "sample"
    return Reading(
        metric="contains",
        normalisation=reading.normalisation,
        decoding=reading.decoding,
        temperature=reading.temperature if sampled else None,
        top_p=reading.top_p if sampled else None,
        top_k=reading.top_k if sampled else None,
        samples=reading.samples if sampled else None,
        max_new_tokens=reading.max_new_tokens,
    )


def scoring(reading: Reading) -> Reading:
    """What a scoring pass depends on: the decoding whose probabilities it gives, or how options compete."""
    if reading.metric == "multiple_choice":
        return Reading(metric="multiple_choice", options=reading.options, decoding="greedy")
    sampled = reading.decoding == "sample"
    return Reading(
        metric="extraction_probability",
        decoding=reading.decoding,
        temperature=reading.temperature if sampled else None,
        top_p=reading.top_p if sampled else None,
        top_k=reading.top_k if sampled else None,
    )


def asking(reading: Reading) -> Reading:
    """What the questions to an altered copy depend on: its probabilities, where the reading is one, else its answers."""
    return scoring(reading) if reading.metric == "extraction_probability" else answering(reading)


def is_answer(unit: Unit) -> bool:
    """Whether its numbers come from answers that a model wrote: asked again, it might write others."""
    return isinstance(unit, GenerateUnit) or (isinstance(unit, LoggedUnit) and unit.reading.metric == "rouge_l")


def again(unit: GenerateUnit) -> GenerateUnit:
    """The same unit, measured once more for the A/A gate."""
    return unit.model_copy(update={"repeat": 1})
