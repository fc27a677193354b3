"""The corpus is data that others can read: every folder follows the schema, and every case shows something of its own."""

from __future__ import annotations

import json
import sys
from collections import Counter
from pathlib import Path

import jsonschema
import pytest

sys.path.insert(0, str(Path(__file__).parent))

from corpus import CASES, CORPUS, FOLDERS


@pytest.mark.parametrize("folder", FOLDERS)
def test_a_folder_is_well_formed(folder: str) -> None:
    schema = json.loads((CORPUS / "cases.schema.json").read_text("utf-8"))
    jsonschema.Draft202012Validator.check_schema(schema)
    jsonschema.validate(FOLDERS[folder], schema)
    assert FOLDERS[folder].get("code", folder) == folder
    listed = {case[key] for case in FOLDERS[folder]["cases"] for key in ("policy", "before") if key in case}
    assert listed == {path.name for path in (CORPUS / folder).iterdir() if path.name != "cases.yaml"}


def test_every_case_says_what_it_shows_in_words_of_its_own() -> None:
    """A reader learns something from each: no two cases, and no case and its code, are described alike."""
    said = Counter(case["description"] for case in CASES.values())
    said.update(content["description"] for content in FOLDERS.values())
    assert [words for words, times in said.items() if times > 1] == []


@pytest.mark.parametrize("folder", FOLDERS)
def test_no_case_is_there_twice(folder: str) -> None:
    asked = Counter(
        ((CORPUS / folder / case["policy"]).read_bytes(), *(case.get(key) for key in ("before", "no_weaker", "today", "effort")))
        for case in FOLDERS[folder]["cases"]
    )
    assert set(asked.values()) == {1}
