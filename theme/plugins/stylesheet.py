"""One stylesheet for the whole site: base.css and a file per component, in a stated order, named by its hash."""

import hashlib
import re
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import urlsplit

from pelican import signals
from pelican.generators import Generator

from theme.plugins.output import OutputFile, files_wanted
from theme.plugins.site import Site

THEME = Path(__file__).resolve().parent.parent

# The cascade is this order and nothing else: general parts first, then parts that are made of them.
COMPONENTS = (
    "masthead",
    "foot",
    "button",
    "badge",
    "avatar",
    "people",
    "count",
    "tags",
    "list",
    "story",
    "pager",
    "byline",
    "facts",
    "toc",
    "text",
    "thread",
    "comments",
    "feed",
)

_STRING = re.compile(r"""("[^"]*"|'[^']*')""")


@dataclass(frozen=True)
class Stylesheet:
    """The joined text and the file name that its content gives it."""

    name: str
    text: str


def load(theme: Path = THEME) -> Stylesheet:
    """Join the parts of the theme. Raises FileNotFoundError for a component without its file."""
    text = squeeze("\n".join(path.read_text(encoding="utf-8") for path in parts(theme)))
    return Stylesheet(name=f"plein.{hashlib.sha256(text.encode()).hexdigest()[:12]}.css", text=text)


def parts(theme: Path = THEME) -> tuple[Path, ...]:
    """The files of the stylesheet in the order of the cascade."""
    components = theme / "templates" / "components"
    return (theme / "static" / "base.css", *(components / f"{name}.css" for name in COMPONENTS))


def squeeze(css: str) -> str:
    """Take out comments and needless white space; strings stay as they are (CSS Syntax Level 3, section 4)."""
    bare = re.sub(r"/\*.*?\*/", "", css, flags=re.DOTALL)
    pieces = _STRING.split(bare)
    # Odd pieces are strings. A space before a colon or round an operator can mean something, so those stay.
    pieces[::2] = [re.sub(r" ?([{};,]) ?|(:) ", r"\1\2", re.sub(r"\s+", " ", piece)) for piece in pieces[::2]]
    return "".join(pieces).replace(";}", "}").strip() + "\n"


def url(site_url: str, sheet: Stylesheet) -> str:
    """The address of the stylesheet inside the site: it starts with the path part of the site's URL."""
    return f"{urlsplit(site_url).path.rstrip('/')}/theme/{sheet.name}"


def files(site: Site, **_others: object) -> Iterator[OutputFile]:
    """The stylesheet among the files of the site."""
    sheet = load(site.theme)
    yield OutputFile(path=f"/theme/{sheet.name}", content=sheet.text.encode())


def _name_it(generator: Generator) -> None:
    generator.context["stylesheet"] = url(generator.settings["SITEURL"], load(Path(generator.theme)))


def register() -> None:
    """Called by Pelican once for the build."""
    signals.generator_init.connect(_name_it)
    files_wanted.connect(files)
