"""Mistakes of form in a YAML file that is read into frozen types without unions: one problem a place."""

from __future__ import annotations

import re
from collections.abc import Iterable
from typing import Any, get_args, get_origin

from pydantic import BaseModel, ValidationError

from ..finding import Finding
from ..policy.problem import Problem, did_you_mean, finding, nearest, shown
from ..policy.source import Path, Source

_CREDENTIAL = re.compile(r"(token|passw|secret|credential|api_?key|access_?key|private_?key|auth)", re.IGNORECASE)
_CREDENTIAL_VALUE = re.compile(
    r"-----BEGIN [A-Z ]*PRIVATE KEY|\b(hf|ghp|gho|github_pat|xox[abp])_[A-Za-z0-9_]{16,}|\bsk-[A-Za-z0-9_-]{16,}"
    r"|\bAKIA[A-Z0-9]{16}\b|://[^/\s:@]+:[^/\s@]+@"
)
_KINDS = {
    "string_type": "text",
    "int_type": "a whole number",
    "int_parsing": "a whole number",
    "dict_type": "a mapping",
    "model_type": "a mapping",
    "model_attributes_type": "a mapping",
    "tuple_type": "a list",
    "bool_type": "true or false",
    "bool_parsing": "true or false",
}


def form_problems(error: ValidationError, root: type[BaseModel]) -> list[Problem]:
    """What `root` refused: B001 unknown key, B002 missing key, B003 wrong value, B009 credential."""
    found, items = [], error.errors(include_url=False)
    strange = [tuple(item["loc"]) for item in items if item["type"] == "extra_forbidden"]
    meant = {(*path[:-1], nearest(str(path[-1]), _keys(root, path[:-1]))) for path in strange}
    for item in items:
        path = tuple(step for step in item["loc"] if step != "[key]")
        if item["type"] == "missing" and path in meant:
            continue  # it is there, misspelt
        if item["type"] == "extra_forbidden":
            found.append(_unknown_key(path, root))
        elif item["type"] == "missing":
            where = f"`{path[-2]}`" if len(path) > 1 else "this file"
            text = f"{where} has no `{path[-1]}`"
            found.append(Problem("B002", path[:-1], text, fix=f"add `{path[-1]}`"))
        else:
            found.append(Problem("B003", path, _wrong(item), at_key="[key]" in item["loc"]))
    return found


def credentials(data: Any) -> list[Problem]:
    """Values that look like a password, a token or a private key. They are not shown."""
    found = []
    paths: list[tuple[Path, Any]] = [((), data)]
    while paths:
        path, value = paths.pop()
        if isinstance(value, dict):
            paths.extend(((*path, key), part) for key, part in value.items())
        elif isinstance(value, list):
            paths.extend(((*path, index), part) for index, part in enumerate(value))
        elif isinstance(value, str) and _CREDENTIAL_VALUE.search(value):
            text = "this looks like a credential; bindings hold none"
            found.append(Problem("B009", path, text, fix="delete it, and replace it wherever it was valid"))
    return found


def findings_in_order(problems: Iterable[Problem], source: Source) -> tuple[Finding, ...]:
    """The problems with their places, in the order of the file; silent under a value that has a problem already."""
    kept: dict[tuple[Path, bool, str], Problem] = {}
    listed = list(problems)
    broken = {problem.path for problem in listed if problem.code == "B003"}
    for problem in listed:
        if not any(problem.path[:depth] in broken for depth in range(len(problem.path))):
            kept.setdefault((problem.path, problem.at_key, problem.message), problem)
    found = [finding(problem, source) for problem in kept.values()]
    return tuple(sorted(found, key=lambda item: (item.spans[0].line, item.spans[0].column, item.code, item.message)))


def told(item: Finding) -> str:
    """A finding as one line: `file:line:column: code message; fix`."""
    span = item.spans[0]
    fix = f"; {item.fixes[0].text}" if item.fixes and item.fixes[0].text else ""
    return f"{span.file}:{span.line}:{span.column}: {item.code} {item.message}{fix}"


def _unknown_key(path: Path, root: type[BaseModel]) -> Problem:
    key = str(path[-1])
    if _CREDENTIAL.search(key):
        text = f"`{shown(key)}` looks like a credential; this file holds none"
        return Problem("B009", path, text, at_key=True, fix="delete it, and replace it wherever it was valid")
    allowed = _keys(root, path[:-1])
    return Problem("B001", path, f"unknown key `{shown(key)}`{did_you_mean(key, allowed)}", at_key=True)


def _keys(annotation: Any, path: Path) -> tuple[str, ...]:
    for step in path:
        if isinstance(annotation, type) and issubclass(annotation, BaseModel):
            fields = annotation.model_fields
            annotation = fields[str(step)].annotation if str(step) in fields else None
        else:  # a dict of values or a tuple of items
            arguments = get_args(annotation)
            annotation = arguments[1] if get_origin(annotation) is dict else arguments[0] if arguments else None
        annotation = next((part for part in get_args(annotation) if part is not type(None)), annotation) if (
            type(None) in get_args(annotation)
        ) else annotation
    return tuple(annotation.model_fields) if isinstance(annotation, type) and issubclass(annotation, BaseModel) else ()


def _wrong(item: Any) -> str:
    kind = _KINDS.get(item["type"])
    if kind is not None:
        return f"expected {kind}"
    message = str(item["msg"])
    return message[:1].lower() + message[1:]
