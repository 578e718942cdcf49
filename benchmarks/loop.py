"""Time of each stage of the frame loop, and the frame rate of a live camera.

    python benchmarks/loop.py [--clip CLIP] [--seconds S]           (in a window where there is a display)

Everything runs on the built-in dance. The bare loop (decode and MediaPipe, nothing else) is measured beside ours. A
slower machine is played by a pose network that looks at each frame twice: its work is real, and what it takes from
drawing, too.
"""

from __future__ import annotations

import argparse
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, ExitStack, contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

import kdance.capture
import kdance.cli  # which sets the collector and BLAS as they are in the program

# isort: split
import cv2
import numpy as np
from rich.console import Console
from rich.table import Table

from kdance.audio.playback import open_playback
from kdance.capture.frames import FrameSource
from kdance.capture.pose_extraction import PoseEstimator, open_pose_estimator
from kdance.capture.video_file import VideoFile
from kdance.coach.ai.ai_coach import AiCoach, AiOptions
from kdance.coach.ai.openai_client import OpenAIClient
from kdance.coach.ai.server import AiServer
from kdance.coach.ai.summary import SummaryOptions
from kdance.coach.live_coach import LiveCoach, OfflineCoach
from kdance.coach.rules import RulesCoach
from kdance.config import PoseSettings, Settings
from kdance.dance.dance import Dance
from kdance.dance.process_video import VideoPart, process_video
from kdance.motion.free_alignment import PositionTracker
from kdance.motion.live_fit import LiveFit
from kdance.motion.pose_normalization import normalize_arrays
from kdance.motion.reference_motion import ReferenceMotion
from kdance.motion.scoring import FrameScores, grade
from kdance.motion.settled_scores import SETTLED_S
from kdance.motion.timeline import SNAPSHOT_S
from kdance.pose import Frame, Pose
from kdance.practice import dancing
from kdance.practice.dancing import dance_once
from kdance.practice.options import TrainingOptions
from kdance.practice.room import Room
from kdance.practice.session import Session
from kdance.practice.signals import StopSignals
from kdance.practice.state import LiveState
from kdance.practice.transport import Practice
from kdance.review.options import TakeOptions
from kdance.store import open_store, writer
from kdance.window.collages import CollageMaker
from kdance.window.overlay import Scene, draw_scene
from kdance.window.practice_window import WindowView
from kdance.window.window import NoWindow, display_available, open_window

DEMO = Path(kdance.__file__).parent / "demo"
Stages = dict[str, list[float]]
SLOWER: dict[str, str] = {"a network of 1.5 times the work": "lite", "of twice the work": "full"}


def timed(stages: Stages, name: str, work: Callable[[], Any]) -> Any:
    """Do some work and note its milliseconds."""
    begin = time.perf_counter()
    result = work()
    stages.setdefault(name, []).append(1000 * (time.perf_counter() - begin))
    return result


def measure_stages(clip: Path, dance: Dance) -> Stages:
    """Milliseconds of every stage for each frame of a clip, as the loop runs them."""
    stages: Stages = {}
    comparison = DancedLive(dance)
    tracker = PositionTracker(four_minutes(dance))
    picture = None
    with VideoFile(clip) as source, open_pose_estimator() as estimator:
        for frame in source:
            pose = timed(stages, "pose network", lambda frame=frame: estimator.estimate(frame))
            if pose is None:
                continue
            scores = timed(
                stages,
                "comparison with time warping",
                lambda pose=pose, frame=frame: comparison.update(pose, frame.time),
            )
            body = normalize_arrays(pose.landmarks, pose.world)
            timed(stages, "free mode: where in 4 min", lambda body=body, t=frame.time: tracker.update(body, t))
            scene = scene_of(frame, pose, float(scores.combined[0]))
            picture = timed(stages, "overlay 1280x720", lambda s=scene, p=picture: draw_scene(s, 1280, 720, out=p))
    return stages


