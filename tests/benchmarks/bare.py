"""What our hot read is compared with: a server that knows one answer. `python -m tests.benchmarks.bare FILE PORT`."""

import json
import sys
from pathlib import Path

import uvicorn
from starlette.types import Message, Receive, Scope, Send


def main(path: Path, port: int) -> None:
    content = path.read_bytes()
    told = json.loads(path.with_suffix(".headers").read_text("utf-8"))
    headers = [
        (name.lower().encode(), value.encode()) for name, value in told if name.lower() not in ("date", "connection")
    ]
    start: Message = {"type": "http.response.start", "status": 200, "headers": headers}
    body: Message = {"type": "http.response.body", "body": content}

    async def answer(scope: Scope, receive: Receive, send: Send) -> None:
        del scope, receive
        await send(start)
        await send(body)

    uvicorn.run(
        answer,
        port=port,
        loop="uvloop",
        http="httptools",
        ws="none",
        lifespan="off",
        access_log=False,
        server_header=False,
        proxy_headers=False,
        log_level="warning",
    )


if __name__ == "__main__":
    main(Path(sys.argv[1]), int(sys.argv[2]))
