"""The song plays, and its position is that of the sound."""

from __future__ import annotations

import sys
import threading
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from types import ModuleType, SimpleNamespace
from typing import Any

import numpy as np
import pytest

from kdance.audio import playback as module
from kdance.audio.clicks import add_sound, click_sound
from kdance.audio.heard_song import HeardSong
from kdance.audio.playback import BAD_SONG, DEVICE_GONE, NO_DEVICE, Playback, open_playback
from kdance.audio.runs import DUCKED, Run
from kdance.audio.sinks import BLOCK, DeviceClock, DeviceSink, SilentSink, SinkError, SteppedSink
from kdance.audio.stretch import Samples

RATE = 44100
LATENCY = 0.05
PATIENCE_S = 5.0


def noise(seconds: float) -> Samples:
    return np.random.default_rng(0).uniform(-0.5, 0.5, (round(seconds * RATE), 2)).astype(np.float32)


def tone(seconds: float) -> Samples:
    wave = 0.3 * np.sin(2 * np.pi * 440 * np.arange(round(seconds * RATE)) / RATE)
    return np.stack([wave, wave], axis=1).astype(np.float32)


def click_track(seconds: float, *, every: float = 0.47) -> Samples:
    track = np.zeros((round(seconds * RATE), 2), np.float32)
    for at in np.arange(0, seconds, every):
        add_sound(track, click_sound(RATE), round(at * RATE))
    return track


class Room:
    """A playback on a stepped clock, and all that was heard in it."""

    def __init__(self, samples: np.ndarray | None, **options: Any) -> None:
        self.sink = SteppedSink(RATE, latency=LATENCY, **options)
        self.playback = Playback(samples, RATE, self.sink)
        self.sound, self.moments = np.zeros((0, 2), np.float32), np.zeros(0)
        self.positions = np.zeros(0)  # of the first sample of each block, asked for when it is heard

    def listen(self, seconds: float) -> Samples:
        """What comes next, as it is handed over."""
        blocks = []
        for _ in range(round(seconds * RATE / BLOCK)):
            moment, block = self.sink.step()
            blocks.append(block)
            self.moments = np.concatenate([self.moments, moment + np.arange(len(block)) / self.sink.true_rate])
            self.positions = np.append(self.positions, self.playback.position_at(self.sink.now()))
        heard = np.concatenate(blocks)
        self.sound = np.concatenate([self.sound, heard])
        return heard

    def position(self) -> float:
        return self.playback.position_at(self.sink.now())


@pytest.fixture
def room() -> Iterator[Callable[..., Room]]:
    rooms: list[Room] = []

    def make(samples: np.ndarray | None, **options: Any) -> Room:
        made = Room(samples, **options)
        made.playback.__enter__()
        rooms.append(made)
        return made

    yield make
    for made in rooms:
        made.playback.__exit__(None, None, None)


def wait_until(condition: Callable[[], bool]) -> None:
    end = time.monotonic() + PATIENCE_S
    while not condition():
        assert time.monotonic() < end, "it never came true"
        time.sleep(0.005)


