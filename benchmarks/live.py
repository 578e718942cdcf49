"""The live voice beside the report: every take as a live camera, compared half second by half second.

    python benchmarks/live.py DIR... [--cache DIR] [--jobs 2] [--only NAME] [--each] [--json]

A DIR is laid out like those of ``benchmarks/scoring.py`` (``manifest.json``), ``benchmarks/real.py``
(``ece284_teacher.mp4``) or the demo (``demo.mp4``). The poses of each clip are found once by the full and once by the
lite network. Then each take is danced in front of a camera that is 0, 0.1 and 0.2 s behind the song, through
``LiveTake`` with the store and the coach by rules, as fast as the machine can; its frames then get their report.

What is told of a run:

- median and largest difference between the score that a half second was given while dancing (as the store has it, and
  the sections of the window show it by the end) and that in the report, points, once 4 s of movement have passed; the
  same for the score that it was told with first, 2 s after it; and for the number that stood in the window at that
  moment, which is of some time ago;
- how often "this does not look like this dance" was said, and the score of the report;
- half seconds in which the mirror of the window was not the report's;
- lateness at the end of the dance, and in the report, ms;
- half seconds whose grade differs; cues that were said and that the report never gives, and the other way round;
- seconds from the first wrong half second of an injected fault to its cue; corrections of takes without a fault.
"""

from __future__ import annotations

import argparse
import json
import sys
import tempfile
from collections.abc import Iterator
from dataclasses import asdict, dataclass, field
from functools import lru_cache
from multiprocessing import get_context
from pathlib import Path
from typing import Any

import numpy as np
from rich.console import Console
from rich.table import Table
from scoring import DEFAULT_CACHE, digest, points, reference_of

from kdance.capture.pose_extraction import open_pose_estimator
from kdance.capture.video_file import VideoFile
from kdance.coach.live_coach import OfflineCoach
from kdance.coach.replay import replay
from kdance.coach.rules import RulesCoach
from kdance.config import Settings
from kdance.dance.dance import Dance
from kdance.motion.scoring import grade
from kdance.pose import Pose, PoseSequence
from kdance.practice.clocks import CLOCK
from kdance.practice.live_take import LiveTake
from kdance.practice.options import TrainingOptions
from kdance.practice.room import Room
from kdance.practice.session import Session
from kdance.practice.signals import StopSignals
from kdance.practice.take import start_session
from kdance.practice.take_log import TakeLog
from kdance.practice.transport import Place
from kdance.review.evaluation import Evaluation, evaluate
from kdance.review.options import TakeOptions
from kdance.review.record import FeedbackRecord
from kdance.store import SessionWriter, Snapshot, open_store
from kdance.window.practice_window import WindowView
from kdance.window.window import NoWindow
from kdance.words.phrases import load_phrases

DELAYS_S = (0.0, 0.1, 0.2)
MODELS = ("full", "lite")
# So much movement of the reference has to be seen before live and report must agree, seconds; below this energy it
# stands.
SETTLED_S = 4.0
MOVING = 1.0
# A cue that comes this long after a fault has ended is not about it, seconds.
PATIENCE_S = 3.0
REAL = ("ece284_teacher", "ece284_student_good", "ece284_student_bad", "justidol_easy", "fiyud_dance", "vibeold_dance")
DEMO = ("demo", "take_good", "demo_take", "take_mirrored", "take_standing", "take_wrong_dance")
FAULTLESS = frozenset(
    {"ref", "same_m1", "az20", "dark", "mirror", "jitter5", "jitter10", "ece284_teacher", "demo", "take_good",
     "take_mirrored"}
)  # fmt: skip


@dataclass(frozen=True)
class Fault:
    """Something that is wrong in a take.

    Attributes:
        kind: Of the cue that is due, see :func:`kind_of`.
        start: Second of the recording from which it is wrong.
        end: Second at which that ends.
    """

    kind: str
    start: float
    end: float


