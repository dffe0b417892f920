"""What is written: each address once, never outside the folder, the manifest whole or not at all."""

from pathlib import Path

import pytest

from theme.plugins.output import Output, PathTakenError, write_atomically


def test_an_address_is_written_once_whatever_its_spelling(tmp_path: Path) -> None:
    output = Output(tmp_path)
    output.write("/blogs/x/", b"first")
    for again in ("/blogs/x/", "/blogs/x/index.html", "/Blogs/X/"):
        with pytest.raises(PathTakenError, match=r"/blogs/x/ and"):
            output.write(again, b"second")
    assert (tmp_path / "blogs" / "x" / "index.html").read_bytes() == b"first"


@pytest.mark.parametrize("path", ["/../x", "/a/../../x", ""])
def test_nothing_is_written_outside_the_folder(tmp_path: Path, path: str) -> None:
    with pytest.raises(ValueError, match="output folder"):
        Output(tmp_path / "output").write(path, b"x")


def test_a_failed_write_leaves_the_old_file_and_no_litter(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    target = tmp_path / "plein.json"
    write_atomically(target, b"old")
    monkeypatch.setattr("os.fsync", _disk_full)
    with pytest.raises(OSError, match="full"):
        write_atomically(target, b"new")
    assert [path.read_bytes() for path in tmp_path.iterdir()] == [b"old"]


def _disk_full(_descriptor: int) -> None:
    raise OSError("full")