def click_errors(heard: Room, every: float = 0.47) -> np.ndarray:
    """How far each click in the sound is from its place in the song, by the position told for its moment; seconds."""
    errors, loud, last = [], np.abs(heard.sound[:, 0]), -RATE
    for index in np.flatnonzero(loud > 0.05):
        if index - last > RATE // 7 and index + RATE // 33 < len(loud):
            part = loud[index : index + RATE // 33]
            position = heard.playback.position_at(heard.moments[index + int(np.argmax(part > part.max() / 3))])
            errors.append(position - every * round(position / every))
            last = index
    return np.array(errors)


# What is heard


def test_at_full_speed_the_song_is_heard_bit_for_bit(room: Callable[..., Room]) -> None:
    song = noise(3)
    here = room(song)
    here.playback.play(Run(0.0, 10.0))
    assert np.array_equal(here.listen(2), song[: 2 * RATE])


def test_from_the_middle_only_the_first_5_ms_are_faded(room: Callable[..., Room]) -> None:
    song = noise(3)
    here = room(song)
    here.playback.play(Run(1.0, 10.0))
    heard = here.listen(1)
    assert np.array_equal(heard[round(0.005 * RATE) + 1 :], song[RATE : 2 * RATE][round(0.005 * RATE) + 1 :])
    assert np.abs(heard[:10]).max() < 0.05


def test_after_the_end_is_silence_and_the_clock_goes_on(room: Callable[..., Room]) -> None:
    here = room(noise(5))
    here.playback.play(Run(0.5, 1.5))
    heard = here.listen(2)
    assert np.abs(heard[: RATE - 300]).max() > 0.4
    assert not heard[RATE:].any()
    assert here.position() == pytest.approx(0.5 + 2 - LATENCY, abs=1e-6)
    assert not here.playback.is_playing


def test_the_song_is_ducked_before_the_one_and_loud_from_it_on(room: Callable[..., Room]) -> None:
    song = noise(5)
    here = room(song)
    here.playback.play(Run(2.0, 4.0, lead_in=1.0))
    heard = here.listen(2)
    assert heard[RATE // 2 : RATE // 2 + 1000] == pytest.approx(DUCKED * song[3 * RATE // 2 :][:1000], abs=1e-6)
    assert np.array_equal(heard[RATE : 2 * RATE], song[2 * RATE : 3 * RATE])


@pytest.mark.parametrize("speed", [0.5, 1.0, 1.5])
def test_a_count_in_before_the_song_is_clicks_alone(room: Callable[..., Room], speed: float) -> None:
    here = room(None)
    here.playback.play(Run(0.0, 4.0, speed=speed, lead_in=2.0, clicks=(-2.0, -1.5, -1.0, -0.5)))
    heard = here.listen(4.5)
    expected = np.zeros_like(heard)
    for number in range(4):
        add_sound(expected, click_sound(RATE, accent=number == 0), round(number * 0.5 / speed * RATE))
    assert np.allclose(heard, expected, atol=1e-6)
    assert np.abs(heard[: round(0.001 * RATE)]).max() > 0.3  # the first one is not faded in


def test_a_new_run_replaces_the_old_one_without_a_crackle(room: Callable[..., Room]) -> None:
    here = room(tone(20))
    here.playback.play(Run(0.0, 20.0))
    here.listen(1)
    here.playback.play(Run(10.0, 20.0))
    heard = here.listen(1)
    assert here.position() == pytest.approx(11 - LATENCY, abs=0.01)
    assert np.abs(np.diff(here.sound[:, 0])).max() < 2 * 0.3 * 2 * np.pi * 440 / RATE
    assert np.abs(heard[round(0.02 * RATE) :]).max() == pytest.approx(0.3, abs=0.01)


def test_muting_silences_and_changes_no_position(room: Callable[..., Room]) -> None:
    plain, muted = room(noise(5)), room(noise(5))
    for here in (plain, muted):
        here.playback.play(Run(0.0, 5.0, speed=0.75))
        here.listen(0.5)
    muted.playback.muted = True
    plain.listen(0.5)
    assert not muted.listen(0.5)[BLOCK:].any()
    muted.playback.muted = False
    assert np.array_equal(plain.listen(0.5)[BLOCK:], muted.listen(0.5)[BLOCK:])
    assert np.array_equal(plain.positions, muted.positions)


def test_the_tap_gets_what_is_handed_over(room: Callable[..., Room]) -> None:
    here = room(noise(2))
    tapped: list[tuple[Samples, float]] = []
    here.playback.tap = lambda block, moment: tapped.append((block, moment))
    here.playback.play(Run(0.0, 2.0))
    heard = here.listen(1)
    assert np.array_equal(np.concatenate([block for block, _ in tapped]), heard)
    assert [moment for _, moment in tapped] == pytest.approx(here.moments[::BLOCK])


# The position


@pytest.mark.parametrize("rate_error", [0.0, 1e-4, -0.01], ids="{:+}".format)
@pytest.mark.parametrize("speed", [0.5, 0.75, 1.0, 1.5])
def test_the_position_is_that_of_the_sound(room: Callable[..., Room], speed: float, rate_error: float) -> None:
    here = room(click_track(12), rate_error=rate_error)
    here.playback.play(Run(0.0, 12.0, speed=speed))
    here.listen(6)
    errors = click_errors(here)
    assert len(errors) >= 6
    assert np.abs(errors).max() < 0.010 * speed
    assert abs(np.median(errors)) < 0.003 * speed


def test_a_run_begins_where_its_first_block_is_heard(room: Callable[..., Room]) -> None:
    here = room(noise(5))
    here.listen(0.2)
    here.playback.play(Run(3.0, 5.0, speed=0.5, lead_in=1.0))
    assert here.position() == pytest.approx(2.0 - 0.5 * LATENCY)  # nothing of it is heard before that
    here.listen(0.02)
    first = here.moments[-BLOCK]
    assert here.playback.position_at(first) == pytest.approx(2.0)
    assert here.playback.position_at(first - 0.1) == pytest.approx(1.95)
    assert here.playback.position_at(first + 2.0) == pytest.approx(3.0)


def test_the_position_never_goes_back_in_a_run_whatever_the_speed_does(room: Callable[..., Room]) -> None:
    here = room(click_track(40))
    here.playback.play(Run(1.0, 40.0, lead_in=0.5))
    for speed in (0.5, 1.5, 0.75, 1.0, 1.25, 0.5, 1.0):
        here.listen(0.7)
        here.playback.change_speed(speed)
        here.playback.change_speed(speed)
    here.listen(1)
    steps = np.diff(here.positions)
    assert steps.min() > 0
    assert steps.max() < 1.5 * BLOCK / RATE * 1.001
    assert np.abs(click_errors(here)).max() < 0.012


def test_another_speed_is_heard_within_a_fifth_of_a_second_without_a_gap(room: Callable[..., Room]) -> None:
    here = room(tone(20))
    here.playback.play(Run(0.0, 20.0))
    here.listen(1)
    here.playback.change_speed(0.5)
    here.listen(1)
    slow = np.flatnonzero(np.diff(here.positions) < 0.75 * BLOCK / RATE)[0] * BLOCK / RATE
    assert 1.0 <= slow < 1.2
    level = np.sqrt(np.convolve(here.sound[:, 0] ** 2, np.ones(400) / 400, "valid"))[1000:]
    assert level.min() > 0.7 * np.median(level)
    assert here.playback.speed == 0.5


def test_a_change_before_anything_is_heard_counts_from_the_beginning(room: Callable[..., Room]) -> None:
    here = room(noise(5))
    here.playback.play(Run(2.0, 5.0, lead_in=1.0))
    here.playback.change_speed(0.5)
    here.listen(1)
    assert here.position() == pytest.approx(1.0 + 0.5 * (1 - LATENCY), abs=1e-6)


def test_stopped_is_silent_and_stays_and_can_go_on(room: Callable[..., Room]) -> None:
    song = noise(10)
    here = room(song)
    here.playback.play(Run(0.0, 10.0))
    here.listen(1)
    here.playback.stop()
    assert not here.playback.is_playing
    assert not here.listen(1)[round(0.005 * RATE) :].any()
    stayed = here.position()
    assert stayed == pytest.approx(1.005, abs=0.001)
    here.listen(3)
    assert here.position() == stayed
    here.playback.change_speed(0.5)  # nothing to change
    here.playback.play(Run(stayed, 10.0))
    here.listen(1)
    assert here.position() == pytest.approx(stayed + 1 - LATENCY, abs=1e-6)


def test_before_the_first_run_there_is_silence_at_0(room: Callable[..., Room]) -> None:
    here = room(noise(1))
    assert not here.listen(0.2).any()
    assert here.position() == 0
    assert not here.playback.is_playing
    here.playback.stop()
    assert here.position() == 0


def test_sound_that_is_not_made_in_time_is_silence_in_which_the_song_stands_still(monkeypatch: Any) -> None:
    sink = SteppedSink(RATE, latency=LATENCY)
    with Playback(noise(5), RATE, sink) as playing:
        playing.play(Run(0.0, 5.0))
        for _ in range(50):
            sink.step()
        with monkeypatch.context() as patch:
            patch.setattr(playing, "_make_ahead", lambda _: None)
            stalled = np.concatenate([sink.step()[1] for _ in range(50)])
            silent = np.flatnonzero(~stalled.any(axis=1))[0]
            moment = sink.now() + LATENCY
            at = playing.position_at(moment)
        assert at == pytest.approx(1.0 + silent / RATE, abs=1e-3)
        sink.step()
        assert playing.position_at(moment + 0.01) == pytest.approx(at + 0.01, abs=1e-3)


def test_the_song_clock_follows_the_true_rate_and_never_goes_back() -> None:
    clock, random = HeardSong(), np.random.default_rng(3)
    clock.begin(10.0, 0.75)
    assert clock.position_at(1.0, expected=1.1) == pytest.approx(10.0 - 0.075)
    for block in range(300):
        clock.handed_over(2 + 0.02 * block + random.normal(0, 0.008), 10 + 0.015 * block, 0.75)
    asked = np.linspace(0, 9, 2000)
    positions = [clock.position_at(float(moment), expected=0.0) for moment in asked]
    assert (np.diff(positions) >= 0).all()
    assert positions == pytest.approx(10 + 0.75 * (asked - 2), abs=0.03)


# Sinks


def test_the_clock_of_a_device_takes_out_jitter_and_learns_its_rate() -> None:
    random, clock, block = np.random.default_rng(4), DeviceClock(RATE), 512
    errors, before = [], -1.0
    for number in range(6000):
        true = 5 + number * block / (RATE * 1.0002)
        told = np.floor((true - 5) / 0.005) * 0.005 + 5
        moment = clock.heard(told + 1000 + random.exponential(0.002), told, told + 0.05, 0.1, block)
        assert moment > before
        before = moment
        errors.append(moment - (true + 1000.05))
    assert np.abs(errors[1500:]).max() < 0.004
    assert abs(np.mean(errors[3000:4500]) - np.mean(errors[4500:])) < 0.001


def test_a_device_whose_clock_is_set_is_still_in_time() -> None:
    clock = DeviceClock(RATE)
    for number in range(400):
        now = 50 + number * 0.01
        device_now = now + (1000 if number < 200 else 990)
        assert clock.heard(now, device_now, device_now + 0.05, 0.1, 441) == pytest.approx(now + 0.05, abs=1e-6)


def test_a_driver_that_does_not_know_when_it_is_heard_gets_the_usual_latency() -> None:
    clock = DeviceClock(RATE)
    assert clock.heard(7.0, 0.0, 0.0, 0.1, 441) == pytest.approx(7.1)
    assert clock.heard(9.0, 0.0, 0.0, 0.1, 441) == pytest.approx(9.1)  # blocks were left out: it begins anew


def test_without_a_device_a_silent_clock_of_the_same_pace() -> None:
    with Playback(noise(5), RATE, SilentSink(RATE)) as playing:
        assert [thread.name for thread in threading.enumerate() if thread.name.startswith("kdance-")]
        playing.play(Run(1.0, 5.0))
        wait_until(lambda: playing.position_at(time.monotonic()) > 1.3)
        moment = time.monotonic()
        first = playing.position_at(moment)
        assert playing.is_playing
        assert playing.position_at(moment - 0.1) == pytest.approx(first - 0.1, abs=0.005)
    assert not [thread.name for thread in threading.enumerate() if thread.name.startswith("kdance-")]


def test_a_crash_of_the_worker_reaches_the_main_thread(monkeypatch: pytest.MonkeyPatch) -> None:
    def fail(*_: object) -> None:
        raise RuntimeError("broken")

    monkeypatch.setattr(module.RunSound, "read", fail)
    with pytest.raises(RuntimeError, match="broken"), Playback(noise(1), RATE, SilentSink(RATE)) as playing:
        playing.play(Run(0.0, 1.0))
        wait_until(lambda: playing._worker.has_ended)
        with pytest.raises(RuntimeError, match="broken"):
            playing.position_at(0.0)


def test_a_sink_of_another_rate_is_refused() -> None:
    with pytest.raises(ValueError, match="48000"):
        Playback(noise(1), RATE, SilentSink(48000))


# The sound device


class PortAudioError(Exception):
    """As sounddevice has it."""


class CallbackAbort(Exception):  # noqa: N818 - its name there
    """As sounddevice has it."""


class FakeStream:
    """An output that takes blocks of 441 when told to."""

    def __init__(self, *, callback: Any, finished_callback: Any, **asked: Any) -> None:
        self.asked, self.latency = asked, 0.06
        self._callback, self._finished = callback, finished_callback
        self.running = self.closed = False

    def start(self) -> None:
        self.running = True

    def close(self, ignore_errors: bool = True) -> None:
        if not self.closed and self.running:
            self._finished()
        self.closed = True

    def take(self) -> tuple[float, Samples]:
        out, now = np.zeros((441, 2), np.float32), time.monotonic()
        try:
            self._callback(out, 441, SimpleNamespace(currentTime=now, outputBufferDacTime=now + 0.05), None)
        except CallbackAbort:
            self._finished()
        return now + 0.05, out

    def die(self) -> None:
        self._finished()


@pytest.fixture
def fake(monkeypatch: pytest.MonkeyPatch) -> list[FakeStream]:
    """A machine with a sound device; gives the streams that were opened."""
    opened: list[FakeStream] = []
    library: Any = ModuleType("sounddevice")
    library.PortAudioError, library.CallbackAbort = PortAudioError, CallbackAbort

    def open_stream(**asked: Any) -> FakeStream:
        opened.append(FakeStream(**asked))
        return opened[-1]

    library.OutputStream = open_stream
    monkeypatch.setitem(sys.modules, "sounddevice", library)
    return opened


def play_on(stream: FakeStream, seconds: float) -> float:
    """Take blocks in real time; the moment until which they are heard."""
    begin, taken = time.monotonic(), 0
    while taken < seconds * 100:
        if time.monotonic() >= begin + taken / 100:
            moment, _ = stream.take()
            taken += 1
        time.sleep(0.001)
    return moment + 0.01


def test_the_device_plays_and_tells_the_position_and_is_closed(fake: list[FakeStream]) -> None:
    with open_playback(None) as playing:
        stream = fake[0]
        assert stream.asked["samplerate"] == 44100
        assert stream.asked["channels"] == 2
        playing.play(Run(1.0, 9.0, lead_in=1.0, clicks=(0.0, 0.5)))
        wait_until(lambda: len(playing._pieces) > 10)
        moment, first = stream.take()
        assert np.abs(first).max() > 0.3
        assert playing.position_at(moment) == pytest.approx(0.0, abs=0.001)
        assert playing.problem is None
    assert stream.closed
    assert playing.problem is None


@pytest.mark.parametrize("how", ["it says so", "it just stops"])
def test_when_the_device_dies_the_clock_goes_on_silently(
    fake: list[FakeStream], how: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(module, "_GONE", 0.2)
    with open_playback(None) as playing:
        playing.play(Run(5.0, 60.0))
        wait_until(lambda: len(playing._pieces) > 10)
        end = play_on(fake[0], 0.15)
        known, before = end, playing.position_at(end)
        if how == "it says so":
            fake[0].die()
        wait_until(lambda: playing.problem == DEVICE_GONE)
        wait_until(lambda: playing.position_at(time.monotonic()) > before + 0.3)
        now = time.monotonic()
        assert playing.position_at(now) - before == pytest.approx(now - known, abs=0.03)
        stale = np.ones((441, 2), np.float32)
        fake[0]._callback(stale, 441, SimpleNamespace(currentTime=now, outputBufferDacTime=now + 0.05), None)
        assert not stale.any()  # the dead device gets no more of the song
    assert fake[0].closed


def test_a_device_that_swallows_sound_at_any_pace_is_none(fake: list[FakeStream]) -> None:
    with open_playback(None) as playing:
        for _ in range(100):
            fake[0].take()
        assert playing.problem is None  # a big buffer is filled at once
        for _ in range(100):
            fake[0].take()
        wait_until(lambda: playing.problem == DEVICE_GONE)


@pytest.mark.parametrize("error", [PortAudioError("no device"), ValueError("no such device")], ids=repr)
def test_without_a_device_the_dancer_is_told_and_the_clock_goes_on(
    fake: list[FakeStream], monkeypatch: pytest.MonkeyPatch, error: Exception
) -> None:
    def refuse(**_: object) -> None:
        raise error

    monkeypatch.setattr(sys.modules["sounddevice"], "OutputStream", refuse)
    with pytest.raises(SinkError):
        DeviceSink().start(lambda *_: None)
    with open_playback(None) as playing:
        assert playing.problem == NO_DEVICE
        playing.play(Run(0.0, 9.0))
        wait_until(lambda: playing.position_at(time.monotonic()) > 0.1)


def test_a_machine_without_portaudio_is_one_without_a_device(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "sounddevice.py").write_text("raise OSError('PortAudio library not found')")
    monkeypatch.syspath_prepend(str(tmp_path))
    monkeypatch.delitem(sys.modules, "sounddevice", raising=False)
    with open_playback(None, muted=True) as playing:
        assert playing.problem == NO_DEVICE
        assert playing.muted
    assert "sounddevice" not in sys.modules


def test_a_damaged_song_is_told_and_still_counted_in(fake: list[FakeStream], tmp_path: Path) -> None:
    (tmp_path / "sound.wav").write_bytes(b"not a song")
    with open_playback(tmp_path / "sound.wav") as playing:
        assert playing.problem == BAD_SONG
        playing.play(Run(0.0, 9.0, lead_in=1.0, clicks=(-1.0,)))
        wait_until(lambda: len(playing._pieces) > 10)
        assert np.abs(fake[0].take()[1]).max() > 0.3


# Runs


@pytest.mark.parametrize(
    "wrong", [{"end": 0.5}, {"speed": 0.4}, {"speed": 1.6}, {"lead_in": -1.0}, {"speed": float("nan")}], ids=str
)
def test_an_impossible_run_is_refused(wrong: dict[str, float]) -> None:
    with pytest.raises(ValueError, match=r"run|speed|lead_in"):
        Run(**{"start": 1.0, "end": 2.0, **wrong})
