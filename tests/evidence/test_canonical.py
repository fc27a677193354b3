"""Canonical JSON and digests: one text for one value, and refusal where there would be several."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from unlearn_spec.evidence.canonical import (
    EvidenceError,
    canonical_json,
    decimal_text,
    file_digest,
    folder_digest,
    json_digest,
)

values = st.recursive(
    st.none() | st.booleans() | st.integers(-(2**53) + 1, 2**53 - 1) | st.text(),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(), inner, max_size=4),
    max_leaves=12,
)


@given(values)
def test_canonical_json_round_trips_and_is_a_fixed_point(value: object) -> None:
    text = canonical_json(value)  # type: ignore[arg-type]
    assert json.loads(text) == value
    assert canonical_json(json.loads(text)) == text


@given(st.dictionaries(st.text(), st.integers(0, 9), max_size=6))
def test_insertion_order_does_not_matter(value: dict[str, int]) -> None:
    assert canonical_json(dict(reversed(value.items()))) == canonical_json(value)


def test_the_form_is_that_of_rfc_8785() -> None:
    assert canonical_json({"b": [True, None, -0, 7], "a": 'é\x1f\n"/\\'}) == (
        '{"a":"é\\u001f\\n\\"/\\\\","b":[true,null,0,7]}'.encode()
    )
    # Keys sort by UTF-16 code units: U+1F600 (surrogates d83d …) comes before U+FB33.
    assert canonical_json({"\ufb33": 1, "\U0001f600": 2, "\r": 3}) == '{"\\r":3,"\U0001f600":2,"\ufb33":1}'.encode()


@pytest.mark.parametrize(
    ("value", "says"),
    [
        ({"a": [1, 0.5]}, r"\$\.a\[1\]: float .*decimal_text"),
        (float("nan"), "float"),
        (2**53, "2\\^53"),
        ("\ud800", "surrogate"),
        ({1: "x"}, "keys must be text"),
        (b"bytes", "bytes"),
        ({"a": {1, 2}}, r"\$\.a: set"),
    ],
)
def test_values_without_one_canonical_text_are_refused(value: object, says: str) -> None:
    with pytest.raises(EvidenceError, match=says):
        canonical_json(value)  # type: ignore[arg-type]


@given(st.floats(allow_nan=False, allow_infinity=False))
def test_decimal_text_reads_back_exactly(value: float) -> None:
    assert float(decimal_text(value)) == value


@pytest.mark.parametrize("value", [float("nan"), float("inf"), float("-inf")])
def test_numbers_without_a_decimal_text_are_refused(value: float) -> None:
    with pytest.raises(EvidenceError):
        decimal_text(value)


def test_a_folder_is_its_file_names_and_bytes(tmp_path: Path) -> None:
    model = tmp_path / "model"
    (model / "sub").mkdir(parents=True)
    (model / "config.json").write_bytes(b"{}")
    (model / "sub" / "weights").write_bytes(b"abc")
    expected = json_digest({"config.json": file_digest(model / "config.json"), "sub/weights": "sha256:" + "ba7816bf"
                            "8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad"})  # fmt: skip
    assert folder_digest(model) == expected
    (model / ".cache").mkdir()
    (model / ".cache" / "download.lock").write_bytes(b"")
    assert folder_digest(model) == expected, "hidden files do not count"
    (model / "sub" / "weights").rename(model / "weights")
    assert folder_digest(model) != expected, "a moved file counts"


def test_a_missing_file_or_folder_is_named(tmp_path: Path) -> None:
    with pytest.raises(EvidenceError, match="nowhere"):
        file_digest(tmp_path / "nowhere")
    with pytest.raises(EvidenceError, match="is not a folder"):
        folder_digest(tmp_path / "nowhere")
    with pytest.raises(EvidenceError, match="holds no files"):
        folder_digest(tmp_path)
