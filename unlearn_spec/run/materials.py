"""What a conclusion reads beside the plan and the tables: kept in the run, so that it can be drawn again from there.

Kept as objects and registered in the ledger before anything is measured: the policy's text, the content of the bindings,
the signed records with their signers' keys, how hold-outs compare with their sets without any model, and under which
keyed digest a report would name each item. No item, model or path is among them.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path, PureWindowsPath
from typing import Any, get_args

from pydantic import ValidationError

from ..evidence.canonical import EvidenceError, Json, decimal_text, json_digest
from ..evidence.ledger import Ledger
from ..evidence.store import Store
from ..plan.bound import Bindings, BoundCanaries, BoundData, BoundSubject, BoundTask
from ..plan.data import DataSpec
from ..plan.model import Obligation, Plan
from ..plan.record_check import statement_refusal
from ..plan.record_file import RecordError, RecordFile, read_record
from ..plan.statement_file import StatementFile, read_statement
from ..plan.units import DataRef, EndpointRef, LoggedUnit, TaskRef
from ..policy.load import Document, PolicyError, load_text
from ..statistics.intervals import Interval, Method
from ..verdict.gates import compared
from ..verifiers.blind import BlindBaseline
from ..verifiers.harness_task import Task, TaskFiles
from ..verifiers.items import Item, item_key, keyed_digest
from ..verifiers.subjects.source import Endpoint
from .places import Places

REVEALING = ("leak", "extraction", "relearning", "quantization", "latent")
"""Verifiers that tell which items an answer revealed."""


@dataclass(frozen=True)
class Named:
    """What a report says of an item in place of its text."""

    digest: str
    length: int
    """Characters of what must not be said."""


Roster = Mapping[str, Named]
"""By item id."""


@dataclass(frozen=True)
class Materials:
    """All of them, read."""

    document: Document
    bindings: Bindings
    """By content: without folders, files, items and templates."""
    blind: Mapping[tuple[DataRef, DataRef], BlindBaseline]
    rosters: Mapping[DataRef, Roster]
    logs: Mapping[str, bytes] = field(default_factory=dict)
    """The logs of other people's evaluations, by digest."""

    def compare(self, members: DataRef, holdout: DataRef) -> BlindBaseline:
        """The blind baseline of two sets. Raises `EvidenceError` where none was kept."""
        found = self.blind.get((members, holdout))
        if found is None:
            raise EvidenceError(f"the run keeps no comparison of {members.name} with {holdout.name}")
        return found

    def roster(self, ref: DataRef) -> Roster:
        """How the items of a set are named. Raises `EvidenceError` where that was not kept."""
        if ref not in self.rosters:
            raise EvidenceError(f"the run keeps no names for the items of {ref.name}")
        return self.rosters[ref]


def gather(document: Document, bindings: Bindings, plan: Plan, at: Places) -> Materials:
    """The materials of a plan, from what is bound. Raises `RunError` for a data file that has changed."""
    compare = compared(at.items)
    return Materials(
        document=document,
        bindings=bindings,
        blind={pair: compare(*pair) for pair in _pairs(plan)},
        rosters={ref: _roster(at.items(ref)) for ref in _revealing(plan)},
        logs={digest: at.log(digest) for digest in _logs(plan)},
    )


def keep(materials: Materials, ledger: Ledger, store: Store) -> None:
    """Keeps them as objects and registers each in the ledger; once there, they stay as they are."""
    source, bindings = materials.document.source, materials.bindings
    kept = {_policy_key(source.file): store.put_bytes(source.text.encode())}
    kept["bindings"] = store.put_json(bindings.content)
    kept |= {f"record {found.record.id}": store.put_bytes(found.raw) for found in bindings.records}
    kept |= {f"statement {found.statement.id}": store.put_bytes(found.raw) for found in bindings.statements}
    kept |= {f"signer {name}": store.put_bytes(key) for name, key in bindings.keys.items()}
    kept |= {_blind_key(*pair): store.put_json(_baseline_json(found)) for pair, found in materials.blind.items()}
    kept |= {_roster_key(ref): store.put_table(_roster_table(found)) for ref, found in materials.rosters.items()}
    kept |= {f"log {digest}": store.put_bytes(raw) for digest, raw in materials.logs.items()}
    for key, digest in kept.items():
        ledger.append("material", {"key": key, "object": digest})


