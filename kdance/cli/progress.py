"""Commands that hold sessions against each other."""

from __future__ import annotations

from dataclasses import asdict, replace
from datetime import date
from itertools import groupby
from shlex import quote
from typing import TYPE_CHECKING, Annotated

import typer

from kdance.cli import completion
from kdance.cli.common import set_up, today
from kdance.cli.options import JsonOption, SessionArgument, SessionOrNothing
from kdance.errors import KdanceError

if TYPE_CHECKING:
    from kdance.learning.history import DancedSession
    from kdance.learning.progress import Progress
    from kdance.store import SessionStore


def progress(
    name: Annotated[
        str,
        typer.Argument(
            metavar="NAME",
            help="A dance; all of them where it is left out.",
            show_default=False,
            autocompletion=completion.dances,
        ),
    ] = "",
    as_json: JsonOption = False,
) -> None:
    """See how a dance got better: over all sessions, and 8-count by 8-count.

    Whole dances at full speed, drills and slow rounds are told apart, and never averaged with each other.

    Examples:
    kdance progress
    kdance progress magnetic
    kdance progress magnetic --json
    """
    from kdance.cli import console
    from kdance.learning.progress import progress_of
    from kdance.practice.recovery import open_recovered_store
    from kdance.report.course import render_course
    from kdance.report.progress import render_dances, render_progress
    from kdance.words.phrases import load_phrases

    home, settings = set_up()
    phrases, now = load_phrases(settings.feedback.language), today()
    with open_recovered_store(home, console.note) as store:
        if not name:
            dances = _dances(store, now)
            if as_json:
                console.show_json({"dances": dances})
            else:
                console.show(render_dances(dances, phrases))
            return
        found = store.history(name)
        cards = store.cards(name, found[-1].digest) if found else ()
        if not found:
            raise KdanceError(
                f"'{name}' has not been danced yet: no session of it in {store.path}.",
                f"Dance it: kdance train {quote(name)}, or see what there is: kdance progress",
            )
    shown = progress_of(found, now)
    if as_json:
        console.show_json(asdict(shown) | {"course": cards})
    else:
        course = render_course(cards, now, phrases) if cards else ""
        console.show(render_progress(shown, phrases, course=course))


def _dances(store: SessionStore, now: date) -> list[Progress]:
    """Every dance that was danced, the one danced last first."""
    from kdance.learning.progress import progress_of

    by_name = sorted(store.all_danced(), key=lambda session: session.reference)  # stable: oldest first within a dance
    dances = [progress_of(list(group), now) for _, group in groupby(by_name, key=lambda session: session.reference)]
    return sorted(dances, key=lambda dance: dance.last, reverse=True)


def compare(
    first: SessionOrNothing = None, second: SessionArgument = "last-session", as_json: JsonOption = False
) -> None:
    """Hold two sessions of a dance against each other, 8-count by 8-count; the last two of it where none is named.

    Examples:
    kdance compare
    kdance compare 20261122-1415
    kdance compare 20261122-14 20261129-19 --json
    """
    from kdance.cli import console
    from kdance.learning.progress import compare as compared
    from kdance.practice.recovery import open_recovered_store
    from kdance.report.progress import render_compared
    from kdance.words.phrases import load_phrases

    home, settings = set_up()
    with open_recovered_store(home, console.note) as store:
        later = store.danced(second)
        sides = store.danced(_session_before(later, store) if first is None else first), later
    if sides[0].session_id == sides[1].session_id:
        raise KdanceError(
            f"Both are session {sides[0].session_id}.", "Name an earlier one: kdance sessions lists them."
        )
    names = [side.reference for side in sides]
    if names[0] != names[1] or sides[0].digest != sides[1].digest:
        dances = f"'{names[0]}' and '{names[1]}'" if names[0] != names[1] else f"an earlier and a later '{names[0]}'"
        raise KdanceError(f"These two sessions are of two dances: {dances}.", "See them all: kdance sessions")
    rows = compared(*sides)
    if as_json:
        parts = [asdict(row) | {"gain": row.gain} for row in rows]
        first_side, second_side = (replace(side, rounds=(), faults=()) for side in sides)  # `parts` has them
        console.show_json({"first": first_side, "second": second_side, "parts": parts})
    else:
        console.show(render_compared(*sides, rows, load_phrases(settings.feedback.language)))


def _session_before(later: DancedSession, store: SessionStore) -> str:
    """The id of the session of the same dance before this one."""
    ids = [
        session.session_id
        for session in store.all_danced()
        if (session.reference, session.digest) == (later.reference, later.digest)
    ]
    place = ids.index(later.session_id)
    if place == 0:
        raise KdanceError(
            f"There is no session of '{later.reference}' before {later.session_id}.",
            "Dance it again, or name two sessions: kdance sessions lists them.",
        )
    return ids[place - 1]
