"""Deliberate faults in the encoding and in the arithmetic of tests: one edit of one function each, to see whether anything notices.

A fault that nothing notices is a finding about the tests, or about a row that is there for nothing.
"""

from __future__ import annotations

import importlib
import inspect
import textwrap
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any


@dataclass(frozen=True)
class Fault:
    name: str
    about: str
    """The axiom, the kind of clause or fact, or `rounding`."""
    function: str
    """`module.function` or `module.Class.function` in `unlearn_spec.logic`, or with another room's name (and a package's) before it."""
    before: str
    after: str


FAULTS: tuple[Fault, ...] = (
    # --- AX1
    Fault(
        "sizes may be negative",
        "AX1",
        "axioms.rates.sizes",
        "(>= {encoder.size(region)} 0)",
        "(>= {encoder.size(region)} (- 9))",
    ),
    Fault("test powers may exceed 1", "AX1", "axioms.closeness.powers", "(<= {symbol} 1)", "(<= {symbol} 9)"),
    Fault("a test may catch fewer than guessing", "AX1", "axioms.closeness.powers", "<= {number(at_fpr)} {symbol}", "<= 0 {symbol}"),
    Fault("more false positives may catch fewer", "AX1", "axioms.closeness.powers", "(<= {low} {high})", "(<= 0 {high})"),
    Fault(
        "weaker closeness implies stronger",
        "AX1",
        "axioms.closeness.weaker_removals",
        "strong.epsilon <= weak.epsilon",
        "strong.epsilon >= weak.epsilon",
    ),
    Fault(
        "weaker closeness not implied",
        "AX1",
        "axioms.closeness.weaker_removals",
        "strong.delta <= weak.delta",
        "strong.delta < 0",
    ),
    Fault(
        "a set may answer more often than asked",
        "AX1",
        "axioms.rates.masses",
        "(<= {mass} {encoder.size(region)})",
        "(<= {mass} (* 2 {encoder.size(region)}))",
    ),
    Fault(
        "a destroyed copy may answer",
        "AX1",
        "axioms.copies.silenced",
        "(= {encoder.mass(rate, region)} 0)",
        "(<= 0 {encoder.mass(rate, region)})",
    ),
    Fault(
        "a destroyed store keeps what it held",
        "AX1",
        "axioms.copies.emptied",
        "(<= {encoder.stored(store, region, 'any')} {encoder.finished(store)})",
        "true",
    ),
    Fault("a store keeps all items longer than any", "AX1", "axioms.copies.kept_and_served", "(<= {first} {last})", "true"),
    Fault(
        "a destroyed index goes on serving",
        "AX1",
        "axioms.copies.cut_off",
        "(= {encoder.served(block.artifact, path, region)} 0)",
        "true",
    ),
    Fault(
        "a fall need not cover the difference",
        "AX1",
        "axioms.rates.fallen",
        "(<= {fall} {encoder.mass(rate, region)})",
        "(<= 0 {encoder.mass(rate, region)})",
    ),
    Fault(
        "a fall may exceed what is left of knowledge",
        "AX1",
        "axioms.rates.fallen",
        "in _never_above_one(encoder, block, rate, now, region)",
        "in ()",
    ),
    # --- AX2
    Fault(
        "counts do not bound the sum from below",
        "AX2",
        "axioms.rates._linked",
        '[f"(<= {least} {part})", f"(<= {part} {most})"]',
        '[f"(<= 0 {part})", f"(<= {part} {most})"]',
    ),
    Fault(
        "counts do not bound the sum from above",
        "AX2",
        "axioms.rates._linked",
        '[f"(<= {least} {part})", f"(<= {part} {most})"]',
        '[f"(<= {least} {part})"]',
    ),
    Fault(
        "items inside a band may lie at its lower end",
        "AX2",
        "axioms.rates._linked",
        "(< {least} {part})",
        "(<= {least} {part})",
    ),
    Fault(
        "items inside a band may lie at its upper end",
        "AX2",
        "axioms.rates._linked",
        "(< {part} {most})",
        "(<= {part} {most})",
    ),
    Fault("counts may grow with the threshold", "AX2", "axioms.rates._linked", "(>= {more} {fewer})", "(>= {more} 0)"),
    Fault(
        "the lowest band is not part of the sum",
        "AX2",
        "axioms.rates._linked",
        "for b in block.bands]",
        "for b in block.bands[1:]]",
    ),
    Fault(
        "at and above confused at a band's ends",
        "AX2",
        "axioms.rates.band_ends",
        "encoder.count(rate, region, high, True)",
        "encoder.count(rate, region, high, False)",
    ),
    # --- AX3
    Fault(
        "deeper access may reveal less",
        "AX3",
        "axioms.rates._under",
        "access_rank(low.access) <= access_rank(high.access)",
        "access_rank(low.access) == access_rank(high.access)",
    ),
    Fault(
        "deeper access reveals at most as much",
        "AX3",
        "axioms.rates._under",
        "access_rank(low.access) <= access_rank(high.access)",
        "access_rank(low.access) >= access_rank(high.access)",
    ),
    Fault(
        "stronger probing may reveal less",
        "AX3",
        "axioms.rates._weaker_probe",
        "PROBES.index(weak) <= PROBES.index(strong)",
        "PROBES.index(weak) == PROBES.index(strong)",
    ),
    Fault(
        "stronger probing knows more",
        "AX3",
        "axioms.rates._under",
        "return low.access == high.access and _weaker_probe(high.asked, low.asked, low.access)",
        "return low.access == high.access and _weaker_probe(low.asked, high.asked, low.access)",
    ),
    Fault(
        "access orders what is known",
        "AX3",
        "axioms.rates._under",
        "return low.access == high.access and",
        "return access_rank(low.access) <= access_rank(high.access) and",
    ),
    Fault(
        "what is known need not be revealed",
        "AX3",
        "axioms.rates._under",
        "both = low.asked in PROBES and high.asked in PROBES",
        "return False",
    ),
    Fault(
        "bands are compared by counts alone",
        "AX3",
        "axioms.rates.below",
        "*counted(encoder, block, low, high, region), *bands",
        "*counted(encoder, block, low, high, region),",
    ),
    Fault(
        "in_context joins the probe chain",
        "AX3",
        "axioms.rates._weaker_probe",
        "return weak in PROBES and strong in PROBES and PROBES.index(weak) <= PROBES.index(strong)",
        'return weak == "direct" or (weak in PROBES and strong in PROBES and PROBES.index(weak) <= PROBES.index(strong))',
    ),
    # --- AX4 to AX6
    Fault(
        "released copies can be recalled",
        "AX4",
        "axioms.copies.released",
        "(not {encoder.flag(flag)})",
        "(or {encoder.flag(flag)} true)",
    ),
    Fault(
        "membership tests are not bounded",
        "AX5",
        "axioms.closeness.membership",
        "(<= {encoder.tpr(test)} {number(caught)})",
        "(<= {encoder.tpr(test)} 1)",
    ),
    Fault("unfair tests are bounded too", "AX5", "axioms.closeness.membership", "if test.fair and", "if"),
    Fault(
        "only one side bounds a membership test",
        "AX5",
        "axioms.closeness.membership_bound",
        "1 - low * (1 - delta - at_fpr), ",
        "",
    ),
    Fault(
        "closeness has no lower side",
        "AX6",
        "axioms.closeness.both_sides",
        "(>= {x} (* {number(down)} (- {reference} (* {delta} {n}))))",
        "true",
    ),
    Fault(
        "closeness has no upper side",
        "AX6",
        "axioms.closeness.both_sides",
        "(<= {x} (+ (* {number(up)} {reference}) (* {delta} {n})))",
        "true",
    ),
    Fault(
        "closeness has no lower side for the complement",
        "AX6",
        "axioms.closeness.both_sides",
        "(>= {x} (- (* {rest} {n}) (* {number(up)} (- {n} {reference}))))",
        "true",
    ),
    Fault(
        "closeness has no upper side for the complement",
        "AX6",
        "axioms.closeness.both_sides",
        "(<= {x} (- {n} (* {number(down)} (- (* {rest} {n}) {reference}))))",
        "true",
    ),
    Fault(
        "closeness binds the one released model",
        "AX6",
        "axioms.closeness.both_sides",
        '(rate.whose, rate.reading.about) == ("now", "process")',
        'rate.whose == "now"',
    ),
    Fault("the process is taken for the model", "about", "meaning.rate_of", 'getattr(clause, "about", None)', "None"),
    Fault(
        "closeness binds every reference",
        "AX6",
        "axioms.closeness.ties_rates",
        'removal.compared_with == "retrain_without" and ',
        "",
    ),
    Fault(
        "e^ε rounded against the clause",
        "rounding",
        "axioms.closeness.both_sides",
        "exp_bounds(removal.epsilon)[not inwards], exp_bounds(-removal.epsilon)[inwards]",
        "exp_bounds(removal.epsilon)[inwards], exp_bounds(-removal.epsilon)[not inwards]",
    ),
    Fault(
        "the membership bound rounded against the clause",
        "rounding",
        "axioms.closeness.membership_bound",
        "exp_bounds(epsilon)[not inwards], exp_bounds(-epsilon)[inwards]",
        "exp_bounds(epsilon)[inwards], exp_bounds(-epsilon)[not inwards]",
    ),
    # --- AX7, AX8, P4
    Fault(
        "behaviour may change where nothing reaches",
        "AX7",
        "axioms.methods.unchanged",
        "(or {changed} {destroyed} {conjunction(same)})",
        "true",
    ),
    Fault(
        "what nothing reaches may fall",
        "AX7",
        "axioms.methods.unchanged",
        'if rate.family == "drops":',
        'if rate.family == "none":',
    ),
    Fault(
        "model and process may differ where nothing reaches",
        "AX7",
        "theory._closed",
        "for rate in rates if beside else ():",
        "for rate in ():",
    ),
    Fault(
        "a method reaches one level deeper",
        "AX7",
        "axioms.methods.reaching",
        "ACCESS.index(method.reaches) >= ACCESS.index(access)",
        "ACCESS.index(method.reaches) >= ACCESS.index(access) - 1",
    ),
    Fault(
        "a method stops one level early",
        "AX7",
        "axioms.methods.reaching",
        "ACCESS.index(method.reaches) >= ACCESS.index(access)",
        "ACCESS.index(method.reaches) > ACCESS.index(access)",
    ),
    Fault("methods take no time", "AX7", "axioms.methods.work", "number(method.takes or 0)", "number(0)"),
    Fault(
        "methods may be used where they cannot",
        "AX7",
        "axioms.methods.work",
        "(not {encoder.uses(name, artifact)})",
        "(or {encoder.uses(name, artifact)} true)",
    ),
    Fault(
        "treating a parent treats the derivative",
        "AX8",
        "axioms.methods.derivatives",
        "(not {_treated_along(encoder, name)})",
        "{_treated_along(encoder, name)}",
    ),
    # --- AX9, AX10, AX12, AX15, AX16
    Fault("tests need no raw items", "AX9", "axioms.copies.kept_for_tests", "{encoder.kept(test)}", "true"),
    Fault(
        "raw items need not outlive the work",
        "AX9",
        "encode.Encoder._kept",
        "(>= {kept} {done})",
        "true",
    ),
    Fault(
        "raw items need not be there when the test runs",
        "AX9",
        "encode.Encoder._kept",
        "(>= {kept} {number(at)})",
        "true",
    ),
    Fault(
        "audiences inside an audience are forgotten",
        "AX10",
        "lineage.audience_levels",
        "if containment else []",
        "if False else []",
    ),
    Fault(
        "refusals count as knowing",
        "AX12",
        "axioms.rates._under",
        'elif high.family != "answers" or low.family == "answers":',
        "else:",
    ),
    Fault(
        "old and new statement given together",
        "AX12",
        "axioms.rates.corrected",
        "for text in _never_above_one(encoder, block, rate, old, region)",
        "for text in ()",
    ),
    Fault(
        "old and new statement share only their sum",
        "AX12",
        "axioms.rates._never_above_one",
        "for low in block.levels:",
        "for low in ():",
    ),
    Fault("certificates need no method", "AX15", "axioms.methods.certificates", "{disjunction(able)}", "true"),
    Fault(
        "a weaker guarantee certifies",
        "AX15",
        "group_privacy.most_units",
        "int(most / epsilon) + 1",
        "int(most / epsilon) + 2",
    ),
    Fault(
        "a guarantee for one unit covers a group",
        "AX15",
        "axioms.methods._covering",
        "guarantee.per is None and most >= 1",
        "most >= 1",
    ),
    Fault(
        "δ of a group is only multiplied",
        "AX15",
        "group_privacy.for_group",
        "units * exp_bounds((units - 1) * epsilon)[0] * delta",
        "units * delta",
    ),
    Fault(
        "the size of the target does not matter to a certificate",
        "AX15",
        "axioms.methods._covering",
        'return f"(<= {encoder.set_size(target)} {most})"',
        'return "true"',
    ),
    Fault(
        "undeclared overlaps are empty",
        "AX16",
        "regions._allowed",
        "if inside in found",
        "if inside in found and (not inside or needed & inside)",
    ),
    Fault(
        "disjoint sets may share items",
        "relations",
        "regions._allowed",
        "and inside.isdisjoint(apart[name])",
        "",
    ),
    Fault(
        "a part may reach outside its whole",
        "relations",
        "regions._allowed",
        "and needed <= inside | {name}",
        "and True",
    ),
    # --- K, P, C
    Fault(
        "influence ends by itself",
        "K1",
        "axioms.influence.shaped",
        "(or {gone} {influenced})",
        "(or {gone} {influenced} true)",
    ),
    Fault("removal does not end influence", "K2", "axioms.influence.shaped", "(not {influenced})", "(or {influenced} true)"),
    Fault(
        "kin are forgotten",
        "K5",
        "lineage._made_from",
        'tuple(n for n, info in policy.information.items() if n in left and info.kind == "examples") if left else ()',
        "()",
    ),
    Fault(
        "what is made by way of facts is not made",
        "K2",
        "lineage._made_from",
        "reached(first, made, inside)",
        'reached(first, {n: m for n, m in made.items() if policy.information[n].kind == "examples"}, inside)',
    ),
    Fault(
        "parts of what is made are not made",
        "K2",
        "lineage._made_from",
        "reached(first, made, inside)",
        "reached(first, made)",
    ),
    Fault(
        "what is made from the whole is not made from the part",
        "K2",
        "lineage.may_stem_from",
        "parts.union(enclosing(policy, target))",
        "parts",
    ),
    Fault("removal needs no method", "K3", "axioms.influence.removal_needs_reach", "(or {changed} {destroyed})", "true"),
    Fault("a filter removes influence", "K3", "axioms.influence.removal_needs_reach", '"weights"', '"product"'),
    Fault(
        "derivatives start clean",
        "K4",
        "lineage.exposures",
        "name = policy.artifacts[name].derived_from",
        "name = None",
    ),
    Fault(
        "parts of what was trained on were not trained on",
        "K3",
        "lineage._with_parts",
        "return found | outer | within(policy, *found)",
        "return found",
    ),
    Fault(
        "what goes with the whole is not gone",
        "K2",
        "axioms.influence.shaped",
        "for outer in enclosing(policy, target):",
        "for outer in (target,):",
    ),
    Fault(
        "a model that lacks less is the reference",
        "reference_retrain",
        "measured.is_the_reference",
        "== {fact.without}",
        "or True",
    ),
    Fault(
        "every retrained model is the reference",
        "reference_retrain",
        "measured.is_the_reference",
        "left_out(policy, fact.in_)",
        "frozenset(removed_from(policy, fact.in_)) or {fact.without}",
    ),
    Fault("parts cannot be put together again", "P1", "meaning.presumptions", '"P1" if built else None', "None"),
    Fault(
        "what is answered counts as known",
        "P1",
        "meaning.presumptions",
        'rate_of(kept, "", WEAKEST).family != "reveals"',
        "counts_refusals(kept)",
    ),
    Fault(
        "users' text is never repeated",
        "P2",
        "meaning.presumptions",
        '"P2" if kept.scope.asked == "in_context" else',
        "",
    ),
    Fault(
        "an index serves nothing",
        "P3",
        "axioms.rates.order",
        "total([encoder.mass(high, region), *served])",
        "encoder.mass(high, region)",
    ),
    Fault(
        "guardrails bind at the weights",
        "P4",
        "axioms.methods.unchanged",
        'if rate.whose == "now" and before in block.rates:',
        'if rate.whose == "now" and before in block.rates and access_rank(rate.access) < access_rank("weights"):',
    ),
    Fault("duties need no control", "C1", "axioms.copies.control", "(=> {act} {control})", "(=> {act} true)"),
    # --- AX11, AX13, AX14: arithmetic and readings, outside the encoding
    Fault(
        "one draw fewer certifies",
        "AX11",
        "statistics.binomial.can_certify",
        "_cdf(0, n, low, high)",
        "_cdf(0, n + 1, low, high)",
    ),
    Fault(
        "one draw fewer refutes",
        "AX11",
        "statistics.binomial.can_refute",
        "_cdf(0, n, high, low)",
        "_cdf(0, n + 1, high, low)",
    ),
    Fault(
        "one failure too many still certifies",
        "AX11",
        "statistics.binomial.max_failures_certifying",
        "else below - 1",
        "else below",
    ),
    Fault(
        "one failure fewer refutes",
        "AX11",
        "statistics.binomial.min_failures_refuting",
        "else found",
        "else found - 1",
    ),
    Fault(
        "the error is not shared over the facts",
        "AX11",
        "plan.allocation.allocated_alpha",
        "[budget / facts]",
        "[budget]",
    ),
    Fault(
        "a clause's own confidence is not heard",
        "AX11",
        "plan.allocation.allocated_alpha",
        "min(errors)",
        "errors[0]",
    ),
    Fault(
        "one run refutes without an error of its own",
        "AX11",
        "plan.allocation.error_for_facts",
        "- sum((rule.error for rule in rules), Fraction(0))",
        "- 0 * sum((rule.error for rule in rules), Fraction(0))",
    ),
    Fault(
        "two bounds do not share their clause's error",
        "AX11",
        "rules.testability.declared_test.error_of",
        "test.alpha / 2 if",
        "test.alpha if",
    ),
    Fault(
        "the items do not share their clause's error",
        "AX11",
        "rules.testability.certify._each_uncertifiable",
        "draws // items, alpha / items",
        "draws // items, alpha",
    ),
    Fault(
        "the draws of all items count for each",
        "AX11",
        "rules.testability.certify._each_uncertifiable",
        "draws // items, alpha / items",
        "draws, alpha / items",
    ),
    Fault(
        "a share of items is certified as a mean",
        "AX11",
        "rules.testability.declared_test.mean_limit",
        "return (1 - over.share) * (1 if test.deterministic else tolerated)",
        "return tolerated",
    ),
    Fault(
        "a shallower look certifies",
        "AX13",
        "rules.testability.access._wrong_access",
        'test.evidence.decide == "certify" and shallow',
        'test.evidence.decide == "certify" and not shallow',
    ),
    Fault(
        "a deeper look refutes",
        "AX13",
        "rules.testability.access._wrong_access",
        "elif not shallow and (",
        "elif shallow and (",
    ),
    Fault(
        "what is kept grows with access",
        "AX13",
        "rules.testability.access._wrong_access",
        "if not _worst_case(test):",
        "if False:",
    ),
    Fault(
        "refusals are told like leaks",
        "AX13",
        "rules.testability.access._worst_case",
        'isinstance(test.clause, Suppress) and (revealed',
        '(revealed',
    ),
    Fault(
        "what a measurement reads is compared the wrong way",
        "AX13",
        "rules.testability.access._wrong_access",
        "access_rank(seen) < access_rank(needed)",
        "access_rank(seen) > access_rank(needed)",
    ),
    Fault(
        "the same item counts as often as it is drawn",
        "AX13",
        "rules.testability.declared_test.capacity",
        'test.evidence.population == "wider" or test.size is None',
        "True",
    ),
    Fault(
        "one answer an item, however many are drawn",
        "AX13",
        "rules.testability.declared_test.capacity",
        "decoding.samples if decoding",
        "1 if decoding",
    ),
    Fault(
        "outputs show that influence is gone",
        "AX13",
        "rules.testability.evidence.absence_not_provable",
        'evidence.decide != "certify" and not only_from_outside(test)',
        "True",
    ),
    Fault(
        "days count from nowhere",
        "AX14",
        "policy.requirements._clock",
        'if "clock" in data:',
        "if True:",
    ),
    Fault(
        "one duty for all stores",
        "AX14",
        "encode.Encoder.stored",
        "(store, region.number, which)",
        "(region.number, which)",
    ),
    Fault(
        "one day for all work",
        "finish",
        "encode.Encoder.finished",
        'self.symbol("t", artifact, "Real")',
        'self.symbol("t", "", "Real")',
    ),
    # --- clauses and facts
    Fault(
        "at most read as at least",
        "suppress",
        "meaning.at_most",
        'Mean(rate, target, "<=", limit)',
        'Mean(rate, target, ">=", limit)',
    ),
    Fault(
        "at least read as at most",
        "retain",
        "meaning.at_least",
        'Mean(rate, target, ">=", limit)',
        'Mean(rate, target, "<=", limit)',
    ),
    Fault(
        "each read as mean",
        "suppress each",
        "meaning.at_most",
        'ShareAbove(rate, target, limit, False, "<=", Fraction(0))',
        'Mean(rate, target, "<=", limit)',
    ),
    Fault(
        "a share counts the wrong side",
        "suppress share",
        "meaning.at_most",
        'limit, False, "<=", 1 - share',
        'limit, False, "<=", share',
    ),
    Fault(
        "exactly at the limit counts as above",
        "suppress each",
        "meaning.at_most",
        'ShareAbove(rate, target, limit, False, "<=", Fraction(0))',
        'ShareAbove(rate, target, limit, True, "<=", Fraction(0))',
    ),
    Fault(
        "exactly at the floor counts as below",
        "retain each",
        "meaning.at_least",
        'ShareAbove(rate, target, limit, True, ">=", Fraction(1))',
        'ShareAbove(rate, target, limit, False, ">=", Fraction(1))',
    ),
    Fault(
        "one item too many may exceed",
        "suppress share",
        "encode.Encoder.text",
        'return f"({op} {counted} (* {number(limit)} {self.set_size(target)}))"',
        'return f"({op} {counted} (+ 1 (* {number(limit)} {self.set_size(target)})))"',
    ),
    Fault(
        "refusals limited from the wrong side",
        "refuse",
        "meaning.demand",
        "at_most(rate, clause.target, over, 1 - clause.limit.at_least)",
        "at_most(rate, clause.target, over, clause.limit.at_least)",
    ),
    Fault(
        "a margin forbids gains",
        "retain within",
        "meaning.not_worse",
        "(before, now) if falls else (now, before)",
        "(now, before) if falls else (before, now)",
    ),
    Fault(
        "deletion read as keeping",
        "delete",
        "meaning.demand",
        'Stored(clause.target, artifact, "<=", clause.by or Fraction(0))',
        'Stored(clause.target, artifact, ">=", clause.by or Fraction(0))',
    ),
    Fault(
        "keeping read as deletion",
        "keep",
        "meaning.demand",
        'Stored(clause.target, artifact, ">=", clause.until or Fraction(0))',
        'Stored(clause.target, artifact, "<=", clause.until or Fraction(0))',
    ),
    Fault(
        "finishing late is finishing",
        "finish",
        "meaning.demand",
        'FinishedBy(artifact, "<=", clause.by or Fraction(0))',
        'FinishedBy(artifact, ">=", clause.by or Fraction(0))',
    ),
    Fault(
        "a ban bans nothing",
        "ban",
        "meaning.demand",
        "All(tuple(Not(Uses(name, artifact)) for name in clause.methods))",
        "TRUE",
    ),
    Fault("destruction changes nothing", "destroy", "meaning.demand", 'Flag("destroyed", (artifact,))', "TRUE"),
    Fault(
        "an index keeps serving",
        "de_index",
        "encode.Encoder.text",
        'return conjunction([f"(= {self.served(artifact, path, r)} 0)" for r in self.of(target)])',
        'return "true"',
    ),
    Fault("the old statement is not limited", "rectify", "meaning.demand", "return All(both)", "return both[0]"),
    Fault(
        "deadlines of rates are ignored",
        "by",
        "meaning.on_artifact",
        "if clause.by is not None and isinstance(clause, RateGoal | Remove | Destroy | DeIndex):",
        "if False:",
    ),
    Fault(
        "methods of a clause are ignored",
        "using",
        "meaning.on_artifact",
        "if clause.using and policy.methods is not None:",
        "if False:",
    ),
    Fault("derivatives are left out of `+derived`", "scope", "scope._written_out", "if plus:", "if False:"),
    Fault(
        "overridden clauses bind",
        "overrides",
        "suspension._bound",
        "_bound(policy, guards, other, holds_now, settled).items() if free else ()",
        "()",
    ),
    Fault(
        "overriding reaches beyond its own artifacts",
        "overrides",
        "suspension._bound",
        "[place for place in free if None in (place, there) or place == there]",
        "[*free]",
    ),
    Fault(
        "overriding takes the whole target",
        "overrides",
        "suspension.remaining",
        "return left if isinstance(clause, ITEMWISE) and _may_meet(policy, left) else None",
        "return None",
    ),
    Fault(
        "a clause suspends what it does not bind for",
        "overrides",
        "suspension.remaining",
        "if not _may_meet(policy, target, taken):",
        "if apart(policy, declared_set(target), declared_set(taken)):",
    ),
    Fault(
        "a condition is read as its opposite",
        "when",
        "conditions.holds",
        "return not holds(inner, holding)",
        "return holds(inner, holding)",
    ),
    Fault(
        "exclusive situations meet",
        "exclusive",
        "situations.cases",
        "len(holding.intersection(group)) <= 1",
        "len(holding.intersection(group)) <= 2",
    ),
    Fault(
        "sizes have no lower end",
        "size",
        "encode.Encoder._between",
        'least = f"(>= {value} {number(low)})"',
        'least = f"(>= {value} 0)"',
    ),
    Fault(
        "sizes have no upper end",
        "size",
        "encode.Encoder._between",
        'f"(and {least} (<= {value} {number(high)}))"',
        "least",
    ),
    Fault("a declared overlap may be empty", "overlap", "theory._facts", "1 if low is None else low", "0"),
    Fault(
        "half an item of a tiny set",
        "whole counts",
        "encode.Encoder.count",
        'sort = "Int" if region.number in self.small else "Real"',
        'sort = "Real"',
    ),
    Fault("baselines bound from above", "measured_before", "measured.baseline", '">="', '"<="'),
    Fault(
        "references bound from above only",
        "reference_retrain",
        "measured.reference",
        'Mean(rate, fact.target, ">=", low), ',
        "",
    ),
    Fault(
        "of a single item a fall may be more than what was less what is",
        "AX1",
        "axioms.rates.fallen",
        "(=> (<= {encoder.size(region)} 1) {no_more})",
        "(=> (<= {encoder.size(region)} 0) {no_more})",
    ),
    Fault("at least a share may be less than a whole item more", "AX2", "axioms.rates.whole_items", "ceil(exact) if", "floor(exact) if"),
    Fault("at most a share may be a whole item more", "AX2", "axioms.rates.whole_items", "else floor(exact)", "else ceil(exact)"),
    Fault(
        "a destroyed copy is held against the reference",
        "AX6",
        "axioms.closeness.both_sides",
        "ended = [gone[block.artifact]] if block.artifact in gone else []",
        "ended = []",
    ),
    Fault(
        "a destruction is needless beside a promise",
        "destroy",
        "limits.still_destroyed",
        "spoken.issuperset(scoped_artifacts(policy, clause))",
        "True",
    ),
    Fault(
        "references bound from below only",
        "reference_retrain",
        "measured.reference",
        ', Mean(rate, fact.target, "<=", high)',
        "",
    ),
)


