"""Longest common runs equal the definition, in texts full of repetition as well."""

from __future__ import annotations

import numpy as np
from hypothesis import given, settings
from hypothesis import strategies as st

from unlearn_spec.gpu.longest_run import BORDER, NO_RUN, longest_common_run, reference, window_names

# Two or three letters make repetitive sequences, where every shortcut about unique windows would show.
sequences = st.integers(0, 3).flatmap(
    lambda letters: st.lists(st.sampled_from([*range(letters + 1), BORDER]), max_size=40)
)


@settings(max_examples=300, deadline=None)
@given(left=sequences, right=sequences)
def test_it_equals_the_definition(left: list[int], right: list[int]) -> None:
    found = longest_common_run(np.array(left, np.uint32), np.array(right, np.uint32))
    assert found == reference(left, right)


def test_a_long_repetition_is_found_whole() -> None:
    same = np.full(50_000, 7, dtype=np.uint32)
    assert longest_common_run(same[:3_000], same).length == 3_000


def test_borders_equal_nothing() -> None:
    borders = np.full(5, BORDER, dtype=np.uint32)
    assert longest_common_run(borders, borders) == NO_RUN


@settings(max_examples=100, deadline=None)
@given(tokens=st.lists(st.integers(0, 2), min_size=1, max_size=40), width=st.integers(1, 40))
def test_names_are_equal_exactly_where_windows_are(tokens: list[int], width: int) -> None:
    names = window_names(np.array(tokens, np.uint32), width).tolist()
    windows = [tuple(tokens[at : at + width]) for at in range(len(tokens) - width + 1)]
    assert len(names) == len(windows)
    assert len(set(zip(names, windows, strict=True))) == len(set(names)) == len(set(windows))
