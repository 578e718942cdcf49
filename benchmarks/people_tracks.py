"""Who is who, against exact ground truth: the rendered groups, as they are and smaller in the same picture.

python benchmarks/people_tracks.py GROUPS_DIR [--clips group_mixed ...] [--scales 1 0.5 0.35] [--poses] [--cache DIR]

"ms find" is processor time.
"""

from __future__ import annotations

import argparse
import pickle
import time
from collections.abc import Iterator
from dataclasses import dataclass
from itertools import pairwise
from pathlib import Path

import cv2
import numpy as np
from numpy.typing import NDArray
from rich.console import Console
from rich.table import Table

from kdance.capture.member_pose import open_member_pose
from kdance.capture.people_looks import Sight
from kdance.capture.video_file import VideoFile
from kdance.dance.stage import open_people_eyes
from kdance.motion.assignment import assign
from kdance.motion.people import People
from kdance.motion.tracks import Tracks, find_tracks
from kdance.pose import Frame, Pose

VISIBLE = 0.5  # share of a dancer that must be visible for the frame to count
LASTING = 9  # frames with another dancer that make a switch
NEAR = 0.15  # heights by which a body may miss its dancer
# Shoulders, hips and knees: of the detector, of the ground truth (see the README of the clips), of MediaPipe.
PAIRS = ((5, 6), (11, 12), (13, 14))
TRUE_PAIRS = ((0, 1), (6, 7), (8, 9))
POSE_PAIRS = ((11, 12), (23, 24), (25, 26))
BARS = {"group_mixed": (0.97, 0.85), "group_uniform": (None, 0.60)}  # IDF1, kept


@dataclass(frozen=True)
class Truth:
    """Where everybody is: (T, N, 3, 2) middles of shoulders, hips and knees; (T, N) heights, visible shares."""

    middles: NDArray[np.floating]
    heights: NDArray[np.floating]
    visible: NDArray[np.floating]

    @classmethod
    def load(cls, path: Path, scale: float, width: int, height: int) -> Truth:
        """That of a clip shown at a scale in the middle of its picture."""
        with np.load(path, allow_pickle=False) as file:
            joints, boxes, visible = file["joints2d"], file["box"], file["visible"]
        shift = np.array(_margins(width, height, scale), float)
        return cls(_middles(joints, TRUE_PAIRS) * scale + shift, (boxes[..., 3] - boxes[..., 1]) * scale, visible)

    def owners(self, frame: int, middles: NDArray[np.floating]) -> NDArray[np.integer]:
        """(N,) whose each body, given by (N, 3, 2) middles, is; -1 for nobody's."""
        apart = np.linalg.norm(middles[:, None] - self.middles[frame][None], axis=-1).mean(-1) / self.heights[frame]
        # Of two dancers in one place it is the one who can be seen.
        return assign(apart + 0.05 * (1 - self.visible[frame]), unmatched=NEAR)


def _middles(points: NDArray[np.floating], pairs: tuple[tuple[int, int], ...]) -> NDArray[np.floating]:
    return np.stack([points[..., list(pair), :2].mean(-2) for pair in pairs], -2)


def _margins(width: int, height: int, scale: float) -> tuple[int, int]:
    return (width - round(width * scale)) // 2, (height - round(height * scale)) // 2


def frames_of(path: Path, scale: float) -> Iterator[Frame]:
    """The frames of a clip, the picture made smaller and its edges drawn out to the old size."""
    with VideoFile(path) as source:
        for frame in source:
            if scale == 1:
                yield frame
                continue
            height, width = frame.image.shape[:2]
            small = cv2.resize(frame.image, (round(width * scale), round(height * scale)), interpolation=cv2.INTER_AREA)
            left, top = _margins(width, height, scale)
            right, bottom = width - left - small.shape[1], height - top - small.shape[0]
            image = cv2.copyMakeBorder(small, top, bottom, left, right, cv2.BORDER_REPLICATE)
            yield Frame(np.asarray(image, np.uint8), frame.time)


def detections(path: Path, scale: float, cache: Path) -> tuple[list[People], NDArray[np.floating], float]:
    """People and time of every frame, and milliseconds a frame; from the cache where it is there."""
    stored = cache / f"{path.stem}-{scale:g}.pickle"
    if not stored.is_file():
        sights, times, spent = list[Sight](), list[float](), 0.0
        with open_people_eyes() as look:
            for number, frame in enumerate(frames_of(path, scale)):
                begin = time.process_time()
                sights.append(look(frame, number)[0])
                spent += time.process_time() - begin
                times.append(frame.time)
        people = [sight.known for sight in sights]
        cache.mkdir(parents=True, exist_ok=True)
        rows = [(one.boxes, one.keypoints, one.scores, one.colours) for one in people]
        stored.write_bytes(pickle.dumps((rows, np.array(times), 1000 * spent / len(times))))
    rows, found, speed = pickle.loads(stored.read_bytes())  # our own file
    return [People(*row) for row in rows], found, speed


@dataclass(frozen=True)
class Figures:
    """How well dancers were followed. By dancer: (N,) arrays of shares."""

    identity_f1: float
    switches: int
    flips: int
    kept: NDArray[np.floating]
    main: NDArray[np.integer]
    recall: float


