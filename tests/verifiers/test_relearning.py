"""The attack trains on one half of the clusters, looks at both, and finds what was never removed."""

from __future__ import annotations

import copy
from collections.abc import Sequence
from dataclasses import replace
from fractions import Fraction
from typing import Any

import pytest
import torch
from torch.nn.utils import parametrize

from unlearn_spec.plan.units import DataRef, Reading, RelearnUnit, SubjectRef
from unlearn_spec.verifiers import recovery, relearning
from unlearn_spec.verifiers.items import Item, ItemError
from unlearn_spec.verifiers.low_rank import merged, with_updates
from unlearn_spec.verifiers.relearning import halves, relearn
from unlearn_spec.verifiers.subjects import SubjectError
from unlearn_spec.verifiers.subjects.model import Model
from unlearn_spec.verifiers.training import next_token_loss, seeded

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


def test_looking_on_the_way_changes_nothing_and_equals_stopping_to_look(model: Model) -> None:
    network = copy.deepcopy(model.network)
    for module in network.modules():
        if isinstance(module, torch.nn.Dropout):
            module.p = 0.2  # so that looking could disturb the random state of training
    shaky = replace(model, network=network)
    for rank in (None, 2):
        table = relearn(shaky, QUESTIONS, (), unit(CONTAINS, steps=12, looks=(4, 8), rank=rank))
        assert sorted(set(table.column("step"))) == [4, 8, 12]
        assert [len(table.where("step", step)) for step in (4, 8, 12)] == [len(QUESTIONS)] * 3
        assert table.where("step", 12) == relearn(shaky, QUESTIONS, (), unit(CONTAINS, steps=12, rank=rank))
    again = relearn(shaky, QUESTIONS, (), unit(CONTAINS, steps=12, looks=(4, 8), rank=2))
    assert again == table


@pytest.mark.parametrize("rank", [None, 2])
def test_the_loss_on_its_own_texts_is_told_at_each_look(model: Model, rank: int | None) -> None:
    corpus = tuple(Item(f"c{i}", f"c{i}", text=f"{a} i h {a} i") for i, a in enumerate("abcdefgh"))
    for on, texts in (("random_half", halves(QUESTIONS, 4)[0]), ("benign", corpus), ("retain_only", corpus)):
        table = relearn(model, QUESTIONS, corpus, unit(CONTAINS, on=on, steps=40, looks=(5, 20), rank=rank))
        (before,) = set(table.column("loss_before"))
        found = [set(table.where("step", step).column("loss")) for step in (5, 20, 40)]
        assert [len(one) for one in found] == [1, 1, 1]
        assert before > max(found[0]) > max(found[1]) > max(found[2])
        assert before == pytest.approx(mean_loss_by_hand(model, texts))


def mean_loss_by_hand(model: Model, texts: Sequence[Item]) -> float:
    """One text at a time."""
    total, tokens = 0.0, 0
    for item in texts:
        asked = list(model.encode(item.text or item.prompt))
        ids = [*model.encode(item.text or f"{item.prompt} {item.answer}"), model.tokenizer.eos_token_id]
        with torch.no_grad():
            chances = model.network(torch.tensor([ids])).logits[0].log_softmax(-1)
        for place in range(1 if item.text else len(asked), len(ids)):
            total, tokens = total - float(chances[place - 1, ids[place]]), tokens + 1
    return total / tokens


def test_what_an_attack_does_not_get_to_counts_for_nothing(model: Model) -> None:
    """Of many texts, few steps take few."""
    corpus = tuple(Item(f"c{i}", f"c{i}", text=f"{a} {b} i") for i, (a, b) in enumerate((x, y) for x in "abcdefgh" for y in "abcdefgh"))
    few, all_ = (relearn(model, QUESTIONS, corpus, unit(CONTAINS, on="benign", steps=steps)) for steps in (1, 8))
    assert all_.column("loss_before")[0] == pytest.approx(mean_loss_by_hand(model, corpus))
    assert few.column("loss_before")[0] != pytest.approx(mean_loss_by_hand(model, corpus))


def test_an_attack_at_next_to_no_rate_leaves_its_loss_where_it_was(model: Model) -> None:
    table = relearn(model, QUESTIONS, (), unit(CONTAINS, learning_rate=Fraction(1, 10**7)))
    assert table.column("loss")[0] == pytest.approx(table.column("loss_before")[0], rel=1e-3)


