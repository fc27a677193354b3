"""Plans: what is measured for which clause, with which controls, at which n, error and power; or what is missing."""

from __future__ import annotations

import re
import subprocess
import sys
from collections.abc import Callable
from fractions import Fraction
from pathlib import Path

import pytest
from laboratory import CLUSTERS, ITEMS, Lab, documents, questions, small_policy, write_rows

from unlearn_spec.plan.bound import Bindings
from unlearn_spec.plan.model import Missing, Obligation, Plan
from unlearn_spec.plan.obligations import make_plan
from unlearn_spec.plan.stops import due, last_look, taken
from unlearn_spec.plan.suite_file import installed_digest
from unlearn_spec.plan.units import GenerateUnit, RelearnUnit, ScoreUnit, unit_key
from unlearn_spec.policy.load import load_text
from unlearn_spec.statistics.binomial import power_certify, power_refute, samples_for_zero_failures
from unlearn_spec.statistics.bounded import clustered_rate_upper
from unlearn_spec.verifiers.suites import of_templates

GREEDY = "decoding: {method: greedy, max_new_tokens: 16}"
CONTAINS = "reveals_when: {metric: contains, normalisation: casefold_nfkc_space}"
EXTRACTABLE = 'reveals_when: {metric: extraction_probability, at_least: "0.1%"}'
SAMPLED = 'decoding: {method: sample, temperature: "1", samples: 1}'

HIDE = f"""
  - id: hide
    goal: suppress
    target: facts
    scope: {{artifacts: [assistant], access: product, asked: direct, {GREEDY}}}
    over: mean
    limit: {{at_most: "20%"}}
    {CONTAINS}
    evidence: {{kind: test, access: product, population: these_items, decide: certify, power_at: "1%"}}
"""
DIARIES = f"""
  - id: no-verbatim
    goal: suppress
    target: diaries
    scope: {{artifacts: [assistant], access: weights, asked: direct, {SAMPLED}}}
    limit: {{at_most: "5%"}}
    {EXTRACTABLE}
    evidence: {{kind: test, access: weights, population: these_items, decide: not_refuted, power_at: "30%"}}
"""
KEEP = f"""
  - id: keep
    goal: retain
    target: kept
    scope: {{artifacts: [assistant], access: product, asked: direct, {GREEDY}}}
    over: mean
    limit: {{at_least: "80%"}}
    {CONTAINS}
    evidence: {{kind: test, access: product, decide: not_refuted, power_at: "20%"}}
"""
NO_WORSE = KEEP.replace("id: keep", "id: no-worse").replace('at_least: "80%"', 'within: "5%", of: before')
MEMBERSHIP = """
  - id: membership
    goal: remove
    target: diaries
    scope: {artifacts: [assistant]}
    measure: membership
    limit: {tpr_at_most: "40%", at_fpr: "20%"}
    evidence: {kind: test, access: weights, decide: not_refuted, power_at: "90%", controls: [randomised_holdout]}
"""
RELEARN = """
  - id: gone
    goal: remove
    target: facts
    scope: {artifacts: [assistant]}
    measure: influence
    limit: {epsilon: "0.5", delta: "1%", compared_with: retrain_without}
    evidence:
      kind: test
      access: finetune
      decide: not_refuted
      power_at: "90%"
      relearn: {steps: 10, learning_rate: "0.001"}
"""
NEVER_HAD = f"""
reference_retrain:
  - id: unknown
    target: facts
    without: facts
    in: assistant
    access: finetune
    asked: adversarial
    mean_between: ["0%", "0.1%"]
    {CONTAINS}
    {GREEDY}
"""
DONE = '  - {id: done, goal: finish, scope: {artifacts: [assistant]}, by: "30 days", evidence: {kind: attestation}}\n'


def plan_of(lab: Lab, **rejected: tuple[str, ...]) -> Plan:
    return make_plan(lab.document, lab.load(), rejected)


def only(plan: Plan) -> Obligation:
    assert not plan.missing, plan.missing
    (obligation,) = plan.obligations
    return obligation


def lacking(lab: Lab) -> Missing:
    plan = plan_of(lab)
    assert not plan.obligations
    (missing,) = plan.missing
    return missing


@pytest.fixture
def lab(tmp_path: Path) -> Callable[[str], Lab]:
    return lambda clauses: Lab(tmp_path, small_policy(clauses))


