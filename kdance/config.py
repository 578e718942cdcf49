"""The settings of ``config.yaml``: typed, frozen, unknown keys refused; and the folders kdance lives in.

Defaults live here only: who needs one away from the settings takes it from :data:`DEFAULTS`. The shipped
``config.yaml`` repeats them for reading and a test keeps the two the same.
An option of a command beats ``config.yaml``, which beats the default.
"""

from __future__ import annotations

import os
import reprlib
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Annotated, Any, Final

import platformdirs
import yaml
from pydantic import BaseModel, BeforeValidator, ConfigDict, Field, ValidationError

from kdance.choices import AiLevel, LayoutStyle, Mirror, Strictness, Turn, UseAi
from kdance.errors import ConfigError

CONFIG_NAME = "config.yaml"
OPENAI_URL: Final = "https://api.openai.com/v1"


def _yaml_word(value: object) -> object:
    """YAML 1.1 reads the words on and off as true and false."""
    return {True: "on", False: "off"}[value] if isinstance(value, bool) else value


class _Section(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid", strict=True)


class CameraSettings(_Section):
    """The webcam."""

    source: Annotated[int, Field(ge=0)] | str = Field(0, description="webcam number, or the path or URL of a video")
    width: Annotated[int, Field(ge=160, le=3840)] = Field(640, description="picture width asked of the webcam, pixels")
    height: Annotated[int, Field(ge=120, le=2160)] = Field(
        480, description="picture height asked of the webcam, pixels"
    )
    fps: Annotated[int, Field(ge=5, le=120)] = Field(30, description="frames per second asked of the webcam")
    flip: bool = Field(True, description="show yourself like a mirror; never changes a number")
    rotate: Turn = Field(0, description="degrees to turn its picture clockwise: 0, 90, 180, 270")
    lost_after: Annotated[float, Field(ge=1, le=60)] = Field(
        5.0, description="seconds without a picture that end a session"
    )


class PoseSettings(_Section):
    """The pose network."""

    model: str = Field("full", description="full, lite, or the path of a MediaPipe pose .task file")
    min_confidence: Annotated[float, Field(ge=0, le=1)] = Field(
        0.5, description="below this the network sees nobody, 0..1"
    )
    hands: bool = Field(True, description="find hands while preprocessing")
    lite_when_slow: bool = Field(True, description="take lite in place of full where that can't hold 20 fps")


class TrainingSettings(_Section):
    """A practice session."""

    countdown: Annotated[float, Field(ge=0, le=60)] = Field(
        3.0, description="seconds the webcam has to see you well before the music starts"
    )
    count_in: bool = Field(True, description="count 5, 6, 7, 8 before each start in front of a webcam")
    gestures: bool = Field(True, description="start with both hands up, end with forearms crossed over your head")
    loop: bool = Field(False, description="start the dance again until you quit")
    mirror: Annotated[Mirror, BeforeValidator(_yaml_word)] = Field(
        "auto", description="compare with left and right swapped: auto, on, off"
    )


class ScoringSettings(_Section):
    """How a dance becomes a number."""

    strictness: Strictness = Field("normal", description="easy, normal, strict")


class FeedbackSettings(_Section):
    """The coach."""

    cue_interval: Annotated[float, Field(ge=0.5, le=30)] = Field(2.5, description="seconds a cue stays before the next")
    error_band: Annotated[float, Field(ge=5, le=60)] = Field(15.0, description="degrees of error that need no cue")
    language: str = Field("en", description="of the coach, the window and the report: en, ko")
    ai: Annotated[UseAi, BeforeValidator(_yaml_word)] = Field(
        "ask", description="let a model word cues and summary: ask (once), on, off"
    )
    level: AiLevel = Field(
        "facts", description="what the model gets: facts (numbers alone), picture (a small one too, faces blurred)"
    )
    base_url: str = Field(OPENAI_URL, description="any OpenAI-compatible server, also a local one", repr=False)
    # Sees pictures and answers without thinking aloud first, which a time-out of 4 s leaves no time for.
    model: str = Field("gpt-4.1-mini", description="the model's name on that server", repr=False)
    in_flight: Annotated[int, Field(ge=1, le=4)] = Field(1, description="questions under way at the same time")
    # A question each two seconds for ten minutes.
    max_calls: Annotated[int, Field(ge=1, le=10_000)] = Field(300, description="most questions of a session")


class SoundSettings(_Section):
    """What you hear."""

    music: bool = Field(True, description="play the song")
    voice: bool = Field(False, description="speak the cues")


class WindowSettings(_Section):
    """The practice window."""

    width: Annotated[int, Field(ge=480, le=3840)] = Field(1280, description="window width, pixels")
    height: Annotated[int, Field(ge=320, le=2160)] = Field(720, description="window height, pixels")
    layout: LayoutStyle = Field("auto", description="auto, side (by side), stacked, reference (large), you (large)")
    fullscreen: bool = Field(False, description="fill the screen from the start")
    text: Annotated[float, Field(ge=0.8, le=1.5)] = Field(1.0, description="size of the text, 0.8 to 1.5")
    upcoming: bool = Field(True, description="show the next poses beside the reference")
    ghost: bool = Field(True, description="show the reference's skeleton on you")


class Settings(_Section):
    """All of ``config.yaml``."""

    camera: CameraSettings = CameraSettings()
    pose: PoseSettings = PoseSettings()
    training: TrainingSettings = TrainingSettings()
    scoring: ScoringSettings = ScoringSettings()
    feedback: FeedbackSettings = FeedbackSettings()
    sound: SoundSettings = SoundSettings()
    window: WindowSettings = WindowSettings()

    def changed(self, **sections: dict[str, Any]) -> Settings:
        """These settings with what an option of a command says otherwise; an option that is ``None`` says nothing."""
        changes = {}
        for name, options in sections.items():
            said = {key: value for key, value in options.items() if value is not None}
            changes[name] = getattr(self, name).model_copy(update=said)
        return self.model_copy(update=changes)


DEFAULTS: Final = Settings()
"""Every setting at its default."""


@dataclass(frozen=True, slots=True)
class Home:
    """Where kdance keeps its things.

    Attributes:
        config: The ``config.yaml`` in use, or ``None`` when there is none.
        data: The folder that holds ``references/`` and the session store.
        cache: The folder for what can be made again.
    """

    config: Path | None
    data: Path
    cache: Path

    @property
    def references(self) -> Path:
        """The folder of all references."""
        return self.data / "references"

    @property
    def sessions(self) -> Path:
        """The session store's file."""
        return self.data / "sessions.db"

    @property
    def log(self) -> Path:
        """The file that says what happened."""
        return self.data / "kdance.log"

    @property
    def ai(self) -> Path:
        """The file with the dancer's answers about the AI coach."""
        return self.data / "ai.json"

    @property
    def ai_picture(self) -> Path:
        """The first picture that a model would have got; there until the dancer has said whether it may."""
        return self.data / "ai-picture.jpg"

    @property
    def calibration(self) -> Path:
        """The file with what ``kdance calibrate`` has measured."""
        return self.data / "calibration.json"


def expanded(path: Path) -> Path:
    """The path with ``~`` as the home folder; as it is when there is no such user, or that can be no path."""
    try:
        return path.expanduser()
    except (RuntimeError, ValueError):
        return path


def find_home() -> Home:
    """Find the configuration and the folders: KDANCE_HOME, current folder, the user's own folders."""
    if home := os.environ.get("KDANCE_HOME"):
        root = Path(home).expanduser().resolve()
        config = root / CONFIG_NAME
        return Home(config if config.is_file() else None, root, root / "cache")
    cache = platformdirs.user_cache_path("kdance", appauthor=False)
    data = platformdirs.user_data_path("kdance", appauthor=False)
    folders = [platformdirs.user_config_path("kdance", appauthor=False), data]
    with suppress(FileNotFoundError):  # the current folder may have been deleted
        folders.insert(0, Path.cwd())
    for folder in folders:
        if (folder / CONFIG_NAME).is_file():
            return Home(folder / CONFIG_NAME, folder, cache)
    return Home(None, data, cache)


def load_settings(path: Path | None) -> Settings:
    """Read ``config.yaml``.

    Args:
        path: The file, or ``None`` for the defaults.

    Raises:
        ConfigError: The file can't be read, is not YAML, or has a key or value that is not allowed; the message
            names ``section.key``, what is wrong and what is allowed.
    """
    if path is None:
        return Settings()
    return parse_settings(read_config(path), path)


def read_config(path: Path) -> str:
    """What stands in a ``config.yaml``.

    Raises:
        ConfigError: It can't be read, or is not text.
    """
    try:
        return path.read_text(encoding="utf-8")
    except OSError as error:
        raise ConfigError(f"{path} can't be read: {error.strerror}.", "Check who may read it.") from error
    except UnicodeDecodeError as error:
        raise ConfigError(
            f"{path} is not UTF-8 text.", "Save it as UTF-8, or delete it to use the defaults."
        ) from error


def parse_settings(text: str, path: Path) -> Settings:
    """The settings that a text says.

    Args:
        text: As in ``config.yaml``.
        path: The file it stands in, for the message.

    Raises:
        ConfigError: As for :func:`load_settings`.
    """
    try:
        values = yaml.safe_load(text)
    except (yaml.YAMLError, ValueError, RecursionError) as error:  # ValueError: a date or number that can't be
        where = getattr(error, "problem_mark", None)
        line = f" in line {where.line + 1}" if where else ""
        raise ConfigError(f"{path} is not valid YAML{line}.", "Mend it, or delete it to use the defaults.") from error
    if values is None:
        return Settings()
    if not isinstance(values, dict):
        raise ConfigError(f"{path} must hold sections such as 'camera:', not {reprlib.repr(values)}.")
    try:
        # A section whose keys are all commented out is None.
        return Settings.model_validate({key: {} if section is None else section for key, section in values.items()})
    except ValidationError as error:
        problems: dict[tuple[str, ...], list[Any]] = {}  # by key: a setting of two types fails once for each
        for detail in error.errors():
            problems.setdefault(tuple(map(str, detail["loc"][:2])), []).append(detail)
        raise ConfigError(f"{path}: {'; '.join(_sentence(*problem) for problem in problems.items())}.") from error


def _sentence(path: tuple[str, ...], details: list[Any]) -> str:
    """Pydantic's errors of a key as 'section.key: what is wrong, what is allowed'."""
    key, kind = ".".join(path), details[0]["type"]
    if kind in ("extra_forbidden", "invalid_key"):
        section, dot, name = path[-1].partition(".")
        if dot and section in Settings.model_fields:
            return f"{key}: write '{section}:' and, indented in the next line, '{name}:'"
        return f"{key}: no such setting; allowed here: {', '.join(_allowed(path))}"
    if kind in ("model_type", "model_attributes_type"):
        return f"{key}: must hold settings; allowed here: {', '.join(_allowed((*path, '')))}"
    allowed = " or ".join(detail["msg"].removeprefix("Input should be ") for detail in details)
    return f"{key}: must be {allowed}, not {reprlib.repr(details[0]['input'])}"


def _allowed(path: tuple[str, ...]) -> list[str]:
    model: type[BaseModel] = Settings
    if len(path) > 1 and path[0] in Settings.model_fields:
        section = Settings.model_fields[path[0]].annotation
        assert isinstance(section, type)
        assert issubclass(section, BaseModel)
        model = section
    return list(model.model_fields)