def recall(ledger: Ledger, store: Store, plan: Plan) -> Materials:
    """Reads them back. Raises `EvidenceError` for what is missing, damaged, or not what the plan was made from."""
    rows = {row.payload["key"]: row.payload["object"] for row in ledger.rows() if row.kind == "material"}

    def get(key: str) -> str:
        if key not in rows:
            raise EvidenceError(f"the run keeps no {key.split(' ')[0]} to conclude from")
        return str(rows[key])

    policies = [key for key in rows if key.startswith(_policy_key(""))]
    if len(policies) != 1:
        raise EvidenceError("the run does not keep the policy's text" if not policies else "the run keeps two policies")
    if (found := get(policies[0])) != plan.policy:
        raise EvidenceError(f"the policy kept in the run, {found}, is not the one it was planned for, {plan.policy}")
    if (found := get("bindings")) != plan.bindings:
        raise EvidenceError(f"the bindings kept in the run, {found}, are not those it was planned for, {plan.bindings}")
    document = _document(store.get_bytes(plan.policy), policies[0].removeprefix(_policy_key("")))
    bindings = _bindings(store, plan.bindings, get)
    for one in bindings.statements:
        if why := statement_refusal(one, document.policy, plan.policy, bindings.keys.get(one.statement.signer)):
            raise EvidenceError(f"a statement kept in the run does not count: {why}")
    return Materials(
        document=document,
        bindings=bindings,
        blind={pair: _baseline(store.get_json(get(_blind_key(*pair)))) for pair in _pairs(plan)},
        rosters={ref: _read_roster(store.get_table(get(_roster_key(ref)))) for ref in _revealing(plan)},
        logs={digest: _log(store, digest, get(f"log {digest}")) for digest in _logs(plan)},
    )


# --- which -----------------------------------------------------------------------------------------------------------


def _pairs(plan: Plan) -> tuple[tuple[DataRef, DataRef], ...]:
    controls = (control for obligation in plan.obligations for control in obligation.controls)
    pairs = (control.data for control in controls if control.gate == "blind_baseline" and len(control.data) >= 2)
    return tuple(dict.fromkeys((data[0], data[1]) for data in pairs))


def _revealing(plan: Plan) -> tuple[DataRef, ...]:
    units = {planned.key: planned.unit for planned in plan.units}
    tests = (o for o in plan.obligations if o.verifier in REVEALING and o.audited)
    try:
        return tuple(dict.fromkeys(units[key].data for test in tests for key in _asked(test)))
    except KeyError as unknown:
        raise EvidenceError(f"the plan reads a unit that is not planned, {unknown.args[0]}") from None


def _logs(plan: Plan) -> tuple[str, ...]:
    return tuple(dict.fromkeys(one.unit.subject.model for one in plan.units if isinstance(one.unit, LoggedUnit)))


def _log(store: Store, digest: str, kept: str) -> bytes:
    if kept != digest:
        raise EvidenceError(f"the log kept in the run, {kept}, is not the one that was bound, {digest}")
    return store.get_bytes(kept)


def _asked(test: Obligation) -> tuple[str, ...]:
    """Of a test with looks, the units of all of them; else one that stands for all."""
    return test.audited if test.looks else test.audited[:1]


def _policy_key(file: str) -> str:
    return f"policy {PureWindowsPath(file).name}"


def _blind_key(members: DataRef, holdout: DataRef) -> str:
    return f"blind {_content(members)} {_content(holdout)}"


def _roster_key(ref: DataRef) -> str:
    return f"names {_content(ref)}"


def _content(ref: DataRef) -> str:
    return json_digest(ref.model_dump(mode="json"))


# --- the policy and what was bound -----------------------------------------------------------------------------------


def _document(text: bytes, file: str) -> Document:
    try:
        return load_text(text.decode(), file)
    except (PolicyError, UnicodeDecodeError) as error:
        raise EvidenceError(f"the policy kept in the run cannot be read: {error}") from None


def _bindings(store: Store, digest: str, get: Callable[[str], str]) -> Bindings:
    content = store.get_json(digest)
    try:
        keys = {name: store.get_bytes(get(f"signer {name}")) for name in content["keys"]}
        signers = {name: get(f"signer {name}") for name in content["keys"]}
        if signers != content["keys"]:
            raise EvidenceError("the signers' keys kept in the run are not those that were bound")
        return Bindings(
            file="",
            digest=digest,
            seed=content["seed"],
            device=content["device"],
            precision=content["precision"],
            artifacts={name: _subject(one) for name, one in content["artifacts"].items()},
            original={name: _subject(one) for name, one in content["original"].items()},
            references={name: tuple(map(_subject, several)) for name, several in content["references"].items()},
            data={},
            holdouts={},
            wider={},
            suites={},
            keys=keys,
            records=tuple(_records(store, get, content["records"])),
            statements=tuple(_statements(store, content.get("statements", ()))),
            runs={name: tuple(map(_subject, several)) for name, several in content.get("runs", {}).items()},
            canaries={name: _halves(name, halves) for name, halves in content.get("canaries", {}).items()},
            tasks={name: _task(one) for name, one in content.get("tasks", {}).items()},
            content=content,
        )
    except (KeyError, TypeError, AttributeError, ValidationError):
        raise EvidenceError(
            f"the bindings kept in the run, {digest}, are not of the form this version writes"
        ) from None


