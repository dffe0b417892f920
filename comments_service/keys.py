"""Secret keys and the announcement token: files made at first start, mode 0600, keys in a list with the newest last."""

import os
import secrets
import tempfile
from pathlib import Path

SECRET_KEYS = "secret.keys"  # noqa: S105 - a file name
ANNOUNCE_TOKEN = "announce.token"  # noqa: S105


def secret_keys(folder: Path) -> list[str]:
    """Return the signing keys, newest last; the newest signs, all of them verify. Makes the file when it is missing."""
    return _read_or_make(folder / SECRET_KEYS).split()


def announce_token(folder: Path) -> str:
    """Return the token that POST /announcements asks for. Makes the file when it is missing."""
    return _read_or_make(folder / ANNOUNCE_TOKEN).strip()


def _read_or_make(path: Path) -> str:
    if not path.exists():
        path.parent.mkdir(parents=True, exist_ok=True)
        handle, name = tempfile.mkstemp(dir=path.parent)  # mode 0600
        with os.fdopen(handle, "w", encoding="ascii") as file:
            file.write(secrets.token_urlsafe(48) + "\n")
            file.flush()
            os.fsync(handle)
        try:
            os.link(name, path)  # whole or not at all; whoever comes second keeps what is there
        except FileExistsError:
            pass
        finally:
            Path(name).unlink()
    return path.read_text(encoding="ascii")
