"""The lineage graph: what was trained on or holds what, what was derived from what, and which of it a result speaks of."""

from __future__ import annotations

from collections.abc import Iterator

from ...wording.language import Words
from ..document import Picture
from ..model import Artifact, Report
from ..wording import OUTCOME_SYMBOL
from .svg import LINE, arrow, element, line, rectangle, text, wrapped

_BOX, _GAP, _ROW, _PAD = 176.0, 66.0, 16.0, 9.0


def draw(report: Report, say: Words) -> Picture | None:
    """Information sets on the left, artifacts by generation to the right; dashed and named where nothing speaks of them."""
    if not report.artifacts:
        return None
    named = {name for artifact in report.artifacts for name in (*artifact.trained_on, *artifact.holds)}
    sets = tuple(information.name for information in report.information if information.name in named)
    columns = [[("set", name) for name in sets], *_generations(report.artifacts)]
    columns = [column for column in columns if column]
    by_name = {artifact.name: artifact for artifact in report.artifacts}
    places: dict[tuple[str, str], tuple[float, float, float]] = {}
    drawn, height = "", 0.0
    for across, column in enumerate(columns):
        x, y = across * (_BOX + _GAP), 2.0
        for kind, name in column:
            if kind == "set":
                picture, tall = _set(x, y, name)
            else:
                picture, tall = _artifact(x, y, by_name[name], say)
            drawn += picture
            places[kind, name] = (x, y, tall)
            y += tall + _ROW
        height = max(height, y)
    edges = tuple(_edges(report.artifacts, sets))
    drawn = "".join(_edge(places[source], places[end], kind) for kind, source, end in edges) + drawn
    drawn += _legend(height + 8, say)
    return Picture(
        name="lineage",
        title=say("picture.lineage"),
        alt=say.quoted(" ".join(_told(report, edges, say))),
        width=max(420.0, len(columns) * (_BOX + _GAP) - _GAP + 4),
        height=height + 48,
        svg=drawn,
        repeats=True,
    )


def _generations(artifacts: tuple[Artifact, ...]) -> list[list[tuple[str, str]]]:
    """Columns of artifacts: those derived from nothing named, then their children, and so on. A circle ends in the last."""
    names = {artifact.name for artifact in artifacts}
    left, columns = list(artifacts), list[list[tuple[str, str]]]()
    placed: set[str] = set()
    while left:
        ready = [a for a in left if a.derived_from not in names or a.derived_from in placed] or left
        columns.append([("artifact", a.name) for a in ready])
        placed |= {a.name for a in ready}
        left = [a for a in left if a.name not in placed]
    return columns


Node = tuple[str, str]


def _edges(artifacts: tuple[Artifact, ...], sets: tuple[str, ...]) -> Iterator[tuple[str, Node, Node]]:
    names = {artifact.name for artifact in artifacts}
    for artifact in artifacts:
        end = ("artifact", artifact.name)
        for kind, sources in (("trained_on", artifact.trained_on), ("holds", artifact.holds)):
            for source in sources:
                if source in sets:
                    yield kind, ("set", source), end
                elif source in names:
                    yield kind, ("artifact", source), end
        if artifact.derived_from in names:
            yield "derived", ("artifact", artifact.derived_from or ""), end
        for source in artifact.serves_from:
            if source in names:
                yield "serves", ("artifact", source), end


def _set(x: float, y: float, name: str) -> tuple[str, float]:
    rows = wrapped(name, _BOX - 3 * _PAD)
    tall = LINE * len(rows) + 2 * _PAD
    drawn = rectangle(x + 2, y, _BOX, tall, "box", round=tall / 2)
    return drawn + "".join(
        text(x + _BOX / 2, y + _PAD + 12 + LINE * at, row, "", "middle") for at, row in enumerate(rows)
    ), tall


def _artifact(x: float, y: float, artifact: Artifact, say: Words) -> tuple[str, float]:
    name = wrapped(artifact.name, _BOX - 2 * _PAD)
    worst = artifact.examined[0] if artifact.examined else None
    state = f"{OUTCOME_SYMBOL[worst]} {say.of('outcome', worst)}" if worst else say("picture.uncovered")
    rows = [say.of("artifact", artifact.kind), *wrapped(state, _BOX - 2 * _PAD)]
    tall = LINE * (len(name) + len(rows)) + 2 * _PAD
    drawn = rectangle(x + 2, y, _BOX, tall, "box thick" if worst else "box dashed")
    for at, words in enumerate((*name, *rows)):
        drawn += text(x + 2 + _PAD, y + _PAD + 12 + LINE * at, words, "strong" if at < len(name) else "")
    return drawn, tall


def _edge(start: tuple[float, float, float], end: tuple[float, float, float], kind: str) -> str:
    """Solid for what was learned or derived, dashed for what is merely held or served."""
    (x1, y1, tall1), (x2, y2, tall2) = start, end
    klass = "line" if kind in ("trained_on", "derived") else "line dashed"
    if x1 == x2:
        return arrow(x1 + _BOX + 2, y1 + tall1 / 2, x2 + _BOX + 2, y2 + tall2 / 2, klass)
    if x1 > x2:
        return arrow(x1 + 2, y1 + tall1 / 2, x2 + _BOX + 2, y2 + tall2 / 2, klass)
    return arrow(x1 + _BOX + 2, y1 + tall1 / 2, x2 + 2, y2 + tall2 / 2, klass)


def _legend(y: float, say: Words) -> str:
    solid, dashed = say("picture.learned"), say("picture.held")
    return element(
        "g",
        line(4, y + 8, 34, y + 8, "line")
        + text(42, y + 12, solid)
        + line(4, y + 28, 34, y + 28, "line dashed")
        + text(42, y + 32, dashed),
    )


def _told(report: Report, edges: tuple[tuple[str, Node, Node], ...], say: Words) -> Iterator[str]:
    for artifact in report.artifacts:
        state = say.of("outcome", artifact.examined[0]) if artifact.examined else say("picture.uncovered")
        yield say("picture.node", kind=say.of("artifact", artifact.kind), name=artifact.name, state=state)
    for kind, source, end in edges:
        yield say(f"picture.edge_{kind}", source=source[1], end=end[1])
