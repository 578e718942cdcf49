"""How exactly the position of the song is that of its sound.

    python benchmarks/sync.py [--seconds S] [--real-time S] [--throttle MS...]

The song is a track of clicks. They are found in the sound that is handed to the sound device, and the moment at which
each is heard is compared with the position that playback tells for that moment. The device is simulated, so that three
minutes take a few seconds; with ``--real-time`` the sound device of this machine plays, or the silent clock if it has
none. With ``--throttle`` a recording is shown on machines that are too slow for it (``benchmarks/shown.py``).
"""

from __future__ import annotations

import argparse
import sys
import time
from collections import deque
from collections.abc import Callable
from dataclasses import dataclass, field

import numpy as np
from rich.console import Console
from rich.table import Table

from kdance.audio.clicks import add_sound, click_sound
from kdance.audio.playback import NO_DEVICE, Playback
from kdance.audio.runs import Run
from kdance.audio.sinks import DeviceClock, DeviceSink, SteppedSink
from kdance.audio.stretch import Samples

RATE = 44100
EVERY = 0.47  # seconds of the song between two clicks: they fall everywhere in the chunks that are stretched
LOOP = Run(start=16 * EVERY, end=24 * EVERY, lead_in=4 * EVERY, clicks=tuple(EVERY * n for n in range(12, 16)))


