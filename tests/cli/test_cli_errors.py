"""Bad input gets a clear error, and nothing is lost: the real command line, from the outside."""

from __future__ import annotations

import errno
import json
import random
import shutil
import signal
import sqlite3
import subprocess
import sys
import time
from collections.abc import Callable
from contextlib import closing
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from kdance.dance.references import Reference
from kdance.store import open_store
from tests.conftest import DEMO_CLIPS, Cli, Ran
from tests.motion_factory import make_sequence
from tests.reference_factory import files_in, write_reference
from tests.report_factory import make_report
from tests.session_factory import ScriptedEstimator, finish_kdance, run_kdance, start_kdance
from tests.store.test_sessions import make_start
from tests.video_factory import free_port, write_clip

DEMO = DEMO_CLIPS / "demo.mp4"


def assert_refused(ran: Ran, *said: str, lines: int = 2) -> None:
    """One or two plain lines on stderr, exit code 1, nothing on stdout."""
    assert ran.code == 1
    assert ran.out == ""
    assert "Traceback" not in ran.err
    assert 1 <= len(ran.error_lines) <= lines, ran.err
    assert not any(character in ran.err for character in "\x1b╭│")
    for text in said:
        assert text in ran.err


@pytest.fixture
def references(home: Path) -> Path:
    return home / "references"


@pytest.fixture
def clip(tmp_path: Path) -> Path:
    return write_clip(tmp_path / "magnetic.mp4", 90)


@pytest.fixture
def dancer(monkeypatch: pytest.MonkeyPatch) -> ScriptedEstimator:
    """Somebody who dances in whatever clip is watched."""
    estimator = ScriptedEstimator(make_sequence(seconds=10))
    for module in ("dance.dancer_eyes", "practice.dancing", "practice.score_video"):
        monkeypatch.setattr(f"kdance.{module}.open_pose_estimator", lambda *_, **__: estimator)
    return estimator


def on_every_use(name: str = "magnetic", video: str = "take.mp4") -> list[tuple[str, ...]]:
    """The commands that need a reference, without a camera."""
    return [
        ("train", name, "--camera", video, "--no-window"),
        ("score", name, video),
        ("score", name, video, "--json"),
    ]


USES = pytest.mark.parametrize("use", range(3), ids=["train", "score", "score --json"])


# No such reference


@USES
def test_no_such_reference(references: Path, kdance_cli: Cli, use: int) -> None:
    write_reference(references, "super shy")
    write_reference(references, "마그네틱")
    assert_refused(
        kdance_cli(*on_every_use()[use]),
        f"There is no reference called 'magnetic' in {references}. There are: super shy, 마그네틱.",
        "Make one: kdance preprocess VIDEO --name 'magnetic'",
    )


def test_an_error_begins_with_its_first_line(home: Path, kdance_cli: Cli) -> None:
    assert kdance_cli("preprocess", "missing.mp4").err.startswith("There is no video missing.mp4.")


@USES
def test_no_reference_at_all(home: Path, kdance_cli: Cli, use: int) -> None:
    assert_refused(kdance_cli(*on_every_use()[use]), "There is none yet.", "kdance preprocess VIDEO")
    assert not (home / "references").exists()


@pytest.mark.parametrize("name", ["../x", "a/b", "", "/etc", "..", ".", "a\0b", "a\\b", "x" * 300, "\x1b[31mred"])
@USES
def test_a_name_that_could_leave_the_folder(references: Path, kdance_cli: Cli, name: str, use: int) -> None:
    write_reference(references.parent, "x")  # what ../x would name
    assert_refused(kdance_cli(*on_every_use(name)[use]))


@pytest.mark.parametrize("name", ["../x", "a/b", "", "/tmp/x", "a\0b", "x" * 300])
def test_preprocess_never_writes_outside_of_its_folder(home: Path, clip: Path, kdance_cli: Cli, name: str) -> None:
    assert_refused(kdance_cli("preprocess", clip, "--name", name), "name")
    assert not home.exists()


