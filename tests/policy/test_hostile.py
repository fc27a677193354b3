"""Whatever the bytes, loading answers with a document or a `PolicyError`, soon, and says where."""

from __future__ import annotations

import copy
import json
import random
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import yaml
from hypothesis import given, settings
from hypothesis import strategies as st

from unlearn_spec.policy import read as reading
from unlearn_spec.policy import syntax
from unlearn_spec.policy.load import Document, PolicyError, load, load_text
from unlearn_spec.policy.read import read_bytes
from unlearn_spec.policy.schema import FILE

EXAMPLES = [
    path.read_text(encoding="utf-8")
    for path in sorted((FILE.parents[1] / "examples").glob("*.yaml")) if path.name.count(".") == 1
]
RICH = (FILE.parents[1] / "examples" / "erasure-request.yaml").read_text(encoding="utf-8")
SCRAPS = [
    "{", "}", "[", "]", ":", "- ", "\n", "  ", '"', "'", "&a ", "*a ", "!!str ", "<<: ", "? ", "| ", "> ", "%", "---\n", "#", "\t",
    "null", "no", "0x1F", "1e9", "12:30:45", "999999999999999999999", "-1", "in_: ", "not_: ", "goal: ", "limit: ", "\u2028", "é",
    "\U0001f600", "\0", "[[[[[[[[", "{a: {a: {a: ", "1" * 5000, "exactly: ", "on: ", ", ", "<word>", "[key]",
]


def answer(text: str) -> Document | PolicyError:
    try:
        return load_text(text, "p.yaml")
    except PolicyError as error:
        lines = text.removeprefix("\ufeff").replace("\r\n", "\n").count("\n") + text.count("\r") + 1
        assert error.findings
        for finding in error.findings:
            assert finding.code[0] in "YS" and finding.message
            for span in finding.spans:
                assert 1 <= span.line <= lines + 1 and span.column >= 1 and span.length >= 1
        return error


@settings(max_examples=150, deadline=None)
@given(st.binary(max_size=300))
def test_random_bytes(raw: bytes) -> None:
    assert read_bytes(raw, "p.yaml").findings


@settings(max_examples=150, deadline=None)
@given(st.text(max_size=300))
def test_random_text(text: str) -> None:
    assert isinstance(answer(text), PolicyError)


@settings(max_examples=250, deadline=None)
@given(st.sampled_from(EXAMPLES), st.integers(0, 2**32), st.integers(1, 6))
def test_broken_examples(text: str, seed: int, cuts: int) -> None:
    choose = random.Random(seed)
    for _ in range(cuts):
        at, length = choose.randrange(len(text)), choose.choice((0, 0, 1, 2, 8, 40))
        text = text[:at] + choose.choice((*SCRAPS, "", "")) + text[at + length :]
    answer(text)


@settings(max_examples=150, deadline=None)
@given(st.sampled_from(EXAMPLES), st.integers(0, 2**32))
def test_words_out_of_place(text: str, seed: int) -> None:
    """Words swapped within a file: well-formed YAML with the wrong things in the wrong places."""
    choose = random.Random(seed)
    words = text.split(" ")
    for _ in range(choose.randint(1, 5)):
        left, right = choose.randrange(len(words)), choose.randrange(len(words))
        words[left], words[right] = words[right], words[left]
    answer(" ".join(words))


VALUES = st.sampled_from([[], {}, "", "x", 0, -1, 10**17, True, [[]], {"a": []}, ["x", "x"], "1%", "30 days", "helper", {"not": []}])


@settings(max_examples=100, deadline=None)
@given(st.sampled_from(EXAMPLES), st.integers(0, 2**32), st.lists(VALUES, min_size=1, max_size=4))
def test_values_of_the_wrong_kind(text: str, seed: int, values: list[Any]) -> None:
    """Any value, anywhere: a list where a word belongs, a mapping where a number does."""
    choose, data = random.Random(seed), read_bytes(text.encode(), "p.yaml").data
    for value in values:
        places = list(containers(data))
        place = choose.choice(places)
        key = choose.choice(list(place) if isinstance(place, dict) else range(len(place)))
        place[key] = copy.deepcopy(value)
    answer(yaml.safe_dump(data, width=10_000))


def containers(data: Any) -> Iterator[Any]:
    """Every non-empty mapping and list in it."""
    if isinstance(data, dict | list) and data:
        yield data
        for value in data.values() if isinstance(data, dict) else data:
            yield from containers(value)


@settings(max_examples=40, deadline=None)
@given(st.sampled_from(EXAMPLES), st.randoms(use_true_random=False))
def test_the_order_of_blocks_and_their_fields_does_not_matter(text: str, choose: random.Random) -> None:
    def shuffled(value: object) -> object:
        if isinstance(value, dict):
            items = [(key, shuffled(item)) for key, item in value.items()]
            choose.shuffle(items)
            return dict(items)
        return [shuffled(item) for item in value] if isinstance(value, list) else value

    mixed = yaml.safe_dump(shuffled(read_bytes(text.encode(), "p.yaml").data), sort_keys=False, width=10_000)
    assert load_text(mixed).policy == load_text(text).policy


