"""Every goal, every `over`, every addition and every claim on worlds of a few items."""

from __future__ import annotations

import sys
from dataclasses import replace
from fractions import Fraction
from pathlib import Path
from typing import Any

import pytest

sys.path.insert(0, str(Path(__file__).parent))

from judging import binds, follows, meets, obtainable, unmet_presuppositions

from unlearn_spec.policy.clauses import Closeness, RevealsWhen
from unlearn_spec.policy.load import load_text
from unlearn_spec.policy.model import Guarantee, Policy
from unlearn_spec.spec.reference import Judge, Rate, Removal, Unmentioned, World, broken_axioms, reading

F = Fraction

HEAD = """
unlearn_spec: "1.0"
policy: {id: tiny, version: 1}
clock: {starts: request}
information:
  text: {kind: examples}
  facts: {kind: facts, built_from: text}
people: {public: {}, partners: {}}
artifacts:
  base: {kind: model, trained_on: [text], seen_by: {public: weights}}
  small: {kind: model, derived_from: base, seen_by: {public: product}}
  tiny: {kind: adapter, derived_from: small, seen_by: {public: product}}
  desk: {kind: service, serves_from: [index, cache], seen_by: {public: product}}
  index: {kind: index, holds: [text], seen_by: {public: product}}
  cache: {kind: cache, seen_by: {public: product}}
  store: {kind: dataset, holds: [text], seen_by: {public: product}}
situations: [hold, order, appeal]
parties: {obligor: acme}
controls: {acme: [base]}
methods:
  filter: {reaches: product}
  tune: {reaches: weights, guarantee: {epsilon: "0.5", delta: "1%"}, not_on: [small]}
"""
ITEMS = {f"q{n}": frozenset({"facts"}) for n in range(4)} | {"t": frozenset({"text"}), "other": frozenset()}
TRACES = frozenset({("text", m) for m in ("base", "small", "tiny")})
HALF = F(1, 2)


def policy(*clauses: str, claims: str = "") -> Policy:
    text = HEAD + "clauses:\n" + "".join(
        f"  - {each}\n" for each in clauses or ("{id: c, goal: ban, methods: [tune]}",))
    return load_text(text + (f"claims:\n  - {claims}\n" if claims else "")).policy


def rates(
    kind: Any, *values: F, m: str = "base", access: Any = "api", asked: str = "direct", **other: Any
) -> dict[Rate, F]:
    return {Rate(kind, f"q{n}", m, access, asked, **other): value for n, value in enumerate(values)}


def met(clause: str, world: World, **options: Any) -> bool:
    whole = policy(clause)
    return meets(whole, whole.clauses[0], world, **options)


SCOPE = "scope: {artifacts: [base], access: api, asked: direct}"


def hide(over: str, limit: str, more: str = "") -> str:
    return f"{{id: c, goal: suppress, target: facts, {SCOPE}, over: {over}, limit: {{at_most: {limit!r}}}{more}}}"


def retain(over: str, limit: str, more: str = "") -> str:
    return f"{{id: c, goal: retain, target: facts, {SCOPE}, over: {over}, limit: {{{limit}}}{more}}}"


def test_each_at_most_and_each_at_least_half_at_once() -> None:
    at = World(ITEMS, rates("x_sup", *[HALF] * 4) | rates("x_inf", *[HALF] * 4))
    assert met(hide("each", "50%"), at) and met(retain("each", 'at_least: "50%"'), at)
    assert broken_axioms(policy(), replace(at, influenced=TRACES)) == ()
    up, down = F(1, 10**40), -F(1, 10**40)
    assert not met(hide("each", "50%"), replace(at, rates={**at.rates, **rates("x_sup", HALF + up)}))
    assert not met(retain("each", 'at_least: "50%"'), replace(at, rates={**at.rates, **rates("x_inf", HALF + down)}))