@pytest.mark.parametrize(
    "damage",
    [
        lambda folder: (folder / "landmarks.npy").unlink(),
        lambda folder: (folder / "world.npy").write_bytes((folder / "world.npy").read_bytes()[:500]),
        lambda folder: np.save(folder / "times.npy", np.array([{}] * 90, object), allow_pickle=True),
        lambda folder: np.save(folder / "landmarks.npy", np.zeros((90, 33, 3), np.float32)),
        lambda folder: (folder / "reference.yaml").write_text("name: ["),
        lambda folder: (folder / "reference.yaml").write_text("format_version: 2\nname: magnetic\nsurprise: 1\n"),
        lambda folder: (folder / "reference.yaml").write_text("format_version: 3\nname: magnetic\n"),
    ],
    ids=["missing", "cut", "pickle", "shape", "yaml", "keys", "version"],
)
@USES
def test_a_damaged_reference(references: Path, kdance_cli: Cli, damage: Callable[[Path], object], use: int) -> None:
    damage(write_reference(references))
    ran = kdance_cli(*on_every_use()[use])
    assert_refused(ran, "The reference 'magnetic'", "kdance preprocess VIDEO --name 'magnetic' --force")


def test_the_list_names_the_damaged_ones(references: Path, kdance_cli: Cli) -> None:
    write_reference(references, "good one")
    (write_reference(references, "bad one") / "reference.yaml").write_text("name: [")
    ran = kdance_cli("references")
    assert ran.code == 0
    assert "good one" in ran.out
    assert "bad one" not in ran.out
    assert "The reference 'bad one' is damaged" in " ".join(ran.err.split())


# Not a video


def not_a_video(folder: Path, kind: str) -> Path:
    path = folder / f"{kind}.mp4"
    if kind == "a folder":
        path.mkdir()
    elif kind == "empty":
        path.touch()
    elif kind == "text":
        path.write_text("hello\n" * 1000)
    elif kind == "random":
        path.write_bytes(random.Random(0).randbytes(100_000))
    elif kind == "half a download":
        data = write_clip(folder / "whole.mp4", 90).read_bytes()
        path.write_bytes(data[: len(data) // 2])
    elif kind == "no picture":
        # The box of the sample description says AV1: it opens, and not one frame can be decoded.
        path.write_bytes(
            write_clip(folder / "whole.mp4", 90).read_bytes().replace(b"mp4v", b"av01").replace(b"esds", b"free")
        )
    return path


NO_VIDEOS = {
    "missing": "There is no video ",
    "a folder": " is a folder, not a video.",
    "empty": " is an empty file.",
    "text": " is not a video, or it is damaged.",
    "random": " is not a video, or it is damaged.",
    "half a download": " is not a video, or it is damaged.",
    "no picture": " can't be decoded here (AV1 video).",
}


@pytest.mark.parametrize("kind", NO_VIDEOS)
@pytest.mark.parametrize("command", ["preprocess", "train", "score", "score --json"])
def test_not_a_video(references: Path, tmp_path: Path, kdance_cli: Cli, command: str, kind: str) -> None:
    video = not_a_video(tmp_path, kind)
    write_reference(references)
    before = files_in(references)
    arguments = {
        "preprocess": ("preprocess", video, "--name", "new"),
        "train": ("train", "magnetic", "--camera", video, "--no-window"),
        "score": ("score", "magnetic", video),
        "score --json": ("score", "magnetic", video, "--json"),
    }[command]
    assert_refused(kdance_cli(*arguments), NO_VIDEOS[kind], str(video))
    assert files_in(references) == before
    assert "No sessions yet" in kdance_cli("sessions").out


def test_a_video_with_nobody_in_it(references: Path, clip: Path, kdance_cli: Cli) -> None:
    """The real network."""
    ran = kdance_cli("preprocess", clip, "--no-hands", "--model", "lite")
    assert_refused(ran, f"Nobody can be seen in {clip}.", "Choose a video that shows one dancer from head to feet.")
    assert files_in(references) == set()


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (("--end", "1.5"), "is too short: 1.50 s of it can be used, a dance needs at least 2 s."),
        (("--start", "1.5"), "is too short: 1.50 s of it"),
        (("--start", "60"), "is only 3.0 s long: nothing comes after 60 s."),
        (("--start", "2", "--end", "1"), "The part from 2 s to 1 s is empty."),
        (("--model", "huge"), "There is no pose model 'huge'."),
        (("--model", str(Path(__file__))), "There is no pose model "),
    ],
)
def test_a_video_that_can_t_be_used(
    references: Path, clip: Path, kdance_cli: Cli, dancer: object, arguments: tuple[str, ...], said: str,
    monkeypatch: pytest.MonkeyPatch,
) -> None:  # fmt: skip
    if "--model" in arguments:
        from kdance.capture import pose_extraction

        monkeypatch.setattr("kdance.dance.dancer_eyes.open_pose_estimator", pose_extraction.open_pose_estimator)
    assert_refused(kdance_cli("preprocess", clip, *arguments), said)
    assert files_in(references) == set()


