"""A process shown to be apart from retraining: what that denies, and that it never implies removal."""

from __future__ import annotations

import sys
from collections.abc import Callable
from fractions import Fraction
from pathlib import Path

from hypothesis import given, settings
from hypothesis import strategies as st

sys.path.insert(0, str(Path(__file__).parent))

from test_judge import GONE, SETS, clause, judged, record

from unlearn_spec.logic.evidence import ApartFact
from unlearn_spec.logic.process import one_run_rules
from unlearn_spec.policy.load import load_text
from unlearn_spec.policy.model import Policy

EPSILONS = st.sampled_from([Fraction(n, 4) for n in range(9)])
DELTAS = st.sampled_from([Fraction(n, 100) for n in range(4)])
HEAD = 'unlearn_spec: "1.0"\npolicy: {id: p, version: 1}\n'
POLICY = load_text(HEAD + SETS + clause(GONE, rates=False), "policy.yaml").policy


def apart(epsilon: Fraction | None, delta: Fraction = Fraction(1, 100)) -> ApartFact:
    return ApartFact("apart", "records", "bot", epsilon, delta, Fraction(1, 100))


@settings(max_examples=25, deadline=None)
@given(EPSILONS, DELTAS, EPSILONS, DELTAS)
def test_apart_denies_what_is_at_least_as_close_and_nothing_else(e: Fraction, d: Fraction, ce: Fraction, cd: Fraction) -> None:
    """The clause has ε 0.5, δ 1%; a record says (ce, cd). Rem grows with ε and δ (AX1): the order decides."""
    denied = e >= Fraction(1, 2) and d >= Fraction(1, 100)
    assert judged(POLICY, apart(e, d)).answer == ("refuted" if denied else "open")
    carries = ce <= Fraction(1, 2) and cd <= Fraction(1, 100)
    clash = ce <= e and cd <= d
    answer = judged(POLICY, apart(e, d), record(epsilon=ce, delta=cd)).answer
    assert answer == ("inconsistent" if clash else "refuted" if denied else "entailed" if carries else "open")


def test_where_no_epsilon_is_excluded_nothing_is_said() -> None:
    assert judged(POLICY, apart(None)).answer == "open"
    assert judged(POLICY, apart(Fraction(3))).stands_on == ("apart",)


def test_more_runs_refute_at_an_error_that_one_cannot(policy_of: Callable[[str], Policy]) -> None:
    """A limit of 4% seen at 20% costs one run an error of 20%; four of five runs together cost 0.7%."""
    text = (
        'goal: remove, target: records, measure: membership, about: process, limit: {tpr_at_most: "4%", at_fpr: "1%"}, '
        'evidence: {kind: test, access: weights, confidence: "95%", decide: not_refuted, refute_at: "20%", runs: RUNS}'
    )
    rules = {runs: one_run_rules(policy_of(SETS + clause(text.replace("RUNS", str(runs)), rates=False))) for runs in (1, 2, 3, 5)}
    assert float(rules[1]["c", "bot"].error) > 0.2 and not rules[2]
    assert (rules[3]["c", "bot"].needed, rules[5]["c", "bot"].needed) == (3, 4), rules
    assert rules[5]["c", "bot"].error < Fraction(7, 1000)