def gate(obligation: Obligation, name: str) -> tuple[str, ...]:
    return next(control.units for control in obligation.controls if control.gate == name)


# --- which test, on whom ---------------------------------------------------------------------------------------------


def test_suppression_at_product_asks_the_guarded_system_and_shows_the_gap(lab: Callable[[str], Lab]) -> None:
    plan = plan_of(lab(HIDE))
    hide = only(plan)
    units = {planned.key: planned.unit for planned in plan.units}
    assert (hide.id, hide.verifier, hide.access, hide.asked) == ("hide@assistant", "leak", "product", "direct")
    (audited,) = (units[key] for key in hide.audited)
    assert isinstance(audited, GenerateUnit) and audited.subject.system is not None and audited.prompts == "prompt"
    (original,) = (units[key] for key in hide.original)
    assert original.subject.role == "original" and original.subject.system is None
    assert [units[key].subject.index for key in hide.references] == [0, 1]
    assert gate(hide, "positive") == hide.original
    (again,) = (units[key] for key in gate(hide, "repeat"))
    assert again == audited.model_copy(update={"repeat": 1})
    (gap,) = plan.gaps
    assert gap.guarded == hide.audited
    assert units[gap.bare[0]].subject == audited.subject.model_copy(update={"system": None})


def test_deeper_access_goes_to_the_bare_weights(lab: Callable[[str], Lab]) -> None:
    plan = plan_of(lab(HIDE.replace("access: product", "access: api")))
    assert only(plan).access == "api"
    assert all(planned.unit.subject.system is None for planned in plan.units)
    assert not plan.gaps


def test_extraction_scores_and_looks_for_degeneracy_in_answers(lab: Callable[[str], Lab]) -> None:
    plan = plan_of(lab(DIARIES))
    obligation = only(plan)
    units = {planned.key: planned.unit for planned in plan.units}
    assert obligation.verifier == "extraction"
    assert all(isinstance(units[key], ScoreUnit) for key in (*obligation.audited, *obligation.original))
    babbling = next(control for control in obligation.controls if control.gate == "degeneracy")
    assert [units[key].subject.role for key in (*babbling.units, *babbling.against)] == ["audited", "original"]
    assert all(isinstance(units[key], GenerateUnit) for key in babbling.units)


def test_one_pass_serves_membership_and_extraction(lab: Callable[[str], Lab]) -> None:
    plan = plan_of(lab(DIARIES + MEMBERSHIP))
    extraction, membership = plan.obligations
    assert extraction.audited[0] == membership.audited[0]
    units = {planned.key: planned.unit for planned in plan.units}
    assert [units[key].data.name for key in membership.audited] == ["diaries", "holdout:diaries"]
    blind = next(control for control in membership.controls if control.gate == "blind_baseline")
    assert [data.name for data in blind.data] == ["diaries", "holdout:diaries"] and not blind.units


def test_one_answer_serves_two_readings(lab: Callable[[str], Lab]) -> None:
    exact = HIDE.replace("id: hide", "id: hide-exact").replace("metric: contains", "metric: exact")
    plan = plan_of(lab(HIDE + exact))
    first, second = plan.obligations
    assert first.audited == second.audited and first.reading != second.reading


def test_a_grid_of_attacks_is_one_run_a_rate_and_repeat_with_looks_on_the_way(lab: Callable[[str], Lab], tmp_path: Path) -> None:
    grid = 'steps: [30, 5, 10], learning_rate: ["0.001", "0.01"], tune: lora, repeats: 2'
    single = RELEARN.replace('power_at: "90%"', 'power_at: "90%"\n      refute_at: "50%"')
    text = single.replace('steps: 10, learning_rate: "0.001"', grid)
    plan = plan_of(lab(text + NEVER_HAD))
    (obligation,) = plan.obligations
    units = {planned.key: planned.unit for planned in plan.units}
    runs = [unit for key in obligation.audited if isinstance(unit := units[key], RelearnUnit)]
    assert len(runs) == 2 * 2 * 2  # halves, rates, repeats
    assert {(unit.every_look, unit.rank) for unit in runs} == {((5, 10, 30), 8)}
    assert len({unit.seed for unit in runs}) == 2
    here = Lab(tmp_path / "alone", small_policy(single + NEVER_HAD))
    (alone,) = plan_of(here).obligations
    assert obligation.asked != alone.asked
    assert obligation.enough is not None and alone.enough is not None and obligation.enough > alone.enough  # α is shared
    assert obligation.cost.training_steps == 3 * 4 * alone.cost.training_steps


