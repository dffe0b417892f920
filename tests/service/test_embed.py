"""The widget as it is served: small, compressed, and joined only from modules that can be joined."""

import gzip
import re
from collections import Counter
from pathlib import Path

import brotli  # type: ignore[import-untyped]
import pytest

from comments_service.web import embed
from tests.service.running import a_service

MOST_TO_READ = 8_000  # bytes of JavaScript after Brotli, with the strings of one language
MOST_IN_ALL = 15_000
MOST_TO_REPORT = 800  # beside that; few readers ever load it
MOST_STYLES = 3_700  # the official tokens of a house style have long names


@pytest.mark.parametrize("lang", ["nl", "en"])
def test_the_widget_is_light(lang: str) -> None:
    sizes = {name: len(made["br"].body) for name, made in embed.make().items()}
    writing = next(name for name in sizes if name.startswith("writing."))
    reading = sizes["plein.js"] + sizes[f"{lang}.js"]
    assert reading <= MOST_TO_READ
    assert reading + sizes[writing] + sizes[f"{lang}-writing.js"] <= MOST_IN_ALL
    assert sizes["report.js"] + sizes[f"{lang}-report.js"] <= MOST_TO_REPORT
    assert sizes["plein.css"] <= MOST_STYLES


def test_each_browser_gets_what_it_can_unpack(tmp_path: Path) -> None:
    with a_service(tmp_path) as service:
        for accepted, coding, unpack in (
            ("gzip, deflate, br, zstd", "br", brotli.decompress),
            ("gzip, br;q=0", "gzip", gzip.decompress),
            ("identity", None, bytes),
        ):
            headers = {"Accept-Encoding": accepted}
            with service.client.stream("GET", "/embed/plein.js", headers=headers) as answer:
                body = b"".join(answer.iter_raw())
            assert answer.headers.get("content-encoding") == coding
            assert answer.headers["vary"] == "Accept-Encoding"
            assert answer.headers["access-control-allow-origin"] == "*"
            assert b"customElements" in unpack(body)
            again = service.client.get("/embed/plein.js", headers=headers | {"If-None-Match": answer.headers["etag"]})
            assert again.status_code == 304
        whole = service.client.get("/embed/plein.js").text
        writing = re.search(r"writing\.[0-9a-f]{12}\.js", whole)
        assert writing
        assert service.client.get(f"/embed/{writing.group()}").status_code == 200
        for missing in ("reading.js", "writing.000000000000.js", "", "../web/site.py"):
            assert service.client.get(f"/embed/{missing}").status_code == 404
        assert service.client.post("/embed/plein.js").status_code in (403, 405)


def test_modules_fit_into_one_scope() -> None:
    """A name that two of them declare would be one thing in the joined script: that of the last."""
    apart = embed.make().keys() - {embed.ENTRY}
    modules = [path for path in embed.FOLDER.glob("*.js") if path.name not in apart]
    names = Counter(name for path in modules for _, name in embed.NAMED.findall(path.read_text("utf-8")))
    assert len(modules) > 10
    assert [name for name, number in names.items() if number > 1] == []
    assert names["load"] == names["writing"] == 0  # what joins them


def test_the_order_of_declarations_stays(tmp_path: Path) -> None:
    """The minifier moved a destructuring before the constant that it uses in an object."""
    (tmp_path / "plein.js").write_text("f = (g) => { const b = g(); const { a } = h({ b }); return a + b; };\n")
    made = embed.make(tmp_path)["plein.js"][""].body.decode()
    assert re.search(r"const \w+=g\(\).*?let ?\{", made.replace("e()", "g()")), made


def test_the_widget_is_whole_where_no_process_can_be_started(monkeypatch: pytest.MonkeyPatch) -> None:
    """A service that may start no other process serves it longer, not broken."""

    def refuse(*_: object, **__: object) -> None:
        raise PermissionError("no process here")

    embed.minified.cache_clear()
    monkeypatch.setattr("comments_service.web.embed.subprocess.run", refuse)
    try:
        assert b"customElements.define" in embed.make()["plein.js"][""].body
    finally:
        embed.minified.cache_clear()
