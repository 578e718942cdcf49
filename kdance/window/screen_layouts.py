"""Where things stand in the screens around the dance: set-up check, end and start. Pure arithmetic."""

from __future__ import annotations

from dataclasses import dataclass

from kdance.window.layout import Rect, frame


@dataclass(frozen=True, slots=True)
class SetupLayout:
    """The parts of the set-up check.

    Attributes:
        scale: Size of text and lines; 1 in a window of 1280 x 720.
        header: The dance's name.
        headline: The one thing to do now.
        picture: The dancer's picture, with the frame they should stand in.
        checks: The list of what is looked at, each with its sign and advice.
        hint: The line that names the keys.
    """

    scale: float
    header: Rect
    headline: Rect
    picture: Rect
    checks: Rect
    hint: Rect


def setup_layout(width: int, height: int, *, text: float = 1.0) -> SetupLayout:
    """Divide the window of the set-up check: the list beside the picture, or below it in a tall window."""
    header, _, body, hint, scale, gap = frame(width, height, text=text, with_status=False, foot=104)
    headline, body = body.split_rows(round(112 * scale), gap)
    if height > width:
        picture, checks = body.split_rows(round(0.52 * body.height), gap)
    else:
        picture, checks = body.split_columns(round(0.58 * body.width), gap)
    return SetupLayout(scale, header, headline, picture, checks, hint)


@dataclass(frozen=True, slots=True)
class EndLayout:
    """The parts of the end screen.

    Attributes:
        scale: Size of text and lines; 1 in a window of 1280 x 720.
        header: The dance's name.
        score: The score and grade.
        best: What was best.
        work_on: What to work on.
        song: The bar of the song's sections.
        hint: The line that names the keys.
    """

    scale: float
    header: Rect
    score: Rect
    best: Rect
    work_on: Rect
    song: Rect
    hint: Rect


def end_layout(width: int, height: int, *, text: float = 1.0) -> EndLayout:
    """Divide the window of the end screen: the words beside the score, or below it in a tall window."""
    header, _, body, hint, scale, gap = frame(width, height, text=text, with_status=False, foot=216)
    body, song = body.split_rows(-round(64 * scale), gap)
    if height > width:
        score, words = body.split_rows(round(0.46 * body.height), gap)
    else:
        score, words = body.split_columns(round(0.34 * body.width), gap)
    words, _ = words.split_rows(-round(44 * scale), gap)  # air above the song bar
    best, work_on = words.split_rows((words.height - gap) // 2, gap)
    return EndLayout(scale, header, score, best, work_on, song, hint)


@dataclass(frozen=True, slots=True)
class StartLayout:
    """The parts of the start screen.

    Attributes:
        scale: Size of text and lines; 1 in a window of 1280 x 720.
        header: What it is.
        chosen: The dance that is chosen, large.
        tiles: Of all dances, as many as there is room for; none where there is one dance alone.
        columns: How many tiles lie side by side.
        hint: The line that names the keys.
    """

    scale: float
    header: Rect
    chosen: Rect
    tiles: tuple[Rect, ...]
    columns: int
    hint: Rect


def start_layout(width: int, height: int, dances: int, *, text: float = 1.0) -> StartLayout:
    """Divide the window of the start screen: small pictures beside the chosen dance, or below it in a tall window."""
    header, _, body, hint, scale, gap = frame(width, height, text=text, with_status=False, foot=200)
    if dances < 2:
        return StartLayout(scale, header, body, (), 1, hint)
    if height > width:
        chosen, beside = body.split_rows(round(0.45 * body.height), gap)
        columns, rows = (2, 1) if dances < 3 else (2, 2) if dances < 5 else (3, 2)
    else:
        chosen, beside = body.split_columns(round(0.48 * body.width), gap)
        columns, rows = (1, 2) if dances < 3 else (2, 2) if dances < 5 else (3, 2) if dances < 7 else (3, 3)
    wide, high = ((size - (n - 1) * gap) / n for size, n in ((beside.width, columns), (beside.height, rows)))
    tiles = tuple(
        Rect(beside.left + round(column * (wide + gap)), beside.top + round(row * (high + gap)), int(wide), int(high))
        for row in range(rows)
        for column in range(columns)
    )
    return StartLayout(scale, header, chosen, tiles, columns, hint)
