"""The live voice is the final voice: what is told of a half second while dancing is what the report says of it."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from pathlib import Path

import numpy as np
import pytest

from kdance.coach.live_coach import OfflineCoach
from kdance.coach.rules import RulesCoach
from kdance.config import Settings
from kdance.dance.dance import Dance
from kdance.motion.smoothing import smooth_reference
from kdance.pose import PoseSequence
from kdance.practice.live_take import LiveTake
from kdance.practice.options import TrainingOptions
from kdance.practice.room import Room
from kdance.practice.session import Session
from kdance.practice.signals import StopSignals
from kdance.practice.take import start_session
from kdance.practice.take_log import TakeLog
from kdance.practice.transport import Place
from kdance.review.evaluation import Evaluation, evaluate
from kdance.review.options import TakeOptions
from kdance.store import open_store
from tests.gesture_factory import as_reference, looked_at, make_gestures, seen_by_network
from tests.motion.test_side_swaps import swapped
from tests.motion_factory import SMALL, STOCKY, JointError, make_sequence, mirror_take, nobody_for, poses_of
from tests.session_factory import ScriptedView, make_reference

SECONDS, FPS = 12, 15
# As long as this nobody knows what is danced.
UNKNOWN_S = 4.0


@dataclass(frozen=True)
class Danced:
    """What a take came to, live and afterwards."""

    evaluation: Evaluation
    stored: dict[float, float]
    mirrored: list[bool | None]
    said: list[str]
    sections: dict[int, float]


Dancer = Callable[[PoseSequence], Danced]


def take_of(motion: str = "dance", **options: object) -> PoseSequence:
    return make_sequence(motion, **{"fps": FPS, "seconds": SECONDS} | options)  # type: ignore[arg-type]


@pytest.fixture(scope="module")
def dance(tmp_path_factory: pytest.TempPathFactory) -> Dance:
    return Dance.of(make_reference(tmp_path_factory.mktemp("references"), make_sequence(seconds=SECONDS)))


@pytest.fixture(scope="module")
def gesture_dance(tmp_path_factory: pytest.TempPathFactory) -> Dance:
    sequence = smooth_reference(as_reference(make_gestures(seconds=SECONDS)))
    return Dance.of(make_reference(tmp_path_factory.mktemp("gestures"), sequence))


@pytest.fixture
def dancer(dance: Dance, tmp_path: Path) -> Dancer:
    """Dances a take in front of a camera and has it scored."""
    return dancer_of(dance, tmp_path, TakeOptions())


@pytest.fixture
def gesture_dancer(gesture_dance: Dance, tmp_path: Path) -> Dancer:
    """Dances with the hands in view, which count."""
    return dancer_of(gesture_dance, tmp_path, TakeOptions(hands=True))


def dancer_of(dance: Dance, tmp_path: Path, judging: TakeOptions) -> Dancer:
    def danced(frames: PoseSequence) -> Danced:
        mirrored: list[bool | None] = []
        training = TrainingOptions(source="0", countdown=0.0, seconds=None, at_own_pace=False, judging=judging)
        with open_store(tmp_path / "sessions.db") as store, StopSignals() as signals:
            session = Session(
                dance=dance, options=training, settings=Settings(), store=store,
                room=Room(ScriptedView(is_open=False)), signals=signals,
            )  # fmt: skip
            start = start_session(dance, "camera", judging, datetime(2026, 11, 29, tzinfo=UTC))
            with store.start(start) as writer, OfflineCoach(RulesCoach()) as coach:
                log = TakeLog(writer)
                take = LiveTake(session, coach, log)
                for pose, time in zip(poses_of(frames), frames.times, strict=True):
                    place = Place(float(time), 0, "dancing")
                    take.add(np.zeros((4, 4, 3), np.uint8), pose, place, float(time), speed=1.0)
                    mirrored.append(take.mirrored)
                take.end(speed=1.0)
                evaluation = evaluate(log.take(), dance, judging, log.course())
            rows = [row.comparison for row in store.snapshots(start.session_id)]
        scores = {row["timestamp"]: row["combined_score"] for row in rows}
        stored = {end: score for end, score in scores.items() if score is not None}
        return Danced(evaluation, stored, mirrored, [cue.feedback_text for cue in take.said], take.scores.sections)

    return danced


TAKES = {
    "same": take_of(build=SMALL, jitter=0.01),
    "late in part": take_of(late=lambda t: np.where(t > 5, 0.4, 0.0)),
    "late": take_of(late=0.5, build=STOCKY),
    "far late": take_of(late=0.9),
    "ever later": take_of(late=lambda t: 0.04 * t),
    "arm": take_of(errors=[JointError("left_shoulder", -60, 4.0, 8.0)]),
    "mirrored": mirror_take(take_of(late=0.3)),
    "mixed up": swapped(take_of(jitter=0.005), (4.0, 4.8), (6.0, 6.1), (9.0, 10.2)),
    "gone": take_of(nobody=[(5.0, 6.2)]),
}


def gestures_of(**options: object) -> PoseSequence:
    return make_gestures(**{"fps": FPS, "seconds": SECONDS, "build": SMALL} | options)  # type: ignore[arg-type]


def from_then_on(first: PoseSequence, then: PoseSequence, second: float) -> PoseSequence:
    """The hands of the first take, and from a second on those of the other."""
    assert first.hands is not None
    return replace(first, hands=np.where((first.times < second)[:, None, None, None], first.hands, then.hands))


GESTURES = {
    "same": gestures_of(jitter=0.004),
    "other gestures": gestures_of(gestures=7),
    "late": gestures_of(late=0.2),
    "mirrored": mirror_take(gestures_of()),
    "mixed up": swapped(gestures_of(), (4.0, 5.2), (6.0, 6.1), (7.0, 8.4)),
    "other gestures from the middle on": from_then_on(gestures_of(), gestures_of(gestures=7), 6.0),
}


def assert_as_reported(danced: Danced) -> None:
    """Each half second was told with about the report's score, but the first and the last ones."""
    report = {row.timestamp: row.combined_score for row in danced.evaluation.measurements.timeline}
    told = [end for end, score in report.items() if score is not None and UNKNOWN_S < end < SECONDS - 0.5]
    off = np.array([abs(danced.stored[end] - report[end]) for end in told])  # type: ignore[operator]
    assert len(off) >= 10
    assert np.median(off) <= 0.04
    assert off.max() <= 0.10


