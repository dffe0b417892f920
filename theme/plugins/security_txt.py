"""/.well-known/security.txt (RFC 9116): where to report a weakness. A build without a contact stops."""

from collections.abc import Iterator
from datetime import datetime

from theme.plugins import repository_links
from theme.plugins.output import OutputFile, OutputPage, files_wanted
from theme.plugins.site import Site

PATH = "/.well-known/security.txt"
MONTHS = 6


def files(site: Site, pages: tuple[OutputPage, ...]) -> Iterator[OutputFile]:  # noqa: ARG001
    contact = site.settings.contact
    if not contact.startswith(("mailto:", "https://", "tel:")):
        raise SystemExit(
            "plein.toml: site.contact must be an address for reports of weaknesses, for example "
            "contact = 'mailto:security@plein.example' (security.txt needs one). Nothing was built."
        )
    lines = [
        f"Contact: {contact}",
        f"Expires: {expires(site.now)}",
        f"Preferred-Languages: {', '.join(site.languages)}",
        f"Canonical: {site.absolute(PATH)}",
    ]
    if policy := repository_links.file_url(site.settings, "SECURITY.md"):
        lines.append(f"Policy: {policy}")
    yield OutputFile(PATH, ("\n".join(lines) + "\n").encode())


def expires(now: datetime) -> str:
    """The first day of a month, at most six months from now: builds of one month write the same."""
    month = now.month - 1 + MONTHS
    return f"{now.year + month // 12:04}-{month % 12 + 1:02}-01T00:00:00Z"


def register() -> None:
    """Called by Pelican once for the build."""
    files_wanted.connect(files)
