"""Which part of a declared range the clauses leave: by hand, and the clauses that a finding names leave just that part."""

from __future__ import annotations

from hypothesis import given, settings
from hypothesis import strategies as st

from unlearn_spec.logic.facts import Range, achievable_ranges
from unlearn_spec.logic.situations import cases
from unlearn_spec.logic.theory import build
from unlearn_spec.policy.load import load_text
from unlearn_spec.policy.model import Policy

HIDDEN, KEPT, MOST = 1200, 8000, 300


def pair(name: str, hide: int, keep: int, *, when: str = "", artifact: str = "") -> str:
    """At most `hide` % of the hidden set and at least `keep` % of the kept one, at an artifact of its own."""
    guard = f", when: {when}" if when else ""
    scope = f"scope: {{artifacts: [{artifact or name}], access: api, asked: direct, decoding: {{method: greedy}}{guard}}}"
    asked = f"{scope}, about: model, over: mean, reveals_when: {{metric: contains}}"
    return (
        f"  - {{id: hide-{name}, goal: suppress, target: hidden, {asked}, limit: {{at_most: '{hide}%'}}}}\n"
        f"  - {{id: keep-{name}, goal: retain, target: kept, {asked}, limit: {{at_least: '{keep}%'}}}}\n"
    )


def policy(*pairs: str, shared: tuple[int, int] = (0, MOST)) -> Policy:
    bots = "\n".join(f"  {name}: {{kind: model, seen_by: {{public: api}}}}" for name in ("one", "two", "three"))
    return load_text(
        f"""unlearn_spec: "1.0"
policy: {{id: ranges, version: 1, status: draft}}
information:
  hidden: {{kind: facts, size: {HIDDEN}, unit: record}}
  kept: {{kind: facts, size: {KEPT}, unit: record}}
relations: [{{hidden: overlaps, with: kept, between: [{shared[0]}, {shared[1]}]}}]
situations: [night, strike]
exclusive: [[night, strike]]
artifacts:
{bots}
clauses:
{"".join(pairs)}""",
        "ranges.yaml",
    ).policy


def ranges(told: Policy) -> tuple[Range, ...]:
    found = cases(told)
    assert found is not None
    return achievable_ranges(build(told), found)


def room(hide: int, keep: int) -> int:
    """By hand: what may stay of the hidden, and what may go of the kept, are all that can be shared."""
    return HIDDEN * hide // 100 + KEPT * (100 - keep) // 100


def test_the_pair_with_the_least_room_is_named_and_no_other() -> None:
    (found,) = ranges(policy(pair("one", 5, 98), pair("two", 5, 99)))
    assert (found.clauses, found.feasible) == (("hide-two", "keep-two"), (0, 140))


def test_clauses_that_bind_in_a_situation_only_are_asked_in_it() -> None:
    always, night = ranges(policy(pair("one", 5, 98), pair("two", 5, 99, when="night")))
    assert (always.clauses, always.feasible, always.situation) == (("hide-one", "keep-one"), (0, 220), ())
    assert (night.clauses, night.feasible, night.situation) == (("hide-two", "keep-two"), (0, 140), ("night",))


def test_what_holds_whatever_the_situation_is_not_told_again_for_one() -> None:
    (found,) = ranges(policy(pair("one", 5, 98), pair("two", 50, 10, when="night")))
    assert found.situation == ()


def test_other_clauses_that_leave_as_much_in_another_situation_are_told_too() -> None:
    night, strike = ranges(policy(pair("one", 1, 97, when="night"), pair("two", 1, 97, when="strike")))
    assert (night.clauses, night.situation, night.feasible) == (("hide-one", "keep-one"), ("night",), strike.feasible)
    assert (strike.clauses, strike.situation) == (("hide-two", "keep-two"), ("strike",))


def test_the_same_clauses_are_told_once_for_all_situations() -> None:
    wide = policy(*(pair(name, *numbers, when=when) for name, numbers, when in (
        ("one", (1, 97), "{any: [night, strike]}"), ("two", (9, 95), "night"), ("three", (9, 95), "strike"),
    )))  # fmt: skip
    assert [one.situation for one in ranges(wide)] == [("night",)]


def test_both_ends_are_told_with_the_clauses_that_set_either() -> None:
    """At least 60 are shared if of 100 songs 60 stay and of 100 more 80 go; at most 70 if hidden ones are kept."""
    told = load_text(
        """unlearn_spec: "1.0"
policy: {id: ends, version: 1, status: draft}
information:
  label: {kind: facts, size: 30, unit: song}
  heirs: {kind: facts, size: 30, unit: song}
  book: {kind: facts, size: 100, unit: song}
relations:
  - {label: within, of: book}
  - {heirs: within, of: book}
  - {label: overlaps, with: heirs, between: [0, 30]}
artifacts:
  bot: {kind: model, seen_by: {public: api}}
  kiosk: {kind: model, seen_by: {public: api}}
clauses:
"""
        + "".join(
            f"  - {{id: {name}, goal: {goal}, target: {target}, scope: {{artifacts: [{bot}], access: api, asked: direct, "
            f"decoding: {{method: greedy}}}}, about: model, over: mean, reveals_when: {{metric: contains}}, limit: {{{limit}}}}}\n"
            for name, goal, target, bot, limit in (
                ("no-label", "suppress", "label", "bot", "at_most: '0%'"),
                ("no-heirs", "suppress", "heirs", "bot", "at_most: '0%'"),
                ("keep-book", "retain", "book", "bot", "at_least: '60%'"),
                ("kiosk-label", "suppress", "label", "kiosk", "at_most: '0%'"),
                ("kiosk-heirs", "retain", "heirs", "kiosk", "at_least: '20%'"),
            )
        ),
        "ends.yaml",
    ).policy
    (found,) = ranges(told)
    assert found.feasible == (20, 24)
    assert found.clauses == ("no-label", "no-heirs", "keep-book", "kiosk-label", "kiosk-heirs")


@settings(max_examples=40, deadline=None)
@given(
    numbers=st.lists(st.tuples(st.integers(1, 9), st.integers(95, 99), st.sampled_from(["", "night", "strike"])), min_size=1, max_size=3),
    low=st.integers(0, 40),
)
def test_the_named_clauses_leave_what_is_told_and_none_of_them_is_named_in_vain(
    numbers: list[tuple[int, int, str]], low: int
) -> None:
    pairs = {
        name: (pair(name, hide, keep, when=when), room(hide, keep), when)
        for name, (hide, keep, when) in zip(("one", "two", "three"), numbers, strict=False)
    }
    found = ranges(policy(*(text for text, _, _ in pairs.values()), shared=(low, MOST)))
    for when in ("", "night", "strike"):
        here = {name: least for name, (_, least, guard) in pairs.items() if guard in ("", when)}
        always = [least for _, least, guard in pairs.values() if not guard]
        least = min(here.values(), default=MOST)
        told = [one for one in found if one.situation == ((when,) if when else ())]
        if least >= MOST or (when and least >= min(always, default=MOST)):
            assert not told
        elif least >= low:
            (one,) = told
            named = {name for name in here if f"hide-{name}" in one.clauses}
            assert one.feasible == (low, least)
            assert len(named) == 1 and {here[name] for name in named} == {least}
            assert len(one.clauses) == 2