@pytest.mark.parametrize("name", GESTURES)
def test_hands_count_live_as_in_the_report(gesture_dancer: Dancer, name: str) -> None:
    danced = gesture_dancer(looked_at(seen_by_network(GESTURES[name])))
    assert_as_reported(danced)
    found = danced.evaluation.measurements
    assert found.hands is not None
    assert found.hands.weight > 0.5
    assert found.groups["hands"] is not None
    assert (found.groups["hands"] > 0.7) == ("other" not in name)
    assert danced.evaluation.mirrored == (name == "mirrored")
    assert any("Watch the hands" in text for text in danced.said) == ("other" in name)


@pytest.mark.parametrize("name", TAKES)
def test_a_half_second_has_the_same_score_live_and_in_the_report(dancer: Dancer, name: str) -> None:
    danced = dancer(TAKES[name])
    assert_as_reported(danced)
    assert (True in danced.mirrored) == danced.evaluation.mirrored == (name == "mirrored")
    assert not any("not look like this dance" in text for text in danced.said)


def test_the_sections_on_the_way_are_made_of_those_scores(dancer: Dancer, dance: Dance) -> None:
    danced = dancer(TAKES["late"])
    for index, (start, end) in enumerate(dance.reference.info.sections):
        inside = [score for time, score in danced.stored.items() if start < time - 1e-6 <= end]
        if len(inside) >= 4:
            assert danced.sections[index] == pytest.approx(np.mean(inside), abs=0.1)


@pytest.mark.parametrize(
    "take",
    [take_of(seed=5), take_of("stand still"), nobody_for(SECONDS * FPS, fps=FPS)],
    ids=["other", "still", "gone"],
)
def test_of_another_dance_no_side_is_told(dancer: Dancer, take: PoseSequence) -> None:
    danced = dancer(take)
    assert True not in danced.mirrored
    assert not danced.evaluation.mirrored
