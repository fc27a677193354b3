"""The four example policies in worlds worked out by hand: what meets a clause, what breaks it, where it turns."""

from __future__ import annotations

import sys
from collections.abc import Mapping
from dataclasses import replace
from fractions import Fraction
from pathlib import Path
from typing import Any

sys.path.insert(0, str(Path(__file__).parent))

from judging import binds, bound_on, complies, follows, meets, obtainable, unmet_presuppositions

from unlearn_spec.policy.load import load_text
from unlearn_spec.policy.model import Policy
from unlearn_spec.spec.reference import Rate, Removal, World, broken_axioms, broken_facts, reading

F = Fraction

EXAMPLES = Path(__file__).parents[2] / "spec" / "examples"
HAIR, ZERO, HUNDREDTH, CLOSE = F(1, 10**9), F(0), F(1, 100), F(26, 1000)


def example(name: str) -> Policy:
    return load_text((EXAMPLES / f"{name}.yaml").read_text(encoding="utf-8")).policy


def clause(policy: Policy, name: str) -> Any:
    return next(each for each in policy.clauses if each.id == name)


def people(**sizes: int) -> dict[str, frozenset[str]]:
    """Items by number: `a__b=3` makes three items that belong to both a and b."""
    return {f"{name}-{n}": frozenset(name.split("__")) for name, size in sizes.items() for n in range(size)}


def cells(clause: Any, m: str, kind: Any, values: Mapping[str, F], **changes: Any) -> dict[Rate, F]:
    """The rates that a clause speaks of, for the items given."""
    scope = clause.scope
    place = (m, scope.access or "product", scope.asked or "direct", reading(clause.reveals_when, scope.decoding))
    about = "model" if "when" in changes else getattr(clause, "about", None) or "model"
    return {replace(Rate(kind, item, *place), **({"about": about} | changes)): value for item, value in values.items()}


def expected(clause: Any) -> Any:
    """The clause about the process, not the one released model."""
    return clause.model_copy(update={"about": "process"})


# --- bad-example: 40 facts, 400 wiki questions, 30 in both -----------------------------------------------------------

BAD = example("bad-example")
WIKI = people(contractor_facts__project_wiki=30, contractor_facts=10, project_wiki=370, contractor_keys=40,
              contractor_docs=60)


def among(items: Mapping[str, frozenset[str]], name: str, value: F, **others: F) -> dict[str, F]:
    """A value for every item of a set; another for those whose names begin as told."""
    return {i: next((v for start, v in others.items() if i.startswith(f"{start}-")), value)
            for i, sets in items.items() if name in sets}


def test_each_fact_at_the_limit_meets_and_one_above_breaks() -> None:
    rule = clause(BAD, "forget-facts")
    at_limit = among(WIKI, "contractor_facts", F(1, 10))
    assert meets(BAD, rule, World(WIKI, cells(rule, "helper", "x_sup", at_limit)))
    above = {**at_limit, "contractor_facts-0": F(1, 10) + HAIR}
    assert not meets(BAD, rule, World(WIKI, cells(rule, "helper", "x_sup", above)))
    # the mean of 40 items at most 25 %: 39 at 10 % and one at 100 % are 4.9 of 10
    weak = clause(BAD, "weak-copy")
    one_told = {**at_limit, "contractor_facts-0": F(1)}
    assert meets(BAD, weak, World(WIKI, cells(weak, "helper", "x_sup", one_told)))
    told = among(WIKI, "contractor_facts", F(0), contractor_facts=F(1))  # 10 of 40: exactly 25 %
    assert meets(BAD, weak, World(WIKI, cells(weak, "helper", "x_sup", told)))
    told["contractor_facts__project_wiki-0"] = HAIR
    assert not meets(BAD, weak, World(WIKI, cells(weak, "helper", "x_sup", told)))


