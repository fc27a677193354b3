"""Findings as text and as JSON: golden output of the bad example, hostile strings, width, colour."""

import json
import re
import unicodedata
from dataclasses import replace
from datetime import date
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from unlearn_spec.finding import Finding, Fix, Span
from unlearn_spec.policy.source import Source
from unlearn_spec.rules.check import CheckResult, check_text
from unlearn_spec.rules.codes import CODES
from unlearn_spec.rules.render_json import render_json, render_json_all
from unlearn_spec.rules.render_text import render_text, wants_colour
from unlearn_spec.rules.terminal import visible

ROOT = Path(__file__).parents[2]
GOLDEN = Path(__file__).parent / "golden"
ESCAPE = re.compile("\x1b\\[[0-9;]*m")
HOSTILE = "a\x1b[31m\x07\tb\u202ec\u200bd\u2028e\x00f\x9bg"


def bad_example():
    text = (ROOT / "spec/examples/bad-example.yaml").read_text("utf-8")
    return check_text(text, "bad-example.yaml", today=date(2026, 11, 24))


def result(*findings, text="", **more):
    return CheckResult("p.yaml", "1.0", findings, 1, source=Source("p.yaml", text, {}, {}), **more)


def finding(message="it is wrong", *spans, **more):
    return Finding("R002", "warning", message, spans or (Span("p.yaml", 1, 1),), **more)


def test_the_bad_example_reads_as_agreed():
    """After a wanted change, look at the new output and write it to `golden/`."""
    assert render_text(bad_example()) == (GOLDEN / "bad-example.txt").read_text("utf-8")


def test_the_bad_example_in_json_is_as_agreed_and_always_the_same():
    assert render_json(bad_example()) == render_json(bad_example())
    assert render_json(bad_example()) == (GOLDEN / "bad-example.json").read_text("utf-8")


def test_json_has_every_key_always():
    keys = {
        "code", "name", "severity", "message", "spans", "why", "fixes", "clauses", "axioms", "situation", "arithmetic",
        "accepted", "open_question", "world", "page",
    }  # fmt: skip
    data = json.loads(render_json(result(finding(), finding(fixes=(Fix("do"),)))))
    assert set(data) == {"file", "language", "findings", "summary"}
    assert all(set(item) == keys for item in data["findings"])
    assert set(data["findings"][0]["spans"][0]) == {"file", "line", "column", "length", "label"}
    assert set(data["summary"]) == {
        "error", "warning", "info", "undetermined", "accepted", "clauses_evaluated", "consistent", "without", "notes",
        "text", "exit_code",
    }  # fmt: skip
    assert json.loads(render_json_all((result(), result()))) == [json.loads(render_json(result()))] * 2
    assert render_json(result(finding(HOSTILE))).isascii()


def harmless(text):
    return all(c == "\n" or unicodedata.category(c) not in ("Cc", "Cf", "Cs", "Zl", "Zp") for c in text)


@given(st.text(), st.text(), st.text())
@settings(max_examples=100, deadline=None)
def test_no_text_from_outside_moves_the_cursor(message, label, line):
    hostile = finding(
        message + HOSTILE,
        Span(HOSTILE, 1, 2, 3, label + HOSTILE),
        Span("p.yaml", 1, 1, 1, label),
        why=(HOSTILE + message,),
        fixes=(Fix(HOSTILE, snippet=message + "\n" + HOSTILE),),
        accepted=label + HOSTILE,
        open_question=HOSTILE,
        situation=(HOSTILE,),
    )
    shown = render_text(result(hostile, text=line + HOSTILE, notes=(HOSTILE,)))
    assert harmless(shown)
    assert harmless(ESCAPE.sub("", render_text(result(hostile, text=line), colour=True)))


