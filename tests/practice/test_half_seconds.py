"""What is told of a half second may change with what comes later; nothing is told twice, forgotten, or kept forever."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from kdance.motion.live_comparison import MEMORY_S, LiveComparison
from kdance.motion.scoring import FrameScores
from kdance.motion.settled_scores import SETTLED_S
from kdance.practice.half_seconds import HalfSeconds
from tests.motion_factory import chance, make_sequence, poses_of, reference

ENDS = [0.5, 1.0, 1.5, 2.0]


@pytest.fixture(scope="module")
def frames() -> FrameScores:
    live, take = LiveComparison(reference(), chance()), make_sequence("dance", seconds=2.2, fps=15)
    for pose, time in zip(poses_of(take), take.times, strict=True):
        live.update(pose, float(time), float(time))
    return live.settled(-1.0)


def worth(frames: FrameScores, score: float) -> FrameScores:
    return replace(frames, combined=np.full(len(frames.times), score))


def halves() -> HalfSeconds:
    made = HalfSeconds()
    for end in ENDS:
        made.add(end, 0)
    return made


def told(made: HalfSeconds, frames: FrameScores, until: float = np.inf, *, again: bool = True) -> list[float]:
    return [seen.timestamp for seen, _ in made.told(frames, until, speed=1.0, again=again)]


def test_each_is_told_once_and_in_order_as_long_as_nothing_changes(frames: FrameScores) -> None:
    made = halves()
    assert told(made, frames, 1.0) == ENDS[:2]
    assert made.first_due(2.0, is_settled=True) == ENDS[2]
    assert told(made, frames, 1.0) == []
    assert told(made, frames) == ENDS[2:]
    assert made.first_due(2.0, is_settled=True) is None


def test_older_ones_are_due_every_other_time_and_all_wait_until_the_dance_is_known(frames: FrameScores) -> None:
    made = halves()
    told(made, frames, 1.0)
    assert made.first_due(2.0, is_settled=False) is None
    due = [made.first_due(2.0, is_settled=True) for _ in range(4)]
    assert due == [ENDS[2], ENDS[0], ENDS[2], ENDS[0]]
    assert made.first_due(np.inf, is_settled=False) == ENDS[0]


def test_what_changes_is_told_again_unless_it_is_another_dance(frames: FrameScores) -> None:
    made = halves()
    told(made, worth(frames, 0.5), 1.0)
    assert told(made, worth(frames, 0.7), 1.0, again=False) == []
    assert told(made, worth(frames, 0.7), 1.0) == ENDS[:2]
    assert told(made, worth(frames, 0.701), 1.0) == []  # less than anybody sees


def test_where_only_the_newest_are_looked_at_the_older_ones_wait(frames: FrameScores) -> None:
    made = halves()
    told(made, worth(frames, 0.5), 1.0)
    newest = made.told(worth(frames, 0.7), np.inf, speed=1.0, again=True, since=ENDS[2])
    assert [seen.timestamp for seen, _ in newest] == ENDS[2:]
    assert told(made, worth(frames, 0.7)) == ENDS[:2]


def test_who_was_not_seen_is_told_too(frames: FrameScores) -> None:
    made = halves()
    assert told(made, worth(frames, np.nan)) == ENDS
    assert told(made, worth(frames, np.nan)) == []
    assert told(made, worth(frames, 0.5)) == ENDS


@pytest.mark.parametrize("speed", [0.5, 1.0, 1.25])
def test_only_those_are_kept_that_the_memory_reaches(frames: FrameScores, speed: float) -> None:
    made = HalfSeconds()
    for end in 0.5 * np.arange(1, 100):
        made.add(float(end), 0)
        list(made.told(frames, end - SETTLED_S * max(1.0, 1 / speed), speed=speed, again=True))
    first = made.first_due(np.inf, is_settled=True)
    assert first is not None and made.newest is not None
    # What comes before the oldest one as far as its score looks is still remembered a half second later.
    assert made.newest + 0.5 - (first - 0.5 - SETTLED_S / speed) <= MEMORY_S + 0.5


def test_what_is_over_is_over(frames: FrameScores) -> None:
    made = halves()
    told(made, worth(frames, 0.5))
    made.clear()
    assert told(made, worth(frames, 0.9)) == []
    assert made.newest is made.first_due(np.inf, is_settled=True) is None