def test_over_mean_each_and_share_differ() -> None:
    world = World(ITEMS, rates("x_sup", F(0), F(0), F(0), F(1)))  # mean 25 %, three of four at 0
    assert met(hide("mean", "25%"), world) and not met(hide("mean", "24%"), world)
    assert met(hide("{share: '75%'}", "0%"), world) and not met(hide("{share: '76%'}", "0%"), world)
    assert not met(hide("each", "25%"), world) and met(hide("each", "100%"), world)


def test_open_over_is_the_mean() -> None:
    clause = f"{{id: c, goal: suppress, target: facts, {SCOPE}, limit: {{at_most: '25%'}}}}"
    assert met(clause, World(ITEMS, rates("x_sup", F(0), F(0), F(0), F(1))))


def test_retain_within_before_forbids_falls_and_not_rises() -> None:
    within = 'within: "10%", of: before'
    before = rates("x_inf", HALF, HALF, HALF, HALF, when="before")
    fall = World(ITEMS, before | rates("x_inf", F(1, 10), HALF, HALF, HALF))  # 0.4 of 4: exactly 10 % on average
    assert met(retain("mean", within), fall) and not met(retain("each", within), fall)
    assert met(retain("{share: '75%'}", within), fall) and not met(retain("{share: '80%'}", within), fall)
    rise = World(ITEMS, before | rates("x_inf", F(1), F(1), F(1), F(1)))
    assert met(retain("each", within), rise) and met(retain("mean", within), rise)
    assert not met(retain("mean", within), replace(fall, rates={**fall.rates, **rates("x_inf", F(0))}))


def test_refusing_and_not_refusing() -> None:
    refuse = f"{{id: c, goal: refuse, target: facts, {SCOPE}, over: mean, limit: {{at_least: '90%'}}}}"
    assert met(refuse, World(ITEMS, rates("y_sup", *[F(1, 10)] * 4)))
    assert not met(refuse, World(ITEMS, rates("y_sup", *[F(1, 10)] * 3, F(11, 100))))
    answering = retain("each", "at_least: '90%'", ", reveals_when: {metric: not_refusal}")
    assert met(answering, World(ITEMS, rates("y_inf", *[F(9, 10)] * 4, reading="")))
    with pytest.raises(Unmentioned):
        met(answering, World(ITEMS, rates("x_inf", *[F(1)] * 4, reading="")))


def test_rectify_needs_the_new_statement_and_not_the_old() -> None:
    clause = f"{{id: c, goal: rectify, target: facts, {SCOPE}, over: each, limit: {{at_least: '90%', at_most: '1%'}}}}"
    new, old = rates("z_inf", *[F(9, 10)] * 4), rates("x_sup", *[F(1, 100)] * 4)
    assert met(clause, World(ITEMS, new | old))
    assert not met(clause, World(ITEMS, new | rates("x_sup", *[F(2, 100)] * 4)))
    assert not met(clause, World(ITEMS, rates("z_inf", *[F(8, 10)] * 4) | old))


def test_a_clause_needs_the_very_rate_it_speaks_of() -> None:
    for other in ({"access": "product"}, {"asked": "adversarial"}, {"reading": "metric=exact"}, {"about": "process"}):
        with pytest.raises(Unmentioned):
            met(hide("mean", "50%"), World(ITEMS, rates("x_sup", *[F(0)] * 4, **other)))
    expected = World(ITEMS, rates("x_sup", *[F(0)] * 4, about="process"))
    assert met(hide("mean", "50%", ", about: process"), expected)


def test_in_context_is_a_place_of_its_own() -> None:
    clause = hide("mean", "0%").replace("asked: direct", "asked: in_context")
    world = World(ITEMS, rates("x_sup", *[F(0)] * 4, asked="in_context") | rates("x_sup", *[F(1)] * 4))
    assert met(clause, world) and broken_axioms(policy(), replace(world, influenced=TRACES)) == ()


