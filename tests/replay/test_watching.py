"""A replay from a stored session to pictures, keys, film and stills."""

from __future__ import annotations

import subprocess
from pathlib import Path

import cv2
import numpy as np
import pytest

from kdance.audio.ffmpeg import ffmpeg_path
from kdance.capture.video_file import VideoFile
from kdance.errors import KdanceError
from kdance.practice.clocks import Clock
from kdance.practice.looking_back import LookBack, look_back
from kdance.recording.film import FilmSound, write_film
from kdance.recording.filmed import Filmed
from kdance.replay.pictures import Both, Film, FilmPictures
from kdance.replay.scenes import ReplayScenes
from kdance.replay.watching import FPS, Size, film, film_sound, stills, take_file, watch
from kdance.words.phrases import load_phrases
from tests.motion_factory import JointError, make_sequence, mirror_take
from tests.session_factory import Studio
from tests.video_factory import write_clip

EN = load_phrases("en")
SECONDS = 6.0
SMALL = Size(320, 180)
LOW_ARM = JointError("left_shoulder", -35.0, 2.0, 5.0)


@pytest.fixture
def studio(home: Path, monkeypatch: pytest.MonkeyPatch) -> Studio:
    return Studio(home, monkeypatch, make_sequence("dance", seconds=SECONDS))


@pytest.fixture
def seen(studio: Studio) -> LookBack:
    studio.score(make_sequence("dance", seconds=SECONDS, errors=[LOW_ARM]))
    return again(studio)


def again(studio: Studio) -> LookBack:
    with studio.store() as store:
        return look_back(store, studio.home / "references", store.latest())


def without_pictures() -> Both:
    return Both(None, None, waits=True)


class KeyedScreen:
    """A window whose keys are pressed after so many pictures, and a clock that passes a frame a picture."""

    def __init__(self, keys: dict[int, str]) -> None:
        self.keys, self.pictures, self.closed = keys, 0, False
        self.time = 0.0
        self.clock = Clock(now=lambda: self.time)

    def show(self, image: np.ndarray) -> None:
        assert image.shape == (SMALL.height, SMALL.width, 3)
        self.pictures += 1
        self.time += 1 / FPS

    def poll(self, timeout_ms: int = 1) -> str | None:
        return self.keys.pop(self.pictures, None)


def test_keys_act_until_q(seen: LookBack) -> None:
    screen = KeyedScreen({5: "n", 8: "space", 12: "q"})
    watch(ReplayScenes(seen, without_pictures(), EN), screen, SMALL, EN, clock=screen.clock)
    assert screen.pictures == 12


def test_the_windows_x_ends_it(seen: LookBack) -> None:
    screen = KeyedScreen({})
    screen.closed = True
    watch(ReplayScenes(seen, without_pictures(), EN), screen, SMALL, EN, clock=screen.clock)
    assert screen.pictures == 0


def test_a_moment_shows_both_bodies_and_what_was_wrong(seen: LookBack) -> None:
    scenes = ReplayScenes(seen, without_pictures(), EN)
    assert seen.stills[0].fault is not None and seen.stills[0].fault.joint == "left_shoulder"
    head = scenes.playhead()
    while head.now != scenes.start + float(seen.pair.take.times[seen.stills[0].frame]):
        head.press("n")
    scene = scenes.at(head, hint="q: end")
    assert scene.badges == ("Space: go on",)
    reference, user = scene.panes
    assert "too low (teacher " in scene.caption
    (joint, teachers), (same, yours) = *reference.angles, *user.angles
    assert joint == same == "left_shoulder"
    assert yours - teachers == pytest.approx(-35, abs=8)
    assert user.errors is not None and user.errors["left_shoulder"] < -20
    assert scene.score and scene.hint


def test_before_and_after_a_fault_nothing_is_written(seen: LookBack) -> None:
    scenes = ReplayScenes(seen, without_pictures(), EN)
    head = scenes.playhead()
    head.now = 0.5
    scene = scenes.at(head)
    assert scene.caption == "" and scene.panes[1].angles == ()


