"""Commands in front of a camera."""

from __future__ import annotations

import shlex
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from kdance.cli.ai import chosen_server
from kdance.cli.cameras import calibrate_camera, is_live, latency_of, turned_camera
from kdance.cli.common import make_reference, may_open_window, required, set_up
from kdance.cli.options import (
    FreeOption,
    HandsOption,
    JsonOption,
    MirrorOption,
    NameOrNothing,
    RotateOption,
    SpeedOption,
    StrictnessOption,
    take_options,
)
from kdance.cli.parts import AskedPart, practice_of
from kdance.cli.practice_options import (
    AiOption,
    AutoSpeedOption,
    CameraOption,
    CountdownOption,
    CountInOption,
    CountsOption,
    FlipOption,
    FromOption,
    GhostOption,
    LayoutOption,
    LoopOption,
    RecordOption,
    SecondsOption,
    SoundOption,
    ToOption,
    VoiceOption,
    WindowOption,
)
from kdance.cli.rooms import RoomPlan, dance_in_room
from kdance.errors import ExitCode, KdanceError
from kdance.window.keys import KEYS

if TYPE_CHECKING:
    from kdance.config import Home, Settings
    from kdance.dance.references import Reference

DEMO = "demo"
_KEYS = "\n".join(f"- {label}: {what}" for _, label, what in KEYS)


def train(
    name: NameOrNothing = None,
    camera: CameraOption = None,
    countdown: CountdownOption = None,
    seconds: SecondsOption = None,
    mirror: MirrorOption = None,
    free: FreeOption = False,
    hands: HandsOption = None,
    rotate: RotateOption = None,
    strictness: StrictnessOption = None,
    start: FromOption = None,
    end: ToOption = None,
    counts: CountsOption = None,
    loop: LoopOption = None,
    speed: SpeedOption = None,
    auto_speed: AutoSpeedOption = False,
    count_in: CountInOption = None,
    window: WindowOption = True,
    layout: LayoutOption = None,
    ghost: GhostOption = None,
    flip: FlipOption = None,
    record: RecordOption = None,
    sound: SoundOption = None,
    voice: VoiceOption = None,
    ai: AiOption = None,
) -> None:
    """Dance it, with the song, a ghost of the reference and one cue at a time; then see your summary."""
    from kdance.dance.dance import Dance
    from kdance.dance.references import load_reference
    from kdance.practice.options import TrainingOptions

    home, settings = set_up()
    settings = settings.changed(
        camera={"source": camera, "flip": flip},
        training={"countdown": countdown, "count_in": count_in, "loop": loop},
        window={"layout": layout, "ghost": ghost},
        sound={"music": sound, "voice": voice},
    )
    dance = Dance.of(load_reference(home.references, required(name, "train")))
    settings, live = turned_camera(settings, rotate), is_live(settings)
    asked = AskedPart(start=start, end=end, counts=counts, loop=loop, speed=speed, auto_speed=auto_speed, free=free)
    practice = practice_of(asked, dance, settings, live=live)
    server = chosen_server(home, settings, ai)
    windowed = may_open_window(window, live=live, command=f"kdance train {shlex.quote(dance.reference.info.name)}")
    judging = take_options(
        settings, dance.reference.info, mirror=mirror, strictness=strictness, free=free, hands=hands,
        latency=latency_of(home, settings) if live else None, rotate=rotate, camera=camera, live=live,
    )  # fmt: skip
    options = TrainingOptions(
        source=settings.camera.source,
        countdown=settings.training.countdown if live or countdown is not None else 0.0,
        seconds=seconds,
        at_own_pace=windowed or record is not None,
        judging=judging,
        practice=practice,
        auto_speed=auto_speed,
        recording=record,
        gestures=settings.training.gestures,
    )
    dance_in_room(dance, options, home, settings, RoomPlan(live=live, windowed=windowed, record=record, server=server))


_EXAMPLES = "Examples:\nkdance train magnetic\nkdance train magnetic --counts 3-6 --speed 0.75"
train.__doc__ = f"{train.__doc__}\n\n{_EXAMPLES}\n\nKeys in the window:\n\n{_KEYS}"


