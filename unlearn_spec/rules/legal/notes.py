"""The legal notes of `spec/legal` as frozen types: what a note says, when that was recorded, and on what it stands."""

from __future__ import annotations

import re
from collections.abc import Mapping
from datetime import date
from functools import cache
from importlib import resources
from types import MappingProxyType
from typing import Annotated, Any, Final, Literal

import yaml
from pydantic import BaseModel, ConfigDict, Field

from .instruments import INSTRUMENTS

_LOADER: Any = getattr(yaml, "CSafeLoader", yaml.SafeLoader)
Text = Literal["read", "summary", "recalled"]
Words = Annotated[str, Field(min_length=1, pattern=r"\S")]

READ: Final[Mapping[Text, str]] = MappingProxyType(
    {"read": "text read", "summary": "a source about it read, not its text", "recalled": "recalled, not read: check it"}
)
"""What is known of a provision's wording, as it is printed."""


class _Data(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid")


class Provision(_Data):
    instrument: Words
    provision: Words
    jurisdiction: Words
    says: Words
    """In our words; never a quotation."""
    text: Text
    source: Words

    @property
    def cited(self) -> str:
        """`GDPR Art. 17(1)`."""
        known = INSTRUMENTS.get(self.instrument)
        return f"{known.short} {self.provision}" if known is not None and known.short else self.provision


class LegalNote(_Data):
    id: Annotated[str, Field(pattern=r"^L\d\d$")]
    code: Annotated[str, Field(pattern=r"^L0\d\d$")]
    title: Words
    recorded: date
    provisions: Annotated[tuple[Provision, ...], Field(min_length=1)]
    bears_on: Words
    does_not_determine: Words

    @property
    def cited(self) -> str:
        """The first provision, which the note is filed under."""
        return self.provisions[0].cited

    @property
    def lines(self) -> tuple[str, ...]:
        """What a finding prints under its message: date, sources and what stays open first, then each provision."""
        return (
            f"Recorded {self.recorded} from {self.sources}. Bears on {self.bears_on}; does not determine "
            f"{self.does_not_determine}. Counsel decides.",
            *(f"{part.cited} ({part.jurisdiction}): {part.says}" for part in self.provisions),
        )

    @property
    def sources(self) -> str:
        """Where the note comes from, and what of it was read."""
        return "; ".join(dict.fromkeys(f"{part.source} ({READ[part.text]})" for part in self.provisions))


@cache
def notes() -> Mapping[str, LegalNote]:
    """Every note, by code. Raises `ValueError` for a note without its date or a source, or a code that is filed twice."""
    folder = resources.files("unlearn_spec.spec").joinpath("legal")
    files = sorted((file for file in folder.iterdir() if file.name.endswith(".yaml")), key=lambda file: file.name)
    return read(tuple(file.read_text(encoding="utf-8") for file in files))


def read(texts: tuple[str, ...]) -> Mapping[str, LegalNote]:
    """The notes written in these files, by code."""
    found: dict[str, LegalNote] = {}
    for text in texts:
        for entry in yaml.load(text, Loader=_LOADER):  # a subclass of SafeLoader
            note = LegalNote.model_validate(entry)
            if note.code in found or int(re.sub(r"\D", "", note.code)) != int(note.id[1:]):
                raise ValueError(f"{note.id} is filed twice or under another code: {note.code}")
            found[note.code] = note
    return MappingProxyType(dict(sorted(found.items())))
