"""Controls: whether a measurement could have found anything, and whether it found what it should where it should.

Each registered control gives one `GateResult` with its numbers in words. A control for which nothing was bound fails.
What a failure means for a verdict is said in `decide`: it voids favourable verdicts, never an observed violation.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from fractions import Fraction
from typing import TypeAlias

from ..plan.model import Control, DataRef, Obligation, Role
from ..policy.model import Clause, Closeness, MembershipBound, Rectify, Refuse, Remove, Retain, Suppress, Within
from ..rules.wording import percent
from ..verifiers import degeneracy
from ..verifiers.blind import HARMLESS, BlindBaseline, blind_baseline
from ..verifiers.items import Item
from ..verifiers.outcomes import Outcomes
from . import white_box
from .canaries import audits, refuted
from .ensembles import original_stands_out
from .facts import judge_for
from .measured import Measured, Seen, lower, reading_for, template_of, upper
from .model import GateResult
from .rates import limit_of, part_of, shown_by
from .relearned import control_shown, grid_of, most_shown
from .removal import attack, attacked_subjects
from .stops import population_of

_NEEDED: dict[str, str] = {
    "positive": "bind the model before unlearning under `original: {0.artifact}`",
    "degeneracy": "bind the model before unlearning under `original: {0.artifact}`",
    "negative": "bind a model trained without the target under `references: {0.artifact}`",
    "blind_baseline": "bind never-trained items, drawn by the same lottery, under `holdouts: {0.target}`",
    "repeat": "it repeats answers, and this test takes none",
    "planted": "it reads answers, and this test takes none",
    "control_task": "it is the task of a linear probe, and this test trains none",
}
"""What each gate lacks where nothing was bound for it."""

_LOGLESS: dict[str, str] = {
    "repeat": "a log tells of answers that were drawn once, elsewhere, and nobody can be asked again",
    "degeneracy": "a log of scores holds no answers to look at",
}
"""Controls that a log of somebody else's evaluation cannot pass."""

Blind: TypeAlias = Callable[[DataRef, DataRef], BlindBaseline]
"""What members and hold-out look like without any model."""

BLIND_ERROR = Fraction(1, 20)
"""Chance of calling a fair hold-out separable."""


def compared(items: Callable[[DataRef], tuple[Item, ...]]) -> Blind:
    """The blind baseline of two sets, from their items."""
    return lambda members, holdout: blind_baseline(items(members), items(holdout), alpha=BLIND_ERROR)


def check(
    obligation: Obligation, clause: Clause, seen: Seen, measured: Measured, blind: Blind
) -> tuple[GateResult, ...]:
    """The outcome of every control registered with an obligation, in the plan's order.

    `blind` compares members with hold-out where that is a control. Bounds are taken at the obligation's α.
    """
    rate = part_of(obligation, clause) if isinstance(clause, Rectify) else clause
    return tuple(_gate(control, obligation, rate, seen, measured, blind) for control in obligation.controls)


def _gate(
    control: Control, obligation: Obligation, clause: Clause, seen: Seen, measured: Measured, blind: Blind
) -> GateResult:
    if not control.units and not control.data and obligation.logs and control.gate in _LOGLESS:
        passed, found = False, _LOGLESS[control.gate]
    elif not control.units and not control.data:
        passed, found = False, f"nothing was bound to run it on; {_NEEDED[control.gate].format(obligation)}"
    elif control.gate in ("positive", "negative", "control_task") and obligation.verifier in white_box.VERIFIERS:
        passed, found = white_box.check(control.gate, obligation, clause, seen, _smallest_found(obligation, clause))
        if control.gate == "positive" and not _asked_alike(obligation, seen):
            passed, found = False, _OTHERWISE
    elif control.gate == "positive":
        passed, found = _positive(obligation, clause, seen)
        passed, found = (passed, found) if _asked_alike(obligation, seen) else (False, _OTHERWISE)
    elif control.gate == "negative":
        passed, found = _negative(obligation, clause, seen)
    elif control.gate == "planted":
        passed, found = _planted(control, seen)
    elif control.gate == "repeat":
        passed, found = _repeat(control, obligation, clause, seen, measured)
    elif control.gate == "degeneracy" and not control.against:
        passed, found = False, f"its answers cannot be compared; {_NEEDED['degeneracy'].format(obligation)}"
    elif control.gate == "degeneracy":
        passed, found = _degeneracy(control, seen)
    else:
        passed, found = _blind(control, blind)
    return GateResult(gate=control.gate, passed=passed, found=found, units=control.units)


