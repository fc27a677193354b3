"""Random policies about a set that others overlap, and what makes every policy large."""

from __future__ import annotations

from random import Random

import pytest

from unlearn_spec.logic import encode, separation, solver

READ = "scope: {artifacts: [bot], access: api, asked: direct, decoding: {method: greedy}%s}, reveals_when: {metric: contains}"


def star(seed: int) -> str:
    """A policy about a set that others overlap, and which of these are disjoint: now and then with conflicts of its sum."""
    draw = Random(seed)
    small = [f"s{i}" for i in range(draw.randint(3, 5))]  # conflicts of seven take a minute
    tiny = draw.random() < 0.2
    lines = ['unlearn_spec: "1.0"', "policy: {id: star, version: 1, status: draft}", "information:"]
    for name in small:
        size = draw.choice((3, 5) if tiny else (25, 40))
        written = f"[{size}, {size + 3}]" if draw.random() < 0.2 else str(size)
        lines.append(f"  {name}: {{kind: facts, size: {written}, unit: question}}")
    lines.append(
        f"  hub: {{kind: facts, size: {len(small) * draw.choice((1, 2)) if tiny else len(small) * 12}, unit: question}}"
    )
    lines.append("relations:")
    lines.append(f"  - {{disjoint: [{', '.join(small)}]}}")
    for name in small:
        most = 2 if tiny else 10
        shared = draw.choice(("", f", exactly: {most}", f", between: [0, {most}]", f", exactly: {most // 2}"))
        lines.append(f"  - {{{name}: overlaps, with: hub{shared}}}")
    lines.append("artifacts: {bot: {kind: model, seen_by: {public: api}}}")
    guarded = draw.random() < 0.3
    lines += ["situations: [audit]"] * guarded
    lines.append("clauses:")
    number = 0
    for name in (*small, "hub", "hub"):
        for _ in range(draw.choice((0, 1, 1, 2))):
            retains = (name == "hub" and draw.random() < 0.8) or draw.random() < 0.15
            over = draw.choice(("mean", "mean", "each", '{share: "60%"}'))
            limit = draw.choice((50, 60, 90, 97)) if retains else draw.choice((0, 5, 20, 50))
            scope = READ % (", when: audit" if guarded and draw.random() < 0.4 else "")
            key = "at_least" if retains else "at_most"
            goal = "retain" if retains else "suppress"
            lines.append(
                f'  - {{id: c{number}, goal: {goal}, target: {name}, {scope}, over: {over}, limit: {{{key}: "{limit}%"}}}}'
            )
            number += 1
    if not number:
        lines.append('  - {id: c0, goal: suppress, target: s0, limit: {at_most: "1%"}}')
    return "\n".join(lines) + "\n"


def cut_up(monkeypatch: pytest.MonkeyPatch) -> None:
    """As if every policy were large."""
    monkeypatch.setattr(encode, "LONG", 2)
    monkeypatch.setattr(solver, "_LARGE", 1)
    monkeypatch.setattr(solver, "_PACK", 30)
    monkeypatch.setattr(separation, "_FEW", 1)