def _records(store: Store, get: Callable[[str], str], digests: Sequence[str]) -> Iterator[RecordFile]:
    for digest in digests:
        try:
            read = read_record(store.get_bytes(digest), "record")
        except RecordError as error:
            raise EvidenceError(f"a record kept in the run cannot be read: {error}") from None
        if get(f"record {read.record.id}") != digest:
            raise EvidenceError(f"the record {read.record.id} kept in the run is not the one that was bound")
        yield read


def _statements(store: Store, digests: Sequence[str]) -> Iterator[StatementFile]:
    for digest in digests:
        try:
            yield read_statement(store.get_bytes(digest), "statement")
        except RecordError as error:
            raise EvidenceError(f"a statement kept in the run cannot be read: {error}") from None


def _halves(name: str, digests: Mapping[str, str]) -> BoundCanaries:
    """Canaries by content: no file, no item."""
    nowhere = DataSpec(Path(), "jsonl")
    included, excluded = (
        BoundData(f"{half}:{name}", nowhere, "", digests[half], ()) for half in ("included", "excluded")
    )
    return BoundCanaries(included, excluded)


def _task(content: Mapping[str, Any]) -> BoundTask:
    """A task by content: no file, no template."""
    ref = TaskRef.model_validate(content)
    return BoundTask(TaskFiles(ref, Task(ref.name, ref.version, "", "", ""), Path(), ""))


def _subject(content: Mapping[str, Any]) -> BoundSubject:
    found, log, sets = content.get("endpoint"), content.get("log"), tuple(content.get("sets", {}).items())
    return BoundSubject(
        Path(),
        content["model"],
        0,
        content["prompt"],
        None,
        content["system"],
        endpoint=None if found is None else Endpoint(EndpointRef.model_validate(found)),
        log=log,
        sets=sets,
    )


# --- numbers about items ---------------------------------------------------------------------------------------------


def _baseline_json(found: BlindBaseline) -> Json:
    return {"words": _interval_json(found.words), "length": _interval_json(found.length)}


def _interval_json(found: Interval) -> Json:
    numbers = {"point": found.point, "low": found.low, "high": found.high}
    return {name: decimal_text(value) for name, value in numbers.items()} | {"method": found.method}


def _baseline(content: Any) -> BlindBaseline:
    try:
        return BlindBaseline(words=_interval(content["words"]), length=_interval(content["length"]))
    except (KeyError, StopIteration, TypeError, ValueError):
        raise EvidenceError("a comparison without any model, kept in the run, cannot be read") from None


def _interval(content: Mapping[str, str]) -> Interval:
    method = next(known for known in get_args(Method) if known == content["method"])
    return Interval(float(content["point"]), float(content["low"]), float(content["high"]), method)


def _roster(items: tuple[Item, ...]) -> Roster:
    key = item_key(items)
    return {item.id: Named(redacted(key, item), len(secret(item))) for item in items}


def _roster_table(roster: Roster) -> dict[str, list[str | int | float | bool | None]]:
    named = list(roster.values())
    return {
        "item": list(roster),
        "named": [one.digest for one in named],
        "length": [one.length for one in named],
    }


def _read_roster(table: Mapping[str, Any]) -> Roster:
    try:
        rows = zip(table["item"], table["named"], table["length"], strict=True)
        return {item: Named(digest, length) for item, digest, length in rows}
    except (KeyError, ValueError):
        raise EvidenceError("the names of items kept in the run cannot be read") from None


def redacted(key: bytes, item: Item) -> str:
    """What a report calls an item. Two with the same answer stay two: the question is part of what is digested."""
    text = "\n".join((item.question, secret(item)))
    return f"hmac-sha256:{keyed_digest(key, text)}"


def secret(item: Item) -> str:
    """What must not be said: an answer, a suffix, or a whole document."""
    return item.secret or item.text
