"""Is the dancer ready to be seen? From head to feet, neither too near nor too far, in enough light."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Final, Literal

import numpy as np

from kdance.choices import Turn
from kdance.motion.hold import Hold
from kdance.pose import SHOULDERS, FloatArray, Landmark

# The network also places what it doesn't see: below this visibility it guesses. Feet of dancers in real clips that
# show them have 0.5 to 0.98.
SEEN: Final = 0.4
# Height of the body, from the top of the head to the feet, over that of the picture. Clips in which everything was
# measured well have 0.42 to 0.90; above, raised arms are cut off; below, hands are a few pixels.
TOO_CLOSE: Final = 0.94
TOO_FAR: Final = 0.35
# Mean brightness, 0..255. A dim room (20) makes even a good network lose wrists; a lit one has 100 to 180.
TOO_DARK: Final = 40.0
SLOW_FPS: Final = 20.0
FEW_LINES: Final = 480
READY_HOLD: Final = 2.0  # seconds everything has to be well before the dance starts by itself

_HEAD: Final = [Landmark.NOSE, Landmark.LEFT_EYE, Landmark.RIGHT_EYE]
_FEET: Final = [Landmark.LEFT_ANKLE, Landmark.RIGHT_ANKLE, Landmark.LEFT_FOOT_INDEX, Landmark.RIGHT_FOOT_INDEX]
_HANDS: Final = [Landmark.LEFT_WRIST, Landmark.RIGHT_WRIST, Landmark.LEFT_INDEX, Landmark.RIGHT_INDEX]
_TOP_OF_HEAD: Final = 1.5  # times as far above the middle of the shoulders as nose or eyes, whichever is higher

CheckName = Literal["body", "distance", "light", "camera"]
BodyPart = Literal["body", "feet", "head", "hands"]
# Each has its words in every language, under window.setup.
Finding = Literal[
    "seen", "seen_half", "turned", "nobody", "nobody_in_the_dark", "head_and_feet_missing", "feet_missing",
    "head_missing", "body_cut_off", "feet_cut_off", "head_cut_off", "hands_cut_off",
    "good_distance", "too_close", "too_far", "good_light", "dark", "good_camera", "few_pictures", "few_lines",
]  # fmt: skip
Advice = Literal[
    "step_in_front", "step_back", "step_back_or_tilt", "step_left", "step_right", "come_closer",
    "turn_on_light", "more_light", "more_lines", "rotate",
]  # fmt: skip
_CUT_OFF: Final[dict[BodyPart, Finding]] = {
    "body": "body_cut_off",
    "feet": "feet_cut_off",
    "head": "head_cut_off",
    "hands": "hands_cut_off",
}


@dataclass(frozen=True, slots=True)
class Check:
    """One thing that was looked at.

    Attributes:
        name: What was looked at.
        ok: Whether the dance can be measured well with it as it is.
        finding: What was found; its sentence stands under this name in every language.
        advice: What the dancer can do about it; ``None`` where it is ok.
        blocks: Whether the dance waits for it; otherwise it is only told.
        figures: What is put into the words of the finding.
    """

    name: CheckName
    ok: bool
    finding: Finding
    advice: Advice | None = None
    blocks: bool = False
    figures: Mapping[str, int] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Setup:
    """All checks of a frame, the most important first."""

    checks: tuple[Check, ...]

    @property
    def is_ready(self) -> bool:
        """Whether nothing stands in the way of the dance; a slow camera or a dim room doesn't."""
        return not any(check.blocks for check in self.checks)

    @property
    def worst(self) -> Check | None:
        """The one thing to do now; what the dance waits for comes before what is only told."""
        wrong = [check for check in self.checks if not check.ok]
        return min(wrong, key=lambda check: not check.blocks, default=None)


def check_setup(
    landmarks: FloatArray | None,
    *,
    width_px: int,
    height_px: int,
    brightness: float,
    fps: float,
    half_body: bool = False,
    rotate: Turn | None = None,
) -> Setup:
    """What a frame says about place, light and camera.

    Args:
        landmarks: (33, 4) x, y in pixels, z, visibility; ``None`` or NaN for nobody.
        width_px: Of the picture.
        height_px: Of the picture.
        brightness: Mean of the picture, 0..255.
        fps: Frames a second that the camera gives, measured.
        rotate: What ``--rotate`` has to be for the picture to be upright; ``None`` where it is.
        half_body: Whether the dance itself shows no legs: then neither feet nor a distance for them are asked for.
    """
    body = None if landmarks is None or not np.isfinite(landmarks[:, :2]).all() else landmarks
    dark = brightness < TOO_DARK
    light = Check("light", False, "dark", "turn_on_light") if dark else Check("light", True, "good_light")
    camera = _check_camera(width_px, height_px, fps)
    if rotate is not None:
        turned = Check("body", False, "turned", "rotate", blocks=True, figures={"degrees": rotate})
        return Setup((turned, light, camera))
    checks = [_check_body(body, width_px, height_px, dark=dark, half_body=half_body)]
    if body is not None and not half_body:
        checks.append(_check_distance(body_share(body, height_px)))
    return Setup((*checks, light, camera))


