"""Watching a session again."""

from __future__ import annotations

from contextlib import ExitStack
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from kdance.cli.common import set_up, told_window, watching
from kdance.cli.options import SessionArgument
from kdance.errors import KdanceError

if TYPE_CHECKING:
    from kdance.config import Home, Settings
    from kdance.practice.looking_back import LookBack
    from kdance.replay.pictures import Both


def replay(
    session: SessionArgument = "last-session",
    save: Annotated[
        Path | None, typer.Option("--save", metavar="FILE.mp4", help="Write it as a film, without a window.")
    ] = None,
    stills: Annotated[
        Path | None, typer.Option("--stills", metavar="DIR", help="Write a picture of each fault, without a window.")
    ] = None,
) -> None:
    """Watch a session again, beside the reference.

    [bold]space[/bold] pauses, [bold]left[/bold] and [bold]right[/bold] jump, [bold]n[/bold] and [bold]p[/bold] go from
    one worst moment to the next, [bold]s[/bold] is slower, [bold]l[/bold] loops the 8-count, [bold]q[/bold] ends.

    Examples:
    kdance replay
    kdance replay 20261122-1415 --save me.mp4
    kdance replay --stills faults
    """
    from kdance.cli import console

    if save is not None:
        _check_film(save)
    if stills is not None:
        _check_folder(stills)
    is_windowed = save is None and stills is None
    if is_windowed:
        _require_display(session)
    home, settings = set_up()
    seen = _look_back(home, session)
    if seen.missing is not None:
        if not len(seen.pair):
            raise KdanceError(seen.missing, "`kdance report` still shows what was measured.")
        console.note(seen.missing)
    with ExitStack() as stack:
        pictures = stack.enter_context(_pictures(seen, waits=not is_windowed))
        if is_windowed:
            _show(seen, pictures, settings)
        if save is not None:
            _save(seen, pictures, settings, save)
        if stills is not None:
            _write_stills(seen, pictures, settings, stills)


def _look_back(home: Home, session: str) -> LookBack:
    from kdance.cli import console
    from kdance.practice.looking_back import look_back
    from kdance.practice.recovery import open_recovered_store

    with open_recovered_store(home, console.note) as store:
        found = store.latest() if session == "last-session" else store.get(session)
        with console.spinner("Laying it beside the reference ..."):
            return look_back(store, home.references, found)


def _pictures(seen: LookBack, *, waits: bool) -> Both:
    from kdance.replay.pictures import Both, Film
    from kdance.replay.watching import take_file

    reference = None if seen.dance is None else seen.dance.reference
    film = None
    if reference is not None:
        info = reference.info
        film = Film(reference.video, info.start, info.mirrored, info.rotate)
    take = take_file(seen.report.source)
    own = None if take is None else Film(take, rotate=seen.options.rotate)
    return Both(film, own, seen.film, waits=waits)


def _show(seen: LookBack, pictures: Both, settings: Settings) -> None:
    from kdance.replay.scenes import ReplayScenes
    from kdance.replay.watching import Size, watch
    from kdance.words.phrases import load_phrases

    phrases = load_phrases(settings.feedback.language)
    size = Size(settings.window.width, settings.window.height)
    scenes = ReplayScenes(seen, pictures, phrases)
    with told_window(f"kdance - {seen.report.reference}", settings) as window:
        watch(scenes, window, size, phrases)


def _save(seen: LookBack, pictures: Both, settings: Settings, path: Path) -> None:
    from kdance.cli import console
    from kdance.recording.film import write_film
    from kdance.replay.scenes import ReplayScenes
    from kdance.replay.watching import FPS, Size, film, film_sound
    from kdance.words.phrases import load_phrases

    scenes = ReplayScenes(seen, pictures, load_phrases(settings.feedback.language))
    size = Size(settings.window.width, settings.window.height)
    with watching(f"Making {path.name}") as progress:
        drawn = film(scenes, size, progress)
        write_film(path, drawn, size.width, size.height, fps=FPS, sound=film_sound(seen))
    console.note(f"Written: {path}")


def _write_stills(seen: LookBack, pictures: Both, settings: Settings, folder: Path) -> None:
    from kdance.cli import console
    from kdance.cli.exports import write_file
    from kdance.replay.scenes import ReplayScenes
    from kdance.replay.watching import Size, stills
    from kdance.words.phrases import load_phrases

    scenes = ReplayScenes(seen, pictures, load_phrases(settings.feedback.language))
    written = list(stills(scenes, Size(settings.window.width, settings.window.height)))
    if not written:
        console.note("There is no moment to show: nothing was wrong for long, or the reference is gone.")
        return
    try:
        folder.mkdir(exist_ok=True)
    except OSError as error:
        raise KdanceError(f"{folder} can't be made: {(error.strerror or str(error)).lower()}.") from error
    for name, content in written:
        write_file(folder / name, content)
    console.note(f"Written: {len(written)} {'picture' if len(written) == 1 else 'pictures'} in {folder}")


def _check_film(path: Path) -> None:
    if path.suffix.lower() != ".mp4":
        raise KdanceError(f"A film is an .mp4 file, but {path} is not.", f"Use --save {path.stem or 'replay'}.mp4")
    if not path.parent.is_dir():
        raise KdanceError(f"There is no folder {path.parent} to write {path.name} into.", "Make it, or choose another.")
    if path.exists():
        raise KdanceError(f"{path} exists already.", "Choose another name for the film.")


def _check_folder(folder: Path) -> None:
    if folder.exists() and not folder.is_dir():
        raise KdanceError(f"{folder} is a file.", "Name a folder for the pictures.")
    if not folder.absolute().parent.is_dir():
        raise KdanceError(
            f"There is no folder {folder.parent} to make {folder.name} in.", "Make it, or choose another."
        )


def _require_display(session: str) -> None:
    from kdance.window.window import display_available

    if not display_available():
        raise KdanceError(
            "There is no display to open the replay on.",
            f"Make a film of it: kdance replay {session} --save replay.mp4",
        )
