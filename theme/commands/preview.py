"""`inv preview`: build a branch into a folder and say what its publication would announce. Nothing is sent or stored.

The service itself answers what would be announced: in an empty database it first takes in the published manifest, then
says what it would do with the preview's. So a preview needs no running service, and asks the site for one public file.
"""

import argparse
import json
import os
import subprocess
import sys
import tempfile
import time
from collections.abc import Sequence
from pathlib import Path

from theme.commands import catalogues
from theme.commands.build import MANIFEST, ROOT, build

SERVICE = "comments_service"


def announce(database: Path, manifest: str | None, *options: str) -> subprocess.CompletedProcess[str]:
    """Let the service read a manifest (a path or URL; None: that of the configured site) with this database."""
    # without a token, so that no running service is asked
    environment = dict(os.environ) | {"PLEIN_SERVICE__DATABASE": str(database), "PLEIN_SERVICE__ANNOUNCE_TOKEN": ""}
    if manifest is not None:
        environment["PLEIN_SERVICE__MANIFEST"] = manifest
    return subprocess.run(
        [sys.executable, "-m", SERVICE, "announce", *options],
        cwd=ROOT,
        env=environment,
        capture_output=True,
        check=False,
        text=True,
    )


def as_merged_now(manifest: str) -> str:
    """The manifest as a merge of this moment would publish it: a branch may be older than what is published."""
    content = json.loads(manifest)
    content["serial"] = max(content["serial"], int(time.time()))
    return json.dumps(content)


def what_would_be_announced(preview: Path, published: str | None) -> str:
    """Compare the preview's manifest with the published one, in words."""
    with tempfile.TemporaryDirectory(prefix="plein-preview-") as folder:
        database = Path(folder, "plein.db")
        baseline = announce(database, published)
        if baseline.returncode != 0:
            return f"There is nothing to compare with, because the site cannot be read.\n{baseline.stderr.strip()}"
        merged = Path(folder, MANIFEST)
        merged.write_text(as_merged_now((preview / MANIFEST).read_text("utf-8")), encoding="utf-8")
        compared = announce(database, str(merged), "--dry-run", "--ask-followers")
        lines = (compared.stdout + compared.stderr).strip().splitlines()
    if compared.returncode == 0 and len(lines) == 1:
        return "Publishing this would announce nothing."
    return "\n".join(lines)


def main(argv: Sequence[str] | None = None) -> int:
    parser = argparse.ArgumentParser(prog="inv preview", description="Build a preview; say what would be announced.")
    parser.add_argument("--output", type=Path, default=ROOT / "preview", metavar="DIR", help="default: preview")
    parser.add_argument("--content", type=Path, default=ROOT / "content", metavar="DIR", help="default: content")
    parser.add_argument("--published", metavar="FILE-OR-URL", help="default: plein.json of the configured site")
    options = parser.parse_args(argv)
    catalogues.main()
    status = build(options.content, options.output, production=True)
    if status == 0:
        published = options.published
        if published is not None and "://" not in published:
            published = str(Path(published).absolute())
        print(what_would_be_announced(options.output.absolute(), published))
    return status


if __name__ == "__main__":
    sys.exit(main())
