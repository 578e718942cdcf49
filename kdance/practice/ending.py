"""What comes after a dance: a model's last word on it, and what the dancer wants to do next."""

from __future__ import annotations

from contextlib import ExitStack
from typing import TYPE_CHECKING, Final

from kdance.coach.live_coach import LiveCoach
from kdance.practice.sign_watch import SignWatch
from kdance.review.record import SessionReport, SessionSummary
from kdance.worker import Worker

if TYPE_CHECKING:
    from kdance.practice.room import Room
    from kdance.practice.session import Session
    from kdance.practice.signals import StopSignals

_LOOK_MS: Final = 20
_LOOKS_AFTER: Final = 50  # a second: a question that is called off ends at once

# How long a recording's end stays in the window, after q and after its last frame: nobody may be there to end it.
AFTER_QUIT_S: Final = 4.0
AFTER_END_S: Final = 20.0
_KEYS: Final = {"both_up": "space", "one_up": "d", "crossed": "q"}


def choose(session: Session, keys: frozenset[str], *, live: bool, by_dancer: bool) -> str | None:
    """What the dancer wants to do next, by a key or by a sign to the camera; ``None`` to end.

    In front of a camera it stays until they say so: they may stand three metres away. A recording ends by itself.

    Args:
        session: What was danced.
        keys: What can be chosen.
        live: Whether somebody dances in front of a camera.
        by_dancer: Whether the dancer ended the dance with a key.
    """
    view, now = session.room.view, session.clock.now
    if not view.is_open:
        return None
    view.renew()
    end = float("inf") if live else now() + (AFTER_QUIT_S if by_dancer else AFTER_END_S)
    with ExitStack() as stack:
        watched = live and session.options.gestures
        signs = SignWatch(stack, session.options.source, session.settings, _KEYS) if watched else None
        while now() < end and not (session.signals.received or view.wants_to_quit):
            view.poll(_LOOK_MS)
            chosen = [*view.take_keys(), *(() if signs is None else signs.given())]
            for key in chosen:
                if key in keys:
                    return key
                if key == "q":
                    return None
    return None


def reword(report: SessionReport, coach: LiveCoach, room: Room, signals: StopSignals) -> SessionReport:
    """The report with the coach's own summary; as it is when the dancer doesn't wait for it.

    Args:
        report: With the summary by rules.
        coach: May take up to half a minute.
        room: Shows that it is being waited for; q, Esc and the window's x fall back on the rules.
        signals: So does Ctrl-C.
    """
    worker: Worker[SessionSummary] = Worker("kdance-summary", lambda _: coach.summarise(report))
    was_open = room.view.is_open
    room.view.renew()  # the q that ended the dance
    with room.waiting(room.phrases.text("window.ai_working")):
        worker.start()
        while not worker.join(_LOOK_MS / 1000):
            room.view.poll()
            if signals.received or (was_open and room.view.wants_to_quit):
                _call_off(coach, worker)
                break
    if not worker.has_ended:
        return report
    return report.model_copy(update=dict(worker.result))


def _call_off(coach: LiveCoach, worker: Worker[SessionSummary]) -> None:
    """Wait no longer; again and again, because between two attempts there is no question that could be called off."""
    for _ in range(_LOOKS_AFTER):
        if worker.has_ended:
            return
        coach.stop_listening()
        worker.join(_LOOK_MS / 1000)
