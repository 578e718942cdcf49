"""What the window says at one moment never contradicts itself."""

from __future__ import annotations

import dataclasses
from functools import cache
from itertools import product

import numpy as np
import pytest

from kdance.coach.facts import Tip
from kdance.motion.scoring import grade
from kdance.motion.timeline import Observation
from kdance.practice.state import LiveState, TakeState
from kdance.review.lateness import Span
from kdance.window.boxes import score_px
from kdance.window.hints import hint_size
from kdance.window.layout import window_layout
from kdance.window.scenes import said_together
from kdance.window.screen_layouts import end_layout, setup_layout, start_layout
from kdance.window.start_screen import DanceTile, StartScene, draw_start
from kdance.window.text import BOLD, draw_text, fit_lines
from kdance.window.widgets import CUE, HINT, font_px
from kdance.window.words import WindowWords
from kdance.words.phrases import load_phrases

SCORES = [None, float("nan"), 0.0, 0.3, 0.55, 0.65, 0.75, 0.85, 0.93, 1.0]
TIPS = [
    None,
    Tip("Raise your left arm", "medium", ("left_shoulder",), False),
    Tip("Dance along: you stand still", "high", (), False),
    Tip("Spot on!", "low", (), True),
]
HIGH, LOW = {"perfect", "great"}, {"miss", "ok"}


def observation(unseen: tuple[str, ...]) -> Observation:
    fields = {field.name: 0.5 for field in dataclasses.fields(Observation)}
    return Observation(**(fields | {"unseen": unseen, "errors": np.zeros(8)}))  # type: ignore[arg-type]


@pytest.mark.parametrize("unseen", [(), ("legs",)])
@pytest.mark.parametrize("tip", TIPS)
def test_cue_grade_and_flash_agree_in_every_state(tip: Tip | None, unseen: tuple[str, ...]) -> None:
    shown_flash = 0
    for score, phrase, age in product(SCORES, SCORES[2:], (0.0, 0.5, 5.0)):
        assert phrase is not None
        take = TakeState(score=score, tip=tip, phrase=(phrase, 10.0), observation=observation(unseen))
        said = said_together(LiveState(take=take), 10.0 + age)
        flash = None if said.flash is None else said.flash[0]
        if said.tip is not None and not said.tip.is_positive:
            assert said.grade != "perfect"
            assert flash is None
        if said.tip is not None and said.tip.is_positive:
            assert said.grade not in LOW
            assert flash not in LOW
        if unseen:
            assert said.grade != "perfect"
            assert flash not in HIGH
        if flash is not None and said.grade is not None:
            assert flash == said.grade
        if tip is not None and not tip.is_positive:
            assert said.tip is tip  # a fault is never kept from the dancer
        if score is not None and np.isfinite(score) and tip is None and not unseen:
            assert said.grade == grade(score)
        shown_flash += flash is not None
    assert (shown_flash > 0) == (tip is None or tip.is_positive) or unseen


@pytest.mark.parametrize("language", ["en", "ko"])
def test_the_window_says_beats_and_never_milliseconds(language: str) -> None:
    phrases = load_phrases(language)
    words = WindowWords(phrases)
    for name in ("late", "early"):
        line = phrases.text(f"area.{name}", milliseconds=130)
        for per_count in (None, 0.5):
            told = words.in_beats(line, per_count)
            assert phrases.text("window.beats.milliseconds") not in told.replace("beats", "")
            assert "130" not in told
        assert words.text("beats.quarter") in words.in_beats(line, 0.5)
    assert words.in_beats("Right on the beat.", 0.5) == "Right on the beat."


# -- letters that are read from afar ---------------------------------------------------------------------------------


def arc_minutes(size: float, width: int) -> float:
    """Height of a font's capitals, seen from 2.5 m on a 13-inch screen (286 mm wide) that the picture fills."""
    picture = np.zeros((400, 400, 3), np.uint8)
    draw_text(picture, "H", 10, 300, 200, (255, 255, 255), BOLD)
    capital = np.ptp(np.nonzero(picture.any(axis=(1, 2)))[0]) / 200
    return float(np.degrees(np.arctan(capital * size * 286 / width / 2500)) * 60)


SAID = (
    "left_", "right_", "both_", "in_phrase", "unseen_", "late.", "early.", "standing_still", "wrong_dance", "praise."
)  # fmt: skip


@cache
def sentences(language: str) -> list[str]:
    """What is said while dancing, with what stands in it."""
    phrases = load_phrases(language)
    values = {"parts": phrases.parts(["arms"]), "seconds": "0.3", "counts": 4}
    cue = phrases.text("cue.left_elbow.negative")
    return [
        phrases.text(key, turn=turn, cue=cue[:1].lower() + cue[1:], **values)
        for key in phrases.sentences
        if key.removeprefix("cue.").startswith(SAID) and key.startswith(("cue.", "praise."))
        for turn in range(len(phrases.variants(key)))
    ]


@pytest.mark.parametrize(("width", "height"), [(1280, 720), (1920, 1080), (1280, 800), (1920, 1200)])
@pytest.mark.parametrize("style", ["auto", "side", "stacked", "reference", "you"])
@pytest.mark.parametrize("language", ["en", "ko"])
@pytest.mark.parametrize("aspect", [0.55, 0.72, 0.9])
def test_cue_score_and_toast_are_read_from_two_and_a_half_metres(
    width: int, height: int, style: str, language: str, aspect: float
) -> None:
    layout = window_layout(
        width, height, with_reference=True, with_upcoming=True, style=style,  # type: ignore[arg-type]
        reference_aspect=aspect, dancer_aspect=aspect,
    )  # fmt: skip
    pad = round(12 * layout.scale)
    room = layout.cue.width - 2 * pad, layout.cue.height - round(36 * layout.scale) - pad // 2 - pad // 4
    for text in sentences(language):
        size, _ = fit_lines(
            text, *room, largest=font_px(CUE, layout.scale), smallest=font_px(26, layout.scale), weight=BOLD
        )
        assert arc_minutes(size, width) >= 20, text
    assert arc_minutes(score_px(layout.score.width, layout.score.height), width) >= 20
    assert arc_minutes(font_px(HINT, layout.scale), width) >= 12


@pytest.mark.parametrize("language", ["en", "ko"])
@pytest.mark.parametrize(("width", "height"), [(1280, 720), (1920, 1080)])
def test_keys_are_read_from_two_and_a_half_metres(width: int, height: int, language: str) -> None:
    """As they are drawn: a hint that needs too much room would be written smaller."""
    words = WindowWords(load_phrases(language))
    setup, end = setup_layout(width, height), end_layout(width, height)
    start = start_layout(width, height, dances=9)
    for hint, layout in (
        (words.setup_hint(), setup),
        (words.text("calibration.hint"), setup),
        (words.text("cameras.hint"), setup),
        (words.end_hint(None), end),
        (words.end_hint(None, goes_on=True), end),
        (words.end_hint(Span(12.0, 16.0)), end),
        (words.text("start.hint"), start),
        (words.text("start.hint_one"), start),
    ):
        assert arc_minutes(hint_size(hint, layout.hint, layout.scale), width) >= 12, hint


def test_the_start_screen_has_the_last_score_in_letters_for_afar() -> None:
    drawn, without = (draw_start(StartScene([DanceTile("dance", last=last)], 0, 9), 1280, 720) for last in (0.1, None))
    size = np.ptp(np.nonzero((drawn != without).any(axis=(1, 2)))[0])  # of "10" alone: there are no labels
    assert np.degrees(np.arctan(size * 286 / 1280 / 2500)) * 60 >= 20
