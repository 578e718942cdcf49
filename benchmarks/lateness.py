"""Lateness by half seconds: takes that are late where we made them late.

    python benchmarks/lateness.py [--people DIR] [--cases DIR] [--demo DIR] [--json] [--cache DIR]

Stored poses are shifted in time, smoothly: ``take(t) = original(t - late(t))``. The originals are the rendered takes
of ``cases`` and ``demo`` (whose true alignment is known from the ``motion_time`` of their ``.npz``), and of ``people``
each clip by a trembling network against itself, and the *same* choreography by another dancer, who is taken to be on
the music. Each is left as it is, late throughout, late by 0.4 s in three seconds of eight, late from the middle on,
ever later, and one beat late.

A half second counts as known where ``timeline[].offset_ms`` is given, as false where it is off by more than 0.15 s. A
take is told right if the report's sentences name the stretch (overlap 0.5, within 0.1 s), and nothing else.
"""

from __future__ import annotations

import argparse
import json
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from people import both, clip, dance_of
from rich.console import Console
from rich.table import Table
from scoring import DEFAULT_CACHE, poses_of, reference_of

from kdance.dance.dance import Dance
from kdance.pose import FloatArray, PoseSequence
from kdance.review.evaluation import Evaluation, evaluate
from kdance.review.findings import Findings
from kdance.review.lateness import LateStretch
from kdance.review.options import TakeOptions

FALSE_S = 0.15
SLIDE_S = 0.4
LATE_S = 0.4
TREMBLE_M = 0.012  # of every landmark and frame, as a pose network's
CASES = ("same_m1", "dark", "az20", "jitter5", "jitter10", "jitter20", "err_left_elbow_view",
         "err_right_shoulder")  # fmt: skip
DEMO = ("take_good", "demo_take")
PATTERNS = ("none", "0.3 late", "0.3 early", "3 of 8 late", "3 of 8 early", "from the middle", "ever later")
BEAT = "a beat late"
# Pairs of dancers who are a beat apart, or drift apart, by themselves.
APART = ("mPO0_ch01", "mJS3_ch03")


@dataclass(frozen=True)
class Original:
    """A take whose own lateness is known.

    Attributes:
        group: The row of the table.
        late: (T,) seconds late of each frame.
        beat: Seconds; ``None`` where it isn't known.
    """

    group: str
    name: str
    dance: Dance
    take: PoseSequence
    late: FloatArray
    beat: float | None = None


def slide(times: FloatArray, at: float) -> FloatArray:
    """0 before, 1 after, smooth in between."""
    share = np.clip((times - at) / SLIDE_S + 0.5, 0.0, 1.0)
    return np.asarray(share * share * (3 - 2 * share))


def added(pattern: str, times: FloatArray, beat: float) -> FloatArray:
    """(T,) seconds that a pattern makes each moment later."""
    length = float(times[-1])
    # Three seconds of eight, by the length of the clip, in the middle of each eight.
    rounds = max(round(length / 8), 1)
    starts = [(index + 3 / 8) * length / rounds for index in range(rounds)]
    third = sum(slide(times, at) - slide(times, at + 3 * length / rounds / 8) for at in starts)
    shapes: dict[str, Callable[[], Any]] = {
        "none": lambda: 0 * times,
        "0.3 late": lambda: 0 * times + 0.3,
        "0.3 early": lambda: 0 * times - 0.3,
        "3 of 8 late": lambda: LATE_S * third,
        "3 of 8 early": lambda: -LATE_S * third,
        "from the middle": lambda: LATE_S * slide(times, length / 2),
        "ever later": lambda: 0.5 * times / length,
        BEAT: lambda: 0 * times + beat,
    }
    return np.asarray(shapes[pattern]())


