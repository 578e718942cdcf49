"""What a long film costs besides the networks: memory and processor time of each step of ``preprocess``.

    python benchmarks/long_group.py --clip GROUP.mp4 --cache DIR [--minutes 15 120] [--cuts] [--alone]

Nobody can wait for the networks to look at two hours. So they look at a short clip, once, and its people are repeated
with a little noise for as long as the film lasts, a tiny one of the same number of frames, which is decoded; ``--cuts``
says that each repetition begins a new shot. All else is the command itself: its processes, what they send one another,
the tracks, the table, the picture to choose by, the pass over the member with both networks loaded in every process
(they look at one frame of a thousand), the hands, and the reference. ``--alone`` is a film in which one of them dances:
nobody looks for others then. Memory is the sum of the proportional set sizes of all processes (Linux); the row that
docs/PERFORMANCE.md has comes last.
"""

from __future__ import annotations

import argparse
import os
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
from people_tracks import detections
from preprocess import family, memory_mb, processor_seconds

from kdance.audio.ffmpeg import ffmpeg_path
from kdance.capture.member_pose import open_member_pose
from kdance.capture.people import PeopleFinder
from kdance.capture.people_looks import Sight
from kdance.capture.picture_difference import Change
from kdance.capture.pose_extraction import open_hand_estimator, open_pose_estimator
from kdance.motion.people import KEYPOINT_LANDMARKS, People
from kdance.pose import HANDS_SHAPE, NUM_LANDMARKS, FloatArray, Frame, Pose

FPS = 30
SIZE = 128, 72
SEEN_EVERY = 1000  # frames; the networks are loaded, and look at these
STEPS = {
    "people looked for": ("kdance.dance.stage", "watch"),
    "people joined": ("kdance.capture.shared_people", "SharedPeople.joined"),
    "tracks": ("kdance.dance.stage", "find_tracks"),
    "through cuts": ("kdance.dance.stage", "across_shots"),
    "choosing": ("kdance.dance.stage", "Stage"),
    "poses": ("kdance.dance.watching", "watch"),
    "poses joined": ("kdance.dance.watching", "join_poses"),
    "seen": ("kdance.dance.process_video", "SeenBody.of"),
    "smoothed": ("kdance.dance.process_video", "smooth_reference"),
    "sections": ("kdance.dance.process_video", "_sections"),
    "judged": ("kdance.dance.process_video", "judge"),
    "floor": ("kdance.dance.process_video", "_chance"),
    "stored": ("kdance.dance.process_video", "save_reference"),
}
PHASES = {  # the steps of each, and what comes after them
    "people looked for": ("people looked for", "people joined"),
    "tracks": ("tracks", "through cuts"),
    "chosen": ("choosing",),
    "poses": ("poses", "poses joined"),
    "smoothed and judged": ("seen", "smoothed", "sections", "judged"),
    "the floor": ("floor", "stored"),
}