FAULTS = {
    "err_left_elbow_view": (Fault("left_elbow", 2.0, 4.0),),
    "err_right_shoulder": (Fault("right_shoulder", 4.0, 6.0),),
    "demo_take": (Fault("late", 6.0, 10.0), Fault("left_shoulder", 10.0, 14.0)),
    "delay300": (Fault("late", 0.0, 99.0),),
    "ece284_student_bad": (Fault("late", 0.0, 99.0),),
    "diff_samba": (Fault("wrong_dance", 0.0, 99.0),),
    "take_wrong_dance": (Fault("wrong_dance", 0.0, 99.0),),
    "idle": (Fault("standing_still", 0.0, 99.0),),
    "take_standing": (Fault("standing_still", 0.0, 99.0),),
}


@dataclass(frozen=True)
class Case:
    """A clip, and the clip of the dance it is compared with."""

    name: str
    clip: Path
    reference: Path


@dataclass
class Run:
    """What one take came to, live and in the report."""

    name: str
    model: str
    delay_ms: float
    score: float
    seconds: float
    differences: list[float] = field(default_factory=list)
    first: list[float] = field(default_factory=list)
    shown: list[float] = field(default_factory=list)
    said_wrong: int = 0
    mirror_rows: int = 0
    grade_rows: int = 0
    rows: int = 0
    late_ms: float | None = None
    report_late_ms: float | None = None
    mirrored: bool | None = None
    report_mirrored: bool = False
    live_cues: list[tuple[float, str]] = field(default_factory=list)
    report_cues: list[tuple[float, str]] = field(default_factory=list)
    waits: list[float | None] = field(default_factory=list)
    corrections: int = 0
    verdict: str = ""
    timeline: list[tuple[float, float | None, float | None, float | None]] = field(default_factory=list)

    @property
    def only_live(self) -> int:
        """Kinds of corrections that the report never gives."""
        return len({kind for _, kind in self.live_cues} - {kind for _, kind in self.report_cues} - {"praise"})

    @property
    def only_report(self) -> int:
        """Kinds of corrections that were never said while dancing."""
        return len({kind for _, kind in self.report_cues} - {kind for _, kind in self.live_cues} - {"praise"})


def cases_of(folder: Path) -> Iterator[Case]:
    """The takes of a folder."""
    if (folder / "manifest.json").exists():
        entries = {entry["name"]: entry for entry in json.loads((folder / "manifest.json").read_text())}
        for name, entry in entries.items():
            yield Case(name, folder / entry["file"], folder / entries[entry["reference"]]["file"])
    names = REAL if (folder / f"{REAL[0]}.mp4").exists() else DEMO if (folder / f"{DEMO[0]}.mp4").exists() else ()
    for name in names:
        yield Case(name, folder / f"{name}.mp4", folder / f"{names[0]}.mp4")


def poses_by(clip: Path, model: str, cache: Path) -> PoseSequence:
    """The poses of a clip by one of the networks, found once."""
    stored = cache / f"{digest(clip)}-{model}.npz"
    if not stored.exists():
        with VideoFile(clip) as source, open_pose_estimator(model) as estimator:  # type: ignore[arg-type]
            poses, times = zip(*((estimator.estimate(frame), frame.time) for frame in source), strict=True)
        sequence = PoseSequence.from_poses(list(poses), list(times))
        stored.parent.mkdir(parents=True, exist_ok=True)
        np.savez_compressed(stored, landmarks=sequence.landmarks, world=sequence.world, times=sequence.times)
    with np.load(stored) as arrays:
        return PoseSequence(arrays["landmarks"], arrays["world"], arrays["times"])


@lru_cache(maxsize=4)
def dance_of(clip: Path, cache: Path) -> Dance:
    """The dance of a clip."""
    return Dance.of(reference_of(clip, cache))


def kind_of(cue: FeedbackRecord) -> str:
    """What a cue is about: a joint, or late, early, wrong_dance, standing_still, unseen, praise."""
    phrases, text = load_phrases("en"), cue.feedback_text.lower()
    if cue.is_positive:
        return "praise"
    if cue.focus_areas:
        return cue.focus_areas[0]
    for kind in ("wrong_dance", "standing_still"):
        if phrases.text(f"cue.{kind}").lower() in text:
            return kind
    return next((kind for kind in ("late", "early") if text.rstrip(".!").endswith(f" {kind}")), "unseen")


