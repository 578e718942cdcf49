"""The last word on a session by a model, while the window stays alive and the dancer may have enough of waiting."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from kdance.coach.live_coach import LiveCoach
from kdance.review.record import SessionReport, SessionSummary
from kdance.worker import Worker

if TYPE_CHECKING:
    from kdance.practice.room import Room
    from kdance.practice.signals import StopSignals

_LOOK_MS: Final = 20
_LOOKS_AFTER: Final = 50  # a second: a question that is called off ends at once


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