def test_marks_stand_under_what_they_mark():
    line = "clé: \t日本 value  # e\u0301"
    column = line.index("value") + 1
    shown = render_text(result(finding("m", Span("p.yaml", 1, column, 5, "here")), text=line)).splitlines()
    source = next(row for row in shown if row.startswith("1 | "))
    marks = next(row for row in shown if "^^^^^ here" in row)

    def width(text):
        return sum(2 if unicodedata.east_asian_width(c) == "W" else 1 for c in text)

    assert "\\t" in source
    assert width(source[: source.index("value")]) == marks.index("^")


def test_several_places_are_shown_in_order_with_gaps():
    text = "\n".join(f"line {n}" for n in range(1, 30))
    spans = Span("p.yaml", 20, 1, 4, "primary"), Span("p.yaml", 3, 6, 1, "first"), Span("p.yaml", 4, 1, 4)
    shown = render_text(result(finding("m", *spans), text=text))
    assert "--> p.yaml:20:1" in shown
    rows = [row.rstrip() for row in shown.splitlines() if re.match(r" *(\d+)? (\||…)", row)]
    assert [row.split("|")[0].strip() for row in rows if re.match(r" *\d", row)] == ["3", "4", "20"]
    assert sum("…" in row for row in rows) == 1
    assert any(row.endswith("^^^^ primary") for row in rows) and any(row.endswith("- first") for row in rows)


@pytest.mark.parametrize("column", [1, 150, 900, 2_000_000])
def test_long_lines_are_cut_around_the_mark(column):
    text = "x" * 2_000_000
    shown = render_text(result(finding("m", Span("p.yaml", 1, column, 5)), text=text))
    assert max(map(len, shown.splitlines())) <= 100
    assert "^" in shown and "…" in shown


def test_prose_is_wrapped():
    shown = render_text(result(finding("word " * 60, why=("word " * 60,), fixes=(Fix("word " * 60),))))
    assert max(map(len, shown.splitlines())) <= 100


def test_colour_changes_nothing_else():
    plain, painted = render_text(bad_example()), render_text(bad_example(), colour=True)
    assert ESCAPE.sub("", painted) == plain != painted


def test_colour_only_on_a_terminal_that_wants_it(monkeypatch):
    class Terminal:
        def __init__(self, tty):
            self.isatty = lambda: tty

    monkeypatch.delenv("NO_COLOR", raising=False)
    monkeypatch.setenv("TERM", "xterm")
    assert wants_colour(Terminal(True)) and not wants_colour(Terminal(False))
    monkeypatch.setenv("NO_COLOR", "1")
    assert not wants_colour(Terminal(True))
    monkeypatch.delenv("NO_COLOR")
    monkeypatch.setenv("TERM", "dumb")
    assert not wants_colour(Terminal(True))


def test_a_finding_shows_all_it_carries():
    full = finding(
        why=("because",),
        fixes=(Fix("mend it", True, "a: b\nc: d"),),
        axioms=("AX2", "AX3"),
        situation=("audit", "not hold"),
        accepted="reason (dpo, until 2027-01-01)",
    )
    shown = render_text(result(full))
    for part in ("(accepted)", "why: because", "fix: mend it (re-checked)", "a: b", "c: d", "uses: AX2 and AX3",
                 "when: audit and not hold", "accepted: reason", "see: unlearn-spec explain R002"):  # fmt: skip
        assert part in shown


def test_every_code_can_be_rendered():
    everything = [Finding(code, CODES[code].severity, "m", (Span("p.yaml", 1, 1),)) for code in CODES]
    shown = render_text(result(*everything))
    assert all(f"{CODES[code].severity}[{code}] {CODES[code].name}: m" in shown for code in CODES)
    assert len(json.loads(render_json(result(*everything)))["findings"]) == len(CODES)


def test_visible_keeps_ordinary_text():
    assert visible("≤ 7.22 % — “日本” é ñ") == "≤ 7.22 % — “日本” é ñ"
    assert visible("\u2066") == "\\u{2066}"


def test_no_excerpt_without_a_source():
    bare = replace(result(finding()), source=None)
    assert "--> p.yaml:1:1" in render_text(bare)
