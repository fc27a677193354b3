"""Where the words of a file stand, by their path in it."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from ..finding import Span

Place = tuple[int, int, int]
"""Line, column and length: a `Span` without its file."""


class Spans(Mapping[tuple[str | int, ...], Span]):
    """Spans that are made when they are asked for: few of a large file's ever are."""

    def __init__(self, file: str, places: dict[tuple[str | int, ...], Place]) -> None:
        self._file, self._places = file, places

    def __getitem__(self, path: tuple[str | int, ...]) -> Span:
        return Span(self._file, *self._places[path])

    def __contains__(self, path: object) -> bool:
        return path in self._places

    def __iter__(self) -> Iterator[tuple[str | int, ...]]:
        return iter(self._places)

    def __len__(self) -> int:
        return len(self._places)
