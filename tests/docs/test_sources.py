"""Every page gives its sources, and they are those of the axioms, facts and sections that it names."""

from __future__ import annotations

import pytest
import sources

from unlearn_spec.logic.axioms import AXIOMS
from unlearn_spec.rules.codes import CODES
from unlearn_spec.rules.legal.notes import notes


@pytest.mark.parametrize("code", [code for code in CODES if code not in notes()])
def test_a_page_gives_the_sources_of_what_it_names(code: str) -> None:
    page = (sources.PAGES / f"{code}.md").read_text("utf-8")
    assert sources.shown(page) == sources.section(code, page), "run `python tests/docs/sources.py`"


def test_every_axiom_has_a_source() -> None:
    assert list(sources.axiom_sources()) == [axiom.id for axiom in AXIOMS]


def test_only_codes_are_given_sources() -> None:
    assert sources.STATED.keys() | sources.REASONS.keys() | sources.WORKS.keys() <= CODES.keys()