def test_forgetting_thirty_shared_items_costs_the_wiki() -> None:
    rule, forget = clause(BAD, "keep-wiki"), clause(BAD, "forget-facts")
    known = among(WIKI, "project_wiki", F(1), contractor_facts__project_wiki=F(1, 10))
    world = World(WIKI, {**cells(rule, "helper", "x_inf", known),
                         **cells(forget, "helper", "x_sup", among(WIKI, "contractor_facts", F(1, 10)))})
    assert meets(BAD, forget, world) and not meets(BAD, rule, world)  # 370 + 30·10 % = 373 < 380 = 95 % of 400
    known = among(WIKI, "project_wiki", F(1), contractor_facts__project_wiki=F(1, 3))
    world = World(WIKI, cells(rule, "helper", "x_inf", known))
    assert meets(BAD, rule, world)  # 370 + 30/3 = 380: exactly
    # the example's note: (95 % × 400 − 370)/30 = 33.3 %, so `forget-facts` breaks where `keep-wiki` holds
    assert not meets(BAD, forget, World(WIKI, cells(forget, "helper", "x_sup", {
        i: F(1, 3) for i, sets in WIKI.items() if "contractor_facts" in sets})))


def test_no_listed_method_reaches_the_interface_that_must_change() -> None:
    rule = clause(BAD, "api-clean")
    values = among(WIKI, "contractor_facts", F(1, 5))
    world = World(WIKI, {**cells(rule, "helper", "x_sup", values),
                         **cells(rule, "helper", "x_sup", {i: F(1, 2) for i in values}, when="before")},
                  used=frozenset({("output_filter", "helper")}))
    assert meets(BAD, rule, world) and broken_facts(BAD, world) == ()
    assert broken_axioms(BAD, world) == ("AX7",)


def test_open_access_and_asking_promise_the_product_asked_directly() -> None:
    rule = clause(BAD, "forget-hard")
    values = among(WIKI, "contractor_keys", F(1, 1000))
    assert meets(BAD, rule, World(WIKI, cells(rule, "helper", "x_sup", values)))
    deeper = cells(rule, "helper", "x_sup", {i: F(1) for i in values}, access="finetune", asked="adversarial")
    assert meets(BAD, rule, World(WIKI, {**cells(rule, "helper", "x_sup", values), **deeper}))


def test_situations_that_exclude_each_other_never_let_a_clause_bind() -> None:
    rule, audit = clause(BAD, "never-applies"), clause(BAD, "quarterly-audit")
    both = World(WIKI, situations=frozenset({"audit_open", "audit_closed"}))
    opened = World(WIKI, situations=frozenset({"audit_open"}))
    assert binds(BAD, rule, both) and not binds(BAD, rule, opened) and binds(BAD, audit, opened)
    measured = BAD.model_copy(update={"measured_before": ()})
    assert broken_facts(measured, both) == ("exclusive audit_open, audit_closed",)
    assert not binds(BAD, audit, World(WIKI))


def test_no_day_is_before_the_seventh_and_after_the_ninetieth() -> None:
    delete, keep = clause(BAD, "erase-now"), clause(BAD, "quarterly-audit")
    docs = [i for i, sets in WIKI.items() if "contractor_docs" in sets]
    for day, deleted, held in ((7, True, False), (8, False, False), (89, False, False), (90, False, True)):
        world = World(WIKI, kept={(i, "share_drive"): F(day) for i in docs})
        assert (meets(BAD, delete, world), meets(BAD, keep, world)) == (deleted, held)


# --- book-settlement: 1,800 passages, 140 of them quoted in reviews that stay ----------------------------------------

BOOK = example("book-settlement")
SHELF = people(book_passages__quotes_in_reviews=140, book_passages=1660, book_text=1)


