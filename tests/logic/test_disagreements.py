"""What encoding and reference once disagreed on: one named case for each error that was in the encoding."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date
from fractions import Fraction

import pytest

from unlearn_spec.logic import situations
from unlearn_spec.logic.conflicts import conflicts
from unlearn_spec.logic.counted_again import objections
from unlearn_spec.logic.follows import fails_to_follow
from unlearn_spec.logic.formulas import Tpr
from unlearn_spec.logic.realise import realise
from unlearn_spec.logic.situational import situational_conflicts
from unlearn_spec.logic.statements import claim_formula
from unlearn_spec.logic.theory import Theory, build
from unlearn_spec.logic.vocabulary import vocabulary
from unlearn_spec.policy.load import load_text
from unlearn_spec.policy.model import Policy
from unlearn_spec.rules.check import check_text
from unlearn_spec.spec.reference import Judge, Removal, World, broken_axioms

Build = Callable[[str], Policy]
HEAD = 'unlearn_spec: "1.0"\npolicy: {id: case, version: 1, status: draft}\nclock: {starts: request}\n'
SETS = """information:
  records: {kind: examples, size: 40, unit: record}
  copies:  {kind: examples, size: 30, unit: record, built_from: records}
  facts:   {kind: facts, size: 40, unit: question}
