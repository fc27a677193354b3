"""JSON output meets its published schema, over the whole corpus, and says nothing that the schema does not describe."""

from __future__ import annotations

import json
from typing import Any

import jsonschema
import pytest
from results import FOLDERS, ROOT, checked

from unlearn_spec.rules.render_json import as_data

SCHEMA = json.loads((ROOT / "spec" / "schema" / "findings.schema.json").read_text("utf-8"))


def closed(schema: Any) -> Any:
    """The schema with no room for keys that it does not name."""
    if isinstance(schema, list):
        return [closed(each) for each in schema]
    if not isinstance(schema, dict):
        return schema
    inner = {key: closed(value) for key, value in schema.items()}
    return inner | ({"additionalProperties": False} if "properties" in schema and "required" in schema else {})


VALIDATOR = jsonschema.Draft202012Validator(closed(SCHEMA))


def test_the_schema_is_one() -> None:
    jsonschema.Draft202012Validator.check_schema(SCHEMA)


@pytest.mark.parametrize("folder", FOLDERS)
def test_the_output_meets_the_schema(folder: str) -> None:
    for _, result in checked(folder):
        VALIDATOR.validate(as_data(result))


@pytest.mark.parametrize(
    ("place", "value"),
    [
        (("findings", 0, "severity"), "fatal"),
        (("findings", 0, "spans", 0, "column"), 0),
        (("findings", 0, "spans", 0, "length"), 0),
        (("findings", 0, "fixes", 0, "edits"), None),
        (("summary", "exit_code"), 4),
        (("score",), 0.5),
    ],
)
def test_the_schema_refuses(place: tuple[str | int, ...], value: object) -> None:
    data = json.loads(json.dumps(as_data(checked("C001")[0][1])))
    at: Any = data
    for step in place[:-1]:
        at = at[step]
    at[place[-1]] = value
    assert not VALIDATOR.is_valid(data)
