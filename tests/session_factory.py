"""Whole sessions without a network: takes that exist as poses, danced in front of a scripted estimator.

A take is a :class:`PoseSequence` (see ``tests.motion_factory``) and a small clip with as many frames; the scripted
estimator says at each frame's time what the take says. Everything else is the real thing: the clip is decoded, the loop
runs, the store writes, the second pass scores.
"""

from __future__ import annotations

import json
import os
import signal
import sqlite3
import subprocess
import sys
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import closing, contextmanager
from dataclasses import dataclass, field, replace
from functools import cache
from pathlib import Path
from types import TracebackType
from typing import Any, Self

import numpy as np
import pytest

from kdance.audio.playback import NO_DEVICE, Playback
from kdance.audio.sinks import BLOCK, Fill
from kdance.config import Settings
from kdance.dance.dance import Dance
from kdance.dance.process_video import SeenBody, judge
from kdance.dance.references import (
    ChanceLevel,
    Reference,
    ReferenceInfo,
    load_reference,
    making_reference,
    save_reference,
)
from kdance.errors import CameraLostError
from kdance.motion.chance import calibrate_chances
from kdance.motion.people import People
from kdance.motion.reference_motion import ReferenceMotion
from kdance.motion.sections import cut_sections
from kdance.pose import Frame, Pose, PoseSequence
from kdance.practice.clocks import CLOCK, Clock
from kdance.practice.dancing import dance_once, dance_until_enough
from kdance.practice.options import TrainingOptions
from kdance.practice.pipeline import Estimate, Seen
from kdance.practice.room import Room
from kdance.practice.score_video import score_video
from kdance.practice.session import Session
from kdance.practice.signals import StopSignals
from kdance.practice.state import LiveState, SetupState
from kdance.practice.take import Outcome
from kdance.practice.transport import Practice
from kdance.review.lateness import Span
from kdance.review.options import TakeOptions
from kdance.review.record import SessionReport
from kdance.store import SessionStore, open_store
from tests.motion_factory import make_sequence, nobody_for, poses_of
from tests.video_factory import make_image, write_clip

ROOT = Path(__file__).parent.parent
DEMO_TAKE = ROOT / "kdance" / "demo" / "demo_take.mp4"
KDANCE = (sys.executable, "-m", "kdance")
FPS = 30.0
NETWORK_S = 0.01  # what the pose network takes where the clock is set
SECONDS = 4.0
# What differs between two runs of the same take.
_OF_THE_RUN = ("session_id", "started_at", "source", "status", "session_summary")


# -- references and takes ---------------------------------------------------------------------------------------------


def make_reference(folder: Path, sequence: PoseSequence, name: str = "dance") -> Reference:
    """A reference on disk made of poses, with a clip of numbered frames as its video."""
    info = _info_of(sequence).model_copy(update={"name": name, "source": f"{name}.mp4"})
    with making_reference(folder, name) as home:
        save_reference(home, info, sequence)
        write_clip(home / "video.mp4", len(sequence))
    return load_reference(folder, name)


@cache
def _info_of(sequence: PoseSequence) -> ReferenceInfo:
    motion = ReferenceMotion.from_sequence(sequence)
    levels = calibrate_chances(motion)
    return ReferenceInfo(
        name="dance",
        source="dance.mp4",
        source_sha256="0" * 64,
        video="video.mp4",
        start=0.0,
        duration=float(sequence.times[-1]),
        frames=len(sequence),
        width_px=640,
        height_px=480,
        model="full",
        made_at="2026-11-22T14:00:00+01:00",
        chance={level: ChanceLevel(pose=chance.pose, motion=chance.motion) for level, chance in levels.items()},
        sections=tuple(cut_sections(motion)),
        quality=judge(SeenBody.of(sequence)),
    )


def join_takes(*takes: PoseSequence) -> PoseSequence:
    """One take after the other."""
    starts = np.cumsum([0.0, *(len(take) / FPS for take in takes[:-1])])
    return PoseSequence(
        np.concatenate([take.landmarks for take in takes]),
        np.concatenate([take.world for take in takes]),
        np.concatenate([take.times + start for take, start in zip(takes, starts, strict=True)]),
    )


def numbers(report: SessionReport | dict[str, Any]) -> dict[str, Any]:
    """All of a report but what differs between two runs of the same take."""
    fields = report if isinstance(report, dict) else report.model_dump(mode="json")
    return {name: value for name, value in fields.items() if name not in _OF_THE_RUN}


