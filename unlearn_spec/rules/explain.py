"""Policies and codes in plain words: one sentence a clause, one page a code."""

from __future__ import annotations

from collections.abc import Iterator
from fractions import Fraction
from importlib import resources
from typing import Final

from ..feasibility.base import facts
from ..logic.meaning import scoped_artifacts
from ..logic.situations import remaining
from ..policy.load import Document
from ..policy.model import (
    AllOf,
    AtLeast,
    Ban,
    Claim,
    Clause,
    Closeness,
    Condition,
    Decoding,
    DeIndex,
    Delete,
    Destroy,
    Evidence,
    ExcludeFuture,
    Finish,
    Govern,
    Information,
    Keep,
    Not,
    Over,
    Override,
    Policy,
    Rectify,
    Refuse,
    Relearn,
    Remove,
    Retain,
    RevealsWhen,
    Scope,
    ShareOf,
    Suppress,
)
from .codes import CODES
from .terminal import inert, visible
from .wording import count, days, decimal, listed, percent, plural

ACCESS: Final = {
    "product": "through the product",
    "api": "through the API",
    "top_logprobs": "with the top log-probabilities",
    "logprobs": "with log-probabilities of chosen text",
    "weights": "with the weights in hand",
    "gradients": "with gradients",
    "finetune": "after fine-tuning",
}
ASKED: Final = {
    "direct": "asked directly",
    "paraphrase": "asked in other words",
    "adversarial": "under adversarial prompts",
    "in_context": "with the target supplied in context",
}
METRIC: Final = {
    "exact": "the answer equals it",
    "contains": "the answer contains it",
    "extraction_probability": "the declared decoding would emit it with a probability of at least {at_least}",
    "rouge_l": "the answer's ROUGE-L recall is at least {at_least}",
    "multiple_choice": "its option is preferred",
    "refusal": "the answer carries a refusal marker",
    "not_refusal": "the answer carries no refusal marker",
    "human": "the protocol {judge} says so",
}
_MARKED: Final = {"refusal": "be met with a marked refusal", "not_refusal": "be answered without a refusal marker"}
"""What a rate counts where no content is looked for: a wrong answer is one too."""
NORMALISATION: Final = {
    "none": "text compared as it stands",
    "casefold": "case ignored",
    "casefold_nfkc_space": "case, Unicode form and spacing ignored",
    "rouge_score": "in stemmed words of the letters a to z and digits, as the package rouge_score reads them",
}
OPTIONS: Final = {
    "letters": "letters standing for the options compete",
    "texts": "the options' own texts compete, byte for byte",
    "task": "options compete as in {judge}",
}
OPEN: Final = "(left open)"
"""Stands where a decision field is not written."""


def explain_code(code: str) -> str:
    """The page of a code. Raises `KeyError` for a code that does not exist."""
    entry = CODES[code]
    return resources.files("unlearn_spec.rules").joinpath("pages", f"{entry.code}.md").read_text(encoding="utf-8")


def explain_policy(document: Document) -> str:
    """What a policy says: its head, one sentence for each clause and claim, and what it leaves open."""
    policy = document.policy
    head = policy.policy
    title = f"{head.title} ({head.id})" if head.title else head.id
    lines = [f"{title}, version {head.version}, {head.status.replace('_', ' ')}"]
    if head.confidence is not None:
        lines.append(f"All tests together are to be right with a confidence of {percent(head.confidence)}.")
    lines += ["", *(f"- {clause.id}: {sentence(clause, policy)}" for clause in policy.clauses)]
    if policy.claims:
        lines += ["", "Claimed, and to follow from the clauses:"]
        lines += [f"- {claim.id}: {claim_sentence(claim)}" for claim in policy.claims]
    if policy.out_of_scope:
        lines += ["", "Knowingly not covered:"]
        lines += [
            f"- {gap.target} in {listed(gap.artifacts)}: {gap.reason} ({gap.owner})" for gap in policy.out_of_scope
        ]
    if policy.feasibility:
        lines += ["", "Known facts that this policy does not rely on:"]
        lines += [f"- {_overridden(entry)}" for entry in policy.feasibility]
    return "\n".join(inert(visible(line)) for line in lines) + "\n"


def _overridden(entry: Override) -> str:
    fact = facts()[entry.fact]
    return f"{fact.id}: {fact.statement} ({fact.source}) Overridden: {entry.reason} ({entry.by}, until {entry.until})"


