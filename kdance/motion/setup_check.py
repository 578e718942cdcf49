"""Is the dancer ready to be seen? From head to feet, neither too near nor too far, in enough light."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final, Literal

import numpy as np

from kdance.motion.hold import Hold
from kdance.pose import FloatArray, Landmark

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
READY: Final = "You are all set."

_HEAD: Final = [Landmark.NOSE, Landmark.LEFT_EYE, Landmark.RIGHT_EYE]
_FEET: Final = [Landmark.LEFT_ANKLE, Landmark.RIGHT_ANKLE, Landmark.LEFT_FOOT_INDEX, Landmark.RIGHT_FOOT_INDEX]
_HANDS: Final = [Landmark.LEFT_WRIST, Landmark.RIGHT_WRIST, Landmark.LEFT_INDEX, Landmark.RIGHT_INDEX]
_SHOULDERS: Final = [Landmark.LEFT_SHOULDER, Landmark.RIGHT_SHOULDER]
_TOP_OF_HEAD: Final = 1.5  # times as far above the middle of the shoulders as nose or eyes, whichever is higher

CheckName = Literal["body", "distance", "light", "camera"]


@dataclass(frozen=True, slots=True)
class Check:
    """One thing that was looked at.

    Attributes:
        name: What.
        ok: Whether it is well.
        text: What is so, in a few words.
        advice: What the dancer can do; "" where all is well.
        blocks: Whether the dance waits for it; otherwise it is only told.
    """

    name: CheckName
    ok: bool
    text: str
    advice: str = ""
    blocks: bool = False

    @property
    def sentence(self) -> str:
        """Advice and reason in one: "Step back: your feet are not in the picture."."""
        return f"{self.advice}: {self.text}." if self.advice else f"{self.text[:1].upper()}{self.text[1:]}."


@dataclass(frozen=True, slots=True)
class Setup:
    """All checks of a frame, the most important first."""

    checks: tuple[Check, ...]

    @property
    def is_ready(self) -> bool:
        """Whether nothing stands in the way of the dance; a slow camera or a dim room doesn't."""
        return not any(check.blocks for check in self.checks)

    @property
    def headline(self) -> str:
        """The one thing to do now; what the dance waits for comes before what is only told."""
        wrong = [check for check in self.checks if not check.ok]
        return min(wrong, key=lambda check: not check.blocks).sentence if wrong else READY


def check_setup(landmarks: FloatArray | None, *, width_px: int, height_px: int, brightness: float, fps: float) -> Setup:
    """What a frame says about place, light and camera.

    Args:
        landmarks: (33, 4) x, y in pixels, z, visibility; ``None`` or NaN for nobody.
        width_px: Of the picture.
        height_px: Of the picture.
        brightness: Mean of the picture, 0..255.
        fps: Frames a second that the camera gives, measured.
    """
    body = None if landmarks is None or not np.isfinite(landmarks[:, :2]).all() else landmarks
    dark = brightness < TOO_DARK
    checks = [_check_body(body, width_px, height_px, dark=dark)]
    if body is not None:
        checks.append(_check_distance(body_share(body, height_px)))
    light = Check("light", True, "the light is good")
    if dark:
        light = Check("light", False, "the picture is dark", "Turn on a light in front of you")
    return Setup((*checks, light, _check_camera(height_px, fps)))


def body_share(landmarks: FloatArray, height_px: int) -> float:
    """Height of a standing body, top of the head to the feet, as a share of the picture's; (33, 4) landmarks."""
    shoulders = landmarks[_SHOULDERS, 1].mean()
    top = shoulders - _TOP_OF_HEAD * (shoulders - landmarks[_HEAD, 1].min())
    return float((landmarks[_FEET, 1].max() - top) / height_px)


def _check_body(body: FloatArray | None, width_px: int, height_px: int, *, dark: bool) -> Check:
    if body is None:
        if dark:
            return _wait("I can't see you, it is too dark", "Turn on a light in front of you")
        return _wait("I can't see you", "Step in front of the camera")
    x, y = body[:, 0], body[:, 1]
    seen = (body[:, 3] >= SEEN) & (x >= 0) & (x < width_px) & (y >= 0) & (y < height_px)
    feet, head = seen[_FEET].all(), seen[_HEAD].all()
    if not (feet or head):
        beside = _check_sides(x[[*_HEAD, *_FEET]], body, width_px, "body")
        return beside or _wait("your head and feet are not in the picture", "Step back")
    if not feet:
        beside = _check_sides(x[_FEET], body, width_px, "feet")
        return beside or _wait("your feet are not in the picture", "Step back")
    if not head:
        beside = _check_sides(x[_HEAD], body, width_px, "head")
        return beside or _wait("your head is not in the picture", "Step back or tilt the camera up")
    beside = _check_sides(x[_HANDS], body, width_px, "hands")
    return beside or Check("body", True, "I see you from head to feet")


def _check_sides(x: FloatArray, body: FloatArray, width_px: int, part: str) -> Check | None:
    """What to do about a part that the left or the right edge of the picture cuts off; left is the dancer's own."""
    over_left, over_right = bool((x < 0).any()), bool((x >= width_px).any())
    if not (over_left or over_right):
        return None
    text = f"your {part} {'is' if part in ('head', 'body') else 'are'} cut off at the side"
    if over_left and over_right:
        return _wait(text, "Step back")
    facing = body[Landmark.LEFT_SHOULDER, 0] >= body[Landmark.RIGHT_SHOULDER, 0]
    return _wait(text, f"Step to your {'left' if over_left == facing else 'right'}")


def _check_distance(share: float) -> Check:
    if share > TOO_CLOSE:
        return Check("distance", False, "you are very close", "Step back", blocks=True)
    if share < TOO_FAR:
        return Check("distance", False, "you are far away", "Come closer", blocks=True)
    return Check("distance", True, "the distance is good")


def _check_camera(height_px: int, fps: float) -> Check:
    if fps < SLOW_FPS:
        text = f"the camera gives only {fps:.0f} pictures a second"
        return Check("camera", False, text, "More light, or closing other programs, may help")
    if height_px < FEW_LINES:
        text = f"the camera's picture has only {height_px} lines"
        return Check("camera", False, text, "Set camera.width and camera.height higher if you can")
    return Check("camera", True, "the camera is good")


def _wait(text: str, advice: str) -> Check:
    return Check("body", False, text, advice, blocks=True)


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
