"""Suites are finite lists of templates; anything else is said with its place."""

from __future__ import annotations

from pathlib import Path

import pytest

from unlearn_spec.verifiers.items import ItemError
from unlearn_spec.verifiers.suite import load_suite

HEAD = 'unlearn_spec_suite: "1.0"\n'


def write(folder: Path, text: str) -> Path:
    path = folder / "suite.yaml"
    path.write_text(text, encoding="utf-8")
    return path


def test_templates_keep_their_order(tmp_path: Path) -> None:
    path = write(tmp_path, HEAD + 'probes:\n  - "{prompt}"\n  - "Say it: {prompt}"\n')
    assert load_suite(path) == ("{prompt}", "Say it: {prompt}")


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ('probes: ["{prompt}"]\n', "a suite begins with"),
        ('unlearn_spec_suite: "2"\nprobes: ["{prompt}"]\n', r"suite\.yaml:1:1: a suite begins with"),
        (HEAD, "at least one template"),
        (HEAD + "probes: []\n", "at least one template"),
        (HEAD + 'probes:\n  - "{prompt}"\n  - "no place"\n', r":4:5: a probe is text with \{prompt\}"),
        (HEAD + 'probes: ["{prompt}", "{prompt}"]\n', "listed twice"),
        (HEAD + 'probes: ["{prompt}"]\nprompts: 1\n', "unknown key `prompts`"),
        ("", "1:1"),
    ],
)
def test_mistakes_have_a_place(tmp_path: Path, text: str, message: str) -> None:
    with pytest.raises(ItemError, match=message):
        load_suite(write(tmp_path, text))


def test_a_missing_file_is_said(tmp_path: Path) -> None:
    with pytest.raises(ItemError, match="cannot read this file"):
        load_suite(tmp_path / "none.yaml")
