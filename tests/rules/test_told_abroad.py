"""Whatever the checker says in a finding that a report can show is told in German and French; nothing in the catalogues is out
of date.

No report shows what a file that does not load is told: loading raises its findings, Y001 to S008, and `verify` goes no further.
Nor X004, which only a second solver brings about, nor a finding's arithmetic, which `check` shows on request.
"""

from __future__ import annotations

import re
import sys
from collections.abc import Iterator
from pathlib import Path
from random import Random

import pytest
import yaml
from example_families import FAMILIES
from results import CORPUS, EXAMPLES, FOLDERS, TODAY, checked

from unlearn_spec.finding import Finding
from unlearn_spec.policy.load import PolicyError, load
from unlearn_spec.rules.check import CheckResult, check, check_text
from unlearn_spec.rules.codes import CODES
from unlearn_spec.wording.heard import heard
from unlearn_spec.wording.language import LANGUAGES, words
from unlearn_spec.wording.said import Said

sys.path.insert(0, str(Path(__file__).parents[1] / "reference"))

from wide import random_case

RARE = {
    "finding.A001.any", "finding.A003.answering", "finding.A003.any", "finding.A003.fix_choose", "finding.A003.why_settles",
    "finding.A004.fix_strongest", "finding.A010.says_all", "finding.A011.fix_theirs", "finding.A011.hold",
    "finding.A011.serve",
    "finding.C003.alone", "finding.C003.control_unnamed", "finding.C003.given",
    "finding.C005.why_none",
    "finding.N002.audiences", "finding.N002.facts", "finding.N002.methods", "finding.N002.parties", "finding.N002.situations",
    "finding.R001.fix_change", "finding.R002.fix_tighten", "finding.T001.confidence", "finding.T001.cover",
    "finding.T001.unreached", "finding.T002.confidence",
    "finding.T002.likely", "finding.T004.fix_fewer", "finding.T005.fix_clause", "finding.T008.attacks",
    "finding.V001.override", "finding.X001.memory", "finding.X002.claim", "finding.X002.large", "finding.X002.memory",
    "finding.X002.open", "finding.X002.redundancy", "finding.X002.refusal_both", "finding.X002.refusal_both_many",
    "finding.X002.refusal_many", "finding.X002.revealed_both", "finding.X002.revealed_both_many", "finding.X002.unsearched",
    "finding.X002.untold", "finding.X002.untold_one", "finding.X002.why", "finding.X003.says", "finding.X003.why",
    "finding.X001.fix_memory",
}  # fmt: skip
"""Numbers and turns that no policy of the corpus brings about."""
DATA = r"\.(recorded|provision(_\d)?|fact_\w+)$"
"""What stands in data files; `test_told_abroad_law.py` holds the catalogues to all of them."""
UNLOADED = {"S013", *(code for code in CODES if code[0] == "Y" or "S001" <= code < "S009")}
UNSHOWN = {*UNLOADED, "X004", *(code for code in CODES if code[0] == "D")}
IN_PART = "LK"
"""Notes for counsel and dated facts: where no wording fits, these stay English."""


def test_findings_of_a_file_that_does_not_load_stand_in_no_report() -> None:
    seen = set()
    for folder in FOLDERS:
        for case, result in checked(folder):
            codes = {finding.code for finding in result.findings} & UNLOADED
            if codes:
                with pytest.raises(PolicyError):
                    load(CORPUS / folder / case["policy"])
                seen |= codes
    assert seen == UNLOADED


def test_everything_in_the_corpus_is_told_and_all_that_can_be_told_is_met() -> None:
    results = [result for folder in FOLDERS for _, result in checked(folder)] + [check(path, today=TODAY) for path in EXAMPLES]
    met = {one.key for result in results for finding in shown(result) for one in told(finding)}
    details = {key for key in words("en").sentences if key.startswith("finding.") and not re.search(DATA, key)}
    assert sorted(details - met - RARE) == []
    assert sorted(RARE & met) == []
    messages = [heard(f.message, f"finding.{f.code}") for result in results for f in shown(result) if f.code[0] in IN_PART]
    assert sum(one is not None for one in messages) >= 9 * messages.count(None)


@pytest.mark.parametrize("slice_of", range(4))
def test_everything_found_in_random_policies_is_told(slice_of: int) -> None:
    texts = 0
    for seed in range(25 * slice_of, 25 * slice_of + 25):
        case = random_case(seed)
        if case is not None:
            texts += sum(len(told(finding)) for finding in shown(check_text(case.text, "wide.json", today=TODAY)))
    assert texts > 200


@pytest.mark.parametrize("family", FAMILIES)
def test_everything_found_in_examples_with_other_numbers_is_told(family: str) -> None:
    for seed in range(4):
        data, _ = FAMILIES[family](Random(f"abroad {family} {seed}"))
        result = check_text(yaml.safe_dump(data, sort_keys=False, width=10_000), "p.yaml", today=TODAY)
        assert sum(len(told(finding)) for finding in shown(result))


def shown(result: CheckResult) -> Iterator[Finding]:
    return (finding for finding in result.findings if finding.code not in UNSHOWN)


def told(finding: Finding) -> list[Said]:
    """The sentences of a finding, each of which every language says; of notes and dated facts, as far as they are told."""
    texts = (finding.message, *finding.why, *(fix.text for fix in finding.fixes))
    found = [(text, heard(text, f"finding.{finding.code}")) for text in texts]
    for text, one in found:
        assert one is not None or finding.code[0] in IN_PART, (finding.code, text)
        assert one is None or all(words(language).recorded(one, text) for language in LANGUAGES), text
    return [one for _, one in found if one is not None]
