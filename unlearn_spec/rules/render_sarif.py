"""What was found as SARIF 2.1.0 (OASIS, with errata 01): one run for all files, the codes found as rules, every finding.

Plain ASCII, the same bytes for the same results seen from the same folder: no clock, no user, no machine.
"""

from __future__ import annotations

import json
import os
import re
from collections import Counter
from collections.abc import Iterator, Sequence
from hashlib import sha256
from importlib.metadata import version
from typing import Any, Final
from urllib.parse import quote

from ..finding import Finding, Fix, Span
from .annotation import Annotated, Columns, fix_words, name_from, of_check, told
from .check import CheckResult
from .codes import CODES, FAMILIES, Code
from .explain import explain_code
from .terminal import visible

SCHEMA: Final = "https://docs.oasis-open.org/sarif/sarif/v2.1.0/errata01/os/schemas/sarif-schema-2.1.0.json"
FINGERPRINT: Final = "unlearnSpecFinding/v1"

_LEVEL: Final = {"error": "error", "warning": "warning", "info": "note", "undetermined": "none"}
_ROOT: Final = "%SRCROOT%"
_MEANING: Final = re.compile(r"^## What it means\n\n(.*?)\n\n", re.MULTILINE | re.DOTALL)
_LINK: Final = re.compile(r"(\\*)\]\(")
_NUMBER: Final = re.compile(r"[0-9]+(?:[.,:][0-9]+)*")

Json = dict[str, Any]


def render_sarif(results: Sequence[CheckResult], *, root: str = os.curdir) -> str:
    """A SARIF log with a final line break. `root` is the folder from which files are named."""
    return log([of_check(result) for result in results], {"policies": [_summary(result, root) for result in results]}, root)


def log(results: Sequence[Annotated], properties: Json, root: str) -> str:
    """A SARIF log of whatever was found, with what no finding says."""
    run = _run(results, _Files(root, results)) | {"properties": properties}
    return json.dumps({"$schema": SCHEMA, "version": "2.1.0", "runs": [run]}, ensure_ascii=True, indent=2) + "\n"


def uri(root: str, file: str) -> str:
    """A relative reference; `quote` leaves nothing that a reader could take for a scheme or a query."""
    return quote(os.fsencode(name_from(root, file)))


class _Files:
    """The names of the checked files, and places in them."""

    def __init__(self, root: str, results: Sequence[Annotated]) -> None:
        self._root = root
        self._columns = Columns(results)
        self.uris = tuple(dict.fromkeys(uri(root, file) for result in results for file in result.files))
        self._index = {name: number for number, name in enumerate(self.uris)}

    def location(self, file: str) -> Json:
        name = uri(self._root, file)
        return {"uri": name, "uriBaseId": _ROOT} | ({"index": self._index[name]} if name in self._index else {})

    def region(self, span: Span) -> Json:
        first, after = self._columns.of(span)
        return {"startLine": span.line, "startColumn": first, "endLine": span.line, "endColumn": after}

    def physical(self, span: Span) -> Json:
        return {"artifactLocation": self.location(span.file), "region": self.region(span)}


def _run(results: Sequence[Annotated], files: _Files) -> Json:
    found = {finding.code for result in results for finding in result.findings}
    used = [code for code in CODES if code in found]
    place = {code: index for index, code in enumerate(used)}
    number = version("unlearn-spec")
    return {
        "tool": {
            "driver": {
                "name": "unlearn-spec",
                "version": number,
                "semanticVersion": number,
                "rules": [_rule(CODES[code]) for code in used],
            }
        },
        "columnKind": "utf16CodeUnits",
        "newlineSequences": ["\r\n", "\r", "\n"],
        "originalUriBaseIds": {_ROOT: {"description": _text("The folder in which the policies were checked.")}},
        "artifacts": [
            {
                "location": {"uri": name, "uriBaseId": _ROOT, "index": index},
                "sourceLanguage": "yaml",
                "roles": ["analysisTarget"],
            }
            for index, name in enumerate(files.uris)
        ],
        "invocations": [
            {
                "executionSuccessful": True,  # a policy with mistakes is a result, not a failure to look at it
                "toolConfigurationNotifications": [
                    {
                        "level": "note",
                        "message": _text(note),
                        "locations": [{"physicalLocation": {"artifactLocation": files.location(result.files[0])}}],
                    }
                    for result in results
                    for note in result.notes
                ],
            }
        ],
        "results": [each for result in results for each in _results(result, files, place)],
    }


