"""A report says how often each of its tests errs, in every language, and says so where nobody measured it."""

from __future__ import annotations

import json
from importlib import resources

import pytest

from unlearn_spec.report.grounds import Through
from unlearn_spec.report.model import Calibrated, Report
from unlearn_spec.report.render import render
from unlearn_spec.run.cited import Use, cited
from unlearn_spec.wording.language import LANGUAGES, words

KNOWN = Calibrated(
    verifier="relearning", table="0123456789ab", clean=240, accused=1, accused_at_most=0.2162, leaking=40, passed=7, worlds=20
)
UNKNOWN = Calibrated(verifier="leak", table="0123456789ab")


def test_each_line_gives_its_counts_in_every_language(report: Report) -> None:
    cited = report.model_copy(update={"calibration": (KNOWN, UNKNOWN)})
    for language in LANGUAGES:
        shown = render(cited, "html", language).replace("\u00a0", " ")
        say = words(language)
        assert say("trials.calibration") in shown and "0123456789ab" in shown
        relearning, leak = say.of("verifier", "relearning"), say.of("verifier", "leak")
        line = say("trials.calibrated", verifier=relearning, accused=1, clean=240, most=0.2162, worlds=20)
        for part in (line, say("trials.calibrated_pass", favoured=7, leaking=40), say("trials.calibrated_not", verifier=leak)):
            assert part.replace("\u00a0", " ").replace("'", "&#39;") in shown


@pytest.mark.parametrize("through", ["runs", "text", "logprobs"])
def test_a_line_says_what_was_judged_where_it_was_no_model_in_a_folder(report: Report, through: Through) -> None:
    beside = UNKNOWN.model_copy(update={"through": through, "table": "ba9876543210"})
    for language in LANGUAGES:
        shown = render(report.model_copy(update={"calibration": (KNOWN, beside)}), "html", language).replace("\u00a0", " ")
        say = words(language)
        named = say(f"trials.calibrated_{through}", verifier=say.of("verifier", "leak"))
        line = say("trials.calibrated_not", verifier=named)
        assert line.replace("\u00a0", " ").replace("'", "&#39;") in shown
        assert "0123456789ab, ba9876543210" in shown


def test_the_bound_is_that_of_worlds_since_models_of_one_are_alike() -> None:
    table = json.loads((resources.files("unlearn_spec.spec") / "calibration" / "results.json").read_text(encoding="utf-8"))
    row = next(row for row in table["verifiers"] if row["verifier"] == "leak")
    (one,) = cited([Use("leak")])
    assert one.accused_at_most == row["false_fail"]["high_by_seed"] > row["false_fail"]["high"]
    assert (one.clean, one.worlds) == (row["false_fail"]["n"], row["false_fail"]["seeds"])


def test_a_report_without_a_table_says_nothing_of_it(report: Report) -> None:
    bare = report.model_copy(update={"calibration": ()})
    assert words("en")("trials.calibration") not in render(bare, "html", "en")
