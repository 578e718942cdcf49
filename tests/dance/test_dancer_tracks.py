"""Who is who, kept beside a reference: as it was written, with what is answered, and asked on a real terminal."""

from __future__ import annotations

import json
import os
import pty
import re
import signal
import subprocess
import sys
from dataclasses import replace
from pathlib import Path

import cv2
import numpy as np
import pytest

from kdance.cli.doubts import ask_doubts
from kdance.dance.archive import export_reference, import_reference
from kdance.dance.dancer_tracks import KeptTracks, answers_before, load_tracks, save_answers, save_tracks
from kdance.errors import DanceReferenceError
from kdance.motion.answers import Answer
from kdance.motion.questions import Question
from kdance.motion.tracks import Track, Tracks
from tests.conftest import Cli
from tests.reference_factory import write_reference
from tests.video_factory import write_clip

FRAMES = 30
YES = Answer((9, 1), (20, 1), True)


@pytest.fixture
def kept() -> KeptTracks:
    """One who is seen throughout, and one of whom nobody can be sure: a third and then another third of a second."""
    every, first, second = (np.full(FRAMES, -1) for _ in range(3))
    every[:], first[:10], second[20:] = 0, 1, 1
    tracks = Tracks(
        (Track.from_rows(every, 0), Track.from_rows(first, 0), Track.from_rows(second, 0)),
        (Question(1, 2, 9, 20, 0.8),),
        ((0.99,), (), ()),
    )
    boxes = {(9, 1): (10.0, 20.0, 60.0, 100.0), (20, 1): (90.0, 20.0, 140.0, 100.0)}
    return KeptTracks(tracks, {1: (0, 0), 2: (0, 1), 3: (20, 1)}, boxes, {9: 0.3, 20: 0.667}, 1 / 30)


@pytest.fixture
def folder(home: Path, kept: KeptTracks) -> Path:
    """The references, with one called duo, of dancer 2 of a video of a second."""
    write_reference(home / "references", "duo", dancer=2, dancers=3)
    write_clip(home / "references" / "duo" / "video.mp4", FRAMES)
    save_tracks(home / "references" / "duo", kept)
    return home / "references"


def loaded(folder: Path) -> KeptTracks:
    found = load_tracks(folder / "duo")
    assert found is not None
    return found


def test_many_short_tracks_take_no_more_room_than_the_people_there_are(tmp_path: Path) -> None:
    frames, tracks = 3000, []
    for number in range(300):
        rows = np.full(frames, -1)
        rows[10 * number : 10 * number + 9] = number % 2
        tracks.append(Track.from_rows(rows, 0))
    kept = KeptTracks(Tracks(tuple(tracks), (), ((),) * 300), {1: (0, 0)}, {}, {}, 1 / 30)
    save_tracks(tmp_path, kept)
    assert (tmp_path / "tracks.npy").stat().st_size < 2 * 4 * frames + 200
    found = load_tracks(tmp_path)
    assert found is not None
    assert [track.rows.tolist() for track in found.tracks.tracks] == [track.rows.tolist() for track in tracks]


def test_what_is_written_is_read(folder: Path, kept: KeptTracks) -> None:
    found = loaded(folder)
    assert found.lines == kept.lines
    assert (found.boxes, found.seconds, found.dancers) == (kept.boxes, kept.seconds, kept.dancers)
    assert found.tracks.questions == kept.tracks.questions
    for one, other in zip(found.tracks.tracks, kept.tracks.tracks, strict=True):
        assert np.array_equal(one.rows, other.rows)


def test_yes_makes_two_lines_one_with_the_lower_number(kept: KeptTracks) -> None:
    assert [(line.number, line.doubtful) for line in kept.lines] == [(1, 0), (2, 1), (3, 1)]
    told = kept.answered((YES,))
    assert [(line.number, line.seconds, line.answered) for line in told.lines] == [(1, 1.0, 0), (2, 0.67, 1)]
    assert told.doubts(2) == told.doubts(3) == ()
    refused = kept.answered((YES._replace(same=False),))
    assert [line.seconds for line in refused.lines] == [line.seconds for line in kept.lines]
    assert refused.doubts(2) == ()


def test_of_several_who_may_go_on_one_does() -> None:
    """Who is lost once is doubtful in one place, however many may be who they are afterwards."""
    spans = [(0, 10), (0, 10), (20, 29), (20, 28), (35, 40)]
    rows = [
        [number if first <= frame < end else -1 for frame in range(40)] for number, (first, end) in enumerate(spans)
    ]
    asked = [(0, 2, 9, 20), (0, 3, 9, 20), (1, 2, 9, 20), (1, 3, 9, 20), (2, 4, 28, 35)]
    tracks = Tracks(
        tuple(Track.from_rows(np.array(its), 0) for its in rows),
        tuple(Question(*question, 0.4) for question in asked),
        ((),) * len(rows),
    )
    dancers = {number + 1: (first, number) for number, (first, _) in enumerate(spans)}
    kept = KeptTracks(tracks, dancers, {}, {}, 1 / 30)
    assert [line.doubtful for line in kept.lines] == [1, 1, 2, 1, 1]
    told = kept.answered((Answer((9, 0), (20, 2), True),))
    assert [(line.number, line.doubtful) for line in told.lines] == [(1, 1), (2, 1), (4, 1), (5, 1)]


def test_answers_are_found_again_for_the_same_tracks_only(folder: Path, kept: KeptTracks) -> None:
    save_answers(folder, "duo", kept.answered((YES,)))
    assert answers_before(folder, ["nothing", "duo"], kept) == (YES,)
    other = KeptTracks(Tracks(kept.tracks.tracks[:2], (), ((), ())), {1: (0, 0)}, {}, {}, 1 / 30)
    assert answers_before(folder, ["duo"], other) == ()


