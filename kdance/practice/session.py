"""All that one practice session needs, handed from function to function as one thing."""

from __future__ import annotations

from dataclasses import dataclass

from kdance.config import Settings
from kdance.dance.dance import Dance
from kdance.practice.clocks import CLOCK, Clock
from kdance.practice.options import TrainingOptions
from kdance.practice.room import Room
from kdance.practice.signals import StopSignals
from kdance.store import SessionStore


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Session:
    """Who practises what, where, and until when; :mod:`kdance.practice.dancing` holds it.

    Attributes:
        dance: The reference.
        options: What was asked for.
        settings: Camera, pose network, coach.
        store: Where it is kept, from its first half second on.
        room: What the dancer sees, hears, and is coached by.
        signals: Ctrl-C.
        clock: The time that passes.
    """

    dance: Dance
    options: TrainingOptions
    settings: Settings
    store: SessionStore
    room: Room
    signals: StopSignals
    clock: Clock = CLOCK
