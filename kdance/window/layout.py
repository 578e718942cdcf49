"""Where things stand in the practice window. Pure arithmetic."""

from __future__ import annotations

from dataclasses import dataclass, replace
from functools import lru_cache
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


_SHARES: Final = (0.28, 0.72)  # of the room for both panes, the least and the most that the reference gets
_COLUMN: Final = 524  # beside the panes, at scale 1: a cue below the numbers in letters that are read from afar
_WORD: Final = 446  # the same for a cue that has all of the height: no narrower than its longest word
_NUMBERS: Final = 120  # height of score and count at scale 1
_SCORE: Final = 0.56  # of the width of both: it has up to three digits, the count one
_NUMBER: Final = 180  # width of each below the panes
_NEARLY: Final = 0.9  # as large: then panes that are filled are better than such that are not
_FOOT: Final = 0.45  # of the height that what stands below the panes gets at most
_STRIP: Final = 0.2  # of the reference's height that the next poses below it get
_INSET: Final = 0.33  # of the panes' width that the smaller one gets
_INSET_BELOW: Final = 0.28  # where the numbers stand below them


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


@lru_cache(maxsize=8)
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
    shapes = _Shapes(reference_aspect, dancer_aspect) if with_reference else None
    parts = _Parts(with_count=with_count, with_upcoming=with_upcoming and with_reference)
    room = frame(width, height, text=text)
    if shapes is None:
        return _numbers_beside(room, None, parts, style, is_tall=height > width)
    styles: tuple[LayoutStyle, ...] = ("side", "stacked") if style == "auto" else (style,)
    found = [_numbers_beside(room, shapes, parts, tried, is_tall=height > width) for tried in styles]
    best = max(found, key=lambda layout: shapes.size_in(layout, style))
    if style != "stacked" and height <= width:
        wide = _numbers_below(room, shapes, parts, styles[0])
    elif styles[0] == "side" and parts.with_upcoming:
        wide = _strip_below(found[0], shapes, room.gap)
    else:
        return best
    return wide if shapes.size_in(wide, style) >= _NEARLY * shapes.size_in(best, style) else best


class _Shapes(NamedTuple):
    """Width by height of what is shown of the reference and of the dancer."""

    reference: float
    dancer: float

    def size_in(self, layout: Layout, style: LayoutStyle) -> int:
        """How large a layout shows both; of a style with a large one, that one."""
        assert layout.reference is not None
        reference, dancer = layout.reference.fit(self.reference, 1).height, layout.dancer.fit(self.dancer, 1).height
        return reference if style == "reference" else dancer if style == "you" else reference * dancer


class _Parts(NamedTuple):
    """What stands beside the panes, besides the cue."""

    with_count: bool
    with_upcoming: bool


