"""Controls: whether a measurement could have found anything, and whether it found what it should where it should.

Each registered control gives one `GateResult` with its numbers in words. A control for which nothing was bound fails.
What a failure means for a verdict is said in `decide`: it voids favourable verdicts, never an observed violation.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from fractions import Fraction
from typing import TypeAlias

from ..plan.model import Control, Obligation
from ..plan.units import DataRef, Role
from ..policy.clauses import Clause, Closeness, MembershipBound, Rectify, Refuse, Remove, Retain, Suppress, Within
from ..verifiers import degeneracy
from ..verifiers.blind import HARMLESS, BlindBaseline, blind_baseline
from ..verifiers.items import Item
from ..verifiers.outcomes import Outcomes
from ..wording.said import Said, clauses, listed, said
from . import training_loss, white_box
from .alike import asked_alike, read_alike
from .canaries import audits, refuted
from .ensembles import original_stands_out
from .facts import judge_for
from .measured import Measured, Seen, lower, of_all, reading_for, upper
from .model import GateResult
from .rates import is_counted, limit_of, part_of, shown_by
from .relearned import control_shown, grid_of, most_shown
from .removal import attack, attacked_subjects
from .stops import population_of

_LOGLESS = ("repeat", "degeneracy")
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
        passed, found = False, said(f"gate_found.log_{control.gate}")
    elif not control.units and not control.data:
        passed, found = False, clauses(said("gate_found.unbound"), _lacks(control.gate, obligation))
    elif control.gate in ("positive", "negative", "control_task") and obligation.verifier in white_box.VERIFIERS:
        passed, found = white_box.check(control.gate, obligation, clause, seen, _smallest_found(obligation, clause))
    elif control.gate == "positive":
        passed, found = _positive(obligation, clause, seen)
    elif control.gate == "negative":
        passed, found = _negative(obligation, clause, seen)
    elif control.gate == "training_loss":
        passed, found = training_loss.check(obligation, seen)
    elif control.gate == "planted":
        passed, found = _planted(control, seen)
    elif control.gate == "repeat":
        passed, found = _repeat(control, obligation, clause, seen, measured)
    elif control.gate == "degeneracy" and not control.against:
        passed, found = False, clauses(said("gate_found.incomparable"), _lacks("degeneracy", obligation))
    elif control.gate == "degeneracy":
        passed, found = _degeneracy(control, seen)
    else:
        passed, found = _blind(control, blind)
    if control.gate == "positive" and not asked_alike(obligation, seen):
        passed, found = False, said("gate_found.other_template")
    if control.gate in ("positive", "negative") and control.units:
        role: Role = "original" if control.gate == "positive" else "reference"
        passed, found = (passed, found) if read_alike(obligation, role, seen) else (False, said(f"gate_found.other_tokens.{role}"))
    return GateResult(gate=control.gate, passed=passed, found=str(found), units=control.units, found_said=found)


def _lacks(gate: str, obligation: Obligation) -> Said:
    """What a gate lacks where nothing was bound for it."""
    return said(f"gate_lacks.{gate}", artifact=obligation.artifact, target=obligation.target)


# --- positive and negative control -----------------------------------------------------------------------------------


def _positive(obligation: Obligation, clause: Clause, seen: Seen) -> tuple[bool, Said]:
    """The original must show, beyond doubt, what the clause limits: more than the limit, or the registered effect."""
    if obligation.verifier == "canaries":
        return _guessed(obligation, clause, seen)
    if obligation.verifier == "ensemble" and isinstance(clause, Remove):
        return original_stands_out(obligation, clause, seen)
    if isinstance(clause, Remove) and isinstance(clause.limit, MembershipBound):
        found = attack(obligation, "original", clause.limit, seen)
        if found is None:
            return False, said("gate_found.original_not_scored")
        low, caught = found.low(found.best), found.best.caught
        text = said("gate_found.original_members", **of_all([caught]), low=low)
        return low > clause.limit.tpr_at_most, clauses(text, said("needed.more", share=clause.limit.tpr_at_most))
    if obligation.verifier == "relearning":
        grid = grid_of(obligation, reading_for(clause, obligation), seen)
        if grid.failed:  # an attack that was not completed could not have found anything
            return False, clauses(grid.failures(), said("needed.smaller_rate"))
        original, low = most_shown(obligation, grid)
        if not original and any(one.pooled("original") for one in grid.standing):
            return False, said("gate_found.nothing_learned")
    else:
        judge = judge_for(obligation, clause)
        if isinstance(clause, Suppress) and obligation.verifier == "leak":
            judge = shown_by(clause, obligation, seen)
        original = seen.outcomes(obligation, "original", judge)
        low = _least(original, obligation, clause, seen)
    if not original:
        return False, said("gate_found.no_original")
    text = said(f"gate_found.original_{_shows(clause)}", **of_all(original), low=low)
    chance = obligation.chance or Fraction(0)
    if isinstance(clause, Retain) and isinstance(clause.limit, Within):  # what was never known cannot be lost
        margin = said("needed.beyond_guessing" if chance else "needed.margin", share=clause.limit.within, chance=chance)
        return low > clause.limit.within + chance, clauses(text, margin)
    if isinstance(clause, Retain | Refuse):
        return low > chance, text if low > chance or not chance else clauses(text, said("needed.guessing", chance=chance))
    needed = _smallest_found(obligation, clause)
    if needed is None:
        return low > 0, text
    return low > needed, clauses(text, said("needed.more", share=needed))


def _guessed(obligation: Obligation, clause: Clause, seen: Seen, role: Role = "original") -> tuple[bool, Said]:
    """Whether guesses about a model refute the limit: about the original they must, about a never-trained one must not."""
    if not isinstance(clause, Remove) or not isinstance(clause.limit, Closeness):
        return False, said("gate_found.no_closeness")
    found = audits(obligation, clause, role, seen)
    if not found:
        return False, said(f"gate_found.canaries_not_scored.{role}")
    most = max(found, key=lambda one: one.best.right)
    shown = refuted(most, clause.limit, obligation.alpha)
    text = said(f"gate_found.guesses.{role}", right=most.best.right, guesses=most.guesses)
    if role == "original":
        return shown, text if shown else clauses(text, said("needed.more_right"))
    return not shown, said("gate_found.unexplained", told=text) if shown else text


def _planted(control: Control, seen: Seen) -> tuple[bool, Said]:
    """Refusals that are looked for in vain must be such as would be found: in the model's own tokens, at this length."""
    tables = [seen.tables[key] for key in control.units]
    shown = all("refusable" in table and all(table.column("refusable")) for table in tables)
    if shown:
        return True, said("gate_found.planted_seen")
    return False, said("gate_found.planted_unseen")


