"""All cameras as a table."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from rich.console import Group, RenderableType
from rich.table import Table
from rich.text import Text

from kdance.report.shapes import emphasised
from kdance.words.phrases import Phrases
from kdance.words.report import plain


@dataclass(frozen=True, slots=True)
class CameraLine:
    """A camera in one line.

    Attributes:
        source: Its number, or its address without a password.
        name: As its maker calls it; may be empty.
        width_px: Of its pictures, likewise ``height_px``.
        fps: Pictures a second.
        problem: Why it sends none, with what to do; empty where it does.
        is_chosen: Whether it is the one in use.
    """

    source: str
    name: str
    width_px: int
    height_px: int
    fps: float
    problem: str
    is_chosen: bool


def render_cameras(lines: Sequence[CameraLine], phrases: Phrases) -> RenderableType:
    """A row each, and how to see and to choose one; or what to do where there is none."""
    if not lines:
        return emphasised(phrases.text("report.cameras.none", command="kdance doctor"), "kdance doctor")
    table = Table(box=None, padding=(0, 2, 0, 0), header_style="dim", show_edge=False, pad_edge=False)
    table.add_column(phrases.text("report.cameras.camera"), overflow="fold")
    table.add_column(phrases.text("report.cameras.size"), overflow="fold")
    table.add_column("", overflow="fold")
    for line in lines:
        size = phrases.text(
            "report.cameras.pictures", width=line.width_px, height=line.height_px, fps=f"{line.fps:.0f}"
        )
        used = Text(phrases.text("report.cameras.used") if line.is_chosen else "", style="green")
        seen = Text(plain(line.problem), style="yellow") if line.problem else Text(size)
        name = Text(plain(line.source), style="bold").append(f"  {plain(line.name)}" if line.name else "", "default")
        table.add_row(name, seen, used)
    see, choose = "kdance cameras --preview", "kdance config set camera.source NUMBER"
    return Group(
        table,
        Text("\n").append_text(emphasised(phrases.text("report.cameras.see", command=see), see, rest="dim")),
        emphasised(phrases.text("report.cameras.choose", command=choose), choose, rest="dim"),
    )
