"""Who is who in formations drawn by lot: dancers cut out of rendered films on one stage, found by the network.

    python benchmarks/lots.py CASES_DIR --cache DIR [--films 24] [--first 0] [--find]

Each film is drawn from its number: three to nine dancers in clothes of their own, in one costume or in two; near or far
from the camera; they change places, pass behind one another, leave and come back; in every third there is a hard cut to
another formation in the same room. ``--find`` renders what the cache doesn't hold (half a minute a film); without it
only what is there is followed, in a fraction of a second a film. "Wrong" is a track that goes over to another dancer
for longer than 0.3 s; "kept" is the share of a dancer's frames on the main track, "answered" the same when all
questions about that track are answered truthfully, at most eight.
"""

from __future__ import annotations

import argparse
import pickle
from collections import Counter
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path

import cv2
import numpy as np
from composed import ARMS, FLOOR, FLOOR_FROM, HEIGHT, WALL, WIDTH, cut_out
from numpy.typing import NDArray
from people_tracks import PAIRS, VISIBLE, Truth, _changes, _middles
from rich.console import Console
from rich.table import Table

from kdance.capture.member_pose import are_whole
from kdance.capture.video_file import VideoFile
from kdance.dance.stage import open_people_eyes
from kdance.motion.answered import with_gaps_filled
from kdance.motion.answers import doubts_about, track_of, with_answers
from kdance.motion.cuts import find_cuts
from kdance.motion.film_people import FilmPeople
from kdance.motion.leaps import with_leaps
from kdance.motion.people import People
from kdance.motion.shots import across_shots
from kdance.motion.tracks import Tracks, find_tracks
from kdance.pose import Frame

CLOTHES = {
    "equal": ("same_m1", "diff_samba"),
    "own": ("ref", "same_m1", "diff_samba", "learner", "az20"),
    "two": ("ref", "same_m1"),
}
SCALES = (1.0, 0.75, 0.5)
MOST_LATE = 25  # frames by which two of one film are apart
MOST_ASKED = 8
FPS = 30


@dataclass(frozen=True)
class Film:
    """What is drawn by lot."""

    clothes: str
    scale: float
    dances: list[str]
    late: list[int]
    columns: NDArray[np.floating]  # (T, N)
    depth: NDArray[np.integer]  # (T, N) rank; the last is in front
    cuts: list[int]


