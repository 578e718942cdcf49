"""The one picture that may go to a model, made from what is on the screen: bodies, no faces, no room."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from functools import partial

from kdance.coach.live_coach import Picture
from kdance.pose import Pose
from kdance.window.collage import make_collage
from kdance.window.scenes import flip_image, in_mirror
from kdance.window.text import Image

Shown = tuple[Image | None, Pose | None]
"""A picture of the reference, and its body in pixels of it."""


def nothing_shown() -> Shown:
    """Without a window only the dancer is in the picture."""
    return None, None


class CollageMaker:
    """Prepares collages of what is on the screen; see :class:`kdance.practice.contract.PictureMaker`.

    Args:
        shown: What is seen of the reference now.
    """

    def __init__(self, shown: Callable[[], Shown] = nothing_shown) -> None:
        self._shown = shown

    def __call__(
        self, image: Image, pose: Pose | None, *, mirrored: bool, errors: Mapping[str, float], error_band: float
    ) -> Picture:
        """A function that makes the collage of this moment; it takes some milliseconds, so a worker is to call it.

        Args:
            image: Of the dancer.
            pose: Of the dancer, in this very picture: an older one would blur where the head was.
            mirrored: Whether the mirror image is danced.
            errors: Signed degrees by joint name.
            error_band: Degrees within which a limb is right.
        """
        return partial(_collage, self._shown(), image, pose, mirrored=mirrored, errors=errors, error_band=error_band)


def _collage(
    shown: Shown,
    image: Image,
    pose: Pose | None,
    *,
    mirrored: bool,
    errors: Mapping[str, float],
    error_band: float,
) -> bytes:
    reference, body = shown
    if mirrored and body is not None:
        width = 1 if reference is None else reference.shape[1]
        body = in_mirror(body, width=width)
        reference = None if reference is None else flip_image(reference)
    return make_collage(reference, body, image, pose, joint_errors=errors, error_band=error_band)