class ScriptedEstimator:
    """Says what a take says.

    Args:
        take: Poses by the time of the frame.
        on_frame: Called with the number of the frame before each; may wait, raise, or press Ctrl-C.
    """

    def __init__(self, take: PoseSequence, on_frame: Callable[[int], object] = lambda number: None) -> None:
        self._times, self._poses = take.times, poses_of(take)
        self._on_frame = on_frame
        self.frames = 0

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        return None

    def estimate(self, frame: Frame) -> Pose | None:
        self._on_frame(self.frames)
        self.frames += 1
        index = int(np.abs(self._times - frame.time).argmin())
        assert abs(self._times[index] - frame.time) < 1 / FPS, f"the take says nothing about {frame.time:.3f} s"
        return self._poses[index]


class EmptyRoom:
    """Finds nobody: the pictures of a scripted take are empty."""

    def look(self, image: object) -> People:
        """Nobody."""
        return People.nobody()


class SetClock:
    """Time that passes only when somebody waits, all at once: half a minute of a session takes a moment."""

    def __init__(self) -> None:
        self.time = 1000.0
        self.listeners: list[Callable[[], None]] = []
        self.clock = Clock(now=self.now, sleep=self.sleep, stopwatch=self.now)

    def now(self) -> float:
        return self.time

    def sleep(self, seconds: float) -> None:
        self.time += seconds
        for listener in self.listeners:
            listener()


class SetSink:
    """A sound device that nobody hears, which goes by a clock that is set."""

    paced = False
    is_alive = True
    rate = 44100
    latency = 0.04

    def __init__(self, clock: SetClock) -> None:
        self._clock, self._fill, self._next = clock, None, clock.time

    def start(self, fill: Fill) -> None:
        self._fill, self._next = fill, self._clock.time
        self._clock.listeners.append(self._catch_up)

    def close(self) -> None:
        self._clock.listeners.remove(self._catch_up)

    def now(self) -> float:
        return self._clock.time

    def _catch_up(self) -> None:
        while self._next <= self._clock.time:
            self._fill(np.zeros((BLOCK, 2), np.float32), self._next + self.latency)
            self._next += BLOCK / self.rate


class ScriptedCamera:
    """A live source that hands over what the script says: times of frames, ``None`` for no news, errors to raise.

    A frame comes when its time has come, counted from the first look. It has ended when the script has.
    """

    is_live = True
    name = "camera 7"
    fps = FPS

    def __init__(self, script: Sequence[float | Exception | None], clock: Clock = CLOCK) -> None:
        self._script = list(script)
        self._zero: float | None = None
        self.clock = clock
        self.closed = False

    @property
    def ended(self) -> bool:
        return not self._script

    def moment_of(self, time: float) -> float:
        return time + (self._zero or 0.0)

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    def read(self, timeout: float = 0.0) -> Frame | None:
        if self._zero is None:
            self._zero = self.clock.now()
        step = self._script[0] if self._script else None
        if isinstance(step, float | int):
            left = self._zero + step - self.clock.now()
            self.clock.sleep(max(0.0, min(left, timeout)))
            if left > timeout:
                return None
        if self._script:
            self._script.pop(0)
        if isinstance(step, Exception):
            raise step
        return None if step is None else Frame(make_image(0), float(step))

    def close(self) -> None:
        self.closed = True


class InlinePipeline:
    """The pose network on the loop's own thread, in front of a camera on a clock that is set."""

    is_light = False

    def __init__(self, camera: ScriptedCamera, estimate: Estimate, **_: object) -> None:
        self._camera, self._estimate = camera, estimate

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    @property
    def ended(self) -> bool:
        return self._camera.ended

    def read(self, timeout: float) -> Seen | None:
        frame = self._camera.read(timeout)
        if frame is None:
            return None
        pose = self._estimate(frame)
        self._camera.clock.sleep(NETWORK_S)
        return Seen(frame, pose, NETWORK_S)

    def close(self) -> None:
        return None


def lost() -> CameraLostError:
    return CameraLostError("The camera 7 stopped sending pictures.", "Is it still plugged in?")


