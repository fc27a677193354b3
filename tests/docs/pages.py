"""Documents as what a reader would do with them: files to save, edits to make, commands to type, links to follow."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

ROOT = Path(__file__).parents[2]
SKIPPED = "…"
"""A line of expected output that stands for any number of lines."""

_FENCE = re.compile(r"^```(?P<info>.*)\n(?P<body>(?:.*\n)*?)^```$", re.MULTILINE)
_LINK = re.compile(r"\]\((?P<target>[^)\s]+)\)")
_HEADING = re.compile(r"^#+ (?P<text>.+)$", re.MULTILINE)


@dataclass(frozen=True)
class Block:
    """A fenced block. Its info line: language, file name if it is one to save, and a mark."""

    language: str
    name: str
    mark: Literal["", "broken"]
    body: str
    line: int


@dataclass(frozen=True)
class Command:
    """A command line with the output that the page shows under it."""

    words: str
    expected: tuple[str, ...]


def blocks(page: Path) -> Iterator[Block]:
    text = page.read_text(encoding="utf-8")
    for found in _FENCE.finditer(text):
        language, name, mark, *_ = [*found["info"].split(), "", "", ""]
        assert mark in ("", "broken"), f"{page}: a block marked {mark!r}"
        yield Block(language, name, mark, found["body"], text[: found.start()].count("\n") + 1)


def commands(block: Block) -> Iterator[Command]:
    """The commands of a `console` block: lines after `$ `, each with the lines up to the next one."""
    for part in re.split(r"^\$ ", block.body, flags=re.MULTILINE)[1:]:
        words, *expected = part.splitlines()
        yield Command(words, tuple(expected))


def edited(text: str, diff: str) -> str:
    """The text after a `diff` block: lines with a blank or a minus must stand there once, and give way to the others."""
    old = "".join(line[1:] + "\n" for line in diff.splitlines() if line[0] in " -")
    new = "".join(line[1:] + "\n" for line in diff.splitlines() if line[0] in " +")
    assert text.count(old) == 1, f"stands there {text.count(old)} times:\n{old}"
    return text.replace(old, new)


def mismatch(expected: tuple[str, ...], output: str) -> str | None:
    """What of the expected lines is not in the output, in order and without a gap but at `…`; None if all of it is."""
    rest = [line.rstrip() for line in output.splitlines()]
    stretches = [
        stretch.strip("\n").split("\n") for stretch in re.split(rf"^{SKIPPED}$", "\n".join(expected), flags=re.M)
    ]
    for number, stretch in enumerate(stretches):
        if stretch == [""]:
            continue
        starts = range(len(rest) - len(stretch) + 1) if number else range(1)
        start = next((place for place in starts if rest[place : place + len(stretch)] == stretch), None)
        if start is None:
            return "\n".join(stretch)
        rest = rest[start + len(stretch) :]
    closed = expected and expected[-1] != SKIPPED
    return f"more follows: {rest[0]}" if closed and any(rest) else None


def links(page: Path) -> Iterator[str]:
    """Targets of links within the repository."""
    text = _FENCE.sub("", page.read_text(encoding="utf-8"))
    for found in _LINK.finditer(text):
        if not re.match(r"[a-z]+:", found["target"]):
            yield found["target"]


def anchors(page: Path) -> set[str]:
    """Names under which a page's headings can be linked to."""
    text = _FENCE.sub("", page.read_text(encoding="utf-8"))
    return {re.sub(r"[^\w\- ]", "", found["text"].lower()).replace(" ", "-") for found in _HEADING.finditer(text)}
