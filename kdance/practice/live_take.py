"""A take while it is danced: compared, coached and handed to the store, half a second at a time."""

from __future__ import annotations

from collections.abc import Generator, Iterator
from dataclasses import replace
from typing import Final

import numpy as np

from kdance.coach.facts import Facts, Spot, Tip, facts_of
from kdance.coach.live_coach import LiveCoach, Picture
from kdance.coach.replay import feedback_record
from kdance.dance.dance import Dance
from kdance.motion.course import phrase_ended
from kdance.motion.live_fit import LiveFit
from kdance.motion.scoring import FrameScores
from kdance.motion.settled_scores import SETTLED_S
from kdance.motion.timeline import SNAPSHOT_S, Observation, lasting_errors, mean_known, missed_parts
from kdance.motion.timing import Lateness
from kdance.pose import Pose
from kdance.practice.contract import Image
from kdance.practice.half_seconds import HalfSeconds
from kdance.practice.live_hands import LiveHands
from kdance.practice.running_scores import RunningScores
from kdance.practice.session import Session
from kdance.practice.state import Note, TakeState, joint_errors
from kdance.practice.take_log import TakeLog
from kdance.practice.transport import Place
from kdance.review.measurements import nearest
from kdance.review.options import TakeOptions
from kdance.review.record import FeedbackRecord
from kdance.store import Snapshot, not_yet
from kdance.words.numbers import minutes