@dataclass
class ScriptedView:
    """Remembers what it was asked to show, and presses keys.

    Attributes:
        quit_after: Frames after which the dancer presses q.
        at_end: What the dancer presses at one end after the other; then q.
        keys: What is pressed after how many frames.
    """

    quit_after: int | None = None
    at_end: list[str] = field(default_factory=list)
    is_open: bool = True
    wants_to_quit: bool = False
    keys: dict[int, str] = field(default_factory=dict)
    states: list[LiveState] = field(default_factory=list)
    setups: list[SetupState] = field(default_factory=list)
    clocks: list[float] = field(default_factory=list)
    shown_at: list[float] = field(default_factory=list)
    notes: list[tuple[str, ...]] = field(default_factory=list)
    cues: list[str | None] = field(default_factory=list)
    countdown: list[tuple[bool, int]] = field(default_factory=list)
    ends: list[SessionReport] = field(default_factory=list)
    drills: list[Span | None] = field(default_factory=list)
    _is_at_end: bool = False
    _pressed: list[str] = field(default_factory=list)

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        return None

    def poll(self, timeout_ms: int = 1) -> None:
        if not self._is_at_end:
            return
        if self.at_end:
            self._pressed.append(self.at_end.pop(0))
        else:
            self.wants_to_quit = True

    def count_down(self, frame: Frame | None, seconds: int) -> None:
        self.countdown.append((frame is not None, seconds))

    def take_keys(self) -> list[str]:
        keys, self._pressed = self._pressed, []
        return keys

    def show_setup(self, frame: Frame, pose: Pose | None, state: SetupState) -> None:
        self.setups.append(state)
        self.wants_to_quit = len(self.setups) == self.quit_after

    def show(self, frame: Frame, pose: Pose | None, state: LiveState) -> None:
        self.states.append(state)
        self.shown_at.append(time.monotonic())
        self.clocks.append(state.song.place.position)
        self.notes.append(state.take.notes)
        self.cues.append(state.take.tip.text if state.take.tip else None)
        if len(self.clocks) in self.keys:
            self._pressed.append(self.keys[len(self.clocks)])
        self.wants_to_quit = len(self.clocks) == self.quit_after
        self._is_at_end = False

    def end_dance(self) -> None:
        return None

    def show_waiting(self) -> None:
        return None

    def show_end(self, report: SessionReport, drill: Span | None = None, *, goes_on: bool = False) -> None:
        self.ends.append(report)
        self.drills.append(drill)
        self._is_at_end = True

    def renew(self) -> None:
        self.wants_to_quit = False


class Studio:
    """A home with one reference, in which takes are danced in this process, not mirrored unless a test says so.

    Args:
        home: Where everything is kept.
        monkeypatch: Puts the scripted estimator in the place of the real one.
        sequence: The reference.
    """

    def __init__(self, home: Path, monkeypatch: pytest.MonkeyPatch, sequence: PoseSequence) -> None:
        self.home = home
        self.dance = Dance.of(make_reference(home / "references", sequence))
        self.sequence = sequence
        self.settings = Settings()
        self.signals = StopSignals()
        self.set_clock = SetClock()
        self.clock = CLOCK
        self._monkeypatch = monkeypatch
        self._clips = 0

    def train(
        self,
        take: PoseSequence,
        *,
        view: ScriptedView | None = None,
        on_frame: Callable[[int], object] = lambda number: None,
        camera: ScriptedCamera | None = None,
        countdown: float = 0.0,
        seconds: float | None = None,
        at_own_pace: bool = False,
        practice: Practice | None = None,
        playback: Playback | None = None,
        auto_speed: bool = False,
        rounds: int | None = None,
        until_mastered: bool = False,
        **take_options: Any,
    ) -> Outcome:
        """One session in front of a clip, or of a scripted camera."""
        view = ScriptedView(is_open=False) if view is None else view
        options = self._options(take, on_frame, camera, countdown, seconds, at_own_pace, practice, take_options)
        options = replace(options, auto_speed=auto_speed, rounds=rounds, until_mastered=until_mastered)
        with self.store() as store:
            return dance_once(self.session(options, store, Room(view, playback)))

    def session(self, options: TrainingOptions, store: SessionStore, room: Room) -> Session:
        """What a session in this studio needs."""
        return Session(
            dance=self.dance, options=options, settings=self.settings, store=store, room=room, signals=self.signals,
            clock=self.clock,
        )  # fmt: skip

    def dance_until_enough(self, take: PoseSequence, view: ScriptedView, **take_options: Any) -> list[Outcome]:
        """Sessions until the dancer has had enough."""
        options = self._options(take, lambda number: None, None, 0.0, None, False, None, take_options)
        with self.store() as store:
            return list(dance_until_enough(self.session(options, store, Room(view))))

    def score(
        self,
        take: PoseSequence,
        *,
        clip: Path | None = None,
        on_frame: Callable[[int], object] = lambda number: None,
        progress: Callable[[int, float, float | None], None] = lambda frames, done, total: None,
        **take_options: Any,
    ) -> Outcome:
        """A take scored as a recording."""
        self.script(take, on_frame)
        options = TakeOptions(**{"mirror": "off", **take_options})
        clip = self.clip(take) if clip is None else clip
        with open_store(self.home / "sessions.db") as store:
            return score_video(self.dance, clip, options, self.settings, store, self.signals, progress)

    def script(self, take: PoseSequence, on_frame: Callable[[int], object] = lambda number: None) -> None:
        """From now on whoever is in front of the camera dances this take."""

        def opened(model: str, *, min_confidence: float) -> ScriptedEstimator:
            return ScriptedEstimator(take, on_frame)

        self._monkeypatch.setattr("kdance.practice.dancing.open_pose_estimator", opened)
        self._monkeypatch.setattr("kdance.practice.sign_watch.open_pose_estimator", opened)
        self._monkeypatch.setattr("kdance.practice.score_video.open_pose_estimator", opened)
        self._monkeypatch.setattr("kdance.capture.dancer_in_room.PeopleFinder", EmptyRoom)

    def put_up(self, make: Callable[[], ScriptedCamera]) -> None:
        """From now on there is a camera, and time passes only when somebody waits."""

        def opened(source: object, *, camera: object) -> ScriptedCamera:
            made = make()
            made.clock = self.clock
            return made

        self.clock = self.set_clock.clock
        for module in ("dancing", "sign_watch"):
            self._monkeypatch.setattr(f"kdance.practice.{module}.open_source", opened)
            self._monkeypatch.setattr(f"kdance.practice.{module}.PosePipeline", InlinePipeline)

    @contextmanager
    def sound(self) -> Iterator[Playback]:
        """The song's sound, on the clock that is set."""
        with Playback(None, SetSink.rate, SetSink(self.set_clock)) as playback:
            yield playback

    def clip(self, take: PoseSequence) -> Path:
        """A clip with as many frames as the take."""
        self._clips += 1
        return write_clip(self.home / f"take-{self._clips}.mp4", len(take), width=128, height=96)

    def store(self) -> SessionStore:
        return open_store(self.home / "sessions.db")

    def _options(
        self,
        take: PoseSequence,
        on_frame: Callable[[int], object],
        camera: ScriptedCamera | None,
        countdown: float,
        seconds: float | None,
        at_own_pace: bool,
        practice: Practice | None,
        take_options: dict[str, Any],
    ) -> TrainingOptions:
        practice = practice or Practice(loop=take_options.get("loop", False), speed=take_options.get("speed", 1.0))
        self.script(take, on_frame)
        if camera is not None:
            self.put_up(lambda: camera)
        return TrainingOptions(
            source="7" if camera else str(self.clip(take)),
            countdown=countdown,
            seconds=seconds,
            at_own_pace=at_own_pace,
            practice=practice,
            judging=TakeOptions(**{"mirror": "off", **take_options}),
        )


