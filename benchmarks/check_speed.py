"""How long `unlearn-spec check` takes on large policies of several shapes, printed as a table.

    python benchmarks/check_speed.py [clauses ...]        # 100 and 1,000 if none are given

Seconds beyond the start of the interpreter and the import of the solver, so that machines can be compared by ratios.
Families: *fragments* (many unconnected sets), *hub* (five sets of which none is known to be disjoint from another), *situations* (guarded
clauses), *open* (clauses with three open fields each), *families* (many artifacts with references, methods and baselines),
*clash* (fragments in which every fiftieth pair of clauses contradicts itself).
"""

from __future__ import annotations

import sys
import time
from collections.abc import Callable, Iterator
from datetime import date

from unlearn_spec.rules.check import check_text

HEAD = (
    'unlearn_spec: "1.0"\npolicy: {id: large, version: 1, status: draft, confidence: "95%"}\nclock: {starts: request}\n'
)
READ = "reveals_when: {metric: contains}"
DRAWN = "decoding: {method: greedy}"
HUB_SETS = 5
SITUATIONS = 8


def rate_clause(
    i: int, goal: str, target: str, limit: str, artifact: str = "bot", scope: str = "access: api, asked: direct"
) -> str:
    key = "at_most" if goal == "suppress" else "at_least"
    return (
        f"  - {{id: c{i}, goal: {goal}, target: {target}, scope: {{artifacts: [{artifact}], {scope}{', ' if scope else ''}{DRAWN}}}, "
        f"over: {('mean', 'each', 'mean')[i % 3]}, {READ}, limit: {{{key}: {limit!r}}}}}"
    )


def fragments(n: int) -> Iterator[str]:
    yield from sets(f"s{i}" for i in range(n // 2))
    yield "artifacts: {bot: {kind: model, seen_by: {public: api}}}"
    yield "clauses:"
    for i in range(n):
        goal, limit = ("suppress", f"{5 + i % 40}%") if i % 2 == 0 else ("retain", f"{1 + i % 4}%")
        yield rate_clause(i, goal, f"s{i // 2}", limit)


def clash(n: int) -> Iterator[str]:
    for line in fragments(n):
        number = int(line.split("id: c")[1].split(",")[0]) if "id: c" in line else 0
        yield line.replace("at_least: '", "at_least: '9") if number % 100 == 99 else line


def hub(n: int) -> Iterator[str]:
    names = [f"s{i}" for i in range(HUB_SETS)]
    yield from sets(names)
    yield "relations:"
    yield from (f"  - {{{name}: overlaps, with: s0, between: [5, 60]}}" for name in names[1:])
    yield "artifacts: {bot: {kind: model, seen_by: {public: api}}}"
    yield "clauses:"
    for i in range(n):
        goal, limit = ("suppress", f"{40 + i % 50}%") if i % 2 == 0 else ("retain", f"{1 + i % 20}%")
        yield rate_clause(
            i, goal, names[i % HUB_SETS], limit, scope=f"access: {('api', 'weights')[i % 4 // 2]}, asked: direct"
        )


def situations(n: int) -> Iterator[str]:
    yield from sets(f"s{i}" for i in range(n // 2))
    yield f"situations: [{', '.join(f'w{i}' for i in range(SITUATIONS))}]"
    yield "artifacts: {bot: {kind: model, seen_by: {public: api}}}"
    yield "clauses:"
    for i in range(n):
        goal, limit = ("suppress", f"{5 + i % 40}%") if i % 2 == 0 else ("retain", f"{1 + i % 4}%")
        yield rate_clause(i, goal, f"s{i // 2}", limit, scope=f"access: api, asked: direct, when: w{i % SITUATIONS}")


def open_fields(n: int) -> Iterator[str]:
    for line in fragments(n):
        yield line.replace("artifacts: [bot], access: api, asked: direct, ", "").replace("over: mean, ", "")


def families(n: int) -> Iterator[str]:
    """One artifact for ten clauses."""
    many = max(1, n // 10)
    yield from sets(f"s{i}" for i in range(10))
    yield "artifacts:"
    yield from (
        f"  m{k}: {{kind: model, trained_on: [s0], seen_by: {{public: api, staff: weights}}}}" for k in range(many)
    )
    yield 'methods: {filter: {reaches: product}, tuning: {reaches: weights, takes: "5 days"}}'
    yield "measured_before:"
    yield from (
        f"  - {{id: b{k}, target: s1, in: m{k}, access: api, asked: direct, mean_at_least: '30%'}}" for k in range(many)
    )
    yield "reference_retrain:"
    yield from (
        f"  - {{id: r{k}, target: s2, without: s0, in: m{k}, access: api, asked: direct, mean_between: ['1%', '20%']}}"
        for k in range(many)
    )
    yield "clauses:"
    for i in range(n):
        artifact = f"m{i // 10 % many}"
        if i % 10 == 0:
            closeness = "limit: {epsilon: '0.5', delta: '1%', compared_with: retrain_without}"
            removal = f"goal: remove, target: s0, measure: influence, about: process, {closeness}"
            yield f"  - {{id: c{i}, {removal}, scope: {{artifacts: [{artifact}]}}}}"
        else:
            goal, limit = ("suppress", f"{40 + i % 50}%") if i % 2 == 0 else ("retain", f"{1 + i % 20}%")
            yield rate_clause(i, goal, f"s{i % 10}", limit, artifact)


def sets(names: Iterator[str] | list[str]) -> Iterator[str]:
    yield "information:"
    yield from (f"  {name}: {{kind: examples, size: {100 + 7 * i % 50}, unit: record}}" for i, name in enumerate(names))


FAMILIES: dict[str, Callable[[int], Iterator[str]]] = {
    "fragments": fragments, "hub": hub, "situations": situations, "open": open_fields, "families": families, "clash": clash,
}  # fmt: skip


def policy(family: str, clauses: int) -> str:
    return HEAD + "\n".join(FAMILIES[family](clauses)) + "\n"


def main(sizes: list[int]) -> None:
    check_text(policy("fragments", 2), "warm.yaml", today=date(2026, 1, 1))  # imports and the solver's own start
    print(f"{'family':<12}{'clauses':>9}{'seconds':>10}{'findings':>10}  codes")
    for family in FAMILIES:
        for size in sizes:
            text = policy(family, size)
            started = time.perf_counter()
            result = check_text(text, f"{family}.yaml", today=date(2026, 1, 1))
            spent = time.perf_counter() - started
            codes = sorted({finding.code for finding in result.findings})
            print(f"{family:<12}{size:>9,}{spent:>10.2f}{len(result.findings):>10,}  {' '.join(codes)}", flush=True)


if __name__ == "__main__":
    main([int(argument) for argument in sys.argv[1:]] or [100, 1000])