def _negative(obligation: Obligation, clause: Clause, seen: Seen) -> tuple[bool, Said]:
    """Each model never trained on the target must stay below what would count as a find; one that does not was trained
    on it, or shows that the test finds what is not there."""
    if obligation.verifier == "canaries":
        return _guessed(obligation, clause, seen, "reference")
    if obligation.verifier == "ensemble":  # the references are the other side of the test itself
        return True, said("gate_found.references_scored", number=len(seen.by_subject(obligation.references)))
    if isinstance(clause, Remove) and isinstance(clause.limit, MembershipBound):
        attacked = attacked_subjects(obligation, "reference", clause.limit, seen)
        if not attacked:
            return False, said("gate_found.reference_not_scored")
        found = max(attacked, key=lambda one: one.low(one.best))
        low, caught = found.low(found.best), found.best.caught
        text = said("gate_found.reference_members", **of_all([caught]))
        passed = low <= clause.limit.tpr_at_most
        return passed, text if passed else said("gate_found.for_certain", told=text, share=clause.limit.tpr_at_most)
    if obligation.verifier == "relearning":
        references, high, single = control_shown(obligation, grid_of(obligation, reading_for(clause, obligation), seen))
    else:
        references = seen.outcomes(obligation, "reference", judge_for(obligation, clause))
        high = _most(references, obligation, clause, seen)
        single = tuple((one, _least((one,), obligation, clause, seen)) for one in references)
    if not references:
        return False, said("gate_found.no_reference")
    text = said("gate_found.references", **of_all(references), high=high)
    limit = _smallest_found(obligation, clause)
    knowing = None if limit is None else next((one for one, low in single if low > limit), None)
    if knowing is not None and limit is not None:
        return False, said("gate_found.reference", **of_all([knowing]), share=limit)
    needed = obligation.effect or limit
    if needed is None:
        return high < 1, text
    return high < needed, text if high < needed else clauses(text, said("needed.less", share=needed))


def _least(subjects: Sequence[Outcomes], obligation: Obligation, clause: Clause, seen: Seen) -> Fraction:
    """What the subjects of a control show at least; 0 for none."""
    if not subjects:
        return Fraction(0)
    if _counts(obligation, clause, seen):
        return _share(subjects)
    return lower(subjects, obligation.alpha, population_of(obligation))


