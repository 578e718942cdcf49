"""Doubtful joins of a dancer's track, asked as pairs of pictures; what isn't answered stays a gap."""

from __future__ import annotations

import sys
from collections.abc import Callable, Collection
from typing import TYPE_CHECKING, Final

import typer

from kdance.cli.asking import asking

if TYPE_CHECKING:
    from pathlib import Path

    from kdance.capture.doubt_pictures import Side
    from kdance.capture.pixels import Image
    from kdance.choices import Turn
    from kdance.dance.dancer_tracks import KeptTracks
    from kdance.motion.answers import Doubt, Person

MOST_QUESTIONS: Final = 8  # nobody answers more of them with care


def can_ask() -> bool:
    """Whether somebody sits at a terminal, to read a question and to answer it."""
    return sys.stdin.isatty() and sys.stderr.isatty()


def ask_doubts(
    kept: KeptTracks,
    dancers: Collection[int],
    video: Path,
    target: Path,
    *,
    start: float,
    mirrored: bool,
    rotate: Turn,
    keep: Callable[[KeptTracks], None] = lambda _: None,
) -> KeptTracks:
    """Ask what is open about some dancers, what may gain most first; gives the tracks with what was answered.

    Args:
        kept: Who is who.
        dancers: The numbers of those asked about.
        video: Where the pictures come from.
        target: The pictures' file without its ending; a number is put behind it.
        start: Second of the video at which frame 0 is.
        mirrored: Whether the video shows the dance as in a mirror.
        rotate: Degrees by which its pictures are turned clockwise.
        keep: Called with each answer: who leaves at a question has answered those before it.
    """
    from kdance.capture.doubt_pictures import DoubtPictures, write_png
    from kdance.cli import console

    asked: set[tuple[Person, Person]] = set()
    pictures: DoubtPictures | None = None
    while len(asked) < MOST_QUESTIONS:
        left = sorted(
            ((doubt, number) for number in dancers for doubt in kept.doubts(number) if _key(doubt) not in asked),
            key=lambda found: (-found[0].worth, found[1]),
        )
        if not left:
            break
        doubt, number = left[0]
        asked.add(_key(doubt))
        if pictures is None:
            pictures = DoubtPictures(video, kept.seconds, start=start, mirrored=mirrored, rotate=rotate)
        if not pictures.has(doubt.before[0], doubt.after[0]):
            continue  # the video is damaged there
        picture = pictures.draw(number, _side("before", doubt.before, kept), _side("after", doubt.after, kept))
        path = target.with_name(f"{target.name}-{len(asked)}.png")
        write_png(path, picture)
        console.note(f"Left before, right after: {path}")
        same = _same(number, doubt.gain * kept.frame_s, picture)
        if same is not None:
            kept = kept.answered((*kept.answers, doubt.answer(same=same)))
            keep(kept)
    return kept


def _key(doubt: Doubt) -> tuple[Person, Person]:
    return doubt.before, doubt.after


def _side(word: str, person: Person, kept: KeptTracks) -> Side:
    from kdance.capture.doubt_pictures import Side

    second = kept.seconds[person[0]]
    return Side(person[0], kept.boxes[person], f"{word}  {int(second // 60)}:{second % 60:04.1f}")


def _same(number: int, seconds: float, picture: Image) -> bool | None:
    """What is said, in a window or in the terminal; ``None`` where nobody says."""
    from kdance.cli import console
    from kdance.window.window import display_available

    question = f"Is this still {number}? It would add {seconds:.1f} s. y / n, Enter leaves it open"
    if display_available():
        from kdance.window.picking import pick

        console.note(f"{question}; Esc to type it here.")
        said = pick(f"Is this still {number}?  y / n, Enter leaves it open", picture, {"y": "y", "n": "n", "enter": ""})
        if said is not None:
            return said == "y" if said else None
    while True:
        with asking():
            said = str(typer.prompt(question, default="", show_default=False, err=True)).strip().lower()
        if said in ("", "y", "yes", "n", "no"):
            return None if not said else said[0] == "y"
