"""Writes docs/reference/front-matter.schema.json from the model: editors complete and check front matter with it."""

import argparse
import json
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from pydantic import BaseModel

from theme.plugins.fields import BlogFields, GroupFields, PageFields, PersonFields

SCHEMA = Path(__file__).resolve().parents[2] / "docs" / "reference" / "front-matter.schema.json"
MODELS: dict[str, type[BaseModel]] = {
    "blog": BlogFields,
    "group": GroupFields,
    "page": PageFields,
    "person": PersonFields,
}


def schema() -> dict[str, Any]:
    """JSON Schema (2020-12): front matter is that of a blog, a group or a page; people.yml is `#/$defs/people`."""
    definitions = {name: model.model_json_schema() for name, model in MODELS.items()}
    definitions["people"] = {
        "description": "The file people.yml: handles and who they are.",
        "type": "object",
        "propertyNames": {"pattern": "^[a-z0-9_]{1,30}$"},
        "additionalProperties": {"$ref": "#/$defs/person"},
    }
    return {
        "$schema": "https://json-schema.org/draft/2020-12/schema",
        "title": "Front matter of Plein",
        "anyOf": [{"$ref": f"#/$defs/{name}"} for name in ("blog", "group", "page")],
        "$defs": definitions,
    }


def as_text() -> str:
    return json.dumps(schema(), indent=2, ensure_ascii=False) + "\n"


def main(argv: Sequence[str] | None = None) -> int:
    """Write the schema. Returns an exit status."""
    parser = argparse.ArgumentParser(prog="schema", description="Write the JSON Schema of front matter.")
    parser.add_argument("--output", default=str(SCHEMA), help="the file to write")
    output = Path(parser.parse_args(argv).output)
    output.write_text(as_text(), encoding="utf-8")
    print(f"Wrote {output}")
    return 0


if __name__ == "__main__":
    sys.exit(main())
