"""All sessions and all references as tables."""

from __future__ import annotations

import shlex
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final, Protocol

from rich.console import Group, RenderableType
from rich.table import Table
from rich.text import Text

from kdance.feedback.wording import minutes, points
from kdance.reference_info import ReferenceInfo
from kdance.report import words
from kdance.report.shapes import score_style

_SURE: Final = 0.3
_STATUS_STYLES: Final = {"running": "cyan", "interrupted": "yellow", "recovered": "yellow"}


class SessionLine(Protocol):
    """What a line on a session needs; :class:`kdance.sessions.SessionRow` has it."""

    @property
    def session_id(self) -> str:
        """The session's id."""

    @property
    def reference(self) -> str:
        """The reference's name."""

    @property
    def started_at(self) -> str:
        """ISO 8601."""

    @property
    def duration(self) -> float | None:
        """Seconds danced."""

    @property
    def average_similarity(self) -> float | None:
        """0..1."""

    @property
    def status(self) -> str:
        """``running`` or how it ended."""


@dataclass(frozen=True, slots=True)
class ReferenceLine:
    """A reference in one line.

    Attributes:
        name: Its name.
        duration: Seconds.
        frames: How many.
        body_share: Share of them with a body in it, 0..1.
        made_at: ISO 8601.
        source_name: The video it was made from.
    """

    name: str
    duration: float
    frames: int
    body_share: float
    made_at: str
    source_name: str


def render_sessions(rows: Sequence[SessionLine]) -> RenderableType:
    """A table of sessions in the order given, or where to start when there are none."""
    if not rows:
        return _empty("No sessions yet.", "Dance one: ", "kdance train REFERENCE")
    table = _table()
    table.add_column("session", no_wrap=True)
    table.add_column("reference", overflow="fold")
    table.add_column("when", no_wrap=True)
    table.add_column("danced", justify="right")
    table.add_column("score", justify="right")
    table.add_column("status", no_wrap=True)
    for row in rows:
        score = row.average_similarity
        table.add_row(
            row.session_id,
            Text(words.plain(row.reference), style="bold"),
            words.date(row.started_at, year=False),  # the id has it
            "-" if row.duration is None else minutes(row.duration),
            Text("-" if score is None else str(points(score)), style=score_style(score)),
            Text(row.status, style=_STATUS_STYLES.get(row.status, "dim")),
        )
    return Group(table, _hint("See one: ", "kdance report SESSION"))


def render_references(rows: Sequence[ReferenceLine]) -> RenderableType:
    """A table of references in the order given, or where to start when there are none."""
    if not rows:
        return _empty("No references yet.", "Make one from a dance video: ", "kdance preprocess VIDEO.mp4")
    table = _table()
    table.add_column("reference", overflow="fold")
    table.add_column("length", justify="right")
    table.add_column("frames", justify="right")
    table.add_column("body seen", justify="right")
    table.add_column("made", no_wrap=True)
    table.add_column("from", overflow="fold")
    for row in rows:
        table.add_row(
            Text(words.plain(row.name), style="bold"),
            minutes(row.duration),
            str(row.frames),
            Text(words.percent(row.body_share), style="" if row.body_share >= 0.8 else "yellow"),
            words.date(row.made_at),
            Text(words.plain(row.source_name), style="dim"),
        )
    return Group(table, _hint("Dance one: ", "kdance train REFERENCE"))


def _table() -> Table:
    return Table(box=None, padding=(0, 2, 0, 0), header_style="dim", show_edge=False, pad_edge=False)


def _empty(what: str, how: str, command: str) -> Text:
    return Text.assemble(f"{what} {how}", (command, "bold"))


def _hint(how: str, command: str) -> Text:
    return Text.assemble("\n", (how, "dim"), (command, "bold"))


def render_made_reference(info: ReferenceInfo) -> RenderableType:
    """What has been made of a video: how long, how well the dancer is seen, and what could be better."""
    table = Table(box=None, padding=(0, 2, 0, 0), show_header=False, pad_edge=False)
    table.add_column(style="dim", no_wrap=True)
    table.add_column()
    quality = info.quality
    table.add_row("duration", f"{minutes(info.duration)} ({info.duration:.1f} s)")
    table.add_row("frames", f"{info.frames}, {info.width_px} x {info.height_px}")
    table.add_row("body seen in", words.percent(quality.body_share))
    table.add_row("parts seen", ", ".join(f"{part} {words.percent(share)}" for part, share in quality.visible.items()))
    table.add_row("song", song_of(info))
    lines: list[RenderableType] = [Text.assemble("Made the reference ", (info.name, "bold"), "\n"), table]
    lines += [Text(f"! {warning}", style="yellow") for warning in quality.warnings]
    return Group(*lines, _hint("Dance it: ", f"kdance train {shlex.quote(info.name)}"))


def render_counts(info: ReferenceInfo) -> RenderableType:
    """The counts of a song: how fast, where each 8-count begins, and how to correct them."""
    name = shlex.quote(info.name)
    grid = info.grid
    if grid is None:
        hint = _hint("Tell them: ", f"kdance counts {name} --bpm 120 --first-beat 1.5")
        return Group(Text(f"The counts of {words.plain(info.name)} are not known."), hint)
    table = _table()
    table.add_column("8-count", justify="right")
    table.add_column("begins", justify="right")
    table.add_column("ends", justify="right")
    for number, (start, end) in enumerate(grid.eights(info.duration), 1):
        table.add_row(str(number), f"{start:.2f} s", f"{end:.2f} s")
    title = Text.assemble((words.plain(info.name), "bold"), f": {song_of(info)}\n")
    return Group(title, table, _hint("Does the 1 fall elsewhere? ", f"kdance counts {name} --shift 4"))


def song_of(info: ReferenceInfo) -> str:
    """Sound, tempo and the first "1" of a reference, in a few words."""
    sound = "" if info.sound else "no sound, "
    if info.counts is None or info.grid is None:
        return f"{sound}counts not known"
    sure = "" if info.counts.given or info.counts.confidence >= _SURE else ", but I am not sure where the 1 is"
    return f"{sound}{info.grid.bpm:.1f} counts a minute, the first 1 at {info.counts.first:.2f} s{sure}"
