"""The loop over the frames of one session: keys, song, poses, window. It owns the order of things, and no maths.

What the window shows is one frozen state a picture: transport, take and controls say what they know, the loop alone
puts it together.
"""

from __future__ import annotations

import math
from collections import deque
from dataclasses import replace
from typing import Final

from kdance.capture.frames import FrameSource
from kdance.dance.dance import Dance
from kdance.errors import CameraLostError
from kdance.motion.gestures import EndGesture, Signs
from kdance.motion.speed_ladder import News, SpeedLadder
from kdance.practice.clocks import SongClock, SoundClock, TakeClock
from kdance.practice.contract import PracticeView
from kdance.practice.controls import Controls
from kdance.practice.live_take import LiveTake
from kdance.practice.options import TrainingOptions
from kdance.practice.pacing import Pace
from kdance.practice.pipeline import PosePipeline, Seen
from kdance.practice.session import Session
from kdance.practice.state import LiveState, Note, Toast
from kdance.practice.transport import Transport

# How long the loop waits for a frame before it looks at the window and at Ctrl-C again.
_WAIT_S: Final = 0.01
# Without a new frame for so long the window is drawn anew: the reference moves on even when a camera is slow. One that
# is known to be slow isn't waited for; a slow network is, for drawing would only take from it.
_REDRAW_S: Final = 0.04
_REDRAW_OF_SLOW_S: Final = 0.02
_SLOW_FPS: Final = 22.0
_NETWORKS: Final = 2.0  # times as long as the network took for the last frame
# However slow the machine is, one picture is drawn as often as this.
_LEAST_DRAWN_S: Final = 0.2
_TOAST_S: Final = 2.0
_NEWS_S: Final = 4.0  # what the dancer didn't do is not expected
# After the song a camera's last frames are waited for no longer than they are late and this.
_LAST_FRAME_S: Final = 0.3


