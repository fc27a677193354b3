"""How `unlearn-spec check` grows with the policy: seconds and memory of the whole process, and whether its answer was right.

    python benchmarks/check_scale.py [clauses ...] [--families frag hub ...] [--conflicts no] [--repeat N]

Each policy is written to a file and checked by a process of its own, measured from outside. Every run's findings are held
against what the family must give, so that no run can be fast by being wrong. Families, each consistent and with conflicts:

*frag*        many unconnected sets, two clauses each
*hub*         one large set that everything else overlaps: a floor on it, a limit on each of the others
*tight*       a hub whose floor leaves hardly any slack
*aggregate*   a hub whose floor no clause breaks alone, and hundreds of them break together
*situations*  guarded clauses and overrides on unconnected sets
*models*      one set and many models that were trained on it, a clause for each; staff hold their weights, of which no clause speaks
"""

from __future__ import annotations

import argparse
import json
import os
import platform
import sys
import tempfile
import time
from collections import Counter
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from fractions import Fraction
from math import log
from pathlib import Path

HEAD = (
    'unlearn_spec: "1.0"\npolicy: {id: large, version: 1, status: draft, confidence: "95%"}\nclock: {starts: request}\n'
)
READ = "reveals_when: {metric: contains}"
DRAWN = "decoding: {method: greedy}"
SITUATIONS = 8
SEEDED = 4
"""Conflicts in a policy that has some."""
LOST = Fraction(19, 2)
"""Items of the hub that a clause on one of its small sets takes: ten shared, of which 5% may stay."""


@dataclass(frozen=True)
class Policy:
    text: str
    expected: tuple[dict[str, int], ...]
    """Number of findings by code; several where more than one telling is right."""


def rate_clause(
    name: str,
    goal: str,
    target: str,
    limit: str,
    *,
    scope: str = "artifacts: [bot], access: api, asked: direct",
    over: str = "mean",
) -> str:
    key = "at_most" if goal == "suppress" else "at_least"
    where = f"scope: {{{scope}{', ' if scope else ''}{DRAWN}}}"
    averaged = f"over: {over}, " if over else ""
    return f"  - {{id: {name}, goal: {goal}, target: {target}, {where}, {averaged}{READ}, limit: {{{key}: {limit!r}}}}}"


def information(sizes: dict[str, int]) -> Iterator[str]:
    yield "information:"
    yield from (f"  {name}: {{kind: examples, size: {size}, unit: record}}" for name, size in sizes.items())


