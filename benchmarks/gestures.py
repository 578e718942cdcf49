"""Scores gesture dances, half bodies whose hands are the dance: the same gestures, others, other arms, hands unseen.

    python benchmarks/gestures.py [--demo DEMO_DIR] [--cache DIR] [--json]

Made up (``tests/gesture_factory.py``): six dances, each by another body with the network's noise. With ``--demo`` also
clips: the rendered dances of that folder, their upper half slowed down, with gestures drawn in place of their hands
(``tests/gesture_pictures.py``), watched by the networks as ``kdance preprocess`` and ``kdance score --hands`` do it,
with ``--offset 0``. *body* is the score without ``--hands``, which was all there was; *whole* is the score with them.
"""

from __future__ import annotations

import argparse
import json
import sys
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import numpy as np
from rich.console import Console
from rich.table import Table
from scoring import DEFAULT_CACHE, digest, points

from kdance.capture.pose_extraction import open_pose_estimator
from kdance.capture.video_file import VideoFile
from kdance.config import PoseSettings
from kdance.dance.dance import Dance
from kdance.dance.process_video import VideoPart, process_video
from kdance.dance.reference_info import FORMAT_VERSION, ChanceLevel
from kdance.dance.references import Reference, load_reference
from kdance.motion.chance import calibrate_chance
from kdance.motion.reference_motion import ReferenceMotion
from kdance.motion.smoothing import smooth_reference
from kdance.pose import PoseSequence
from kdance.practice.hand_look import HandLook
from kdance.review.evaluation import evaluate
from kdance.review.findings import find
from kdance.review.options import TakeOptions

sys.path.insert(0, str(Path(__file__).parents[1]))  # tests is no installed package

from tests.gesture_factory import as_reference, looked_at, make_gestures, seen_by_network, with_gestures
from tests.gesture_pictures import write_gesture_clip
from tests.motion_factory import SMALL, make_sequence
from tests.reference_factory import make_info

MOTION, SECONDS = "hands before the chest", 20.0
OTHER = 10  # gestures and arms of another dance
# Takes of the dance that demo.mp4 and its gestures 0 are: the clip, its gestures, and whether it is danced mirrored.
CLIPS = {
    "same gestures, another body": ("take_good", 0, False),
    "same gestures, arms 0.75 s late in part": ("demo_take", 0, False),
    "same gestures, mirrored": ("take_mirrored", 0, True),
    "other gestures, same arms": ("take_good", OTHER, False),
    "other gestures, same arms (2)": ("take_good", 2 * OTHER, False),
    "same gestures, other arms": ("take_wrong_dance", 0, False),
    "another dance": ("take_wrong_dance", OTHER, False),
    "standing, other gestures": ("take_standing", OTHER, False),
    "hands not seen": ("take_good", None, False),
}
# Takes of the demo as it is, a dance of the whole body.
WHOLE_BODY = {"near-perfect": "take_good", "a learner's": "demo_take", "another dance": "take_wrong_dance"}
Row = dict[str, object]


def scored(dance: Dance, take: PoseSequence) -> Row:
    """A take without and with its hands."""
    body, found = (evaluate(take, dance, TakeOptions(offset=0.0, hands=hands)).measurements for hands in (False, True))
    assert found.hands is not None
    return {
        "body": points(body.average_similarity),
        "whole": points(found.average_similarity),
        **{name: points(found.groups[name]) for name in ("arms", "hands")},
        "seen": points(max(found.hands.left.coverage, found.hands.right.coverage)),
        "hands weigh": points(found.hands.weight),
        "told": find(found).hands_otherwise,
    }


def made_up() -> Iterator[tuple[str, Row]]:
    """Six dances, each against the same and others."""
    for seed in range(6):
        sequence = smooth_reference(
            as_reference(seen_by_network(make_gestures(gestures=seed, arms=seed, motion=MOTION, seconds=SECONDS)))
        )
        level = ChanceLevel(**vars_of(sequence))
        info = make_info(sequence, name="reference", chance=dict.fromkeys(("easy", "normal", "strict"), level))
        dance = Dance.of(Reference(info, sequence, Path("video.mp4")))
        for name, take in _takes(seed):
            yield name, scored(dance, take)


def vars_of(sequence: PoseSequence) -> dict[str, float]:
    """The floor of a reference, as fields."""
    floor = calibrate_chance(ReferenceMotion.from_sequence(sequence))
    return {"pose": floor.pose, "motion": floor.motion}


