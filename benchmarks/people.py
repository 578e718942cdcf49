"""Scores real dancers against each other: the same choreography, partly the same, and others.

    python benchmarks/people.py DIR [--json] [--jobs 2] [--no-peers] [--no-mirrors] [--no-made-up]

The folder holds ``NAME.npz`` (landmarks (T, 33, 3) pixels, world (T, 33, 3) metres, times (T,) seconds) and
``pairs.json``: ``clips``, pairs of names, and ``routines``, pairs of lists of names that are danced one after the
other; each with a label ("same", "partly", "different"). NAME begins with the genre and ends with the choreography.
References are smoothed and their floor is made as ``kdance preprocess`` does; takes are scored as ``kdance score
--offset 0`` does.

Beside them stand the made-up dances of ``tests/motion_factory.py``, and the mirror image of every clip, which must
score as the clip itself does.
"""

from __future__ import annotations

import argparse
import json
import sys
from collections.abc import Iterable
from functools import lru_cache
from itertools import permutations
from multiprocessing import get_context
from pathlib import Path
from typing import Any

import numpy as np
from peers import PEERS
from rich.console import Console
from rich.table import Table
from scoring import points

from kdance.dance.dance import Dance
from kdance.dance.reference_info import ChanceLevel
from kdance.dance.references import Reference
from kdance.motion.chance import calibrate_chance
from kdance.motion.pose_normalization import mirrored_sequence
from kdance.motion.reference_motion import ReferenceMotion
from kdance.motion.sections import cut_sections
from kdance.motion.smoothing import smooth_reference
from kdance.pose import FloatArray, PoseSequence
from kdance.review.evaluation import evaluate
from kdance.review.options import TakeOptions

sys.path.insert(0, str(Path(__file__).parents[1]))  # tests is no installed package

from tests.motion_factory import SMALL, make_sequence, shuffle_frames
from tests.reference_factory import make_info

MADE_UP = [(motion, seed) for motion in ("dance", "groove", "two-step") for seed in range(3)]
MADE_UP_S = 20.0
SCORES = ("kdance", "pose", "motion")
LABELS = ("same", "partly", "different")


@lru_cache(maxsize=256)
def clip(folder: Path, name: str) -> PoseSequence:
    """A clip, everything of it visible."""
    with np.load(folder / f"{name}.npz") as arrays:
        flat, world, times = (np.asarray(arrays[key], np.float64) for key in ("landmarks", "world", "times"))
    landmarks = np.concatenate((flat, np.ones((*flat.shape[:2], 1))), -1)
    return PoseSequence(landmarks.astype(np.float32), world.astype(np.float32), times)


def joined(parts: list[PoseSequence], lengths: list[int]) -> PoseSequence:
    """Clips one after the other, each cut to a number of frames."""
    starts = np.concatenate(([0.0], np.cumsum([length / 30 for length in lengths])))
    return PoseSequence(
        np.concatenate([part.landmarks[:length] for part, length in zip(parts, lengths, strict=True)]),
        np.concatenate([part.world[:length] for part, length in zip(parts, lengths, strict=True)]),
        np.concatenate([
            start + part.times[:length] - part.times[0]
            for part, length, start in zip(parts, lengths, starts, strict=False)
        ]),
    )  # fmt: skip


def both(folder: Path, pair: dict[str, Any]) -> tuple[PoseSequence, PoseSequence]:
    """Reference and take of a pair; of a routine each part is as long as the shorter of its two clips."""
    if isinstance(pair["reference"], str):
        return clip(folder, pair["reference"]), clip(folder, pair["take"])
    references, takes = ([clip(folder, name) for name in pair[side]] for side in ("reference", "take"))
    lengths = [min(len(one), len(other)) for one, other in zip(references, takes, strict=True)]
    return joined(references, lengths), joined(takes, lengths)


_dances: dict[bytes, Dance] = {}


def dance_of(raw: PoseSequence) -> Dance:
    """The reference that ``kdance preprocess`` would make; its floor is found once a process."""
    key = raw.world.tobytes()
    if key not in _dances:
        sequence = smooth_reference(raw)
        motion = ReferenceMotion.from_sequence(sequence)
        floor = calibrate_chance(motion)
        level = ChanceLevel(pose=floor.pose, motion=floor.motion)
        chances = dict.fromkeys(("easy", "normal", "strict"), level)
        info = make_info(sequence, name="reference", chance=chances, sections=tuple(cut_sections(motion)))
        _dances[key] = Dance.of(Reference(info, sequence, Path("video.mp4")))
    return _dances[key]


