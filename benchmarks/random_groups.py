"""Groups that nobody has tuned anything to: rendered dancers in formations drawn by lot, with their truth.

    python benchmarks/random_groups.py CASES_DIR TARGET_DIR [--count 4] [--dancers 5] [--own-clothes]

Each dancer of CASES_DIR is cut out and walks between places in a row, softly, in 0.9 to 1.6 s, two or three times in a
clip; who stands farther back is smaller and is hidden by who is in front. By default all wear one costume. The clips
``group_N.mp4`` and their ``.npz`` are as those of the groups: ``python benchmarks/people_tracks.py TARGET_DIR --clips
group_0 group_1 --scales 1`` says how well everybody is followed.
"""

from __future__ import annotations

import argparse
import subprocess
from collections.abc import Callable
from pathlib import Path

import cv2
import numpy as np
from composed import ARMS, FLOOR, FLOOR_FROM, HEIGHT, WALL, WIDTH, cut_out
from numpy.typing import NDArray

from kdance.audio.ffmpeg import ffmpeg_path
from kdance.capture.video_file import VideoFile

ONE_COSTUME, OWN_CLOTHES = ("same_m1", "diff_samba"), ("ref", "same_m1", "diff_samba", "learner", "az20")
SIZE = (0.62, 0.82)  # of the cases' pictures, from the back to the front
GROUND = (640, 700)  # row on which they stand, likewise
SIDES = (170, 1110)  # columns between which they stand
MOST_LATE = 20  # frames by which two of one clip are apart


def path_of(random: np.random.Generator, places: list[NDArray[np.floating]], dancer: int) -> Callable[[int], float]:
    """Column at which a dancer is in each frame, on the way from one place to the next."""
    begins = np.cumsum(random.integers(25, 60, len(places) - 1) + 36) - 20
    lengths = random.integers(27, 48, len(places) - 1)

    def at(frame: int) -> float:
        column = float(places[0][dancer])
        for begin, length, place in zip(begins, lengths, places[1:], strict=True):
            share = float(np.clip((frame - begin) / length, 0, 1))
            column += (float(place[dancer]) - column) * (3 * share**2 - 2 * share**3)
        return column

    return at


def compose(cases: Path, names: tuple[str, ...], count: int, seed: int, target: Path) -> None:
    """Write one clip and its truth."""
    random = np.random.default_rng(seed)
    films, masks, joints = {}, {}, {}
    for name in set(names):
        with VideoFile(cases / f"{name}.mp4") as source:
            films[name] = [frame.image for frame in source]
        with np.load(cases / f"{name}.npz", allow_pickle=False) as truth:
            trunk = [index for index, joint in enumerate(truth["joint_names"]) if not set(ARMS) & set(joint.split("_"))]
            joints[name] = truth["joints2d"]
            masks[name] = cut_out(films[name], joints[name][:, trunk])
    length = min(len(mask) for mask in masks.values()) - MOST_LATE
    dances = [names[index % len(names)] for index in range(count)]
    late = random.integers(0, MOST_LATE, count)
    row = np.linspace(*SIDES, count)
    places = [random.permutation(row) + random.normal(0, 15, count) for _ in range(random.integers(3, 5))]
    paths = [path_of(np.random.default_rng(seed), places, dancer) for dancer in range(count)]
    depth = random.permutation(count)  # the front is drawn last
    truth_of = {
        "joints2d": np.zeros((length, count, *joints[names[0]].shape[1:])),
        "box": np.zeros((length, count, 4)),
        "visible": np.zeros((length, count)),
    }
    command = [ffmpeg_path(), "-v", "error", "-y", "-f", "rawvideo", "-pix_fmt", "bgr24", "-s", f"{WIDTH}x{HEIGHT}"]
    command += ["-r", "30", "-i", "-", "-pix_fmt", "yuv420p", "-crf", "20", str(target)]
    with subprocess.Popen(command, stdin=subprocess.PIPE) as process:
        assert process.stdin is not None
        for frame in range(length):
            stage = np.full((HEIGHT, WIDTH, 3), WALL, np.uint8)
            stage[FLOOR_FROM:] = FLOOR
            owner = np.full((HEIGHT, WIDTH), -1)
            pixels = np.zeros(count)
            for dancer in np.argsort(depth).tolist():
                name, moment = dances[dancer], frame + int(late[dancer])
                share = depth[dancer] / max(count - 1, 1)
                size, ground = (float(np.interp(share, (0, 1), ends)) for ends in (SIZE, GROUND))
                image = cv2.resize(films[name][moment], None, fx=size, fy=size, interpolation=cv2.INTER_AREA)
                mask = cv2.resize(masks[name][moment], image.shape[1::-1], interpolation=cv2.INTER_NEAREST)
                shift = (
                    np.array([paths[dancer](frame) - image.shape[1] / 2, ground - image.shape[0]]).round().astype(int)
                )
                ys, xs = np.nonzero(mask)
                rows, columns = ys + shift[1], xs + shift[0]
                inside = (columns >= 0) & (columns < WIDTH) & (rows >= 0) & (rows < HEIGHT)
                stage[rows[inside], columns[inside]] = image[ys[inside], xs[inside]]
                owner[rows[inside], columns[inside]] = dancer
                pixels[dancer] = len(ys)
                truth_of["joints2d"][frame, dancer] = joints[name][moment] * size + shift
                truth_of["box"][frame, dancer] = (columns.min(), rows.min(), columns.max(), rows.max())
            seen = np.bincount(owner[owner >= 0], minlength=count)
            truth_of["visible"][frame] = seen / np.maximum(pixels, 1)
            process.stdin.write(stage.tobytes())
    np.savez_compressed(target.with_suffix(".npz"), **truth_of)


def main() -> None:
    """Write the clips."""
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("cases", type=Path)
    parser.add_argument("target", type=Path)
    parser.add_argument("--count", type=int, default=4)
    parser.add_argument("--dancers", type=int, default=5)
    parser.add_argument("--own-clothes", action="store_true")
    arguments = parser.parse_args()
    arguments.target.mkdir(parents=True, exist_ok=True)
    names = OWN_CLOTHES if arguments.own_clothes else ONE_COSTUME
    for seed in range(arguments.count):
        compose(arguments.cases, names, arguments.dancers, seed, arguments.target / f"group_{seed}.mp4")


if __name__ == "__main__":
    main()
