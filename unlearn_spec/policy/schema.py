"""JSON Schema of a policy file (draft 2020-12), for editors: generated from the types.

Unions become `if`/`then` on what the drafter wrote (the goal, a mapping or a word), because editors report a failed
`oneOf` by an arbitrary branch. `python -m unlearn_spec.policy.schema --write` renews `spec/schema/policy.schema.json`.
"""

from __future__ import annotations

import json
import sys
from pathlib import Path
from typing import Any, Final

from .descriptions import DESCRIPTIONS
from .model import Policy
from .quantities import ITEMS, NAME_TEXT
from .relations import GROUP, KINDS
from .requirements_clauses import NEEDS

FILE: Final = Path(__file__).resolve().parents[2] / "spec" / "schema" / "policy.schema.json"

_NAME: Final = {"type": "string", "pattern": NAME_TEXT}
_RELATION: Final[dict[str, Any]] = {
    "type": "object",
    "description": "{A: within, of: B}, {A: disjoint_from, with: B}, {A: overlaps, with: B, exactly: 30} or {disjoint: [A, B, C]}",
    "if": {"required": [GROUP], "properties": {GROUP: {"type": "array"}}},
    "then": {
        "properties": {
            GROUP: {
                "type": "array", "items": _NAME, "minItems": 2, "uniqueItems": True,
                "description": "Sets of which no two share an item.",
            },
        },
        "additionalProperties": False,
    },
    "else": {
        "minProperties": 2,
        "properties": {
            "with": {**_NAME, "description": "The other set, for disjoint_from and overlaps."},
            "of": {**_NAME, "description": "The other set, for within."},
            "exactly": {**ITEMS, "description": "How many items they share."},
            "between": {
                "type": "array", "items": ITEMS, "minItems": 2, "maxItems": 2, "description": "[fewest, most] shared.",
            },
        },
        "additionalProperties": {"enum": list(KINDS)},
    },
}


_ONE_CONDITION: Final = {"$ref": "#/$defs/Condition"}
_CONDITIONS: Final = {"type": "array", "minItems": 1, "items": _ONE_CONDITION}
_CONDITION: Final[dict[str, Any]] = {
    "if": {"type": "string"},
    "then": _NAME,
    "else": {
        "type": "object",
        "minProperties": 1,
        "maxProperties": 1,
        "additionalProperties": False,
        "properties": {"not": _ONE_CONDITION, "all": _CONDITIONS, "any": _CONDITIONS},
    },
}


def policy_schema() -> dict[str, Any]:
    """The schema, ready to be written as JSON. The checker says more than it can: names, cycles, what goes together."""
    raw = Policy.model_json_schema(by_alias=True)
    types: dict[str, Any] = {name: _plain(body) for name, body in raw.pop("$defs").items()}
    types |= {"Relation": _RELATION, "Condition": _CONDITION}
    for name in ("Not", "AllOf", "AnyOf"):
        del types[name]
    for name, body in types.items():
        _describe(name, body)
    policy = _plain(raw)
    _describe("Policy", policy)
    goals = policy["properties"]["clauses"].pop("items")
    policy["properties"]["clauses"] |= {"minItems": 1, "items": {"$ref": "#/$defs/Clause"}}
    branches = goals["discriminator"]["mapping"]
    types["Clause"] = _by_goal(branches)
    for goal, key in NEEDS.items():
        types[branches[goal].rpartition("/")[2]]["required"].append(key)
    return {
        "$schema": "https://json-schema.org/draft/2020-12/schema",
        "$id": "urn:unlearn-spec:schema:policy:1.0",
        "title": "unlearn-spec policy",
        **policy,
        "$defs": dict(sorted(types.items())),
    }


def _by_goal(mapping: dict[str, str]) -> dict[str, Any]:
    goals = list(mapping)
    return {
        "type": "object",
        "required": ["id", "goal"],
        "properties": {"goal": {"enum": goals, "description": DESCRIPTIONS["ClauseBase.goal"]}},
        "allOf": [
            {"if": {"properties": {"goal": {"const": goal}}, "required": ["goal"]}, "then": {"$ref": mapping[goal]}}
            for goal in goals
        ],
    }


def _plain(node: Any) -> Any:
    """Without pydantic's titles, defaults and nulls (a file has none), and without `oneOf`."""
    if isinstance(node, list):
        return [_plain(each) for each in node]
    if not isinstance(node, dict):
        return node
    if "anyOf" in node:
        written = [each for each in node["anyOf"] if each != {"type": "null"}]
        if len(written) == 1:
            return _plain(written[0])
    if "oneOf" in node and "discriminator" not in node:
        return _branches([_plain(each) for each in node["oneOf"]])
    noise = {"default", "title"} if isinstance(node.get("title"), str) else {"default"}  # `title` is also a field
    named = {"additionalProperties": False} if "patternProperties" in node else {}
    return {key: _plain(value) for key, value in node.items() if key not in noise} | named


def _branches(options: list[Any]) -> dict[str, Any]:
    """A union as `if`/`then`/`else` on what was written."""
    names = [str(option.get("$ref", "")).rpartition("/")[2] for option in options]
    if "AllOf" in names:
        return _ONE_CONDITION
    by_keys = {"MembershipBound": ("tpr_at_most", "at_fpr"), "Within": ("within", "of")}
    for name, keys in by_keys.items():
        if name in names:
            chosen = names.index(name)
            test = {"anyOf": [{"required": [key]} for key in keys]}
            return {"if": test, "then": options[chosen], "else": options[1 - chosen]}
    lists = [option for option in options if option.get("type") == "array"]
    if lists:
        (single,) = (option for option in options if option not in lists)
        return {"if": {"type": "array"}, "then": {**lists[0], "minItems": 1, "uniqueItems": True}, "else": single}
    mapping, word = sorted(options, key=lambda option: "$ref" not in option)
    return {"if": {"type": "object"}, "then": mapping, "else": word}


def _describe(name: str, body: dict[str, Any]) -> None:
    for key, field in body.get("properties", {}).items():
        text = DESCRIPTIONS.get(f"{name}.{key}") or DESCRIPTIONS.get(f"ClauseBase.{key}")
        if text:
            hint = field.get("description", "")
            field["description"] = f"{text} Write {hint}." if hint.startswith(("a ", '"')) and ":" in hint else text


def as_text() -> str:
    """The schema as the file holds it."""
    return json.dumps(policy_schema(), indent=1, ensure_ascii=False) + "\n"


if __name__ == "__main__":
    if sys.argv[1:] == ["--write"]:
        FILE.write_text(as_text(), encoding="utf-8")
    else:
        sys.stdout.write(as_text())
