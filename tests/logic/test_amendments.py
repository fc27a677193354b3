"""One named case for each way in which the obvious reading of the theory would be wrong."""

from __future__ import annotations

from collections.abc import Callable
from fractions import Fraction

import pytest

from unlearn_spec.logic import situations
from unlearn_spec.logic.averages import of_the_process
from unlearn_spec.logic.conflicts import conflicts
from unlearn_spec.logic.evidence import RateFact
from unlearn_spec.logic.explanation import Core
from unlearn_spec.logic.follows import fails_to_follow
from unlearn_spec.logic.gaps import gaps
from unlearn_spec.logic.judge import judge
from unlearn_spec.logic.redundancy import shadows
from unlearn_spec.logic.situational import situational_conflicts
from unlearn_spec.logic.theory import build
from unlearn_spec.logic.vocabulary import vocabulary
from unlearn_spec.policy.model import Policy
from unlearn_spec.spec.reference import Rate as Known
from unlearn_spec.spec.reference import World, broken_facts

Build = Callable[[str], Policy]
SETS = """
information:
  secrets: {kind: facts, size: 40, unit: question}
  records: {kind: examples, size: 40, unit: record}
  wiki:    {kind: facts, size: 400, unit: question}
artifacts:
  bot: {kind: model, trained_on: [records], seen_by: {public: product}}
"""


REFERENCES = ("retrain_without", "retrain_then_same_steps")


def clashes(policy: Policy, without: frozenset[str] = frozenset()) -> tuple[Core, ...]:
    theory = build(policy, without=without)
    every = situations.cases(policy)
    assert every is not None
    plain = conflicts(theory, situations.always_active(every))
    return (*plain.cores, *situational_conflicts(theory, every, plain).cores)


def follows(policy: Policy) -> bool:
    theory = build(policy, asked_about=vocabulary(policy))
    every = situations.cases(policy)
    assert every is not None
    return fails_to_follow(theory, policy.claims[0], every, frozenset()) is None


def suppress(
    name: str, limit: str, *, access: str = "product", over: str = "mean", target: str = "secrets", more: str = ""
) -> str:
    return (
        f"  - {{id: {name}, goal: suppress, target: {target}, scope: {{artifacts: [bot], access: {access}, asked: direct}}, "
        f'over: {over}, limit: {{at_most: "{limit}"}}{more}}}\n'
    )


def test_outputs_never_prove_removal(policy_of: Build) -> None:
    """4.0.1: removal is an atom of its own; silence at the deepest cell does not imply it."""
    policy = policy_of(
        SETS
        + "clauses:\n"
        + suppress("silent", "0%", access="finetune", over="each")
        + "claims: [{id: c, says: influence_removed, of: records, in: [bot]}]\n"
    )
    assert not follows(policy)


def test_removal_does_imply_a_claim_of_the_same_closeness(policy_of: Build) -> None:
    clause = (
        "clauses:\n  - {id: gone, goal: remove, target: records, scope: {artifacts: [bot]}, measure: influence, about: process, "
        'limit: {epsilon: "0.5", delta: "1%", compared_with: retrain_without}}\n'
    )
    claim = 'claims: [{id: c, says: influence_removed, of: records, in: [bot], epsilon: "1", delta: "2%"}]\n'
    assert follows(policy_of(SETS + clause + claim))
    assert not follows(policy_of(SETS + clause + claim.replace('"1"', '"0.4"')))


def test_the_reference_may_take_the_same_later_steps(policy_of: Build) -> None:
    """4.0.2: closeness to a reference that was suppressed too forbids nothing; to a plain retrain it does."""
    blocks = (
        SETS
        + "reference_retrain:\n"
        + '  - {id: r, target: secrets, without: records, in: bot, access: product, asked: direct, mean_between: ["60%", "90%"]}\n'
        + "clauses:\n"
        + "  - {id: gone, goal: remove, target: records, scope: {artifacts: [bot]}, measure: influence, about: process, "
        + 'limit: {epsilon: "0.1", delta: "1%", compared_with: REFERENCE}}\n'
        + suppress("hide", "5%")
    )
    plain, later = (of_the_process(policy_of(blocks.replace("REFERENCE", reference))) for reference in REFERENCES)
    assert [core.clauses for core in clashes(plain)] == [("gone", "hide")]
    assert clashes(later) == ()


