"""How far a recording's pictures are from its sound, on machines that are too slow for it.

    python benchmarks/shown.py [--throttle MS...]

The built-in take is danced as a camera, drawn as for a window of 1280x720 but not shown, with a pose network that takes
so many milliseconds more a frame. Whenever a picture is drawn, the second of the song that is heard then is compared
with its own. The last column says whether the numbers are still those of ``kdance score``, digit for digit.
"""

from __future__ import annotations

import argparse
import sys
import tempfile
import time
from collections.abc import Sequence
from contextlib import ExitStack
from pathlib import Path
from typing import Any

import kdance.capture

# isort: split
import numpy as np
from rich.console import Console
from rich.table import Table

from kdance.audio.playback import Playback, open_playback
from kdance.capture.pose_extraction import PoseEstimator
from kdance.config import PoseSettings, Settings
from kdance.dance.dance import Dance
from kdance.dance.process_video import VideoPart, process_video
from kdance.pose import Frame, Pose
from kdance.practice.dancing import dance_once
from kdance.practice.options import TrainingOptions
from kdance.practice.room import Room
from kdance.practice.score_video import score_video
from kdance.practice.session import Session
from kdance.practice.signals import StopSignals
from kdance.practice.state import LiveState
from kdance.practice.transport import Practice
from kdance.review.options import TakeOptions
from kdance.review.record import SessionReport
from kdance.store import open_store
from kdance.window.practice_window import WindowView
from kdance.window.window import NoWindow

DEMO = Path(kdance.__file__).parent / "demo"


class Watched(WindowView):
    """The practice window, which notes how far its pictures are from the sound."""

    playback: Playback

    def __init__(self, *arguments: Any, **options: Any) -> None:
        super().__init__(*arguments, **options)
        self.ahead_ms: list[float] = []
        self.moments: list[float] = []

    def show(self, frame: Frame, pose: Pose | None, state: LiveState) -> None:
        """Draw it, then listen."""
        super().show(frame, pose, state)
        self.moments.append(time.monotonic())
        self.ahead_ms.append(1000 * (self.playback.position_at(self.moments[-1]) - state.song.place.position))


def shown(throttle_ms: float, dance: Dance, home: Path) -> tuple[Watched, SessionReport]:
    """Dance the built-in take with a throttled pose network."""
    settings, estimate = Settings(), PoseEstimator.estimate

    def slowly(self: PoseEstimator, frame: Frame) -> Pose | None:
        time.sleep(throttle_ms / 1000)
        return estimate(self, frame)

    PoseEstimator.estimate = slowly  # type: ignore[method-assign]
    try:
        with ExitStack() as stack:
            view = stack.enter_context(
                Watched(dance.reference, settings, error_band=settings.feedback.error_band, window=NoWindow())
            )
            view.playback = stack.enter_context(open_playback(dance.reference.sound))
            store = stack.enter_context(open_store(home / "sessions.db"))
            options = TrainingOptions(
                source=str(DEMO / "demo_take.mp4"), countdown=0.0, seconds=None, at_own_pace=True,
                judging=TakeOptions(), practice=Practice(),
            )  # fmt: skip
            session = Session(
                dance=dance, options=options, settings=settings, store=store, room=Room(view, view.playback),
                signals=stack.enter_context(StopSignals()),
            )  # fmt: skip
            report = dance_once(session).report
    finally:
        PoseEstimator.estimate = estimate  # type: ignore[method-assign]
    assert report is not None
    return view, report


def scored(dance: Dance, home: Path) -> SessionReport:
    """The same take as a recording."""
    with open_store(home / "sessions.db") as store, StopSignals() as signals:
        take, options = DEMO / "demo_take.mp4", TakeOptions(offset=0.0)
        report = score_video(dance, take, options, Settings(), store, signals, lambda *_: None).report
    assert report is not None
    return report


def numbers(report: SessionReport) -> dict[str, Any]:
    """What was measured."""
    fields = report.model_dump(mode="json")
    return {name: fields[name] for name in ("average_similarity", "timeline", "joints", "sections", "total_poses")}


def throttled(milliseconds: Sequence[float]) -> Table:
    """A row for each machine."""
    table = Table(
        "ms more a frame", "pictures", "lasted s", "median ms", "p95 ms", "max ms", "frames", "as scored",
        title="Sound minus picture, 18 s of dance",
    )  # fmt: skip
    with tempfile.TemporaryDirectory() as folder:
        home = Path(folder)
        part = VideoPart(video=DEMO / "demo.mp4", name="demo")
        reference = process_video(part, home, settings=PoseSettings(hands=False), force=False, progress=lambda *_: None)
        dance = Dance.of(reference)
        asked = numbers(scored(dance, home))
        for throttle in milliseconds:
            view, report = shown(throttle, dance, home)
            offsets = np.array(view.ahead_ms)
            low, high = np.percentile(np.abs(offsets), [95, 100])
            table.add_row(
                f"{throttle:g}", str(len(offsets)), f"{view.moments[-1] - view.moments[0]:.1f}",
                f"{np.median(offsets):+.1f}", f"{low:.1f}", f"{high:.1f}", str(report.total_poses),
                "yes" if numbers(report) == asked else "no",
            )  # fmt: skip
    return table


def main() -> int:
    """Measure and print."""
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("--throttle", type=float, nargs="*", default=[0.0, 25.0, 40.0], metavar="MS")
    Console().print(throttled(parser.parse_args().throttle))
    return 0


if __name__ == "__main__":
    sys.exit(main())
