"""``kdance cameras``: which there are, what each sees, and which is used."""

from __future__ import annotations

from dataclasses import asdict
from typing import TYPE_CHECKING, Annotated

import typer

from kdance.cli.common import set_up, told_window
from kdance.cli.options import JsonOption
from kdance.errors import ExitCode, KdanceError

if TYPE_CHECKING:
    from kdance.capture.cameras import FoundCamera
    from kdance.config import Home, Settings
    from kdance.report.cameras import CameraLine


def cameras(
    preview: Annotated[
        bool, typer.Option("--preview", help="See what each sees in a window, and take one into use by a key.")
    ] = False,
    as_json: JsonOption = False,
) -> None:
    """List the cameras of this computer with the size and rate of their pictures; choose one by looking at it.

    Examples:
    kdance cameras
    kdance cameras --preview
    """
    from kdance.capture.cameras import look_at_cameras
    from kdance.cli import console
    from kdance.report.cameras import render_cameras
    from kdance.words.phrases import load_phrases

    home, settings = set_up()
    if preview and not as_json:
        _preview(home, settings)
        return
    phrases = load_phrases(settings.feedback.language)
    with console.spinner(phrases.text("report.cameras.looking")):
        found = list(look_at_cameras(settings.camera))
    if as_json:
        console.show_json({"used": settings.camera.source, "cameras": [_told(camera) for camera in found]})
    else:
        console.show(render_cameras([_line(camera, settings) for camera in found], phrases))


def _said(source: int | str) -> int | str:
    """A source without a password."""
    from kdance.capture.addresses import without_secrets

    return without_secrets(source) if isinstance(source, str) else source


def _told(camera: FoundCamera) -> dict[str, object]:
    return asdict(camera) | {"source": _said(camera.source)}


def _line(camera: FoundCamera, settings: Settings) -> CameraLine:
    from kdance.report.cameras import CameraLine

    problem = " ".join(part for part in (camera.problem, camera.hint) if part)
    return CameraLine(
        str(_said(camera.source)),
        camera.name,
        camera.width_px,
        camera.height_px,
        camera.fps,
        problem,
        is_chosen=_is_used(camera.source, settings),
    )


def _is_used(source: int | str, settings: Settings) -> bool:
    return str(source) == str(settings.camera.source)


def _preview(home: Home, settings: Settings) -> None:
    """Show what each camera sees, and keep the one that is chosen."""
    from kdance.capture.cameras import FoundCamera, camera_sources, maker_name
    from kdance.capture.frames import open_source
    from kdance.cli import console
    from kdance.cli.config_file import config_of, text_of, with_value, write
    from kdance.practice.signals import StopSignals
    from kdance.window.camera_window import CameraWindow, Preview
    from kdance.window.window import display_available
    from kdance.words.phrases import load_phrases

    if not display_available():
        raise KdanceError("There is no display to show the cameras on.", "List them: kdance cameras")
    sources = camera_sources(settings.camera)
    if not sources:
        raise KdanceError("There is no camera to look at.", "Plug one in, then see: kdance cameras")
    previews = [
        Preview(FoundCamera(source, maker_name(source)), maker_name(source) or str(_said(source))) for source in sources
    ]
    used = next((index for index, source in enumerate(sources) if _is_used(source, settings)), 0)
    phrases = load_phrases(settings.feedback.language)
    with (
        StopSignals() as signals,
        told_window("kdance - cameras", settings, fullscreen=settings.window.fullscreen) as window,
    ):
        view = CameraWindow(
            window,
            phrases,
            lambda source: open_source(source, camera=settings.camera),
            flip=settings.camera.flip,
            text=settings.window.text,
        )
        chosen = view.choose(previews, used, signals)
    if signals.received:
        raise typer.Exit(ExitCode.INTERRUPTED)
    if chosen is None:
        console.note("Nothing was changed.")
        return
    path = config_of(home)
    write(path, with_value(text_of(home), path, "camera.source", str(chosen)))
    console.tell(f"camera.source: {_said(chosen)}, in {path}")