def scored(reference: PoseSequence, take: PoseSequence, *, peers: bool, **options: Any) -> dict[str, Any]:
    """The row of a pair: points of 100."""
    dance = dance_of(reference)
    evaluation = evaluate(take, dance, TakeOptions(**({"offset": 0.0} | options)))
    report = evaluation.measurements
    found: dict[str, Any] = dict(
        zip(
            SCORES,
            map(points, (report.average_similarity, report.average_pose_score, report.average_motion_score)),
            strict=True,
        )
    )
    found |= {"late ms": report.timing.offset_ms, "mirrored": evaluation.mirrored, "verdict": report.verdict}
    found |= {name: points(value) for name, value in report.groups.items()}
    if peers:
        found |= {name: formula(take, dance.reference.sequence) for name, formula in PEERS.items()}
    return found


def score_pair(job: tuple[Path, dict[str, Any], bool]) -> dict[str, Any]:
    """A pair of the folder."""
    folder, pair, peers = job
    return pair | scored(*both(folder, pair), peers=peers)


def score_mirrored(job: tuple[Path, str]) -> dict[str, Any]:
    """A clip and its mirror image against itself."""
    folder, name = job
    sequence = clip(folder, name)
    itself = scored(sequence, sequence, peers=False)
    image = scored(sequence, mirrored_sequence(sequence), peers=False)
    return {"clip": name, "itself": itself["kdance"], "image": image["kdance"], "mirrored": image["mirrored"]}


