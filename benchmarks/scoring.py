"""Scores every case of a folder and says whether it shows what it must.

    python benchmarks/scoring.py CASES_DIR [--json] [--cache DIR]

The folder holds clips, ``manifest.json`` (name, file, reference, expect) and, for takes with an injected error,
``NAME.npz`` with the true joint angles. References are made and takes are scored as ``kdance preprocess`` and
``kdance score`` do it; only the poses are kept in the cache, so that a rerun takes seconds.
"""

from __future__ import annotations

import argparse
import hashlib
import json
import os
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from peers import PEERS
from rich.console import Console
from rich.table import Table

from kdance.capture.pose_extraction import open_pose_estimator
from kdance.capture.video_file import VideoFile
from kdance.config import PoseSettings
from kdance.dance.dance import Dance
from kdance.dance.process_video import VideoPart, process_video
from kdance.dance.reference_info import FORMAT_VERSION
from kdance.dance.references import Reference, load_reference
from kdance.pose import PoseSequence
from kdance.review.evaluation import Evaluation, evaluate
from kdance.review.options import TakeOptions
from kdance.review.record import Measurements

DEFAULT_CACHE = Path(__file__).parent / ".cache"
SETTINGS = PoseSettings(hands=False)


@dataclass(frozen=True)
class Check:
    """One thing a case must show."""

    case: str
    expected: str
    found: str
    passed: bool


def digest(path: Path) -> str:
    """Of a clip, as the name of its cached poses."""
    return hashlib.sha256(path.read_bytes()).hexdigest()[:20]


def reference_of(clip: Path, cache: Path) -> Reference:
    """The clip as a reference, made once."""
    name = digest(clip)
    references = cache / f"references-{FORMAT_VERSION}"
    if not (references / name).exists():
        part = VideoPart(video=clip, name=name)
        process_video(part, references, settings=SETTINGS, force=False, progress=lambda *_: None)
    return load_reference(references, name)


def poses_of(clip: Path, cache: Path) -> PoseSequence:
    """The poses of a take, found once."""
    stored = cache / f"{digest(clip)}.npz"
    if not stored.exists():
        with VideoFile(clip) as source, open_pose_estimator() as estimator:
            poses, times = zip(*((estimator.estimate(frame), frame.time) for frame in source), strict=True)
        sequence = PoseSequence.from_poses(list(poses), list(times))
        stored.parent.mkdir(parents=True, exist_ok=True)
        part = stored.with_name(f"part-{os.getpid()}-{stored.name}")  # another run may look for it meanwhile
        np.savez_compressed(part, landmarks=sequence.landmarks, world=sequence.world, times=sequence.times)
        part.rename(stored)
    with np.load(stored) as arrays:
        return PoseSequence(arrays["landmarks"], arrays["world"], arrays["times"])


class Case:
    """A take and its reference; scored with any options."""

    def __init__(self, entry: dict[str, Any], folder: Path, entries: dict[str, dict[str, Any]], cache: Path) -> None:
        self.name, self.expect, self.folder = entry["name"], entry["expect"], folder
        self.take = poses_of(folder / entry["file"], cache)
        self.dance = Dance.of(reference_of(folder / entries[entry["reference"]]["file"], cache))
        self.reference_name = entry["reference"]

    def evaluate(self, **options: Any) -> Evaluation:
        """What it comes to, with ``TakeOptions`` as given; by default as `kdance score` has them."""
        return evaluate(self.take, self.dance, TakeOptions(**({"offset": None} | options)))

    def score(self, **options: Any) -> Measurements:
        """The numbers of its report; options as of :meth:`evaluate`."""
        return self.evaluate(**options).measurements


def points(value: float | None) -> float:
    """0..100 of a score; NaN of none."""
    return float("nan") if value is None else 100 * value


def checks_of(case: Case) -> Iterator[Check]:
    """What the manifest asks of one case."""
    expect, found = case.expect, case.evaluate()
    report = found.measurements
    score = points(report.average_similarity)
    if expect.get("role") == "reference":
        yield Check(case.name, "self >= 98", f"{score:.1f}", score >= 98)
    elif "mirror" in str(expect.get("score", "")) or expect.get("mirror"):
        plain = points(case.score(mirror="off").average_similarity)
        yield Check(
            case.name, "auto >= 70, said", f"{score:.1f}, mirrored {found.mirrored}", score >= 70 and found.mirrored
        )
        yield Check(case.name, "--mirror off low", f"{plain:.1f}", plain <= 40)
    elif expect.get("score") == "low":
        yield Check(case.name, "<= 20", f"{score:.1f}", score <= 20)
    elif str(expect.get("score", "")).startswith(("high", "good")) and "delay_ms" not in expect:
        least = 70 if "dark" in case.name else 80 if "azimuth" in expect else 85
        yield Check(case.name, f">= {least}", f"{score:.1f}", score >= least)
    if "delay_ms" in expect:
        yield from _delay_checks(case, report)
    if "tempo" in expect:
        yield from _tempo_checks(case)
    if "joint" in expect:
        yield from _joint_checks(case, report)
    if "jitter_deg" in expect:
        yield Check(case.name, ">= 70, see below", f"{score:.1f}", score >= 70)


