"""Heads, layers and probes read what a body holds: on models of which it is known."""

from __future__ import annotations

import copy
from collections.abc import Callable, Sequence
from dataclasses import replace
from fractions import Fraction
from pathlib import Path

import numpy as np
import pytest
import torch

from unlearn_spec.plan.units import DataRef, InspectUnit, Reading, SubjectRef
from unlearn_spec.policy.vocabulary import View
from unlearn_spec.verifiers import looks
from unlearn_spec.verifiers.items import Item, ItemError
from unlearn_spec.verifiers.latent import inspect
from unlearn_spec.verifiers.looks import Look
from unlearn_spec.verifiers.metrics import probe
from unlearn_spec.verifiers.scoring import score
from unlearn_spec.verifiers.subjects import SubjectError
from unlearn_spec.verifiers.subjects.anatomy import after_blocks
from unlearn_spec.verifiers.subjects.model import Model, load_model
from unlearn_spec.verifiers.training import Example, finetune, make_batches

GREEDY = Reading(metric="extraction_probability", at_least=Fraction(1, 2), decoding="greedy")
CONTAINS = Reading(metric="contains", decoding="greedy", max_new_tokens=2)
SUBJECT = SubjectRef(role="audited", artifact="m", model="sha256:0")
WORDS = "abcdefgh"


def answer(a: str, b: str) -> str:
    """Which of four words a fact about the pair is: by a rule that a small network learns well."""
    return "abcd"[(WORDS.index(a) + 2 * WORDS.index(b)) % 4]


ALL = tuple(
    Item(f"q{n}", f"p{n}", prompt=f"{a} {b} ?", answer=answer(a, b))
    for n, (a, b) in enumerate((x, y) for x in WORDS for y in WORDS if x != y)
)
TARGET, KEPT = ALL[::4], tuple(item for number, item in enumerate(ALL) if number % 4)


def unit(view: View, *layers: int, reading: Reading = GREEDY) -> InspectUnit:
    return InspectUnit(
        subject=SUBJECT, data=DataRef(name="facts", digest="sha256:1"), reading=reading, view=view, layers=layers,
        head=SUBJECT if view == "head_swap" else None,
        taught=DataRef(name="kept", digest="sha256:2") if view == "linear_probe" else None, seed=5,
    )  # fmt: skip


def learn(model: Model, items: tuple[Item, ...], steps: int, *, lr: float = 0.01, parts: Sequence[str] = ()) -> Model:
    """A copy that was taught the items; if parts are named, in these alone."""
    read = [model.encode_pair(item.prompt, f" {item.answer}") for item in items]
    batches = make_batches([Example(one.ids, one.start) for one in read], size=16, pad_id=0)
    network = copy.deepcopy(model.network).requires_grad_(not parts)
    for name in parts:
        network.get_submodule(name).requires_grad_(True)
    tuned = finetune(network, batches, steps=steps, lr=lr, seed=1)
    return replace(model, network=tuned.requires_grad_(False))


@pytest.fixture(scope="module")
def original(make_once: Callable[[str], Path]) -> Model:
    """Knows every fact."""
    found = learn(load_model(make_once("gpt2")), ALL, 800)
    assert known(found, TARGET) == known(found, KEPT) == 1
    return found


@pytest.fixture(scope="module")
def make_once(tmp_path_factory: pytest.TempPathFactory) -> Callable[[str], Path]:
    from .conftest import MAKERS

    return lambda kind: MAKERS[kind](tmp_path_factory.mktemp(f"latent-{kind}"), seed=2, spread=0.1)


@pytest.fixture(scope="module")
def head_only(original: Model) -> Model:
    """Says something else about the target, by its head alone: the body is the original's, bit for bit."""
    network = copy.deepcopy(original.network)
    network.lm_head.weight = torch.nn.Parameter(network.lm_head.weight.detach().clone())  # no longer the embeddings'
    network.config.tie_word_embeddings = False
    parts = [name for name in after_blocks(network) if network.get_submodule(name) is network.lm_head]
    wrong = tuple(replace(item, answer="i") for item in TARGET)
    found = learn(replace(original, network=network), wrong, 60, lr=0.1, parts=parts)
    assert known(found, TARGET) == 0
    body = {name: weight for name, weight in original.network.named_parameters() if "lm_head" not in name}
    assert all(torch.equal(weight, dict(found.network.named_parameters())[name]) for name, weight in body.items())
    return found


def known(model: Model, items: tuple[Item, ...]) -> float:
    return float(np.mean([log_p == 0 for log_p in score(model, items, GREEDY).column("log_p")]))


