"""A scripted learner takes a course: what was due when, and why.

    python benchmarks/learner.py [VIDEO | REFERENCE_FOLDER | CLIP.npz ...] [--lessons 10] [--every 1,1,2] [--home DIR]

Takes are made of a reference's own landmarks: an arm too low, late, unsteady, more so at full speed. Every round of an
8-count makes its errors smaller, at its repeats half as much, every day away lets them grow again. The lessons are held
by `practice.lesson`, scored and stored as every session is; only the camera and the pose network are left out. Without
an argument the built-in dance is learnt; clips as `people.py` reads them are one routine.
"""

from __future__ import annotations

import argparse
import tempfile
from collections.abc import Iterator
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta
from pathlib import Path

import numpy as np
from people import clip, dance_of, joined

import kdance
from kdance.config import PoseSettings, Settings
from kdance.dance.dance import Dance
from kdance.dance.process_video import VideoPart, process_video
from kdance.dance.references import load_reference
from kdance.learning.course import Course as Lessons
from kdance.learning.history import part_key
from kdance.motion.course import Course
from kdance.motion.repeats import first_times
from kdance.motion.speed_ladder import SpeedLadder
from kdance.pose import PoseSequence
from kdance.practice.clocks import CLOCK
from kdance.practice.contract import NoView
from kdance.practice.lesson import counts_of, course_of, hold_lesson
from kdance.practice.options import TrainingOptions
from kdance.practice.reporting import report_of
from kdance.practice.room import Room
from kdance.practice.session import Session
from kdance.practice.signals import StopSignals
from kdance.practice.take import Outcome, start_session
from kdance.practice.transport import Practice
from kdance.review.evaluation import evaluate
from kdance.review.options import TakeOptions
from kdance.review.record import SessionReport
from kdance.store import SessionStore, Snapshot, open_store
from kdance.words import course as words
from kdance.words.phrases import load_phrases

FPS = 30.0
LEFT_ARM, LEFT_SHOULDER = [13, 15, 17, 19, 21], 11


@dataclass
class Skill:
    """How wrong an 8-count is danced.

    Attributes:
        arm_deg: The left arm too low by so many degrees.
        late_s: Late by so many seconds.
        shake: Unsteady by so many metres.
        timid: Share of the movement that isn't made: 1 stands still.
    """

    arm_deg: float
    late_s: float
    shake: float
    timid: float = 0.0

    def times(self, share: float) -> Skill:
        """The same errors, larger or smaller; none beyond the worst."""
        worst = (WORST.arm_deg, WORST.late_s, WORST.shake, WORST.timid)
        values = (self.arm_deg, self.late_s, self.shake, self.timid)
        return Skill(*(min(value * share, most) for value, most in zip(values, worst, strict=True)))


def take_of(
    dance: Dance,
    practice: Practice,
    skill: dict[float, Skill],
    *,
    rounds: int = 1,
    speeds: list[float] | None = None,
    seed: int = 0,
) -> tuple[PoseSequence, Course]:
    """A take of a part of the dance in some rounds, 30 frames a second, and its course."""
    end = dance.plain.duration if practice.end is None else practice.end
    position, run, times, now = [], [], [], 0.0
    for number in range(rounds):
        speed = (speeds or [practice.speed])[min(number, len(speeds or [0]) - 1)]
        steps = np.arange(int((end - practice.start) / speed * FPS)) / FPS
        position.append(practice.start + steps * speed)
        run.append(np.full(len(steps), number))
        times.append(now + steps)
        now += len(steps) / FPS
    course = Course(np.concatenate(position), np.concatenate(run))
    starts = np.array(sorted(skill))
    skills = [skill[starts[index]] for index in np.clip(np.searchsorted(starts, course.position, "right") - 1, 0, None)]
    late, arm, shake, timid = (
        np.array([getattr(one, name) for one in skills]) for name in ("late_s", "arm_deg", "shake", "timid")
    )
    sequence = dance.reference.sequence
    source = np.clip(course.position - late, 0, sequence.times[-1])
    before = np.clip(np.searchsorted(sequence.times, source, "right") - 1, 0, len(sequence) - 2)
    share = ((source - sequence.times[before]) / np.diff(sequence.times)[before])[:, None, None]
    landmarks = sequence.landmarks[before] * (1 - share) + sequence.landmarks[before + 1] * share
    world = sequence.world[before] * (1 - share) + sequence.world[before + 1] * share
    random = np.random.default_rng(seed)
    size = float(np.nanmedian(np.ptp(landmarks[:, :, 1], axis=1))) / 1.7
    noise = random.normal(0, 1, world.shape) * shake[:, None, None]
    for points, scale in ((landmarks, size), (world, 1.0)):
        np.subtract(points, timid[:, None, None] * (points - points.mean(axis=0, keepdims=True)), out=points)
        _lower(points, arm)
        points[..., :2] += noise[..., :2] * scale
    return PoseSequence(landmarks.astype(np.float32), world.astype(np.float32), np.concatenate(times)), course


