"""Files that take the place of the last one whole: their readers see the old one or the new one, never a half."""

import os
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import TextIO


@contextmanager
def replacing(target: Path, *, is_secret: bool = False) -> Iterator[TextIO]:
    """A file beside the target that takes its place when all went well, and is gone when it did not.

    A secret is for its owner alone, and never replaced: who comes second keeps what is there. Raises OSError.
    """
    descriptor, name = tempfile.mkstemp(dir=target.absolute().parent, prefix=f".{target.name}-")
    try:
        with os.fdopen(descriptor, "w", encoding="utf-8") as file:
            yield file
            file.flush()
            os.fsync(file.fileno())
        if is_secret:
            with suppress(FileExistsError):
                target.hardlink_to(name)
        else:
            Path(name).chmod(0o644)
            Path(name).replace(target)
    finally:
        Path(name).unlink(missing_ok=True)
