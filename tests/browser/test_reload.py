"""A page that stands open while its text is written: it reloads by itself and shows what a failed build said."""

from pathlib import Path

from playwright.sync_api import Browser, Page, expect

from tests.site.building import GARDEN, write_content
from tests.test_serve import Server, a_page

PATIENCE = 60_000  # milliseconds; a build comes in between
FAILED = {"nl": "De site kon niet worden gebouwd.", "en": "The site could not be built."}


def test_open_pages_follow_the_files(browser: Browser, tmp_path: Path) -> None:
    """One build tells the pages of both languages, each in its own."""
    content = write_content(tmp_path / "content", GARDEN)
    dutch, english, slug = a_page(content)
    files = {"nl": dutch, "en": english}
    good = {lang: file.read_text("utf-8") for lang, file in files.items()}
    server = Server(content, tmp_path / "state")
    contexts = {lang: browser.new_context(locale=lang) for lang in files}
    try:
        url = server.start()
        violations: list[str] = []
        pages: dict[str, Page] = {}
        for lang, context in contexts.items():
            page = pages[lang] = context.new_page()
            page.on("console", lambda message: violations.append(message.text) if message.type == "error" else None)
            page.goto(f"{url}{'' if lang == 'nl' else '/en'}/{slug}/")

        for lang, file in files.items():
            file.write_text(good[lang].replace("---\n", "---\ntitel: x\n", 1), "utf-8")
        for lang, page in pages.items():
            alert = page.get_by_role("alert")
            expect(alert).to_contain_text(FAILED[lang], timeout=PATIENCE)
            expect(alert).to_contain_text(f"{files[lang].name}:2", timeout=PATIENCE)
            expect(page.locator("h1")).to_be_visible()

        for lang, file in files.items():
            file.write_text(f"{good[lang]}\n\nZie hier, see {lang}.\n", "utf-8")
        for lang, page in pages.items():
            expect(page.locator("main")).to_contain_text(f"Zie hier, see {lang}.", timeout=PATIENCE)
            expect(page.get_by_role("alert")).to_be_hidden(timeout=PATIENCE)
        assert not violations, "the script keeps to the content security policy"
    finally:
        for context in contexts.values():
            context.close()
        server.stop()
