"""What can be chosen: the words and the limits that settings, options of commands and stored records share.

Each stands here once. ``config`` validates with it, ``cli`` builds its options of it, ``motion``, ``review`` and
``window`` type their arguments with it. It is a root module that imports nothing but ``typing``, so that
``kdance --help`` may load it without pydantic and yaml, and ``motion`` without being less pure.
"""

from __future__ import annotations

from typing import Final, Literal

OnOff = Literal["on", "off"]
# Whether left and right are swapped for the comparison; auto finds out which fits better.
Mirror = Literal["auto", OnOff]
# Degrees by which a picture is turned clockwise, so that a camera on its side shows people upright.
Turn = Literal[0, 90, 180, 270]
# How fast an error costs points.
Strictness = Literal["easy", "normal", "strict"]
# Where the panes of the practice window stand: as it fits, side by side, one above the other, one of them large.
LayoutStyle = Literal["auto", "side", "stacked", "reference", "you"]
# Whether a model words cues and summary; ask: once, then as it was answered.
UseAi = Literal["ask", OnOff]
# What such a model gets: numbers alone, or a small picture too.
AiLevel = Literal["facts", "picture"]

# What the player plays and the commands accept, seconds of the song a second.
SLOWEST: Final = 0.5
FASTEST: Final = 1.5
# What a counted tempo may be, counts a minute.
SLOWEST_BPM: Final = 40
FASTEST_BPM: Final = 240
