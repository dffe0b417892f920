"""Pictures that were drawn or converted before, by a hash of all that they are made of: var/pictures."""

import hashlib
from collections.abc import Callable
from pathlib import Path

from theme.plugins.output import write_atomically


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
    try:
        write_atomically(path, content)
    except OSError:  # a folder that cannot be written makes the build slower, and nothing else
        return content
    return content