# Cameras


@pytest.mark.parametrize("window", [(), ("--no-window",)], ids=["window", "no window"])
def test_a_camera_that_does_not_exist(references: Path, kdance_cli: Cli, window: tuple[str, ...]) -> None:
    write_reference(references)
    ran = kdance_cli("train", "magnetic", "--camera", "99", *window)
    assert_refused(ran, "There is no camera 99." if window else "There is no display")


def test_a_stream_that_is_not_there(references: Path, kdance_cli: Cli) -> None:
    write_reference(references)
    url = f"http://user:secret@127.0.0.1:{free_port()}/video"
    ran = kdance_cli("train", "magnetic", "--camera", url, "--no-window")
    assert_refused(ran, "can't be opened")
    assert "secret" not in ran.err


def test_no_camera_is_named(references: Path, kdance_cli: Cli) -> None:
    write_reference(references)
    assert_refused(kdance_cli("train", "magnetic", "--camera", "", "--no-window"), "No camera or video was named.")


# A name that is taken, and making one


def test_a_taken_name_needs_force(references: Path, clip: Path, kdance_cli: Cli, dancer: ScriptedEstimator) -> None:
    folder = write_reference(references)
    before = (folder / "landmarks.npy").read_bytes()
    ran = kdance_cli("preprocess", clip)
    assert_refused(ran, "There is a reference called 'magnetic' already.", "--force to replace it.")
    assert (folder / "landmarks.npy").read_bytes() == before
    ran = kdance_cli("preprocess", clip, "--no-hands", "--force")
    assert (ran.code, ran.error_lines) == (0, [])
    assert "Made the reference magnetic" in ran.out
    assert not (folder / "hands.npy").exists()


def test_a_replacement_that_fails_keeps_the_old_one(
    references: Path, clip: Path, kdance_cli: Cli, dancer: object, monkeypatch: pytest.MonkeyPatch
) -> None:
    write_reference(references)
    before = files_in(references)
    with monkeypatch.context() as patch:
        patch.setattr(shutil, "copyfile", full_disk)
        ran = kdance_cli("preprocess", clip, "--no-hands", "--force")
    assert_refused(
        ran, f"The reference 'magnetic' can't be written to {references}: the disk is full.", "Free some space"
    )
    assert files_in(references) == before
    assert "magnetic" in kdance_cli("references").out


def full_disk(*_: object, **__: object) -> None:
    raise OSError(errno.ENOSPC, "No space left on device")


