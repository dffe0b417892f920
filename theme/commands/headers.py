"""Writes the headers of the site's files, which stand in headers.toml, into the examples for Caddy and nginx."""

import re
import sys
import tomllib
from collections.abc import Iterator, Mapping
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
RULES = ROOT / "comments_service" / "web" / "headers.toml"
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
    given = rules()
    deploy = ROOT / "deploy"
    parts = {"Caddyfile": [caddy(given)], "nginx.conf": [nginx_maps(given), nginx_headers(given)]}
    return {deploy / name: written((deploy / name).read_text("utf-8"), lines) for name, lines in parts.items()}


def main() -> int:
    for path, text in examples().items():
        path.write_text(text, encoding="utf-8")
    return 0


if __name__ == "__main__":
    sys.exit(main())