def _summary(result: CheckResult, root: str) -> Json:
    """What no finding says: how far the file was looked at, and what "no contradiction" stands on."""
    return {
        "uri": uri(root, result.file),
        "language": result.language,
        "clausesEvaluated": result.clauses_evaluated,
        "consistent": result.consistent,
        "without": list(result.without),
        "exitCode": result.exit_code,
        "text": result.summary,
    }


def _rule(code: Code) -> Json:
    page = explain_code(code.code)
    meaning = _MEANING.search(page)
    return {
        "id": code.code,
        "name": "".join(word.capitalize() for word in code.name.split("-")),
        "shortDescription": _text(code.meaning),
        "fullDescription": _text(" ".join(meaning[1].split()) if meaning else code.meaning),
        "help": {**_text(f"unlearn-spec explain {code.code}"), "markdown": page},
        "defaultConfiguration": {"level": _LEVEL[code.severity]},
        "properties": {"since": code.since, "tags": [FAMILIES[code.code[0]]]},
    }


# --- results ---------------------------------------------------------------------------------------------------------


def _results(result: Annotated, files: _Files, place: dict[str, int]) -> Iterator[Json]:
    seen: Counter[str] = Counter()
    for finding in result.findings:
        identity = _identity(finding)
        seen[identity] += 1
        yield _result(finding, files, place, f"{identity}:{seen[identity]}")


def _result(finding: Finding, files: _Files, place: dict[str, int], fingerprint: str) -> Json:
    fixes = [_fix(fix, files) for fix in finding.fixes if fix.edits]
    related = [
        {"id": number, "physicalLocation": files.physical(span)} | _message(span.label)
        for number, span in enumerate(finding.spans[1:], 1)
    ]
    return {
        "ruleId": finding.code,
        "ruleIndex": place[finding.code],
        "kind": "open" if finding.severity == "undetermined" else "fail",
        "level": _LEVEL[finding.severity],
        "message": _text("\n".join(told(finding))),
        **({"locations": [_location(finding, files)]} if finding.spans else {}),
        **({"relatedLocations": related} if related else {}),
        **({"fixes": fixes} if fixes else {}),
        "partialFingerprints": {FINGERPRINT: fingerprint},
        "suppressions": _suppressions(finding),
        "properties": {
            "clauses": list(finding.clauses),
            "axioms": list(finding.axioms),
            "situation": list(finding.situation),
            **({"openQuestion": finding.open_question} if finding.open_question else {}),
        },
    }


def _location(finding: Finding, files: _Files) -> Json:
    span = finding.spans[0]
    named = [{"name": name, "kind": "object"} for name in finding.clauses]
    return (
        {"physicalLocation": files.physical(span)}
        | ({"logicalLocations": named} if named else {})
        | _message(span.label)
    )


def _suppressions(finding: Finding) -> list[Json]:
    """The policy's own acceptance, with reason, person and last day. On every result, as the standard asks (§3.27.23)."""
    if finding.accepted is None:
        return []
    return [{"kind": "inSource", "status": "accepted", "justification": visible(finding.accepted)}]


def _fix(fix: Fix, files: _Files) -> Json:
    changes: dict[str, list[Json]] = {}
    for edit in sorted(fix.edits):
        replacement: Json = {"deletedRegion": files.region(edit.span)}
        if edit.text:
            replacement["insertedContent"] = {"text": edit.text}
        changes.setdefault(edit.span.file, []).append(replacement)
    return {
        "description": _text(fix_words(fix)),
        "artifactChanges": [
            {"artifactLocation": files.location(file), "replacements": made} for file, made in changes.items()
        ],
    }


def _identity(finding: Finding) -> str:
    """The same for a finding after lines moved, clauses changed places and numbers their values."""
    words = sorted(re.findall(r"[^\s,]+", _NUMBER.sub("#", finding.message)))
    identity = [finding.code, sorted(finding.clauses), sorted(finding.situation), words]
    return sha256(json.dumps(identity).encode()).hexdigest()[:32]


def _message(label: str) -> Json:
    return {"message": _text(label)} if label else {}


def _text(text: str) -> Json:
    """A message that is shown as it stands: no policy may set a link, `[words](place)`, or a placeholder, `{0}` (§3.11)."""
    shown = "\n".join(visible(line) for line in text.split("\n"))
    unlinked = _LINK.sub(lambda found: f"{found[1] * 2}\\](", shown)
    return {"text": unlinked.replace("{", "{{").replace("}", "}}")}
