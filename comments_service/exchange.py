"""One connection to a web server (RFC 9112): a request goes out, one answer comes in, whatever the server sends."""

import asyncio
from collections.abc import Mapping
from typing import cast

from httptools import HttpParserError, HttpParserUpgrade, HttpResponseParser

MOST_OVERHEAD = 32_000  # bytes of one answer that are not its content: heads, trailers, sizes of chunks
MOST_PER_BYTE = 8  # and for each byte of content: chunks may be small
Heard = tuple[int, dict[str, str], bytes]  # status, headers with their names in lower case, content


class Unanswered(ConnectionError):
    """The connection ended before the first byte of an answer."""


class TooLarge(Exception):
    """The content is larger than what was asked for."""


class Connection(asyncio.Protocol):
    """Is asked one thing at a time. While `is_open`, it may be asked again."""

    def __init__(self) -> None:
        self.is_open = False
        self._waiter: asyncio.Future[Heard] = asyncio.get_running_loop().create_future()
        self._waiter.cancel()  # nobody waits
        self._end: asyncio.TimerHandle | None = None

    async def ask(self, method: str, target: str, headers: Mapping[str, str], content: bytes, most_bytes: int) -> Heard:
        """Send a request and return the answer, of at most `most_bytes` of content.

        Raises TooLarge; Unanswered or another OSError when the connection breaks; ValueError for what is not HTTP, and
        for a request that would not be. Only an answer leaves the connection open.
        """
        if self._end:
            self._end.cancel()
        lines = [f"{method} {target} HTTP/1.1", *(f"{name}: {value}" for name, value in headers.items())]
        self._is_head, self._most_bytes, self._received = method == "HEAD", most_bytes, 0
        self._heard: Heard | None = None
        self._content, self._ends_at_close = bytearray(), False
        self._parser = HttpResponseParser(self)
        self._waiter = asyncio.get_running_loop().create_future()
        try:
            if lines[0].count(" ") != 2 or not "".join(lines).isprintable():
                raise ValueError("the request holds what no request may")
            if not self.is_open:
                raise Unanswered("the connection was closed")
            self._transport.write("\r\n".join([*lines, "", ""]).encode("ascii") + content)
            return await self._waiter
        except BaseException:
            self.close()
            raise
        finally:
            del self._parser  # which holds this in turn

    def rest(self, seconds: float) -> None:
        """Close when nothing is asked for some time; at once when nothing can be."""
        self._end = asyncio.get_running_loop().call_later(seconds if self.is_open else 0, self.close)

    def close(self) -> None:
        self.is_open = False
        if self._end:  # and what it holds goes now
            self._end.cancel()
        self._transport.abort()

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self._transport = cast(asyncio.Transport, transport)
        self.is_open = True

    def connection_lost(self, exc: Exception | None) -> None:
        self.is_open = False
        if self._waiter.done():
            return
        if self._ends_at_close and exc is None:
            self._waiter.set_result(self._whole())
        elif self._received:
            self._waiter.set_exception(ConnectionError(f"the answer broke off: {exc}"))
        else:
            self._waiter.set_exception(Unanswered(f"the connection was closed: {exc}"))

    def data_received(self, data: bytes) -> None:
        if self._waiter.done():  # nothing was asked
            self.close()
            return
        self._received += len(data)
        try:
            self._parser.feed_data(data)
        except (HttpParserError, HttpParserUpgrade) as error:
            if self._heard is None:
                self._waiter.set_exception(ValueError(f"the answer is not HTTP: {error}"))
                return
        if len(self._heard[2] if self._heard else self._content) > self._most_bytes:
            self._waiter.set_exception(TooLarge)
        elif self._heard:
            self._waiter.set_result(self._heard)
        elif self._received > MOST_OVERHEAD + MOST_PER_BYTE * len(self._content):
            self._waiter.set_exception(ValueError("the answer has little content and much around it"))

    def _whole(self) -> Heard:
        # what stands twice is a list (RFC 9110, section 5.3)
        headers = {name: ", ".join(said) for name, said in self._headers.items()}
        return self._status, headers, bytes(self._content)

    # What the parser calls. What it finds after an answer is heard by nobody, and ends the connection.

    def on_message_begin(self) -> None:
        self._headers: dict[str, list[str]] = {}
        self._is_in_head = True
        self.is_open = self.is_open and self._heard is None

    def on_header(self, name: bytes, value: bytes) -> None:
        if self._is_in_head:  # nor what a trailer says
            self._headers.setdefault(name.decode("latin-1").lower(), []).append(value.decode("latin-1").strip())

    def on_headers_complete(self) -> None:
        self._is_in_head = False
        self._status = self._parser.get_status_code()
        if self._status >= 200:  # others only inform: the answer is still to come
            self._ends_at_close = self._headers.keys().isdisjoint(("content-length", "transfer-encoding"))
            if self._is_head:
                self.is_open, self._heard = False, self._heard or self._whole()

    def on_body(self, body: bytes) -> None:
        self._content += body

    def on_message_complete(self) -> None:
        if self._status >= 200 and self._heard is None:
            self._heard = self._whole()
            is_sent = not self._transport.get_write_buffer_size()
            self.is_open = self.is_open and is_sent and self._parser.should_keep_alive()