def test_influence_is_the_atom_itself() -> None:
    clause = ("{id: c, goal: remove, target: text, scope: {artifacts: [base]}, measure: influence, "
              "limit: {epsilon: '0.5', delta: '1%', compared_with: retrain_without}}")
    stated = Removal("text", "base", HALF, F(1, 100))
    assert met(clause, World(ITEMS, removals=frozenset({stated})))
    for other in (replace(stated, compared_with="retrain_then_same_steps"), replace(stated, artifact="small"),
                  replace(stated, target="facts"), replace(stated, epsilon=F(0))):
        assert not met(clause, World(ITEMS, removals=frozenset({other})))
    # AX1, not the clause, makes the atom at (0, 0) imply the one at (1/2, 1 %)
    closer = World(ITEMS, removals=frozenset({replace(stated, epsilon=F(0))}), used=frozenset({("tune", "base")}))
    assert "AX1" in broken_axioms(policy(clause), closer)


def test_derivatives_are_reached_only_where_the_scope_says_so() -> None:
    clause = hide("mean", "10%").replace("[base]", "[base+derived]")
    quiet = World(ITEMS, rates("x_sup", *[F(0)] * 4) | rates("x_sup", *[F(0)] * 4, m="small")
                  | rates("x_sup", *[F(1)] * 4, m="tiny"))
    assert met(hide("mean", "10%"), quiet) and not met(clause, quiet)
    assert met(clause, replace(quiet, rates={**quiet.rates, **rates("x_sup", *[F(0)] * 4, m="tiny")}))
    assert not met(clause.replace("base+derived", "small+derived"), quiet)


def test_no_artifacts_named_promise_least() -> None:
    clause = hide("mean", "10%").replace("artifacts: [base], ", "")
    world = World(ITEMS, rates("x_sup", *[F(1)] * 4) | rates("x_sup", *[F(0)] * 4, m="small"))
    assert met(clause, world)
    loud = {rate: value for m in ("base", "small", "tiny", "desk") for rate, value in rates("x_sup", *[F(1)] * 4, m=m).items()}
    assert not met(clause, World(ITEMS, loud))


def test_deadlines_and_means() -> None:
    quiet = rates("x_sup", *[F(0)] * 4)
    clause = hide("mean", "10%", ", by: '10 days', using: [filter, tune]")
    done = World(ITEMS, quiet, finish={"base": F(10)}, used=frozenset({("tune", "base")}))
    assert met(clause, done)
    assert not met(clause, replace(done, finish={"base": F(10) + F(1, 24)}))
    assert not met(clause, replace(done, used=frozenset({("tune", "small")})))
    finish = "{id: c, goal: finish, scope: {artifacts: [base]}, by: '10 days'}"
    assert met(finish, done) and not met(finish, replace(done, finish={"base": F(11)}))


def test_a_certificate_needs_a_guarantee_as_close_on_an_artifact_that_can_be_treated() -> None:
    def clause(epsilon: str, m: str = "base") -> str:
        return (f"{{id: c, goal: remove, target: text, scope: {{artifacts: [{m}]}}, measure: influence, "
                f"limit: {{epsilon: '{epsilon}', delta: '1%', compared_with: retrain_without}}, "
                "evidence: {kind: certificate, record: proof}}")
    atoms = frozenset(Removal("text", m, e, F(1, 100)) for m in ("base", "small") for e in (F(2, 5), HALF))
    tuned = World(ITEMS, removals=atoms, used=frozenset({("tune", "base"), ("tune", "small")}))
    assert met(clause("0.5"), tuned) and not met(clause("0.4"), tuned)
    assert met(clause("0.4"), tuned, without=("AX15",))
    assert not met(clause("0.5", "small"), tuned)  # `tune` cannot treat it
    assert not met(clause("0.5"), replace(tuned, used=frozenset({("filter", "base")})))


