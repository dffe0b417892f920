"""One packet for each answer: uvicorn writes its head and its body apart, and each write is a call of the system."""

import asyncio
from typing import Any, cast

from uvicorn.protocols.http.httptools_impl import HttpToolsProtocol


class _Joining:
    """A transport on which a write waits for the next one, until the turn of the loop ends."""

    def __init__(self, transport: asyncio.BaseTransport) -> None:
        self._transport = cast(asyncio.Transport, transport)
        self._waiting = b""

    def __getattr__(self, name: str) -> Any:
        return getattr(self._transport, name)

    def write(self, data: bytes) -> None:
        if self._waiting:
            self._waiting += data
            self._flush()
        else:
            self._waiting = data
            asyncio.get_running_loop().call_soon(self._flush)

    def _flush(self) -> None:
        data, self._waiting = self._waiting, b""
        if data and not self._transport.is_closing():  # the reader may have gone in the same turn
            self._transport.write(data)

    def close(self) -> None:
        self._flush()
        self._transport.close()


class OnePacket(HttpToolsProtocol):
    """uvicorn's HTTP over a joining transport."""

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        super().connection_made(cast(asyncio.Transport, _Joining(transport)))
