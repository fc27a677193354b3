"""The page says what the shipped table says, the table has the published form, and reports cite it."""

from __future__ import annotations

import json
from pathlib import Path

import jsonschema
import pytest

from unlearn_spec.calibration.bench import POLICY, shipped
from unlearn_spec.calibration.gates import thresholds
from unlearn_spec.calibration.model import Table
from unlearn_spec.calibration.page import once_a_model, page
from unlearn_spec.calibration.schema import path, text
from unlearn_spec.calibration_many.model import ManyTable
from unlearn_spec.calibration_many.page import sections
from unlearn_spec.cli.calibrate import _told
from unlearn_spec.policy.load import load
from unlearn_spec.run.cited import Use, cited
from unlearn_spec.verifiers.zoo.specimens import SPECIMENS

ROOT = Path(__file__).parents[2]
RESULTS = shipped("calibration/results.json")


@pytest.fixture(scope="module")
def table() -> Table:
    return Table.model_validate_json(RESULTS.read_bytes())


def test_the_page_is_the_table(table: Table) -> None:
    many = ManyTable.model_validate_json(shipped("calibration/many.json").read_bytes())
    assert (ROOT / "docs" / "calibration.md").read_text(encoding="utf-8") == page(table, sections(many))


def test_the_table_has_the_published_form(table: Table) -> None:
    schema = json.loads(path().read_text(encoding="utf-8"))
    jsonschema.Draft202012Validator.check_schema(schema)
    jsonschema.validate(json.loads(RESULTS.read_text(encoding="utf-8")), schema)
    assert path().read_text(encoding="utf-8") == text(), "run `python -m unlearn_spec.calibration.schema --write`"


def test_evaluation_seeds_are_none_that_recipes_were_tuned_on(table: Table) -> None:
    assert min(table.seeds) >= 100 and len(set(table.seeds)) == len(table.seeds)


def test_counts_add_up(table: Table) -> None:
    for row in table.rows:
        for case in row.false_pass:
            assert case.passed.k + case.inconclusive + case.violated == case.passed.n
        for step in row.power:
            assert step.violated + step.passed + step.inconclusive == step.n
        assert row.false_fail is None or 0 <= row.false_fail.low <= row.false_fail.high <= 1
    for one in table.verifiers:
        of_clauses = [row.false_fail for row in table.rows if row.verifier == one.verifier and row.false_fail is not None]
        assert one.false_fail is None or one.false_fail.n == sum(found.n for found in of_clauses)


def test_every_gate_is_on_the_page_as_it_stands(table: Table) -> None:
    shown = page(table)
    for gate in table.gates:
        assert gate.found in shown
        assert gate.state == "met" or f"{gate.gate.replace('_', '-')} of `{gate.about}`" in shown


def test_a_model_that_counts_for_two_clauses_is_told(table: Table) -> None:
    """Of two clauses about the same models the larger one bounds the error with each model counted once."""
    leak = next(one for one in table.verifiers if one.verifier == "leak")
    alone = [row.false_fail for row in table.rows if row.verifier == "leak" and row.false_fail is not None]
    found = once_a_model("leak", table.rows)
    assert found is not None and found.n == max(one.n for one in alone) and leak.false_fail is not None
    assert max(leak.false_fail.high, found.high) <= 2 * leak.alpha  # met by trials, and by models
    assert "Counted once a model, the bound" not in page(table)
    few = leak.false_fail.model_copy(update={"n": 100, "high": 0.0295})
    fewer = table.model_copy(update={"rows": tuple(r.model_copy(update={"false_fail": few}) for r in table.rows)})
    assert "above 2α for `leak` (2.95%)" in page(fewer)
    assert once_a_model("a verifier of tomorrow", table.rows) is None


def test_each_clause_of_the_policy_has_the_same_error() -> None:
    """So that a clause more changes no verdict about another."""
    policy = load(shipped(POLICY)).policy
    assert policy.policy.confidence is not None
    assert all(clause.evidence is not None and str(clause.evidence.confidence) == "99/100" for clause in policy.clauses)
    assert len(policy.clauses) * 0.01 <= float(1 - policy.policy.confidence)


def test_every_planted_specimen_has_its_verifier() -> None:
    planted = {one.name for one in SPECIMENS if one.group == "planted"}
    assert planted <= set(thresholds().planted) <= {one.name for one in SPECIMENS}


def test_reports_cite_what_the_table_says(table: Table) -> None:
    known = {one.verifier: one for one in table.verifiers}
    for line in cited(map(Use, known)):
        found = known[line.verifier].false_fail
        assert line.table == table.version
        assert found is not None and (line.accused, line.clean, line.worlds) == (found.k, found.n, found.seeds)
    (stranger,) = cited([Use("a verifier of tomorrow")])
    assert stranger.clean == 0


def test_a_table_that_is_none_is_an_error_in_words(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (tmp_path / "many.json").write_text('{"parts": \x1b[31m')
    assert _told(tmp_path, "many.json", list) == 2
    told = capsys.readouterr().err
    assert told.count("\n") == 1 and "many.json: is no table" in told