def draw(number: int) -> Film:
    """The film of a number."""
    random = np.random.default_rng([20, number])
    clothes = tuple(CLOTHES)[number % 3]
    scale = SCALES[number // 3 % 3]
    count = int(random.integers(3, 10))
    names = CLOTHES[clothes]
    dances = [names[index] for index in random.permutation(np.arange(count) % len(names))]
    length = 210
    cuts = [int(random.integers(80, 130))] if number // 9 % 3 == 1 else []
    reach = 500 * (scale if random.random() < 0.5 else 1.0)
    parts, depths = [], []
    for begin, end in zip([0, *cuts], [*cuts, length], strict=True):
        parts.append(_columns(random, count, end - begin, reach))
        depths.append(np.repeat(random.permutation(count)[None], end - begin, 0))
    late = random.integers(0, MOST_LATE, count).tolist()
    return Film(clothes, scale, dances, late, np.concatenate(parts), np.concatenate(depths), cuts)


def _columns(random: np.random.Generator, count: int, length: int, reach: float) -> NDArray[np.floating]:
    """(T, N) where each is: places in a row, changed softly in 0.7 to 1.6 s, by all, by two, or by leaving."""
    row = np.linspace(-reach, reach, count) + random.normal(0, 12, count)
    place = random.permutation(row)
    columns, frame = np.repeat(place[None], length, 0), int(random.integers(15, 40))
    while frame < length - 20:
        kind, new = random.random(), place.copy()
        if kind < 0.45:
            new = random.permutation(row)
        elif kind < 0.75:  # neighbours, one behind the other
            at = np.argsort(place)
            first = int(random.integers(0, count - 1))
            new[at[first]], new[at[first + 1]] = place[at[first + 1]], place[at[first]]
        else:  # who is outside comes back to where there is room, or one leaves by a side
            outside = np.flatnonzero(np.abs(place) > 700)
            if len(outside):
                free = [column for column in row if np.abs(place - column).min() > 1]
                new[outside[0]] = free[0]
            else:
                goes = int(random.integers(count))
                new[goes] = 900 * (1 if random.random() < 0.5 else -1)
        for dancer in range(count):
            begin, lasts = frame + int(random.integers(0, 8)), int(random.integers(21, 48))
            share = np.clip((np.arange(length) - begin) / lasts, 0, 1)
            columns[:, dancer] += (new[dancer] - place[dancer]) * (3 * share**2 - 2 * share**3)
        place = new
        frame += int(random.integers(35, 90))
    return columns


class Dancers:
    """The dancers of a folder, cut out."""

    def __init__(self, cases: Path) -> None:
        self._cases = cases
        self._films: dict[str, tuple[list[NDArray[np.uint8]], list[NDArray[np.uint8]], NDArray[np.floating]]] = {}

    def cut(self, name: str) -> tuple[list[NDArray[np.uint8]], list[NDArray[np.uint8]], NDArray[np.floating]]:
        """Pictures, masks and (T, J, 2) joints."""
        if name not in self._films:
            with VideoFile(self._cases / f"{name}.mp4") as source:
                film = [frame.image for frame in source]
            with np.load(self._cases / f"{name}.npz", allow_pickle=False) as truth:
                joints = truth["joints2d"]
                trunk = [at for at, joint in enumerate(truth["joint_names"]) if not set(ARMS) & set(joint.split("_"))]
            self._films[name] = film, cut_out(film, joints[:, trunk]), joints
        return self._films[name]


def pictures(film: Film, dancers: Dancers) -> Iterator[tuple[NDArray[np.uint8], dict[str, NDArray[np.floating]]]]:
    """The pictures of a film, each with its truth."""
    length, count = film.columns.shape
    for frame in range(length):
        stage = np.full((HEIGHT, WIDTH, 3), WALL, np.uint8)
        stage[FLOOR_FROM:] = FLOOR
        owner, pixels = np.full((HEIGHT, WIDTH), -1), np.ones(count)
        joints2d, tall = [np.zeros(0)] * count, np.ones(count)
        for dancer in np.argsort(film.depth[frame]).tolist():
            images, masks, joints = dancers.cut(film.dances[dancer])
            moment = frame + film.late[dancer]
            share = film.depth[frame, dancer] / max(count - 1, 1)
            size = film.scale * float(np.interp(share, (0, 1), (0.62, 0.82)))
            ground = HEIGHT / 2 + film.scale * (float(np.interp(share, (0, 1), (640, 700))) - HEIGHT / 2)
            left, top, wide, high = cv2.boundingRect(masks[moment])
            inner = np.s_[top : top + high, left : left + wide]
            target = (max(1, round(wide * size)), max(1, round(high * size)))
            image = cv2.resize(images[moment][inner], target, interpolation=cv2.INTER_AREA)
            mask = cv2.resize(masks[moment][inner], target, interpolation=cv2.INTER_NEAREST) > 0
            whole = np.array(images[moment].shape[1::-1]) * size
            shift = np.round([WIDTH / 2 + film.columns[frame, dancer] - whole[0] / 2, ground - whole[1]]).astype(int)
            x, y = shift + np.round(np.array([left, top]) * size).astype(int)
            pixels[dancer], tall[dancer] = mask.sum(), target[1]
            joints2d[dancer] = joints[moment] * size + shift
            first, last = np.clip([x, x + target[0]], 0, WIDTH)
            upper, lower = np.clip([y, y + target[1]], 0, HEIGHT)
            if first >= last or upper >= lower:
                continue
            seen = np.s_[upper - y : lower - y, first - x : last - x]
            stage[upper:lower, first:last][mask[seen]] = image[seen][mask[seen]]
            owner[upper:lower, first:last][mask[seen]] = dancer
        shown = np.bincount(owner[owner >= 0], minlength=count)
        yield stage, {"middles": _middles(np.stack(joints2d), ((0, 1), (6, 7), (8, 9))),
                      "heights": tall, "visible": shown / pixels}  # fmt: skip


def find(number: int, dancers: Dancers) -> tuple[FilmPeople, list[int], Truth]:
    """Everybody of a film as the network finds them, the cuts that the pictures show, and the truth."""
    sights, truths, changes = [], [], []
    with open_people_eyes() as look:
        for frame, (image, truth) in enumerate(pictures(draw(number), dancers)):
            sight, change = look(Frame(image, frame / FPS), frame)
            sights.append(sight)
            changes.append(change)
            truths.append(truth)
    people = FilmPeople.of([sight.known for sight in sights])
    differences, likeness = np.array(changes, float).T
    cuts = find_cuts(differences, np.arange(len(people)) / FPS, likeness).tolist()
    return (
        people,
        cuts,
        Truth(*(np.stack([truth[key] for truth in truths]) for key in ("middles", "heights", "visible"))),
    )


def load(number: int, cache: Path, dancers: Dancers | None) -> tuple[FilmPeople, list[int], Truth] | None:
    """:func:`find`, from the cache; ``None`` where it isn't there and nobody shall look."""
    stored = cache / f"lot-{number}.pickle"
    if not stored.is_file():
        if dancers is None:
            return None
        people, cuts, truth = find(number, dancers)
        bodies = people.bodies
        parts = (bodies.boxes, bodies.keypoints, bodies.scores, bodies.colours)
        cache.mkdir(parents=True, exist_ok=True)
        stored.write_bytes(pickle.dumps((parts, people.starts, cuts, truth)))
    parts, starts, cuts, truth = pickle.loads(stored.read_bytes())  # our own file
    return FilmPeople(People(*parts), starts), cuts, truth


def follow(people: FilmPeople, cuts: list[int]) -> tuple[Tracks, list[int]]:
    """The tracks of a film as ``kdance preprocess`` makes them, and its cuts."""
    times = np.arange(len(people)) / FPS
    known = with_leaps(people, times, cuts).tolist()
    tracks = find_tracks(people, times, known, width=WIDTH)
    return across_shots(people, times, known, tracks, are_whole(people.bodies.keypoints)), known


Owner = Callable[[int, int], int]


def owners_of(people: FilmPeople, truth: Truth) -> list[NDArray[np.integer]]:
    """Whose each body of each frame is; -1 for nobody's."""
    return [truth.owners(frame, _middles(found.keypoints, PAIRS)) for frame, found in enumerate(people)]


def of_track(tracks: Tracks, index: int, owners: list[NDArray[np.integer]], counted: NDArray[np.bool_]) -> list[int]:
    """Whom a track is on, where that can be told."""
    track = tracks.tracks[index]
    found = [int(owners[frame][row]) for frame, row in zip(track.frames.tolist(), track.people.tolist(), strict=True)]
    return [
        owner for frame, owner in zip(track.frames.tolist(), found, strict=True) if owner >= 0 and counted[frame, owner]
    ]


def kept(tracks: Tracks, owners: list[NDArray[np.integer]], counted: NDArray[np.bool_]) -> NDArray[np.floating]:
    """(N,) the share of each dancer's frames on one track, the best."""
    shared = np.zeros((max(len(tracks.tracks), 1), counted.shape[1]))
    for index in range(len(tracks.tracks)):
        for owner, frames in Counter(of_track(tracks, index, owners, counted)).items():
            shared[index, owner] = frames
    return np.asarray(shared.max(0) / np.maximum(counted.sum(0), 1))


def answered(
    people: FilmPeople,
    cuts: list[int],
    tracks: Tracks,
    dancer: int,
    owners: list[NDArray[np.integer]],
    counted: NDArray[np.bool_],
    most: int = MOST_ASKED,
) -> tuple[float, int]:
    """The share kept of a dancer who is chosen by the longest track and asked about, one after the other; questions."""
    held = [Counter(of_track(tracks, index, owners, counted))[dancer] for index in range(len(tracks.tracks))]
    if not any(held):
        return 0.0, 0
    best = int(np.argmax(held))
    anchor = int(tracks.tracks[best].frames[0]), int(tracks.tracks[best].people[0])
    answers, asked = [], 0
    while asked < most:
        now = with_answers(tracks, answers)
        doubts = doubts_about(now, [track_of(now, anchor)])
        if not doubts:
            break
        doubt = doubts[0]
        whose = [main_of(of_track(now, index, owners, counted)) for index in (doubt.track, doubt.other)]
        answers.append(doubt.answer(same=whose[0] == whose[1] >= 0))
        asked += 1
    now = with_answers(tracks, answers)
    now = with_gaps_filled(people, np.arange(len(people)) / FPS, cuts, now, answers, width=WIDTH)
    index = track_of(now, anchor)
    return Counter(of_track(now, index, owners, counted))[dancer] / max(int(counted[:, dancer].sum()), 1), asked


def main_of(found: list[int]) -> int:
    """Whom most of it is."""
    return Counter(found).most_common(1)[0][0] if found else -1


def run() -> None:
    """Print the figures of each film, and of all."""
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("cases", type=Path)
    parser.add_argument("--cache", type=Path, required=True)
    parser.add_argument("--films", type=int, default=24)
    parser.add_argument("--first", type=int, default=0)
    parser.add_argument("--find", action="store_true", help="render what the cache doesn't hold")
    arguments = parser.parse_args()
    dancers = Dancers(arguments.cases) if arguments.find else None
    table = Table("film", "clothes", "size", "dancers", "cut", "tracks", "wrong", "kept", "answered", "asked")
    sums: dict[str, list[tuple[int, float, float, int]]] = {}
    for number in range(arguments.first, arguments.first + arguments.films):
        loaded = load(number, arguments.cache, dancers)
        if loaded is None:
            continue
        (people, cuts, truth), film = loaded, draw(number)
        tracks, found_cuts = follow(people, cuts)
        owners, counted = owners_of(people, truth), truth.visible >= VISIBLE
        wrong = sum(_changes(of_track(tracks, index, owners, counted))[0] for index in range(len(tracks.tracks)))
        shares = kept(tracks, owners, counted)
        told = [answered(people, found_cuts, tracks, dancer, owners, counted) for dancer in range(len(shares))]
        those = counted.sum(0) >= 15
        recovered, asked = np.array(told).T
        table.add_row(str(number), film.clothes, f"{film.scale:g}", str(len(shares)), f"{film.cuts}/{found_cuts}",
                      str(len(tracks.tracks)), str(wrong), _percent(shares[those]), _percent(recovered[those]),
                      " ".join(str(int(value)) for value in asked[those]))  # fmt: skip
        key = f"{film.clothes} {film.scale:g}{' cut' if film.cuts else ''}"
        sums.setdefault(key, []).extend(
            (wrong if at == 0 else 0, *values)
            for at, values in enumerate(zip(shares[those], recovered[those], asked[those], strict=True))
        )
    Console(width=170).print(table)
    total = Table("films", "dancers", "wrong", "kept: mean", "worst", ">= 90 %", "answered: mean", "worst", ">= 90 %",
                  "asked: most")  # fmt: skip
    for key, rows in [*sorted(sums.items()), ("all", [row for its in sums.values() for row in its])]:
        wrongs, shares, recovered, asked = np.array(rows).T
        total.add_row(key, str(len(rows)), f"{wrongs.sum():.0f}", f"{shares.mean():.2f}", f"{shares.min():.2f}",
                      f"{np.mean(shares >= 0.9):.2f}", f"{recovered.mean():.2f}", f"{recovered.min():.2f}",
                      f"{np.mean(recovered >= 0.9):.2f}", f"{asked.max():.0f}")  # fmt: skip
    Console(width=130).print(total)


def _percent(shares: NDArray[np.floating]) -> str:
    return " ".join(f"{100 * share:.0f}" for share in shares)


if __name__ == "__main__":
    run()
