"""Fetching the pictures that a moderator allowed, from where they stand; each is drawn anew in a process of its own."""

import asyncio
import logging
import subprocess
import sys
from collections.abc import Sequence
from pathlib import Path

from comments_service import pictures, redraw
from comments_service.errors import Unavailable
from comments_service.federation.remote import Budget
from comments_service.federation.room import Room
from comments_service.federation.vocabulary import Refusal
from comments_service.pictures import Drawn
from comments_service.store import pictures as rows

IMAGE, EMOJI = (960, 600), (160, 64)  # pixels at most: as large as a thread shows it, twice as large as letters
SECONDS = 30  # for drawing one anew

log = logging.getLogger(__name__)


class Pictures(Room):
    async def fetch(self, ids: Sequence[str]) -> None:
        """Job: fetch what a comment may show. Raises Unavailable when some of it cannot be reached now."""
        missing = await self.store.read(rows.missing, ids[0])
        budget, late = Budget(len(missing)), 0
        for picture in missing:
            made = None
            try:
                content = await self.remote.picture(picture.url, budget)
                made = await asyncio.to_thread(drawn, content, EMOJI if picture.is_emoji else IMAGE)
            except Refusal as refusal:
                log.info("a picture is not shown: %s", refusal)
                if refusal.reason == "unreachable":
                    late += 1
                    continue
            await self.store.write(pictures.keep, ids[0], picture.url, made, self.house.service_url)
        if late:
            raise Unavailable(f"{late} pictures cannot be fetched")


def drawn(content: bytes, sides: tuple[int, int]) -> Drawn:
    """Draw a picture of a stranger anew, within these sides. Raises Refusal."""
    command = [sys.executable, "-I", str(Path(redraw.__file__)), *map(str, sides)]
    try:
        made = subprocess.run(command, input=content, capture_output=True, check=True, timeout=SECONDS).stdout  # noqa: S603
    except (OSError, subprocess.SubprocessError):
        raise Refusal("not-a-picture") from None
    head, _, body = made.partition(b"\n")
    width, height = map(int, head.split())
    return Drawn(body, width, height)
