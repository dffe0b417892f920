"""Copies files as they are: pictures that published texts and people show, and the static files of the theme.

Pelican copies whole folders, so a picture of a members-only post would be public. Here the check names the files that
visible texts use, and nothing else leaves the content folder.
"""

from collections.abc import Iterator

from theme.plugins.output import OutputFile, OutputPage, files_wanted
from theme.plugins.site import Site


def files(site: Site, pages: tuple[OutputPage, ...]) -> Iterator[OutputFile]:  # noqa: ARG001
    for name in site.content.files:
        yield OutputFile(f"/{name}", (site.root / name).read_bytes())
    static = site.theme / "static"
    for path in sorted(static.rglob("*")):
        if path.is_file() and path.suffix != ".css":  # the stylesheet plugin joins those into one
            yield OutputFile(f"/theme/{path.relative_to(static).as_posix()}", path.read_bytes())


def register() -> None:
    """Called by Pelican once for the build."""
    files_wanted.connect(files)
