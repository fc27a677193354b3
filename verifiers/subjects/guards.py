"""What a guarded system declares, in a YAML file. Reads files only; loads no model library.

```yaml
system_prompt: "Answer briefly."
input_filter: {block_any_of: terms.txt, reply: "I cannot help with that."}
output_filter: {block_any_of: terms.txt, reply: "I cannot help with that."}
logit_mask: {forbid_any_of: terms.txt}
```

Each part may be left out, not all of them. `block_any_of` and `forbid_any_of` name a UTF-8 file with one term a line,
relative to the YAML file; empty lines do not count. A filter reads text; the mask works on tokens (see `masks`).
"""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Any

from ...policy.read import read_file
from ...policy.source import Reading
from .error import SubjectError
from .filters import Filter, make_filter

_PARTS = ("system_prompt", "input_filter", "output_filter", "logit_mask")
_LISTS = {"input_filter": "block_any_of", "output_filter": "block_any_of", "logit_mask": "forbid_any_of"}
"""The key of each part that names a list of terms."""


@dataclass(frozen=True)
class Guards:
    """What stands between a user and the model."""

    system_prompt: str = ""
    input_filter: Filter | None = None
    output_filter: Filter | None = None
    forbidden: tuple[str, ...] = ()
    """Terms that decoding never completes."""


def load_guards(path: Path) -> Guards:
    """The guards declared in a file. Raises `SubjectError` that names file, line and column."""
    reading = read_file(path)
    if reading.findings:
        first = reading.findings[0]
        raise SubjectError(f"{first.spans[0].file}:{first.spans[0].line}:{first.spans[0].column}: {first.message}")
    data: dict[str, Any] = reading.data
    for key in data:
        if key not in _PARTS:
            raise _error(reading, (key,), f"unknown key `{key}`; expected one of {', '.join(_PARTS)}", at_key=True)
    if not data:
        raise SubjectError(f"{path}:1:1: a guarded system declares at least one of {', '.join(_PARTS)}")
    prompt = data.get("system_prompt", "")
    if not isinstance(prompt, str):
        raise _error(reading, ("system_prompt",), "`system_prompt` must be text")
    filters = _filter(path, reading, "input_filter"), _filter(path, reading, "output_filter")
    return Guards(prompt, *filters, _forbidden(path, reading))


def guard_files(path: Path) -> tuple[Path, ...]:
    """The files a declaration stands on: itself and its term lists, for digests. Raises like `load_guards`."""
    load_guards(path)
    data = read_file(path).data
    names = [data[part][key] for part, key in _LISTS.items() if part in data]
    return (path, *(path.parent / name for name in dict.fromkeys(names)))


def _filter(path: Path, reading: Reading, part: str) -> Filter | None:
    if part not in reading.data:
        return None
    _form(reading, part, {_LISTS[part]: "FILE", "reply": "TEXT"})
    try:
        return make_filter(_terms(path, reading, part), reading.data[part]["reply"])
    except ValueError as error:
        raise _list_error(path, reading, part, f": {error}") from error


def _forbidden(path: Path, reading: Reading) -> tuple[str, ...]:
    if "logit_mask" not in reading.data:
        return ()
    _form(reading, "logit_mask", {_LISTS["logit_mask"]: "FILE"})
    terms = tuple(dict.fromkeys(filter(None, map(str.strip, _terms(path, reading, "logit_mask")))))
    if not terms:
        raise _list_error(path, reading, "logit_mask", ": a mask without terms forbids nothing")
    return terms


def _form(reading: Reading, part: str, keys: dict[str, str]) -> None:
    found = reading.data[part]
    if not isinstance(found, dict) or set(found) != set(keys):
        shape = ", ".join(f"{key}: {what}" for key, what in keys.items())
        raise _error(reading, (part,), f"`{part}` must be {{{shape}}}")
    for key in keys:
        if not isinstance(found[key], str) or not found[key]:
            raise _error(reading, (part, key), f"`{key}` must be text")


def _terms(path: Path, reading: Reading, part: str) -> tuple[str, ...]:
    """The lines of a part's list."""
    terms = path.parent / reading.data[part][_LISTS[part]]
    try:
        if terms.exists() and not (terms.is_file() or terms.is_dir()):  # a pipe would be waited for
            raise OSError(0, "it is no file")
        return tuple(terms.read_text(encoding="utf-8-sig").splitlines())
    except OSError as error:
        raise _error(reading, (part, _LISTS[part]), f"cannot read {terms}: {error.strerror}") from error
    except UnicodeDecodeError as error:
        raise _list_error(path, reading, part, " is not UTF-8 text") from error


def _list_error(path: Path, reading: Reading, part: str, what: str) -> SubjectError:
    key = _LISTS[part]
    return _error(reading, (part, key), f"{path.parent / reading.data[part][key]}{what}")


def _error(reading: Reading, place: tuple[str, ...], message: str, *, at_key: bool = False) -> SubjectError:
    span = reading.source.key(place) if at_key else reading.source.value(place)
    return SubjectError(f"{span.file}:{span.line}:{span.column}: {message}")
