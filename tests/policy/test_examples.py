"""The example policies load, their words are where the spans say, and the editor schema accepts them."""

from __future__ import annotations

import json
from datetime import date
from fractions import Fraction
from pathlib import Path
from typing import Any

import jsonschema
import pytest
from pydantic import TypeAdapter, ValidationError

from unlearn_spec.policy.clauses import AllOf, AnyOf, Condition, Not, Remove, Suppress
from unlearn_spec.policy.descriptions import DESCRIPTIONS
from unlearn_spec.policy.load import load, load_text
from unlearn_spec.policy.model import Relation
from unlearn_spec.policy.quantities import Count, Days, Epsilon, ItemCount, Number, Positive, Share
from unlearn_spec.policy.read import read_file
from unlearn_spec.policy.schema import FILE, as_text, policy_schema
from unlearn_spec.policy.source import Source
from unlearn_spec.rules.schema import schema_findings

EXAMPLES = sorted(
    path for path in (FILE.parents[1] / "examples").glob("*.yaml") if "bindings" not in path.name and ".test." not in path.name
)
by_name = pytest.mark.parametrize("path", EXAMPLES, ids=lambda path: path.stem)


def test_the_four_policies_are_there() -> None:
    assert {"erasure-request", "book-settlement", "dual-use", "bad-example"} <= {path.stem for path in EXAMPLES}


@by_name
def test_loads_without_schema_findings(path: Path) -> None:
    assert schema_findings(load(path), date(2026, 11, 24)) == ()


@by_name
def test_every_scalar_and_key_stands_where_its_span_says(path: Path) -> None:
    reading = read_file(path)
    source = reading.source

    def walk(data: object, at: tuple[str | int, ...]) -> int:
        if isinstance(data, dict):
            for key in data:
                assert cut(source, source.keys[(*at, key)]).strip('"') == key
            return sum(walk(value, (*at, key)) for key, value in data.items())
        if isinstance(data, list):
            return sum(walk(value, (*at, index)) for index, value in enumerate(data))
        written = cut(source, source.values[at])
        expected = str(data).lower() if isinstance(data, bool) else str(data)
        assert written.strip('"') == expected
        return 1

    assert walk(reading.data, ()) > 50


def cut(source: Source, span: object) -> str:
    line, column, length = span.line, span.column, span.length  # type: ignore[attr-defined]
    return source.line(line)[column - 1 : column - 1 + length]


@by_name
def test_the_editor_schema_accepts_it(path: Path) -> None:
    jsonschema.Draft202012Validator(policy_schema()).validate(read_file(path).data)


def test_the_schema_file_is_fresh() -> None:
    assert FILE.read_text(encoding="utf-8") == as_text(), "run: python -m unlearn_spec.policy.schema --write"


@pytest.mark.parametrize(
    ("change", "where"),
    [
        (lambda p: p["clauses"][1].update(limt=1), ["clauses", 1]),
        (lambda p: p["clauses"][1].update(limit={"at_least": "1%"}), ["clauses", 1, "limit"]),
        (lambda p: p["clauses"][3].update(over="eech"), ["clauses", 3, "over"]),
        (lambda p: p["clauses"][3].update(goal="unlearn"), ["clauses", 3, "goal"]),
        (lambda p: p["clauses"][5].pop("by"), ["clauses", 5]),
        (lambda p: p["clauses"][1]["limit"].update(at_most=1), ["clauses", 1, "limit", "at_most"]),
        (lambda p: p["clauses"].clear(), ["clauses"]),
        (lambda p: p["relations"][0].update(subject_facts="withn"), ["relations", 0, "subject_facts"]),
    ],
)
def test_the_editor_schema_points_at_the_mistake(change: object, where: list[str | int]) -> None:
    data = json.loads(json.dumps(read_file(FILE.parents[1] / "examples" / "erasure-request.yaml").data))
    change(data)  # type: ignore[operator]
    errors = list(jsonschema.Draft202012Validator(policy_schema()).iter_errors(data))
    assert where in [list(error.absolute_path) for error in errors]


def test_the_editor_schema_has_no_one_of_and_a_sentence_for_every_field() -> None:
    schema = policy_schema()
    assert '"oneOf"' not in json.dumps(schema) and '"anyOf": [{"type"' not in json.dumps(schema)
    for name, body in (*schema["$defs"].items(), ("Policy", schema)):
        if name != "Condition":
            for key, field in body.get("properties", {}).items():
                assert field.get("description"), f"{name}.{key}"
    types = {**schema["$defs"], "Policy": schema, "ClauseBase": {"properties": {
        key for goal in ("Remove", "Suppress", "Ban", "Govern") for key in schema["$defs"][goal]["properties"]
    }}}
    known = {f"{name}.{key}" for name, body in types.items() for key in body.get("properties", ())}
    assert {name for name in DESCRIPTIONS if name.split(".")[0] not in ("Not", "AllOf", "AnyOf")} <= known


