"""plein.toml and the environment: what wins, and every fault in one message."""

from pathlib import Path

import pytest

from theme.plugins.settings import SettingsError, load

TOML = '[site]\nid = "plein"\nname = "Plein"\nurl = "https://plein.example/sub/"\nlanguages = ["nl", "en"]\n'


def settings_file(folder: Path, text: str) -> Path:
    path = folder / "plein.toml"
    path.write_text(text, encoding="utf-8")
    return path


def test_links_start_with_the_path_of_the_url(tmp_path: Path) -> None:
    settings = load(settings_file(tmp_path, TOML), {})
    assert (settings.url, settings.origin, settings.base) == (
        "https://plein.example/sub",
        "https://plein.example",
        "/sub",
    )
    assert settings.service == "/sub"


def test_the_environment_wins(tmp_path: Path) -> None:
    environ = {"PLEIN_SITE__URL": "http://127.0.0.1:8000", "PLEIN_SITE__LANGUAGES": '["en", "nl"]'}
    settings = load(settings_file(tmp_path, TOML), {**environ, "PLEIN_SERVICE__URL": "https://dienst.example/x/"})
    assert settings.url == "http://127.0.0.1:8000"
    assert settings.base == ""
    assert settings.languages == ("en", "nl")
    assert settings.service == "https://dienst.example/x"


def test_every_fault_is_in_one_message(tmp_path: Path) -> None:
    path = settings_file(
        tmp_path, '[site]\nurl = "plein"\nlanguages = ["de"]\ntimezone = "Mars"\nrepository_kind = "x"\n'
    )
    with pytest.raises(SettingsError) as error:
        load(path, {})
    for field in ("site.id", "site.name", "site.url", "site.languages", "site.timezone", "site.repository_kind"):
        assert f"plein.toml: {field}" in str(error.value)


@pytest.mark.parametrize("text", ["[site", "\x00", "[site]\nname = 3\n"])
def test_a_file_that_cannot_be_read_is_named(tmp_path: Path, text: str) -> None:
    with pytest.raises(SettingsError, match=r"plein\.toml"):
        load(settings_file(tmp_path, text), {})
    with pytest.raises(SettingsError, match=r"nergens\.toml"):
        load(tmp_path / "nergens.toml", {})