@dataclass
class Listener:
    """Finds clicks in what is heard, and notes when they are heard and where the song is said to be then."""

    playback: Playback
    rate: float  # true samples a second
    moments: list[float] = field(default_factory=list)
    offsets_ms: list[float] = field(default_factory=list)
    _sound: Samples = field(default_factory=lambda: np.zeros(0, np.float32))
    _heard: np.ndarray = field(default_factory=lambda: np.zeros(0))

    def hear(self, moment: float, block: Samples, speed: float) -> None:
        """Listen to one block, heard from ``moment`` on."""
        self._sound = np.concatenate([self._sound, block[:, 0]])
        self._heard = np.concatenate([self._heard, moment + np.arange(len(block)) / self.rate])
        if len(self._sound) < RATE // 4:
            return
        begin, end = int(np.argmax(np.abs(self._sound) > 0.05)), len(self._sound)
        if np.abs(self._sound[begin]) <= 0.05:
            self._keep(RATE // 50)
        elif begin < end - RATE // 6:
            part = np.abs(self._sound[begin : begin + RATE // 33])
            self._note(float(self._heard[begin + int(np.argmax(part > part.max() / 3))]), speed)
            self._keep(end - begin - RATE // 7)

    def _keep(self, count: int) -> None:
        self._sound, self._heard = self._sound[-count:], self._heard[-count:]

    def _note(self, moment: float, speed: float) -> None:
        position = self.playback.position_at(moment)
        self.moments.append(moment)
        self.offsets_ms.append(1000 * (position - EVERY * round(position / EVERY)) / speed)


class JitteryDevice(SteppedSink):
    """A device of 100 ppm whose driver tells times in steps of 5 ms, a little late."""

    def __init__(self) -> None:
        super().__init__(RATE, rate_error=1e-4, block=512)
        self._clock, self._random = DeviceClock(RATE), np.random.default_rng(1)

    def step(self) -> tuple[float, Samples]:
        """Take one block; its true moment."""
        fill, true, told = self._fill, self.now() + self.latency, round(self.now() / 0.005) * 0.005
        late = told + float(self._random.exponential(0.002))
        moment = self._clock.heard(late, told, told + self.latency, self.latency, self._block)
        assert fill is not None
        self._fill = lambda out, _: fill(out, moment)
        _, block = super().step()
        self._fill = fill
        return true, block


def click_track(seconds: float) -> Samples:
    """A song that is nothing but a click every now and then."""
    track = np.zeros((round(seconds * RATE), 2), np.float32)
    for at in np.arange(0.0, seconds, EVERY):
        add_sound(track, click_sound(RATE), round(at * RATE))
    return track


def measure(sink: SteppedSink, seconds: float, begin: Run, direct: Callable[[Playback, float], None]) -> Listener:
    """Play for so many seconds of a simulated clock."""
    with Playback(click_track(seconds * 1.6 + 5), RATE, sink) as playback:
        listener = Listener(playback, sink.true_rate)
        playback.play(begin)
        while sink.now() < seconds:
            direct(playback, sink.now())
            moment, block = sink.step()
            listener.hear(moment, block, playback.speed)
    return listener


def go_on(_: Playback, __: float) -> None:
    """Let it play."""


def loop(playback: Playback, now: float) -> None:
    """A-B: again from the count-in as soon as the end is heard."""
    if playback.position_at(now) >= LOOP.end:
        playback.play(LOOP.at_speed(playback.speed))


def change_speeds() -> Callable[[Playback, float], None]:
    """Another speed every 7 s."""
    speeds = deque([0.75, 1.0, 0.5, 1.25, 1.5])

    def direct(playback: Playback, now: float) -> None:
        if int(now / 7) % 5 != int((now - 0.02) / 7) % 5 and now > 1:
            playback.change_speed(speeds[0])
            speeds.rotate(-1)

    return direct


def real_time(seconds: float, console: Console) -> Listener:
    """Play through this machine's device, or its silent clock, and look at the position 30 times a second."""
    taken: deque[tuple[Samples, float]] = deque()
    with Playback(click_track(seconds + 5), RATE, DeviceSink(RATE)) as playback:
        console.print(playback.problem or "Playing through the sound device.")
        playback.tap = lambda block, moment: taken.append((block, moment))
        listener = Listener(playback, RATE)
        cpu, begin, looks = time.process_time(), time.monotonic(), []
        playback.play(Run(0.0, seconds + 5, 0.75))
        while (now := time.monotonic()) < begin + seconds:
            looks.append((now, playback.position_at(now)))
            while taken and taken[0][1] + 0.1 < now:
                block, moment = taken.popleft()
                listener.hear(moment, block, 0.75)
            time.sleep(1 / 30)
        used = (time.process_time() - cpu) / seconds
    if playback.problem == NO_DEVICE:
        settled = np.array([look for look in looks if look[0] > begin + 1])
        against = 1000 * ((settled[:, 1] - settled[0, 1]) / 0.75 - (settled[:, 0] - settled[0, 0]))
        console.print(f"position against the monotonic clock: {np.abs(against).max():.3f} ms at most")
    console.print(f"at 0.75x, everything: {100 * used:.1f} % of one core")
    return listener


def row(table: Table, name: str, listener: Listener, seconds: float) -> None:
    """Offsets of one measurement."""
    offsets, moments = np.array(listener.offsets_ms), np.array(listener.moments)
    drift = np.polyfit(moments, offsets, 1)[0] * seconds if len(offsets) > 2 else float("nan")
    low, high = np.percentile(np.abs(offsets), [95, 100])
    table.add_row(
        name, str(len(offsets)), f"{np.median(offsets):+.2f}", f"{low:.2f}", f"{high:.2f}", f"{drift:+.2f}"
    )  # fmt: skip


def main() -> int:
    """Measure and print."""
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("--seconds", type=float, default=180.0)
    parser.add_argument("--real-time", type=float, default=0.0, metavar="S")
    parser.add_argument("--throttle", type=float, nargs="*", default=[], metavar="MS")
    arguments = parser.parse_args()
    seconds, console = arguments.seconds, Console()
    table = Table("what", "clicks", "median ms", "p95 ms", "max ms", "drift ms", title="Position minus sound")
    for speed in (1.0, 0.75, 0.5, 1.5):
        run, begin = Run(0.0, 10 * seconds, speed), time.process_time()
        row(table, f"{speed}x", measure(SteppedSink(RATE), seconds, run, go_on), seconds)
        used = (time.process_time() - begin) / seconds
        console.print(f"{speed}x: {100 * used:.1f} % of one core, this benchmark included")
    for speed in (1.0, 0.75):
        rounds = 20 * ((LOOP.end - LOOP.begin) / speed + 0.1)
        heard = measure(SteppedSink(RATE), rounds, LOOP.at_speed(speed), loop)
        row(table, f"20 loops, count-in, {speed}x", heard, seconds)
    row(table, "speed changed every 7 s", measure(SteppedSink(RATE), seconds, Run(0, 9e3), change_speeds()), seconds)
    for name, sink in (
        ("crystal 100 ppm fast", SteppedSink(RATE, rate_error=1e-4)),
        ("100 ppm, jittery driver", JitteryDevice()),
    ):
        row(table, name, measure(sink, seconds, Run(0.0, 10 * seconds), go_on), seconds)
    if arguments.real_time:
        row(table, "real time, 0.75x", real_time(arguments.real_time, console), arguments.real_time)
    console.print(table)
    if arguments.throttle:
        from shown import throttled

        console.print(throttled(arguments.throttle))
    return 0


if __name__ == "__main__":
    sys.exit(main())
