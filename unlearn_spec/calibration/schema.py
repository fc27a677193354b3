"""The JSON schema of the calibration table, generated from its model: `python -m unlearn_spec.calibration.schema --write`."""

from __future__ import annotations

import json
import sys
from pathlib import Path
from typing import Any

from .bench import shipped
from .model import Table


def table_schema() -> dict[str, Any]:
    """JSON Schema (draft 2020-12) of `results.json`."""
    schema = Table.model_json_schema(mode="serialization")
    return {"$schema": "https://json-schema.org/draft/2020-12/schema", **schema, "title": "unlearn-spec calibration 1.0"}


def text() -> str:
    """The schema as it is kept in `spec/schema`."""
    return json.dumps(table_schema(), indent=2, sort_keys=True, ensure_ascii=False) + "\n"


def path() -> Path:
    """Where it is kept."""
    return shipped("schema/calibration.schema.json")


if __name__ == "__main__":
    if sys.argv[1:] == ["--write"]:
        path().write_text(text(), encoding="utf-8")
    else:
        print(text(), end="")
