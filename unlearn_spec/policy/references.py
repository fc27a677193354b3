"""Names: every name that is used is declared, declared once (S004), and leads to no circle (S013)."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator
from typing import Any, Final

from msgspec.structs import replace

from .lookalikes import disguised
from .places import at, clause_id
from .problem import Problem, curly, in_curly_quotes, nearest, shown
from .relations import named_sets
from .source import Path

DERIVED: Final = "+derived"
"""Written after an artifact's name: it and everything derived from it."""

_USES: Final[tuple[tuple[str, str], ...]] = (
    ("information.*.built_from", "information set"),
    ("people.*.within", "audience"),
    ("controls.*.*", "artifact"),
    ("artifacts.*.trained_on.*", "information set"),
    ("artifacts.*.holds.*", "information set"),
    ("artifacts.*.derived_from", "artifact"),
    ("artifacts.*.serves_from.*", "artifact"),
    ("exclusive.*.*", "situation"),
    ("methods.*.not_on.*", "artifact"),
    ("measured_before.*.target", "information set"),
    ("measured_before.*.in", "artifact"),
    ("reference_retrain.*.target", "information set"),
    ("reference_retrain.*.without", "information set"),
    ("reference_retrain.*.in", "artifact"),
    ("clauses.*.target", "information set"),
    ("clauses.*.scope.artifacts.*", "artifact or artifact+derived"),
    ("clauses.*.scope.audience", "audience"),
    ("clauses.*.scope.when", "condition"),
    ("clauses.*.using.*", "method"),
    ("clauses.*.methods.*", "method"),
    ("clauses.*.overrides.*", "clause"),
    ("claims.*.of", "information set"),
    ("claims.*.in.*", "artifact"),
    ("out_of_scope.*.target", "information set"),
    ("out_of_scope.*.artifacts.*", "artifact"),
    ("open_questions.*.clause", "clause"),
    ("accept.*.clause", "clause or claim"),
)
_KINDS: Final = ("information set", "artifact", "method", "situation", "audience", "party", "clause", "clause or claim")
_NEEDED: Final = ("information", "artifacts")
"""Blocks that every policy has. That one is missing is told as such, not again by each use of its names."""
_BLOCKS: Final = {"information set": "information", "artifact": "artifacts", "method": "methods"}
_DECLARED: Final = _BLOCKS | {"situation": "situations", "audience": "people"}
"""Where a name of a kind is declared."""

_PARTIES: Final = (
    "name it under `parties` as obligor, verifier or beneficiary, or leave it out: there are no other parties, "
    "and what the obligor's list lacks it does not control"
)
"""What to do about a party that is none: unlike other names, not every one can be declared."""

MOST: Final = 8
"""Steps of a circle that are named one by one."""

Known = dict[str, frozenset[str] | None]
"""The declared names of each kind; `None` where their block is broken, so that nothing can be said."""


def unknown_names(data: dict[str, Any]) -> Iterator[Problem]:
    """Names that are given twice, lead back to themselves, or lead nowhere; one by one, for a file may have many."""
    yield from _written_twice(data, ("clauses", "claims"), "clause or claim")
    yield from _written_twice(data, ("measured_before", "reference_retrain"), "measured fact")
    yield from _circles(data)
    known = {kind: declared(data, kind) for kind in _KINDS}
    yield from _related_sets(data, known["information set"])
    yield from _controlling_parties(data, known["party"])
    for pattern, kind in _USES:
        for path, value in _matches(data, tuple(pattern.split("."))):
            yield from _check(data, known, path, value, kind)
    yield from _unknown_facts(data)


def _matches(data: Any, pattern: tuple[str, ...], path: Path = ()) -> Iterator[tuple[Path, Any]]:
    if not pattern:
        yield path, data
    elif pattern[0] == "*":
        for step, value in _entries(data):
            yield from _matches(value, pattern[1:], (*path, step))
    elif isinstance(data, dict) and pattern[0] in data:
        yield from _matches(data[pattern[0]], pattern[1:], (*path, pattern[0]))


def _entries(data: Any) -> Iterable[tuple[str | int, Any]]:
    if isinstance(data, dict):
        return list(data.items())
    return list(enumerate(data)) if isinstance(data, list) else ()


