"""Marks stand under the words they mean, whatever the line is made of; lines are folded by the columns they take."""

from __future__ import annotations

import doctest
import re
from itertools import pairwise

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from unlearn_spec.finding import Span
from unlearn_spec.policy.source import Source
from unlearn_spec.rules import terminal
from unlearn_spec.rules.excerpt import excerpt
from unlearn_spec.rules.terminal import Brush, columns, folded, inert, visible

SHOWN = {
    "a": ("a", 1),
    " ": (" ", 1),
    "é": ("é", 1),
    "≤": ("≤", 1),
    "日": ("日", 2),
    "한": ("한", 2),
    "Ａ": ("Ａ", 2),
    "ｱ": ("ｱ", 1),
    "😀": ("😀", 2),
    "🧑": ("🧑", 2),
    "\U00020000": ("\U00020000", 2),
    "e\u0301": ("e\u0301", 1),
    "\u1112\u1161\u11ab": ("\u1112\u1161\u11ab", 2),
    "\U0001f1e9": ("\U0001f1e9", 1),
    "\t": ("\\t", 2),
    "\x1b": ("\\u{001B}", 8),
    "\u200b": ("\\u{200B}", 8),
    "\u200d": ("\\u{200D}", 8),
    "\u202e": ("\\u{202E}", 8),
    "\u2066": ("\\u{2066}", 8),
    "\ufe0f": ("\\u{FE0F}", 8),
    "\u3164": ("\\u{3164}", 8),
    "\U000e0061": ("\\u{E0061}", 9),
}
"""What a piece of text is shown as, and the columns that a terminal gives it, counted by hand."""
PIECES = st.lists(st.sampled_from(sorted(SHOWN)), max_size=60)
WIDTH = 60


def cells(row: str) -> list[str]:
    """What stands in each column of a row; the second column of a wide piece is empty."""
    found: list[str] = []
    known = sorted(
        (shown for shown, _ in SHOWN.values() if len(shown) > 1 and not shown.startswith("\\")), key=len, reverse=True
    )
    wide = {shown: width for shown, width in SHOWN.values() if not shown.startswith("\\")}
    while row:
        piece = next((each for each in known if row.startswith(each)), row[0])
        row = row[len(piece) :]
        found += [piece, *[""] * (wide.get(piece, 1) - 1)]
    return found


def shown(line: str, span: Span) -> tuple[list[str], str]:
    """The columns of the excerpt's line, and its row of marks."""
    rows = list(excerpt((span,), Source("p.yaml", line, {}, {}), Brush(False), WIDTH, "error"))
    row = next(row for row in rows if row.startswith("1 | "))
    marks = next(row for row in rows if re.match(r"  \| *\^+", row))
    return cells(row[4:]), marks[4:]


def test_what_is_shown_takes_the_columns_it_is_said_to_take() -> None:
    assert {piece: (visible(piece), columns(visible(piece))) for piece in SHOWN} == SHOWN


@given(PIECES, st.lists(st.sampled_from(sorted(set(SHOWN) - {" "})), min_size=1, max_size=8), PIECES)
@settings(max_examples=300, deadline=None)
def test_marks_stand_under_what_they_mark(before: list[str], word: list[str], after: list[str]) -> None:
    line = f"x{''.join(before)}{''.join(word)}{''.join(after)}x"
    span = Span("p.yaml", 1, 1 + len("".join(before)) + 1, len("".join(word)))
    row, marks = shown(line, span)
    marked = "".join(row[len(marks) - len(marks.lstrip()) : len(marks)])
    whole = "".join(SHOWN[piece][0] for piece in word)
    assert marked == whole or (marked.endswith("…") and whole.startswith(marked.removesuffix("…")))
    assert len(row) <= WIDTH - 4 and len(marks) <= WIDTH - 4