def test_only_a_fair_hold_out_ties_membership_to_closeness(policy_of: Build) -> None:
    """4.0.3: a test that could tell members by their date may succeed although nothing was learned."""
    blocks = (
        SETS
        + "clauses:\n"
        + "  - {id: gone, goal: remove, target: records, scope: {artifacts: [bot]}, measure: influence, about: process, "
        + 'limit: {epsilon: "0.5", delta: "1%", compared_with: retrain_without}}\n'
        + "  - {id: apart, goal: remove, target: records, scope: {artifacts: [bot]}, measure: membership, about: process, "
        + 'limit: {tpr_at_most: "4%", at_fpr: "1%"}, evidence: {kind: test, access: logprobs, samples: 40, confidence: "95%", '
        + "decide: not_refuted, controls: [CONTROL]}}\n"
    )
    for control, shadowed in (("randomised_holdout", True), ("later_records", False)):
        policy = policy_of(blocks.replace("CONTROL", control))
        every = situations.cases(policy)
        assert every is not None
        found = shadows(build(policy), every, frozenset())
        assert bool(found) == shadowed


def test_each_at_most_and_each_at_least_the_same_limit(policy_of: Build) -> None:
    """4.0.14: both counts, above and at-or-above, are needed; every item may sit exactly on the limit."""
    keep = at_least("keep", "retain", "50%", over="each")
    assert clashes(policy_of(SETS + "clauses:\n" + suppress("hide", "50%", over="each") + keep)) == ()
    assert len(clashes(policy_of(SETS + "clauses:\n" + suppress("hide", "49.9%", over="each") + keep))) == 1
    mean = keep.replace("over: each", "over: mean")
    assert clashes(policy_of(SETS + "clauses:\n" + suppress("hide", "50%", over="each") + mean)) == ()


def test_undeclared_overlaps_are_unknown_not_absent(policy_of: Build) -> None:
    """4.0.10: two parts of one set may be the same part, so their limits need not add up."""
    blocks = """
information:
  all: {kind: facts, size: 100, unit: question}
  one: {kind: facts, size: 40, unit: question}
  two: {kind: facts, size: 40, unit: question}
relations: [{one: within, of: all}, {two: within, of: all}DISJOINT]
artifacts: {bot: {kind: model, seen_by: {public: product}}}
clauses:
  - {id: keep, goal: retain, target: all, scope: {artifacts: [bot], access: product, asked: direct}, over: mean, limit: {at_least: "60%"}}
"""
    limits = suppress("a", "0%", target="one") + suppress("b", "0%", target="two")
    assert clashes(policy_of(blocks.replace("DISJOINT", "") + limits)) == ()
    found = clashes(policy_of(blocks.replace("DISJOINT", ", {one: disjoint_from, with: two}") + limits))
    assert [core.clauses for core in found] == [("keep", "a", "b")]
    assert found[0].relations == (0, 1, 2)


def test_deeper_promises_cover_shallower_ones_and_never_the_reverse(policy_of: Build) -> None:
    claim = 'claims: [{id: c, says: not_revealed, of: secrets, in: [bot], access: %s, asked: direct, at_most: "5%%"}]\n'
    assert follows(policy_of(SETS + "clauses:\n" + suppress("hide", "5%", access="weights") + claim % "product"))
    assert not follows(policy_of(SETS + "clauses:\n" + suppress("hide", "5%", access="product") + claim % "weights"))


def test_an_index_opens_a_second_path(policy_of: Build) -> None:
    """4.0.9: what an index serves is not bounded by what the model itself says, until it is de-indexed."""
    blocks = """
information: {secrets: {kind: facts, size: 40, unit: question}}
artifacts:
  bot: {kind: service, serves_from: [library], seen_by: {public: product}}
  library: {kind: index, holds: [secrets], seen_by: {staff: product}}
clauses:
"""
    claim = (
        'claims: [{id: c, says: not_revealed, of: secrets, in: [bot], access: product, asked: direct, at_most: "5%"}]\n'
    )
    deindex = "  - {id: drop, goal: de_index, target: secrets, scope: {artifacts: [library]}}\n"
    assert not follows(policy_of(blocks + suppress("hide", "5%", access="api") + claim))
    assert follows(policy_of(blocks + suppress("hide", "5%", access="api") + deindex + claim))


def test_refusing_and_knowing_exclude_each_other_for_one_prompt(policy_of: Build) -> None:
    """AX12, with masses: at least 30 % refusals leave at most 70 % knowledge."""
    refuse = at_least("decline", "refuse", "30%")
    keep = at_least("keep", "retain", "%s")
    assert clashes(policy_of(SETS + "clauses:\n" + refuse + keep % "70%")) == ()
    found = clashes(policy_of(SETS + "clauses:\n" + refuse + keep % "71%"))
    assert found[0].clauses == ("decline", "keep")
    assert "AX12" in found[0].axioms
    assert clashes(policy_of(SETS + "clauses:\n" + refuse + keep % "71%"), frozenset({"AX12"})) == ()