@pytest.mark.parametrize(
    ("quantity", "good", "bad"),
    [
        (Share, ("1%", "12.5 %", "0.01", "0", 0, "1.0"), (1, "1", "one", True, [])),
        (Epsilon, (0, 1, 50, "0", "0.5", "50"), (-1, 51, "half", True)),
        (Number, (0, 3, "0.7"), (-1, "many", True)),
        (Positive, (1, 8, "0.00001"), (0, -1, "none", True)),
        (Count, (1, 40, "40", 10**12), (0, -1, 10**12 + 1, "4.0", "040", "0", True)),
        (ItemCount, (30, "30", [0, 40], ["0", "40"]), (0, "0", [1], "many", ["1"])),
        (Days, ("30 days", "1 week", "12 hours"), (30, "30")),
    ],
)
def test_the_editor_schema_takes_what_loads(quantity: Any, good: tuple[Any, ...], bad: tuple[Any, ...]) -> None:
    adapter = TypeAdapter(quantity)
    schema = jsonschema.Draft202012Validator(adapter.json_schema())
    for value in good:
        adapter.validate_python(value)
        assert schema.is_valid(value), value
    for value in bad:
        with pytest.raises(ValidationError):
            adapter.validate_python(value)
        assert not schema.is_valid(value), value


def test_values_are_exact_and_absent_fields_stay_absent() -> None:
    policy = load(FILE.parents[1] / "examples" / "erasure-request.yaml").policy
    remove, hide = policy.clauses[0], policy.clauses[1]
    assert isinstance(remove, Remove) and isinstance(hide, Suppress)
    assert remove.limit.epsilon == Fraction(1, 2)  # type: ignore[union-attr]
    assert hide.limit.at_most == Fraction(1, 100)
    assert hide.about is None and hide.by is None
    assert policy.clauses[6].until == 365
    assert policy.information["support_faq"].size == (5000, 5000)
    assert policy.relations == (Relation(left="subject_facts", kind="disjoint_from", right="support_faq"),)


@pytest.mark.parametrize(
    ("written", "left", "kind", "right", "low", "high"),
    [
        ("{a: within, of: b}", "a", "within", "b", None, None),
        ("{a: disjoint_from, with: b}", "a", "disjoint_from", "b", None, None),
        ("{a: overlaps, with: b}", "a", "overlaps", "b", None, None),
        ("{a: overlaps, with: b, exactly: 0}", "a", "overlaps", "b", 0, 0),
        ("{a: overlaps, with: b, between: [0, 300]}", "a", "overlaps", "b", 0, 300),
    ],
)
def test_relations_read_as_sentences(
    written: str, left: str, kind: str, right: str, low: int | None, high: int | None
) -> None:
    document = load_text(f"{SMALL}relations: [{written}]\n")
    assert document.policy.relations[0].model_dump() == {
        "left": left, "kind": kind, "right": right, "low": low, "high": high, "also": (),
    }


def test_many_sets_are_disjoint_at_once() -> None:
    (relation,) = load_text(f"{SMALL}relations: [{{disjoint: [a, b, c]}}]\n".replace("  a:", "  c: {kind: facts}\n  a:")).policy.relations
    assert relation == Relation(left="a", kind="disjoint_from", right="b", also=("c",))
    assert relation.sets == ("a", "b", "c")
    assert str(relation) == "[a, b, c] disjoint from each other"


@pytest.mark.parametrize(
    ("written", "days"), [("30 days", 30), ("1 day", 1), ("12 hours", Fraction(1, 2)), ("2 weeks", 14), ("1.5 days", Fraction(3, 2))]
)
def test_durations_are_days(written: str, days: Fraction) -> None:
    document = load_text(SMALL.replace("limit:", f'by: "{written}", limit:'))
    assert document.policy.clauses[0].by == days


@pytest.mark.parametrize(("written", "share"), [("1%", "1/100"), ("0.01", "1/100"), ("0.1%", "1/1000"), ("0", "0"), ("100%", "1")])
def test_shares_are_exact_fractions(written: str, share: str) -> None:
    clause = load_text(SMALL.replace('"1%"', f'"{written}"')).policy.clauses[0]
    assert isinstance(clause, Suppress) and clause.limit.at_most == Fraction(share)


@pytest.mark.parametrize("when", ["s", "{not: s}", "{all: [s, {not: t}]}", "{any: [s, {all: [t, {not: {any: [s]}}]}]}"])
def test_conditions_nest(when: str) -> None:
    document = load_text(SMALL.replace("limit:", f"scope: {{when: {when}}}, limit:") + "situations: [s, t]\n")
    condition: Condition | None = document.policy.clauses[0].scope.when
    assert condition is not None
    assert names(condition) == {name for name in "st" if name in when.replace("not", "")}


def names(condition: Condition) -> set[str]:
    match condition:
        case Not():
            return names(condition.not_)
        case AllOf():
            return set().union(*map(names, condition.all))
        case AnyOf():
            return set().union(*map(names, condition.any))
        case _:
            return {condition}


SMALL = """\
unlearn_spec: "1.0"
policy: {id: p, version: 1}
clock: {starts: day_zero}
information:
  a: {kind: facts, size: 40, unit: question}
  b: {kind: facts, size: [10, 20], unit: question}
artifacts:
  m: {kind: model, seen_by: {public: api}}
clauses:
  - {id: hide, goal: suppress, target: a, limit: {at_most: "1%"}}
"""
