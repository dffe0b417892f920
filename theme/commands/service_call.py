"""What the development server asks of the service over HTTP: whether it answers, and to take in the new pages."""

import json
import urllib.error
import urllib.request
from pathlib import Path

TIMEOUT = 30.0  # seconds
# A proxy of the machine has nothing to do with a server on the machine itself.
OPENER = urllib.request.build_opener(urllib.request.ProxyHandler({}))


def wait_until_it_answers(url: str) -> bool:
    """The socket is open before the service is: this request waits in line until somebody answers it."""
    try:
        with OPENER.open(f"{url}/dev/status", timeout=TIMEOUT):
            return True
    except OSError:
        return False


def take_in(url: str, token: Path) -> str | None:
    """POST /api/v1/announcements: the service reads the manifest. Returns what went wrong, or None."""
    wait_until_it_answers(url)  # at its first start the service has yet to make the token
    try:
        headers = {"Authorization": f"Bearer {token.read_text('utf-8').strip()}"}
        request = urllib.request.Request(f"{url}/api/v1/announcements", method="POST", headers=headers, data=b"")
        with OPENER.open(request, timeout=TIMEOUT):
            return None
    except urllib.error.HTTPError as error:
        return reason(error)
    except OSError as error:
        return str(error)


def reason(error: urllib.error.HTTPError) -> str:
    """The sentence in a problem document (RFC 9457), else the status."""
    try:
        problem = json.loads(error.read())
        return str(problem.get("detail") or problem["title"])
    except (ValueError, KeyError, TypeError):
        return f"{error.code} {error.reason}"
