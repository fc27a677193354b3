"""Every minimal conflict, held against brute force; families told by their sum; no cut in silence."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from fractions import Fraction
from itertools import combinations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.logic.policies import loaded, random_policy
from unlearn_spec.logic import conflicts as module
from unlearn_spec.logic import jointly, situations
from unlearn_spec.logic.all_cores import Exhausted, all_minimal_cores, lightest_cut
from unlearn_spec.logic.conflicts import Conflicts, conflicts
from unlearn_spec.logic.explanation import Core
from unlearn_spec.logic.facts import facts_contradict
from unlearn_spec.logic.jointly import Joint, jointly_implied
from unlearn_spec.logic.repair import single_numbers
from unlearn_spec.logic.situational import situational_conflicts
from unlearn_spec.logic.theory import build
from unlearn_spec.policy.model import Policy

Build = Callable[[str], Policy]
NAMES = tuple("abcdefgh")
FAMILIES = st.lists(st.frozensets(st.sampled_from(NAMES), min_size=1, max_size=4), max_size=6)


def test_facts_that_contradict_each_other_are_no_conflict_of_clauses() -> None:
    policy = loaded(random_policy(260))
    theory = build(policy)
    assert not theory.possible(())
    assert conflicts(theory, [clause.id for clause in policy.clauses]) == Conflicts()


def meets_none_of(forbidden: list[frozenset[str]]) -> Callable[[Sequence[str]], bool]:
    return lambda chosen: not any(core <= set(chosen) for core in forbidden)


def smallest(sets: list[frozenset[str]]) -> set[frozenset[str]]:
    return {one for one in sets if not any(other < one for other in sets)}


@given(FAMILIES)
def test_all_cores_are_found_the_smallest_first(forbidden: list[frozenset[str]]) -> None:
    cores = all_minimal_cores(NAMES, meets_none_of(forbidden))
    assert cores.complete
    assert {frozenset(core) for core in cores.found} == smallest(forbidden)
    assert list(cores.found) == sorted(cores.found, key=lambda core: (len(core), core))
    assert len(set(cores.found)) == len(cores.found)


@given(FAMILIES, st.integers(0, 30))
def test_a_search_that_is_cut_says_so(forbidden: list[frozenset[str]], questions: int) -> None:
    left, ask = [questions], meets_none_of(forbidden)

    def limited(chosen: Sequence[str]) -> bool:
        left[0] -= 1
        if left[0] < 0:
            raise Exhausted
        return ask(chosen)

    cores = all_minimal_cores(NAMES, limited)
    assert {frozenset(core) for core in cores.found} <= smallest(forbidden)
    if cores.complete:
        assert {frozenset(core) for core in cores.found} == smallest(forbidden)


@given(FAMILIES, st.lists(st.integers(1, 5), min_size=8, max_size=8))
def test_the_lightest_cut_is_lightest(forbidden: list[frozenset[str]], numbers: list[int]) -> None:
    weights, ask = dict(zip(NAMES, numbers, strict=True)), meets_none_of(forbidden)
    cut = lightest_cut(NAMES, weights, ask)
    assert ask([name for name in NAMES if name not in cut])
    every = (set(chosen) for size in range(9) for chosen in combinations(NAMES, size))
    possible = [sum(weights[n] for n in gone) for gone in every if ask([name for name in NAMES if name not in gone])]
    assert sum(weights[name] for name in cut) == min(possible)


@pytest.mark.parametrize("block", range(8))
def test_the_conflicts_of_random_policies_are_all_minimal_ones(block: int) -> None:
    met = 0
    for seed in range(block * 40, block * 40 + 40):
        policy = loaded(random_policy(seed))
        theory = build(policy)
        if facts_contradict(theory):
            continue
        names = [clause.id for clause in policy.clauses]
        bodies = {clause.id: theory.body(clause) for clause in policy.clauses}
        bad = [
            frozenset(chosen)
            for size in range(1, len(names) + 1)
            for chosen in combinations(names, size)
            if not theory.possible([bodies[name] for name in chosen])
        ]
        found = conflicts(theory, names)
        assert {frozenset(core.clauses) for core in found.cores} == smallest(bad), seed
        assert found.rest == () and found.involved == frozenset().union(*smallest(bad))
        met += bool(bad)
    assert met > 5


# --- families, limits ------------------------------------------------------------------------------------------------

SCOPE = "scope: {artifacts: [bot], access: product, asked: direct}, over: mean"


def requests(count: int, floor: str, *, size: int = 400, more: str = "") -> str:
    """`count` disjoint sets of ten items within a wiki, a clause that hides each, and a floor for the wiki."""
    sets = [f"r{i}" for i in range(count)]
    lines = ["information:", f"  wiki: {{kind: facts, size: {size}, unit: question}}"]
    lines += [f"  {name}: {{kind: facts, size: 10, unit: question}}" for name in sets]
    lines += ["relations:", *(f"  - {{{name}: within, of: wiki}}" for name in sets)]
    lines += [f"  - {{{one}: disjoint_from, with: {two}}}" for one, two in combinations(sets, 2)]
    lines += ["artifacts: {bot: {kind: model, seen_by: {public: product}}}", "situations: [published]", "clauses:"]
    lines += [f'  - {{id: keep, goal: retain, target: wiki, {SCOPE}, limit: {{at_least: "{floor}"}}}}']
    lines += [
        f'  - {{id: h-{name}, goal: suppress, target: {name}, {SCOPE}, limit: {{at_most: "0%"}}}}' for name in sets
    ]
    return "\n".join([*lines, more])


def test_many_against_one_limit_are_one_family(policy_of: Build) -> None:
    policy = policy_of(requests(8, "95%"))  # any three of the eight are too many
    found = conflicts(build(policy), [clause.id for clause in policy.clauses])
    (core,) = found.cores
    assert core.family is not None
    assert (core.family.limit, core.family.best) == ("keep", Fraction(80, 100))
    assert core.family.shares == tuple((f"h-r{i}", Fraction(10, 400)) for i in range(8))
    assert found.rest == () and found.involved == {clause.id for clause in policy.clauses}


def test_what_breaks_the_limit_alone_is_no_part_of_the_family(policy_of: Build) -> None:
    alone = f'  - {{id: h-all, goal: suppress, target: wiki, {SCOPE}, limit: {{at_most: "10%"}}}}'
    policy = policy_of(requests(8, "95%", more=alone))
    pair, family = conflicts(build(policy), [clause.id for clause in policy.clauses]).cores
    assert pair.clauses == ("keep", "h-all") and pair.family is None
    assert family.family is not None and "h-all" not in family.clauses


def test_a_clause_on_the_set_of_the_limit_is_like_none_on_another_set(policy_of: Build) -> None:
    """`far` is as large as `wiki`, and nothing but a deadline ties them: what clashes over the one does not over the other."""
    lines = ["information:", *(f"  {name}: {{kind: facts, size: 200, unit: question}}" for name in ("wiki", "far"))]
    lines += ["artifacts: {bot: {kind: model, seen_by: {public: product}}}", "clauses:"]

    def entry(name: str, goal: str, target: str, rest: str) -> str:
        return f'  - {{id: {name}, goal: {goal}, target: {target}, {SCOPE.replace("over: mean", rest)}, by: "30 days"}}'

    lines.append(entry("keep", "retain", "wiki", 'over: mean, limit: {at_least: "72%"}'))
    for share in range(5, 95, 10):
        rest = f'over: {{share: "{share}%"}}, limit: {{at_most: "{share + 5}%"}}'
        lines.append(entry(f"some-{share}", "suppress", "wiki", rest))
    for target in ("wiki", "far"):
        lines.append(entry(f"most-{target}", "suppress", target, 'over: {share: "90%"}, limit: {at_most: "5%"}'))
    policy = policy_of("\n".join(lines))
    found = conflicts(build(policy), [clause.id for clause in policy.clauses])
    assert [core.clauses for core in found.cores if core.family is None] == [("keep", "most-wiki")]
    assert any(core.family is not None for core in found.cores)


def test_few_clauses_are_listed(policy_of: Build) -> None:
    policy = policy_of(requests(4, "95%"))
    found = conflicts(build(policy), [clause.id for clause in policy.clauses])
    assert [core.clauses for core in found.cores] == [
        ("keep", *c) for c in combinations([f"h-r{i}" for i in range(4)], 3)
    ]
    assert all(core.family is None for core in found.cores)


def test_a_family_of_a_situation(policy_of: Build) -> None:
    floor = SCOPE.replace("direct}", "direct, when: published}")
    guarded = requests(8, "95%").replace(f"wiki, {SCOPE}", f"wiki, {floor}")
    policy = policy_of(guarded)
    theory, cases = build(policy), situations.cases(policy)
    assert cases is not None
    plain = conflicts(theory, situations.always_active(cases))
    assert plain.cores == ()
    (core,) = situational_conflicts(theory, cases, plain).cores
    assert core.family is not None and core.situation == ("published",)


def test_a_family_counts_its_clauses_where_they_bind(policy_of: Build) -> None:
    """While published, each request is lifted from half of its set: ten items of 800 are hidden, not twenty."""
    lines = ["situations: [published]", "information:", "  wiki: {kind: facts, size: 800, unit: question}"]
    relations = [f"  - {{disjoint: [{', '.join(f'r{i}' for i in range(8))}]}}"]
    clauses = ['  - {id: keep, goal: retain, target: wiki, WHEN, limit: {at_least: "95%"}}']
    for i in range(8):
        lines += [f"  r{i}: {{kind: facts, size: 20, unit: question}}", f"  p{i}: {{kind: facts, size: 10, unit: question}}"]
        relations += [f"  - {{r{i}: within, of: wiki}}", f"  - {{p{i}: within, of: r{i}}}"]
        clauses += [f'  - {{id: hide{i}, goal: suppress, target: r{i}, {SCOPE}, limit: {{at_most: "0%"}}}}']
        lift = f'overrides: [hide{i}], limit: {{at_most: "100%"}}'
        clauses += [f"  - {{id: lift{i}, goal: suppress, target: p{i}, WHEN, {lift}}}"]
    lines += ["relations:", *relations, "artifacts: {bot: {kind: model, seen_by: {public: product}}}", "clauses:", *clauses]
    policy = policy_of("\n".join(lines).replace("WHEN", SCOPE.replace("direct}", "direct, when: published}")))
    theory, cases = build(policy), situations.cases(policy)
    assert cases is not None
    (core,) = situational_conflicts(theory, cases, conflicts(theory, situations.always_active(cases))).cores
    assert core.family is not None and core.situation == ("published",)
    assert core.family.best == Fraction(90, 100)
    assert core.family.shares == tuple((f"hide{i}", Fraction(10, 800)) for i in range(8))


def test_a_clause_that_binds_elsewhere_alone_is_like_none_that_binds_as_a_whole(policy_of: Build) -> None:
    """While published, the first request binds on `aide` only, and the floor is on `bot`."""
    scope = SCOPE.replace("direct}", "direct, when: published}")
    lift = f'  - {{id: lift, goal: suppress, target: r0, {scope}, overrides: [h-r0], limit: {{at_most: "100%"}}}}'
    aide = "aide: {kind: model, seen_by: {public: product}}"
    text = requests(9, "95%", more=lift).replace("artifacts: {bot: {", f"artifacts: {{{aide}, bot: {{")
    lines = [line.replace("[bot]", "[bot, aide]") if "id: h-r" in line else line for line in text.splitlines()]
    lines = [line.replace(SCOPE, scope) if "id: keep" in line else line for line in lines if "disjoint_from" not in line]
    lines.insert(lines.index("relations:") + 1, f"  - {{disjoint: [{', '.join(f'r{i}' for i in range(9))}]}}")
    policy = policy_of("\n".join(lines))
    theory, cases = build(policy), situations.cases(policy)
    assert cases is not None
    (core,) = situational_conflicts(theory, cases, conflicts(theory, situations.always_active(cases))).cores
    assert core.family is not None
    assert core.family.shares == tuple((f"h-r{i}", Fraction(10, 400)) for i in range(1, 9))


def test_a_limit_that_binds_in_part_has_no_family_to_tell_of_the_whole(policy_of: Build) -> None:
    """While published, `lift` leaves the floor half of the wiki: two of the requests are too many for that, not for all of it."""
    scope = SCOPE.replace("direct}", "direct, when: published}")
    lift = f'  - {{id: lift, goal: suppress, target: half, {scope}, overrides: [keep], limit: {{at_most: "100%"}}}}'
    half = "  half: {kind: facts, size: 200, unit: question}\nrelations:\n  - {half: within, of: wiki}"
    text = requests(8, "91%", more=lift).replace("relations:", half)
    names = [f"r{i}" for i in range(8)]
    lines = [line for line in text.splitlines() if "disjoint_from" not in line]
    lines = [line.replace(SCOPE, scope) if "id: keep" in line else line for line in lines]
    lines.insert(lines.index("relations:") + 1, f"  - {{disjoint: [half, {', '.join(names)}]}}")
    policy = policy_of("\n".join(lines))
    theory, cases = build(policy), situations.cases(policy)
    assert cases is not None
    plain = conflicts(theory, situations.always_active(cases))
    cores = situational_conflicts(theory, cases, plain).cores
    published = [core for core in cores if core.situation == ("published",)]
    assert published and all(core.family is None and len(core.clauses) == 4 for core in published)
    assert all({"keep", "lift"} < set(core.clauses) for core in published)


def floors(count: int) -> str:
    """Ceilings and floors on one set, every ceiling below every floor."""
    lines = ["information: {facts: {kind: facts, size: 40, unit: question}}"]
    lines += ["artifacts: {bot: {kind: model, seen_by: {public: product}}}", "clauses:"]
    for i in range(count):
        lines += [f'  - {{id: low-{i}, goal: suppress, target: facts, {SCOPE}, limit: {{at_most: "{i + 1}%"}}}}']
        lines += [f'  - {{id: high-{i}, goal: retain, target: facts, {SCOPE}, limit: {{at_least: "{90 + i}%"}}}}']
    return "\n".join(lines)


def test_more_conflicts_than_are_told_are_counted(policy_of: Build) -> None:
    policy = policy_of(floors(4))
    found = conflicts(build(policy), [clause.id for clause in policy.clauses])
    assert len(found.cores) == module.MOST_TOLD
    (rest,) = found.rest
    assert (rest.known, rest.complete) == (6, True)
    assert found.involved == {clause.id for clause in policy.clauses}


def test_a_search_that_ends_early_leaves_no_conflict_behind(policy_of: Build, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module, "MOST_QUESTIONS", 12)
    policy = policy_of(floors(6))
    theory = build(policy)
    found = conflicts(theory, [clause.id for clause in policy.clauses])
    (rest,) = found.rest
    assert not rest.complete
    left = [theory.body(clause) for clause in policy.clauses if clause.id not in found.involved]
    assert theory.possible(left)


def test_a_family_too_large_to_be_taken_apart_is_told_all_the_same(
    policy_of: Build, monkeypatch: pytest.MonkeyPatch
) -> None:
    theory = build(policy_of(requests(12, "96%")))
    everyone = [clause.id for clause in theory.policy.clauses]
    expected = conflicts(theory, everyone)
    assert expected.cores[0].family is not None
    monkeypatch.setattr(module, "MOST_QUESTIONS", 10)
    assert conflicts(theory, everyone).cores == expected.cores


def test_independent_parts_are_searched_apart(policy_of: Build) -> None:
    """Together their conflicts would multiply: twenty pairs have 2^20 ways to give one of each up."""
    lines = ["information:", *(f"  s{i}: {{kind: facts, size: 40, unit: question}}" for i in range(20))]
    lines += ["artifacts: {bot: {kind: model, seen_by: {public: product}}}", "clauses:"]
    for i in range(20):
        lines += [f'  - {{id: low-{i}, goal: suppress, target: s{i}, {SCOPE}, limit: {{at_most: "1%"}}}}']
        lines += [f'  - {{id: high-{i}, goal: retain, target: s{i}, {SCOPE}, limit: {{at_least: "9%"}}}}']
    policy = policy_of("\n".join(lines))
    found = conflicts(build(policy), [clause.id for clause in policy.clauses])
    assert [core.clauses for core in found.cores] == [(f"low-{i}", f"high-{i}") for i in range(20)]
    assert found.rest == ()


# --- implied by several ----------------------------------------------------------------------------------------------


@settings(deadline=None, max_examples=60)
@given(st.integers(0, 400))
def test_what_is_jointly_implied_is_so_and_needs_each(seed: int) -> None:
    policy = loaded(random_policy(seed))
    theory, cases = build(policy), situations.cases(policy)
    assert cases is not None
    if facts_contradict(theory):
        return
    aside = conflicts(theory, [clause.id for clause in policy.clauses]).involved
    for joint in jointly_implied(theory, cases, frozenset(), aside).found:
        bodies = {clause.id: theory.body(clause) for clause in policy.clauses}
        denied = "-" + bodies[joint.clause]
        assert not theory.possible([*(bodies[name] for name in joint.by), denied])
        assert len(joint.by) > 1
        for left in joint.by:
            assert theory.possible([*(bodies[name] for name in joint.by if name != left), denied])


def test_where_many_meet_at_one_limit_its_number_alone_is_offered(policy_of: Build) -> None:
    """Eight clauses of ten items each against a floor that leaves room for seven: told by members, not as a family."""
    policy = policy_of(requests(8, "82%"))
    theory, core = build(policy), Core(tuple(clause.id for clause in policy.clauses), (), ())
    (repair,) = single_numbers(theory, core)
    assert [(change.clause, change.field, change.value) for change in repair.changes] == [("keep", "at_least", "80%")]
    policy = policy_of(requests(3, "93%"))
    few = single_numbers(build(policy), Core(tuple(clause.id for clause in policy.clauses), (), ()))
    assert {repair.changes[0].clause for repair in few} == {clause.id for clause in policy.clauses}


def test_what_follows_from_several_of_very_many_is_told(policy_of: Build) -> None:
    """A limit on a set follows from those on its two halves, in a policy where 250 limits and a floor hang together."""
    small = [f"s{i}" for i in range(250)]
    lines = ["information:", "  all: {kind: facts, size: 10000, unit: question}"]
    lines += [f"  {name}: {{kind: facts, size: 100, unit: question}}" for name in small]
    lines += ["  both: {kind: facts, size: 100, unit: question}"]
    lines += [f"  {half}: {{kind: facts, size: 50, unit: question}}" for half in ("left", "right")]
    lines += ["relations:", f"  - {{disjoint: [{', '.join(small)}, both]}}", "  - {disjoint: [left, right]}"]
    lines += [f"  - {{{half}: within, of: both}}" for half in ("left", "right")]
    lines += [f"  - {{{name}: overlaps, with: all, exactly: 10}}" for name in (*small, "both")]
    lines += ["artifacts: {bot: {kind: model, seen_by: {public: product}}}", "clauses:"]
    lines += [f'  - {{id: floor, goal: retain, target: all, {SCOPE}, limit: {{at_least: "50%"}}}}']
    for name in (*small, "both", "left", "right"):
        lines += [f'  - {{id: hide-{name}, goal: suppress, target: {name}, {SCOPE}, limit: {{at_most: "1%"}}}}']
    policy = policy_of("\n".join(lines))
    theory, cases = build(policy), situations.cases(policy)
    assert cases is not None
    found = jointly_implied(theory, cases, frozenset(), frozenset())
    assert found.found == (Joint("hide-both", ("hide-left", "hide-right"), ("AX1",)),)
    assert found.unasked == () and theory.solver.clusters


def test_of_many_that_hang_together_without_a_cut_some_stay_unasked(policy_of: Build, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(jointly, "MOST_TOGETHER", 5)
    policy = policy_of(floors(4))
    theory, cases = build(policy), situations.cases(policy)
    assert cases is not None
    (unasked,) = jointly_implied(theory, cases, frozenset(), frozenset()).unasked
    assert unasked == tuple(clause.id for clause in policy.clauses[25 // 8 :])