def test_a_single_learning_rate_is_noted_with_a_grid_to_put_in_its_place(lab: Callable[[str], Lab]) -> None:
    """A note, which stops nothing; whoever follows it has none."""
    here = lab(RELEARN)
    plan = plan_of(here)
    (note,) = (note for note in plan.notes if note.kind == "one_rate")
    assert note.about == ("gone", "assistant") and not plan.missing
    proposed = ", ".join(re.findall("`(.*?)`", str(note.told)))
    assert proposed == 'steps: [3, 10], learning_rate: ["0.0001", "0.0003", "0.001"]'
    text = RELEARN.replace('steps: 10, learning_rate: "0.001"', proposed)
    followed = make_plan(load_text(small_policy(text), "policy.yaml"), here.load())
    assert not [note for note in followed.notes if note.kind == "one_rate"]
    assert len(followed.obligations[0].audited) == 2 * 3  # halves and rates; the steps are looks on the way


def test_a_single_attack_is_keyed_as_it_always_was(lab: Callable[[str], Lab]) -> None:
    unit = next(p.unit for p in plan_of(lab(RELEARN)).units if isinstance(p.unit, RelearnUnit))
    told = unit.model_dump(mode="json")
    assert not {"looks", "rank", "benign"} & set(told) and told["steps"] == 10
    assert RelearnUnit.model_validate(told) == unit


def test_relearning_measures_both_halves_of_everybody(lab: Callable[[str], Lab]) -> None:
    plan = plan_of(lab(RELEARN))
    obligation = only(plan)
    units = {planned.key: planned.unit for planned in plan.units}
    assert (obligation.verifier, obligation.access) == ("relearning", "finetune")
    assert obligation.asked.startswith("suite:relearn-")
    for arm, subjects in ((obligation.audited, 1), (obligation.original, 1), (obligation.references, 2)):
        halves = [unit.half for key in arm if isinstance(unit := units[key], RelearnUnit)]
        assert halves == [0, 1] * subjects
    assert obligation.reading is not None and obligation.reading.metric == "contains"


def test_a_process_clause_registers_the_rate_that_refutes_it(lab: Callable[[str], Lab]) -> None:
    text = RELEARN.replace('power_at: "90%"', 'power_at: "90%"\n      refute_at: "50%"')
    obligation = only(plan_of(lab(text + NEVER_HAD)))
    assert obligation.refute_at == Fraction(1, 2)
    assert obligation.power == pytest.approx(0.9**10)  # only all ten clusters of a half show more than 50% at α/2


def test_refusals(lab: Callable[[str], Lab]) -> None:
    text = HIDE.replace("goal: suppress", "goal: refuse").replace("at_most", "at_least").replace(f"    {CONTAINS}\n", "")
    obligation = only(plan_of(lab(text)))
    assert obligation.verifier == "refusal"
    assert obligation.reading is not None and obligation.reading.metric == "refusal"
    assert {control.gate for control in obligation.controls} == {"repeat", "degeneracy"}


def test_a_signed_record_is_an_obligation_without_error(lab: Callable[[str], Lab]) -> None:
    here = lab(DONE)
    here.add_record()
    obligation = only(plan_of(here))
    assert (obligation.verifier, obligation.record, obligation.alpha) == ("record", "completion", 0)


ATTACKED = HIDE.replace("asked: direct", "asked: adversarial").replace(
    "decide: certify", f'suite: "prompt-attacks@{installed_digest("prompt-attacks")}", decide: certify'
)


def others(lab: Lab, number: int) -> None:
    """Rewrites what is kept: so many questions, whose texts tell nothing of the facts."""
    rows = [{**row, "answer": f"that was {row['id']}"} for row in questions(number, first=1000, clusters=number)]
    write_rows(lab.folder / "data" / "kept.jsonl", rows)


