"""Where the song is: starts, pauses, jumps, loops, speeds; what a tape machine calls its transport.

It knows no threads and reads no clock: every call is given the moment it happens at. A
:class:`~kdance.practice.clocks.SongClock` turns moments into seconds of the song. While dancing live that is the sound
itself, and moments are ``time.monotonic()``; for a recording it is a ``TakeClock``, and moments are the recording's own
time stamps.
"""

from __future__ import annotations

from collections import deque
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final, Literal

from kdance.audio.runs import Run
from kdance.choices import FASTEST, SLOWEST
from kdance.practice.clocks import Reading, SongClock

if TYPE_CHECKING:
    from kdance.motion.counts import CountGrid

Phase = Literal["ready", "count-in", "dancing", "paused", "over"]

SPEED_STEP: Final = 0.1
COUNT_IN: Final = 4
"""Counts before each start: 5, 6, 7, 8."""
SECONDS_PER_COUNT: Final = 0.5
"""Of a song whose beat nobody knows: its count-in has to have some tempo."""
SHORTEST_LOOP_S: Final = 1.0
_END_SLACK_S: Final = 1e-3
_REMEMBERED: Final = 8  # stretches; a frame is late by less than a second


@dataclass(frozen=True, slots=True)
class Place:
    """Where the song is at a moment.

    Attributes:
        position: Seconds of the reference; before the start of the run while it is counted in.
        run: Number of the uninterrupted stretch of the song, from 0.
        phase: What goes on.
        count: 1 to 8, where the counts are known or it is counted in.
    """

    position: float
    run: int
    phase: Phase
    count: int | None = None


@dataclass(frozen=True, slots=True)
class Song:
    """Where the song is, and how it is practised at that moment.

    Attributes:
        place: Where it is.
        phase: What goes on.
        speed: Song seconds a second.
        loop: A and B, seconds of the song; ``None`` where not set.
        looping: Whether it goes round.
    """

    place: Place = Place(0.0, 0, "ready")
    phase: Phase = "ready"
    speed: float = 1.0
    loop: tuple[float | None, float | None] = (None, None)
    looping: bool = False


@dataclass(frozen=True, slots=True)
class _Stretch:
    """A stretch of the song at one speed that is over: a frame that was taken in it may arrive later.

    Attributes:
        run: Number of its run.
        start: Second of the song at which that run counted, after its count-in.
        end: Where the song was when the stretch was left.
    """

    run: int
    start: float
    end: Reading


@dataclass(frozen=True, slots=True, kw_only=True)
class Practice:
    """What of a song is practised, and how.

    Attributes:
        start: Second of the reference where it begins.
        end: Second where it ends; ``None`` for the end of the song.
        loop: Whether it begins again at its end.
        speed: Song seconds a second, 0.5 to 1.5.
        count_in: Whether each start is counted in.
    """

    start: float = 0.0
    end: float | None = None
    loop: bool = False
    speed: float = 1.0
    count_in: bool = False


