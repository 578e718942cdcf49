"""The settings: one place for defaults, and a sentence for everything that is not allowed."""

from __future__ import annotations

import errno
from pathlib import Path
from typing import Any

import platformdirs
import pytest
import yaml
from pydantic import BaseModel, ValidationError

import kdance
from kdance.config import Settings, find_home, load_settings
from kdance.errors import ConfigError

SHIPPED = Path(kdance.__file__).parent.parent / "config.yaml"
SECTIONS: dict[str, type[BaseModel]] = {name: type(getattr(Settings(), name)) for name in Settings.model_fields}


@pytest.fixture
def config(tmp_path: Path) -> Path:
    return tmp_path / "config.yaml"


def refused(config: Path, text: str | bytes) -> str:
    """What is said of a config.yaml, without its path."""
    config.write_bytes(text.encode() if isinstance(text, str) else text)
    with pytest.raises(ConfigError) as error:
        load_settings(config)
    message = str(error.value)
    assert message.startswith(str(config))
    assert "\n" not in message
    return message.removeprefix(str(config)).removeprefix(": ")


# The shipped file


def documented(text: str) -> list[tuple[str, Any, str]]:
    """(section.key, value, comment) of each line of a config.yaml with a key in a section."""
    found, section = [], ""
    for line in text.splitlines():
        if not line.startswith("  "):
            section = line.removesuffix(":")
            continue
        setting, _, comment = line.partition("  # ")
        ((key, value),) = yaml.safe_load(setting).items()
        found.append((f"{section}.{key}", value, comment))
    return found


def test_the_shipped_file_shows_every_setting_with_its_default_and_comment() -> None:
    expected = [
        (f"{section}.{key}", field.default, field.description)
        for section, model in SECTIONS.items()
        for key, field in model.model_fields.items()
    ]
    assert documented(SHIPPED.read_text("utf-8")) == expected


def test_the_shipped_file_says_what_the_defaults_say() -> None:
    assert load_settings(SHIPPED) == load_settings(None) == Settings()
    assert list(yaml.safe_load(SHIPPED.read_text("utf-8"))) == list(SECTIONS)


def test_every_setting_has_a_comment_of_one_line() -> None:
    for model in SECTIONS.values():
        for field in model.model_fields.values():
            assert field.description
            assert "\n" not in field.description


@pytest.mark.parametrize("section", SECTIONS)
def test_every_default_is_allowed(section: str) -> None:
    model = SECTIONS[section]
    assert model.model_validate(model().model_dump()) == model()


# What is taken


def test_what_is_left_out_keeps_its_default(config: Path) -> None:
    config.write_text("camera:\n  width: 1280\nscoring:\n  strictness: easy\n")
    settings = load_settings(config)
    assert settings.camera.width == 1280
    assert settings.scoring.strictness == "easy"
    assert settings.camera.height == Settings().camera.height


@pytest.mark.parametrize(
    "text",
    ["", "# nothing\n", "camera:\n", "camera:\n  # width: 640\n", "{}", "---\n...\n", "\ufeffcamera:\n  source: 0\n"],
    ids=["empty", "comment", "empty section", "all commented out", "braces", "document marks", "byte order mark"],
)
def test_an_empty_file_is_the_defaults(config: Path, text: str) -> None:
    config.write_text(text, encoding="utf-8")
    assert load_settings(config) == Settings()


@pytest.mark.parametrize("word", ["auto", "on", "off", "'on'", "yes", "no"])
def test_on_and_off_may_be_written_without_quotes(config: Path, word: str) -> None:
    """YAML 1.1 makes truth values of them."""
    config.write_text(f"training:\n  mirror: {word}\n")
    expected = {"yes": "on", "no": "off", "'on'": "on"}.get(word, word)
    assert load_settings(config).training.mirror == expected


def test_a_whole_number_is_fine_where_seconds_are_wanted(config: Path) -> None:
    config.write_text("training:\n  countdown: 3\n")
    assert load_settings(config).training.countdown == 3.0


