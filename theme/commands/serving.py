"""The one process that answers while the site is being worked on; `inv serve` starts it and starts it again.

It takes over a listening socket from its parent, so a restart refuses no connection, and ends when its parent is gone.
"""

import argparse
import importlib
import os
import signal
import socket
import sys
import threading
import traceback
from collections.abc import Sequence
from pathlib import Path

import uvicorn

from theme.commands.reload import Application, Reloading, fault_page


def end_with_the_parent() -> None:
    """The parent holds the other end of stdin and never writes: end of file means that it is gone."""
    sys.stdin.buffer.read()
    os.kill(os.getpid(), signal.SIGTERM)


def make(factory: str) -> Application:
    """Call the factory "module:function"; what goes wrong is shown in the browser and in the terminal."""
    module, _, function = factory.partition(":")
    try:
        application: Application = getattr(importlib.import_module(module), function)()
    except Exception:
        text = traceback.format_exc()
        print(text, file=sys.stderr)
        return fault_page(text)
    return application


def serve(application: Application, listening: socket.socket, status: Path, base: str) -> bool:
    """Answer until a signal says stop. Returns whether the application could start."""
    reloading = Reloading(application, status, base=base, stopping=lambda: server.should_exit)
    config = uvicorn.Config(
        reloading,
        log_level="warning",
        access_log=False,
        server_header=False,
        proxy_headers=False,  # nobody names a proxy here; uvicorn would believe every process of the machine
        timeout_graceful_shutdown=2,
    )
    server = uvicorn.Server(config)
    server.run(sockets=[listening])
    return server.started


def main(argv: Sequence[str] | None = None) -> int:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--socket", type=int, required=True, help="number of the listening socket's descriptor")
    parser.add_argument("--status", type=Path, required=True)
    parser.add_argument("--base", default="")
    parser.add_argument("--application", required=True, metavar="MODULE:FUNCTION")
    options = parser.parse_args(argv)
    threading.Thread(target=end_with_the_parent, daemon=True).start()
    listening = socket.socket(fileno=options.socket)
    if not serve(make(options.application), listening.dup(), options.status, options.base):
        serve(
            fault_page("The service could not start; the terminal says why."), listening, options.status, options.base
        )
    return 0


if __name__ == "__main__":
    sys.exit(main())