def book(quoted: F, other: F = ZERO) -> World:
    """A model trained without the book would still quote the reviews in 60 % of askings; this one does in `quoted`."""
    rule = expected(clause(BOOK, "no-verbatim"))
    now = among(SHELF, "book_passages", other, book_passages__quotes_in_reviews=quoted)
    reference = among(SHELF, "book_passages", F(0), book_passages__quotes_in_reviews=F(3, 5))
    rates = {**cells(rule, "base70b", "x_sup", now), **cells(clause(BOOK, "no-verbatim"), "base70b", "x_sup", now),
             **cells(rule, "base70b", "x_sup", reference, when="reference")}
    # closeness that is stated, and influence that stays: it is removal with a remainder
    return World(SHELF, rates, removals=frozenset({Removal("book_text", "base70b", F(3, 10), F(1, 200))}),
                 influenced=frozenset({("book_text", "base70b")}), used=frozenset({("npo", "base70b")}))


def test_removal_keeps_what_the_reviews_teach() -> None:
    remove, hide = clause(BOOK, "not-trained-on"), expected(clause(BOOK, "no-verbatim"))
    # 1 − 0.5 % − e^0.3·(1 − 60 %) = 0.995 − 0.5399435 = 0.4550564…; over 140 items 63.708 > 36 = 2 % of 1,800
    policy = BOOK.model_copy(update={"clauses": (remove, hide)})
    near = book(F("0.4551"))
    assert broken_axioms(policy, near) == () and meets(policy, remove, near) and not meets(policy, hide, near)
    assert broken_axioms(policy, book(F("0.4550"))) == ("AX6",)
    hidden = book(F(36, 140))  # exactly 2 %
    assert meets(policy, hide, hidden) and not meets(policy, hide, book(F(36, 140), HAIR))
    assert broken_axioms(policy, hidden) == ("AX6",)


def test_one_released_model_may_differ_from_what_is_expected_of_its_process() -> None:
    """`no-verbatim` does not say `about`: it is about this one model."""
    hide = clause(BOOK, "no-verbatim")
    of_model = cells(hide, "base70b", "x_sup", among(SHELF, "book_passages", F(0), book_passages__quotes_in_reviews=F(0)))
    silent = replace(book(F("0.4551")), rates=dict(book(F("0.4551")).rates) | of_model)
    policy = BOOK.model_copy(update={"clauses": (clause(BOOK, "not-trained-on"), hide)})
    assert broken_axioms(policy, silent) == () and meets(BOOK, hide, silent) and not meets(BOOK, expected(hide), silent)


def test_outputs_never_make_a_removal() -> None:
    world = replace(book(F("0.4551")), removals=frozenset())
    assert not meets(BOOK, clause(BOOK, "not-trained-on"), world)


def test_a_reference_that_takes_the_same_steps_binds_no_rate() -> None:
    atom = Removal("book_text", "base70b", F(3, 10), F(1, 200), "retrain_then_same_steps")
    hide, remove = clause(BOOK, "no-verbatim"), clause(BOOK, "not-trained-on")
    same = remove.model_copy(update={"limit": remove.limit.model_copy(update={
        "compared_with": "retrain_then_same_steps"})})
    policy = BOOK.model_copy(update={"clauses": (same, hide)})
    world = replace(book(F(0)), removals=frozenset({atom}))
    assert broken_axioms(policy, world) == ()
    assert meets(policy, same, world) and meets(policy, hide, world) and not meets(BOOK, remove, world)
    left_open = remove.model_copy(update={"limit": remove.limit.model_copy(update={"compared_with": None})})
    assert meets(policy, left_open, world) and meets(policy, left_open, book(F(0)))


# --- dual-use: 1,200 hazards, 8,000 benign, an overlap that nobody has measured --------------------------------------

DUAL = example("dual-use")


def dual(shared: int) -> World:
    """The shared items keep all that 5 % of 1,200 = 60 answers allow; the other hazards are gone."""
    items = people(hazard_questions__biology_benign=shared, hazard_questions=1200 - shared,
                   biology_benign=8000 - shared)
    hide, keep = clause(DUAL, "no-uplift-api"), clause(DUAL, "keep-biology")
    left = F(60, shared)
    told = among(items, "hazard_questions", F(0), hazard_questions__biology_benign=left)
    known = among(items, "biology_benign", F(1), hazard_questions__biology_benign=left)
    return World(items, {**cells(hide, "frontier", "x_sup", told), **cells(keep, "frontier", "x_inf", known)})


