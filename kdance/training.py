"""Use case: a practice session. Owns the order of things, and no maths."""

from __future__ import annotations

import time
from collections import deque
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import datetime
from math import ceil

import numpy as np

from kdance.config import Settings
from kdance.errors import CameraLostError
from kdance.evaluation import Dance, TakeOptions, facts_of, feedback_record
from kdance.feedback.rules import RulesCoach
from kdance.motion.live_comparison import LiveComparison, MirrorChoice
from kdance.motion.timeline import SNAPSHOT_S, Observation, lasting_errors
from kdance.pose import Frame, Pose
from kdance.practice_view import LiveState, PracticeView
from kdance.records import FeedbackRecord, Status
from kdance.report.measurements import nearest
from kdance.sessions import SessionStore, Snapshot
from kdance.take import HandLook, Outcome, StopSignals, TakeLog, finish, is_over, start_session
from kdance.video.frames import FrameSource, open_source
from kdance.video.pose_extraction import open_pose_estimator

Estimate = Callable[[Frame], Pose | None]
"""Finds the body, and where wanted the hands, in a frame."""

# How long a loop that waits for a frame sleeps before it looks at the window and at Ctrl-C again.
_WAIT_S = 0.01
# How long a tip stays in the window: long enough to be read, too short to be out of date.
TIP_S = 3.0
# How long the window stays for space to be pressed: after q, and after the dance came to its end.
AFTER_QUIT_S = 4.0
AFTER_END_S = 20.0


@dataclass(frozen=True, slots=True, kw_only=True)
class TrainingOptions:
    """What was asked for on the command line.

    Attributes:
        source: Webcam number, path or URL.
        countdown: Seconds before the dance begins.
        seconds: End after this many; ``None`` for no limit.
        at_own_pace: Whether a file runs as a camera would have; otherwise as fast as it can.
        take: What the score depends on.
    """

    source: int | str
    countdown: float
    seconds: float | None
    at_own_pace: bool
    take: TakeOptions


def train(
    dance: Dance,
    options: TrainingOptions,
    settings: Settings,
    store: SessionStore,
    view: PracticeView,
    signals: StopSignals,
) -> Outcome:
    """One session, from the countdown to the stored report.

    Args:
        dance: The reference.
        options: What was asked for.
        settings: Camera, model, coach.
        store: Where the session is kept, from its first half second on.
        view: The window, or none.
        signals: Ctrl-C.

    Raises:
        VideoError: The camera or the video can't be opened.
        StoreError: The session store can't be opened or written at all.
    """
    with (
        open_source(options.source, camera=settings.camera) as source,
        open_pose_estimator(settings.pose.model, min_confidence=settings.pose.min_confidence) as estimator,
        HandLook(wanted=options.take.hands) as hands,
    ):
        try:
            if not _count_down(source, view, signals, options.countdown):
                status: Status = "interrupted" if signals.received else "completed"
                return Outcome(None, status, by_signal=signals.received)
        except CameraLostError as error:
            return Outcome(None, "interrupted", error)
        start = start_session(dance, source.name, options.take, datetime.now().astimezone())
        with store.start(start) as writer:
            log = TakeLog(writer)
            session = _Session(dance, options, settings, log, view)
            lost = session.run(source, lambda frame: hands.at(frame, estimator.estimate(frame)), signals)
            source.close()
            view.show_waiting()
            return finish(log, dance, options.take, start, signals, lost)


def practise(
    dance: Dance,
    options: TrainingOptions,
    settings: Settings,
    store: SessionStore,
    view: PracticeView,
    signals: StopSignals,
) -> Iterator[Outcome]:
    """One session after the other, until the dancer doesn't press space any more; arguments as of :func:`train`."""
    while True:
        view.renew()
        outcome = train(dance, options, settings, store, view, signals)
        yield outcome
        if outcome.report is None or outcome.error is not None or signals.received:
            return
        view.show_end(outcome.report)
        if not _wants_again(view, signals, AFTER_QUIT_S if view.wants_to_quit else AFTER_END_S):
            return


def _wants_again(view: PracticeView, signals: StopSignals, seconds: float) -> bool:
    """Whether the dancer presses space within some seconds, rather than q or nothing."""
    if not view.is_open:
        return False
    view.renew()
    end = time.monotonic() + seconds
    while time.monotonic() < end and not (signals.received or view.wants_to_quit):
        view.poll(20)
        if view.wants_again:
            return True
    return False


def _count_down(source: FrameSource, view: PracticeView, signals: StopSignals, seconds: float) -> bool:
    """Give the dancer time to step back; whether they still want to dance."""
    end = time.monotonic() + seconds
    while (left := end - time.monotonic()) > 0:
        frame = source.read(timeout=_WAIT_S) if source.is_live else None
        view.count_down(frame, ceil(left))
        view.poll(1 if source.is_live else 20)
        if not source.is_live:
            time.sleep(min(_WAIT_S, left))
        if signals.received or view.wants_to_quit:
            return False
    return True


