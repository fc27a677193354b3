"""No example is special: with other numbers and other names, `check` finds what closed formulas say, no more and no less.

Compared: every finding by code and by the clauses it names, feasibility and law included, and every repair that is offered
as re-checked, of one number or of several. Not compared: the text of messages. Evidence is drawn for one clause alone, so that
the codes about testing are T001 alone. For two conflicts the extreme world is written down and put before the reference, on
both sides of every number offered. `UNLEARN_SPEC_EXAMPLES` gives the number of variants of each example.
"""

from __future__ import annotations

import copy
import os
import re
import sys
from collections import Counter
from dataclasses import replace
from datetime import date
from fractions import Fraction
from pathlib import Path
from random import Random

import pytest
import yaml

sys.path.insert(0, str(Path(__file__).parent))

from example_families import FAMILIES, Core, Data, Expected, exp
from test_metamorphic import declared_names, renamed

from unlearn_spec.finding import Finding
from unlearn_spec.logic.averages import of_the_process
from unlearn_spec.policy.load import load_text
from unlearn_spec.policy.model import Policy
from unlearn_spec.rules.check import check_text
from unlearn_spec.spec.reference import Judge, Rate, Removal, World, broken_axioms, reading

VARIANTS = int(os.environ.get("UNLEARN_SPEC_EXAMPLES", "9"))
TELLING = {"book-settlement": (209,)}
"""Variants with other names that alone have a message to compare."""
NUMBER = re.compile(r"(\w+) (\S+(?: days?)?) on (\S+)")
DAY = date(2026, 11, 24)


def checked(data: Data) -> tuple[Finding, ...]:
    return check_text(yaml.safe_dump(data, sort_keys=False, width=10_000), "p.yaml", today=DAY).findings


def told(finding: Finding) -> Core:
    return finding.code, frozenset(finding.clauses) if finding.code not in ("A010", "A011") else frozenset()


def numbers(finding: Finding) -> frozenset[tuple[str, str, str]]:
    """What is offered as a single number; what else it says is left aside."""
    offered = (fix.text.partition(" (")[0] for fix in finding.fixes if fix.verified)
    return frozenset(match.groups() for text in offered if (match := NUMBER.fullmatch(text)))  # type: ignore[misc]


def further(finding: Finding) -> tuple[str, ...]:
    """What else is offered as re-checked."""
    offered = (fix.text.partition(" (")[0] for fix in finding.fixes if fix.verified)
    return tuple(text for text in offered if not NUMBER.fullmatch(text))


def with_names(text: str, new: dict[str, str]) -> str:
    """The text with every old name replaced."""
    return re.sub(r"[\w-]+", lambda word: new.get(word[0], word[0]), text)


def wrong(findings: tuple[Finding, ...], expected: Expected) -> list[str]:
    """What is missing, what is too much, and which numbers differ."""
    found, wanted = Counter(map(told, findings)), Counter(expected.findings)
    parted = [f"missing {one}" for one in wanted - found] + [f"too much {one}" for one in found - wanted]
    others = Counter(text for finding in findings for text in further(finding))
    if others != Counter(expected.others):
        parted.append(f"offers further {sorted(others)}, not {sorted(expected.others)}")
    for finding in findings:
        right = expected.repairs.get(told(finding))
        if right is not None and numbers(finding) != right:
            parted.append(f"{finding.code}: offers {sorted(numbers(finding))}, not {sorted(right)}")
    messages = "\n".join(finding.message for finding in findings)
    return parted + [f"nowhere says {words}" for words in expected.words if words not in messages]


@pytest.mark.parametrize("family", FAMILIES)
@pytest.mark.parametrize("part", range(2))
def test_an_example_with_other_numbers(family: str, part: int) -> None:
    for seed in range(part, VARIANTS, 2):
        data, expected = FAMILIES[family](Random(f"{family} {seed}"))
        assert not wrong(checked(data), expected), f"{family} {seed}\n{yaml.safe_dump(data, sort_keys=False)}"


