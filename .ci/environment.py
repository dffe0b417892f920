"""Makes .venv with the pinned packages, and what the tests need beside Python. Needs nothing but Python itself.

    python3 .ci/environment.py site      what `make serve` needs
    python3 .ci/environment.py dev       what `make test` needs (everything)
    python3 .ci/environment.py chromium  a browser, by apt when it is missing and we are root
    python3 .ci/environment.py spectral  the linter of the API's description, with npm; that too by apt
    python3 .ci/environment.py checker   the Nu HTML checker, with the same; Java too by apt
    python3 .ci/environment.py inputs    what other servers write, in .venv/inputs
    python3 .ci/environment.py fedify    a server of the fediverse, in .venv/fedify; with npm, that too by apt

A stamp in .venv names the lock files and the Python it was made with, so an unchanged environment costs nothing.
A run that was killed half-way leaves a mark; the next run then starts afresh.
"""

from __future__ import annotations  # this file must still be read by a Python that is too old, to say so

import fcntl
import hashlib
import os
import shutil
import subprocess
import sys
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
VENV = ROOT / ".venv"
UNFINISHED = VENV / ".unfinished"
LOCK_FILES = {"site": ["site.txt", "service.txt"], "dev": ["dev.txt"]}
OLDEST = (3, 11)
PEERS = ROOT / "tests" / "peers"  # names the packages of npm, each with its hash
NODE = VENV / "node"
INPUTS = VENV / "inputs"
FEDIFY = VENV / "fedify"
FEDIFY_PACKAGES = ("@fedify/fedify@2.3.6", "@fedify/vocab@2.3.6")
BROWSERS = ("chromium", "chromium-browser", "google-chrome")


def stop(message: str) -> None:
    sys.exit(f"\n{message}\n")


def say(message: str) -> None:
    print(message, file=sys.stderr, flush=True)


def version(numbers: Sequence[object]) -> str:
    return f"{numbers[0]}.{numbers[1]}"


def check_python() -> None:
    if sys.version_info < OLDEST:
        stop(
            f"This needs Python {version(OLDEST)} or newer; {sys.executable} is {version(sys.version_info)}.\n"
            "Name another one with: make serve PYTHON=python3.12"
        )
    try:
        import ensurepip  # noqa: F401 - Debian keeps it in a package of its own
        import venv  # noqa: F401
    except ImportError:
        stop(
            "Python cannot make a virtual environment here, because python3-venv is missing.\n"
            "On Debian or Ubuntu: apt-get install python3-venv. Then run the same command again."
        )


def stamp(kind: str) -> Path:
    """The file that says: these lock files are installed, by this Python, in this folder."""
    key = hashlib.sha256(repr((sys.version_info[:2], os.path.realpath(sys.executable), str(ROOT))).encode())
    for name in LOCK_FILES[kind]:
        key.update((ROOT / "requirements" / name).read_bytes())
    return VENV / f".installed-{kind}-{key.hexdigest()[:16]}"


def is_ready(kind: str) -> bool:
    return stamp(kind).exists() and not UNFINISHED.exists() and (VENV / "bin" / "python").exists()


def run(command: list[str]) -> None:
    if subprocess.call(command) != 0:
        stop("Set-up stopped: the command above failed. Mend what it says and run the same command again.")


def make(kind: str) -> None:
    wrong_python = VENV.exists() and not (VENV / "lib" / f"python{version(sys.version_info)}").exists()
    if UNFINISHED.exists() or wrong_python or not (VENV / "bin" / "pip").exists():
        say("Making .venv (once; a few minutes at most) …")
        shutil.rmtree(VENV, ignore_errors=True)
        VENV.mkdir()
        UNFINISHED.touch()
        run([sys.executable, "-m", "venv", str(VENV)])
    UNFINISHED.touch()
    lists = [argument for name in LOCK_FILES[kind] for argument in ("-r", str(ROOT / "requirements" / name))]
    say("Installing the packages that requirements/ name, each checked by its hash …")
    run([str(VENV / "bin" / "python"), "-m", "pip", "install", "--require-hashes", *lists])
    for old in VENV.glob(".installed-*"):
        old.unlink()
    stamp(kind).touch()
    if kind == "dev":  # dev.txt holds all that the site and the service need
        stamp("site").touch()
    UNFINISHED.unlink()


def prepare(kind: str) -> None:
    check_python()
    if is_ready(kind):
        return
    with one_at_a_time():
        if not is_ready(kind):
            make(kind)


@contextmanager
def one_at_a_time() -> Iterator[None]:
    """Two runs at once: the second waits."""
    folder = os.open(str(ROOT / ".ci"), os.O_RDONLY)
    fcntl.flock(folder, fcntl.LOCK_EX)
    try:
        yield
    finally:
        os.close(folder)


