"""What the checker finds in the corpus can be told in German and French; no wording in the catalogues is out of date."""

from __future__ import annotations

import re
from collections import Counter

from results import EXAMPLES, FOLDERS, TODAY, checked

from unlearn_spec.rules.check import check
from unlearn_spec.wording.heard import heard
from unlearn_spec.wording.language import LANGUAGES, words

RARE = {
    "finding.A010.says_all", "finding.A011.hold", "finding.A011.see_outside", "finding.L002.purpose", "finding.R001.fix_change",
    "finding.R002.fix_tighten",
}  # fmt: skip
"""Numbers and turns that no policy of the corpus brings about."""
DATA = r"\.(recorded|provision(_\d)?|fact_\w+)$"
"""What stands in data files; `test_told_abroad_law.py` holds the catalogues to all of them."""


def test_the_catalogues_know_the_checkers_wordings() -> None:
    """All of them are met in the corpus; of messages, which are kept in English where none fits, nearly all are known."""
    results = [result for folder in FOLDERS for _, result in checked(folder)] + [check(path, today=TODAY) for path in EXAMPLES]
    met: Counter[str] = Counter()
    known: Counter[bool] = Counter()
    for finding in (finding for result in results for finding in result.findings if finding.code[0] not in "YSD"):
        group = f"finding.{finding.code}"
        known[heard(finding.message, group) is not None] += 1
        for text in (finding.message, *finding.why, *(fix.text for fix in finding.fixes)):
            if found := heard(text, group):
                met[found.key] += 1
                assert all(words(language).recorded(found, text) for language in LANGUAGES)
    details = {key for key in words("en").sentences if key.startswith("finding.") and not re.search(DATA, key)}
    assert details - set(met) == RARE
    assert known[True] >= 9 * known[False]
