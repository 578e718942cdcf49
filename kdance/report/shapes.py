"""Things that draw themselves: large digits, a score bar, a strip of scores. All have a form without Unicode."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

from rich.cells import cell_len
from rich.console import Console, ConsoleOptions, RenderResult
from rich.measure import Measurement
from rich.text import Text

from kdance.motion.scoring import grade
from kdance.words.numbers import minutes, points
from kdance.words.report import ON_TIME_MS

# 3 x 5 pixels a digit
_DIGITS: Final = {
    "0": ("###", "# #", "# #", "# #", "###"),
    "1": (" # ", "## ", " # ", " # ", "###"),
    "2": ("###", "  #", "###", "#  ", "###"),
    "3": ("###", "  #", "###", "  #", "###"),
    "4": ("# #", "# #", "###", "  #", "  #"),
    "5": ("###", "#  ", "###", "  #", "###"),
    "6": ("###", "#  ", "###", "# #", "###"),
    "7": ("###", "  #", "  #", "  #", "  #"),
    "8": ("###", "# #", "###", "# #", "###"),
    "9": ("###", "# #", "###", "  #", "###"),
}
_HALVES: Final = {"  ": " ", "# ": "▀", " #": "▄", "##": "█"}  # (upper pixel, lower pixel)
_EIGHTHS: Final = "▁▂▃▄▅▆▇█"
_UNMEASURED: Final = "·"
_PLOT_ROWS: Final = 5
_WIDEST_COLUMN: Final = 4


def score_style(score: float | None) -> str:
    """The colour of a score; the number always stands beside it."""
    if score is None:
        return "dim"
    return {"perfect": "green", "great": "green", "good": "yellow", "ok": "yellow", "miss": "red"}[grade(score)]


def emphasised(sentence: str, part: str, style: str = "bold", *, rest: str = "") -> Text:
    """A sentence in which one part has its own style, wherever a language puts it."""
    before, found, after = sentence.partition(part)
    return Text.assemble((before, rest), (found, style), (after, rest))


@dataclass(frozen=True, slots=True)
class BigNumber:
    """A whole number in digits of three lines."""

    value: int
    style: str = ""

    def __rich_console__(self, console: Console, options: ConsoleOptions) -> RenderResult:
        if options.ascii_only:
            yield Text(str(self.value), style=self.style)
            return
        pixels = [" ".join(_DIGITS[digit][row] for digit in str(self.value)) for row in range(5)]
        pixels.append(" " * len(pixels[0]))
        for upper, lower in zip(pixels[::2], pixels[1::2], strict=True):
            line = "".join(_HALVES[a + b] for a, b in zip(upper, lower, strict=True))
            yield Text(line, style=self.style, no_wrap=True)

    def __rich_measure__(self, console: Console, options: ConsoleOptions) -> Measurement:
        """Three columns and a gap for each digit."""
        width = len(str(self.value)) * 4 - 1
        return Measurement(width, width)


@dataclass(frozen=True, slots=True)
class ScoreBar:
    """A score 0..1 as a bar; ``None`` draws nothing."""

    score: float | None
    width: int | None = None

    def __rich_console__(self, console: Console, options: ConsoleOptions) -> RenderResult:
        width = min(self.width or options.max_width, options.max_width)
        if self.score is None:
            yield Text("")
            return
        full, rest = ("#", ".") if options.ascii_only else ("━", "─")
        filled = math.floor(width * self.score + 0.5)
        yield Text.assemble((full * filled, score_style(self.score)), (rest * (width - filled), "bright_black"))

    def __rich_measure__(self, console: Console, options: ConsoleOptions) -> Measurement:
        """As wide as asked, else whatever there is room for."""
        return Measurement(self.width or 4, self.width or options.max_width)


def _strip_width(count: int, width: int) -> int:
    """Columns of a strip of so many scores where there is room for ``width``."""
    count = math.ceil(count / math.ceil(count / width))
    return count * max(1, min(8, width // count))


@dataclass(frozen=True, slots=True)
class ScoreStrip:
    """The scores of a whole dance in one line, with the time below.

    Attributes:
        scores: One 0..1 a section, ``None`` where nothing was measured.
        start: Seconds at the left end; ``end`` at the right.
    """

    scores: Sequence[float | None]
    start: float
    end: float

    def __rich_console__(self, console: Console, options: ConsoleOptions) -> RenderResult:
        width = options.max_width
        scores = self._fitting(width)
        each = _strip_width(len(scores), width) // len(scores)
        line = Text(no_wrap=True)
        for score in scores:
            line.append(_glyph(score, options.ascii_only) * each, score_style(score))
        left, right = minutes(self.start), minutes(self.end)
        yield line
        yield Text(left + right.rjust(len(line) - len(left)), style="dim", no_wrap=True)

    def _fitting(self, width: int) -> list[float | None]:
        """One score a column at most: neighbours share a column by their mean."""
        share = math.ceil(len(self.scores) / width)
        groups = [self.scores[first : first + share] for first in range(0, len(self.scores), share)]
        means: list[float | None] = []
        for group in groups:
            seen = [score for score in group if score is not None]
            means.append(sum(seen) / len(seen) if seen else None)
        return means


@dataclass(frozen=True, slots=True)
class Sparkline:
    """Scores 0..1 over sessions, one character each; the newest that fit.

    Attributes:
        scores: In order.
        width: Most characters.
    """

    scores: Sequence[float]
    width: int

    def __rich_console__(self, console: Console, options: ConsoleOptions) -> RenderResult:
        line = Text(no_wrap=True)
        for score in self.scores[-self.width :]:
            line.append(_glyph(score, options.ascii_only), score_style(score))
        yield line

    def __rich_measure__(self, console: Console, options: ConsoleOptions) -> Measurement:
        """A column for each score."""
        width = min(len(self.scores), self.width)
        return Measurement(width, width)


@dataclass(frozen=True, slots=True)
class ScorePlot:
    """Scores 0..1 over sessions as columns over a scale, the newest that fit, with a word below each end.

    Attributes:
        scores: In order, one at least.
        labels: One for each of them.
    """

    scores: Sequence[float]
    labels: Sequence[str]

    def __rich_console__(self, console: Console, options: ConsoleOptions) -> RenderResult:
        ascii_only, scale = options.ascii_only, 4
        shown = self.scores[-(options.max_width - scale - 1) :]
        each = max(1, min(_WIDEST_COLUMN, (options.max_width - scale - 1) // len(shown)))
        for row in range(_PLOT_ROWS, 0, -1):
            line = Text(f"{100 * row // _PLOT_ROWS:>3} ", style="dim", no_wrap=True)
            for score in shown:
                part = min(max(score * _PLOT_ROWS - (row - 1), 0.0), 1.0)
                glyph = ("#" if part >= 0.5 else " ") if ascii_only else f" {_EIGHTHS}"[round(part * len(_EIGHTHS))]
                line.append(glyph * max(each - 1, 1) + " " * (each > 1), score_style(score))
            yield line
        left, right, width = self.labels[-len(shown)], self.labels[-1], each * len(shown)
        ends = left if len(shown) == 1 else left + right.rjust(width - cell_len(left) - cell_len(right) + len(right))
        if cell_len(left) + cell_len(right) + 2 > width:
            ends = left if left == right else f"{left} - {right}"
        yield Text(" " * scale + ends, style="dim", no_wrap=True)


def _glyph(score: float | None, ascii_only: bool) -> str:
    if score is None:
        return "?" if ascii_only else _UNMEASURED
    if ascii_only:
        return str(min(points(score) // 10, 9))
    return _EIGHTHS[min(int(score * len(_EIGHTHS)), len(_EIGHTHS) - 1)]


@dataclass(frozen=True, slots=True)
class LatenessStrip:
    """How late, or how early, a dance came, in one line below its :class:`ScoreStrip`.

    Attributes:
        lateness: Milliseconds of each half second from 0 on, positive when late; ``None`` where it isn't known.
        sign: 1 draws what came late, -1 what came early.
        edges: Seconds at which the sections begin, and at which the last one ends: each is as wide as its score.
        label: What stands behind it.
    """

    lateness: Sequence[float | None]
    sign: int
    edges: Sequence[float]
    label: str

    def __rich_console__(self, console: Console, options: ConsoleOptions) -> RenderResult:
        sections = len(self.edges) - 1
        width = min(_strip_width(sections, options.max_width), options.max_width - len(self.label) - 1)
        line = Text(no_wrap=True)
        for column in range(width):
            first, after = (math.floor(2 * self._time(side * sections / width) + 0.5) for side in (column, column + 1))
            some = self.lateness[first : max(after, first + 1)]
            known = [self.sign * value for value in some if value is not None]
            line.append_text(self._glyph(max(known) if known else None, options.ascii_only))
        yield line.append(f" {self.label}", "dim")

    def _time(self, sections: float) -> float:
        """The second of the dance after so many sections."""
        index = min(int(sections), len(self.edges) - 2)
        start, end = self.edges[index : index + 2]
        return start + (sections - index) * (end - start)

    @staticmethod
    def _glyph(late: float | None, ascii_only: bool) -> Text:
        """A column: the higher the later, full from 0.7 s on; in ASCII tenths of a second."""
        if late is None:
            return Text("?" if ascii_only else _UNMEASURED, "dim")
        if late < ON_TIME_MS:
            return Text("0" if ascii_only else _EIGHTHS[0], "dim")
        tenths = round(late / 100)
        return Text(str(min(tenths, 9)) if ascii_only else _EIGHTHS[min(max(tenths, 1), 7)], "yellow")
