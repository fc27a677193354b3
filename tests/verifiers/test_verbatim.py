"""What stands word for word in a corpus is found, where it stands, across parts, and nothing across documents."""

from __future__ import annotations

import random
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from unlearn_spec.verifiers import verbatim as module
from unlearn_spec.verifiers.forms import Form
from unlearn_spec.verifiers.verbatim import CorpusError, Verbatim, files, verbatim

SHAKESPEARE = Path(__file__).parents[2].parent / "shared" / "data" / "tinyshakespeare" / "input.txt"

sentences = st.lists(st.sampled_from(["the", "The", "cat", "sat", "and,", "ran!", "東京", "мир"]), max_size=25).map(
    " ".join
)


def brute(answer: str, corpus: list[str], least: int) -> tuple[int, int]:
    """(n-grams contained, longest run in common), by comparing everything with everything."""
    form = Form()
    mine, theirs = form.units(answer), [form.units(document) for document in corpus]
    grams = {tuple(units[at : at + least]) for units in theirs for at in range(len(units) - least + 1)}
    contained = sum(tuple(mine[at : at + least]) in grams for at in range(len(mine) - least + 1))
    runs = [
        size
        for units in theirs
        for a in range(len(mine))
        for b in range(len(units))
        for size in range(least, len(mine) - a + 1)
        if mine[a : a + size] == units[b : b + size]
    ]
    return contained, max(runs, default=0)


@settings(max_examples=80, deadline=None)
@given(answers=st.lists(sentences, max_size=3), corpus=st.lists(sentences, max_size=3), least=st.integers(1, 4))
def test_it_equals_brute_force(answers: list[str], corpus: list[str], least: int) -> None:
    found = verbatim(answers, [[text] for text in corpus], least=least)
    assert [(one.contained, one.longest) for one in found] == [brute(answer, corpus, least) for answer in answers]


def test_a_copied_stretch_is_found_however_it_was_set() -> None:
    book = ["Call me Ishmael. Some years ago—never mind how long precisely—having little or no money in my purse,"]
    (found,) = verbatim(
        ["He said: CALL ME ISHMAEL; some years ago, never\nmind how long."], [["It begins."], book], least=5
    )
    assert found == Verbatim(12, 8, 6, 10, 2, 1, 0)
    assert found.containment == 0.75


def test_nothing_runs_from_one_document_into_the_next() -> None:
    (found,) = verbatim(["a b c d"], [["a b"], ["c d"]], least=2)
    assert (found.longest, found.contained, found.document) == (2, 2, 0)


def test_a_word_that_no_answer_has_equals_nothing() -> None:
    (found,) = verbatim(["x x"], [["q r s t"]], least=1)
    assert (found.contained, found.longest, found.document) == (0, 0, None)


def test_answers_shorter_than_n_have_no_containment() -> None:
    for found in verbatim(["too short", ""], [["too short"]], least=3):
        assert (found.ngrams, found.longest, found.containment) == (0, 0, None)
    assert verbatim([], [["text"]]) == ()
    assert verbatim(["a b"], [], least=1)[0].longest == 0


def test_a_script_without_blanks_is_compared_by_its_characters() -> None:
    (found,) = verbatim(["彼は吾輩は猫である。名前はと言った"], [["吾輩は猫である。名前はまだ無い。"]], least=5)
    assert (found.longest, found.start) == (10, 2)


@pytest.mark.parametrize("form", [Form(), Form("character"), Form("character", "none")])
def test_files_are_read_in_parts(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, form: Form) -> None:
    rng = random.Random(0)
    text = " ".join(rng.choice(["ein", "Wort", "für", "dich,", "naïve", "猫"]) for _ in range(3_000))
    (tmp_path / "a.txt").write_text("nothing", "utf-8")
    (tmp_path / "b.txt").write_text("\ufeff" + text, "utf-8")
    paths = [tmp_path / "a.txt", tmp_path / "b.txt"]
    answer = text[4_000:4_200]
    whole = verbatim([answer], [["nothing"], [text]], form=form)
    monkeypatch.setattr(module, "CHARACTERS", 7)
    assert verbatim([answer], files(paths), form=form) == whole
    assert whole[0].document == 1 and whole[0].longest >= len(form.units(answer)) - 2


def test_files_that_are_no_text_are_refused_by_name(tmp_path: Path) -> None:
    (tmp_path / "x.bin").write_bytes(b"\xff\xfe\x00secret")
    with pytest.raises(CorpusError, match=r"x\.bin: not a text in UTF-8") as refused:
        verbatim(["a"], files([tmp_path / "x.bin"]))
    assert "secret" not in str(refused.value)
    with pytest.raises(CorpusError, match="cannot be read"):
        verbatim(["a"], files([tmp_path / "none.txt"]))


@pytest.mark.skipif(not SHAKESPEARE.exists(), reason="the shared text is not on this machine")
def test_quotations_are_found_in_a_real_text() -> None:
    text = SHAKESPEARE.read_text("utf-8")
    at = text.index("Speak, speak.")
    quoted, invented = (
        text[at : at + 600].rsplit(" ", 1)[0],
        "The harbour at Lindqvist was closed for eleven days in the wet spring.",
    )
    first, second = verbatim([quoted, invented], files([SHAKESPEARE]))
    assert first.longest == first.units > 80 and first.containment == 1
    assert (second.longest, second.containment) == (0, 0.0)
