"""Random small policies about one artifact, as data that an oracle can read and as the text that the checker reads."""

from __future__ import annotations

from dataclasses import dataclass, replace
from fractions import Fraction
from random import Random
from typing import Literal

from unlearn_spec.policy.load import load_text
from unlearn_spec.policy.model import Policy

ACCESSES = ("product", "api", "weights")
PROBES = ("direct", "paraphrase", "adversarial")
About = Literal["process", "model"] | None
Goal = Literal["suppress", "retain", "refuse", "keep_up", "remove"]


@dataclass(frozen=True)
class Clause:
    """One clause: for `keep_up` the margin below today, for `remove` ε; `share` is 1 for `each` and None for the mean."""

    goal: Goal
    target: str
    access: str
    asked: str
    share: Fraction | None
    limit: Fraction
    delta: Fraction = Fraction(0)
    about: About = None
    """Of what the rates are; `remove` is about the process in any case."""


@dataclass(frozen=True)
class Fact:
    """A mean between two bounds: of today's rate, or of a model trained without the records."""

    whose: Literal["before", "reference"]
    target: str
    access: str
    asked: str
    low: Fraction
    high: Fraction


@dataclass(frozen=True)
class Small:
    """Sets with their sizes, the range of their overlap (None: not declared), and what is said about them."""

    sizes: dict[str, tuple[int, int]]
    overlap: tuple[int, int] | None
    within: bool
    clauses: tuple[Clause, ...]
    facts: tuple[Fact, ...]
    reaches: tuple[str, ...] | None
    """Access that each listed method reaches; None: no methods listed."""

    @property
    def tiny(self) -> bool:
        return all(high <= 20 for _, high in self.sizes.values())


def random_policy(seed: int) -> Small:
    """The policy number `seed`: numbers from coarse grids, so that limits often coincide."""
    draw = Random(seed)
    names = ("one", "two")[: draw.choice((1, 1, 2, 2, 2))]
    grid = draw.choice((4, 5, 10))
    tiny = draw.random() < 0.35
    sizes = {name: _size(draw, tiny) for name in names}
    overlap, within = None, False
    if len(names) == 2:
        most = min(high for _, high in sizes.values())
        kind = draw.choice(("none", "exact", "between", "within"))
        if kind == "exact":
            shared = draw.randint(1, most)
            overlap = (shared, shared)
        elif kind == "between":
            low = draw.randint(0, most)
            overlap = (low, draw.randint(low, most))
        within = kind == "within" and sizes["one"][1] <= sizes["two"][0]
    cells = [(draw.choice(ACCESSES), draw.choice(PROBES)) for _ in range(draw.choice((1, 2, 2, 3)))]
    wanted = draw.choice((("suppress", "retain"), ("suppress", "retain", "refuse"), ("suppress", "retain", "keep_up")))
    clauses = tuple(_clause(draw, wanted, names, cells, grid) for _ in range(draw.randint(2, 4)))
    facts: tuple[Fact, ...] = ()
    reaches = None
    special = draw.random()
    if special < 0.25:
        facts = tuple(_fact(draw, "before", names, cells, grid) for _ in range(draw.randint(1, 2)))
        reaches = tuple(draw.choice(ACCESSES) for _ in range(draw.randint(0, 2))) or ("product",)
    elif special < 0.4:
        facts = tuple(_fact(draw, "reference", names, cells, grid) for _ in range(draw.randint(1, 2)))
        epsilon, delta = Fraction(draw.randint(0, 6), 4), Fraction(draw.choice((0, 1, 5, 20)), 100)
        clauses = (*clauses[:3], Clause("remove", "one", "", "", None, epsilon, delta))
    kinds = Random(f"about {seed}")
    alike: About = "process" if any(clause.goal == "remove" for clause in clauses) else None
    mixed = kinds.random() < 0.4
    clauses = tuple(replace(c, about=kinds.choice(("model", "process")) if mixed else alike) for c in clauses)
    return Small(sizes, overlap, within, clauses, facts, reaches)


def _size(draw: Random, tiny: bool) -> tuple[int, int]:
    low = draw.randint(1, 3) if tiny else draw.randint(21, 60)
    return (low, low) if draw.random() < 0.75 else (low, low + draw.randint(1, 2))


def _share(draw: Random, grid: int) -> Fraction:
    return Fraction(draw.choice((0, grid, *range(grid + 1), *range(grid + 1))), grid)