def test_stores() -> None:
    delete = "{id: c, goal: delete, target: text, scope: {artifacts: [store, index]}, by: '30 days'}"
    keep = "{id: c, goal: keep, target: text, scope: {artifacts: [store]}, until: '30 days'}"
    day30 = World(ITEMS, kept={("t", "store"): F(30), ("t", "index"): F(0)})
    assert met(delete, day30) and met(keep, day30)
    assert not met(delete, replace(day30, kept={("t", "store"): F(30), ("t", "index"): F(31)}))
    with pytest.raises(Unmentioned):
        met(delete, replace(day30, kept={("t", "store"): F(30)}))


def test_destroyed_copies_answer_nothing_and_others_are_untouched() -> None:
    destroy = "{id: c, goal: destroy, scope: {artifacts: [base]}}"
    world = World(ITEMS, rates("x_inf", *[F(0)] * 4) | rates("x_inf", *[F(1)] * 4, m="small"),
                  destroyed=frozenset({"base"}))
    assert met(destroy, world) and not met(destroy.replace("base", "small"), world)
    timed = destroy[:-1] + ", by: '30 days'}"
    assert met(timed, replace(world, finish={"base": F(30)})) and not met(timed, replace(world, finish={"base": F(31)}))
    assert not met(retain("mean", "at_least: '1%'"), world)
    assert met(retain("mean", "at_least: '100%'").replace("[base]", "[small]"), world)
    assert broken_axioms(policy(), replace(world, influenced=TRACES)) == ()


def test_an_index_serves_nothing_to_anyone_who_asks_it() -> None:
    clause = "{id: c, goal: de_index, target: text, scope: {artifacts: [index]}}"
    world = World(ITEMS, served={("desk", "index", "t"): F(0), ("desk", "cache", "t"): F(1)})
    assert met(clause, world) and not met(clause.replace("[index]", "[index, cache]"), world)


def test_goals_without_numbers() -> None:
    world = World(ITEMS, excluded=frozenset({"text"}), governed=frozenset({"c"}), used=frozenset({("tune", "base")}))
    assert met("{id: c, goal: exclude_future, target: text}", world)
    assert not met("{id: c, goal: exclude_future, target: facts}", world)
    assert met("{id: c, goal: govern, measures: [terms]}", world)
    assert not met("{id: d, goal: govern, measures: [terms]}", world)
    everywhere = ", scope: {artifacts: [base, small, index]}}"
    assert met("{id: c, goal: ban, methods: [filter]" + everywhere, world)
    assert not met("{id: c, goal: ban, methods: [tune]" + everywhere, world)
    assert met("{id: c, goal: ban, methods: [tune]}", world)  # where, is open: some artifact is spared
    assert met("{id: c, goal: ban, methods: [tune], scope: {artifacts: [small]}}", world)


def test_what_is_to_be_used_is_used_for_whatever_goal() -> None:
    clause = "{id: c, goal: exclude_future, target: text, scope: {artifacts: [base]}, using: [tune]}"
    world = World(ITEMS, excluded=frozenset({"text"}))
    assert not met(clause, world) and met(clause, replace(world, used=frozenset({("tune", "base")})))


def test_evidence_of_a_clause_that_names_no_artifact_is_had_of_one() -> None:
    clause = hide("mean", "10%", ", evidence: {kind: test, needs_raw_data: true, samples: 40}").replace("artifacts: [base], ", "")
    world = World(ITEMS, finish={m: F(9) for m in ("base", "small", "tiny", "desk")}, kept={("t", m): F(8) for m in ("store", "index")})
    whole = policy(clause)
    assert not obtainable(whole, whole.clauses[0], world)
    assert obtainable(whole, whole.clauses[0], replace(world, finish={**world.finish, "tiny": F(8)}))


