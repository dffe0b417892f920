"""Settings, keys and ids: checked at start, every fault at once; keys private; ids only rise."""

import stat
from datetime import timedelta
from pathlib import Path

import pytest

from comments_service import keys
from comments_service.ids import UlidMaker, is_id
from comments_service.language import negotiate
from comments_service.settings import ServiceSettings, SettingsError, load
from tests.service.builders import NOW

MINIMAL = '[site]\nid = "plein"\nname = "Plein"\nurl = "https://plein.example"\n'


def a_file(folder: Path, text: str = MINIMAL) -> Path:
    path = folder / "plein.toml"
    path.write_text(text, "utf-8")
    return path


def test_the_environment_wins_over_the_file_and_paths_are_the_files(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("PLEIN_SITE__URL", "http://127.0.0.1:8000")
    monkeypatch.setenv("PLEIN_LIMITS", "off")
    monkeypatch.setenv("PLEIN_MAIL__PASSWORD", "geheim")
    monkeypatch.setenv("PLEIN_SERVICE__MANIFEST", "output/plein.json")
    settings = load(a_file(tmp_path), service={"development": True})
    assert settings.service_url == settings.site.url == "http://127.0.0.1:8000"
    assert settings.limits == "off"
    assert settings.service.development
    assert settings.service.database == tmp_path / "var/plein.db"
    assert settings.manifest_source == str(tmp_path / "output/plein.json")
    assert "geheim" not in repr(settings)


def test_the_settings_of_this_repository_are_right() -> None:
    settings = load(Path(__file__).parents[2] / "plein.toml")
    assert settings.manifest_source == settings.site.url + "/plein.json"


def test_every_fault_is_in_one_message(tmp_path: Path) -> None:
    text = (
        MINIMAL.replace("https://plein.example", "plein.example/")
        + 'timezone = "Mars"\n[mail]\nprot = 1\nport = "x"\n[coments]\n'
    )
    with pytest.raises(SettingsError) as error:
        load(a_file(tmp_path, text))
    for part in ("site.url", "site.timezone", "mail.prot", "mail.port", "coments"):
        assert part in str(error.value)


@pytest.mark.parametrize("text", ["[site", "\x00"])
def test_a_file_that_is_no_toml_is_named(tmp_path: Path, text: str) -> None:
    with pytest.raises(SettingsError, match=r"plein\.toml"):
        load(a_file(tmp_path, text))


def test_a_missing_file_is_named(tmp_path: Path) -> None:
    with pytest.raises(SettingsError, match="missing"):
        load(tmp_path / "plein.toml")


def test_keys_are_made_once_and_private_and_a_list(tmp_path: Path) -> None:
    folder = tmp_path / "var"
    first = keys.secret_keys(folder)
    assert keys.secret_keys(folder) == first
    assert keys.announce_token(ServiceSettings(keys_dir=folder)) not in first
    assert sorted(path.name for path in folder.iterdir()) == ["announce.token", "secret.keys"]
    assert {stat.S_IMODE(path.stat().st_mode) for path in folder.iterdir()} == {0o600}
    with (folder / "secret.keys").open("a") as file:
        file.write("newest\n")
    assert keys.secret_keys(folder) == [*first, "newest"]


def test_ids_only_rise_whatever_the_clock_does() -> None:
    maker = UlidMaker()
    made = [maker.make(NOW + timedelta(seconds=step)) for step in (0, 0, 1, -5, 1, 2)]
    assert made == sorted(set(made))
    assert all(is_id(one) for one in made)
    assert made[0].startswith("01")
    assert not is_id("../../etc/passwd")
    assert not is_id(made[0].lower())


@pytest.mark.parametrize(
    ("header", "language"),
    [
        ("", "nl"),
        ("en", "en"),
        ("en-GB,en;q=0.9,nl;q=0.8", "en"),
        ("nl;q=0.2, en;q=0.3", "en"),
        ("fr, de;q=0.9", "nl"),
        ("en;q=0", "nl"),
        ("*", "nl"),
        (";;;q=x,,en", "en"),
        ("q" * 100_000, "nl"),
    ],
)
def test_the_reader_gets_the_language_they_like_best(header: str, language: str) -> None:
    assert negotiate(header, ("nl", "en")) == language
