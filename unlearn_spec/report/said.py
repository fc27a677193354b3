"""A sentence of the report by name, so that each language can word it."""

from __future__ import annotations

from ..plan.model import Frozen


class Said(Frozen):
    """A sentence of the catalogues and what fills its gaps: names, codes of closed vocabularies, numbers."""

    key: str
    gaps: tuple[tuple[str, str | int | tuple[str, ...]], ...] = ()

    @property
    def filled(self) -> dict[str, str | int | tuple[str, ...]]:
        return dict(self.gaps)


def said(key: str, **gaps: str | int | tuple[str, ...]) -> Said:
    return Said(key=key, gaps=tuple(gaps.items()))