def test_a_unit_is_counted_by_the_size_of_the_set() -> None:
    info = policy().information["text"].model_copy(update={"unit": "record", "other_units": {"record": 1, "person": 2}})
    whole = policy().model_copy(update={"information": {**policy().information, "text": info}})
    judge = Judge(whole, World({f"t{n}": frozenset({"text"}) for n in range(3)}))
    limit = Closeness(epsilon=F(1), delta=F(0))
    told = {per: judge.covers(Guarantee(epsilon=HALF, delta=F(0), per=per), "text", limit) for per in (None, "record", "person", "page")}
    assert told == {None: True, "record": False, "person": True, "page": False}


def test_an_overridden_clause_binds_again_when_what_overrides_it_is_overridden() -> None:
    whole = policy(
        "{id: erase, goal: delete, target: text, scope: {artifacts: [store]}, by: '1 days'}",
        "{id: keep, goal: keep, target: text, scope: {artifacts: [store], when: hold}, until: '9 days', "
        "overrides: [erase]}",
        "{id: end, goal: delete, target: text, scope: {artifacts: [store], when: {all: [order, {not: appeal}]}}, "
        "by: '2 days', overrides: [keep]}",
    )
    table = {(): "erase", ("hold",): "keep", ("hold", "order"): "erase end", ("hold", "order", "appeal"): "keep",
             ("order",): "erase end", ("appeal",): "erase"}
    for situations, binding in table.items():
        world = World(ITEMS, situations=frozenset(situations))
        assert " ".join(each.id for each in whole.clauses if binds(whole, each, world)) == binding


def test_any_of_several_situations() -> None:
    whole = policy("{id: c, goal: delete, target: text, scope: {artifacts: [store], when: {any: [hold, order]}}, "
                   "by: '1 days'}")
    bound = [binds(whole, whole.clauses[0], World(ITEMS, situations=frozenset(s))) for s in ((), ("hold",), ("order",))]
    assert bound == [False, True, True]


def test_a_released_copy_is_presupposed_called_back() -> None:
    at = "scope: {artifacts: [base], access: weights, asked: direct, audience: public}"
    whole = policy(hide("mean", "1%").replace(SCOPE, at), hide("mean", "1%", "").replace(
        SCOPE, at.replace("weights", "api")).replace("id: c", "id: d"))
    deep, shallow = whole.clauses
    world = World(ITEMS, acted_on=frozenset({"base"}), controls=frozenset({("acme", "base")}),
                  influenced=TRACES)
    assert unmet_presuppositions(whole, deep, world) == ("AX4",) and unmet_presuppositions(whole, shallow, world) == ()
    back = replace(world, recalled=frozenset({("base", "public")}))
    assert unmet_presuppositions(whole, deep, back) == () and broken_axioms(whole, back) == ("AX4",)
    assert unmet_presuppositions(whole, deep, World(ITEMS)) == ("AX4", "C1")


def said(claim: str, world: World, *clauses: str) -> bool:
    whole = policy(*clauses, claims=claim)
    return follows(whole, whole.claims[0], world)


def test_claims_of_removal() -> None:
    influence = "{id: s, says: influence_removed, of: text, in: [base]}"
    assert said(influence, World(ITEMS)) and not said(influence, World(ITEMS, influenced=frozenset({("text", "base")})))
    close = "{id: s, says: influence_removed, of: text, in: [base], epsilon: '0.5'}"
    never = "{id: s, says: as_if_never_trained, of: text, in: [base]}"
    atom = Removal("text", "base", HALF, F(0))
    assert said(close, World(ITEMS, removals=frozenset({atom}))) and not said(close, World(ITEMS))
    assert not said(never, World(ITEMS, removals=frozenset({atom})))
    assert said(never, World(ITEMS, removals=frozenset({replace(atom, epsilon=F(0))})))


