"""Does a member of a group make as good a reference as the same dancer alone? Rendered takes put on one stage.

    python benchmarks/composed.py CASES_DIR [--cache DIR] [--clip PATH]

Three dancers of CASES_DIR are cut out and put on one stage, where the third walks behind the two others. The
reference of each of the first two is made from that clip, as ``kdance preprocess --dancers all`` does it, and takes of
their dance are scored against it and against the reference of their own clip. The two must be within 3 points.
"""

from __future__ import annotations

import argparse
import subprocess
import tempfile
from pathlib import Path

import cv2
import numpy as np
from numpy.typing import NDArray
from rich.console import Console
from rich.table import Table
from scoring import DEFAULT_CACHE, SETTINGS, points, poses_of, reference_of

from kdance.audio.ffmpeg import ffmpeg_path
from kdance.capture.video_file import VideoFile
from kdance.dance.dance import Dance
from kdance.dance.process_video import VideoPart, process_members
from kdance.dance.references import Reference
from kdance.dance.stage import Member, Stage, watch_stage
from kdance.review.evaluation import evaluate
from kdance.review.options import TakeOptions

MEMBERS, BEHIND = ("ref", "same_m1"), "diff_samba"
TAKES = ("learner", "az20", "jitter20", "err_right_shoulder")
APART = 3.0
WIDTH, HEIGHT = 1280, 720
STANDS_AT = {"ref": 760, "same_m1": 380}  # middle of their clip, pixels
WALKS = (1120, 130)  # from and to
WALL, FLOOR, FLOOR_FROM = (70, 66, 62), (60, 95, 120), 560
OTHER_THAN_WALL = 20  # 0..255
BESIDE_PX = 30
ARMS = ("elbow", "wrist", "hand")


def cut_out(film: list[NDArray[np.uint8]], joints: NDArray[np.floating]) -> list[NDArray[np.uint8]]:
    """(H, W) 255 where the dancer is, of each picture; (T, J, 2) joints without arms say where the trunk and legs are.

    A dancer differs from the wall and the floor, and what hangs on the wall is what stands still beside them.
    """
    still, columns = np.median(film[::4], axis=0), np.arange(film[0].shape[1])
    masks = []
    for image, body in zip(film, joints, strict=False):
        far = np.abs(image.astype(int) - np.median(image[:, :8], axis=1, keepdims=True)).max(-1) > OTHER_THAN_WALL
        moved = np.abs(image - still).max(-1) > OTHER_THAN_WALL
        near = (columns > body[:, 0].min() - BESIDE_PX) & (columns < body[:, 0].max() + BESIDE_PX)
        closed = cv2.morphologyEx((far & (moved | near)).astype(np.uint8), cv2.MORPH_CLOSE, np.ones((5, 5), np.uint8))
        contours, _ = cv2.findContours(closed, cv2.RETR_EXTERNAL, cv2.CHAIN_APPROX_NONE)
        mask = np.zeros(image.shape[:2], np.uint8)
        cv2.drawContours(mask, [max(contours, key=lambda contour: cv2.boundingRect(contour)[3])], -1, 255, cv2.FILLED)
        masks.append(mask)
    return masks


def put(stage: NDArray[np.uint8], image: NDArray[np.uint8], mask: NDArray[np.uint8], middle: int) -> None:
    """Put the dancer of a picture on the stage, the picture's middle at a column."""
    ys, xs = np.nonzero(mask)
    rows, columns = ys + HEIGHT - image.shape[0], xs + middle - image.shape[1] // 2
    inside = (columns >= 0) & (columns < WIDTH)
    stage[rows[inside], columns[inside]] = image[ys[inside], xs[inside]]


def compose(cases: Path, target: Path) -> None:
    """Write the clip with all three."""
    films, masks = {}, {}
    for name in (*MEMBERS, BEHIND):
        with VideoFile(cases / f"{name}.mp4") as source:
            films[name], fps = [frame.image for frame in source], source.fps
        with np.load(cases / f"{name}.npz", allow_pickle=False) as truth:
            trunk = [index for index, joint in enumerate(truth["joint_names"]) if not set(ARMS) & set(joint.split("_"))]
            masks[name] = cut_out(films[name], truth["joints2d"][:, trunk])
    count = min(len(mask) for mask in masks.values())
    command = [ffmpeg_path(), "-v", "error", "-y", "-f", "rawvideo", "-pix_fmt", "bgr24", "-s", f"{WIDTH}x{HEIGHT}"]
    command += ["-r", f"{fps:g}", "-i", "-", "-pix_fmt", "yuv420p", "-crf", "18", str(target)]
    with subprocess.Popen(command, stdin=subprocess.PIPE) as process:
        assert process.stdin is not None
        for index in range(count):
            stage = np.full((HEIGHT, WIDTH, 3), WALL, np.uint8)
            stage[FLOOR_FROM:] = FLOOR
            put(
                stage, films[BEHIND][index], masks[BEHIND][index], round(float(np.interp(index, (0, count - 1), WALKS)))
            )
            for name in MEMBERS:
                put(stage, films[name][index], masks[name][index], STANDS_AT[name])
            process.stdin.write(stage.tobytes())


def number_at(stage: Stage, column: int) -> int:
    """Number of the dancer who stands nearest to a column in the first second."""

    def away(dancer: int) -> float:
        rows = stage.tracks.tracks[stage.dancers[dancer].track].rows[:30]
        middles = [stage.people[frame].boxes[row, [0, 2]].mean() for frame, row in enumerate(rows) if row >= 0]
        return abs(float(np.median(middles)) - column) if middles else float("inf")

    return min(range(len(stage.dancers)), key=away) + 1


def main() -> int:
    """Print the scores against both references."""
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("cases", type=Path)
    parser.add_argument("--cache", type=Path, default=DEFAULT_CACHE)
    parser.add_argument("--clip", type=Path, help="keep the composed clip here")
    arguments = parser.parse_args()
    table = Table("dancer", "followed", "take", "alone", "of the group", "apart")
    worst = 0.0
    with tempfile.TemporaryDirectory() as folder:
        clip = arguments.clip or Path(folder) / "composed.mp4"
        compose(arguments.cases, clip)
        stage = watch_stage(clip, start=0.0, end=None, progress=lambda *_: None)
        numbers = {name: number_at(stage, STANDS_AT[name]) for name in MEMBERS}
        parts = [VideoPart(video=clip, name=name, member=Member.on(stage, number)) for name, number in numbers.items()]
        made = process_members(parts, Path(folder), settings=SETTINGS, force=False, progress=lambda *_: None)
        for name, group in zip(MEMBERS, made, strict=True):
            if not isinstance(group, Reference):
                raise group
            alone = reference_of(arguments.cases / f"{name}.mp4", arguments.cache)
            for take in TAKES:
                sequence = poses_of(arguments.cases / f"{take}.mp4", arguments.cache)
                scores = [
                    points(evaluate(sequence, Dance.of(of), TakeOptions(offset=None)).measurements.average_similarity)
                    for of in (alone, group)
                ]
                apart = abs(scores[1] - scores[0])
                worst = max(worst, apart) if np.isfinite(apart) else float("inf")
                followed = f"{100 * group.info.quality.body_share:.0f} %"
                table.add_row(name, followed, take, *(f"{score:.1f}" for score in scores), f"{apart:.1f}")
    Console().print(table)
    print(f"{len(stage.dancers)} dancers; largest difference {worst:.1f} points, at most {APART:g}")
    return int(worst > APART)


if __name__ == "__main__":
    raise SystemExit(main())
