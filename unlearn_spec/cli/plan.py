"""`unlearn-spec plan`: what a verification would measure, how sure it would be, and what cannot be tested."""

from __future__ import annotations

import json
import os
import sys
from collections.abc import Iterable, Sequence
from fractions import Fraction
from pathlib import Path
from textwrap import wrap

from ..logic.suites import suite_of
from ..logic.worlds import short_percent
from ..plan.bound import Bindings
from ..plan.model import Cost, Note, Obligation, Plan
from ..plan.power import ENOUGH
from ..plan.units import TaskRef
from ..policy.load import Document
from ..rules.terminal import visible
from ..rules.wording import count

WIDTH = 100


def plan(policy: Path, bindings: Path, format: str = "text") -> int:
    """Print the plan as a table or as JSON. Nothing is measured and no model is loaded.

    Exit status: 0 every clause will be tested; 1 a clause is rejected by the checker; 2 unusable input; 3 a clause
    cannot be tested as things stand.
    """
    from ..plan.bindings import BindingError, load_bindings
    from ..plan.obligations import make_plan
    from ..policy.load import PolicyError, load
    from ..rules.check import check_document
    from ..run.verify import blocked

    try:
        document = load(policy)
        bound = load_bindings(bindings, document.policy)
    except (PolicyError, BindingError) as error:
        from ..plan.form import told

        sys.stderr.write("".join(f"error: {visible(told(item))}\n" for item in error.findings))
        return 2
    found = make_plan(document, bound, blocked(check_document(document).findings, document.policy))
    if format == "json":
        sys.stdout.write(json.dumps(found.model_dump(mode="json"), ensure_ascii=True, indent=2, sort_keys=True) + "\n")
    else:
        sys.stdout.write(render(found, document))
    for name in unset_keys(bound):
        sys.stderr.write(f"note: {name}, which a `key_env` names, is not set here; `verify` needs the key in it\n")
    outcomes = {missing.outcome for missing in found.missing}
    return 1 if "rejected" in outcomes else 3 if outcomes else 0


def unset_keys(bound: Bindings) -> tuple[str, ...]:
    """Environment variables that endpoints take their keys from and that hold none; which there are is no part of a plan."""
    several = (*bound.references.values(), *bound.runs.values())
    subjects = (*bound.artifacts.values(), *bound.original.values(), *(one for listed in several for one in listed))
    names = (one.endpoint.key_env for one in subjects if one.endpoint is not None)
    return tuple(dict.fromkeys(name for name in names if name is not None and not os.environ.get(name, "").strip()))


def render(plan: Plan, document: Document) -> str:
    """The plan as text for a terminal."""
    header = document.policy.policy
    tested = sum(obligation.verifier != "record" for obligation in plan.obligations)
    blocks = [
        _filled(
            f"{header.title or header.id} ({header.id}, version {header.version}): {count(tested, 'test')} on "
            f"{count(len(plan.units), 'unit')}, all facts together at {short_percent(plan.confidence)} confidence, "
            f"seed {plan.seed}"
        )
    ]
    blocks += [_obligation(obligation) for obligation in plan.obligations]
    if plan.gaps:
        names = ", ".join(f"{gap.clause}@{gap.artifact}" for gap in plan.gaps)
        blocks.append(_filled(f"Beside the guarded system, the bare weights are asked the same (reported, not deciding): {names}"))
    blocks += [_filled(f"Note: {note_words(note)}") for note in plan.notes]
    if plan.missing:
        blocks.append("Cannot be tested as things stand:")
        for missing in plan.missing:
            name = missing.clause + (f"@{missing.artifact}" if missing.artifact else "")
            outcome = missing.outcome.replace("_", " ")
            blocks.append(_block(name, [("why", f"{outcome}. {missing.reason}"), ("needs", missing.needs)]))
    return visible_lines("\n\n".join(blocks)) + "\n"


def visible_lines(text: str) -> str:
    """The text with everything invisible escaped, line breaks aside."""
    return "\n".join(visible(line) for line in text.split("\n"))


