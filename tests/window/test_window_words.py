"""The practice window speaks the dancer's language: nothing is left in another, and every word has room."""

from __future__ import annotations

import dataclasses
import re
from collections.abc import Callable, Iterator
from contextlib import nullcontext
from itertools import product
from pathlib import Path
from typing import Any, get_args

import numpy as np
import pytest

from kdance.coach.live_coach import OfflineCoach
from kdance.coach.rules import RulesCoach
from kdance.config import Settings
from kdance.motion.scoring import Grade
from kdance.motion.setup_check import Advice, Check, Finding, Setup, check_setup
from kdance.motion.speed_ladder import News
from kdance.pose import Frame
from kdance.practice.contract import NoView
from kdance.practice.ending import reword
from kdance.practice.room import Room
from kdance.practice.signals import StopSignals
from kdance.practice.state import LiveState, Note, SetupState, TakeState, Toast
from kdance.practice.transport import Practice, Song
from kdance.window import boxes, end_screen, help_screen, overlay, setup_screen, text, widgets
from kdance.window.calibration_window import CalibrationWindow
from kdance.window.end_screen import draw_end
from kdance.window.help_screen import draw_help
from kdance.window.overlay import Scene, draw_scene
from kdance.window.practice_window import WindowView
from kdance.window.scenes import SceneMaker, Surroundings
from kdance.window.setup_screen import draw_setup
from kdance.window.words import WindowWords
from kdance.words.phrases import available_languages, load_phrases
from tests.motion_factory import make_pose, make_sequence
from tests.session_factory import FPS, ScriptedCamera, ScriptedView, Studio, the_dance
from tests.window.test_practice_window import GlassWindow

LANGUAGES = available_languages()
OTHERS = [language for language in LANGUAGES if language != "en"]
SIZES = [(1280, 720), (720, 1280), (480, 320)]
IMAGE = np.full((480, 640, 3), 150, np.uint8)
# Not in the dancer's language: keys, settings, and what is the same everywhere.
TYPED = re.compile(
    r"(?<![A-Za-z])(Space|Esc|[A-Za-z]|AI|fps|x|camera\.(width|height)|--rotate|both_up|one_up|crossed)(?![A-Za-z])"
)
NOT_ITS_OWN = {"title", "cue", "cue_kind", "layout"}  # the dance's name, the coach's words, and what is no text


@pytest.fixture
def studio(home: Path, monkeypatch: pytest.MonkeyPatch) -> Studio:
    return Studio(home, monkeypatch, the_dance())


def names(section: str) -> set[str]:
    """The sentences of a section of the window."""
    prefix = f"window.{section}."
    return {key.removeprefix(prefix) for key in load_phrases("en").sentences if key.startswith(prefix)}


def words_in(scene: Any) -> Iterator[str]:
    """Every text of a scene."""
    if isinstance(scene, str):
        yield scene
    elif isinstance(scene, tuple):
        for item in scene:
            yield from words_in(item)
    elif dataclasses.is_dataclass(scene):
        for field in dataclasses.fields(scene):
            if field.name not in NOT_ITS_OWN:
                yield from words_in(getattr(scene, field.name))


def foreign(words: str) -> list[str]:
    """The words in Latin letters that nobody types."""
    return re.findall(r"[A-Za-z]+", TYPED.sub("", words))


# -- everything has its words -----------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("section", "expected"),
    [
        ("setup.finding", get_args(Finding)),
        ("setup.advice", get_args(Advice)),
        ("note", (*get_args(Note), "fps")),
        ("ladder", get_args(News)),
    ],
)
def test_there_are_words_for_all_that_can_be_told_and_for_nothing_else(section: str, expected: tuple[str, ...]) -> None:
    assert names(section) == set(expected)


@pytest.mark.parametrize("language", LANGUAGES)
def test_every_grade_has_its_word(language: str) -> None:
    words = WindowWords(load_phrases(language))
    grades = get_args(Grade)
    assert len({words.grade(grade) for grade in grades}) == len(grades)


