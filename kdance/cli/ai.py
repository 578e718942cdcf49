"""The AI coach: whether it may be used, and its words for a session that was danced without it."""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING, Annotated, Literal

import typer

from kdance.choices import OnOff
from kdance.cli.asking import asking
from kdance.cli.common import set_up
from kdance.errors import ExitCode, KdanceError

if TYPE_CHECKING:
    from kdance.coach.ai.server import AiServer
    from kdance.config import Home, Settings
    from kdance.review.record import SessionReport


def ai(
    switch: Annotated[
        Literal[OnOff, "status"], typer.Argument(metavar="SWITCH", help="Turn it on or off, or show how it is.")
    ] = "status",
) -> None:
    """Turn the AI coach on or off: a model that words your cues and your summary.

    Examples:
    kdance ai status
    kdance ai on
    """
    from kdance.cli import console
    from kdance.coach.ai.consent import save_answer
    from kdance.coach.ai.setup import HOW_TO_KEY, NO_KEY, find_server, question

    home, settings = set_up()
    server = find_server(settings.feedback, home)
    if switch != "status":
        save_answer(home.ai, server.host, switch)
        save_answer(home.ai, server.host, None, "pictures")  # they are shown and asked about again
    console.tell(_status(home, settings, server))
    if switch == "off":
        return
    console.tell(question(server, settings.feedback))
    if not server.is_ready:
        console.tell(f"{NO_KEY} {HOW_TO_KEY}.")


def _status(home: Home, settings: Settings, server: AiServer) -> str:
    from kdance.coach.ai.consent import load_answer

    by_config = settings.feedback.ai
    state: str | None = by_config if by_config != "ask" else load_answer(home.ai, server.host)
    why = " (feedback.ai in config.yaml)" if by_config != "ask" else ""
    undecided = "not decided: the next train asks" if server.is_ready else "off: it has no key"
    word = {"on": "on" if server.is_ready else "on, but has no key yet", "off": "off", None: undecided}[state]
    return f"The AI coach is {word}{why}."


def chosen_server(home: Home, settings: Settings, option: bool | None) -> AiServer | None:
    """The server of the AI coach, where it is to be used; asks once, and never without a terminal."""
    from kdance.cli import console
    from kdance.coach.ai.consent import save_answer
    from kdance.coach.ai.setup import find_server, is_wanted, question

    if option is False:
        return None
    server = find_server(settings.feedback, home)
    wanted = is_wanted(settings.feedback, home, server, option)
    if wanted is None:
        if not (sys.stdin.isatty() and sys.stdout.isatty()):
            return None
        console.tell(question(server, settings.feedback))
        with asking():
            wanted = typer.confirm("Turn it on? (kdance ai on / off changes it later)", default=False)
        save_answer(home.ai, server.host, "on" if wanted else "off")
    return server if wanted else None


def reworded(home: Home, settings: Settings, report: SessionReport) -> SessionReport:
    """A stored report with a summary by the AI coach.

    Raises:
        KdanceError: The AI coach is off, has no key, or gave no summary that is true.
        Exit: Ctrl-C called it off.
    """
    from kdance.cli import console
    from kdance.coach.ai.setup import HOW_TO_KEY, NO_KEY, coach_maker, find_server
    from kdance.coach.live_coach import NOT_TRUE, spent
    from kdance.practice.contract import NoView
    from kdance.practice.ending import reword
    from kdance.practice.room import Room
    from kdance.practice.signals import StopSignals
    from kdance.review.findings import can_be_worded
    from kdance.words.phrases import load_phrases

    if not can_be_worded(report):
        raise KdanceError("There is nothing in this session for the AI coach to word.")
    if not find_server(settings.feedback, home).is_ready:
        raise KdanceError(f"The AI coach can't be used. {NO_KEY}", f"{HOW_TO_KEY}.")
    server = chosen_server(home, settings, None)
    if server is None:
        by_config = settings.feedback.ai == "off"
        hint = "Set feedback.ai in config.yaml to ask or on." if by_config else "Turn it on: kdance ai on"
        raise KdanceError("The AI coach is off.", hint)
    room = Room(NoView(), waiting=console.spinner, phrases=load_phrases(settings.feedback.language))
    with StopSignals() as signals, coach_maker(settings.feedback, server)() as coach:
        found = reword(report, coach, room, signals)
        console.note(spent(coach.usage))
        if signals.received:
            console.note("Called off: the summary is as it was.")
            raise typer.Exit(ExitCode.INTERRUPTED)
        if found.summary_source == "rules":
            reason = coach.problem or f"No summary by the AI coach. {coach.failure or NOT_TRUE}"
            raise KdanceError(reason, "The summary is as it was; try again in a while.")
    return found
