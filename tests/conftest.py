"""What all tests share: files in memory, an order in which no long file begins last, no haste."""

import os
import shutil
import tempfile
from pathlib import Path

import pytest
from hypothesis import HealthCheck, settings

MEMORY = Path("/dev/shm")  # noqa: S108 - pytest makes a folder of its own in it, for this user alone
ROOM = 4 << 30  # bytes; the tests write a few hundred megabytes, and what passed is removed
settings.register_profile("patient", deadline=None, suppress_health_check=[HealthCheck.too_slow])  # others work too
settings.load_profile("patient")
EARLY = ("browser", "faults", "peers", "test_preview.py", "test_serve.py")


def pytest_configure() -> None:
    """SQLite asks the disk for every transaction, thousands of times: half of the time of the tests was that."""
    if "TMPDIR" not in os.environ and os.access(MEMORY, os.W_OK) and shutil.disk_usage(MEMORY).free > ROOM:
        os.environ["TMPDIR"] = tempfile.tempdir = str(MEMORY)


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Begin long files in the first half, evenly among those that mostly wait; workers get files in this order."""
    files = list(dict.fromkeys(item.path for item in items))
    early = [path for path in files if path.relative_to(Path(__file__).parent).parts[0] in EARLY]
    others = [path for path in files if path not in early]
    place = {path: number * 0.6 / len(early) for number, path in enumerate(early)}
    place |= {path: number / len(others) for number, path in enumerate(others)}
    items.sort(key=lambda item: place[item.path])