"""
BOT = "artifacts: {bot: {kind: model, trained_on: [records, copies], seen_by: {public: product}}}\n"
CLOSE = 'measure: influence, about: process, limit: {epsilon: "0", delta: "0%"'


def literals(theory: Theory) -> dict[str, str]:
    return {clause.id: theory.body(clause) for clause in theory.policy.clauses}


def test_no_store_keeps_anything_until_a_day_before_the_first(policy_of: Build) -> None:
    """AX1 bounds days from below: to keep until day 0 is to promise nothing."""
    shelf = "artifacts: {store: {kind: dataset, holds: [records], seen_by: {staff: product}}}\n"
    keep = 'clauses: [{id: keep, goal: keep, target: records, scope: {artifacts: [store]}, until: "0 days"}]\n'
    theory = build(policy_of(SETS + shelf + keep))
    assert not theory.possible(("-" + literals(theory)["keep"],))


def test_what_an_index_serves_now_says_nothing_of_what_it_served_before(policy_of: Build) -> None:
    """P3: a product that revealed half through its index, and a model that never knew: closing the index mends it."""
    policy = policy_of(
        SETS
        + "artifacts:\n"
        + "  desk:  {kind: service, serves_from: [shelf], seen_by: {public: product}}\n"
        + "  shelf: {kind: index, holds: [facts], seen_by: {staff: product}}\n"
        + "methods: {filter: {reaches: product}}\n"
        + 'measured_before: [{id: b, target: facts, in: desk, access: product, asked: direct, mean_at_least: "50%"}]\n'
        + "clauses:\n"
        + "  - {id: close, goal: de_index, target: facts, scope: {artifacts: [shelf]}}\n"
        + "  - {id: hide, goal: suppress, target: facts, scope: {artifacts: [desk], access: api, asked: direct}, "
        + 'over: mean, limit: {at_most: "10%"}}\n'
    )
    assert conflicts(build(policy), ["close", "hide"]).cores == ()


def test_nothing_orders_corrections_along_the_probes(policy_of: Build) -> None:
    """AX3: a model may correct itself under attack and not when asked plainly."""

    def correct(name: str, asked: str) -> str:
        scope = f"scope: {{artifacts: [bot], access: api, asked: {asked}}}"
        limit = 'limit: {at_least: "90%", at_most: "100%"}'
        return f"  - {{id: {name}, goal: rectify, target: facts, {scope}, over: mean, {limit}}}\n"

    theory = build(policy_of(SETS + BOT + "clauses:\n" + correct("hard", "adversarial") + correct("plain", "direct")))
    found = literals(theory)
    assert theory.possible((found["hard"], "-" + found["plain"]))


def test_a_clause_that_names_no_artifact_promises_one_whichever_it_be(policy_of: Build) -> None:
    """Not the first that is declared: that one may keep what another gives up."""
    two = "artifacts:\n" + "".join(
        f"  {name}: {{kind: model, seen_by: {{public: product}}}}\n" for name in ("bot", "twin")
    )
    where = "access: api, asked: direct"
    policy = policy_of(
        SETS + two + "clauses:\n"
        + f'  - {{id: hide, goal: suppress, target: facts, scope: {{{where}}}, over: mean, limit: {{at_most: "1%"}}}}\n'
        + f'  - {{id: keep, goal: retain, target: facts, scope: {{artifacts: [bot], {where}}}, over: mean, limit: {{at_least: "50%"}}}}\n'
    )  # fmt: skip
    assert conflicts(build(policy), ["hide", "keep"]).cores == ()


def test_whoever_is_not_named_need_not_be_controlled() -> None:
    """C1: leaving data out of later training asks for no act on any artifact that is named."""
    text = HEAD + SETS + BOT + "parties: {obligor: acme}\ncontrols: {acme: []}\n"
    text += "clauses: [{id: leave-out, goal: exclude_future, target: records}]\n"
    assert not [f for f in check_text(text, "p.yaml", today=date(2026, 11, 24)).findings if f.code == "C003"]


def test_a_claim_of_closeness_zero_is_a_claim_of_closeness(policy_of: Build) -> None:
    """Written out, ε is claimed: what was made from the set and stays denies the end of influence, not the closeness."""
    policy = policy_of(
        SETS + BOT + f"clauses: [{{id: gone, goal: remove, target: records, scope: {{artifacts: [bot]}}, {CLOSE}, "
        "compared_with: retrain_without}}]\n"
        'claims: [{id: said, says: influence_removed, of: records, in: [bot], epsilon: "0"}]\n'
    )
    every, theory = situations.cases(policy), build(policy, asked_about=vocabulary(policy))
    assert every is not None and fails_to_follow(theory, policy.claims[0], every, frozenset()) is None


def test_closeness_to_either_model_is_closeness_to_one_that_is_not_named(policy_of: Build) -> None:
    def remove(name: str, more: str = "") -> str:
        return f"  - {{id: {name}, goal: remove, target: records, scope: {{artifacts: [bot]}}, {CLOSE}{more}}}}}\n"

    said, open_ = remove("said", ", compared_with: retrain_without"), remove("open")
    theory = build(policy_of(SETS + BOT + "clauses:\n" + said + open_))
    found = literals(theory)
    assert not theory.possible((found["said"], "-" + found["open"]))


def test_a_set_of_which_only_its_removal_is_spoken_has_an_item(policy_of: Build) -> None:
    """AX1: two sets without a common item cannot both lie in a set of one item."""
    policy = policy_of(
        "information:\n"
        "  records: {kind: examples, size: 1, unit: record}\n"
        "  copies:  {kind: examples, unit: record}\n"
        "  notes:   {kind: examples, size: 1, unit: record}\n"
        "relations: [{copies: within, of: records}, {notes: within, of: records}, {notes: disjoint_from, with: copies}]\n"
        + BOT
        + f"clauses: [{{id: gone, goal: remove, target: copies, scope: {{artifacts: [bot]}}, {CLOSE}, "
        + "compared_with: retrain_without}}]\n"
    )
    assert not build(policy).possible(())


def test_a_world_in_which_influence_ended_keeps_the_removal_that_ended_it(policy_of: Build) -> None:
    """K1 and AX6: items follow the reference one by one, though no clause speaks of the removal."""
    policy = policy_of(
        SETS.replace("facts:   {kind: facts, size: 40", "facts:   {kind: facts, size: 3") + BOT
        + "reference_retrain:\n  - {id: r, target: facts, without: records, in: bot, access: api, asked: direct, "
        + 'mean_between: ["50%", "60%"]}\n'
        + "clauses:\n  - {id: few, goal: suppress, target: facts, scope: {artifacts: [bot], access: api, asked: direct}, "
        + 'over: {share: "60%"}, limit: {at_most: "70%"}}\n'
        + "claims: [{id: said, says: influence_removed, of: records, in: [bot]}]\n"
    )  # fmt: skip
    theory = build(policy, asked_about=vocabulary(policy))
    asked = (literals(theory)["few"], theory.literal(claim_formula(policy, policy.claims[0])))
    world = realise(theory, asked)
    assert world is not None and any(held and r.epsilon == 0 for r, held in world.removals)
    assert objections(policy, world, {"few": True, "said": True}) == ()


PARTS = SETS.replace("built_from: records}", "built_from: part}\n  part:    {kind: examples, size: 10, unit: record}")
PARTS += "relations: [{part: within, of: records}]\n"


def test_what_was_made_from_a_part_keeps_the_influence_of_the_whole_and_of_the_part(policy_of: Build) -> None:
    """K2 and K5: else removing the whole would say of the part both that it is gone and that it is not."""
    policy = policy_of(
        PARTS + BOT + f"clauses: [{{id: gone, goal: remove, target: records, scope: {{artifacts: [bot]}}, {CLOSE}, "
        "compared_with: retrain_without}}]\n"
        "claims:\n"
        "  - {id: whole, says: influence_removed, of: records, in: [bot]}\n"
        "  - {id: part, says: influence_removed, of: part, in: [bot]}\n"
        "  - {id: copies, says: as_if_never_trained, of: copies, in: [bot]}\n"
    )
    every, theory = situations.cases(policy), build(policy, asked_about=vocabulary(policy))
    assert every is not None
    for claim in policy.claims:
        assert fails_to_follow(theory, claim, every, frozenset()) is not None, claim.id


def test_a_world_in_which_the_whole_is_gone_says_so_of_its_parts(policy_of: Build) -> None:
    """K2: a part of which nothing is asked is not left as an influence when the world is put before the reference."""
    policy = policy_of(
        SETS.replace(", built_from: records}", "}") + "relations: [{copies: within, of: records}]\n" + BOT
        + "clauses: [{id: out, goal: exclude_future, target: facts, scope: {artifacts: [bot]}}]\n"
        "claims: [{id: said, says: as_if_never_trained, of: records, in: [bot]}]\n"
    )  # fmt: skip
    theory = build(policy, asked_about=vocabulary(policy))
    world = realise(theory, (theory.literal(claim_formula(policy, policy.claims[0])),))
    assert world is not None
    assert objections(policy, world, {"said": True}) == ()


def test_evidence_of_any_kind_that_needs_the_raw_items_needs_them_kept(policy_of: Build) -> None:
    """AX9: whoever looks at the process with the items in hand needs the items, as a test does."""
    policy = policy_of(
        SETS
        + "artifacts:\n  bot: {kind: model, trained_on: [records], seen_by: {public: product}}\n"
        + "  store: {kind: dataset, holds: [records], seen_by: {staff: product}}\n"
        + f"clauses:\n  - {{id: gone, goal: remove, target: records, scope: {{artifacts: [bot]}}, {CLOSE}, "
        + "compared_with: retrain_without}, evidence: {kind: procedure, record: log, needs_raw_data: true, at: \"9 days\"}}\n"
        + '  - {id: wipe, goal: delete, target: records, scope: {artifacts: [store]}, by: "5 days"}\n'
    )
    theory = build(policy)
    assert [core.clauses for core in conflicts(theory, ["gone", "wipe"], evidence=True).cores] == [("gone", "wipe")]
    wiped = World({"r": frozenset({"records"})}, {}, finish={"bot": Fraction(0)}, kept={("r", "store"): Fraction(5)})
    assert not Judge(policy, wiped).obtainable(policy.clauses[0])


def test_a_world_at_the_edge_of_closeness_lies_within_it(policy_of: Build) -> None:
    """AX5: the encoding rounds e^ε in favour of the clause; no world is laid out in what the rounding adds."""
    remove = "goal: remove, target: records, scope: {artifacts: [bot]}, about: process"
    policy = policy_of(
        SETS + BOT + "clauses:\n"
        + f'  - {{id: gone, {remove}, measure: influence, limit: {{epsilon: "0.5", delta: "30%", compared_with: retrain_without}}}}\n'
        + f'  - {{id: told, {remove}, measure: membership, limit: {{tpr_at_most: "4%", at_fpr: "1%"}}, '
        + "evidence: {kind: test, access: logprobs, samples: 40, controls: [randomised_holdout]}}\n"
    )  # fmt: skip
    theory = build(policy)
    found = literals(theory)
    power = theory.encoder.tpr(Tpr("records", "bot", Fraction(1, 100), True, "<=", Fraction(1, 25)))
    for bound in ("", f"(assert (>= {power} 0.3164))"):  # e^0.5 · 1% + 30% = 31.648…%
        world = realise(theory, (found["gone"], "-" + found["told"]), bound)
        assert world is not None and objections(policy, world, {"gone": True, "told": False}) == ()


def test_a_conflict_that_always_holds_is_not_told_again_in_a_situation(policy_of: Build) -> None:
    policy = policy_of(
        SETS.replace("  copies:", "  unused:")
        + "artifacts:\n  bot: {kind: model, trained_on: [records], seen_by: {public: product}}\n"
        + "  store: {kind: dataset, holds: [records], seen_by: {staff: product}}\n"
        + "situations: [hold]\nmethods: {tune: {reaches: weights, takes: \"9 days\"}}\nclauses:\n"
        + f"  - {{id: gone, goal: remove, target: records, scope: {{artifacts: [bot]}}, {CLOSE}, compared_with: retrain_without}}, "
        + "evidence: {kind: test, access: weights, samples: 40, needs_raw_data: true}}\n"
        + '  - {id: quick, goal: finish, scope: {artifacts: [bot]}, by: "5 days"}\n'
        + '  - {id: wipe, goal: delete, target: records, scope: {artifacts: [store]}, by: "30 days"}\n'
        + '  - {id: keep, goal: keep, target: records, scope: {artifacts: [store], when: hold}, until: "90 days", overrides: [wipe]}\n'
    )  # fmt: skip
    theory, every = build(policy), situations.cases(policy)
    assert every is not None
    plain = conflicts(theory, situations.always_active(every))
    assert [core.clauses for core in plain.cores] == [("gone", "quick")]
    assert situational_conflicts(theory, every, plain).cores == ()


def test_no_repair_closes_a_circle_of_overrides() -> None:
    """`end` binds again because `ban` is suspended; were it to suspend who suspends `ban`, each would override the next."""
    text = HEAD + SETS + BOT + "situations: [hold, audit]\nmethods: {tune: {reaches: weights}}\nclauses:\n"
    scope = "scope: {artifacts: [bot], access: api, asked: direct, when: {all: [hold, audit]}}"
    text += "  - {id: end, goal: destroy, scope: {artifacts: [bot], when: hold}}\n"
    text += "  - {id: ban, goal: ban, methods: [tune], scope: {artifacts: [bot], when: audit}, overrides: [end]}\n"
    text += f'  - {{id: keep, goal: retain, target: facts, {scope}, over: mean, limit: {{at_least: "50%"}}, overrides: [ban]}}\n'
    (clash,) = (f for f in check_text(text, "p.yaml", today=date(2026, 11, 24)).findings if f.code == "C002")
    assert set(clash.clauses) == {"end", "keep"}
    assert [fix.text for fix in clash.fixes if "suspend" in fix.text] == ["let keep suspend end while it applies"]


@pytest.mark.parametrize("guarded", ["first", "second"])
def test_what_binds_at_times_adds_nothing_to_the_same_demand_at_all_times(guarded: str) -> None:
    """R002 and not R001: whichever is written first, deleting the one that always binds would take something away."""

    def hide(name: str) -> str:
        when = ", when: hold" if name == guarded else ""
        scope = f"scope: {{artifacts: [bot], access: api, asked: direct{when}}}"
        return f"  - {{id: {name}, goal: suppress, target: facts, {scope}, over: mean, limit: {{at_most: \"9%\"}}}}\n"

    text = HEAD + SETS + BOT + "situations: [hold]\nclauses:\n" + hide("first") + hide("second")
    told = [f for f in check_text(text, "p.yaml", today=date(2026, 11, 24)).findings if f.code[0] == "R"]
    assert [(f.code, f.clauses[0]) for f in told] == [("R002", guarded)]


@pytest.mark.parametrize(("other", "found"), [("copies", []), ("records", ["F001"])])
def test_facts_about_two_retrained_models_do_not_clash(other: str, found: list[str]) -> None:
    """Nothing is under removal: there is no one reference of which both would speak."""
    fact = "target: facts, in: bot, access: api, asked: direct"
    text = HEAD + SETS + BOT + "reference_retrain:\n"
    text += f'  - {{id: few, {fact}, without: records, mean_between: ["0%", "10%"]}}\n'
    text += f'  - {{id: many, {fact}, without: {other}, mean_between: ["80%", "90%"]}}\n'
    text += "clauses: [{id: terms, goal: govern, measures: [terms]}]\n"
    told = [f.code for f in check_text(text, "p.yaml", today=date(2026, 11, 24)).findings if f.code[0] == "F"]
    assert told == found


def test_an_overlap_that_relations_entail_is_declared() -> None:
    """AX16 left out: `part` shares an item with `other`, so the whole around it does."""
    text = HEAD + """information:
  part:  {kind: facts, size: 4}
  whole: {kind: facts, size: 6}
  other: {kind: facts, size: 3}
  free:  {kind: facts, size: 2}