def _most(subjects: Sequence[Outcomes], obligation: Obligation, clause: Clause, seen: Seen) -> Fraction:
    """What the subjects of a control show at most; 1 for none."""
    if not subjects:
        return Fraction(1)
    if _counts(obligation, clause, seen):
        return _share(subjects)
    return upper(subjects, obligation.alpha, population_of(obligation))


def _counts(obligation: Obligation, clause: Clause, seen: Seen) -> bool:
    """Whether the control is a count without an error of chance, as the audited side is.

    Not for removal, whose audited side is bounded too; nor where guessing may be right, since a lucky guess is no knowledge.
    """
    return isinstance(clause, Suppress | Refuse | Retain) and obligation.chance is None and is_counted(obligation, seen)


def _share(subjects: Sequence[Outcomes]) -> Fraction:
    return Fraction(sum(one.k for one in subjects), sum(one.n for one in subjects))


def _smallest_found(obligation: Obligation, clause: Clause) -> Fraction | None:
    """The rate beyond which the obligation counts as having found something."""
    if obligation.refute_at is not None:
        return obligation.refute_at
    if isinstance(clause, Suppress):  # what guessing finds is nothing found
        return max(limit_of(clause, obligation).broken, obligation.chance or Fraction(0))
    return obligation.effect


def _shows(clause: Clause) -> str:
    return "knows" if isinstance(clause, Retain) else "refuses" if isinstance(clause, Refuse) else "reveals"


# --- repeat, degeneracy, blind baseline ------------------------------------------------------------------------------


def _repeat(
    control: Control, obligation: Obligation, clause: Clause, seen: Seen, measured: Measured
) -> tuple[bool, Said]:
    """The same model asked again must answer the same, or differ by less than the interval's half-width."""
    judge = judge_for(obligation, clause)
    first = judge([seen.tables[key] for key in control.against])
    again = judge([seen.tables[key] for key in control.units])
    before, after = dict(zip(first.items, first.hits, strict=True)), dict(zip(again.items, again.hits, strict=True))
    changed = sum(hit != before.get(item) for item, hit in after.items())
    texts = _differing_answers(control, seen)
    if (now := _answered_by(control.units, seen)) != (then := _answered_by(control.against, seen)):
        return False, said("gate_found.changed_while_asked", then=_listed(then), now=_listed(now))
    if not changed:
        if not texts:
            return True, said("gate_found.same_answers", n=len(after))
        return True, said("gate_found.reworded", number=texts, n=len(after))
    audited = next((one for one in measured.intervals if one.label == "audited"), None)
    noise = changed / len(after)
    allowed = (audited.high - audited.low) / 2 if audited is not None else 0.0
    text = said("gate_found.changed", k=changed, n=len(after), allowed=Fraction(allowed).limit_denominator(10**6))
    return noise <= allowed, text


def _answered_by(keys: Sequence[str], seen: Seen) -> frozenset[str]:
    """Who said that it answered, of endpoints."""
    tables = (seen.tables[key] for key in keys)
    return frozenset(name for table in tables if "answered_by" in table for name in table.column("answered_by"))


def _listed(names: frozenset[str]) -> Said:
    return listed(*sorted(names)) if names else said("gate_found.nobody")


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


def _degeneracy(control: Control, seen: Seen) -> tuple[bool, Said]:
    """The audited model, and each further run, must not babble, repeat itself or fall silent where the original did not."""
    original = [seen.tables[key] for key in control.against]
    runs = seen.by_subject(control.units).values()
    judged = [degeneracy.judge([seen.tables[key] for key in keys], original) for keys in runs]
    found = next((one for one in judged if one.degenerate), judged[0])
    if found.degenerate:
        return False, clauses(*found.symptoms)
    now, before = found.audited, found.original
    shares = {"answers": now.answers, "empty": now.empty, "repetitive": now.repetitive}
    if now.entropy is None or before.entropy is None:
        return True, said("gate_found.fluent_endpoint", **shares)
    return True, said("gate_found.fluent", **shares, now=now.entropy, before=before.entropy)


def _blind(control: Control, blind: Blind) -> tuple[bool, Said]:
    """Members must not be told from the hold-out without any model."""
    if len(control.data) < 2:
        return False, said("gate_found.no_holdout")
    found = blind(control.data[0], control.data[1])
    words, length = found.words, found.length
    text = said(
        "gate_found.blind",
        words=said("part.auc", point=words.point, low=words.low, high=words.high),
        length=said("part.auc", point=length.point, low=length.low, high=length.high),
        above=0.5 + HARMLESS,
        below=0.5 - HARMLESS,
    )
    return not found.separable, text
