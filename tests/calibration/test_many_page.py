"""The shipped table of processes and endpoints has the published form, and reports cite it."""

from __future__ import annotations

import json

import jsonschema
import pytest

from unlearn_spec.calibration.bench import shipped
from unlearn_spec.calibration_many.gates import many_thresholds
from unlearn_spec.calibration_many.model import ManyTable
from unlearn_spec.calibration_many.page import sections
from unlearn_spec.calibration_many.schema import path, text
from unlearn_spec.evidence.canonical import file_digest
from unlearn_spec.run.cited import Use, cited
from unlearn_spec.verifiers.zoo.processes import PROCESSES, SERVED

RESULTS = shipped("calibration/many.json")


@pytest.fixture(scope="module")
def table() -> ManyTable:
    return ManyTable.model_validate_json(RESULTS.read_bytes())


def test_the_table_has_the_published_form(table: ManyTable) -> None:
    schema = json.loads(path().read_text(encoding="utf-8"))
    jsonschema.Draft202012Validator.check_schema(schema)
    jsonschema.validate(json.loads(RESULTS.read_text(encoding="utf-8")), schema)
    assert path().read_text(encoding="utf-8") == text(), "run `python -m unlearn_spec.calibration_many.schema --write`"


def test_it_was_judged_by_the_shipped_policies_on_seeds_that_nothing_was_tuned_on(table: ManyTable) -> None:
    assert table.policies == {name: file_digest(shipped(name)) for name in table.policies}
    assert min(table.seeds) >= 100 and len(set(table.seeds)) == len(table.seeds)


def test_everything_was_judged_in_every_world(table: ManyTable) -> None:
    assert table.part("processes").judged == len(PROCESSES)
    assert table.part("text").judged == table.part("logprobs").judged == len(SERVED)
    for part in table.parts:
        for row in part.rows:
            assert row.inconclusive is not None and row.inconclusive.n + row.unknown == part.judged * len(table.seeds)
            for case in row.false_pass:
                assert case.passed.k + case.inconclusive + case.violated == case.passed.n


def test_every_gate_is_on_the_page_as_it_stands(table: ManyTable) -> None:
    shown = sections(table)
    for part in table.parts:
        assert set(many_thresholds().planted[part.name]) <= {gate.about for gate in part.gates}
        for gate in part.gates:
            assert gate.found in shown
            assert gate.state == "met" or f"{gate.gate.replace('_', '-')} of `{gate.about}`" in shown


def test_endpoints_that_differ_are_named(table: ManyTable) -> None:
    for name in ("text", "logprobs"):
        alike = table.part(name).alike  # type: ignore[arg-type]
        assert alike is not None and len(alike.differing) == alike.outcomes.n - alike.outcomes.k
        assert all(one in sections(table) for one in alike.differing)


def test_reports_cite_the_table_of_what_they_judged(table: ManyTable) -> None:
    ensemble, served, alone, stranger = cited(
        [Use("ensemble", "runs"), Use("leak", "text"), Use("leak"), Use("membership", "logprobs")]
    )
    for line, part in ((ensemble, table.part("processes")), (served, table.part("text"))):
        found = next(one for one in part.verifiers if one.verifier == line.verifier).false_fail
        assert found is not None and (line.accused, line.clean, line.worlds) == (found.k, found.n, found.seeds)
        assert line.table == table.version
    assert alone.table != table.version and alone.clean > served.clean
    assert stranger.clean == 0 and stranger.table == table.version