@pytest.mark.parametrize("filler", ["x", "日", "😀", "e\u0301", "\u200b", "\u1112\u1161\u11ab"])
@pytest.mark.parametrize("place", [0, 1, 25, 400, 1000])
def test_a_very_long_line_is_cut_around_the_mark(filler: str, place: int) -> None:
    line = filler * place + "limit" + filler * (1000 - place)
    row, marks = shown(line, Span("p.yaml", 1, len(filler) * place + 1, 5))
    assert "".join(row[marks.index("^") : len(marks)]) == "limit"
    assert len(row) <= WIDTH - 4 and ("…" in row) == (len(row) < columns(visible(line)))


def test_a_line_without_an_end_costs_little() -> None:
    line = "x" * 4_000_000
    row, _ = shown(line, Span("p.yaml", 1, 2_000_000, 3_000_000))
    assert row[0] == row[-1] == "…"


def test_what_is_far_away_is_shown_in_its_own_part_of_the_line() -> None:
    line = "l" + "a" * 299 + "p" + "b" * 299 + "r"
    spans = (
        Span("p.yaml", 1, 301, 1, "primary"),
        Span("p.yaml", 1, 1, 1, "far left"),
        Span("p.yaml", 1, 601, 1, "far right"),
    )
    rows = list(excerpt(spans, Source("p.yaml", line, {}, {}), Brush(False), WIDTH, "error"))
    assert sum(row.startswith("1 | ") for row in rows) == 3
    for label, sign, place in (("far left", "-", "l"), ("far right", "-", "r"), ("primary", "^", "p")):
        at = next(i for i, each in enumerate(rows) if label in each)
        marks = rows[at] if sign in rows[at] else rows[at - 1]
        row = next(row for row in reversed(rows[:at]) if row.startswith("1 | "))
        assert row[marks.index(sign)] == place


@given(
    st.lists(
        st.lists(st.sampled_from(sorted(set(SHOWN) - {" ", "≤"})), min_size=1, max_size=6), min_size=1, max_size=30
    )
)
@settings(max_examples=200, deadline=None)
def test_folding_loses_no_word_and_keeps_to_the_width(words: list[list[str]]) -> None:
    text = " ".join(visible("".join(word)) for word in words)
    lines = folded(text, 40, "    ")
    assert " ".join(line.strip(" ") for line in lines) == text
    assert all(columns(line) <= 40 or " " not in line.strip(" ") for line in lines)
    assert all(line.startswith("    ") for line in lines[1:])


def test_a_sign_stays_with_its_number() -> None:
    assert folded("the mean is ≤ 7% there", 13) == ["the mean is", "≤ 7% there"]
    assert folded("", 10) == [""]


@given(st.text())
@settings(max_examples=200, deadline=None)
def test_no_line_is_a_command_to_a_build_log(line: str) -> None:
    for each in (line, "::error::x", "  ::add-mask::y", "##[group]" + line):
        assert not inert(each).lstrip().startswith("::") and "##[" not in inert(each)


def test_the_examples_in_the_docstrings() -> None:
    assert doctest.testmod(terminal).failed == 0


def test_each_label_stands_under_its_own_place_of_a_long_line() -> None:
    line = "  - {id: hide, " + "x: y, " * 20 + "limit: 5%, " + "x: y, " * 20 + "samples: 60}"
    spans = [Span("p.yaml", 1, line.index(word) + 1, len(word), label) for word, label in
             (("samples: 60", ""), ("limit: 5%", "the limit"), ("hide", "the clause"))]  # fmt: skip
    rows = list(excerpt(spans, Source("p.yaml", line, {}, {}), Brush(False), WIDTH, "error"))
    marked = []
    for text, marks in pairwise(rows):
        if found := re.match(r"  \| ( *)([-^]+) ?(.*)$", marks):
            marked.append((text[4 + len(found[1]) :][: len(found[2])], found[2][0], found[3]))
    assert marked == [("hide", "-", "the clause"), ("limit: 5%", "-", "the limit"), ("samples: 60", "^", "")]