class DancedLive:
    """What ``LiveTake`` asks of a comparison: a frame each, and five frames of a half second take more."""

    def __init__(self, dance: Dance) -> None:
        self._fit = LiveFit(dance.plain, dance.chance("normal"))
        self._next = SNAPSHOT_S
        self._observed: float | None = None
        self._settling: Iterator[None] = iter(())

    def update(self, pose: Pose, time: float) -> FrameScores:
        """Compare a frame; observe a half second that is over, and settle its scores with the next four frames."""
        if self._observed is not None:
            self._settling = self._fit.best.settling(self._observed - SETTLED_S - SNAPSHOT_S)
            self._observed = None
        next(self._settling, None)
        if time > self._next:
            self._fit.best.observe(self._next)
            self._next, self._observed = self._next + SNAPSHOT_S, self._next
        return self._fit.update(pose, time, time)


def scene_of(frame: Frame, pose: Pose, score: float) -> Scene:
    """A typical scene of the practice window."""
    known = None if np.isnan(score) else score
    return Scene(
        user_image=frame.image, user_pose=pose, reference_image=frame.image, reference_pose=pose, ghost_pose=pose,
        score=known, grade=None if known is None else grade(known), cue="Raise your left arm", title="demo",
        time_text="0:07 / 0:18", count=3, sections=((0.0, 0.5, 0.9), (0.5, 1.0, None)), progress=frame.time / 18,
    )  # fmt: skip


def four_minutes(dance: Dance) -> ReferenceMotion:
    """The dance over and over, for four minutes."""
    sequence = dance.reference.sequence
    rounds = int(240 / (sequence.times[-1] + 1 / 30)) + 1
    landmarks, world = (np.concatenate([np.asarray(a)] * rounds) for a in (sequence.landmarks, sequence.world))
    return ReferenceMotion.from_sequence(type(sequence)(landmarks, world, np.arange(len(landmarks)) / 30))


def bare_loop(clip: Path) -> float:
    """Frames a second of decoding and the pose network alone."""
    begin, frames = time.perf_counter(), 0
    with open_pose_estimator() as estimator:
        landmarker = estimator._landmarker
        import mediapipe as mp

        capture = cv2.VideoCapture(str(clip))
        while True:
            known, image = capture.read()
            if not known:
                break
            rgb = cv2.cvtColor(image, cv2.COLOR_BGR2RGB)
            landmarker.detect_for_video(mp.Image(image_format=mp.ImageFormat.SRGB, data=rgb), frames * 33)
            frames += 1
            if frames == 1:
                begin = time.perf_counter()
    return (frames - 1) / (time.perf_counter() - begin)


def preprocess_loop(clip: Path, home: Path) -> float:
    """Frames a second of `kdance preprocess --no-hands` between its first and its last frame."""
    at: list[float] = []
    process_video(
        VideoPart(video=clip, name="timed"), home, settings=PoseSettings(hands=False), force=True,
        progress=lambda *_: at.append(time.perf_counter()),
    )  # fmt: skip
    return (len(at) - 1) / (at[-1] - at[0])


class CameraServer(ThreadingHTTPServer):
    """Plays a clip as an MJPEG camera at 30 frames a second, over and over."""

    daemon_threads = True

    def __init__(self, clip: Path) -> None:
        super().__init__(("127.0.0.1", 0), _CameraHandler)
        with VideoFile(clip) as source:
            self.pictures = [cv2.imencode(".jpg", frame.image)[1].tobytes() for frame in source]


class _CameraHandler(BaseHTTPRequestHandler):
    server: CameraServer

    def do_GET(self) -> None:
        self.send_response(200)
        self.send_header("Content-Type", "multipart/x-mixed-replace; boundary=frame")
        self.end_headers()
        begin, number = time.perf_counter(), 0
        try:
            while True:
                jpeg = self.server.pictures[number % len(self.server.pictures)]
                head = f"--frame\r\nContent-Type: image/jpeg\r\nContent-Length: {len(jpeg)}\r\n\r\n".encode()
                self.wfile.write(head + jpeg + b"\r\n")
                number += 1
                time.sleep(max(0.0, begin + number / 30 - time.perf_counter()))
        except (BrokenPipeError, ConnectionResetError):
            return

    def log_message(self, *_: object) -> None:
        """Say nothing."""


