"""The part of `docs/researchers.md` that repeats the catalogue. Run as a script, writes it anew."""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path

from unlearn_spec.catalogue import VERIFIERS, Declaration

PAGE = Path(__file__).parents[2] / "docs" / "researchers.md"
BEGIN, END = "<!-- from the catalogue: begin -->", "<!-- from the catalogue: end -->"
_DIRECTION = {
    "lower_is_better": "lower is better",
    "higher_is_better": "higher is better",
    "two_sided": "both directions count",
    "none": "the clause says",
}


def verifiers() -> str:
    """One section a verifier: what it declares, word for word."""
    return "\n\n".join(_section(declared) for declared in VERIFIERS.values())


def _section(declared: Declaration) -> str:
    rows = [
        (
            "bears on",
            _codes(declared.goals) + (f"; of `remove`: {_codes(declared.measures)}" if declared.measures else ""),
        ),
        ("reads", _codes(declared.metrics)),
        ("evidence", _codes(declared.evidence)),
        ("access", f"`{declared.min_access}` or deeper"),
        ("needs", _words(declared.needs)),
        ("controls", _words(declared.gates)),
        ("measures", declared.number),
        ("direction", _DIRECTION[declared.direction]),
        ("source", declared.source),
        ("cannot see", declared.blind_to),
    ]
    table = "\n".join(f"| {name} | {text} |" for name, text in rows if text)
    return f"#### `{declared.id}`: {declared.title[0].lower()}{declared.title[1:]}\n\n| | |\n|---|---|\n{table}"


def _codes(names: Iterable[str]) -> str:
    return ", ".join(f"`{name}`" for name in names)


def _words(names: Iterable[str]) -> str:
    return ", ".join(name.replace("_", " ") for name in names)


def main() -> None:
    text = PAGE.read_text(encoding="utf-8")
    before, after = text[: text.index(BEGIN) + len(BEGIN)], text[text.index(END) :]
    PAGE.write_text(f"{before}\n\n{verifiers()}\n\n{after}", encoding="utf-8")


if __name__ == "__main__":
    main()