def _clause(
    draw: Random, goals: tuple[Goal, ...], names: tuple[str, ...], cells: list[tuple[str, str]], grid: int
) -> Clause:
    goal, (access, asked) = draw.choice(goals), draw.choice(cells)
    over = draw.choice(("mean", "mean", "each", "share"))
    share = {"mean": None, "each": Fraction(1)}.get(over, Fraction(draw.randint(1, 4), 5))
    return Clause(goal, draw.choice(names), access, asked, None if goal == "keep_up" else share, _share(draw, grid))


def _fact(
    draw: Random, whose: Literal["before", "reference"], names: tuple[str, ...], cells: list[tuple[str, str]], grid: int
) -> Fact:
    access, asked = draw.choice(cells)
    low, high = sorted((_share(draw, grid), _share(draw, grid)))
    return Fact(whose, draw.choice(names), access, asked, low, Fraction(1) if whose == "before" else high)


# --- as text ---------------------------------------------------------------------------------------------------------


def loaded(small: Small) -> Policy:
    return load_text(text_of(small), "small.yaml").policy


def text_of(small: Small) -> str:
    lines = ['unlearn_spec: "1.0"', "policy: {id: small, version: 1, status: draft}", "information:"]
    for name, (low, high) in small.sizes.items():
        size = str(low) if low == high else f"[{low}, {high}]"
        lines.append(f"  {name}: {{kind: facts, size: {size}, unit: question}}")
    lines.append("  records: {kind: examples, size: 40, unit: record}")
    if small.within:
        lines.append("relations: [{one: within, of: two}]")
    elif small.overlap is not None:
        low, high = small.overlap
        how = f"exactly: {low}" if low == high else f"between: [{low}, {high}]"
        lines.append(f"relations: [{{one: overlaps, with: two, {how}}}]")
    lines.append("artifacts: {bot: {kind: model, seen_by: {public: product}}}")
    if small.reaches is not None:
        methods = ", ".join(f"m{i}: {{reaches: {access}}}" for i, access in enumerate(small.reaches))
        lines.append(f"methods: {{{methods}}}")
    for block, whose in (("measured_before", "before"), ("reference_retrain", "reference")):
        facts = [fact for fact in small.facts if fact.whose == whose]
        if facts:
            lines.append(f"{block}:")
            lines += [f"  - {_fact_text(i, fact)}" for i, fact in enumerate(facts)]
    lines.append("clauses:")
    lines += [f"  - {_clause_text(i, clause)}" for i, clause in enumerate(small.clauses)]
    return "\n".join(lines)


def _fact_text(i: int, fact: Fact) -> str:
    cell = f"in: bot, access: {fact.access}, asked: {fact.asked}"
    if fact.whose == "before":
        return f'{{id: b{i}, target: {fact.target}, {cell}, mean_at_least: "{_percent(fact.low)}"}}'
    between = f'mean_between: ["{_percent(fact.low)}", "{_percent(fact.high)}"]'
    return f"{{id: r{i}, target: {fact.target}, without: records, {cell}, {between}}}"


def _clause_text(i: int, clause: Clause) -> str:
    if clause.goal == "remove":
        limit = (
            f'{{epsilon: "{float(clause.limit):g}", delta: "{_percent(clause.delta)}", compared_with: retrain_without}}'
        )
        scope = "scope: {artifacts: [bot]}, measure: influence, about: process"
        return f"{{id: c{i}, goal: remove, target: records, {scope}, limit: {limit}}}"
    over = {None: "mean", Fraction(1): "each"}.get(clause.share)
    written = over or f'{{share: "{_percent(clause.share or Fraction(0))}"}}'
    number = _percent(clause.limit)
    limit = {"suppress": f'{{at_most: "{number}"}}', "keep_up": f'{{within: "{number}", of: before}}'}.get(
        clause.goal, f'{{at_least: "{number}"}}'
    )
    goal = "retain" if clause.goal == "keep_up" else clause.goal
    scope = f"{{artifacts: [bot], access: {clause.access}, asked: {clause.asked}}}"
    about = f", about: {clause.about}" if clause.about else ""
    return f"{{id: c{i}, goal: {goal}, target: {clause.target}, scope: {scope}, over: {written}, limit: {limit}{about}}}"


def _percent(value: Fraction) -> str:
    return f"{float(value * 100):g}%"
