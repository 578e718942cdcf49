"""The options of ``kdance train``."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from kdance.choices import LayoutStyle

PART, WINDOW, SOUND = "What you practise", "What you see", "What you hear and read"


def _to_record(path: Path | None) -> Path | None:
    """A recording that can't be written is told before anything else is done."""
    if path is not None:
        from kdance.recording.recorder import check_recording

        check_recording(path)
    return path


CameraOption = Annotated[
    str | None, typer.Option(help="Webcam number, video file or stream URL. \\[config: camera.source]")
]
CountdownOption = Annotated[
    float | None,
    typer.Option(min=0, help="Seconds before the music; 0 for a file. \\[config: training.countdown]"),
]
SecondsOption = Annotated[float | None, typer.Option(min=0.5, help="End after this many seconds of dancing.")]
AutoSpeedOption = Annotated[
    bool,
    typer.Option(
        "--auto-speed", help="Loop: faster after two good rounds, slower after two bad ones.", rich_help_panel=PART
    ),
]
LoopOption = Annotated[
    bool | None,
    typer.Option(
        "--loop/--no-loop", help="Start again until you quit. \\[config: training.loop]", rich_help_panel=PART
    ),
]
FromOption = Annotated[
    str | None, typer.Option("--from", help="Loop from there, such as 0:45.", rich_help_panel=PART, metavar="TIME")
]
ToOption = Annotated[
    str | None, typer.Option("--to", help="Loop to there, such as 1:02.", rich_help_panel=PART, metavar="TIME")
]
CountsOption = Annotated[
    str | None, typer.Option(help="Loop these 8-counts, such as 3-6.", rich_help_panel=PART, metavar="N-M")
]
CountInOption = Annotated[
    bool | None,
    typer.Option(
        "--count-in/--no-count-in",
        help="Count 5, 6, 7, 8 before each start; a file has none. \\[config: training.count_in]",
        rich_help_panel=PART,
    ),
]
WindowOption = Annotated[
    bool, typer.Option("--window/--no-window", help="Show the practice window.", rich_help_panel=WINDOW)
]
LayoutOption = Annotated[
    LayoutStyle | None, typer.Option(help="Where the panes stand. \\[config: window.layout]", rich_help_panel=WINDOW)
]
GhostOption = Annotated[
    bool | None,
    typer.Option(
        "--ghost/--no-ghost",
        help="Show the reference's skeleton on you. \\[config: window.ghost]",
        rich_help_panel=WINDOW,
    ),
]
FlipOption = Annotated[
    bool | None,
    typer.Option(
        "--flip/--no-flip",
        help="Show yourself like in a mirror; never changes a number. \\[config: camera.flip]",
        rich_help_panel=WINDOW,
    ),
]
RecordOption = Annotated[
    Path | None,
    typer.Option(
        help="Write what you see and hear to this .mp4.", rich_help_panel=WINDOW, metavar="FILE", callback=_to_record
    ),
]
AiOption = Annotated[
    bool | None,
    typer.Option(
        "--ai/--no-ai", help="Let a model word cues and summary. \\[config: feedback.ai]", rich_help_panel=SOUND
    ),
]
SoundOption = Annotated[
    bool | None,
    typer.Option("--sound/--no-sound", help="Play the song. \\[config: sound.music]", rich_help_panel=SOUND),
]
VoiceOption = Annotated[
    bool | None,
    typer.Option("--voice/--no-voice", help="Speak the cues. \\[config: sound.voice]", rich_help_panel=SOUND),
]
