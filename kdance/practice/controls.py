"""What the keys do while dancing; each says what it did, for the window."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING

from kdance.practice.live_take import LiveTake
from kdance.practice.state import Toast
from kdance.practice.transport import SPEED_STEP, Transport
from kdance.words.numbers import minutes

if TYPE_CHECKING:
    from kdance.audio.playback import Playback

Action = Callable[[float], Toast | None]

_OF_THE_SONG = frozenset(("space", "left", "right", "r", "a", "b", "l", *"-_+="))


class Controls:
    """Keys of a session.

    Args:
        transport: Where the song is.
        take: What is danced.
        playback: Its sound, where there is one.
    """

    def __init__(self, transport: Transport, take: LiveTake, playback: Playback | None) -> None:
        self._transport, self._take, self._playback = transport, take, playback
        self._actions: dict[str, Action] = {"m": self._mirror}
        if not take.options.free:
            self._actions |= {
                "space": self._pause,
                "left": lambda moment: self._jump(-1, moment),
                "right": lambda moment: self._jump(1, moment),
                "r": self._restart,
                **dict.fromkeys("-_", lambda moment: self._change_speed(-SPEED_STEP, moment)),
                **dict.fromkeys("+=", lambda moment: self._change_speed(SPEED_STEP, moment)),
                "a": lambda moment: _at("loop_from", self._transport.set_a(moment)),
                "b": lambda moment: _at("loop_to", self._transport.set_b(moment)),
                "l": lambda moment: _switched("loop", on=self._transport.toggle_loop()),
            }
        if playback is not None:
            self._actions["s"] = self._mute

    def press(self, key: str, moment: float) -> Toast | None:
        """Do what a key stands for.

        Args:
            key: Its name, see :mod:`kdance.window.keys`.
            moment: When it was pressed.

        Returns:
            What it did; ``None`` when it stands for nothing here, or the window shows it anyway.
        """
        action = self._actions.get(key)
        if action is None and key in _OF_THE_SONG and self._take.options.free:
            return Toast("toast.no_song")
        return None if action is None else action(moment)

    def _pause(self, moment: float) -> Toast | None:
        if self._transport.phase == "paused":
            self._transport.go_on(moment)
            return Toast("toast.go_on")
        self._transport.pause(moment)
        return None  # the window says it, large

    def _jump(self, eights: int, moment: float) -> Toast:
        return _at("from", self._transport.jump(eights, moment))

    def _restart(self, moment: float) -> Toast:
        self._transport.restart(moment)
        return Toast("toast.from_the_top")

    def _change_speed(self, by: float, moment: float) -> Toast:
        self._transport.change_speed(self._transport.speed + by, moment)
        return Toast("toast.speed", {"speed": f"{self._transport.speed:.2f}"})

    def _mirror(self, moment: float) -> Toast:
        mirrored = not self._take.mirrored
        self._take.tell_mirrored(mirrored)
        return _switched("mirror", on=mirrored)

    def _mute(self, moment: float) -> Toast:
        assert self._playback is not None
        self._playback.muted = not self._playback.muted
        return _switched("sound", on=not self._playback.muted)


def _at(name: str, time: float) -> Toast:
    """With a second of the song."""
    return Toast(f"toast.{name}", {"time": minutes(time)})


def _switched(name: str, *, on: bool) -> Toast:
    return Toast(f"toast.{name}_{'on' if on else 'off'}")
