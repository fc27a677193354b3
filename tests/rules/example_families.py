"""The four example policies with other numbers, and what `check` must find then, worked out by hand and not by the theory.

Each family changes sizes, overlaps, limits, rates and days, and states in closed form which conflicts there are and the
nearest number that settles each. Nothing here imports the encoding, the solver or the reference.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping
from copy import deepcopy
from dataclasses import dataclass, field
from decimal import Decimal, localcontext
from fractions import Fraction
from pathlib import Path
from random import Random
from typing import Any

from unlearn_spec.policy.read import read_bytes

Data = dict[str, Any]
Core = tuple[str, frozenset[str]]
"""A code, and the clauses or claims that it names."""
EXAMPLES = Path(__file__).parents[2] / "spec" / "examples"
STEP = Fraction(1, 1000)


@dataclass(frozen=True)
class Expected:
    """Every finding there must be, and for conflicts every number that settles one alone: (field, value, clause)."""

    findings: tuple[Core, ...]
    repairs: Mapping[Core, frozenset[tuple[str, str, str]]] = field(default_factory=dict)
    words: tuple[str, ...] = ()
    """What the messages must say."""
    others: frozenset[str] = frozenset()
    """Every other repair that is offered as re-checked, in its words: several numbers at once, suspensions, methods, samples."""


def example(name: str) -> Data:
    return deepcopy(read_bytes((EXAMPLES / f"{name}.yaml").read_bytes(), name).data)


def clause(data: Data, name: str) -> Data:
    return next(each for each in data["clauses"] if each["id"] == name)


def percent(value: Fraction) -> str:
    return f"{float(value * 100):.10g}%"


def above(exact: Fraction, now: Fraction, step: Fraction = STEP) -> Fraction:
    """The least multiple of the step that is enough and looser than now."""
    return max(math.ceil(exact / step), math.floor(now / step) + 1) * step


def below(exact: Fraction, now: Fraction) -> Fraction:
    return min(math.floor(exact / STEP), math.ceil(now / STEP) - 1) * STEP


def exp(x: Fraction) -> Fraction:
    with localcontext() as work:
        work.prec = 50
        return Fraction((Decimal(x.numerator) / Decimal(x.denominator)).exp())


def tenths(draw: Random, low: int, high: int) -> Fraction:
    """A share between two numbers of thousandths."""
    return Fraction(draw.randint(low, high), 1000)


def core(code: str, *names: str) -> Core:
    return code, frozenset(names)


# --- a bad policy ----------------------------------------------------------------------------------------------------


def bad_example(draw: Random) -> tuple[Data, Expected]:
    """Three limits on what is shared with the wiki, each against its floor; a method that reaches too little; two dates."""
    data = example("bad-example")
    wiki, facts = draw.randint(50, 900), draw.randint(21, 90)
    shared = draw.randint(1, min(facts, wiki) - 1)
    each, mean, api = (tenths(draw, 10, 500) for _ in range(3))
    highest = 1 - Fraction(shared, wiki) * (1 - each)
    floor = min(Fraction(1), max(STEP, (math.floor(highest / STEP) + draw.randint(-40, 60)) * STEP))
    before, gone, kept = tenths(draw, 1, 999), draw.randint(1, 60), draw.randint(1, 60)
    hard, samples = tenths(draw, 1, 5), draw.randint(5, 200)
    info = data["information"]
    info["contractor_facts"]["size"], info["project_wiki"]["size"] = facts, wiki
    data["relations"][0]["exactly"] = shared
    for name, limit in (("forget-facts", each), ("weak-copy", mean), ("api-clean", api), ("forget-hard", hard)):
        clause(data, name)["limit"]["at_most"] = percent(limit)
    clause(data, "keep-wiki")["limit"]["at_least"] = percent(floor)
    clause(data, "forget-hard")["evidence"]["samples"] = samples
    clause(data, "erase-now")["by"], clause(data, "quarterly-audit")["until"] = f"{gone} days", f"{kept} days"
    data["measured_before"][0]["mean_at_least"] = percent(before)

    found, repairs = [], {}
    infeasible = before > api
    room = {"forget-facts": shared * each, "weak-copy": facts * mean, "api-clean": facts * api}
    per_item = {"forget-facts": shared, "weak-copy": facts, "api-clean": facts}
    for name, limit in (("forget-facts", each), ("weak-copy", mean), ("api-clean", api)):
        best = (wiki - shared + min(shared, room[name])) / wiki
        if best < floor and not (name == "api-clean" and infeasible):
            one = core("C001", name, "keep-wiki")
            needed = (floor * wiki - (wiki - shared)) / per_item[name]
            found.append(one)
            repairs[one] = {("at_least", percent(below(best, floor)), "keep-wiki")}
            if above(needed, limit) < 1:  # a limit of 100% would be none
                repairs[one].add(("at_most", percent(above(needed, limit)), name))
    if infeasible:
        found.append(core("C003", "api-clean"))
        repairs[found[-1]] = {("at_most", percent(above(before, api)), "api-clean")}
    if gone < kept:
        found.append(core("C002", "erase-now", "quarterly-audit"))
        repairs[found[-1]] = {("by", _days(kept), "erase-now"), ("until", _days(gone), "quarterly-audit")}
    stronger = [name for name, limit in (("forget-facts", each), ("api-clean", api)) if limit <= mean]
    stronger = [name for name in stronger if not (name == "api-clean" and infeasible)]
    if stronger:
        found.append(core("R002", "weak-copy", stronger[0]))
    found += [core("V001", "never-applies"), core("A001", "forget-hard"), core("A001", "forget-hard"), core("A010")]
    needed_samples = math.ceil(math.log(0.05) / math.log(1 - float(hard)))
    found.append(core("T001", "forget-hard"))
    certified = math.ceil((1 - 0.05 ** (1 / samples)) * 10_000) / 100
    others = {f"{needed_samples:,} samples", f"limit at_most {certified:.4g}%", "add a clause for it"}
    clashing = {name for code, names in found if code == "C001" for name in names} - {"keep-wiki"}
    if len(clashing) > 1:  # one floor gives way to all limits on what is shared
        left = (wiki - shared + min(shared, *(room[name] for name in clashing))) / wiki
        mended = f"at_least {percent(below(left, floor))} on keep-wiki"
        others.add(f"to settle all {len(clashing)} conflicts among these clauses: {mended}")
    if infeasible:
        others.add("list a method that reaches api")
    if not infeasible and "api-clean" not in clashing:
        found.append(core("K019", "api-clean"))  # the one method is known to act on the product alone
    if gone < kept:
        others.add("let quarterly-audit suspend erase-now while it applies")
    return data, Expected(tuple(found), _frozen(repairs), (f"needs {needed_samples:,} samples",), frozenset(others))


def _days(number: int) -> str:
    return f"{number} day" if number == 1 else f"{number} days"


def _frozen(repairs: Mapping[Core, set[tuple[str, str, str]]]) -> dict[Core, frozenset[tuple[str, str, str]]]:
    return {one: frozenset(numbers) for one, numbers in repairs.items()}


# --- a settlement ----------------------------------------------------------------------------------------------------


def settlement(draw: Random) -> tuple[Data, Expected]:
    """What a model without the book would still quote, against a limit on quoting."""
    data = example("book-settlement")
    passages = draw.randint(100, 5000)
    quotes = draw.randint(5, passages)
    low = tenths(draw, 100, 950)
    high = min(Fraction(1), low + tenths(draw, 0, 100))
    epsilon, delta, limit = Fraction(draw.randint(1, 120), 100), tenths(draw, 0, 30), tenths(draw, 1, 200)
    info = data["information"]
    info["book_text"]["size"] = info["book_passages"]["size"] = passages
    info["quotes_in_reviews"]["size"], info["literary_qa"]["size"] = quotes, draw.randint(30, 30000)
    data["reference_retrain"][0]["mean_between"] = [percent(low), percent(high)]
    data["measured_before"][0]["mean_at_least"] = percent(tenths(draw, 0, 999))
    clause(data, "not-trained-on")["limit"] |= {"epsilon": f"{float(epsilon):g}", "delta": percent(delta)}
    clause(data, "no-verbatim")["limit"]["at_most"] = percent(limit)
    clause(data, "discuss-the-book")["limit"]["at_least"] = percent(tenths(draw, 1, 999))
    for each in data["clauses"]:
        each.pop("evidence", None)

    def left(
        closeness: Fraction, rate: Fraction
    ) -> Fraction:  # of the passages, what such a process still quotes at least
        up = exp(closeness)
        return Fraction(quotes, passages) * max(Fraction(0), (rate - delta) / up, 1 - delta - up * (1 - rate))

    found, repairs, words = [core("A011")], {}, []
    if left(epsilon, low) > limit:
        one = core("C004", "not-trained-on", "no-verbatim")
        enough = next(n for n in range(math.floor(epsilon * 100) + 1, 2001) if left(Fraction(n, 100), low) <= limit)
        found.append(one)
        repairs[one] = {("epsilon", f"{enough / 100:g}", "not-trained-on"),
                        ("at_most", percent(above(left(epsilon, low), limit)), "no-verbatim")}  # fmt: skip
    elif left(epsilon, high) > limit:
        most = max(rate for n in range(1000) if (rate := low + n * STEP) <= high and left(epsilon, rate) <= limit)
        found.append(core("C010", "not-trained-on", "no-verbatim"))
        words.append(f"the rate of r1 is at most about {percent(most)} (declared {percent(low)}–{percent(high)})")
    return data, Expected(tuple(found), _frozen(repairs), tuple(words))


# --- dual use --------------------------------------------------------------------------------------------------------


def dual_use(draw: Random) -> tuple[Data, Expected]:
    """An overlap that nobody has measured, and a method that may take too long."""
    data = example("dual-use")
    hazard, biology = draw.randint(100, 3000), draw.randint(200, 9000)
    most = draw.randint(1, min(hazard, biology))
    limit, floor = tenths(draw, 1, 300), tenths(draw, 800, 999)
    deep = limit + tenths(draw, 1, 300)
    before, slow, by = tenths(draw, 1, 999), draw.randint(1, 40), draw.randint(3, 40)
    data["information"]["hazard_questions"]["size"], data["information"]["biology_benign"]["size"] = hazard, biology
    data["relations"][0]["between"] = [0, most]
    data["methods"]["rmu"]["takes"] = _days(slow)
    data["measured_before"][0]["mean_at_least"] = percent(before)
    clause(data, "no-uplift-api")["limit"]["at_most"] = percent(limit)
    clause(data, "no-uplift-weights")["limit"]["at_most"] = percent(deep)
    clause(data, "keep-biology")["limit"]["at_least"] = percent(floor)
    clause(data, "quick")["by"] = _days(by)
    for each in data["clauses"]:
        each.pop("evidence", None)

    found, repairs, words = [core("M004", "press-line"), core("A011")], {}, []
    others = {"add a clause for it"} if slow <= by or before <= Fraction(1, 100) else set[str]()  # else it takes too long
    shared = math.floor(limit * hazard + (1 - floor) * biology)
    if shared < most:
        found.append(core("C010", "no-uplift-api", "keep-biology"))
        words.append(f"is at most {shared:,} (declared 0–{most:,})")
    if slow > by and before > deep:
        one = core("C006", "no-uplift-weights", "quick")
        found.append(one)
        repairs[one] = {("by", _days(slow), "quick"), ("at_most", percent(above(before, deep)), "no-uplift-weights")}
        others.add("let no-uplift-weights suspend quick while it applies")
    return data, Expected(tuple(found), _frozen(repairs), tuple(words), frozenset(others))


# --- an erasure request ----------------------------------------------------------------------------------------------


def erasure(draw: Random) -> tuple[Data, Expected]:
    """A closeness that may imply the limit on membership tests, a claim that may go too far, and work that may be late."""
    data = example("erasure-request")
    data["policy"]["status"] = "draft"
    epsilon, delta = Fraction(draw.randint(1, 150), 100), tenths(draw, 0, 40)
    fpr, tpr = tenths(draw, 1, 100), tenths(draw, 1, 400)
    hidden, said = tenths(draw, 1, 99), tenths(draw, 1, 99)
    quick, by, gone = draw.randint(2, 20), draw.randint(1, 40), draw.randint(25, 60)
    clause(data, "remove-influence")["limit"] |= {"epsilon": f"{float(epsilon):g}", "delta": percent(delta)}
    clause(data, "membership")["limit"] = {"tpr_at_most": percent(tpr), "at_fpr": percent(fpr)}
    clause(data, "hide-facts")["limit"]["at_most"] = percent(hidden)
    clause(data, "done-in-a-month")["by"], clause(data, "delete-raw")["by"] = _days(by), _days(gone)
    data["methods"]["gradient_unlearn"]["takes"] = _days(quick)
    data["claims"][0]["at_most"] = percent(said)
    del data["accept"]
    for each in data["clauses"]:
        evidence = each.pop("evidence", {})
        if each["id"] == "membership":
            each["evidence"] = {key: evidence[key] for key in ("kind", "access", "controls", "needs_raw_data")}

    found, repairs, others = [], {}, set()
    quickest = min(quick, 21)
    if by < quickest:
        others.add(f"to settle all 2 conflicts among these clauses: by {_days(quickest)} on done-in-a-month")
        for name in ("remove-influence", "hide-facts"):
            one = core("C006", name, "done-in-a-month")
            found.append(one)
            repairs[one] = {("by", _days(quickest), "done-in-a-month")}
            if name == "hide-facts":  # as often as before is often enough for a limit
                repairs[one].add(("at_most", percent(above(Fraction(35, 100), hidden)), name))
    if tpr < fpr:  # guessing catches as many
        found.append(one := core("C003", "membership"))
        repairs[one] = {("tpr_at_most", percent(above(fpr, tpr)), "membership")}
    implied = min(exp(epsilon) * fpr + delta, 1 - (1 - delta - fpr) / exp(epsilon))
    if implied <= tpr:
        found.append(core("R002", "membership", "remove-influence"))
    if hidden > said and by >= quickest:
        others.add(f"claim at most {percent(hidden)}")
    if hidden > said or by < quickest:
        found.append(core("M003", "reply-to-subject"))
    late = [name for name, day in (("done-in-a-month", by), ("delete-raw", gone)) if day > 31]
    if late:
        found.append(core("L003", *late))
    return data, Expected(tuple(found), _frozen(repairs), others=frozenset(others))


FAMILIES: dict[str, Callable[[Random], tuple[Data, Expected]]] = {
    "bad-example": bad_example, "book-settlement": settlement, "dual-use": dual_use, "erasure-request": erasure,
}  # fmt: skip
