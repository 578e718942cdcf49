"""How a take is measured with others in the room: who walks by, who dances beside, a mirror, a poster.

    python benchmarks/others.py DEMO_DIR [--scene NAME ...] [--frames N] [--keep DIR] [--cache DIR]

The folder holds the demo's clips with their true joints (``demo.mp4``; ``.mp4`` and ``.npz`` of ``demo_take``,
``take_standing`` and ``take_wrong_dance``). The others are cut out along their true joints and put into the take,
behind its dancer or in front. For each scene it prints, of the pose network alone and with the dancer followed: the
score, the share of frames whose pose is the dancer's own (the median distance of elbows, wrists, knees and ankles
from the true joints is within 0.12 of the body's height), the share whose pose is somebody else's, and what following
costs a frame.
"""

from __future__ import annotations

import argparse
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path

import cv2
import numpy as np
from numpy.typing import NDArray
from scoring import DEFAULT_CACHE, points, reference_of

from kdance.capture.dancer_in_room import DancerInRoom
from kdance.capture.people import PeopleFinder
from kdance.capture.pose_extraction import open_pose_estimator
from kdance.dance.dance import Dance
from kdance.motion.people import People
from kdance.pose import Frame, Landmark, Pose, PoseSequence
from kdance.review.evaluation import evaluate
from kdance.review.options import TakeOptions

Image = NDArray[np.uint8]
Put = Callable[[Image, int], None]
"""Puts somebody into the picture of a frame, given its number."""
Aside = Callable[[int], float]
"""Pixels by which the dancer has left their place in a frame."""

OWN = 0.12
LIMBS = [f"{side}_{joint}" for side in ("left", "right") for joint in ("elbow", "wrist", "knee", "ankle")]
BONES = [
    *((f"{side}_{a}", f"{side}_{b}") for side in ("left", "right") for a, b in (
        ("shoulder", "elbow"), ("elbow", "wrist"), ("wrist", "index"), ("shoulder", "hip"),
        ("hip", "knee"), ("knee", "ankle"), ("ankle", "foot_index"),
    )),
    ("neck", "head"), ("neck", "pelvis"), ("left_shoulder", "right_shoulder"),
]  # fmt: skip
CUT = 28  # levels by which a person differs from the wall
FPS = 30
OUT = 200  # pixels aside from which the dancer isn't whole in the picture


@dataclass(frozen=True)
class Scene:
    """A take with somebody else in it.

    Attributes:
        put: Puts them in.
        in_front: Whether they hide the dancer.
        aside: Where the dancer goes meanwhile.
    """

    put: Put | None = None
    in_front: bool = False
    aside: Aside = lambda number: 0.0


class Person:
    """The person of a clip, cut out along the true joints."""

    def __init__(self, folder: Path, name: str) -> None:
        self.frames = list(pictures_of(folder / f"{name}.mp4"))
        with np.load(folder / f"{name}.npz") as truth:
            self.joints = {str(joint): truth["joints2d"][:, k] for k, joint in enumerate(truth["joint_names"])}
        self.wall = np.median(np.array(self.frames[::30]), axis=(0, 2))[:, None].astype(np.uint8)  # of each row

    def matte(self, number: int) -> NDArray[np.bool_]:
        """(H, W) where the person is."""
        image = self.frames[number]
        hull = np.zeros(image.shape[:2], np.uint8)
        at = {name: tuple(np.rint(place[number]).astype(int).tolist()) for name, place in self.joints.items()}
        thick = max(8, round(self.height(number) / 8))
        for first, second in BONES:
            cv2.line(hull, at[first], at[second], 255, thick)
        cv2.circle(hull, at["head"], thick, 255, -1)
        differs = np.abs(image.astype(np.int16) - self.wall).max(-1) > CUT
        return np.asarray((hull > 0) & differs)

    def height(self, number: int) -> float:
        """Pixels from head to feet."""
        rows = [place[number, 1] for place in self.joints.values()]
        return float(max(rows) - min(rows))

    def is_own(self, pose: Pose, number: int, aside: float) -> bool:
        """Whether a pose is this person's, so many pixels aside; left and right may be swapped."""
        truth = np.array([self.joints[name][number] for name in LIMBS]) + np.array([aside, 0.0])
        found = pose.landmarks[[Landmark[name.upper()] for name in LIMBS], :2]
        half = len(LIMBS) // 2
        apart = min(np.median(np.linalg.norm(np.roll(found, shift, 0) - truth, axis=-1)) for shift in (0, half))
        return bool(apart <= OWN * self.height(number))


