"""A take while it is danced: compared, coached and handed to the store, half a second at a time."""

from __future__ import annotations

from dataclasses import replace
from typing import Final

import numpy as np

from kdance.coach.facts import Facts, Spot, Tip, facts_of
from kdance.coach.live_coach import LiveCoach, Picture
from kdance.coach.replay import feedback_record
from kdance.motion.course import phrase_ended
from kdance.motion.live_comparison import LiveComparison, MirrorChoice
from kdance.motion.scoring import FrameScores
from kdance.motion.timeline import SNAPSHOT_S, Observation, lasting_errors
from kdance.pose import Pose
from kdance.practice.contract import Image
from kdance.practice.running_scores import RunningScores
from kdance.practice.session import Session
from kdance.practice.state import Note, TakeState, joint_errors
from kdance.practice.take_log import TakeLog
from kdance.practice.transport import Place
from kdance.review.measurements import nearest
from kdance.review.record import FeedbackRecord
from kdance.store import Snapshot
from kdance.words.numbers import minutes

TIP_S: Final = 3.0
"""How long a tip stays in the window: long enough to be read, too short to be out of date."""
_GAP_S: Final = 0.1
_FRAME_S: Final = 1 / 30
_HELD_S: Final = 3.0  # the longest window of a score


class LiveTake:
    """What was danced so far.

    Args:
        session: What is danced and what its score depends on; the room speaks the tips.
        coach: Says what is worth saying.
        log: Takes every frame.

    Attributes:
        state: What is known by now; a new one after every frame.
        options: What the score depends on; the mirror is to be found out once the dancer has said otherwise.
        scores: Of the run, the sections and the phrases.
        said: What the coach has said so far.
        time: Seconds of dancing at the newest frame.
    """

    def __init__(self, session: Session, coach: LiveCoach, log: TakeLog) -> None:
        dance, options = session.dance, session.options.take
        chance = dance.chance(options.strictness)
        self._by_mirror = {
            mirrored: LiveComparison(
                dance.motion(mirrored=mirrored),
                chance,
                strictness=options.strictness,
                free=options.free,
                forgiven=options.forgiven,
            )
            for mirrored in (False, True)
        }
        self._choice = MirrorChoice(self._by_mirror[False], self._by_mirror[True])
        if options.mirror != "auto":
            self._choice = MirrorChoice(self._by_mirror[options.mirror == "on"])
        self._told_mirrored = None if options.mirror == "auto" else options.mirror == "on"
        self._dance, self.options, self._coach, self._log = dance, options, coach, log
        self._room, self._clock = session.room, session.clock
        self.state = TakeState(notes=("ai_on",) if coach.is_ai else ())  # from the first frame on
        self._newest: tuple[Image, Pose | None] | None = None
        self.scores = RunningScores(dance)
        self.said: list[FeedbackRecord] = []
        self.time = 0.0
        self._run: int | None = None
        self._moment = self._offset = self._position = 0.0
        self._speed = 1.0
        self._phrase_end = False
        self._next_snapshot = SNAPSHOT_S
        self._tip_until = 0.0
        self._last_errors: np.ndarray | None = None
        self._run_began = -np.inf
        self._shown_score: float | None = None

    def add(self, image: Image, pose: Pose | None, place: Place, moment: float, *, speed: float) -> None:
        """Take in a frame that was danced.

        Args:
            image: The frame's picture; kept only until the next one comes.
            pose: Who was seen.
            place: Where the song was when it was taken.
            moment: When that was.
            speed: Song seconds a second, as it was shown last.
        """
        self._speed = speed
        taken = self.time_of(place, moment)
        self._offset = moment - taken
        while taken > self._next_snapshot + 1e-6:
            self._snapshot(self._next_snapshot)
            self._next_snapshot += SNAPSHOT_S
        self._notice_run_and_phrase(place)
        self._newest = (image, pose)
        self.time, self._run, self._moment, self._position = taken, place.run, moment, place.position
        self._log.add(pose, taken, place.position, place.run)
        scores = self._choice.update(pose, place.position, place.position, taken=taken, speed=speed)
        position = float(scores.clock[0]) if self.options.free else None
        self.state = replace(self.state, scores=scores, score=self._score_to_show(scores), position=position)

    def _score_to_show(self, scores: FrameScores) -> float | None:
        """The score now; in the first seconds of a run, which is too short for one, that of the run before."""
        score = float(scores.combined[0])
        if np.isfinite(score):
            self._shown_score = score
            return score
        is_seen = bool(np.isfinite(scores.errors[0]).any())
        return self._shown_score if is_seen and self.time - self._run_began < _HELD_S else None

    def end(self, *, speed: float) -> None:
        """Observe and store what has come since the last half second; ``speed`` as of :meth:`add`."""
        self._speed = speed
        if self._log.last_time is not None:
            self._snapshot(self._log.last_time)

    @property
    def mirrored(self) -> bool | None:
        """Whether the mirror image is danced; ``None`` as long as nobody knows."""
        if self._told_mirrored is not None:
            return self._told_mirrored
        return self._choice.is_mirrored if self._choice.is_decided else None

    def tell_mirrored(self, mirrored: bool) -> None:
        """From now on the mirror image is danced, or is not; the report finds out which fits better."""
        self._told_mirrored = mirrored
        self._choice = MirrorChoice(self._by_mirror[mirrored])
        self._choice.begin_run()
        self.state = replace(self.state, mirrored=mirrored, is_told_plain=not mirrored)
        self.options = self.options.model_copy(update={"mirror": "auto"})

    def time_of(self, place: Place, moment: float) -> float:
        """Seconds of dancing at a moment, later than the last frame's: pauses and count-ins are left out."""
        if self._run is None:
            return 0.0
        if place.run != self._run and moment - self._moment > _GAP_S:
            return self.time + _FRAME_S
        return moment - self._offset

    def _notice_run_and_phrase(self, place: Place) -> None:
        """A new run begins anew for whatever looks back; a phrase that ends is when the coach speaks."""
        if self._run is None:
            return
        is_new = place.run != self._run
        if is_new:
            self._choice.begin_run()
            self._run_began = self.time
            self.scores.begin_run()
        grid = self._dance.grid
        if grid is not None:
            before, now = (np.array([grid.count_at(position)]) for position in (self._position, place.position))
            self._phrase_end |= bool(phrase_ended(before, now, np.array([is_new]))[0])

    def _snapshot(self, timestamp: float) -> None:
        """Observe, coach and store the half second that ends here; never waits."""
        observation = self._choice.best.observe(timestamp)
        self.state = replace(self.state, observation=observation)
        said = self._coach_on(observation)
        snapshot = Snapshot(
            timestamp=timestamp,
            pose_score=observation.pose,
            motion_score=observation.motion,
            combined_score=observation.combined,
            best_match_idx=self._match(observation),
        )
        self._log.hand_over(snapshot, mirrored=self.mirrored, feedback=said)
        ended = None if self._run is None else self.scores.add(observation, self._run)
        self.state = replace(
            self.state,
            phrase=self.state.phrase if ended is None else (ended, self._clock.now()),
            section_scores=self.scores.sections,
            mirrored=self.mirrored,
            notes=self._notes(),
        )

    def _notes(self) -> tuple[Note, ...]:
        """What is unusual about the take, the most important first."""
        is_off = self._coach.problem is not None  # told in a line after the dance: a terminal may be slow
        notes: dict[Note, bool] = {
            "not_saved": self._log.writer.problem is not None,
            "ai_on": self._coach.is_ai and not is_off,
            "ai_off": is_off,
            "mirrored": self.mirrored is True,
        }
        return tuple(note for note, is_so in notes.items() if is_so)

    def _coach_on(self, observation: Observation) -> tuple[FeedbackRecord, ...]:
        """Ask the coach; what they said, if anything."""
        now = observation.errors
        before = now if self._last_errors is None else self._last_errors
        spread = np.stack([observation.spread, observation.spread])
        lasting = lasting_errors(np.stack([before, now]), spread, band=self.options.error_band)[1]
        if observation.standing_still or observation.wrong_dance:
            lasting = np.full_like(now, np.nan)
        self._last_errors = now
        facts = facts_of(
            observation,
            lasting,
            self._choice.best.lateness,
            seconds_per_count=self._dance.reference.info.seconds_per_count,
            best_match_idx=self._match(observation),
            speed=self._speed,
            forgiven=self.options.forgiven,
            phrase_end=self._phrase_end or self.options.free,
        )
        self._phrase_end = False
        tip = self._ask(facts, observation.reference_time)
        if tip is not None:
            self.state, self._tip_until = replace(self.state, tip=tip), observation.timestamp + TIP_S
            self._room.say(tip)
            self.said.append(feedback_record(tip, facts, self._coach.source))
            return (self.said[-1],)
        if observation.timestamp > self._tip_until:
            self.state = replace(self.state, tip=None)
        return ()

    def _ask(self, facts: Facts, reference_time: float) -> Tip | None:
        # At a phrase's end the coach speaks of the phrase, which lay in the section that may just have ended.
        before = SNAPSHOT_S * self._speed if facts.phrase_end else 0.0
        return self._coach.observe(facts, self._spot(reference_time - before), self._picture())

    def _picture(self) -> Picture | None:
        """Makes the picture that may go with a question to a model, of what was danced last."""
        if self._room.picture_maker is None or self._newest is None:
            return None
        return self._room.picture_maker(
            *self._newest,
            mirrored=self.mirrored is True,
            errors=joint_errors(self.state.scores),
            error_band=self.options.error_band,
        )

    def _spot(self, reference_time: float) -> Spot:
        """Where in the dance, for a coach that takes its time: an answer for another place comes too late."""
        run = self._run or 0
        if not np.isfinite(reference_time):
            return Spot(run)
        section = max(self.scores.section_at(reference_time), 0)
        start, end = self._dance.reference.info.sections[section]
        return Spot(run, section, f"{minutes(start)}-{minutes(end)}")

    def _match(self, observation: Observation) -> int | None:
        if not np.isfinite(observation.position):
            return None
        return nearest(self._dance.reference.sequence.times, observation.position)