def test_an_installed_suite_needs_no_binding(lab: Callable[[str], Lab]) -> None:
    here = lab(ATTACKED + KEEP)
    others(here, 60)
    plan = make_plan(here.document, here.load())
    (hidden, _), (unit, *_) = plan.obligations, [one.unit for one in plan.units if one.unit.kind == "generate"]
    assert hidden.asked.startswith("suite:prompt-attacks@sha256:")
    assert isinstance(unit, GenerateUnit) and unit.typed  # through a product, all of a probe is typed
    assert unit.others is not None and unit.others.name == "kept"
    deeper = small_policy(ATTACKED.replace("access: product", "access: weights") + KEEP)
    here.document = Lab(here.folder / "again", deeper).document
    assert not any(getattr(one.unit, "typed", False) for one in make_plan(here.document, here.load()).units)


@pytest.mark.parametrize(
    ("prepare", "clauses", "words"),
    [
        (lambda lab: None, ATTACKED, "the policy retains"),
        (lambda lab: lab.bindings["data"].pop("kept"), ATTACKED + KEEP, "Bind the items"),
        (
            lambda lab: write_rows(lab.folder / "data" / "facts.jsonl", [{**row, "paraphrases": []} for row in questions()]),
            ATTACKED + KEEP,
            "no other wording of their prompt",
        ),
        (lambda lab: None, ATTACKED + KEEP, "cannot be asked beside 3"),  # "it is 1" stands in "it is 1000"
    ],
    ids=["no set", "unbound", "one wording", "all tell"],
)
def test_what_a_suite_lacks(lab: Callable[[str], Lab], prepare: Callable[[Lab], object], clauses: str, words: str) -> None:
    here = lab(clauses)
    prepare(here)
    (missing,) = (one for one in make_plan(here.document, here.load()).missing if one.clause == "hide")
    assert missing.outcome == "not_tested" and words in f"{missing.reason} {missing.needs}"


def test_another_digest_of_an_installed_suite_is_told(lab: Callable[[str], Lab]) -> None:
    known = str(installed_digest("prompt-attacks"))
    here = lab(ATTACKED.replace(known, "sha256:" + "0" * 64) + KEEP)
    (missing,) = make_plan(here.document, here.load()).missing
    assert "is not bound" in missing.reason and f"prompt-attacks@{known}" in missing.needs


def test_a_test_that_may_end_early_is_planned_look_by_look(lab: Callable[[str], Lab]) -> None:
    whole = lab(HIDE)
    early = Lab(whole.folder / "early", small_policy(HIDE.replace("decide: certify", "stop: anytime, decide: certify")))
    (once,), (test,) = (make_plan(one.document, one.load()).obligations for one in (whole, early))
    plan = make_plan(early.document, early.load())
    units = {one.key: one.unit for one in plan.units}
    assert [(units[key].data.part, units[key].data.parts) for key in test.audited] == [(n, 4) for n in (1, 2, 3, 4)]
    assert (test.n, test.clusters, test.looks, test.alpha) == (once.n, once.clusters, 4, once.alpha)
    assert test.power is not None and once.power is not None and test.power < once.power  # looking has its price
    bindings = early.load()
    asked = [item for key in test.audited for item in bindings.items(units[key].data)]
    assert sorted(item.id for item in asked) == sorted(item.id for item in bindings.items(bindings.data["facts"].ref()))
    assert [item.cluster for item in asked] != sorted(item.cluster for item in asked)
    assert due(plan, {}, 1) < due(plan, {}, 2) < due(plan, {}, 4) == {one.key for one in plan.units}
    assert due(plan, {test.id: 2}, 4) == due(plan, {}, 2)
    cut = taken(plan, due(plan, {test.id: 1}, 4))
    assert [units[key].data.part for key in cut.obligations[0].audited] == [1]
    left = {one.key: one.unit for one in cut.units}
    assert (last_look(test, units), last_look(cut.obligations[0], left), last_look(test, left)) == (4, 1, 1)
    assert last_look(once, units) == last_look(test, {}) == 0
    assert all(control.units for control in cut.obligations[0].controls if control.gate != "negative")


def test_a_suite_is_a_cell_of_its_own(lab: Callable[[str], Lab]) -> None:
    here = lab(HIDE)
    name = here.add_suite()
    text = HIDE.replace("asked: direct", "asked: adversarial").replace("decide: certify", f'decide: certify, suite: "{name}"')
    here.document = type(here)(here.folder / "again", small_policy(text)).document
    obligation = only(plan_of(here))
    assert obligation.asked == f"suite:{name}"
    assert here.load().suite(name) == of_templates("{prompt}", "As a test: {prompt}")