def test_claims_of_content() -> None:
    hidden = "{id: s, says: not_revealed, of: facts, in: [base], access: api, asked: direct, at_most: '25%'}"
    average: Any = {"about": "process"}  # no clause speaks of one model
    assert said(hidden, World(ITEMS, rates("x_sup", F(1), F(0), F(0), F(0), **average)))
    assert not said(hidden, World(ITEMS, rates("x_sup", F(1), F(1, 100), F(0), F(0), **average)))
    nothing = "{id: s, says: contains_no_information, of: facts, in: [base]}"
    deepest = rates("x_sup", *[F(0)] * 4, access="finetune", asked="adversarial", **average)
    assert said(nothing, World(ITEMS, deepest))
    deepest |= rates("x_sup", F(1, 10**9), access="finetune", asked="adversarial", **average)
    assert not said(nothing, World(ITEMS, deepest))


def test_a_claim_without_a_reading_speaks_of_every_reading_of_its_set() -> None:
    hidden = "{id: s, says: not_revealed, of: facts, in: [base], access: api, asked: direct, at_most: '25%'}"
    clauses = [hide("mean", "25%", f", reveals_when: {{metric: {metric}}}").replace("id: c", f"id: {metric}")
               for metric in ("exact", "contains")]
    strict, loose = reading(RevealsWhen(metric="exact"), None), "metric=contains"
    assert strict == "metric=exact"
    world = World(ITEMS, rates("x_sup", *[F(0)] * 4, reading=strict) | rates("x_sup", *[HALF] * 4, reading=loose))
    assert not said(hidden, world, *clauses) and said(hidden, world, clauses[0])
    assert said(hidden.replace("at_most", "reveals_when: {metric: exact}, at_most"), world, *clauses)


def test_a_claim_speaks_of_the_process_or_the_model_as_the_clauses_do() -> None:
    hidden = "{id: s, says: not_revealed, of: facts, in: [base], access: api, asked: direct, at_most: '25%'}"
    of_model, of_process = hide("mean", "25%"), hide("mean", "25%", ", about: process").replace("id: c", "id: d")
    world = World(ITEMS, rates("x_sup", *[F(0)] * 4) | rates("x_sup", *[HALF] * 4, about="process"))
    assert said(hidden, world, of_model) and not said(hidden, world, of_process) and not said(hidden, world, of_model, of_process)


def test_nothing_else_changed_is_about_every_item_of_the_rest() -> None:
    claim = "{id: s, says: nothing_else_changed, in: [base], within: '2%'}"
    def rest(now: str, before: str = "0.5") -> World:
        known = Rate("x_inf", "other", "base", "api", "direct", about="process")  # no clause speaks of one model
        return World(ITEMS, {known: F(now), replace(known, when="before", about="model"): F(before)})
    assert said(claim, rest("0.48")) and said(claim, rest("1")) and not said(claim, rest("0.479"))
    assert said(claim, World({}))  # there is no rest
    with pytest.raises(Unmentioned):
        said(claim, World(ITEMS))


def test_what_a_reading_is_about_is_as_its_own_clauses_say() -> None:
    """One clause reads exactly and of the model, one loosely and of the process: the claim speaks of these two."""
    hidden = "{id: s, says: not_revealed, of: facts, in: [base], access: api, asked: direct, at_most: '25%'}"
    exact = hide("mean", "25%", ", reveals_when: {metric: exact}")
    loose = hide("mean", "25%", ", about: process, reveals_when: {metric: contains}").replace("id: c", "id: d")
    refuse = f"{{id: e, goal: refuse, target: facts, {SCOPE}, over: mean, limit: {{at_least: '90%'}}}}"
    quiet: Any = [F(0)] * 4
    told = rates("x_sup", *quiet, reading="metric=exact") | rates("x_sup", *quiet, reading="metric=contains", about="process")
    assert said(hidden, World(ITEMS, told), exact, loose, refuse)
    assert said(hidden, World(ITEMS, rates("x_sup", *quiet)), refuse)  # nothing else is read: by its decoding alone


def test_uses_are_a_proposition_of_their_own() -> None:
    claim = "{id: s, says: no_harmful_use, of: facts}"
    assert said(claim, World(ITEMS, harmless=frozenset({"facts"}))) and not said(claim, World(ITEMS))
