"""Where everything stands: the URL scheme of the site, as paths from its root. The first language has no prefix."""

from dataclasses import dataclass

# Pages that every site has, by their name in each language.
WORDS = {
    "search": {"nl": "zoeken", "en": "search"},
    "accessibility": {"nl": "toegankelijkheid", "en": "accessibility"},
    "style guide": {"nl": "stijlgids", "en": "style-guide"},
}


@dataclass(frozen=True)
class Addresses:
    """Paths such as "/en/blogs/x/". `Site.link` puts the site's base before them, `Site.absolute` its URL."""

    languages: tuple[str, ...]

    def prefix(self, lang: str) -> str:
        return "" if lang == self.languages[0] else f"/{lang}"

    def front(self, lang: str) -> str:
        return f"{self.prefix(lang)}/"

    def blogs(self, lang: str, number: int = 1) -> str:
        return f"{self.prefix(lang)}/blogs/" + (f"page/{number}/" if number > 1 else "")

    def blog(self, slug: str, lang: str) -> str:
        return f"{self.prefix(lang)}/blogs/{slug}/"

    def groups(self, lang: str) -> str:
        return f"{self.prefix(lang)}/groups/"

    def group(self, slug: str, lang: str) -> str:
        return f"{self.prefix(lang)}/groups/{slug}/"

    def author(self, handle: str, lang: str) -> str:
        return f"{self.prefix(lang)}/authors/{handle}/"

    def tag(self, slug: str, lang: str) -> str:
        return f"{self.prefix(lang)}/tags/{slug}/"

    def page(self, slug: str, lang: str) -> str:
        return f"{self.prefix(lang)}/{slug}/"

    def search(self, lang: str) -> str:
        return self.page(WORDS["search"][lang], lang)

    def accessibility(self, lang: str) -> str:
        return self.page(WORDS["accessibility"][lang], lang)

    def style_guide(self, lang: str) -> str:
        return self.page(WORDS["style guide"][lang], lang)

    def not_found(self, lang: str) -> str:
        return f"{self.prefix(lang)}/404.html"

    def site_feed(self, lang: str) -> str:
        return f"{self.prefix(lang)}/feeds/atom.xml"

    def feed_of(self, page: str) -> str:
        """The feed of a group or an author stands beside the page."""
        return f"{page}atom.xml"

    def document(self, kind: str, slug: str, lang: str) -> str:
        """The page of a file in content/<kind>/."""
        return {"blogs": self.blog, "groups": self.group, "pages": self.page}[kind](slug, lang)

    def body(self, digest: str) -> str:
        return f"/bodies/{digest}.html"


def file_of(path: str) -> str:
    """The file in the output folder that answers a path."""
    return path.lstrip("/") + ("index.html" if path.endswith("/") else "")
