"""Whether the declared evidence can decide a clause: the arithmetic, and the repairs applied."""

import json
import math
from fractions import Fraction

import pytest
import yaml
from hypothesis import given, settings
from hypothesis import strategies as st

from unlearn_spec.logic.process import one_run_rules
from unlearn_spec.plan.allocation import allocated_alpha, registered_facts
from unlearn_spec.policy.load import load_text
from unlearn_spec.rules.testability import testability_findings as findings_of

GREEDY = {"method": "greedy"}


def policy(*clauses, size=40, head=None, status="draft"):
    return {
        "unlearn_spec": "1.0",
        "policy": {"id": "p", "version": 1, **(head or {})},
        "information": {"diary": {"kind": "facts", "size": size, "unit": "question"}},
        "artifacts": {
            "assistant": {"kind": "model", "seen_by": {"public": "product"}},
            "mini": {"kind": "model", "derived_from": "assistant", "seen_by": {"public": "product"}},
        },
        "clauses": list(clauses),
    }


def clause(goal="suppress", limit=None, evidence=None, over="mean", artifacts=("assistant",), id="it", **more):
    scope = {"artifacts": list(artifacts), "access": more.pop("access", "api"), "asked": "direct"}
    scope["decoding"] = more.pop("decoding", GREEDY)
    return {
        "id": id,
        "goal": goal,
        "target": "diary",
        "scope": scope,
        "over": over,
        "limit": limit or {"at_most": "1%"},
        "reveals_when": {"metric": "contains"},
        **({"evidence": {"kind": "test", **evidence}} if evidence else {}),
        **more,
    }


def test(data):
    return findings_of(load_text(json.dumps(data)))


test.__test__ = False
findings_of.__test__ = False


def codes(data):
    """What is found, power aside: most tests here are as small as their point allows."""
    return [finding.code for finding in test(data) if finding.code != "T003"]


CERTIFY = {"access": "api", "population": "wider", "confidence": "95%", "decide": "certify"}
REFUTE = {**CERTIFY, "decide": "not_refuted"}


# --- α ---------------------------------------------------------------------------------------------------------------


def loaded(data):
    return load_text(json.dumps(data)).policy


def test_alpha_is_shared_over_every_tested_clause_and_artifact():
    two = clause(evidence={**CERTIFY, "confidence": "95%"}, artifacts=("assistant+derived",), id="two")
    strict = clause(evidence={**CERTIFY, "confidence": "99.9%"}, id="strict")
    untested = clause(id="untested")
    shared = loaded(policy(two, strict, untested, head={"confidence": "95%"}))
    assert registered_facts(shared) == 3
    assert allocated_alpha(shared) == {"two": Fraction(1, 60), "strict": Fraction(1, 1000)}
    alone = loaded(policy(two, strict))
    assert allocated_alpha(alone) == {"two": Fraction(1, 20), "strict": Fraction(1, 1000)}


def test_without_any_confidence_there_is_no_alpha_and_no_finding():
    evidence = {key: value for key, value in CERTIFY.items() if key != "confidence"}
    data = policy(clause(evidence={**evidence, "samples": 2}))
    assert allocated_alpha(loaded(data)) == {}
    assert codes(data) == []


@given(
    st.lists(st.tuples(st.integers(1, 2), st.integers(80, 999)), min_size=1, max_size=6),
    st.integers(500, 999),
)
@settings(max_examples=40, deadline=None)
def test_all_registered_facts_hold_together_at_the_policys_confidence(tests, family):
    clauses = [
        clause(
            id=f"c{i}", artifacts=("assistant", "mini")[:many],
            evidence={**CERTIFY, "confidence": f"{own / 10:.1f}%"},
        )
        for i, (many, own) in enumerate(tests)
    ]  # fmt: skip
    shared = loaded(policy(*clauses, head={"confidence": f"{family / 10:.1f}%"}))
    alphas = allocated_alpha(shared)
    spent = sum(alphas[f"c{i}"] * many for i, (many, _) in enumerate(tests))
    assert spent <= 1 - Fraction(family, 1000)


# --- T001 ------------------------------------------------------------------------------------------------------------