def sentence(clause: Clause, policy: Policy) -> str:
    """A clause as one sentence: goal, target, from which artifacts, seen how, asked how, over how many, limit, by when,
    shown how. Every field that is written is in it; so are the defaults that the language states, and what is left open.
    """
    parts = [_demand(clause, policy)]
    parts += _conditions(clause, policy)
    parts += _readings(clause)
    parts += _reach(clause, policy)
    parts.append(_shown(clause.evidence, policy))
    if clause.note is not None:
        parts.append(f"note: {clause.note}")
    return "; ".join(parts) + "."


# --- the demand ------------------------------------------------------------------------------------------------------


def _demand(clause: Clause, policy: Policy) -> str:
    duty = _duty(clause)
    subject = _artifacts(clause, policy)
    deadline = _deadline(clause, policy)
    match clause:
        case Suppress():
            most = percent(clause.limit.at_most)
            how = _MARKED.get(_metric(clause), "be revealed")
            what = f"From {subject}, {_set(clause.target, policy)} {duty} not {how} more than {most} of the time"
            return f"{what}{_over(clause.over)}{_seen(clause.scope)}{deadline}"
        case Refuse():
            asked = f"In {subject}, questions about {_set(clause.target, policy)}"
            what = f"{asked} {duty} meet with a marked refusal at least {percent(clause.limit.at_least)} of the time"
            return f"{what}{_over(clause.over)}{_seen(clause.scope)}{deadline}"
        case Retain():
            how = _MARKED.get(_metric(clause), "come out right")
            what = f"In {subject}, {_set(clause.target, policy)} {duty} still {how} {_kept(clause)}"
            return f"{what}{_over(clause.over)}{_seen(clause.scope)}{deadline}"
        case Rectify():
            least, most = percent(clause.limit.at_least), percent(clause.limit.at_most)
            what = (
                f"In {subject}, the correction of {_set(clause.target, policy)} {duty} be stated at least {least} of the "
                f"time and the old statement at most {most} of the time"
            )
            return f"{what}{_over(clause.over)}{_seen(clause.scope)}{deadline}"
        case Remove():
            return f"{_removal(clause, subject, duty, policy)}{deadline}"
        case Delete():
            return f"Every item of {_set(clause.target, policy)} {duty} be deleted from {subject}{deadline}"
        case Keep():
            until = "" if clause.until is None else f" until {_day(clause.until, policy)}"
            return f"Every item of {_set(clause.target, policy)} {duty} be kept in {subject}{until}"
        case ExcludeFuture():
            later = f"Later training runs of {subject} {duty} not use {_set(clause.target, policy)}"
            return f"{later}, which says nothing about models that exist{deadline}"
        case DeIndex():
            target = _set(clause.target, policy)
            return (
                f"Nothing of {target} {duty} be served from {subject} any more{_for_audience(clause.scope)}{deadline}"
            )
        case Destroy():
            return f"Every copy of {subject} {duty} be destroyed{deadline}"
        case Finish():
            return f"Work on {subject} {duty} be finished{deadline}"
        case Ban():
            return f"Nobody {duty} use {listed(clause.methods, 'or')} on {subject}{deadline}"
        case Govern():
            about = f" of {_set(clause.target, policy)}" if clause.target is not None else ""
            use = f"Use{about} in {subject}{_for_audience(clause.scope)}"
            return f"{use} {duty} be governed by {listed(clause.measures)}{deadline}"


def _kept(clause: Retain) -> str:
    if isinstance(clause.limit, AtLeast):
        return f"at least {percent(clause.limit.at_least)} of the time"
    return f"as often as before, within a margin of {percent(clause.limit.within)}"


def _duty(clause: Clause) -> str:
    if clause.strength == "must":
        return "must"
    return "should" if clause.weight is None else f"should (weight {clause.weight})"


def _removal(clause: Remove, subject: str, duty: str, policy: Policy) -> str:
    target = _target_with_closure(clause.target, policy)
    about = {
        "process": "taken over the process that makes the models",
        "model": "for this one released model",
        None: f"about the process or one model {OPEN}",
    }[clause.about]
    if isinstance(clause.limit, Closeness):
        reference = {
            "retrain_without": "retraining without it",
            "retrain_then_same_steps": "retraining without it followed by the same later steps",
            None: f"a reference {OPEN}",
        }[clause.limit.compared_with]
        near = f"(ε {decimal(clause.limit.epsilon)}, δ {percent(clause.limit.delta)})-close to {reference}"
        return f"The {clause.measure} of {target} {duty} be gone from {subject}: {near}, {about}"
    caught, false = percent(clause.limit.tpr_at_most), percent(clause.limit.at_fpr)
    return (
        f"No {clause.measure} test of {target} on {subject} {duty} tell more than {caught} of its members at a "
        f"false-positive rate of {false}, {about}"
    )