@cache
def the_dance() -> PoseSequence:
    """The reference of most tests."""
    return make_sequence("dance", seconds=SECONDS)


@cache
def another_dance() -> PoseSequence:
    """A take of something else."""
    return make_sequence("dance", seconds=SECONDS, seed=11)


def empty_room(seconds: float = SECONDS) -> PoseSequence:
    """Nobody came."""
    return nobody_for(round(seconds * FPS))


class Disk:
    """What lies between the session writer and its file: can be full or slow.

    Attributes:
        is_full: Whether nothing can be written any more.
        delay: Seconds that each access takes.
    """

    def __init__(self, monkeypatch: pytest.MonkeyPatch) -> None:
        from kdance.store import writer

        self.is_full = False
        self.delay = 0.0
        self._connect = writer.connect
        monkeypatch.setattr(writer, "connect", self.connect)

    def connect(self, path: Path, *, busy_timeout: float) -> sqlite3.Connection:
        time.sleep(self.delay)
        connection = self._connect(path, busy_timeout=busy_timeout)
        if self.is_full:
            connection.execute("PRAGMA max_page_count = 1")
        return connection


# -- processes --------------------------------------------------------------------------------------------------------


def environment(home: Path, **more: str) -> dict[str, str]:
    """The environment of a kdance that keeps to ``home`` and has no display."""
    hidden = ("DISPLAY", "WAYLAND_DISPLAY", "QT_QPA_PLATFORM", "QT_QPA_FONTDIR", "OPENAI_API_KEY")
    kept = {name: value for name, value in os.environ.items() if name not in hidden}
    return {**kept, "KDANCE_HOME": str(home), "PYTHONPATH": str(ROOT), "COLUMNS": "100", "NO_COLOR": "1", **more}


def run_kdance(home: Path, *arguments: str, timeout: float = 60, **more: str) -> subprocess.CompletedProcess[str]:
    """Run kdance to its end."""
    return subprocess.run(
        [*KDANCE, *arguments],
        env=environment(home, **more),
        capture_output=True,
        text=True,
        timeout=timeout,
        check=False,
    )