def test_the_documented_example():
    (found,) = test(policy(clause(limit={"at_most": "0.1%"}, evidence={**CERTIFY, "samples": 40})))
    assert found.code == "T001"
    assert "0 failures in 40 samples shows only ≤ 7.22%; needs 2,995 samples or a limit ≥ 7.22%" in found.message
    assert [(fix.snippet, fix.verified) for fix in found.fixes] == [
        ("samples: 2995", True),
        ('at_most: "7.22%"', True),
    ]
    assert found.axioms == ("AX11",)


@pytest.mark.parametrize(
    ("goal", "limit", "word"),
    [
        ("suppress", {"at_most": "3%"}, "at_most"),
        ("refuse", {"at_least": "97%"}, "at_least"),
        ("retain", {"at_least": "97%"}, "at_least"),
        ("retain", {"within": "3%", "of": "before"}, "within"),
    ],
)
@given(samples=st.integers(1, 98), confidence=st.sampled_from(["90%", "95%", "99%"]))
@settings(max_examples=10, deadline=None)
def test_every_printed_repair_mends_the_clause(goal, limit, word, samples, confidence):
    evidence = {**CERTIFY, "samples": samples, "confidence": confidence}
    found = [finding for finding in test(policy(clause(goal, limit, evidence))) if finding.code != "T003"]
    alpha = 1 - Fraction(confidence[:-1]) / 100
    needed = math.ceil(math.log(alpha) / math.log(0.97))
    assert [finding.code for finding in found] == (["T001"] if samples < needed else [])
    for finding in found:
        assert len(finding.fixes) == 2 and all(fix.verified for fix in finding.fixes)
        for fix in finding.fixes:
            change = yaml.safe_load(fix.snippet)
            if "samples" in change:
                assert change["samples"] == needed
                mended = clause(goal, limit, {**evidence, **change})
            else:
                assert set(change) == {word}
                mended = clause(goal, {**limit, **change}, evidence)
            assert codes(policy(mended)) == []


def test_the_share_of_the_policys_confidence_counts():
    lone = clause(limit={"at_most": "1%"}, evidence={**CERTIFY, "samples": 299})
    assert codes(policy(lone, head={"confidence": "95%"})) == []
    twin = clause(limit={"at_most": "1%"}, evidence={**CERTIFY, "samples": 299}, artifacts=("assistant", "mini"))
    (found,) = test(policy(twin, head={"confidence": "95%"}))
    assert "α = 5% / 2 registered facts = 2.5%" in found.why[0]
    assert "needs 368 samples" in found.message


def test_no_sample_shows_a_limit_of_zero():
    (found,) = test(policy(clause(limit={"at_most": "0%"}, evidence={**CERTIFY, "samples": 5000})))
    assert "no number of samples" in found.message
    assert all("samples" not in fix.snippet for fix in found.fixes)


@pytest.mark.parametrize("confidence", ["0%", "100%"])
def test_a_confidence_that_no_sample_has(confidence):
    assert codes(policy(clause(evidence={**CERTIFY, "samples": 500, "confidence": confidence}))) == ["T001"]


def test_a_full_list_is_still_a_sample_for_the_mean():
    listed = {**CERTIFY, "population": "these_items", "samples": 40}
    assert codes(policy(clause(limit={"at_most": "1%"}, evidence=listed))) == ["T001"]
    del listed["samples"]
    assert codes(policy(clause(limit={"at_most": "1%"}, evidence=listed))) == ["T001"]
    (found,) = test(policy(clause(limit={"at_most": "1%"}, evidence=listed)))
    assert "from a wider population: the set has 40 items" in found.fixes[0].text
    assert found.fixes[0].snippet.endswith(", population: wider") and "{" not in found.fixes[0].snippet  # beside what is there