def body_share(landmarks: FloatArray, height_px: int) -> float:
    """Height of a standing body, top of the head to the feet, as a share of the picture's; (33, 4) landmarks."""
    shoulders = landmarks[SHOULDERS, 1].mean()
    top = shoulders - _TOP_OF_HEAD * (shoulders - landmarks[_HEAD, 1].min())
    return float((landmarks[_FEET, 1].max() - top) / height_px)


def _check_body(body: FloatArray | None, width_px: int, height_px: int, *, dark: bool, half_body: bool) -> Check:
    if body is None:
        if dark:
            return _wait("nobody_in_the_dark", "turn_on_light")
        return _wait("nobody", "step_in_front")
    x, y = body[:, 0], body[:, 1]
    seen = (body[:, 3] >= SEEN) & (x >= 0) & (x < width_px) & (y >= 0) & (y < height_px)
    feet, head = half_body or seen[_FEET].all(), seen[_HEAD].all()
    if not (feet or head):
        beside = _check_sides(x[[*_HEAD, *_FEET]], body, width_px, "body")
        return beside or _wait("head_and_feet_missing", "step_back")
    if not feet:
        beside = _check_sides(x[_FEET], body, width_px, "feet")
        return beside or _wait("feet_missing", "step_back")
    if not head:
        beside = _check_sides(x[_HEAD], body, width_px, "head")
        return beside or _wait("head_missing", "step_back_or_tilt")
    beside = _check_sides(x[_HANDS], body, width_px, "hands")
    return beside or Check("body", True, "seen_half" if half_body else "seen")


def _check_sides(x: FloatArray, body: FloatArray, width_px: int, part: BodyPart) -> Check | None:
    """What to do about a part that the left or the right edge of the picture cuts off; left is the dancer's own."""
    over_left, over_right = bool((x < 0).any()), bool((x >= width_px).any())
    if not (over_left or over_right):
        return None
    finding = _CUT_OFF[part]
    if over_left and over_right:
        return _wait(finding, "step_back")
    facing = body[Landmark.LEFT_SHOULDER, 0] >= body[Landmark.RIGHT_SHOULDER, 0]
    return _wait(finding, "step_left" if over_left == facing else "step_right")


def _check_distance(share: float) -> Check:
    if share > TOO_CLOSE:
        return Check("distance", False, "too_close", "step_back", blocks=True)
    if share < TOO_FAR:
        return Check("distance", False, "too_far", "come_closer", blocks=True)
    return Check("distance", True, "good_distance")


def _check_camera(width_px: int, height_px: int, fps: float) -> Check:
    figures = {"width": width_px, "height": height_px, "fps": round(fps)}
    if fps < SLOW_FPS:
        return Check("camera", False, "few_pictures", "more_light", figures=figures)
    if height_px < FEW_LINES:
        return Check("camera", False, "few_lines", "more_lines", figures=figures)
    return Check("camera", True, "good_camera", figures=figures)


def _wait(finding: Finding, advice: Advice) -> Check:
    return Check("body", False, finding, advice, blocks=True)


class SetupWatch:
    """The checks over time: a start when all has been well for a while.

    Args:
        seconds: How long all has to be well.
    """

    def __init__(self, seconds: float = READY_HOLD) -> None:
        self._ready = Hold(seconds)

    @property
    def share(self) -> float:
        """0..1 how much of the time until the start is done."""
        return self._ready.share

    def update(self, setup: Setup, time: float) -> bool:
        """Whether the dance can start: all well now, and for as long as it has to be.

        Args:
            setup: The checks of a frame.
            time: Seconds of the frame, later than the frame before.
        """
        # Only a body that was lost for a moment is like a frame that can't tell.
        lost = not setup.is_ready and not any(check.name == "distance" for check in setup.checks)
        return self._ready.update(np.nan if lost else float(setup.is_ready), time)

    def reset(self) -> None:
        """Begin anew."""
        self._ready.reset()