class FirstWord(TakeLog):
    """A log that remembers what was said first of each half second."""

    def __init__(self, writer: SessionWriter) -> None:
        super().__init__(writer)
        self.first: dict[float, float | None] = {}

    def score(self, snapshot: Snapshot) -> None:
        """See :class:`TakeLog`."""
        self.first.setdefault(snapshot["timestamp"], snapshot["combined_score"])
        super().score(snapshot)


class Sitting:
    """One take, danced in front of a camera that is some time behind the song."""

    def __init__(self, case: Case, model: str, delay: float, cache: Path) -> None:
        self.case, self.delay = case, delay
        self.dance = dance_of(case.reference, cache)
        self.frames = poses_by(case.clip, model, cache)
        self.run = Run(case.name, model, 1000 * delay, np.nan, 0.0)
        self.shown: dict[float, tuple[float | None, bool]] = {}

    def hold(self) -> Run:
        """Dance it, then work out its report."""
        settings, options = Settings(), TakeOptions()
        training = TrainingOptions(
            source=str(self.case.clip), countdown=0.0, seconds=None, at_own_pace=False, judging=options
        )
        with tempfile.TemporaryDirectory() as folder, open_store(Path(folder) / "sessions.db") as store:
            room = Room(WindowView(self.dance.reference, settings, error_band=options.error_band, window=NoWindow()))
            with StopSignals() as signals:
                session = Session(
                    dance=self.dance, options=training, settings=settings, store=store, room=room, signals=signals
                )
                start = start_session(self.dance, self.case.name, options, CLOCK.today())
                with store.start(start) as writer, OfflineCoach(RulesCoach()) as coach:
                    log = FirstWord(writer)
                    take = LiveTake(session, coach, log)
                    self._dance(take)
                    evaluation = evaluate(log.take(), self.dance, options, log.course())
            told = {row.comparison["timestamp"]: row.comparison for row in store.snapshots(start.session_id)}
        self._compare(take, evaluation, told, log.first)
        return self.run

    def _dance(self, take: LiveTake) -> None:
        image = np.zeros((4, 4, 3), np.uint8)
        before: tuple[Any, ...] = (None,) * 4
        for index, time in enumerate(self.frames.times):
            place = Place(float(time) + self.delay, 0, "dancing")
            if place.position > self.dance.plain.duration:
                break
            landmarks = np.asarray(self.frames.landmarks[index])
            pose = Pose(landmarks, np.asarray(self.frames.world[index])) if self.frames.measured[index] else None
            take.add(image, pose, place, place.position, speed=1.0)
            before = self._note(take, before)
        take.end(speed=1.0)
        self._note(take, before)

    def _note(self, take: LiveTake, before: tuple[Any, ...]) -> tuple[Any, ...]:
        """Remember what the window shows of a half second: it is scored four frames after the coach has seen it."""
        seen = take.state.observation
        is_scored = seen is not None and all(seen is one for one in before)
        if is_scored and (end := round(2 * seen.timestamp) / 2) not in self.shown:
            self.shown[end] = (take.state.score, take.mirrored is True)
        return *before[1:], seen

    def _compare(
        self, take: LiveTake, evaluation: Evaluation, told: dict[float, Snapshot], said: dict[float, float | None]
    ) -> None:
        run, measured, evidence = self.run, evaluation.measurements, evaluation.evidence
        run.score, run.seconds = points(measured.average_similarity), measured.total_duration
        run.verdict = measured.verdict
        settled = self._settled(evaluation)
        for row in measured.timeline:
            live = told[row.timestamp]["combined_score"] if row.timestamp in told else None
            shown, mirrored = self.shown.get(row.timestamp, (None, False))
            run.timeline.append((row.timestamp, _points(live), _points(row.combined_score), _points(shown)))
            if row.timestamp <= settled or live is None or row.combined_score is None:
                continue
            run.rows += 1
            run.differences.append(abs(points(live) - points(row.combined_score)))
            first = said.get(row.timestamp)
            run.first.append(abs(points(first) - points(row.combined_score)) if first is not None else 100.0)
            if shown is not None:
                run.shown.append(abs(points(shown) - points(row.combined_score)))
            run.mirror_rows += mirrored != evaluation.mirrored
            run.grade_rows += grade(live) != grade(row.combined_score)
        late = take.lateness.seconds
        run.late_ms = None if late is None else 1000 * late
        run.report_late_ms = measured.timing.offset_ms
        run.mirrored, run.report_mirrored = take.mirrored, evaluation.mirrored
        run.live_cues = [(cue.timestamp, kind_of(cue)) for cue in take.said]
        run.report_cues = [(cue.timestamp, kind_of(cue)) for cue in replay(RulesCoach(says_when=False), evaluation)]
        run.said_wrong = sum(kind == "wrong_dance" for _, kind in run.live_cues)
        hidden = any(kind == "unseen" for _, kind in run.report_cues)  # that is so, whoever dances
        run.corrections = sum(kind not in ("praise", *["unseen"] * hidden) for _, kind in run.live_cues)
        run.waits = [self._wait(fault, settled - SETTLED_S) for fault in FAULTS.get(run.name, ())]
        assert evidence.dance is self.dance

    def _settled(self, evaluation: Evaluation) -> float:
        """Second of the take at which four seconds of the reference's movement have been seen."""
        frames = evaluation.evidence.best.score.frames
        moving = np.nan_to_num(frames.reference_energy) > MOVING
        passed = np.cumsum(np.diff(frames.times, prepend=frames.times[:1]) * moving)
        after = np.flatnonzero(passed >= SETTLED_S)
        return float(frames.times[after[0]]) if len(after) else float("inf")

    def _wait(self, fault: Fault, began: float) -> float | None:
        """Seconds from the first wrong half second, once the reference moves, to the cue; ``None`` without one.

        A half second that is wrong ends half a second after the fault begins.
        """
        first = max(fault.start + 0.5, began)
        said = (time for time, kind in self.run.live_cues
                if kind == fault.kind and first <= time <= fault.end + PATIENCE_S)  # fmt: skip
        cue = next(said, None)
        return None if cue is None else cue - first


