"""docs/reference/peers.md names for each server and feature the test that proves it: that test is there."""

import re
from pathlib import Path

HERE = Path(__file__).parent
PEERS = HERE.parents[1] / "docs" / "reference" / "peers.md"
FILES = ("test_fedify.py", "test_two_sites.py", "test_recording_peer.py")


def test_every_cell_names_one_test_of_its_server() -> None:
    rows = re.findall(
        r"^\| (?!feature|server|---)(.+) \|$", PEERS.read_text("utf-8").partition("| feature")[2], re.MULTILINE
    )
    assert len(rows) > 10
    for row in rows:
        feature, *cells = (cell.strip() for cell in row.split("|"))
        assert len(cells) == len(FILES), feature
        for cell, file in zip(cells, FILES, strict=True):
            tests = re.findall(r"^def (test_\w+)", (HERE / file).read_text("utf-8"), re.MULTILINE)
            found = [name for name in tests if cell.strip("`") in name]
            assert not cell or len(found) == 1, f"{feature}: {cell} is in {len(found)} names of {file}"
