"""A suite of prompt attacks on one sample: which other items it shows, and whether it can be put to every item."""

from __future__ import annotations

from dataclasses import dataclass

from ..policy.model import Retain
from ..verifiers.items import Item
from ..verifiers.suites import PARAPHRASE, Suite, others_for, probes, shuffled
from .bound import BoundData
from .case import Case, LackingError, Sample
from .model import DataRef
from .suite_file import installed_digest


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
        hint = "" if known is None else f" The suite of that name that is installed is {name.partition('@')[0]}@{known}."
        raise LackingError("not_tested", f"The suite {name} is not bound.", f"Bind its file under `suites`.{hint}")
    suite = case.bindings.suite(name)
    _of_its_class(case, suite)
    without = sum(not item.paraphrases for item in sample.items)
    if suite.uses(PARAPHRASE) and without:
        raise LackingError(
            "not_tested",
            f"The suite asks in other words, and {without} of {len(sample.items)} items have no other wording of their prompt.",
            f"Other wordings of them, in the column `paraphrases` of {sample.ref.name}.",
        )
    others = _others(case, suite) if suite.others else None
    pool = () if others is None else shuffled(others.items, case.bindings.seed)
    counts = [_probes(suite, item, pool) for item in sample.items]
    if unserved := counts.count(-1):
        assert others is not None
        raise LackingError(
            "not_tested",
            f"{unserved} of {len(sample.items)} items cannot be asked beside {suite.others} of {others.name} that tell nothing of them.",
            "More items of that set, whose texts do not hold these answers.",
        )
    if unasked := counts.count(0):
        raise LackingError(
            "not_testable",
            f"No attack of the suite can be made of {unasked} of {len(sample.items)} items: their answers are one word.",
            f"A suite with a template around the prompt alone, or longer answers in {sample.ref.name}.",
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
            "The suite hands over what the model is to be silent about, and that says nothing of what it knows by itself.",
            "Another suite, or a clause of its own with `scope.asked: in_context`.",
        )
    raise LackingError(
        "not_testable",
        "The clause is about a target that the user supplies, and the suite supplies none.",
        "A suite whose templates have {text} in them.",
    )


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
    which = f"`{suite.others_set}`" if suite.others_set is not None else "a set that the policy retains"
    raise LackingError(
        "not_tested",
        f"The suite asks other items beside each, and no questions with answers are bound to {which}.",
        f"Bind the items of {which} under `data`.",
    )
