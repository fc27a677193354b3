"""The page of the blind round, from its judged models: `blind_page.py RESULTS`. Pure, and no model library."""

from __future__ import annotations

import json
import sys
from collections.abc import Sequence
from pathlib import Path

from unlearn_spec.calibration.gates import gates, thresholds
from unlearn_spec.calibration.model import Gate, Judged
from unlearn_spec.calibration.page import grid, percent
from unlearn_spec.calibration.rows import PASSES, Trial, pooled, row, trials_of

INTRODUCTION = """\
# How often the verdicts are wrong on a world that nothing was tuned on

<!-- Written by benchmarks/blind_round.py; a test holds it to spec/calibration/blind.json. -->

The [calibration](calibration.md) judges models of its own making. Here its policy, limits, effects and gates, frozen, meet
another world: pretrained weights, real sentences and subword tokens, and ways of unlearning that no recipe was tuned with.

**Models.** TOFU's fictitious authors and real ones ([arXiv 2401.06121](https://arxiv.org/abs/2401.06121)) stand for the people,
with one question each: 60 authors must be unlearned, 60 stay, 60 are never seen, and 60 real authors are the neighbours. Which
authors and which of their questions is drawn by the seed. stories260K, a Llama of 260,032 parameters, is fine-tuned on the first
two and the neighbours (the original), on all but those who must go (retrained, three times), or on 20 or 50% of those. *mistaught*
learned wrong answers in place of the right ones, *shaken* had noise added to its weights and was repaired, *reset_block* had its
last block drawn anew and was repaired. **Truth** is found as in the calibration.

**Rules.** Scored once: {models} models in {worlds}, {verdicts} verdicts, all of them below. What was chosen beforehand, on
another seed, is how long the original is trained so that it knows what it was taught; no verdict was looked at. The one change to
the policy is the length of answers. With so few models no gate about
false-fail can be met, whatever the verifiers do: the bounds are shown for what they are.
"""

CHANGED = """\
## What it changed

Here the relearning attack brings back 28% of what the original holds, and power had been taken as if all of it came back. It is
now taken at the part that would show. Judged again so, the six false passes after relearning are *inconclusive*, and so
are the same clauses about retrained models. The other six stand: they are about what neither answers nor rounding nor these views
show of a treated model, and *not falsified* says no more than that. The calibration's policy has gained clauses since this round.
"""
AGAIN = """\
## Again

```console
$ python benchmarks/blind_round.py ../shared/data blind {worlds}
```

The folder holds `tofu/` and `models/stories260k/hf`; neither is part of this project. Judged models are kept and the command goes on
where it was stopped. It writes this page and `blind.json`.
"""

MARK = {
    "violated": "violated", "supported": "supported", "not_falsified": "not falsified", "inconclusive": "inconclusive",
    "not_tested": "not tested", "not_testable": "not testable", "rejected": "rejected",
}  # fmt: skip


def page(judged: Sequence[Judged]) -> str:
    """`docs/calibration-blind.md`. Equal results give equal pages."""
    trials, worlds = trials_of(judged), len({one.seed for one in judged})
    facts = {
        "models": len(judged),
        "worlds": "1 world" if worlds == 1 else f"{worlds} worlds",
        "verdicts": sum(len(one.cells) for one in judged),
    }
    return "\n".join((
        INTRODUCTION.format(**facts),
        _errors(trials),
        CHANGED,
        _by_clause(trials),
        _grid(judged),
        _gates(found_gates(trials)),
        AGAIN.format(worlds=worlds),
    ))  # fmt: skip


def found_gates(trials: Sequence[Trial]) -> tuple[Gate, ...]:
    """The calibration's gates, as far as they are about models that occur here."""
    verifiers = [pooled(name, trials) for name in dict.fromkeys(one.cell.verifier for one in trials)]
    rows = [row(clause, trials) for clause in dict.fromkeys(one.cell.clause for one in trials)]
    return gates(thresholds().model_copy(update={"planted": {}}), verifiers, rows, trials)


