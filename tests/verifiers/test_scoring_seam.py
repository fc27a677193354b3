"""The blank between a question and its answer is where a writer would put it."""

from __future__ import annotations

import pytest

from unlearn_spec.verifiers.scoring import join


@pytest.mark.parametrize(
    ("first", "second", "blank"),
    [("Who?", '"The Hill" is hers.', " "), ("She said", '".', ""), ("Who?", "Ann", " "), ("Ann", "'s book", ""), ("a ", "b", "")],
)
def test_a_quotation_opens_after_a_blank_and_closes_without(first: str, second: str, blank: str) -> None:
    assert join(first, second) == blank
