"""The language reference names every field and every word, and its examples load."""

from __future__ import annotations

import re
from typing import Any, get_args

import pytest
import yaml

from unlearn_spec.policy import vocabulary
from unlearn_spec.policy.load import load_text
from unlearn_spec.policy.read import read
from unlearn_spec.policy.schema import FILE, policy_schema

PAGE = (FILE.parents[1] / "language.md").read_text(encoding="utf-8")
EXAMPLES = re.findall(r"```yaml\n(.*?)```", PAGE, re.DOTALL)


def test_every_field_is_on_the_page() -> None:
    words = set(re.findall(r"[A-Za-z_]+", PAGE))
    schema = policy_schema()
    for name, body in (*schema["$defs"].items(), ("Policy", schema)):
        for key in body.get("properties", {}):
            assert key in words, f"{name}.{key}"


def test_every_word_of_the_vocabulary_is_on_the_page() -> None:
    words = set(re.findall(r"[A-Za-z_]+", PAGE))
    closed = ("Access", "Asked", "GoalKind", "InformationKind", "ArtifactKind", "EvidenceKind", "Status", "Reference",
              "Population", "Decide", "About", "Says", "Metric")
    for kind in closed:
        assert set(get_args(getattr(vocabulary, kind))) <= words, kind


@pytest.mark.parametrize("fragment", EXAMPLES, ids=lambda text: text.split("\n")[0])
def test_every_example_loads_beside_the_smallest_policy(fragment: str) -> None:
    policy = merged(data(EXAMPLES[0]), data(fragment) if fragment is not EXAMPLES[0] else {})
    assert load_text(yaml.safe_dump(policy, sort_keys=False, width=10_000)).policy.clauses


def data(text: str) -> Any:
    reading = read(text, "language.md")
    assert not reading.findings
    return reading.data


def merged(base: Any, extra: Any) -> dict[str, Any]:
    """Blocks of the fragment beside those of the base: mappings joined, lists extended."""
    both = {**base, **extra}
    for key in set(base) & set(extra):
        both[key] = {**base[key], **extra[key]} if isinstance(base[key], dict) else base[key] + extra[key]
    return both