def hold(job: tuple[Case, str, float, Path]) -> Run:
    """One sitting, in a process of its own."""
    return Sitting(*job).hold()


def summary_of(runs: list[Run]) -> dict[str, Any]:
    """The bars."""
    settled = [run for run in runs if run.differences]
    danced = [run for run in runs if run.score > 30]
    waits = [wait for run in runs for wait in run.waits]
    known = [wait for wait in waits if wait is not None]
    faultless = [run for run in runs if run.name in FAULTLESS]
    minutes = sum(run.seconds for run in faultless) / 60
    differences = np.concatenate([run.differences for run in settled])
    return {
        "runs": len(runs),
        "median of the medians": float(np.median([np.median(run.differences) for run in settled])),
        "takes with a median above 4": sum(np.median(run.differences) > 4 for run in settled),
        "takes with a half second above 10": sum(max(run.differences) > 10 for run in settled),
        "half seconds above 10 (%)": float(100 * (differences > 10).mean()),
        "largest difference": float(differences.max()),
        "as told first, takes with a median above 4": sum(np.median(run.first) > 4 for run in settled),
        "as told first, half seconds above 10 (%)": float(
            100 * (np.concatenate([run.first for run in settled]) > 10).mean()
        ),
        "shown at that moment, half seconds above 10 (%)": float(
            100 * (np.concatenate([run.shown for run in settled]) > 10).mean()
        ),
        "another dance said in takes above 30": sum(run.said_wrong for run in danced),
        "takes above 30 in which it was said": sum(run.said_wrong > 0 for run in danced),
        "half seconds with another mirror": sum(run.mirror_rows for run in runs),
        "takes with another mirror at their end": sum(bool(run.mirrored) != run.report_mirrored for run in runs),
        "half seconds with another grade (%)": 100 * sum(run.grade_rows for run in runs) / sum(r.rows for r in runs),
        "lateness off by more than 50 ms": sum(_far(run) for run in runs),
        "kinds of cues only live": sum(run.only_live for run in runs),
        "kinds of cues only in the report": sum(run.only_report for run in runs),
        "faults": len(waits),
        "faults without a cue": len(waits) - len(known),
        "cue after (median s)": float(np.median(known)) if known else None,
        "cue after (most s)": float(max(known)) if known else None,
        "false cues a minute": sum(run.corrections for run in faultless) / max(minutes, 1e-9),
        "false cues": sum(run.corrections for run in faultless),
        "minutes without a fault": minutes,
    }