def keep(
    limit: str, *, access: str = "product", asked: str = "direct", over: str = "mean", target: str = "secrets"
) -> str:
    return (
        f"  - {{id: keep, goal: retain, target: {target}, scope: {{artifacts: [bot], access: {access}, asked: {asked}}}, "
        f'over: {over}, limit: {{at_least: "{limit}"}}}}\n'
    )


def test_knowing_under_hard_questions_is_showing_under_easy_ones(policy_of: Build) -> None:
    """x∧ under paraphrases ≤ x∧ asked directly ≤ x∨ asked directly, although no clause speaks of the one in the middle."""
    blocks = SETS + "clauses:\n" + keep("70%", asked="paraphrase")
    found = clashes(policy_of(blocks + suppress("hide", "40%", access="weights")))
    assert [(core.clauses, core.axioms) for core in found] == [(("keep", "hide"), ("AX3",))]
    hard = "scope: {artifacts: [bot], access: product, asked: adversarial}, over: mean"
    decline = f'  - {{id: decline, goal: refuse, target: secrets, {hard}, limit: {{at_least: "40%"}}}}\n'
    found = clashes(policy_of(blocks + decline))
    assert [(core.clauses, core.axioms) for core in found] == [(("keep", "decline"), ("AX3", "AX12"))]
    for axiom in ("AX3", "AX12"):
        assert clashes(policy_of(blocks + decline), frozenset((axiom,))) == ()


@pytest.mark.parametrize("between", ["", suppress("between", "90%", access="api")])
def test_a_cell_in_between_hides_no_step(policy_of: Build, between: str) -> None:
    """Half of the items rise from at most 20 % to at least 80 %, the others keep at least 5 %: 45 % on average. A cell
    between the two, in which the same items may be anywhere from 20 % to 80 %, must not dissolve that step."""
    blocks = SETS + "clauses:\n" + suppress("low", "20%", over="each") + keep("15%") + between
    high = keep("80%", access="weights", over='{share: "50%"}').replace("id: keep", "id: high")
    assert clashes(policy_of(blocks + high + suppress("top", "45%", access="weights"))) == ()
    found = clashes(policy_of(blocks + high + suppress("top", "44%", access="weights")))
    assert [core.clauses for core in found] == [("low", "keep", "high", "top")]


def test_a_destroyed_family_keeps_nothing(policy_of: Build) -> None:
    """`x+derived` destroys x too: nothing of it can be retained."""
    for written in ("bot", "bot+derived"):
        destroy = f"  - {{id: end, goal: destroy, scope: {{artifacts: [{written}]}}}}\n"
        found = clashes(policy_of(SETS + "clauses:\n" + destroy + keep("10%", target="wiki")))
        assert [core.clauses for core in found] == [("end", "keep")]


def test_an_exception_lifts_a_duty_only_while_it_applies(policy_of: Build) -> None:
    blocks = """
information: {records: {kind: examples, size: 40, unit: record}}
artifacts: {store: {kind: dataset, holds: [records], seen_by: {staff: product}}}
situations: [hold]
clauses:
  - {id: erase, goal: delete, target: records, scope: {artifacts: [store]}, by: "30 days"}
  - {id: keep, goal: keep, target: records, scope: {artifacts: [store], when: hold}, until: "365 days"OVERRIDES}
"""
    assert clashes(policy_of(blocks.replace("OVERRIDES", ", overrides: [erase]"))) == ()
    found = clashes(policy_of(blocks.replace("OVERRIDES", "")))
    assert (found[0].clauses, found[0].situation) == (("erase", "keep"), ("hold",))


def test_a_destroyed_store_keeps_nothing_from_that_day_on(policy_of: Build) -> None:
    """4.0.15: destroying a store is deleting all that it keeps; without a day, on whatever day."""
    blocks = SETS.replace("  bot:", "  store: {kind: dataset, holds: [records], seen_by: {staff: product}}\n  bot:")
    scrap = "clauses:\n  - {id: scrap, goal: destroy, scope: {artifacts: [store]}BY}\n"
    hold = '  - {id: hold, goal: keep, target: records, scope: {artifacts: [store]}, until: "20 days"}\n'
    for by, clash in ((', by: "19 days"', True), (', by: "20 days"', False), ("", False)):
        assert bool(clashes(policy_of(blocks + scrap.replace("BY", by) + hold))) == clash
    wipe = '  - {id: wipe, goal: delete, target: records, scope: {artifacts: [store]}, by: "20 days"}\n'
    for by, shadowed in ((', by: "19 days"', True), (', by: "21 days"', False), ("", False)):
        policy = policy_of(blocks + scrap.replace("BY", by) + wipe)
        every = situations.cases(policy)
        assert every is not None
        assert [s.clause for s in shadows(build(policy), every, frozenset())] == ["wipe"] * shadowed