def test_every_key_is_told_in_every_language(studio: Studio) -> None:
    """With the values the sentence needs."""
    pressed = ["left", "right", "r", "-", "+", "a", "b", "l", "l", "m", "m", "s", "s", "space", "space"]
    told = []
    for options in ({}, {"free": True}):
        camera = ScriptedCamera([number / FPS for number in range(2 * len(pressed) + 6)])
        view = ScriptedView(keys={2 * number + 2: key for number, key in enumerate(pressed)})
        with studio.sound() as playback:
            studio.train(the_dance(), view=view, camera=camera, playback=playback, practice=Practice(), **options)
        told += [state.toast for state in view.states if state.toast is not None]
    assert {toast.name for toast in told} == {f"toast.{name}" for name in names("toast")}
    for language, toast in product(LANGUAGES, told):
        assert "{" not in WindowWords(load_phrases(language)).toast(toast)


@pytest.mark.parametrize(
    ("setup", "headline"),
    [
        (
            check_setup(None, width_px=640, height_px=480, brightness=120, fps=30),
            "Step in front of the camera: I can't",
        ),
        (check_setup(None, width_px=640, height_px=480, brightness=9, fps=30), "Turn on a light in front of you: I"),
        (Setup((Check("body", False, "feet_missing", "step_back", True),)), "Step back: I can't see your feet."),
        (Setup((Check("body", False, "hands_cut_off", "step_left", True),)), "Step to your left: your hands are cut"),
        (Setup((Check("body", True, "seen"), Check("camera", False, "few_pictures", "more_light"))), "Looks good - "),
    ],
)
def test_the_headline_says_what_to_do_and_why(setup: Setup, headline: str) -> None:
    state = SetupState(setup=setup, seconds_left=2)
    words = WindowWords(load_phrases("en"))
    assert words.headline(state).startswith(headline)
    assert words.headline(dataclasses.replace(state, gesture_share=0.5)) == "Hands up: it starts"


def test_findings_begin_with_a_capital_letter_in_the_list() -> None:
    item = WindowWords(load_phrases("en")).setup_item(
        Check("camera", True, "good_camera", figures={"width": 640, "height": 480, "fps": 30})
    )
    assert (item.text, item.ok, item.advice) == ("Camera: 640 x 480, 30 fps", True, "")


# -- nothing is left in another language ------------------------------------------------------------------------------


# What is found, with all that may be done about it.
REMEDIES: dict[Finding, tuple[Advice | None, ...]] = {
    "turned": ("rotate",),
    "seen": (None,),
    "seen_half": (None,),
    "nobody": ("step_in_front",),
    "nobody_in_the_dark": ("turn_on_light",),
    "head_and_feet_missing": ("step_back",),
    "feet_missing": ("step_back",),
    "head_missing": ("step_back_or_tilt",),
    **dict.fromkeys(
        ("body_cut_off", "feet_cut_off", "head_cut_off", "hands_cut_off"), ("step_back", "step_left", "step_right")
    ),
    "good_distance": (None,),
    "too_close": ("step_back",),
    "too_far": ("come_closer",),
    "good_light": (None,),
    "dark": ("turn_on_light",),
    "good_camera": (None,),
    "few_pictures": ("more_light",),
    "few_lines": ("more_lines",),
}  # fmt: skip


def setups() -> Iterator[SetupState]:
    """Every finding with every advice, in a list of four and, where the dance waits for it, as the headline."""
    assert set(REMEDIES) == set(get_args(Finding))
    assert {advice for remedies in REMEDIES.values() for advice in remedies} == {None, *get_args(Advice)}
    figures = {"width": 1920, "height": 1080, "fps": 30, "degrees": 270}
    told = ("dark", "few_pictures", "few_lines")  # and nobody waits for it
    for finding, remedies in REMEDIES.items():
        for advice in remedies:
            blocks = advice is not None and finding not in told
            check = Check("body", advice is None, finding, advice, blocks=blocks, figures=figures)
            yield SetupState(setup=Setup((check,) * 4), seconds_left=10, share=0.2)
    yield SetupState(gesture_share=0.5)
    yield SetupState(has_others=True)


def toasts() -> Iterator[Toast]:
    values = {"time": "10:44", "speed": "0.75"}
    yield from (Toast(f"toast.{name}", values) for name in sorted(names("toast")))
    yield from (Toast(f"ladder.{news}", values) for news in get_args(News))


def live_states() -> Iterator[LiveState]:
    """All that can be seen while dancing besides cues."""
    yield from (LiveState(toast=toast) for toast in toasts())
    yield from (LiveState(song=Song(phase="paused"), take=TakeState(notes=(note,))) for note in get_args(Note))
    yield LiveState(song=Song(speed=0.75), take=TakeState(notes=get_args(Note)))
    yield LiveState(sound="muted", is_light=True)
    for score in (1.0, 0.85, 0.65, 0.45):
        yield LiveState(take=TakeState(phrase=(score, 0.0)))


