"""What a guarded system declares, in a YAML file. Reads files only; loads no model library.

```yaml
system_prompt: "Answer briefly."
input_filter: {block_any_of: terms.txt, reply: "I cannot help with that."}
output_filter: {block_any_of: terms.txt, reply: "I cannot help with that."}
```

Each part may be left out, not all of them. `block_any_of` names a UTF-8 file with one term a line, relative to the
YAML file; empty lines do not count.
"""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Any

from ...policy.source import Reading, read_file
from .error import SubjectError
from .filters import Filter, make_filter

_PARTS = ("system_prompt", "input_filter", "output_filter")


@dataclass(frozen=True)
class Guards:
    """What stands between a user and the model."""

    system_prompt: str = ""
    input_filter: Filter | None = None
    output_filter: Filter | None = None


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
    return Guards(prompt, _filter(path, reading, "input_filter"), _filter(path, reading, "output_filter"))


def guard_files(path: Path) -> tuple[Path, ...]:
    """The files a declaration stands on: itself and its term lists, for digests. Raises like `load_guards`."""
    load_guards(path)
    data = read_file(path).data
    names = [data[part]["block_any_of"] for part in _PARTS[1:] if part in data]
    return (path, *(path.parent / name for name in dict.fromkeys(names)))


def _filter(path: Path, reading: Reading, part: str) -> Filter | None:
    if part not in reading.data:
        return None
    found = reading.data[part]
    if not isinstance(found, dict) or set(found) != {"block_any_of", "reply"}:
        raise _error(reading, (part,), f"`{part}` must be {{block_any_of: FILE, reply: TEXT}}")
    for key in ("block_any_of", "reply"):
        if not isinstance(found[key], str) or not found[key]:
            raise _error(reading, (part, key), f"`{key}` must be text")
    terms = path.parent / found["block_any_of"]
    try:
        if terms.exists() and not (terms.is_file() or terms.is_dir()):  # a pipe would be waited for
            raise OSError(0, "it is no file")
        return make_filter(tuple(terms.read_text(encoding="utf-8-sig").splitlines()), found["reply"])
    except OSError as error:
        raise _error(reading, (part, "block_any_of"), f"cannot read {terms}: {error.strerror}") from error
    except UnicodeDecodeError as error:
        raise _error(reading, (part, "block_any_of"), f"{terms} is not UTF-8 text") from error
    except ValueError as error:
        raise _error(reading, (part, "block_any_of"), f"{terms}: {error}") from error


def _error(reading: Reading, place: tuple[str, ...], message: str, *, at_key: bool = False) -> SubjectError:
    span = reading.source.key(place) if at_key else reading.source.value(place)
    return SubjectError(f"{span.file}:{span.line}:{span.column}: {message}")