def shifted(take: PoseSequence, wanted: FloatArray) -> PoseSequence:
    """The poses of other moments, linear between frames; those of the ends beyond them."""
    wanted = np.clip(wanted, take.times[0], take.times[-1])
    before = np.clip(np.searchsorted(take.times, wanted, side="right") - 1, 0, len(take.times) - 2)
    share = (wanted - take.times[before]) / (take.times[before + 1] - take.times[before])
    landmarks, world = (
        np.asarray(array[before] + share[:, None, None] * (array[before + 1] - array[before]), np.float32)
        for array in (take.landmarks, take.world)
    )
    return PoseSequence(landmarks, world, take.times)


def trembling(take: PoseSequence, seed: int) -> PoseSequence:
    """The take through a network whose landmarks tremble."""
    noise = np.random.default_rng(seed).normal(0.0, TREMBLE_M, take.world.shape)
    per_metre = 200.0
    landmarks = np.array(take.landmarks)
    landmarks[..., :3] += per_metre * noise
    return PoseSequence(landmarks.astype(np.float32), (take.world + noise).astype(np.float32), take.times)


def rendered(folder: Path, group: str, names: tuple[str, ...], reference: str, cache: Path) -> Iterator[Original]:
    """Takes of ``cases`` or ``demo``."""
    dance = Dance.of(reference_of(folder / f"{reference}.mp4", cache))
    with np.load(folder / f"{reference}.npz") as arrays:
        true, moments = arrays["motion_time"], arrays["t"]
    for name in names:
        take = poses_of(folder / f"{name}.mp4", cache)
        with np.load(folder / f"{name}.npz") as arrays:
            where = np.interp(np.interp(take.times, arrays["t"], arrays["motion_time"]), true, moments)
        yield Original(group, name, dance, take, take.times - where)


def people(folder: Path, every: int) -> Iterator[Original]:
    """Clips against themselves, and the same choreography by others."""
    for index, name in enumerate(sorted(path.stem for path in folder.glob("*.npz"))[::every]):
        sequence = clip(folder, name)
        yield Original(
            "people, themselves",
            name,
            dance_of(sequence),
            trembling(sequence, index),
            0 * sequence.times,
            beat_of(name),
        )
    for pair in json.loads((folder / "pairs.json").read_text())["clips"]:
        if pair["label"] == "same" and not pair["take"].endswith(APART):
            reference, take = both(folder, pair)
            name = f"{pair['reference']} {pair['take'][:7]}"
            yield Original("people, others", name, dance_of(reference), take, 0 * take.times, beat_of(pair["take"]))


def beat_of(name: str) -> float:
    """Seconds of a beat, from the name of the music: its last digit is the tempo, house begins at 110."""
    music = name.split("_")[2]
    step = int(music[-1])
    return 60 / (110 + 5 * step if music.startswith("mHO") else 80 + 10 * step)


@dataclass(frozen=True)
class Row:
    """A take, measured: half seconds and what was told."""

    group: str
    name: str
    pattern: str
    truth: list[float]
    found: list[float | None]
    told: bool
    said: str
    score: float


def measure(original: Original, pattern: str) -> Row:
    """What is found of an original that is made late."""
    times = original.take.times
    late = added(pattern, times, original.beat or 0.0)
    take = shifted(original.take, times - late)
    truth = late + np.interp(times - late, times, original.late)
    evaluation = evaluate(take, original.dance, TakeOptions(offset=0.0))
    report = evaluation.measurements
    rows = report.timeline
    means, found = [], []
    for row in rows:
        inside = (times > row.timestamp - 0.5) & (times <= row.timestamp)
        if row.combined_score is None or not inside.any():
            continue
        means.append(float(truth[inside].mean()))
        found.append(found_at(evaluation, row))
    findings = evaluation.findings
    told = is_right(findings, times, truth) if evaluation.measurements.verdict == "danced" else False
    return Row(
        original.group,
        original.name,
        pattern,
        means,
        found,
        told,
        said(findings),
        100 * (report.average_similarity or 0),
    )


def found_at(evaluation: Evaluation, row: Any) -> float | None:
    """Seconds late in a half second."""
    return None if row.offset_ms is None else row.offset_ms / 1000