@pytest.mark.parametrize("family", FAMILIES)
def test_an_example_with_other_numbers_and_other_names(family: str) -> None:
    for seed in (*range(VARIANTS, VARIANTS + VARIANTS // 3), *TELLING.get(family, ())):
        draw = Random(f"{family} {seed}")
        data, expected = FAMILIES[family](draw)
        names = declared_names(data)
        fresh = [f"zq{number}q" for number in range(100, 100 + len(names))]
        draw.shuffle(fresh)
        new = dict(zip(names, fresh, strict=True))
        there = Expected(
            tuple((code, frozenset(new[name] for name in named)) for code, named in expected.findings
                  if code[0] != "K"),  # what is known of methods is known by their names
            {(code, frozenset(new[name] for name in named)): frozenset((f, value, new[c]) for f, value, c in right)
             for (code, named), right in expected.repairs.items()},
            tuple(with_names(text, new) for text in expected.words),
            frozenset(with_names(text, new) for text in expected.others),
        )  # fmt: skip
        assert not wrong(checked(renamed(data, new)), there), f"{family} {seed}"


def test_both_sides_of_every_line_are_drawn() -> None:
    """What the comparison rests on: each conflict is there in some variants and not in others."""
    for family, draw in FAMILIES.items():
        seen = [dict.fromkeys(draw(Random(f"{family} {seed}"))[1].findings) for seed in range(60)]
        sometimes = {
            code for found in seen for code, _ in found if any(code not in {c for c, _ in one} for one in seen)
        }
        assert sometimes >= {"bad-example": {"C001", "C002", "C003", "R002"}, "book-settlement": {"C004"},
                             "dual-use": {"C006", "C010"}, "erasure-request": {"C006", "R002", "M003"}}[family]  # fmt: skip


# --- the worlds at the edge, before the reference --------------------------------------------------------------------


def policy_of(data: Data) -> Policy:
    return load_text(yaml.safe_dump(data, sort_keys=False, width=10_000), "p.yaml").policy


def met(policy: Policy, name: str, world: World) -> bool:
    return Judge(policy, world).meets(next(clause for clause in policy.clauses if clause.id == name))


def with_number(data: Data, repair: tuple[str, str, str]) -> Data:
    word, value, name = repair
    changed = copy.deepcopy(data)
    limit = next(clause for clause in changed["clauses"] if clause["id"] == name)["limit"]
    limit[word] = value
    return changed


def kept_wiki(data: Data) -> World:
    """The world that keeps the wiki as well as forgetting lets it: shared items at the limit, the rest known."""
    policy = policy_of(data)
    limit = next(clause for clause in policy.clauses if clause.id == "forget-facts").limit.at_most
    wiki, shared = policy.information["project_wiki"].size[0], policy.relations[0].low
    items = {"both": {"contractor_facts", "project_wiki"}, "wiki": {"project_wiki"}, "facts": {"contractor_facts"}}
    many = {"both": shared, "wiki": wiki - shared, "facts": policy.information["contractor_facts"].size[0] - shared}
    read = reading(policy.clauses[0].reveals_when, policy.clauses[0].scope.decoding)
    level = {"both": limit, "wiki": Fraction(1), "facts": Fraction(0)}
    rates = {Rate(kind, item, "helper", "product", "direct", read): value
             for item, value in level.items() for kind in ("x_sup", "x_inf")}  # fmt: skip
    return World({item: frozenset(sets) for item, sets in items.items()}, rates, many=many)


def test_forgetting_as_little_as_allowed_keeps_the_wiki_exactly_where_no_conflict_is_told() -> None:
    clash, told = ("C001", frozenset(("forget-facts", "keep-wiki"))), Counter[bool]()
    for seed in range(VARIANTS):
        data, expected = FAMILIES["bad-example"](Random(f"bad-example {seed}"))
        world, there = kept_wiki(data), clash in expected.findings
        told[there] += 1
        policy = policy_of(data)
        assert not broken_axioms(policy, world, without=("AX1", "K1"))  # of other sets it says nothing
        assert met(policy, "forget-facts", world)
        assert met(policy, "keep-wiki", world) is not there
        for repair in expected.repairs.get(clash, ()):
            mended = with_number(data, repair)
            assert all(met(policy_of(mended), name, kept_wiki(mended)) for name in ("forget-facts", "keep-wiki"))
    assert all(told[side] for side in (True, False))


@pytest.mark.parametrize("seed", range(4))
def test_quoting_as_little_as_closeness_allows_breaks_the_limit_exactly_where_a_conflict_is_told(seed: int) -> None:
    data, expected = FAMILIES["book-settlement"](Random(f"book-settlement {seed}"))
    policy, clash = of_the_process(policy_of(data)), ("C004", frozenset(("not-trained-on", "no-verbatim")))
    remove, hide = policy.clauses[:2]
    fact, limit = policy.reference_retrain[0], remove.limit
    quotes = policy.information["quotes_in_reviews"].size[0]
    sets = {"quotes": {"quotes_in_reviews", "book_passages"}, "others": {"book_passages"}, "qa": {"literary_qa"}}
    many = {"quotes": quotes, "others": policy.information["book_passages"].size[0] - quotes, "qa": 1}
    read = reading(hide.reveals_when, hide.scope.decoding)
    removal = Removal("book_text", "base70b", limit.epsilon, limit.delta)

    def world(quoted: Fraction) -> World:
        rate = {item: Rate("x_sup", item, "base70b", "weights", "direct", read, about="process") for item in sets}
        now = {rate["quotes"]: quoted, rate["others"]: Fraction(0)}
        reference = {replace(rate["quotes"], when="reference", about="model"): fact.mean_between[0]}
        return World({i: frozenset(s) for i, s in sets.items()}, now | reference, many=many, removals=frozenset((removal,)),
                     used=frozenset((("npo", "base70b"),)))  # fmt: skip

    least = max(Fraction(0), (fact.mean_between[0] - limit.delta) / exp(limit.epsilon),
                1 - limit.delta - exp(limit.epsilon) * (1 - fact.mean_between[0]))  # fmt: skip
    hair = Fraction(1, 10**12)
    assert "AX6" not in broken_axioms(policy, world(least + hair))
    assert least == 0 or "AX6" in broken_axioms(policy, world(least - hair))
    assert met(policy, "no-verbatim", world(least + hair)) is (clash not in expected.findings)
    for word, value, name in expected.repairs.get(clash, ()):
        if word == "at_most":
            mended = of_the_process(policy_of(with_number(data, (word, value, name))))
            assert met(mended, "no-verbatim", world(least + hair))
