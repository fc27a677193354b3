"""Policies gone wrong, from a source of choices: structured damage to the examples and the corpus, and to their text.

Used by the tests beside it and by the coverage-guided harness in `harness.py`.
"""

from __future__ import annotations

import copy
from collections.abc import Callable, Iterator
from functools import cache
from pathlib import Path
from random import Random
from typing import Any

import yaml

from unlearn_spec.policy.read import read_bytes

SPEC = Path(__file__).parents[2] / "spec"
Data = dict[str, Any]

ODD_TEXT = (
    "", " ", "\0", "\r\n", "\t", "\ufeff", "\u202e", "\u2028", "\x1b[31m", "é", "е", "Ω", "\U0001f600", "\ud7ff", "no", "null",
    "~", "010", "1e3", "0x1F", "12:30:45", "2026-02-30", "|", '"', "'", "#", "<word>", "x+derived", "+derived", "a" * 500, "%",
)  # fmt: skip
SHARES = ("0%", "0.0000000001%", "0.1%", "1%", "5%", "33.3%", "50%", "95%", "99.9999999%", "100%")
COUNTS = (1, 2, 19, 20, 21, 40, 299, 10**4, 10**6, 10**7, 10**9, 10**12)
DURATIONS = ("0 days", "1 hour", "3 days", "30 days", "52 weeks", "999999999 weeks")
KINDS: dict[str, tuple[Any, ...]] = {
    **dict.fromkeys(("at_most", "at_least", "delta", "tpr_at_most", "at_fpr", "power_at", "refute_at", "confidence", "within", "share",
                     "mean_at_least", "temperature", "top_p"), SHARES),
    **dict.fromkeys(("samples", "queries", "exactly", "max_new_tokens", "weight"), COUNTS),
    **dict.fromkeys(("by", "until", "takes", "at", "days"), DURATIONS),
    "size": (*COUNTS, [0, 0], [0, 1], [0, 10**12], [19, 21], [1, 10**6]),
    "between": ([0, 0], [0, 10**12], [1, 10**6], [0, 20]),
    "mean_between": (["0%", "0%"], ["0%", "100%"], ["60%", "90%"]),
    "epsilon": ("0", "0.0000001", "0.5", "3", "50"),
    "access": ("product", "api", "top_logprobs", "logprobs", "weights", "gradients", "finetune"),
    "asked": ("direct", "paraphrase", "adversarial", "in_context"),
    "over": ("mean", "each", {"share": "95%"}, {"share": "0%"}, {"share": "100%"}),
    "about": ("process", "model"),
    "decide": ("certify", "not_refuted"),
    "population": ("wider", "these_items"),
    "status": ("draft", "in_force", "superseded"),
    "says": ("influence_removed", "not_revealed", "contains_no_information", "no_harmful_use", "nothing_else_changed",
             "as_if_never_trained"),
    "compared_with": ("retrain_without", "retrain_then_same_steps"),
    "metric": ("exact", "contains", "refusal", "not_refusal", "multiple_choice", "human"),
    "kind": ("facts", "examples", "test", "procedure", "attestation", "certificate", "model", "dataset"),
    "goal": ("suppress", "retain", "refuse", "delete", "keep", "finish", "destroy", "exclude_future", "de_index"),
    "method": ("greedy", "sample"),
}  # fmt: skip
"""For some keys, values that can stand there."""
QUANTITIES = (
    "0%", "100%", "0.0000000001%", "99.9999999%", "-1%", "101%", "0 days", "1 hour", "999999999 weeks", "0", "50", "0.000000001",
    0, 1, 2, 19, 20, 21, 40, 10**6, 10**7, 10**12, 10**18, 10**40, -1, [0, 0], [0, 10**12], [1, 10**6], [5, 1], [], {}, True, None,
)  # fmt: skip
WORDS = (
    "product", "api", "logprobs", "weights", "finetune", "direct", "paraphrase", "adversarial", "in_context", "mean", "each",
    "process", "model", "influence", "membership", "certify", "not_refuted", "test", "procedure", "attestation", "certificate",
    "suppress", "retain", "remove", "refuse", "rectify", "delete", "keep", "finish", "destroy", "ban", "govern", "de_index",
    "exclude_future", "retrain_without", "retrain_then_same_steps", "wider", "these_items", "in_force", "draft", "before",
    "facts", "examples", "concept", "dataset", "greedy", "sample", "refusal", "extraction_probability", "human",
)  # fmt: skip


