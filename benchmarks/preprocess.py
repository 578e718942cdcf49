"""How fast a reference is made, beside a bare MediaPipe loop over the same file: ``python benchmarks/preprocess.py``.

The bare loop is what everybody writes first: OpenCV reads, MediaPipe's full pose network looks at each frame, nothing
is kept. ``--network`` is Google's own bundle for it, with the mask that kdance has cut off (kdance/models/README.md);
without that it gets the cut one too, which is a third faster than what everybody has. Ours is the whole command, with
the sound, the counts and the copy, by 1..N processes. All are run in turn, several times, each in a program of its own
with its start counted; the ratio is that of the medians, more than 1 is faster than the bare loop. Memory is the
largest sum of what all processes of a command hold (Linux: proportional set size; elsewhere unknown). Other programs on
the machine slow both, but not alike: look at the load that is printed. What they hardly touch is processor time (not on
Windows): the last column is the bare loop's times N over ours, which N idle processors could reach if none of them ever
waited.

``--dancer 3`` measures a member of a group, ``--dancer all`` each of them. ``--small SECONDS`` repeats the video
to that length at 160 x 90 and 10 pictures a second, silently: for the memory of long films, whatever they show.
"""

from __future__ import annotations

import argparse
import os
import statistics
import subprocess
import sys
import tempfile
import time
from dataclasses import dataclass, field
from pathlib import Path

from kdance.audio.ffmpeg import ffmpeg_path

DEMO = Path(__file__).parent.parent / "kdance" / "demo" / "demo.mp4"
LOOK_EVERY_S = 0.1


@dataclass
class Timed:
    """Seconds and processor seconds of each run of one command by some processes, and the most memory of any, MB."""

    jobs: int = 1
    seconds: list[float] = field(default_factory=list)
    processor: list[float] = field(default_factory=list)
    peak_mb: float = 0.0


