"""Two verifications side by side: what they were about, and where their verdicts differ and why."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Literal

from ..report.model import Report, Result
from ..report.phrases import OUTCOME_NAME
from ..report.wording import percent
from ..verdict.model import WORST_FIRST, ClauseVerdict, Interval, Outcome
from ..wording.language import words

Sort = Literal["policy", "models", "data", "records", "program", "other"]
Direction = Literal["same", "better", "worse", "added", "gone"]


@dataclass(frozen=True)
class Input:
    """Something the two were about, that is not the same in both."""

    sort: Sort
    words: str


@dataclass(frozen=True)
class Change:
    """One clause on one artifact in both. `better` and `worse` order the outcomes as the overall result does; no more is meant."""

    clause: str
    artifact: str
    before: Outcome | None
    after: Outcome | None
    direction: Direction
    reasons: tuple[str, ...]


@dataclass(frozen=True)
class Comparison:
    """What changed between a first and a second verification."""

    inputs: tuple[Input, ...]
    changes: tuple[Change, ...]
    overall: tuple[Outcome, Outcome]

    @property
    def same(self) -> bool:
        """Whether every clause has the same outcome in both."""
        return all(change.direction == "same" for change in self.changes)


def compare(before: Report, after: Report) -> Comparison:
    """Compares two reports, in the order of the later one's clauses; what only the first has comes last.

    The same clause is one of the same id on an artifact of the same name. Whether its text changed too is said.
    """
    inputs = tuple(_inputs(before, after))
    first, second = _by_place(before), _by_place(after)
    changes = tuple(_change(before, after, first.get(place), second.get(place), place) for place in {**second, **first})
    return Comparison(inputs, changes, (before.overall, after.overall))


def _by_place(report: Report) -> Mapping[tuple[str, str], Result]:
    """The worst result of each clause on each artifact."""
    found: dict[tuple[str, str], Result] = {}
    for result in report.results:
        place = (result.verdict.clause, result.verdict.artifact)
        if place not in found or _rank(result.verdict) < _rank(found[place].verdict):
            found[place] = result
    return found


def _rank(verdict: ClauseVerdict) -> int:
    return WORST_FIRST.index(verdict.outcome)


# --- what they were about --------------------------------------------------------------------------------------------


def _inputs(before: Report, after: Report) -> Iterator[Input]:
    one, two = before.policy, after.policy
    if before.integrity.policy != after.integrity.policy:
        names = f"{one.id}, version {one.version}", f"{two.id}, version {two.version}"
        told = f"from {names[0]} to {names[1]}" if names[0] != names[1] else f"another text of {names[0]}"
        yield Input("policy", told)
    yield from _parts("models", _models(before), _models(after))
    yield from _parts("data", _data(before), _data(after))
    yield from _parts("records", _records(before), _records(after))
    for name in ("tool", "language", "axioms", "code"):
        old, new = getattr(before.versions, name), getattr(after.versions, name)
        if old != new:
            yield Input("program", f"{_VERSION[name]}: from {old} to {new}")
    if before.validity.seed != after.validity.seed:
        yield Input("other", f"the seed: from {before.validity.seed} to {after.validity.seed}")
    if before.validity.confidence != after.validity.confidence:
        old, new = percent(before.validity.confidence), percent(after.validity.confidence)
        yield Input("other", f"the confidence of the run: from {old} to {new}")


_VERSION = {"tool": "unlearn-spec", "language": "language", "axioms": "axiom set", "code": "program source"}


def _parts(sort: Sort, before: Mapping[str, str], after: Mapping[str, str]) -> Iterator[Input]:
    for name in {**before, **after}:
        old, new = before.get(name), after.get(name)
        if old != new:
            told = "added" if old is None else "gone" if new is None else f"from {old} to {new}"
            yield Input(sort, f"{name}: {told}")


def _models(report: Report) -> Mapping[str, str]:
    found: dict[str, str] = {}
    for one in report.subjects:
        number = f" {one.index + 1}" if one.role == "reference" else ""
        system = f" behind {one.system}" if one.system else ""
        name = f"{one.role}{number} {one.artifact}"
        asked = "" if one.prompt == "{prompt}" else f", asked through “{one.prompt}”"
        found[f"{name}, guarded" if system else name] = f"{one.model}{system}, {one.precision}{asked}"
    return found


def _data(report: Report) -> Mapping[str, str]:
    return {one.name: one.digest for information in report.information for one in information.data}


def _records(report: Report) -> Mapping[str, str]:
    return {one.id: one.digest for one in report.records}


# --- verdict by verdict ----------------------------------------------------------------------------------------------


def _change(before: Report, after: Report, old: Result | None, new: Result | None, place: tuple[str, str]) -> Change:
    known = old.verdict.outcome if old else None, new.verdict.outcome if new else None
    direction: Direction
    if old is None:
        direction = "added"
    elif new is None:
        direction = "gone"
    else:
        ranks = _rank(old.verdict), _rank(new.verdict)
        direction = "same" if ranks[0] == ranks[1] else "worse" if ranks[1] < ranks[0] else "better"
    reasons = tuple(_reasons(before, after, old, new, place)) if direction != "same" else ()
    return Change(*place, *known, direction, reasons)


def _reasons(
    before: Report, after: Report, old: Result | None, new: Result | None, place: tuple[str, str]
) -> Iterator[str]:
    if old is None or new is None:
        there = before if new is None else after
        elsewhere = after if new is None else before
        listed = any(clause.id == place[0] for clause in elsewhere.clauses)
        yield (
            "the policy's clause is in both, on other artifacts"
            if listed
            else f"only version {there.policy.version} of the policy has it"
        )
        return
    sentences = before.clause(place[0]).sentence, after.clause(place[0]).sentence
    if sentences[0] != sentences[1]:
        yield "the clause reads otherwise"
    if old.verdict.limit != new.verdict.limit:
        yield f"the limit: from {old.verdict.limit or 'none'} to {new.verdict.limit or 'none'}"
    if _audited(before, place[1]) != _audited(after, place[1]):
        yield "another model or system was audited"
    yield from _gates(old.verdict, new.verdict)
    yield from _bounds(old.verdict, new.verdict)
    yield f"then: {old.verdict.reason}"
    yield f"now: {new.verdict.reason}"


def _audited(report: Report, artifact: str) -> frozenset[tuple[str, str | None]]:
    return frozenset(
        (one.model, one.system) for one in report.subjects if (one.role, one.artifact) == ("audited", artifact)
    )


def _gates(old: ClauseVerdict, new: ClauseVerdict) -> Iterator[str]:
    word = {True: "held", False: "failed"}
    before = {gate.gate: gate.passed for gate in old.gates}
    for gate in new.gates:
        if before.get(gate.gate, gate.passed) != gate.passed:
            yield f"the control {gate.gate.replace('_', ' ')} {word[not gate.passed]} then and {word[gate.passed]} now"


def _bounds(old: ClauseVerdict, new: ClauseVerdict) -> Iterator[str]:
    before = {interval.label: interval for interval in old.intervals}
    for interval in new.intervals:
        known = before.get(interval.label)
        if known is not None and (known.low, known.high) != (interval.low, interval.high):
            yield f"{interval.label}: from {_range(known)} to {_range(interval)}"


def _range(interval: Interval) -> str:
    return f"[{percent(interval.low, 'down')}, {percent(interval.high, 'up')}]"


def told(change: Change) -> str:
    """`“hide” on “assistant”: from inconclusive to violated (worse)`."""
    name = words("en").named(change.clause, change.artifact)
    before, after = (OUTCOME_NAME[one] if one is not None else "none" for one in (change.before, change.after))
    return (
        f"{name}: {after}, as before"
        if change.direction == "same"
        else f"{name}: from {before} to {after} ({change.direction})"
    )
