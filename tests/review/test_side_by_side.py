"""A stored take laid beside its reference again, and the moments worth being looked at."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from kdance.motion.course import Course
from kdance.practice.looking_back import LookBack, look_back
from kdance.practice.transport import Practice
from kdance.review.earlier import line_up
from kdance.review.findings import find
from kdance.review.side_by_side import NOBODY, SideBySide, side_by_side
from kdance.review.stills import still_at, stills_of
from tests.motion_factory import JointError, make_sequence, mirror_take, nobody_for
from tests.report_factory import make_report, make_sections
from tests.session_factory import FPS, Studio, join_takes

SECONDS = 8.0
LOW_ARM = JointError("left_shoulder", -35.0, 2.0, 6.0)


@pytest.fixture
def studio(home: Path, monkeypatch: pytest.MonkeyPatch) -> Studio:
    return Studio(home, monkeypatch, make_sequence("dance", seconds=SECONDS))


def seen_again(studio: Studio) -> LookBack:
    with studio.store() as store:
        return look_back(store, studio.home / "references", store.latest())


def test_a_fault_is_shown_where_it_was_with_both_angles(studio: Studio) -> None:
    studio.score(make_sequence("dance", seconds=SECONDS, errors=[LOW_ARM]))
    seen = seen_again(studio)
    (still,) = seen.stills
    assert still.fault is not None
    assert still.fault.joint == "left_shoulder"
    assert 2.0 <= still.time <= 6.0
    assert still.user_angle is not None and still.reference_angle is not None
    assert still.user_angle - still.reference_angle == pytest.approx(-35.0, abs=6.0)
    assert still.errors[2] == pytest.approx(still.fault.degrees, abs=6.0)


def test_the_mirror_image_has_the_other_arm_in_the_same_place(studio: Studio) -> None:
    take = make_sequence("dance", seconds=SECONDS, errors=[LOW_ARM])
    studio.score(take)
    plain = seen_again(studio)
    studio.score(mirror_take(take), mirror="on")
    mirrored = seen_again(studio)
    assert mirrored.report.mirrored
    # (T, 8) joints come in pairs, left first
    swapped = mirrored.pair.user_angles.reshape(-1, 4, 2)[..., ::-1].reshape(-1, 8)
    np.testing.assert_allclose(swapped, plain.pair.user_angles, atol=0.5)
    np.testing.assert_allclose(mirrored.pair.position, plain.pair.position, atol=0.05)
    assert mirrored.stills[0].fault is not None
    assert mirrored.stills[0].fault.joint == "right_shoulder"


def test_the_dance_itself_has_no_errors_and_no_stills_of_faults(studio: Studio) -> None:
    studio.score(studio.sequence)
    seen = seen_again(studio)
    assert np.nanpercentile(np.abs(seen.pair.errors), 99) < 6.0
    assert seen.stills == ()
    assert seen.worst is not None and seen.worst.fault is None


def test_where_nobody_was_seen_nothing_is_told(studio: Studio) -> None:
    studio.score(make_sequence("dance", seconds=SECONDS, nobody=((3.0, 4.0),)))
    pair = seen_again(studio).pair
    gone = ~pair.take.measured
    assert gone.any()
    assert np.isnan(pair.errors[gone]).all() and np.isnan(pair.user_angles[gone]).all()
    assert np.isfinite(pair.reference_angles[gone][5]).any()


def test_no_limb_is_to_blame_for_another_dance(studio: Studio) -> None:
    studio.score(make_sequence("dance", seconds=SECONDS, seed=11))
    seen = seen_again(studio)
    assert seen.report.verdict != "danced"
    assert np.isnan(seen.pair.errors).all()
    assert seen.stills == ()


def test_a_live_take_goes_by_the_songs_course(studio: Studio) -> None:
    """Two rounds of a part: the same place of the dance twice."""
    round_of_it = studio.sequence[: round(4 * FPS)]
    studio.train(join_takes(round_of_it, round_of_it), practice=Practice(start=0.0, end=4.0, loop=True))
    seen = seen_again(studio)
    assert seen.pair.course is not None
    assert len(np.unique(seen.pair.course.run)) == 2
    assert np.nanmax(seen.pair.position) <= 4.1


def test_who_drives_is_where_the_report_says(studio: Studio) -> None:
    studio.score(make_sequence("dance", seconds=SECONDS, tempo=1.0), free=True)
    pair = seen_again(studio).pair
    middle = (pair.take.times > 2) & (pair.take.times < 6)
    assert np.abs(pair.position - pair.take.times)[middle].max() < 0.5


def test_a_reference_that_is_gone_leaves_the_take(studio: Studio) -> None:
    studio.score(studio.sequence)
    whole = seen_again(studio)
    (studio.home / "references" / "dance").rename(studio.home / "elsewhere")
    seen = seen_again(studio)
    assert seen.missing is not None and "'dance'" in seen.missing
    assert seen.pair.reference is None
    assert (seen.pair.shown == NOBODY).all()
    np.testing.assert_array_equal(seen.pair.user_angles, whole.pair.user_angles)
    assert seen.stills == () and seen.worst is None and seen.best is None


def test_another_reference_of_the_same_name_is_not_compared_with(studio: Studio) -> None:
    studio.score(studio.sequence)
    home = studio.home / "references" / "dance"
    times = np.load(home / "world.npy")
    np.save(home / "world.npy", times + 0.01)
    seen = seen_again(studio)
    assert seen.missing is not None and "made anew" in seen.missing
    assert seen.pair.reference is None


def test_a_take_of_nobody_has_nothing_to_show(studio: Studio) -> None:
    studio.score(nobody_for(60))
    seen = seen_again(studio)
    assert seen.stills == () and seen.worst is None
    assert len(seen.pair) == 60


def test_no_frames_are_no_take(studio: Studio) -> None:
    studio.score(studio.sequence)
    seen = seen_again(studio)
    pair = side_by_side(seen.pair.take[:0], None, studio.dance, seen.report, seen.options)
    assert len(pair) == 0
    assert stills_of(pair, find(seen.report)) == ()
    assert still_at(pair, seen.report.worst_moment) is None
    assert len(SideBySide.alone(seen.pair.take[:0])) == 0


def test_frames_before_and_after_the_dance_belong_to_no_frame_of_it(studio: Studio) -> None:
    studio.score(studio.sequence)
    seen = seen_again(studio)
    shifted = Course.in_one_run(seen.pair.take.times + SECONDS - 1.0)
    pair = side_by_side(seen.pair.take, shifted, studio.dance, seen.report, seen.options)
    assert (pair.shown[-30:] == NOBODY).all()
    assert np.isnan(pair.position[-30:]).all()


# Which sessions are held against each other


def test_only_sessions_of_the_same_kind_are_lined_up_oldest_first() -> None:
    now = make_report(session_id="now", started_at="2026-11-22T14:00:00+01:00")
    others = [
        make_report(session_id="later", started_at="2026-11-23T14:00:00+01:00"),
        make_report(session_id="second", started_at="2026-11-21T14:00:00+01:00", average_similarity=0.6),
        make_report(session_id="first", started_at="2026-11-20T14:00:00+01:00", average_similarity=0.5),
        make_report(session_id="slow", started_at="2026-11-20T15:00:00+01:00", speed=0.75),
        make_report(session_id="free", started_at="2026-11-20T15:00:00+01:00", mode="free"),
        make_report(session_id="other", started_at="2026-11-20T15:00:00+01:00", reference="supernova"),
        make_report(session_id="idle", started_at="2026-11-20T15:00:00+01:00", verdict="standing_still"),
        make_report(session_id="drill", started_at="2026-11-20T15:00:00+01:00", sections=make_sections()[:1]),
        now,
    ]
    assert [past.session_id for past in line_up(now, others)] == ["first", "second", "now"]
    assert line_up(make_report(verdict="wrong_dance"), others) == ()