@pytest.mark.parametrize("source", ["0", "2", "dance.mp4", "http://127.0.0.1:8080/video", "마그네틱.mp4"])
def test_a_camera_is_a_number_or_a_name(config: Path, source: str) -> None:
    config.write_text(f"camera:\n  source: {source}\n", encoding="utf-8")
    assert str(load_settings(config).camera.source) == source


def test_settings_can_t_be_changed() -> None:
    with pytest.raises(ValidationError):
        Settings().camera.width = 800  # type: ignore[misc]


# What is refused


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("cam:\n  width: 640", "cam: no such setting; allowed here: camera, pose, "),
        ("cam:", "cam: no such setting; "),
        ("camera:\n  wdth: 640", "camera.wdth: no such setting; allowed here: source, width, height, "),
        ("camera.width: 640", "camera.width: write 'camera:' and, indented in the next line, 'width:'"),
        ("camra.width: 640", "camra.width: no such setting; allowed here: camera, pose, "),
        ("5: 640", "5: no such setting; allowed here: camera, "),
        ("camera:\n  5: 640", "camera.5: no such setting; allowed here: source, "),
        ("camera: 640", "camera: must hold settings; allowed here: source, "),
        ("camera: [640]", "camera: must hold settings; allowed here: source, "),
        ("camera:\n  width: '640'", "camera.width: must be a valid integer, not '640'."),
        ("camera:\n  width: 640.5", "camera.width: must be a valid integer, not 640.5."),
        ("camera:\n  width: yes", "camera.width: must be a valid integer, not True."),
        ("camera:\n  width:", "camera.width: must be a valid integer, not None."),
        ("camera:\n  flip: 1", "camera.flip: must be a valid boolean, not 1."),
        ("camera:\n  source: yes", "camera.source: must be a valid integer or a valid string, not True."),
        ("camera:\n  source: -1", "camera.source: must be greater than or equal to 0 or a valid string, not -1."),
        ("pose:\n  model: 5", "pose.model: must be a valid string, not 5."),
        ("feedback:\n  cue_interval: 2,5", "feedback.cue_interval: must be a valid number, not '2,5'."),
        ("camera:\n  width: 100", "camera.width: must be greater than or equal to 160, not 100."),
        ("pose:\n  min_confidence: 1.5", "pose.min_confidence: must be less than or equal to 1, not 1.5."),
        ("training:\n  countdown: .nan", "training.countdown: must be "),
        ("training:\n  countdown: .inf", "training.countdown: must be less than or equal to 60, not inf."),
        ("training:\n  mirror: maybe", "training.mirror: must be 'auto', 'on' or 'off', not 'maybe'."),
        ("scoring:\n  strictness: hard", "scoring.strictness: must be 'easy', 'normal' or 'strict', not 'hard'."),
        ("scoring:\n  strictness: [easy]", "scoring.strictness: must be 'easy', "),
        ("feedback:\n  api_key: sk-1", "feedback.api_key: no such setting; "),
    ],
    ids=lambda text: text.replace("\n ", "") if "\n" in text else None,
)
def test_a_setting_that_is_not_allowed(config: Path, text: str, said: str) -> None:
    assert refused(config, text).startswith(said)


def test_several_mistakes_are_told_at_once(config: Path) -> None:
    said = refused(config, "camera:\n  width: 1\n  height: x\nwindw: {}\n")
    assert [part.split(":")[0] for part in said.split("; ")] == [
        "camera.width",
        "camera.height",
        "windw",
        "allowed here",
    ]


def test_a_long_value_is_told_in_short(config: Path) -> None:
    assert len(refused(config, f"camera:\n  width: '{'9' * 5000}'")) < 120


@pytest.mark.parametrize("text", ["- camera", "camera", "5", "true", "2026-11-22"])
def test_a_file_without_sections(config: Path, text: str) -> None:
    assert refused(config, text).startswith(" must hold sections such as 'camera:', not ")


