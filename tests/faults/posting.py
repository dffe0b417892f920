"""A program for the tests: forks a worker that sends what is queued for each line that it reads.

Run as `python -m tests.faults.posting FILE`. A line holds seconds that the worker's clock is ahead: what a killed one
left behind is due again. It answers with the worker's process id, and with its wait status when it is dead.
"""

import asyncio
import os
import sys
from datetime import UTC, datetime, timedelta
from pathlib import Path

from comments_service.federation import delivery
from comments_service.federation.delivery import Delivery
from comments_service.network import Client
from comments_service.store.sqlite import open_store
from tests.service.builders import SITE
from tests.service.delivering import INTRANET, OneKey


async def work(path: Path, ahead: timedelta) -> None:
    def clock() -> datetime:
        return datetime.now(UTC) + ahead

    store = await open_store(path)
    await Delivery(store, SITE, OneKey(store, clock), Client(INTRANET), clock).run()


if __name__ == "__main__":
    delivery.AT_ONCE = 16  # a life is short
    for line in sys.stdin:
        child = os.fork()  # so that no life pays for the imports
        if not child:
            asyncio.run(work(Path(sys.argv[1]), timedelta(seconds=float(line))))
        os.write(1, b"%d\n" % child)
        os.write(1, b"%d\n" % os.waitpid(child, 0)[1])
