"""The published schema is that of the model, and reports meet it."""

from __future__ import annotations

import json
from collections.abc import Callable

import pytest
from jsonschema import Draft202012Validator, ValidationError

from unlearn_spec.report import canonical
from unlearn_spec.report.model import Report
from unlearn_spec.report.schema import path, report_schema, text


def test_the_published_schema_is_fresh() -> None:
    """Stale: run `python -m unlearn_spec.report.schema --write`."""
    assert path().read_text(encoding="utf-8") == text()


def test_reports_meet_the_schema(report: Report, make_report: Callable[..., Report]) -> None:
    schema = report_schema()
    Draft202012Validator.check_schema(schema)
    validator = Draft202012Validator(schema)
    for each in (
        report,
        make_report(findings=(), relearning=(), guardrails=(), revealed=(), records=(), axioms=(), objects={}),
    ):
        validator.validate(json.loads(canonical(each)))


@pytest.mark.parametrize(
    "change",
    [
        {"overall": "passed"},
        {"revealed": [{"obligation": "o", "item": "the secret answer", "length": 3}]},
        {"score": 0.93},
    ],
)
def test_the_schema_refuses(report: Report, change: dict[str, object]) -> None:
    with pytest.raises(ValidationError):
        Draft202012Validator(report_schema()).validate({**json.loads(canonical(report)), **change})