# --- positive and negative control -----------------------------------------------------------------------------------


def _positive(obligation: Obligation, clause: Clause, seen: Seen) -> tuple[bool, str]:
    """The original must show, beyond doubt, what the clause limits: more than the limit, or the registered effect."""
    if obligation.verifier == "canaries":
        return _guessed(obligation, clause, seen)
    if obligation.verifier == "ensemble" and isinstance(clause, Remove):
        return original_stands_out(obligation, clause, seen)
    if isinstance(clause, Remove) and isinstance(clause.limit, MembershipBound):
        found = attack(obligation, "original", clause.limit, seen)
        if found is None:
            return False, "the original was not scored on members and hold-out"
        low, caught = found.low(found.best), found.best.caught
        text = f"the best attack catches {_of(caught)} members of the original, at least {percent(low, 'down')}"
        return low > clause.limit.tpr_at_most, f"{text}; more than {percent(clause.limit.tpr_at_most)} is needed"
    planned = population_of(obligation)
    if obligation.verifier == "relearning":
        grid = grid_of(obligation, reading_for(clause, obligation), seen)
        if grid.failed:  # an attack that was not completed could not have found anything
            return False, f"{grid.failures()}; a smaller learning rate may do"
        original, low = most_shown(obligation, "original", grid)
    else:
        judge = judge_for(obligation, clause)
        if isinstance(clause, Suppress) and obligation.verifier == "leak":
            judge = shown_by(clause, obligation, seen)
        original = seen.outcomes(obligation, "original", judge)
        low = lower(original, obligation.alpha, planned) if original else Fraction(0)
    if not original:
        return False, "the original was not measured"
    text = f"the original {_shows(clause)} {_of(*original)}, at least {percent(low, 'down')}"
    chance = obligation.chance or Fraction(0)
    if isinstance(clause, Retain) and isinstance(clause.limit, Within):  # what was never known cannot be lost
        guessed = f" beyond the {percent(chance)} that guessing gives" if chance else ""
        text = f"{text}; more than the margin of {percent(clause.limit.within)}{guessed} is needed"
        return low > clause.limit.within + chance, text
    if isinstance(clause, Retain | Refuse):
        return low > chance, text if low > chance or not chance else f"{text}; guessing gives {percent(chance)}"
    needed = _smallest_found(obligation, clause)
    if needed is None:
        return low > 0, text
    return low > needed, f"{text}; more than {percent(needed)} is needed"


def _guessed(obligation: Obligation, clause: Clause, seen: Seen, role: Role = "original") -> tuple[bool, str]:
    """Whether guesses about a model refute the limit: about the original they must, about a never-trained one must not."""
    if not isinstance(clause, Remove) or not isinstance(clause.limit, Closeness):
        return False, "the clause limits no closeness"
    found = audits(obligation, clause, role, seen)
    name = "the original" if role == "original" else "a never-trained model"
    if not found:
        return False, f"{name} was not scored on the canaries"
    most = max(found, key=lambda one: one.best.right)
    shown = refuted(most, clause.limit, obligation.alpha)
    text = f"{most.best.right} of {most.guesses} guesses about {name} are right"
    if role == "original":
        return shown, text if shown else f"{text}; more are needed"
    return not shown, f"{text}, which canaries alone do not explain" if shown else text


