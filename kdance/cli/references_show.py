"""``kdance references show``: all that is known of one reference, and of who is who in its video."""

from __future__ import annotations

import shlex
from dataclasses import asdict
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from kdance.cli.common import set_up
from kdance.cli.doubts import ask_doubts, can_ask
from kdance.cli.exports import STDOUT, check_file, write_file
from kdance.cli.options import JsonOption, NameArgument
from kdance.errors import DanceReferenceError

if TYPE_CHECKING:
    from kdance.config import Home
    from kdance.dance.dancer_tracks import KeptTracks
    from kdance.dance.references import Reference
    from kdance.words.phrases import Phrases

TracksOption = Annotated[
    bool, typer.Option("--tracks", help="Who is who in a video with several dancers, and what is doubtful.")
]


def show(
    name: NameArgument,
    tracks: TracksOption = False,
    as_json: JsonOption = False,
    png: Annotated[
        Path | None,
        typer.Option("--png", metavar="FILE.png", help="Write a picture: its timeline, and the pose of each 8-count."),
    ] = None,
) -> None:
    """Show a reference: how long, how well seen, its counts, and a picture of its timeline.

    Examples:
    kdance references show magnetic
    kdance references show magnetic --png magnetic.png
    kdance references show magnetic-3 --tracks
    """
    from kdance.cli import console
    from kdance.dance.dance import Dance
    from kdance.dance.references import load_reference
    from kdance.report.reference import render_reference
    from kdance.words.phrases import load_phrases

    if png is not None and png != STDOUT:
        check_file("png", png, (".png",))
    home, settings = set_up()
    reference = load_reference(home.references, name)
    phrases = load_phrases(settings.feedback.language)
    if png is not None:
        from kdance.report.listing import song_of
        from kdance.window.reference_sheet import make_reference_sheet

        write_file(png, make_reference_sheet(Dance.of(reference), song_of(reference.info, phrases), phrases))
        if png == STDOUT:
            return
    if tracks:
        _show_tracks(reference, home, phrases, as_json=as_json)
    elif as_json:
        console.show_json(reference.info)
    else:
        console.show(render_reference(reference, phrases))
    if png is not None:
        console.note(f"Written: {png}")


def _show_tracks(reference: Reference, home: Home, phrases: Phrases, *, as_json: bool) -> None:
    """Print who is who, and ask in a terminal what is open about whose dance it is."""
    from kdance.cli import console
    from kdance.dance.dancer_tracks import load_tracks, save_answers
    from kdance.report.tracks import render_tracks

    info = reference.info
    kept = load_tracks(home.references / info.name)
    if kept is None or info.dancer is None:
        raise DanceReferenceError(f"One dances alone in '{info.name}': nobody has to be told from anybody.")
    if as_json:
        lines = [asdict(line) for line in kept.lines]
        console.show_json({"name": info.name, "dancer": info.dancer, "tracks": lines, "again": _again(reference, kept)})
        return
    console.show(render_tracks(kept, info.dancer, phrases))
    if kept.doubts(info.dancer) and can_ask():
        target = home.cache / f"{info.name}-doubt"
        told = ask_doubts(
            kept, [info.dancer], reference.video, target, start=info.start, mirrored=info.mirrored, rotate=info.rotate,
            keep=partial(save_answers, home.references, info.name),
        )  # fmt: skip
        if told.answers != kept.answers:
            console.show(render_tracks(told, info.dancer, phrases))
            kept = told
    if any(answer.same for answer in kept.answers):
        console.tell(f"The dance with what you answered: {_again(reference, kept)}")


def _again(reference: Reference, kept: KeptTracks) -> str:
    """The command that makes the reference again, of its own video, with what was answered."""
    info = reference.info
    typed = ["kdance", "preprocess", str(reference.video), "--name", info.name, "--dancer", f"{info.dancer}"]
    if info.start > 0:
        typed += ["--start", f"{info.start:g}"]
    typed += ["--end", f"{info.start + info.duration + kept.frame_s / 2:.3f}"]
    if info.counts is not None and info.counts.given:
        typed += ["--bpm", f"{60 / info.counts.seconds_per_count:g}", "--first-beat", f"{info.counts.first:g}"]
    typed += ["--mirrored"] if info.mirrored else []
    typed += ["--rotate", f"{info.rotate}"] if info.rotate else []
    typed += ["--no-hands"] if reference.sequence.hands is None else ["--hands"]
    return shlex.join([*typed, "--force"])
