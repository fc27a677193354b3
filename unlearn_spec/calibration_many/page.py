"""The sections of `docs/calibration.md` on processes and endpoints. Pure."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from ..calibration.model import Gate, Pooled, Row
from ..calibration.page import counted, grid, once_a_model, percent, share_of
from .model import Alike, Level, ManyTable, Part, Reach

HEADING = """\
## Models in number, and at a distance

What takes several models, or reaches one over a network alone, is judged in {seeds} worlds of its own (seeds {first} to {last}),
where 20 of 80 people must be unlearned: fifty smaller models a world, in place of thirty. Truth, verdicts, bounds and gates are those
described above, and limits, effects, recipes and gates were fixed on seeds below 100 as well ([policy of the
processes](../spec/calibration/processes.yaml), [of the endpoints](../spec/calibration/endpoints.yaml),
[gates](../spec/calibration/many-gates.yaml)). `unlearn-spec calibrate --many` does all of it again; its table is `many.json`
([schema](../spec/schema/calibration-many.schema.json)).
"""

PROCESSES = """\
### Several runs of a process

Of each process four runs are made independently, an original of its own included where a method unlearns from it
([processes.py](../verifiers/zoo/processes.py)). Sixteen retrained models make four groups of four: each group is audited as a process
that meets every clause, beside the twelve others as references. The processes that meet none: nothing was done (`original`), a share
of the people stayed in every run (`partial_…`), two published methods, and one that does nothing in two of its four runs
(`fails_in_half`) or in one (`fails_in_one`). A method's truth is taken from the runs: its members are told from a hold-out, by a test
that no verdict uses, in at least two of the four; else it is unknown.

`alike-by-…` compare whole models (`ensemble`) at ε 0.5, with an error of 1%. `documents-in-runs` counts the runs that show 10% of the
documents or more (`runs`) at ε 0.3, with an error of 5%: with 1%, four runs beside twelve references could show nothing, whatever they did.
"""

REACH = """\
What so many models can show is a matter of counting: an exact p cannot be smaller than one among all ways to say which models are the
audited ones. It must be below what α and ε leave for *M* runs, α / e^(*M*ε). {here}
The fewest references with which a difference could be found at all, by number of runs, at ε 0.5 and an error of 1%:
"""

ENDPOINTS = """\
### Models behind an endpoint

{models} models of each world are served on this machine by an OpenAI-compatible server ([server.py](../verifiers/zoo/server.py)), and
bound as an endpoint that answers in text alone, and as one that gives log-probabilities (`echo`). The original answers there too. Each
is also judged in its folder, by the same policy: what the weights come to must not depend on the way to them.
"""

LIMITS = """\
### What these do not show

- An ensemble never supports, and where it finds no difference it is inconclusive: it can accuse falsely, and it cannot let anyone pass.
- A process of retrained models is as close as can be, and the limit allows ε 0.5: such a process is accused less often than α. One
  that is just within the limit may be accused more often; none of known ε could be made.
- Groups of one world share models: each retrained model is a run once and a reference three times. *By world* counts each world once.
- Four runs do not catch a process that fails now and then: of `fails_in_one`, one run in four shows the target, and four must.
- Runs counted after relearning (`relearn` with `runs`) and members told in several runs are not judged. The second takes a hold-out
  of 40, and these worlds have 20. Neither is an ensemble of models behind endpoints.
- *Found in every world* counts worlds in which the model meets the clause, so that there is nothing to find, as not found: now and then
  an original learns little. The tables of defects leave them out.
