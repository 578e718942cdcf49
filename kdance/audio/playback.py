"""The song while dancing: played at any speed, and the clock of everything else."""

from __future__ import annotations

import logging
import threading
from collections import deque
from collections.abc import Callable
from pathlib import Path
from types import TracebackType
from typing import Any, NamedTuple, Self

import numpy as np
from numpy.typing import NDArray

from kdance.audio.decode import load_sound
from kdance.audio.heard_song import HeardSong
from kdance.audio.runs import EDGE, Run, RunSound
from kdance.audio.sinks import DeviceSink, SilentSink, Sink, SinkError
from kdance.audio.stretch import FADE, Samples
from kdance.errors import VideoError
from kdance.worker import Worker

RATE = 44100  # without a song
_AHEAD = 0.4  # seconds that are made ahead: outlasts a busy machine
_BLOCK = 0.02  # seconds made at a time
_KEPT = 0.06  # seconds that still play after a change of speed, while the new sound is made; that takes 10 to 20 ms
_GONE = 1.0  # seconds without being asked for sound after which a device counts as gone

NO_DEVICE = "No sound device: you can't hear the song, but it goes on in time."
DEVICE_GONE = "The sound device is gone: you can't hear the song, but it goes on in time."
BAD_SONG = "The reference's sound can't be read: only the clicks are heard."

_log = logging.getLogger(__name__)


class _Piece(NamedTuple):
    """Sound made ahead; ``position`` in the song of its first sample, None for the end of what was heard before."""

    samples: Samples
    position: float | None
    speed: float


