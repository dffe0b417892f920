"""Pictures that were drawn or converted before, by a hash of all that they are made of."""

import hashlib
import os
import threading
from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from pathlib import Path

from theme.plugins.output import OutputFile

FOLDER = Path("var", "pictures")  # beside the theme


def digest(*parts: object) -> str:
    """A name for what is made of these parts; bytes count as they are."""
    hashed = hashlib.sha256()
    for part in parts:
        content = part if isinstance(part, bytes) else repr(part).encode()
        hashed.update(len(content).to_bytes(8, "big") + content)
    return hashed.hexdigest()[:16]


def kept(folder: Path, name: str, make: Callable[[], bytes]) -> bytes:
    """What stands in the cache under this name; made and kept when it is not there. Several builds may run at once."""
    path = folder / name
    try:
        return path.read_bytes()
    except OSError:
        content = make()
    unfinished = path.with_name(f".{name}-{os.getpid()}-{threading.get_ident()}")
    with suppress(OSError):  # a folder that cannot be written makes the build slower, and nothing else
        folder.mkdir(parents=True, exist_ok=True)
        unfinished.write_bytes(content)
        unfinished.replace(path)
    return content


def files(root: Path, wanted: Iterable[tuple[str, Callable[[], bytes]]]) -> Iterator[OutputFile]:
    """The picture at each path, out of the cache or made now; `root` is the folder of the project."""

    def made(one: tuple[str, Callable[[], bytes]]) -> OutputFile:
        path, make = one
        return OutputFile(path, kept(root / FOLDER, Path(path).name, make))

    with ThreadPoolExecutor() as workers:  # much of drawing lets other threads work
        yield from workers.map(made, wanted)