def test_the_overlap_at_which_both_limits_are_met_exactly() -> None:
    hide, keep = clause(DUAL, "no-uplift-api"), clause(DUAL, "keep-biology")
    assert meets(DUAL, hide, dual(220)) and meets(DUAL, keep, dual(220))  # 7,780 + 60 = 7,840 = 98 % of 8,000
    assert meets(DUAL, hide, dual(221)) and not meets(DUAL, keep, dual(221))  # 7,779 + 60 = 7,839
    assert broken_axioms(DUAL, dual(220)) == ()


def test_weights_bind_only_once_they_are_published_and_take_six_days() -> None:
    rule, quick = clause(DUAL, "no-uplift-weights"), clause(DUAL, "quick")
    published = replace(dual(220), situations=frozenset({"weights_published"}))
    assert not binds(DUAL, rule, dual(220)) and binds(DUAL, rule, published)
    world = replace(dual(220), used=frozenset({("rmu", "frontier")}), finish={"frontier": F(5)})
    assert meets(DUAL, quick, world) and broken_axioms(DUAL, world) == ("AX7",)
    late = replace(world, finish={"frontier": F(6)})
    assert not meets(DUAL, quick, late) and broken_axioms(DUAL, late) == ()


def test_harmless_outputs_say_nothing_of_use() -> None:
    (claim,) = DUAL.claims
    assert not follows(DUAL, claim, dual(220))
    assert follows(DUAL, claim, replace(dual(220), harmless=frozenset({"hazard_questions"})))


# --- erasure-request -------------------------------------------------------------------------------------------------

ERASURE = example("erasure-request")
RECORDS = people(subject_records=412, subject_facts=36, support_faq=5000)
STORED = [i for i in RECORDS if i.startswith("subject_records")]


def erasure(told: F = HUNDREDTH, power: F = CLOSE, raw: int = 30) -> World:
    hide, keep = clause(ERASURE, "hide-facts"), clause(ERASURE, "keep-support")
    rates: dict[Rate, F] = {}
    for m in ("assistant", "assistant_mini"):
        facts = among(RECORDS, "subject_facts", told)
        before = {i: F(7, 20) if m == "assistant" else F(1, 5) for i in facts}
        rates |= cells(hide, m, "x_sup", facts)
        rates |= cells(hide, m, "x_sup", before, when="before")
        rates |= cells(keep, m, "x_inf", among(RECORDS, "support_faq", F(19, 20)))
    rates |= cells(hide, "assistant", "x_sup", among(RECORDS, "subject_facts", told), access="product", asked="direct")
    both = ("assistant", "assistant_mini")
    return World(
        RECORDS, rates,
        removals=frozenset(Removal("subject_records", m, F(1, 2), F(1, 100)) for m in both),
        influenced=frozenset(("subject_records", m) for m in both),
        tpr={("subject_records", "assistant", F(1, 100)): power},
        finish={m: F(30) for m in both},
        kept={(i, store): F(raw) for i in STORED for store in ("raw_store", "backups")},
        used=frozenset(("gradient_unlearn", m) for m in both),
        controls=frozenset(("acme", m) for m in (*both, "raw_store", "backups")),
        acted_on=frozenset((*both, "raw_store", "backups")),
    )


def test_a_world_in_which_the_request_is_fulfilled() -> None:
    world = erasure()
    assert broken_axioms(ERASURE, world, also=("AX9", "P1", "P2")) == () == broken_facts(ERASURE, world)
    bound = [each for each in ERASURE.clauses if binds(ERASURE, each, world)]
    assert [each.id for each in ERASURE.clauses if each not in bound] == ["hold-raw"]
    for each in bound:
        assert meets(ERASURE, each, world) and unmet_presuppositions(ERASURE, each, world) == ()
    assert follows(ERASURE, ERASURE.claims[0], world)


