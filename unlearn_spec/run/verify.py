"""A whole verification: policy and bindings in, a run folder with evidence, verdicts and a report out.

The order is fixed: check the policy, plan, register the plan in the ledger, measure, conclude. Everything measured is
kept by content and noted in the ledger as it finishes, so a run that was killed goes on where it stopped; its report
depends on policy, bindings, program versions and seed, not on how often or where it was interrupted.
"""

from __future__ import annotations

import os
from collections.abc import Collection, Mapping
from contextlib import ExitStack
from dataclasses import dataclass
from datetime import date
from functools import partial
from importlib.metadata import version
from pathlib import Path
from typing import Any

from tqdm import tqdm

from ..evidence.canonical import EvidenceError, Json, bytes_digest
from ..evidence.ledger import FILE_NAME, REPORT_NOTE, Ledger
from ..evidence.store import Store
from ..gpu.draws import Floats, Key
from ..plan.bindings import load_bindings
from ..plan.model import Plan
from ..plan.obligations import make_plan
from ..plan.stops import due
from ..plan.units import Planned
from ..policy.load import load
from ..policy.model import Policy
from ..report.model import RESULT, Report, canonical
from ..rules.check import check_document
from ..verdict.model import Verification
from .conclude import blocked, conclude, seen_in, tables_of
from .download import download
from .executor import Executor, LocalExecutor, RunError
from .materials import gather, keep
from .places import Measure, Places, job, places
from .seal import seal, write_whole
from .stops import ENDED, ended_by, looks

__all__ = ["LIBRARIES", "RESULT", "RunResult", "blocked", "verify"]

DAY = "checked_on"
"""Key of the note that holds the day the policy was checked for."""
VERIFICATION = "verification"
"""Key of the ledger's row that names the verdicts."""
LIBRARIES = ("unlearn-spec", "torch", "transformers", "tokenizers", "numpy", "scipy")
"""Whose versions a run is bound to: measured or computed by another one, the same unit may give another number."""


@dataclass(frozen=True)
class RunResult:
    """A finished verification."""

    folder: Path
    plan: Plan
    verification: Verification
    report: Report


def verify(
    policy: Path,
    bindings: Path,
    out: Path,
    *,
    workers: int | None = None,
    device: str | None = None,
    progress: bool = False,
    executor: Executor | None = None,
) -> RunResult:
    """Verifies the bound models against the policy, in the run folder `out`; goes on with the run it may hold.

    `device` takes the place of the bindings' one; `workers` processes measure (one a processor, one in all on a GPU);
    a given `executor` is used instead and left open. `progress` shows a bar on standard error, if that is a terminal.
    Raises `PolicyError`, `BindingError`, `SubjectError`, `ItemError`, `RunError` or `EvidenceError`; what was measured
    by then is kept.
    """
    document = load(policy)
    digest = bytes_digest(document.source.text.encode())
    bound = load_bindings(bindings, document.policy, digest, day=_began(out), fetch=download)
    where = device or bound.device
    _usable(out)
    _usable_device(where, out)
    with Ledger(out) as ledger:
        store = Store(out)
        store.sweep()
        findings = check_document(document, today=_day(ledger)).findings
        plan = make_plan(document, bound, rejected=blocked(findings, document.policy))
        _register(out, ledger, store, plan, where)
        at = places(bound, plan, where)
        materials = gather(document, bound, plan, at)
        keep(materials, ledger, store)
        objects = _measured(out, ledger, store, plan, document.policy, at, workers, progress, executor)
        concluded = conclude(
            plan, materials, seen_in(store, plan, objects, document.policy), totals=partial(_totals, where)
        )
        ledger.append("verdict", {"key": VERIFICATION, "object": store.put_bytes(json_bytes(concluded.verification))})
        report = concluded.report(findings, ledger.content_digest(), apart=partial(_apart, where))
        text = canonical(report).encode()
        _note_report(ledger, text)
        write_whole(out / RESULT, text)
    seal(out)
    return RunResult(out, plan, concluded.verification, report)


def _totals(device: str, key: Key, values: Floats, replicates: range) -> Floats:
    """Sums of a large bootstrap, on the run's device where that is a card; `audit` sums the same without one."""
    from ..gpu.resample import bootstrap_totals_at  # loads torch

    return bootstrap_totals_at(device, key, values, replicates)


def _apart(device: str, key: Key, size: int, values: Floats, replicates: range) -> Floats:
    """Sums over relabellings, as `_totals`."""
    from ..gpu.resample import subset_totals_at  # loads torch

    return subset_totals_at(device, key, size, values, replicates)


def _note_report(ledger: Ledger, text: bytes) -> None:
    """Notes the digest of the report's bytes, so that a report changed afterwards is told from the run's own."""
    note: Json = {REPORT_NOTE: bytes_digest(text)}
    if not any(row.kind == "note" and row.payload == note for row in ledger.rows()):
        ledger.append("note", note)


# --- registering -----------------------------------------------------------------------------------------------------


def _usable(out: Path) -> None:
    if out.exists() and not out.is_dir():
        raise RunError(f"{out} is not a folder")
    if out.is_dir() and any(out.iterdir()) and not (out / FILE_NAME).is_file():
        raise RunError(f"{out} holds other files and no run; choose a fresh folder")