def seeds(n: int, conflicts: bool) -> frozenset[int]:
    """Where the conflicts are: spread over the policy."""
    return frozenset(n * (2 * k + 1) // (2 * SEEDED) for k in range(SEEDED)) if conflicts else frozenset()


BOT = "artifacts: {bot: {kind: model, seen_by: {public: api}}}"


def frag(n: int, conflicts: bool) -> Policy:
    pairs, wrong = n // 2, seeds(n // 2, conflicts)
    lines = [*information({f"s{i}": 100 + 7 * i % 50 for i in range(pairs)}), BOT, "clauses:"]
    for i in range(pairs):
        over = ("mean", "each")[i % 2]
        lines.append(rate_clause(f"hide{i}", "suppress", f"s{i}", f"{5 + i % 40}%", over=over))
        lines.append(rate_clause(f"know{i}", "retain", f"s{i}", "90%" if i in wrong else f"{1 + i % 4}%", over=over))
    return Policy("\n".join(lines), ({"C001": len(wrong)} if wrong else {},))


def star(n: int, conflicts: bool, floor: Fraction, wrong: frozenset[int]) -> Iterator[str]:
    """A large set, n − 1 − |wrong| small sets that share ten items each with it and none with each other, a clause on each."""
    small = n - 1 - len(wrong)
    names = [f"s{i}" for i in range(small)]
    yield from information({"all": 40 * small} | dict.fromkeys(names, 100))
    yield "relations:"
    yield f"  - {{disjoint: [{', '.join(names)}]}}"
    yield from (f"  - {{{name}: overlaps, with: all, exactly: 10}}" for name in names)
    yield BOT
    yield "clauses:"
    yield rate_clause("floor", "retain", "all", f"{float(floor * 100):.6f}%")
    for i, name in enumerate(names):
        yield rate_clause(f"hide{i}", "suppress", name, "0.5%")
        if i in wrong:
            yield rate_clause(f"know{i}", "retain", name, "90%")


def kept(small: int, lost: Fraction) -> Fraction:
    """The share of the hub that is left when so many items are lost, of 40 for each small set."""
    return 1 - lost / (40 * small)


def found_in_star(wrong: frozenset[int]) -> dict[str, int]:
    """What a star with some pairs of clauses in conflict must give."""
    return {"C001": len(wrong)} if wrong else {}


def hub(n: int, conflicts: bool) -> Policy:
    wrong = seeds(n - 1 - SEEDED, conflicts)
    return Policy("\n".join(star(n, conflicts, Fraction(1, 2), wrong)), (found_in_star(wrong),))


def tight(n: int, conflicts: bool) -> Policy:
    """A floor half an item below what the clauses leave: 100 × 0.5% of each set's ten shared items may stay revealed."""
    wrong = seeds(n - 1 - SEEDED, conflicts)
    small = n - 1 - len(wrong)
    floor = kept(small, LOST * small + Fraction(1, 2))
    return Policy("\n".join(star(n, conflicts, floor, wrong)), (found_in_star(wrong),))


def aggregate(n: int, conflicts: bool) -> Policy:
    """A floor that an eighth of the clauses break together, or (consistent) one that a quarter more would break."""
    small = n - 1
    lost = LOST * small * (Fraction(1, 8) if conflicts else Fraction(5, 4))
    told = ({"C001": 1}, {"C005": 1}) if conflicts else (found_in_star(frozenset()),)
    return Policy("\n".join(star(n, conflicts, kept(small, lost), frozenset())), told)


def situations(n: int, conflicts: bool) -> Policy:
    """Three clauses a set, under one situation of eight: a limit, a floor, and what takes the limit's place in another."""
    triples, wrong = n // 3, seeds(n // 3, conflicts)
    lines = [*information({f"s{i}": 100 + 7 * i % 50 for i in range(triples)})]
    lines += [f"situations: [{', '.join(f'w{i}' for i in range(SITUATIONS))}]", BOT, "clauses:"]
    for i in range(triples):
        here, there = f"w{i % SITUATIONS}", f"w{(i + 1) % SITUATIONS}"
        scope = "artifacts: [bot], access: api, asked: direct"
        lines.append(rate_clause(f"hide{i}", "suppress", f"s{i}", f"{5 + i % 40}%", scope=f"{scope}, when: {here}"))
        floor = "90%" if i in wrong else f"{1 + i % 4}%"
        lines.append(rate_clause(f"know{i}", "retain", f"s{i}", floor, scope=f"{scope}, when: {here}"))
        instead = rate_clause(f"less{i}", "suppress", f"s{i}", f"{50 + i % 40}%", scope=f"{scope}, when: {there}")
        lines.append(instead[:-1] + f", overrides: [hide{i}]}}")
    found = {"A011": triples} | ({"C002": 2 * len(wrong)} if wrong else {})  # with the limit, and with what takes its place
    return Policy("\n".join(lines), (found,))


def models(n: int, conflicts: bool) -> Policy:
    """A clause on each model for the public, and nothing for those who hold its weights: a gap for each model."""
    wrong = seeds(n - SEEDED, conflicts)
    many = n - len(wrong)
    lines = [*information({"records": 100}), "artifacts:"]
    lines += [f"  m{i}: {{kind: model, trained_on: [records], seen_by: {{public: api, staff: weights}}}}" for i in range(many)]
    lines.append("clauses:")
    for i in range(many):
        scope = f"artifacts: [m{i}], access: api, asked: direct"
        lines.append(rate_clause(f"hide{i}", "suppress", "records", "1%", scope=scope))
        if i in wrong:
            lines.append(rate_clause(f"know{i}", "retain", "records", "90%", scope=scope))
    found = {"A011": many} | ({"C001": len(wrong)} if wrong else {})
    return Policy("\n".join(lines), (found, found | {"X002": 1}))  # R003 is asked of no more than so many at once, and says so


FAMILIES: dict[str, Callable[[int, bool], Policy]] = {
    "frag": frag, "hub": hub, "tight": tight, "aggregate": aggregate, "situations": situations, "models": models,
}  # fmt: skip


@dataclass(frozen=True)
class Run:
    seconds: float
    cpu: float
    """Seconds of processor time: what a busy machine leaves the same."""
    mib: float
    codes: dict[str, int]
    evaluated: int


def measured(path: Path, compiled: Path) -> Run:
    """One `unlearn-spec check` of a file in a process of its own: seconds and peak memory as the kernel counts them.

    `compiled`: where Python keeps its compiled modules, as an installation does.
    """
    with tempfile.TemporaryFile() as out:
        started = time.perf_counter()
        pid = os.posix_spawn(
            sys.executable,
            [sys.executable, "-m", "unlearn_spec", "check", "--format", "json", str(path)],
            {**os.environ, "PYTHONPYCACHEPREFIX": str(compiled), "PYTHONDONTWRITEBYTECODE": ""},
            file_actions=[(os.POSIX_SPAWN_DUP2, out.fileno(), 1)],
        )
        _, status, used = os.wait4(pid, 0)
        seconds = time.perf_counter() - started
        out.seek(0)
        text = out.read()
    if os.waitstatus_to_exitcode(status) not in (0, 1, 3):
        raise SystemExit(f"{path.name}: exit code {os.waitstatus_to_exitcode(status)}\n{text.decode()[:2000]}")
    answer = json.loads(text)
    codes = Counter(finding["code"] for finding in answer["findings"])
    peak = used.ru_maxrss / (1 << 20 if sys.platform == "darwin" else 1 << 10)
    return Run(
        seconds,
        used.ru_utime + used.ru_stime,
        peak,
        dict(sorted(codes.items())),
        answer["summary"]["clauses_evaluated"],
    )


def policy(family: str, clauses: int, conflicts: bool) -> Policy:
    made = FAMILIES[family](clauses, conflicts)
    return Policy(f"{HEAD}{made.text}\n", made.expected)


def slope(sizes: list[int], seconds: list[float]) -> float:
    """The exponent with which the time grows between the last two sizes: 1 is linear."""
    return log(seconds[-1] / seconds[-2]) / log(sizes[-1] / sizes[-2])


def main(arguments: list[str]) -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("sizes", nargs="*", type=int, default=[100, 1000])
    parser.add_argument("--families", nargs="+", choices=FAMILIES, default=list(FAMILIES))
    parser.add_argument("--repeat", type=int, default=1, help="runs of which the fastest counts")
    parser.add_argument("--conflicts", choices=("no", "yes", "both"), default="both")
    parser.add_argument("--keep", type=Path, help="a folder for the policies")
    chosen = parser.parse_args(arguments)
    print(f"Python {platform.python_version()}, {platform.system()} {platform.machine()}, {os.cpu_count()} cores")
    print("| family | clauses | conflicts | seconds | of processor | × the smallest | MiB | findings | as expected |")
    print("|---|---:|---|---:|---:|---:|---:|---|---|")
    wrong = 0
    with tempfile.TemporaryDirectory() as scratch:
        folder = chosen.keep or Path(scratch)
        folder.mkdir(parents=True, exist_ok=True)
        compiled = Path(scratch) / "compiled"
        warm = folder / "warm.yaml"
        warm.write_text(policy("frag", 2, conflicts=False).text, encoding="utf-8")
        measured(warm, compiled)
        for family in chosen.families:
            for conflicts in {"no": (False,), "yes": (True,), "both": (False, True)}[chosen.conflicts]:
                seconds: list[float] = []
                for size in chosen.sizes:
                    made = policy(family, size, conflicts)
                    path = folder / f"{family}-{size}{'-conflicts' if conflicts else ''}.yaml"
                    path.write_text(made.text, encoding="utf-8")
                    runs = [measured(path, compiled) for _ in range(chosen.repeat)]
                    run = min(runs, key=lambda each: each.cpu)
                    seconds.append(run.cpu)
                    right = run.codes in made.expected and run.evaluated == made.text.count("goal:")
                    wrong += not right
                    told = ", ".join(f"{code} × {number}" for code, number in run.codes.items()) or "none"
                    ratio = seconds[-1] / seconds[0]
                    print(
                        f"| {family} | {size:,} | {'yes' if conflicts else 'no'} | {run.seconds:.2f} | {run.cpu:.2f} | {ratio:.1f} "
                        f"| {run.mib:.0f} | {told} | {'yes' if right else 'NO'} |",
                        flush=True,
                    )
                if len(seconds) > 1:
                    print(f"<!-- {family}: time grows as clauses^{slope(chosen.sizes, seconds):.2f} -->")
    return 1 if wrong else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