def start_kdance(home: Path, *arguments: str, **more: str) -> subprocess.Popen[str]:
    """Start kdance; end it with :func:`finish_kdance`."""
    return subprocess.Popen(
        [*KDANCE, *arguments],
        env=environment(home, **more),
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )


def said(err: str) -> str:
    """What a child said on stderr besides that this machine has no sound device."""
    return err.replace(f"{NO_DEVICE}\n", "")


def finish_kdance(child: subprocess.Popen[str], *, timeout: float = 20) -> tuple[int, str, str]:
    """Wait for the end; exit code, stdout, stderr. A child that doesn't end is killed, and the test fails.

    What it said is printed too: pytest shows that when the test fails for whatever reason.
    """
    try:
        out, err = child.communicate(timeout=timeout)
    except subprocess.TimeoutExpired:
        child.kill()
        out, err = child.communicate()
        pytest.fail(f"still running after {timeout} s:\n{out}\n{err}")
    sys.stdout.write(f"kdance ended with {child.returncode}:\n{out}\n{err}\n")
    return child.returncode, out, err


def strict_json(text: str) -> dict[str, Any]:
    """Parse what must be one JSON object without NaN."""

    def refuse(constant: str) -> None:
        raise AssertionError(f"{constant} is not JSON")

    report = json.loads(text, parse_constant=refuse)
    assert isinstance(report, dict)
    return report


def last_report(home: Path) -> dict[str, Any]:
    """What ``kdance report last-session --json`` says."""
    done = run_kdance(home, "report", "last-session", "--json")
    assert done.returncode == 0, done.stderr
    return strict_json(done.stdout)


def stored_frames(home: Path) -> int:
    """Frames of the newest session that are in the store by now; -1 without a session."""
    path = home / "sessions.db"
    if not path.exists():
        return -1
    with closing(sqlite3.connect(path, timeout=5)) as connection:
        try:
            found = connection.execute(
                "SELECT coalesce(sum(num_frames), 0) FROM sessions LEFT JOIN snapshots USING (session_id) "
                "GROUP BY sessions.number ORDER BY sessions.number DESC LIMIT 1"
            ).fetchone()
        except sqlite3.OperationalError:  # the tables are being made
            return -1
    return found[0] if found else -1


# A kdance whose dancer is scripted: argv is the take's file, the frame at which it dies, then kdance's own arguments.
SCRIPTED_KDANCE = """
import os, signal, sys, time
import numpy as np
from kdance.pose import PoseSequence
from tests.session_factory import ScriptedEstimator
import kdance.practice.dancing

with np.load(sys.argv[1]) as file:
    take = PoseSequence(file["landmarks"], file["world"], file["times"])
last, began = int(sys.argv[2]), []

def on_frame(number):
    began or began.append(time.monotonic())
    time.sleep(max(0.0, began[0] + number / 30 - time.monotonic()))
    if number == last:
        os.kill(os.getpid(), signal.SIGKILL)

kdance.practice.dancing.open_pose_estimator = lambda model, *, min_confidence: ScriptedEstimator(take, on_frame)
sys.argv[1:] = sys.argv[3:]
from kdance.cli import main
main()
"""


def start_scripted_kdance(
    home: Path, take: PoseSequence, *arguments: str, die_at: int = -1, **more: str
) -> subprocess.Popen[str]:
    """Start ``kdance ARGUMENTS`` in front of somebody who dances a take at 30 fps.

    Args:
        home: KDANCE_HOME.
        take: What is danced.
        arguments: Of kdance.
        die_at: The number of the frame before which the process is killed (SIGKILL); -1 for none.
        more: Of the environment.
    """
    script = home / "script.npz"
    np.savez(script, landmarks=take.landmarks, world=take.world, times=take.times)
    return subprocess.Popen(
        [sys.executable, "-c", SCRIPTED_KDANCE, str(script), str(die_at), *arguments],
        env=environment(home, **more),
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        cwd=ROOT,
    )


def kill_in_the_middle(home: Path, take: PoseSequence, clip: Path, frame: int) -> None:
    """Dance a take and die at a frame."""
    arguments = ("train", "dance", "--camera", str(clip), "--no-window")
    child = start_scripted_kdance(home, take, *arguments, die_at=frame)
    code, _, err = finish_kdance(child)
    assert code == -signal.SIGKILL, err


def frames_of(clip: Path) -> Iterator[np.ndarray]:
    """The pictures of a clip."""
    from kdance.capture.video_file import VideoFile

    with VideoFile(clip) as source:
        for frame in source:
            yield frame.image
