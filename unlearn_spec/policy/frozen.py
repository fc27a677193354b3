"""The base of the types that files are read into."""

from typing import Any

from pydantic import BaseModel, ConfigDict


class Frozen(BaseModel):
    """Base of every policy type: immutable, no unknown keys."""

    model_config = ConfigDict(
        frozen=True, extra="forbid", arbitrary_types_allowed=True, populate_by_name=True, defer_build=True
    )


def mapping_or_word(value: Any) -> str:
    """Which branch of "a word or a mapping" was written."""
    return "<mapping>" if isinstance(value, dict | BaseModel) else "<word>"