ROOMS = ("plan.", "policy.", "rules.", "statistics.")


@contextmanager
def planted(fault: Fault) -> Iterator[None]:
    """The fault at work; the encoding is as it was afterwards."""
    function, space = _found(fault.function)
    plain: Any = inspect.unwrap(function)
    source = textwrap.dedent(inspect.getsource(plain))
    assert source.count(fault.before) == 1, f"{fault.name}: `{fault.before}` is not once in {fault.function}"
    made = dict(space)
    body = source.replace(fault.before, fault.after)
    exec(compile(_undecorated(body), fault.function, "exec"), made)
    sound, plain.__code__ = plain.__code__, made[plain.__name__].__code__
    try:
        _forget()
        yield
    finally:
        plain.__code__ = sound
        _forget()


def _found(path: str) -> tuple[Callable[..., Any], dict[str, Any]]:
    room, module, *names = path.split(".") if path.startswith(ROOMS) else ("logic", *path.split("."))
    found: Any = importlib.import_module(f"unlearn_spec.{room}.{module}")
    if hasattr(found, "__path__"):  # a package: the name after it is a module's
        found = importlib.import_module(f"{found.__name__}.{names.pop(0)}")
    space = vars(found)
    for name in names:
        found = getattr(found, name)
    return found, space


def _undecorated(source: str) -> str:
    """Annotations and decorators do not matter here: the code alone is taken over."""
    lines = source.splitlines()
    while lines[0].startswith("@"):
        lines.pop(0)
    return "from __future__ import annotations\n" + "\n".join(lines)


def _forget() -> None:
    from unlearn_spec.logic import alone, exponential
    from unlearn_spec.logic.axioms import rates
    from unlearn_spec.rules.testability.underpowered import _to_certify, _to_refute

    alone._recent.clear()
    rates.neighbours.cache_clear()
    exponential.exp_bounds.cache_clear()
    _to_certify.cache_clear()
    _to_refute.cache_clear()
