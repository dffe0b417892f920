"""The house rules: where things stand, what may import what, and that everything is documented."""

import ast
import io
import re
import subprocess
import sys
import tokenize
from collections.abc import Callable, Iterator
from functools import cache
from pathlib import Path

import grimp
import pytest
from invoke.loader import FilesystemLoader
from invoke.tasks import Task
from pydantic import BaseModel

from comments_service.settings import Settings

ROOT = Path(__file__).resolve().parents[1]
LINES = 400  # of one file
SERVICE_LINES = 11_500  # of code in comments_service; it is to fall to 9,000: docs/decisions/0022
VAGUE = {"utils", "util", "helpers", "helper", "common", "misc"}
CODE = (".py", ".js", ".css", ".html")
# The doors to the outside, and who may open them.
DOORS = {
    "httpx2": set(),
    "httptools": {"comments_service/exchange.py"},
    "smtplib": {"comments_service/mail.py"},
    "socket": {"comments_service/network.py", "comments_service/mail.py"},
}
# Split so that this file does not say them itself.
FOREIGN = re.compile(r"py[p]i\.org|pythonhoste[d]|npmj[s]\.|/wor[k]/|\.\./share[d]|/tm[p]/bash_jobs")


@cache
def tracked() -> tuple[str, ...]:
    """All files in git, and the new ones that git does not ignore."""
    listing = ["git", "ls-files", "-z", "--cached", "--others", "--exclude-standard"]
    names = subprocess.run(listing, cwd=ROOT, capture_output=True, check=True, text=True).stdout.split("\0")
    return tuple(sorted(name for name in set(names) if name and (ROOT / name).is_file()))


def files(*endings: str, under: str = "") -> Iterator[str]:
    return (name for name in tracked() if name.endswith(endings) and name.startswith(under))


def code_lines(source: str) -> int:
    """How many lines of a Python file hold code: no blank line, comment or docstring."""
    said = {
        line
        for node in ast.walk(ast.parse(source))
        if isinstance(node, ast.Expr) and isinstance(node.value, ast.Constant) and isinstance(node.value.value, str)
        for line in range(node.lineno, (node.end_lineno or 0) + 1)
    }
    layout = (tokenize.COMMENT, tokenize.NL, tokenize.NEWLINE, tokenize.INDENT, tokenize.DEDENT, tokenize.ENDMARKER)
    tokens = tokenize.generate_tokens(io.StringIO(source).readline)
    spans = [range(token.start[0], token.end[0] + 1) for token in tokens if token.type not in layout]
    return len({line for span in spans for line in span} - said)


def text(name: str) -> str:
    return (ROOT / name).read_text("utf-8")


def test_imports_keep_the_contracts_of_pyproject() -> None:
    run = subprocess.run(
        [sys.executable, "-c", "from importlinter.cli import lint_imports_command as run; run()", "--no-cache"],
        cwd=ROOT,
        capture_output=True,
        check=False,
        text=True,
    )
    assert run.returncode == 0, run.stdout + run.stderr


@pytest.mark.parametrize("package", ["comments_service", "theme"])
def test_no_module_imports_itself_through_others(package: str) -> None:
    graph = grimp.build_graph(package, exclude_type_checking_imports=True, cache_dir=None)
    for module in sorted(graph.modules):
        for imported in graph.find_modules_directly_imported_by(module):
            chain = graph.find_shortest_chain(importer=imported, imported=module)
            assert chain is None, f"a circle: {' -> '.join([module, *(chain or ())])}"


def imported_names(name: str) -> set[str]:
    found: set[str] = set()
    for node in ast.walk(ast.parse(text(name))):
        if isinstance(node, ast.Import):
            found |= {alias.name.partition(".")[0] for alias in node.names}
        elif isinstance(node, ast.ImportFrom) and node.module and not node.level:
            found.add(node.module.partition(".")[0])
    return found


def test_only_the_doors_open_outgoing_connections() -> None:
    for name in files(".py", under="comments_service/"):
        for door in imported_names(name) & DOORS.keys():
            assert name in DOORS[door], f"{name} imports {door}; only {', '.join(sorted(DOORS[door]))} may"
        assert not imported_names(name) & {"urllib3", "requests", "http"} or "http.client" not in text(name), name


