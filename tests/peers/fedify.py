"""Fedify, an independent server of the fediverse, as a process of its own; tests say what its one person does."""

import json
import os
import shutil
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from tests.peers.authority import Authority
from tests.service.running import free_port

ROOT = Path(__file__).resolve().parents[2]
MODULES = ROOT / ".venv" / "fedify"


def is_installed() -> bool:
    return shutil.which("node") is not None and any(MODULES.glob(".installed-*"))


@dataclass
class Fedify:
    host: str
    process: subprocess.Popen[str]

    @property
    def mies(self) -> str:
        return f"https://{self.host}/users/mies"

    def do(self, what: str, **about: str) -> Any:
        """Let mies do something; return what came of it, mostly an id."""
        assert self.process.stdin is not None
        self.process.stdin.write(json.dumps({"do": what, **about}) + "\n")
        self.process.stdin.flush()
        return self._answer()

    def _answer(self) -> Any:
        assert self.process.stdout is not None
        line = self.process.stdout.readline()
        assert line, "Fedify ended"
        answer = json.loads(line)
        assert "error" not in answer, answer["error"]
        return answer.get("ok")

    @property
    def timeline(self) -> dict[str, dict[str, str | None]]:
        found: dict[str, dict[str, str | None]] = self.do("see")["timeline"]
        return found

    @property
    def accepted(self) -> list[str]:
        """The ids of follows that were accepted."""
        return [str(uri) for uri in self.do("see")["accepted"]]

    @property
    def created(self) -> list[tuple[str, str]]:
        """Each Create that was taken, and the id of its object."""
        return [(activity, uri) for activity, uri in self.do("see")["created"]]

    @property
    def boosts(self) -> list[tuple[str, str]]:
        return [(actor, uri) for actor, uri in self.do("see")["boosts"]]


@contextmanager
def running(name: str, authority: Authority) -> Iterator[Fedify]:
    host = f"{name}:{free_port()}"
    environment = {
        **os.environ,
        "MODULES": str(MODULES),
        "ORIGIN": f"https://{host}",
        "PORT": host.rpartition(":")[2],
        "TLS_FILE": str(authority.server_file),
        "NODE_EXTRA_CA_CERTS": str(authority.file),
    }
    with (authority.folder / "fedify.log").open("w") as log:
        process = subprocess.Popen(
            ["node", str(Path(__file__).with_suffix(".mjs"))],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=log,
            text=True,
            env=environment,
        )
        with process:
            try:
                fedify = Fedify(host, process)
                fedify._answer()
                yield fedify
            finally:
                process.kill()