def test_a_duty_presupposes_control(policy_of: Build) -> None:
    blocks = SETS + "parties: {obligor: acme}\ncontrols: {acme: [CONTROLLED]}\nclauses:\n" + suppress("hide", "5%")
    assert clashes(policy_of(blocks.replace("CONTROLLED", "bot"))) == ()
    found = clashes(policy_of(blocks.replace("[CONTROLLED]", "[]")))
    assert found[0].clauses == ("hide",)
    assert "C1" in found[0].axioms


def test_whoever_has_weights_can_fine_tune(policy_of: Build) -> None:
    blocks = SETS.replace("public: product", "public: weights") + "clauses:\n"
    for access, open_gap in (("weights", True), ("finetune", False)):
        policy = policy_of(blocks + suppress("hide", "5%", access=access))
        theory = build(policy, asked_about=vocabulary(policy))
        every = situations.cases(policy)
        assert every is not None
        assert bool(gaps(theory, every, frozenset())) == open_gap


def at_least(name: str, goal: str, limit: str, *, over: str = "mean") -> str:
    return (
        f"  - {{id: {name}, goal: {goal}, target: secrets, scope: {{artifacts: [bot], access: product, asked: direct}}, "
        f'over: {over}, limit: {{at_least: "{limit}"}}}}\n'
    )


def rate(clause: str, low: str, high: str, access: str = "product", asked: str = "direct") -> RateFact:
    return RateFact(
        f"{clause}#rate",
        "secrets",
        "bot",
        access,
        asked,
        "|",
        "reveals",
        Fraction(low),
        Fraction(high),
        Fraction(1, 100),  # type: ignore[arg-type]
    )


@pytest.mark.parametrize(
    ("access", "low", "high", "answer"),
    [
        ("product", "0", "0.04", "entailed"),
        ("weights", "0", "0.04", "entailed"),  # deeper evidence bounds shallower access from above
        ("product", "0.06", "1", "refuted"),
        ("weights", "0.06", "1", "open"),  # what weights show need not show through the product
        ("product", "0.01", "0.2", "open"),
    ],
)
def test_evidence_decides_in_one_direction(policy_of: Build, access: str, low: str, high: str, answer: str) -> None:
    """4.0.8 and AX13."""
    policy = policy_of(SETS + "clauses:\n" + suppress("hide", "5%"))
    judged = judge(policy, policy.clauses[0], "bot", [rate("hide", low, high, access)])
    assert judged.answer == answer
    assert judged.stands_on == (("hide#rate",) if answer != "open" else ())
    assert judged.conditional_on == ()


def test_evidence_that_contradicts_itself_decides_nothing(policy_of: Build) -> None:
    """4.0.5: not even in favour of a clause that one half of it supports."""
    policy = policy_of(SETS + "clauses:\n" + suppress("hide", "5%"))
    facts = [rate("hide", "0", "0.01"), rate("again", "0.5", "1")]
    judged = judge(policy, policy.clauses[0], "bot", facts)
    assert (judged.answer, judged.stands_on) == ("inconsistent", ("hide#rate", "again#rate"))


def test_a_suite_refutes_the_class_and_supports_only_itself(policy_of: Build) -> None:
    """4.0.18: passing a suite says nothing by name about the class it samples."""
    policy = policy_of(SETS + "clauses:\n" + suppress("hide", "5%").replace("asked: direct", "asked: adversarial"))
    clean, leaking = rate("hide", "0", "0.01", asked="suite:x"), rate("hide", "0.5", "1", asked="suite:x")
    assert judge(policy, policy.clauses[0], "bot", [clean]).answer == "open"
    assert judge(policy, policy.clauses[0], "bot", [clean], suite="suite:x").answer == "entailed"
    assert judge(policy, policy.clauses[0], "bot", [leaking]).answer == "refuted"