_OTHERWISE = "the original was asked through another prompt template than the audited model"


def _asked_alike(obligation: Obligation, seen: Seen) -> bool:
    """Whether the original saw the prompts that the audited model saw: else its answers say nothing about this test."""
    now, before = ({template_of(seen.units[key].subject) for key in seen.of(obligation, role)} for role in ("audited", "original"))
    return not before or now == before


def _planted(control: Control, seen: Seen) -> tuple[bool, str]:
    """Refusals that are looked for in vain must be such as would be found: in the model's own tokens, at this length."""
    tables = [seen.tables[key] for key in control.units]
    shown = all("refusable" in table and all(table.column("refusable")) for table in tables)
    if shown:
        return True, "a refusal planted in place of an answer, in the model's tokens and at the declared length, is recognised"
    return False, "a refusal planted in place of an answer, in the model's tokens and at the declared length, is not recognised"


def _negative(obligation: Obligation, clause: Clause, seen: Seen) -> tuple[bool, str]:
    """Each model never trained on the target must stay below what would count as a find; one that does not was trained
    on it, or shows that the test finds what is not there."""
    if obligation.verifier == "canaries":
        return _guessed(obligation, clause, seen, "reference")
    if obligation.verifier == "ensemble":  # the references are the other side of the test itself
        return True, f"{len(seen.by_subject(obligation.references))} never-trained models were scored"
    if isinstance(clause, Remove) and isinstance(clause.limit, MembershipBound):
        attacked = attacked_subjects(obligation, "reference", clause.limit, seen)
        if not attacked:
            return False, "no never-trained model was scored on members and hold-out"
        found = max(attacked, key=lambda one: one.low(one.best))
        low, caught = found.low(found.best), found.best.caught
        text = f"the best attack catches {_of(caught)} members of a model never trained on them"
        passed = low <= clause.limit.tpr_at_most
        return passed, text if passed else f"{text}, more than {percent(clause.limit.tpr_at_most)} for certain"
    if obligation.verifier == "relearning":
        references, high, single = control_shown(obligation, grid_of(obligation, reading_for(clause, obligation), seen))
    else:
        references, planned = seen.outcomes(obligation, "reference", judge_for(obligation, clause)), population_of(obligation)
        high = upper(references, obligation.alpha, planned) if references else Fraction(1)
        single = tuple((one, lower((one,), obligation.alpha, planned)) for one in references)
    if not references:
        return False, "no never-trained model was measured"
    text = f"models never trained on the target reveal {_of(*references)}, at most {percent(high, 'up')}"
    limit = _smallest_found(obligation, clause)
    knowing = None if limit is None else next((one for one, low in single if low > limit), None)
    if knowing is not None and limit is not None:
        return (
            False,
            f"one of the models never trained on the target reveals {_of(knowing)}, more than {percent(limit)} for certain",
        )
    needed = obligation.effect or limit
    if needed is None:
        return high < 1, text
    return high < needed, text if high < needed else f"{text}; less than {percent(needed)} is needed"


def _smallest_found(obligation: Obligation, clause: Clause) -> Fraction | None:
    """The rate beyond which the obligation counts as having found something."""
    if obligation.refute_at is not None:
        return obligation.refute_at
    if isinstance(clause, Suppress):  # what guessing finds is nothing found
        return max(limit_of(clause, obligation).broken, obligation.chance or Fraction(0))
    return obligation.effect


def _shows(clause: Clause) -> str:
    return "knows" if isinstance(clause, Retain) else "refuses" if isinstance(clause, Refuse) else "reveals"


def _of(*found: Outcomes) -> str:
    return f"{sum(one.k for one in found)} of {sum(one.n for one in found)}"


# --- repeat, degeneracy, blind baseline ------------------------------------------------------------------------------


