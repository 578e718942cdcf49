"""What a video shows from cut to cut, as a table."""

from __future__ import annotations

from rich.console import RenderableType
from rich.table import Table
from rich.text import Text

from kdance.dance.reference_info import ReferenceInfo
from kdance.words.numbers import minutes
from kdance.words.phrases import Phrases


def render_shots(info: ReferenceInfo, phrases: Phrases) -> tuple[RenderableType, ...]:
    """A table of the shots of a reference, with why some can't be used; nothing where the video has no cut."""
    if not info.shots:
        return ()
    table = Table(box=None, padding=(0, 2, 0, 0), header_style="dim", show_edge=False, pad_edge=False)
    table.add_column(phrases.text("report.shots.time"), no_wrap=True)
    table.add_column(phrases.text("report.shots.lasts"), justify="right", no_wrap=True)
    table.add_column(phrases.text("report.shots.shows"))
    table.add_column(phrases.text("report.shots.used"))
    for shot in info.shots:
        used = phrases.text("report.shots.yes" if shot.used else f"report.shots.why.{shot.shows}")
        table.add_row(
            phrases.text("list.range", first=_clock(shot.start), last=_clock(shot.end)),
            phrases.text("report.seconds", seconds=f"{shot.end - shot.start:.1f}"),
            phrases.text(f"report.shots.what.{shot.shows}"),
            Text(used, style="green" if shot.used else "yellow"),
        )
    share = sum(shot.end - shot.start for shot in info.shots if shot.used) / info.duration
    count = sum(shot.used for shot in info.shots)
    percent = phrases.text("report.percent", percent=round(100 * share))
    told = phrases.text("report.shots.told", count=count, of=len(info.shots), share=percent)
    return Text(""), table, Text(told, style="dim")


def _clock(seconds: float) -> str:
    """Minutes, seconds and tenths."""
    whole = round(10 * seconds)
    return f"{minutes(whole // 10)}.{whole % 10}"