def _takes(seed: int) -> Iterator[tuple[str, PoseSequence]]:
    def danced(gestures: int, arms: int, late: float = 0.0, missed: float = 0.2) -> PoseSequence:
        take = make_gestures(
            gestures=gestures, arms=arms, motion=MOTION, seconds=SECONDS, build=SMALL, jitter=0.004, late=late
        )
        return looked_at(seen_by_network(take, missed=missed, seed=7))

    same = danced(seed, seed)
    yield "same gestures, another body", same
    yield "same gestures, 0.2 s late", danced(seed, seed, late=0.2)
    yield "other gestures, same arms", danced(seed + OTHER, seed)
    yield "same gestures, other arms", danced(seed, seed + OTHER)
    yield "another dance", danced(seed + OTHER, seed + OTHER)
    still = with_gestures(
        make_sequence("stand still", seconds=SECONDS, build=SMALL, hidden=("legs", "feet")), 0, only="open"
    )
    yield "standing still, hands open", looked_at(seen_by_network(still, seed=7))
    yield "hands seen in 4 of 10 looks", danced(seed, seed, missed=0.6)
    yield "hands not seen", replace(same, hands=np.full_like(same.hands, np.nan))


def watched(clip: Path, cache: Path) -> PoseSequence:
    """Poses and hands of a take, found once."""
    stored = cache / f"{digest(clip)}-hands.npz"
    if not stored.exists():
        with VideoFile(clip) as source, open_pose_estimator() as estimator, HandLook(wanted=True) as hands:
            frames = [(hands.at(frame, estimator.estimate(frame)), frame.time) for frame in source]
        found = PoseSequence.from_poses([pose for pose, _ in frames], [time for _, time in frames])
        np.savez_compressed(stored, landmarks=found.landmarks, world=found.world, times=found.times, hands=found.hands)
    with np.load(stored) as arrays:
        return PoseSequence(*(arrays[name] for name in ("landmarks", "world", "times", "hands")))


def rendered(demo: Path, cache: Path) -> Iterator[tuple[str, Row]]:
    """The clips of a folder laid out like the demo's."""
    cache.mkdir(parents=True, exist_ok=True)
    clip = cache / "gestures.mp4"
    if not clip.exists():
        write_gesture_clip(clip, demo / "demo.mp4", 0)
    dance = _dance(clip, cache)
    for name, (clip_name, gestures, swapped) in CLIPS.items():
        clip = cache / f"gestures-{clip_name}-{gestures}.mp4"
        if not clip.exists():
            write_gesture_clip(clip, demo / f"{clip_name}.mp4", gestures, swapped=swapped)
        yield name, scored(dance, watched(clip, cache))


def whole_body(demo: Path, cache: Path) -> Iterator[tuple[str, Row]]:
    """The demo and its takes, in which hands follow the arms."""
    dance = _dance(demo / "demo.mp4", cache)
    for name, clip in WHOLE_BODY.items():
        yield name, scored(dance, watched(demo / f"{clip}.mp4", cache))


def _dance(clip: Path, cache: Path) -> Dance:
    """A clip as a reference with hands, made once."""
    references = cache / f"gestures-{FORMAT_VERSION}"
    if not (references / clip.stem).exists():
        part = VideoPart(video=clip, name=clip.stem)
        process_video(part, references, settings=PoseSettings(), force=False, progress=lambda *_: None)
    return Dance.of(load_reference(references, clip.stem))


def main() -> int:
    """Score the takes and print the tables."""
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("--demo", type=Path)
    parser.add_argument("--cache", type=Path, default=DEFAULT_CACHE)
    parser.add_argument("--json", action="store_true")
    arguments = parser.parse_args()
    tables = {"Made-up gesture dances, points of 100": list(made_up())}
    if arguments.demo is not None:
        tables["Clips, watched by the networks"] = list(rendered(arguments.demo, arguments.cache))
        tables["A dance of the whole body"] = list(whole_body(arguments.demo, arguments.cache))
    if arguments.json:
        print(json.dumps(tables, indent=1))
        return 0
    for title, rows in tables.items():
        _print_table(title, rows)
    return 0


def _print_table(title: str, rows: list[tuple[str, Row]]) -> None:
    columns = [name for name in rows[0][1] if name != "told"]
    table = Table("take", *columns, "told otherwise", title=f"{title}: median (lowest to highest)")
    for take in dict.fromkeys(name for name, _ in rows):
        found = [row for name, row in rows if name == take]
        values = {column: np.array([row[column] for row in found], float) for column in columns}
        table.add_row(
            take,
            *(_spread(values[column]) for column in columns),
            f"{sum(bool(row['told']) for row in found)} of {len(found)}",
        )
    Console(width=140).print(table)


def _spread(values: np.ndarray) -> str:
    if np.isnan(values).all():
        return "-"
    low, middle, high = np.nanmin(values), np.nanmedian(values), np.nanmax(values)
    return f"{middle:.0f}" if round(low) == round(high) else f"{middle:.0f} ({low:.0f} to {high:.0f})"


if __name__ == "__main__":
    raise SystemExit(main())
