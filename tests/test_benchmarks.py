"""Where `inv bench` puts what it measured."""

from pathlib import Path

from tests.benchmarks.peers import TEXTS
from tests.benchmarks.report import put_in_report


def test_a_measurement_takes_the_place_of_the_last_one_and_no_other(tmp_path: Path) -> None:
    report = tmp_path / "benchmarks.md"
    report.write_text("# Benchmarks\n\n## Building\n\nold\n\n## Last\n\nkept\n", "utf-8")
    put_in_report("### Reads\n\n1\n", report, within="## Service")
    put_in_report("### Writes\n\n2\n", report, within="## Service")
    put_in_report("## Building\n\nnew\n", report)
    put_in_report("### Reads\n\n3\n", report, within="## Service")
    assert report.read_text("utf-8") == (
        "# Benchmarks\n\n## Building\n\nnew\n\n## Last\n\nkept\n\n## Service\n\n### Reads\n\n3\n\n### Writes\n\n2\n"
    )


def test_the_texts_are_comments_that_people_could_send() -> None:
    assert len(TEXTS) == 200
    assert {text["lang"] for text in TEXTS} == {"nl", "en"}
    assert all(0 < len(text["text"]) <= 5000 for text in TEXTS)