def _check(data: dict[str, Any], known: Known, path: Path, value: Any, kind: str) -> Iterator[Problem]:
    if kind == "condition":
        if isinstance(value, dict):
            for word in ("not", "all", "any"):
                inner = value.get(word)
                for step, part in _entries(inner) if isinstance(inner, list) else ((None, inner),):
                    yield from _check(data, known, (*path, word) if step is None else (*path, word, step), part, kind)
            return
        kind = "situation"
    if not isinstance(value, str):
        return
    name = value
    if kind == "artifact or artifact+derived":
        kind, name = "artifact", value.removesuffix(DERIVED)
        if "+" in name:
            text = f"`{shown(value)}`: only `+derived` may follow an artifact's name"
            yield Problem(
                "S004",
                path,
                text,
                fix="write",
                snippet=f"{name.partition('+')[0]}{DERIVED}",
                clause=clause_id(path, data),
                name=f"{name.partition('+')[0]}{DERIVED}",
            )
            return
    names = known[kind]
    if names is not None and name not in names:
        yield _nowhere(path, name, kind, names, after=value.removeprefix(name), clause=clause_id(path, data))


def _nowhere(
    path: Path,
    name: str,
    kind: str,
    known: frozenset[str],
    *,
    after: str = "",
    clause: str = "",
    key_of: Collection[str] | None = None,
) -> Problem:
    """S004 for a name that is not declared: a value with nothing but `after` behind the name, or a key of `key_of`."""
    near = nearest(name, sorted(known))
    there = f" under `{_DECLARED[kind]}`" if kind in _DECLARED else ""
    if inside := in_curly_quotes(name):
        return curly("S004", path, inside + after, clause)
    return Problem(
        "S004",
        path,
        _nothing_called(name, kind, known),
        at_key=key_of is not None,
        fix=f"write `{near}`" if near else f"declare it{there}, or use another name",
        clause=clause,
        name="" if near is None or near in (key_of or ()) else near + after,
    )


def _nothing_called(name: str, kind: str, known: frozenset[str]) -> str:
    near = nearest(name, sorted(known))
    if trick := disguised(shown(name)):
        hint = f"; {trick}"
    elif near:
        hint = f"; did you mean `{near}`?"
    elif not known:
        hint = f"; this policy names no {kind.partition(' or ')[0]}"
    else:
        hint = "; there is " + ", ".join(f"`{known_name}`" for known_name in sorted(known)) if len(known) <= 8 else ""
    return f"no {kind} called `{shown(name)}`{hint}"


def declared(data: dict[str, Any], kind: str) -> frozenset[str] | None:
    """The names of one kind; `None` if their block is broken, so that nothing can be said."""
    if kind in _BLOCKS:
        return _keys(data, _BLOCKS[kind])
    if kind == "situation":
        situations = data.get("situations", [])
        return frozenset(s for s in situations if isinstance(s, str)) if isinstance(situations, list) else None
    if kind == "audience":
        artifacts, people = _keys(data, "artifacts"), _keys(data, "people")
        if artifacts is None or people is None:
            return None
        return people | {
            name
            for _, seen in _matches(data, ("artifacts", "*", "seen_by"))
            for name, _ in _entries(seen)
            if isinstance(name, str)
        }
    if kind == "party":
        parties = data.get("parties", {})
        return frozenset(p for p in parties.values() if isinstance(p, str)) if isinstance(parties, dict) else None
    blocks = ("clauses", "claims") if kind == "clause or claim" else ("clauses",)
    if not all(isinstance(data.get(block, []), list) for block in blocks):
        return None
    return frozenset(
        name for block in blocks for _, name in _matches(data, (block, "*", "id")) if isinstance(name, str)
    )


def _keys(data: dict[str, Any], block: str) -> frozenset[str] | None:
    content = data.get(block, None if block in _NEEDED else {})
    return frozenset(content) if isinstance(content, dict) else None


def _related_sets(data: dict[str, Any], known: frozenset[str] | None) -> Iterator[Problem]:
    for path, relation in _matches(data, ("relations", "*")):
        for place, name, is_key in named_sets(relation):
            if known is not None and name not in known:
                yield _nowhere((*path, *place), name, "information set", known, key_of=relation if is_key else None)


