"""One stylesheet for the whole site: roles, base and a file per component, in a stated order, named by its hash."""

import hashlib
import os
import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from gettext import NullTranslations
from pathlib import Path
from typing import TYPE_CHECKING
from urllib.parse import urlsplit

from pelican import Pelican, signals
from pelican.generators import Generator

from theme.plugins import house_style, palette
from theme.plugins.catalogue import terminal_language
from theme.plugins.house_style import HouseStyle, HouseStyleError, Scheme
from theme.plugins.languages import texts_in
from theme.plugins.output import OutputFile, files_wanted
from theme.plugins.palette import Palette

if TYPE_CHECKING:
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
    "voices",
    "pager",
    "byline",
    "facts",
    "toc",
    "text",
    "thread",
    "comments",
    "feed",
    "follow",
    "search",
    "tile",
)

_STRING = re.compile(r"""("[^"]*"|'[^']*')""")


@dataclass(frozen=True)
class Stylesheet:
    """The joined text and the file name that its content gives it."""

    name: str
    text: str
    palette: Palette
    house: HouseStyle | None = None


def load(theme: Path = THEME, house: Sequence[Path] = ()) -> Stylesheet:
    """Join the parts of the theme and the house style, if there is one.

    Raises FileNotFoundError for a component without its file, HouseStyleError for a house style that does not fit.
    """
    style = None
    roles, *rules = (path.read_text(encoding="utf-8") for path in parts(theme))
    css = "\n".join(rules)
    schemes: tuple[Scheme, ...] = house_style.own_schemes(roles)
    if house:
        style = house_style.read(house, roles)
        schemes = style.schemes
        if not style.has_dark:
            roles, css = house_style.without_dark(roles), house_style.without_dark(css)
        roles += style.css
    text = squeeze(f"{roles}\n{css}")
    name = f"plein.{hashlib.sha256(text.encode()).hexdigest()[:12]}.css"
    return Stylesheet(name=name, text=text, palette=palette.of(schemes), house=style)


def parts(theme: Path = THEME) -> tuple[Path, ...]:
    """The files of the stylesheet in the order of the cascade."""
    components = theme / "templates" / "components"
    static = theme / "static"
    return (static / "roles.css", static / "base.css", *(components / f"{name}.css" for name in COMPONENTS))


def squeeze(css: str) -> str:
    """Take out comments and needless white space; strings stay as they are (CSS Syntax Level 3, section 4)."""
    bare = re.sub(r"/\*.*?\*/", "", css, flags=re.DOTALL)
    pieces = _STRING.split(bare)
    # Odd pieces are strings. A space before a colon or round an operator can mean something, so those stay.
    pieces[::2] = [re.sub(r" ?([{};,]) ?|(:) ", r"\1\2", re.sub(r"\s+", " ", piece)) for piece in pieces[::2]]
    return "".join(pieces).replace(";}", "}").strip() + "\n"


def require(theme: Path, house: Sequence[Path]) -> Stylesheet:
    """The stylesheet, or a stop of the build with what is wrong with the house style."""
    try:
        return load(theme, house)
    except HouseStyleError as error:
        lang = terminal_language(os.environ)
        says = texts_in(theme / "locale", lang)
        raise SystemExit("\n".join([*error.lines(lang), says.gettext("Nothing was built.")])) from error


def url(site_url: str, sheet: Stylesheet) -> str:
    """The address of the stylesheet inside the site: it starts with the path part of the site's URL."""
    return f"{urlsplit(site_url).path.rstrip('/')}/theme/{sheet.name}"


def files(site: "Site", **_others: object) -> Iterator[OutputFile]:
    """The stylesheet among the files of the site."""
    yield OutputFile(path=f"/theme/{site.sheet.name}", content=site.sheet.text.encode())


def _name_it(generator: Generator) -> None:
    generator.context["stylesheet"] = url(generator.settings["SITEURL"], generator.settings["PLEIN_SITE"].sheet)


def _tell(pelican: Pelican) -> None:
    """Say once what a house style fills."""
    site: Site = pelican.settings["PLEIN_SITE"]
    if style := site.sheet.house:
        print(told(style, texts_in(site.theme / "locale", terminal_language(os.environ))))  # noqa: T201  for who builds


def told(style: HouseStyle, says: NullTranslations) -> str:
    filled = says.gettext("%(name)s sets %(set)d of %(all)d roles.")
    dark = says.gettext("It has no dark values, so the site has no dark scheme.")
    values = {"name": style.name, "set": style.roles_set, "all": style.roles}
    return filled % values + ("" if style.has_dark else f" {dark}")


def register() -> None:
    """Called by Pelican once for the build."""
    signals.get_generators.connect(_tell)
    signals.generator_init.connect(_name_it)
    files_wanted.connect(files)