TIP_S: Final = 3.0
"""How long a tip stays in the window: long enough to be read, too short to be out of date."""
_GAP_S: Final = 0.1
_FRAME_S: Final = 1 / 30
_MOSTLY: Final = 0.5  # of a half second has to be seen
_DONE: Final = object()


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
        self._fit = self._fit_of(dance, options, None if options.mirror == "auto" else options.mirror == "on")
        self._not_shown = dance.not_shown
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
        self._last: Observation | None = None
        self._halves, self._hands = HalfSeconds(), LiveHands(dance, wanted=options.hands)
        self._shown_at = self._run_began = 0.0
        self._scoring: Iterator[None] = iter(())
        self._is_other_told = False

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
        self._go_on()
        while taken > self._next_snapshot + 1e-6:
            self._snapshot(self._next_snapshot)
            self._next_snapshot += SNAPSHOT_S
        self._notice_run_and_phrase(place, taken)
        self._newest = (image, pose)
        self.time, self._run, self._moment, self._position = taken, place.run, moment, place.position
        self._log.add(pose, taken, place.position, place.run)
        self._hands.add(pose, taken)
        scores = self._fit.update(pose, place.position, place.position, taken=taken, speed=speed)
        position = float(scores.clock[0]) if self.options.free else None
        # The score of the run before is theirs who go on.
        is_left = pose is None and self._shown_at - SNAPSHOT_S < self._run_began
        score = None if is_left else self.state.score
        self.state = replace(self.state, scores=scores, score=score, time=taken, position=position)

    @staticmethod
    def _fit_of(dance: Dance, options: TakeOptions, mirrored: bool | None) -> LiveFit:
        return LiveFit(
            dance.plain, dance.chance(options.strictness), mirrored=mirrored,
            strictness=options.strictness, free=options.free, forgiven=options.forgiven,
        )  # fmt: skip

    def end(self, *, speed: float) -> None:
        """Observe and store what has come since the last half second; ``speed`` as of :meth:`add`."""
        self._speed = speed
        if self._log.last_time is not None:
            self._snapshot(self._log.last_time, is_last=True)
            self._scoring = iter(())  # all of it is scored now, and no phrase flashes any more
        self._settle_all()
        self.state = replace(self.state, section_scores=self.scores.sections)

    def run_score(self) -> float | None:
        """The mean score of the run that has just ended; ``None`` when nothing was measured in it."""
        self._settle_all()
        return self.scores.run_score()

    @property
    def mirrored(self) -> bool | None:
        """Whether the mirror image is danced; ``None`` as long as nobody knows."""
        return self._fit.mirrored

    @property
    def lateness(self) -> Lateness:
        """The constant part of the dancer's lateness as far as it is known by now."""
        return self._fit.lateness

    def tell_mirrored(self, mirrored: bool) -> None:
        """From now on the mirror image is danced, or is not; the report finds out which fits better."""
        self._settle_all()
        self._halves.clear()
        self._hands.begin_run()
        self._fit = self._fit_of(self._dance, self.options, mirrored)
        self.state = replace(self.state, mirrored=mirrored, is_told_plain=not mirrored)
        self.options = self.options.model_copy(update={"mirror": "auto"})

    def time_of(self, place: Place, moment: float) -> float:
        """Seconds of dancing at a moment, later than the last frame's: pauses and count-ins are left out."""
        if self._run is None:
            return 0.0
        if place.run != self._run and moment - self._moment > _GAP_S:
            return self.time + _FRAME_S
        return moment - self._offset

    def _notice_run_and_phrase(self, place: Place, taken: float) -> None:
        """A new run begins anew for whatever looks back; a phrase that ends is when the coach speaks."""
        if self._run is None:
            return
        is_new = place.run != self._run
        if is_new:
            self._settle_all()
            self._halves.clear()
            self._fit.begin_run()
            self._hands.begin_run()
            self._run_began = taken
            self.scores.begin_run()
        grid = self._dance.grid
        if grid is not None:
            before, now = (np.array([grid.count_at(position)]) for position in (self._position, place.position))
            self._phrase_end |= bool(phrase_ended(before, now, np.array([is_new]))[0])

    def _snapshot(self, timestamp: float, *, is_last: bool = False) -> None:
        """Observe, coach and store the half second that ends here; never waits. After the last there is no cue."""
        observation = self._told(self._fit.best.observe(timestamp))
        if self._hands.count and self.state.score is not None:  # arms alone deserve no praise there
            whole = min(observation.combined, self.state.score)
            observation = replace(observation, combined=whole, hands_otherwise=self._hands.otherwise)
        self.state = replace(self.state, observation=observation)
        said = () if is_last else self._coach_on(observation)
        self._log.hand_over(not_yet(timestamp), mirrored=self.mirrored, feedback=said)
        if self._run is not None:
            self._go_on(to_the_end=True)
            self._halves.add(timestamp, self._run)
            self._scoring = self._score(observation)
        self.state = replace(self.state, mirrored=self.mirrored, notes=self._notes())

    def _told(self, observation: Observation) -> Observation:
        """What is told of a half second: that it is another dance only where no lateness and neither side fits.

        Of a dance that has been this one by and large it is told once. Nobody is asked for what the reference doesn't
        show.
        """
        observation = replace(observation, unseen=missed_parts(observation.unseen, self._not_shown))
        is_other = self._fit.nothing_fits and not (self._is_other_told and self._fit.has_fitted)
        return observation if is_other else replace(observation, wrong_dance=False)

    def _score(self, observation: Observation) -> Iterator[None]:
        """Score a half second after the coach has seen it, a part with each of the frames that come."""
        until = observation.timestamp - SETTLED_S * max(1.0, 1 / self._speed)
        phrase = self.scores.phrase_over(observation, self._run or 0)
        frames = yield from self._settle(until, np.inf if phrase is None else phrase[0])
        yield
        if phrase is not None and frames is not None:
            self._flash(frames, *phrase)
        self.state = replace(self.state, section_scores=self.scores.sections)

    def _settle_all(self) -> None:
        """Score what was danced with all of it known: it ends here."""
        self._go_on(to_the_end=True)
        for _ in self._settle(np.inf):
            pass

    def _go_on(self, *, to_the_end: bool = False) -> None:
        """Do the next part of scoring the newest half second, or all that is left."""
        while next(self._scoring, _DONE) is not _DONE and to_the_end:
            pass

    def _settle(self, until: float, also_from: float = np.inf) -> Generator[None, None, FrameScores | None]:
        """Score what was danced: the half seconds that end until then, now that more is known of what came after them.

        The score to show is that of the newest half second, as a report would give it that ended now. Gives the frames
        that were looked at, those after ``also_from`` among them; ``None`` where nothing is due.
        """
        newest, since = self._halves.newest, self._halves.first_due(until, is_settled=self._fit.is_settled)
        if newest is None or since is None:
            return None
        again, first = self._fit.has_fitted, min(since - SNAPSHOT_S, also_from)
        frames = yield from self._fit.best.settling(first)
        frames = self._hands.counted(frames, mirrored=self.mirrored is True)
        for observation, run in self._halves.told(frames, until, speed=self._speed, again=again, since=since):
            self.scores.add(observation, run)
            self._log.score(
                Snapshot(
                    timestamp=observation.timestamp,
                    pose_score=observation.pose,
                    motion_score=observation.motion,
                    combined_score=observation.combined,
                    best_match_idx=self._match(observation),
                )
            )
        inside = frames.combined[frames.times > newest - SNAPSHOT_S]
        is_known = np.isfinite(inside).mean() >= _MOSTLY if len(inside) else False
        if is_known or newest - SNAPSHOT_S >= self._run_began:
            self._shown_at = newest
            self.state = replace(self.state, score=mean_known(inside) if is_known else None)
        return frames

    def _flash(self, frames: FrameScores, start: float, end: float) -> None:
        """Tell the score of the phrase that has just ended, seconds of the take."""
        score = mean_known(frames.combined[(frames.times > start) & (frames.times <= end)])
        if self._fit.is_settled and np.isfinite(score):
            self.state = replace(self.state, phrase=(score, self._clock.now()))

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
        now, before = observation, self._last or observation
        errors, spread = np.stack([before.errors, now.errors]), np.stack([before.spread, now.spread])
        lasting = lasting_errors(errors, spread, band=self.options.error_band)[1]
        is_blameless = observation.standing_still or observation.wrong_dance
        if is_blameless or not (self._fit.is_settled and self._fit.is_this_dance):
            lasting = np.full_like(lasting, np.nan)
        self._last = now
        facts = facts_of(
            replace(observation, lag=self._lag_to_tell(observation)),
            lasting,
            self._lateness_beside(observation),
            seconds_per_count=self._dance.reference.info.seconds_per_count,
            best_match_idx=self._match(observation),
            speed=self._speed,
            forgiven=self.options.forgiven,
            phrase_end=self._phrase_end or self.options.free,
        )
        self._phrase_end = False
        tip = self._ask(facts, observation.reference_time)
        if tip is not None:
            self._is_other_told |= facts.wrong_dance
            self.state, self._tip_until = replace(self.state, tip=tip), observation.timestamp + TIP_S
            self._room.say(tip)
            self.said.append(feedback_record(tip, facts, self._coach.source))
            return (self.said[-1],)
        if observation.timestamp > self._tip_until:
            self.state = replace(self.state, tip=None)
        return ()

    def _lag_to_tell(self, observation: Observation) -> float:
        """Seconds late in a half second; where that can't be told, as late as all along if that is the dancer's own."""
        constant = self._fit.lateness.seconds
        if not self._fit.is_settled:
            return float("nan")
        if np.isfinite(observation.lag) or constant is None or abs(constant) <= self.options.forgiven * self._speed:
            return observation.lag
        return constant

    def _lateness_beside(self, observation: Observation) -> Lateness:
        """The constant lateness, before it is known as much of the half second's as may be the camera's."""
        is_known = self._fit.lateness.seconds is not None
        if is_known or not abs(observation.lag) <= self.options.forgiven * self._speed:
            return self._fit.lateness
        return Lateness(observation.lag, 0.0)

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
