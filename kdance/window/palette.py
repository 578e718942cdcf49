"""The window's colours, as BGR.

Okabe and Ito's palette (jfly.uni-koeln.de/color) for what has a meaning, so that colour-blind dancers can tell them
apart. Text is ``WHITE`` or ``MUTED`` on the dark grounds and ``INK`` on the coloured ones: a contrast of 4.5:1 or more.
"""

from __future__ import annotations

from typing import Final

Color = tuple[int, int, int]  # blue, green, red

GREEN: Final[Color] = (115, 158, 0)
AMBER: Final[Color] = (0, 159, 230)
RED: Final[Color] = (0, 94, 213)
BLUE: Final[Color] = (233, 180, 86)  # all that belongs to the reference
WHITE: Final[Color] = (240, 240, 240)
MUTED: Final[Color] = (190, 178, 172)
ACCENT: Final[Color] = (190, 124, 240)  # pink: where in the song; the only colour without a meaning

BACKGROUND: Final[Color] = (24, 18, 17)
WELL: Final[Color] = (33, 26, 25)  # around a picture
SURFACE: Final[Color] = (46, 37, 35)
RAISED: Final[Color] = (72, 60, 57)  # on a surface: what is empty
INK: Final[Color] = (14, 9, 8)

GREAT: Final = 0.8  # scores from which a section is green, and amber
FAIR: Final = 0.6


def score_color(score: float) -> Color:
    """Green, amber or red for a score of 0..1."""
    if score >= GREAT:
        return GREEN
    return AMBER if score >= FAIR else RED
