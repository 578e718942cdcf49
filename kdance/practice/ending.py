"""The last word on a session by a model, while the window stays alive and the dancer may have enough of waiting."""

from __future__ import annotations

import threading
import time
from typing import TYPE_CHECKING, Final

from kdance.coach.live_coach import LiveCoach
from kdance.review.record import SessionReport, SessionSummary

if TYPE_CHECKING:
    from kdance.practice.room import Room
    from kdance.practice.signals import StopSignals

_LOOK_MS: Final = 20
_CALLED_OFF_S: Final = 1.0


def reword(report: SessionReport, coach: LiveCoach, room: Room, signals: StopSignals) -> SessionReport:
    """The report with the coach's own summary; as it is when the dancer doesn't wait for it.

    Args:
        report: With the summary by rules.
        coach: May take up to half a minute.
        room: Shows that it is being waited for; q, Esc and the window's x fall back on the rules.
        signals: So does Ctrl-C.
    """
    found: list[SessionSummary] = []
    failed: list[BaseException] = []

    def ask() -> None:
        try:
            found.append(coach.summarise(report.reference, report, report.detailed_feedback))
        except BaseException as error:  # noqa: BLE001 - raised again below
            failed.append(error)

    thread = threading.Thread(target=ask, name="kdance-summary", daemon=True)
    was_open = room.view.is_open
    room.view.renew()  # the q that ended the dance
    with room.waiting(room.phrases.text("window.ai_working")):
        thread.start()
        while thread.is_alive():
            thread.join(_LOOK_MS / 1000)
            room.view.poll()
            if signals.received or (was_open and room.view.wants_to_quit):
                _call_off(coach, thread)
                break
    if failed:
        raise failed[0]
    return report.model_copy(update=dict(found[0])) if found else report


def _call_off(coach: LiveCoach, thread: threading.Thread) -> None:
    """Wait no longer; again and again, because between two attempts there is no question that could be called off."""
    end = time.monotonic() + _CALLED_OFF_S
    while thread.is_alive() and time.monotonic() < end:
        coach.stop_listening()
        thread.join(_LOOK_MS / 1000)
