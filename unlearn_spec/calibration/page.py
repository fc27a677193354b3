"""The calibration table as a page for readers: what was done, what came out, and what it does not show. Pure."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from .model import Bound, Pooled, Row, Step, Table

INTRODUCTION = """\
# How often the verdicts are wrong

<!-- Written by `unlearn-spec calibrate`; a test holds it to spec/calibration/results.json. -->

A verifier that says "violated" of a clean model, or lets a leaking one pass, is worse than none. So the verifiers are
judged here as they judge: on models whose truth is known before they are tested.

**Models.** In each of {seeds} generated worlds, a small language model is trained on 180 fictitious people, with one question
and one document of random words each, nothing that could be guessed. 60 of them must be unlearned; 60 more are never seen.
Who plays which role is drawn anew in every world. From the model or beside it come {specimens} specimens: retrained without
the 60 (eight times), retrained with 5, 10, 20 or 50% of them, treated by ten published methods, put behind guardrails, or
planted with a defect that is known by construction ([specimens.py](../verifiers/zoo/specimens.py) says how each is made).

**Truth.** What a model reveals is known exactly: every item is asked, and where answers are drawn at random their chance is
computed. What it holds is known from how it was made. A treated model holds the target if either of two relearning attacks, one
as judged but with another split and one harder, brings at least 10% of it back beyond a never-trained model, or if a test of
members that no verdict uses tells them from a hold-out more often than the clause's closeness allows, for certain (another
score, with a threshold from the other half of the people: [labelling.py](../unlearn_spec/calibration/labelling.py)); if neither,
nobody knows, and its verdicts are counted as *unknown* and left out.

**Verdicts.** Each specimen goes the way of `verify`: the [policy](../spec/calibration/policy.yaml) is planned, units are
measured, facts and gates lead to verdicts. Limits, effects and recipes were chosen on seeds below 100 and are frozen; the
table is from seeds {first} to {last}, as judged by version {version} of the rules.

**Reading the numbers.** *False-fail*: the model meets the clause and the verdict is "violated". *False-pass*: it does not,
and the verdict is "supported" or "not falsified". "Inconclusive" is neither. Bounds are Clopper–Pearson, one-sided at
95%. Models of one world are not independent: *by world* bounds the share of worlds with at least one error, which is
larger and safer. Each verdict is one trial, though clauses of one verifier judge the same models and may read the same answers:
*once a model* is the bound of the clause that most models meet, alone.
"""

LIMITS = """\
## What this does not show

- The models are tiny and their world is made up. How often a verifier errs on a large model and real text may differ; what
  carries over is that its arithmetic does what it promises, and which defects it is blind to by design.
- False-pass depends on the defect. A method that is not listed may pass where these do not.
- `not_falsified` claims to find the effect that was registered, here 40% or more; smaller leaks may pass, and the tables by
  retained share show how many do.
- Verdicts about models of unknown truth are in no rate.
- No treated model is known to be free of the target: false-fail of `remove` clauses, and after relearning, is that of models
  trained from scratch.
- Where all items are asked anyway (no interval in *By clause*), a truth about outputs is read from the same answers as the verdict.
  Such a verdict can err by its arithmetic and controls, not by sampling.
- Whether a treated, guarded or planted model meets `removed-by-membership` is told by that other test, where it is sure, and
  unknown elsewhere. Both look at one model's probabilities of the same documents, so what blinds one may blind the other.
- Words of documents are drawn for each person, names are dealt to all who are to be forgotten, and to all who are never seen, at
  once. In some worlds a model that saw neither finds the names of one group likelier. Canaries are therefore scored by the words
  after the prefix alone; `removed-by-membership` reads whole documents, in which names weigh little.
- 120 canaries are too few to find a model that kept a fifth. `removed-by-canaries` registers that effect, and so it accuses or leaves
  open, and passes nobody.
- `record` is not judged: it takes a signer at their word.

