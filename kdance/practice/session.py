"""Use case: a practice session. Owns the order of things, and no maths."""

from __future__ import annotations

import time
from collections.abc import Iterator
from contextlib import ExitStack
from dataclasses import replace
from datetime import datetime

from kdance.capture.frames import FrameSource, open_source
from kdance.capture.pose_extraction import PoseEstimator, open_pose_estimator
from kdance.coach.live_coach import NOT_TRUE, LiveCoach, spent
from kdance.config import Settings
from kdance.errors import CameraLostError, StoreError
from kdance.practice.contract import PracticeView
from kdance.practice.ending import reword
from kdance.practice.getting_ready import check_dancer, count_down
from kdance.practice.hand_look import HandLook
from kdance.practice.live_take import LiveTake
from kdance.practice.loop import SessionLoop
from kdance.practice.options import TrainingOptions
from kdance.practice.pipeline import Estimate, PosePipeline
from kdance.practice.room import Room
from kdance.practice.signals import StopSignals
from kdance.practice.state import LiveState
from kdance.practice.take import Outcome, finish, start_session
from kdance.practice.take_log import TakeLog
from kdance.review.evaluation import Dance
from kdance.review.findings import can_be_worded
from kdance.review.loops import hardest_part
from kdance.review.record import Status
from kdance.store import SessionStore

TOO_SLOW = (
    "The full pose model is too slow for this computer: the light one took over. To begin with it: pose.model: lite"
)
# How long the window stays for space to be pressed: after q, and after the dance came to its end.
AFTER_QUIT_S = 4.0
AFTER_END_S = 20.0


def train(
    dance: Dance, options: TrainingOptions, settings: Settings, store: SessionStore, room: Room, signals: StopSignals
) -> Outcome:
    """One session, from the set-up check to the stored report.

    Args:
        dance: The reference.
        options: What was asked for.
        settings: Camera, model, coach.
        store: Where the session is kept, from its first half second on.
        room: Window and sound.
        signals: Ctrl-C.

    Raises:
        VideoError: The camera or the video can't be opened.
        StoreError: The session store can't be opened or written at all.
    """
    pose = settings.pose
    with (
        open_source(options.source, camera=settings.camera) as source,
        open_pose_estimator(pose.model, min_confidence=pose.min_confidence) as estimator,
        HandLook(wanted=options.take.hands) as hands,
        ExitStack() as spare,
    ):

        def lighter() -> Estimate:
            return _look(spare.enter_context(open_pose_estimator("lite", min_confidence=pose.min_confidence)), hands)

        room.tell_problems()
        wanted = lighter if pose.model == "full" and pose.lite_when_slow else None
        with PosePipeline(source, _look(estimator, hands), lighter=wanted) as pipeline:
            try:
                if not _get_ready(source, pipeline, room.view, signals, options):
                    status: Status = "interrupted" if signals.received else "completed"
                    return Outcome(None, status, by_signal=signals.received)
            except CameraLostError as error:
                return Outcome(None, "interrupted", error)
            return _dance(dance, options, store, room, signals, source, pipeline)


def _dance(
    dance: Dance,
    options: TrainingOptions,
    store: SessionStore,
    room: Room,
    signals: StopSignals,
    source: FrameSource,
    pipeline: PosePipeline,
) -> Outcome:
    start = start_session(dance, source.name, options.take, datetime.now().astimezone())
    with store.start(start) as writer, room.coach() as coach:
        log, state = TakeLog(writer), LiveState()
        take = LiveTake(dance, options.take, coach, log, state, room)
        lost = SessionLoop(dance, options, source, pipeline, take, state, room, signals).run()
        coach.stop_listening()
        pipeline.close()
        source.close()
        if room.playback is not None:
            room.playback.stop()
        room.view.show_waiting()
        room.tell_problems()
        if pipeline.is_light:
            room.tell(TOO_SLOW)
        outcome = finish(log, dance, take.options, start, signals, lost, take.said)
        outcome = replace(outcome, by_dancer=room.view.wants_to_quit)
        return _coached(outcome, coach, store, room, signals)


def _coached(outcome: Outcome, coach: LiveCoach, store: SessionStore, room: Room, signals: StopSignals) -> Outcome:
    """The outcome with the coach's own last word, where a model gives one; the session is stored before and after."""
    if not coach.is_ai or outcome.report is None:
        return outcome
    report = outcome.report
    is_asked = outcome.error is None and not signals.received and can_be_worded(report)
    if is_asked:
        report = reword(report, coach, room, signals)
    if coach.problem is not None:
        room.tell(coach.problem)
    room.tell(spent(coach.usage))
    if report.summary_source == "openai":
        return _kept(replace(outcome, report=report), store)
    if is_asked and coach.problem is None:
        room.tell(f"No summary by the AI coach, this one is by rules. {coach.failure or NOT_TRUE}")
    return outcome


def _kept(outcome: Outcome, store: SessionStore) -> Outcome:
    """The outcome with its new words stored; where they can't be, the dancer reads them nevertheless."""
    assert outcome.report is not None
    try:
        store.reword(outcome.report)
    except StoreError as error:
        return replace(outcome, error=error)
    return outcome


def practise(
    dance: Dance, options: TrainingOptions, settings: Settings, store: SessionStore, room: Room, signals: StopSignals
) -> Iterator[Outcome]:
    """One session after the other, until the dancer has had enough; arguments as of :func:`train`.

    Space dances again what was asked for; d drills the hardest part of what was just danced, in front of a camera.
    """
    view, asked = room.view, options
    can_drill = open_source(options.source, camera=settings.camera).is_live and not options.take.free
    while True:
        view.renew()
        outcome = train(dance, options, settings, store, room, signals)
        yield outcome
        if outcome.report is None or outcome.error is not None or signals.received:
            return
        part = hardest_part(outcome.report) if can_drill else None
        view.show_end(outcome.report, part)
        choices = {"space": asked} if part is None else {"space": asked, "d": asked.drill(part)}
        chosen = _choice(view, signals, frozenset(choices), AFTER_QUIT_S if outcome.by_dancer else AFTER_END_S)
        if chosen is None:
            return
        options = choices[chosen]


def _look(estimator: PoseEstimator, hands: HandLook) -> Estimate:
    return lambda frame: hands.at(frame, estimator.estimate(frame))


def _get_ready(
    source: FrameSource, pipeline: PosePipeline, view: PracticeView, signals: StopSignals, options: TrainingOptions
) -> bool:
    """Whether the dancer is ready and still wants to dance."""
    if source.is_live and view.is_open and options.countdown > 0:
        return check_dancer(source, pipeline, view, signals, options.countdown, gestures=options.gestures)
    return count_down(source, pipeline, view, signals, options.countdown)


def _choice(view: PracticeView, signals: StopSignals, keys: frozenset[str], seconds: float) -> str | None:
    """Which of some keys the dancer presses within some seconds; ``None`` for q or nothing."""
    if not view.is_open:
        return None
    view.renew()
    end = time.monotonic() + seconds
    while time.monotonic() < end and not (signals.received or view.wants_to_quit):
        view.poll(20)
        for key in view.take_keys():
            if key in keys:
                return key
    return None