class _Session:
    """The loop over the frames of one session."""

    def __init__(
        self, dance: Dance, options: TrainingOptions, settings: Settings, log: TakeLog, view: PracticeView
    ) -> None:
        take = options.take
        chance = dance.chance(take.strictness)
        plain, mirrored = (
            LiveComparison(dance.motion(mirrored=mirror), chance, strictness=take.strictness, free=take.free)
            for mirror in (False, True)
        )
        self._choice = MirrorChoice(plain, mirrored)
        if take.mirror != "auto":
            self._choice = MirrorChoice(mirrored if take.mirror == "on" else plain)
        self._dance, self._options, self._log, self._view = dance, options, log, view
        self._coach = RulesCoach(settings.feedback.cue_interval)
        self._state = LiveState()
        self._tip_until = 0.0
        self._next_snapshot = SNAPSHOT_S
        self._last_errors: np.ndarray | None = None
        self._shown_at: deque[float] = deque(maxlen=30)

    def run(self, source: FrameSource, estimate: Estimate, signals: StopSignals) -> CameraLostError | None:
        """Until the dance, the file, the time or the dancer's patience ends; gives the camera's end if that was it."""
        try:
            for frame in self._frames(source, signals):
                self._take_in(frame, estimate)
        except CameraLostError as error:
            return error
        finally:
            if self._log.last_time is not None:
                self._snapshot(self._log.last_time)
        return None

    def _frames(self, source: FrameSource, signals: StopSignals) -> Iterator[Frame]:
        """The frames of the session, their times counted from the first."""
        first: float | None = None
        began = time.monotonic()
        while not (source.ended or signals.received or self._view.wants_to_quit):
            frame = source.read(timeout=_WAIT_S)
            if frame is None:
                self._view.poll()
                continue
            first = frame.time if first is None else first
            frame = Frame(frame.image, frame.time - first)
            if is_over(self._dance, self._options.take, frame.time, self._options.seconds):
                return
            while self._options.at_own_pace and not source.is_live and time.monotonic() - began < frame.time:
                self._view.poll(max(1, int(1000 * (frame.time - (time.monotonic() - began)))))
                if signals.received or self._view.wants_to_quit:
                    return
            yield frame

    def _clock(self, taken: float) -> float:
        offset = self._options.take.offset or 0.0
        return float(self._dance.clock(np.asarray(taken), offset, loop=self._options.take.loop))

    def _take_in(self, frame: Frame, estimate: Estimate) -> None:
        pose = estimate(frame)
        while frame.time > self._next_snapshot + 1e-6:
            self._snapshot(self._next_snapshot)
            self._next_snapshot += SNAPSHOT_S
        self._log.add(pose, frame.time)
        self._state.scores = self._choice.update(pose, frame.time, self._clock(frame.time))
        self._state.clock = float(self._state.scores.clock[0])
        self._shown_at.append(time.monotonic())
        span = self._shown_at[-1] - self._shown_at[0]
        self._state.fps = (len(self._shown_at) - 1) / span if span > 0 else 0.0
        self._view.show(frame, pose, self._state)
        self._view.poll()

    def _snapshot(self, timestamp: float) -> None:
        """Observe, coach and store the half second that ends here; never waits."""
        observation = self._choice.best.observe(timestamp)
        self._state.observation = observation
        said = self._coach_on(observation)
        snapshot = Snapshot(
            timestamp=timestamp,
            pose_score=observation.pose,
            motion_score=observation.motion,
            combined_score=observation.combined,
            best_match_idx=self._match(observation),
        )
        mirrored = self._mirrored
        self._log.hand_over(snapshot, mirrored=mirrored, feedback=said)
        notes = {"mirrored": mirrored is True, "not being saved": self._log.writer.problem is not None}
        self._state.notes = tuple(note for note, is_so in notes.items() if is_so)

    @property
    def _mirrored(self) -> bool | None:
        """Whether the mirror image is danced; ``None`` as long as nobody knows."""
        asked = self._options.take.mirror
        if asked == "auto":
            return self._choice.is_mirrored if self._choice.is_decided else None
        return asked == "on"

    def _coach_on(self, observation: Observation) -> tuple[FeedbackRecord, ...]:
        """Ask the coach; what they said, if anything."""
        now = observation.errors
        before = now if self._last_errors is None else self._last_errors
        lasting = lasting_errors(np.stack([before, now]), band=self._options.take.error_band)[1]
        if observation.standing_still or observation.wrong_dance:
            lasting = np.full_like(now, np.nan)
        self._last_errors = now
        facts = facts_of(
            observation,
            lasting,
            self._choice.best.lateness,
            seconds_per_count=self._dance.reference.info.seconds_per_count,
            best_match_idx=self._match(observation),
        )
        tip = self._coach.observe(facts)
        if tip is not None:
            self._state.tip, self._tip_until = tip, observation.timestamp + TIP_S
        elif observation.timestamp > self._tip_until:
            self._state.tip = None
        return () if tip is None else (feedback_record(tip, facts),)

    def _match(self, observation: Observation) -> int | None:
        if not np.isfinite(observation.position):
            return None
        return nearest(self._dance.reference.sequence.times, observation.position)