def main() -> None:
    """Print a table for each length."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--clip", type=Path, required=True)
    parser.add_argument("--cache", type=Path, required=True, help="what the detector saw, as of people_tracks.py")
    parser.add_argument("--minutes", type=float, nargs="+", default=[15.0])
    parser.add_argument("--cuts", action="store_true")
    parser.add_argument("--alone", action="store_true", help="one dances alone")
    parser.add_argument("--jobs", type=int, default=2)
    parser.add_argument("--inside", nargs=2, metavar=("FILM", "STEP"), help="be the command, and nothing else")
    asked = parser.parse_args()
    os.environ |= {"LONG_CLIP": str(asked.clip), "LONG_CACHE": str(asked.cache), "LONG_CUTS": "1" if asked.cuts else ""}
    if asked.inside:
        be_the_command(Path(asked.inside[0]), Path(asked.inside[1]), asked.jobs, alone=asked.alone)
        return
    detections(asked.clip, 1.0, asked.cache)
    with tempfile.TemporaryDirectory() as folder:
        for minutes in asked.minutes:
            measure(minutes, Path(folder), asked.jobs)


def measure(minutes: float, folder: Path, jobs: int) -> None:
    """Run the command over a film, and look at its memory meanwhile."""
    film, step = folder / f"{minutes:g}.mp4", folder / "step"
    source = f"testsrc2=size={SIZE[0]}x{SIZE[1]}:rate={FPS}:duration={60 * minutes}"
    made = [ffmpeg_path(), "-v", "error", "-f", "lavfi", "-i", source, "-preset", "ultrafast", "-g", "150", str(film)]
    subprocess.run(made, check=True, stdin=subprocess.DEVNULL)
    name = "start"
    step.write_text(name)
    most, spent, begun, before = dict[str, float](), dict[str, float](), processor_seconds(), 0.0
    environment = os.environ | {"KDANCE_HOME": str(folder / "home")}
    command = [sys.executable, __file__, *sys.argv[1:], "--jobs", str(jobs), "--inside", str(film), str(step)]
    process = subprocess.Popen(command, env=environment, stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL)
    while process.poll() is None:
        name, processes = step.read_text() or name, family(process.pid)
        most[name] = max(most.get(name, 0.0), sum(memory_mb(number) for number in processes))
        now = max(sum(seconds_of(number) for number in processes), before)
        spent[name], before = spent.get(name, 0.0) + now - before, now
        time.sleep(0.1)
    print(f"{minutes:g} minutes, {round(60 * minutes * FPS)} frames: most {max(most.values()):.0f} MB, "
          f"{processor_seconds() - begun:.0f} s of processor time, exit {process.returncode}")  # fmt: skip
    for name, memory in most.items():
        print(f"  {name:<20}{memory:>7.0f} MB{spent[name]:>9.1f} s")
    phases = by_phase(most)
    print(f"  {' / '.join(phases)}: {' / '.join(f'{memory:.0f}' for memory in phases.values())} MB")
    for path in sorted((folder / "home" / "references").glob("*/*")):
        print(f"  kept {path.name:<20}{path.stat().st_size / 1e6:>9.1f} MB", flush=True)


def by_phase(most: dict[str, float]) -> dict[str, float]:
    """The most memory of each phase, of that of its steps."""
    found = {
        phase: max(most.get(f"{after}{step}", 0.0) for step in steps for after in ("", "after: "))
        for phase, steps in PHASES.items()
    }
    return {phase: memory for phase, memory in found.items() if memory}


def seconds_of(process: int) -> float:
    """Processor seconds of a process and of those of its children that have ended."""
    try:
        fields = Path(f"/proc/{process}/stat").read_text().rpartition(")")[2].split()
    except OSError:
        return 0.0
    return sum(int(field) for field in fields[11:15]) / os.sysconf("SC_CLK_TCK")


def be_the_command(film: Path, step: Path, jobs: int, *, alone: bool) -> None:
    """``kdance preprocess`` with networks that hardly ever look."""
    import importlib

    from kdance.cli.app import main as kdance
    from kdance.dance import stage, watching

    for name, (module, attribute) in STEPS.items():
        owner: Any = importlib.import_module(module)
        *parents, last = attribute.split(".")
        for parent in parents:
            owner = getattr(owner, parent)
        setattr(owner, last, told(getattr(owner, last), name, step))
    stage.open_people_eyes = open_people_eyes
    watching.open_all_eyes = open_eyes
    sys.argv = ["kdance", "preprocess", str(film), "--jobs", str(jobs), "--name", "long", "--force"]
    sys.argv += [] if alone else ["--dancer", "1"]
    raise SystemExit(kdance())


def told(function: Callable[..., Any], name: str, step: Path) -> Callable[..., Any]:
    """The function; what is done is told meanwhile, and afterwards that it was."""

    def telling(*arguments: Any, **named: Any) -> Any:
        step.write_text(name)
        result = function(*arguments, **named)
        step.write_text(f"after: {name}")
        return result

    return telling


class Repeated:
    """The people of the clip, again and again."""

    def __init__(self) -> None:
        people, _, _ = detections(Path(os.environ["LONG_CLIP"]), 1.0, Path(os.environ["LONG_CACHE"]))
        # The clip's pixels on the film's.
        right = max(float(found.boxes[:, 2].max()) for found in people if len(found))
        self._scale = np.float32(min(1.0, SIZE[0] / right))
        self._people = people

    def in_frame(self, number: int) -> tuple[People, bool]:
        """Everybody in a frame of the film, and whether the clip begins again with it."""
        found = self._people[number % len(self._people)]
        moved = np.random.default_rng(number).normal(0, 0.4, (len(found), 1, 2)).astype(np.float32)
        keypoints = found.keypoints.copy()
        keypoints[..., :2] = (keypoints[..., :2] + moved) * self._scale
        boxes = (found.boxes + np.tile(moved[:, 0], 2)) * self._scale
        return People(boxes, keypoints, found.scores, found.colours), number % len(self._people) == 0


@contextmanager
def open_people_eyes() -> Iterator[Callable[[Frame, int], tuple[Sight, Change]]]:
    """In place of those of the same name."""
    repeated, finder = Repeated(), PeopleFinder()

    def look(frame: Frame, number: int) -> tuple[Sight, Change]:
        if number % SEEN_EVERY == 0:
            finder.find(frame.image)
        people, begins = repeated.in_frame(number)
        return Sight(people), Change(255.0, 0.0) if begins and os.environ["LONG_CUTS"] else Change(1.0, 0.99)

    yield look


@contextmanager
def open_eyes(
    model: str, min_confidence: float, *, hands: bool, members: list[Any]
) -> Iterator[Callable[[Frame, int], tuple[tuple[Pose | None, Change | None], ...]]]:
    """In place of :func:`kdance.dance.all_eyes.open_all_eyes`: the detector's points are the pose's."""
    (member,) = members
    with ExitStack() as stack:
        of_member = stack.enter_context(open_member_pose(model, min_confidence=min_confidence)) if member else None
        of_anybody = None if member else stack.enter_context(open_pose_estimator(model, min_confidence=min_confidence))
        hand_estimator = stack.enter_context(open_hand_estimator()) if hands else None
        repeated = None if member else Repeated()

        def look(frame: Frame, number: int) -> tuple[tuple[Pose | None, Change | None], ...]:
            people, row = member.seen_in(number) if repeated is None else (repeated.in_frame(number)[0], 0)
            looks, change = number % SEEN_EVERY == 0, Change(1.0, 0.99) if member is None else None
            if looks and of_member is not None:
                of_member.estimate(frame, people, row)
            if looks and of_anybody is not None:
                of_anybody.estimate(frame)
            if row < 0 or not len(people):
                return ((None, change),)
            pose = pose_of(people.keypoints[row])
            if hand_estimator is not None and number % (FPS // 10) == 0:
                pose = replace(pose, hands=np.full(HANDS_SHAPE, 50.0, np.float32))
                if looks:
                    hand_estimator.estimate(frame, pose)
            return ((pose, change),)

        yield look


def pose_of(points: FloatArray) -> Pose:
    """A pose of the detector's (17, 3) points."""
    landmarks = np.zeros((NUM_LANDMARKS, 4), np.float32)
    landmarks[:, :2], landmarks[:, 3] = points[:, :2].mean(0), 0.9
    landmarks[list(KEYPOINT_LANDMARKS), :2] = points[:, :2]
    world = np.zeros((NUM_LANDMARKS, 3), np.float32)
    height = max(float(np.ptp(points[:, 1])), 1.0)
    world[:, :2] = 1.7 * (landmarks[:, :2] - points[[11, 12], :2].mean(0)) / height
    return Pose(landmarks, world)


if __name__ == "__main__":
    main()
