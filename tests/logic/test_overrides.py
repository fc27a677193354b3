"""Overriding works artifact by artifact and item by item (amendment 4.0.12), in the encoding, the reference and the
comparison of versions alike.
"""

from __future__ import annotations

from collections.abc import Callable
from fractions import Fraction
from itertools import combinations, product

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from unlearn_spec.logic.compare import compare
from unlearn_spec.logic.conflicts import conflicts
from unlearn_spec.logic.jointly import jointly_implied
from unlearn_spec.logic.redundancy import shadows
from unlearn_spec.logic.situational import situational_conflicts
from unlearn_spec.logic.situations import always_active, cases, maximal
from unlearn_spec.logic.suspension import binding
from unlearn_spec.logic.theory import build
from unlearn_spec.logic.trial import trial
from unlearn_spec.logic.world_model import World as Told
from unlearn_spec.policy.load import load_text
from unlearn_spec.policy.model import Policy
from unlearn_spec.spec.reference import Judge, World

Build = Callable[[str], Policy]
STORES = ("desk", "vault", "tape")
SITUATIONS = ("audit", "court")
HEAD = f"""
unlearn_spec: "1.0"
policy: {{id: p, version: 1, status: draft}}
clock: {{starts: request}}
information:
  records: {{kind: examples, size: 2, unit: record}}
  disputed: {{kind: examples, size: 1, unit: record}}
  letters: {{kind: examples, size: 1, unit: letter}}
  answers: {{kind: facts, size: 1, unit: question, built_from: records}}
  drafts: {{kind: examples, size: 1, unit: letter}}
relations:
  - {{disputed: within, of: records}}
  - {{drafts: disjoint_from, with: records}}
situations: [{", ".join(SITUATIONS)}]
artifacts:
""" + "".join(f"  {name}: {{kind: dataset, holds: [records], seen_by: {{staff: product}}}}\n" for name in STORES)
HOLD = ", when: audit}, until: \"365 days\", overrides: [erase]}\n"


def duty(name: str, goal: str, stores: str, more: str, target: str = "records") -> str:
    return f"  - {{id: {name}, goal: {goal}, target: {target}, scope: {{artifacts: [{stores}]{more}"


def policy(*clauses: str) -> Policy:
    return load_text(HEAD + "clauses:\n" + "".join(clauses), "p.yaml").policy


ERASE = duty("erase", "delete", "desk, vault", '}, by: "30 days"}\n')


def contradictory(whole: Policy) -> bool:
    theory, every = build(whole), cases(whole)
    assert every is not None
    plain = conflicts(theory, always_active(every))
    return bool(plain.cores or situational_conflicts(theory, every, plain).cores)


def test_a_hold_on_one_store_leaves_the_deletion_in_the_other() -> None:
    hold = duty("hold", "keep", "desk", HOLD)
    also = duty("also", "keep", "vault", ', when: audit}, until: "60 days"}\n')
    assert not contradictory(policy(ERASE, hold))
    assert contradictory(policy(ERASE, hold, also))
    assert not contradictory(policy(ERASE, hold, also.replace("}\n", ", overrides: [erase]}\n")))


def test_what_overrides_elsewhere_suspends_nothing() -> None:
    assert contradictory(policy(ERASE, duty("here", "keep", "desk", '}, until: "60 days"}\n'), duty("hold", "keep", "tape", HOLD)))


def test_the_rest_is_still_asked_of_a_world() -> None:
    whole = policy(ERASE, duty("hold", "keep", "desk", HOLD))
    held = frozenset({"audit"})
    for vault, answer in ((10, "pass"), (40, "fail")):
        told = Told(held, stored=(("desk", "records", Fraction(400)), ("vault", "records", Fraction(vault))))
        assert trial(whole, told).answer("erase") == answer


