"""Scoring a recording: as fast as the machine can, through the same frames and the same second pass."""

from __future__ import annotations

import subprocess
from dataclasses import replace
from itertools import islice
from pathlib import Path

import cv2
import numpy as np
import pytest

from kdance.audio.ffmpeg import ffmpeg_path
from kdance.dance.dance import Dance
from kdance.dance.references import Reference
from kdance.errors import VideoError
from kdance.motion.course import Course
from kdance.motion.pose_normalization import normalize
from kdance.pose import PoseSequence
from kdance.practice.score_video import hear_start
from kdance.review.options import TakeOptions
from kdance.review.passes import final_pass
from tests.conftest import Cli
from tests.course_factory import course_of, danced_along
from tests.motion_factory import make_sequence, mean, mirror_take
from tests.session_factory import (
    DEMO_TAKE,
    FPS,
    SECONDS,
    Studio,
    empty_room,
    frames_of,
    join_takes,
    make_reference,
    numbers,
    strict_json,
    the_dance,
)
from tests.sound_factory import RATE, add_sound, cut_or_pad, heard_in_a_room, make_song, write_wav
from tests.video_factory import set_frame_durations, write_clip

FRAMES = round(SECONDS * FPS)


@pytest.fixture
def studio(home: Path, monkeypatch: pytest.MonkeyPatch) -> Studio:
    return Studio(home, monkeypatch, the_dance())


@pytest.mark.slow
def test_the_real_network_gives_the_same_numbers_trained_and_scored(
    home: Path, demo_reference: Reference, kdance_cli: Cli
) -> None:
    home.mkdir()
    (home / "references").symlink_to(demo_reference.video.parent.parent, target_is_directory=True)
    take = home / "take.mp4"  # the first 3 s of the built-in take
    writer = cv2.VideoWriter(str(take), cv2.VideoWriter.fourcc(*"mp4v"), 30, (640, 480))
    for picture in islice(frames_of(DEMO_TAKE), 90):
        writer.write(picture)
    writer.release()
    trained = kdance_cli("train", "demo", "--camera", take, "--no-window", "--countdown", "0", "--no-flip")
    assert (trained.code, trained.err) == (0, "")
    of_training = strict_json(kdance_cli("report", "--json").out)
    scored = kdance_cli("score", "demo", take, "--offset", "0", "--json")
    assert (scored.code, scored.error_lines) == (0, [])
    of_scoring = strict_json(scored.out)
    assert strict_json(kdance_cli("report", "--json").out) == of_scoring
    assert of_scoring["session_id"] != of_training["session_id"]
    assert numbers(of_scoring) == numbers(of_training)
    assert of_scoring["total_poses"] == 90
    assert of_scoring["average_similarity"] > 0.9


def test_a_recording_is_a_session(studio: Studio, kdance_cli: Cli) -> None:
    studio.script(the_dance())
    clip = studio.clip(the_dance())
    done = kdance_cli("score", "dance", clip, "--offset", "0", "--json")
    assert (done.code, done.error_lines) == (0, [])
    report = strict_json(done.out)
    assert (report["status"], report["source"], report["total_poses"]) == ("completed", str(clip), FRAMES)
    assert strict_json(kdance_cli("report", "--json").out) == report


@pytest.mark.parametrize("lead", [0.0, 1.5])
def test_it_is_found_out_where_the_dance_begins(studio: Studio, lead: float) -> None:
    waiting = make_sequence("stand still", seconds=lead) if lead else None
    take = join_takes(*[part for part in (waiting, the_dance()) if part is not None])
    outcome = studio.score(take, offset=None)
    assert outcome.report is not None
    assert outcome.report.timing.start_offset_ms == pytest.approx(1000 * lead, abs=60)
    assert outcome.report.timing.offset_ms == pytest.approx(0.0, abs=60)
    assert outcome.report.timing.confidence > 0.5
    assert outcome.report.average_similarity > 0.9


def test_it_can_be_said_where_the_dance_begins(studio: Studio) -> None:
    take = join_takes(make_sequence("stand still", seconds=1.5), the_dance(), empty_room(2.0))
    outcome = studio.score(take, offset=1.5)
    assert outcome.report is not None
    assert outcome.report.timing.start_offset_ms == 1500
    assert outcome.report.timing.offset_ms == pytest.approx(0.0, abs=40)
    assert outcome.report.average_similarity > 0.9
    assert outcome.report.total_duration == pytest.approx(1.5 + SECONDS, abs=0.1)  # it ends with the dance


