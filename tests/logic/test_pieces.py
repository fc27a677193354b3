"""Conflicts are looked for, and explained, in single pieces of a part that is cut at its sums: as in the whole."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import combinations
from random import Random

import pytest

from tests.logic.stars import READ, cut_up, star
from unlearn_spec.logic import conflicts as module
from unlearn_spec.logic import explanation
from unlearn_spec.logic.conflicts import _Part, members_of
from unlearn_spec.logic.explanation import _Near, explain
from unlearn_spec.logic.theory import Theory, build
from unlearn_spec.policy.load import load_text

SEEDS = (*range(13), *range(14, 22))  # another takes ten times as long
BOTH = pytest.mark.parametrize("few_pieces", [0, 8])
"""Pieces that are asked alone: none, or as many as a star has."""


def both(seed: int, monkeypatch: pytest.MonkeyPatch) -> tuple[Theory, Theory]:
    """The same policy as a theory in one, and cut."""
    policy = load_text(star(seed), "star.yaml").policy
    whole = build(policy)
    cut_up(monkeypatch)
    return whole, build(policy)


def said(theory: Theory, names: Sequence[str]) -> dict[str, tuple[str, ...]]:
    return dict(members_of(theory, (clause for clause in theory.policy.clauses if clause.id in names), False))


def literals(theory: Theory, names: Sequence[str]) -> tuple[str, ...]:
    return tuple(dict.fromkeys(one for own in said(theory, names).values() for one in own))


def minimal_conflicts(theory: Theory, most: int) -> set[tuple[str, ...]]:
    """Every minimal conflict of so many clauses at most; every set is asked."""
    names = [clause.id for clause in theory.policy.clauses]
    found: set[tuple[str, ...]] = set()
    for size in range(1, most + 1):
        for chosen in combinations(names, size):
            if not any(set(core) <= set(chosen) for core in found) and not theory.possible(literals(theory, chosen)):
                found.add(chosen)
    return found


def in_pieces(theory: Theory) -> list[tuple[str, ...]]:
    names = [clause.id for clause in theory.policy.clauses]
    return _Part(theory, said(theory, names), names)._in_pieces(names)


@pytest.mark.parametrize("seed", SEEDS)
def test_what_is_found_in_a_piece_is_a_minimal_conflict_of_the_whole(
    seed: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    whole, cut = both(seed, monkeypatch)
    found = in_pieces(cut)
    assert len(set(found)) == len(found)
    assert set(found) <= minimal_conflicts(whole, max(map(len, found), default=0))


def test_pairs_on_a_set_of_their_own_are_found_in_its_piece(monkeypatch: pytest.MonkeyPatch) -> None:
    found = 0
    for seed in SEEDS:
        whole, cut = both(seed, monkeypatch)
        piece = {clause.id: cut.solver.piece(cut.body(clause)) for clause in cut.policy.clauses}
        cores = in_pieces(cut)
        for core in minimal_conflicts(whole, 2) if len(set(piece.values())) > 1 else ():
            pieces = frozenset(piece[name] for name in core)
            if len(pieces) == 1 and not cut.given.possible_in(pieces, literals(cut, core)):
                assert core in cores
                found += 1
        monkeypatch.undo()
    assert found


@BOTH
@pytest.mark.parametrize("seed", SEEDS)
def test_what_a_conflict_is_said_to_stand_on_is_enough_in_the_whole(
    seed: int, few_pieces: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    whole, cut = both(seed, monkeypatch)
    monkeypatch.setattr(explanation, "FEW_PIECES", few_pieces)
    for core in sorted(minimal_conflicts(whole, 2)):
        told = explain(cut, said(cut, core))
        facts = [literal for literal, premise in whole.facts.items() if premise in told.facts]
        axioms = [literal for literal, name in whole.axiom_literals.items() if name in told.axioms]
        assert (len(facts), len(axioms)) == (len(told.facts), len(told.axioms))
        assert not whole.solver.satisfiable((*axioms, *facts, *whole.nonempty, *literals(whole, core)))


@BOTH
@pytest.mark.parametrize("seed", SEEDS)
def test_what_has_no_world_near_a_conflict_has_none_at_all(
    seed: int, few_pieces: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    whole, cut = both(seed, monkeypatch)
    monkeypatch.setattr(explanation, "FEW_PIECES", few_pieces)
    draw = Random(seed)
    for core in sorted(minimal_conflicts(whole, 2)):
        near = _Near.of(cut, literals(cut, core))
        beside = (*near.among(cut.facts), *near.among(cut.nonempty), *cut.axiom_literals, *literals(cut, core))
        assert not near.perhaps(beside)
        for _ in range(10):
            chosen = tuple(name for name in beside if draw.random() < 0.8)
            assert near.perhaps(chosen) or not cut.solver.satisfiable(chosen)


def test_many_pieces_leave_the_search_its_questions(monkeypatch: pytest.MonkeyPatch) -> None:
    """Forty sets on one hub and a clash on the last: more pieces than questions, and all conflicts are found."""
    small = [f"s{i}" for i in range(40)]
    lines = ['unlearn_spec: "1.0"', "policy: {id: star, version: 1, status: draft}", "information:"]
    lines += [f"  {name}: {{kind: facts, size: 100, unit: question}}" for name in small]
    lines += ["  hub: {kind: facts, size: 4000, unit: question}", "relations:", f"  - {{disjoint: [{', '.join(small)}]}}"]
    lines += [f"  - {{{name}: overlaps, with: hub, exactly: 10}}" for name in small]
    lines += ["artifacts: {bot: {kind: model, seen_by: {public: api}}}", "clauses:"]
    read = READ % "" + ", over: mean"
    lines += [f'  - {{id: hide-{name}, goal: suppress, target: {name}, {read}, limit: {{at_most: "5%"}}}}' for name in small]
    lines += [f'  - {{id: floor, goal: retain, target: hub, {read}, limit: {{at_least: "50%"}}}}']
    lines += [f'  - {{id: know, goal: retain, target: s39, {read}, limit: {{at_least: "90%"}}}}']
    cut_up(monkeypatch)
    monkeypatch.setattr(module, "MOST_QUESTIONS", 20)
    theory = build(load_text("\n".join(lines) + "\n", "star.yaml").policy)
    assert len(theory.solver.clusters[0].parts) > 20
    found = module.conflicts(theory, [clause.id for clause in theory.policy.clauses])
    assert [core.clauses for core in found.cores] == [("hide-s39", "know")] and found.rest == ()