def prepare_chromium() -> None:
    """Install a browser where we may. Without one the browser tests are skipped; with CI=true that stops the run."""
    if not shutil.which("chromium-headless-shell"):  # most tests take it: without windows they need half the time
        install("chromium-headless-shell", "fonts-liberation")
    if any(shutil.which(name) for name in BROWSERS):
        return
    advice = "As root: apt-get install chromium fonts-liberation."
    if not install("chromium", "fonts-liberation"):
        go_without("Chromium is missing, so the browser tests are skipped. " + advice)


def install(*packages: str) -> bool:
    """Install packages of Debian or Ubuntu. Returns False where we may not, or where it fails."""
    if os.geteuid() != 0 or not shutil.which("apt-get"):
        return False
    say(f"Installing {', '.join(packages)} for the tests …")
    environment = dict(os.environ, DEBIAN_FRONTEND="noninteractive")
    last = ["apt-get", "install", "-y", "-q", "--no-install-recommends", *packages]
    return all(
        subprocess.call(command, env=environment, stdin=subprocess.DEVNULL) == 0
        for command in (["apt-get", "update", "-q"], last)
    )


def go_without(message: str) -> None:
    """Say which tests are skipped; with CI=true none may be."""
    if os.environ.get("CI") == "true":
        stop(message)
    say(message)


def fill_with_npm(folder: Path, what: str, key: bytes, *words: str, lists: Sequence[Path] = ()) -> bool:
    """Let npm fill a folder, unless that was done with the same key, and run no scripts of packages."""
    done = folder / f".installed-{hashlib.sha256(key).hexdigest()[:16]}"
    if done.exists():
        return True
    if not (shutil.which("npm") or install("nodejs", "npm")):
        return False
    say(f"Installing {what} …")
    shutil.rmtree(folder, ignore_errors=True)
    folder.mkdir(parents=True)
    for path in lists:
        shutil.copy(path, folder)
    npm = ["npm", *words, "--ignore-scripts", "--no-audit", "--no-fund", "--loglevel=error"]
    if subprocess.call(npm, cwd=folder, stdin=subprocess.DEVNULL) != 0:
        shutil.rmtree(folder, ignore_errors=True)  # half of it is nothing
        return False
    done.touch()
    return True


def prepare_spectral() -> None:
    """Install Spectral and the HTML checker into .venv, checked by hashes."""
    lists = [PEERS / name for name in ("package.json", "package-lock.json")]
    what = "Spectral and the Nu HTML checker, which judge the API's description and the pages"
    if not fill_with_npm(NODE, what, b"".join(path.read_bytes() for path in lists), "ci", lists=lists):
        go_without(
            "Spectral and the HTML checker could not be installed, so their tests are skipped. "
            "They need Node.js 18.18 or newer with npm."
        )


def prepare_inputs() -> None:
    """Install the inputs of others apart: they want an older cryptography than we do."""
    wanted = ROOT / "requirements" / "inputs.txt"
    done = INPUTS / f".installed-{hashlib.sha256(wanted.read_bytes()).hexdigest()[:16]}"
    if done.exists():
        return
    say("Installing what other servers write, for the tests …")
    shutil.rmtree(INPUTS, ignore_errors=True)
    pip = [str(INPUTS / "bin" / "python"), "-m", "pip", "install", "--quiet", "--require-hashes", "-r", str(wanted)]
    if all(subprocess.call(one) == 0 for one in ([sys.executable, "-m", "venv", str(INPUTS)], pip)):
        done.touch()
    else:
        go_without("The inputs of other servers could not be installed, so their tests are skipped.")


def prepare_fedify() -> None:
    """Install the server that the tests talk to."""
    what = "Fedify, a server of the fediverse, for the tests"
    key = repr(FEDIFY_PACKAGES).encode()
    if not fill_with_npm(FEDIFY, what, key, "install", "--no-package-lock", *FEDIFY_PACKAGES):
        go_without("Fedify could not be installed, so its tests are skipped. It needs Node.js 18.18 or newer with npm.")


def prepare_java() -> None:
    """The HTML checker came with the packages of npm; it runs on Java."""
    if not shutil.which("java") and not install("default-jre-headless"):
        go_without("Java is missing, so no HTML is checked. As root: apt-get install default-jre-headless.")


if __name__ == "__main__":
    what = sys.argv[1] if len(sys.argv) > 1 else ""
    if what in LOCK_FILES:
        prepare(what)
    elif what == "chromium":
        prepare_chromium()
    elif what in ("spectral", "checker"):
        with one_at_a_time():
            prepare_spectral()
        if what == "checker":
            prepare_java()
    elif what in ("inputs", "fedify"):
        with one_at_a_time():
            prepare_inputs() if what == "inputs" else prepare_fedify()
    else:
        sys.exit(__doc__)
