"""Where things stand in the practice window. Pure arithmetic."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final, NamedTuple

from kdance.choices import LayoutStyle


class Rect(NamedTuple):
    """A rectangle; whole pixels."""

    left: int
    top: int
    width: int
    height: int

    @property
    def right(self) -> int:
        """The first column that is outside."""
        return self.left + self.width

    @property
    def bottom(self) -> int:
        """The first row that is outside."""
        return self.top + self.height

    def baseline(self, size: float) -> float:
        """The row on which a line of text of ``size`` pixels stands in the middle; capitals are 0.7 of it high."""
        return self.top + (self.height + 0.7 * size) / 2

    def fit(self, width: float, height: float) -> Rect:
        """The largest rectangle of the shape ``width`` by ``height`` in the middle of this one."""
        scale = min(self.width / width, self.height / height)
        inner_width, inner_height = max(1, int(width * scale)), max(1, int(height * scale))
        left = self.left + (self.width - inner_width) // 2
        return Rect(left, self.top + (self.height - inner_height) // 2, inner_width, inner_height)

    def join(self, other: Rect) -> Rect:
        """The smallest rectangle around both."""
        left, top = min(self.left, other.left), min(self.top, other.top)
        return Rect(left, top, max(self.right, other.right) - left, max(self.bottom, other.bottom) - top)

    def inset(self, margin: int) -> Rect:
        """The rectangle without its rim."""
        return Rect(
            self.left + margin, self.top + margin, max(1, self.width - 2 * margin), max(1, self.height - 2 * margin)
        )

    def split_rows(self, size: int, gap: int) -> tuple[Rect, Rect]:
        """The upper and the lower part.

        Args:
            size: Height of the upper part, or negative that of the lower one, pixels.
            gap: Between the two, pixels.
        """
        upper = size if size > 0 else self.height - gap + size
        upper = min(max(upper, 1), self.height - gap - 1)
        return self._replace(height=upper), self._replace(top=self.top + upper + gap, height=self.height - upper - gap)

    def split_columns(self, size: int, gap: int) -> tuple[Rect, Rect]:
        """The left and the right part, as :meth:`split_rows` does it with heights."""
        left = size if size > 0 else self.width - gap + size
        left = min(max(left, 1), self.width - gap - 1)
        return self._replace(width=left), self._replace(left=self.left + left + gap, width=self.width - left - gap)


_SHARES: Final = (0.3, 0.7)  # of the room for both panes, the least and the most that the reference gets
_COLUMN: Final = 537  # beside the panes, at scale 1: the longest words of a cue in letters that are read from afar
_NUMBERS: Final = 120  # height of score and count at scale 1
_STRIP: Final = 0.2  # of the reference's height that the next poses below it get
_INSET: Final = 0.33  # of the panes' width that the smaller one gets


@dataclass(frozen=True, slots=True)
class Layout:
    """The parts of the practice window; none lies over another.

    Attributes:
        scale: Size of text and lines; 1 in a window of 1280 x 720.
        header: The dance's name.
        status: Time, speed and badges.
        reference: The reference's pane, or ``None`` without one.
        dancer: The dancer's pane.
        upcoming: The next poses, or ``None`` where they aren't wanted.
        score: The score and grade.
        count: The count, or ``None`` when a dance has none.
        cue: The cue's banner.
        song: The bar of the song's sections.
        stage: The part of the window that large numbers are written over: the panes.
    """

    scale: float
    header: Rect
    status: Rect
    reference: Rect | None
    dancer: Rect
    upcoming: Rect | None
    score: Rect
    count: Rect | None
    cue: Rect
    song: Rect
    stage: Rect


def window_layout(
    width: int,
    height: int,
    *,
    with_reference: bool,
    with_count: bool = True,
    with_upcoming: bool = False,
    style: LayoutStyle = "auto",
    reference_aspect: float = 4 / 3,
    dancer_aspect: float = 4 / 3,
    text: float = 1.0,
) -> Layout:
    """Divide a window.

    Args:
        width: Of the window, pixels.
        height: Of the window, pixels.
        with_reference: Whether there are two panes.
        with_count: Whether there is a count.
        with_upcoming: Whether the next poses are shown, where there is a reference.
        style: ``"side"`` by side, ``"stacked"`` one above the other, ``"reference"`` or ``"you"`` with that one large
            and the other one small; ``"auto"`` is side by side or stacked, whichever shows the bodies larger.
        reference_aspect: Width of what is shown of the reference by its height: how the panes share their room.
        dancer_aspect: The same of the dancer's.
        text: Size of the text, 1 as designed.
    """
    if style == "auto" and with_reference:
        shown: list[tuple[int, Layout]] = []
        for tried in ("side", "stacked"):
            layout = window_layout(
                width, height, with_reference=True, with_count=with_count, with_upcoming=with_upcoming, style=tried,
                reference_aspect=reference_aspect, dancer_aspect=dancer_aspect, text=text,
            )  # fmt: skip
            assert layout.reference is not None
            heights = layout.reference.fit(reference_aspect, 1).height, layout.dancer.fit(dancer_aspect, 1).height
            shown.append((min(heights), layout))
        return max(shown, key=lambda one: one[0])[1]
    header, status, body, song, scale, gap = _frame(width, height, text=text)
    numbers = round(_NUMBERS * scale)
    if height > width:
        panes, foot = body.split_rows(-min(round(2.7 * numbers) + gap, round(0.45 * body.height)), gap)
        row, cue = foot.split_rows(min(numbers, foot.height // 2), gap)
    else:
        panes, column = body.split_columns(-min(round(_COLUMN * scale), round(0.55 * body.width)), gap)
        row, cue = column.split_rows(min(numbers, column.height // 2), gap)
    score, count = row.split_columns(row.width // 2, gap) if with_count else (row, None)
    upcoming: Rect | None = None
    if with_reference:
        reference, dancer, upcoming = _panes(
            panes, style, reference_aspect, dancer_aspect, gap, with_upcoming=with_upcoming
        )
    else:
        reference, dancer = None, panes
    return Layout(scale, header, status, reference, dancer, upcoming, score, count, cue, song, panes)


def _panes(
    panes: Rect, style: LayoutStyle, reference_aspect: float, dancer_aspect: float, gap: int, *, with_upcoming: bool
) -> tuple[Rect, Rect, Rect | None]:
    """The reference's pane, the dancer's, and that of the next poses."""
    upcoming: Rect | None = None
    if style in ("reference", "you"):
        large, small = _large_and_small(panes, reference_aspect if style == "reference" else dancer_aspect, style, gap)
        if with_upcoming and small.height > small.width:
            small, upcoming = small.split_rows(round(0.7 * small.height), gap)
        elif with_upcoming:
            small, upcoming = small.split_columns(round(0.62 * small.width), gap)
        return (large, small, upcoming) if style == "reference" else (small, large, upcoming)
    if style == "stacked":
        share = dancer_aspect / (reference_aspect + dancer_aspect)
        reference, dancer = _share(panes, share, gap, rows=True)
        if with_upcoming:
            reference, upcoming = reference.split_columns(-round(0.3 * reference.width), gap)
        return reference, dancer, upcoming
    strip = _STRIP if with_upcoming else 0.0  # what lies above it is lower, so it has less use for width
    share = (1 - strip) * reference_aspect / ((1 - strip) * reference_aspect + dancer_aspect)
    reference, dancer = _share(panes, share, gap, rows=False)
    if with_upcoming:
        reference, upcoming = reference.split_rows(-round(strip * reference.height), gap)
    return reference, dancer, upcoming


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
    header, _, body, hint, scale, gap = _frame(width, height, text=text, with_status=False, foot=104)
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
    header, _, body, hint, scale, gap = _frame(width, height, text=text, with_status=False, foot=216)
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
    header, _, body, hint, scale, gap = _frame(width, height, text=text, with_status=False, foot=200)
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


def window_scale(width: int, height: int) -> float:
    """Size of text and lines; 1 in a window of 1280 x 720."""
    return min(width / 720, height / 1280) if height > width else min(width / 1280, height / 720)


def _frame(
    width: int, height: int, *, text: float, with_status: bool = True, foot: float = 64
) -> tuple[Rect, Rect, Rect, Rect, float, int]:
    """Title, status, all between, and song bar or hint; scale and gap."""
    scale = window_scale(width, height)
    gap, margin = (max(1, round(scale * part)) for part in (14, 20))
    scale *= text
    line, song_height = (max(1, round(scale * part)) for part in (56, foot))
    song = Rect(margin, height - gap - song_height, width - 2 * margin, song_height)
    top = Rect(margin, 0, width - 2 * margin, line)
    header, status = top.split_columns(round(0.4 * top.width), gap)
    below = line
    if not with_status:
        header = top
    elif height > width:  # no room for both in one line
        header, status = top, top._replace(top=line, height=round(0.8 * line))
        below = status.bottom + gap // 2
    return header, status, Rect(margin, below, width - 2 * margin, song.top - gap - below), song, scale, gap


def _large_and_small(panes: Rect, aspect: float, style: LayoutStyle, gap: int) -> tuple[Rect, Rect]:
    """The large pane, beside or below the small one, whichever shows it larger; the reference is left or above."""
    sign = -1 if style == "reference" else 1  # a split's size is that of the first part, or negative of the second
    across = panes.split_columns(sign * round(_INSET * panes.width), gap)
    down = panes.split_rows(sign * round(_INSET * panes.height), gap)
    is_first = style == "reference"
    found = [(first, second) if is_first else (second, first) for first, second in (across, down)]
    return max(found, key=lambda pair: pair[0].fit(aspect, 1).height)


def _share(rect: Rect, share: float, gap: int, *, rows: bool) -> tuple[Rect, Rect]:
    """The reference's and the dancer's pane."""
    share = min(max(share, _SHARES[0]), _SHARES[1])
    if rows:
        return rect.split_rows(round(share * (rect.height - gap)), gap)
    return rect.split_columns(round(share * (rect.width - gap)), gap)