@pytest.mark.parametrize(
    ("asked", "suite", "said"),
    [
        ("adversarial", "in-context", "hands over"), ("direct", "in-context", "hands over"),
        ("in_context", "prompt-attacks", "supplies none"),
    ],
)
def test_a_suite_of_another_kind_than_its_clause_is_refused(lab: Callable[[str], Lab], asked: str, suite: str, said: str) -> None:
    """A model that repeats what it was just told is not thereby one that knows it."""
    named = f'suite: "{suite}@{installed_digest(suite)}", decide: certify'
    here = lab(HIDE.replace("asked: direct", f"asked: {asked}").replace("decide: certify", named) + KEEP)
    (missing,) = make_plan(here.document, here.load()).missing
    assert missing.outcome == "not_testable" and said in missing.reason


def test_handing_the_target_over_is_a_cell_beside_the_chain(lab: Callable[[str], Lab]) -> None:
    name = f"in-context@{installed_digest('in-context')}"
    here = lab(HIDE.replace("asked: direct", "asked: in_context").replace("decide: certify", f'suite: "{name}", decide: certify'))
    assert only(plan_of(here)).asked == f"in_context:{name}"


# --- n, error, power -------------------------------------------------------------------------------------------------


def test_error_is_shared_by_the_registered_facts(lab: Callable[[str], Lab]) -> None:
    plan = plan_of(lab(HIDE + KEEP + NO_WORSE + MEMBERSHIP))
    assert [obligation.alpha for obligation in plan.obligations] == [Fraction(1, 80)] * 4
    assert plan.confidence == Fraction(95, 100)


def test_clusters_decide_the_power_to_certify(lab: Callable[[str], Lab]) -> None:
    """Twenty clusters of two: the largest number of whole clusters that still certifies, by brute force."""
    obligation = only(plan_of(lab(HIDE)))
    assert (obligation.n, obligation.clusters, obligation.alpha) == (ITEMS, CLUSTERS, Fraction(1, 20))
    names = [item["cluster"] for item in questions()]
    allowed = [
        hit for hit in range(CLUSTERS + 1)
        if clustered_rate_upper([float(int(name[1:]) < hit) for name in names], names, Fraction(1, 20)) <= Fraction(1, 5)
    ]  # fmt: skip
    expected = sum(power_pmf(k, CLUSTERS, 0.01) for k in range(max(allowed) + 1))
    assert obligation.power == pytest.approx(expected)


def power_pmf(k: int, n: int, p: float) -> float:
    from math import comb

    return comb(n, k) * p**k * (1 - p) ** (n - k)


def test_items_that_stand_alone_have_exact_binomial_power(lab: Callable[[str], Lab]) -> None:
    here = lab(HIDE + KEEP + DIARIES)
    write_rows(here.folder / "data" / "facts.jsonl", questions(clusters=ITEMS))
    hide, keep, verbatim = plan_of(here).obligations
    alpha = Fraction(1, 60)
    assert hide.power == power_certify(ITEMS, Fraction(1, 5), Fraction(1, 100), alpha)
    assert keep.power == power_refute(60, Fraction(1, 5), Fraction(2, 5), alpha)
    assert verbatim.power == power_refute(ITEMS, Fraction(1, 20), Fraction(3, 10), alpha)


def test_fewer_samples_than_items_are_drawn_by_the_seed(lab: Callable[[str], Lab]) -> None:
    here = lab(HIDE.replace("decide: certify", "decide: certify, samples: 25"))
    obligation = only(plan_of(here))
    bindings = here.load()
    (unit,) = (planned.unit for planned in plan_of(here).units if planned.key == obligation.audited[0])
    items = bindings.items(unit.data)
    assert obligation.n == len(items) == 25
    here.bindings["seed"] = 18
    other = plan_of(here).units[0].unit.data
    assert {item.id for item in here.load().items(other)} != {item.id for item in items}