def _set(name: str, policy: Policy) -> str:
    information = policy.information[name]
    return f"{name} ({_size(information)})" if information.size is not None else name


def _size(information: Information) -> str:
    low, high = information.size or (0, 0)
    unit = (information.unit or "item").replace("_", " ")
    return count(low, unit) if low == high else f"{low:,} to {high:,} {plural(unit)}"


def _target_with_closure(name: str, policy: Policy) -> str:
    """The target and how far it reaches; not written means exact duplicates only."""
    information = policy.information[name]
    if information.closure is None:
        return f"{_set(name, policy)} with exact duplicates only"
    written = information.closure.model_dump(exclude_none=True)
    near = information.closure.near_duplicates
    included: list[str] = []
    excluded: list[str] = []
    for word, value in written.items():
        if word == "near_duplicates" and near:
            included.append(f"near duplicates ({near.metric} at least {percent(near.at_least)})")
        else:
            (included if value else excluded).append(word.replace("_", " "))
    text = f"{_set(name, policy)} with {listed(included) if included else 'no duplicates'}"
    return text + (f" but not {listed(excluded, 'or')}" if excluded else "")


def _artifacts(clause: Clause, policy: Policy) -> str:
    """The artifacts in words: a name alone stands for itself alone."""
    if clause.scope.artifacts is None:
        return f"the artifacts {OPEN}"
    words = []
    for entry in clause.scope.artifacts:
        root, derived, _ = entry.partition("+")
        has_children = any(artifact.derived_from == root for artifact in policy.artifacts.values())
        words.append(f"{root} and everything derived from it" if derived else f"{root} alone" if has_children else root)
    return listed(words)


def _over(over: Over | None) -> str:
    match over:
        case "mean":
            return ", on average over the items"
        case "each":
            return ", for each item"
        case ShareOf(share=share):
            return f", for {percent(share)} of the items"
        case _:
            return f", on average, for each item or for a share of them {OPEN}"


def _seen(scope: Scope) -> str:
    access = ACCESS[scope.access] if scope.access is not None else f"at an access level {OPEN}"
    asked = ASKED[scope.asked] if scope.asked is not None else f"asked in a way {OPEN}"
    further = [f"in {listed(scope.languages)}"] if scope.languages else []
    further += [f"at {listed(scope.precision)} precision"] if scope.precision else []
    return f", seen {access}{_for_audience(scope)} and {asked}" + "".join(f", {part}" for part in further)


def _for_audience(scope: Scope) -> str:
    return "" if scope.audience is None else f" by {scope.audience}"


def _deadline(clause: Clause, policy: Policy) -> str:
    return "" if clause.by is None else f", by {_day(clause.by, policy)}"


def _day(duration: Fraction, policy: Policy) -> str:
    start = f" after {policy.clock.starts}" if policy.clock is not None else ""
    return f"{days(duration)}{start}"


# --- the rest of the sentence ----------------------------------------------------------------------------------------


def _conditions(clause: Clause, policy: Policy) -> Iterator[str]:
    if clause.scope.when is not None:
        yield f"only when {_condition(clause.scope.when)}"
    over_it: dict[str, list[str]] = {}
    for other in policy.clauses:
        if clause.id in other.overrides:
            over_it.setdefault(_suspended_on(policy, clause, other), []).append(other.id)
    yield from (f"suspended{where} while {listed(names, 'or')} applies" for where, names in over_it.items())
    if clause.overrides:
        yield f"while it applies it suspends {listed(clause.overrides)}"


def _suspended_on(policy: Policy, clause: Clause, by: Clause) -> str:
    """For what and where one clause suspends another, if not for all of its target and on all of its scope."""
    target = getattr(clause, "target", None)
    left = remaining(policy, clause, target, getattr(by, "target", None))
    if left is not None and left == target:
        return " for nothing"
    return (f" for what {getattr(by, 'target', '')} shares" if left is not None else "") + _suspended_where(policy, clause, by)


def _suspended_where(policy: Policy, clause: Clause, by: Clause) -> str:
    if clause.scope.artifacts is None or by.scope.artifacts is None:
        return ""
    here, there = scoped_artifacts(policy, clause), scoped_artifacts(policy, by)
    both = [name for name in here if name in there]
    return "" if len(both) == len(here) else f" on {listed(both)}" if both else " nowhere"


