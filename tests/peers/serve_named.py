"""Starts the service like `python -m comments_service`, over TLS and where names under .test lead to this machine.

TLS_FILE holds key and certificate; AHEAD_FILE the seconds that the clock is ahead, once it is there. Nothing else
differs: whoever is connected to is judged, and certificates are verified.
"""

import os
import socket
import sys
from datetime import datetime, timedelta
from functools import partial
from pathlib import Path
from typing import Any

import uvicorn

from comments_service import __main__ as service
from comments_service import app
from tests.peers.authority import DOMAIN

_getaddrinfo = socket.getaddrinfo
_config = uvicorn.Config


def lead(host: Any, *args: Any, **kwargs: Any) -> Any:
    name = host.decode() if isinstance(host, bytes) else host
    return _getaddrinfo("127.0.0.1" if str(name).endswith(DOMAIN) else host, *args, **kwargs)


def config(*args: Any, **kwargs: Any) -> uvicorn.Config:
    """uvloop would ask the system for names."""
    file = os.environ["TLS_FILE"]
    return _config(*args, **{**kwargs, "loop": "asyncio", "ssl_keyfile": file, "ssl_certfile": file})


def clock() -> datetime:
    file = Path(os.environ["AHEAD_FILE"])
    return app.utc_now() + timedelta(seconds=int(file.read_text("ascii")) if file.exists() else 0)


if __name__ == "__main__":
    socket.getaddrinfo = lead
    uvicorn.Config = config  # type: ignore[assignment,misc]
    app.create = partial(app.create, clock=clock)
    sys.exit(service.main())
