"""Where values and keys stand: spans that are made when they are asked for, the same as any others."""

import pytest

from unlearn_spec.finding import Span
from unlearn_spec.policy.read import read

TEXT = 'a: {b: one,\n    c: [2, "three"]}\nd: |\n  first\n  second\n'


def test_values_and_keys_by_their_path():
    source = read(TEXT, "f.yaml").source
    assert dict(source.values) == {
        (): Span("f.yaml", 1, 1, 11),
        ("a",): Span("f.yaml", 1, 4, 8),
        ("a", "b"): Span("f.yaml", 1, 8, 3),
        ("a", "c"): Span("f.yaml", 2, 8, 12),
        ("a", "c", 0): Span("f.yaml", 2, 9, 1),
        ("a", "c", 1): Span("f.yaml", 2, 12, 7),
        ("d",): Span("f.yaml", 3, 4, 1),
    }
    assert dict(source.keys) == {
        ("a",): Span("f.yaml", 1, 1, 1),
        ("a", "b"): Span("f.yaml", 1, 5, 1),
        ("a", "c"): Span("f.yaml", 2, 5, 1),
        ("d",): Span("f.yaml", 3, 1, 1),
    }
    assert source.longer == {(), ("a",), ("d",)}


def test_what_was_not_written_has_no_span():
    values = read(TEXT, "f.yaml").source.values
    assert ("e",) not in values and values.get(("e",)) is None and len(values) == 7
    with pytest.raises(KeyError):
        values["e",]


def test_two_readings_of_a_file_are_equal():
    assert read(TEXT, "f.yaml") == read(TEXT, "f.yaml") != read(TEXT, "g.yaml")
