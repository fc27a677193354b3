"""Many questions under the same assumptions, answered by few: a world that several have in common answers them all."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from contextlib import suppress
from typing import TYPE_CHECKING

from .clusters import of_parts
from .smt import Undecided

if TYPE_CHECKING:
    from .assumed import Assumed

_ROUNDS = 32
"""Groups of compatible questions that are kept open for more."""


def answered(given: Assumed, questions: Sequence[Sequence[str]]) -> tuple[bool, ...]:
    """Whether each question has a world: asked together where they may have a world in common, and halved where they have none."""
    answers = [False] * len(questions)
    pending = _rounds(given, questions)
    while pending:
        asked = pending.pop()
        joint = tuple(dict.fromkeys(name for i in asked for name in questions[i]))
        if given.satisfiable(joint) if len(asked) == 1 else given.surely(joint):
            for i in asked:
                answers[i] = True
        elif len(asked) > 1 and (left := _conceivable(given, asked, questions)):
            by_trouble, middle = _by_trouble(given, left, questions), len(left) // 2
            pending += by_trouble if len(by_trouble) > 1 else [left[middle:], left[:middle]] if middle else [left]
    return tuple(answers)


def _by_trouble(given: Assumed, asked: Sequence[int], questions: Sequence[Sequence[str]]) -> list[list[int]]:
    """The questions by the first place that they speak of in which all together have no world; apart, those of no such place.

    Places are packs, and of a part that is cut at its sums, pieces.
    """
    also = given.solver.assuming(tuple(dict.fromkeys(name for i in asked for name in questions[i]))).concerned
    bad: dict[int, int] = {}
    for pack in given.solver.packs(also):
        if not _surely_in(given, pack, also):
            pieces = [part for part in pack if part in given.solver.cluster_of]
            if len(pieces) == len(pack):
                bad.update((part, part) for part in pieces if not _surely_in(given, frozenset((part,)), also, alone=True))
            else:
                bad.update((part, min(pack)) for part in pack)
    found: dict[int | None, list[int]] = {}
    for i in asked:
        parts = map(given.solver.piece, questions[i])
        found.setdefault(next((bad[part] for part in parts if part in bad), None), []).append(i)
    return list(found.values())


def _surely_in(given: Assumed, parts: frozenset[int], more: Mapping[int, tuple[str, ...]], *, alone: bool = False) -> bool:
    """Whether a world of some parts was found (`alone`: without the others of their packs); not answered counts as no."""
    asked = given.solver.only(parts) if alone else given.solver.part(parts)
    try:
        return asked.satisfiable(of_parts(more, parts), "", given.concerning(parts))
    except Undecided:
        return False


def _rounds(given: Assumed, questions: Sequence[Sequence[str]]) -> list[list[int]]:
    """The questions place by place, in groups in which none assumes what another denies."""
    places: dict[frozenset[int], list[tuple[list[int], set[str]]]] = {}
    for i, question in enumerate(questions):
        rounds = places.setdefault(given.solver.place(question), [])
        denied = {name[1:] if name.startswith("-") else "-" + name for name in question}
        fitting = next((r for r in rounds[-_ROUNDS:] if denied.isdisjoint(r[1])), None)
        if fitting is None:
            fitting = [], set()
            rounds.append(fitting)
        fitting[0].append(i)
        fitting[1].update(question)
    return [asked for rounds in places.values() for asked, _ in rounds]


def _conceivable(given: Assumed, asked: Sequence[int], questions: Sequence[Sequence[str]]) -> list[int]:
    """The questions without those that share a pack in which none of them has a world; a pack is asked for any of them."""
    by_pack: dict[frozenset[int], list[tuple[int, str]]] = {}
    for i in asked:
        concerned: dict[frozenset[int], list[str]] = {}
        for name in questions[i]:
            if (pack := given.solver.pack_of(name)) is not None:
                concerned.setdefault(pack, []).append(name)
        for pack, names in concerned.items():
            by_pack.setdefault(pack, []).append((i, _conjunction(names)))
    hopeless: set[int] = set()
    for pack, each in by_pack.items():
        any_of_them = f"(assert (or {' '.join(text for _, text in each)}))"
        with suppress(Undecided):
            if not given.solver.part(pack).satisfiable((), any_of_them, given.concerning(pack)):
                hopeless.update(i for i, _ in each)
    return [i for i in asked if i not in hopeless]


def _conjunction(names: Sequence[str]) -> str:
    """The assumptions, each holding."""
    return f"(and {' '.join(f'(not {name[1:]})' if name.startswith('-') else name for name in names)})"