def main() -> None:
    """Print the table."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--video", type=Path, default=DEMO)
    parser.add_argument("--loops", type=int, default=3, help="how often the video is repeated, sound and all")
    parser.add_argument("--small", type=float, metavar="SECONDS", help="instead: so long, small and silent")
    parser.add_argument("--dancer", help="as for preprocess: a member of a group")
    parser.add_argument("--hands", action="store_true", help="look for hands too, which the bare loop doesn't")
    parser.add_argument("--jobs", type=int, nargs="+", default=sorted({1, os.cpu_count() or 1}))
    parser.add_argument("--repeat", type=int, default=3)
    parser.add_argument(
        "--network", type=Path, help="pose landmarker bundle of the bare loop; the shipped one by default"
    )
    parser.add_argument("--bare", action="store_true", help="be the bare loop over --video, and nothing else")
    arguments = parser.parse_args()
    if arguments.bare:
        bare_loop(arguments.video, arguments.network)
        return
    with tempfile.TemporaryDirectory() as folder:
        clip = (
            repeated(arguments.video, arguments.loops, Path(folder))
            if arguments.small is None
            else small(arguments.video, arguments.small, Path(folder))
        )
        commands = {"bare loop": [sys.executable, __file__, "--bare", "--video", str(clip)]}
        if arguments.network is not None:
            commands["bare loop"] += ["--network", str(arguments.network)]
        timed = {"bare loop": Timed()}
        for jobs in arguments.jobs:
            command = [sys.executable, "-m", "kdance", "preprocess", str(clip), "--name", "timed", "--force"]
            command += ["--hands" if arguments.hands else "--no-hands", "--jobs", str(jobs)]
            commands[f"{jobs} jobs"] = command + (["--dancer", arguments.dancer] if arguments.dancer else [])
            timed[f"{jobs} jobs"] = Timed(jobs)
        for round_number in range(1, arguments.repeat + 1):
            for name, command in commands.items():
                run(command, timed[name], Path(folder))
            print(f"after {round_number} of {arguments.repeat} rounds", flush=True)
            show(timed)


def bare_loop(video: Path, network: Path | None) -> None:
    """Look at each frame of a video, as the examples of MediaPipe do."""
    import cv2
    import mediapipe as mp
    from mediapipe.tasks.python import BaseOptions, vision

    from kdance.capture.pose_extraction import model_path

    options = vision.PoseLandmarkerOptions(
        base_options=BaseOptions(model_asset_path=str(network or model_path("full"))),
        running_mode=vision.RunningMode.VIDEO,
    )
    capture, number = cv2.VideoCapture(str(video)), 0
    with vision.PoseLandmarker.create_from_options(options) as landmarker:
        while True:
            ok, image = capture.read()
            if not ok:
                break
            picture = mp.Image(image_format=mp.ImageFormat.SRGB, data=cv2.cvtColor(image, cv2.COLOR_BGR2RGB))
            landmarker.detect_for_video(picture, round(1000 * number / 30))
            number += 1


def repeated(video: Path, times: int, folder: Path) -> Path:
    """The video so many times in a row."""
    target = folder / f"timed{video.suffix}"
    loop = ["-stream_loop", str(times - 1), "-i", str(video), "-c", "copy", str(target)]
    subprocess.run([ffmpeg_path(), "-v", "error", *loop], check=True)
    return target


def small(video: Path, seconds: float, folder: Path) -> Path:
    """The video repeated to a length, small and silent."""
    target = folder / "timed.mp4"
    loop = ["-stream_loop", "-1", "-i", str(video), "-t", f"{seconds}", "-an", "-vf", "scale=160:90", "-r", "10"]
    subprocess.run([ffmpeg_path(), "-v", "error", *loop, str(target)], check=True)
    return target


def run(command: list[str], timed: Timed, home: Path) -> None:
    """Run a command to its end, and look at its memory meanwhile."""
    environment = os.environ | {"KDANCE_HOME": str(home / "home")}
    begun, spent = time.perf_counter(), processor_seconds()
    with tempfile.TemporaryFile() as said:
        process = subprocess.Popen(command, env=environment, stdout=said, stderr=said, stdin=subprocess.DEVNULL)
        while process.poll() is None:
            timed.peak_mb = max(timed.peak_mb, sum(memory_mb(number) for number in family(process.pid)))
            time.sleep(LOOK_EVERY_S)
        timed.seconds.append(time.perf_counter() - begun)
        timed.processor.append(processor_seconds() - spent)
        if process.returncode:
            said.seek(0)
            sys.exit(said.read().decode(errors="replace"))


def processor_seconds() -> float:
    """Of all commands that have ended, user and system."""
    times = os.times()
    return times.children_user + times.children_system


def family(process: int) -> list[int]:
    """A process and all that it began, as far as the system tells."""
    found = [process]
    for number in found:
        for children in Path(f"/proc/{number}/task").glob("*/children"):
            try:
                found += [int(child) for child in children.read_text().split()]
            except OSError:  # it has just ended
                continue
    return found


def memory_mb(process: int) -> float:
    """Proportional set size, MB; 0 where nobody tells."""
    try:
        lines = Path(f"/proc/{process}/smaps_rollup").read_text().splitlines()
    except OSError:
        return 0.0
    return sum(int(line.split()[1]) / 1000 for line in lines if line.startswith("Pss:"))


def show(timed: dict[str, Timed]) -> None:
    """Print the figures, each beside the bare loop."""
    bare, bare_processor = (statistics.median(of) for of in (timed["bare loop"].seconds, timed["bare loop"].processor))
    print(
        f"{'':<10}{'median s':>10}{'fastest s':>11}{'ratio':>7}{'peak MB':>9}{'processor s':>13}{'ratio at best':>15}"
    )
    for name, of in timed.items():
        median, processor = statistics.median(of.seconds), statistics.median(of.processor)
        best = of.jobs * bare_processor / processor if processor else float("nan")
        print(
            f"{name:<10}{median:>10.1f}{min(of.seconds):>11.1f}{bare / median:>7.2f}{of.peak_mb:>9.0f}"
            f"{processor:>13.1f}{best:>15.2f}"
        )
    if hasattr(os, "getloadavg"):
        print(f"{os.cpu_count()} processors; load of the last minute {os.getloadavg()[0]:.1f}", flush=True)


if __name__ == "__main__":
    main()