def _controlling_parties(data: dict[str, Any], known: frozenset[str] | None) -> Iterator[Problem]:
    controlling = data.get("controls", {})
    for name in controlling if isinstance(controlling, dict) else ():
        if known is not None and name not in known:
            found = _nowhere(("controls", name), name, "party", known, key_of=controlling)
            yield found if found.name or nearest(name, sorted(known)) else replace(found, fix=_PARTIES)


def _unknown_facts(data: dict[str, Any]) -> Iterator[Problem]:
    named = [(path, value) for path, value in _matches(data, ("feasibility", "*", "fact")) if isinstance(value, str)]
    if not named:
        return  # most policies override nothing, and need not read the base
    from ..feasibility.base import facts

    known = frozenset(facts())
    for path, name in named:
        if name not in known:
            near = nearest(name, sorted(known))
            hint = f"; did you mean `{near}`?" if near else ""
            text = f"no fact called `{shown(name)}` in the feasibility base{hint}"
            fix = f"write `{near}`" if near else "copy the id from the finding"
            yield Problem("S004", path, text, fix=fix, name=near or "")


def _written_twice(data: dict[str, Any], blocks: tuple[str, ...], noun: str) -> Iterator[Problem]:
    first: dict[str, Path] = {}
    for block in blocks:
        for path, name in _matches(data, (block, "*", "id")):
            if not isinstance(name, str):
                continue
            if name in first:
                text = f"a second {noun} is called `{shown(name)}`"
                yield Problem(
                    "S004",
                    path,
                    text,
                    fix="rename one",
                    related=((first[name], "the first"),),
                    clause=clause_id(path, data),
                )
            else:
                first[name] = path


_ROUND: Final = {
    "built_from": ("is built from", "What is built from a set comes after it: round a circle, nothing comes first."),
    "derived_from": ("is derived from", "What is made from an artifact comes after it: round a circle, nothing comes first."),
    "within": ("lies within", "Audiences that lie within each other are one audience: one name is enough."),
    "overrides": ("overrides", "What is overridden does not bind: round a circle, nothing says which clause does."),
}
"""What a step says, and why it may not lead back."""
_Steps = list[tuple[Path, str]]


def _circles(data: dict[str, Any]) -> Iterator[Problem]:
    for block, word in (("information", "built_from"), ("artifacts", "derived_from"), ("people", "within")):
        edges: dict[str, _Steps] = {
            str(path[1]): [((*path[:2], word), target)]
            for path, target in _matches(data, (block, "*", word))
            if isinstance(target, str)
        }
        yield from _circle(edges, word, data)
    overrides: dict[str, _Steps] = {}
    for path, target in _matches(data, ("clauses", "*", "overrides", "*")):
        name = at(data, (*path[:2], "id"))
        if isinstance(name, str) and isinstance(target, str):
            overrides.setdefault(name, []).append((path, target))
    yield from _circle(overrides, "overrides", data)


def _circle(edges: dict[str, _Steps], word: str, data: dict[str, Any]) -> Iterator[Problem]:
    """One problem a circle, at the step that closes it (depth first, in the order of the file)."""
    done: set[str] = set()
    for start in edges:
        if start in done:
            continue
        trail: dict[str, Path] = {start: ()}
        pending = [(start, iter(edges[start]))]
        while pending:
            name, steps = pending[-1]
            step = next(steps, None)
            if step is None:
                done.add(name)
                del trail[name]
                pending.pop()
                continue
            path, target = step
            if target in trail:
                steps_there = [(where, each) for each, where in trail.items()]
                yield _leads_back(target, steps_there[list(trail).index(target) + 1 :], path, word, data)
            elif target not in done:
                pending.append((target, iter(edges.get(target, []))))
                trail[target] = path


def _leads_back(name: str, through: _Steps, path: Path, word: str, data: dict[str, Any]) -> Problem:
    verb, why = _ROUND[word]
    told = [f"`{each}`" for _, each in through[:MOST]] + ([f"{len(through) - MOST} more"] if len(through) > MOST else [])
    froms = (name, *(each for _, each in through))
    return Problem(
        "S013",
        path,
        f"`{name}` {verb} itself" + (f" through {', '.join(told)}" if told else ""),
        fix="drop the step that is not meant" if through else "drop it",
        why=(why,),
        related=tuple(
            (step, f"`{one}` {verb} `{other}`") for one, (step, other) in zip(froms, through[:MOST], strict=False)
        ),
        clause=clause_id(path, data),
    )
