"""A page that stands open while its text is written: it reloads by itself and shows what a failed build said."""

import shutil
from pathlib import Path

import pytest
from playwright.sync_api import Browser, expect

from tests.test_serve import ROOT, Server, a_page

PATIENCE = 60_000  # milliseconds; a build comes in between
FAILED = {"nl": "De site kon niet worden gebouwd.", "en": "The site could not be built."}


@pytest.mark.parametrize("lang", ["nl", "en"])
def test_an_open_page_follows_the_file(browser: Browser, tmp_path: Path, lang: str) -> None:
    content = Path(shutil.copytree(ROOT / "content", tmp_path / "content"))
    dutch, english, slug = a_page(content)
    file = {"nl": dutch, "en": english}[lang]
    good = file.read_text("utf-8")
    server = Server(content, tmp_path / "state")
    context = browser.new_context(locale=lang)
    try:
        url, prefix = server.start(), "" if lang == "nl" else "/en"
        page = context.new_page()
        violations: list[str] = []
        page.on("console", lambda message: violations.append(message.text) if message.type == "error" else None)
        page.goto(f"{url}{prefix}/{slug}/")

        file.write_text(good.replace("---\n", "---\ntitel: x\n", 1), "utf-8")
        alert = page.get_by_role("alert")
        expect(alert).to_contain_text(FAILED[lang], timeout=PATIENCE)
        expect(alert).to_contain_text(f"{file.name}:2")
        expect(page.locator("h1")).to_be_visible()

        file.write_text(f"{good}\n\nZie hier, see here.\n", "utf-8")
        expect(page.locator("main")).to_contain_text("Zie hier, see here.", timeout=PATIENCE)
        expect(alert).to_be_hidden()
        assert not violations, "the script keeps to the content security policy"
    finally:
        context.close()
        server.stop()