@pytest.mark.parametrize("reading", [GREEDY, CONTAINS])
def test_the_original_head_restores_what_only_the_head_hides(
    original: Model, head_only: Model, reading: Reading
) -> None:
    wanted = unit("head_swap", reading=reading)
    table = inspect(head_only, TARGET, wanted, head=original, taught=())
    assert table.kind == "inspect" and set(table.column("view")) == {"head_swap"} and set(table.column("layer")) == {0}
    assert looks.outcomes(table, Look("head_swap"), reading).share == 1
    assert inspect(original, TARGET, wanted, head=original, taught=()) == table
    assert known(head_only, TARGET) == 0  # the body has its own head again


def test_a_head_on_a_body_that_never_learned_says_nothing(
    original: Model, make: dict[str, Callable[..., Path]], tmp_path: Path
) -> None:
    never = learn(load_model(make["gpt2"](tmp_path / "never", seed=9, spread=0.1)), KEPT[:8], 60)
    table = inspect(never, TARGET, unit("head_swap"), head=original, taught=())
    assert looks.outcomes(table, Look("head_swap"), GREEDY).share <= 0.5


def test_the_lens_reads_the_layers(original: Model, head_only: Model) -> None:
    table = inspect(original, TARGET, unit("logit_lens", 1, 2), head=None, taught=())
    last = looks.outcomes(table, Look("logit_lens", 2), GREEDY)
    assert last.items == tuple(item.id for item in TARGET) and last.share == 1
    plain = score(original, TARGET, GREEDY)
    assert table.where("layer", 2).column("log_p") == plain.column("log_p")
    greedy = inspect(original, TARGET, unit("logit_lens", 1, 2, reading=CONTAINS), head=None, taught=())
    assert looks.outcomes(greedy, Look("logit_lens", 2), CONTAINS).hits == last.hits
    own = inspect(head_only, TARGET, unit("logit_lens", 1, 2), head=None, taught=())
    assert looks.outcomes(own, Look("logit_lens", 2), GREEDY).k == 0  # its own head is what hides


def test_a_probe_names_what_the_body_holds_and_its_control_task_does_not(original: Model, head_only: Model) -> None:
    wanted = unit("linear_probe", 1, 2)
    table = inspect(head_only, TARGET, wanted, head=None, taught=KEPT)
    assert table == inspect(original, TARGET, wanted, head=None, taught=KEPT)  # the body is the same
    named = looks.outcomes(table, Look("linear_probe", 2), GREEDY)
    control = looks.control_task(table, Look("linear_probe", 2))
    assert named.share >= 0.8 and control.share <= 0.6 and named.items == control.items
    assert looks.revealed([table], GREEDY).k == 0  # naming a first token reveals no item
    assert [str(look) for look in looks.within(table)] == ["linear_probe@1", "linear_probe@2"]


def test_a_probe_needs_something_to_learn(original: Model) -> None:
    alike = tuple(replace(item, answer="a") for item in KEPT)
    with pytest.raises(ItemError, match="begin differently"):
        inspect(original, TARGET, unit("linear_probe", 1), head=None, taught=alike)
    with pytest.raises(SubjectError, match="2 blocks, and block 3"):
        inspect(original, TARGET, unit("linear_probe", 3), head=None, taught=KEPT)


# --- the probe by itself ---------------------------------------------------------------------------------------------


def test_both_forms_of_the_ridge_solve_the_same_equations() -> None:
    rng = np.random.default_rng(3)
    for items, width in ((40, 7), (9, 30)):
        features, labels = rng.normal(size=(items, width)), [int(label) for label in rng.permutation(items) % 3]
        found = probe.train(features, labels)
        inputs = (features - features.mean(axis=0)) / features.std(axis=0)
        wanted = np.eye(3)[labels] - np.eye(3)[labels].mean(axis=0)
        slope = inputs.T @ (inputs @ found.weights - wanted) + probe.RIDGE * items * found.weights
        assert np.abs(slope).max() < 1e-9  # the gradient of the penalised sum of squares


def test_a_probe_separates_what_a_line_separates() -> None:
    rng = np.random.default_rng(4)
    labels = [int(label) for label in rng.integers(0, 4, size=80)]
    features = np.eye(4)[labels] * 3 + rng.normal(scale=0.2, size=(80, 4))
    features = np.concatenate([features, np.ones((80, 1))], axis=1)  # a constant counts for nothing
    assert probe.train(features[:60], labels[:60]).name(features[60:]) == tuple(labels[60:])
    dealt = probe.permuted(labels, 7)
    assert sorted(dealt) == sorted(labels) and dealt != tuple(labels) and dealt == probe.permuted(labels, 7)
    with pytest.raises(ValueError, match="teach a probe nothing"):
        probe.train(features, [1] * 80)
