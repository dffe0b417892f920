"""What a build writes: pages out of templates and whole files, each path once, in a folder that was empty."""

import os
import tempfile
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path, PurePosixPath

from blinker import Signal

from theme.plugins.addresses import file_of

# Plugins answer these with what they want written: `receiver(site) -> Iterable[OutputPage]` and
# `receiver(site, pages=…) -> Iterable[OutputFile]`, in which `pages` holds every page of the first round.
pages_wanted = Signal("Which pages does this site have?")
files_wanted = Signal("Which other files does this site have?")


@dataclass(frozen=True)
class OutputPage:
    """One HTML page: where it stands, in which language, from which template.

    `path` starts at the site's root and does not hold the base of the URL. `versions` names the same page in every
    language that it exists in, itself included; empty for pages that no search engine should know.
    """

    path: str
    lang: str
    template: str
    section: str
    title: str
    description: str
    versions: Mapping[str, str]
    context: Mapping[str, object] = field(default_factory=dict)
    feed: str | None = None  # path of the feed that belongs to the page
    updated: datetime | None = None


@dataclass(frozen=True)
class OutputFile:
    """Any other file, by its path from the site's root."""

    path: str
    content: bytes


class PathTakenError(Exception):
    """Two pages want the same address: one of them would silently be gone."""


class Output:
    """The folder that is written. A path is written once, also when two spellings differ in capitals only."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._taken: dict[str, str] = {}
        self._made: set[Path] = set()

    def write(self, path: str, content: bytes) -> None:
        """Raises PathTakenError, or ValueError for a path that leaves the folder."""
        name = file_of(path)
        if ".." in PurePosixPath(name).parts or name.startswith("/") or not name:
            raise ValueError(f"{path!r} does not stay in the output folder")
        if name.casefold() in self._taken:
            other = self._taken[name.casefold()]
            raise PathTakenError(f"Two pages want the same address: {other} and {path}. Give one of them another slug.")
        self._taken[name.casefold()] = path
        target = self._folder / name
        if target.parent not in self._made:
            target.parent.mkdir(parents=True, exist_ok=True)
            self._made.add(target.parent)
        target.write_bytes(content)


def write_atomically(target: Path, content: bytes) -> None:
    """Readers see the whole old file or the whole new one, never a half."""
    target.parent.mkdir(parents=True, exist_ok=True)
    descriptor, name = tempfile.mkstemp(dir=target.parent, prefix=f".{target.name}-")
    try:
        with os.fdopen(descriptor, "wb") as file:
            file.write(content)
            file.flush()
            os.fsync(file.fileno())
        Path(name).chmod(0o644)
        Path(name).replace(target)
    except BaseException:
        Path(name).unlink(missing_ok=True)
        raise
