"""The builds of the development server: numbered folders, and a link to the one that is shown."""

import filecmp
import shutil
from pathlib import Path

from theme.commands.build import is_build

KEPT = 2  # the output that is shown and the one before it: answers that were begun are still read from there


class Outputs:
    """`<state>/builds/<number>` holds the builds; `<state>/site` is a link that moves in one step."""

    def __init__(self, state: Path) -> None:
        self.folder = state / "builds"
        self.link = state / "site"
        self.folder.mkdir(parents=True, exist_ok=True)
        for path in self.folder.iterdir():  # a build that was killed half-way
            if not is_build(path):
                shutil.rmtree(path)

    def numbers(self) -> list[int]:
        return sorted(int(path.name) for path in self.folder.iterdir() if path.name.isdigit())

    def latest(self) -> Path | None:
        """The output that is shown, or None before the first good build."""
        return self.link.resolve() if is_build(self.link) else None

    def new_folder(self) -> Path:
        return self.folder / str(max(self.numbers(), default=0) + 1)

    def discard(self, output: Path) -> None:
        shutil.rmtree(output, ignore_errors=True)

    def show(self, output: Path) -> bool:
        """Point the link to this build and forget old ones; False when it is what is shown already, byte for byte."""
        shown = self.latest()
        if shown is not None and are_same(shown, output):
            self.discard(output)
            return False
        new_link = self.link.with_name(".site.new")
        new_link.unlink(missing_ok=True)
        new_link.symlink_to(output.relative_to(self.link.parent))
        new_link.replace(self.link)
        for number in self.numbers()[:-KEPT]:
            self.discard(self.folder / str(number))
        return True


def are_same(one: Path, other: Path) -> bool:
    """Whether two folders hold the same files with the same bytes."""
    names = {path.relative_to(one) for path in one.rglob("*") if path.is_file()}
    if names != {path.relative_to(other) for path in other.rglob("*") if path.is_file()}:
        return False
    return all(filecmp.cmp(one / name, other / name, shallow=False) for name in names)
