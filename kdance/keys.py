"""The keys of the practice window: what the help screen and ``--help`` tell, from one table."""

from __future__ import annotations

from typing import Final

# (names as kdance.video.window gives them, what is printed on the key, what it does)
KEYS: Final[tuple[tuple[tuple[str, ...], str, str], ...]] = (
    (("space",), "Space", "start, pause, go on, dance again"),
    (("left",), "←", "one 8-count back"),
    (("right",), "→", "one 8-count on"),
    (("r",), "r", "restart, from A or the beginning"),
    (("-", "_"), "-", "slower"),
    (("+", "="), "+", "faster"),
    (("a",), "a", "loop from this 8-count"),
    (("b",), "b", "loop to this 8-count"),
    (("l",), "l", "loop on or off"),
    (("m",), "m", "mirror on or off"),
    (("g",), "g", "ghost on or off"),
    (("v",), "v", "another layout"),
    (("s",), "s", "sound on or off"),
    (("h",), "h", "this help"),
    (("q", "esc"), "q  Esc", "end"),
)
