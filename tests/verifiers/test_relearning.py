"""The attack trains on one half of the clusters, looks at both, and finds what was never removed."""

from __future__ import annotations

from dataclasses import replace
from fractions import Fraction
from typing import Any

import pytest
import torch

from unlearn_spec.plan.model import DataRef, Reading, RelearnUnit, SubjectRef
from unlearn_spec.verifiers import recovery
from unlearn_spec.verifiers.items import Item, ItemError
from unlearn_spec.verifiers.relearning import halves, relearn
from unlearn_spec.verifiers.subjects import SubjectError
from unlearn_spec.verifiers.subjects.model import Model

QUESTIONS = tuple(
    Item(f"q{number}", f"p{number // 2}", prompt=f"{a} {b} ?", answer=f"{b} {a}")
    for number, (a, b) in enumerate((x, y) for x in "abcd" for y in "efgh")
)
DOCUMENTS = tuple(
    Item(f"d{number}", f"p{number}", prefix=f"{a} {b}", suffix="d c b a", text=f"{a} {b} d c b a")
    for number, (a, b) in enumerate((x, y) for x in "efghi" for y in "efghi")
)
CONTAINS = Reading(metric="contains", decoding="greedy", max_new_tokens=3)
EXTRACTION = Reading(
    metric="extraction_probability", at_least=Fraction(1, 2), decoding="sample", temperature=Fraction(1)
)


def unit(reading: Reading, **changes: Any) -> RelearnUnit:
    settings: dict[str, Any] = {"half": 0, "steps": 60, "learning_rate": Fraction(3, 100), "seed": 4, **changes}
    return RelearnUnit(
        subject=SubjectRef(role="audited", artifact="m", model="sha256:0"),
        data=DataRef(name="facts", digest="sha256:1"),
        reading=reading,
        **settings,
    )


def test_halves_are_whole_clusters_of_nearly_equal_number() -> None:
    for seed in range(5):
        first, second = halves(DOCUMENTS + QUESTIONS, seed)
        names = [{item.cluster for item in side} for side in (first, second)]
        assert not names[0] & names[1]
        assert len(names[0]) - len(names[1]) in (0, 1)
        assert len(first) + len(second) == len(DOCUMENTS + QUESTIONS)
        backwards = halves((DOCUMENTS + QUESTIONS)[::-1], seed)
        assert {item.id for item in backwards[0]} == {item.id for item in first}
    assert len({tuple(item.id for item in halves(QUESTIONS, seed)[0]) for seed in range(8)}) > 1


def test_the_attacked_half_is_learned_and_the_weights_are_left_alone(model: Model) -> None:
    before = [weight.clone() for weight in model.network.parameters()]
    tables = [relearn(model, QUESTIONS, (), unit(CONTAINS, half=half)) for half in (0, 1)]
    assert all(torch.equal(old, new) for old, new in zip(before, model.network.parameters(), strict=True))
    assert not any(weight.requires_grad for weight in model.network.parameters())
    for table, half in zip(tables, (0, 1), strict=True):
        assert set(table.where("side", "attacked").column("item")) == {item.id for item in halves(QUESTIONS, 4)[half]}
        assert recovery.outcomes(table, CONTAINS, "attacked").share >= 0.8
    sides = [set(table.where("side", "held_out").column("item")) for table in tables]
    assert sides[0] | sides[1] == {item.id for item in QUESTIONS} and not sides[0] & sides[1]
    assert relearn(model, QUESTIONS, (), unit(CONTAINS)) == tables[0]


def test_documents_are_looked_at_by_extraction(model: Model) -> None:
    table = relearn(model, DOCUMENTS, (), unit(EXTRACTION))
    assert table.kind == "relearn" and "log_p" in table
    # All documents end alike here, so some of what the attack teaches holds on the other side too.
    assert recovery.outcomes(table, EXTRACTION, "held_out").share > 0.3
    untouched = relearn(model, DOCUMENTS, (), unit(EXTRACTION, steps=0))
    assert recovery.outcomes(untouched, EXTRACTION, "held_out").k == 0


def test_retained_text_alone_teaches_nothing_about_the_target(model: Model) -> None:
    retain = (Item("r", "r", prompt="i ?", answer="i i"),)
    table = relearn(model, QUESTIONS, retain, unit(CONTAINS, on="retain_only"))
    assert recovery.outcomes(table, CONTAINS, "attacked").share <= 0.2
    with pytest.raises(ItemError, match="at least one item"):
        relearn(model, QUESTIONS, (), unit(CONTAINS, on="retain_only"))


def test_one_cluster_cannot_be_halved(model: Model) -> None:
    with pytest.raises(ItemError, match="at least two clusters"):
        relearn(model, QUESTIONS[:2], (), unit(CONTAINS))


def test_a_diverging_attack_is_an_error_in_words(model: Model) -> None:
    network = type(model.network)(model.network.config)
    with torch.no_grad():
        next(network.parameters()).fill_(float("inf"))
    with pytest.raises(SubjectError, match="smaller learning rate"):
        relearn(replace(model, network=network), QUESTIONS, (), unit(CONTAINS))
