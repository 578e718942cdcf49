"""Commands that make references, and correct them."""

from __future__ import annotations

from contextlib import ExitStack
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from kdance.choices import FASTEST_BPM, SLOWEST_BPM
from kdance.cli.common import make_members, set_up
from kdance.cli.dancers import parts_of
from kdance.cli.options import NameArgument, RotateOption
from kdance.errors import KdanceError

if TYPE_CHECKING:
    from kdance.cli.several import Turn
    from kdance.config import Home, Settings
    from kdance.dance.process_video import VideoPart

BpmOption = Annotated[
    float | None,
    typer.Option(
        min=SLOWEST_BPM, max=FASTEST_BPM, help="Beats a minute, where kdance finds another tempo than you count."
    ),
]
DancerOption = Annotated[
    str | None,
    typer.Option(
        "--dancer",
        "--dancers",
        metavar="N|auto|all",
        help="Whose dance, where several dance: a number, who is in the middle, or each; else you are asked.",
        show_default=False,
    ),
]
MirroredOption = Annotated[
    bool, typer.Option("--mirrored", help="The video shows the dance as in a mirror, as practice videos often do.")
]
FirstBeatOption = Annotated[float | None, typer.Option(min=0, help="Second of the dance at which a count 1 falls.")]


def preprocess(
    videos: Annotated[
        list[Path], typer.Argument(metavar="VIDEO", help="A video of the dance, from head to feet; or several.")
    ],
    name: Annotated[str | None, typer.Option(help="What to call it; the file's name by default.")] = None,
    start: Annotated[float, typer.Option(min=0, help="Second of the video where the dance begins.")] = 0.0,
    end: Annotated[float | None, typer.Option(min=0, help="Second where it ends; the video's end by default.")] = None,
    bpm: BpmOption = None,
    first_beat: FirstBeatOption = None,
    model: Annotated[
        str | None, typer.Option(help="full, lite or the path of a pose .task file. \\[config: pose.model]")
    ] = None,
    hands: Annotated[bool | None, typer.Option(help="Find hands too. \\[config: pose.hands]")] = None,
    dancer: DancerOption = None,
    jobs: Annotated[
        int | None, typer.Option(min=1, help="Processes that share the work; as many as processors by default.")
    ] = None,
    mirrored: MirroredOption = False,
    rotate: RotateOption = None,
    force: Annotated[bool, typer.Option("--force", help="Replace a reference of that name.")] = False,
) -> None:
    """Make a reference of a dance video: poses, music, counts.

    Examples:
    kdance preprocess magnetic.mp4
    kdance preprocess clip.mp4 --name magnetic --start 12
    """
    from kdance.capture.helpers import kept_helpers, usual_jobs
    from kdance.cli.several import expanded_patterns, for_each
    from kdance.dance.process_video import VideoPart

    home, settings = set_up()
    settings = settings.changed(pose={"model": model, "hands": hands})
    videos, together = expanded_patterns(videos), jobs or usual_jobs()
    if name is not None and len(videos) > 1:
        raise KdanceError(
            f"--name is for one video, and here are {len(videos)}.", "Leave it out: the files' names count."
        )

    def make(video: Path, turn: Turn) -> None:
        part = VideoPart(
            video=video,
            name=name,
            start=start,
            end=end,
            bpm=bpm,
            first_beat=first_beat,
            mirrored=mirrored,
            rotate=rotate or 0,
        )
        _make(part, dancer, turn, home, settings, jobs=together, force=force)

    with kept_helpers() as helpers:
        # Meanwhile this one loads it too.
        helpers.begin(_sharing(videos[0], start, end, together) - 1, load=load_watching)
        for_each(videos, make)


def _sharing(video: Path, start: float, end: float | None, jobs: int) -> int:
    """How many processes will share the work on a film."""
    from kdance.capture.segment_plan import Plan
    from kdance.cli.several import seconds_of

    seconds = seconds_of(video)
    return min(jobs, Plan.of(max((seconds if end is None else min(seconds, end)) - start, 0.0)).count or 1)


def load_watching() -> None:
    """Import all that watches films."""
    import kdance.dance.process_video  # noqa: F401


def _make(
    part: VideoPart, dancer: str | None, turn: Turn, home: Home, settings: Settings, *, jobs: int, force: bool
) -> None:
    """Make the references of one video; one that can't be made costs the others nothing."""
    from kdance.cli import console
    from kdance.cli.several import raise_last
    from kdance.dance.process_video import check_part
    from kdance.report.listing import render_made_reference
    from kdance.words.phrases import load_phrases

    check_part(part, home.references, force=force)
    with ExitStack() as stack:
        parts = parts_of(part, dancer, home, jobs=jobs, turn=turn, meanwhile=stack)
        made = make_members(parts, home, settings, force=force, jobs=jobs, turn=turn)
    phrases = load_phrases(settings.feedback.language)
    for reference in made:
        if not isinstance(reference, KdanceError):
            console.show(render_made_reference(reference.info, phrases))
    raise_last([reference for reference in made if isinstance(reference, KdanceError)])


def counts(
    name: NameArgument,
    shift: Annotated[int, typer.Option(help="Move the 1 by so many counts; may be negative.")] = 0,
    bpm: BpmOption = None,
    first_beat: FirstBeatOption = None,
) -> None:
    """Show the counts of a song, or correct them: which beat is the 1, and how fast they are.

    Examples:
    kdance counts magnetic
    kdance counts magnetic --shift -1
    """
    from kdance.cli import console
    from kdance.dance.references import load_reference
    from kdance.dance.song_counts import change_counts
    from kdance.report.listing import render_counts
    from kdance.words.phrases import load_phrases

    home, settings = set_up()
    if shift or bpm is not None or first_beat is not None:
        info = change_counts(home.references, name, bpm=bpm, first=first_beat, shift=shift)
    else:
        info = load_reference(home.references, name).info
    console.show(render_counts(info, load_phrases(settings.feedback.language)))
