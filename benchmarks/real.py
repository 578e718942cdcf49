"""Real takes of the same and of other dances at a known clock: the order of graded takes, and the gap to other dances.

python benchmarks/real.py REAL_DIR [--cache DIR]
"""

from __future__ import annotations

import argparse
from pathlib import Path

from peers import PEERS
from rich.console import Console
from rich.table import Table
from scoring import DEFAULT_CACHE, Case, points

TEACHER, GOOD, BAD = "ece284_teacher", "ece284_student_good", "ece284_student_bad"
OTHERS = ("justidol_easy", "fiyud_dance", "vibeold_dance")


def main() -> int:
    """Score every take against the teacher's dance and print the table."""
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("clips", type=Path)
    parser.add_argument("--cache", type=Path, default=DEFAULT_CACHE)
    arguments = parser.parse_args()
    names = (TEACHER, GOOD, BAD, *OTHERS)
    entries = {name: {"name": name, "file": f"{name}.mp4", "reference": TEACHER, "expect": {}} for name in names}
    table = Table("take", "kdance", "pose", "motion", "in time", "late ms", *PEERS, title=f"against {TEACHER}")
    found = {}
    for name in names:
        case = Case(entries[name], arguments.clips, entries, arguments.cache)
        report = case.score(offset=0.0)
        in_time = points(case.score().average_similarity)
        late = report.timing.offset_ms
        found[name] = points(report.average_similarity), in_time
        table.add_row(
            name,
            *(f"{points(value):.1f}" for value in (
                report.average_similarity, report.average_pose_score, report.average_motion_score)),
            f"{in_time:.1f}",
            "-" if late is None else f"{late:.0f}",
            *(f"{formula(case.take, case.dance.reference.sequence):.0f}" for formula in PEERS.values()),
        )  # fmt: skip
    console = Console()
    console.print(table)
    others = max(found[name][0] for name in OTHERS)
    laws = {
        f"good - bad = {found[GOOD][0] - found[BAD][0]:.0f} >= 15": found[GOOD][0] - found[BAD][0] >= 15,
        f"bad {found[BAD][0]:.0f} < 50": found[BAD][0] < 50,
        f"good - best other dance = {found[GOOD][0] - others:.0f} >= 70": found[GOOD][0] - others >= 70,
        f"bad loses {found[BAD][1] - found[BAD][0]:.0f} >= 10 to its lateness": found[BAD][1] - found[BAD][0] >= 10,
    }
    for law, holds in laws.items():
        console.print(f"{'pass' if holds else 'FAIL'}  {law}")
    return 0 if all(laws.values()) else 1


if __name__ == "__main__":
    raise SystemExit(main())
