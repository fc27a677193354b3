"""What is told of a field that is missing (S002), with what to write, and of one without meaning where it stands (S007)."""

from __future__ import annotations

import re
from typing import Any, Final

from .places import at, clause_id, described
from .problem import Problem
from .quantities import NAME_TEXT
from .source import Path

_NAME = re.compile(NAME_TEXT)
_ANSWERING: Final = ("model", "checkpoint", "adapter", "service")
"""Kinds of artifacts that answer, so that a claim can speak of them."""
_REVEALS: Final = "reveals_when: {metric: contains, normalisation: casefold_nfkc_space}"
_DECODING: Final = "decoding: {method: greedy, max_new_tokens: 64}"
_SKELETON: Final = {
    "by": 'by: "30 days"',
    "until": 'until: "90 days"',
    "of": "of: records",
    "in": "in: [assistant]",
    "access": "access: api",
    "asked": "asked: direct",
    "at_most": 'at_most: "1%"',
    "judge": "judge: protocol-1",
    "at_least": 'at_least: "50%"',
    "temperature": 'temperature: "1"',
    "reveals_when": _REVEALS,
    "decoding": _DECODING,
    "about": "about: process",
    "clock": "clock: {starts: request_received}",
    "parties": "parties: {obligor: acme, verifier: lab-x}",
    "controls": "controls: {acme: [assistant]}",
    "confidence": 'confidence: "95%"',
    "adjudicator": "adjudicator: panel",
    "refute_at": 'refute_at: "20%"',
    "suite": 'suite: "attacks-v1@sha256:<64 hexadecimal digits>"',
}


def lacks(path: Path, key: str, data: dict[str, Any], because: str = "") -> Problem:
    """S002: the mapping at `path` has no `key`, and what to write for it."""
    text = f"{described(path, data)} has no `{key}`{because}"
    return Problem("S002", path, text, fix="add", snippet=skeleton(key, data), clause=clause_id(path, data))


def skeleton(key: str, data: dict[str, Any]) -> str:
    """What to write for a field, in names that the policy declares, where it declares any."""
    artifacts, sets = _named(data, "artifacts"), _named(data, "information")
    models = [name for name in artifacts if at(data, ("artifacts", name, "kind")) in _ANSWERING]
    match key:
        case "in" if artifacts:
            return f"in: [{', '.join(models or artifacts)}]"
        case "of" if sets:
            return f"of: {sets[0]}"
        case "controls" if artifacts:
            obligor = at(data, ("parties", "obligor"))
            return f"controls: {{{obligor if _is_name(obligor) else 'acme'}: [{', '.join(artifacts)}]}}"
        case _:
            return _SKELETON[key]


def _named(data: dict[str, Any], block: str) -> list[str]:
    """The names that a block declares, of those that are names."""
    content = data.get(block)
    return [name for name in content if _is_name(name)] if isinstance(content, dict) else []


def _is_name(name: object) -> bool:
    return isinstance(name, str) and _NAME.fullmatch(name) is not None


def idle(path: Path, text: str, data: dict[str, Any], why: tuple[str, ...] = ()) -> Problem:
    """S007: the key at `path` has no meaning `text`, and goes."""
    return Problem(
        "S007",
        path,
        f"`{path[-1]}` has no meaning {text}",
        at_key=True,
        fix="remove it",
        why=why,
        clause=clause_id(path, data),
        remove=True,
    )
