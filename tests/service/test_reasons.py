"""Every reason for which something from elsewhere is refused is explained."""

import ast
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]


def test_every_reason_stands_in_the_docs() -> None:
    explained = (ROOT / "docs/explanation/federation.md").read_text("utf-8")
    said = {
        str(node.args[0].value)
        for path in (ROOT / "comments_service").rglob("*.py")
        for node in ast.walk(ast.parse(path.read_text("utf-8")))
        if isinstance(node, ast.Call) and isinstance(node.func, ast.Name) and node.func.id in ("Refusal", "_no")
        if node.args and isinstance(node.args[0], ast.Constant)
    }
    assert "bad-uri" in said
    assert not {reason for reason in said if f"`{reason}`" not in explained}