def test_each_item_needs_draws_of_its_own():
    sampled = {"decoding": {"method": "sample", "temperature": "1", "samples": 100}}
    listed = {**CERTIFY, "population": "these_items"}
    per_item = math.ceil(math.log(0.05 / 40) / math.log(0.9))
    few = clause(over="each", limit={"at_most": "10%"}, evidence={**listed, "samples": 40 * per_item - 1}, **sampled)
    (found,) = test(policy(few))
    assert f"needs {per_item} an item, {40 * per_item:,} samples in all" in found.message
    enough = clause(over="each", limit={"at_most": "10%"}, evidence={**listed, "samples": 40 * per_item}, **sampled)
    assert codes(policy(enough)) == []


def test_one_draw_settles_an_item_where_nothing_is_random():
    listed = {**CERTIFY, "population": "these_items"}
    every = clause(over="each", limit={"at_most": "10%"}, evidence={**listed, "samples": 40})
    assert codes(policy(every)) == []
    (found,) = test(policy(clause(over="each", limit={"at_most": "10%"}, evidence={**listed, "samples": 39})))
    assert "39 samples cannot cover each of 40 items" in found.message
    wider = clause(over="each", limit={"at_most": "10%"}, evidence={**CERTIFY, "samples": 4000})
    (found,) = test(policy(wider))
    assert "no list of them" in found.message


def test_a_share_of_items():
    greedy = clause(over={"share": "95%"}, limit={"at_most": "10%"}, evidence={**CERTIFY, "samples": 59})
    assert codes(policy(greedy)) == []  # 0 of 59 shows that under 5% of items fail
    greedy["evidence"]["samples"] = 58
    assert codes(policy(greedy)) == ["T001"]
    sampled = clause(
        over={"share": "95%"},
        limit={"at_most": "10%"},
        evidence={**CERTIFY, "samples": 597},
        decoding={"method": "sample", "temperature": "1"},
    )
    assert codes(policy(sampled)) == ["T001"]  # 5% × 10% = 0.5% of the draws: 598
    sampled["evidence"]["samples"] = 598
    assert codes(policy(sampled)) == []


def test_a_complete_count_has_no_error_of_chance():
    listed = {**CERTIFY, "access": "logprobs", "population": "these_items"}
    share = clause(over={"share": "95%"}, limit={"at_most": "10%"}, evidence=listed, access="logprobs")
    assert codes(policy(share)) == []
    share["evidence"]["samples"] = 39
    assert codes(policy(share)) == ["T001"]
    computed = {"metric": "extraction_probability", "at_least": "50%"}
    assert (
        codes(policy(clause(limit={"at_most": "1%"}, evidence=listed, access="logprobs", reveals_when=computed))) == []
    )


def test_both_bounds_of_a_correction_share_alpha():
    limit = {"at_least": "90%", "at_most": "1%"}
    assert codes(policy(clause("rectify", limit, {**CERTIFY, "samples": 299}))) == ["T001"]
    assert codes(policy(clause("rectify", limit, {**CERTIFY, "samples": 368}))) == []


def test_looks_on_the_way_cost_half_of_alpha():
    early = {**CERTIFY, "stop": "anytime"}
    assert codes(policy(clause(limit={"at_most": "1%"}, evidence={**early, "samples": 299}))) == ["T001"]
    assert "T001" not in codes(policy(clause(limit={"at_most": "1%"}, evidence={**early, "samples": 368})))


def test_one_model_never_certifies_a_process():
    (found,) = test(policy(clause(evidence={**CERTIFY, "samples": 10_000}, about="process")))
    assert found.code == "T001" and "one trained model" in found.message


# --- T002 ------------------------------------------------------------------------------------------------------------


def test_everything_failing_must_refute():
    limit = {"at_least": "10%"}
    (found,) = test(policy(clause("retain", limit, {**REFUTE, "samples": 20})))
    assert found.code == "T002" and "even 20 misses of 20 samples" in found.message
    needed = math.floor(math.log(0.05) / math.log(0.9)) + 1
    assert found.fixes[0].snippet == f"samples: {needed}"
    assert codes(policy(clause("retain", limit, {**REFUTE, "samples": needed}))) == []
    assert codes(policy(clause("retain", limit, {**REFUTE, "samples": needed - 1}))) == ["T002"]


def test_a_limit_that_allows_everything_cannot_be_refuted():
    assert codes(policy(clause(limit={"at_most": "100%"}, evidence={**REFUTE, "samples": 4000}))) == ["T002"]