@pytest.mark.parametrize(
    ("text", "line"),
    [
        ("camera: [", " in line 1"),
        ("camera:\n  width: 640\n height: 480", " in line 3"),
        ("camera:\n\twidth: 640", " in line 2"),
        ("camera: {width: 640", " in line 1"),
        ("pose:\n  model: 'full", " in line 2"),
        ("camera: !!python/object/apply:os.getcwd []", " in line 1"),
        ("camera: *unknown", " in line 1"),
        ("{[1]: 2}", " in line 1"),
        ("camera:\n  width: \0", ""),
        ("camera:\n  source: 2026-13-45", ""),
        ("camera:\n  width: 0b_", ""),
        ("camera:\n  width: " + "9" * 5000, ""),
        ("[" * 1000, ""),
    ],
    ids=lambda value: repr(value[:30]),
)
def test_a_file_that_is_no_yaml(config: Path, text: str, line: str) -> None:
    assert refused(config, text) == f" is not valid YAML{line}. Mend it, or delete it to use the defaults."


@pytest.mark.parametrize(
    "data", ["camera:\n".encode("utf-16"), b"camera:\n  source: caf\xe9.mp4\n"], ids=["utf-16", "latin-1"]
)
def test_a_file_that_is_not_utf_8(config: Path, data: bytes) -> None:
    assert refused(config, data).startswith(" is not UTF-8 text.")


def test_a_file_that_may_not_be_read(config: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def denied(*_: object, **__: object) -> str:
        raise PermissionError(errno.EACCES, "Permission denied", str(config))

    monkeypatch.setattr(Path, "read_text", denied)
    with pytest.raises(ConfigError) as error:
        load_settings(config)
    assert str(error.value) == f"{config} can't be read: Permission denied. Check who may read it."


# Where everything lives


@pytest.fixture
def no_home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """An empty current folder, and no KDANCE_HOME."""
    monkeypatch.delenv("KDANCE_HOME")
    folder = tmp_path / "here"
    folder.mkdir()
    monkeypatch.chdir(folder)
    return folder


def test_kdance_home_holds_everything_and_hides_the_current_folder(
    home: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "config.yaml").write_text("broken: [")
    monkeypatch.chdir(tmp_path)
    found = find_home()
    assert found.config is None
    assert {found.data, found.references.parent, found.sessions.parent, found.cache.parent} == {home}
    home.mkdir()
    (home / "config.yaml").touch()
    assert find_home().config == home / "config.yaml"


def test_looking_for_the_home_makes_nothing(home: Path) -> None:
    find_home()
    assert not home.exists()


def test_the_current_folder_s_config_comes_first(no_home: Path) -> None:
    (no_home / "config.yaml").touch()
    found = find_home()
    assert found.config == no_home / "config.yaml"
    assert found.references == no_home / "references"
    assert found.sessions.parent == no_home


def test_the_user_s_config_comes_second(no_home: Path) -> None:
    folder = platformdirs.user_config_path("kdance", appauthor=False)
    folder.mkdir(parents=True, exist_ok=True)
    (folder / "config.yaml").touch()
    try:
        found = find_home()
        assert found.config == folder / "config.yaml"
        assert found.references == folder / "references"
    finally:
        (folder / "config.yaml").unlink()


def test_without_a_config_the_platform_s_data_folder_is_used(no_home: Path) -> None:
    found = find_home()
    assert found.config is None
    assert found.data == platformdirs.user_data_path("kdance", appauthor=False)
    assert no_home not in found.references.parents


def test_a_deleted_current_folder_is_no_reason_to_fail(no_home: Path) -> None:
    no_home.rmdir()
    assert find_home().config is None


def test_tests_can_t_reach_the_user_s_files(no_home: Path, tmp_path_factory: pytest.TempPathFactory) -> None:
    found = find_home()
    base = tmp_path_factory.getbasetemp()
    for folder in (Path.home(), found.data, found.cache, platformdirs.user_config_path("kdance")):
        assert base in folder.parents


def test_the_server_and_its_model_are_in_no_repr() -> None:
    """An address may hold a password, and a traceback shows what it likes."""
    settings = load_settings(None).changed(feedback={"base_url": "https://me:pw@ai.example/v1", "model": "secret-7b"})
    assert settings.feedback.model == "secret-7b"
    for hidden in ("pw@", "ai.example", "secret-7b"):
        assert hidden not in repr(settings)
        assert hidden not in str(settings.feedback)