def is_error(trial: Trial) -> str:
    """`false fail`, `false pass`, or nothing."""
    state, outcome = trial.cell.truth.state, trial.cell.outcome
    if state == "satisfied" and outcome == "violated":
        return "false fail"
    return "false pass" if state == "violated" and outcome in PASSES else ""


def _errors(trials: Sequence[Trial]) -> str:
    wrong = [one for one in trials if is_error(one)]
    fails = sum(is_error(one) == "false fail" for one in wrong)
    met, unmet = (sum(one.cell.truth.state == state for one in trials) for state in ("satisfied", "violated"))
    lead = (
        f"False-fail: {fails} of {met} verdicts about clauses that are met. False-pass: {len(wrong) - fails} of {unmet} about "
        "clauses that are not. Every one of them:"
    )
    if not wrong:
        return f"## Errors\n\n{lead.removesuffix(' Every one of them:')}\n"
    body = (
        (str(one.seed), f"`{one.specimen}`", f"`{one.cell.clause}`", is_error(one), MARK[one.cell.outcome],
         one.cell.truth.basis, _percent(one.cell.truth.rate), _interval(one))
        for one in wrong
    )  # fmt: skip
    head = ("World", "Model", "Clause", "Error", "Verdict", "Truth known by", "True rate", "Seen")
    return f"## Errors\n\n{lead}\n\n{grid(head, body)}\n"


def _by_clause(trials: Sequence[Trial]) -> str:
    body = []
    for clause in dict.fromkeys(one.cell.clause for one in trials):
        mine = [one for one in trials if one.cell.clause == clause]
        counts = [
            f"{sum(is_error(one) == kind for one in mine)} of {sum(one.cell.truth.state == state for one in mine)}"
            for kind, state in (("false fail", "satisfied"), ("false pass", "violated"))
        ]
        known = [one for one in mine if one.cell.truth.state != "unknown"]
        left = sum(one.cell.outcome not in (*PASSES, "violated") for one in known)
        told = (f"`{clause}`", f"`{mine[0].cell.verifier}`", *counts, f"{left} of {len(known)}")
        body.append((*told, str(len(mine) - len(known))))
    head = ("Clause", "Verifier", "False-fail", "False-pass", "Left open", "Unknown truth")
    return f"## By clause\n\n{grid(head, body)}\n"


def _grid(judged: Sequence[Judged]) -> str:
    """Every verdict: one table a world, models across."""
    parts = ["## Every verdict\n\nIn brackets what is true: met, not met, or unknown. Then the controls that failed.\n"]
    truth = {"satisfied": "met", "violated": "not met", "unknown": "unknown"}
    for seed in dict.fromkeys(one.seed for one in judged):
        mine = [one for one in judged if one.seed == seed]
        cells = {(one.specimen, cell.clause): cell for one in mine for cell in one.cells}
        body = []
        for clause in dict.fromkeys(name for _, name in cells):
            told = []
            for one in mine:
                cell = cells[one.specimen, clause]
                failed = f"; {', '.join(name.replace('_', ' ') for name in cell.failed)}" if cell.failed else ""
                told.append(f"{MARK[cell.outcome]} ({truth[cell.truth.state]}{failed})")
            body.append((f"`{clause}`", *told))
        parts.append(f"World {seed}:\n\n{grid(('Clause', *(f'`{one.specimen}`' for one in mine)), body)}\n")
    return "\n".join(parts)


def _gates(found: Sequence[Gate]) -> str:
    body = ((one.gate.replace("_", "-"), f"`{one.about}`", one.state.replace("_", " "), one.found) for one in found)
    return f"## Gates\n\n{grid(('Gate', 'About', 'State', 'Found'), body)}\n"


def _interval(one: Trial) -> str:
    return f"{_percent(one.cell.point)} ({_percent(one.cell.low)} to {_percent(one.cell.high)})"


def _percent(share: float | None) -> str:
    return "–" if share is None else percent(share)


def results(text: str) -> tuple[Judged, ...]:
    """The judged models of a results file."""
    return tuple(Judged.model_validate(one) for one in json.loads(text)["judged"])


if __name__ == "__main__":
    print(page(results(Path(sys.argv[1]).read_text(encoding="utf-8"))), end="")
