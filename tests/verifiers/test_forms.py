"""Forms: what counts as the same text, in any script, and that cutting a text anywhere changes nothing."""

from __future__ import annotations

from itertools import pairwise

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from unlearn_spec.verifiers import forms
from unlearn_spec.verifiers.forms import _CUT, Form, Unit
from unlearn_spec.verifiers.matching import Normalisation, normalise, words

NORMALISATIONS: tuple[Normalisation, ...] = ("none", "casefold", "casefold_nfkc_space")

# Marks that join to what stands before them, ligatures, Hangul jamo, half-width Kana, all kinds of blanks, and any text.
tricky = st.text(
    alphabet=st.one_of(
        st.sampled_from(
            "e\u0301\u0308ﬁßİſΣς \n\t\u3000\u00a0\u2028\x1c_-.9\u1100\u1161\u11a8각ｶﾞか\u3099漢\uf900กำ\u0b47\u0b3e𝟙Å"
        ),
        st.characters(),
    ),
    max_size=40,
)


@settings(max_examples=400, deadline=None)
@given(text=tricky, cuts=st.lists(st.integers(0, 40), max_size=6), how=st.sampled_from(NORMALISATIONS))
@example(text="a b", cuts=[1, 2], how="casefold_nfkc_space")
@example(text="か\u3099", cuts=[1], how="casefold_nfkc_space")
def test_pieces_make_up_the_units_of_the_whole(text: str, cuts: list[int], how: Normalisation) -> None:
    edges = sorted({0, len(text), *(cut for cut in cuts if cut < len(text))})
    parts = [text[a:b] for a, b in pairwise(edges)]
    for unit, wanted in (("word", words(normalise(text, how))), ("character", list(normalise(text, how)))):
        form = Form(unit, how)
        assert form.units(text) == wanted
        assert [found for piece in form.pieces(parts) for found in piece] == wanted


def test_a_stretch_without_blanks_is_gone_through_once(monkeypatch: pytest.MonkeyPatch) -> None:
    looked: list[int] = []

    class Counted:
        def match(self, text: str, at: int) -> object:
            looked.append(at)
            return _CUT.match(text, at)

    monkeypatch.setattr(forms, "_CUT", Counted())
    assert list(Form().pieces(["é" * 50] * 20)) == [["é" * 1000]]
    assert len(looked) <= 1000


@pytest.mark.parametrize(
    ("unit", "left", "right"),
    [
        ("word", "The  Quick,\nbrown fox!", "the quick — brown FOX"),
        ("word", "Straße № ﬁve", "STRASSE no five"),
        ("word", "ПРИВЕТ, мир", "привет мир"),
        ("word", "東京都、日本。", "東京都 日本"),
        ("word", "مرحبا، بالعالم", "مرحبا بالعالم"),
        ("word", "각", "\u1100\u1161\u11a8"),  # Hangul, composed and not
        ("character", "ﾊﾟﾝ 　を", "パン を"),
        ("character", "é\u00a0x", "e\u0301 X"),
    ],
)
def test_texts_that_are_set_otherwise_are_the_same(unit: Unit, left: str, right: str) -> None:
    assert Form(unit).units(left) == Form(unit).units(right) != []


def test_without_normalisation_everything_counts() -> None:
    assert Form("character", "none").units("A  b") == ["A", " ", " ", "b"]
    assert Form("word", "casefold").units("Ａ b") != Form("word", "casefold").units("a b")