def said(findings: Findings) -> str:
    """The lateness of the sentences, short."""
    parts = [f"all {findings.late_ms:.0f}"] if findings.late_ms is not None else []
    parts += [
        f"{late.span.start:.1f}-{late.span.end:.1f} {late.milliseconds:.0f}{' rel' * late.relative}"
        for late in findings.late_stretches
    ]
    return ", ".join(parts) or ("-" if findings.forgiven_ms is None else f"({findings.forgiven_ms:.0f})")


def is_right(findings: Findings, times: FloatArray, truth: FloatArray) -> bool:
    """Whether the sentences say what is true, and nothing else."""
    constant = float(np.ptp(truth)) < FALSE_S
    usual = float(np.median(truth))
    if constant:
        own = findings.late_ms if findings.late_ms is not None else (findings.forgiven_ms or 0.0)
        return not findings.late_stretches and abs(own / 1000 - usual) <= 0.1
    off = np.abs(truth) >= FALSE_S
    stretches = findings.late_stretches
    if findings.late_ms is not None or not stretches:
        return False
    inside = np.zeros(len(times), bool)
    for late in stretches:
        where = (times >= late.span.start) & (times < late.span.end)
        inside |= where
        if not _is_true(late, truth[where & off] if (where & off).any() else truth[where]):
            return False
    return float((inside & off).sum() / (inside | off).sum()) >= 0.5


def _is_true(late: LateStretch, truth: FloatArray) -> bool:
    return len(truth) > 0 and abs(late.milliseconds / 1000 - float(truth.mean())) <= 0.1


def lines_of(rows: list[Row]) -> list[dict[str, Any]]:
    """A line for each group and pattern."""
    lines = []
    for group, pattern in dict.fromkeys((row.group, row.pattern) for row in rows):
        some = [row for row in rows if (row.group, row.pattern) == (group, pattern)]
        truth = np.array([value for row in some for value in row.truth])
        found = np.array([np.nan if value is None else value for row in some for value in row.found])
        error = np.abs(found - truth)[np.isfinite(found)]
        empty = not len(error)
        lines.append({
            "group": group, "pattern": pattern, "takes": len(some), "half seconds": len(truth),
            "known %": 100 * len(error) / len(truth),
            "median ms": np.nan if empty else 1000 * float(np.median(error)),
            "p95 ms": np.nan if empty else 1000 * float(np.percentile(error, 95)),
            "false %": 100 * float((error > FALSE_S).sum()) / len(truth),
            "told right": sum(row.told for row in some),
            "score": float(np.mean([row.score for row in some])),
        })  # fmt: skip
    return lines


def main() -> None:
    """Measure all takes and print the table."""
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    for folder in ("people", "cases", "demo"):
        parser.add_argument(f"--{folder}", type=Path)
    parser.add_argument("--every", type=int, default=4, help="of the clips of people against themselves")
    parser.add_argument("--json", action="store_true")
    parser.add_argument("--cache", type=Path, default=DEFAULT_CACHE)
    arguments = parser.parse_args()
    originals: list[Original] = []
    if arguments.cases:
        originals += rendered(arguments.cases, "cases", CASES, "ref", arguments.cache)
    if arguments.demo:
        originals += rendered(arguments.demo, "demo", DEMO, "demo", arguments.cache)
    if arguments.people:
        originals += people(arguments.people, arguments.every)
    rows = [
        measure(original, pattern)
        for original in originals
        for pattern in (*PATTERNS, *([BEAT] if original.beat else []))
    ]
    if arguments.json:
        print(json.dumps({"lines": lines_of(rows), "takes": [vars(row) for row in rows]}, indent=1))
        return
    lines = lines_of(rows)
    table = Table(*lines[0], title="Lateness by half seconds")
    for line in lines:
        table.add_row(*(f"{value:.0f}" if isinstance(value, float) else str(value) for value in line.values()))
    Console(width=140).print(table)


if __name__ == "__main__":
    main()