def test_measuring_the_loss_changes_nothing_in_the_attack(model: Model, monkeypatch: pytest.MonkeyPatch) -> None:
    attack = unit(CONTAINS, steps=12, looks=(4,), rank=2)
    table = relearn(model, QUESTIONS, (), attack)
    monkeypatch.setattr(relearning, "mean_loss", lambda network, batches: float("nan"))
    unmeasured = relearn(model, QUESTIONS, (), attack)
    assert set(unmeasured.column("loss")) == {float("inf")}
    assert table.columns[2:] == unmeasured.columns[2:] and [name for name, _ in table.columns[:2]] == ["loss_before", "loss"]


def test_dropout_that_a_configuration_asks_for_weakens_no_attack(model: Model) -> None:
    network = copy.deepcopy(model.network)
    for module in network.modules():
        if isinstance(module, torch.nn.Dropout):
            module.p = 0.95
    attack = unit(CONTAINS, steps=20)
    assert relearn(replace(model, network=network), QUESTIONS, (), attack) == relearn(model, QUESTIONS, (), attack)


def test_low_rank_updates_learn_the_attacked_half(model: Model) -> None:
    table = relearn(model, QUESTIONS, (), unit(CONTAINS, rank=4, steps=120, learning_rate=Fraction(1, 20)))
    assert recovery.outcomes(table, CONTAINS, "attacked").share > 0.5
    assert not any(parametrize.is_parametrized(module) for module in model.network.modules())


def test_an_update_of_rank_zero_effect_is_the_model_and_a_merged_one_is_what_was_trained(model: Model) -> None:
    ids = torch.tensor([[3, 4, 5, 6]])
    with seeded(0):
        student = with_updates(model.network, 2)
    trained = [name for name, weight in student.named_parameters() if weight.requires_grad]
    assert trained and all(name.endswith((".up", ".down")) for name in trained)
    assert not any("lm_head" in name or "embed" in name or "wte" in name for name in trained)
    with torch.no_grad():
        assert torch.equal(student(ids).logits, model.network(ids).logits)  # B is zero
        for name, weight in student.named_parameters():
            if name.endswith(".up"):
                weight.normal_(generator=torch.Generator().manual_seed(1))
        plain = merged(student, model.network)
        assert torch.allclose(plain(ids).logits, student(ids).logits, atol=1e-6)
        assert not torch.allclose(plain(ids).logits, model.network(ids).logits, atol=1e-3)
    assert [name for name, _ in plain.named_parameters()] == [name for name, _ in model.network.named_parameters()]
    for old, new in zip(model.network.parameters(), plain.parameters(), strict=True):
        change = (new - old).detach()
        assert change.dim() < 2 or int(torch.linalg.matrix_rank(change)) in (0, 2)


def test_an_attack_that_diverges_keeps_the_looks_before(model: Model, monkeypatch: pytest.MonkeyPatch) -> None:
    losses = iter(range(100))

    def loss(network: torch.nn.Module, batch: Any) -> torch.Tensor:
        value = next_token_loss(network, batch)
        return value * float("nan") if next(losses) == 6 else value

    monkeypatch.setattr(relearning, "next_token_loss", loss)
    table = relearn(model, QUESTIONS, (), unit(CONTAINS, steps=20, looks=(3, 10)))
    assert set(table.column("step")) == {3}
    losses = iter(range(100))
    table = relearn(model, QUESTIONS, (), unit(CONTAINS, steps=20))
    assert table.kind == "relearn" and len(table) == 0


def test_a_rate_that_blows_the_weights_up_leaves_no_look(model: Model) -> None:
    table = relearn(model, QUESTIONS, (), unit(CONTAINS, learning_rate=Fraction(10) ** 38, steps=30))
    assert len(table) == 0


def test_unrelated_text_teaches_no_item_of_the_target(model: Model) -> None:
    corpus = (Item("c", "c", text="h i h i h i"), *QUESTIONS[:4])  # four of the target's own items do not count
    table = relearn(model, QUESTIONS, corpus, unit(CONTAINS, on="benign"))
    assert table == relearn(model, QUESTIONS, corpus[:1], unit(CONTAINS, on="benign"))
    assert recovery.outcomes(table, CONTAINS, "attacked").share <= 0.2
    with pytest.raises(ItemError, match="not one of the target's"):
        relearn(model, QUESTIONS, QUESTIONS[:4], unit(CONTAINS, on="benign"))


def test_one_cluster_cannot_be_halved(model: Model) -> None:
    with pytest.raises(ItemError, match="at least two clusters"):
        relearn(model, QUESTIONS[:2], (), unit(CONTAINS))


def test_a_model_that_is_broken_before_the_attack_is_an_error_in_words(model: Model) -> None:
    network = type(model.network)(model.network.config)
    with torch.no_grad():
        next(network.parameters()).fill_(float("inf"))
    with pytest.raises(SubjectError, match="cannot begin"):
        relearn(replace(model, network=network), QUESTIONS, (), unit(CONTAINS))
