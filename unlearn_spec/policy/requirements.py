"""What a field needs beside it, and what has no meaning where it stands: by goal, status, kind of evidence, metric.

S002 (missing), S005 to S007, S008 (version). Reads the data as written, so that all of it is reported even where other
parts of the file are broken.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from fractions import Fraction
from typing import Any, Final, TypeVar, get_args

from pydantic_core import PydanticCustomError, PydanticKnownError

from .keys import clause_keys, keys_of
from .model import Evidence, Scope
from .places import at, clause_id, described
from .problem import Problem, curly, did_you_mean, in_curly_quotes, nearest
from .quantities import NAME_TEXT, read_count, read_number, read_share
from .source import Path
from .vocabulary import GoalKind

LANGUAGE: Final = (1, 0)
"""Version of the language this package reads; the first number must match."""

RATE_GOALS: Final = frozenset({"suppress", "refuse", "retain", "rectify"})
"""Goals about a rate of answers: these alone have an access level, probes, a decoding and a test for "revealed"."""

MAX_ATTACKS: Final = 100
"""Relearning attacks of one clause. The error is shared by all of them, so more would each see little."""

T = TypeVar("T")

NEEDS: Final = {"delete": "by", "finish": "by", "keep": "until"}
_EXCLUDES: Final = {"keep": "by", "delete": "until", "finish": "until", "destroy": "until"}
_TEST_ONLY: Final = (
    "access",
    "suite",
    "population",
    "samples",
    "confidence",
    "decide",
    "power_at",
    "refute_at",
    "relearn",
    "quantize",
    "inspect",
    "controls",
    "stop",
    "runs",
    "ensemble",
    "canaries",
)
_PROCESS_ONLY: Final = ("runs", "ensemble", "canaries")
"""Evidence about the process that made a model: for `remove` alone."""
_MOST: Final = {"runs": 1_000, "guesses": 100_000}
_CLAIM_FIELDS: Final = {
    "influence_removed": ("epsilon", "delta"),
    "as_if_never_trained": ("epsilon", "delta"),
    "not_revealed": ("access", "asked", "at_most", "reveals_when", "decoding"),
    "contains_no_information": (),
    "no_harmful_use": (),
    "nothing_else_changed": ("access", "asked", "within", "reveals_when", "decoding"),
}
_CLAIM_ALWAYS: Final = frozenset({"id", "says", "of", "in", "text"})
_CLAIM_NEEDS: Final = {
    "influence_removed": ("of", "in"),
    "as_if_never_trained": ("of", "in"),
    "not_revealed": ("of", "in", "access", "asked", "at_most"),
    "contains_no_information": ("of", "in"),
    "no_harmful_use": ("of",),
    "nothing_else_changed": (),
}
_SUITE = re.compile(r"[A-Za-z][A-Za-z0-9_.-]*@sha256:[0-9a-f]{64}\Z")
_NAME = re.compile(NAME_TEXT)
_ANSWERING: Final = ("model", "checkpoint", "adapter", "service")
"""Kinds of artifacts that answer, so that a claim can speak of them."""
_CODE = re.compile(r"[A-Z][0-9]{3}\Z")
_REVEALS: Final = "reveals_when: {metric: contains, normalisation: casefold_nfkc_space}"
_DECODING: Final = "decoding: {method: greedy, max_new_tokens: 64}"
_SKELETON: Final = {
    "by": 'by: "30 days"',
    "until": 'until: "90 days"',
    "of": "of: records",
    "in": "in: [assistant]",
    "access": "access: api",
    "asked": "asked: direct",
    "at_most": 'at_most: "1%"',
    "judge": "judge: protocol-1",
    "at_least": 'at_least: "50%"',
    "temperature": 'temperature: "1"',
    "reveals_when": _REVEALS,
    "decoding": _DECODING,
    "about": "about: process",
    "clock": "clock: {starts: request_received}",
    "parties": "parties: {obligor: acme, verifier: lab-x}",
    "controls": "controls: {acme: [assistant]}",
    "confidence": 'confidence: "95%"',
    "adjudicator": "adjudicator: panel",
    "refute_at": 'refute_at: "20%"',
    "suite": 'suite: "attacks-v1@sha256:<64 hexadecimal digits>"',
}


_OTHER_FILES: Final = {
    "unlearn_spec_bindings": ("bindings", "give the policy to `check`; `plan` and `verify` take this file as `--bindings`"),
    "unlearn_spec_test": ("test", "give it to `test`; it names the policy that it is about"),
    "unlearn_spec_record": ("record", "give the policy to `check`; name this file under `records` in the bindings"),
}
"""First key of the other kinds of file: the kind, and where such a file goes."""


def wrong_version(data: dict[str, Any]) -> Problem | None:
    """S008 if the file is no policy, or for another language; nothing else is worth saying about it then."""
    if "unlearn_spec" not in data:
        for key, (kind, where) in _OTHER_FILES.items():
            if key in data:
                return Problem("S008", (key,), f"this is a {kind} file, not a policy", at_key=True, fix=where)
    version = data.get("unlearn_spec")
    if not isinstance(version, str):
        return None
    match = re.fullmatch(r"([0-9]{1,4})\.[0-9]{1,4}", version)
    if match is None and (inside := in_curly_quotes(version)):
        return curly("S008", ("unlearn_spec",), inside)
    if match is None:
        return Problem(
            "S008",
            ("unlearn_spec",),
            f'`{version[:40]}` is no version of the language; this is "1.0"',
            fix="write",
            snippet='unlearn_spec: "1.0"',
            value='"1.0"',
        )
    if int(match[1]) != LANGUAGE[0]:
        return Problem(
            "S008",
            ("unlearn_spec",),
            f"this file is for version {version} of the language; this program reads {LANGUAGE[0]}.x",
            fix="use a program for that version, or migrate the file",
        )
    return None


def unmet_requirements(data: dict[str, Any]) -> list[Problem]:
    """Fields that need another, exclude another, or have no meaning where they stand."""
    problems: list[Problem] = []
    for path, clause in _each(data, "clauses"):
        problems += _clause(path, clause, data)
    for block in ("measured_before", "reference_retrain", "claims"):
        for path, entry in _each(data, block):
            problems += _answers(path, entry, data)
            if "in_" in entry:
                problems.append(
                    Problem(
                        "S001",
                        (*path, "in_"),
                        "unknown key `in_`; did you mean `in`?",
                        at_key=True,
                        fix="rename it to `in`",
                        name="in" if "in" not in entry else "",
                    )
                )
    for path, claim in _each(data, "claims"):
        problems += _claim(path, claim, data)
    problems += _policy(data)
    problems += _clock(data)
    if at(data, ("policy", "status")) == "in_force":
        problems += _in_force(data)
    return problems


def _each(data: dict[str, Any], block: str) -> Iterator[tuple[Path, dict[str, Any]]]:
    content = data.get(block)
    for index, entry in enumerate(content if isinstance(content, list) else ()):
        if isinstance(entry, dict):
            yield (block, index), entry


def _lacks(path: Path, key: str, data: dict[str, Any], because: str = "") -> Problem:
    text = f"{described(path, data)} has no `{key}`{because}"
    return Problem("S002", path, text, fix="add", snippet=_skeleton(key, data), clause=clause_id(path, data))


def _skeleton(key: str, data: dict[str, Any]) -> str:
    """What to write for a field, in names that the policy declares, where it declares any."""
    artifacts, sets = _named(data, "artifacts"), _named(data, "information")
    models = [name for name in artifacts if at(data, ("artifacts", name, "kind")) in _ANSWERING]
    match key:
        case "in" if artifacts:
            return f"in: [{', '.join(models or artifacts)}]"
        case "of" if sets:
            return f"of: {sets[0]}"
        case "controls" if artifacts:
            obligor = at(data, ("parties", "obligor"))
            return f"controls: {{{obligor if _is_name(obligor) else 'acme'}: [{', '.join(artifacts)}]}}"
        case _:
            return _SKELETON[key]


def _named(data: dict[str, Any], block: str) -> list[str]:
    """The names that a block declares, of those that are names."""
    content = data.get(block)
    return [name for name in content if _is_name(name)] if isinstance(content, dict) else []


def _is_name(name: object) -> bool:
    return isinstance(name, str) and _NAME.fullmatch(name) is not None


def _idle(path: Path, text: str, data: dict[str, Any], why: tuple[str, ...] = ()) -> Problem:
    return Problem(
        "S007",
        path,
        f"`{path[-1]}` has no meaning {text}",
        at_key=True,
        fix="remove it",
        why=why,
        clause=clause_id(path, data),
        remove=True,
    )


# --- clauses ---------------------------------------------------------------------------------------------------------


def _clause(path: Path, clause: dict[str, Any], data: dict[str, Any]) -> Iterator[Problem]:
    goal = clause.get("goal")
    if isinstance(goal, str) and goal in get_args(GoalKind):  # an unknown goal is told on its own
        needed, excluded = NEEDS.get(goal), _EXCLUDES.get(goal)
        if needed and needed not in clause:
            yield _lacks(path, needed, data)
        if excluded and excluded in clause:
            yield _idle((*path, excluded), f"for `{goal}`", data)
        yield from _scope((*path, "scope"), clause.get("scope"), goal, data)
    if goal == "remove":
        yield from _remove(path, clause, data)
    if "weight" in clause and clause.get("strength", "must") == "must":
        yield _idle((*path, "weight"), "for a clause of strength `must`", data)
    yield from _answers(path, clause, data)
    yield from _evidence((*path, "evidence"), clause, data)


def _scope(path: Path, scope: Any, goal: str, data: dict[str, Any]) -> Iterator[Problem]:
    if not isinstance(scope, dict):
        return
    if scope.get("artifacts") == []:
        yield Problem(
            "S006",
            (*path, "artifacts"),
            "an empty list covers nothing",
            fix="name an artifact",
            clause=clause_id(path, data),
        )
    for key in ("access", "asked", "languages", "precision", "decoding", "audience"):
        if key in scope and goal not in RATE_GOALS and not (key == "audience" and goal in ("de_index", "govern")):
            yield _idle((*path, key), f"for `{goal}`", data)
    yield from _decoding((*path, "decoding"), scope.get("decoding"), data)
    yield from _empty_condition((*path, "when"), scope.get("when"), data)


def _empty_condition(path: Path, condition: Any, data: dict[str, Any]) -> Iterator[Problem]:
    if not isinstance(condition, dict):
        return
    if len(condition) > 1 and set(condition) <= {"not", "all", "any"}:
        text = "a condition has one of `not`, `all`, `any`; nest them to combine"
        yield Problem("S006", path, text, fix="write", snippet="{all: [a, {not: b}]}", clause=clause_id(path, data))
    for word, inner in condition.items():
        if word in ("all", "any") and inner == []:
            yield Problem(
                "S006",
                (*path, word),
                "an empty list says nothing",
                fix="name a situation",
                clause=clause_id(path, data),
            )
        for index, part in enumerate(inner if isinstance(inner, list) else ()):
            yield from _empty_condition((*path, word, index), part, data)
        yield from _empty_condition((*path, word), inner, data)


def _remove(path: Path, clause: dict[str, Any], data: dict[str, Any]) -> Iterator[Problem]:
    target, limit, measure = clause.get("target"), clause.get("limit"), clause.get("measure")
    why: tuple[str, ...]
    if isinstance(target, str) and at(data, ("information", target, "kind")) == "concept":
        why = (
            "removal is the absence of the influence of listed training items;",
            "a concept rests on much that stays, so no list of items carries it (M002).",
        )
        text = f"`remove` has no meaning for the concept `{target}`"
        yield Problem(
            "S007",
            (*path, "goal"),
            text,
            fix="use `suppress`, or target the examples",
            why=why,
            clause=clause_id(path, data),
        )
    if measure == "influence" and clause.get("about") == "model":
        why = ("influence is a property of the process that made the parameters, not of one file of them.",)
        yield Problem(
            "S007",
            (*path, "about"),
            "`about: model` has no meaning for `influence`",
            fix="write",
            snippet="about: process",
            why=why,
            clause=clause_id(path, data),
            value="process",
        )
    if not isinstance(limit, dict) or measure not in ("influence", "membership"):
        return
    membership = {"tpr_at_most", "at_fpr"} & set(limit)
    if bool(membership) != (measure == "membership") and (membership or {"epsilon", "delta"} & set(limit)):
        right = '{tpr_at_most: "4%", at_fpr: "1%"}' if measure == "membership" else '{epsilon: "0.5", delta: "1%"}'
        text = f"this limit has no meaning for the measure `{measure}`, whose limit is {right}"
        yield Problem(
            "S007", (*path, "limit"), text, fix="write", snippet=f"limit: {right}", clause=clause_id(path, data)
        )


def _evidence(path: Path, clause: dict[str, Any], data: dict[str, Any]) -> Iterator[Problem]:
    evidence = clause.get("evidence")
    if not isinstance(evidence, dict):
        return
    kind = evidence.get("kind")
    if kind in ("procedure", "certificate", "attestation"):
        for key in _TEST_ONLY:
            if key in evidence:
                yield _idle((*path, key), f"for evidence by {kind}", data)
    yield from _altered(path, clause, evidence, data)
    if kind == "test" and "suite" in evidence and clause.get("goal") == "remove" and not _ALTERED.keys() & evidence.keys():
        yield _idle((*path, "suite"), "for `remove`: its tests ask each item's own question", data)
    yield from _relearn((*path, "relearn"), evidence.get("relearn"), data)
    if kind == "test" and "record" in evidence:
        yield _idle((*path, "record"), "for evidence by test", data)
    if kind == "test" and "stop" in evidence and (why := _never_stops(clause, evidence)):
        yield _idle((*path, "stop"), why, data)
    if kind == "test":
        yield from _about_runs(path, clause, evidence, data)
    if kind == "test" and evidence.get("decide") == "certify" and at(clause, ("scope", "asked")) == "adversarial":
        suite = evidence.get("suite")
        if "suite" not in evidence:
            yield _lacks(path, "suite", data, ": only a fixed suite of attacks can be certified")
        elif isinstance(suite, str) and not _SUITE.match(suite):
            text = 'expected "name@sha256:" and 64 hexadecimal digits: only a fixed suite of attacks can be certified'
            yield Problem("S005", (*path, "suite"), text, clause=clause_id(path, data))


_ALTERED: Final = {"relearn": ("remove", "suppress"), "quantize": ("remove", "suppress"), "inspect": ("remove",)}
"""Looks at an altered or opened copy, by the goals that they bear on."""
_APART: Final[dict[str, tuple[str, ...]]] = {
    "relearn": ("suite",), "quantize": ("relearn", "suite"), "inspect": ("relearn", "suite", "quantize"),
}  # fmt: skip
"""What else asks in a way of its own, and cannot stand beside them."""


def _altered(path: Path, clause: dict[str, Any], evidence: dict[str, Any], data: dict[str, Any]) -> Iterator[Problem]:
    goal, measure = clause.get("goal"), clause.get("measure")
    for key, goals in _ALTERED.items():
        if key not in evidence:
            continue
        names = evidence[key]
        beside = next((other for other in _APART[key] if other in evidence), None)
        if isinstance(goal, str) and goal in get_args(GoalKind) and goal not in goals:
            yield _idle((*path, key), f"for `{goal}`", data)
        elif goal == "remove" and measure == "membership":
            yield _idle((*path, key), "for the measure `membership`", data)
        elif beside is not None:
            why = ("each alters or asks the model in a way of its own, and is a test of its own.",)
            yield _idle((*path, key), f"beside `{beside}`; give it a clause of its own", data, why)
        elif isinstance(names, list) and len(names) != len({str(name) for name in names}):
            yield Problem("S006", (*path, key), "a name stands here twice", fix="name each once", clause=clause_id(path, data))
        elif names == []:
            yield Problem("S006", (*path, key), "an empty list asks for nothing", fix="name one", clause=clause_id(path, data))


def _never_stops(clause: dict[str, Any], evidence: dict[str, Any]) -> str:
    """Where no test can end early: the words that say so; nothing where one can."""
    metric = at(clause, ("reveals_when", "metric"))
    if clause.get("goal") != "suppress":
        return f"for the goal `{clause.get('goal')}`"
    if clause.get("over", "mean") != "mean":
        return "but for a limit `over: mean`"
    if clause.get("about") == "process" or "refute_at" in evidence:
        return "for a clause about the process, which one run does not support"
    if whole := next((key for key in ("relearn", "quantize") if key in evidence), None):
        return f"with `{whole}`, whose copies are looked at as a whole"
    computed = ("extraction_probability", "multiple_choice", "refusal", "not_refusal", "human")
    return f"for the metric `{metric}`" if metric in computed else ""


_BESIDE_WHOLE: Final = ("relearn", "suite", "quantize", "inspect", "refute_at", "ensemble")
"""What has no meaning where models are compared as a whole."""


def _about_runs(path: Path, clause: dict[str, Any], evidence: dict[str, Any], data: dict[str, Any]) -> Iterator[Problem]:
    """Evidence about the process: several runs, whole models, canaries."""
    written = [key for key in _PROCESS_ONLY if key in evidence]
    goal, whole = clause.get("goal"), [key for key in ("ensemble", "canaries") if key in evidence]
    for key in written:
        if goal != "remove":
            yield _idle((*path, key), f"for `{goal}`: it tells how a process removes", data)
        elif clause.get("about") == "model":
            yield _idle((*path, key), "for `about: model`: it tells about the process", data)
        elif key in whole and clause.get("measure") == "membership":
            yield _idle((*path, key), "for the measure `membership`; it bears on `influence`", data)
    for key in whole:
        beside: list[str] = [other for other in _BESIDE_WHOLE if other in evidence and other != key]
        if key == "canaries":  # whatever was drawn by the lot is looked at, and nothing else
            beside += [other for other in ("runs", "population", "samples") if other in evidence]
        beside += ["power_at"] if key == "ensemble" and "power_at" in evidence else []
        yield from (_idle((*path, other), f"beside `{key}`", data) for other in beside)
    runs = evidence.get("runs")
    altered = next((key for key in ("quantize", "inspect") if key in evidence), None)
    if isinstance(runs, int) and runs > 1 and altered is not None:
        yield _idle((*path, "runs"), f"beside `{altered}`", data)
    if isinstance(runs, int) and runs > 1 and not whole and "refute_at" not in evidence:
        yield _lacks(path, "refute_at", data, ", the rate from which a run counts")
    for where, number in (((*path, "runs"), runs), ((*path, "canaries", "guesses"), at(evidence, ("canaries", "guesses")))):
        most = _MOST[str(where[-1])]
        if isinstance(number, int) and number > most:
            yield Problem("S006", where, f"at most {most:,} can be counted", clause=clause_id(path, data))


def _relearn(path: Path, attack: Any, data: dict[str, Any]) -> Iterator[Problem]:
    """A grid of attacks: no empty or repeated entry, no rank without low-rank updates, and not too many to run."""
    if not isinstance(attack, dict):
        return
    if "rank" in attack and attack.get("tune") != "lora":
        yield _idle((*path, "rank"), "without `tune: lora`", data)
    number = 1
    for key, read in (("steps", read_count), ("learning_rate", read_number)):
        entries = attack.get(key)
        if not isinstance(entries, list):
            continue
        if not entries:
            yield Problem("S006", (*path, key), "an empty list says nothing", clause=clause_id(path, data))
        values = [_quantity(read, entry) for entry in entries]
        for place, value in enumerate(values):
            if value is not None and value in values[:place]:
                yield Problem("S006", (*path, key, place), "this is in the list already", clause=clause_id(path, data))
        number *= max(1, len(entries))
    repeats = _quantity(read_count, attack.get("repeats"))
    number *= repeats if isinstance(repeats, int) else 1
    if number > MAX_ATTACKS:
        text = f"these are {number:,} attacks; at most {MAX_ATTACKS} share one clause's error"
        yield Problem("S006", path, text, fix="name fewer steps, learning rates or repeats", clause=clause_id(path, data))


def _answers(path: Path, entry: dict[str, Any], data: dict[str, Any]) -> Iterator[Problem]:
    """`reveals_when` and `decoding`, wherever they stand."""
    yield from _decoding((*path, "decoding"), entry.get("decoding"), data)
    revealed = entry.get("reveals_when")
    if not isinstance(revealed, dict) or not isinstance(revealed.get("metric"), str):
        return
    where, metric = (*path, "reveals_when"), revealed["metric"]
    graded = metric in ("rouge_l", "extraction_probability")
    for key, wanted in (("at_least", graded), ("judge", metric == "human" or revealed.get("options") == "task")):
        if wanted and key not in revealed:
            yield _lacks(where, key, data, f", which `{metric}` needs")
        if not wanted and key in revealed:
            yield _idle((*where, key), f"for the metric `{metric}`", data)
    if metric != "multiple_choice" and "options" in revealed:
        yield _idle((*where, "options"), f"for the metric `{metric}`", data)


def _decoding(path: Path, decoding: Any, data: dict[str, Any]) -> Iterator[Problem]:
    if not isinstance(decoding, dict):
        return
    if decoding.get("method") == "greedy":
        for key in ("temperature", "top_p", "top_k"):
            if key in decoding:
                yield _idle((*path, key), "for greedy decoding", data)
    if decoding.get("method") == "sample" and "temperature" not in decoding:
        yield _lacks(path, "temperature", data, ", which sampling needs")


# --- the rest of the file --------------------------------------------------------------------------------------------


def _claim(path: Path, claim: dict[str, Any], data: dict[str, Any]) -> Iterator[Problem]:
    says = claim.get("says")
    if not isinstance(says, str) or says not in _CLAIM_FIELDS:
        return
    for key in _CLAIM_NEEDS[says]:
        if key not in claim:
            yield _lacks(path, key, data)
    every = {key for keys in _CLAIM_FIELDS.values() for key in keys}
    for key in claim:
        if key in every - set(_CLAIM_FIELDS[says]) - _CLAIM_ALWAYS:
            yield _idle((*path, key), f"for a claim that says `{says}`", data)


def _policy(data: dict[str, Any]) -> Iterator[Problem]:
    if data.get("clauses") == []:
        yield Problem("S002", ("clauses",), "this policy has 0 clauses: nothing would be checked", fix="add a clause")
    yield from _declared(data)
    for block, key in (("clauses", "methods"), ("clauses", "measures")):
        for path, entry in _each(data, block):
            if entry.get(key) == []:
                yield Problem("S006", (*path, key), "an empty list says nothing", clause=clause_id(path, data))
    yield from _codes_and_fields(data)


def _declared(data: dict[str, Any]) -> Iterator[Problem]:
    for name in data["information"] if isinstance(data.get("information"), dict) else ():
        if at(data, ("information", name, "kind")) == "concept" and "adjudicator" not in data["information"][name]:
            yield _lacks(("information", name), "adjudicator", data, ": who decides what belongs to a concept?")
    for index, group in enumerate(data["exclusive"] if isinstance(data.get("exclusive"), list) else ()):
        if isinstance(group, list) and len(group) < 2:
            yield Problem("S006", ("exclusive", index), "an exclusive group has at least two situations")
    for path, fact in _each(data, "reference_retrain"):
        pair = fact.get("mean_between")
        bounds = [_share(value) for value in pair] if isinstance(pair, list) and len(pair) == 2 else []
        if len(bounds) == 2 and bounds[0] is not None and bounds[1] is not None and bounds[0] > bounds[1]:
            yield Problem("S006", (*path, "mean_between"), "the range runs backwards")


def _codes_and_fields(data: dict[str, Any]) -> Iterator[Problem]:
    """What `accept` and `open_questions` name."""
    for path, entry in _each(data, "accept"):
        code = entry.get("code")
        if isinstance(code, str) and (not _CODE.match(code) or code[0] in "YSX"):
            text = f"`{code[:40]}` is no code that can be accepted; write one such as R002"
            yield Problem("S006", (*path, "code"), text)
    for path, entry in _each(data, "open_questions"):
        field = entry.get("field")
        if isinstance(field, str) and field not in OPEN_FIELDS:
            text = f"no field called `{field[:80]}`{did_you_mean(field, OPEN_FIELDS)}"
            near = nearest(field, OPEN_FIELDS) or ""
            yield Problem("S004", (*path, "field"), text, fix=f"write `{near}`" if near else "", name=near)


def _share(value: Any) -> Fraction | None:
    return _quantity(read_share, value)


def _quantity(read: Callable[[Any], T], value: Any) -> T | None:
    """What `read` makes of a value; None where it is told on its own that it is none."""
    try:
        return read(value)
    except (PydanticCustomError, PydanticKnownError):
        return None


OPEN_FIELDS: Final = tuple(
    sorted(
        {
            *(clause_keys() - {"id", "goal", "scope", "evidence"}),
            *keys_of(Scope),
            *keys_of(Evidence),
            "closure",
            "compared_with",
        }
    )
)
"""Fields that a policy may list under `open_questions`."""


def _clock(data: dict[str, Any]) -> Iterator[Problem]:
    if "clock" in data:
        return
    for path, clause in _each(data, "clauses"):
        found = [key for key in ("by", "until") if key in clause]
        if found or at(clause, ("evidence", "at")) is not None:
            key = found[0] if found else "evidence.at"
            text = f"this file has no `clock`, and `{key}` of {described(path, data)} counts days from it"
            related = ((*path, *key.split(".")), "counts from the clock")
            yield Problem("S002", (), text, fix="add", snippet=_SKELETON["clock"], related=(related,))
            return


def _in_force(data: dict[str, Any]) -> Iterator[Problem]:
    because = ", which a policy in force needs"
    for key in ("parties", "controls"):
        if key not in data:
            yield _lacks((), key, data, because)
    if "confidence" not in data["policy"]:
        yield _lacks(("policy",), "confidence", data, because)
    for path, clause in _each(data, "clauses"):
        goal = clause.get("goal")
        if isinstance(goal, str) and goal in RATE_GOALS:
            if "reveals_when" not in clause:
                yield _lacks(path, "reveals_when", data, because)
            scope = clause.get("scope", {})
            if isinstance(scope, dict) and "decoding" not in scope:
                yield _lacks((*path, "scope") if "scope" in clause else path, "decoding", data, because)
        if goal == "remove" and "about" not in clause:
            yield _lacks(path, "about", data, because)
