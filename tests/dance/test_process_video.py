"""A video becomes a reference: what is on disk afterwards, and that there is nothing when it fails."""

from __future__ import annotations

import errno
import hashlib
import os
import shutil
import time
from collections.abc import Callable
from datetime import datetime
from itertools import pairwise
from pathlib import Path
from typing import Any

import cv2
import numpy as np
import pytest

from kdance.audio.decode import load_sound
from kdance.capture.video_file import VideoFile
from kdance.choices import Turn
from kdance.config import PoseSettings
from kdance.dance.process_video import VideoPart, process_video
from kdance.dance.quality import OF_HANDS, SeenBody, judge
from kdance.dance.reference_info import Quality
from kdance.dance.references import Counts, Reference, load_reference
from kdance.dance.song_counts import NO_BEAT, NO_SOUND, Song
from kdance.errors import DanceReferenceError, KdanceError, VideoError
from kdance.motion.upright import upright
from kdance.pose import Frame, Landmark, Pose, PoseSequence
from tests.conftest import DEMO_CLIPS
from tests.motion_factory import make_sequence, nobody_for
from tests.reference_factory import files_in
from tests.session_factory import ScriptedEstimator, join_takes
from tests.sound_factory import RATE, add_sound, make_clicks, run_ffmpeg
from tests.video_factory import read_index, set_frame_durations, set_rotation_tag, write_clip

FILES = {"landmarks.npy", "world.npy", "times.npy", "reference.yaml", "video.mp4"}
FULL_DISK = OSError(errno.ENOSPC, "No space left on device")
PLAIN = PoseSettings(hands=False)


class ScriptedHands(ScriptedEstimator):
    """Finds both hands wherever it is asked, at the time of the frame."""

    def __init__(self) -> None:
        super().__init__(make_sequence(seconds=1))
        self.asked: list[float] = []

    def estimate(self, frame: Frame, pose: Pose | None = None) -> Any:
        self.asked.append(frame.time)
        return np.full((2, 21, 3), frame.time, np.float32)


@pytest.fixture
def references(tmp_path: Path) -> Path:
    return tmp_path / "home" / "references"


@pytest.fixture
def clip(tmp_path: Path) -> Path:
    return write_clip(tmp_path / "magnetic.mp4", 90)


@pytest.fixture
def script(monkeypatch: pytest.MonkeyPatch) -> Callable[..., ScriptedEstimator]:
    """Lets the pose network say what a take says."""

    def perform(take: PoseSequence | None = None, on_frame: Callable[[int], object] = lambda _: None) -> Any:
        estimator = ScriptedEstimator(make_sequence(seconds=10) if take is None else take, on_frame)
        monkeypatch.setattr("kdance.dance.dancer_eyes.open_pose_estimator", lambda *_, **__: estimator)
        return estimator

    return perform


def make(
    references: Path, video: Path, *, settings: PoseSettings = PLAIN, force: bool = False, **part: Any
) -> Reference:
    return process_video(
        VideoPart(video=video, **part), references, settings=settings, force=force, progress=lambda *_: None
    )


# The demo, through the real network


def test_arrays_of_the_demo(demo_reference: Reference) -> None:
    folder = demo_reference.video.parent
    assert files_in(folder) == FILES | {"sound.wav"}
    landmarks, world, times = (
        np.load(folder / f"{name}.npy", mmap_mode="r", allow_pickle=False) for name in ("landmarks", "world", "times")
    )
    assert (landmarks.shape, landmarks.dtype) == ((180, 33, 4), np.float32)
    assert (world.shape, world.dtype) == ((180, 33, 3), np.float32)
    assert (times.shape, times.dtype) == ((180,), np.float64)
    np.testing.assert_allclose(times, np.arange(180) / 30, atol=1e-4)