def test_a_hold_on_one_store_weakens_that_store_alone() -> None:
    hold = duty("hold", "keep", "desk", HOLD)
    lost = next(change for change in compare(policy(ERASE), policy(ERASE, hold)).changes if change.before == "erase").lost
    assert lost is not None and lost.shown is not None and lost.shown.artifact == "desk"
    assert compare(policy(ERASE, hold), policy(ERASE, hold.replace("[desk]", "[desk, tape]"))).answer == "stricter"


def test_a_scope_left_open_suspends_and_is_suspended_as_a_whole() -> None:
    anywhere = duty("erase", "delete", "desk", '}, by: "30 days"}\n').replace("artifacts: [desk]", "")
    hold = duty("hold", "keep", "desk", HOLD)
    for whole in (policy(anywhere, hold), policy(ERASE, hold.replace("artifacts: [desk], ", ""))):
        assert binding(whole, frozenset({"audit"})).names == {"hold"}
        assert binding(whole, frozenset()).names == {"erase"}


@pytest.mark.parametrize(
    ("sooner", "alone"),
    [
        ((duty("sooner", "delete", "desk, vault", '}, by: "20 days"}\n'),), True),
        (
            (
                duty("desk_sooner", "delete", "desk", '}, by: "20 days"}\n'),
                duty("sooner", "delete", "vault, tape", '}, by: "20 days"}\n'),
            ),
            False,
        ),
    ],
)
def test_what_is_suspended_in_part_makes_nothing_else_needless(sooner: tuple[str, ...], alone: bool) -> None:
    """R002, R003: on the vault, while it is held, the later deletion is all that is left."""

    def needless(whole: Policy) -> set[str]:
        theory, every = build(whole), cases(whole)
        assert every is not None
        found = shadows(theory, every, frozenset()) if alone else jointly_implied(theory, every, frozenset(), frozenset()).found
        return {one.clause for one in found}

    hold = duty("hold", "keep", "vault", ', when: audit}, until: "5 days", overrides: [OVER]}\n')
    assert "erase" in needless(policy(ERASE, *sooner, hold.replace("OVER", "")))
    assert "erase" not in needless(policy(ERASE, *sooner, hold.replace("OVER", "sooner")))


def test_a_hold_on_some_items_leaves_the_deletion_of_the_others() -> None:
    """The deletion of all records stands for those that are not disputed; who keeps these as well contradicts it."""
    hold = duty("hold", "keep", "desk", HOLD, "disputed")
    all_kept = duty("also", "keep", "desk", ', when: audit}, until: "60 days"}\n')
    assert not contradictory(policy(ERASE, hold))
    assert contradictory(policy(ERASE, hold, all_kept))
    assert not contradictory(policy(ERASE, duty("hold", "keep", "desk", HOLD), all_kept.replace("records", "disputed")))


def test_a_hold_on_other_items_suspends_nothing() -> None:
    kept = duty("also", "keep", "desk", ', when: audit}, until: "60 days"}\n')
    for other in ("drafts", "answers"):
        assert contradictory(policy(ERASE, duty("hold", "keep", "desk", HOLD, other), kept)), other


def test_what_may_be_shared_may_be_held() -> None:
    """Nothing says whether the letters are among the records: they may be those that both clauses leave to each other."""
    kept = duty("also", "keep", "desk", ', when: audit}, until: "60 days"}\n', "disputed")
    assert not contradictory(policy(ERASE, duty("hold", "keep", "desk", HOLD, "letters"), kept))


def test_a_hold_on_some_items_weakens_and_a_wider_one_weakens_more() -> None:
    part, whole = (policy(ERASE, duty("hold", "keep", "desk", HOLD, target)) for target in ("disputed", "records"))
    change = next(change for change in compare(part, whole).changes if change.before == "erase")
    assert change.lost is not None and change.lost.shown is not None and change.lost.shown.artifact == "desk"


