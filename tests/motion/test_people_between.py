"""Who is in a picture that nobody looked at: told only where nobody can be mistaken."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from kdance.motion.people import COLOUR_BINS, COLOUR_REGIONS, NUM_KEYPOINTS, People
from kdance.motion.people_between import people_between
from kdance.pose import FloatArray

HEIGHT = 200.0


def standing(*places: float, scores: FloatArray | None = None, shift: float = 0.0) -> People:
    """Bodies of 200 x 80 px whose middles stand at such x, all shifted."""
    count = len(places)
    keypoints = np.zeros((count, NUM_KEYPOINTS, 3), np.float32)
    keypoints[..., 0] = np.array(places)[:, None] + shift + np.linspace(-30, 30, NUM_KEYPOINTS)
    keypoints[..., 1] = 100 + np.linspace(0, HEIGHT, NUM_KEYPOINTS)
    keypoints[..., 2] = 0.8
    middles = np.array(places) + shift
    boxes = np.stack([middles - 40, np.full(count, 100.0), middles + 40, np.full(count, 300.0)], -1).astype(np.float32)
    colours = np.full((count, len(COLOUR_REGIONS), COLOUR_BINS), 1 / COLOUR_BINS, np.float32)
    found = np.full(count, 0.9, np.float32) if scores is None else scores.astype(np.float32)
    return People(boxes, keypoints, found, colours)


@pytest.mark.parametrize("share", [0.0, 0.25, 0.5, 1.0])
def test_everybody_is_where_they_must_have_been(share: float) -> None:
    between = people_between(standing(200, 500, 800), standing(200, 500, 800, shift=10.0), share)
    assert between is not None
    expected = standing(200, 500, 800, shift=10 * share)
    for name in ("boxes", "keypoints", "scores", "colours"):
        np.testing.assert_allclose(getattr(between, name), getattr(expected, name), rtol=1e-5)


def test_the_order_in_which_they_were_found_does_not_matter() -> None:
    before, after = standing(200, 500, 800), standing(200, 500, 800, shift=6.0)
    one, other = people_between(before, after, 0.5), people_between(before, after[np.array([2, 0, 1])], 0.5)
    assert one is not None and other is not None
    np.testing.assert_array_equal(one.keypoints, other.keypoints)


def test_time_has_no_direction() -> None:
    before, after = standing(200, 500), standing(200, 500, shift=8.0)
    one, back = people_between(before, after, 0.25), people_between(after, before, 0.75)
    assert one is not None and back is not None
    np.testing.assert_allclose(one.keypoints, back.keypoints, atol=1e-3)


def test_nobody_between_nobody() -> None:
    between = people_between(People.nobody(), People.nobody(), 0.5)
    assert between is not None and not len(between)


@pytest.mark.parametrize(
    ("before", "after"),
    [
        (standing(200, 500), standing(200)),
        (standing(200), standing(200, shift=60.0)),
        (standing(200, 240), standing(200, 240, shift=4.0)),
        (standing(200, 500), standing(200, 500, scores=np.array([0.9, 0.25]))),
        (standing(200, 265), standing(228, 291)),
    ],
    ids=["one has left", "too far for one body", "one before the other", "perhaps nobody", "whose is whose"],
)
def test_a_doubt_asks_for_a_look(before: People, after: People) -> None:
    assert people_between(before, after, 0.5) is None
    assert people_between(after, before, 0.5) is None


def test_a_point_in_two_places_is_not_seen_and_several_are_a_doubt() -> None:
    before, after = standing(200, 500), standing(200, 500)
    for count in (1, 2, 4):
        keypoints = after.keypoints.copy()
        keypoints[0, 9 : 9 + count, 0] += 100
        between = people_between(before, replace(after, keypoints=keypoints), 0.5)
        if count > 2:
            assert between is None
        else:
            assert between is not None
            assert not between.keypoints[0, 9 : 9 + count, 2].any()
            assert (between.keypoints[1, :, 2] > 0.5).all()


def test_colours_that_one_look_did_not_see_are_the_others() -> None:
    before, after = standing(200), standing(200)
    colours = before.colours.copy()
    colours[0, 2] = np.nan
    for pair in ((replace(before, colours=colours), after), (after, replace(before, colours=colours))):
        between = people_between(*pair, 0.5)
        assert between is not None
        np.testing.assert_allclose(between.colours, after.colours)