PARTS = """
information:
  letters: {kind: examples, size: 90, unit: letter}
  hers:    {kind: examples, size: 20, unit: letter}
  secrets: {kind: facts, size: 40, unit: question}
relations: [{hers: within, of: letters}]
artifacts: {bot: {kind: model, trained_on: [TRAINED], seen_by: {public: product}}}
methods: {filter: {reaches: product}, retrain: {reaches: weights}}
"""


def removal(target: str, name: str = "gone", epsilon: str = "0") -> str:
    return (
        f"  - {{id: {name}, goal: remove, target: {target}, scope: {{artifacts: [bot]}}, measure: influence, about: process, "
        f'limit: {{epsilon: "{epsilon}", delta: "0%", compared_with: retrain_without}}}}\n'
    )


@pytest.mark.parametrize(("trained", "target"), [("letters", "hers"), ("hers", "letters")])
def test_training_on_a_set_is_training_on_its_parts_and_on_part_of_what_holds_it(
    policy_of: Build, trained: str, target: str
) -> None:
    """Expo: removal of either needs a method that reaches the weights (K3), which a filter does not."""
    blocks = PARTS.replace("TRAINED", trained)
    assert clashes(policy_of(blocks + "clauses:\n" + removal(target))) == ()
    found = clashes(policy_of(blocks.replace(", retrain: {reaches: weights}", "") + "clauses:\n" + removal(target)))
    assert [(core.clauses, "K3" in core.axioms) for core in found] == [(("gone",), True)]


@pytest.mark.parametrize(("removed", "said", "answer"), [("letters", "hers", True), ("hers", "letters", False)])
def test_what_goes_with_the_whole_is_gone_and_a_part_leaves_the_rest(
    policy_of: Build, removed: str, said: str, answer: bool
) -> None:
    """Gone: exact removal of a set ends the influence of its parts; of a part, not that of the whole."""
    claim = f"claims: [{{id: c, says: influence_removed, of: {said}, in: [bot]}}]\n"
    assert follows(policy_of(PARTS.replace("TRAINED", "letters") + "clauses:\n" + removal(removed) + claim)) == answer


def test_a_destroyed_index_serves_nothing(policy_of: Build) -> None:
    blocks = """
information: {secrets: {kind: facts, size: 40, unit: question}}
artifacts:
  bot: {kind: service, serves_from: [library], seen_by: {public: product}}
  library: {kind: index, holds: [secrets], seen_by: {staff: product}}
clauses:
"""
    claim = 'claims: [{id: c, says: not_revealed, of: secrets, in: [bot], access: product, asked: direct, at_most: "5%"}]\n'
    scrap = "  - {id: scrap, goal: destroy, scope: {artifacts: [library]}}\n"
    unlist = "  - {id: unlist, goal: de_index, target: secrets, scope: {artifacts: [library]}}\n"
    assert not follows(policy_of(blocks + suppress("hide", "5%", access="api") + claim))
    assert follows(policy_of(blocks + suppress("hide", "5%", access="api") + scrap + claim))
    policy = policy_of(blocks + scrap + unlist)
    every = situations.cases(policy)
    assert every is not None
    assert [s.clause for s in shadows(build(policy), every, frozenset())] == ["unlist"]


@pytest.mark.parametrize(
    ("without", "targets", "speaks"),
    [("letters", ("letters",), True), ("hers", ("letters",), False), ("letters", ("hers",), False),
     ("letters", ("letters", "hers"), True), ("hers", ("letters", "hers"), False), ("letters", ("letters", "diary"), False)],
)  # fmt: skip
def test_the_reference_lacks_every_target_and_nothing_else(
    policy_of: Build, without: str, targets: tuple[str, ...], speaks: bool
) -> None:
    """4.0.2: a fact about a model that lacks more than the targets, or less, is no fact about the reference."""
    between = 'mean_between: ["60%", "90%"]'
    fact = f"  - {{id: r, target: secrets, without: {without}, in: bot, access: product, asked: direct, {between}}}\n"
    sets = PARTS.replace("TRAINED", "letters").replace("  hers:", "  diary:   {kind: examples, size: 9}\n  hers:")
    clauses = "".join(removal(name, f"without-{name}", "0.1") for name in targets) + suppress("hide", "5%")
    policy = policy_of(sets + "reference_retrain:\n" + fact + "clauses:\n" + clauses)
    assert bool(clashes(of_the_process(policy))) == speaks
    untrue = World({f"s{i}": frozenset({"secrets"}) for i in range(40)}, rates={
        Known("x_sup", f"s{i}", "bot", "product", "direct", when="reference"): Fraction(0) for i in range(40)
    })  # fmt: skip
    assert ("r" in broken_facts(policy, untrue)) == speaks