def test_a_promise_about_a_set_as_a_whole_is_suspended_as_a_whole() -> None:
    whole = policy(
        "  - {id: gone, goal: remove, target: records, scope: {artifacts: [desk]}, measure: influence, about: process, "
        "limit: {epsilon: '0', delta: '0%', compared_with: retrain_without}}\n",
        duty("hold", "keep", "desk", HOLD.replace("erase", "gone"), "disputed"),
    )
    assert binding(whole, frozenset({"audit"})).names == {"hold"}


GONE = (
    "  - {id: gone, goal: remove, target: TARGET, scope: {artifacts: [desk]}, measure: influence, about: process, "
    "limit: {epsilon: '0', delta: '0%', compared_with: retrain_without}}\n"
)


@pytest.mark.parametrize(("target", "stands"), [("disputed", True), ("records", False), ("letters", False), ("drafts", True)])
def test_a_promise_as_a_whole_stands_where_nothing_of_it_is_held(target: str, stands: bool) -> None:
    """The hold on the records leaves the disputed ones out; letters may be records, and drafts are none."""
    hold = duty("hold", "keep", "desk", HOLD.replace("erase", "gone"))
    release = duty("release", "delete", "desk", ', when: audit}, by: "30 days", overrides: [hold]}\n', "disputed")
    whole = policy(GONE.replace("TARGET", target), hold, release)
    assert ("gone" in binding(whole, frozenset({"audit"})).names) == stands


def test_whether_anything_is_left_to_suspend_a_whole_is_not_a_matter_of_sizes() -> None:
    """One dispute and one letter may be the same record; nothing says so, and the deadline is off while the hold is on."""
    finish = "  - {id: end, goal: finish, scope: {artifacts: [desk]}, by: \"2 days\"}\n"
    hold = duty("hold", "keep", "desk", HOLD.replace("erase", "end"), "letters")
    release = duty("release", "delete", "desk", ', when: audit}, by: "30 days", overrides: [hold]}\n', "disputed")
    whole = policy(finish, hold, release)
    both = World({"i": frozenset({"records", "disputed", "letters"})}, situations=frozenset({"audit"}))
    assert binding(whole, both.situations).names == {"hold", "release"}
    assert not any(Judge(whole, both).bound_on(clause) for clause in whole.clauses[:2])


SETS = ("records", "disputed", "letters", "drafts")
WORLDS = (
    ("letters", "records disputed", "records", "drafts"),
    ("records disputed", "records letters", "drafts"),
    ("records disputed letters", "records", "drafts"),
    ("records disputed", "records", "drafts letters"),
)
"""The sets that each item is in: nothing says where the one letter is."""


@st.composite
def policies(draw: st.DrawFn) -> Policy:
    """Deletions and keepings in one or two stores, each overriding some that stand before it."""
    clauses = []
    for i in range(draw(st.integers(2, 4))):
        stores = draw(st.lists(st.sampled_from(STORES[:2]), min_size=1, unique=True))
        goal, field = draw(st.sampled_from((("delete", "by"), ("keep", "until"))))
        when = draw(st.sampled_from(("", ", when: audit", ", when: court", ", when: {not: audit}")))
        over = draw(st.lists(st.sampled_from([f"c{n}" for n in range(i)]), unique=True)) if i else []
        days = draw(st.sampled_from((10, 20, 30)))
        more = f'{when}}}, {field}: "{days} days", overrides: [{", ".join(over)}]}}\n'
        clauses.append(duty(f"c{i}", goal, ", ".join(stores), more, draw(st.sampled_from(SETS))))
    return policy(*clauses)


def can_be_met(whole: Policy, holding: frozenset[str], sets: frozenset[str]) -> bool:
    """Whether an item of these sets can be kept and deleted as the binding clauses ask: no clause ties it to another item."""
    days = product((10, 20, 30), repeat=2)
    kept = ({("i", store): Fraction(day) for store, day in zip(STORES, chosen, strict=False)} for chosen in days)
    worlds = (World({"i": sets}, kept=one, situations=holding) for one in kept)
    return any(all(Judge(whole, one).complies(clause) for clause in whole.clauses) for one in worlds)


