"""`unlearn-spec overlap`: how much of each text stands word for word in a corpus. Numbers and places, never the texts."""

from __future__ import annotations

import json
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from ..verifiers.forms import Form
    from ..verifiers.verbatim import Verbatim


def overlap(
    answers: str | Path, corpus: Sequence[str | Path], *, least: int = 13, form: Form | None = None
) -> dict[str, Verbatim]:
    """The items of a data file, by id, against text files: an item's answer, or else its suffix or text.

    Corpus files are read once, in parts; each is a document of its own. Raises `DataError` for an unusable data file,
    `CorpusError` for an unreadable corpus and `ValueError` for `least` below 1.
    """
    from ..plan.data import FORMATS, DataError, DataSpec, format_of, load_items
    from ..verifiers.forms import WORDS
    from ..verifiers.verbatim import files, verbatim

    file = Path(answers)
    format = format_of(file)
    if format is None:
        raise DataError(f"{file}: the name does not say which format it has; there are {', '.join(FORMATS)}")
    items = load_items(DataSpec(file, format))
    texts = [item.secret or item.text for item in items]
    found = verbatim(texts, files(Path(path) for path in corpus), least=least, form=form or WORDS)
    return {item.id: one for item, one in zip(items, found, strict=True)}


def run(answers: Path, corpus: Sequence[Path], least: int, form: Form, format: str) -> int:
    """Print one line an item, the longest run first, or JSON. Exit status: 0, or 2 for unusable files."""
    from ..plan.data import DataError
    from ..rules.terminal import visible
    from ..verifiers.verbatim import CorpusError

    try:
        found = overlap(answers, corpus, least=least, form=form)
    except (DataError, CorpusError) as error:
        sys.stderr.write(f"error: {visible(str(error))}\n")
        return 2
    names = [str(path) for path in corpus]
    sys.stdout.write((_json if format == "json" else _text)(found, names, least, form))
    return 0


def _text(found: dict[str, Verbatim], corpus: Sequence[str], least: int, form: Form) -> str:
    from ..rules.terminal import visible

    lines = []
    for name, one in sorted(found.items(), key=lambda pair: -pair[1].longest):
        share = "too short" if one.containment is None else f"{one.containment:.1%} of n-grams"
        where = ""
        if one.document is not None:
            where = (
                f", at {one.start + 1} of {one.units}; in {visible(corpus[one.document])} at {one.document_start + 1}"
            )
        lines.append(f"{visible(name)}: longest run {one.longest}{where}; {share}")
    hit = sum(one.longest > 0 for one in found.values())
    unit = f"{form.unit}s" if least != 1 else form.unit
    lines.append(f"{hit} of {len(found)} texts share a run of at least {least} {unit} ({form.normalisation})")
    return "\n".join(lines) + "\n"


def _json(found: dict[str, Verbatim], corpus: Sequence[str], least: int, form: Form) -> str:
    texts = [
        {
            "id": name,
            "units": one.units,
            "ngrams": one.ngrams,
            "contained": one.contained,
            "longest": one.longest,
            "start": one.start,
            "document": None if one.document is None else corpus[one.document],
            "document_start": one.document_start,
        }
        for name, one in found.items()
    ]
    whole = {"least": least, "unit": form.unit, "normalisation": form.normalisation, "texts": texts}
    return json.dumps(whole, indent=2, ensure_ascii=True) + "\n"
