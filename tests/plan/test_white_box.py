"""Looks at rounded copies and inside models, as planned: who is looked at, how, in which cell, at what error."""

from __future__ import annotations

import json
from collections.abc import Callable
from fractions import Fraction
from pathlib import Path

import pytest
from laboratory import ITEMS, Lab, documents, small_policy, write_rows

from unlearn_spec.plan.model import Missing, Obligation, Plan
from unlearn_spec.plan.obligations import make_plan
from unlearn_spec.plan.power import refuting_power
from unlearn_spec.plan.units import InspectUnit, QuantizeUnit
from unlearn_spec.plan.white_box import registered

GONE = """
  - id: gone
    goal: remove
    target: facts
    scope: {artifacts: [assistant]}
    measure: influence
    limit: {epsilon: "0.5", delta: "1%", compared_with: retrain_without}
    evidence: {kind: test, access: weights, decide: not_refuted, power_at: "90%", <how>}
  - id: kept
    goal: retain
    target: kept
    scope: {artifacts: [assistant], access: weights, asked: direct, decoding: {method: greedy}}
    over: mean
    limit: {at_least: "50%"}
    reveals_when: {metric: contains}
"""
HIDDEN = """
  - id: hidden
    goal: suppress
    target: facts
    scope: {artifacts: [assistant], access: weights, asked: direct, decoding: {method: greedy}}
    over: mean
    about: model
    limit: {at_most: "20%"}
    reveals_when: {metric: <metric>}
    evidence: {kind: test, access: weights, decide: not_refuted, power_at: "90%", quantize: [int8, nf4]}
"""


@pytest.fixture
def lab(tmp_path: Path) -> Callable[[str], Lab]:
    return lambda clauses: laboratory(tmp_path, clauses)


def laboratory(folder: Path, clauses: str) -> Lab:
    """Its models declare one block."""
    here = Lab(folder, small_policy(clauses))
    for number, config in enumerate(sorted((folder / "models").glob("*/config.json"))):
        config.write_text(json.dumps({"model_type": "gpt2", "num_hidden_layers": 1, "seed": number}))
    return here


def plan_of(here: Lab) -> tuple[Obligation, Plan]:
    plan = make_plan(here.document, here.load())
    return next(one for one in plan.obligations if one.clause in ("gone", "hidden")), plan


def lacking(here: Lab) -> Missing:
    return next(one for one in make_plan(here.document, here.load()).missing if one.clause in ("gone", "hidden"))


def test_every_subject_is_rounded_to_every_format(lab: Callable[[str], Lab]) -> None:
    gone, plan = plan_of(lab(GONE.replace("<how>", "quantize: [int8, int4, nf4]")))
    units = {planned.key: planned.unit for planned in plan.units}
    assert (gone.verifier, gone.access) == ("quantization", "weights") and gone.asked.startswith("suite:quantize-")
    for arm, subjects in ((gone.audited, 1), (gone.original, 1), (gone.references, 2)):
        assert [u.format for key in arm if isinstance(u := units[key], QuantizeUnit)] == [
            "int8",
            "int4",
            "nf4",
        ] * subjects
    assert [control.gate for control in gone.controls] == ["positive", "negative", "degeneracy"]


def test_looks_share_the_error(lab: Callable[[str], Lab]) -> None:
    hidden, _ = plan_of(lab(HIDDEN.replace("<metric>", "contains")))
    clusters = [f"{i % 20}" for i in range(ITEMS)]
    assert hidden.power == pytest.approx(refuting_power(clusters, Fraction(1, 5), Fraction(9, 10), hidden.alpha / 2))


def test_the_settings_make_the_cell(tmp_path: Path) -> None:
    formats = ("int8", "int4", "int8, int4")
    clauses = [GONE.replace("<how>", f"quantize: [{how}]") for how in formats]
    cells = {plan_of(laboratory(tmp_path / str(n), each))[0].asked for n, each in enumerate(clauses)}
    assert len(cells) == len(formats)


