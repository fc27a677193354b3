"""Digests as a report writes them."""

from __future__ import annotations

from typing import Annotated

from pydantic import Field

Digest = Annotated[str, Field(pattern=r"^sha256:[0-9a-f]{64}$")]
KeyedDigest = Annotated[str, Field(pattern=r"^hmac-sha256:[0-9a-f]{64}$")]