class SessionLoop:
    """One session from its first frame to its last.

    Args:
        session: What is danced, where, and until when.
        source: Where the frames come from.
        pipeline: Its frames with their poses.
        take: Takes them in.
    """

    def __init__(self, session: Session, source: FrameSource, pipeline: PosePipeline, take: LiveTake) -> None:
        dance, options, room = session.dance, session.options, session.room
        self._options, self._source, self._pipeline = options, source, pipeline
        self._take, self._signals = take, session.signals
        self._time = session.clock.now
        self._view: PracticeView = room.view
        playback = self._playback = None if options.take.free else room.playback
        self._pace = None
        if options.at_own_pace and not source.is_live:
            self._pace = Pace(playback, pipeline, source.fps, session.clock)
        clock: SongClock = SoundClock(playback) if source.is_live and playback is not None else TakeClock(self._pace)
        self._transport = make_transport(clock, dance, options)
        self._controls = Controls(self._transport, take, playback)
        self._ladder = self._ladder_from(options.practice.speed) if options.auto_speed else None
        sequence = dance.reference.sequence
        self._end_gesture = EndGesture(sequence.landmarks, sequence.times) if options.gestures else None
        self._signs = Signs() if options.gestures and source.is_live else None
        self._first: float | None = None
        self._now = 0.0
        self._last: Seen | None = None
        self._shown = LiveState()
        self._drawn_at = 0.0
        self._toast: Toast | None = None
        self._toast_until = 0.0
        self._told_slow = False
        self._seen_at: deque[float] = deque(maxlen=30)
        self._latency = (options.take.latency or 0.0) if source.is_live else 0.0
        self._over_by = math.inf
        self._rounds = 0
        self.ended_by_gesture = False
        self._is_over = False

    def run(self) -> CameraLostError | None:
        """Until the dance, the file, the time or the dancer's patience ends; gives the camera's end if that was it."""
        try:
            if self._source.is_live:
                self._transport.begin(self._time())
            while not (self._is_over or self._pipeline.ended or self._signals.received or self._view.wants_to_quit):
                self._step()
        except CameraLostError as error:
            return error
        finally:
            self._take.end(speed=self._shown.song.speed)
        return None

    def _step(self) -> None:
        self._hear_keys()
        if self._transport.phase == "paused" and not self._source.is_live:
            self._wait_paused()
            return
        if self._first is None and self._pace is not None and not self._pace.is_ready:
            self._view.poll(10)
            return
        seen = self._pipeline.read(_WAIT_S)
        if seen is None:
            self._wait_for_frame()
            return
        moment = self._moment_of(seen)
        if not self._is_due(moment):
            return
        self._tell_news(seen)
        self._last = seen
        self._advance(moment)
        if not self._is_over:
            self._take_in(seen, moment)
        if not self._is_over and not self._is_left_out(moment):
            self._show(seen)

    def _is_left_out(self, moment: float) -> bool:
        """Whether a file's frame comes too late to be drawn; all were taken in."""
        if self._pace is None or self._time() - self._drawn_at > _LEAST_DRAWN_S:
            return False
        return self._pace.is_late(self._transport.place(moment).position)

    def _moment_of(self, seen: Seen) -> float:
        """When a frame was taken: on the monotonic clock for a camera, seconds since the first for a file."""
        if self._source.is_live:
            return self._source.moment_of(seen.frame.time)
        if self._first is None:
            self._first = seen.frame.time
            self._transport.begin(0.0)
        return seen.frame.time - self._first

    def _is_due(self, moment: float) -> bool:
        """Wait until a file's frame is due, where it runs at its own pace; whether the dancer still dances."""
        if self._pace is None:
            return True
        position = self._transport.place(moment).position
        while (left := self._pace.left(position, moment)) > 0:
            self._view.poll(max(1, int(1000 * left)))
            if self._signals.received or self._view.wants_to_quit:
                return False
        return True

    def _advance(self, moment: float) -> None:
        """Let the song go on: at the end of a run the next begins, or the session is over."""
        self._now = self._time() if self._source.is_live else moment
        if self._source.is_live and self._now > self._over_by:
            self._is_over = True
            return
        if not self._transport.advance(self._now):
            return
        score = self._take.run_score()
        self._rounds += 1
        if self._transport.phase == "over":
            self._over_by = self._now + self._latency + _LAST_FRAME_S
            return
        news = None if self._ladder is None else self._climb(self._ladder, score)
        mastered = self._options.until_mastered and news in ("mastered", "mastered_full_speed")
        if mastered or self._rounds == self._options.rounds:
            self._over_by = min(self._over_by, self._now + self._latency + _LAST_FRAME_S)
            self._is_over = not self._source.is_live

    def _climb(self, ladder: SpeedLadder, score: float | None) -> News | None:
        """The next round's speed, and what there is to tell about it."""
        if self._transport.speed != ladder.speed:  # the dancer chose another one
            ladder = self._ladder_from(self._transport.speed)
        self._ladder, news = ladder.after(score)
        if self._ladder.speed != self._transport.speed:
            self._transport.change_speed(self._ladder.speed, self._now)
        if news is not None:
            self._tell(Toast(f"ladder.{news}", {"speed": f"{self._ladder.speed:g}"}))
        return news

    @staticmethod
    def _ladder_from(speed: float) -> SpeedLadder:
        return SpeedLadder(speed, top=max(speed, 1.0))

    def _take_in(self, seen: Seen, moment: float) -> None:
        """Compare and keep a frame, where it was danced."""
        place = self._transport.place(moment - self._latency)
        if place.phase != "dancing":
            self._is_over = place.phase == "over" or (place.phase == "paused" and self._hear_signs(seen, moment))
            return
        if self._signs is not None:
            self._signs.reset()
        limit = self._options.seconds
        if limit is not None and self._take.time_of(place, moment) > limit:
            self._is_over = True
            return
        # A frame that has come until now was danced at the speed that was on before the newest key.
        self._take.add(seen.frame.image, seen.pose, place, moment, speed=self._shown.song.speed)
        if self._end_gesture is not None and self._source.is_live:
            landmarks = None if seen.pose is None else seen.pose.landmarks
            self.ended_by_gesture = self._end_gesture.update(landmarks, moment, place.position)
            self._is_over = self.ended_by_gesture

    def _show(self, seen: Seen) -> None:
        self._seen_at.append(self._time())
        self._draw(seen)

    def _draw(self, seen: Seen) -> None:
        self._shown = self._state()
        self._view.show(seen.frame, seen.pose, self._shown)
        self._view.poll()
        self._drawn_at = self._time()

    def _state(self) -> LiveState:
        """What is known now."""
        now, song, take = self._time(), self._transport.song(self._now), self._take.state
        if take.position is not None:
            song = replace(song, place=replace(song.place, position=take.position))
        span = self._seen_at[-1] - self._seen_at[0] if self._seen_at else 0.0
        return LiveState(
            song=song,
            take=take,
            fps=(len(self._seen_at) - 1) / span if span > 0 else 0.0,
            is_light=self._pipeline.is_light,
            sound=self._sound(),
            toast=self._toast if now <= self._toast_until else None,
        )

    def _sound(self) -> Note | None:
        """Why nothing is heard."""
        if self._playback is None:
            return None
        return "muted" if self._playback.muted else "no_sound" if self._playback.problem is not None else None

    def _wait_for_frame(self) -> None:
        """No frame yet: the song goes on, and the window with it."""
        self._view.poll()
        if not self._source.is_live:
            return
        self._advance(self._time())
        self._is_over = self._now > self._over_by
        if self._last is None:
            return
        if self._time() - self._drawn_at > redraw_after(self._source.fps, self._last.estimated_in):
            self._draw(self._last)

    def _wait_paused(self) -> None:
        """A file waits as well, and goes on with the next frame where it was."""
        begin = self._time()
        if self._last is not None:
            self._draw(self._last)
        self._view.poll(20)
        if self._pace is not None:
            self._pace.waited(self._time() - begin)

    def _hear_keys(self) -> None:
        if self._transport.phase == "over":  # only its last frames are missing
            return
        for key in self._view.take_keys():
            moment = self._time() if self._source.is_live else self._now
            self._tell(self._controls.press(key, moment))

    def _hear_signs(self, seen: Seen, moment: float) -> bool:
        """In a pause: both hands up go on, one goes to the next 8-count; whether crossed forearms end it."""
        if self._signs is None:
            return False
        sign = self._signs.update(None if seen.pose is None else seen.pose.landmarks, moment)
        if sign is not None and sign != "crossed":
            self._signs.reset()
            self._tell(self._controls.press("space" if sign == "both_up" else "right", self._time()))
        return sign == "crossed"

    def _tell_news(self, seen: Seen) -> None:
        """What isn't the dancer's doing: a phone was turned; once, that the recording and its song are slowed down."""
        size = seen.frame.image.shape[:2]
        if self._last is not None and size != self._last.frame.image.shape[:2] == size[::-1]:
            self._tell(Toast("news.turned"), _NEWS_S)
        if self._pace is not None and self._pace.factor < 1 and not self._told_slow:
            self._told_slow = True
            self._tell(Toast("news.slowed"), _NEWS_S)

    def _tell(self, toast: Toast | None, seconds: float = _TOAST_S) -> None:
        if toast is not None:
            self._toast, self._toast_until = toast, self._time() + seconds


def redraw_after(fps: float, network: float) -> float:
    """Seconds without a new frame after which the window is drawn anew.

    Args:
        fps: Frames a second of the camera.
        network: Seconds the pose network took for the last frame.

    >>> redraw_after(30.0, 0.017), redraw_after(30.0, 0.034), redraw_after(15.0, 0.034)
    (0.04, 0.068, 0.02)
    """
    if fps <= _SLOW_FPS:
        return _REDRAW_OF_SLOW_S
    return max(_REDRAW_S, min(_NETWORKS * network, _LEAST_DRAWN_S))


def make_transport(clock: SongClock, dance: Dance, options: TrainingOptions) -> Transport:
    """Where the song is: along the clock, or nowhere in particular when the dancer drives."""
    if options.take.free:
        return Transport(TakeClock(), math.inf, math.inf, None, options.practice)
    return Transport(clock, dance.plain.duration, dance.period, dance.reference.info.grid, options.practice)