def test_one_run_refutes_an_expected_rate_only_above_a_rate_fixed_beforehand():
    def about_process(**more):
        return policy(clause(limit={"at_most": "1%"}, about="process", evidence={**REFUTE, "samples": 400, **more}))

    (found,) = test(about_process())
    assert found.code == "T002" and "refute_at" in found.message
    assert codes(about_process(refute_at="20%")) == ["T002"]  # 1% / 20% = 5% uses up the error
    assert codes(about_process(refute_at="40%")) == []


def test_the_cost_of_one_run_is_set_aside_before_alpha_is_shared_out():
    evidence = {**REFUTE, "samples": 400, "refute_at": "40%"}
    one_run = clause(limit={"at_most": "1%"}, about="process", evidence=evidence, id="one")
    other = clause(limit={"at_most": "5%"}, evidence={**CERTIFY, "samples": 400}, id="two")
    shared = loaded(policy(one_run, other, head={"confidence": "95%"}))
    alphas = allocated_alpha(shared)
    rules = sum(rule.error for rule in one_run_rules(shared).values())
    assert 0 < rules < Fraction(1, 20)
    assert sum(alphas.values()) + rules == Fraction(1, 20)
    assert codes(policy(one_run, other, head={"confidence": "95%"})) == []
    assert codes(
        policy({**one_run, "evidence": {**one_run["evidence"], "refute_at": "20%"}}, head={"confidence": "95%"})
    ) == ["T002"]


# --- T004, T005 ------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("population", ["these_items", None])
def test_more_samples_than_items(population):
    evidence = {**CERTIFY, "samples": 412}
    evidence = (
        {**evidence, "population": population}
        if population
        else {k: v for k, v in evidence.items() if k != "population"}
    )
    (found,) = test(policy(clause(evidence=evidence)))
    assert found.code == "T004" and "412 distinct samples from a set of 40" in found.message
    assert found.spans[1].label == "diary has no more"
    for fix in found.fixes:
        change = yaml.safe_load(fix.snippet)
        assert "T004" not in codes(policy(clause(evidence={**evidence, **change})))


def test_declared_repeats_are_draws():
    evidence = {**CERTIFY, "population": "these_items", "samples": 400}
    random = {"method": "sample", "temperature": "1", "samples": 10}
    assert codes(policy(clause(evidence=evidence, decoding=random))) == []
    assert codes(policy(clause(evidence=evidence, decoding={**GREEDY, "samples": 10}))) == ["T004"]


@pytest.mark.parametrize(
    ("goal", "decide", "seen", "speaks_of", "weak"),
    [
        ("suppress", "certify", "product", "logprobs", True),
        ("suppress", "certify", "weights", "logprobs", False),
        ("suppress", "not_refuted", "product", "logprobs", False),
        ("suppress", "not_refuted", "weights", "logprobs", True),
        ("suppress", "certify", "api", "api", False),
        ("retain", "not_refuted", "api", "product", True),
        ("retain", "certify", "product", "api", True),
        ("refuse", "certify", "weights", "api", True),
        ("retain", "certify", "api", "api", False),
    ],
)
def test_the_direction_of_access(goal, decide, seen, speaks_of, weak):
    limit = {"at_most": "50%"} if goal == "suppress" else {"at_least": "50%"}
    evidence = {**CERTIFY, "access": seen, "decide": decide, "samples": 500}
    found = test(policy(clause(goal, limit, evidence, access=speaks_of)))
    assert [finding.code for finding in found] == (["T005"] if weak else [])
    for finding in found:
        assert finding.fixes[0].verified
        change = yaml.safe_load(finding.fixes[0].snippet)["evidence"]
        assert codes(policy(clause(goal, limit, {**evidence, **change}, access=speaks_of))) == []