@settings(max_examples=60, deadline=None)
@given(policies())
def test_code_and_reference_agree_on_what_binds_where_and_on_what_can_be_met(whole: Policy) -> None:
    met = []
    for many in range(len(SITUATIONS) + 1):
        for holding in map(frozenset, combinations(SITUATIONS, many)):
            bound = binding(whole, holding)
            worlds = [World({f"i{n}": frozenset(sets.split()) for n, sets in enumerate(world)}, situations=holding) for world in WORLDS]
            for clause in whole.clauses:
                assert set(bound.on(whole, clause)) == {m for world in worlds for m in Judge(whole, world).bound_on(clause)}
            met.append(any(all(can_be_met(whole, holding, sets) for sets in world.items.values()) for world in worlds))
    assert contradictory(whole) == (not all(met))
    every = cases(whole)
    assert every is not None and maximal(every)


WHOLE = (
    GONE,
    "  - {id: gone, goal: exclude_future, target: TARGET, scope: {artifacts: [desk]}}\n",
    "  - {id: gone, goal: finish, scope: {artifacts: [desk]}, by: \"2 days\"}\n",
)


@st.composite
def chains(draw: st.DrawFn) -> Policy:
    """Promises about wholes among deletions and keepings on one store, each overriding some that stand before it."""
    clauses = []
    for i in range(draw(st.integers(2, 5))):
        target = draw(st.sampled_from(SETS))
        over = draw(st.lists(st.sampled_from([f"c{n}" for n in range(i)]), unique=True)) if i else []
        kept = duty("gone", "keep", "desk", '}, until: "20 days"}\n', target)
        text = draw(st.sampled_from((kept, kept, *WHOLE))).replace("TARGET", target)
        clauses.append(text.replace("id: gone", f"id: c{i}, overrides: [{', '.join(over)}]"))
    return policy(*clauses)


@settings(max_examples=150, deadline=None)
@given(chains())
def test_code_and_reference_agree_on_which_wholes_are_suspended(whole: Policy) -> None:
    bound = binding(whole, frozenset())
    worlds = [World({f"i{n}": frozenset(sets.split()) for n, sets in enumerate(world)}) for world in WORLDS]
    for clause in whole.clauses:
        found = {m for world in worlds for m in Judge(whole, world).bound_on(clause)}
        assert set(bound.on(whole, clause)) == found


def test_a_long_chain_of_overrides_suspends_every_second_clause() -> None:
    """Longer than Python's stack is deep: each clause suspends the one before it, unless it is suspended itself."""
    holds = [
        duty(f"hold{i}", "keep", "desk", "}, until: \"365 days\"" + (f", overrides: [hold{i - 1}]}}\n" if i else "}\n"))
        for i in range(2001)
    ]
    bound = binding(policy(*holds), frozenset())
    assert bound.names == {f"hold{i}" for i in range(0, 2001, 2)} and not bound.partly


def test_what_cases_share_changes_none_of_them():
    """Chains of overrides under the same and under other guards: each case binds as it does when it is worked out alone."""
    rules = policy(
        duty("erase", "delete", "desk, vault", '}, by: "30 days"}\n'),
        duty("hold", "keep", "desk", HOLD),
        duty("lift", "delete", "desk, tape", ', when: {not: court}}, by: "60 days", overrides: [hold]}\n'),
        duty("resume", "delete", "tape", '}, by: "90 days"}\n'),
        duty("part", "keep", "tape", ', when: court}, until: "365 days", overrides: [resume]}\n', target="disputed"),
        duty("whole", "keep", "tape", ', when: audit}, until: "365 days", overrides: [resume]}\n'),
    )
    every = cases(rules)
    assert every is not None and len({case.binding for case in every}) == 4
    assert all(case.binding == binding(rules, case.holding) for case in every)
    names = [clause.id for clause in rules.clauses]
    partly = [[name for name, _ in case.binding.partly] for case in every]
    assert any(partly) and all(found == sorted(found, key=names.index) for found in partly)
