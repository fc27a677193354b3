"""A report says how often each of its tests errs, in every language, and says so where nobody measured it."""

from __future__ import annotations

from unlearn_spec.report.language import LANGUAGES, words
from unlearn_spec.report.model import Calibrated, Report
from unlearn_spec.report.render import render

KNOWN = Calibrated(
    verifier="relearning", table="0123456789ab", clean=240, accused=1, accused_at_most=0.0196, leaking=40, passed=7, worlds=20
)
UNKNOWN = Calibrated(verifier="leak", table="0123456789ab")


def test_each_line_gives_its_counts_in_every_language(report: Report) -> None:
    cited = report.model_copy(update={"calibration": (KNOWN, UNKNOWN)})
    for language in LANGUAGES:
        shown = render(cited, "html", language).replace("\u00a0", " ")
        say = words(language)
        assert say("trials.calibration") in shown and "0123456789ab" in shown
        relearning, leak = say.of("verifier", "relearning"), say.of("verifier", "leak")
        line = say("trials.calibrated", verifier=relearning, accused=1, clean=240, most=0.0196, worlds=20)
        for part in (line, say("trials.calibrated_pass", favoured=7, leaking=40), say("trials.calibrated_not", verifier=leak)):
            assert part.replace("\u00a0", " ").replace("'", "&#39;") in shown


def test_a_report_without_a_table_says_nothing_of_it(report: Report) -> None:
    bare = report.model_copy(update={"calibration": ()})
    assert words("en")("trials.calibration") not in render(bare, "html", "en")