@pytest.mark.parametrize("seen", ["product", "logprobs"])
def test_where_a_measurement_reads_deeper_than_its_clause_speaks_of_both_have_to_change(seen):
    """Through the product the measurement gets nothing to read; through log-probabilities nothing is refuted about the product."""
    reading, limit = {"metric": "extraction_probability", "at_least": "1%"}, {"at_most": "50%"}
    evidence = {**CERTIFY, "access": seen, "decide": "not_refuted", "samples": 500}
    (found,) = test(policy(clause(limit=limit, evidence=evidence, access="product", reveals_when=reading)))
    (fix,) = found.fixes
    assert (fix.text, fix.verified) == ("a clause about logprobs, and a test through logprobs", True)
    change = yaml.safe_load(fix.snippet)
    mended = clause(limit=limit, evidence={**evidence, **change["evidence"]}, access=change["scope"]["access"], reveals_when=reading)
    assert codes(policy(mended)) == []


def test_a_measurement_needs_what_it_reads():
    reading = {"metric": "extraction_probability", "at_least": "1%"}
    data = policy(clause(limit={"at_most": "5%"}, evidence={**CERTIFY, "samples": 500}, reveals_when=reading))
    (found,) = test(data)
    assert found.code == "T005" and "reads logprobs" in found.message


@pytest.mark.parametrize("evidence", [{"quantize": ["int8"]}, {"relearn": {"steps": 3, "learning_rate": "0.01"}}])
@pytest.mark.parametrize("more", [{}, {"decide": "not_refuted"}])
def test_altering_a_copy_takes_access_that_the_clause_has_to_speak_of(evidence, more):
    limit, base = {"at_most": "50%"}, {"kind": "test", "samples": 40, "confidence": "95%", **more}
    (found,) = test(policy(clause("suppress", limit, {**base, **evidence}, access="api")))
    assert found.code == "T005" and "api may show less" in found.message
    scope = yaml.safe_load(found.fixes[0].snippet)["scope"]
    assert codes(policy(clause("suppress", limit, {**base, **evidence}, **scope))) == []


def test_refusals_are_judged_where_they_are_promised():
    reading = {"metric": "not_refusal"}
    evidence = {**CERTIFY, "access": "weights", "samples": 500}
    assert codes(policy(clause(evidence=evidence, reveals_when=reading))) == ["T005"]


# --- T006, T008 ------------------------------------------------------------------------------------------------------


def test_evidence_is_missed_only_in_force():
    assert codes(policy(clause())) == []
    force = {"status": "in_force", "confidence": "95%"}
    data = policy(clause(), head=force)
    data |= {"parties": {"obligor": "acme"}, "controls": {"acme": ["assistant"]}}
    (found,) = test(data)
    assert found.code == "T006" and found.severity == "warning"


def removal(evidence, measure="influence"):
    limits = {"influence": {"epsilon": "0.5", "delta": "1%"}, "membership": {"tpr_at_most": "4%", "at_fpr": "1%"}}
    return {
        "id": "it", "goal": "remove", "target": "diary", "scope": {"artifacts": ["assistant"]}, "measure": measure,
        "about": "process", "limit": limits[measure], "evidence": evidence,
    }  # fmt: skip


@pytest.mark.parametrize(
    ("measure", "evidence", "expected"),
    [
        ("influence", {"access": "api"}, ["T008"]),
        ("influence", {"access": "logprobs"}, ["T008"]),
        ("influence", {"access": "finetune", "relearn": {"steps": 20, "learning_rate": "0.01"}}, []),
        ("influence", {"access": "finetune", "decide": "certify"}, ["T008"]),
        ("influence", {"access": "weights", "quantize": ["int4"]}, []),
        ("influence", {"access": "weights", "inspect": ["head_swap"]}, []),
        ("influence", {"access": "api", "quantize": ["int4"]}, ["T005"]),
        ("membership", {"access": "logprobs"}, []),
        ("membership", {"access": "logprobs", "decide": "certify"}, ["T008"]),
        ("membership", {"access": "api"}, ["T005"]),
    ],
)
def test_a_test_is_no_proof_of_absence(measure, evidence, expected):
    base = {"kind": "test", "samples": 40, "confidence": "95%", "decide": "not_refuted", "refute_at": "90%"}
    assert codes(policy(removal({**base, **evidence}, measure))) == expected