relations: [{part: within, of: whole}, {part: overlaps, with: other, exactly: 1}]
artifacts: {bot: {kind: model, seen_by: {public: product}}}
clauses: [{id: terms, goal: govern, measures: [terms]}]
"""
    assert not [f for f in check_text(text, "p.yaml", today=date(2026, 11, 24), without=("AX16",)).findings if f.code[0] == "F"]


@pytest.mark.parametrize(
    ("methods", "access", "follows"),
    [("{}", "finetune", True), ("{filter: {reaches: product}}", "api", True), ("{tune: {reaches: weights}}", "api", False)],
)
def test_what_no_method_reaches_has_not_fallen(methods: str, access: str, follows: bool) -> None:
    """AX7: as it was, item by item, so nothing else changed there."""
    text = HEAD + SETS + BOT + f"methods: {methods}\nclauses: [{{id: terms, goal: govern, measures: [terms]}}]\n"
    text += f'claims: [{{id: same, says: nothing_else_changed, of: facts, in: [bot], access: {access}, asked: direct, within: "0%"}}]\n'
    told = [f.code for f in check_text(text, "p.yaml", today=date(2026, 11, 24)).findings if f.code[0] == "M"]
    assert told == ([] if follows else ["M005"])


@pytest.mark.parametrize(
    ("sets", "relations", "follows"),
    [("  stories: {kind: examples}", "", True),
     ("  tales: {kind: facts, built_from: records}\n  stories: {kind: examples, built_from: tales}", "", False),
     ("  tales: {kind: examples, built_from: records}\n  best: {kind: examples}\n  stories: {kind: examples, built_from: best}",
      "relations: [{best: within, of: tales}]\n", False)],
)  # fmt: skip
def test_what_is_made_in_several_steps_is_made_from_the_first(sets: str, relations: str, follows: bool) -> None:
    """K2: examples made from facts about the records, or from part of what was made from them, keep their influence."""
    text = HEAD + f"information:\n  records: {{kind: examples, size: 40}}\n{sets}\n{relations}"
    text += "artifacts: {bot: {kind: model, trained_on: [records, stories], seen_by: {public: product}}}\nclauses:\n"
    text += f"  - {{id: gone, goal: remove, target: records, scope: {{artifacts: [bot]}}, {CLOSE}, compared_with: retrain_without}}}}\n"
    text += "claims: [{id: free, says: influence_removed, of: records, in: [bot]}]\n"
    told = [f.code for f in check_text(text, "p.yaml", today=date(2026, 11, 24)).findings if f.code[0] == "M"]
    assert told == ([] if follows else ["M001"])
    policy = load_text(text, "p.yaml").policy
    trained = World({"r": frozenset({"records"})}, removals=frozenset({Removal("records", "bot", Fraction(0), Fraction(0))}),
                    influenced=frozenset({("records", "bot"), *((name, "bot") for name in policy.information)}))  # fmt: skip
    assert ("K2" in broken_axioms(policy, trained)) is follows


@pytest.mark.parametrize(("known", "clash"), [("40%", False), ("41%", True)])
def test_no_item_is_corrected_and_known_more_often_than_asked(known: str, clash: bool) -> None:
    """AX12: every item corrected in 60 % of askings leaves none known in more than 40 %, though the sums have room."""
    scope = "target: facts, scope: {artifacts: [bot], access: api, asked: direct}"
    text = HEAD + SETS + BOT + "clauses:\n"
    text += f'  - {{id: new, goal: rectify, {scope}, over: each, limit: {{at_least: "60%", at_most: "100%"}}}}\n'
    text += f'  - {{id: old, goal: retain, {scope}, over: {{share: "20%"}}, limit: {{at_least: "{known}"}}}}\n'
    told = [f.clauses for f in check_text(text, "p.yaml", today=date(2026, 11, 24)).findings if f.code == "C001"]
    assert told == ([("new", "old")] if clash else [])


@pytest.mark.parametrize(("within", "adds"), [("5%", False), ("4%", True)])
def test_what_is_known_nearly_always_cannot_have_fallen_far(within: str, adds: bool) -> None:
    """AX1: each item known in 95 % of askings has lost 5 % at most."""
    scope = "target: facts, scope: {artifacts: [bot], access: api, asked: direct}, over: each"
    text = HEAD + SETS + BOT + "clauses:\n"
    text += f'  - {{id: margin, goal: retain, {scope}, limit: {{within: "{within}", of: before}}}}\n'
    text += f'  - {{id: floor, goal: retain, {scope}, limit: {{at_least: "95%"}}}}\n'
    told = [f.clauses for f in check_text(text, "p.yaml", today=date(2026, 11, 24)).findings if f.code == "R002"]
    assert told == ([] if adds else [("margin", "floor")])


@pytest.mark.parametrize(("size", "both"), [(40, True), (1, False)])
def test_items_of_a_set_may_go_on_different_days(policy_of: Build, size: int, both: bool) -> None:
    """One record gone too early and another one kept too long: two broken promises, unless it is one and the same."""
    shelf = "artifacts: {store: {kind: dataset, holds: [records], seen_by: {staff: product}}}\nclauses:\n"
    keep = '  - {id: keep, goal: keep, target: records, scope: {artifacts: [store]}, until: "90 days"}\n'
    delete = '  - {id: delete, goal: delete, target: records, scope: {artifacts: [store]}, by: "120 days"}\n'
    policy = policy_of(SETS.replace("40, unit: record", f"{size}, unit: record") + shelf + keep + delete)
    theory = build(policy)
    broken = dict.fromkeys(literals(theory), False)
    denied = tuple(f"-{literal}" for literal in literals(theory).values())
    assert theory.possible(denied) is both
    if both:
        world = realise(theory, denied)
        assert world is not None and list(objections(policy, world, broken)) == []


def test_what_is_known_comes_back_however_either_is_counted(policy_of: Build) -> None:
    """P1 speaks of knowing: what the model is known to know, its process says on average, too."""
    whole = SETS + "  wiki:    {kind: facts, size: 40, built_from: facts}\n" + BOT
    keep = 'clauses:\n  - {id: keep, goal: retain, target: facts, about: model, limit: {at_least: "54%"}, '
    keep += "reveals_when: {metric: contains, normalisation: none}, over: mean, "
    keep += "scope: {artifacts: [bot], access: product, asked: direct}}\n"
    hide = '  - {id: hide, goal: suppress, target: wiki, about: process, limit: {at_most: "29%"}, over: mean, '
    hide += "scope: {artifacts: [bot], access: product, asked: in_context}}\n"
    found = check_text(HEAD + whole + keep + hide, "p.yaml", today=date(2026, 11, 24)).findings
    assert [set(f.clauses) for f in found if f.code == "C009"] == [{"keep", "hide"}]