def test_a_hair_above_one_percent_on_the_small_copy_alone_breaks_the_clause() -> None:
    rule, world = clause(ERASURE, "hide-facts"), erasure()
    mini = next(rate for rate in world.rates if rate.artifact == "assistant_mini" and rate.access == "api")
    above = replace(world, rates={**world.rates, mini: F(1, 100) + HAIR})
    assert not meets(ERASURE, rule, above)
    assert follows(ERASURE, ERASURE.claims[0], above)  # which speaks of the assistant's product


def test_closeness_bounds_membership_by_2_65_percent() -> None:
    rule = clause(ERASURE, "membership")  # at most 4 %
    assert meets(ERASURE, rule, erasure(power=F(4, 100))) and not meets(ERASURE, rule, erasure(power=F(4, 100) + HAIR))
    # e^0.5·1 % + 1 % = 2.64872…%
    assert broken_axioms(ERASURE, erasure(power=F("0.026487"))) == ()
    assert broken_axioms(ERASURE, erasure(power=F("0.026488"))) == ("AX5",)


def test_a_hold_suspends_the_deletion_it_overrides_in_its_own_store() -> None:
    delete, hold = clause(ERASURE, "delete-raw"), clause(ERASURE, "hold-raw")
    held = replace(erasure(raw=365), situations=frozenset({"litigation_hold"}))
    assert set(bound_on(ERASURE, delete, held)) == {"backups"} and set(bound_on(ERASURE, hold, held)) == {"raw_store"}
    assert meets(ERASURE, hold, held) and not complies(ERASURE, delete, held)  # the backups are kept as well
    emptied = replace(held, kept={**held.kept, **{(i, "backups"): F(30) for i in STORED}})
    assert complies(ERASURE, delete, emptied) and not meets(ERASURE, delete, emptied)
    assert not meets(ERASURE, hold, replace(held, kept={key: F(364) for key in held.kept}))
    one_late = replace(erasure(), kept={**erasure().kept, (STORED[0], "backups"): F(31)})
    assert binds(ERASURE, delete, one_late) and not meets(ERASURE, delete, one_late)


def test_the_membership_test_finds_its_items_until_the_day_the_work_is_done() -> None:
    rule = clause(ERASURE, "membership")
    assert obtainable(ERASURE, rule, erasure(raw=30)) and not obtainable(ERASURE, rule, erasure(raw=29))
    # one store that keeps all of them is enough, two that keep half each are not
    halves = {(i, store): F(30 if (n % 2 == 0) == (store == "backups") else 29)
              for n, i in enumerate(STORED) for store in ("raw_store", "backups")}
    assert not obtainable(ERASURE, rule, replace(erasure(), kept=halves))
    backups = {(i, store): F(30 if store == "backups" else 0) for i in STORED for store in ("raw_store", "backups")}
    assert obtainable(ERASURE, rule, replace(erasure(), kept=backups))
    assert broken_axioms(ERASURE, erasure(raw=29), also=("AX9",)) == ("AX9",)


def test_treating_the_parent_leaves_the_quantised_copy() -> None:
    parent_only = replace(erasure(), used=frozenset({("gradient_unlearn", "assistant")}))
    broken = broken_axioms(ERASURE, parent_only)
    assert {"AX7", "AX8", "K3"} <= set(broken)  # the copy's rates fell, and its removal rests on nothing done to it
    assert broken_axioms(ERASURE, parent_only, without=("AX8",)) == ()


def test_work_that_nobody_controls_is_not_presumed_done() -> None:
    idle = replace(erasure(), acted_on=frozenset({"assistant", "raw_store", "backups"}))
    assert unmet_presuppositions(ERASURE, clause(ERASURE, "hide-facts"), idle) == ("C1",)
    assert unmet_presuppositions(ERASURE, clause(ERASURE, "keep-support"), idle) == ()  # keeping is not acting