def _far(run: Run) -> bool:
    """Whether the lateness live and in the report are not the same; both unknown is the same."""
    live, report = run.late_ms, run.report_late_ms
    if live is None or report is None:
        return live is not report
    return abs(live - report) > 50


def _points(score: float | None) -> float | None:
    return None if score is None else points(score)


def _ms(value: float | None) -> str:
    return "-" if value is None else f"{value:.0f}"


def table_of(runs: list[Run]) -> Table:
    """One line for each take and delay."""
    table = Table(
        "take", "model", "delay", "score", "median", "most", "shown", "wrong said", "mirror live / report", "rows",
        "late live / report", "grade rows", "cues only live / report", "waits s", "corrections",
        title="Live beside the report",
    )  # fmt: skip
    for run in runs:
        known = run.differences or [np.nan]
        table.add_row(
            run.name, run.model, f"{run.delay_ms:.0f}", f"{run.score:.0f}", f"{np.median(known):.1f}",
            f"{max(known):.0f}", f"{np.median(run.shown or [np.nan]):.0f}, {max(run.shown or [np.nan]):.0f}",
            str(run.said_wrong or ""), f"{run.mirrored} / {run.report_mirrored}",
            str(run.mirror_rows or ""), f"{_ms(run.late_ms)} / {_ms(run.report_late_ms)}",
            f"{run.grade_rows}/{run.rows}", f"{run.only_live} / {run.only_report}",
            ", ".join("never" if wait is None else f"{wait:.1f}" for wait in run.waits),
            f"{run.corrections}" + (" FALSE" if run.corrections and run.name in FAULTLESS else ""),
        )  # fmt: skip
    return table


def main() -> int:
    """Dance every take and print the table."""
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("folders", type=Path, nargs="+")
    parser.add_argument("--cache", type=Path, default=DEFAULT_CACHE)
    parser.add_argument("--jobs", type=int, default=2)
    parser.add_argument("--only", action="append", help="a take; may be given again")
    parser.add_argument("--model", choices=MODELS, help="one of the networks only")
    parser.add_argument("--delay", type=float, action="append", help="of the camera, seconds; may be given again")
    parser.add_argument("--each", action="store_true", help="every half second of every take as well")
    parser.add_argument("--json", action="store_true")
    arguments = parser.parse_args()
    cases = [case for folder in arguments.folders for case in cases_of(folder)]
    cases = [case for case in cases if not arguments.only or case.name in arguments.only]
    models = (arguments.model,) if arguments.model else MODELS
    for case in cases:  # the networks have threads of their own
        dance_of(case.reference, arguments.cache)
        for model in models:
            poses_by(case.clip, model, arguments.cache)
    jobs = [
        (case, model, delay, arguments.cache)
        for case in cases
        for model in models
        for delay in arguments.delay or DELAYS_S
    ]
    with get_context("spawn").Pool(arguments.jobs) as pool:
        runs = pool.map(hold, jobs, chunksize=1)
    if arguments.json:
        print(json.dumps({"summary": summary_of(runs), "runs": [asdict(run) for run in runs]}, indent=1, default=float))
        return 0
    console = Console(width=200)
    console.print(table_of(runs))
    for run in runs if arguments.each else ():
        rows = " ".join(f"{t:.1f}:{_ms(live)}/{_ms(told)}({_ms(shown)})" for t, live, told, shown in run.timeline)
        console.print(
            f"{run.name} {run.model} {run.delay_ms:.0f}: {rows}\n  live {run.live_cues}\n  report {run.report_cues}"
        )
    for name, value in summary_of(runs).items():
        console.print(f"{name}: {value if not isinstance(value, float) else round(value, 2)}")
    return 0


if __name__ == "__main__":
    sys.exit(main())