def _lower(points: np.ndarray, degrees: np.ndarray) -> None:
    """Turn the left arm around its shoulder in the picture."""
    turn = np.radians(degrees)[:, None]
    x, y = (points[:, LEFT_ARM, axis] - points[:, [LEFT_SHOULDER], axis] for axis in (0, 1))
    points[:, LEFT_ARM, 0] = points[:, [LEFT_SHOULDER], 0] + x * np.cos(turn) - y * np.sin(turn)
    points[:, LEFT_ARM, 1] = points[:, [LEFT_SHOULDER], 1] + x * np.sin(turn) + y * np.cos(turn)


def dance_it(
    store: SessionStore, dance: Dance, practice: Practice, take: PoseSequence, course: Course, now: datetime
) -> SessionReport:
    """The take as a session in the store, the way every session goes."""
    options = TakeOptions(loop=practice.loop, speed=practice.speed)
    start = start_session(dance, "a scripted learner", options, now)
    with store.start(start) as writer:
        half = round(FPS / 2)
        for first in range(0, len(take), half):
            part = slice(first, first + half)
            frames = PoseSequence(take.landmarks[part], take.world[part], take.times[part])
            snapshot = Snapshot(
                timestamp=float(frames.times[-1]),
                pose_score=None,
                motion_score=None,
                combined_score=None,
                best_match_idx=None,
            )
            writer.append(snapshot, frames, course[part])
        report = report_of(evaluate(take, dance, options, course), start, "completed")
        writer.finish(report)
    return report


LEARNS = 0.93  # what is left of an error after a round
ALONG = 0.5  # share of that at a repeat that wasn't danced
FORGETS = 1.12  # how an error grows in a day
WORST = Skill(120.0, 0.9, 0.05, 0.95)


@dataclass
class Learner:
    """Somebody who learns.

    Attributes:
        dance: What they learn.
        skill: How wrong each 8-count is by now, by its start.
        now: Their calendar.
        repeats: Start of the first 8-count that dances the same, by the start of each.
    """

    dance: Dance
    skill: dict[float, Skill]
    now: datetime
    repeats: dict[float, float]
    seed: int = 0
    told: list[str] = field(default_factory=list)

    @classmethod
    def beginner(cls, dance: Dance, now: datetime) -> Learner:
        """Somebody who knows nothing of it; every third 8-count is hard for them."""
        share = [1.0 if number % 3 == 2 else 0.7 for number in range(len(dance.sections))]
        skill = {start: WORST.times(much) for (start, _), much in zip(dance.sections, share, strict=True)}
        firsts = first_times(dance.plain, dance.sections, dance.chance("normal"))
        starts = [start for start, _ in dance.sections]
        return cls(dance, skill, now, {start: starts[first] for start, first in zip(starts, firsts, strict=True)})

    def hold(self, session: Session) -> Outcome:
        """Dance a session as the practice loop would have it: round by round, up and down the ladder of speeds."""
        options, practice = session.options, session.options.practice
        ladder, takes = SpeedLadder(practice.speed), []
        end = self.dance.plain.duration if practice.end is None else practice.end
        for _ in range(options.rounds or 1):
            part = replace(practice, speed=ladder.speed)
            self.seed += 1
            at_speed = {start: one.times(ladder.speed) for start, one in self.skill.items()}
            take, course = take_of(self.dance, part, at_speed, seed=self.seed)
            scored = evaluate(take, self.dance, TakeOptions(speed=ladder.speed), course)
            takes.append((take, course))
            danced = {start for start in self.skill if practice.start - 0.1 <= start < end - 0.1}
            known = {self.repeats[start] for start in danced}
            for start, one in self.skill.items():
                if start in danced:
                    self.skill[start] = one.times(LEARNS)
                elif self.repeats[start] in known:
                    self.skill[start] = one.times(LEARNS**ALONG)
            ladder, news = ladder.after(scored.measurements.average_similarity)
            if news in ("mastered", "mastered_full_speed"):
                break
        take, course = _joined(takes)
        report = dance_it(session.store, self.dance, practice, take, course, self.now)
        self.now += timedelta(seconds=report.total_duration + 10)
        return Outcome(report, "completed")

    def sleep(self, days: int) -> None:
        """Let days pass, and forget a bit."""
        self.now += timedelta(days=days)
        for start, one in self.skill.items():
            self.skill[start] = one.times(FORGETS**days)


