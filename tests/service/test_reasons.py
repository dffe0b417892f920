"""Every reason for which something from elsewhere is refused is explained: in the docs, and to moderators."""

import ast
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
# No fate holds these: they answer a request at the door, or say something about an author, a picture or to a reader.
AT_THE_DOOR = {"signatures.py", "inbox.py"}
NO_FATE = {"handle-not-proved", "not-a-picture", "not-shown"}


def reasons(*, at_the_door: bool) -> set[str]:
    return {
        str(node.args[0].value)
        for path in (ROOT / "comments_service").rglob("*.py")
        if at_the_door or path.name not in AT_THE_DOOR
        for node in ast.walk(ast.parse(path.read_text("utf-8")))
        if isinstance(node, ast.Call) and isinstance(node.func, ast.Name) and node.func.id in ("Refusal", "_no")
        if node.args and isinstance(node.args[0], ast.Constant)
    }


def test_every_reason_stands_in_the_docs() -> None:
    explained = (ROOT / "docs/explanation/federation.md").read_text("utf-8")
    said = reasons(at_the_door=True)
    assert "bad-uri" in said
    assert not {reason for reason in said if f"`{reason}`" not in explained}


def test_every_reason_of_a_fate_is_said_to_moderators_in_a_sentence() -> None:
    explained = (ROOT / "comments_service/templates/fates.html").read_text("utf-8")
    said = reasons(at_the_door=False) - NO_FATE
    assert not {reason for reason in said if f'"{reason}":' not in explained}