def pictures_of(clip: Path) -> Iterator[Image]:
    """Every picture of a clip."""
    capture = cv2.VideoCapture(str(clip))
    while True:
        ok, image = capture.read()
        if not ok:
            capture.release()
            return
        yield np.asarray(image, np.uint8)


def put(image: Image, person: Person, number: int, scale: float, middle: float, foot: int, flip: bool = False) -> None:
    """Put a person into a picture, so many times as large, the middle of their clip at a column, feet on a row."""
    cut, matte = person.frames[number], person.matte(number)
    rows = np.nonzero(matte.any(1))[0]
    cut, matte = cut[rows[0] : rows[-1] + 1], matte[rows[0] : rows[-1] + 1]
    if flip:
        cut, matte = cut[:, ::-1], matte[:, ::-1]
    size = round(cut.shape[1] * scale), round(cut.shape[0] * scale)
    shown, cut = cv2.resize(matte.astype(np.uint8), size), np.asarray(cv2.resize(cut, size), np.uint8)
    x, y = round(middle) - size[0] // 2, foot - size[1]
    x0, x1, y0, y1 = max(x, 0), min(x + size[0], image.shape[1]), max(y, 0), min(foot, image.shape[0])
    if x0 < x1 and y0 < y1:
        inside = shown[y0 - y : y1 - y, x0 - x : x1 - x] > 0
        image[y0:y1, x0:x1][inside] = cut[y0 - y : y1 - y, x0 - x : x1 - x][inside]


def scenes(dancer: Person, folder: Path) -> dict[str, Scene]:
    """Who is put in, and whether in front of the dancer."""
    other, still = Person(folder, "take_wrong_dance"), Person(folder, "take_standing")

    def walks(image: Image, number: int) -> None:
        """Crosses the room behind the dancer, and comes back."""
        part = (number / FPS / 6) % 2
        put(image, other, number, 0.8, -80 + 800 * (part if part < 1 else 2 - part), 425)

    def passes(image: Image, number: int) -> None:
        """Crosses in front of the dancer within three seconds, nearer to the camera."""
        put(image, still, number, 1.2, -120 + 880 * (number / FPS - 7) / 3, 478)

    def beside(image: Image, number: int) -> None:
        """Comes in at 5 s and dances something else beside the dancer, as large."""
        put(image, other, number, 1.0, max(510.0, 760 - 160 * (number / FPS - 5)), 450)

    def nearer(image: Image, number: int) -> None:
        """Is there from the beginning, larger, at the edge; the dancer is in the middle."""
        put(image, other, number, 1.25, 110, 478)

    def mirror(image: Image, number: int) -> None:
        """A mirror on the wall shows the dancer again."""
        put(image, dancer, number, 0.7, 550, 400, flip=True)

    def poster(image: Image, number: int) -> None:
        """A poster as large as life hangs on the wall."""
        image[40:430, 10:170] = (60, 40, 90)
        put(image, still, 0, 0.95, 90, 420)

    def waits(image: Image, number: int) -> None:
        """Stands in the back all the time."""
        put(image, still, number, 0.8, 150, 425)

    def leaves(number: int) -> float:
        """Out of the picture to the right from 6 s on, back in at 11 s."""
        return float(np.interp(number / FPS, (6, 7.5, 10, 11.5), (0, 520, 520, 0)))

    return {
        "plain": Scene(),
        "walks behind": Scene(walks),
        "passes in front": Scene(passes, in_front=True),
        "comes in beside": Scene(beside),
        "larger, at the edge": Scene(nearer),
        "mirror": Scene(mirror),
        "poster": Scene(poster),
        "dancer leaves": Scene(waits, aside=leaves),
    }


def frames_of(dancer: Person, scene: Scene, count: int) -> Iterator[Frame]:
    """The take with somebody put in."""
    for number, picture in enumerate(dancer.frames[:count]):
        image, aside = picture.copy(), round(scene.aside(number))
        matte = dancer.matte(number)
        if aside:
            image[:] = dancer.wall
        if scene.put is not None:
            scene.put(image, number)
        if aside or not scene.in_front:
            to = slice(max(aside, 0), picture.shape[1])
            of = slice(0, picture.shape[1] - aside)
            image[:, to][matte[:, of]] = picture[:, of][matte[:, of]]
        yield Frame(image, number / FPS)


