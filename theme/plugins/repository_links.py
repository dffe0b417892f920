"""Links into the repository on a git host: change a file, report a mistake. each git host has its own."""

from urllib.parse import quote, urlencode

from theme.plugins.settings import SiteSettings

_EDIT = {"github": "edit/main", "gitlab": "-/edit/main", "forgejo": "_edit/main"}
_SHOW = {"github": "blob/main", "gitlab": "-/blob/main", "forgejo": "src/branch/main"}
_REPORT = {
    "github": ("issues/new", "title", "body"),
    "gitlab": ("-/issues/new", "issue[title]", "issue[description]"),
    "forgejo": ("issues/new", "title", "body"),
}


def edit_url(settings: SiteSettings, name: str) -> str | None:
    """The page that edits one file; a proposal for who may not write to the repository."""
    if not settings.repository:
        return None
    return f"{settings.repository}/{_EDIT[settings.repository_kind]}/{quote(name)}"


def file_url(settings: SiteSettings, name: str) -> str | None:
    """The page that shows one file of the repository."""
    return f"{settings.repository}/{_SHOW[settings.repository_kind]}/{quote(name)}" if settings.repository else None


def report_url(settings: SiteSettings, title: str, url: str) -> str | None:
    """The form for a new issue, already filled in with the page that it is about."""
    if not settings.repository:
        return None
    path, subject, text = _REPORT[settings.repository_kind]
    return f"{settings.repository}/{path}?{urlencode({subject: title, text: url}, quote_via=quote)}"
