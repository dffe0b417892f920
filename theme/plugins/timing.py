"""How long each stage of a build takes: one stopwatch for all plugins, written to the file that PLEIN_TIMINGS names."""

import json
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path


@dataclass
class Stopwatch:
    """Seconds per stage, in the order in which the stages first ran. A stage inside another is counted in both."""

    seconds: dict[str, float] = field(default_factory=dict)

    @contextmanager
    def stage(self, name: str) -> Iterator[None]:
        started = time.perf_counter()
        try:
            yield
        finally:
            self.seconds[name] = self.seconds.get(name, 0.0) + time.perf_counter() - started

    def write(self, path: Path) -> None:
        path.write_text(json.dumps(self.seconds, indent=2) + "\n", encoding="utf-8")