def test_landmarks_of_the_demo_are_pixels_and_metres(demo_reference: Reference) -> None:
    sequence = demo_reference.sequence
    assert sequence.measured.all()
    assert np.isfinite(sequence.landmarks).all()
    assert np.isfinite(sequence.world).all()
    x, y, _, visibility = np.moveaxis(np.asarray(sequence.landmarks), -1, 0)
    nose, ankle = Landmark.NOSE, Landmark.LEFT_ANKLE
    assert 0 < x.mean() < 640
    assert np.all((y[:, nose] > 0) & (y[:, nose] < y[:, ankle]) & (y[:, ankle] < 480))
    assert np.all((visibility >= 0) & (visibility <= 1))
    # She faces the camera most of the time: her left is to the right of the picture.
    assert np.mean(x[:, Landmark.LEFT_SHOULDER] > x[:, Landmark.RIGHT_SHOULDER]) > 0.9
    hips = np.asarray(sequence.world)[:, [Landmark.LEFT_HIP, Landmark.RIGHT_HIP]].mean(1)
    np.testing.assert_allclose(hips, 0, atol=0.03)


def test_what_is_known_of_the_demo(demo_reference: Reference) -> None:
    info, video = demo_reference.info, DEMO_CLIPS / "demo.mp4"
    assert (info.format_version, info.name, info.source, info.model) == (2, "demo", "demo.mp4", "full")
    assert (info.frames, info.width_px, info.height_px, info.start) == (180, 640, 480, 0.0)
    assert info.duration == pytest.approx(179 / 30, abs=1e-3)
    assert info.source_sha256 == hashlib.sha256(video.read_bytes()).hexdigest()
    assert demo_reference.video.read_bytes() == video.read_bytes()
    assert datetime.fromisoformat(info.made_at).tzinfo is not None
    assert info.quality.body_share == 1.0
    assert min(info.quality.visible.values()) > 0.95
    assert set(info.quality.visible) == {"head", "arms", "legs", "feet"}
    assert info.quality.warnings == ()


def test_the_score_s_floor_of_the_demo(demo_reference: Reference) -> None:
    chance = demo_reference.info.chance
    assert set(chance) == {"easy", "normal", "strict"}
    for level in chance.values():
        assert 0 < level.motion < 0.95
    # What is judged more strictly is met less often by chance.
    assert 0.95 > chance["easy"].pose > chance["normal"].pose > chance["strict"].pose > 0


def test_sections_of_the_demo_follow_each_other(demo_reference: Reference) -> None:
    sections = demo_reference.info.sections
    assert sections[0][0] == 0.0
    assert sections[-1][1] == pytest.approx(demo_reference.info.duration)
    assert all(end == start for (_, end), (start, _) in pairwise(sections))
    assert all(end - start >= 2 for start, end in sections)


@pytest.fixture(scope="module")
def demo_frames() -> list[Frame]:
    with VideoFile(DEMO_CLIPS / "demo.mp4", end=2.3) as source:
        return list(source)


def test_legs_that_are_cut_away_are_noticed(references: Path, tmp_path: Path, demo_frames: list[Frame]) -> None:
    """The real network, on pictures that end at the hips."""
    clip = tmp_path / "close.mp4"
    writer = cv2.VideoWriter(str(clip), cv2.VideoWriter.fourcc(*"mp4v"), 30, (640, 256))
    for frame in demo_frames:
        writer.write(frame.image[:256])
    writer.release()
    quality = make(references, clip, settings=PoseSettings(hands=False, model="lite")).info.quality
    assert quality.body_share > 0.9
    assert quality.visible["legs"] < 0.2
    assert quality.visible["head"] > 0.9
    *unseen, silent = quality.warnings
    assert silent == NO_SOUND
    assert "The dancer's legs can't be seen in 100 % of it: choose a video that shows the whole body." in unseen
    assert all("legs" in warning or "arms" in warning for warning in unseen)  # hanging arms end below the hips


def test_hands_of_the_demo(references: Path) -> None:
    reference = make(references, DEMO_CLIPS / "demo.mp4", settings=PoseSettings(model="lite"), end=2.2)
    hands = np.load(reference.video.parent / "hands.npy", mmap_mode="r", allow_pickle=False)
    assert (hands.shape, hands.dtype) == ((66, 2, 21, 3), np.float32)
    looked = np.isfinite(hands).all(axis=(2, 3))
    assert set(np.flatnonzero(looked.any(axis=1))) <= set(range(0, 66, 3))  # 30 fps: every third frame is 10 Hz
    assert looked[::3].mean() > 0.5
    # A hand is where its arm ends.
    wrists = np.asarray(reference.sequence.landmarks)[:, [Landmark.LEFT_WRIST, Landmark.RIGHT_WRIST], :2]
    assert np.median(np.linalg.norm(hands[:, :, 0, :2] - wrists, axis=-1)[looked]) < 15


