"""The one picture that may go to a model, made from what is on the screen: bodies, no faces, no room."""

from __future__ import annotations

from functools import partial

from kdance.coach.live_coach import Picture
from kdance.pose import Pose
from kdance.window.collage import make_collage
from kdance.window.scenes import flip_image, in_mirror
from kdance.window.text import Image


def collage_of(
    shown: tuple[Image | None, Pose | None],
    image: Image,
    pose: Pose | None,
    *,
    mirrored: bool,
    errors: dict[str, float],
    error_band: float,
) -> Picture:
    """A function that makes the collage of this moment; it takes some milliseconds, so a worker is to call it.

    Args:
        shown: The reference's picture, and its body in pixels of it.
        image: Of the dancer.
        pose: Of the dancer, in this very picture: an older one would blur where the head was.
        mirrored: Whether the mirror image is danced.
        errors: Signed degrees by joint name.
        error_band: Degrees within which a limb is right.
    """
    reference, body = shown
    return partial(_collage, reference, body, image, pose, mirrored=mirrored, errors=errors, error_band=error_band)


def _collage(
    reference: Image | None,
    body: Pose | None,
    image: Image,
    pose: Pose | None,
    *,
    mirrored: bool,
    errors: dict[str, float],
    error_band: float,
) -> bytes:
    if mirrored and body is not None:
        width = 1 if reference is None else reference.shape[1]
        body = in_mirror(body, width=width)
        reference = None if reference is None else flip_image(reference)
    return make_collage(reference, body, image, pose, joint_errors=errors, error_band=error_band)