@dataclass
class Result:
    """What came of a scene.

    Attributes:
        score: 0..100.
        own: Share of frames with the dancer's own pose, of those in which they are whole in the picture.
        others: Share of frames with another one.
        looks: How often everybody was looked for.
        cost_ms: Of following, a frame, on average, CPU time.
    """

    score: float
    own: float
    others: float
    looks: int = 0
    cost_ms: float = 0.0


class CountedFinder:
    """The people finder with a stopwatch."""

    def __init__(self) -> None:
        self._finder = PeopleFinder()
        self.looks, self.seconds = 0, 0.0

    def look(self, image: Image) -> People:
        """As the finder's."""
        begin = time.process_time()
        found = self._finder.look(image)
        self.looks, self.seconds = self.looks + 1, self.seconds + time.process_time() - begin
        return found


def measure(
    dancer: Person, frames: list[Frame], dance: Dance, aside: Aside, *, follow: bool, keep: Path | None
) -> Result:
    """Score a scene, by the network alone or with the dancer followed."""
    finder = CountedFinder()
    with open_pose_estimator() as network:
        room = DancerInRoom(finder.look)
        estimate = (lambda frame: room.estimate(frame, network.estimate)) if follow else network.estimate
        poses = [estimate(frame) for frame in frames]
    own = [pose is not None and dancer.is_own(pose, number, aside(number)) for number, pose in enumerate(poses)]
    if keep is not None:
        draw(frames, poses, own, keep)
    sequence = PoseSequence.from_poses(poses, [frame.time for frame in frames])
    score = evaluate(sequence, dance, TakeOptions(offset=0.0, mirror="off")).measurements.average_similarity
    is_there = np.array([abs(aside(number)) < OUT for number in range(len(frames))])
    seen = np.array([pose is not None for pose in poses])
    return Result(
        points(score), float(np.mean(own, where=is_there)), float(np.mean(seen & ~np.array(own))), finder.looks,
        1000 * finder.seconds / len(frames),
    )  # fmt: skip


def draw(frames: list[Frame], poses: list[Pose | None], own: list[bool], path: Path) -> None:
    """A contact sheet of every second: own poses green, others red."""
    tiles = []
    for number in range(0, len(frames), FPS):
        image, pose = frames[number].image.copy(), poses[number]
        if pose is not None:
            for point in pose.landmarks[:, :2]:
                colour = (0, 255, 0) if own[number] else (0, 0, 255)
                cv2.circle(image, tuple(np.rint(point).astype(int).tolist()), 5, colour, -1)
        tiles.append(cv2.resize(image, (320, 240)))
    tiles += [np.zeros_like(tiles[0])] * (-len(tiles) % 6)
    path.parent.mkdir(parents=True, exist_ok=True)
    cv2.imwrite(str(path), np.vstack([np.hstack(tiles[row : row + 6]) for row in range(0, len(tiles), 6)]))


def main() -> None:
    """Measure every scene and print the table."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("demo", type=Path)
    parser.add_argument("--scene", nargs="*", help="only these")
    parser.add_argument("--frames", type=int, default=540)
    parser.add_argument("--keep", type=Path, help="folder for contact sheets")
    parser.add_argument("--cache", type=Path, default=DEFAULT_CACHE)
    asked = parser.parse_args()
    dancer = Person(asked.demo, "demo_take")
    dance = Dance.of(reference_of(asked.demo / "demo.mp4", asked.cache))
    print("network alone -> dancer followed: score, own poses, other poses; looks, CPU time of following")
    for name, scene in scenes(dancer, asked.demo).items():
        if asked.scene and name not in asked.scene:
            continue
        frames = list(frames_of(dancer, scene, asked.frames))
        before, after = (
            measure(dancer, frames, dance, scene.aside, follow=follow,
                    keep=None if asked.keep is None else asked.keep / f"{name}-{'after' if follow else 'before'}.jpg")
            for follow in (False, True)
        )  # fmt: skip
        print(
            f"{name:20} {before.score:5.1f} -> {after.score:5.1f}   {before.own:6.1%} -> {after.own:6.1%}   "
            f"{before.others:5.1%} -> {after.others:5.1%}   {after.looks:3} looks, {after.cost_ms:.2f} ms a frame",
            flush=True,
        )


if __name__ == "__main__":
    main()