def test_a_wider_population_has_data_of_its_own(lab: Callable[[str], Lab]) -> None:
    here = lab(HIDE.replace("population: these_items", "population: wider, samples: 100"))
    assert lacking(here).outcome == "not_tested" and "100 items" in lacking(here).needs
    write_rows(here.folder / "data" / "more.jsonl", questions(100, first=5000, clusters=100))
    here.bindings["wider"] = {"facts": {"file": "data/more.jsonl"}}
    obligation = only(plan_of(here))
    assert (obligation.n, obligation.population) == (100, "wider")


# --- what is missing -------------------------------------------------------------------------------------------------


def without(part: str, name: str) -> Callable[[Lab], None]:
    return lambda lab: lab.bindings[part].pop(name)


MISSING: list[tuple[str, str, Callable[[Lab], None], str, str]] = [
    ("no evidence", HIDE.split("    evidence")[0], lambda lab: None, "not_tested", "`evidence`"),
    ("no reading", HIDE.replace(f"    {CONTAINS}\n", ""), lambda lab: None, "not_tested", "`reveals_when`"),
    ("no decoding", HIDE.replace(f", {GREEDY}", ""), lambda lab: None, "not_tested", "`scope.decoding`"),
    ("no data", HIDE, without("data", "facts"), "not_tested", "`data: facts`"),
    ("no model", HIDE, without("artifacts", "assistant"), "not_tested", "`artifacts: assistant`"),
    ("people judge", HIDE.replace("metric: contains", "metric: human, judge: panel"), lambda lab: None, "not_testable", "computed"),
    ("too shallow", DIARIES.replace("weights", "product"), lambda lab: None, "not_testable", "logprobs"),
    ("in context", HIDE.replace("asked: direct", "asked: in_context"), lambda lab: None, "not_testable", "suite"),
    ("no hold-out", MEMBERSHIP, without("holdouts", "diaries"), "not_testable", "never-trained"),
    ("fixed hold-out", MEMBERSHIP, lambda lab: lab.bindings["holdouts"]["diaries"].pop("randomised"), "not_testable", "randomised"),
    ("false positives too rare", MEMBERSHIP.replace('at_fpr: "20%"', 'at_fpr: "1%"'), lambda lab: None, "not_testable", "never-trained"),
    ("no original", NO_WORSE, without("original", "assistant"), "not_testable", "`original: assistant`"),
    ("no reference", RELEARN, without("references", "assistant"), "not_testable", "`references: assistant`"),
    ("cannot fine-tune", RELEARN.replace("access: finetune", "access: weights"), lambda lab: None, "not_testable", "finetune"),
    ("nothing to train on", RELEARN.replace('"0.001"', '"0.001", on: retain_only'), lambda lab: None, "not_tested", "retain"),
    ("unknown control", KEEP.replace("decide:", "controls: [placebo], decide:"), lambda lab: None, "not_testable", "never_trained"),
    ("no record", DONE, lambda lab: None, "not_tested", "`done`"),
    ("use layer", '  - {id: rules, goal: govern, target: facts, measures: ["terms of use"]}\n', lambda lab: None, "not_testable", "record"),
    ("a test of a deed", DONE.replace("attestation", "test"), lambda lab: None, "not_testable", "attestation"),
]  # fmt: skip


@pytest.mark.parametrize(
    ("clauses", "change", "outcome", "needs"), [case[1:] for case in MISSING], ids=[case[0] for case in MISSING]
)
def test_what_cannot_be_tested_says_what_would_change_that(
    lab: Callable[[str], Lab], clauses: str, change: Callable[[Lab], None], outcome: str, needs: str
) -> None:
    here = lab(clauses)
    change(here)
    found = {(missing.outcome, needs in missing.needs) for missing in plan_of(here).missing}
    assert found == {(outcome, True)}, plan_of(here).missing


def test_the_hold_out_needed_is_the_number_that_would_do(lab: Callable[[str], Lab]) -> None:
    text = MEMBERSHIP.replace('at_fpr: "20%"', 'at_fpr: "5%"')
    here = lab(text)
    missing = lacking(here)
    needed = samples_for_zero_failures(Fraction(1, 20), Fraction(1, 20) / 16)  # four attacks, two directions, two bounds
    assert needed is not None and f"{needed:,} never-trained" in missing.needs
    write_rows(here.folder / "data" / "holdout.jsonl", documents(needed, first=9000))
    assert only(plan_of(here)).verifier == "membership"
    write_rows(here.folder / "data" / "holdout.jsonl", documents(needed - 1, first=9000))
    assert lacking(here).outcome == "not_testable"


