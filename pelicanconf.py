"""Pelican's settings. Who the site is stands in plein.toml; what is built stands in theme/plugins."""

import importlib
import os
import sys
from importlib.metadata import version
from pathlib import Path
from zlib import crc32

from jinja2 import FileSystemBytecodeCache

ROOT = Path(__file__).resolve().parent
if str(ROOT) not in sys.path:
    sys.path.insert(0, str(ROOT))

from theme.plugins.settings import SettingsError, load  # noqa: E402  the project's folder must be on the path first

try:
    PLEIN = load(ROOT / "plein.toml", os.environ)
except SettingsError as error:
    raise SystemExit(str(error)) from error

SITENAME = PLEIN.name
SITEURL = PLEIN.url
TIMEZONE = PLEIN.timezone
DEFAULT_LANG = PLEIN.languages[0]
LOCALE = "C"  # dates and numbers come from Babel, by the language of each page; never from the machine

PATH = "content"
THEME = "theme"
OUTPUT_PATH = "output"
DELETE_OUTPUT_DIRECTORY = True  # what is no longer published must not stay
CACHE_CONTENT = False

# Autoescape is off in Pelican: a title with < or & would become markup.
JINJA_OPTIONS = {"autoescape": True, "trim_blocks": True, "lstrip_blocks": True, "extensions": ["jinja2.ext.i18n"]}
# Compiling templates is half of a small build, so it is done once for each text and these options.
COMPILED = ROOT / "var" / "templates" / f"{version('jinja2')}-{crc32(repr(JINJA_OPTIONS).encode()):x}"
COMPILED.mkdir(parents=True, exist_ok=True)
JINJA_ENVIRONMENT = {**JINJA_OPTIONS, "bytecode_cache": FileSystemBytecodeCache(str(COMPILED))}

# Our plugins read the content: Pelican must find nothing by itself. It would write what is not due to /drafts/ and copy
# the pictures of what it skips.
ARTICLE_PATHS: list[str] = []
PAGE_PATHS: list[str] = []
STATIC_PATHS: list[str] = []
THEME_STATIC_PATHS: list[str] = []
DIRECT_TEMPLATES: list[str] = []
FEED_ALL_ATOM = CATEGORY_FEED_ATOM = TRANSLATION_FEED_ATOM = AUTHOR_FEED_ATOM = AUTHOR_FEED_RSS = None
AUTHOR_SAVE_AS = CATEGORY_SAVE_AS = TAG_SAVE_AS = ""

# The file with the tokens of your house style, or a list of files, from this folder (docs/reference/house-style.md).
HOUSE_STYLE: str | list[str] = os.environ.get("PLEIN_HOUSE_STYLE", "").split(os.pathsep)

BLOGS_PER_PAGE = 10
FEED_MAX_ITEMS = 50

PLUGINS = [
    "theme.plugins.site",  # reads and checks the content, stops the build on an error
    "theme.plugins.languages",  # texts, dates and numbers in the language of the page
    "theme.plugins.stylesheet",  # one stylesheet out of the components
    "theme.plugins.style_guide",  # every component in every state
    "theme.plugins.renditions",  # photographs in several sizes
    "theme.plugins.static_files",  # pictures of what is published, and of nothing else
    "theme.plugins.pages",  # the generator: renders and writes what the plugins below ask for
    "theme.plugins.comments",  # into the pages, when the build is asked to
    "theme.plugins.blogs",  # front page, blogs index, every blog
    "theme.plugins.groups",
    "theme.plugins.people",
    "theme.plugins.tags",
    "theme.plugins.search",  # a page and its index, per language
    "theme.plugins.texts",  # pages of their own, and "not found"
    "theme.plugins.drawings",  # town plans, tiles of groups, images to share
    "theme.plugins.redirects",  # from earlier slugs
    "theme.plugins.feeds",
    "theme.plugins.sitemap",
    "theme.plugins.icons",
    "theme.plugins.security_txt",
    "theme.plugins.manifest",
]
PLEIN_PLUGINS = tuple(PLUGINS)
for name in PLUGINS:
    # Pelican only logs a plugin that cannot be imported, and builds without it.
    importlib.import_module(name)