def test_a_disk_full_of_arrays_leaves_nothing(
    references: Path, clip: Path, kdance_cli: Cli, dancer: object, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(np, "save", full_disk)
    assert_refused(kdance_cli("preprocess", clip, "--no-hands"), "the disk is full")
    assert files_in(references) == set()


def test_ctrl_c_in_the_middle_leaves_nothing(home: Path) -> None:
    """A real process, a real signal, in the middle of the real network's work."""
    child = start_kdance(home, "preprocess", str(DEMO), "--no-hands", "--name", "x")
    end = time.monotonic() + 20
    while not list((home / "references").glob(".making-*")):
        assert time.monotonic() < end
        time.sleep(0.02)
    time.sleep(1.0)
    child.send_signal(signal.SIGINT)
    code, out, err = finish_kdance(child)
    assert code == 130
    assert out == ""
    assert "Traceback" not in err
    assert files_in(home) == {"references", "kdance.log"}


def test_ctrl_c_while_the_program_loads_is_no_crash() -> None:
    interrupted = """
import runpy, sys
class Interrupted:
    def find_spec(self, name, *_):
        if name == "typer":
            raise KeyboardInterrupt
sys.meta_path.insert(0, Interrupted())
runpy.run_module("kdance", run_name="__main__")
"""
    ran = subprocess.run([sys.executable, "-c", interrupted], capture_output=True, check=False)
    assert (ran.returncode, ran.stderr) == (130, b"")


def test_korean_from_end_to_end(home: Path, tmp_path: Path, kdance_cli: Cli) -> None:
    """The real network on a short clip, made, danced, listed and shown by its Korean name."""
    video = tmp_path / "[4K] 마그네틱.mp4"
    shutil.copyfile(DEMO, video)
    made = kdance_cli("preprocess", video, "--end", "2.5", "--no-hands", "--model", "lite")
    assert (made.code, made.error_lines) == (0, [])
    name = "4K 마그네틱"
    assert name in made.out
    assert f"kdance train '{name}'" in made.out
    assert name in kdance_cli("references").out
    danced = kdance_cli("train", name, "--camera", video, "--no-window", "--seconds", "2")
    assert danced.code == 0, danced.err
    assert name in danced.out
    shown = kdance_cli("report", "--json")
    assert json.loads(shown.out)["reference"] == name
    assert name in shown.out  # not as \\u escapes
    assert name in kdance_cli("sessions").out


# Folders that can't be written


COMMANDS_THAT_WRITE = [
    ("preprocess", "{clip}", "--no-hands"),
    ("demo",),
    ("sessions",),
    ("report",),
    ("report", "last-session", "--json"),
]


@pytest.mark.parametrize("arguments", COMMANDS_THAT_WRITE, ids=" ".join)
def test_a_file_in_place_of_the_home(home: Path, clip: Path, kdance_cli: Cli, arguments: tuple[str, ...]) -> None:
    home.write_text("a file")
    ran = kdance_cli(*(argument.format(clip=clip) for argument in arguments))
    assert_refused(ran, str(home))
    assert home.read_text() == "a file"


@pytest.mark.parametrize("code", [errno.EACCES, errno.EROFS, errno.ENOSPC])
@pytest.mark.parametrize("arguments", COMMANDS_THAT_WRITE, ids=" ".join)
def test_a_folder_that_can_t_be_made(
    home: Path, clip: Path, kdance_cli: Cli, monkeypatch: pytest.MonkeyPatch, arguments: tuple[str, ...], code: int
) -> None:
    def refuse(*_: object, **__: object) -> None:
        raise OSError(code, "Permission denied")

    with monkeypatch.context() as patch:
        patch.setattr(Path, "mkdir", refuse)
        ran = kdance_cli(*(argument.format(clip=clip) for argument in arguments))
    assert_refused(ran, str(home))


def test_a_session_is_shown_though_it_can_t_be_saved(
    references: Path, clip: Path, kdance_cli: Cli, dancer: object, monkeypatch: pytest.MonkeyPatch
) -> None:
    from kdance.store import writer

    def full(*_: object, **__: object) -> None:
        raise sqlite3.OperationalError("database or disk is full")

    write_reference(references)
    monkeypatch.setattr(writer, "_insert_snapshot", full)
    monkeypatch.setattr(writer, "store_report", full)
    ran = kdance_cli("score", "magnetic", clip, "--json")
    assert ran.code == 1
    assert json.loads(ran.out)["reference"] == "magnetic"
    assert "could not be saved" in ran.err
    assert "Traceback" not in ran.err


# config.yaml


CONFIGS: dict[str, tuple[str | bytes, str]] = {
    "syntax": ("camera: [", "is not valid YAML in line 1."),
    "unknown section": ("cam: {}", "cam: no such setting; allowed here: camera, pose, training"),
    "unknown key": ("camera:\n  wdth: 640", "camera.wdth: no such setting; allowed here: source, width"),
    "wrong type": ("camera:\n  width: wide", "camera.width: must be a valid integer, not 'wide'."),
    "out of range": ("camera:\n  width: 1", "camera.width: must be greater than or equal to 160, not 1."),
    "not a mapping": ("- camera", "must hold sections such as 'camera:'"),
    "not UTF-8": (b"camera:\n  source: \xff\xfe", "is not UTF-8 text."),
    "no such date": ("camera:\n  source: 2026-99-99", "is not valid YAML"),
}


@pytest.mark.parametrize("kind", CONFIGS)
@pytest.mark.parametrize(
    "arguments",
    [("preprocess", "x.mp4"), ("train", "x"), ("score", "x", "x.mp4", "--json"), ("report", "--json"),
     ("references",), ("sessions",), ("demo",)],
    ids=" ".join,
)  # fmt: skip
def test_a_broken_config(home: Path, kdance_cli: Cli, kind: str, arguments: tuple[str, ...]) -> None:
    text, said = CONFIGS[kind]
    home.mkdir()
    (home / "config.yaml").write_bytes(text.encode() if isinstance(text, str) else text)
    assert_refused(kdance_cli(*arguments), str(home / "config.yaml"), said)
    assert files_in(home) == {"config.yaml", "kdance.log"}


def test_help_works_with_a_broken_config(home: Path, kdance_cli: Cli) -> None:
    home.mkdir()
    (home / "config.yaml").write_text("camera: [")
    assert kdance_cli("--help").code == 0
    assert kdance_cli("--version").code == 0


# The session store


def store_with(home: Path, *session_ids: str) -> Path:
    path = home / "sessions.db"
    for session_id in session_ids:
        with open_store(path) as store, store.start(make_start(session_id)) as writer:
            writer.finish(make_report(session_id=session_id))
    return path


@pytest.mark.parametrize("json_wanted", [(), ("--json",)], ids=["", "--json"])
def test_an_empty_store(home: Path, kdance_cli: Cli, json_wanted: tuple[str, ...]) -> None:
    assert_refused(
        kdance_cli("report", *json_wanted),
        f"There is no finished session yet in {home / 'sessions.db'}.",
        "kdance train NAME",
    )
    assert_refused(
        kdance_cli("report", "last-session", *json_wanted),
        f"There is no finished session yet in {home / 'sessions.db'}.",
    )
    assert_refused(
        kdance_cli("report", "20261122", *json_wanted),
        f"There is no session '20261122' in {home / 'sessions.db'}. There are none yet.",
    )
    listed = kdance_cli("sessions")
    assert (listed.code, listed.error_lines) == (0, [])
    assert "No sessions yet." in listed.out


def test_an_unknown_session_names_the_newest(home: Path, kdance_cli: Cli) -> None:
    store_with(home, "20261122-141503-4f2a", "20261122-150000-aaaa")
    assert_refused(
        kdance_cli("report", "magnetic", "--json"),
        f"There is no session 'magnetic' in {home / 'sessions.db'}. The newest are 20261122-150000-aaaa, 20261122-14",
    )
    assert_refused(kdance_cli("report", ""), "There is no session '' in")
    assert_refused(kdance_cli("report", "%"), "There is no session '%' in")
    assert_refused(kdance_cli("report", "2026", "--json"), "2 sessions begin with '2026'")
    assert kdance_cli("report", "20261122-15", "--json").code == 0


@pytest.mark.parametrize(
    ("damage", "said"),
    [
        (lambda path: path.write_bytes(b"hello\n" * 1000), "it is not a session store"),
        (lambda path: path.write_bytes(random.Random(0).randbytes(50_000)), "it is not a session store"),
        (lambda path: path.write_bytes(path.read_bytes()[:5000]), "the file is damaged"),
        (lambda path: (path.unlink(), path.mkdir()), "it can't be opened"),
    ],
    ids=["text", "random", "cut", "a folder"],
)
@pytest.mark.parametrize("arguments", [("report",), ("report", "--json"), ("sessions",)], ids=" ".join)
def test_a_damaged_store(
    home: Path, kdance_cli: Cli, arguments: tuple[str, ...], damage: Callable[[Path], object], said: str
) -> None:
    path = store_with(home, "20261122-141503-4f2a")
    damage(path)
    assert_refused(kdance_cli(*arguments), str(path), said)


def test_another_program_s_database(home: Path, kdance_cli: Cli) -> None:
    home.mkdir()
    with closing(sqlite3.connect(home / "sessions.db")) as connection:
        connection.execute("CREATE TABLE photos (name TEXT)")
    assert_refused(kdance_cli("sessions"), "is not a kdance session store.")


def test_a_newer_store(home: Path, kdance_cli: Cli) -> None:
    with closing(sqlite3.connect(store_with(home, "20261122-141503-4f2a"))) as connection:
        connection.execute("PRAGMA user_version = 99")
    assert_refused(kdance_cli("report"), "has format 99", "Update kdance")


@pytest.mark.parametrize("report", ["{", "{}", "null", '{"session_id": "x"}'])
def test_a_damaged_report(home: Path, kdance_cli: Cli, report: str) -> None:
    path = store_with(home, "20261122-141503-4f2a")
    with closing(sqlite3.connect(path)) as connection:
        connection.execute("UPDATE sessions SET report = ?", (report,))
        connection.commit()
    ran = kdance_cli("report", "--json")
    assert_refused(ran, "What is stored of session 20261122-141503-4f2a is damaged.")
    assert kdance_cli("sessions").code == 0


# Usage


@pytest.mark.parametrize(
    "arguments",
    [
        ("dance",), ("score", "magnetic"), ("preprocess",), ("report", "a", "b"), ("references", "x"),
        ("preprocess", "x.mp4", "--start", "soon"), ("preprocess", "x.mp4", "--start", "-1"),
        ("preprocess", "x.mp4", "--start", "nan"), ("preprocess", "x.mp4", "--quality", "best"),
        ("train", "x", "--mirror", "maybe"), ("train", "x", "--seconds", "0"), ("train", "x", "--countdown", "-1"),
        ("train", "x", "--strictness", "hard"), ("score", "x", "x.mp4", "--offset", "soon", "--json"),
        ("--json",),
    ],
    ids=" ".join,
)  # fmt: skip
def test_usage_that_is_wrong(home: Path, kdance_cli: Cli, arguments: tuple[str, ...]) -> None:
    ran = kdance_cli(*arguments)
    assert ran.code == 2
    assert ran.out == ""
    assert "Traceback" not in ran.err
    assert "--help" in ran.err
    assert not home.exists()


@pytest.mark.parametrize("offset", ["nan", "inf", "-inf"])
def test_an_offset_that_is_no_time(home: Path, kdance_cli: Cli, offset: str) -> None:
    assert kdance_cli("score", "x", "x.mp4", f"--offset={offset}").code == 2


# Real processes


@pytest.mark.parametrize(
    ("arguments", "code"),
    [
        (("train", "../x"), 1),
        (("score", "아일릿", "없다.mp4", "--json"), 1),
        (("dance",), 2),
    ],
    ids=lambda value: " ".join(value) if isinstance(value, tuple) else None,
)
def test_from_a_shell(home: Path, arguments: tuple[str, ...], code: int) -> None:
    done = run_kdance(home, *arguments)
    assert done.returncode == code
    assert done.stdout == ""
    assert done.stderr
    assert "Traceback" not in done.stderr


def test_a_pipe_that_closes_early_is_no_crash(home: Path) -> None:
    store_with(home, "20261122-141503-4f2a")
    child = start_kdance(home, "report", "--json")
    assert child.stdout is not None
    child.stdout.close()
    child.stdout = None
    code, _, err = finish_kdance(child)
    assert code != 0 or not err
    assert "Traceback" not in err


def test_names_are_shown_as_they_are(home: Path, kdance_cli: Cli, tmp_path: Path) -> None:
    """Neither markup nor emoji codes are anything special in a file's name."""
    video = tmp_path / "[bold]my:dancer:[/bold].mp4"
    assert str(video) in kdance_cli("preprocess", video).err


@pytest.fixture
def real_home(home: Path, demo_reference: Reference) -> Path:
    shutil.copytree(demo_reference.video.parent, home / "references" / "demo")
    return home


def test_ctrl_c_while_scoring_keeps_what_was_seen(real_home: Path) -> None:
    child = start_kdance(real_home, "score", "demo", str(DEMO), "--json", "--offset", "0")
    end = time.monotonic() + 20
    while not stored_anything(real_home / "sessions.db"):
        assert time.monotonic() < end
        time.sleep(0.05)
    child.send_signal(signal.SIGINT)
    code, out, err = finish_kdance(child)
    assert code == 130, err
    assert json.loads(out)["status"] == "interrupted"


def stored_anything(path: Path) -> bool:
    if not path.exists():
        return False
    with closing(sqlite3.connect(path, timeout=5)) as connection:
        try:
            found: Any = connection.execute("SELECT count(*) FROM snapshots").fetchone()[0]
        except sqlite3.OperationalError:
            return False
    return bool(found)


@pytest.mark.parametrize(
    "arguments",
    [("score", "dance", "take.mp4", "--free", "--offset", "5"), ("train", "dance", "--free", "--loop")],
    ids=["free with an offset", "free in a loop"],
)
def test_options_that_contradict_each_other(arguments: tuple[str, ...], home: Path, kdance_cli: Cli) -> None:
    write_reference(home / "references", "dance")
    done = kdance_cli(*arguments)
    assert done.code == 2
    assert "--free" in done.err


# Options that contradict each other, or the song


@pytest.mark.parametrize(
    ("options", "said"),
    [
        (("--from", "1:00"), "The song is over at 0:"),
        (("--from", "0:02", "--to", "0:01"), "There is less than a second to dance from 0:02 to 0:01."),
        (("--record", "me.avi"), "A recording is an .mp4 file"),
    ],
)
def test_a_part_or_a_recording_that_can_not_be(
    references: Path, clip: Path, kdance_cli: Cli, options: tuple[str, ...], said: str
) -> None:
    write_reference(references)
    assert_refused(kdance_cli("train", "magnetic", "--camera", clip, *options), said)


def test_faster_and_faster_needs_a_loop(references: Path, clip: Path, kdance_cli: Cli) -> None:
    write_reference(references)
    ran = kdance_cli("train", "magnetic", "--camera", clip, "--no-window", "--auto-speed", "--no-loop")
    assert (ran.code, ran.out) == (2, "")
    assert "--auto-speed" in ran.err


def test_a_file_as_the_camera_is_told_where_it_has_to_begin(references: Path, clip: Path, kdance_cli: Cli) -> None:
    write_reference(references)
    slow = kdance_cli("train", "magnetic", "--camera", clip, "--no-window", "--speed", "0.75", "--seconds", "0.5")
    assert "it has to begin with the song, danced at 0.75 of its speed." in slow.err
    part = kdance_cli("train", "magnetic", "--camera", clip, "--no-window", "--from", "0:01", "--seconds", "0.5")
    assert "it has to begin at 0:01 of the song." in part.err


def test_a_count_that_falls_after_the_end(references: Path, kdance_cli: Cli) -> None:
    stored = write_reference(references) / "reference.yaml"
    before = stored.read_text(encoding="utf-8")
    assert_refused(kdance_cli("counts", "magnetic", "--bpm", "120", "--first-beat", "500"), "no count falls at 500 s")
    assert stored.read_text(encoding="utf-8") == before
