"""Pelican's settings for the site that the world sees: `inv build --production`."""

import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parent))

from pelicanconf import *  # noqa: F403
from pelicanconf import PLEIN

if PLEIN.host in ("127.0.0.1", "localhost", "::1") or PLEIN.host.endswith((".example", ".test", ".invalid")):
    print(  # noqa: T201
        f"Warning: the site's URL is {PLEIN.url}, which nobody can reach. Set url in plein.toml, or PLEIN_SITE__URL.",
        file=sys.stderr,
    )
