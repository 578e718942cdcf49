"""All that is known of one reference, on a terminal."""

from __future__ import annotations

import shlex
from dataclasses import dataclass
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray
from rich.console import Console, ConsoleOptions, Group, RenderableType, RenderResult
from rich.constrain import Constrain
from rich.text import Text

from kdance.dance.dance import Dance
from kdance.dance.references import Reference
from kdance.motion.sections import pose_speed
from kdance.report.listing import reference_facts
from kdance.report.shapes import emphasised
from kdance.words import report as words
from kdance.words.numbers import minutes
from kdance.words.phrases import Phrases

MAX_WIDTH: Final = 100
_EIGHTHS: Final = " ▁▂▃▄▅▆▇█"
_DIGITS: Final = "0123456789"


def render_reference(reference: Reference, phrases: Phrases) -> RenderableType:
    """What a reference is of, and its timeline: where it moves how much, where nobody is seen, where 8-counts begin."""
    info, dance = reference.info, Dance.of(reference)
    name, typed = words.plain(info.name), shlex.quote(info.name)
    eights = [] if info.grid is None else [start for start, _ in info.grid.eights(info.duration)]
    facts = phrases.text("reference.made", when=words.date(info.made_at, phrases), source=words.plain(info.source))
    command = f"kdance train {typed}"
    return Constrain(
        Group(
            Text(name, style="bold"),
            Text(facts, style="dim"),
            *reference_facts(info, phrases),
            Text("\n" + phrases.text("reference.timeline"), style="dim"),
            Timeline(pose_speed(dance.plain), eights, info.duration),
            Text(),
            emphasised(phrases.text("report.made.dance", command=command), command, rest="dim"),
        ),
        MAX_WIDTH,
    )


@dataclass(frozen=True, slots=True, eq=False)
class Timeline:
    """How much a dance moves, with the numbers of its 8-counts below.

    Attributes:
        speed: (N,) radians a second, evenly over the dance; NaN where nobody is seen.
        eights: Second at which each 8-count begins.
        duration: Seconds.
    """

    speed: NDArray[np.floating[Any]]
    eights: list[float]
    duration: float

    def __rich_console__(self, console: Console, options: ConsoleOptions) -> RenderResult:
        width = min(options.max_width, max(len(self.speed) // 8, 8))
        glyphs, gap = (_DIGITS, "?") if options.ascii_only else (_EIGHTHS, "·")
        known = self.speed[np.isfinite(self.speed)]
        most = max(float(np.quantile(known, 0.98)) if len(known) else 0.0, 1e-6)
        line = Text(no_wrap=True)
        for part in np.array_split(self.speed, width):
            seen = part[np.isfinite(part)]
            if len(seen) < len(part) / 2:
                line.append(gap, "red")
            else:
                line.append(glyphs[min(round(float(seen.mean()) / most * (len(glyphs) - 1)), len(glyphs) - 1)], "cyan")
        yield line
        numbers = ""
        for number, start in enumerate(self.eights, 1):
            column = round(start / self.duration * width)
            if not numbers or column > len(numbers):
                numbers = numbers.ljust(column) + str(number)
        if numbers:
            yield Text(numbers[:width], no_wrap=True)
        yield Text("0:00" + minutes(self.duration).rjust(width - 4), style="dim", no_wrap=True)
