"""A video in which two dance: who is offered, who is taken, and that the reference is that dancer's own."""

from __future__ import annotations

import subprocess
from dataclasses import replace
from pathlib import Path

import cv2
import numpy as np
import pytest

from kdance.audio.ffmpeg import ffmpeg_path
from kdance.capture.contact_sheet import read_frames
from kdance.capture.video_file import VideoFile
from kdance.config import PoseSettings
from kdance.dance.first_look import glance
from kdance.dance.process_video import VideoPart, process_members, process_video
from kdance.dance.references import Reference, load_reference
from kdance.dance.stage import Dancer, Member, Stage, most_central, watch_stage
from kdance.errors import VideoError
from kdance.pose import Landmark
from tests.conftest import DEMO_CLIPS, Cli

pytestmark = [pytest.mark.slow, pytest.mark.timeout(300)]

SECONDS = 3.0


@pytest.fixture(scope="module")
def duo(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The built-in dance on the left, and a learner's take of it on the right."""
    video = tmp_path_factory.mktemp("duo") / "duo.mp4"
    clips = [
        option for name in ("demo.mp4", "demo_take.mp4") for option in ("-t", f"{SECONDS}", "-i", DEMO_CLIPS / name)
    ]
    command = [ffmpeg_path(), "-v", "error", "-y", *clips, "-filter_complex", "[0:v][1:v]hstack", "-crf", "16", video]
    subprocess.run([str(part) for part in command], check=True, stdin=subprocess.DEVNULL)
    return video


@pytest.fixture(scope="module")
def stage(duo: Path) -> Stage:
    return watch_stage(duo, start=0.0, end=None, progress=lambda *_: None)


def make(video: Path, folder: Path, member: Member | None = None, end: float | None = None) -> Reference:
    part = VideoPart(video=video, name="dance", member=member, end=end)
    return process_video(part, folder, settings=PoseSettings(hands=False), force=True, progress=lambda *_: None)


def test_two_are_several_and_one_is_not(duo: Path) -> None:
    assert glance(duo) == (True, False)
    assert glance(DEMO_CLIPS / "demo.mp4", end=6.0) == (False, False)


def test_a_picture_of_one_is_told(tmp_path: Path) -> None:
    picture = tmp_path / "picture.mp4"
    chain = "trim=end_frame=1,loop=60:1,noise=alls=6:allf=t"
    command = [ffmpeg_path(), "-v", "error", "-y", "-i", DEMO_CLIPS / "demo.mp4", "-an", "-vf", chain, picture]
    subprocess.run([str(part) for part in command], check=True, stdin=subprocess.DEVNULL)
    assert glance(picture) == (False, True)


def test_a_poster_beside_a_dancer_is_nobody(tmp_path: Path) -> None:
    video = tmp_path / "poster.mp4"
    chain = (
        "[0:v]trim=start=5:duration=3,setpts=PTS-STARTPTS[a];[0:v]trim=end_frame=1,loop=90:1[b];[b][a]hstack=shortest=1"
    )
    command = [
        ffmpeg_path(),
        "-v",
        "error",
        "-y",
        "-i",
        DEMO_CLIPS / "demo.mp4",
        "-an",
        "-filter_complex",
        chain,
        video,
    ]
    subprocess.run([str(part) for part in command], check=True, stdin=subprocess.DEVNULL)
    stage = watch_stage(video, start=0.0, end=None, progress=lambda *_: None)
    assert (len(stage.dancers), stage.stills) == (1, 1)
    member = Member.beside_stills(stage)
    seen = [found.boxes[row] for found, row in zip(member.people, member.rows, strict=True) if row >= 0]
    assert len(seen) > 0.9 * len(stage.people)
    assert min(box[0] for box in seen) > 640  # the one on the right


def test_both_are_offered_and_seen_throughout(stage: Stage) -> None:
    assert len(stage.dancers) == 2
    assert all(dancer.share > 0.95 for dancer in stage.dancers)
    assert stage.cuts == ()
    first, second = (stage.tracks.tracks[dancer.track].rows for dancer in stage.dancers)
    assert not np.any((first == second) & (first >= 0))


@pytest.fixture(scope="module")
def together(stage: Stage, duo: Path, tmp_path_factory: pytest.TempPathFactory) -> list[Reference | VideoError]:
    """Of both dancers, and of one who is never seen."""
    nobody = replace(Member.on(stage, 1), number=3, rows=np.full(len(stage.people), -1))
    members = [nobody, Member.on(stage, 1), Member.on(stage, 2)]
    parts = [VideoPart(video=duo, name=f"dance-{member.number}", member=member) for member in members]
    folder, settings = tmp_path_factory.mktemp("together"), PoseSettings(hands=False)
    made = process_members(parts, folder, settings=settings, force=False, progress=lambda *_: None)
    assert sorted(path.name for path in folder.iterdir()) == ["dance-1", "dance-2"]
    return made


@pytest.fixture
def both(together: list[Reference | VideoError]) -> list[Reference]:
    return [reference for reference in together if isinstance(reference, Reference)]


def test_one_who_can_t_be_followed_costs_the_others_nothing(together: list[Reference | VideoError]) -> None:
    assert isinstance(together[0], VideoError)
    assert "Dancer 3 can be followed in 0 %" in together[0].message
    assert [type(made) for made in together[1:]] == [Reference, Reference]


def test_watched_together_is_watched_alone(both: list[Reference], stage: Stage, duo: Path, tmp_path: Path) -> None:
    alone = make(duo, tmp_path, Member.on(stage, 2))
    assert alone.digest == both[1].digest
    kept = {"name", "made_at"}
    assert alone.info.model_dump(exclude=kept) == both[1].info.model_dump(exclude=kept)


def test_the_reference_of_a_dancer_is_theirs_and_as_good_as_alone(both: list[Reference], tmp_path: Path) -> None:
    alone = make(DEMO_CLIPS / "demo.mp4", tmp_path / "alone", end=SECONDS)
    hips = [Landmark.LEFT_HIP, Landmark.RIGHT_HIP]
    for number, reference in enumerate(both, 1):
        assert (reference.info.dancer, reference.info.dancers) == (number, 2)
        landmarks = np.asarray(reference.sequence.landmarks)
        middle = np.nanmedian(landmarks[:, hips, 0])
        if middle < 640:
            count = min(len(landmarks), len(alone.sequence))
            apart = np.linalg.norm(landmarks[:count, 11:29, :2] - alone.sequence.landmarks[:count, 11:29, :2], axis=-1)
            assert np.nanmedian(apart) < 4  # pixels, of a body of about 330
            assert np.isfinite(apart).mean() > 0.95
        else:
            assert middle == pytest.approx(960, abs=120)


def test_who_says_nothing_is_shown_all_of_them(duo: Path, kdance_cli: Cli, home: Path) -> None:
    ran = kdance_cli("preprocess", duo, "--name", "duo", "--no-hands")
    assert ran.code == 1
    assert "2 dancers can be seen" in ran.err
    assert "--dancer 1 to 2, auto or all" in ran.err
    sheet = home / "cache" / "duo-dancers.png"
    assert str(sheet) in ran.err.replace("\n", "")
    picture = cv2.imread(str(sheet))
    assert picture is not None
    assert picture.shape[0] > 2 * 190
    assert not (home / "references" / "duo").exists()
    ran = kdance_cli("preprocess", duo, "--name", "duo", "--no-hands", "--dancer", "7")
    assert ran.code == 1
    assert "There is no dancer 7" in ran.err


def test_pictures_are_read_by_their_seconds(duo: Path) -> None:
    with VideoFile(duo) as source:
        frames = list(source)
    wanted = [0, 1, 7, 8, len(frames) - 1]
    with VideoFile(duo) as source:
        images = read_frames(source, {number: round(frames[number].time, 3) for number in reversed(wanted)})
    assert list(images) == wanted
    assert all((images[number] == frames[number].image).all() for number in wanted)
    with VideoFile(duo) as source:
        assert read_frames(source, {0: 0.0}, stopped=lambda: True) == {}


def test_far_pictures_are_jumped_to() -> None:
    with VideoFile(DEMO_CLIPS / "demo.mp4") as source:
        frames = {number: frame for number, frame in enumerate(source) if number in (2, 333, 539)}
    with VideoFile(DEMO_CLIPS / "demo.mp4") as source:
        images = read_frames(source, {number: frame.time for number, frame in frames.items()})
    assert all((images[number] == frame.image).all() for number, frame in frames.items())


def test_all_makes_a_reference_for_each(duo: Path, kdance_cli: Cli, home: Path) -> None:
    ran = kdance_cli("preprocess", duo, "--name", "duo", "--no-hands", "--dancers", "all")
    assert ran.code == 0, ran.err
    infos = [load_reference(home / "references", f"duo-{number}").info for number in (1, 2)]
    assert [info.dancer for info in infos] == [1, 2]
    assert "1 of 2" in ran.out
    assert cv2.imread(str(home / "cache" / "duo-dancers.png")) is not None  # drawn while they were watched


def test_the_one_in_the_middle_is_seen_long_as_well() -> None:
    dancers = (Dancer(0, 0.95, 0.5, ()), Dancer(1, 0.9, 0.1, ()), Dancer(2, 0.2, 0.0, ()))
    assert most_central(dancers) == 2
