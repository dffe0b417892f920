"""Width and height out of the first bytes of every kind of picture."""

import struct
from pathlib import Path

import pytest

from theme.plugins.image_size import image_size

PNG = b"\x89PNG\r\n\x1a\n\0\0\0\rIHDR" + struct.pack(">II", 640, 480) + b"\x08\x06\0\0\0"
GIF = b"GIF89a" + struct.pack("<HH", 640, 480) + b"\0\0\0"
EXIF = b"\xff\xe1" + struct.pack(">H", 12) + b"Exif" + b"\0" * 6
JPEG = b"\xff\xd8" + EXIF + b"\xff\xc2\0\x11\x08" + struct.pack(">HH", 480, 640) + b"\x03" + b"\0" * 9
VP8X = b"RIFF\0\0\0\0WEBPVP8X\n\0\0\0\0\0\0\0" + (639).to_bytes(3, "little") + (479).to_bytes(3, "little")
VP8L = b"RIFF\0\0\0\0WEBPVP8L\0\0\0\0\x2f" + (639 | 479 << 14).to_bytes(4, "little")
VP8 = b"RIFF\0\0\0\0WEBPVP8 \0\0\0\0\0\0\0\x9d\x01\x2a" + struct.pack("<HH", 640, 480)


@pytest.mark.parametrize(
    ("name", "content"),
    [
        ("a.svg", b'<?xml version="1.0"?><svg xmlns="x" width="640" height="480px" viewBox="0 0 1 1">'),
        ("b.svg", b"<svg viewBox='0 0 640 480' stroke-width=\"3\">"),
        ("c.svg", b'<svg width="100%" height="100%" viewBox="0,0,640,480">'),
        ("a.png", PNG),
        ("a.gif", GIF),
        ("a.jpg", JPEG),
        ("a.jpeg", JPEG),
        ("a.webp", VP8X),
        ("b.webp", VP8L),
        ("c.webp", VP8),
    ],
)
def test_a_picture_says_its_size(tmp_path: Path, name: str, content: bytes) -> None:
    (tmp_path / name).write_bytes(content)
    assert image_size(tmp_path / name) == (640, 480)


@pytest.mark.parametrize("name", ["a.svg", "a.png", "a.gif", "a.jpg", "a.webp", "a.avif", "a.txt"])
@pytest.mark.parametrize("content", [b"", b"x", b"\xff\xd8\xff", b"RIFF\0\0\0\0WEBP", b"GIF8", b"<svg>", PNG[:18]])
def test_nonsense_has_no_size(tmp_path: Path, name: str, content: bytes) -> None:
    (tmp_path / name).write_bytes(content)
    assert image_size(tmp_path / name) is None
