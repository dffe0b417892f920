"""Secret keys and the announcement token: files made at first start, mode 0600, keys in a list with the newest last."""

import secrets
from pathlib import Path

from comments_service.settings import ServiceSettings
from comments_service.whole_file import replacing

SECRET_KEYS = "secret.keys"  # noqa: S105 - a file name
ANNOUNCE_TOKEN = "announce.token"  # noqa: S105


def secret_keys(folder: Path) -> list[str]:
    """Return the signing keys, newest last; the newest signs, all of them verify. Makes the file when it is missing."""
    return _read_or_make(folder / SECRET_KEYS).split()


def announce_token(service: ServiceSettings) -> str:
    """Return the token that POST /announcements asks for: of the settings, else of a file, made when it is missing."""
    return service.announce_token.get_secret_value() or _read_or_make(service.keys_dir / ANNOUNCE_TOKEN).strip()


def _read_or_make(path: Path) -> str:
    if not path.exists():
        path.parent.mkdir(parents=True, exist_ok=True)
        with replacing(path, is_secret=True) as file:
            file.write(secrets.token_urlsafe(48) + "\n")
    return path.read_text(encoding="ascii")
