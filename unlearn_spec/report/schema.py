"""The JSON schema of `result.json`, generated from the model: `python -m unlearn_spec.report.schema --write`."""

from __future__ import annotations

import json
import sys
from importlib.resources import files
from pathlib import Path
from typing import Any

from .model import Report


def report_schema() -> dict[str, Any]:
    """JSON Schema (draft 2020-12) of a report."""
    schema = Report.model_json_schema(mode="serialization")
    return {"$schema": "https://json-schema.org/draft/2020-12/schema", **schema, "title": "unlearn-spec report 1.0"}


def text() -> str:
    return json.dumps(report_schema(), indent=2, sort_keys=True, ensure_ascii=False) + "\n"


def path() -> Path:
    return Path(str(files("unlearn_spec.spec") / "schema" / "report.schema.json"))


if __name__ == "__main__":
    if sys.argv[1:] == ["--write"]:
        path().write_text(text(), encoding="utf-8")
    else:
        print(text(), end="")