def test_tracks_travel_with_the_reference(folder: Path, tmp_path: Path, kept: KeptTracks) -> None:
    export_reference(folder, "duo", tmp_path / "duo.zip", force=False)
    import_reference(tmp_path / "there", tmp_path / "duo.zip", "duo", force=False)
    assert loaded(tmp_path / "there").lines == kept.lines


@pytest.mark.parametrize(
    ("name", "content"),
    [("tracks.npy", b"\x93NUMPY"), ("tracks.yaml", b"frame_s: [1"), ("tracks.yaml", b"\xff"), ("tracks.npy", b"")],
)
def test_damage_is_told(folder: Path, name: str, content: bytes) -> None:
    (folder / "duo" / name).write_bytes(content)
    with pytest.raises(DanceReferenceError, match="tracks of the reference 'duo' are damaged"):
        load_tracks(folder / "duo")


def test_without_a_terminal_nothing_is_asked(folder: Path, kdance_cli: Cli) -> None:
    ran = kdance_cli("references", "show", "duo", "--tracks")
    assert (ran.code, ran.err) == (0, "")
    assert "doubtful" in ran.out
    values = json.loads(kdance_cli("references", "show", "duo", "--tracks", "--json").out)
    assert values["dancer"] == 2
    assert [line["doubtful"] for line in values["tracks"]] == [0, 1, 1]
    assert "--dancer 2" in values["again"]
    assert loaded(folder).answers == ()


def test_who_dances_alone_is_not_told_from_anybody(home: Path, kdance_cli: Cli) -> None:
    write_reference(home / "references", "solo")
    ran = kdance_cli("references", "show", "solo", "--tracks")
    assert ran.code == 1
    assert "One dances alone in 'solo'" in ran.err


def test_what_cannot_be_shown_is_not_asked(tmp_path: Path, kept: KeptTracks) -> None:
    video = write_clip(tmp_path / "short.mp4", 15)
    assert ask_doubts(kept, [2], video, tmp_path / "doubt", start=0.0, mirrored=False, rotate=0) is kept
    assert not list(tmp_path.glob("doubt*"))


@pytest.mark.slow
@pytest.mark.parametrize(("typed", "same"), [("y", True), ("n", False), ("", None)])
def test_on_a_terminal_it_is_asked_and_kept(folder: Path, home: Path, typed: str, same: bool | None) -> None:
    code, seen = on_a_terminal(home, f"{typed}\n", "references", "show", "duo", "--tracks")
    assert code == 0, seen
    assert "Is this still 2? It would add 0.3 s." in seen
    answers = loaded(folder).answers
    assert answers == (() if same is None else (YES._replace(same=same),))
    assert ("kdance preprocess" in seen) == bool(same)
    picture = cv2.imread(str(home / "cache" / "duo-doubt-1.png"))
    assert picture is not None
    assert picture.shape[1] > picture.shape[0]


@pytest.mark.slow
def test_who_leaves_at_a_question_has_answered_those_before(folder: Path, home: Path, kept: KeptTracks) -> None:
    third = Track.from_rows(np.where(np.arange(FRAMES) >= 28, 2, -1), 0)
    second = Track.from_rows(np.where((np.arange(FRAMES) >= 20) & (np.arange(FRAMES) < 26), 1, -1), 0)
    tracks = replace(
        kept.tracks,
        tracks=(*kept.tracks.tracks[:2], second, third),
        questions=(*kept.tracks.questions, Question(2, 3, 25, 28, 0.8)),
        confidences=((0.99,), (), (), ()),
    )
    boxes = kept.boxes | {(25, 1): (90.0, 20.0, 140.0, 100.0), (28, 2): (90.0, 20.0, 140.0, 100.0)}
    seconds = kept.seconds | {25: 0.833, 28: 0.933}
    save_tracks(folder / "duo", replace(kept, tracks=tracks, boxes=boxes, seconds=seconds))
    code, seen = on_a_terminal(home, "y\n^C", "references", "show", "duo", "--tracks")
    assert code == 130, seen
    assert "Aborted" not in seen
    assert loaded(folder).answers == (YES,)


def on_a_terminal(home: Path, typed: str, *arguments: str) -> tuple[int, str]:
    """A command on a pseudo-terminal without a display; each line, or ^C, is typed when something is asked."""
    hidden = ("DISPLAY", "WAYLAND_DISPLAY")
    environment = {name: value for name, value in os.environ.items() if name not in hidden}
    ours, theirs = pty.openpty()
    child = subprocess.Popen(
        [sys.executable, "-m", "kdance", *arguments],
        env=environment | {"KDANCE_HOME": str(home), "TERM": "dumb"},
        stdin=theirs,
        stdout=theirs,
        stderr=theirs,
    )
    os.close(theirs)
    seen, answers = b"", re.findall(r".*\n|\^C", typed)
    asked = 0
    with os.fdopen(ours, "rb+", buffering=0) as terminal:
        while True:
            try:
                new = terminal.read(4096)
            except OSError:  # the other end was closed
                break
            if not new:
                break
            seen += new
            if answers and seen.count(b"leaves it open") > asked:
                asked += 1
                answer = answers.pop(0)
                if answer == "^C":
                    child.send_signal(signal.SIGINT)
                else:
                    terminal.write(answer.encode())
    return child.wait(30), " ".join(seen.decode().split())
