"""The table of covered rules is fresh and complete; pages of notes for counsel repeat the notes."""

from __future__ import annotations

import counsel
import covered
import pytest

from unlearn_spec.rules.codes import CODES
from unlearn_spec.rules.legal.notes import notes

AWAITED: frozenset[str] = frozenset()
"""Rules that no code covers yet. Only ever shrinks; empty when all 77 are covered."""


def test_there_are_77_rules():
    numbers = {"H": 23, "U": 16, "F": 18, "L": 20}
    wanted = [f"{letter}{n:02d}" for letter, last in numbers.items() for n in range(1, last + 1)]
    assert list(covered.covering()) == wanted and len(wanted) == 77


def test_every_rule_is_covered_by_a_code_or_awaited():
    bare = [rule for rule, codes in covered.covering().items() if not codes and rule not in AWAITED]
    assert not bare, f"no page says `Covers {', '.join(bare)}`: {' '.join(_words(rule) for rule in bare)}"


def test_nothing_is_awaited_that_is_covered():
    done = sorted(rule for rule, codes in covered.covering().items() if codes and rule in AWAITED)
    assert not done, f"take {', '.join(done)} out of AWAITED: a code covers it now"


def test_pages_name_only_rules_that_exist():
    assert {rule for code in CODES for rule in covered.covers(code)} <= set(covered.covering())


def test_the_table_is_fresh():
    assert covered.PAGE.read_text("utf-8") == covered.page(), "run `python tests/docs/covered.py`"


@pytest.mark.parametrize("code", notes())
def test_a_page_for_counsel_repeats_its_note(code):
    shown = counsel.shown((counsel.PAGES / f"{code}.md").read_text("utf-8"))
    assert shown == counsel.section(notes()[code]), "run `python tests/docs/counsel.py`"


def _words(rule: str) -> str:
    return next(members[rule] for members in covered.rules().values() if rule in members)