## Again

```console
$ unlearn-spec calibrate --out calibration --seeds {seeds} --workers 2
```

A finished model, measurement or verdict is never made twice, so the command goes on where it was stopped, and a clause added
to the policy measures only what is new. `--slice small` goes the same way with models that learn nothing, in a minute. The
command writes this page and `results.json`, whose [schema](../spec/schema/calibration.schema.json) is published.

Version {version}; {verdicts} verdicts; unlearn-spec {tool}; {libraries}.
Machine: {machine}. The order of floating-point sums differs between processors, so single verdicts at a limit may differ too.
"""


def page(table: Table, more: str = "") -> str:
    """`docs/calibration.md`, with `more` sections on what is no single model. Equal tables give equal pages."""
    facts = {
        "seeds": len(table.seeds),
        "first": table.seeds[0],
        "last": table.seeds[-1],
        "specimens": table.specimens,
        "verdicts": f"{table.verdicts:,}",
        "version": table.version,
        "tool": table.tool,
        "machine": table.machine,
        "libraries": ", ".join(f"{name} {number}" for name, number in table.libraries.items() if name != "unlearn-spec"),
    }
    parts = (
        INTRODUCTION.format(**facts),
        _summary(table),
        _gates(table),
        _by_clause(table.rows),
        _false_pass(table.rows),
        _power(table.rows),
        *([more] if more else []),
        LIMITS.format(**facts),
    )
    return "\n".join(parts)


def _summary(table: Table) -> str:
    head = (
        "Verifier", "α", "False-fail", "at most", "once a model, at most", "by world, at most", "False-pass at 20% kept",
        "Interval holds the truth",
    )  # fmt: skip
    return f"## By verifier\n\n{grid(head, (_pooled(one, table.rows) for one in table.verifiers))}\n"


def _pooled(one: Pooled, rows: Sequence[Row]) -> tuple[str, ...]:
    alone = once_a_model(one.verifier, rows)
    return (
        f"`{one.verifier}`",
        percent(one.alpha),
        counted(one.false_fail),
        "–" if one.false_fail is None else percent(one.false_fail.high),
        "–" if alone is None else f"{percent(alone.high)} of {alone.n}",
        "–" if one.false_fail is None else f"{percent(one.false_fail.high_by_seed)} of {one.false_fail.seeds}",
        counted(one.false_pass_20),
        "–" if one.coverage is None or one.nominal is None else f"{share_of(one.coverage)}; promised {percent(one.nominal)}",
    )


def once_a_model(verifier: str, rows: Sequence[Row]) -> Bound | None:
    """False-fail by the clause of a verifier that most models meet: there no model counts twice. None where none is met."""
    found = [one.false_fail for one in rows if one.verifier == verifier and one.false_fail is not None]
    return max(found, key=lambda one: one.n, default=None)


def _counted_twice(table: Table) -> str:
    """The false-fail gates that are met only because a model counts once for each clause."""
    alone = {one.verifier: (once_a_model(one.verifier, table.rows), 2 * one.alpha) for one in table.verifiers}
    met = [gate.about for gate in table.gates if gate.gate == "false_fail" and gate.state == "met"]
    short = [(name, found.high) for name in met for found, most in (alone[name],) if found is not None and found.high > most]
    if not short:
        return ""
    return (
        " The gates count every verdict. Counted once a model, the bound of false-fail is above 2α for "
        + ", ".join(f"`{name}` ({high:.2%})" for name, high in short)
        + " too."
    )


def _gates(table: Table) -> str:
    gates = table.gates
    words = {"met": "met", "not_met": "**not met**", "not_measured": "*not measured*"}
    what = {
        "false_fail": "false-fail at most α, its bound at most 2α",
        "coverage": "coverage at least what is promised, less 2 points",
        "false_pass": "of models that kept 20%, at most 20% pass",
        "planted": "planted defect found in every world",
    }
    open_ones = [gate for gate in gates if gate.state != "met"]
    lead = f"{len(gates) - len(open_ones)} of {len(gates)} gates are met."
    if open_ones:
        lead += " Not met or not measured: " + ", ".join(f"{gate.gate.replace('_', '-')} of `{gate.about}`" for gate in open_ones) + "."
    lead += _counted_twice(table)
    rows = ((what[gate.gate], f"`{gate.about}`", words[gate.state], gate.found) for gate in gates)
    return f"## Release gates\n\n{lead}\n\n{grid(('Gate', 'About', 'State', 'Found'), rows)}\n"


def _by_clause(rows: Iterable[Row]) -> str:
    head = ("Clause", "Verifier", "False-fail", "at most", "Inconclusive", "Interval holds the truth", "Unknown truth")
    body = (
        (
            f"`{one.clause}`",
            f"`{one.verifier}`",
            counted(one.false_fail),
            "–" if one.false_fail is None else percent(one.false_fail.high),
            share_of(one.inconclusive),
            share_of(one.coverage),
            str(one.unknown),
        )
        for one in rows
    )
    return f"## By clause\n\n{grid(head, body)}\n"


def _false_pass(rows: tuple[Row, ...]) -> str:
    """One table: specimens down, clauses across; passed / open / caught."""
    specimens = dict.fromkeys(case.specimen for one in rows for case in one.false_pass)
    found = {(one.clause, case.specimen): case for one in rows for case in one.false_pass}
    body = []
    for specimen in specimens:
        cells = []
        for one in rows:
            case = found.get((one.clause, specimen))
            cells.append("" if case is None else f"{case.passed.k}/{case.inconclusive}/{case.violated}")
        body.append((f"`{specimen}`", *cells))
    head = ("Specimen", *(f"`{one.clause}`" for one in rows))
    lead = (
        "How models that do not meet the clause fared: passed / left open / caught, over all worlds. Empty: it meets the clause, "
        "or nobody knows. The first number is the false passes."
    )
    return f"## False passes by defect\n\n{lead}\n\n{grid(head, body)}\n"


def _power(rows: tuple[Row, ...]) -> str:
    shares = sorted({step.retained for one in rows for step in one.power})
    body = []
    for one in rows:
        if one.verifier in ("retention", "refusal"):
            continue
        steps = {step.retained: step for step in one.power}
        cells = (_step(steps.get(share)) for share in shares)
        body.append((f"`{one.clause}`", *cells))
    head = ("Clause", *(percent(share) for share in shares))
    lead = (
        "Share of verdicts “violated”, by the share of the people that the model was trained on; beside it the share that passed. "
        "*Slanted*: at this share the clause is met."
    )
    return f"## Power by retained share\n\n{lead}\n\n{grid(head, body)}\n"


def _step(step: Step | None) -> str:
    if step is None:
        return ""
    text = f"{step.violated / step.n:.0%}, {step.passed / step.n:.0%}"
    return f"*{text}*" if step.truth == "satisfied" else text


def grid(head: Iterable[str], rows: Iterable[Iterable[str]]) -> str:
    """A table in Markdown."""
    titles = list(head)
    lines = [f"| {' | '.join(titles)} |", f"|{'---|' * len(titles)}"]
    lines += [f"| {' | '.join(row)} |" for row in rows]
    return "\n".join(lines)


def counted(found: Bound | None) -> str:
    """`3 of 40`; a dash where nothing was counted."""
    return "–" if found is None else f"{found.k} of {found.n}"


def share_of(found: Bound | None) -> str:
    """`7.5% of 40`; a dash where nothing was counted."""
    return "–" if found is None else f"{percent(found.k / found.n)} of {found.n}"


def percent(share: float) -> str:
    """A share in [0, 1] to a tenth of a percent, without a zero behind the point."""
    return f"{100 * share:.1f}%".replace(".0%", "%")