class Transport:
    """Plays a song in runs: from a start, a jump or a turn of the loop to the next of these.

    Args:
        clock: Turns moments into seconds of the song.
        duration: Of the reference.
        period: Seconds after which the whole of it begins again when it goes round.
        grid: Its counts, where they are known.
        practice: What of it, and how.
    """

    def __init__(
        self, clock: SongClock, duration: float, period: float, grid: CountGrid | None, practice: Practice
    ) -> None:
        self._clock, self._duration, self._period, self._grid = clock, duration, period, grid
        self._practice = practice
        self.a: float | None = practice.start if practice.start > 0 else None
        self.b: float | None = practice.end
        self.looping = practice.loop
        self.speed = practice.speed
        self.phase: Phase = "ready"
        self.run = -1
        self._start = practice.start
        self._end = self.end
        self._left: deque[_Stretch] = deque(maxlen=_REMEMBERED)
        self._reading: Reading | None = None

    @property
    def start(self) -> float:
        """Second of the song at which a run from the top begins."""
        return self.a or 0.0

    @property
    def end(self) -> float:
        """Second of the song at which a run ends."""
        if self.b is not None and (self.looping or self.b == self._practice.end):
            return self.b
        return self._period if self.looping and self.a is None else self._duration

    @property
    def seconds_per_count(self) -> float:
        """Of the song; of a usual one where its beat isn't known."""
        return SECONDS_PER_COUNT if self._grid is None else self._grid.seconds_per_count

    def begin(self, moment: float, position: float | None = None) -> None:
        """Begin a run, by default from the top."""
        self._leave(moment)
        start = self.start if position is None else position
        self._start, self._end = start, self._end_after(start)
        lead_in = COUNT_IN * self.seconds_per_count if self._practice.count_in else 0.0
        clicks = tuple(start - lead_in + count * self.seconds_per_count for count in range(COUNT_IN)) if lead_in else ()
        self.run += 1
        self.phase = "count-in" if lead_in else "dancing"
        # The sound goes on behind the end of a loop, in case the loop is taken away before it is reached.
        run = Run(start=start, end=self._period, speed=self.speed, lead_in=lead_in, clicks=clicks)
        self._clock.play(run, moment)
        self._reading = None

    def advance(self, moment: float) -> bool:
        """Notice that a run has ended, and begin the next or be over; whether one ended."""
        position = self._position_at(moment)
        if self.phase not in ("count-in", "dancing"):
            return False
        if self.phase == "count-in" and position >= self._start:
            self.phase = "dancing"
        if position < self._end if self.looping else position <= self._end + _END_SLACK_S:
            return False
        ended = moment - (position - self._end) / self.speed
        if self.looping:
            self.begin(ended)  # and not at a later moment: a loop without a count-in has no seam
        else:
            self._stop("over", ended, moment)
        return True

    def place(self, moment: float) -> Place:
        """Where the song is at a moment, or was: an earlier one may belong to the run before."""
        for left in self._left:
            if moment < left.end.moment:
                return self._place(left.end.at(moment), left.run, left.start)
        position = self._position_at(moment)
        if self.phase in ("count-in", "dancing"):
            return self._place(position, max(self.run, 0), self._start)
        return Place(position, max(self.run, 0), self.phase, self._count(position))

    def song(self, moment: float) -> Song:
        """Where the song is at a moment, and how it is practised now."""
        return Song(self.place(moment), self.phase, self.speed, (self.a, self.b), self.looping)

    def pause(self, moment: float) -> None:
        """Stop; :meth:`go_on` continues."""
        if self.phase in ("count-in", "dancing"):
            self._stop("paused", moment, moment)

    def go_on(self, moment: float) -> None:
        """After a pause: from where it was, counted in."""
        if self.phase == "paused":
            self.begin(moment, max(self._position_at(moment), self._start))

    def change_speed(self, speed: float, moment: float) -> None:
        """Another speed from now on, within 0.5 and 1.5."""
        self._leave(moment)
        self.speed = min(max(round(speed, 2), SLOWEST), FASTEST)
        if self.phase in ("count-in", "dancing"):
            self._clock.change_speed(self.speed, moment)
            self._reading = None

    def jump(self, eights: int, moment: float) -> float:
        """Go some 8-counts back or on, counted in; a step back from the middle of one goes to its own beginning.

        Returns:
            The second of the song it goes to.
        """
        eight = 8 * self.seconds_per_count
        first = 0.0 if self._grid is None else self._grid.first
        here = self._position_at(moment)
        if self.phase != "paused":
            here = max(here, self._start)
        under_way = (here - first) / eight
        whole = int(under_way // 1)
        late = (under_way - whole) * eight > 1.0
        target = whole + eights + (1 if eights < 0 and late else 0)
        position = min(max(first + target * eight, 0.0), max(self._duration - eight, 0.0))
        self.begin(moment, position)
        return position

    def restart(self, moment: float) -> None:
        """From the top: from A, or the beginning of the song."""
        self.begin(moment)

    def set_a(self, moment: float) -> float:
        """The loop begins with the 8-count under way; gives its second."""
        self.a = self._eight_at(moment)[0]
        if self.b is not None and self.b < self.a + SHORTEST_LOOP_S:
            self.b = None
        return self.a

    def set_b(self, moment: float) -> float:
        """The loop ends with the 8-count under way, and goes round; gives its second."""
        self.b = self._eight_at(moment)[1]
        if self.a is not None and self.a > self.b - SHORTEST_LOOP_S:
            self.a = None
        self.looping = True
        self._end = self._end_after(self._start)
        return self.b

    def toggle_loop(self) -> bool:
        """Loop or not; where no A or B was set, all of the song."""
        self.looping = not self.looping
        self._end = self._end_after(self._start)
        return self.looping

    def _end_after(self, start: float) -> float:
        """Where a run from ``start`` ends: who jumped behind the loop dances on to the end of the song."""
        return self.end if start < self.end else self._duration

    def _eight_at(self, moment: float) -> tuple[float, float]:
        """Start and end of the 8-count at a moment, within the song."""
        eight = 8 * self.seconds_per_count
        first = 0.0 if self._grid is None else self._grid.first
        position = min(max(self._position_at(moment), 0.0), self._duration)
        start = first + (position - first) // eight * eight
        return max(start, 0.0), min(start + eight, self._duration)

    def _position_at(self, moment: float) -> float:
        """Second of the song; the clock is asked only about moments that are newer than its last reading."""
        if self._reading is None or moment > self._reading.moment:
            speed = self.speed if self.phase in ("count-in", "dancing") else 0.0
            self._reading = Reading(moment, self._clock.position_at(moment), speed)
        return self._reading.at(moment)

    def _leave(self, moment: float) -> None:
        """The stretch under way ends, if there is one: remember where."""
        if self.phase in ("count-in", "dancing"):
            while self._left and self._left[-1].end.moment > moment:  # a key came after the end, which is noticed now
                self._left.pop()
            end = Reading(moment, self._position_at(moment), self.speed)
            self._left.append(_Stretch(self.run, self._start, end))

    def _stop(self, phase: Phase, ended: float, moment: float) -> None:
        """The run under way has ended, and from a moment on the song is silent."""
        self._leave(ended)
        self.phase = phase
        self._clock.stop(moment)
        self._reading = None

    def _place(self, position: float, run: int, start: float) -> Place:
        """A place in a run that counts from ``start`` on."""
        if position >= start - 1e-9:
            return Place(position, run, "dancing", self._count(position))
        counted = int((position - start) / self.seconds_per_count // 1)
        return Place(position, run, "count-in", min(max(COUNT_IN + 5 + counted, 5), 8))

    def _count(self, position: float) -> int | None:
        return None if self._grid is None or not 0 <= position <= self._duration else self._grid.number_at(position)
