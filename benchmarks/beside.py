"""How well a take is laid beside its reference again, and how true the angles are that a dancer is told.

    python benchmarks/beside.py CASES_DIR [DEMO_DIR] [--cache DIR]

Of every case of a folder's ``manifest.json`` with the same dance as its reference (and of the demo's takes), against
``NAME.npz``: ``motion_time``, where the dancer is in the choreography, and ``angle_JOINT``, the true interior angles.
"""

from __future__ import annotations

import argparse
import json
from pathlib import Path

import numpy as np
from rich.console import Console
from rich.table import Table
from scoring import DEFAULT_CACHE, poses_of, reference_of

from kdance.dance.dance import Dance
from kdance.motion.angle_calculator import joint_angles
from kdance.pose import JOINT_NAMES, FloatArray
from kdance.practice.reporting import report_of
from kdance.review.evaluation import evaluate
from kdance.review.options import TakeOptions
from kdance.review.side_by_side import SideBySide, side_by_side
from kdance.store import SessionStart

DEMO = ("demo_take", "take_good", "take_mirrored")


def laid_beside(clip: Path, reference: Path, cache: Path) -> tuple[SideBySide, FloatArray]:
    """A take as a replay shows it, and where each frame is by the clock alone."""
    take, dance = poses_of(clip, cache), Dance.of(reference_of(reference, cache))
    options = TakeOptions(offset=None)
    start = SessionStart("benchmark", "benchmark", "", "2026-01-01T00:00:00+00:00", clip.name, "follow", 1.0)
    report = report_of(evaluate(take, dance, options), start, "completed")
    pair = side_by_side(take, None, dance, report, options)
    assert pair.course is not None
    return pair, pair.course.position


def true_positions(take: Path, reference: Path, times: FloatArray) -> FloatArray:
    """(T,) seconds of the reference at which it does what the take does; NaN where it doesn't do it."""
    with np.load(take.with_suffix(".npz")) as danced, np.load(reference.with_suffix(".npz")) as original:
        moment = np.interp(times, danced["t"], danced["motion_time"])
        moved = np.interp(times, danced["t"], np.gradient(danced["motion_time"], danced["t"]))
        place = np.interp(moment, original["motion_time"], original["t"], left=np.nan, right=np.nan)
    return np.where(moved > 0.2, place, np.nan)  # who waits for the beginning is nowhere


def true_angles(clip: Path, times: FloatArray) -> FloatArray:
    """(T, 8) interior angles of the rendered body, degrees."""
    with np.load(clip.with_suffix(".npz")) as truth:
        nearest = np.abs(truth["t"] - times[:, None]).argmin(1)
        return np.stack([truth[f"angle_{joint}"][nearest] for joint in JOINT_NAMES], -1)


def main() -> None:
    """Print both tables."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("cases", type=Path)
    parser.add_argument("demo", type=Path, nargs="?")
    parser.add_argument("--cache", type=Path, default=DEFAULT_CACHE)
    asked = parser.parse_args()
    entries = {entry["name"]: entry for entry in json.loads((asked.cases / "manifest.json").read_text())}
    pairs = [
        (asked.cases / entry["file"], asked.cases / entries[entry["reference"]]["file"])
        for entry in entries.values()
        if (asked.cases / f"{entry['name']}.npz").exists() and entry["name"] not in ("idle", "diff_samba", "ref")
    ]
    if asked.demo is not None:
        pairs += [(asked.demo / f"{name}.mp4", asked.demo / "demo.mp4") for name in DEMO]
    places = Table("take", "off on average, ms", "95 of 100 within, ms", "the clock alone, ms")
    angles: list[tuple[FloatArray, ...]] = []
    for clip, reference in dict.fromkeys(pairs):
        pair, clock = laid_beside(clip, reference, asked.cache)
        times = pair.take.times
        true = true_positions(clip, reference, times)
        off, alone = (1000 * np.abs(found - true) for found in (pair.position, clock))
        known = np.isfinite(off)
        columns = (off[known].mean(), np.percentile(off[known], 95), alone[known].mean())
        places.add_row(clip.stem, *(f"{value:.0f}" for value in columns))
        take = pair.take
        picture, space = joint_angles(take.landmarks[..., :2]), joint_angles(take.world)
        angles.append((true_angles(clip, times), pair.user_angles, picture, space))
    told = Table("joint", "as told, median degrees off", "the picture alone", "the depth alone")
    truth, *found = (np.concatenate(part) for part in zip(*angles, strict=True))
    for kind in ("shoulder", "elbow", "hip", "knee"):
        columns = [index for index, joint in enumerate(JOINT_NAMES) if joint.endswith(kind)]
        told.add_row(kind, *(f"{np.nanmedian(np.abs(some - truth)[:, columns]):.1f}" for some in found))
    console = Console()
    console.print(places)
    console.print(told)


if __name__ == "__main__":
    main()