@pytest.mark.parametrize("mirrored", [False, True])
def test_a_dance_that_is_far_late_by_the_clock_asked_for_is_this_dance_and_late(tmp_path: Path, mirrored: bool) -> None:
    """All of it is lateness; it scores nothing, and its mirror image, which is on nobody's beat either, is not it."""
    seconds = 10.0
    dance = Dance.of(make_reference(tmp_path, make_sequence(seconds=seconds)))
    take = make_sequence(seconds=seconds, late=1.2)
    body = normalize(mirror_take(take) if mirrored else take)
    best, other_fits = final_pass(body, take.times, dance, TakeOptions(offset=0.0), None)
    assert (best.mirrored, other_fits) == (mirrored, False)
    assert best.start.seconds == 0
    assert best.score.lateness.seconds == pytest.approx(1.2, abs=0.02)
    assert mean(best.score.frames.pose) > 0.9
    assert mean(best.score.frames.combined) < 0.05
    in_one_run = Course.in_one_run(take.times)
    live, _ = final_pass(body, take.times, dance, TakeOptions(offset=0.0), in_one_run)
    np.testing.assert_array_equal(live.score.frames.combined, best.score.frames.combined)


def test_where_nothing_is_danced_the_beginning_is_not_guessed(studio: Studio) -> None:
    outcome = studio.score(empty_room(), offset=None)
    assert outcome.report is not None
    assert outcome.report.timing.start_offset_ms == 0
    assert outcome.report.timing.confidence < 0.1
    assert outcome.report.average_similarity is None


def test_ctrl_c_scores_what_was_seen(studio: Studio) -> None:
    def press(number: int) -> None:
        studio.signals.received |= number == 40

    outcome = studio.score(the_dance(), on_frame=press)
    assert (outcome.status, outcome.by_signal) == ("interrupted", True)
    assert outcome.report is not None
    assert outcome.report.total_poses == 41


def test_progress_is_told_by_the_frame(studio: Studio) -> None:
    told: list[tuple[int, float, float | None]] = []
    studio.score(the_dance(), progress=lambda *step: told.append(step))
    assert [step[0] for step in told] == list(range(1, FRAMES + 1))
    np.testing.assert_allclose([step[1] for step in told], the_dance().times, atol=2e-3)
    assert {round(step[2], 2) for step in told if step[2] is not None} == {SECONDS}


def test_a_clip_that_stands_still_for_seconds_is_scored_by_its_time_stamps(studio: Studio) -> None:
    keep = np.r_[0:30, 90:FRAMES]
    gap = [512] * 29 + [512 * 61] + [512] * (len(keep) - 30)
    clip = write_clip(studio.home / "gap.mp4", len(keep), width=128, height=96)
    set_frame_durations(clip, gap)
    outcome = studio.score(the_dance(), clip=clip)
    assert outcome.report is not None
    assert outcome.report.total_poses == len(keep)
    assert outcome.report.total_duration == pytest.approx(SECONDS - 1 / FPS, abs=5e-3)
    assert outcome.report.average_similarity > 0.9
    with studio.store() as store:
        snapshots = store.snapshots(outcome.report.session_id)
    assert [snapshot.landmarks is None for snapshot in snapshots][2:5] == [True, True, True]


def test_what_is_no_video_leaves_no_session(studio: Studio, kdance_cli: Cli, tmp_path: Path) -> None:
    broken = tmp_path / "take.mp4"
    broken.write_bytes(b"not a video")
    with pytest.raises(VideoError, match=r"take\.mp4"):
        studio.score(the_dance(), clip=broken)
    done = kdance_cli("score", "dance", broken)
    assert (done.code, done.out) == (1, "")
    with studio.store() as store:
        assert store.list_sessions() == []


