"""The JSON schema of the table, generated from its model: `python -m unlearn_spec.calibration_many.schema --write`."""

from __future__ import annotations

import json
import sys
from pathlib import Path
from typing import Any

from ..calibration.bench import shipped
from .model import ManyTable


def table_schema() -> dict[str, Any]:
    """JSON Schema (draft 2020-12) of `many.json`."""
    schema = ManyTable.model_json_schema(mode="serialization")
    title = "unlearn-spec calibration of processes and endpoints 1.0"
    return {"$schema": "https://json-schema.org/draft/2020-12/schema", **schema, "title": title}


def text() -> str:
    """The schema as it is kept in `spec/schema`."""
    return json.dumps(table_schema(), indent=2, sort_keys=True, ensure_ascii=False) + "\n"


def path() -> Path:
    """Where it is kept."""
    return shipped("schema/calibration-many.schema.json")


if __name__ == "__main__":
    if sys.argv[1:] == ["--write"]:
        path().write_text(text(), encoding="utf-8")
    else:
        print(text(), end="")