def score_made_up(job: tuple[str, tuple[str, int], tuple[str, int]]) -> dict[str, Any]:
    """A made-up take against a made-up dance."""
    kind, (motion, seed), (other, other_seed) = job
    reference = make_sequence(motion, seconds=MADE_UP_S, seed=seed)
    if kind == "time-shuffled":
        take = shuffle_frames(reference)
    elif kind == "one pose held":
        held = np.full(len(reference), len(reference) // 3)
        take = PoseSequence(reference.landmarks[held], reference.world[held], reference.times)
    else:
        take = make_sequence(other, seconds=MADE_UP_S, seed=other_seed, build=SMALL, jitter=0.005)
    return {"kind": kind, "dance": f"{motion} {seed}"} | scored(reference, take, peers=False)


def made_up_jobs() -> list[tuple[str, tuple[str, int], tuple[str, int]]]:
    """72 pairs of different dances, and what is no dance against each."""
    jobs = [("another dance", one, other) for one, other in permutations(MADE_UP, 2)]
    jobs += [("the same by another body", dance, dance) for dance in MADE_UP]
    jobs += [("standing still", dance, ("stand still", 0)) for dance in MADE_UP]
    return jobs + [(kind, dance, dance) for kind in ("one pose held", "time-shuffled") for dance in MADE_UP]


def auc(same: FloatArray, different: FloatArray) -> float:
    """How often one of ``same`` is above one of ``different``; a tie counts half.

    >>> auc(np.array([2.0, 1.0]), np.array([1.0, 0.0]))
    0.875
    """
    above = (same[:, None] > different).mean() + 0.5 * (same[:, None] == different).mean()
    return float(above)


def half_of(pair: dict[str, Any]) -> str:
    """A or B: choreographies, by the reference's genre and number, fall into one half as a whole."""
    name = pair["reference"] if isinstance(pair["reference"], str) else pair["reference"][0]
    return "AB"[sum(f"{name[:3]}{name[-2:]}".encode()) % 2]


def summary(rows: list[dict[str, Any]], score: str) -> dict[str, Any]:
    """The line of a table: quantiles of each label, and how well they are told apart."""
    by_label = {label: np.array([row[score] for row in rows if row["label"] == label]) for label in LABELS}
    by_label = {label: np.nan_to_num(values) for label, values in by_label.items()}
    line: dict[str, Any] = {
        label: [round(float(value), 1) for value in np.percentile(values, (5, 50, 95))]
        for label, values in by_label.items()
        if len(values)
    }
    same, different = by_label["same"], by_label["different"]
    line |= {"pairs": {label: len(values) for label, values in by_label.items()}}
    if len(same):
        line["same < 50"] = round(100 * float((same < 50).mean()), 1)
    if len(different):
        line |= {"different > 20": round(100 * float((different > 20).mean()), 1), "max": round(different.max(), 1)}
    if len(same) and len(different):
        line["auc"] = round(auc(same, different), 4)
    return line


def tables_of(rows: list[dict[str, Any]], scores: Iterable[str]) -> dict[str, dict[str, Any]]:
    """Lines by formula; ours by half of the choreographies and by genre too."""
    lines = {score: summary(rows, score) for score in scores}
    for half in "AB":
        lines[f"kdance, half {half}"] = summary([row for row in rows if half_of(row) == half], "kdance")
    if isinstance(rows[0]["reference"], str):
        for genre in sorted({row["reference"][:3] for row in rows}):
            lines[f"kdance, {genre}"] = summary([row for row in rows if row["reference"][:3] == genre], "kdance")
    return lines


def show(console: Console, title: str, lines: dict[str, dict[str, Any]]) -> None:
    """Print a table: 5 / 50 / 95 %."""
    table = Table("", *LABELS, "AUC", "diff > 20", "max", "same < 50", title=title)
    for name, line in lines.items():
        cells = [" / ".join(f"{value:.0f}" for value in line[label]) if label in line else "-" for label in LABELS]
        tail = [line.get(key) for key in ("auc", "different > 20", "max", "same < 50")]
        table.add_row(name, *cells, *("-" if value is None else f"{value:g}" for value in tail))
    console.print(table)


def worst(rows: list[dict[str, Any]], label: str) -> list[dict[str, Any]]:
    """The five pairs that are farthest from what their label asks for."""
    return sorted(
        (row for row in rows if row["label"] == label), key=lambda row: row["kdance"], reverse=label == "different"
    )[:5]


def made_up_lines(rows: list[dict[str, Any]]) -> dict[str, dict[str, float]]:
    """Mean, maximum and share above 20 of each kind."""
    lines = {}
    for kind in dict.fromkeys(row["kind"] for row in rows):
        values = np.array([row["kdance"] for row in rows if row["kind"] == kind])
        lines[kind] = {
            "pairs": len(values), "mean": round(float(values.mean()), 1), "least": round(float(values.min()), 1),
            "most": round(float(values.max()), 1), "above 20": int((values > 20).sum()),
        }  # fmt: skip
    return lines


def main() -> None:
    """Score the folder and print the tables."""
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("folder", type=Path)
    parser.add_argument("--json", action="store_true")
    parser.add_argument("--jobs", type=int, default=2)
    for part in ("peers", "mirrors", "made-up", "routines"):
        parser.add_argument(f"--no-{part}", action="store_true")
    arguments = parser.parse_args()
    listed = json.loads((arguments.folder / "pairs.json").read_text())
    pairs = listed["clips"] + ([] if arguments.no_routines else listed["routines"])
    # Pairs of one reference go to one process, so that its floor is made once.
    jobs = sorted(((arguments.folder, pair, not arguments.no_peers) for pair in pairs), key=lambda job: str(job[1]))
    names = sorted(path.stem for path in arguments.folder.glob("*.npz"))
    with get_context("spawn").Pool(arguments.jobs) as pool:
        rows = pool.map(score_pair, jobs, chunksize=8)
        images = [] if arguments.no_mirrors else pool.map(score_mirrored, [(arguments.folder, name) for name in names])
        made_up = [] if arguments.no_made_up else pool.map(score_made_up, made_up_jobs(), chunksize=4)
    report(rows, images, made_up, as_json=arguments.json)


def report(
    rows: list[dict[str, Any]], images: list[dict[str, Any]], made_up: list[dict[str, Any]], *, as_json: bool
) -> None:
    """Print everything, as tables or as one object."""
    scores = [*SCORES, *(name for name in PEERS if name in rows[0])]
    kinds = {
        "clips": [row for row in rows if isinstance(row["reference"], str)],
        "routines": [row for row in rows if not isinstance(row["reference"], str)],
    }
    tables = {kind: tables_of(some, scores) for kind, some in kinds.items() if some}
    lost = [row for row in images if not row["mirrored"] or abs(row["image"] - row["itself"]) > 1]
    if as_json:
        whole = {"tables": tables, "made up": made_up_lines(made_up), "mirror images lost": lost, "images": images}
        print(json.dumps(whole | {"pairs": rows, "made up pairs": made_up}, indent=1))
        return
    console = Console(width=140)
    for kind, lines in tables.items():
        show(console, f"{kind}, points of 100, 5 / 50 / 95 %", lines)
        for label in LABELS:
            for row in worst(kinds[kind], label):
                numbers = " ".join(f"{key} {row[key]:.0f}" for key in SCORES)
                console.print(f"  worst {label}: {numbers} {row['reference']} {row['take']}", highlight=False)
    if images:
        console.print(f"mirror images that score as the clip itself: {len(images) - len(lost)} of {len(images)}")
        for row in lost:
            console.print(f"  {row}", highlight=False)
    if made_up:
        table = Table("made-up takes", "pairs", "mean", "least", "most", "above 20")
        for kind, line in made_up_lines(made_up).items():
            table.add_row(kind, *(f"{value:g}" for value in line.values()))
        console.print(table)


if __name__ == "__main__":
    main()
