"""N001, N002, F002 and letters in disguise: what is read off the spelling and the `within` relations."""

import random

import pytest

from unlearn_spec.policy.load import PolicyError, load_text
from unlearn_spec.policy.lookalikes import LATIN, disguised, looks, plain
from unlearn_spec.rules.cycles import circles
from unlearn_spec.rules.names import kebab, name_findings


def policy(sets=("diary",), artifacts=("bot",), clause="hide"):
    lines = [
        'unlearn_spec: "1.0"',
        "policy: {id: p, version: 1}",
        "information:",
        *(f"  {name}: {{kind: facts, size: 40, unit: question}}" for name in sets),
        "artifacts:",
        *(f"  {name}: {{kind: model, seen_by: {{public: product}}}}" for name in artifacts),
        "clauses:",
        f'  - {{id: {clause}, goal: finish, scope: {{artifacts: [{artifacts[0]}]}}, by: "3 days"}}',
        "clock: {starts: today}",
    ]
    return "\n".join(lines)


@pytest.mark.parametrize(
    ("one", "two"),
    [("diary", "Diary"), ("set-1", "set-l"), ("set-I", "set-l"), ("a0", "aO"), ("a_b", "a-b"), ("a.b", "a-b")],
)
def test_names_that_look_alike(one, two):
    (finding,) = name_findings(load_text(policy(sets=(one, two))))
    assert finding.code == "N002" and f"`{one}` and `{two}`" in finding.message
    assert len(finding.spans) == 2 and finding.spans[0].line == finding.spans[1].line + 1


@pytest.mark.parametrize(("one", "two"), [("set-1", "set-2"), ("mail", "mall"), ("day", "days"), ("ab", "a-b")])
def test_names_that_do_not(one, two):
    assert name_findings(load_text(policy(sets=(one, two)))) == ()


@pytest.mark.parametrize("letter", sorted(LATIN))
def test_a_letter_in_disguise_is_refused_and_named(letter):
    with pytest.raises(PolicyError) as error:
        load_text(policy(clause=f"x{letter}x"))
    message = " ".join(finding.message for finding in error.value.findings)
    assert f"only looks like `{plain(letter)}`" in message


def test_a_name_in_disguise_leads_nowhere_and_says_why():
    with pytest.raises(PolicyError) as error:
        load_text(policy().replace("[bot]", "[bоt]"))
    assert [finding.code for finding in error.value.findings] == ["S004"]
    assert "`о` is CYRILLIC SMALL LETTER O, which only looks like `o`" in error.value.findings[0].message


def test_the_table_leads_to_plain_letters_and_is_no_longer_than_it_says():
    assert all(value.isascii() and len(value) == 1 for value in LATIN.values())
    assert not any(key.isascii() for key in LATIN)
    assert disguised("ж") == "" and disguised("é") == ""
    assert looks("ＤＩＡＲＹ") == looks("DIARY")


@pytest.mark.parametrize("name", ["Hide_Facts", "hideFacts", "A", "x.y", "a--b", "v2.Hide_It"])
def test_the_offered_id_is_in_kebab_case(name):
    assert name_findings(load_text(policy(clause=kebab(name)))) == ()


@pytest.mark.parametrize("seed", range(40))
def test_circles_are_the_names_that_reach_each_other(seed):
    draw = random.Random(seed)
    names = [f"s{i}" for i in range(draw.randint(1, 9))]
    edges = {name: draw.sample(names, draw.randint(0, min(2, len(names)))) for name in names}

    def reached(name):
        seen, pending = set(), list(edges[name])
        while pending:
            step = pending.pop()
            if step not in seen:
                seen.add(step)
                pending += edges[step]
        return seen

    groups = {tuple(n for n in names if n == name or (n in reached(name) and name in reached(n))) for name in names}
    assert set(circles(edges)) == {group for group in groups if len(group) > 1}


def test_a_long_chain_of_sets_is_no_matter():
    names = [f"s{i}" for i in range(20_000)]
    assert circles(dict(zip(names, [[name] for name in names[1:]] + [[names[0]]], strict=True))) == (tuple(names),)
