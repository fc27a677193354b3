"""From a report and the data it is about to the restricted annex: which items its keyed digests stand for."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from datetime import date
from pathlib import Path

from ..evidence.canonical import bytes_digest
from ..plan.bindings import load_bindings
from ..plan.bound import Bindings, BoundData
from ..policy.load import load
from ..policy.model import Policy
from ..report.annex import Annex, ByClause, ByTest, Shown
from ..report.model import Redacted, RegisteredTest, Report, ReportError, digest
from ..verifiers.items import Item, item_key
from .materials import redacted, secret


def make_annex(
    report: Report,
    policy: Path,
    bindings: Path,
    *,
    readers: str | None = None,
    kept_until: date | None = None,
    ground: str | None = None,
) -> Annex:
    """The annex of a report, made from the policy it is about and data files bound to it.

    The bindings need not name every set, and no model: what they leave out stays unresolved. Raises `PolicyError`,
    `BindingError`, or `ReportError` where the policy, or the items of a bound set, are not those of the report.
    """
    document = load(policy)
    if bytes_digest(document.source.text.encode()) != report.integrity.policy:
        raise ReportError(f"{policy}: not the text of the policy that the report is about, {report.integrity.policy}")
    bound = load_bindings(bindings, document.policy)
    _same_data(report, bound)
    clauses = {clause.id for clause in report.clauses}
    tests = {test.id: test for test in report.tests if test.clause in clauses}
    unknown = sorted({hit.obligation for hit in report.revealed} - set(tests))
    if unknown:
        raise ReportError(f"the report names a revealed item of a test that it does not list, {unknown[0]!r}")
    return Annex(
        report=digest(report),
        policy=report.policy,
        policy_digest=report.integrity.policy,
        clauses=tuple(_clauses(report, document.policy, tests, bound)),
        readers=readers,
        kept_until=kept_until,
        ground=ground,
    )


def _sets(bound: Bindings) -> Mapping[str, BoundData]:
    """By name, as in `DataRef.name`."""
    return {found.name: found for found in bound.sets()}


def _same_data(report: Report, bound: Bindings) -> None:
    sets = _sets(bound)
    for ref in (ref for information in report.information for ref in information.data):
        found = sets.get(ref.name)
        if found is not None and found.digest != ref.digest:
            raise ReportError(
                f"{found.spec.file}: these are not the items that were measured as {ref.name}: their digest is "
                f"{found.digest}, in the report {ref.digest}"
            )


def _clauses(
    report: Report, policy: Policy, tests: Mapping[str, RegisteredTest], bound: Bindings
) -> Iterator[ByClause]:
    hits: dict[str, list[Redacted]] = {}
    for hit in report.revealed:
        hits.setdefault(hit.obligation, []).append(hit)
    for clause in report.clauses:
        own = [test for name, test in tests.items() if test.clause == clause.id and name in hits]
        if own:
            information = policy.information.get(own[0].target)
            yield ByClause(
                clause=clause,
                handling=information.handling if information is not None else None,
                tests=tuple(_test(test, hits[test.id], _by_digest(report, test.target, bound)) for test in own),
            )


def _test(test: RegisteredTest, hits: list[Redacted], items: Mapping[str, tuple[Item, ...]]) -> ByTest:
    return ByTest(
        test=test,
        shown=tuple(_shown(hit, items[hit.item]) for hit in hits if hit.item in items),
        unresolved=tuple(hit for hit in hits if hit.item not in items),
    )


def _shown(hit: Redacted, items: tuple[Item, ...]) -> Shown:
    one = items[0]
    ids = tuple(item.id for item in items)
    return Shown(item=hit.item, length=len(secret(one)), ids=ids, question=one.question, secret=secret(one))


def _by_digest(report: Report, target: str, bound: Bindings) -> Mapping[str, tuple[Item, ...]]:
    """The items of every measured sample of a set, by the digest that a report gives them; a sample makes its key."""
    sets = _sets(bound)
    found: dict[str, tuple[Item, ...]] = {}
    for ref in (ref for information in report.information if information.name == target for ref in information.data):
        if ref.name in sets:
            items = bound.items(ref)
            key = item_key(items)
            for item in items:
                name = redacted(key, item)
                found[name] = (*found.get(name, ()), item)
    return found