@pytest.mark.parametrize("speed", [0.5, 0.75, 1.5])
def test_a_recording_of_the_dance_at_another_speed(studio: Studio, speed: float) -> None:
    times, course = course_of((0.0, SECONDS, speed))
    late = join_takes(danced_along(times, course), empty_room(1.0))
    outcome = studio.score(late, speed=speed)
    assert outcome.report is not None
    plain = studio.score(the_dance()).report
    assert plain is not None
    assert outcome.report.speed == speed
    assert outcome.report.average_similarity == pytest.approx(plain.average_similarity, abs=0.03)
    assert outcome.report.total_duration == pytest.approx(SECONDS / speed, abs=0.1)  # it ends with the dance
    assert studio.score(danced_along(times, course)).report.average_similarity < 0.8


# -- by the sound -----------------------------------------------------------------------------------------------------


@pytest.fixture
def song_studio(home: Path, monkeypatch: pytest.MonkeyPatch) -> Studio:
    """A dance of eight seconds with a song."""
    studio = Studio(home, monkeypatch, make_sequence("dance", seconds=8.0))
    song = write_wav(home / "song.wav", make_song(118, 8.0, first=1.0))
    reference = replace(studio.dance.reference, sound=song)
    studio.dance = replace(studio.dance, reference=reference)
    return studio


def recording(studio: Studio, take: PoseSequence, begins: float, *, seed: int = 0) -> Path:
    """A clip of a take in which the song, heard in a room, begins at a second."""
    song = cut_or_pad(make_song(118, 8.0, first=1.0, seed=seed), RATE, begins, len(take) / FPS)
    return add_sound(studio.clip(take), heard_in_a_room(song, RATE))


def test_a_recording_begins_where_its_sound_says(song_studio: Studio) -> None:
    """The dancer is 0.3 s late: by the poses alone that would be the start."""
    take = join_takes(empty_room(2.0 + 0.3), make_sequence("dance", seconds=8.0))
    outcome = song_studio.score(take, clip=recording(song_studio, take, 2.0), offset=None)
    assert outcome.report is not None
    assert outcome.report.timing.start_offset_ms == pytest.approx(2000, abs=30)
    assert outcome.report.timing.offset_ms == pytest.approx(300, abs=40)


def test_another_song_says_nothing_and_the_poses_tell_the_start(song_studio: Studio) -> None:
    take = join_takes(empty_room(2.3), make_sequence("dance", seconds=8.0))
    clip = recording(song_studio, take, 2.0, seed=7)
    assert hear_start(song_studio.dance.reference, clip, TakeOptions(offset=None)) is None
    outcome = song_studio.score(take, clip=clip, offset=None)
    assert outcome.report is not None
    assert outcome.report.timing.start_offset_ms == pytest.approx(2300, abs=50)


@pytest.mark.parametrize("options", [{"offset": 0.0}, {"offset": None, "free": True}, {"offset": None, "speed": 0.75}])
def test_the_sound_is_not_asked_where_it_can_not_tell(song_studio: Studio, options: dict[str, object]) -> None:
    missing = song_studio.home / "not-looked-at.mp4"
    assert hear_start(song_studio.dance.reference, missing, TakeOptions(**options)) is None  # type: ignore[arg-type]


def test_a_recording_without_sound_goes_by_the_poses(song_studio: Studio) -> None:
    take = join_takes(empty_room(2.0), make_sequence("dance", seconds=8.0))
    outcome = song_studio.score(take, offset=None)
    assert outcome.report is not None
    assert outcome.report.timing.start_offset_ms == pytest.approx(2000, abs=40)


def test_what_is_wrong_with_a_recording_is_told_beside_its_report(studio: Studio, kdance_cli: Cli) -> None:
    studio.script(the_dance())
    whole, cut = studio.clip(the_dance()), studio.home / "cut.mp4"
    options = ["-i", str(whole), "-c", "copy", "-movflags", "+faststart", str(cut)]
    subprocess.run([ffmpeg_path(), "-v", "error", *options], check=True, stdin=subprocess.DEVNULL)
    data = cut.read_bytes()
    cut.write_bytes(data[: data.index(b"mdat") + (len(data) - data.index(b"mdat")) * 7 // 10])
    done = kdance_cli("score", "dance", cut, "--offset", "0", "--json")
    assert done.code == 0
    assert strict_json(done.out)["total_poses"] < FRAMES
    assert "cut.mp4: It is cut off" in done.err
