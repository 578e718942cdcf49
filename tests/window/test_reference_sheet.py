"""The picture of a reference."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import Any

import cv2
import numpy as np
import pytest

from kdance.dance.dance import Dance
from kdance.dance.reference_info import Counts, Quality
from kdance.dance.references import load_reference
from kdance.pose import PoseSequence
from kdance.window.palette import BLUE, RED
from kdance.window.reference_sheet import WIDTH, make_reference_sheet
from kdance.words.phrases import available_languages, load_phrases
from tests.motion_factory import make_sequence
from tests.reference_factory import write_reference

SECONDS = 12
COUNTS = Counts(seconds_per_count=0.5, first=1.0, given=True, confidence=1.0)
SECTIONS = ((0.0, 1.0), (1.0, 5.0), (5.0, 9.0), (9.0, 12.0))


def quality(legs: float) -> Quality:
    seen = {"head": 1.0, "arms": 1.0, "legs": legs, "feet": legs}
    return Quality(body_share=1.0, visible=seen, by_section=(seen,) * len(SECTIONS), warnings=())


def dance(folder: Path, sequence: PoseSequence | None = None, **changes: Any) -> Dance:
    sequence = make_sequence(seconds=SECONDS) if sequence is None else sequence
    fields: dict[str, Any] = {"counts": COUNTS, "sections": SECTIONS, "quality": quality(1.0), **changes}
    write_reference(folder, sequence=sequence, hands=False, **fields)
    return Dance.of(load_reference(folder, "magnetic"))


def drawn(shown: Dance, language: str = "en") -> np.ndarray:
    data = np.frombuffer(make_reference_sheet(shown, "120 counts a minute", load_phrases(language)), np.uint8)
    picture = cv2.imdecode(data, cv2.IMREAD_COLOR)
    assert picture is not None
    return picture


def share(picture: np.ndarray, color: tuple[int, int, int]) -> float:
    return float((picture == color).all(-1).mean())


@pytest.mark.parametrize("language", available_languages())
def test_it_is_a_picture_of_one_width_in_every_language(tmp_path: Path, language: str) -> None:
    picture = drawn(dance(tmp_path), language)
    assert picture.shape[1] == WIDTH
    assert share(picture, BLUE) > 0.01


def test_what_is_seen_less_is_less_blue(tmp_path: Path) -> None:
    shares = [share(drawn(dance(tmp_path / str(legs), quality=quality(legs))), BLUE) for legs in (1.0, 0.5, 0.0)]
    assert shares == sorted(shares, reverse=True)
    assert shares[0] > shares[1] > shares[2]


def test_what_the_video_does_not_show_is_marked_and_nothing_else(tmp_path: Path) -> None:
    whole = make_sequence(seconds=SECONDS)
    gone = replace(whole, landmarks=whole.landmarks.copy(), world=whole.world.copy())
    away = (whole.times >= 4) & (whole.times < 8)
    gone.landmarks[away] = gone.world[away] = np.nan
    assert share(drawn(dance(tmp_path / "whole", whole)), RED) == 0
    assert share(drawn(dance(tmp_path / "gone", gone)), RED) > 0


def test_nobody_and_no_counts_end_well(tmp_path: Path) -> None:
    assert drawn(dance(tmp_path, counts=None, sections=(), quality=quality(1.0))).shape[1] == WIDTH


def test_of_a_long_dance_not_every_pose_is_shown(tmp_path: Path) -> None:
    many = tuple((second / 10, (second + 1) / 10) for second in range(10 * SECONDS))
    assert drawn(dance(tmp_path, sections=many)).shape[0] < 3000
