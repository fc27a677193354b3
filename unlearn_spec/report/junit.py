"""The report as JUnit XML, for continuous integration: an export, not the record.

JUnit knows passed, failed, error and skipped. Only `supported` and `not_falsified` are without a mark; the latter says in a
property that nothing was found, not that nothing is there. What is inconclusive is an error, never a pass; and where no
clause was decided at all there is an error that says so, since a suite of skipped cases would count as clean.
"""

from __future__ import annotations

from typing import Final
from xml.etree import ElementTree as Tree

from ..verdict.model import Outcome
from . import phrases, wording
from .model import Report, Result, digest

_MARK: Final[dict[Outcome, str | None]] = {
    "violated": "failure",
    "rejected": "error",
    "inconclusive": "error",
    "not_testable": "skipped",
    "not_tested": "skipped",
    "not_falsified": None,
    "supported": None,
}
_ASSURANCE: Final[dict[Outcome, str]] = {
    "not_falsified": "negative: tests of the stated power found nothing; other tests may",
    "supported": "bounded: for the declared population, decoding, access and files, or by a signed record",
}
NOTHING: Final = "No clause was decided: nothing here may be read as a pass."


def render(report: Report) -> str:
    """One suite, a case for each clause on each artifact."""
    cases = [_case(report, result) for result in report.results]
    if not any(
        result.verdict.outcome in ("violated", "rejected", "inconclusive", *_ASSURANCE) for result in report.results
    ):
        empty = Tree.Element("testcase", classname=_text(report.policy.id), name="some clause was decided")
        Tree.SubElement(empty, "error", message=NOTHING, type="not_tested")
        cases.append(empty)
    marks = [child.tag for case in cases for child in case if child.tag != "properties"]
    counts = {
        "tests": str(len(cases)),
        "failures": str(marks.count("failure")),
        "errors": str(marks.count("error")),
        "skipped": str(marks.count("skipped")),
    }
    name = _text(f"{report.policy.id} version {report.policy.version}")
    suites = Tree.Element("testsuites", {"name": "unlearn-spec", **counts})
    suite = Tree.SubElement(suites, "testsuite", {"name": name, **counts})
    _properties(
        suite,
        {
            "report": digest(report),
            "policy": report.integrity.policy,
            "overall": report.overall,
            "confidence": str(report.validity.confidence) if report.validity.error else "",
            "tool": f"unlearn-spec {report.versions.tool}",
        },
    )
    suite.extend(cases)
    Tree.indent(suites)
    return '<?xml version="1.0" encoding="UTF-8"?>\n' + Tree.tostring(suites, encoding="unicode") + "\n"


def _case(report: Report, result: Result) -> Tree.Element:
    verdict = result.verdict
    name = f"{verdict.clause}@{verdict.artifact}" if verdict.artifact else verdict.clause
    case = Tree.Element("testcase", classname=_text(report.policy.id), name=_text(name))
    known = {
        "outcome": verdict.outcome,
        "conclusion": result.conclusion,
        "assurance": _ASSURANCE.get(verdict.outcome, ""),
    }
    known |= {"access": verdict.access or "", "limit": verdict.limit or ""}
    for interval in verdict.intervals:
        low, high = wording.percent(interval.low, "down"), wording.percent(interval.high, "up")
        known[f"bound {interval.label}"] = f"{low} to {high}"
    _properties(case, known)
    mark = _MARK[verdict.outcome]
    if mark == "skipped":
        Tree.SubElement(case, mark, message=_text(f"{phrases.OUTCOME_NAME[verdict.outcome]}: {verdict.reason}"))
    elif mark is not None:
        child = Tree.SubElement(case, mark, message=_text(result.conclusion), type=verdict.outcome)
        child.text = _text(verdict.reason)
    return case


def _properties(parent: Tree.Element, known: dict[str, str]) -> None:
    properties = Tree.SubElement(parent, "properties")
    for name, value in known.items():
        if value:
            Tree.SubElement(properties, "property", name=_text(name), value=_text(value))


def _text(text: str) -> str:
    """On one line, without characters that XML 1.0 cannot hold."""
    return " ".join(wording.visible(text).split())