def test_a_loop_is_of_the_section_being_danced(seen: LookBack) -> None:
    scenes = ReplayScenes(seen, without_pictures(), EN)
    for section in seen.report.sections:
        start, end = scenes.stretch_at((section.start + section.end) / 2)
        assert start == pytest.approx(section.start, abs=0.2)
        assert end == pytest.approx(section.end, abs=0.2)


def test_the_picture_of_the_mirrored_reference_is_turned_with_its_body(studio: Studio) -> None:
    studio.score(mirror_take(studio.sequence), mirror="on")
    seen = again(studio)
    assert seen.dance is not None
    video = write_clip(studio.home / "wide.mp4", 180, width=640, height=480)  # as large as the poses say
    with Both(Film(video), None, waits=True) as pictures:
        scenes = ReplayScenes(seen, pictures, EN)
        head = scenes.playhead()
        head.now = 2.0
        pane = scenes.at(head).panes[0]
    assert pane.image is not None and pane.landmarks is not None
    x = pane.landmarks[pane.landmarks[:, 3] > 0.5, 0]
    assert np.nanmin(x) >= 0 and np.nanmax(x) < seen.dance.reference.info.width_px


def test_a_take_whose_reference_is_gone_is_shown_alone(studio: Studio, seen: LookBack) -> None:
    (studio.home / "references" / "dance").rename(studio.home / "elsewhere")
    scenes = ReplayScenes(again(studio), without_pictures(), EN)
    head = scenes.playhead()
    head.press("n")  # the worst half second is still known
    scene = scenes.at(head)
    assert [pane.label for pane in scene.panes] == ["you"]
    assert head.now > 0
    start, end = scenes.stretch_at(3.0)
    assert (start, end) == (1.0, 5.0)


# The film


def probe(path: Path) -> str:
    return subprocess.run([ffmpeg_path(), "-i", str(path)], capture_output=True, text=True, check=False).stderr


def test_a_film_is_as_long_as_the_take(seen: LookBack, tmp_path: Path) -> None:
    told: list[tuple[int, float, float]] = []
    path = tmp_path / "me.mp4"
    scenes = ReplayScenes(seen, without_pictures(), EN)
    drawn = film(scenes, SMALL, lambda *progress: told.append(progress))
    write_film(path, drawn, SMALL.width, SMALL.height, fps=FPS, sound=film_sound(seen))
    video = cv2.VideoCapture(str(path))
    assert video.get(cv2.CAP_PROP_FRAME_COUNT) == pytest.approx(SECONDS * FPS, abs=2)
    assert "h264" in probe(path)
    assert told[-1][0] == len(told)
    assert list(tmp_path.glob("*unfinished*")) == []


@pytest.mark.parametrize("start", [0.5, -0.5])
def test_the_song_is_under_the_film_and_does_not_lengthen_it(start: float, tmp_path: Path) -> None:
    sound = tmp_path / "song.wav"
    command = [ffmpeg_path(), "-loglevel", "error", "-f", "lavfi", "-i", "sine=duration=9", str(sound)]
    subprocess.run(command, check=True)
    pictures = [np.full((96, 128, 3), shade, np.uint8) for shade in range(60)]
    path = tmp_path / "film.mp4"
    write_film(path, pictures, 128, 96, fps=FPS, sound=FilmSound(sound, start))
    said = probe(path)
    assert "aac" in said
    assert "Duration: 00:00:02" in said


def test_a_film_that_breaks_off_leaves_nothing(tmp_path: Path) -> None:
    def pictures():  # type: ignore[no-untyped-def]
        yield np.zeros((96, 128, 3), np.uint8)
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        write_film(tmp_path / "film.mp4", pictures(), 128, 96, fps=FPS, sound=None)
    assert list(tmp_path.iterdir()) == []


