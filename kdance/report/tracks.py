"""Who is who in the video of a reference, as a table."""

from __future__ import annotations

from rich.console import RenderableType
from rich.table import Table
from rich.text import Text

from kdance.dance.dancer_tracks import KeptTracks
from kdance.words import report as words
from kdance.words.phrases import Phrases


def render_tracks(kept: KeptTracks, dancer: int | None, phrases: Phrases) -> RenderableType:
    """A table of the dancers of a video, how long each is seen, and of how many joins somebody has to be sure.

    Args:
        kept: Who is who.
        dancer: The number of whose dance the reference is.
        phrases: Of the dancer's language.
    """
    table = Table(box=None, padding=(0, 2, 0, 0), header_style="dim", show_edge=False, pad_edge=False)
    for heading in ("dancer", "seen", "share", "sure", "answered", "doubtful"):
        table.add_column(phrases.text(f"report.tracks.{heading}"), justify="right")
    for line in kept.lines:
        table.add_row(
            str(line.number),
            phrases.text("report.seconds", seconds=f"{line.seconds:.1f}"),
            words.percent(line.share, phrases),
            str(line.sure),
            str(line.answered),
            Text(str(line.doubtful), style="yellow" if line.doubtful else ""),
            style="bold" if line.number == dancer else "",
        )
    return table