def _numbers_beside(room: Frame, shapes: _Shapes | None, parts: _Parts, style: LayoutStyle, *, is_tall: bool) -> Layout:
    """Numbers and cue beside panes that are as high as the window; in a tall window below them."""
    body, scale, gap = room.body, room.scale, room.gap
    numbers = round(_NUMBERS * scale)
    if is_tall:
        panes, foot = body.split_rows(-min(round(2.7 * numbers) + gap, round(0.45 * body.height)), gap)
        row, cue = foot.split_rows(min(numbers, foot.height // 2), gap)
    else:
        panes, column = body.split_columns(-min(round(_COLUMN * scale), round(0.55 * body.width)), gap)
        row, cue = column.split_rows(min(numbers, column.height // 2), gap)
    score, count = row.split_columns(round(_SCORE * row.width), gap) if parts.with_count else (row, None)
    upcoming: Rect | None = None
    if shapes is not None:
        reference, dancer, upcoming = _panes(panes, style, *shapes, gap, with_upcoming=parts.with_upcoming)
    else:
        reference, dancer = None, panes
    return Layout(
        scale, room.header, room.status, reference, dancer, upcoming, score, count, cue, room.song, panes
    )  # fmt: skip


def _numbers_below(room: Frame, shapes: _Shapes, parts: _Parts, style: LayoutStyle) -> Layout:
    """For arms that go far out: the panes are wider and no higher than these bodies need, with the numbers below."""
    scale, gap = room.scale, room.gap
    panes, cue = room.body.split_columns(-min(round(_WORD * scale), round(0.55 * room.body.width)), gap)
    panes, reference, dancer, row = _with_foot(panes, shapes, style, round(_NUMBERS * scale), gap)
    upcoming: Rect | None = None
    if parts.with_upcoming:
        numbers = min(round(_NUMBER * scale), row.width // 4)
        upcoming, row = row.split_columns(-(2 * numbers + gap if parts.with_count else numbers), gap)
    score, count = row.split_columns(round(_SCORE * (row.width - gap)), gap) if parts.with_count else (row, None)
    return Layout(scale, room.header, room.status, reference, dancer, upcoming, score, count, cue, room.song, panes)


def _strip_below(beside: Layout, shapes: _Shapes, gap: int) -> Layout:
    """The same in a tall window: the next poses below both panes."""
    least = round(_STRIP * beside.stage.height)
    panes, reference, dancer, upcoming = _with_foot(beside.stage, shapes, "side", least, gap)
    return replace(beside, reference=reference, dancer=dancer, upcoming=upcoming, stage=panes)


def _with_foot(panes: Rect, shapes: _Shapes, style: LayoutStyle, least: int, gap: int) -> tuple[Rect, Rect, Rect, Rect]:
    """Room for both panes, the two side by side, and a row below them that gets the height they have no use for."""
    shares = {"reference": 1 - _INSET_BELOW, "you": _INSET_BELOW}
    share = shares.get(style, shapes.reference / (shapes.reference + shapes.dancer))
    needed = [
        pane.width / shape
        for pane, shape, large in zip(_share(panes, share, gap, rows=False), shapes, ("reference", "you"), strict=True)
        if style in ("side", large)
    ]
    foot = min(max(panes.height - gap - round(max(needed)), least), max(least, round(_FOOT * panes.height)))
    panes, row = panes.split_rows(-min(foot, panes.height // 2), gap)
    return panes, *_share(panes, share, gap, rows=False), row


def _panes(
    panes: Rect, style: LayoutStyle, reference_aspect: float, dancer_aspect: float, gap: int, *, with_upcoming: bool
) -> tuple[Rect, Rect, Rect | None]:
    """The reference's pane, the dancer's, and that of the next poses."""
    upcoming: Rect | None = None
    if style in ("reference", "you"):
        large, small = _large_and_small(panes, reference_aspect if style == "reference" else dancer_aspect, style, gap)
        if with_upcoming and small.height > small.width:
            needed = small.width / (dancer_aspect if style == "reference" else reference_aspect)
            upper = min(max(needed, 0.4 * small.height), 0.7 * small.height)  # no higher than the body needs
            small, upcoming = small.split_rows(round(upper), gap)
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


def window_scale(width: int, height: int) -> float:
    """Size of text and lines; 1 in a window of 1280 x 720."""
    return min(width / 720, height / 1280) if height > width else min(width / 1280, height / 720)


class Frame(NamedTuple):
    """What every window has.

    Attributes:
        header: The title.
        status: What stands beside it, or below.
        body: All between.
        song: The song bar or the hint, at the bottom.
        scale: Size of text and lines.
        gap: Between two parts, pixels.
    """

    header: Rect
    status: Rect
    body: Rect
    song: Rect
    scale: float
    gap: int


def frame(width: int, height: int, *, text: float, with_status: bool = True, foot: float = 64) -> Frame:
    """Divide any window.

    Args:
        width: Of the window, pixels.
        height: Of the window, pixels.
        text: Size of the text, 1 as designed.
        with_status: Whether something stands beside the title.
        foot: Height of the song bar or the hint at scale 1.
    """
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
    body = Rect(margin, below, width - 2 * margin, song.top - gap - below)
    return Frame(header, status, body, song, scale, gap)


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
