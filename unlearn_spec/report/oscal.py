"""The report as OSCAL 1.2.1 assessment results (NIST), for systems that manage controls.

OSCAL knows satisfied and not-satisfied. Only `supported` is satisfied; `not_falsified` and `inconclusive` are
not-satisfied for the reason `other`, with their own words in properties; what was not tested has no finding and is named
in the remarks. Identifiers are UUIDs of version 5 over the report's digest, so that the same report gives the same
bytes. A report carries no clock: `1970-01-01T00:00:00Z` stands where OSCAL demands a time, and the remarks say so.
"""

from __future__ import annotations

import json
import re
import uuid
from collections.abc import Iterator, Mapping, Sequence
from typing import Any, Final

from ..verdict.model import ClauseVerdict, Outcome
from . import phrases, wording
from .marked import escaped
from .model import Report, Result, Stated, digest
from .sections.statements import theirs

VERSION: Final = "1.2.1"
NAMESPACE: Final = "urn:unlearn-spec:oscal:1.0"
NO_TIME: Final = "1970-01-01T00:00:00Z"
NO_CLOCK: Final = (
    "This report carries no clock, so that the same run gives the same bytes: 1970-01-01T00:00:00Z stands for no time. "
    "When things were measured is in the run's ledger."
)
_STATUS: Final[Mapping[Outcome, tuple[str, str]]] = {
    "supported": ("satisfied", "pass"),
    "violated": ("not-satisfied", "fail"),
    "not_falsified": ("not-satisfied", "other"),
    "inconclusive": ("not-satisfied", "other"),
    "rejected": ("not-satisfied", "other"),
}

Node = dict[str, Any]


def render(report: Report) -> str:
    """JSON, keys in the order of the model, one line feed at the end."""
    return json.dumps({"assessment-results": _Document(report).whole()}, indent=2, ensure_ascii=True) + "\n"