def all_scenes(maker: SceneMaker, studio: Studio) -> Iterator[tuple[Callable[..., text.Image], Any]]:
    """Every scene the window can show, with what draws it."""
    pose = make_pose()
    for setup in setups():
        yield draw_setup, maker.setup(IMAGE, pose, setup)
    for state in live_states():
        yield draw_scene, maker.dancing(IMAGE, pose, state, Surroundings(picture=IMAGE))
    report = studio.train(the_dance(), seconds=0.5).report
    assert report is not None
    bare = report.model_copy(update={"strengths": (), "improvement_areas": ()})  # the coach's words, not the window's
    yield draw_end, maker.end(IMAGE, bare)
    yield draw_end, maker.end(IMAGE, bare.model_copy(update={"average_similarity": None}))
    yield draw_end, maker.waiting(IMAGE)
    yield draw_help, maker.help()


def calibrating(language: str, size: tuple[int, int], monkeypatch: pytest.MonkeyPatch) -> list[Any]:
    """The scenes of a measurement of the camera's delay."""
    scenes: list[Any] = []

    def draw(scene: Any, *where: int, **rest: Any) -> text.Image:
        scenes.append(scene)
        return draw_setup(scene, *where, **rest)

    window: Any = GlassWindow()
    window.width, window.height = size
    monkeypatch.setattr("kdance.window.calibration_window.draw_setup", draw)
    view = CalibrationWindow(window, load_phrases(language), flip=True)
    for pose, heard in ((None, 0), (make_pose(), 12)):
        view.show_calibration(Frame(IMAGE, 0.0), pose, heard, 12)
    return scenes


def scene_maker(studio: Studio, language: str) -> SceneMaker:
    return SceneMaker(studio.dance.reference, load_phrases(language), error_band=15.0, gestures=True, flip=True)


def test_nothing_the_window_can_show_is_english(studio: Studio, monkeypatch: pytest.MonkeyPatch) -> None:
    scenes = [scene for _, scene in all_scenes(scene_maker(studio, "ko"), studio)]
    scenes += calibrating("ko", SIZES[0], monkeypatch)
    words = {said for scene in scenes for said in words_in(scene) if said}
    assert len(words) > 100
    assert {said: foreign(said) for said in words if foreign(said)} == {}


class Session:
    """A live session in a window of a language, from the set-up check to the end, and every scene of it."""

    def __init__(self, studio: Studio, monkeypatch: pytest.MonkeyPatch, language: str) -> None:
        self.scenes: list[Any] = []
        self.keys, self._pressed_at = ["space", "h", *"hm-abgvls", "space", "space", "left", "r"], 0
        window = GlassWindow()
        window.poll = self._poll  # type: ignore[method-assign]
        for name in ("draw_setup", "draw_scene", "draw_end"):
            monkeypatch.setattr(f"kdance.window.practice_window.{name}", self._kept(globals()[name]))
        monkeypatch.setattr("kdance.window.practice_window.draw_help", self._help)
        settings = Settings().changed(feedback={"language": language}, window={"width": 480, "height": 320})
        camera = ScriptedCamera([number / FPS for number in range(100)])
        with (
            studio.sound() as playback,
            WindowView(
                studio.dance.reference, settings, error_band=15.0, window=window, now=studio.set_clock.now
            ) as view,  # type: ignore[arg-type]
        ):
            outcome = studio.train(
                make_sequence("dance", seconds=4.0), view=view, camera=camera, countdown=0.4, playback=playback  # type: ignore[arg-type]
            )  # fmt: skip
            assert outcome.report is not None
            view.show_end(outcome.report.model_copy(update={"strengths": (), "improvement_areas": ()}))
        assert self.keys == []

    def _poll(self, timeout_ms: int = 1) -> str | None:
        """Presses the next key when the last one has been seen."""
        if not self.keys or len(self.scenes) < self._pressed_at + 4:
            return None
        self._pressed_at = len(self.scenes)
        return self.keys.pop(0)

    def _kept(self, draw: Callable[..., text.Image]) -> Callable[..., text.Image]:
        def drawn(scene: Any, *size: int, **rest: Any) -> text.Image:
            self.scenes.append(scene)
            return draw(scene, *size, **rest)

        return drawn

    def _help(self, picture: text.Image, scene: Any) -> text.Image:
        self.scenes.append(scene)
        return draw_help(picture, scene)