def _obligation(obligation: Obligation) -> str:
    if obligation.verifier == "record":
        return _block(obligation.id, [("shown by", f"the signed record `{obligation.record}`")])
    asked = obligation.asked
    where = f"{obligation.verifier}, through {obligation.access}, asked {asked if ':' not in asked else _suite(asked)}"
    drawn = count(obligation.n, "item")
    if obligation.clusters < obligation.n:
        drawn += f" in {count(obligation.clusters, 'cluster')}"
    rows = [
        ("test", where),
        *((("rests on", _logs(obligation)),) if obligation.logs else ()),
        *((("run by", _task(obligation.task)),) if obligation.task is not None else ()),
        ("limit", obligation.limit + _one_run(obligation)),
        ("sample", f"{drawn} ({obligation.population.replace('_', ' ')}), α {short_percent(obligation.alpha)}"),
        *((("chance", f"guessing answers {short_percent(obligation.chance)} rightly"),) if obligation.chance else ()),
        *([("refutes", obligation.refuting)] if obligation.refuting else []),
        ("power", _power(obligation)),
        ("controls", _controls(obligation)),
        ("cost", _cost(obligation.cost)),
    ]
    return _block(obligation.id, rows)


def _one_run(obligation: Obligation) -> str:
    """From where on one run refutes; of several, `refutes` says how many have to."""
    if obligation.refute_at is None or obligation.runs > 1:
        return ""
    return f"; one run refutes from {short_percent(obligation.refute_at)}"


def _task(task: TaskRef) -> str:
    version = f", version {task.version}" if task.version else ""
    shown = f"{count(task.shots, 'example')} shown, seed {task.seed}"
    return f"lm-evaluation-harness {task.harness}: {task.name}{version}, {shown} ({task.digest[:19]}…)"


def _logs(obligation: Obligation) -> str:
    return f"{count(len(obligation.logs), 'log')} of somebody else's evaluation; nothing is measured"


def _suite(asked: str) -> str:
    name, _, digest = (suite_of(asked) or asked).partition("@")
    return f"under the suite {name}" + (f" ({digest[:19]}…)" if digest else "")


def _power(obligation: Obligation) -> str:
    if obligation.verifier == "ensemble":
        return "none to show likeness: this test can refute, and nothing else"
    if obligation.effect is None or obligation.power is None:
        return "unknown: no effect is registered (`power_at`)"
    text = f"{obligation.power:.0%} at {short_percent(obligation.effect)}, to {obligation.power_to}"
    if obligation.power >= ENOUGH:
        return text
    if obligation.refuting:
        return text  # more of what would help is not items
    enough = "no number of items has" if obligation.enough is None else f"{count(obligation.enough, 'independent item')} would have"
    return f"{text}; {enough} 80%"


def _controls(obligation: Obligation) -> str:
    names = []
    for control in obligation.controls:
        bound = bool(control.units or control.data)
        names.append(control.gate.replace("_", " ") + ("" if bound else " (nothing bound: will fail)"))
    return ", ".join(names) or "none"


def _cost(cost: Cost) -> str:
    parts = [
        (cost.forward_tokens, "token read", "tokens read"),
        (cost.generated_tokens, "token generated", "tokens generated"),
        (cost.training_steps, "training step", "training steps"),
    ]
    told = [f"{number:,} {one if number == 1 else many}" for number, one, many in parts if number]
    return f"about {', '.join(told) or 'nothing'}; {_time(cost.seconds)}"


def _time(seconds: float) -> str:
    if seconds < 60:
        return f"some {max(1, round(seconds))} s"
    return f"some {seconds / 60:.0f} min" if seconds < 7200 else f"some {seconds / 3600:.0f} h"


def note_words(note: Note) -> str:
    """The note as one sentence, or a few."""
    if note.told is not None:
        return str(note.told)
    match note.kind:
        case "repeated":
            held = "repeats" if note.items == 1 else "repeat"
            return f"{count(note.items, 'item')} of {note.about[0]} {held} an earlier one; items of equal content are one cluster."
        case "both_sides":
            go, stay = note.about
            are = "is" if note.items == 1 else "are"
            return (
                f"{count(note.items, 'item')} of {go}, which is to go, {are} also in {stay}, which is to stay: what a result "
                f"about {stay} means is doubtful."
            )
        case "below_chance":
            return f"The limit of {note.about[0]} lies below chance, {_chance(note)}: a model that guesses breaks it."
        case _:
            return f"A model that guesses, right with chance {_chance(note)}, keeps the limit of {note.about[0]}."


def _chance(note: Note) -> str:
    return short_percent(note.share or Fraction(0))


def _filled(text: str) -> str:
    return "\n".join(wrap(text, WIDTH, break_long_words=False, break_on_hyphens=False))


def _block(name: str, rows: Sequence[tuple[str, str]]) -> str:
    return "\n".join([name, *_rows(rows)])


def _rows(rows: Iterable[tuple[str, str]]) -> Iterable[str]:
    for label, text in rows:
        first, *others = wrap(text, WIDTH - 12, break_long_words=False, break_on_hyphens=False) or [""]
        yield f"  {label:<9} {first}"
        yield from (" " * 12 + line for line in others)