class _Document:
    """One report's nodes; identifiers are made from its digest and what they name."""

    def __init__(self, report: Report) -> None:
        self.report, self.digest = report, digest(report)

    def whole(self) -> Node:
        report = self.report
        return {
            "uuid": self._id("results"),
            "metadata": {
                "title": _line(f"Conformance report: {wording.quote(report.policy.title or report.policy.id)}"),
                "last-modified": NO_TIME,
                "version": report.unlearn_spec_report,
                "oscal-version": VERSION,
                "props": _props(
                    ("report-digest", self.digest),
                    ("tool", f"unlearn-spec {report.versions.tool}"),
                    ("axiom-set", report.versions.axioms),
                ),
                "remarks": NO_CLOCK,
            },
            "import-ap": {
                "href": f"#{self._id('policy')}",
                "remarks": "The plan was registered in the run's ledger before anything was measured; it follows the policy.",
            },
            "results": [self._result()],
            "back-matter": {"resources": list(self._resources())},
        }

    def _result(self) -> Node:
        report = self.report
        decided = [result for result in report.results if result.verdict.outcome in _STATUS]
        undecided = [result for result in report.results if result.verdict.outcome not in _STATUS]
        remarks = [phrases.OVERALL_NOTE, phrases.tally(report), phrases.METHODS[4]]
        remarks += [f"{_name(one.verdict)}: {one.conclusion}" for one in undecided]
        remarks += [f"Not covered: {one.what}: {one.why}" for one in report.not_covered]
        found: Node = {
            "uuid": self._id("result"),
            "title": _line(f"{report.policy.id}, version {report.policy.version}"),
            "description": escaped(phrases.tally(report)),
            "start": NO_TIME,
            "props": _props(
                ("overall", report.overall),
                ("confidence", str(report.validity.confidence) if report.validity.error else ""),
                ("policy-digest", report.integrity.policy),
                ("bindings-digest", report.integrity.bindings),
                ("ledger-digest", report.integrity.ledger),
            ),
            "reviewed-controls": {"control-selections": [self._selection()]},
        }
        if report.statements:
            found["attestations"] = [_attestation(one) for one in report.statements]
        if report.results:
            found["observations"] = [self._observation(result) for result in report.results]
        if decided:
            found["findings"] = [self._finding(result) for result in decided]
        found["remarks"] = "\n\n".join(map(escaped, remarks))
        return found

    def _selection(self) -> Node:
        clauses = [{"control-id": _token(clause.id)} for clause in self.report.clauses]
        return {
            "description": "The clauses of the policy.",
            **({"include-controls": clauses} if clauses else {"include-all": {}}),
        }

    def _observation(self, result: Result) -> Node:
        verdict = result.verdict
        attested = verdict.obligation is not None and verdict.access is None
        objects = [(one.object, one.data) for one in self.report.evidence if one.object in self._objects(verdict)]
        found: Node = {
            "uuid": self._id("observation", *_key(verdict)),
            "title": _line(_name(verdict)),
            "description": escaped(verdict.reason),
            "props": _props(
                *((f"bound-{_token(one.label)}", _bound(one.low, one.high)) for one in verdict.intervals),
                *((f"control-{gate.gate}", phrases.control_words(gate)) for gate in verdict.gates),
                ("outcome", verdict.outcome),
            ),
            "methods": ["EXAMINE" if attested else "TEST" if verdict.obligation else "UNKNOWN"],
            "collected": NO_TIME,
        }
        if objects:
            found["relevant-evidence"] = [
                {"href": f"#{self._id('object', name)}", "description": escaped(f"Table of {data}, {name}")}
                for name, data in sorted(set(objects))
            ]
        return found

    def _objects(self, verdict: ClauseVerdict) -> frozenset[str]:
        facts = (fact for fact in self.report.facts if fact.obligation == verdict.obligation)
        return frozenset(name for fact in facts for name in fact.objects)

    def _finding(self, result: Result) -> Node:
        verdict = result.verdict
        state, reason = _STATUS[verdict.outcome]
        return {
            "uuid": self._id("finding", *_key(verdict)),
            "title": _line(_name(verdict)),
            "description": escaped(result.conclusion),
            "props": _props(
                ("outcome", verdict.outcome),
                ("access", verdict.access or ""),
                ("limit", verdict.limit or ""),
                *(("conditional-on", one) for one in verdict.conditional_on),
            ),
            "target": {
                "type": "objective-id",
                "target-id": _token(".".join(part for part in _key(verdict) if part)),
                "status": {
                    "state": state,
                    "reason": reason,
                    "remarks": escaped(phrases.OUTCOME_MEANING[verdict.outcome]),
                },
            },
            "related-observations": [{"observation-uuid": self._id("observation", *_key(verdict))}],
        }

    def _resources(self) -> Iterator[Node]:
        report = self.report
        yield self._resource("policy", "Policy", report.integrity.policy, self._id("policy"))
        yield self._resource("bindings", "What was bound", report.integrity.bindings, self._id("bindings"))
        for subject in report.subjects:
            title = f"Model {phrases.role_words(subject)}: {subject.artifact}"
            yield self._resource("model", title, subject.model, self._id("model", subject.model_dump_json()))
        for record in report.records:
            yield self._resource(
                "record", f"Record {record.id} by {record.signer}", record.digest, self._id("record", record.id)
            )
        for name in sorted({one.object for one in report.evidence}):
            yield self._resource("evidence", "Evidence object", name, self._id("object", name))

    def _resource(self, kind: str, title: str, value: str, identifier: str) -> Node:
        props = _props(("kind", kind))
        return {"uuid": identifier, "title": _line(title), "props": props, "document-ids": [{"identifier": value}]}

    def _id(self, *name: str) -> str:
        space = uuid.uuid5(uuid.NAMESPACE_URL, NAMESPACE)
        return str(uuid.uuid5(space, json.dumps([self.digest, *name])))


def _attestation(one: Stated) -> Node:
    part = {"name": _token(one.kind), "ns": NAMESPACE, "title": _line(phrases.statement_heading(one)), "prose": escaped(theirs(one))}
    return {"parts": [part]}


def _key(verdict: ClauseVerdict) -> tuple[str, ...]:
    return (verdict.clause, verdict.artifact)


def _name(verdict: ClauseVerdict) -> str:
    return f"{phrases.named(verdict)}: {phrases.OUTCOME_NAME[verdict.outcome]}"


def _bound(low: float, high: float) -> str:
    return f"{wording.percent(low, 'down')} to {wording.percent(high, 'up')}"


def _props(*pairs: tuple[str, str]) -> Sequence[Node]:
    return [{"name": _token(name), "ns": NAMESPACE, "value": text} for name, value in pairs if (text := _plain(value))]


def _plain(text: str) -> str:
    return " ".join(wording.visible(text).split())


def _line(text: str) -> str:
    return escaped(text)


def _token(text: str) -> str:
    """An OSCAL token: letters, digits, `.`, `-`, `_`; begins with a letter or `_`."""
    token = re.sub(r"[^A-Za-z0-9._-]", "_", text)
    return token if re.match(r"[A-Za-z_]", token) else f"_{token}"