@cache
def subjects() -> tuple[str, ...]:
    """The texts to damage: every example and every policy of the corpus that loads as data."""
    paths = [p for p in sorted((SPEC / "examples").glob("*.yaml")) if "bindings" not in p.name]
    paths += [p for p in sorted((SPEC / "conformance").glob("*/*.yaml")) if p.name != "cases.yaml"]
    texts = (path.read_bytes() for path in paths)
    return tuple(raw.decode() for raw in texts if isinstance(read_bytes(raw, "p.yaml").data, dict))


@cache
def vocabulary() -> tuple[str, ...]:
    """Every key that occurs in some subject."""
    found: dict[str, None] = {}
    for text in subjects():
        for _, place, key in places(read_bytes(text.encode(), "p.yaml").data):
            if isinstance(place, dict):
                found[str(key)] = None
    return tuple(found)


def places(data: Any, path: tuple[Any, ...] = ()) -> Iterator[tuple[tuple[Any, ...], Any, Any]]:
    """(path, container, key) of everything inside."""
    entries = list(data.items()) if isinstance(data, dict) else list(enumerate(data)) if isinstance(data, list) else []
    for key, value in entries:
        yield (*path, key), data, key
        yield from places(value, (*path, key))


class _Dumper(yaml.SafeDumper):
    """Without anchors, which the language refuses."""

    def ignore_aliases(self, data: Any) -> bool:
        return True


def damaged(choose: Random) -> bytes:
    """A subject after damage: half the time only such that the file can still be well formed, else any."""
    data = read_bytes(choose.choice(subjects()).encode(), "p.yaml").data
    gentle = choose.random() < 0.5
    for _ in range(choose.randint(1, 5)):
        choose.choice(GENTLE if gentle else STRUCTURAL)(data, choose)
    unicode, width = choose.random() < 0.7, choose.choice((60, 10_000))
    text = yaml.dump(data, Dumper=_Dumper, sort_keys=False, width=width, allow_unicode=unicode)
    for _ in range(0 if gentle else choose.choice((0, 0, 1, 2))):
        text = choose.choice(TEXTUAL)(text, choose)
    return text.encode("utf-8", errors="surrogatepass")


# --- structure -------------------------------------------------------------------------------------------------------


def _somewhere(data: Data, choose: Random) -> tuple[Any, Any]:
    found = [(place, key) for _, place, key in places(data)]
    return choose.choice(found) if found else (data, choose.choice(vocabulary()))


def _delete(data: Data, choose: Random) -> None:
    place, key = _somewhere(data, choose)
    if isinstance(place, list) or key in place:
        del place[key]


def _copy(data: Data, choose: Random) -> None:
    place, key = _somewhere(data, choose)
    value = copy.deepcopy(place[key]) if isinstance(place, list) or key in place else None
    if isinstance(place, list):
        place.insert(choose.randrange(len(place) + 1), value)
    else:
        place[choose.choice(vocabulary())] = value


def _retag(data: Data, choose: Random) -> None:
    place, key = _somewhere(data, choose)
    if isinstance(place, dict) and key in place:
        place[choose.choice((choose.choice(vocabulary()), choose.choice(ODD_TEXT), str(key).upper()))] = place.pop(key)


