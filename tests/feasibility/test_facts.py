"""Every fact has a day, sources and its numbers; every name means one thing; every fact carries some finding."""

from __future__ import annotations

import re
from datetime import date
from pathlib import Path

import pytest
import yaml
from pydantic import ValidationError

from unlearn_spec.feasibility import base
from unlearn_spec.feasibility.base import FILES, FactError, facts, families, method_called, read_facts
from unlearn_spec.feasibility.model import MethodFact
from unlearn_spec.rules.feasibility import facts_by_code

ROOT = Path(__file__).parents[2]
FOLDER = ROOT / "spec" / "feasibility"
NUMBER = re.compile(r"\d[\d,.]*\d|\d")
NAMES = re.compile(r"INT\d")
FACT = """
facts:
  - id: a-fact
    statement: It took 12 days.
    numbers: ["12 days"]
    recorded: "2026-11-25"
    sources: [{cite: somebody, arxiv: "2412.06966", seen: read}]
"""


def test_every_file_is_read() -> None:
    assert {path.name for path in FOLDER.glob("*.yaml")} == set(FILES)
    assert sum(len(read_facts((FOLDER / name).read_text("utf-8"))) for name in FILES) == len(facts()) >= 40


@pytest.mark.parametrize("name", list(facts()))
def test_a_fact_says_since_when_from_where_and_how_much(name: str) -> None:
    fact = facts()[name]
    assert date(2024, 1, 1) <= fact.recorded <= date(2030, 1, 1)
    assert fact.sources and str(fact.recorded) in fact.source
    assert fact.statement.endswith(".") and '"' not in fact.statement  # our sentence, not the source's
    claimed = NUMBER.findall(NAMES.sub("", fact.statement))
    listed = [number for words in fact.numbers for number in NUMBER.findall(words)]
    assert sorted(set(claimed)) == sorted(set(listed))
    assert all(words in fact.statement for words in fact.numbers)


@pytest.mark.parametrize("lost", ["recorded", "sources", "statement", "id"])
def test_a_fact_without_its_day_or_its_source_is_refused(lost: str) -> None:
    assert len(read_facts(FACT)) == 1
    data = yaml.safe_load(FACT)
    del data["facts"][0][lost]
    with pytest.raises(ValidationError):
        read_facts(yaml.safe_dump(data))


@pytest.mark.parametrize(
    ("key", "value"),
    [("sources", []), ("recorded", "lately"), ("sources", [{"cite": "somebody"}]), ("number", 12), ("statement", "")],
)
def test_a_misshapen_fact_is_refused(key: str, value: object) -> None:
    data = yaml.safe_load(FACT)
    data["facts"][0][key] = value
    with pytest.raises(ValidationError):
        read_facts(yaml.safe_dump(data))


def test_an_id_given_twice_is_refused() -> None:
    with pytest.raises(FactError, match="two facts are called a-fact"):
        base._by_id([*read_facts(FACT), *read_facts(FACT)])


def test_what_was_not_read_is_never_given_as_a_sources_own_word() -> None:
    for fact in facts().values():
        for source in fact.sources:
            lead = {"read": source.cite, "recalled": "recalled: ", "derived": "our conclusion from "}[source.seen]
            assert source.text.startswith(lead)


# --- methods ---------------------------------------------------------------------------------------------------------


def test_every_family_speaks_of_removal_and_of_answers() -> None:
    for family in families():
        goals = [ceiling.goal for ceiling in family.ceilings]
        assert len(goals) == len(set(goals)) and {"remove", "suppress"} <= set(goals), family.id
        for ceiling in family.ceilings:
            about_answers = ceiling.goal in ("suppress", "refuse") and ceiling.best != "none"
            assert (ceiling.deepest is not None) == about_answers, (family.id, ceiling.goal)


@pytest.mark.parametrize(
    ("written", "family"),
    [
        ("npo", "method-gradient"), ("GradDiff", "method-gradient"), ("rmu", "method-representation"),
        ("output_filter", "method-output-filter"), ("system-prompt", "method-system-prompt"),
        ("retrain", "method-retraining"), ("SISA", "method-sharding"), ("ROME", "method-editing"),
        ("npo_v2", "method-gradient"), ("refusal_training", "method-alignment"), ("memfree", "method-exact-filter"),
    ],
)  # fmt: skip
def test_a_policys_word_for_a_method_leads_to_its_family(written: str, family: str) -> None:
    found = method_called(written)
    assert found is not None and found.id == family


@pytest.mark.parametrize("written", ["our_method", "filter", "npo_with_proof", ""])
def test_other_words_lead_nowhere(written: str) -> None:
    assert method_called(written) is None


@pytest.mark.parametrize(
    ("name", "goal", "best", "deepest"),
    [
        ("retrain", "remove", "exact", None), ("sisa", "remove", "exact", None), ("dp_sgd", "remove", "certified", None),
        ("npo", "remove", "measured", None), ("rmu", "remove", "none", None), ("rome", "remove", "none", None),
        ("dpo", "remove", "none", None), ("output_filter", "remove", "none", None), ("kyc", "suppress", "none", None),
        ("output_filter", "suppress", "measured", "product"), ("system_prompt", "suppress", "best_effort", "product"),
        ("npo", "suppress", "measured", "logprobs"), ("retrain", "suppress", "measured", "finetune"),
        ("store_deletion", "delete", "exact", None), ("de_index", "de_index", "exact", None),
    ],
)  # fmt: skip
def test_ceilings_by_hand(name: str, goal: str, best: str, deepest: str | None) -> None:
    family = method_called(name)
    assert family is not None
    ceiling = family.ceiling(goal)  # type: ignore[arg-type]
    assert ceiling is not None and (ceiling.best, ceiling.deepest) == (best, deepest)


# --- what rests on them ----------------------------------------------------------------------------------------------


def test_every_fact_carries_a_finding_and_every_finding_a_fact() -> None:
    assert {name for ids in facts_by_code().values() for name in ids} == set(facts())
    assert all(ids for ids in facts_by_code().values())


@pytest.mark.parametrize("code", list(facts_by_code()))
def test_a_page_gives_day_and_source_of_each_fact(code: str) -> None:
    page = (ROOT / "docs" / "rules" / f"{code}.md").read_text("utf-8")
    for name in facts_by_code()[code]:
        fact = facts()[name]
        assert f"- `{name}`: {fact.statement} ({fact.source})" in page
    assert "under `feasibility`" in page


def test_the_rules_cover_the_eighteen_and_the_method_ceiling() -> None:
    first = {code: (ROOT / "docs" / "rules" / f"{code}.md").read_text("utf-8").split("\n")[2] for code in facts_by_code()}
    covers = {code: line.rpartition("Covers ")[2].rstrip(".").split(", ")[0] for code, line in first.items()}
    assert covers == {f"K{n:03}": f"F{n:02}" for n in range(1, 19)} | {"K019": "H01"}


def test_names_of_methods_are_names() -> None:
    written = [name for family in families() for name in family.names]
    assert len(written) == len(set(written))
    assert all(isinstance(family, MethodFact) for family in families())
