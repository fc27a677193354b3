"""Check results as workflow commands: GitHub shows them beside the lines they are about.

Text of a policy may hold anything; what could end a command or begin one is escaped as the runner reads it.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

from ..finding import Finding
from .check import CheckResult
from .codes import CODES
from .terminal import visible

_COMMAND: Final = {"error": "error", "warning": "warning", "undetermined": "warning", "info": "notice"}


def render_github(results: Sequence[CheckResult]) -> str:
    """One command a finding, and one line of summary a file. Accepted findings are notices."""
    lines: list[str] = []
    for result in results:
        lines += [_command(finding) for finding in result.findings]
        lines.append(_harmless(f"{visible(result.file)}: {result.summary}"))
    return "\n".join(lines) + "\n"


def _command(finding: Finding) -> str:
    severity = "notice" if finding.accepted else _COMMAND[finding.severity]
    title = f"{finding.code} {CODES[finding.code].name}"
    properties = {"title": title + (" (accepted)" if finding.accepted else "")}
    if finding.spans:
        span = finding.spans[0]
        last = span.column + span.length
        properties |= {"file": span.file, "line": str(span.line), "col": str(span.column), "endColumn": str(last)}
    said = [finding.message, *(f"why: {line}" for line in finding.why), *(f"fix: {fix.text}" for fix in finding.fixes)]
    if finding.accepted:
        said.append(f"accepted: {finding.accepted}")
    written = ",".join(f"{name}={_property(value)}" for name, value in properties.items())
    return f"::{severity} {written}::{_data(chr(10).join(visible(line) for line in said))}"


def _data(text: str) -> str:
    return text.replace("%", "%25").replace("\r", "%0D").replace("\n", "%0A")


def _property(text: str) -> str:
    return _data(visible(text)).replace(":", "%3A").replace(",", "%2C")


def _harmless(line: str) -> str:
    """A line that the runner takes for no command."""
    return line.replace("::", ": :").replace("##[", "# #[")