def _swap(data: Data, choose: Random) -> None:
    scalars = [(place, key) for _, place, key in places(data) if not isinstance(place[key], dict | list)]
    if len(scalars) > 1:
        (one, i), (two, j) = choose.sample(scalars, 2)
        one[i], two[j] = two[j], one[i]


def _odd_value(data: Data, choose: Random) -> None:
    place, key = _somewhere(data, choose)
    place[key] = copy.deepcopy(
        choose.choice((choose.choice(ODD_TEXT), choose.choice(QUANTITIES), choose.choice(WORDS)))
    )


def _fitting(data: Data, choose: Random) -> None:
    """Another value of the right kind, so that the file often still loads."""
    found = [(place, key) for _, place, key in places(data) if isinstance(place, dict) and key in KINDS]
    if found:
        place, key = choose.choice(found)
        place[key] = copy.deepcopy(choose.choice(KINDS[key]))


def _forgotten(data: Data, choose: Random) -> None:
    """A field that may be left out."""
    words = ("access", "asked", "over", "about", "evidence", "reveals_when", "decoding", "size", "samples", "confidence", "compared_with",
             "artifacts", "when", "closure", "relations", "methods", "measured_before", "decide", "claims", "clock", "seen_by")  # fmt: skip
    found = [(place, key) for _, place, key in places(data) if isinstance(place, dict) and key in words]
    if found:
        place, key = choose.choice(found)
        del place[key]


def _odd_letters(data: Data, choose: Random) -> None:
    texts = [(place, key) for _, place, key in places(data) if isinstance(place[key], str)]
    if texts:
        place, key = choose.choice(texts)
        at = choose.randrange(len(place[key]) + 1)
        place[key] = place[key][:at] + choose.choice(ODD_TEXT) + place[key][at:]


def _named(data: Data, block: str, choose: Random) -> str:
    names = data.get(block)
    return choose.choice(list(names)) if isinstance(names, dict | list) and names and _hashable(names) else "nothing"


def _hashable(names: Any) -> bool:
    return all(isinstance(name, str) for name in names)


def _relation(data: Data, choose: Random) -> None:
    """One or two more relations: circles, A within a smaller B, a set over itself, too much overlap."""
    if not isinstance(data.get("relations", []), list):
        return
    one, two = _named(data, "information", choose), _named(data, "information", choose)
    kinds: tuple[list[Data], ...] = (
        [{one: "within", "of": two}, {two: "within", "of": one}],
        [{one: "within", "of": two}],
        [{one: "disjoint_from", "with": two}, {one: "within", "of": two}],
        [{one: "overlaps", "with": one, "exactly": 1}],
        [{one: "overlaps", "with": two, "exactly": choose.choice((0, 1, 10**6, 10**12))}],
        [{one: "overlaps", "with": two, "between": [0, 10**12]}],
        [{one: "overlaps", "with": two}],
    )
    data.setdefault("relations", []).extend(choose.choice(kinds))


def _kin(data: Data, choose: Random) -> None:
    """A relation between two of the sets, or a new part of one."""
    sets, relations = data.get("information"), data.setdefault("relations", [])
    if not isinstance(sets, dict) or not sets or not isinstance(relations, list):
        return
    one = choose.choice(list(sets))
    if len(sets) < 2:
        sets["part_of_it"] = {"kind": "facts", "size": choose.choice(COUNTS), "unit": "item"}
    two = choose.choice([name for name in sets if name != one])
    relations.append(copy.deepcopy(choose.choice((
        {one: "within", "of": two}, {two: "within", "of": one}, {one: "disjoint_from", "with": two}, {one: "overlaps", "with": two},
        {one: "overlaps", "with": two, "exactly": choose.choice(COUNTS)}, {one: "overlaps", "with": two, "between": [0, 10**12]},
    ))))  # fmt: skip


def _lineage(data: Data, choose: Random) -> None:
    """A derivation, perhaps in a circle."""
    artifacts = data.get("artifacts")
    if isinstance(artifacts, dict):
        one, two = _named(data, "artifacts", choose), _named(data, "artifacts", choose)
        if isinstance(artifacts.get(one), dict):
            artifacts[one][choose.choice(("derived_from",))] = two


