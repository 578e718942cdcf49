"""What a picture costs the frame loop while dancing, in processor time: the poses are there, no network is asked.

    python benchmarks/comparing.py DIR... [--cache DIR] [--only NAME] [--beside CHECKOUT] [--rounds 3]

A DIR is laid out like those of ``benchmarks/live.py``, which finds the poses once. Of each picture are measured the
comparison (``LiveFit``, with the two pictures of a half second that observe and settle it) and everything that
``LiveTake.add`` does: comparison, coach, store. Beside another checkout of kdance the two take turns, so that whatever
else the machine does, it does to both.
"""

from __future__ import annotations

import argparse
import json
import os
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import live
import numpy as np
from loop import DancedLive
from rich.console import Console
from rich.table import Table
from scoring import DEFAULT_CACHE

from kdance.pose import Pose
from kdance.practice.live_take import LiveTake

HERE = Path(__file__).parent
Stages = dict[str, list[float]]


def clocked(milliseconds: list[float], work: Callable[..., Any]) -> Callable[..., Any]:
    """The same work, whose processor time is noted."""

    def timed(*arguments: Any, **options: Any) -> Any:
        begin = time.thread_time()
        result = work(*arguments, **options)
        milliseconds.append(1000 * (time.thread_time() - begin))
        return result

    return timed


def measure(case: live.Case, cache: Path) -> Stages:
    """Milliseconds of every picture of a take."""
    stages: Stages = {"comparison": [], "LiveTake.add": []}
    take = live.poses_by(case.clip, "full", cache)
    danced = DancedLive(live.dance_of(case.reference, cache))
    update = clocked(stages["comparison"], danced.update)
    for index in np.flatnonzero(take.measured):
        update(Pose(take.landmarks[index], take.world[index]), float(take.times[index]))
    add = LiveTake.add
    LiveTake.add = clocked(stages["LiveTake.add"], add)  # type: ignore[method-assign]
    try:
        live.Sitting(case, "full", 0.0, cache).hold()
    finally:
        LiveTake.add = add  # type: ignore[method-assign]
    return stages


def measure_in(checkout: Path, arguments: list[str]) -> dict[str, Stages]:
    """:func:`measure` of all takes in a process that runs kdance and this benchmark as they are in a checkout."""
    child = [sys.executable, str(checkout / "benchmarks" / "comparing.py"), *arguments, "--once"]
    environment = os.environ | {"PYTHONPATH": str(checkout), "OPENBLAS_NUM_THREADS": "1"}
    found: dict[str, Stages] = json.loads(subprocess.run(child, env=environment, check=True, stdout=-1).stdout)
    return found


def main() -> int:
    """Measure and print."""
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("folders", type=Path, nargs="+")
    parser.add_argument("--cache", type=Path, default=DEFAULT_CACHE)
    parser.add_argument("--only", action="append", help="a take; may be given again")
    parser.add_argument("--beside", type=Path, help="another checkout of kdance")
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--once", action="store_true", help=argparse.SUPPRESS)
    arguments = parser.parse_args()
    cases = [case for folder in arguments.folders for case in live.cases_of(folder)]
    cases = [case for case in cases if not arguments.only or case.name in arguments.only]
    if arguments.once:
        print(json.dumps({case.name: measure(case, arguments.cache) for case in cases}))
        return 0
    checkouts = {"this checkout": HERE.parent} | ({"beside it": arguments.beside} if arguments.beside else {})
    spent: dict[tuple[str, str, str], list[list[float]]] = {}
    for _ in range(arguments.rounds):
        for name, checkout in checkouts.items():
            for take, stages in measure_in(checkout, sys.argv[1:]).items():
                for stage, milliseconds in stages.items():
                    spent.setdefault((take, stage, name), []).append(milliseconds)
    table = Table("take", "what", "of", "p50 ms", "p95", "p99", "most", "mean", title="Processor time of a picture")
    for row, rounds in spent.items():
        least = np.min(rounds, axis=0)  # what else runs only adds to it
        table.add_row(
            *row, *(f"{np.percentile(least, share):.2f}" for share in (50, 95, 99, 100)), f"{least.mean():.2f}"
        )
    Console().print(table)
    return 0


if __name__ == "__main__":
    sys.exit(main())