def _usable_device(name: str, out: Path) -> None:
    """Refuses a device that is not there before anything is written; a run that has begun may be finished already."""
    from ..gpu.arrays import DeviceError, device  # loads torch

    if (out / FILE_NAME).is_file():
        return
    try:
        device(name)
    except DeviceError as error:
        raise RunError(str(error)) from error


def _registered(ledger: Ledger) -> Mapping[str, Any]:
    return next((row.payload for row in ledger.rows() if row.kind == "plan"), {})


def _began(out: Path) -> date:
    """The day of the first start of the run in this folder; today, if there is none."""
    if not (out / FILE_NAME).is_file():
        return date.today()
    with Ledger(out, read_only=True) as ledger:
        known = ledger.note(DAY)
    return date.today() if known is None else date.fromisoformat(str(known))


def _day(ledger: Ledger) -> date:
    """The day the policy is checked for: that of the run's first start. Noted beside the plan, so that a run repeated on
    another day has the same content."""
    known = next((row.payload[DAY] for row in ledger.rows() if row.kind == "note" and DAY in row.payload), None)
    if known is None:
        known = date.today().isoformat()
        ledger.append("note", {DAY: known})
    return date.fromisoformat(known)


def _register(out: Path, ledger: Ledger, store: Store, plan: Plan, device: str) -> None:
    """Notes the plan in the ledger before anything is measured. Raises `RunError` if the folder holds another one."""
    row: dict[str, Json] = {
        "policy": plan.policy,
        "bindings": plan.bindings,
        "plan": bytes_digest(json_bytes(plan)),
        "device": device,
        "versions": {name: version(name) for name in LIBRARIES},
    }
    known = _registered(ledger)
    told = {
        "policy": "the policy's text",
        "bindings": "the bound models or data",
        "device": "the device",
        "versions": "the versions of the program or its libraries",
        "plan": "the plan",
    }
    changed = [words for name, words in told.items() if known and known.get(name) != row[name]]
    if changed:
        begun = any(row.kind == "unit_finished" for row in ledger.rows())
        way_out = "choose a fresh folder" if begun else "nothing was measured yet, so delete it or choose a fresh folder"
        raise RunError(f"{out} holds a run that began differently: {changed[0]} changed since; {way_out}")
    store.put_bytes(json_bytes(plan))
    ledger.append("plan", row)


def json_bytes(value: Plan | Verification) -> bytes:
    """As kept in the store."""
    return value.model_dump_json().encode()


# --- measuring -------------------------------------------------------------------------------------------------------


def _measured(
    out: Path,
    ledger: Ledger,
    store: Store,
    plan: Plan,
    policy: Policy,
    at: Places,
    workers: int | None,
    progress: bool,
    executor: Executor | None,
) -> Mapping[str, str]:
    """Measures what is not yet finished, look by look; unit key → digest of the stored table, for every unit that was due."""
    objects = {planned.key: digest for planned in plan.units if (digest := _kept(ledger, store, planned)) is not None}
    with ExitStack() as stack:
        hidden = None if progress else True  # None: shown on a terminal only
        bar = stack.enter_context(tqdm(total=len(plan.units), initial=len(objects), unit="unit", disable=hidden))
        run = executor

        def done(finished: Any, digest: str) -> None:
            ledger.finish(finished.key, digest)
            objects[finished.key] = digest
            bar.set_postfix_str(finished.group, refresh=False)
            bar.update()

        ended: Mapping[str, int] = {}
        for look in range(1, max(1, looks(plan)) + 1):
            wanted = due(plan, ended, look)
            todo = [job(one.key, one.unit) for one in plan.units if one.key in wanted and one.key not in objects]
            if todo:
                _same_day(out, ledger, plan, {one.key for one in todo})
                run = run or stack.enter_context(LocalExecutor(_workers(at.device) if workers is None else workers))
                run.run(todo, Measure(at, out.resolve()), done)
            before, ended = ended, ended_by(plan, policy, look, ended, lambda keys: tables_of(store, plan, objects, keys))
            for name in sorted(set(ended) - set(before)):
                _note_end(ledger, name, ended[name])
    return objects


def _same_day(out: Path, ledger: Ledger, plan: Plan, wanted: Collection[str]) -> None:
    """Raises `RunError` where an endpoint would be asked on another day than the one that its evidence is registered for."""
    left = (planned.unit.subject for planned in plan.units if planned.key in wanted)
    if any(subject.endpoint is not None for subject in left) and _day(ledger) != date.today():
        raise RunError(
            f"{out} holds a run whose endpoints were registered as they answer from {_day(ledger)} on; what answers today may be "
            "another model, so choose a fresh folder"
        )


def _note_end(ledger: Ledger, test: str, look: int) -> None:
    """Notes once at which look a test ended."""
    note: Json = {ENDED: test, "look": look}
    if not any(row.kind == "note" and row.payload == note for row in ledger.rows()):
        ledger.append("note", note)


def _kept(ledger: Ledger, store: Store, planned: Planned) -> str | None:
    """The stored result of a finished unit; None if there is none or its bytes are damaged: then it is measured again."""
    digest = ledger.finished(planned.key)
    if digest is None:
        return None
    try:
        store.verify(digest)
    except EvidenceError:
        return None
    return digest


def _workers(device: str) -> int:
    """One a processor, at most 8; one in all where a GPU is shared."""
    shared = device.startswith("cuda") or (device == "auto" and Path("/proc/driver/nvidia/version").exists())
    return 1 if shared else min(8, os.cpu_count() or 1)