- The server is honest, and runs beside the program: no queue, no rounding of log-probabilities, no other hardware, no chat template.
  What dishonest servers get away with is a matter of [what an endpoint can show](researchers.md#what-can-be-bound), not of this table.
- With 20 people, limits through endpoints are wide (26%): a model that kept 20% meets them.

Version {version}; {verdicts} verdicts; unlearn-spec {tool}; {libraries}. Machine: {machine}.
"""

WORDS = {
    "false_fail": "false-fail at most α, its bound at most 2α",
    "coverage": "coverage at least what is promised, less 2 points",
    "false_pass": "of those that kept 20%, at most 20% pass",
    "planted": "found in every world",
}
STATES = {"met": "met", "not_met": "**not met**", "not_measured": "*not measured*"}
ROUTES = {"text": "text", "logprobs": "log-probabilities"}


def sections(table: ManyTable) -> str:
    """The sections. Equal tables give equal text."""
    processes, text, logprobs = (table.part(name) for name in ("processes", "text", "logprobs"))
    facts = {
        "seeds": len(table.seeds),
        "first": table.seeds[0],
        "last": table.seeds[-1],
        "models": text.judged,
        "version": table.version,
        "verdicts": f"{sum(one.verdicts for one in table.parts):,}",
        "tool": table.tool,
        "machine": table.machine,
        "libraries": ", ".join(
            f"{name} {number}" for name, number in table.libraries.items() if name != "unlearn-spec"
        ),
    }
    parts = (
        HEADING.format(**facts),
        PROCESSES,
        _by_verifier([("", processes)]),
        _gates([("", processes)]),
        _by_clause([("", processes)]),
        _defects([("", processes)]),
        *_levels(processes.levels),
        REACH.format(here=_here(table.reach)),
        _reach(table.reach),
        ENDPOINTS.format(**facts),
        *(_alike(ROUTES[one.name], one.alike) for one in (text, logprobs) if one.alike is not None),
        _by_verifier([("text", text), ("log-probabilities", logprobs)]),
        _gates([("text", text), ("log-probabilities", logprobs)]),
        _by_clause([("text", text), ("log-probabilities", logprobs)]),
        _defects([("text", text), ("log-probabilities", logprobs)]),
        LIMITS.format(**facts),
    )
    return "\n".join(parts)


def _by_verifier(parts: Sequence[tuple[str, Part]]) -> str:
    head = (
        "Verifier", "α", "False-fail", "at most", "once each, at most", "by world, at most", "False-pass at 20% kept",
        "Interval holds the truth",
    )  # fmt: skip
    return grid(head, (_pooled(name, one, part.rows) for name, part in parts for one in part.verifiers)) + "\n"


def _pooled(name: str, one: Pooled, rows: Sequence[Row]) -> tuple[str, ...]:
    fail, alone = one.false_fail, once_a_model(one.verifier, rows)
    return (
        _through(one.verifier, name),
        percent(one.alpha),
        counted(fail),
        "–" if fail is None else percent(fail.high),
        "–" if alone is None else f"{percent(alone.high)} of {alone.n}",
        "–" if fail is None else f"{percent(fail.high_by_seed)} of {fail.seeds}",
        counted(one.false_pass_20),
        "–"
        if one.coverage is None or one.nominal is None
        else f"{share_of(one.coverage)}; promised {percent(one.nominal)}",
    )


def _gates(parts: Sequence[tuple[str, Part]]) -> str:
    gates = [(name, gate) for name, part in parts for gate in part.gates]
    shut = [(name, gate) for name, gate in gates if gate.state != "met"]
    lead = f"{len(gates) - len(shut)} of {len(gates)} gates are met."
    if shut:
        lead += (
            " Not met or not measured: "
            + ", ".join(f"{_kind(gate)} of {_through(gate.about, name)}" for name, gate in shut)
            + "."
        )
    lead += _counted_twice(parts)
    rows = ((WORDS[gate.gate], _through(gate.about, name), STATES[gate.state], gate.found) for name, gate in gates)
    return f"{lead}\n\n{grid(('Gate', 'About', 'State', 'Found'), rows)}\n"


def _counted_twice(parts: Sequence[tuple[str, Part]]) -> str:
    """The false-fail gates that are met only because a model counts once for each clause."""
    short = []
    for name, part in parts:
        met = {gate.about for gate in part.gates if gate.gate == "false_fail" and gate.state == "met"}
        for one in part.verifiers:
            alone = once_a_model(one.verifier, part.rows)
            if one.verifier in met and alone is not None and alone.high > 2 * one.alpha:
                short.append(f"{_through(one.verifier, name)} ({percent(alone.high)})")
    return (
        f" Counted once a process or model, the bound of false-fail is above 2α for {', '.join(short)}."
        if short
        else ""
    )


def _by_clause(parts: Sequence[tuple[str, Part]]) -> str:
    head = ("Clause", "Verifier", "False-fail", "at most", "Inconclusive", "Interval holds the truth", "Unknown truth")
    body = (
        (
            _through(one.clause, name),
            f"`{one.verifier}`",
            counted(one.false_fail),
            "–" if one.false_fail is None else percent(one.false_fail.high),
            share_of(one.inconclusive),
            share_of(one.coverage),
            str(one.unknown),
        )
        for name, part in parts
        for one in part.rows
    )
    return grid(head, body) + "\n"


def _defects(parts: Sequence[tuple[str, Part]]) -> str:
    """Specimens down, clauses across; passed / open / caught."""
    rows = [(_through(one.clause, name), one) for name, part in parts for one in part.rows]
    found = {(title, case.specimen): case for title, one in rows for case in one.false_pass}
    body = []
    for specimen in dict.fromkeys(case.specimen for _, one in rows for case in one.false_pass):
        cases = [found.get((title, specimen)) for title, _ in rows]
        cells = ["" if case is None else f"{case.passed.k}/{case.inconclusive}/{case.violated}" for case in cases]
        body.append((f"`{specimen}`", *cells))
    lead = "How those that do not meet the clause fared: passed / left open / caught. The first number is the false passes."
    return f"{lead}\n\n{grid(('What', *(title for title, _ in rows)), body)}\n"


def _here(reach: Sequence[Reach]) -> str:
    """What the calibration's own numbers of models can show."""
    ours = [one for one in reach if one.references == reach[0].references and one.runs == reach[0].runs]
    one = ours[0]
    least = max(case.least_p for case in ours)
    return f"With {one.runs} runs and {one.references} references p is at the least {least:.3%}, and must be below {one.refuted_below:.3%}."


def _reach(reach: Iterable[Reach]) -> str:
    energy = [one for one in reach if one.statistic == "energy"][1:]
    rows = ((str(one.runs), str(one.references), f"{one.least_p:.3%}", f"{one.refuted_below:.3%}") for one in energy)
    return grid(("Runs", "References", "p at the least", "must be below"), rows) + "\n"


def _levels(levels: Sequence[Level]) -> Iterable[str]:
    """How exact the p of clean comparisons was."""
    if not levels:
        return
    steps = sorted({one.at_most for one in levels})
    found = {(one.clause, one.at_most): one.found for one in levels}
    rows = (
        (
            f"`{clause}`",
            *(f"{percent(case.k / case.n)} of {case.n}" for step in steps for case in (found[clause, step],)),
        )
        for clause in dict.fromkeys(one.clause for one in levels)
    )
    yield (
        "How often p was small where retrained models were compared with retrained ones; an exact p is at most *x* in a share *x* of "
        "comparisons, or a little fewer:\n\n"
        + grid(("Clause", *(f"p ≤ {percent(step)}" for step in steps)), rows)
        + "\n"
    )


def _alike(route: str, alike: Alike) -> str:
    same = alike.outcomes
    text = (
        f"Through {route}: {same.k} of {same.n} verdicts were those of the folder, at least {percent(same.low)} (99% is needed: "
        f"{STATES[alike.state]}); point and interval were the same in {alike.numbers.k} of {alike.numbers.n}."
    )
    return "\n".join((text, *(f"- {one}" for one in alike.differing))) + "\n"


def _through(name: str, route: str) -> str:
    return f"`{name}`, {route}" if route else f"`{name}`"


def _kind(gate: Gate) -> str:
    return gate.gate.replace("_", "-")