def test_a_bomb_of_aliases_is_refused_at_once() -> None:
    text = "a: &a [x, x, x, x, x, x, x, x, x]\n" + "".join(
        f"{name}: &{name} [{', '.join([f'*{before}'] * 9)}]\n" for before, name in zip("abcdefgh", "bcdefghi", strict=True)
    )
    error = answer(text)
    assert isinstance(error, PolicyError) and "Y004" in {finding.code for finding in error.findings}


@pytest.mark.parametrize("text", ["[" * 4_000_000, "{a: " * 1_000_000, "- " * 2_000_000, "? " * 2_000_000, "a:\n" * 1_300_000])
def test_deep_or_endless_nesting_is_refused_soon(text: str) -> None:
    begin = time.process_time()
    assert isinstance(answer(text), PolicyError)
    assert time.process_time() - begin < 20  # the CPU's seconds: other work on the machine does not count


def test_limits() -> None:
    assert [f.code for f in read_bytes(b"a: " + b"x" * syntax.MAX_BYTES, "p").findings] == ["Y005"]
    many = "[" + "x," * syntax.MAX_NODES + "x]"
    assert [f.code for f in read_bytes(b"a: " + many.encode(), "p").findings] == ["Y005"]
    deepest = "a: " + "[" * 31 + "]" * 31
    assert "Y005" not in [f.code for f in read_bytes(deepest.encode(), "p").findings]


def test_a_flood_of_mistakes_is_cut_short() -> None:
    names = "".join(f"  set{index}: {{kind: facts}}\n" for index in range(5000))
    clauses = "".join(f"  - {{id: c{index}, goal: finish, target: sat{index}, using: [x{index}], by: 3}}\n" for index in range(5000))
    floods = (
        "a:\n" * 5000,
        f"information:\n{names}clauses:\n{clauses}",
        "".join(f"k{index}: 1\n" for index in range(50_000)),
        "clauses: [" + "x, " * 50_000 + "x]",
    )
    for text in floods:
        error = answer(text)
        assert isinstance(error, PolicyError) and len(error.findings) == syntax.MAX_FINDINGS + 1
        assert error.findings[-1].code == "Y005"


def test_numbers_of_any_length_are_only_wrong() -> None:
    for digits in ("9" * 5000, "0." + "3" * 5000, "1" * 5000 + "%", "-" + "1" * 5000, "9" * 5000 + " days"):
        for field in ("size: 412", "takes: \"1 day\"", "at_most: \"1%\"", "epsilon: \"0.5\"", "version: 2"):
            key = field.split(":")[0]
            for written in (digits, f'"{digits}"'):
                assert isinstance(answer(RICH.replace(field, f"{key}: {written}")), PolicyError)


def test_a_large_file_in_a_single_line_is_read_like_one_of_many() -> None:
    """As programs write JSON. What looks through the line for each of its keys takes minutes."""
    sets = {f"s{number}": {"kind": "examples", "size": 100, "unit": "record"} for number in range(8000)}
    data = {
        "unlearn_spec": "1.0", "policy": {"id": "p", "version": 1}, "information": sets,
        "artifacts": {"m": {"kind": "model", "seen_by": {"public": "api"}}},
        "clauses": [{"id": "ours-alone", "goal": "govern", "measures": ["access control"], "scope": {"artifacts": ["m"]}}],
    }
    begin = time.process_time()
    alone = answer(json.dumps(data))
    assert isinstance(answer(json.dumps({str(number): 1 for number in range(20_000)})), PolicyError)  # ends of numbers, for all one knows
    assert time.process_time() - begin < 20  # the CPU's seconds, as above
    apart = answer(json.dumps(data, indent=1))
    assert isinstance(alone, Document) and isinstance(apart, Document)
    assert alone.policy == apart.policy and len(alone.policy.information) == 8000


def test_the_parser_in_python_gives_the_same_places(monkeypatch: pytest.MonkeyPatch) -> None:
    fast = [reading.read(text, "p.yaml") for text in EXAMPLES]
    monkeypatch.setattr(reading, "_Loader", yaml.SafeLoader)
    assert [reading.read(text, "p.yaml") for text in EXAMPLES] == fast



def test_loading_needs_neither_numpy_nor_torch_nor_the_solver(tmp_path: Path) -> None:
    path = tmp_path / "p.yaml"
    path.write_text(EXAMPLES[0], encoding="utf-8")
    program = (
        "import sys; from unlearn_spec.policy.load import load; import unlearn_spec.rules.schema; load(sys.argv[1]);"
        "print([m for m in ('numpy', 'scipy', 'torch', 'z3', 'transformers', 'rich', 'jsonschema') if m in sys.modules])"
    )
    done = subprocess.run([sys.executable, "-c", program, str(path)], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "[]"
    assert load(path).source.file == str(path)