def _delay_checks(case: Case, found: Measurements) -> Iterator[Check]:
    delay = case.expect["delay_ms"]
    report = case.score(offset=0.0)
    late, pose = report.timing.offset_ms, points(report.average_pose_score)
    yield Check(case.name, "--offset 0: pose >= 85", f"{pose:.1f}", pose >= 85)
    yield Check(
        case.name, f"--offset 0: {delay} +- 33 ms", "null" if late is None else f"{late:.0f}",
        late is not None and abs(late - delay) <= 33,
    )  # fmt: skip
    start = found.timing.start_offset_ms
    yield Check(case.name, f"auto: start {delay} +- 50 ms", f"{start:.0f}", abs(start - delay) <= 50)


def _tempo_checks(case: Case) -> Iterator[Check]:
    report = case.score(free=True)
    pose, tempo = points(report.average_pose_score), report.timing.tempo
    yield Check(case.name, "--free: pose >= 80", f"{pose:.1f}", pose >= 80)
    yield Check(
        case.name, f"--free: tempo {case.expect['tempo']} +- 3 %", str(tempo and round(tempo, 3)),
        tempo is not None and abs(tempo / case.expect["tempo"] - 1) <= 0.03,
    )  # fmt: skip


def _joint_checks(case: Case, report: Measurements) -> Iterator[Check]:
    joint, (start, end) = case.expect["joint"], case.expect["t"]
    named = [row for row in report.timeline if row.worst_joint is not None]
    others = sorted({row.worst_joint for row in named} - {joint})
    if "TOWARD THE CAMERA" in case.expect.get("note", ""):
        yield Check(case.name, "no other limb is named", ", ".join(others) or "silent", not others)
        return
    rows = {row.timestamp for row in named if row.worst_joint == joint}
    wanted = {row.timestamp for row in report.timeline if start < row.timestamp - 0.25 < end}
    overlap = len(rows & wanted) / max(len(rows | wanted), 1)
    mean = np.mean([row.worst_error_deg for row in named if row.timestamp in rows & wanted] or [0.0])
    truth = _true_error(case, joint, start, end)
    yield Check(case.name, f"{joint} first", ", ".join([joint] * bool(rows) + others), bool(rows) and not others)
    yield Check(case.name, f"{start}-{end} s, IoU >= 0.6", f"{overlap:.2f}", overlap >= 0.6)
    yield Check(case.name, f"sign of {truth:+.0f} deg", f"{mean:+.0f}", np.sign(mean) == np.sign(truth))


def _true_error(case: Case, joint: str, start: float, end: float) -> float:
    with (
        np.load(case.folder / f"{case.name}.npz") as take,
        np.load(case.folder / f"{case.reference_name}.npz") as reference,
    ):
        inside = (take["t"] >= start) & (take["t"] < end)
        angles = np.interp(take["motion_time"][inside], reference["motion_time"], reference[f"angle_{joint}"])
        return float((take[f"angle_{joint}"][inside] - angles).mean())


def _falling_checks(cases: list[Case]) -> Iterator[Check]:
    jitter = sorted((case for case in cases if "jitter_deg" in case.expect), key=lambda case: case.expect["jitter_deg"])
    if len(jitter) > 1:
        found = [points(case.score().average_similarity) for case in jitter]
        names = " > ".join(case.name for case in jitter)
        yield Check(
            "jitter", names, " > ".join(f"{score:.1f}" for score in found), found == sorted(found, reverse=True)
        )


def main() -> int:
    """Score the cases and print the tables."""
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("cases", type=Path)
    parser.add_argument("--json", action="store_true")
    parser.add_argument("--cache", type=Path, default=DEFAULT_CACHE)
    arguments = parser.parse_args()
    listed = json.loads((arguments.cases / "manifest.json").read_text())
    entries = {entry["name"]: entry for entry in listed}
    cases = [Case(entry, arguments.cases, entries, arguments.cache) for entry in listed]
    checks = [check for case in cases for check in checks_of(case)] + list(_falling_checks(cases))
    scores = {
        case.name: {"kdance": points(case.score().average_similarity)}
        | {peer: formula(case.take, case.dance.reference.sequence) for peer, formula in PEERS.items()}
        for case in cases
    }
    if arguments.json:
        found = {"checks": [vars(check) for check in checks], "scores": scores}
        print(json.dumps(found, indent=1, default=lambda value: value.item()))
    else:
        _print_tables(checks, scores)
    return 0 if all(check.passed for check in checks) else 1


def _print_tables(checks: list[Check], scores: dict[str, dict[str, float]]) -> None:
    console = Console()
    table = Table("case", "must show", "found", "", title="What each case must show")
    for check in checks:
        table.add_row(check.case, check.expected, check.found, "pass" if check.passed else "[red]FAIL[/red]")
    console.print(table)
    compared = Table("case", *next(iter(scores.values())), title="The usual formulas on the same poses, points of 100")
    for name, row in scores.items():
        compared.add_row(name, *(f"{value:.0f}" for value in row.values()))
    console.print(compared)


if __name__ == "__main__":
    raise SystemExit(main())