class TimedView(WindowView):
    """The practice window, which notes how old a frame is when it is seen, and how long drawing took."""

    source: FrameSource

    def __init__(self, *arguments: Any, **options: Any) -> None:
        super().__init__(*arguments, **options)
        self.ages: list[float] = []
        self.drawing: list[float] = []
        self.times: list[float] = []
        self.spent: list[float] = []

    def show(self, frame: Frame, pose: Pose | None, state: LiveState) -> None:
        """Show it and look at the clock."""
        begin = time.monotonic()
        super().show(frame, pose, state)
        self.poll()
        if not self.times or frame.time > self.times[-1]:
            self.times.append(frame.time)
            self.ages.append(1000 * (time.monotonic() - self.source.moment_of(frame.time)))
            self.drawing.append(1000 * (time.monotonic() - begin))
            self.spent.append(1000 * time.process_time())


@contextmanager
def slow_disk(seconds: float) -> Iterator[None]:
    """Every access of the session writer takes this long."""
    connect = writer.connect

    def slowly(*arguments: Any, **options: Any) -> Any:
        time.sleep(seconds)
        return connect(*arguments, **options)

    writer.connect = slowly
    try:
        yield
    finally:
        writer.connect = connect


@contextmanager
def slow_network(model: str) -> Iterator[None]:
    """Each frame is looked at twice, by two networks: twice the work, or with the light one half as much again."""
    estimate = PoseEstimator.estimate
    with open_pose_estimator(model) as other:

        def twice(self: PoseEstimator, frame: Frame) -> Pose | None:
            estimate(other, frame)
            return estimate(self, frame)

        PoseEstimator.estimate = twice  # type: ignore[method-assign]
        try:
            yield
        finally:
            PoseEstimator.estimate = estimate  # type: ignore[method-assign]


def measure_live(
    camera: str, dance: Dance, home: Path, seconds: float, *, disk: float = 0.0, server: str | None = None
) -> tuple[str, ...]:
    """Frames a second, age of the frames on the screen, the time of drawing, and the processor time for each of them.

    Args:
        camera: Its URL.
        dance: The reference.
        home: Where the session is stored.
        seconds: How long.
        disk: Seconds that each access takes.
        server: Address of an AI coach who gets pictures, too; ``None`` for none.
    """
    settings = Settings()
    with ExitStack() as stack:
        windowed = display_available()
        window = stack.enter_context(open_window("kdance", 1280, 720) if windowed else NoWindow())
        view = stack.enter_context(
            TimedView(dance.reference, settings, error_band=settings.feedback.error_band, window=window)
        )
        playback = stack.enter_context(open_playback(dance.reference.sound))
        store = stack.enter_context(open_store(home / "sessions.db"))
        signals = stack.enter_context(StopSignals())
        stack.enter_context(slow_disk(disk))
        options = TrainingOptions(
            source=camera, countdown=0.0, seconds=seconds, at_own_pace=False, judging=TakeOptions(),
            practice=Practice(loop=True),
        )  # fmt: skip
        opened = dancing.open_source

        def remembered(*arguments: Any, **rest: Any) -> FrameSource:
            view.source = opened(*arguments, **rest)
            return view.source

        dancing.open_source = remembered
        try:
            coach = coach_with(server)
            room = Room(
                view, playback, coach=coach, picture_maker=None if server is None else CollageMaker(view.reference_now)
            )
            session = Session(
                dance=dance, options=options, settings=settings, store=store, room=room, signals=signals
            )  # fmt: skip
            report = dance_once(session).report
        finally:
            dancing.open_source = opened
    assert report is not None
    shown = (len(view.times) - 1) / (view.times[-1] - view.times[0])
    spread = [f"{np.percentile(values, share):.0f}" for values in (view.ages, view.drawing) for share in (50, 95)]
    spent = (view.spent[-1] - view.spent[0]) / (len(view.spent) - 1)
    return (f"{report.total_poses / report.total_duration:.1f}", f"{shown:.1f}", *spread, f"{spent:.0f}")


