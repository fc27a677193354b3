"""A suite of prompt attacks on one sample: which other items it shows, and whether it can be put to every item."""

from __future__ import annotations

from dataclasses import dataclass

from ..policy.clauses import Retain
from ..verifiers.items import Item
from ..verifiers.suites import PARAPHRASE, Suite, others_for, probes, shuffled
from ..wording.said import said, sentences
from .bound import BoundData
from .case import Case, LackingError, Sample
from .suite_file import installed_digest
from .units import DataRef


@dataclass(frozen=True)
class Attacks:
    """A suite as it is put to the items of a case."""

    name: str
    """As the policy names it, digest included."""
    others: DataRef | None
    probes: int
    """The most that an item is asked."""


def attacks_on(case: Case, name: str, sample: Sample) -> Attacks:
    """Raises `LackingError` where the suite is not bound, or some item lacks what it asks with."""
    if name not in case.bindings.suites:
        known = installed_digest(name)
        hint = None if known is None else said("need.suite_installed", suite=f"{name.partition('@')[0]}@{known}")
        raise LackingError("not_tested", said("lack.suite", suite=name), sentences(said("need.suite"), hint))
    suite = case.bindings.suite(name)
    _of_its_class(case, suite)
    without = sum(not item.paraphrases for item in sample.items)
    if suite.uses(PARAPHRASE) and without:
        raise LackingError(
            "not_tested",
            said("lack.suite_paraphrases", k=without, n=len(sample.items)),
            said("need.paraphrases", data=sample.ref.name),
        )
    others = _others(case, suite) if suite.others else None
    pool = () if others is None else shuffled(others.items, case.bindings.seed)
    counts = [_probes(suite, item, pool) for item in sample.items]
    if unserved := counts.count(-1):
        assert others is not None
        raise LackingError(
            "not_tested",
            said("lack.suite_others", k=unserved, n=len(sample.items), others=suite.others, data=others.name),
            said("need.suite_others"),
        )
    if unasked := counts.count(0):
        raise LackingError(
            "not_testable",
            said("lack.suite_words", k=unasked, n=len(sample.items)),
            said("need.suite_words", data=sample.ref.name),
        )
    return Attacks(name, None if others is None else others.ref(), max(counts))


def _of_its_class(case: Case, suite: Suite) -> None:
    """Raises `LackingError` where the suite hands the target over and the clause does not ask so, or the other way round."""
    asked = case.clause.scope.asked
    if suite.hands_over == (asked == "in_context"):
        return
    if suite.hands_over:
        raise LackingError(
            "not_testable",
            said("lack.hands_over"),
            said("need.hands_over"),
        )
    raise LackingError("not_testable", said("lack.hands_nothing"), said("need.hands_nothing"))


def _probes(suite: Suite, item: Item, pool: tuple[Item, ...]) -> int:
    """How many probes are made of an item; -1 where too few others may stand beside it."""
    others = others_for(item, pool, suite.others)
    return -1 if len(others) < suite.others else len(probes(suite, item, others))


def _others(case: Case, suite: Suite) -> BoundData:
    """The set that the suite names, or the first bound one that the policy retains; questions with answers, and another
    set than the clause's."""
    kept = [clause.target for clause in case.policy.clauses if isinstance(clause, Retain)]
    named = [suite.others_set] if suite.others_set is not None else kept
    target = getattr(case.clause, "target", None)
    for name in named:
        found = case.bindings.data.get(name)
        if found is not None and name != target and all(item.question and item.secret for item in found.items):
            return found
    if suite.others_set is not None:
        name = suite.others_set
        raise LackingError("not_tested", said("lack.suite_set", data=name), said("need.suite_set", data=name))
    raise LackingError("not_tested", said("lack.suite_retained"), said("need.suite_retained"))
