"""Answers leave in one write, and nothing of them is lost or late."""

import asyncio
from typing import Any, cast

from comments_service.web.joined import _Joining


class Wire:
    """What a transport was asked to send, in its pieces."""

    def __init__(self) -> None:
        self.sent: list[bytes] = []
        self.is_closed = False

    def write(self, data: bytes) -> None:
        self.sent.append(data)

    def close(self) -> None:
        self.is_closed = True

    def get_extra_info(self, name: str) -> str:
        return name


def test_what_is_written_in_one_turn_is_one_piece() -> None:
    async def do() -> None:
        wire = Wire()
        joining = _Joining(cast(Any, wire), asyncio.get_running_loop())
        joining.write(b"head ")
        joining.write(b"body")
        assert wire.sent == []
        await asyncio.sleep(0)
        assert wire.sent == [b"head body"]
        joining.write(b"event")
        await asyncio.sleep(0)
        assert wire.sent == [b"head body", b"event"]
        assert joining.get_extra_info("peername") == "peername"

    asyncio.run(do())


def test_what_is_written_goes_out_before_the_end() -> None:
    async def do() -> None:
        wire = Wire()
        joining = _Joining(cast(Any, wire), asyncio.get_running_loop())
        joining.write(b"last")
        joining.close()
        assert (wire.sent, wire.is_closed) == ([b"last"], True)
        await asyncio.sleep(0)
        assert wire.sent == [b"last"]

    asyncio.run(do())
