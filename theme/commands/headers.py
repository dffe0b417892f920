"""Writes the headers of the site's files, which stand in headers.toml, into the examples for Caddy and nginx.

With `--to FOLDER` it writes both files for the site of plein.toml instead: its host, subpath and languages.
"""

import argparse
import os
import re
import sys
import tomllib
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path

from theme.plugins import settings as site_settings
from theme.plugins.settings import SiteSettings

ROOT = Path(__file__).resolve().parents[2]
RULES = ROOT / "comments_service" / "web" / "headers.toml"
CADDY, NGINX = ROOT / "deploy" / "Caddyfile", ROOT / "deploy" / "nginx.conf"
WELL_KNOWN = ("/.well-known/webfinger", "/.well-known/host-meta", "/.well-known/nodeinfo")
BEGIN, END = "# Written by `python -m theme.commands.headers`:", "# … as headers.toml says."

Rules = list[dict[str, str]]


def rules() -> Rules:
    found: Rules = tomllib.loads(RULES.read_text("utf-8"))["files"]
    return found


def of_each(given: Rules) -> Mapping[str, list[tuple[str, str]]]:
    """Header -> pairs of pattern and value, the general one first."""
    values: dict[str, list[tuple[str, str]]] = {}
    for rule in given:
        for name, value in rule.items():
            if name != "path":
                values.setdefault(name, []).append((rule["path"], value))
    return values


def caddy(given: Rules) -> Iterator[str]:
    """In a `route` the order is that of the lines, so that the last rule that fits has the last word."""
    yield "\troute {"
    for number, rule in enumerate(given):
        matcher = f"@rule{number} " if rule["path"] else ""
        if matcher:
            yield f"\t\t@rule{number} path_regexp {rule['path']}"
        yield f"\t\theader {matcher}{{"
        yield from (f'\t\t\t{name} "{value}"' for name, value in rule.items() if name != "path")
        yield "\t\t}"
    yield "\t}"


def nginx_maps(given: Rules) -> Iterator[str]:
    """The first pattern of a map that fits counts, so they stand the other way round."""
    for name, values in of_each(given).items():
        if len(values) > 1:
            yield f"map $uri {_variable(name)} {{"
            yield f'    default "{values[0][1]}";'
            yield from (f'    "~{path}" "{value}";' for path, value in reversed(values[1:]))
            yield "}"


def nginx_headers(given: Rules) -> Iterator[str]:
    for name, values in of_each(given).items():
        value = _variable(name) if len(values) > 1 else f'"{values[0][1]}"'
        yield f"        add_header {name} {value} always;"


def _variable(name: str) -> str:
    return f"$plein_{name.lower().replace('-', '_')}"


def written(text: str, parts: list[Iterator[str]]) -> str:
    """The text of an example with these lines between its marks, one pair of marks for each part."""
    waiting = iter(parts)

    def fill(found: re.Match[str]) -> str:
        return "\n".join([f"{found[1]}{BEGIN}", *next(waiting), f"{found[1]}{END}"])

    between = rf"^([ \t]*){re.escape(BEGIN)}$.*?^[ \t]*{re.escape(END)}$"
    return re.sub(between, fill, text, flags=re.DOTALL | re.MULTILINE)


def examples() -> dict[Path, str]:
    """Each example and what it must say."""
    return {path: _with_headers(path, path.read_text("utf-8"), rules()) for path in (CADDY, NGINX)}


def _with_headers(path: Path, text: str, given: Rules) -> str:
    return written(text, [caddy(given)] if path == CADDY else [nginx_maps(given), nginx_headers(given)])


def for_site(settings: SiteSettings) -> dict[str, str]:
    """Both examples by name, with the host of a site, its subpath before each path, and its second language."""
    found: dict[str, str] = {}
    for path, text in examples().items():
        lines = [_moved(line, settings) for line in text.replace("plein.example", settings.host).splitlines()]
        given = [{**rule, "path": rule["path"].replace("^", f"^{settings.base}")} for rule in rules()]
        text = _with_headers(path, "\n".join(lines) + "\n", given)
        found[path.name] = _with_root(path, text, settings.base) if settings.base else text
    return found


def _moved(line: str, settings: SiteSettings) -> str:
    """A line of an example with its paths in the subpath and the second language; remarks and files stay."""
    if line.lstrip().startswith("#") or "path_regexp" in line:
        return line
    if settings.languages[0] == "en":
        line = re.sub(r"/en/|\(en/\)", lambda found: found[0].replace("en", "nl"), line)
    return re.sub(r"(\^(?:\(\?!)?|(?<=\s))/(?!srv/|etc/|var/)", rf"\1{settings.base}/", line)


def _with_root(path: Path, text: str, base: str) -> str:
    """Other servers ask the root of the host: its well-known paths are those of the subpath."""
    if path == CADDY:
        rule = f"\t@root path {' '.join(WELL_KNOWN)}\n\trewrite @root {base}{{uri}}\n\n"
        return text.replace("\t@service path", rule + "\t@service path", 1)
    names = "|".join(name.rpartition("/")[2] for name in WELL_KNOWN)
    rule = f"    location ~ ^/\\.well-known/({names})$ {{ rewrite ^ {base}$uri last; }}\n"
    return text.replace("    # The service sets", rule + "    # The service sets", 1)


def main(argv: Sequence[str] | None = None) -> int:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--to", type=Path, help="a folder for a Caddyfile and an nginx.conf of this site")
    options = parser.parse_args(argv)
    texts = examples()
    if options.to:
        try:
            settings = site_settings.load(ROOT / "plein.toml", os.environ)
        except site_settings.SettingsError as error:
            print(error, file=sys.stderr)
            return 2
        options.to.mkdir(parents=True, exist_ok=True)
        texts = {options.to / name: text for name, text in for_site(settings).items()}
    for path, text in texts.items():
        path.write_text(text, encoding="utf-8")
    return 0


if __name__ == "__main__":
    sys.exit(main())
