"""What is remembered of a stream is what came, however long it goes on and whatever was forgotten."""

from __future__ import annotations

from dataclasses import fields

import numpy as np

from kdance.motion.pose_normalization import Body, normalize
from kdance.motion.recent_frames import RecentFrames, join_scores
from kdance.motion.scoring import FrameScores
from kdance.motion.trail import CAPACITY
from tests.motion_factory import make_sequence, score


def bodies_and_scores() -> tuple[Body, FrameScores]:
    take = make_sequence("dance", seconds=3, fps=15, nobody=[(1.0, 1.4)])
    return normalize(take), score(take).frames


BODY, SCORES = bodies_and_scores()
COUNT = len(SCORES.times)


def remembered(count: int, *, keep_s: float, runs: int = 1) -> RecentFrames:
    """A stream of the same 45 frames over and over, ten a second."""
    memory = RecentFrames()
    for index in range(count):
        one = slice(index % COUNT, index % COUNT + 1)
        scores = FrameScores(*(getattr(SCORES, field.name)[one] for field in fields(FrameScores)))
        taken = FrameScores(np.array([index / 10]), *(getattr(scores, f.name) for f in fields(FrameScores)[1:]))
        memory.append(index * runs // count, index / 10, float(index), 0.25, BODY[index % COUNT], taken)
        memory.forget_before(index / 10 - keep_s)
    return memory


def test_a_stretch_is_the_frames_that_came() -> None:
    memory = remembered(COUNT, keep_s=100.0)
    seen = memory[5:20]
    np.testing.assert_array_equal(seen.similarity, np.arange(5, 20))
    for field in fields(Body):
        np.testing.assert_array_equal(getattr(seen.body, field.name), getattr(BODY[5:20], field.name))
    for name in ("combined", "errors", "visibility", "groups"):
        expected = getattr(SCORES, name)[5:20]
        np.testing.assert_array_equal(getattr(seen.scores, name), expected.astype(getattr(seen.scores, name).dtype))


def test_a_long_stream_keeps_its_newest_seconds_in_bounded_memory() -> None:
    count = 2 * CAPACITY + 77
    memory = remembered(count, keep_s=8.5)
    np.testing.assert_allclose(memory.time, np.arange(count - 86, count) / 10)
    np.testing.assert_array_equal(memory[:].similarity, np.arange(count - 86, count))
    np.testing.assert_array_equal(memory.newest_body.length, BODY[(count - 1) % COUNT].length)


def test_what_comes_again_takes_the_place_of_what_was_forgotten() -> None:
    memory = remembered(40, keep_s=100.0)
    again = memory[30:].copy()
    memory.forget_newest(10)
    assert memory.time[-1] == 2.9
    memory.append(0, 3.0, -1.0, 0.25, BODY[0], again.scores[:1])
    np.testing.assert_array_equal(again.similarity, np.arange(30, 40))  # a copy is not written over
    assert memory[-1:].similarity == -1.0


def test_runs_lie_one_behind_the_other() -> None:
    memory = remembered(40, keep_s=100.0, runs=4)
    assert [memory.of_run(run) for run in (0, 3, 4)] == [slice(0, 10), slice(30, 40), slice(40, 40)]
    assert memory.runs_after(0.95) == [1, 2, 3]
    assert memory.runs_after(3.9) == []


def test_before_the_first_frame_there_is_nothing() -> None:
    memory = RecentFrames()
    assert len(memory) == len(memory[:]) == len(memory.time) == 0
    for field in fields(FrameScores):
        nothing, joined = getattr(memory.scores_after(0.0), field.name), getattr(join_scores([]), field.name)
        assert (nothing.shape, nothing.dtype) == (joined.shape, joined.dtype)