def test_views_name_head_layers_and_what_a_probe_is_taught(lab: Callable[[str], Lab]) -> None:
    here = lab(GONE.replace("<how>", "inspect: [head_swap, logit_lens, linear_probe]"))
    gone, plan = plan_of(here)
    units = {planned.key: planned.unit for planned in plan.units}
    assert gone.verifier == "latent" and gone.asked.startswith("suite:inspect-")
    swap, lens, probe = (u for key in gone.audited if isinstance(u := units[key], InspectUnit))
    assert swap.head is not None and swap.head.role == "original" and not swap.layers
    assert lens.layers == probe.layers == (1,) and lens.reading.metric == "extraction_probability"
    assert probe.taught is not None and probe.taught.name == "kept" and lens.taught is swap.taught is None
    task = next(control for control in gone.controls if control.gate == "control_task")
    assert task.units == (gone.audited[2],)


def test_up_to_four_blocks_are_registered_the_last_among_them() -> None:
    assert [registered(depth) for depth in (1, 2, 4, 5, 32)] == [
        (1,),
        (1, 2),
        (1, 2, 3, 4),
        (2, 3, 4, 5),
        (8, 16, 24, 32),
    ]


@pytest.mark.parametrize(
    ("how", "change", "outcome", "words"),
    [
        (
            "quantize: [int4]",
            lambda b: b.pop("references"),
            "not_testable",
            "Without a model that never had the target",
        ),
        ("inspect: [head_swap]", lambda b: b.pop("original"), "not_testable", "head of the model before unlearning"),
        ("inspect: [linear_probe]", lambda b: b["data"].pop("kept"), "not_tested", "trained on retained items"),
    ],
)
def test_what_is_missing_is_named(
    lab: Callable[[str], Lab], how: str, change: Callable[[dict[str, object]], object], outcome: str, words: str
) -> None:
    here = lab(GONE.replace("<how>", how))
    change(here.bindings)
    found = lacking(here)
    assert found.outcome == outcome and words in found.reason


def test_layers_of_models_of_different_depth_are_not_compared(lab: Callable[[str], Lab]) -> None:
    here = lab(GONE.replace("<how>", "inspect: [logit_lens]"))
    (here.folder / "models" / "retrained-1" / "config.json").write_text('{"model_type": "gpt2"}')
    assert "not the same number of them" in lacking(here).reason


STORIES_KEPT = """  - id: stories
    goal: retain
    target: diaries
    scope: {artifacts: [assistant], access: weights, asked: direct, decoding: {method: greedy}}
    over: mean
    limit: {at_least: "50%"}
    reveals_when: {metric: contains}
"""


def test_a_probe_about_questions_is_taught_questions_wherever_they_stand(lab: Callable[[str], Lab]) -> None:
    gone = GONE.replace("<how>", "inspect: [linear_probe]")
    place = gone.index("  - id: kept")
    here = lab(gone[:place] + STORIES_KEPT + gone[place:])
    one, plan = plan_of(here)
    unit = next(planned.unit for planned in plan.units if planned.key == one.audited[0])
    assert isinstance(unit, InspectUnit) and unit.taught is not None and unit.taught.name == "kept"
    here.bindings["data"].pop("kept")  # better than nothing
    one, plan = plan_of(here)
    unit = next(planned.unit for planned in plan.units if planned.key == one.audited[0])
    assert isinstance(unit, InspectUnit) and unit.taught is not None and unit.taught.name == "diaries"


def test_a_probe_is_not_taught_documents_that_ask_nothing(lab: Callable[[str], Lab]) -> None:
    here = lab(GONE.replace("<how>", "inspect: [linear_probe]"))
    write_rows(here.folder / "data" / "kept.jsonl", [{"text": row["text"]} for row in documents(60)])
    assert "trained on retained items" in lacking(here).reason


def test_an_altered_copy_is_not_asked_for_refusals_nor_through_an_interface(lab: Callable[[str], Lab]) -> None:
    assert "counts refusals" in lacking(lab(HIDDEN.replace("<metric>", "refusal"))).reason


def test_from_outside_nothing_can_be_rounded(lab: Callable[[str], Lab]) -> None:
    outside = HIDDEN.replace("<metric>", "contains").replace(
        "kind: test, access: weights", "kind: test, access: logprobs"
    )
    assert "cannot alter or open the model" in lacking(lab(outside)).reason