def _joined(takes: list[tuple[PoseSequence, Course]]) -> tuple[PoseSequence, Course]:
    """Rounds one after the other."""
    frames, positions, runs, now = [], [], [], 0.0
    for number, (take, course) in enumerate(takes):
        frames.append((take.landmarks, take.world, take.times + now))
        positions.append(course.position)
        runs.append(np.full(len(course), number))
        now += len(take) / FPS
    landmarks, world, times = (np.concatenate(parts) for parts in zip(*frames, strict=True))
    return PoseSequence(landmarks, world, times), Course(np.concatenate(positions), np.concatenate(runs))


def lessons(
    learner: Learner, store: SessionStore, days: list[int], minutes: float
) -> Iterator[tuple[datetime, Lessons]]:
    """A lesson after each of some days away: when, and the course after it."""
    phrases, counts = load_phrases("en"), counts_of(learner.dance)
    for away in days:
        learner.sleep(away)
        began = learner.now
        session = Session(
            dance=learner.dance,
            options=TrainingOptions(source="", countdown=0.0, seconds=None, at_own_pace=False, judging=TakeOptions()),
            settings=Settings(),
            store=store,
            room=Room(NoView()),
            signals=StopSignals(),
            clock=replace(CLOCK, today=lambda: learner.now),
        )
        until = began.replace(hour=0, minute=0, second=0) + timedelta(days=1)
        course = course_of(learner.dance, store)
        for done in hold_lesson(session, course, seconds=60 * minutes, until=until, dance=learner.hold):
            course = done.course
            result = course.done[-1].result
            known = [card.due for card in course.cards if part_key(card.start) in done.step.parts and card.due]
            learner.told.append(
                f"{began:%d %b}  {words.step(done.step, counts, phrases):<46} "
                f"{'-' if result is None else words.how_well(*result, phrases):<12} "
                f"{'' if not known or done.step.kind == 'half' else f'again {min(known):%d %b}'}"
            )
        yield began, course


def reference_of(sources: list[Path], folder: Path) -> Dance:
    """The dance to learn: a reference as it lies, or made of a video, or of clips of landmarks."""
    if sources and sources[0].is_dir():
        return Dance.of(load_reference(sources[0].parent, sources[0].name))
    if sources and sources[0].suffix == ".npz":
        clips = [clip(source.parent, source.stem) for source in sources]
        return dance_of(joined(clips, [len(one) for one in clips]))
    video = sources[0] if sources else Path(kdance.__file__).parent / "demo" / "demo.mp4"
    part = VideoPart(video=video, name="learnt")
    settings = PoseSettings(hands=False)
    return Dance.of(process_video(part, folder / "references", settings=settings, force=True, progress=lambda *_: None))


def main() -> None:
    """Learn, and print what was due when."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("source", nargs="*", type=Path)
    parser.add_argument("--lessons", type=int, default=10)
    parser.add_argument("--every", default="1,1,2", help="days between lessons, over and over")
    parser.add_argument("--minutes", type=float, default=15)
    parser.add_argument("--home", type=Path, help="a KDANCE_HOME to leave the sessions in")
    asked = parser.parse_args()
    every = [int(days) for days in asked.every.split(",")]
    days = [every[number % len(every)] for number in range(asked.lessons)]
    began = datetime(2026, 11, 1, 19, 0, tzinfo=UTC)
    with tempfile.TemporaryDirectory() as temporary:
        home = asked.home or Path(temporary)
        dance = reference_of(asked.source, home)
        with open_store(home / "sessions.db") as store:
            learner = Learner.beginner(dance, began)
            for when, course in lessons(learner, store, days, asked.minutes):
                print(*learner.told or [f"{when:%d %b}  nothing is due"], sep="\n")
                learner.told.clear()
                clean = sum(card.is_clean for card in course.cards)
                fresh = sum(card.is_new for card in course.cards)
                print(f"{when:%d %b}  = {clean} of {len(course.cards)} at full speed, {fresh} new\n")


if __name__ == "__main__":
    main()
