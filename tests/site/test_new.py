"""`inv new-blog` and `inv new-group` write nothing that the check would refuse, also for the sake of other files."""

from pathlib import Path

import pytest

from tests.site.content_folder import PEOPLE, a_blog, a_site, checked
from theme.commands import new
from theme.plugins.slugs import slugify

TAKEN = [
    (["blog", "Page", "--group", "open-werken"], "“page”"),
    (["blog", "Oude naam", "--group", "open-werken"], "“oude-naam”"),
    (["group", "Redactie"], "“redactie”"),
    (["group", "Admin"], "“admin”"),
    (["group", "Iets", "--handle", "open_werken"], "“open_werken”"),
    (["blog", "Iets", "--group", "open-werken", "--slug", "A b"], "“a-b”"),
]


@pytest.mark.parametrize(("arguments", "named"), TAKEN)
def test_a_name_that_is_taken_is_refused_and_nothing_stays(
    tmp_path: Path, arguments: list[str], named: str, capsys: pytest.CaptureFixture[str]
) -> None:
    root = a_site(tmp_path, {"blogs/nieuw.nl.md": a_blog(was="[oude-naam]")})
    before = sorted(root.rglob("*"))
    assert new.main([*arguments, "--content", str(root)]) == 1
    assert named in capsys.readouterr().err
    assert sorted(root.rglob("*")) == before


def test_a_fault_elsewhere_keeps_nobody_from_starting_a_text(tmp_path: Path) -> None:
    root = a_site(tmp_path, {"blogs/fout.nl.md": a_blog(date="gisteren"), "people.yml": PEOPLE + "x: {naam: X}\n"})
    assert new.main(["blog", "Iets nieuws", "--group", "open-werken", "--content", str(root)]) == 0
    assert new.main(["blog", "--translate", "blogs/fout", "--content", str(root)]) == 1  # its date cannot be copied


def test_a_translation_keeps_a_link_to_a_heading_in_the_language_of_that_heading(tmp_path: Path) -> None:
    body = "Zie [dit](openbaar.nl.md#wat-wij-leerden) en [dat](openbaar.nl.md).\n"
    root = a_site(tmp_path, {"blogs/probe.nl.md": a_blog(body)})
    assert new.main(["blog", "--translate", "blogs/probe", "--content", str(root)]) == 0
    assert "(openbaar.nl.md#wat-wij-leerden) en [dat](openbaar.en.md)" in (root / "blogs/probe.en.md").read_text(
        "utf-8"
    )
    assert checked(root).problems == ()


@pytest.mark.parametrize(
    ("name", "slug"), [("C", "c"), ("C++", "c-plus-plus"), ("C#", "c-sharp"), ("Stap #1", "stap-1")]
)
def test_languages_of_one_letter_keep_apart(name: str, slug: str) -> None:
    assert slugify(name) == slug


@pytest.mark.parametrize(
    "link", ['https://x.example/?b="2', "https://u@x.example/", "https:///pad", "https://x.example/<b>"]
)
def test_a_web_address_of_a_person_is_one_that_browsers_take(tmp_path: Path, link: str) -> None:
    root = a_site(
        tmp_path, {"people.yml": PEOPLE + f"x: {{name: X, links: ['{link}', 'https://x.example/a?b=1&c#d']}}\n"}
    )
    assert [problem.code for problem in checked(root).problems] == ["bad-link"]
