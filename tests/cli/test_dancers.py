"""The picture of all dancers is drawn while the film is watched again, and not where that fails."""

from __future__ import annotations

import gc
import time
import weakref
from collections.abc import Callable
from contextlib import ExitStack
from pathlib import Path

import pytest

from kdance.capture.contact_sheet import Area
from kdance.capture.shared_people import PackedPeople, SharedPeople
from kdance.cli.dancers import _drawing, _drawn
from kdance.dance.stage import Member, Stage
from kdance.dance.watching import VideoPart
from kdance.motion.tracks import find_tracks
from tests.motion.people_factory import people_on


def test_it_is_drawn_to_its_end() -> None:
    done: list[bool] = []

    def draw(stopped: Callable[[], bool]) -> tuple[Area, ...]:
        time.sleep(0.2)
        done.append(stopped())
        return ()

    with ExitStack() as stack:
        assert _drawn(draw, stack) == ()
        assert not done
    assert done == [False]


def test_after_ctrl_c_nobody_waits_for_it() -> None:
    done: list[bool] = []

    def draw(stopped: Callable[[], bool]) -> tuple[Area, ...]:
        while not stopped():
            time.sleep(0.01)
        done.append(True)
        return ()

    def interrupted() -> None:
        with ExitStack() as stack:
            _drawn(draw, stack)
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        interrupted()
    assert done == [True]


def test_what_can_t_be_drawn_is_told(capsys: pytest.CaptureFixture[str]) -> None:
    """And is no error: what was made is none the worse for it."""

    def draw(_: Callable[[], bool]) -> tuple[Area, ...]:
        raise OSError("no room")

    with ExitStack() as stack:
        assert _drawn(draw, stack) == ()
    assert "could not be written: no room" in " ".join(capsys.readouterr().err.split())


def test_who_has_to_look_at_it_waits_for_it() -> None:
    area = Area(1, 0, 0, 9, 9)
    assert _drawn(lambda stopped: () if stopped() else (area,), None) == (area,)


def test_neither_the_picture_nor_a_member_keeps_everybody(tmp_path: Path) -> None:
    """Of two hours that would be 350 MB while the reference is made."""
    found, times, _ = people_on([lambda _: (300.0, 360.0), lambda _: (900.0, 360.0)], [1, 5], 4.0)
    for people_then in found[::2]:
        people_then.keypoints[:, 9, 1] -= 90  # they wave: no posters
    people = SharedPeople.joined([PackedPeople.of(found)])
    everybody, file = weakref.ref(people.bodies.boxes.base), people.on_disk.file
    stage = Stage(people, times, (), find_tracks(people, times, [], width=1280), 1280, 720)
    assert len(stage.dancers) == 2
    member, part = Member.on(stage, 1), VideoPart(video=tmp_path / "film.mp4")
    drawing, boxes = _drawing(stage, stage.dancers, part, tmp_path / "sheet.png"), people[30].boxes.tolist()
    assert everybody() is not None
    del stage, people
    gc.collect()
    assert everybody() is None
    assert member.people[30].boxes.tolist() == boxes  # read again
    del member
    gc.collect()
    assert not file.exists()
    assert drawing is not None