def measure(tracks: Tracks, people: list[People], truth: Truth) -> Figures:
    """Compare tracks with the truth."""
    count = truth.visible.shape[1]
    owners = [truth.owners(frame, _middles(found.keypoints, PAIRS)) for frame, found in enumerate(people)]
    counted = truth.visible >= VISIBLE
    shared = np.zeros((len(tracks.tracks), count), int)
    claimed = np.zeros(len(tracks.tracks), int)
    switches = flips = 0
    for index, track in enumerate(tracks.tracks):
        of_track = []
        for frame in np.flatnonzero(track.seen).tolist():
            owner = int(owners[frame][track.rows[frame]])
            if owner < 0 or counted[frame, owner]:
                claimed[index] += 1
            if owner >= 0 and counted[frame, owner]:
                shared[index, owner] += 1
                of_track.append(owner)
        lasting, single = _changes(of_track)
        switches, flips = switches + lasting, flips + single
    pairs = assign(-shared.astype(float), unmatched=0.0)
    right = sum(int(shared[row, column]) for row, column in enumerate(pairs.tolist()) if column >= 0)
    seen = sum(
        int(counted[frame, dancer]) for frame, found in enumerate(owners) for dancer in found.tolist() if dancer >= 0
    )
    main = shared.argmax(0)
    return Figures(
        identity_f1=2 * right / (int(claimed.sum()) + int(counted.sum())),
        switches=switches,
        flips=flips,
        kept=shared.max(0) / counted.sum(0),
        main=main,
        recall=seen / int(counted.sum()),
    )


def _changes(owners: list[int]) -> tuple[int, int]:
    """How often one track goes over to another dancer for good, and its frames on another for a moment."""
    runs: list[list[int]] = []
    for owner in owners:
        if runs and runs[-1][0] == owner:
            runs[-1][1] += 1
        else:
            runs.append([owner, 1])
    lasting = [owner for owner, length in runs if length >= LASTING]
    flips = sum(length for _, length in runs if length < LASTING)
    return sum(a != b for a, b in pairwise(lasting)), flips


def measure_poses(
    path: Path, scale: float, people: list[People], tracks: Tracks, truth: Truth, main: list[int]
) -> list[tuple[float, float, float]]:
    """For each dancer: share of the poses kept that are his, share of his frames with a pose, ms a frame."""
    figures = []
    for dancer, index in enumerate(main):
        rows, poses, spent = tracks.tracks[index].rows, list[Pose | None](), 0.0
        with open_member_pose() as member:
            for number, frame in enumerate(frames_of(path, scale)):
                begin = time.perf_counter()
                poses.append(member.estimate(frame, people[number], int(rows[number])))
                spent += time.perf_counter() - begin
        owners = [
            -1 if pose is None else int(truth.owners(number, _middles(pose.landmarks[None], POSE_PAIRS))[0])
            for number, pose in enumerate(poses)
        ]
        kept = np.array([pose is not None for pose in poses])
        counted = truth.visible[:, dancer] >= VISIBLE
        right = np.array(owners) == dancer
        figures.append(
            (float(right[kept].mean()), float((kept & counted).sum() / counted.sum()), 1000 * spent / len(poses))
        )
    return figures


def main() -> int:
    """Print the figures of each clip at each scale."""
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("groups", type=Path)
    parser.add_argument("--clips", nargs="+", default=list(BARS))
    parser.add_argument("--scales", nargs="+", type=float, default=[1.0, 0.5, 0.35])
    parser.add_argument("--poses", action="store_true", help="follow each dancer's pose as well (slow)")
    parser.add_argument("--cache", type=Path, default=Path("~/.cache/kdance-benchmarks/people").expanduser())
    arguments = parser.parse_args()
    console, failed = Console(), 0
    table = Table("clip", "scale", "found", "IDF1", "tracks", "questions", "switches", "flips", "kept", "ms find",
                  "ms a s", title="dancers followed")  # fmt: skip
    poses = Table("clip", "scale", "right of kept", "kept", "ms", title="poses of each dancer")
    for clip in arguments.clips:
        for scale in arguments.scales:
            path = arguments.groups / f"{clip}.mp4"
            people, times, speed = detections(path, scale, arguments.cache)
            with VideoFile(path) as source:
                width, height = source.width_px, source.height_px
            truth = Truth.load(path.with_suffix(".npz"), scale, width, height)
            begin = time.perf_counter()
            tracks = find_tracks(people, times, width=width)
            spent = time.perf_counter() - begin
            found = measure(tracks, people, truth)
            table.add_row(clip, f"{scale:g}", f"{found.recall:.3f}", f"{found.identity_f1:.3f}",
                          str(len(tracks.tracks)), str(len(tracks.questions)), str(found.switches), str(found.flips),
                          _shares(found.kept), f"{speed:.0f}", f"{1000 * spent / times[-1]:.0f}")  # fmt: skip
            bar, kept = BARS.get(clip, (None, 0.0))
            failed += scale == 1 and (
                found.switches > 0 or found.kept.min() < kept or (bar is not None and found.identity_f1 < bar)
            )
            if arguments.poses:
                figures = measure_poses(path, scale, people, tracks, truth, found.main.tolist())
                right, share, spent_ms = zip(*figures, strict=True)
                poses.add_row(clip, f"{scale:g}", _shares(right), _shares(share), f"{np.mean(spent_ms):.0f}")
    console.print(table)
    if arguments.poses:
        console.print(poses)
    return 1 if failed else 0


def _shares(values: NDArray[np.floating] | tuple[float, ...]) -> str:
    return " ".join(f"{100 * value:.0f}" for value in values)


if __name__ == "__main__":
    raise SystemExit(main())
