"""Whether a file is a policy, for the language that this package reads (S008)."""

from __future__ import annotations

import re
from typing import Any, Final

from .problem import Problem, curly, in_curly_quotes

LANGUAGE: Final = (1, 0)
"""Version of the language this package reads; the first number must match."""


_OTHER_FILES: Final = {
    "unlearn_spec_bindings": ("bindings", "give the policy to `check`; `plan` and `verify` take this file as `--bindings`"),
    "unlearn_spec_test": ("test", "give it to `test`; it names the policy that it is about"),
    "unlearn_spec_record": ("record", "give the policy to `check`; name this file under `records` in the bindings"),
}
"""First key of the other kinds of file: the kind, and where such a file goes."""


def wrong_version(data: dict[str, Any]) -> Problem | None:
    """S008 if the file is no policy, or for another language; nothing else is worth saying about it then."""
    if "unlearn_spec" not in data:
        for key, (kind, where) in _OTHER_FILES.items():
            if key in data:
                return Problem("S008", (key,), f"this is a {kind} file, not a policy", at_key=True, fix=where)
    version = data.get("unlearn_spec")
    if not isinstance(version, str):
        return None
    match = re.fullmatch(r"([0-9]{1,4})\.[0-9]{1,4}", version)
    if match is None and (inside := in_curly_quotes(version)):
        return curly("S008", ("unlearn_spec",), inside)
    if match is None:
        return Problem(
            "S008",
            ("unlearn_spec",),
            f'`{version[:40]}` is no version of the language; this is "1.0"',
            fix="write",
            snippet='unlearn_spec: "1.0"',
            value='"1.0"',
        )
    if int(match[1]) != LANGUAGE[0]:
        return Problem(
            "S008",
            ("unlearn_spec",),
            f"this file is for version {version} of the language; this program reads {LANGUAGE[0]}.x",
            fix="use a program for that version, or migrate the file",
        )
    return None
