"""Where a subject lies or answers, as far as whoever loads it must know. Plain data, picklable; loads no model library."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from ...plan.units import EndpointRef


@dataclass(frozen=True)
class Weights:
    """A model folder or a GGUF file, and the LoRA adapter that is merged into it, if any."""

    path: Path
    adapter: Path | None = None


@dataclass(frozen=True)
class Endpoint:
    """An endpoint, and how to ask it. It holds the name of a key, never a key."""

    ref: EndpointRef
    key_env: str | None = None
    """The environment variable with the key; None where no key is needed."""
    concurrency: int = 4
    """Requests under way at a time."""
    timeout: int = 60
    """Seconds that one answer may take."""
    requests_per_minute: int | None = None


Source = Weights | Endpoint
