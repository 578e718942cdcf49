"""All sessions and all references as tables."""

from __future__ import annotations

import shlex
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final, Protocol

from rich.console import Group, RenderableType
from rich.table import Table
from rich.text import Text

from kdance.dance.reference_info import ReferenceInfo
from kdance.learning.history import Practised
from kdance.report.shapes import emphasised, score_style
from kdance.report.shots import render_shots
from kdance.words import report as words
from kdance.words.numbers import minutes, points
from kdance.words.phrases import Phrases
from kdance.words.practised import practised

_SURE: Final = 0.3
_STATUS_STYLES: Final = {"running": "cyan", "interrupted": "yellow", "recovered": "yellow"}


class SessionLine(Protocol):
    """What a line on a session needs; :class:`kdance.store.SessionRow` has it."""

    @property
    def session_id(self) -> str:
        """As `kdance report` takes it: ``20261122-141503-4f2a``."""

    @property
    def reference(self) -> str:
        """The name of the dance."""

    @property
    def started_at(self) -> str:
        """Local time, ISO 8601 with its offset."""

    @property
    def duration(self) -> float | None:
        """Seconds danced; ``None`` while it runs."""

    @property
    def average_similarity(self) -> float | None:
        """The score, 0..1; ``None`` where nothing was measured."""

    @property
    def status(self) -> str:
        """``running`` or how it ended."""

    @property
    def practised(self) -> Practised | None:
        """What of the dance it was of; ``None`` while it runs."""


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
        mirrored: Whether that shows the dance as in a mirror.
    """

    name: str
    duration: float
    frames: int
    body_share: float
    made_at: str
    source_name: str
    mirrored: bool = False


def render_sessions(rows: Sequence[SessionLine], phrases: Phrases) -> RenderableType:
    """A table of sessions in the order given, or where to start when there are none."""
    if not rows:
        return _with_command(phrases, "report.sessions.none", "kdance train REFERENCE")
    table = _table()
    table.add_column(phrases.text("report.sessions.session"), no_wrap=True)
    table.add_column(phrases.text("report.sessions.reference"), overflow="fold")
    table.add_column(phrases.text("report.sessions.when"), no_wrap=True)
    table.add_column(phrases.text("report.sessions.danced"), justify="right")
    table.add_column(phrases.text("practised.column"))
    table.add_column(phrases.text("report.sessions.score"), justify="right")
    ended = any(row.status != "completed" for row in rows)
    if ended:
        table.add_column(phrases.text("report.sessions.status"), no_wrap=True)
    for row in rows:
        score = row.average_similarity
        table.add_row(
            row.session_id,
            Text(words.plain(row.reference), style="bold"),
            words.date(row.started_at, phrases, year=False),  # the id has it
            "-" if row.duration is None else minutes(row.duration),
            "-" if row.practised is None else practised(row.practised, phrases),
            Text("-" if score is None else str(points(score)), style=score_style(score)),
            *(
                [Text(phrases.text(f"report.status.{row.status}"), style=_STATUS_STYLES.get(row.status, "dim"))]
                if ended
                else []
            ),
        )
    return Group(table, _hint(phrases, "report.sessions.see", "kdance report SESSION"))


def render_references(rows: Sequence[ReferenceLine], phrases: Phrases) -> RenderableType:
    """A table of references in the order given, or where to start when there are none."""
    if not rows:
        return _with_command(phrases, "report.references.none", "kdance preprocess VIDEO.mp4")
    table = _table()
    table.add_column(phrases.text("report.references.reference"), overflow="fold")
    table.add_column(phrases.text("report.references.length"), justify="right")
    table.add_column(phrases.text("report.references.frames"), justify="right")
    table.add_column(phrases.text("report.references.seen"), justify="right")
    table.add_column(phrases.text("report.references.made"), no_wrap=True)
    table.add_column(phrases.text("report.references.source"), overflow="fold")
    for row in rows:
        table.add_row(
            Text(words.plain(row.name), style="bold"),
            minutes(row.duration),
            str(row.frames),
            Text(words.percent(row.body_share, phrases), style="" if row.body_share >= 0.8 else "yellow"),
            words.date(row.made_at, phrases),
            Text(_source(row.source_name, row.mirrored, phrases), style="dim"),
        )
    return Group(table, _hint(phrases, "report.references.dance", "kdance train REFERENCE"))


def _source(name: str, mirrored: bool, phrases: Phrases) -> str:
    name = words.plain(name)
    return phrases.text("report.references.mirrored", source=name) if mirrored else name


def _table() -> Table:
    return Table(box=None, padding=(0, 2, 0, 0), header_style="dim", show_edge=False, pad_edge=False)


def _with_command(phrases: Phrases, key: str, command: str, style: str = "") -> Text:
    return emphasised(phrases.text(key, command=command), command, rest=style)


def _hint(phrases: Phrases, key: str, command: str) -> Text:
    return Text("\n").append_text(_with_command(phrases, key, command, "dim"))


def render_made_reference(info: ReferenceInfo, phrases: Phrases) -> RenderableType:
    """What has been made of a video: how long, how well the dancer is seen, and what could be better."""
    title = emphasised(phrases.text("report.made.title", name=info.name), info.name)
    dance = _hint(phrases, "report.made.dance", f"kdance train {shlex.quote(info.name)}")
    return Group(title.append("\n"), *reference_facts(info, phrases), dance)


def reference_facts(info: ReferenceInfo, phrases: Phrases) -> list[RenderableType]:
    """What is known of a reference, and what could be better about it."""
    quality = info.quality
    parts = [
        phrases.text(f"report.made.{part}", share=words.percent(share, phrases))
        for part, share in quality.visible.items()
    ]
    seconds = phrases.text("report.seconds", seconds=f"{info.duration:.1f}")
    size = {"frames": info.frames, "width": info.width_px, "height": info.height_px}
    table = Table(box=None, padding=(0, 2, 0, 0), show_header=False, pad_edge=False)
    table.add_column(style="dim", no_wrap=True)
    table.add_column()
    if info.dancer is not None:
        which = phrases.text("report.made.which", number=info.dancer, of=info.dancers)
        table.add_row(phrases.text("report.made.dancer"), which)
    table.add_row(phrases.text("report.references.source"), _source(info.source, info.mirrored, phrases))
    for key, value in {
        "duration": phrases.text("report.made.how_long", time=minutes(info.duration), seconds=seconds),
        "frames": phrases.text("report.made.pictures", **size),
        "seen": words.percent(quality.body_share, phrases),
        "parts": ", ".join(parts),
        "song": song_of(info, phrases),
    }.items():
        table.add_row(phrases.text(f"report.made.{key}"), value)
    warnings = (Text(f"! {warning}", style="yellow") for warning in quality.warnings)
    return [table, *warnings, *render_shots(info, phrases)]


def render_counts(info: ReferenceInfo, phrases: Phrases) -> RenderableType:
    """The counts of a song: how fast, where each 8-count begins, and how to correct them."""
    typed, name, grid = shlex.quote(info.name), words.plain(info.name), info.grid
    if grid is None:
        hint = _hint(phrases, "report.counts.tell", f"kdance counts {typed} --bpm 120 --first-beat 1.5")
        return Group(Text(phrases.text("report.counts.none", name=name)), hint)
    table = _table()
    for column in ("eight", "begins", "ends"):
        table.add_column(phrases.text(f"report.counts.{column}"), justify="right")
    for number, span in enumerate(grid.eights(info.duration), 1):
        table.add_row(str(number), *(phrases.text("report.seconds", seconds=f"{time:.2f}") for time in span))
    title = emphasised(phrases.text("report.counts.title", name=name, song=song_of(info, phrases)), name)
    hint = _hint(phrases, "report.counts.elsewhere", f"kdance counts {typed} --shift 4")
    return Group(title.append("\n"), table, hint)


def song_of(info: ReferenceInfo, phrases: Phrases) -> str:
    """Sound, tempo and the first "1" of a reference, in a few words."""
    if info.counts is None or info.grid is None:
        counted = phrases.text("report.song.uncounted")
    else:
        is_sure = info.counts.given or info.counts.confidence >= _SURE
        first = phrases.text("report.seconds", seconds=f"{info.counts.first:.2f}")
        key = "report.song.counted" if is_sure else "report.song.unsure"
        counted = phrases.text(key, bpm=f"{info.grid.bpm:.1f}", seconds=first)
    return counted if info.sound else phrases.text("list.more", first=phrases.text("report.song.silent"), next=counted)
