"""``kdance`` alone: what to do first, instead of a wall of help."""

from __future__ import annotations

from typing import TYPE_CHECKING

from kdance.cli.common import end_of_day, set_up

if TYPE_CHECKING:
    from kdance.config import Home
    from kdance.store.glance import DanceGlance


def show_first_steps() -> None:
    """Print three commands that fit to what there is, and the dances with their last score."""
    from kdance.cli import console
    from kdance.report.first_steps import DanceLine, render_first_steps
    from kdance.words.phrases import load_phrases

    home, settings = set_up()
    lines = [
        DanceLine(name, glance.last, glance.best, glance.danced_at, glance.due)
        for name, glance in known_dances(home).items()
    ]
    console.show(render_first_steps(lines, load_phrases(settings.feedback.language)))


def known_dances(home: Home) -> dict[str, DanceGlance]:
    """Every reference there is, those danced last first, without opening one."""
    from kdance.cli.completion import dances
    from kdance.store.glance import DanceGlance, dances_at_a_glance

    names = dances()
    danced = {name: glance for name, glance in dances_at_a_glance(home.sessions, end_of_day()).items() if name in names}
    return danced | {name: DanceGlance() for name in names if name not in danced}
