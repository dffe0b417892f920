"""The page that searches, and the index that it reads: made by Pagefind, for each language with its own stemming."""

import gzip
import html
import json
import re
import subprocess
import tempfile
import unicodedata
from collections.abc import Iterable, Iterator, Mapping
from pathlib import Path

import pagefind_bin

from theme.plugins.addresses import file_of
from theme.plugins.languages import long_date
from theme.plugins.markup import plain_text
from theme.plugins.output import OutputFile, OutputPage, files_wanted, pages_wanted
from theme.plugins.site import Site
from theme.plugins.views import BlogView, GroupView, PageView

NAMES = re.compile(r"pagefind(-entry\.json|\.js)|pagefind\.[\w-]+\.pf_meta|wasm\.\w+\.pagefind|(index|fragment)/.+")
ENTRY = "pagefind-entry.json"
KINDS = "kinds.json"  # which results are no blogs; Pagefind's own filters come in another order with each run
START, END = "⁑", "⁂"  # around what an excerpt may be of
SHORTEST = 4  # letters of a part of a compound
_NOT_ASCII = re.compile(r"[^\x00-\x7f]")
_LONG_WORD = re.compile(r"[^\W\d_]{8,}")
_WORD = re.compile(r"[^\W\d_]{4,}")


def pages(site: Site) -> Iterator[OutputPage]:
    for lang in site.languages:
        yield OutputPage(
            path=site.addresses.search(lang),
            lang=lang,
            template="search",
            section="search",
            title=site.text("Search", lang),
            description="",
            versions={other: site.addresses.search(other) for other in site.languages},
            context={"index": site.link("/pagefind/"), "script": site.link("/theme/search.js")},
            feed=site.addresses.site_feed(lang),
        )


def files(site: Site, pages: tuple[OutputPage, ...]) -> Iterator[OutputFile]:  # noqa: ARG001
    """The index, without Pagefind's own interface. The same texts give the same files."""
    with tempfile.TemporaryDirectory() as folder:
        source, made = Path(folder, "site"), Path(folder, "pagefind")
        for path, text in documents(site):
            target = source / file_of(path)
            target.parent.mkdir(parents=True, exist_ok=True)
            target.write_text(text, encoding="utf-8")
        if not source.exists():
            return
        command = [str(pagefind_bin.get_executable()), "--site", str(source), "--output-path", str(made), "--silent"]
        done = subprocess.run(command, capture_output=True, text=True, check=False, cwd=folder)  # noqa: S603
        if done.returncode != 0:
            raise SystemExit(f"The search index could not be made: {done.stderr or done.stdout}")
        kinds: dict[str, list[str]] = {"group": [], "page": []}
        for file in sorted(made.rglob("*")):
            name = file.relative_to(made).as_posix()
            if file.is_file() and NAMES.fullmatch(name):
                content = file.read_bytes()
                if name == ENTRY:
                    content = json.dumps(json.loads(content), sort_keys=True).encode()
                elif file.suffix == ".pf_fragment" and (kind := _kind_of(content)) in kinds:
                    kinds[kind].append(file.stem)
                yield OutputFile(f"/pagefind/{name}", content)
        yield OutputFile(f"/pagefind/{KINDS}", json.dumps(kinds).encode())


def _kind_of(fragment: bytes) -> str:
    text = gzip.decompress(fragment).decode()
    return str(json.loads(text[text.index("{") :])["meta"]["kind"])


def documents(site: Site) -> Iterator[tuple[str, str]]:
    """Every text as a small page of its own, in each language whose readers should find it.

    A post that exists in one language only is found in the other too; the result says its language.
    """
    for lang in site.languages:
        shown: list[tuple[str, str, str]] = []  # kind, path, page without the parts of compounds
        library = site.library
        texts: Mapping[str, Iterable[BlogView | GroupView | PageView]] = {
            "blog": library.blogs[lang],
            "group": library.groups[lang],
            "page": library.pages[lang],
        }
        for kind, views in texts.items():
            shown.extend((kind, view.url[len(site.settings.base) :], _page(kind, lang, view)) for view in views)
        texts_in_full = [_text_of(page) if lang == "nl" else "" for _, _, page in shown]
        words = {fold(word) for text in texts_in_full for word in set(_WORD.findall(text))}
        for (_, path, page), text in zip(shown, texts_in_full, strict=True):
            parts = sorted(_parts(text, words))
            hidden = f'<p data-pagefind-weight="0.2">{END} {html.escape(" ".join(parts))}</p>' if parts else ""
            # one folder for each index: the same post may stand in both
            yield f"/{lang}{path}", page.replace("</main>", f"{hidden}</main>")


def _page(kind: str, lang: str, view: BlogView | GroupView | PageView) -> str:
    """What Pagefind reads. A heading weighs most; the script shows what stands in `meta`, and marks bound the text."""
    title, summary = (view.name, view.tagline) if isinstance(view, GroupView) else (view.title, view.summary)
    meta = {"kind": kind, "title": title, "summary": summary, "url": view.url, "lang": view.lang}
    names: list[str] = []
    if isinstance(view, GroupView):
        names = [f"@{view.handle}", *(person.name for person in view.owners)]
    elif isinstance(view, BlogView):
        authors = [person.name for person in view.authors]
        names = [*(tag.name for tag in view.tags), *authors, view.group.name if view.group else ""]
        meta |= {"by": ", ".join(authors), "moment": view.date.isoformat(), "date": long_date(view.date.date(), lang)}
    known = "".join(
        f'<meta data-pagefind-meta="{name}[content]" content="{html.escape(value)}">' for name, value in meta.items()
    )
    return (
        f'<!doctype html><html lang="{lang}"><head><title></title>{known}</head><body><main data-pagefind-body>'
        f"<h1>{html.escape(title)}</h1><h3>{html.escape(summary)}</h3>"
        f"<h4>{html.escape(' '.join(names))}</h4><p>{START}</p>{view.html}</main></body></html>"
    )


def fold(text: str) -> str:
    """Small letters without accents."""
    plain = unicodedata.normalize("NFKD", text.lower())
    return _NOT_ASCII.sub(lambda found: "" if unicodedata.combining(found[0]) else found[0], plain)


def _text_of(page: str) -> str:
    return plain_text(page.partition("<main")[2])


def _parts(text: str, words: set[str]) -> set[str]:
    """The second halves of Dutch compounds, when both halves are words of this site: "muis" of "computermuis".

    The first half is found already, for Pagefind matches beginnings of words.
    """
    found = set()
    for compound in {fold(word) for word in set(_LONG_WORD.findall(text))}:
        for at in range(SHORTEST, len(compound) - SHORTEST + 1):
            first, second = compound[:at], compound[at:]
            if second in words and (first in words or first.removesuffix("s") in words or first + "e" in words):
                found.add(second)
    return found


def register() -> None:
    """Called by Pelican once for the build."""
    pages_wanted.connect(pages)
    files_wanted.connect(files)
