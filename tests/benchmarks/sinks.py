"""Servers that take whatever is sent to them: one process that listens on every address of 127.0.0.0/8.

`python -m tests.benchmarks.sinks PORT`: POST is answered 202, GET with what came as JSON: how many, and the moments of
the first and of the last. GET / also forgets it.
"""

import asyncio
import json
import re
import sys
import time
from typing import cast

import uvloop

TAKEN = b"HTTP/1.1 202 Accepted\r\nContent-Length: 0\r\n\r\n"
LENGTH = re.compile(rb"(?i)\r\ncontent-length: (\d+)")
moments: list[float] = []


class Sink(asyncio.Protocol):
    def __init__(self) -> None:
        self._waiting = b""

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self._transport = cast(asyncio.WriteTransport, transport)

    def data_received(self, data: bytes) -> None:
        self._waiting += data
        while (end := self._waiting.find(b"\r\n\r\n")) >= 0:
            found = LENGTH.search(self._waiting[:end])
            whole = end + 4 + (int(found[1]) if found else 0)
            if len(self._waiting) < whole:
                return
            if self._waiting.startswith(b"POST"):
                moments.append(time.time())
                self._transport.write(TAKEN)
            else:
                body = json.dumps([len(moments), *moments[:1], *moments[-1:]]).encode()
                self._transport.write(b"HTTP/1.1 200 OK\r\nContent-Length: %d\r\n\r\n%b" % (len(body), body))
                if self._waiting.startswith(b"GET / "):
                    moments.clear()
            self._waiting = self._waiting[whole:]


async def serve(port: int) -> None:
    server = await asyncio.get_running_loop().create_server(Sink, "0.0.0.0", port, backlog=2048)  # noqa: S104
    await server.serve_forever()


if __name__ == "__main__":
    uvloop.run(serve(int(sys.argv[1])))