def test_an_empty_room_is_no_dance(references: Path, clip: Path) -> None:
    with pytest.raises(VideoError) as error:
        make(references, clip, settings=PoseSettings(hands=False, model="lite"))
    assert str(error.value) == (
        f"Nobody can be seen in {clip}. Choose a video that shows one dancer from head to feet."
    )
    assert files_in(references) == set()


# Frames and times


def test_times_are_the_clip_s_own(references: Path, tmp_path: Path, script: Callable[..., Any]) -> None:
    ticks = np.random.default_rng(0).choice([256, 512, 768, 1536], 90)
    clip = set_frame_durations(write_clip(tmp_path / "phone.mp4", 90), ticks.tolist())
    real = np.cumsum([0, *ticks[:-1]]) / 15360
    script(make_sequence(times=real))
    reference = make(references, clip)
    np.testing.assert_allclose(reference.sequence.times, real, atol=1e-4)
    assert reference.info.duration == pytest.approx(real[-1], abs=1e-4)
    assert reference.info.frames == 90


def test_every_frame_is_looked_at_once(references: Path, clip: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    class Reader(ScriptedEstimator):
        def estimate(self, frame: Frame) -> Pose | None:
            seen.append(read_index(frame.image))
            return super().estimate(frame)

    seen: list[int] = []
    monkeypatch.setattr(
        "kdance.dance.dancer_eyes.open_pose_estimator", lambda *_, **__: Reader(make_sequence(seconds=3))
    )
    make(references, clip)
    assert seen == list(range(90))


def test_a_part_of_a_video(references: Path, tmp_path: Path, script: Callable[..., Any]) -> None:
    clip = write_clip(tmp_path / "long.mp4", 150)
    script()
    reference = make(references, clip, start=1.0, end=4.0)
    assert reference.info.start == 1.0
    assert reference.info.frames == 90
    assert reference.sequence.times[0] == 0.0
    assert reference.info.duration == pytest.approx(89 / 30)
    assert reference.video.read_bytes() == clip.read_bytes()


def test_a_phone_clip_is_upright(references: Path, clip: Path, script: Callable[..., Any]) -> None:
    script()
    reference = make(references, set_rotation_tag(clip, 90))
    assert (reference.info.width_px, reference.info.height_px) == (120, 160)


@pytest.mark.parametrize("fps", [12, 15, 24, 25, 30, 50, 60])
def test_hands_are_looked_for_ten_times_a_second(
    references: Path, tmp_path: Path, script: Callable[..., Any], monkeypatch: pytest.MonkeyPatch, fps: float
) -> None:
    clip = write_clip(tmp_path / "clip.mp4", round(3 * fps), fps=fps)
    script(make_sequence(seconds=3, fps=fps))
    hands = ScriptedHands()
    monkeypatch.setattr("kdance.dance.dancer_eyes.open_hand_estimator", lambda *_, **__: hands)
    reference = make(references, clip, settings=PoseSettings(hands=True))
    assert 28 <= len(hands.asked) <= 31
    stored = np.load(reference.video.parent / "hands.npy", allow_pickle=False)
    assert stored.shape == (reference.info.frames, 2, 21, 3)
    assert stored.dtype == np.float32
    times = np.asarray(reference.sequence.times)
    rows = np.isfinite(stored).all(axis=(1, 2, 3))
    np.testing.assert_allclose(times[rows], hands.asked)
    np.testing.assert_allclose(stored[rows, 0, 0, 0], hands.asked, atol=1e-6)


def test_short_gaps_are_filled_and_long_ones_are_not(references: Path, clip: Path, script: Callable[..., Any]) -> None:
    script(make_sequence(seconds=3, nobody=[(0.5, 0.6), (1.0, 2.0)]))
    reference = make(references, clip)
    measured, times = reference.sequence.measured, np.asarray(reference.sequence.times)
    np.testing.assert_array_equal(measured, ~((times > 0.999) & (times < 1.999)))
    # The figures are those of the video, before anything was filled.
    assert reference.info.quality.body_share == pytest.approx(57 / 90)


def test_a_reference_is_smoothed_without_delay(references: Path, clip: Path, script: Callable[..., Any]) -> None:
    dance = make_sequence(seconds=3)
    script(make_sequence(seconds=3, jitter=0.02))
    wrists = [Landmark.LEFT_WRIST, Landmark.RIGHT_WRIST]
    smooth = np.asarray(make(references, clip).sequence.world)[:, wrists]
    raw = make_sequence(seconds=3, jitter=0.02).world[:, wrists]
    error = [np.linalg.norm(np.roll(smooth, by, 0) - dance.world[:, wrists], axis=-1)[5:-5].mean() for by in (-2, 0, 2)]
    assert np.argmin(error) == 1
    assert np.diff(smooth, 2, axis=0).std() < 0.5 * np.diff(raw, 2, axis=0).std()


def test_progress_is_told_for_every_frame(references: Path, clip: Path, script: Callable[..., Any]) -> None:
    script()
    told: list[tuple[int, float, float | None]] = []
    process_video(
        VideoPart(video=clip), references, settings=PLAIN, force=False, progress=lambda *args: told.append(args)
    )
    watched, waited = told[:90], told[90:]  # for the sound, where the machine is slow
    assert [frames for frames, _, _ in watched] == list(range(1, 91))
    np.testing.assert_allclose([done for _, done, _ in watched], np.arange(90) / 30, atol=1e-4)
    np.testing.assert_allclose([total or 0 for _, _, total in watched], 3.0)
    assert {frames for frames, _, _ in waited} <= {90}


# Quality


def judged(sequence: PoseSequence, **asked: Any) -> Quality:
    return judge(SeenBody.of(sequence), **asked)


def test_parts_of_a_long_film_are_judged_as_all_of_it(monkeypatch: pytest.MonkeyPatch) -> None:
    whole = join_takes(nobody_for(60), make_sequence(seconds=8, hidden=("legs",)))
    sections = [(0.0, 3.0), (3.0, 9.0)]
    at_once = judged(whole, sections=sections)
    monkeypatch.setattr("kdance.dance.quality._AT_ONCE", 7)
    assert judged(whole, sections=sections) == at_once


def warnings_of(*takes: PoseSequence) -> tuple[str, ...]:
    return judged(join_takes(*takes)).warnings


def test_a_clip_that_shows_everything_needs_no_warning() -> None:
    quality = judged(make_sequence(seconds=3))
    assert quality.body_share == 1.0
    assert quality.visible == dict.fromkeys(("head", "arms", "legs", "feet"), 1.0)
    assert quality.warnings == ()


@pytest.mark.parametrize("part", ["legs", "arms", "feet"])
def test_a_part_out_of_frame_is_told_with_its_share(part: str) -> None:
    takes = make_sequence(seconds=6.2), make_sequence(seconds=3.8, hidden=(part,))
    quality = judged(join_takes(*takes))
    assert quality.visible[part] == pytest.approx(0.62, abs=0.005)
    assert quality.warnings == (
        f"The dancer's {part} can't be seen in 38 % of it: choose a video that shows the whole body.",
    )


def test_a_fifth_is_forgiven() -> None:
    assert warnings_of(make_sequence(seconds=8.2), make_sequence(seconds=1.8, hidden=("legs",))) == ()


def test_a_dance_of_the_hands_needs_no_legs_and_says_how_its_hands_count() -> None:
    half = make_sequence(seconds=3, hidden=("legs", "feet"))
    assert judged(half, of_hands=True).warnings == (OF_HANDS,)
    assert judged(half, of_hands=True).of_hands
    assert not judged(half).of_hands
    assert any("legs" in warning for warning in judged(half).warnings)
    assert any("head" in said for said in judged(make_sequence(seconds=3, hidden=("head",)), of_hands=True).warnings)


def test_a_stretch_without_anybody_is_told_first() -> None:
    quality = judged(join_takes(nobody_for(60), make_sequence(seconds=8, hidden=("legs",))))
    assert quality.body_share == pytest.approx(0.8)
    assert quality.visible["legs"] == 0.0  # of the time in which somebody is there
    assert quality.warnings[0] == "Nobody is seen in 20 % of it: cut it with --start and --end."
    assert quality.warnings[1].startswith("The dancer's legs can't be seen in 100 % of it")
    assert len(quality.warnings) == 2


@pytest.mark.parametrize(("asked", "turn", "needed"), [(0, 90, 270), (180, 180, 0)])
def test_a_turned_video_is_told_with_the_option_that_mends_it(asked: Turn, turn: Turn, needed: int) -> None:
    quality = judged(upright(make_sequence(seconds=3), turn), rotate=asked)
    assert f"--rotate {needed} --force" in quality.warnings[0]


def test_few_pictures_a_second_are_told_with_their_number() -> None:
    assert judged(make_sequence(seconds=6, fps=6)).warnings[0].startswith("It has 6 pictures a second")
    assert judged(make_sequence(seconds=6, fps=15)).warnings == ()


# Videos that are no dance


@pytest.mark.parametrize(
    ("frames", "fps", "length"), [(59, 30, "1.97"), (1, 30, "0.00"), (2, 30, "0.07"), (19, 10, "1.90")]
)
def test_a_video_of_less_than_two_seconds(
    references: Path, tmp_path: Path, script: Callable[..., Any], frames: int, fps: float, length: str
) -> None:
    script(make_sequence(seconds=3, fps=fps))
    clip = write_clip(tmp_path / "short.mp4", frames, fps=fps)
    with pytest.raises(VideoError, match=f"is too short: {length} s of it can be used, a dance needs at least 2 s"):
        make(references, clip)
    assert files_in(references) == set()


@pytest.mark.parametrize(("frames", "fps"), [(60, 30), (20, 10), (50, 25)])
def test_a_video_of_two_seconds_is_long_enough(
    references: Path, tmp_path: Path, script: Callable[..., Any], frames: int, fps: float
) -> None:
    script(make_sequence(seconds=3, fps=fps))
    assert make(references, write_clip(tmp_path / "short.mp4", frames, fps=fps)).info.frames == frames


def test_exactly_two_seconds_of_a_longer_video(references: Path, clip: Path, script: Callable[..., Any]) -> None:
    script()
    assert make(references, clip, end=2.0).info.frames == 60


@pytest.mark.parametrize(
    ("part", "said"),
    [
        ({"start": 2.0, "end": 1.0}, "The part from 2 s to 1 s is empty"),
        ({"start": 1.0, "end": 1.0}, "The part from 1 s to 1 s is empty"),
        ({"start": -1.0}, "The part from -1 s to the end is empty"),
        ({"start": float("nan")}, "The part from nan s to the end is empty"),
        ({"end": float("nan")}, "The part from 0 s to nan s is empty"),
        ({"start": 3.5}, r"is only 3\.0 s long: nothing comes after 3\.5 s"),
        ({"start": 1.5}, r"is too short: 1\.50 s"),
    ],
)
def test_a_part_that_isn_t_there(
    references: Path, clip: Path, script: Callable[..., Any], part: dict[str, float], said: str
) -> None:
    script()
    with pytest.raises(VideoError, match=said):
        make(references, clip, **part)
    assert files_in(references) == set()


def test_somebody_who_only_passes_by_is_no_dance(references: Path, clip: Path, script: Callable[..., Any]) -> None:
    script(make_sequence(seconds=3, nobody=[(0.2, 9)]))
    with pytest.raises(VideoError, match="Nobody can be seen"):
        make(references, clip)


def test_a_model_that_isn_t_there(references: Path, clip: Path) -> None:
    with pytest.raises(KdanceError, match="There is no pose model 'huge'"):
        make(references, clip, settings=PoseSettings(model="huge"))
    assert files_in(references) == set()


# Names and files


def test_the_name_is_the_file_s_unless_given(references: Path, clip: Path, script: Callable[..., Any]) -> None:
    script()
    assert make(references, clip).info.name == "magnetic"
    assert make(references, clip, name="아일릿").info.name == "아일릿"
    assert {path.name for path in references.iterdir()} == {"magnetic", "아일릿"}


def test_a_korean_file(references: Path, tmp_path: Path, script: Callable[..., Any]) -> None:
    script()
    clip = write_clip(tmp_path / "x.mp4", 90).rename(tmp_path / "[4K] 아일릿 'Magnetic' 안무.MP4")
    reference = make(references, clip)
    assert reference.info.name == "4K 아일릿 Magnetic 안무"
    assert reference.info.source == clip.name
    assert reference.video.name == "video.mp4"
    assert load_reference(references, "4K 아일릿 Magnetic 안무").info == reference.info


def test_a_home_folder_s_file(
    references: Path, clip: Path, script: Callable[..., Any], monkeypatch: pytest.MonkeyPatch
) -> None:
    script()
    monkeypatch.setenv("HOME", str(clip.parent))
    monkeypatch.setenv("USERPROFILE", str(clip.parent))
    assert make(references, Path("~/magnetic.mp4")).video.is_file()


@pytest.mark.skipif(os.name == "nt", reason="names there are always Unicode")
def test_a_file_name_that_is_no_text(references: Path, clip: Path, script: Callable[..., Any]) -> None:
    script()
    odd = clip.rename(os.fsdecode(os.fsencode(clip.parent) + b"/\xff\xfe.mp4"))
    with pytest.raises(VideoError, match=r"is not UTF-8\. Rename the file"):
        make(references, odd)


def test_a_taken_name_is_refused_before_anything_is_done(
    references: Path, clip: Path, script: Callable[..., Any]
) -> None:
    script()
    made = make(references, clip).info
    estimator = script()
    with pytest.raises(DanceReferenceError, match="already"):
        make(references, clip)
    assert estimator.frames == 0
    assert load_reference(references, "magnetic").info == made


def test_force_replaces(references: Path, clip: Path, script: Callable[..., Any]) -> None:
    script()
    make(references, clip)
    script()
    make(references, clip, force=True, end=2.5)
    assert load_reference(references, "magnetic").info.frames == 75
    assert files_in(references) == {"magnetic", *(f"magnetic/{name}" for name in FILES)}


def test_a_reference_s_own_video_can_replace_it(references: Path, clip: Path, script: Callable[..., Any]) -> None:
    script()
    video = make(references, clip).video
    clip.unlink()
    script()
    assert make(references, video, name="magnetic", force=True).video.read_bytes()


def test_a_reference_of_a_kept_copy_names_the_film_it_was_made_of(
    references: Path, clip: Path, script: Callable[..., Any]
) -> None:
    script()
    video = make(references, clip).video
    script()
    assert make(references, video, name="magnetic", force=True).info.source == clip.name
    script()
    assert make(references, video, name="another").info.source == clip.name
    script()
    own = write_clip(clip.with_name("video.mp4"), 90)
    assert make(references, own, name="own").info.source == own.name


def test_a_cut_that_nobody_knew_of_is_not_watched_to_the_end_for_nothing(
    references: Path, tmp_path: Path, script: Callable[..., Any], monkeypatch: pytest.MonkeyPatch
) -> None:
    """Two seconds of one place, then eight of another."""
    cut_s, count = 2.0, 300
    clip = tmp_path / "cut.mp4"
    writer = cv2.VideoWriter(str(clip), cv2.VideoWriter.fourcc(*"mp4v"), 30, (160, 120))
    rows, columns = np.mgrid[:120, :160] // 20 % 2
    for index in range(count):
        stripes = columns if index < 30 * cut_s else rows
        writer.write(np.repeat(np.where(stripes, 220, 30).astype(np.uint8)[..., None], 3, axis=-1))
    writer.release()
    estimator = script()
    monkeypatch.setattr("kdance.dance.watching.stage_of", lambda *_: (_ for _ in ()).throw(VideoError("a stage")))
    with pytest.raises(VideoError, match="a stage"):
        make(references, clip)
    assert 30 * cut_s < estimator.frames < 30 * (cut_s + 2)


# Sound and counts


def test_sound_and_counts_of_the_demo(demo_reference: Reference) -> None:
    """Its music has 120 beats a minute and a "1" at 2 s; six seconds of it are enough."""
    info = demo_reference.info
    assert demo_reference.sound == demo_reference.video.parent / "sound.wav"
    assert load_sound(demo_reference.sound).duration == pytest.approx(6.0, abs=1e-3)
    assert info.counts is not None
    assert info.counts.grid.bpm == pytest.approx(120, rel=0.003)
    assert abs((info.counts.first + 0.25) % 0.5 - 0.25) < 0.02
    assert not info.counts.given


def test_a_video_without_sound_is_a_good_reference(references: Path, clip: Path, script: Callable[..., Any]) -> None:
    script()
    reference = make(references, clip)
    assert (reference.sound, reference.info.sound, reference.info.counts) == (None, None, None)
    assert reference.info.quality.warnings == (NO_SOUND,)
    assert files_in(references / "magnetic") == FILES


def test_counts_of_a_song_are_sections(references: Path, tmp_path: Path, script: Callable[..., Any]) -> None:
    sound = make_clicks(120, 10, first=0.25)
    clip = add_sound(write_clip(tmp_path / "clicks.mp4", 300), sound)
    script()
    info = make(references, clip, first_beat=2.25).info
    assert info.counts is not None
    assert info.counts.given
    assert info.counts.first == 2.25
    assert info.counts.grid.bpm == pytest.approx(120, rel=0.001)
    np.testing.assert_allclose([end for _, end in info.sections], [2.25, 6.25, info.duration], atol=0.01)


def test_a_part_has_the_sound_of_that_part(references: Path, tmp_path: Path, script: Callable[..., Any]) -> None:
    sound = np.zeros(6 * 44100, np.float32)
    sound[round(2.5 * 44100) :] = 0.5
    clip = add_sound(write_clip(tmp_path / "part.mp4", 180), sound, rate=44100)
    script()
    reference = make(references, clip, start=1.0, end=5.0)
    assert reference.sound is not None
    left = np.abs(load_sound(reference.sound).samples[:, 0])
    assert np.argmax(left > 8000) / 44100 == pytest.approx(1.5, abs=0.003)
    assert len(left) / 44100 == pytest.approx(4.0, abs=0.001)


def test_a_recording_that_does_not_say_how_long_it_is_has_its_sound(
    references: Path, tmp_path: Path, script: Callable[..., Any]
) -> None:
    """Browsers and screen recorders write such; the sound must not become an hour of silence."""
    clip = add_sound(write_clip(tmp_path / "clicks.mp4", 180), make_clicks(120, 6))
    live = tmp_path / "live.mkv"
    run_ffmpeg("-i", clip, "-c", "copy", "-live", 1, live)
    with VideoFile(live) as source:
        assert source.duration is None
    script()
    reference = make(references, live)
    assert reference.sound is not None
    assert load_sound(reference.sound).duration == pytest.approx(6.0, abs=0.1)
    assert reference.info.counts is not None


def test_noise_has_no_counts(references: Path, tmp_path: Path, script: Callable[..., Any]) -> None:
    noise = np.random.default_rng(0).normal(0, 0.1, 6 * RATE).astype(np.float32)
    script()
    info = make(references, add_sound(write_clip(tmp_path / "noise.mp4", 180), noise)).info
    assert info.counts is None
    assert info.sound == "sound.wav"
    assert info.quality.warnings == (NO_BEAT,)


def test_counts_that_are_told_need_no_sound(references: Path, clip: Path, script: Callable[..., Any]) -> None:
    script()
    counts = make(references, clip, bpm=100, first_beat=-0.3).info.counts
    assert counts == Counts(seconds_per_count=0.6, first=4.5, given=True, confidence=1.0)


@pytest.mark.parametrize("bpm", [0, -120, 39, 241, float("nan"), float("inf")])
def test_a_tempo_nobody_dances_to_is_refused_first(
    references: Path, clip: Path, script: Callable[..., Any], bpm: float
) -> None:
    estimator = script()
    with pytest.raises(DanceReferenceError, match=r"counts a minute can't be danced\. Give --bpm from 40 to 240"):
        make(references, clip, bpm=bpm)
    assert estimator.frames == 0


def test_no_ffmpeg_is_no_reason_not_to_dance(
    references: Path, clip: Path, script: Callable[..., Any], monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setenv("IMAGEIO_FFMPEG_EXE", str(tmp_path / "gone"))
    script()
    reference = make(references, clip)
    assert reference.sound is None
    assert reference.info.quality.warnings[0].startswith("This reference has no sound. There is no ffmpeg at ")


# What fails half-way


def pressing_ctrl_c(number: int) -> None:
    if number == 20:
        raise KeyboardInterrupt


def making_a_mistake(number: int) -> None:
    if number == 20:
        raise ZeroDivisionError


def full(*_: object, **__: object) -> None:
    raise FULL_DISK


@pytest.mark.parametrize("there", [False, True], ids=["new", "replacing"])
@pytest.mark.parametrize("on_frame", [pressing_ctrl_c, making_a_mistake])
def test_what_ends_it_in_the_middle_leaves_nothing(
    references: Path, clip: Path, script: Callable[..., Any], on_frame: Callable[[int], None], there: bool
) -> None:
    if there:
        script()
        make(references, clip)
    before = files_in(references) if there else set()
    script(on_frame=on_frame)
    with pytest.raises((KeyboardInterrupt, ZeroDivisionError)):
        make(references, clip, force=there, end=2.5)
    assert files_in(references) == before
    if there:
        assert load_reference(references, "magnetic").info.frames == 90


def test_a_mistake_while_listening_reaches_the_main_thread(
    references: Path, clip: Path, script: Callable[..., Any], monkeypatch: pytest.MonkeyPatch
) -> None:
    def mistaken(*_: object, **__: object) -> None:
        raise ZeroDivisionError

    monkeypatch.setattr("kdance.dance.process_video.find_song", mistaken)
    script()
    with pytest.raises(ZeroDivisionError):
        make(references, clip)
    assert files_in(references) == set()


def test_ctrl_c_while_only_the_beat_is_missing_leaves_nothing(
    references: Path, clip: Path, script: Callable[..., Any], monkeypatch: pytest.MonkeyPatch
) -> None:
    """The thread ends before its folder goes away."""
    ended = []

    def slow(video: Path, target: Path, **_: object) -> Song:
        time.sleep(0.3)
        target.write_bytes(b"sound")
        ended.append(target)
        return Song(False, None, ())

    monkeypatch.setattr("kdance.dance.process_video.find_song", slow)
    script(on_frame=pressing_ctrl_c)
    with pytest.raises(KeyboardInterrupt):
        make(references, clip)
    assert len(ended) == 1
    assert files_in(references) == set()


@pytest.mark.parametrize("there", [False, True], ids=["new", "replacing"])
@pytest.mark.parametrize(
    "place", [(np, "save"), (shutil, "copyfile"), (Path, "write_text")], ids=lambda place: place[1]
)
def test_a_full_disk_leaves_nothing(
    references: Path,
    clip: Path,
    script: Callable[..., Any],
    monkeypatch: pytest.MonkeyPatch,
    place: tuple[Any, str],
    there: bool,
) -> None:
    if there:
        script()
        make(references, clip)
    before = files_in(references) if there else set()
    script()
    monkeypatch.setattr(*place, full)
    with pytest.raises(DanceReferenceError) as error:
        make(references, clip, force=there)
    assert str(error.value) == (
        f"The reference 'magnetic' can't be written to {references}: the disk is full. Free some space and try again."
    )
    assert files_in(references) == before


def test_a_folder_that_can_t_be_written_is_told_before_anything_is_done(
    references: Path, clip: Path, script: Callable[..., Any]
) -> None:
    references.parent.mkdir(parents=True)
    references.write_text("a file")
    estimator = script()
    with pytest.raises(DanceReferenceError, match="can't be written to"):
        make(references, clip)
    assert estimator.frames == 0


def test_a_video_that_vanishes_meanwhile(references: Path, clip: Path, script: Callable[..., Any]) -> None:
    script(on_frame=lambda number: clip.unlink(missing_ok=True) if number == 20 else None)
    with pytest.raises(KdanceError, match=f"{clip}"):
        make(references, clip)
    assert files_in(references) == set()


def test_a_first_beat_behind_the_end_is_refused_before_the_work(clip: Path, tmp_path: Path) -> None:
    part = VideoPart(video=clip, name="dance", first_beat=500.0)
    with pytest.raises(VideoError, match="no count falls at 500 s"):
        process_video(
            part, tmp_path / "r", settings=PoseSettings(), force=False, progress=lambda *_: pytest.fail("worked")
        )
