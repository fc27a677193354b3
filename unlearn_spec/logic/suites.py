"""Suites by name: which of them ask an altered copy of the model each item's own question.

Whoever can alter a model may do so and then ask it plainly: what such a copy reveals belongs to every class of probes at
the access that altering it takes, and no finite list of alterations bounds what another one would do.
"""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType
from typing import Final, Literal

from ..policy.vocabulary import Access, access_rank

Alteration = Literal["relearn", "quantize", "inspect"]

TAKES: Final[Mapping[Alteration, Access]] = MappingProxyType(
    {"relearn": "finetune", "quantize": "weights", "inspect": "weights"}
)
"""The least access at which a copy can be altered so: fine-tuned, rounded, or opened and read from inside."""


def altered_suite(alteration: Alteration, settings: str) -> str:
    """The cell of an altered copy's own questions: `suite:relearn-<12 digits>`, from the digest `sha256:…` of its settings."""
    return f"suite:{alteration}-{settings[7:19]}"


def suite_cell(name: str, asked: str | None) -> str:
    """The cell of a suite that a policy names, digest included, for a clause asked so.

    A suite whose questions hand the target over is a part of `in_context` (`in_context:<name>`), any other a part of
    `adversarial` (`suite:<name>`): what is found by one says nothing of the other.
    """
    return f"in_context:{name}" if asked == "in_context" else f"suite:{name}"


def suite_of(asked: str) -> str | None:
    """The suite behind a cell, or the alteration and its settings; None for a probe class."""
    kind, colon, name = asked.partition(":")
    return name if colon and kind in ("suite", "in_context") else None


def takes(asked: str) -> Access | None:
    """The least access that the alteration behind a suite takes; None for probe classes and suites of prompts.

    A suite that a policy names carries the whole digest after an `@`, and is never one of these.
    """
    kind, dash, rest = asked.removeprefix("suite:").partition("-")
    if not asked.startswith("suite:") or not dash or "@" in rest:
        return None
    return next((access for alteration, access in TAKES.items() if alteration == kind), None)


def asks_altered_copy(asked: str) -> bool:
    """Whether what is asked are an altered copy's own questions."""
    return takes(asked) is not None


def own_questions(asked: str, access: Access) -> bool:
    """Whether these are an altered copy's own questions, at an access that allows the alteration."""
    least = takes(asked)
    return least is not None and access_rank(access) >= access_rank(least)