def test_no_file_is_over_400_lines() -> None:
    long = {name: lines for name in files(*CODE) if (lines := text(name).count("\n")) > LINES}
    assert not long, f"split these by noun: {long}"


def test_the_service_stays_small() -> None:
    assert sum(code_lines(text(name)) for name in files(".py", under="comments_service/")) < SERVICE_LINES


def test_every_module_is_named_for_what_it_holds() -> None:
    assert not [name for name in files(".py", ".js") if Path(name).stem in VAGUE]


def test_every_module_says_its_purpose_in_its_first_line() -> None:
    openings = {".py": ('"""',), ".js": ("//", "/*")}
    silent = [name for name in files(".py", ".js") if not text(name).startswith(openings[Path(name).suffix])]
    assert not silent


def test_nothing_that_is_made_stands_in_git() -> None:
    made = re.compile(r"(^|/)(var|output|\.venv|node_modules|__pycache__)/|\.(mo|pyc|db)$")
    assert not [name for name in tracked() if made.search(name)]


def test_no_file_names_a_package_registry_or_somebodys_machine() -> None:
    for name in tracked():
        try:
            found = FOREIGN.search(text(name))
        except UnicodeDecodeError:
            continue  # a picture
        assert found is None, f"{name} says {found and found[0]!r}"


def rooms() -> set[str]:
    """Every folder of code, down to the second floor."""
    folders = {"/".join(name.split("/")[:-1][:2]) + "/" for name in tracked() if name.count("/")}
    tops = {name.split("/")[0] + "/" for name in folders}
    return {room for room in folders | tops if not room.startswith(("content/blogs/", "content/people", ".github/"))}


def test_contributing_names_every_room() -> None:
    contributing = text("CONTRIBUTING.md")
    assert not [room for room in sorted(rooms()) if f"`{room}`" not in contributing]


def tasks() -> dict[str, Task[Callable[..., object]]]:
    """The tasks that `inv --list` shows, by name."""
    module, _ = FilesystemLoader(start=str(ROOT)).load("tasks")
    found = {task.name.replace("_", "-"): task for task in vars(module).values() if isinstance(task, Task)}
    assert found
    return found


def test_every_task_has_one_line_of_help_and_stands_in_the_reference() -> None:
    reference, makefile = text("docs/reference/commands.md"), text("Makefile")
    for name, task in tasks().items():
        lines = (task.__doc__ or "").strip().splitlines()
        assert len(lines) == 1, f"inv {name}: one line of help"
        assert f"\n## `inv {name}`" in reference, f"inv {name} is missing in docs/reference/commands.md"
        assert re.search(rf"TASKS := .*\b{name}\b", makefile), f"make {name} is missing in the Makefile"
    named = set(re.findall(r"^## `inv ([a-z-]+)`", reference, re.MULTILINE))
    assert named == set(tasks()), "docs/reference/commands.md names a task that is not there"


def settings_of(model: type[BaseModel], prefix: str = "") -> Iterator[str]:
    for name, field in model.model_fields.items():
        inner = field.annotation
        if isinstance(inner, type) and issubclass(inner, BaseModel):
            yield from settings_of(inner, f"{prefix}{name}.")
        else:
            yield prefix + name


@pytest.mark.parametrize("name", list(settings_of(Settings)))
def test_every_setting_stands_in_the_reference(name: str) -> None:
    reference = text("docs/reference/settings.md")
    environment = "PLEIN_" + name.upper().replace(".", "__")
    section, _, key = name.rpartition(".")
    stands = f"`{name}`" in reference or (f"[{section}]" in reference and f"`{key}`" in reference)
    assert stands, f"{name} is missing"
    assert environment in reference, f"{environment} is missing"


def test_links_between_documents_lead_somewhere() -> None:
    for name in files(".md"):
        if name.startswith("content/"):
            continue  # `inv check` does those
        prose = re.sub(r"```.*?```|`[^`\n]+`", "", text(name), flags=re.DOTALL)  # an example links nowhere
        for target in re.findall(r"\]\(([^)\s]+)\)", prose):
            if not re.match(r"[a-z]+:|#", target):
                path = (ROOT / name).parent / target.partition("#")[0]
                assert path.exists(), f"{name} links to {target}"
