"""Certificates: found for what has no world, accepted as they are, rejected when anything in them is changed."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from fractions import Fraction
from pathlib import Path
from random import Random

import pytest
import z3
from hypothesis import given, settings
from hypothesis import strategies as st
from msgspec.structs import replace

from tests.logic.policies import loaded, random_policy
from unlearn_spec.logic.arithmetic import arithmetic
from unlearn_spec.logic.averages import of_the_process
from unlearn_spec.logic.certificate import Cases, Certificate, Clash, Sum, Whole, proves
from unlearn_spec.logic.conflicts import conflicts
from unlearn_spec.logic.facts import facts_contradict
from unlearn_spec.logic.linear import FALSE, Both, Either, Literal, Row, Statement, read
from unlearn_spec.logic.proof import prove
from unlearn_spec.logic.refute import search
from unlearn_spec.logic.simplex import meets, solve, solved
from unlearn_spec.logic.theory import build
from unlearn_spec.policy.load import load
from unlearn_spec.policy.model import Policy

ROOT = Path(__file__).parents[2]
SORTS = {**dict.fromkeys("xyz", "Real"), "w": "Int", **dict.fromkeys("pqr", "Bool")}


def number(value: int) -> str:
    return str(value) if value >= 0 else f"(- {-value})"


def formula(draw: Random, depth: int) -> str:
    if depth == 0 or draw.random() < 0.3:
        if draw.random() < 0.3:
            return draw.choice(("p", "q", "r", "(not p)", "(not q)", "(not r)"))
        chosen = draw.sample("xyzw", draw.randint(1, 3))
        terms = [f"(* {number(draw.randint(-3, 3))} {name})" for name in chosen]
        terms += ["(ite p 3 1)"] * (draw.random() < 0.2)
        total = terms[0] if len(terms) == 1 else f"(+ {' '.join(terms)})"
        return f"({draw.choice(('<=', '>=', '<', '>', '='))} {total} {number(draw.randint(-4, 4))})"
    operator = draw.choice(("and", "or", "=>", "="))
    right = formula(draw, depth - 1)
    left = draw.choice("pqr") if operator == "=" else formula(draw, depth - 1)
    return f"({operator} {left} {right})"


@pytest.mark.parametrize("block", range(4))
def test_random_statements_have_a_certificate_exactly_if_they_have_no_world(block: int) -> None:
    refuted = 0
    for seed in range(block * 150, block * 150 + 150):
        draw = Random(seed)
        lines = [f"(assert {formula(draw, 2)})" for _ in range(draw.randint(2, 10))]
        lines += ["(assert (<= (- 5) w))", "(assert (<= w 5))"]
        solver = z3.Solver()
        solver.from_string("".join(f"(declare-const {n} {s})" for n, s in SORTS.items()) + "".join(lines))
        stated = [read(line, SORTS, {}) for line in lines]
        found = search(stated, {"w"})
        assert (found is None) == (solver.check() == z3.sat), seed
        if found is not None:
            assert proves(found[0], stated, {"w"}), seed
            refuted += 1
    assert refuted > 20


ROWS = st.lists(
    st.builds(
        lambda terms, constant, strict: Row(
            tuple((n, Fraction(v)) for n, v in sorted(terms.items()) if v) or (("x", Fraction(1)),),
            Fraction(constant),
            strict,
        ),
        st.dictionaries(st.sampled_from("xyz"), st.integers(-3, 3), min_size=1, max_size=3),
        st.integers(-4, 4),
        st.booleans(),
    ),
    max_size=8,
)


@given(ROWS)
def test_rows_have_a_point_or_add_up_to_a_contradiction(rows: list[Row]) -> None:
    answer = solve(rows)
    if isinstance(answer, tuple):
        assert proves(Sum(answer), rows)
    else:
        assert all(meets(row, answer) for row in rows)


@given(ROWS)
def test_what_a_contradiction_leaves_a_row_has_a_point_where_the_search_that_ended_says_so(rows: list[Row]) -> None:
    answer, _ = solved(rows)
    for aim, scale in answer if isinstance(answer, tuple) else ():
        best = sum((factor * row.constant for row, factor in answer if row != aim), Fraction(0)) / scale
        rest = [row for row in rows if row != aim]
        if solved(rows)[1].gives(aim, best):
            assert not isinstance(solve([*rest, Row(aim.terms, -best)]), tuple)


def test_a_bound_that_is_the_best_needs_no_other_search() -> None:
    rows = [Row((("x", Fraction(-3)), ("y", ONE)), ONE), Row((("y", -ONE),), Fraction(2)), Row((("x", Fraction(2)),), Fraction(-3))]
    answer, ended = solved(rows)
    assert isinstance(answer, tuple) and len(answer) == 3
    assert ended.gives(rows[2], Fraction(2))  # 3x ≤ y + 1 ≤ 3: what is asked for can be 2x ≥ 2


# --- tampering -------------------------------------------------------------------------------------------------------

ONE = Fraction(1)
X_AT_LEAST_2, X_AT_MOST_1 = Row((("x", ONE),), Fraction(-2)), Row((("x", -ONE),), ONE)
ABOVE_1 = Row((("x", ONE),), -ONE, strict=True)


def test_a_sum_must_use_what_was_stated_and_no_negative_factor() -> None:
    stated = [X_AT_LEAST_2, X_AT_MOST_1]
    assert proves(Sum(((X_AT_LEAST_2, ONE), (X_AT_MOST_1, ONE))), stated)
    assert not proves(Sum(((X_AT_LEAST_2, ONE), (X_AT_MOST_1, ONE))), [X_AT_LEAST_2])
    assert not proves(Sum(((X_AT_LEAST_2, ONE), (X_AT_MOST_1, Fraction(2)))), stated)
    assert not proves(Sum(((X_AT_LEAST_2, -ONE), (X_AT_MOST_1, -ONE))), stated)
    assert not proves(Sum(()), stated)


def test_strictness_counts_only_where_it_is_used() -> None:
    both = [ABOVE_1, X_AT_MOST_1]
    assert proves(Sum(((ABOVE_1, ONE), (X_AT_MOST_1, ONE))), both)
    weak = replace(ABOVE_1, strict=False)
    assert not proves(Sum(((weak, ONE), (X_AT_MOST_1, ONE))), [weak, X_AT_MOST_1])
    touching = [ABOVE_1, weak, X_AT_MOST_1]
    assert not proves(Sum(((ABOVE_1, Fraction(0)), (weak, ONE), (X_AT_MOST_1, ONE))), touching)


def test_every_case_needs_its_proof() -> None:
    p = Literal("p", True), Literal("p", False)
    either = Either((p[0], FALSE))
    stated: list[Statement] = [either, p[1]]
    assert proves(Cases(either, (Clash("p"), Cases(FALSE, ()))), stated)
    assert not proves(Cases(either, (Clash("p"),)), stated)
    assert not proves(Cases(either, (Clash("p"), Clash("p"))), stated)
    assert not proves(Cases(Either((p[0],)), (Clash("p"),)), stated)  # never stated


def test_only_whole_numbers_are_split() -> None:
    half = [Row((("x", Fraction(2)),), -ONE), Row((("x", Fraction(-2)),), ONE)]
    found = search(half, {"x"})
    assert found is not None
    split = found[0]
    assert isinstance(split, Whole) and proves(split, half, {"x"})
    assert not proves(split, half)
    assert not proves(replace(split, value=split.value + 1), half, {"x"})


def conflicting() -> Iterator[Policy]:
    for path in sorted((ROOT / "spec" / "conformance").glob("C00[1-6]/*.yaml")):
        if path.name != "cases.yaml":
            yield load(path).policy
    for name in ("bad-example", "book-settlement", "dual-use"):
        yield load(ROOT / "spec" / "examples" / f"{name}.yaml").policy


def tampered(certificate: Certificate, draw: Random) -> Certificate:
    """The certificate with one number, row or case changed somewhere in it."""
    match certificate:
        case Sum(factors):
            place = draw.randrange(len(factors))
            row, factor = factors[place]
            changed = draw.choice(
                ((row, factor * 2), (row, -factor), (replace(row, constant=row.constant - 1), factor))
            )
            if len(factors) == 1 and changed == (row, factor * 2):
                changed = (row, -factor)
            return Sum((*factors[:place], changed, *factors[place + 1 :]))
        case Clash(symbol):
            return Clash(symbol + "0")
        case Cases(over, proofs) if proofs:
            place = draw.randrange(len(proofs))
            return Cases(over, (*proofs[:place], tampered(proofs[place], draw), *proofs[place + 1 :]))
        case Cases(over, proofs):
            return Clash("nothing")
        case Whole(symbol, value, below, above):
            return Whole(symbol, value, tampered(below, draw), above)


def test_the_conflicts_of_the_corpus_are_proven_and_no_tampered_proof_passes() -> None:
    draw, proven = Random(1), 0
    for policy in conflicting():
        for core in conflicts(build(policy), [clause.id for clause in policy.clauses]).cores:
            proof = prove(policy, core.clauses)
            assert proof is not None and proof.accepted, (policy.policy.id, core.clauses)
            whole = {name for name, sort in proof.theory.encoder.sorts.items() if sort == "Int"}
            for _ in range(5):
                assert not proves(tampered(proof.certificate, draw), proof.stated, whole)
            proven += 1
    assert proven > 20


@settings(deadline=None, max_examples=60)
@given(st.integers(0, 600))
def test_conflicts_of_random_policies_are_proven(seed: int) -> None:
    policy = loaded(random_policy(seed))
    theory = build(policy)
    if facts_contradict(theory):
        return
    for core in conflicts(theory, [clause.id for clause in policy.clauses]).cores:
        proof = prove(policy, core.clauses)
        assert proof is not None and proof.accepted
        names = {c.id for c in policy.clauses} | {f.name for f in theory.facts.values()} | set(policy.methods or {})
        words = {word for line in arithmetic(proof) for word in re.findall(r"[\w-]+", line)}
        assert words and not words & (set(proof.theory.encoder.sorts) - names), "a symbol of the encoding is shown"


def test_a_conflict_without_its_axiom_is_not_proven(policy_of: Callable[[str], Policy]) -> None:
    policy = of_the_process(load(ROOT / "spec" / "examples" / "book-settlement.yaml").policy)
    assert prove(policy, ("not-trained-on", "no-verbatim")) is not None
    assert prove(policy, ("not-trained-on", "no-verbatim"), without=frozenset({"AX6"})) is None


def test_the_arithmetic_of_the_bad_example_can_be_followed_by_hand() -> None:
    policy = load(ROOT / "spec" / "examples" / "bad-example.yaml").policy
    proof = prove(policy, ("forget-facts", "keep-wiki"))
    assert proof is not None
    assert arithmetic(proof) == (
        "kept (product, direct) of the 30 items of contractor_facts and of project_wiki: at most 3 (forget-facts, AX2, AX3)",
        "kept (product, direct) of the 370 items of project_wiki alone: at most 370 (AX1)",
        "together at most 373 of 400 = 93.25%, but keep-wiki wants at least 380 = 95%",
    )


def test_statements_are_read_as_written() -> None:
    known = {"p": True}
    assert read("(assert (=> p (<= x 3)))", SORTS, known) == Row((("x", -ONE),), Fraction(3))
    assert read("(assert (= p (< x y)))", SORTS, known) == Row((("x", -ONE), ("y", ONE)), Fraction(0), strict=True)
    assert read("(assert (not (>= x (/ 1 2))))", SORTS, {}) == Row((("x", -ONE),), Fraction(1, 2), strict=True)
    assert read("(assert (not p))", SORTS, known) == FALSE
    assert read("(assert (and q (or r (> 1 2))))", SORTS, {}) == Both((Literal("q", True), Literal("r", True)))
