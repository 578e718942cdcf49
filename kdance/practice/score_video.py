"""Use case: score a recorded take as fast as the machine can, through the same frames and the same second pass."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import Final

from kdance.audio.decode import decode_mono
from kdance.audio.sound_offset import OFFSET_RATE_HZ, find_sound_start
from kdance.capture.dancer_in_room import DancerInRoom
from kdance.capture.pose_extraction import open_pose_estimator
from kdance.capture.small_body import small_body
from kdance.capture.video_file import VideoFile
from kdance.config import Settings, expanded
from kdance.dance.dance import Dance
from kdance.dance.references import Reference
from kdance.dance.watching import Progress
from kdance.errors import VideoError
from kdance.motion.timeline import SNAPSHOT_S
from kdance.pose import PoseSequence
from kdance.practice.clocks import CLOCK, Clock
from kdance.practice.hand_look import HandLook
from kdance.practice.signals import StopSignals
from kdance.practice.take import Outcome, finish, is_over, start_session
from kdance.practice.take_log import TakeLog
from kdance.review.options import TakeOptions
from kdance.review.pictures import hardly_seen
from kdance.store import SessionStore, not_yet

SURE: Final = 0.5
"""Confidence from which the sound is believed."""


def score_video(
    dance: Dance,
    video: Path,
    options: TakeOptions,
    settings: Settings,
    store: SessionStore,
    signals: StopSignals,
    progress: Progress,
    *,
    clock: Clock = CLOCK,
) -> Outcome:
    """Score a recording.

    Args:
        dance: The reference.
        video: The recording.
        options: What the score depends on.
        settings: The model.
        store: Scored takes are sessions too.
        signals: Ctrl-C; what was seen until then is scored.
        progress: Told how far it is.
        clock: Dates the session.

    Raises:
        VideoError: It can't be read.
        StoreError: The session store can't be opened or written at all.
    """
    options = options.model_copy(update={"heard_start": hear_start(dance.reference, video, options)})
    with (
        VideoFile(video, rotate=options.rotate) as source,
        open_pose_estimator(settings.pose.model, min_confidence=settings.pose.min_confidence) as estimator,
        HandLook(wanted=options.hands) as hands,
    ):
        start = start_session(dance, source.name, options, clock.today())
        with store.start(start) as writer:
            log = TakeLog(writer)
            mirrored = None if options.mirror == "auto" else options.mirror == "on"
            dancer, next_snapshot = DancerInRoom(), SNAPSHOT_S
            for frames, frame in enumerate(source, 1):
                if signals.received or is_over(dance, options, frame.time, None):
                    break
                while frame.time > next_snapshot + 1e-6:
                    log.hand_over(not_yet(next_snapshot), mirrored=mirrored)
                    next_snapshot += SNAPSHOT_S
                log.add(hands.at(frame, dancer.estimate(frame, estimator.estimate)), frame.time)
                progress(frames, frame.time, source.duration)
            if log.last_time is not None:
                log.hand_over(not_yet(log.last_time), mirrored=mirrored)
            options = with_small_body(options, log.take(), video)
            return replace(finish(log, dance, options, start, signals), remarks=source.damage.sentences)


def with_small_body(options: TakeOptions, take: PoseSequence, video: Path) -> TakeOptions:
    """The options with what was found in a recording in which hardly anybody was: a dancer who is too far away."""
    if not (len(take) and hardly_seen(take)):
        return options
    return options.model_copy(update={"body_share": small_body(video, rotate=options.rotate)})


def hear_start(reference: Reference, video: Path, options: TakeOptions) -> float | None:
    """Second of a recording at which the reference begins, by their sounds.

    Returns:
        ``None`` where it isn't asked for, a sound is missing, or the two don't have a song in common; then the poses
        tell it.
    """
    is_asked = options.offset is None and not options.free and options.speed == 1.0
    if not is_asked or reference.sound is None:
        return None
    try:
        sounds = [decode_mono(path, OFFSET_RATE_HZ) for path in (reference.sound, expanded(video))]
    except VideoError:  # whatever is wrong with the video itself is told by who opens its pictures
        return None
    start, confidence = find_sound_start(sounds[0], sounds[1])
    return start if confidence >= SURE else None