def test_a_sound_that_cant_be_read_is_told(tmp_path: Path) -> None:
    (tmp_path / "song.wav").write_bytes(b"no sound")
    sound = FilmSound(tmp_path / "song.wav", 0.0)
    with pytest.raises(KdanceError, match="can't be written: ffmpeg ended"):
        write_film(tmp_path / "film.mp4", [np.zeros((96, 128, 3), np.uint8)] * 9, 128, 96, fps=FPS, sound=sound)
    assert [path.name for path in tmp_path.iterdir()] == ["song.wav"]


def test_film_pictures_are_those_that_are_due(tmp_path: Path) -> None:
    clip = write_clip(tmp_path / "clip.mp4", 30)
    pictures = FilmPictures(Film(clip))
    try:
        forward = [pictures.at(moment) for moment in (0.0, 0.5, 0.9)]
        back = pictures.at(0.0)
        late = pictures.at(99.0)
    finally:
        pictures.close()
    assert all(image is not None for image in (*forward, back, late))
    assert back is not None and forward[0] is not None
    np.testing.assert_array_equal(back, forward[0])
    assert not np.array_equal(forward[0], forward[1])


def test_a_video_that_is_none_has_no_pictures(tmp_path: Path) -> None:
    (tmp_path / "video.mp4").write_bytes(b"nothing")
    with Both(Film(tmp_path / "video.mp4"), Film(tmp_path / "gone.mp4"), waits=True) as pictures:
        assert pictures.reference_at(1.0).image is None
        assert pictures.take_at(1.0).image is None


def test_stills_are_named_by_what_and_when(seen: LookBack) -> None:
    made = dict(stills(ReplayScenes(seen, without_pictures(), EN), SMALL))
    assert any("left-shoulder" in name for name in made)
    assert all(content.startswith(b"\x89PNG") for content in made.values())


@pytest.mark.parametrize(("source", "is_file"), [("0", False), ("http://phone:8080/video", False), ("me.mp4", True)])
def test_only_a_file_has_pictures_of_the_take(source: str, is_file: bool, tmp_path: Path) -> None:
    (tmp_path / "me.mp4").touch()
    name = str(tmp_path / source) if is_file else source
    assert (take_file(name) is not None) == is_file


@pytest.mark.parametrize("flip", [False, True])
def test_the_dancer_is_cut_out_of_the_film_with_their_body_on_the_picture(tmp_path: Path, flip: bool) -> None:
    """A camera's picture of 128 x 96, of which 64 x 48 around its middle fills a pane of the film."""
    film_of = write_clip(tmp_path / "film.mp4", 30, width=640, height=360)
    filmed = Filmed(
        taken=np.array([0.0, 0.5]),
        shown=np.array([0.2, 0.7]),
        panes=np.array([[100, 40, 320, 240]] * 2, np.int32),
        parts=np.array([[32, 24, 64, 48]] * 2, np.int32),
        flip=flip,
    )
    with Both(None, None, (film_of, filmed), waits=True) as pictures, VideoFile(film_of) as video:
        shown = pictures.take_at(0.5)
        whole = [frame.image for frame in video][round(0.7 * 30)]
    assert shown.image is not None
    np.testing.assert_array_equal(shown.image, whole[40:280, 100:420])
    corner = np.array([[32.0, 24.0, 0.0, 1.0]])
    assert shown.points(corner)[0, :2].tolist() == ([319.0, 0.0] if flip else [0.0, 0.0])
    middle = np.array([[64.0, 48.0, 0.0, 1.0]])
    np.testing.assert_allclose(shown.points(middle)[0, :2], (160, 120), atol=1)


def test_the_file_itself_is_shown_rather_than_the_film(tmp_path: Path) -> None:
    film_of, own = (write_clip(tmp_path / name, 15, width=64, height=48) for name in ("film.mp4", "own.mp4"))
    filmed = Filmed(*(np.zeros(1), np.zeros(1)), *(np.array([[0, 0, 20, 20]], np.int32),) * 2, flip=False)
    with Both(None, Film(own), (film_of, filmed), waits=True) as pictures:
        image = pictures.take_at(0.1).image
    assert image is not None and image.shape[:2] == (48, 64)
