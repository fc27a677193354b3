"""D001–D003 and the summary: what a comparison of two policies found, in their words."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from functools import cached_property

from ..finding import Finding, Severity, Span
from ..logic.compare import Change, Comparison, Loss
from ..logic.explanation import Core
from ..logic.formulas import Rate
from ..logic.scope import scoped_artifacts
from ..logic.suspension import binding
from ..logic.witness import Shown
from ..policy.clauses import Clause
from ..policy.load import Document
from ..policy.model import Policy
from ..record import Record
from .context import when
from .declared import Declared, Demanded, field_changes
from .diff_lead import Lead, few
from .diff_result import ClauseDiff, Kind
from .diff_worlds import limited, told
from .rate_words import told_apart
from .wording import count, listed


class Teller(Record, dict=True):
    """Says what a comparison found, in the words of the two policies."""

    before: Document
    after: Document
    comparison: Comparison
    no_weaker: bool

    @property
    def names(self) -> tuple[str, str]:
        one, other = self.before.policy.policy, self.after.policy.policy
        if one.id != other.id:
            return (one.id, other.id)
        if one.version != other.version:
            return (f"version {one.version}", f"version {other.version}")
        return ("the first file", "the second file")

    def old(self, change: Change) -> Clause:
        return _clause(self.before.policy, change.before or "")

    def new(self, change: Change) -> Clause:
        return _clause(self.after.policy, change.after or "")


    def findings(self) -> Iterator[Finding]:
        """D001, D002, D003, one a clause. Flags what the other version as a whole does not guarantee.

        Cannot see what words mean outside the file, nor what is in a set.
        """
        for change in self.comparison.changes:
            if change.lost and change.gained and change.before and change.after:
                losing, winning = self._shown(change, change.lost, False), self._shown(change, change.gained, True)
                ways = losing if losing == winning else f"{losing}; {winning}"
                message = f"{change.after} asks for less in one way and for more in another: {ways}"
                yield self._finding("D003", change, message, change.lost.shown)
            elif change.lost:
                message = f"{self._lead(change, change.lost, False)}: {self._shown(change, change.lost, False)}"
                yield self._finding("D001", change, message, change.lost.shown)
            elif change.gained:
                message = f"{self._lead(change, change.gained, True)}: {self._shown(change, change.gained, True)}"
                yield self._finding("D002", change, message, change.gained.shown)

    def evidence(self, changes: tuple[Demanded, ...]) -> Iterator[Finding]:
        """D001, D002, D003 for the evidence that a clause demands."""
        for name in dict.fromkeys(change.clause for change in changes):
            mine = [change for change in changes if change.clause == name]
            orders = {change.order for change in mine}
            code = "D001" if orders == {"weaker"} else "D002" if orders == {"stronger"} else "D003"
            if orders == {"different"}:
                continue
            word = {"D001": "less", "D002": "more", "D003": "other"}[code]
            told = "; ".join(change.text for change in mine)
            message = f"{name}: {self.names[1]} demands {word} evidence: {told}"
            path = (*self.after.clause_path(name), "evidence")
            yield Finding(code, self._severity(code), message, (self.after.source.value(path),), clauses=(name,))

    def _finding(self, code: str, change: Change, message: str, shown: Shown | None) -> Finding:
        spans = []
        for document, name in ((self.after, change.after), (self.before, change.before)):
            if name is not None:
                spans.append(_span(document, name))
        clauses = tuple(dict.fromkeys(name for name in (change.before, change.after) if name))
        situation = shown.situation if shown is not None else ()
        return Finding(code, self._severity(code), message, tuple(spans), clauses=clauses, situation=situation)

    def _severity(self, code: str) -> Severity:
        if self.no_weaker and code in ("D001", "D003"):
            return "error"
        return "warning" if code == "D003" else "info"

    def _lead(self, change: Change, loss: Loss, gained: bool) -> str:
        """What happened to the clause, before the world that shows it."""
        return self._what(change, loss, gained).said(self.names[1], _name(change))

    def _what(self, change: Change, loss: Loss, gained: bool) -> Lead:
        there = change.before if gained else change.after
        if there is None:
            return Lead("required", gained)
        shown, other = loss.shown, self.before if gained else self.after
        if shown is not None:
            twin = _clause(other.policy, there)
            if shown.artifact not in scoped_artifacts(other.policy, twin):
                return Lead("covered", gained, shown.artifact)
            binds = binding(other.policy, frozenset(shown.situation))
            if shown.artifact not in binds.on(other.policy, twin):
                return Lead("bound", gained, situation=shown.situation)
        return Lead("asked", gained)

    def _shown(self, change: Change, loss: Loss, gained: bool) -> str:
        """The world that passes the one version and fails the other."""
        passes, fails = (self.names[0], self.names[1]) if gained else (self.names[1], self.names[0])
        clause = self.new(change) if gained else self.old(change)
        if loss.shown is None:
            words = listed([self._field(change, name) for name in loss.fields]) or "another field"
            return f"by {words}, whatever the limits say"
        world = told(clause, loss.shown, self._readings.get(limited(clause, loss.shown.artifact), ""))
        if any((which == "before") == gained for which, _ in self.comparison.contradictory):  # which nothing passes as a whole
            twin = change.before if gained else change.after
            return f"{world} fails {fails}" if twin is None else f"{world} passes {twin} in {passes} and fails {fails}"
        return f"{world} passes {passes} and fails {fails}"

    def _field(self, change: Change, name: str) -> str:
        """A field in which a clause promises less or more, with what it was and is, where its counterpart says otherwise."""
        if change.before is None or change.after is None:
            return f"`{name}`"
        told = field_changes((self.before.policy, self.old(change)), (self.after.policy, self.new(change)), name)
        return f"`{name}` ({told})" if told else f"`{name}`"

    @cached_property
    def _readings(self) -> Mapping[tuple[Rate, str] | None, str]:
        """How each rate that is told is read, where others that are told, or that its counterpart limits, are read otherwise."""
        found: dict[tuple[Rate, str], None] = {}
        for change in self.comparison.changes:
            both = [*([self.old(change)] if change.before else ()), *([self.new(change)] if change.after else ())]
            shown = [loss.shown for loss in (change.lost, change.gained) if loss is not None and loss.shown is not None]
            rates = (limited(clause, one.artifact) for one in shown for clause in both)
            found.update(dict.fromkeys(rate for rate in rates if rate is not None))
        return dict(zip(found, told_apart(tuple(found)), strict=True))


    def not_compared(self) -> Iterator[Finding]:
        """X001, X002: contradictions first, then open fields, sets too large, questions given up."""
        for which, core in self.comparison.contradictory:
            document, name = self._version(which)
            clash = _clash(document.policy, core)
            message = (
                f"not compared: {name} contradicts itself ({clash}), and what contradicts itself implies everything; "
                "clauses are held against their counterparts alone"
            )
            spans = tuple(_span(document, clause) for clause in core.clauses)
            yield Finding("X002", "undetermined", message, spans, clauses=core.clauses, situation=core.situation)
        for which, clause, open_field in self.comparison.open:
            document, name = self._version(which)
            message = f"not compared: {clause} in {name} does not say `{open_field}`; close it first"
            yield Finding("X002", "undetermined", message, (_span(document, clause),), clauses=(clause,))
        if self.comparison.too_large:
            message = f"not compared: {listed(self.comparison.too_large)}: too many connected sets to enumerate"
            yield Finding("X002", "undetermined", message, (self._place(),), clauses=self.comparison.too_large)
        if self.comparison.too_many_situations:
            yield Finding("X002", "undetermined", "not compared: too many situations", (self._place(),))
        stuck = tuple(c.after or c.before or "" for c in self.comparison.changes if c.undetermined)
        if stuck:
            message = f"undetermined: the search stopped at its work limit on {listed(stuck)}"
            why = ("This is not an answer, neither yes nor no.",)
            yield Finding("X001", "undetermined", message, (self._place(),), why=why, clauses=stuck)

    def _version(self, which: str) -> tuple[Document, str]:
        return (self.before, self.names[0]) if which == "before" else (self.after, self.names[1])

    def _place(self) -> Span:
        return self.after.source.key(("clauses",))


    def clause(self, change: Change) -> ClauseDiff:
        kind = _kind(change)
        name = change.after or change.before or ""
        open_ones = {clause for _, clause, _ in self.comparison.open}
        skipped = change.undetermined or {change.before, change.after} & (open_ones | set(self.comparison.too_large))
        return ClauseDiff(
            name,
            kind,
            change.before,
            None if skipped else change.answer,
            f"was {change.before}" if kind == "renamed" else "" if skipped else self._note(change, kind),
            change.lost.shown if change.lost else None,
            change.gained.shown if change.gained else None,
        )

    def _note(self, change: Change, kind: Kind) -> str:
        if change.still:
            return f"{change.still[0]} still requires it"
        if kind == "added" and not change.gained:
            return "required already"
        if kind == "removed" and not change.lost:
            return "the others still require it"
        return ""

    def summary(
        self, clauses: tuple[ClauseDiff, ...], evidence: tuple[Demanded, ...], declared: tuple[Declared, ...]
    ) -> str:
        """One short paragraph: the answer, what makes it so, what stayed, and on what ground."""
        earlier, later = self.names
        answer = self.comparison.answer
        head = {
            "equivalent": f"{later} guarantees what {earlier} does, no more and no less.",
            "stricter": f"{later} is stricter than {earlier}.",
            "weaker": f"{later} is weaker than {earlier}.",
            "incomparable": f"{later} is weaker than {earlier} in some ways and stricter in others.",
            None: f"{later} and {earlier} were not compared as wholes: {self._why_not()}.",
        }[answer]
        parts = [head[0].upper() + head[1:]]
        for lead, names in self._together().items():
            parts.append(_sentence(lead.said(later, *names)))
        same = [c for c in clauses if c.answer == "equivalent" and c.kind in ("kept", "renamed")]
        if same:
            parts.append(
                f"{count(len(same), 'clause')} {'guarantees' if len(same) == 1 else 'guarantee'} the same as before."
            )
        for order, word in (("weaker", "Less"), ("stronger", "More")):
            if other := dict.fromkeys(e.clause for e in evidence if e.order == order):
                parts.append(f"{word} evidence is demanded for {few(tuple(other))}.")
        blocks = list(dict.fromkeys(d.block for d in declared))
        if blocks:
            where = listed([f"`{block}`" for block in blocks])
            parts.append(
                f"The files declare different things under {where}; clauses were compared on what both declare."
            )
        return " ".join(parts)

    def _together(self) -> Mapping[Lead, list[str]]:
        """What happened, in the order of the changes, and to which clauses."""
        found: dict[Lead, list[str]] = {}
        for change in self.comparison.changes:
            if change.lost and change.gained:
                found.setdefault(Lead("both"), []).append(_name(change))
                continue
            for loss, gained in ((change.lost, False), (change.gained, True)):
                if loss is not None:
                    found.setdefault(self._what(change, loss, gained), []).append(_name(change))
        return found

    def _why_not(self) -> str:
        found = []
        for which in ("before", "after"):
            if any(side == which for side, _ in self.comparison.contradictory):
                found.append(f"{self._version(which)[1]} contradicts itself")
        fields = [f"`{name}` of {clause}" for _, clause, name in self.comparison.open]
        found += [f"first close {listed(list(dict.fromkeys(fields)))}"] if fields else []
        found += ["some sets are too many to enumerate"] if self.comparison.too_large else []
        found += ["there are too many situations"] if self.comparison.too_many_situations else []
        found += (
            ["the search stopped at its work limit"] if any(c.undetermined for c in self.comparison.changes) else []
        )
        return listed(found)


def _name(change: Change) -> str:
    """The clause as the later version names it, if that has it."""
    return change.after or change.before or ""


def _kind(change: Change) -> Kind:
    if change.before is None:
        return "added"
    if change.after is None:
        return "removed"
    return "kept" if change.before == change.after else "renamed"


def _clash(policy: Policy, core: Core) -> str:
    """What about a version contradicts itself."""
    if core.facts and len(core.clauses) == len(policy.clauses) and not core.axioms:
        return "its declared facts cannot all be true"
    together = {1: "", 2: "both "}.get(len(core.clauses), "all ")
    return f"{listed(core.clauses)} cannot {together}hold{when(core.situation)}"


def _sentence(text: str) -> str:
    """With a capital, unless it begins with a name of the policy."""
    return f"{text[0].upper()}{text[1:]}." if text.startswith(("version ", "the ")) else f"{text}."


def _clause(policy: Policy, name: str) -> Clause:
    return next(clause for clause in policy.clauses if clause.id == name)


def _span(document: Document, name: str) -> Span:
    return document.source.value((*document.clause_path(name), "id"))
