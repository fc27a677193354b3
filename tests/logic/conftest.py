"""Policies in few words: what the tests of the theory build on."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from unlearn_spec.policy.load import load_text
from unlearn_spec.policy.model import Policy

HEAD = """
unlearn_spec: "1.0"
policy: {id: case, version: 1, status: draft}
clock: {starts: request}
"""


@pytest.fixture
def policy_of() -> Callable[[str], Policy]:
    """A draft policy from its blocks (`information`, `artifacts`, `clauses`, …)."""

    def build(blocks: str) -> Policy:
        return load_text(HEAD + blocks, "case.yaml").policy

    return build