def _crowd(data: Data, choose: Random) -> None:
    """Many more sets, situations, artifacts or clauses than anybody meant."""
    many = choose.choice((3, 9, 14, 25))
    what = choose.choice(("sets", "situations", "clauses", "audiences"))
    if what == "sets" and isinstance(data.get("information"), dict):
        first = _named(data, "information", choose)
        names = [f"more_{i}" for i in range(many)]
        data["information"].update(
            {name: {"kind": "facts", "size": 10 + i, "unit": "item"} for i, name in enumerate(names)}
        )
        if isinstance(data.get("relations", []), list):
            data.setdefault("relations", []).extend({name: "overlaps", "with": first} for name in names)
    elif what == "situations" and isinstance(data.get("clauses"), list):
        data["situations"] = [f"case_{i}" for i in range(many)]
        for i, clause in enumerate(data["clauses"]):
            if isinstance(clause, dict) and isinstance(clause.get("scope"), dict):
                clause["scope"]["when"] = {"any": [f"case_{i % many}", {"not": f"case_{(i + 1) % many}"}]}
    elif what == "clauses" and isinstance(data.get("clauses"), list) and data["clauses"]:
        clause = choose.choice(data["clauses"])
        if isinstance(clause, dict):
            data["clauses"] += [{**copy.deepcopy(clause), "id": f"more-{i}"} for i in range(many)]
    elif what == "audiences" and isinstance(data.get("artifacts"), dict):
        for artifact in data["artifacts"].values():
            if isinstance(artifact, dict) and isinstance(artifact.get("seen_by"), dict):
                artifact["seen_by"].update({f"who_{i}": WORDS[i % 5] for i in range(many)})


def _deep(data: Data, choose: Random) -> None:
    clauses = data.get("clauses")
    if isinstance(clauses, list) and clauses and isinstance(clauses[0], dict):
        condition: Any = _named(data, "situations", choose)
        for _ in range(choose.choice((3, 20, 40))):
            condition = choose.choice(({"not": condition}, {"all": [condition]}, {"any": [condition, condition]}))
            if len(str(condition)) > 5000:
                break
        scope = clauses[0].setdefault("scope", {})
        if isinstance(scope, dict):
            scope["when"] = condition


STRUCTURAL: tuple[Callable[[Data, Random], None], ...] = (
    _delete, _copy, _retag, _swap, _odd_value, _odd_letters, _fitting, _relation, _lineage, _crowd, _deep,
)  # fmt: skip
GENTLE = (_fitting, _fitting, _fitting, _fitting, _fitting, _forgotten, _kin, _crowd)


# --- text ------------------------------------------------------------------------------------------------------------


def _insert(text: str, choose: Random) -> str:
    at = choose.randrange(len(text) + 1)
    return (
        text[:at]
        + choose.choice((*ODD_TEXT, "[[[[", "{a: ", "- ", "&a ", "*a", "!!x ", "<<: ", "---\n", "? "))
        + text[at:]
    )


def _cut(text: str, choose: Random) -> str:
    at = choose.randrange(len(text) + 1)
    return text[:at] + text[at + choose.choice((1, 10, 200)) :]


def _repeat(text: str, choose: Random) -> str:
    lines = text.split("\n")
    at = choose.randrange(len(lines))
    return "\n".join([*lines[: at + 1], *lines[at : at + 1 + choose.randint(0, 5)], *lines[at + 1 :]])


TEXTUAL: tuple[Callable[[str, Random], str], ...] = (
    _insert,
    _cut,
    _repeat,
    lambda text, _: text.replace("\n", "\r\n"),
    lambda text, _: text.replace("\n", "\r"),
    lambda text, _: "\ufeff" + text,
    lambda text, _: text.replace("  ", "\t", 1),
)
