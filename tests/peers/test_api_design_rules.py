"""The description of the API, judged by Spectral with the official rules of the NL GOV REST API Design Rules 2.2.1."""

import json
import os
import subprocess
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
import yaml

from comments_service.web import api

ROOT = Path(__file__).resolve().parents[2]
RULES = Path(__file__).parent / "api-design-rules-2.2.1.yaml"
SPECTRAL = ROOT / ".venv" / "node" / "node_modules" / ".bin" / "spectral"
DESCRIPTION = Path(api.__file__).parent / "openapi.yaml"
SECONDS = 120


@pytest.fixture(scope="module")
def judge() -> Callable[[Path], set[str]]:
    """Return the rules that a document breaks."""
    if not SPECTRAL.exists():
        if os.environ.get("CI") == "true":
            pytest.fail("Spectral is needed: python3 .ci/environment.py spectral")
        pytest.skip("Spectral is not installed: it needs npm, then python3 .ci/environment.py spectral")

    def broken(document: Path) -> set[str]:
        run = subprocess.run(
            [SPECTRAL, "lint", "--ruleset", RULES, "--format", "json", "--quiet", "--fail-severity", "hint", document],
            capture_output=True,
            check=False,
            text=True,
            timeout=SECONDS,
        )
        assert run.returncode in (0, 1), run.stdout + run.stderr
        return {str(finding["code"]) for finding in json.loads(run.stdout)}

    return broken


def test_the_description_breaks_no_rule(judge: Callable[[Path], set[str]]) -> None:
    assert judge(DESCRIPTION) == set()


def test_the_judge_finds_what_is_wrong(judge: Callable[[Path], set[str]], tmp_path: Path) -> None:
    document: dict[str, Any] = yaml.safe_load(DESCRIPTION.read_text("utf-8"))
    document["info"]["version"] = "1"
    document["paths"]["/Me/"] = document["paths"].pop("/me")
    del document["components"]["responses"]["Account"]["headers"]
    (tmp_path / "openapi.yaml").write_text(yaml.safe_dump(document), encoding="utf-8")
    found = judge(tmp_path / "openapi.yaml")
    assert {"nlgov:semver", "nlgov:paths-kebab-case", "path-keys-no-trailing-slash", "nlgov:missing-header"} <= found
