"""How long the commands between two sessions take, from process start to last line, with many sessions in the store.

    python benchmarks/many_sessions.py [--sessions 1000] [--minutes 4] [--rounds 5]

Sessions of made-up dances of some minutes are scored and stored as every session is: ten dances in turn, the last one
also as a course. Each command is run as its own process; wall clock, so only an idle machine says something. Beside
them stands what Python and the packages cost that every command loads.
"""

from __future__ import annotations

import argparse
import os
import subprocess
import sys
import tempfile
import time
from datetime import UTC, datetime, timedelta
from pathlib import Path

import numpy as np
from people import dance_of
from rich.console import Console
from rich.table import Table

from kdance.dance.dance import Dance
from kdance.dance.references import load_reference
from kdance.practice.reporting import report_of
from kdance.practice.take import start_session
from kdance.review.evaluation import evaluate
from kdance.review.options import TakeOptions
from kdance.store import SessionStore, Snapshot, open_store

sys.path.insert(0, str(Path(__file__).parents[1]))  # tests is no installed package

from tests.motion_factory import SMALL, make_sequence
from tests.reference_factory import write_reference

DANCES = 10
COMMANDS = ("report", "today", "progress", "progress dance-0", "sessions", "references", "--help")


def made_dance(home: Path, number: int, seconds: float) -> Dance:
    """A made-up dance as a reference on the disk."""
    sequence = make_sequence(seconds=seconds, seed=number)
    info = dance_of(sequence).reference.info
    changes = {"chance": info.chance, "sections": info.sections}
    name = f"dance-{number}"
    write_reference(home / "references", name, sequence=sequence, hands=False, **changes)
    return Dance.of(load_reference(home / "references", name))


def dance_them(home: Path, store: SessionStore, sessions: int, seconds: float) -> None:
    """Fill a store."""
    now = datetime(2026, 1, 1, 18, tzinfo=UTC)
    for number in range(DANCES):
        dance = made_dance(home, number, seconds)
        late = make_sequence(seconds=seconds, seed=number, build=SMALL, jitter=0.01, late=0.1)
        evaluation = evaluate(late, dance, TakeOptions(offset=0.0))
        for session in range(sessions // DANCES):
            when = now + timedelta(days=session, minutes=5 * number)
            start = start_session(dance, "made up", TakeOptions(), when)
            with store.start(start) as writer:
                if number == DANCES - 1 and session == sessions // DANCES - 1:  # the one that `report` shows
                    for first in range(0, len(late), 15):
                        moment = float(late.times[first])
                        snapshot = Snapshot(
                            timestamp=moment, pose_score=1, motion_score=1, combined_score=1, best_match_idx=first
                        )
                        writer.append(snapshot, late[first : first + 15], None)
                writer.finish(report_of(evaluation, start, "completed"))


def seconds_of(command: list[str], home: Path, rounds: int) -> float:
    """The quickest of some runs, seconds."""
    took = []
    for _ in range(rounds):
        begin = time.perf_counter()
        subprocess.run(command, env={**os.environ, "KDANCE_HOME": str(home)}, capture_output=True, check=True)
        took.append(time.perf_counter() - begin)
    return float(np.min(took))


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--sessions", type=int, default=1000)
    parser.add_argument("--minutes", type=float, default=4.0)
    parser.add_argument("--rounds", type=int, default=5)
    asked = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        home = Path(folder)
        with open_store(home / "sessions.db") as store:
            dance_them(home, store, asked.sessions, 60 * asked.minutes)
        size = (home / "sessions.db").stat().st_size / 1e6
        table = Table("command", "s", title=f"{asked.sessions} sessions of {asked.minutes:g} minutes, {size:.0f} MB")
        for command in COMMANDS:
            took = seconds_of([sys.executable, "-m", "kdance", *command.split()], home, asked.rounds)
            table.add_row(f"kdance {command}", f"{took:.2f}")
        for what in ("pass", "import numpy, pydantic, rich.console, typer"):
            table.add_row(f"python -c '{what}'", f"{seconds_of([sys.executable, '-c', what], home, asked.rounds):.2f}")
        Console().print(table)


if __name__ == "__main__":
    main()