class Playback:
    """Plays runs of a song and tells which second of it is heard.

    A worker makes the sound ahead, the sink takes it. Each block that is handed over is noted with its place in the
    song, its speed and the moment at which it is heard, so the position is that of the sound itself. If the device
    dies, its clock goes on silently.

    Args:
        samples: The song, (N, 2), int16 or float32 in -1..1; ``None`` when the reference has no sound: clicks alone.
        rate: Samples a second, of the song and of the sink.
        sink: Where the sound goes.
        muted: Begin without sound; the clock goes on.

    Attributes:
        problem: One line for the dancer when there is no sound.
        muted: Silence that changes nothing else; may be set at any time.
        tap: Gets a copy of each block that is handed over, float32 (n, 2), silent while muted, and the moment at which
            it is heard; on the thread of the sound device, so it must neither wait for anything nor fail.
    """

    def __init__(self, samples: NDArray[Any] | None, rate: int, sink: Sink, *, muted: bool = False) -> None:
        if sink.rate != rate:
            raise ValueError(f"the sink plays {sink.rate} samples a second, the song has {rate}")
        self.problem: str | None = None
        self.muted = muted
        self.tap: Callable[[Samples, float], None] | None = None
        self._samples = np.zeros((0, 2), np.float32) if samples is None else samples
        self._rate, self._sink = rate, sink
        self._sinks: list[Sink] = []  # all that were started
        self._loudness = 0.0 if muted else 1.0
        self._clock = HeardSong()
        self._pieces: deque[_Piece] = deque()
        self._sound: RunSound | None = None  # what is to be made next; None while stopped
        self._stopped: RunSound | None = None  # what was
        self._next = 0.0  # position in the song after all that was handed over
        self._next_moment = 0.0  # when that is heard
        self._wake = threading.Condition()  # held for microseconds only: the sound device waits for it
        self._worker = Worker("kdance-sound", self._run, news=self._wake)

    def __enter__(self) -> Self:
        try:
            self._start(self._sink)
        except SinkError as error:
            _log.info("no sound device: %s", error)
            self.problem = NO_DEVICE
            self._start(SilentSink(self._rate))
        if self._sink.paced:
            self._worker.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._worker.close()
        for sink in self._sinks:
            sink.close()
        if kind is None:
            self._worker.check()

    def play(self, run: Run) -> None:
        """Begin a run as soon as possible, instead of whatever plays."""
        self._worker.check()
        sound = RunSound(self._samples, self._rate, run, position=run.begin)
        with self._wake:
            self._fade_out(of_this_run=False)
            self._sound = sound
            self._clock.begin(run.begin, run.speed)
            self._next = run.begin
            self._wake.notify()

    def change_speed(self, speed: float) -> None:
        """Go on from where the song is, at another speed; heard within 0.2 s, without a gap. Nothing while stopped."""
        self._worker.check()
        with self._wake:
            if self._sound is None or self._sound.run.speed == speed:
                return
            run = self._sound.run.at_speed(speed)
            tail = self._drop_after(_KEPT, FADE)
            made = [piece for piece in self._pieces if piece.position is not None]
            if made:
                position = (made[-1].position or 0.0) + len(made[-1].samples) * made[-1].speed / self._rate
            else:
                position = self._next
                if not self._clock.is_heard:
                    self._clock.begin(position, speed)
            self._sound = RunSound(
                self._samples, self._rate, run, position=position, faded_from=tail if len(tail) else None
            )
            self._wake.notify()

    def stop(self) -> None:
        """Silence; the position stays where the sound ends, which is the latency of the device later."""
        with self._wake:
            self._fade_out(of_this_run=True)
            self._stopped = self._sound or self._stopped
            self._sound = None

    def go_on(self, speed: float) -> None:
        """After :meth:`stop`: the same run from where it was, at a speed."""
        self._worker.check()
        with self._wake:
            if self._sound is None and self._stopped is not None:
                run = self._stopped.run.at_speed(speed)
                self._sound = RunSound(self._samples, self._rate, run, position=self._next)
                self._wake.notify()

    @property
    def latency(self) -> float:
        """About how many seconds after it was handed over a block is heard."""
        return self._sink.latency

    def position_at(self, moment: float) -> float:
        """Second of the song that is heard at a moment of ``time.monotonic()``.

        Before a run is heard it lies before its beginning by what is left until then; past the end it goes on counting.
        """
        self._worker.check()
        with self._wake:
            return self._clock.position_at(moment, expected=self._sink.now() + self._sink.latency)

    @property
    def is_playing(self) -> bool:
        """Whether a run is on: neither stopped nor heard to its end."""
        sound = self._sound
        return sound is not None and self.position_at(self._sink.now()) < sound.run.end

    @property
    def speed(self) -> float:
        """Song seconds per second of the run that is on; 0 while stopped."""
        sound = self._sound
        return 0.0 if sound is None else sound.run.speed

    def _fade_out(self, *, of_this_run: bool) -> None:
        """Leave only a very short end of what was made ahead."""
        speed = self._pieces[0].speed if self._pieces else 0.0
        end = self._drop_after(0.0, EDGE)
        if len(end):
            fading = end * np.linspace(1, 0, len(end), dtype=np.float32)[:, None]
            self._pieces.append(_Piece(fading, self._next if of_this_run else None, speed))

    def _drop_after(self, kept: float, also: float) -> Samples:
        """Forget what was made for later than in ``kept`` seconds; gives the next ``also`` seconds of that."""
        count, dropped = round(kept * self._rate), round(also * self._rate)
        pieces, self._pieces, later = self._pieces, deque(), [np.zeros((0, 2), np.float32)]
        for piece in pieces:
            if count:
                self._pieces.append(piece._replace(samples=piece.samples[:count]))
            later.append(piece.samples[count:])
            count = max(0, count - len(piece.samples))
        return np.concatenate(later)[:dropped]

    def _start(self, sink: Sink) -> None:
        """Have a sink ask for sound from now on; what other sinks still ask for is silence."""

        def fill(out: Samples, moment: float) -> None:
            if sink is self._sink:
                self._fill(out, moment)
            else:
                out[:] = 0

        self._sink = sink
        self._sinks.append(sink)
        self._next_moment = sink.now() + sink.latency
        sink.start(fill)

    def _fill(self, out: Samples, moment: float) -> None:
        """Hand over the next block; called by the sink, on a thread of its own."""
        if not self._sink.paced:
            self._make_ahead(_AHEAD)
        self._take(out, moment)
        loudness = 0.0 if self.muted else 1.0
        if (loudness, self._loudness) != (1.0, 1.0):
            out *= np.linspace(self._loudness, loudness, len(out), dtype=np.float32)[:, None]
            self._loudness = loudness
        if self.tap is not None:
            self.tap(out.copy(), moment)

    def _take(self, out: Samples, moment: float) -> None:
        """Write what comes next to ``out``, heard from ``moment`` on."""
        with self._wake:
            done = 0
            while done < len(out):
                done += self._hand_over(out[done:], moment + done / self._rate)
            self._next_moment = moment + len(out) / self._rate

    def _hand_over(self, out: Samples, moment: float) -> int:
        """Write some of what comes next to ``out`` and note it; how much."""
        if not self._pieces:  # stopped, or not made in time: the song stands still
            out[:] = 0
            if self._clock.is_heard or self._sound is None:
                self._clock.handed_over(moment, self._next, 0.0)
            return len(out)
        piece = self._pieces[0]
        count = min(len(out), len(piece.samples))
        out[:count] = piece.samples[:count]
        after = None
        if piece.position is not None:
            self._clock.handed_over(moment, piece.position, piece.speed)
            self._next = after = piece.position + count * piece.speed / self._rate
        if count == len(piece.samples):
            self._pieces.popleft()
        else:
            self._pieces[0] = _Piece(piece.samples[count:], after, piece.speed)
        return count

    def _make_ahead(self, seconds: float) -> None:
        """Make one piece of sound after the other until there are so many seconds; none while stopped."""
        while True:
            with self._wake:
                sound, ready = self._sound, sum(len(piece.samples) for piece in self._pieces)
            if sound is None or self._worker.stop.is_set() or ready >= seconds * self._rate:
                return
            position, speed = sound.position, sound.run.speed
            samples = sound.read(round(_BLOCK * self._rate))
            with self._wake:
                if self._sound is sound:  # else it was made for nothing
                    self._pieces.append(_Piece(samples, position, speed))

    def _run(self, stop: threading.Event) -> None:
        while not stop.is_set():
            self._make_ahead(_AHEAD)
            if not self._sink.is_alive or self._sink.now() > self._next_moment + _GONE:
                self._go_on_silently()
            with self._wake:
                if not stop.is_set():
                    self._wake.wait(_AHEAD / 8)

    def _go_on_silently(self) -> None:
        """Without its sound device the song goes on as if it were heard, from the last moment that was."""
        _log.warning("the sound device is gone")
        self.problem = DEVICE_GONE
        sink = SilentSink(self._rate)
        missed = np.zeros((round(_BLOCK * self._rate), 2), np.float32)
        self._sink = sink  # the dead one gets no more
        while self._next_moment < sink.now() + sink.latency:
            self._make_ahead(_BLOCK)
            self._take(missed, self._next_moment)
        self._start(sink)


def open_playback(sound: Path | None, *, muted: bool = False) -> Playback:
    """Playback of a reference's sound through the sound device; silently when there is none.

    Args:
        sound: ``sound.wav`` of the reference; ``None`` for clicks alone.
        muted: Begin without sound.
    """
    samples, rate, problem = None, RATE, None
    if sound is not None:
        try:
            song = load_sound(sound)
            samples, rate = song.samples, song.rate  # in memory: while dancing nothing waits for the disk
        except VideoError:
            problem = BAD_SONG
    playback = Playback(samples, rate, DeviceSink(rate), muted=muted)
    playback.problem = problem
    return playback