def coach_with(server: str | None) -> Callable[[], LiveCoach]:
    """A maker of the coach who asks a server; of the one by rules where there is none."""
    if server is None:
        return lambda: OfflineCoach(RulesCoach())
    options = AiOptions(summary=SummaryOptions(timeout=1.0, retries=0))  # not measured
    ai_server = AiServer(base_url=server)
    OpenAIClient(ai_server).close()  # imports the library, which is not measured
    return lambda: AiCoach(OpenAIClient(ai_server), RulesCoach(), options)


def serve_camera(clip: Path) -> AbstractContextManager[str]:
    """A camera in a process of its own, as a real one would be; its URL."""
    return serve("play_camera", str(clip))


def serve_ai(seconds: float) -> AbstractContextManager[str]:
    """A server of an AI coach that takes so long to answer, or never does; its URL."""
    return serve("play_ai", str(seconds))


@contextmanager
def serve(play: str, argument: str) -> Iterator[str]:
    """Run a function of this file in a process of its own; the line that it prints."""
    here = Path(__file__).parent
    script = f"import sys; sys.path[:0] = [{str(here)!r}, {str(here.parent)!r}]; import loop; loop.{play}()"
    child = subprocess.Popen([sys.executable, "-c", script, argument], stdout=subprocess.PIPE, text=True)
    try:
        assert child.stdout is not None
        yield child.stdout.readline().strip()
    finally:
        child.kill()
        child.wait()


def play_camera() -> None:
    """The camera's process."""
    server = CameraServer(Path(sys.argv[1]))
    print(f"http://127.0.0.1:{server.server_port}/camera", flush=True)
    server.serve_forever()


def play_ai() -> None:
    """The process of the AI coach's server."""
    from tests.ai_server import good, hangs, scripted_server, slow

    seconds = float(sys.argv[1])
    reply = hangs() if np.isinf(seconds) else slow(seconds, good("Raise your left arm", focus_areas=["left_shoulder"]))
    with scripted_server([reply]) as server:
        print(server.url, flush=True)
        threading.Event().wait()


def main() -> int:
    """Measure and print."""
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("--clip", type=Path, default=DEMO / "demo_take.mp4")
    parser.add_argument("--seconds", type=float, default=15.0)
    arguments = parser.parse_args()
    console = Console()
    with tempfile.TemporaryDirectory() as folder:
        home = Path(folder)
        part = VideoPart(video=DEMO / "demo.mp4", name="demo")
        settings = PoseSettings(hands=False)
        reference = process_video(part, home, settings=settings, force=False, progress=lambda *_: None)
        dance = Dance.of(reference)
        table = Table("stage", "p50 ms", "p95 ms", title="Each frame")
        for name, values in measure_stages(arguments.clip, dance).items():
            table.add_row(name, f"{np.percentile(values, 50):.2f}", f"{np.percentile(values, 95):.2f}")
        console.print(table)
        ours, bare = preprocess_loop(arguments.clip, home), bare_loop(arguments.clip)
        console.print(f"preprocess {ours:.1f} fps, bare MediaPipe loop {bare:.1f} fps: ratio {ours / bare:.2f}")
        live = Table(
            "camera at 30 fps, full", "fps", "fps shown", "age p50 ms", "p95", "draw p50 ms", "p95", "processor ms",
            title="Live, " + ("in a window of 1280x720" if display_available() else "drawn, but not shown: no display"),
        )  # fmt: skip
        with serve_camera(arguments.clip) as camera:
            live.add_row("as it is", *measure_live(camera, dance, home, arguments.seconds))
            for name, model in SLOWER.items():
                with slow_network(model):
                    live.add_row(name, *measure_live(camera, dance, home, arguments.seconds))
            live.add_row("a disk that takes 0.5 s", *measure_live(camera, dance, home, arguments.seconds, disk=0.5))
            for name, delay in (("an AI coach that takes 1.5 s", 1.5), ("an AI coach that hangs", np.inf)):
                with serve_ai(delay) as server:
                    live.add_row(name, *measure_live(camera, dance, home, arguments.seconds, server=server))
        console.print(live)
    return 0


if __name__ == "__main__":
    sys.exit(main())