def _condition(condition: Condition, inner: bool = False) -> str:
    match condition:
        case str():
            return condition
        case Not():
            return f"not {_condition(condition.not_, inner=True)}"
        case AllOf():
            text = " and ".join(_condition(part, inner=True) for part in condition.all)
            return f"({text})" if inner and len(condition.all) > 1 else text
        case _:
            text = " or ".join(_condition(part, inner=True) for part in condition.any)
            return f"({text})" if inner and len(condition.any) > 1 else text


def _readings(clause: Clause) -> Iterator[str]:
    if not isinstance(clause, Suppress | Refuse | Retain | Rectify):
        return
    counted = "a refusal" if isinstance(clause, Refuse) else "known" if isinstance(clause, Retain) else "revealed"
    if clause.reveals_when is not None:
        yield _revealed(clause.reveals_when, counted)
    else:
        yield f"what counts as {counted} is a question {OPEN}"
    yield _drawn(clause.scope.decoding)
    if not isinstance(clause, Rectify) and clause.about is not None:
        process = "the rate expected over training runs is meant"
        yield process if clause.about == "process" else "the rate of this one released model is meant"


def _metric(clause: Suppress | Retain) -> str:
    return clause.reveals_when.metric if clause.reveals_when is not None else ""


def _revealed(reading: RevealsWhen, counted: str = "revealed") -> str:
    least = "some threshold" if reading.at_least is None else percent(reading.at_least)
    what = "an answer" if counted == "a refusal" else "an item"
    if counted != "a refusal" and reading.metric in _MARKED:
        return f"what counts is that {METRIC[reading.metric]}, right or wrong"
    text = f"{what} counts as {counted} when {METRIC[reading.metric].format(at_least=least, judge=reading.judge)}"
    if reading.metric == "multiple_choice":
        how = None if reading.options is None else OPTIONS[reading.options].format(judge=reading.judge)
        text += f"; how options compete is a question {OPEN}" if how is None else f", where {how}"
    return text if reading.normalisation is None else f"{text}, {NORMALISATION[reading.normalisation]}"


def _drawn(decoding: Decoding | None) -> str:
    if decoding is None:
        return f"how answers are drawn is a question {OPEN}"
    parts = ["answers are drawn greedily" if decoding.method == "greedy" else "answers are sampled"]
    if decoding.temperature is not None:
        parts[0] += f" at temperature {decimal(decoding.temperature)}"
    parts += [] if decoding.top_p is None else [f"top-p {percent(decoding.top_p)}"]
    parts += [] if decoding.top_k is None else [f"top-k {decoding.top_k:,}"]
    parts += [] if decoding.samples is None else [f"{count(decoding.samples, 'answer')} a prompt"]
    parts += [] if decoding.max_new_tokens is None else [f"{count(decoding.max_new_tokens, 'new token')} at most"]
    return ", ".join(parts)


def _reach(clause: Clause, policy: Policy) -> Iterator[str]:
    if clause.using:
        yield f"to be met by using {listed(clause.using, 'or')}"
    if isinstance(clause, Delete) and policy.information[clause.target].closure is None:
        yield "exact duplicates count, nothing else near them does"


def _shown(evidence: Evidence | None, policy: Policy) -> str:
    if evidence is None:
        return "nothing is said about how it will be shown"
    kind = {
        "test": "a test",
        "certificate": "a certificate of the method used",
        "procedure": "a record of the process",
        "attestation": "a signed attestation",
    }[evidence.kind]
    parts = [f"shown by {kind}{_how_tested(evidence, policy)}"]
    if evidence.evaluator is not None:
        parts.append(f"by {'an independent' if evidence.evaluator == 'independent' else 'an internal'} evaluator")
    if evidence.record is not None:
        parts.append(f"from the record {evidence.record}")
    if evidence.needs_raw_data is not None:
        parts.append("with the raw items at hand" if evidence.needs_raw_data else "without need of the raw items")
    if evidence.at is not None:
        parts.append(f"not before {_day(evidence.at, policy)}")
    return ", ".join(parts)


_SCORES: Final = {"loss": "mean log-probability", "zlib": "log-probability over zlib length", "min_k": "Min-K", "min_k_pp": "Min-K++"}
_VIEWS: Final = {
    "head_swap": "the original's head",
    "logit_lens": "the head on its middle layers",
    "linear_probe": "a linear probe",
}