def test_rejected_clauses_are_not_planned(lab: Callable[[str], Lab]) -> None:
    plan = plan_of(lab(HIDE + KEEP), hide=("C001", "T001"))
    assert [missing.outcome for missing in plan.missing] == ["rejected"]
    assert "C001, T001" in plan.missing[0].reason
    assert [obligation.clause for obligation in plan.obligations] == ["keep"]


def test_a_control_without_its_subject_stays_registered(lab: Callable[[str], Lab]) -> None:
    here = lab(HIDE)
    here.bindings["original"] = {}
    assert gate(only(plan_of(here)), "positive") == ()


def test_demanded_controls_are_registered_beside_the_declared_ones(lab: Callable[[str], Lab]) -> None:
    demanding = KEEP.replace("decide: not_refuted", "decide: not_refuted, controls: [original, never_trained, repeat]")
    keep = only(plan_of(lab(demanding)))
    assert [control.gate for control in keep.controls] == ["repeat", "positive", "negative"]
    assert (gate(keep, "positive"), gate(keep, "negative")) == (keep.original, keep.references)


# --- the plan as a value ---------------------------------------------------------------------------------------------


def test_equal_content_gives_equal_plans_wherever_it_lies(tmp_path: Path) -> None:
    text = small_policy(HIDE + DIARIES + KEEP + MEMBERSHIP + RELEARN)
    first, second = (plan_of(Lab(tmp_path / name, text)) for name in ("here", "there"))
    assert first == second
    assert Plan.model_validate_json(first.model_dump_json()) == first
    assert str(tmp_path) not in first.model_dump_json()
    keys = [planned.key for planned in first.units]
    assert len(set(keys)) == len(keys) and keys == [unit_key(planned.unit) for planned in first.units]


def test_every_key_of_an_obligation_is_planned(lab: Callable[[str], Lab]) -> None:
    plan = plan_of(lab(HIDE + DIARIES + KEEP + NO_WORSE + MEMBERSHIP + RELEARN))
    known = {planned.key for planned in plan.units}
    for obligation in plan.obligations:
        for control in obligation.controls:
            assert {*control.units, *control.against} <= known
        assert {*obligation.audited, *obligation.original, *obligation.references} <= known
    used = {key for gap in plan.gaps for key in gap.bare}
    for obligation in plan.obligations:
        used |= {*obligation.audited, *obligation.original, *obligation.references}
        used |= {key for control in obligation.controls for key in (*control.units, *control.against)}
    assert used == known


def test_other_content_gives_another_plan(lab: Callable[[str], Lab]) -> None:
    here = lab(HIDE)
    before = plan_of(here)
    (here.folder / "terms.txt").write_text("it is 14\n")
    changed = plan_of(here)
    assert before.bindings != changed.bindings
    assert before.obligations[0].audited != changed.obligations[0].audited
    assert before.obligations[0].original == changed.obligations[0].original


def test_bound_subjects_and_items_are_found_by_content(lab: Callable[[str], Lab]) -> None:
    here = lab(HIDE + MEMBERSHIP)
    bindings: Bindings = here.load()
    for planned in make_plan(here.document, bindings).units:
        assert bindings.subject(planned.unit.subject).digest == planned.unit.subject.model
        assert bindings.items(planned.unit.data)


def test_planning_loads_no_model_library(lab: Callable[[str], Lab]) -> None:
    here = lab(HIDE + MEMBERSHIP + RELEARN)
    (here.folder / "policy.yaml").write_text(here.document.source.text)
    path = here.write()
    program = (
        "import sys; from unlearn_spec.policy.load import load; from unlearn_spec.plan.bindings import load_bindings\n"
        "from unlearn_spec.plan.obligations import make_plan\n"
        f"document = load({str(here.folder / 'policy.yaml')!r})\n"
        f"plan = make_plan(document, load_bindings({str(path)!r}, document.policy))\n"
        "heavy = {'torch', 'transformers', 'numpy', 'scipy', 'pyarrow'} & set(sys.modules)\n"
        "print(len(plan.obligations), sorted(heavy))"
    )
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True)
    assert done.stdout.split(maxsplit=1) == ["3", "[]\n"]
