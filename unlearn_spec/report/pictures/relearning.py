"""What fine-tuning brings back, by steps: the half attacked and the half not seen, the audited model and the control."""

from __future__ import annotations

from dataclasses import dataclass

from ...verdict.model import Interval
from ...wording.language import Words
from ..document import Picture
from ..model import Relearning, Report
from .svg import LETTER, line, marker, polyline, text

_WIDTH, _HEIGHT = 440.0, 250.0
_LEFT, _TOP, _BOTTOM = 46.0, 12.0, 190.0


@dataclass(frozen=True)
class Curve:
    """One subject on one half: shares after so many steps, in order."""

    label: str
    seen: bool
    """The half that the attack trained on."""
    points: tuple[tuple[int, Interval], ...]


def curves(attacks: tuple[Relearning, ...], before: dict[str, Interval]) -> tuple[Curve, ...]:
    """The curves of attacks on one clause and artifact. `before`: shares without an attack, by label."""
    labels = tuple(dict.fromkeys(i.label for attack in attacks for i in (*attack.attacked, *attack.held_out)))
    found = []
    for label in labels:
        for seen in (True, False):
            after = [
                (attack.steps, interval)
                for attack in sorted(attacks, key=lambda attack: attack.steps)
                for interval in (attack.attacked if seen else attack.held_out)
                if interval.label == label
            ]
            start = [(0, before[label])] if label in before else []
            found.append(Curve(label, seen, (*start, *after)))
    return tuple(found)


def before(report: Report, attack: Relearning) -> dict[str, Interval]:
    """Shares of the same target on the same artifact without an attack, where a test read answers in the same way."""
    tests = {test.id: test for test in report.tests}
    attacking = next((t for t in report.tests if (t.clause, t.artifact) == (attack.clause, attack.artifact)), None)
    for result in report.results:
        test = tests.get(result.verdict.obligation or "")
        if (
            attacking is not None
            and test is not None
            and test.verifier in ("leak", "extraction")
            and test.access != "product"
            and (test.target, test.artifact, test.reading) == (attacking.target, attacking.artifact, attacking.reading)
        ):
            return {interval.label: interval for interval in result.verdict.intervals}
    return {}


def draw(attacks: tuple[Relearning, ...], start: dict[str, Interval], name: str, say: Words) -> Picture | None:
    """Solid lines for the half attacked, dashed for the half not seen; nothing with fewer than two points in each curve."""
    drawn_curves = tuple(curve for curve in curves(attacks, start) if len(curve.points) > 1)
    if not drawn_curves:
        return None
    last = max(steps for curve in drawn_curves for steps, _ in curve.points) or 1
    drawn = _axes(last, say)
    told = []
    for curve in drawn_curves:
        shape = {"audited": "disc", "original": "square", "never trained": "triangle"}.get(curve.label, "diamond")
        shift = 4.0 if curve.seen else -4.0
        places = [(_x(steps, last) + (shift if steps else 0), _y(interval.point)) for steps, interval in curve.points]
        drawn += polyline(places, "line" if curve.seen else "line dashed")
        for (x, y), (_, interval) in zip(places, curve.points, strict=True):
            drawn += line(x, _y(interval.low), x, _y(interval.high), "range") + marker(shape, x, y)
        half = say("relearning.attacked" if curve.seen else "relearning.held_out")
        values = ", ".join(say("picture.after", steps=steps, share=interval.point) for steps, interval in curve.points)
        told.append(f"{say.of('interval', curve.label)}, {half}{say('names.colon')}{values}")
    return Picture(
        name=name,
        title=say("picture.relearning"),
        alt=say("names.semicolon").join(told) + ".",
        width=_WIDTH,
        height=_HEIGHT,
        svg=drawn + _legend(drawn_curves, say),
        repeats=True,
    )


def _x(steps: float, last: int) -> float:
    return _LEFT + 10 + (_WIDTH - _LEFT - 30) * steps / last


def _y(share: float) -> float:
    return _BOTTOM - (_BOTTOM - _TOP) * share


def _axes(last: int, say: Words) -> str:
    drawn = line(_LEFT, _TOP, _LEFT, _BOTTOM, "axis") + line(_LEFT, _BOTTOM, _WIDTH - 8, _BOTTOM, "axis")
    for share in (0.0, 0.25, 0.5, 0.75, 1.0):
        drawn += line(_LEFT - 4, _y(share), _LEFT, _y(share), "axis")
        drawn += text(_LEFT - 7, _y(share) + 4, say.percent(share), "soft", "end")
    drawn += text(_x(0, last), _BOTTOM + 16, say.count(0), "soft", "middle")
    return drawn + text(_WIDTH - 8, _BOTTOM + 16, say.counted("picture.steps", last), "soft", "end")


def _legend(drawn: tuple[Curve, ...], say: Words) -> str:
    labels = tuple(dict.fromkeys(curve.label for curve in drawn))
    found, x = "", 8.0
    for label in labels:
        shape = {"audited": "disc", "original": "square", "never trained": "triangle"}.get(label, "diamond")
        word = say.of("interval", label)
        found += marker(shape, x + 6, _BOTTOM + 34) + text(x + 17, _BOTTOM + 38, word)
        x += 32 + LETTER * len(word)
    attacked, held_out = say("relearning.attacked"), say("relearning.held_out")
    found += line(8, _BOTTOM + 52, 36, _BOTTOM + 52, "line") + text(42, _BOTTOM + 56, attacked)
    x = 60 + LETTER * len(attacked)
    return found + line(x, _BOTTOM + 52, x + 28, _BOTTOM + 52, "line dashed") + text(x + 34, _BOTTOM + 56, held_out)
