"""What was found as workflow commands of GitHub Actions, which shows them as annotations on the lines of the file.

Text from a policy cannot give a command: it stands only inside ours, with line breaks, and in properties colons and commas,
encoded. The runner says nothing of the unit of columns or whether the last one is included; these are UTF-16 code units and
the column after the last, as in SARIF and as the problem matchers of editors have it.
"""

from __future__ import annotations

import os
from collections.abc import Iterator, Sequence
from typing import Final

from ..finding import Finding
from .annotation import Annotated, Columns, name_from, of_check, told
from .check import CheckResult
from .codes import CODES
from .terminal import inert, visible

_COMMAND: Final = {"error": "error", "warning": "warning", "undetermined": "warning", "info": "notice"}


def render_github(results: Sequence[CheckResult], *, root: str = os.curdir) -> str:
    """One command a finding and a note, then a line of summary, for each file. Accepted findings are notices.

    `root` is the folder from which files are named.
    """
    return commands([of_check(result) for result in results], root)


def commands(results: Sequence[Annotated], root: str) -> str:
    """The same for whatever was found."""
    columns = Columns(results)
    return "".join(f"{line}\n" for result in results for line in _lines(result, columns, root))


def _lines(result: Annotated, columns: Columns, root: str) -> Iterator[str]:
    for finding in result.findings:
        yield _annotation(finding, columns, root)
    file = visible(name_from(root, result.files[0]))
    for note in result.notes:
        yield _command("notice", {"title": "note", "file": file}, visible(note))
    yield inert(f"{file}: {result.summary}")


def _annotation(finding: Finding, columns: Columns, root: str) -> str:
    accepted = " (accepted)" if finding.accepted else ""
    properties = {"title": f"{finding.code} {CODES[finding.code].name}{accepted}"}
    if finding.spans:
        span = finding.spans[0]
        first, after = columns.of(span)
        properties |= {
            "file": visible(name_from(root, span.file)),
            "line": str(span.line),
            "col": str(first),
            "endColumn": str(after),
        }
    command = "notice" if finding.accepted else _COMMAND[finding.severity]
    return _command(command, properties, "\n".join(told(finding)))


def _command(command: str, properties: dict[str, str], message: str) -> str:
    written = ",".join(f"{name}={_property(value)}" for name, value in properties.items())
    return f"::{command} {written}::{_data(message)}"


def _data(text: str) -> str:
    return text.replace("%", "%25").replace("\r", "%0D").replace("\n", "%0A")


def _property(text: str) -> str:
    return _data(text).replace(":", "%3A").replace(",", "%2C")
