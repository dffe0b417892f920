"""The widget under /embed/: its modules joined into one script for reading and one for writing, small and compressed.

In files the widget is native ES modules without a build step. Here they are put into one scope, in the order of their
imports: a test holds that top-level names are unique; imports have no `as`, and none comes back to its own module. What
a module loads later (`import("./own.js")`) is the second script, named by its content; it is a function that gets the
names of the first, so that both share one state.
"""

import gzip
import json
import logging
import re
import subprocess
import sys
from functools import cache, lru_cache
from hashlib import sha256
from pathlib import Path

import anyio.to_thread
import brotli  # type: ignore[import-untyped]
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import Response

from comments_service.web import thread_bytes
from comments_service.web.state import state
from comments_service.web.thread_bytes import Prepared

FOLDER = Path(__file__).parent.parent / "embed"
ENTRY = "plein.js"
TYPES = {".js": "text/javascript", ".css": "text/css"}
IMPORT = re.compile(r'^import \{([^}]*)\} from "\./([\w-]+\.js)";\n', re.MULTILINE)
LATER = re.compile(r'\bimport\("\./([\w-]+\.js)"\)')
EXPORT = re.compile(r"^export ", re.MULTILINE)
PATTERN = re.compile(r"\bconst (?=[{[])")
NAMED = re.compile(r"^(export )?(?:async )?(?:function|class|const|let) (\w+)", re.MULTILINE)
MINIFY = "import json, minify, sys; print(json.dumps([minify.string(*each) for each in json.load(sys.stdin)]))"

log = logging.getLogger(__name__)

Made = dict[str, Prepared]  # by the coding that it is sent in: "br", "gzip", or "" for none


def make(folder: Path = FOLDER) -> dict[str, Made]:
    """Return every file of the widget by its name."""
    source = {path.name: path.read_text("utf-8") for path in sorted(folder.iterdir()) if path.suffix in TYPES}
    reading = _in_order(source, [ENTRY], ())
    later = sorted({name for module in reading for name in LATER.findall(source[module])})
    writing = _in_order(source, later, reading)
    files = {name: text for name, text in source.items() if name not in (*reading, *writing)}
    imports = [each for module in writing for each in IMPORT.findall(source[module])]
    shared = sorted({name for names, module in imports if module in reading for name in re.findall(r"\w+", names)})
    own = sorted(name for module in later for export, name in NAMED.findall(source[module]) if export)
    given = ", ".join(shared)
    body = f"{_joined(writing, source)}\nreturn {{ {', '.join(own)} }};"
    second = f"export default ({given}) => {{\n{body}\n}}"
    second_name = f"writing.{sha256(second.encode()).hexdigest()[:12]}.js"
    load = f'const load = () => writing ??= import("./{second_name}").then((m) => m.default({given}));'
    first = LATER.sub("load()", _joined(reading, source))
    files |= {ENTRY: f"(() => {{\nlet writing;\n{load}\n{first}\n}})();", second_name: second}
    return {name: _compressed(text, _type(name)) for name, text in minified(tuple(files.items())).items()}


def _in_order(source: dict[str, str], entries: list[str], known: tuple[str, ...]) -> tuple[str, ...]:
    """The modules that the entries import, each after those that it needs itself."""
    found: list[str] = []
    for name in entries:
        if name not in (*known, *found):
            needed = [module for _, module in IMPORT.findall(source[name])]
            found += (*_in_order(source, needed, (*known, *found)), name)
    return tuple(found)


def _joined(modules: tuple[str, ...], source: dict[str, str]) -> str:
    texts = (EXPORT.sub("", IMPORT.sub("", source[module])) for module in modules)
    return "\n".join(texts)


@cache
def minified(files: tuple[tuple[str, str], ...]) -> dict[str, str]:
    """Shorten the texts of files by one process: the minifier's runtime would stay in our memory.

    It puts `const {a} = f({b})` before the `const b` above it (2.24.12); a `let` there stays where it is.
    """
    given = json.dumps([(_type(name), PATTERN.sub("let ", text)) for name, text in files])
    command = [sys.executable, "-c", MINIFY]
    try:
        ran = subprocess.run(command, input=given, capture_output=True, encoding="utf-8", check=True)  # noqa: S603
        return dict(zip(dict(files), json.loads(ran.stdout), strict=True))
    except (OSError, ValueError, subprocess.CalledProcessError) as error:
        log.warning("the widget is served unshortened: the minifier cannot run here: %r", error)
        return dict(files)


def _type(name: str) -> str:
    return TYPES[Path(name).suffix]


def _compressed(text: str, media_type: str) -> Made:
    body = text.encode()
    forms = {"br": brotli.compress(body, quality=11), "gzip": gzip.compress(body, 9, mtime=0), "": body}
    return {coding: thread_bytes.prepare(form, media_type) for coding, form in forms.items()}


async def show(request: Request) -> Response:
    """A file of the widget, for pages of every origin; in development what changed in the files shows at once."""
    name, is_development = request.path_params["path"], state(request).settings.service.development
    made = (await anyio.to_thread.run_sync(_current, is_development)).get(name)
    if made is None:
        raise HTTPException(404)
    coding = chosen(request.headers.get("accept-encoding", ""))
    cached = "public, max-age=300, stale-while-revalidate=86400"
    if is_development:
        cached = "public, no-cache"
    elif name.startswith("writing."):  # named by its content
        cached = "public, max-age=31536000, immutable"
    headers = {"Cache-Control": cached, "Access-Control-Allow-Origin": "*", "Vary": "Accept-Encoding"}
    if coding:
        headers["Content-Encoding"] = coding
    return thread_bytes.answer(request, made[coding], headers)


def _current(is_development: bool) -> dict[str, Made]:
    return _made(tuple(path.stat().st_mtime_ns for path in sorted(FOLDER.iterdir())) if is_development else ())


@lru_cache(1)
def _made(_changes: tuple[int, ...]) -> dict[str, Made]:
    return make()


def chosen(accepted: str) -> str:
    """The best coding that the browser takes (RFC 9110, 12.5.3); "" for none."""
    parts = [part for part in accepted.lower().split(",") if not re.search(r";\s*q=0(\.0*)?\s*$", part)]
    names = {part.partition(";")[0].strip() for part in parts}
    return next((coding for coding in ("br", "gzip") if coding in names), "")


TABLE = (("GET", "/embed/{path:path}", show),)
