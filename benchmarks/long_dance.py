"""How the floor of a reference, a score and a report grow with the length of a dance: time, and memory at most.

    python benchmarks/long_dance.py [--minutes 2,5,10,30] [--rounds 5]

The dance and the take are made up (``tests/motion_factory.py``), by two bodies, with a delay in the middle.
"""

from __future__ import annotations

import argparse
import io
import resource
import sys
import time
from multiprocessing import get_context
from pathlib import Path

import numpy as np
from people import dance_of
from rich.console import Console
from rich.table import Table

from kdance.coach.replay import replay
from kdance.coach.rules import RulesCoach
from kdance.report.terminal import render_report
from kdance.review.evaluation import Evaluation, evaluate
from kdance.review.findings import find
from kdance.review.measurements import build_measurements
from kdance.review.options import TakeOptions
from kdance.review.record import SessionReport, count_severities
from kdance.words.phrases import load_phrases
from kdance.words.summary import generate_summary

sys.path.insert(0, str(Path(__file__).parents[1]))  # tests is no installed package

from tests.motion_factory import SMALL, make_sequence


def report_of(evaluation: Evaluation) -> SessionReport:
    """What follows the second pass: numbers, findings, cues and words."""
    measurements = build_measurements(evaluation.evidence)
    cues = replay(RulesCoach(evaluation.evidence.options.cue_interval, language="en"), evaluation)
    summary = generate_summary("dance", measurements, find(measurements), cues)
    return SessionReport(
        **{name: getattr(measurements, name) for name in type(measurements).model_fields},
        **summary.model_dump(),
        warnings=(),
        session_id="x",
        reference="dance",
        started_at="2026-11-22T14:15:03+01:00",
        source="file",
        status="completed",
        mode="follow",
        speed=1.0,
        mirrored=False,
        severity_distribution=count_severities(cues),
        detailed_feedback=cues,
    )


def measure(minutes: float, rounds: int) -> tuple[str, ...]:
    """The row of a dance of some minutes."""
    seconds = 60 * minutes
    begin = time.perf_counter()
    dance = dance_of(make_sequence(seconds=seconds))
    floor = time.perf_counter() - begin
    late = make_sequence(seconds=seconds, late=lambda t: 0.4 * ((t % 60) > 40), build=SMALL, jitter=0.005)
    before = peak_mb()
    begin = time.perf_counter()
    evaluation = evaluate(late, dance, TakeOptions(offset=0.0))
    whole = time.perf_counter() - begin
    made, drawn = [], []
    for _ in range(rounds):
        begin = time.perf_counter()
        report = report_of(evaluation)
        made.append(1000 * (time.perf_counter() - begin))
        begin = time.perf_counter()
        Console(width=100, file=io.StringIO()).print(render_report(report, load_phrases("en")))
        drawn.append(1000 * (time.perf_counter() - begin))
    times = (f"{floor:.1f} s", f"{whole:.1f} s", f"{np.min(made):.0f} ms", f"{np.min(drawn):.0f} ms")
    return (f"{minutes:g} min", *times, f"{before:.0f} MB", f"{peak_mb():.0f} MB")


def peak_mb() -> float:
    """The most memory that this process has used so far, MB."""
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / (1e6 if sys.platform == "darwin" else 1e3)


def main() -> None:
    """Measure and print; each length in a process of its own, for its own peak of memory."""
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("--minutes", default="2,5,10,30")
    parser.add_argument("--rounds", type=int, default=5)
    asked = parser.parse_args()
    table = Table("dance", "floor", "second pass", "numbers and words", "drawn", "memory before", "after")
    for minutes in asked.minutes.split(","):
        with get_context("spawn").Pool(1) as pool:
            table.add_row(*pool.apply(measure, (float(minutes), asked.rounds)))
    Console().print(table)


if __name__ == "__main__":
    main()
