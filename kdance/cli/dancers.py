"""Which dancer of a video a reference is made of: told, asked for, or the one in the middle."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

import typer

from kdance.cli.asking import asking
from kdance.cli.common import watching
from kdance.cli.doubts import ask_doubts, can_ask
from kdance.errors import KdanceError

if TYPE_CHECKING:
    from kdance.capture.contact_sheet import Area
    from kdance.cli.several import Turn
    from kdance.config import Home
    from kdance.dance.dancer_tracks import KeptTracks
    from kdance.dance.process_video import VideoPart
    from kdance.dance.stage import Dancer, Stage
    from kdance.pose import FloatArray

AUTO, ALL = "auto", "all"


def parts_of(
    part: VideoPart, asked: str | None, home: Home, *, jobs: int, turn: Turn, meanwhile: ExitStack
) -> list[VideoPart]:
    """The part with the dancer it is to be of; with ``all`` one for each dancer; as it is where one dances alone.

    Args:
        part: What a reference is to be made of.
        asked: A dancer's number, ``auto`` or ``all``; ``None`` where nothing was said.
        home: The picture of all dancers is put into its cache.
        jobs: Processes that share the work.
        turn: Where the video stands among several.
        meanwhile: Until it is closed the picture of all dancers may still be drawn, where nobody has to look at it now.

    Raises:
        KdanceError: There is no such dancer, or several and nobody to ask.
    """
    from kdance.config import expanded
    from kdance.dance.first_look import glance
    from kdance.dance.stage import Member, most_central
    from kdance.dance.watching import one_pass, stage_of

    video = expanded(part.video)
    if asked is None:
        seen = glance(video, start=part.start, end=part.end, rotate=part.rotate)
        if seen.still:
            _note(f"Who is seen in {part.video.name} hardly moves: is it a picture of a dancer?")
        if not seen.several:
            return [part]
    what = f"{turn.which}Looking for dancers in {part.video.name}"
    with watching(what, before=turn.before, after=turn.after) as progress:
        stage = stage_of(part, one_pass(progress, 1, 2), jobs)
    dancers, stills, is_one_enough = stage.dancers, stage.stills, asked in (None, AUTO, ALL, "1")
    if stills:
        _note(f"{stills} of those who are seen never move{'s' if stills == 1 else ''}, as on a poster: no dancer.")
    if stills and len(dancers) == 1 and is_one_enough:
        return [replace(part, member=Member.beside_stills(stage))]
    if stills and not dancers:
        raise KdanceError(
            f"Nobody dances in {part.video}: who can be seen never moves, as on a poster.",
            "Choose a video that shows a dancer from head to feet.",
        )
    if not dancers or (len(dancers) == 1 and is_one_enough):
        return [part]
    if stage.crowd > len(dancers):
        _note(f"{stage.crowd} people can be seen: the {len(dancers)} largest can be chosen.")
    sheet, nobody_waits = home.cache / f"{_name(part)}-dancers.png", asked in (ALL, AUTO) or _is_number(asked, dancers)
    areas = _drawn(_drawing(stage, dancers, part, sheet), meanwhile if nobody_waits else None)
    if asked == ALL:
        kept = _answered(stage, part, home, range(1, len(dancers) + 1))
        return [
            replace(part, name=f"{_name(part)}-{line.number}", member=Member.on(stage, line.number, kept.answers))
            for line in kept.lines
        ]
    if asked == AUTO:
        number = most_central(dancers)
        _note(f"{len(dancers)} dancers: taking {number}, who is in the middle most. {_SHEET.format(sheet)}")
    else:
        number = _number(asked, dancers, sheet, areas)
    kept = _answered(stage, part, home, [number])
    return [replace(part, member=Member.on(stage, number, kept.answers))]


_SHEET = "All of them: {}"


def _number(asked: str | None, dancers: tuple[Dancer, ...], sheet: Path, areas: tuple[Area, ...]) -> int:
    """The number that was typed, or is typed now."""
    count = f"{len(dancers)} dancers" if len(dancers) > 1 else "1 dancer"
    each = ", ".join(f"{number} ({100 * dancer.share:.0f} %)" for number, dancer in enumerate(dancers, 1))
    which = f"{count} can be seen, for so much of it: {each}. {_SHEET.format(sheet)}"
    if asked is None:
        if not can_ask():
            raise KdanceError(which, f"Say whose dance it is to be: --dancer 1 to {len(dancers)}, auto or all.")
        _note(which)
        picked = _picked(sheet, areas, len(dancers))
        if picked is not None:
            return picked
        with asking():
            asked = str(typer.prompt("Whose dance is it to be?", err=True)).strip()
    if not _is_number(asked, dancers):
        raise KdanceError(f"There is no dancer {asked}: {which}", f"--dancer takes 1 to {len(dancers)}, auto or all.")
    return int(asked)


def _is_number(asked: str | None, dancers: tuple[Dancer, ...]) -> bool:
    return asked is not None and asked.isdecimal() and 1 <= int(asked) <= len(dancers)


def _picked(sheet: Path, areas: tuple[Area, ...], count: int) -> int | None:
    """The number that is clicked or pressed in a window; ``None`` without a display, or where nobody chose."""
    from kdance.window.window import display_available

    if not display_available():
        return None
    from kdance.capture.contact_sheet import area_at, read_picture
    from kdance.window.picking import pick

    keys = {str(number % 10): number for number in range(1, count + 1)}  # 0 is the tenth
    _note("Choose one in the window by a click or a number; Esc to type it here.")
    title = f"Whose dance is it to be?  Click, or press {'1 to 9, 0 for 10' if count > 9 else f'1 to {count}'}"
    picked = pick(title, read_picture(sheet), keys, lambda x, y: area_at(areas, x, y))
    if picked is not None:
        _note(f"Dancer {picked}.")
    return picked


def _answered(stage: Stage, part: VideoPart, home: Home, numbers: Collection[int]) -> KeptTracks:
    """Who is who, with what somebody says now of what is doubtful about some dancers."""
    from kdance.config import expanded
    from kdance.dance.dancer_tracks import answers_before

    kept, name = stage.kept(), _name(part)
    before = answers_before(home.references, [name, *(f"{name}-{number}" for number in numbers)], kept)
    if before:
        _note(f"Who is who was answered before: {len(before)} answer{'s' if len(before) > 1 else ''} kept.")
        kept = kept.answered(before)
    if not can_ask():
        return kept
    target = home.cache / f"{name}-doubt"
    return ask_doubts(
        kept,
        numbers,
        expanded(part.video),
        target,
        start=part.start,
        mirrored=part.mirrored,
        rotate=part.rotate,
    )


def _name(part: VideoPart) -> str:
    from kdance.dance.references import name_from

    return part.name or name_from(part.video)


def _drawing(
    stage: Stage, dancers: tuple[Dancer, ...], part: VideoPart, target: Path
) -> Callable[[Callable[[], bool]], tuple[Area, ...]]:
    """What writes the picture of all dancers, told when to give up; gives where in it each of them is."""
    import numpy as np

    from kdance.capture.contact_sheet import Dancers, write_contact_sheet
    from kdance.config import expanded

    def box(dancer: Dancer, frame: int) -> FloatArray:
        row = stage.tracks.tracks[dancer.track].row_in(frame)
        return np.array(stage.people[frame].boxes[row])  # a view would keep everybody in memory

    seen = np.array([stage.tracks.tracks[dancer.track].seen for dancer in dancers])
    fullest = int(seen.sum(0).argmax())
    together = {number: box(dancer, fullest) for number, dancer in enumerate(dancers) if seen[number, fullest]}
    moments = [[(frame, box(dancer, frame)) for frame in dancer.moments] for dancer in dancers]
    labels = [f"seen {round(100 * dancer.share)} %" for dancer in dancers]
    times = stage.times  # what is drawn may be kept for as long as the film is watched again, the stage not
    return lambda stopped: write_contact_sheet(
        target,
        expanded(part.video),
        Dancers(times, (fullest, together), moments, labels),
        start=part.start,
        mirrored=part.mirrored,
        rotate=part.rotate,
        stopped=stopped,
    )


def _drawn(draw: Callable[[Callable[[], bool]], tuple[Area, ...]], meanwhile: ExitStack | None) -> tuple[Area, ...]:
    """Draw now, or in another thread, which is waited for when ``meanwhile`` is closed, unless something has failed."""
    if meanwhile is None:
        return draw(lambda: False)
    meanwhile.enter_context(_meanwhile(draw))
    return ()


@contextmanager
def _meanwhile(draw: Callable[[Callable[[], bool]], object]) -> Iterator[None]:
    from kdance.worker import Worker

    drawing = Worker("kdance-sheet", lambda stop: draw(stop.is_set))
    drawing.start()
    try:
        yield
        drawing.join(None)
    finally:
        drawing.close()
    if isinstance(drawing.crash, KdanceError | OSError):  # what was made is none the worse for it
        _note(f"The picture of all dancers could not be written: {drawing.crash}")
    else:
        drawing.check()


def _note(text: str) -> None:
    from kdance.cli import console

    console.note(text)
