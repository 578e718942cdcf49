"""Use case: a practice session, and the next. Owns the order of things, and no maths."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import ExitStack
from dataclasses import replace

from kdance.capture.dancer_in_room import DancerInRoom
from kdance.capture.frames import FrameSource, open_source
from kdance.capture.pose_extraction import PoseEstimator, open_pose_estimator
from kdance.capture.video_file import VideoFile
from kdance.coach.live_coach import NOT_TRUE, LiveCoach, spent
from kdance.errors import CameraLostError, StoreError
from kdance.practice.ending import choose, reword
from kdance.practice.getting_ready import check_dancer, count_down
from kdance.practice.hand_look import HandLook
from kdance.practice.live_take import LiveTake
from kdance.practice.loop import SessionLoop
from kdance.practice.pipeline import Estimate, PosePipeline
from kdance.practice.score_video import with_small_body
from kdance.practice.session import Session
from kdance.practice.take import Outcome, finish, start_session
from kdance.practice.take_log import TakeLog
from kdance.review.findings import can_be_worded
from kdance.review.loops import hardest_part
from kdance.review.record import Status

TOO_SLOW = (
    "The full pose model is too slow for this computer: the light one took over. To begin with it: pose.model: lite"
)


def dance_once(session: Session) -> Outcome:
    """One session, from the set-up check to the stored report.

    Raises:
        VideoError: The camera or the video can't be opened.
        StoreError: The session store can't be opened or written at all.
    """
    options, signals, pose = session.options, session.signals, session.settings.pose
    with (
        open_source(options.source, camera=session.settings.camera) as source,
        open_pose_estimator(pose.model, min_confidence=pose.min_confidence) as estimator,
        HandLook(wanted=options.take.hands) as hands,
        ExitStack() as spare,
    ):
        dancer = DancerInRoom()

        def lighter() -> Estimate:
            light = spare.enter_context(open_pose_estimator("lite", min_confidence=pose.min_confidence))
            return _look(light, dancer, hands)

        session.room.tell_problems()
        wanted = lighter if pose.model == "full" and pose.lite_when_slow else None
        look, shown = _look(estimator, dancer, hands), options.at_own_pace
        with PosePipeline(source, look, shown=shown, lighter=wanted) as pipeline:
            try:
                if not _get_ready(session, source, pipeline, dancer):
                    status: Status = "interrupted" if signals.received else "completed"
                    return Outcome(None, status, by_signal=signals.received)
            except CameraLostError as error:
                return Outcome(None, "interrupted", error)
            return _dance(session, source, pipeline)


def dance_until_enough(session: Session) -> Iterator[Outcome]:
    """One session after the other, until the dancer has had enough; the reference stays loaded.

    Space dances again what was asked for; d drills the hardest part of what was just danced, in front of a camera.
    """
    view, asked = session.room.view, session.options
    is_live = open_source(asked.source, camera=session.settings.camera).is_live
    can_drill = is_live and not asked.take.free
    while True:
        view.renew()
        outcome = dance_once(session)
        yield outcome
        if outcome.report is None or outcome.error is not None or session.signals.received:
            return
        part = hardest_part(outcome.report) if can_drill else None
        view.show_end(outcome.report, part)
        choices = {"space": asked} if part is None else {"space": asked, "d": asked.drill(part)}
        chosen = choose(session, frozenset(choices), live=is_live, by_dancer=outcome.by_dancer)
        if chosen is None:
            return
        session = replace(session, options=choices[chosen])


def _dance(session: Session, source: FrameSource, pipeline: PosePipeline) -> Outcome:
    dance, room = session.dance, session.room
    options = session.options
    start = start_session(dance, source.name, options.take, session.clock.today(), options.recording)
    with session.store.start(start) as writer, room.coach() as coach:
        log = TakeLog(writer)
        take = LiveTake(session, coach, log)
        loop = SessionLoop(session, source, pipeline, take)
        lost = loop.run()
        if (film := room.view.end_dance()) is not None:
            writer.keep_film(film)
        coach.stop_listening()
        pipeline.close()
        source.close()
        if room.playback is not None:
            room.playback.stop()
        room.view.show_waiting()
        room.tell_problems()
        if pipeline.is_light:
            room.tell(TOO_SLOW)
        judged = take.options
        if isinstance(source, VideoFile):
            judged = with_small_body(judged, log.take(), source.path)
        outcome = finish(log, dance, judged, start, session.signals, lost, take.said)
        outcome = replace(outcome, by_dancer=room.view.wants_to_quit, by_gesture=loop.ended_by_gesture)
        return _coached(outcome, coach, session)


def _coached(outcome: Outcome, coach: LiveCoach, session: Session) -> Outcome:
    """The outcome with the coach's own last word, where a model gives one; the session is stored before and after."""
    room, signals = session.room, session.signals
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
        return _kept(replace(outcome, report=report), session)
    if is_asked and coach.problem is None:
        room.tell(f"No summary by the AI coach, this one is by rules. {coach.failure or NOT_TRUE}")
    return outcome


def _kept(outcome: Outcome, session: Session) -> Outcome:
    """The outcome with its new words stored; where they can't be, the dancer reads them nevertheless."""
    assert outcome.report is not None
    try:
        session.store.reword(outcome.report)
    except StoreError as error:
        return replace(outcome, error=error)
    return outcome


def _look(estimator: PoseEstimator, dancer: DancerInRoom, hands: HandLook) -> Estimate:
    return lambda frame: hands.at(frame, dancer.estimate(frame, estimator.estimate))


def _get_ready(session: Session, source: FrameSource, pipeline: PosePipeline, dancer: DancerInRoom) -> bool:
    """Whether the dancer is ready and still wants to dance."""
    options, view, signals = session.options, session.room.view, session.signals
    if source.is_live and view.is_open and options.countdown > 0:
        half_body = "legs" in session.dance.not_shown
        with dancer.being_chosen():
            return check_dancer(
                source,
                pipeline,
                view,
                signals,
                options.countdown,
                gestures=options.gestures,
                half_body=half_body,
                rotate=options.judging.rotate,
                has_others=lambda: dancer.has_others,
            )
    return count_down(session, source, pipeline)
