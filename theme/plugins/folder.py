"""The content folder as a list of plain files: no link is followed, no names differ by case or accents only."""

import os
import stat
from dataclasses import dataclass, field
from pathlib import Path

from theme.plugins.problems import Finding
from theme.plugins.slugs import folded

KINDS = ("blogs", "groups", "pages")
IMAGES = frozenset({"svg", "png", "jpg", "jpeg", "gif", "webp", "avif"})
ASSETS = IMAGES | {"pdf", "csv", "txt", "odt", "ods", "odp"}
MOST_DEPTH = 8
_NOT_OURS = frozenset({"thumbs.db", "desktop.ini"})


@dataclass
class Folder:
    """`sizes` maps each file, as a path within the folder with "/", to its size in bytes, in order."""

    root: Path
    sizes: dict[str, int] = field(default_factory=dict)
    findings: list[tuple[str, Finding]] = field(default_factory=list)

    def read(self, name: str) -> bytes | None:
        """The bytes of a file; None, with a finding, when it cannot be read."""
        return self.head(name, -1)

    def head(self, name: str, length: int = 64) -> bytes | None:
        """The first bytes of a file."""
        try:
            with (self.root / name).open("rb") as source:
                return source.read(length)
        except OSError:
            self.findings.append((name, Finding("unreadable")))
            return None


def walk(root: Path) -> Folder:
    """List all files below `root`. Names that begin with "." or end in "~" belong to editors and are passed by."""
    folder = Folder(root)
    _walk(folder, root, "")
    folder.sizes = dict(sorted(folder.sizes.items()))
    return folder


def _walk(folder: Folder, directory: Path, prefix: str) -> None:
    if prefix.count("/") > MOST_DEPTH:
        folder.findings.append((prefix.rstrip("/"), Finding("misplaced-file")))
        return
    try:
        # Of names that clash, the one in lower case and composed form comes first and stays.
        entries = sorted(
            os.scandir(directory), key=lambda entry: (folded(entry.name), entry.name != folded(entry.name), entry.name)
        )
    except OSError:
        folder.findings.append((prefix.rstrip("/") or ".", Finding("unreadable")))
        return
    seen: dict[str, str] = {}
    for entry in entries:
        if entry.name.startswith(".") or entry.name.endswith("~") or entry.name.lower() in _NOT_OURS:
            continue
        name = prefix + entry.name
        first = seen.setdefault(folded(entry.name), entry.name)
        if first != entry.name:
            folder.findings.append((name, Finding("name-clash", values={"other": first})))
            continue
        try:
            status = entry.stat(follow_symlinks=False)
        except OSError:
            folder.findings.append((name, Finding("unreadable")))
            continue
        if stat.S_ISLNK(status.st_mode):
            folder.findings.append((name, Finding("symlink")))
        elif stat.S_ISDIR(status.st_mode):
            _walk(folder, Path(entry.path), f"{name}/")
        elif stat.S_ISREG(status.st_mode):
            folder.sizes[name] = status.st_size
        else:
            folder.findings.append((name, Finding("not-a-file")))


def extension(name: str) -> str:
    return name.rpartition(".")[2].lower() if "." in name else ""
