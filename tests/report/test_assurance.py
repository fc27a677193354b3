"""The form of the whole conclusion, by which outcomes there are."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from unlearn_spec.report import LANGUAGES, Language, Report, render
from unlearn_spec.report.assurance import Form, assurance, defeaters, form, strategy
from unlearn_spec.verdict.model import Verification
from unlearn_spec.wording.language import words

UNDECIDED = ("rejected", "inconclusive", "not_testable", "not_tested")


@pytest.mark.parametrize("language", LANGUAGES)
@pytest.mark.parametrize(
    ("kept", "due"),
    [
        ((), "disclaimer"),
        (UNDECIDED, "disclaimer"),
        *(((outcome,), "disclaimer") for outcome in UNDECIDED),
        *(((outcome, "supported"), "qualified") for outcome in UNDECIDED),
        *(((outcome, "violated", "supported"), "adverse") for outcome in UNDECIDED),
        (("violated",), "adverse"),
        (("not_falsified", "supported"), "unmodified"),
    ],
)
def test_the_form_never_hides_what_stayed_undecided(
    kept: tuple[str, ...],
    due: Form,
    language: Language,
    make_report: Callable[..., Report],
    run_verification: Verification,
) -> None:
    verdicts = tuple(one for one in run_verification.verdicts if one.outcome in kept)
    report = make_report(verification=run_verification.model_copy(update={"verdicts": verdicts}))
    assert form(report) == due
    assert " ".join(words(language)(f"form.{due}").split()) in " ".join(render(report, "text", language).split())


def test_only_a_decision_has_assurance_and_an_argument(report: Report) -> None:
    for result in report.results:
        undecided = result.verdict.outcome in UNDECIDED
        assert (assurance(report, result) == "none") == undecided
        assert (strategy(report, result) == "undecided") == undecided
        assert (defeaters(report, result) == ("defeater.open",)) == undecided