def _how_tested(evidence: Evidence, policy: Policy) -> str:
    parts = [] if evidence.access is None else [ACCESS[evidence.access]]
    parts += [] if evidence.suite is None else [f"with the suite {evidence.suite}"]
    if evidence.samples is not None:
        parts.append(f"of {count(evidence.samples, 'sample')}")
    if evidence.population is not None:
        parts.append("of a wider population" if evidence.population == "wider" else "of the listed items")
    parts += [] if evidence.confidence is None else [f"at {percent(evidence.confidence)} confidence"]
    if evidence.relearn is not None:
        parts.append(_relearned(evidence.relearn))
    parts += [] if not evidence.quantize else [f"of copies rounded to {listed(evidence.quantize)}"]
    parts += [] if not evidence.inspect else [f"read from inside by {listed([_VIEWS[view] for view in evidence.inspect])}"]
    if evidence.ensemble is not None:
        parts.append(f"comparing whole models with retrained ones by {evidence.ensemble.statistic}, their labels permuted")
    if evidence.canaries is not None:
        ranked = "" if evidence.canaries.score is None else f", ranked by {_SCORES[evidence.canaries.score]}"
        parts.append(f"by {count(evidence.canaries.guesses, 'guess')} which canaries were put in{ranked}")
    parts += [] if evidence.runs is None else [f"on {count(evidence.runs, 'independent train-and-unlearn run')}"]
    parts += [] if not evidence.controls else [f"with the controls {listed(evidence.controls)}"]
    if evidence.decide is not None:
        aim = "is to certify the limit" if evidence.decide == "certify" else "is to fail to refute the limit"
        parts.append(f"that {aim}")
    parts += [] if evidence.power_at is None else [f"with power to find {percent(evidence.power_at)}"]
    parts += [] if evidence.stop is None else ["that ends as soon as a look on the way has decided"]
    parts += [] if evidence.refute_at is None else [f"counting one run at {percent(evidence.refute_at)} as refuting"]
    return "".join(f" {part}" for part in parts)


def _relearned(attack: Relearn) -> str:
    """A grid of attacks read aloud; one attack is just said."""
    steps = f"{listed(map(count, attack.looks), 'or')} steps" if len(attack.looks) > 1 else count(attack.looks[0], "step")
    rates = f"{listed(map(decimal, attack.rates), 'or')}"
    on = {
        "random_half": "a random half of the items", "retain_only": "retained text only", "benign": "unrelated text only",
    }[attack.on]  # fmt: skip
    parts = [f"after relearning {steps} at rate {rates} on {on}"]
    if attack.low_rank is not None:
        parts.append(f"by low-rank updates of rank {attack.low_rank}")
    if attack.repeats is not None:
        parts.append(f"repeated with {count(attack.repeats, 'split')}")
    if attack.attacks > 1:
        parts.append(f"{attack.attacks} attacks of which the worst counts")
    return ", ".join(parts)


# --- claims ----------------------------------------------------------------------------------------------------------


def claim_sentence(claim: Claim) -> str:
    """A claim as one sentence; every field that is written is in it."""
    where = listed(claim.in_) if claim.in_ else "every model"
    of = claim.of or "everything else"
    says = {
        "influence_removed": f"the influence of {of} is removed from {where}",
        "as_if_never_trained": f"{where} behaves as if never trained on {of}",
        "not_revealed": f"{of} is not revealed by {where}",
        "contains_no_information": f"{where} contains no information about {of}",
        "no_harmful_use": f"there is no harmful use of {of}" + (f" in {where}" if claim.in_ else ""),
        "nothing_else_changed": f"nothing else changed in {where}"
        if claim.of is None
        else f"{of} did not change in {where}",
    }[claim.says]
    parts = [says]
    parts += [] if claim.access is None else [ACCESS[claim.access]]
    parts += [] if claim.asked is None else [ASKED[claim.asked]]
    parts += [] if claim.at_most is None else [f"more than {percent(claim.at_most)} of the time"]
    parts += [] if claim.within is None else [f"within {percent(claim.within)}"]
    parts += [] if claim.epsilon is None else [f"ε {decimal(claim.epsilon)}"]
    parts += [] if claim.delta is None else [f"δ {percent(claim.delta)}"]
    further = [] if claim.reveals_when is None else [_revealed(claim.reveals_when)]
    further += [] if claim.decoding is None else [_drawn(claim.decoding)]
    further += [] if claim.text is None else [f"in public: {claim.text}"]
    return "; ".join([f"It says that {', '.join(parts)}", *further]) + "."
