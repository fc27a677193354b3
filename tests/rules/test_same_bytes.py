"""Same input, same bytes; and what stays when clauses change places.

The same call in a fresh process prints the same bytes, whatever Python's hash seed. Within one process it does so again,
whatever was asked before and whatever the solver's seed, but for the worlds of `--show-worlds`: a world is one of many that
show a finding, and which one the solver finds depends on what it did before.

When the clauses of a policy change places, these stay, finding by finding: code, severity, situation, acceptance, axioms, the
clauses that it is about, the words that are marked, and the words of the message. These follow the order of the file: the
order of findings, and of clauses and names within one; which place is marked first; and a choice among equals, namely which
five of many equal clauses a C005 names, and which of two clauses a C002 offers to let override the other.

When lines move, line numbers change and nothing else.
"""

from __future__ import annotations

import json
import os
import random
import subprocess
import sys
from collections import Counter
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
import z3
from printed import CORPUS, POLICIES, TODAY, printed
from results import ROOT

from unlearn_spec.finding import Finding, Fix, Span
from unlearn_spec.policy.read import read
from unlearn_spec.policy.source import Source
from unlearn_spec.rules.check import check_text
from unlearn_spec.rules.codes import CODES


@pytest.fixture(scope="module")
def first() -> dict[str, str]:
    return again()


def again() -> dict[str, str]:
    """What is printed, but for worlds."""
    here = Path.cwd()
    os.chdir(ROOT)
    try:
        return {asked: text for asked, text in printed().items() if asked != "worlds"}
    finally:
        os.chdir(here)


def test_the_same_again(first: dict[str, str]) -> None:
    assert again() == first
    assert all(len(text) > 200 for text in first.values())


def test_the_same_in_another_process_whatever_the_hash_seed() -> None:
    runs = [
        subprocess.Popen(
            [sys.executable, str(Path(__file__).with_name("printed.py"))],
            cwd=ROOT,
            env=os.environ | {"PYTHONHASHSEED": seed, "PYTHONPATH": str(ROOT)},
            stdout=subprocess.PIPE,
        )
        for seed in ("0", "4711")
    ]
    one, other = (run.communicate()[0] for run in runs)
    assert [run.returncode for run in runs] == [0, 0]
    assert one == other and len(one) > 100_000


def test_the_same_whatever_the_solver_seed(first: dict[str, str], monkeypatch: pytest.MonkeyPatch) -> None:
    asked, original = [], z3.Solver.set

    def seeded(solver: z3.Solver, *arguments: object) -> None:
        if arguments[:1] == ("random_seed",):
            asked.append(arguments)
            arguments = ("random_seed", 4711)
        original(solver, *arguments)

    monkeypatch.setattr(z3.Solver, "set", seeded)
    assert again() == first and asked


# --- clauses in another order ----------------------------------------------------------------------------------------

IN_EVERY_ORDER = [
    path
    for path in (
        *(ROOT / policy for policy in POLICIES),
        *sorted((ROOT / CORPUS).glob("C00[1-9]/*.yaml")),
        *sorted((ROOT / CORPUS).glob("[MRV]00*/*.yaml")),
    )
    if path.name != "cases.yaml"
]
AMONG_EQUALS = ("any-three-of-eight", "ceiling-against-floors")
"""More clauses take the same than the five that are named."""


@pytest.mark.parametrize("path", dict.fromkeys(IN_EVERY_ORDER), ids=lambda path: f"{path.parent.name}-{path.stem}")
def test_the_same_findings_whatever_the_order_of_clauses(path: Path) -> None:
    data = read(path.read_text("utf-8"), path.name).data
    if not isinstance(data, dict) or len(data["clauses"]) < 2:
        return
    clauses = list(data["clauses"])
    shuffled = random.Random(7).sample(clauses, len(clauses))
    orders = (clauses, clauses[::-1], shuffled)
    one, *others = (findings(data | {"clauses": order}, of_equals=path.stem in AMONG_EQUALS) for order in orders)
    assert all(other == one for other in others)


def findings(data: dict[str, Any], *, of_equals: bool) -> Counter[tuple[object, ...]]:
    """What is found and which words are marked, whatever their place; JSON is YAML."""
    result = check_text(json.dumps(data, indent=1, ensure_ascii=False), today=TODAY)
    assert result.source is not None
    return Counter(what_stays(each, result.source, named=not of_equals) for each in result.findings)


def what_stays(finding: Finding, source: Source, *, named: bool) -> tuple[object, ...]:
    sets = finding.situation, finding.axioms, finding.clauses if named else ()
    marked = sorted(source.line(span.line)[span.column - 1 :][: span.length] for span in finding.spans) if named else ()
    said = sorted(finding.message.translate(str.maketrans(",:()", "    ")).split()) if named else ()
    accepted = (finding.accepted, finding.open_question)
    return (finding.code, finding.severity, accepted, *map(frozenset, sets), tuple(marked), tuple(said))


@pytest.mark.parametrize("path", [ROOT / path for path in POLICIES], ids=lambda path: f"{path.parent.name}-{path.stem}")
def test_moved_lines_change_line_numbers_alone(path: Path) -> None:
    text = path.read_text("utf-8")
    before, after = check_text(text, today=TODAY).findings, check_text("# a remark\n\n" + text, today=TODAY).findings
    assert tuple(map(moved, before)) == tuple(replace(each, message=unmoved(each)) for each in after)


def moved(finding: Finding, lines: int = 2) -> Finding:
    def down(span: Span) -> Span:
        return replace(span, line=span.line + lines)

    def fixed(fix: Fix) -> Fix:
        return replace(fix, edits=tuple(replace(edit, span=down(edit.span)) for edit in fix.edits))

    return replace(
        finding,
        spans=tuple(map(down, finding.spans)),
        fixes=tuple(map(fixed, finding.fixes)),
        message=unmoved(finding),
    )


def unmoved(finding: Finding) -> str:
    """The message without the place that a Y003 names in it."""
    assert finding.code in CODES
    return finding.message.partition(" (first at ")[0] if finding.code == "Y003" else finding.message