def _repeat(
    control: Control, obligation: Obligation, clause: Clause, seen: Seen, measured: Measured
) -> tuple[bool, str]:
    """The same model asked again must answer the same, or differ by less than the interval's half-width."""
    judge = judge_for(obligation, clause)
    first = judge([seen.tables[key] for key in control.against])
    again = judge([seen.tables[key] for key in control.units])
    before, after = dict(zip(first.items, first.hits, strict=True)), dict(zip(again.items, again.hits, strict=True))
    changed = sum(hit != before.get(item) for item, hit in after.items())
    texts = _differing_answers(control, seen)
    if (now := _answered_by(control.units, seen)) != (then := _answered_by(control.against, seen)):
        return False, f"what answered changed while it was asked: first {_listed(then)}, then {_listed(now)}"
    if not changed:
        told = "the same model asked again gave the same answers" if not texts else f"{texts} answers differ in wording"
        return True, f"{told}, and no outcome of {len(after)} changed"
    audited = next((one for one in measured.intervals if one.label == "audited"), None)
    noise = changed / len(after)
    allowed = (audited.high - audited.low) / 2 if audited is not None else 0.0
    text = f"{changed} of {len(after)} outcomes changed when the same model was asked again"
    return (
        noise <= allowed,
        f"{text}; the interval allows {percent(Fraction(allowed).limit_denominator(10**6), 'down')}",
    )


def _answered_by(keys: Sequence[str], seen: Seen) -> frozenset[str]:
    """Who said that it answered, of endpoints."""
    tables = (seen.tables[key] for key in keys)
    return frozenset(name for table in tables if "answered_by" in table for name in table.column("answered_by"))


def _listed(names: frozenset[str]) -> str:
    return " and ".join(sorted(names)) or "nobody"


def _differing_answers(control: Control, seen: Seen) -> int:
    """Answers whose text differs between the two runs, by keyed digest."""

    def answers(keys: Sequence[str]) -> dict[tuple[object, ...], object]:
        found: dict[tuple[object, ...], object] = {}
        for key in keys:
            table = seen.tables[key]
            if "output" in table:
                columns = [table.column(name) for name in ("item", "probe", "sample", "output")]
                found.update({row[:3]: row[3] for row in zip(*columns, strict=True)})
        return found

    first, again = answers(control.against), answers(control.units)
    return sum(first.get(place) != text for place, text in again.items())


def _degeneracy(control: Control, seen: Seen) -> tuple[bool, str]:
    """The audited model, and each further run, must not babble, repeat itself or fall silent where the original did not."""
    original = [seen.tables[key] for key in control.against]
    runs = seen.by_subject(control.units).values()
    judged = [degeneracy.judge([seen.tables[key] for key in keys], original) for keys in runs]
    found = next((one for one in judged if one.degenerate), judged[0])
    if found.degenerate:
        return False, "; ".join(found.symptoms)
    now, before = found.audited, found.original
    text = f"of {now.answers} answers {now.empty:.0%} are empty and {now.repetitive:.0%} repeat themselves"
    if now.entropy is None or before.entropy is None:
        return True, f"{text}; how certain each word was is not shown by the endpoint"
    return True, f"{text}, with {now.entropy:.1f} nats a word; before unlearning {before.entropy:.1f}"


def _blind(control: Control, blind: Blind) -> tuple[bool, str]:
    """Members must not be told from the hold-out without any model."""
    if len(control.data) < 2:
        return False, "no hold-out was bound"
    found = blind(control.data[0], control.data[1])
    words, length = found.words, found.length
    text = (
        f"without any model, words tell members from the hold-out with AUC {words.point:.2f} "
        f"[{words.low:.2f}, {words.high:.2f}], length with {length.point:.2f} [{length.low:.2f}, {length.high:.2f}]"
    )
    high, low = 0.5 + HARMLESS, 0.5 - HARMLESS
    return not found.separable, f"{text}; they differ if words lie above {high:g} for certain, or length outside {low:g} to {high:g}"
