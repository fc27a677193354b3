"""Each outcome of each kind of clause has its grammatical form, and none claims what a report must not."""

from __future__ import annotations

import itertools
from dataclasses import replace
from fractions import Fraction
from typing import get_args

import pytest
from hypothesis import given
from hypothesis import strategies as st

from unlearn_spec.policy.vocabulary import GoalKind
from unlearn_spec.report.forbidden import claims
from unlearn_spec.report.sentences import FALL, KIND, Bound, Case, conclude
from unlearn_spec.report.wording import QUOTED, percent, quote, visible
from unlearn_spec.verdict.model import WORST_FIRST, ClauseVerdict, Interval, Outcome
from unlearn_spec.wording.language import LANGUAGES, words

GOALS: tuple[GoalKind, ...] = get_args(GoalKind)
BOUND: dict[GoalKind, Bound] = {"suppress": "at_most", "refuse": "at_least", "retain": "fall"}
AUDITED = Interval(label="audited", point=0.0, low=0.0, high=0.00099, hits=0, n=3000)


def case(
    goal: GoalKind,
    outcome: Outcome,
    *,
    measured: bool = True,
    attested: bool = False,
    wider: bool = False,
    **more: object,
) -> Case:
    verdict = ClauseVerdict.model_validate(
        {
            "clause": "c7", "artifact": "assistant", "outcome": outcome, "reason": "the reason", "access": "api",
            "asked": "direct", "limit": "at most 0.1%", "intervals": (AUDITED,) if measured else (), **more,
        }
    )  # fmt: skip
    return Case(goal, "diary", BOUND.get(goal), attested, wider, verdict, Fraction(95, 100))


def test_every_goal_has_a_kind() -> None:
    assert set(KIND) == set(GOALS)


@pytest.mark.parametrize(("goal", "outcome"), list(itertools.product(GOALS, WORST_FIRST)))
@pytest.mark.parametrize(("measured", "attested"), [(True, False), (False, True)])
def test_every_conclusion_is_one_admissible_paragraph(
    goal: GoalKind, outcome: Outcome, measured: bool, attested: bool
) -> None:
    said = conclude(case(goal, outcome, measured=measured, attested=attested, conditional_on=("AX3", "signer acme")))
    assert claims(said) == ()
    assert said[0].isupper() and said.endswith(".") and "  " not in said and ",." not in said and ".." not in said


def test_suppression_is_concluded_in_bounded_positive_form() -> None:
    assert conclude(case("suppress", "supported")) == (
        "For the declared prompts, decoding and interface (through the API, asked directly), the rate at which "
        "“assistant” reveals “diary” keeps the limit (at most 0.1%), with 95% confidence for the run as a whole. "
        "Measured: 0 of 3,000, 0%."
    )


def test_a_wider_population_is_said() -> None:
    said = conclude(case("suppress", "supported", wider=True))
    assert said.startswith("For the wider population, prompts, decoding and interface declared (through the API")


def test_removal_without_findings_is_concluded_in_negative_form() -> None:
    said = conclude(case("remove", "not_falsified"))
    assert "Nothing came to our attention that indicates residual influence" in said
    assert said.endswith("These tests cannot establish that no influence remains.")


def test_removal_is_supported_only_by_a_record_and_says_so() -> None:
    said = conclude(case("remove", "supported", attested=True, conditional_on=("signer acme",)))
    assert (
        said.startswith("A signed record states that the process behind “assistant” keeps the limit for “diary” (at most 0.1%).")
        and "the process itself was not observed" in said
        and "not on tests" in said
        and said.endswith("Conditional on the word of the signer “acme”.")
    )


@pytest.mark.parametrize(("goal", "outcome"), [("suppress", "supported"), ("suppress", "violated"), ("remove", "violated")])
def test_a_run_in_which_nothing_is_statistical_speaks_of_no_confidence(goal: GoalKind, outcome: Outcome) -> None:
    """Counts and records have no share of error; “100% confidence” would make certainty of them."""
    counted = case(goal, outcome)
    said = [conclude(replace(counted, confidence=Fraction(1)), words(language)) for language in LANGUAGES]
    assert not any("100" in text for text in said)
    assert "by a count of the listed items" in said[0] and "confidence" not in said[0]
    assert "with 95% confidence for the run as a whole" in conclude(counted)


def test_process_clauses_are_attested() -> None:
    said = conclude(case("delete", "supported", attested=True))
    assert said.startswith("A signed record attests performance of the duty to delete “diary” from “assistant”")
    assert "the act itself was not observed" in said


@pytest.mark.parametrize("outcome", WORST_FIRST)
def test_use_clauses_never_speak_of_tests_of_a_model_as_deciding(outcome: Outcome) -> None:
    said = conclude(case("govern", outcome))
    assert "governance evidence" in said or "decides how its answers are used" in said


@pytest.mark.parametrize("outcome", ["inconclusive", "not_tested", "not_testable", "rejected"])
def test_undecided_clauses_give_the_reason(outcome: Outcome) -> None:
    assert " the reason." in conclude(case("suppress", outcome))


def test_violations_are_stated_plainly() -> None:
    bad = Interval(label="audited", point=0.6, low=0.41237, high=0.8, hits=12, n=20)
    said = conclude(case("suppress", "violated", intervals=(bad,)))
    assert said.startswith(
        "The rate at which “assistant” reveals “diary” (through the API, asked directly) breaks the limit (at"
    )
    assert said.endswith("Measured: 12 of 20, 60%.")


def test_a_fall_is_stated_as_a_fall() -> None:
    fall = Interval(label=FALL, point=0.013, low=-0.01, high=0.02, n=200)
    said = conclude(case("retain", "supported", intervals=(AUDITED, fall)))
    assert "the fall, since before, of the share of “diary” that “assistant” answers rightly keeps the limit" in said
    assert said.endswith("Measured: a fall of 1.3%.")


def test_a_clause_without_an_artifact_names_none() -> None:
    assert "“”" not in conclude(case("ban", "supported", artifact=""))


@given(st.fractions(0, 1))
def test_bounds_are_rounded_away_from_the_favourable_side(share: Fraction) -> None:
    def read(text: str) -> Fraction:
        return Fraction(text.rstrip("%")) / 100

    assert read(percent(share, "down")) <= share <= read(percent(share, "up"))
    assert abs(read(percent(share)) - share) <= share / 100


@given(st.floats(-1, 1, allow_nan=False))
def test_floats_are_rounded_like_the_number_they_print(share: float) -> None:
    assert percent(share, "down") == percent(Fraction(repr(share)), "down")


@given(st.text())
def test_a_quotation_has_one_beginning_and_one_end(text: str) -> None:
    assert QUOTED.fullmatch(quote(text))


@given(st.text())
def test_visible_text_has_no_control_or_direction_characters(text: str) -> None:
    shown = visible(text)
    assert all(c == "\n" or c.isprintable() or c.isspace() for c in shown)
    assert not set(shown) & set("\x00\x1b\x9b\u202a\u202b\u202c\u202d\u202e\u2066\u2067\u2068\u2069\u200e\u200f\u061c")
    assert visible(shown) == shown
