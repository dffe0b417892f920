"""What all tests share: browser tests need Chromium; without it they are skipped, and with CI=true that is an error."""

import os
import shutil

import pytest

BROWSERS = ("chromium", "chromium-browser", "google-chrome")  # the names that .ci/environment.py looks for too
ADVICE = "Chromium is missing; as root: apt-get install chromium fonts-liberation"


def browser_path() -> str | None:
    return next((path for name in BROWSERS if (path := shutil.which(name))), None)


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    waiting = [item for item in items if item.get_closest_marker("browser")]
    if not waiting or browser_path():
        return
    if os.environ.get("CI") == "true":
        raise pytest.UsageError(f"{len(waiting)} browser tests cannot run. {ADVICE}")
    for item in waiting:
        item.add_marker(pytest.mark.skip(reason=ADVICE))


@pytest.fixture(scope="session")
def chromium() -> str:
    """The path of the browser that Playwright starts."""
    path = browser_path()
    assert path, ADVICE
    return path