def test_a_whole_session_is_in_the_dancers_language(studio: Studio, monkeypatch: pytest.MonkeyPatch) -> None:
    session = Session(studio, monkeypatch, "ko")
    assert {type(scene).__name__ for scene in session.scenes} == {"SetupScene", "Scene", "EndScene", "HelpScene"}
    words = {said for scene in session.scenes for said in words_in(scene) if said}
    assert len(words) > 40
    assert {said: foreign(said) for said in words if foreign(said)} == {}


@pytest.mark.parametrize("language", OTHERS)
def test_no_other_language_has_a_sentence_of_the_english_window(language: str) -> None:
    english, other = load_phrases("en").sentences, load_phrases(language).sentences
    said = [key for key, sentence in english.items() if key.startswith("window.") and foreign(gapless(sentence))]
    assert len(said) > 90
    assert [key for key in said if english[key] == other[key]] == []


def gapless(sentence: str | tuple[str, ...]) -> str:
    """A sentence without what is put in."""
    assert isinstance(sentence, str)
    return re.sub("{.*?}", "", sentence)


def test_waiting_for_the_coach_is_told_in_the_dancers_language(studio: Studio) -> None:
    told: list[str] = []

    def waiting(words: str) -> nullcontext[None]:
        told.append(words)
        return nullcontext()

    report = studio.train(the_dance(), seconds=0.5).report
    assert report is not None
    phrases = load_phrases("ko")
    reword(report, OfflineCoach(RulesCoach()), Room(NoView(), waiting=waiting, phrases=phrases), StopSignals())
    assert told == [phrases.text("window.ai_working")]


# -- every word has room ----------------------------------------------------------------------------------------------


@pytest.fixture
def cut(monkeypatch: pytest.MonkeyPatch) -> set[str]:
    """The texts that had no room and were cut while this is used."""
    found: set[str] = set()

    def shorten(words: str, *rest: Any) -> str:
        fitting = text.shorten(words, *rest)
        if fitting != words:
            found.add(words)
        return fitting

    for module in (boxes, end_screen, widgets):
        monkeypatch.setattr(module, "shorten", shorten)

    def fit_lines(words: str, *room: Any, **sizes: Any) -> tuple[int, tuple[str, ...]]:
        size, lines = text.fit_lines(words, *room, **sizes)
        if " ".join(lines).split() != words.split():
            found.add(words)
        return size, lines

    for module in (help_screen, overlay, setup_screen, widgets):
        monkeypatch.setattr(module, "fit_lines", fit_lines)
    for cached in (boxes.top_rows, boxes.score_box, boxes.cue_box, help_screen._panel):
        cached.cache_clear()
    return found


@pytest.mark.parametrize("language", LANGUAGES)
@pytest.mark.parametrize("size", SIZES, ids=lambda size: f"{size[0]}x{size[1]}")
def test_every_word_of_the_window_fits_into_its_place(
    studio: Studio, cut: set[str], monkeypatch: pytest.MonkeyPatch, language: str, size: tuple[int, int]
) -> None:
    for draw, scene in all_scenes(scene_maker(studio, language), studio):
        if draw is draw_help:
            draw_help(np.zeros((size[1], size[0], 3), np.uint8), scene)
        else:
            draw(scene, *size)
    calibrating(language, size, monkeypatch)
    assert cut == set()


def test_what_is_foreign_is_found() -> None:
    """The instrument above."""
    assert foreign("AI 켜짐, 30 fps, Space: 계속하기, camera.width와") == []
    assert foreign("Space: go on") == ["go", "on"]
    assert list(words_in(Scene(IMAGE, badges=("AI on",), toast="From 0:04")))[-6:] == [
        "AI on",
        "From 0:04",
        "",
        "",
        "",
        "",
    ]


def test_what_has_no_room_is_found(cut: set[str]) -> None:
    """The instrument above."""
    long = "W" * 300
    draw_scene(Scene(IMAGE, make_pose(), toast=long, warnings=(long + "!",), badges=(long + "?",)), 480, 320)
    assert cut == {long, long + "!", long + "?"}