def calibrate(
    camera: CameraOption = None,
    window: WindowOption = True,
    flashes: Annotated[
        bool, typer.Option("--flashes", help="By flashes of the window that the camera looks at; always without sound.")
    ] = False,
) -> None:
    """Measure how late your camera sees you, with twelve clicks that you swing an arm up to; kept for this camera.

    Examples:
    kdance calibrate
    kdance calibrate --camera 1
    kdance calibrate --flashes
    """
    from kdance.cli import console

    home, settings = set_up()
    found = calibrate_camera(home, settings.changed(camera={"source": camera}), window=window, flashes=flashes)
    if found is None:
        console.note("Nothing was measured.")
        raise typer.Exit
    console.tell(
        f"{found.camera} is {1000 * found.delay:.0f} ms late (+-{1000 * found.spread:.0f} ms, "
        f"{found.raises} {found.way}). From now on that is taken off, and nothing else is forgiven."
    )


def doctor(
    camera: CameraOption = None,
    ask_server: Annotated[
        bool, typer.Option("--ai", help="Ask the AI server, too: whether it is there and serves the model.")
    ] = False,
    as_json: JsonOption = False,
) -> None:
    """See whether this computer is ready: camera, pose network, window, sound; and what to do where it isn't.

    Examples:
    kdance doctor
    kdance doctor --camera 1 --ai
    """
    from dataclasses import asdict

    from kdance.cli import console
    from kdance.cli.ai_look import look_at_ai
    from kdance.practice.doctor import examine, machine
    from kdance.window.window import display_available

    home, settings = set_up()
    settings = settings.changed(camera={"source": camera})
    found = []
    for diagnosis in examine(
        home,
        settings,
        can_open_window=display_available,
        look_at_ai=lambda: look_at_ai(home, settings, ask_server=ask_server),
    ):
        found.append(diagnosis)
        if not as_json:
            console.show_diagnosis(diagnosis)
    is_broken = any(diagnosis.state == "broken" for diagnosis in found)
    if as_json:
        console.show_json(machine() | {"ready": not is_broken, "found": [asdict(diagnosis) for diagnosis in found]})
        if is_broken:
            raise typer.Exit(ExitCode.ERROR)
        return
    if is_broken:
        raise KdanceError("This computer isn't ready to dance yet.", "Mend what is marked with !")
    console.tell("Ready to dance.")


def demo(
    window: Annotated[bool, typer.Option("--window/--no-window", help="Watch it in the practice window.")] = False,
    record: RecordOption = None,
) -> None:
    """See it all without a webcam: the built-in dance, and a learner's take of it as if it were the webcam.

    Examples:
    kdance demo
    kdance demo --window
    """
    from importlib.resources import as_file, files

    from kdance.dance.dance import Dance
    from kdance.practice.options import TrainingOptions

    home, settings = set_up()
    settings = settings.changed(camera={"rotate": 0})  # of the webcam's own
    clips = files("kdance") / "demo"
    with as_file(clips / "demo.mp4") as video:
        dance = Dance.of(_demo_reference(video, home, settings))
    windowed = window and may_open_window(wanted=True, live=False)
    with as_file(clips / "demo_take.mp4") as video:
        options = TrainingOptions(
            source=str(video),
            countdown=0.0,
            seconds=None,
            at_own_pace=windowed or record is not None,
            judging=take_options(settings, dance.reference.info),
            recording=record,
        )
        dance_in_room(dance, options, home, settings, RoomPlan(live=False, windowed=windowed, record=record))


def _demo_reference(video: Path, home: Home, settings: Settings) -> Reference:
    """The built-in dance as a reference, made again when it is damaged or of another version of kdance."""
    from kdance.capture.helpers import usual_jobs
    from kdance.dance.process_video import VideoPart, file_digest
    from kdance.dance.references import load_reference
    from kdance.errors import DanceReferenceError

    try:
        found = load_reference(home.references, DEMO)
    except DanceReferenceError:
        found = None
    if found is not None and found.info.source_sha256 == file_digest(video):
        return found
    if found is not None and found.info.source != video.name:
        raise KdanceError(
            f"The reference '{DEMO}' is one of your own.", "Rename its folder, then start the demo again."
        )
    return make_reference(VideoPart(video=video, name=DEMO), home, settings, force=True, jobs=usual_jobs())
