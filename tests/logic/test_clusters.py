"""Asking a large policy in pieces gives what asking it whole gives."""

from __future__ import annotations

from datetime import date
from fractions import Fraction
from random import Random

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.logic.policies import random_policy, text_of
from tests.logic.stars import READ, cut_up, star
from unlearn_spec.logic import encode, solver
from unlearn_spec.logic.clusters import cut_at_sums, split, symbols
from unlearn_spec.logic.separation import largest
from unlearn_spec.logic.smt import recording
from unlearn_spec.logic.solver import Solver
from unlearn_spec.rules.check import check_text


@pytest.fixture
def whole(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(encode, "LONG", 10**6)


def told(text: str) -> list[object]:
    result = check_text(text, "star.yaml", today=date(2026, 1, 1))
    return [result.clauses_evaluated, result.consistent, *result.findings]


@pytest.mark.parametrize("seed", range(13))
def test_a_star_cut_at_its_sums_gives_the_same_findings(
    seed: int, monkeypatch: pytest.MonkeyPatch, whole: None
) -> None:
    text = star(seed)
    expected = told(text)
    cut_up(monkeypatch)
    assert told(text) == expected


@pytest.mark.parametrize("seed", range(20))
def test_small_packs_and_few_comparisons_give_the_same_findings(
    seed: int, monkeypatch: pytest.MonkeyPatch, whole: None
) -> None:
    text = text_of(random_policy(seed))
    expected = told(text)
    cut_up(monkeypatch)
    assert told(text) == expected


def test_a_star_comes_apart_at_its_sums() -> None:
    lines = ["(assert (= j1 (+ m1 m2)))", "(assert (= j2 (+ m3 m4)))", "(assert (= b1 (<= (+ j1 j2) 3)))"]
    lines += [f"(assert (<= m{i} 1))" for i in (1, 2, 3, 4)]
    cut = cut_at_sums([(line, symbols(line)) for line in lines], {"j1", "j2"}, (), 0)
    assert cut is not None
    cluster, part_of, pieces = cut
    assert part_of["m1"] == part_of["m2"] != part_of["m3"] == part_of["m4"]
    assert part_of["b1"] == cluster.top
    assert sorted(len(piece) for piece in pieces) == [1, 3, 3]
    assert cluster.sums[part_of["m1"]] == ("j1",)
    assert cluster.sums[cluster.top] == ("j1", "j2")


def test_a_sum_that_the_top_defines_is_no_place_to_cut() -> None:
    """The items of `j1` are bound to a deadline, and so is what speaks of the sums."""
    lines = ["(assert (= j1 (+ m1 m2)))", "(assert (= j2 (+ m3 m4)))", "(assert (= j3 (+ m5 m6)))"]
    lines += [f"(assert (<= m{i} 1))" for i in range(1, 7)]
    lines += ["(assert (= b1 (and (<= m1 0) (<= t1 30))))", "(assert (= b2 (and (>= (+ j1 j2 j3) 3) (<= t1 30))))"]
    cut = cut_at_sums([(line, symbols(line)) for line in lines], {"j1", "j2", "j3"}, (), 0)
    assert cut is not None
    cluster, part_of, _ = cut
    assert part_of["m1"] == part_of["t1"] == cluster.top
    assert cluster.sums == {cluster.top: ("j2", "j3"), part_of["m3"]: ("j2",), part_of["m5"]: ("j3",)}


def test_a_deadline_on_some_clauses_of_a_star_changes_no_finding(monkeypatch: pytest.MonkeyPatch, whole: None) -> None:
    small = [f"s{i}" for i in range(24)]
    lines = ['unlearn_spec: "1.0"', "policy: {id: star, version: 1, status: draft}", "clock: {starts: request}", "information:"]
    lines += ["  hub: {kind: examples, size: 960, unit: record}"]
    lines += [f"  {name}: {{kind: examples, size: 100, unit: record}}" for name in small]
    lines += ["relations:", f"  - {{disjoint: [{', '.join(small)}]}}"]
    lines += [f"  - {{{name}: overlaps, with: hub, exactly: 10}}" for name in small]
    lines += ["artifacts: {bot: {kind: model, seen_by: {public: api}}}", "clauses:"]
    by = ', by: "30 days"'
    lines += [f'  - {{id: floor, goal: retain, target: hub, over: mean, {READ % ""}, limit: {{at_least: "50%"}}{by}}}']
    for name in small:
        end = by if name in small[:2] else ""
        lines += [f'  - {{id: hide-{name}, goal: suppress, target: {name}, over: mean, {READ % ""}, limit: {{at_most: "1%"}}{end}}}']
    lines += [f'  - {{id: know, goal: retain, target: s3, over: mean, {READ % ""}, limit: {{at_least: "90%"}}}}']
    text = "\n".join(lines) + "\n"
    expected = told(text)
    assert [f.clauses for f in check_text(text, "star.yaml", today=date(2026, 1, 1)).findings if f.code == "C001"] == [("hide-s3", "know")]
    cut_up(monkeypatch)
    monkeypatch.setattr(encode, "LONG", 4)
    assert told(text) == expected


def test_a_sum_that_nothing_speaks_of_is_no_place_to_cut(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(solver, "_LARGE", 1)
    monkeypatch.setattr(solver, "_PACK", 1)
    lines = ["(assert (= j1 (+ m1 m2)))", "(assert (= j2 (+ m3 m4)))", "(assert (= j3 (+ m1 m2)))"]
    lines += [f"(assert (<= m{i} 1))" for i in (1, 2, 3, 4)] + ["(assert (= b1 (>= (+ j1 j2) 3)))"]
    sorts = dict.fromkeys((f"{letter}{i}" for letter in "mj" for i in range(1, 5)), "Real") | {"b1": "Bool"}
    asked = Solver(lines, sorts, sums=("j1", "j2", "j3"))
    assert asked.clusters
    assert asked.satisfiable(("b1",))


def test_switches_connect_nothing() -> None:
    lines = ["(assert (=> A1 (<= m1 1)))", "(assert (=> A1 (<= m2 1)))"]
    part_of, pieces = split([(line, symbols(line)) for line in lines], {"A1"})
    assert part_of["m1"] != part_of["m2"]
    assert len(pieces) == 2


@pytest.mark.parametrize("cut", [False, True])
def test_a_sum_is_bounded_by_what_its_terms_allow(cut: bool, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(solver, "_LARGE", 1 if cut else 10**6)
    lines, sorts = [], {}
    for i in range(8):
        lines.append(f"(assert (=> b{i} (and (<= 0 m{i}) (<= m{i} (/ {i} 2)))))")
        sorts |= {f"b{i}": "Bool", f"m{i}": "Real"}
    sums = [f"j{10 + k}" for k in range(4)]
    lines += [f"(assert (= {name} (+ m{2 * k} m{2 * k + 1})))" for k, name in enumerate(sums)]
    sorts |= dict.fromkeys(sums, "Real")
    for number, least in ((20, "14"), (21, "(/ 29 2)"), (22, "3")):  # all terms together reach exactly 14
        lines.append(f"(assert (= b{number} (>= (+ {' '.join(sums)}) {least})))")
        sorts[f"b{number}"] = "Bool"
    asked = Solver(lines, sorts, sums=sums)
    terms = tuple(f"b{i}" for i in range(8))
    assert bool(asked.clusters) == cut
    assert asked.satisfiable((*terms, "b20"))
    assert not asked.satisfiable((*terms, "b21"))
    assert asked.satisfiable((*terms[:-1], "b21"))
    assert asked.satisfiable((*terms, "b20", "-b21"))
    assert asked.satisfiable((*terms, "-b20", "b22"))
    under = asked.assuming(terms)
    assert under.satisfiable_each([("b20",), ("b21",), ("-b22",), ("b21", "-b22")]) == (True, False, True, False)
    assert largest(("b20", "b21", "b22"), under.surely) == ("b20", "b22")
    assert under.optimum((), f"(+ {' '.join(sums)})", highest=True) == Fraction(14)


def test_what_is_asked_of_a_few_parts_is_not_asked_of_the_whole(monkeypatch: pytest.MonkeyPatch) -> None:
    """Eight quantities up to 1, in sums of two, and a floor on them together."""
    monkeypatch.setattr(solver, "_LARGE", 1)
    monkeypatch.setattr(solver, "_PACK", 1)
    sums = [f"j{10 + k}" for k in range(4)]
    lines = [f"(assert (=> b{i} (<= m{i} (/ 1 2))))" for i in range(8)]
    lines += [f"(assert (and (<= 0 m{i}) (<= m{i} 1)))" for i in range(8)]
    lines += [f"(assert (= {name} (+ m{2 * k} m{2 * k + 1})))" for k, name in enumerate(sums)]
    lines += [f"(assert (= b{number} (>= (+ {' '.join(sums)}) {least})))" for number, least in ((20, 6), (21, 8))]
    sorts = {f"b{i}": "Bool" for i in (*range(8), 20, 21)} | {f"m{i}": "Real" for i in range(8)} | dict.fromkeys(sums, "Real")
    asked = Solver(lines, sorts, sums=sums)
    assert asked.clusters
    under, opened = asked.assuming(("b20",)), list[frozenset[int]]()
    only = Solver.only
    monkeypatch.setattr(Solver, "only", lambda self, numbers: opened.append(numbers) or only(self, numbers))
    with recording() as questions_put:
        assert under.optimum((), "m0", highest=True) == 1
        assert under.optimum(("b0",), "m0", highest=True) == Fraction(1, 2)
        assert under.optimum(("b0", "b1"), f"(+ {' '.join(sums)})", highest=True) == 7
        assert under.satisfiable(("b0",), "(assert (> m1 (/ 3 4)))")
        assert not under.satisfiable(("b0",), "(assert (> m0 (/ 3 4)))")
        assert under.satisfiable(("b0", "b1"), f"(assert (>= (+ {' '.join(sums)}) 7))")
    assert all(question.theory.count("(assert") < len(lines) for question in questions_put)
    assert not any(numbers.issuperset(asked.clusters[0].parts) for numbers in opened)
    assert under.optimum(("b21",), "m0", highest=False) == 1  # all must be as high as they go
    assert not under.satisfiable(("b0", "b1"), f"(assert (> (+ {' '.join(sums)}) 7))")
    assert not under.satisfiable(("b21",), "(assert (< m0 1))")


def test_the_highest_of_one_sum_is_not_what_its_part_has_of_all_its_sums(monkeypatch: pytest.MonkeyPatch) -> None:
    """`j10` and `j11` have up to 3 together, and `j10` has 2."""
    monkeypatch.setattr(solver, "_LARGE", 1)
    monkeypatch.setattr(solver, "_PACK", 1)
    lines = [f"(assert (and (<= 0 m{i}) (<= m{i} 1)))" for i in range(7)] + ["(assert (<= (+ m0 m1 m2) 2))"]
    pairs = {"j10": "m0 m1", "j11": "m1 m2", "j12": "m3 m4", "j13": "m5 m6"}
    lines += [f"(assert (= {name} (+ {pair})))" for name, pair in pairs.items()]
    lines += ["(assert (= b20 (>= j11 0)))", "(assert (= b21 (>= (+ j10 j11 j12 j13) 0)))"]
    sorts = dict.fromkeys(("b20", "b21"), "Bool") | dict.fromkeys((*(f"m{i}" for i in range(7)), *pairs), "Real")
    asked = Solver(lines, sorts, sums=pairs)
    assert asked.clusters
    assert asked.assuming(("b20", "b21")).optimum((), "j10", highest=True) == 2


def test_questions_without_a_common_world_are_answered_one_by_one() -> None:
    lines = [f"(assert (= b{i} (= m1 {i})))" for i in range(6)]
    asked = Solver(lines, {"m1": "Real"} | {f"b{i}": "Bool" for i in range(6)}).assuming(())
    assert asked.satisfiable_each([(f"b{i}",) for i in range(6)]) == (True,) * 6
    assert asked.satisfiable_each([(f"b{i}", "b0") for i in range(6)]) == (True, *(False,) * 5)


def test_sizes_too_say_that_a_sum_cannot_hold(monkeypatch: pytest.MonkeyPatch) -> None:
    """320 items, of which eight sets hold ten each and show half an item each: at most 244 show. Nothing is asked whole."""
    monkeypatch.setattr(solver, "_LARGE", 1)
    monkeypatch.setattr(solver, "_PACK", 1)
    lines, sorts = [], {"m99": "Real", "n99": "Real", "b50": "Bool", "b51": "Bool"}
    for i in range(8):
        lines += [f"(assert (= n{i} 10))", f"(assert (and (<= 0 m{i}) (<= m{i} n{i})))", f"(assert (= b{i} (<= m{i} (/ 1 2))))"]
        sorts |= {f"n{i}": "Real", f"m{i}": "Real", f"b{i}": "Bool"}
    shown, held = [f"j{60 + i}" for i in range(4)], [f"j{70 + i}" for i in range(4)]
    for i, (of_shown, of_held) in enumerate(zip(shown, held, strict=True)):
        lines += [f"(assert (= {of_shown} (+ m{2 * i} m{2 * i + 1})))", f"(assert (= {of_held} (+ n{2 * i} n{2 * i + 1})))"]
    lines += [f"(assert (= (+ n99 {' '.join(held)}) 320))", "(assert (and (<= 0 m99) (<= m99 n99)))"]
    lines += [f"(assert (= b{number} (>= (+ m99 {' '.join(shown)}) {least})))" for number, least in ((50, 244), (51, 245))]
    asked = Solver(lines, sorts | dict.fromkeys((*shown, *held), "Real"), sums=(*shown, *held))
    assert asked.clusters
    hidden = tuple(f"b{i}" for i in range(8))
    assert asked.satisfiable((*hidden, "b50")) and asked.satisfiable((*hidden[1:], "b51"))
    with recording() as questions_put:
        assert not asked.satisfiable((*hidden, "b51"))
    assert all(question.theory.count("(assert") < len(lines) for question in questions_put)


# --- parts alike -----------------------------------------------------------------------------------------------------


@settings(deadline=None)
@given(st.lists(st.tuples(st.integers(0, 3), st.integers(0, 3)), min_size=2, max_size=8), st.randoms(use_true_random=False))
def test_parts_alike_are_answered_as_if_each_were_alone(limits: list[tuple[int, int]], draw: Random) -> None:
    """Each part: a quantity above one number (a) and below another (b). Only those with equal numbers are alike."""
    lines, sorts = [], {}
    for i, (low, high) in enumerate(limits):
        lines += [f"(assert (= a{i} (>= m{i} {low})))", f"(assert (= b{i} (<= m{i} {high})))"]
        sorts |= {f"a{i}": "Bool", f"b{i}": "Bool", f"m{i}": "Real"}
    with pytest.MonkeyPatch.context() as patched:
        patched.setattr(solver, "_PACK", 1)  # each part in a pack of its own
        asked = Solver(lines, sorts)
    for i, (low, high) in draw.sample(list(enumerate(limits)), len(limits)):
        assert asked.satisfiable((f"a{i}", f"b{i}")) == (low <= high)
        assert asked.satisfiable((f"a{i}", f"-b{i}")) and asked.satisfiable((f"-a{i}", f"b{i}"))
        assert not asked.satisfiable((f"a{i}",), f"(assert (< m{i} {low}))")
        assert asked.assuming((f"b{i}",)).optimum((), f"m{i}", highest=True) == high
        found = asked.assuming((f"a{i}",)).values((), (f"m{i}",), f"(assert (<= m{i} {low}))")
        assert found == {f"m{i}": Fraction(low)}


def test_parts_that_only_names_tell_apart_are_asked_once(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(solver, "_PACK", 1)
    lines, sorts = [], {}
    for i in range(20):
        lines += [f"(assert (= b{i} (<= m{i} {3 if i < 19 else 4})))", f"(assert (<= 0 m{i}))"]
        sorts |= {f"b{i}": "Bool", f"m{i}": "Real"}
    asked = Solver(lines, sorts)
    with recording() as questions_put:
        assert all(asked.satisfiable((f"-b{i}",)) for i in range(20))
    assert len(questions_put) == 2  # of the twentieth, which has another number, apart
