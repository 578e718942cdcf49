"""Takes and references re-encoded in twelve ways, takes half hidden in six: right limbs that are named, faults lost.

    python benchmarks/limbs.py DIR [--json] [--cache DIR] [--only TEXT] [--row ENCODING] [--jobs N]

The folder holds either ``manifest.json`` and its clips, as for ``scoring.py``, or the demo's clips with their
``NAME.json`` (errors: joint, degrees, t0, t1). What re-encoding changes is noise: every named limb has to be in those
files. Clips and poses are kept in the cache, by a hash of the clip, so that a rerun takes seconds.
"""

from __future__ import annotations

import argparse
import json
import subprocess
from collections.abc import Iterator
from concurrent.futures import ProcessPoolExecutor
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Final, NamedTuple

import numpy as np
from rich.console import Console
from rich.table import Table
from scoring import DEFAULT_CACHE, digest, points, poses_of, reference_of

from kdance.audio.ffmpeg import ffmpeg_path
from kdance.coach.facts import facts_of
from kdance.coach.rules import corrections
from kdance.dance.dance import Dance
from kdance.motion.live_fit import LiveFit
from kdance.motion.timeline import SNAPSHOT_S, lasting_errors
from kdance.pose import Pose, PoseSequence
from kdance.review.evaluation import evaluate
from kdance.review.options import TakeOptions
from kdance.words.phrases import load_phrases

_X264: Final = "-c:v libx264 -pix_fmt yuv420p"
# Each with the ending of its file and what ffmpeg is told.
ENCODINGS: Final = {
    "as it is": None,
    "HEVC": ("mp4", "-c:v libx265 -crf 28 -x265-params log-level=none -pix_fmt yuv420p"),
    "VP9": ("webm", "-c:v libvpx-vp9 -crf 40 -b:v 0 -cpu-used 5 -pix_fmt yuv420p"),
    "MPEG-4": ("avi", "-c:v mpeg4 -q:v 8"),
    "MJPEG": ("avi", "-c:v mjpeg -q:v 12 -pix_fmt yuvj420p"),
    "GIF": ("gif", "-vf fps=15,scale=480:-2"),
    "320 px": ("mp4", f"-vf scale=320:-2 {_X264} -crf 23"),
    "15 fps": ("mp4", f"-vf fps=15 {_X264} -crf 23"),
    "CRF 38": ("mp4", f"{_X264} -crf 38"),
    "grey": ("mp4", f"-vf format=gray {_X264} -crf 23"),
    "half as bright": ("mp4", f"-vf lutyuv=y=val/2 {_X264} -crf 23"),
    "pixels 4:3": ("mp4", f"-vf scale=480:480,setsar=4/3 {_X264} -crf 23"),
    # What hides limbs: furniture, the picture's edges, the dark, a smeared lens. The dancer's left stays in view.
    "behind a table": ("mp4", f"-vf drawbox=y=ih*0.68:w=iw:h=ih*0.32:color=0x5a4630:t=fill {_X264} -crf 20"),
    "cut at the knees": ("mp4", f"-vf crop=iw:ih*0.68:0:0 {_X264} -crf 20"),
    "cut at the side": ("mp4", f"-vf crop=iw*0.55:ih:iw*0.45:0 {_X264} -crf 20"),
    "behind a chair": (
        "mp4",
        f"-vf drawbox=x=iw*0.42:y=ih*0.68:w=iw*0.12:h=ih*0.17:color=0x5a4630:t=fill {_X264} -crf 20",
    ),
    "in the dark": ("mp4", f"-vf lutyuv=y=16+(val-16)/6,noise=alls=6:allf=t {_X264} -crf 20"),
    "an arm blurred": (
        "mp4",
        f"-vf split[a][b];[b]crop=iw*0.48:ih*0.65:0:0,gblur=sigma=14[c];[a][c]overlay=0:0 {_X264} -crf 20",
    ),
    "out of focus": ("mp4", f"-vf gblur=sigma=6 {_X264} -crf 20"),
    "letterbox": ("mp4", f"-vf scale=640:-2,pad=1280:720:320:120 {_X264} -crf 28"),
}
# Of a reference these are enough: making one is slow, and a reference is smoothed.
OF_REFERENCE: Final = ("HEVC", "320 px", "15 fps", "CRF 38")
_NAMED_BESIDE_S: Final = 1.0


class Truth(NamedTuple):
    """A fault that is in a take."""

    joint: str
    sign: int
    start: float
    end: float
    is_visible: bool


@dataclass(frozen=True)
class Take:
    """A clip of the folder, its reference, and what is wrong in it."""

    clip: Path
    reference: Path
    truths: tuple[Truth, ...]


@dataclass(frozen=True)
class Result:
    """What was named in one encoding of one take.

    Attributes:
        invented: Limbs that the report or its cues name, and that are right.
        live: The same of what would be said while dancing.
        lost: Faults that are there, and not named in the report.
        live_lost: The same while dancing.
    """

    take: str
    encoding: str
    score: float
    invented: tuple[str, ...]
    live: tuple[str, ...]
    lost: tuple[str, ...]
    live_lost: tuple[str, ...]


class Named(NamedTuple):
    """A limb that was named, and for which seconds of the reference."""

    joint: str
    degrees: float
    start: float
    end: float


def takes_of(folder: Path) -> list[Take]:
    """The takes in which a limb can be blamed: of the reference's dance, with what is known to be wrong in them."""
    if not (folder / "manifest.json").exists():
        described = [json.loads(path.read_text()) for path in sorted(folder.glob("*take*.json"))]
        same = [clip for clip in described if clip["dance"] == "demo choreography"]
        return [Take(folder / clip["clip"], folder / "demo.mp4", _errors(clip["errors"])) for clip in same]
    entries = {entry["name"]: entry for entry in json.loads((folder / "manifest.json").read_text())}
    takes = []
    for entry in entries.values():
        expect, truths = entry["expect"], ()
        if expect.get("score") == "low" or "tempo" in expect:
            continue
        if "joint" in expect:
            start, end = expect["t"]
            sign = _true_sign(folder, entry, expect["joint"], start, end)
            truths = (Truth(expect["joint"], sign, start, end, "TOWARD" not in expect.get("note", "")),)
        takes.append(Take(folder / entry["file"], folder / entries[entry["reference"]]["file"], truths))
    return takes


def _errors(errors: list[dict[str, float]]) -> tuple[Truth, ...]:
    return tuple(
        Truth(str(e["joint"]), int(np.sign(e["mean_angle_error_deg"])), e["t0"], e["t1"], True) for e in errors
    )


def _true_sign(folder: Path, entry: dict[str, str], joint: str, start: float, end: float) -> int:
    with np.load(folder / f"{entry['name']}.npz") as take, np.load(folder / f"{entry['reference']}.npz") as reference:
        inside = (take["t"] >= start) & (take["t"] < end)
        angles = np.interp(take["motion_time"][inside], reference["motion_time"], reference[f"angle_{joint}"])
        return int(np.sign((take[f"angle_{joint}"][inside] - angles).mean()))


def encoded(clip: Path, encoding: str, cache: Path) -> Path:
    """The clip in another encoding, made once."""
    if ENCODINGS[encoding] is None:
        return clip
    ending, arguments = ENCODINGS[encoding]
    made = cache / "clips" / f"{digest(clip)}-{encoding.replace(' ', '_').replace(':', '')}.{ending}"
    if not made.exists():
        made.parent.mkdir(parents=True, exist_ok=True)
        part = made.with_name(f"part-{made.name}")
        subprocess.run(
            [ffmpeg_path(), "-v", "error", "-y", "-i", str(clip), "-an", *arguments.split(), str(part)], check=True
        )
        part.rename(made)
    return made


def named_in_report(take: PoseSequence, dance: Dance) -> tuple[float, list[Named]]:
    """Points, and every limb that the report names: its faults, half seconds and cues."""
    found = evaluate(take, dance, TakeOptions(offset=None))
    named = [
        Named(fault.joint, fault.degrees, span.start, span.end)
        for fault in found.findings.faults
        for span in fault.spans
    ]
    for row in found.measurements.timeline:
        if row.worst_joint is not None and row.worst_error_deg is not None and row.reference_time is not None:
            time = row.reference_time
            named.append(Named(row.worst_joint, row.worst_error_deg, time - SNAPSHOT_S, time))
    return points(found.measurements.average_similarity), named


def named_live(take: PoseSequence, dance: Dance) -> list[Named]:
    """Every limb that a cue could be about while dancing."""
    fit = LiveFit(dance.motion(mirrored=False), dance.chance("normal"))
    named, before, due = [], None, SNAPSHOT_S
    band, phrases = TakeOptions().error_band, load_phrases("en")
    for landmarks, world, time in zip(take.landmarks, take.world, take.times, strict=True):
        while time > due + 1e-6:
            seen = fit.best.observe(due)
            last = seen if before is None else before
            both, spread = np.stack([last.errors, seen.errors]), np.stack([last.spread, seen.spread])
            is_sure = fit.is_settled and fit.is_this_dance
            errors = lasting_errors(both, spread, band=band)[1]
            errors = errors if is_sure else np.full_like(errors, np.nan)
            facts = facts_of(seen, errors, fit.best.lateness, seconds_per_count=None, best_match_idx=None)
            for cue in corrections(facts, phrases):
                for joint in cue.tip.focus_areas:
                    degrees = facts.joint_errors[joint]
                    named.append(Named(joint, degrees, seen.reference_time - SNAPSHOT_S, seen.reference_time))
            before, due = seen, due + SNAPSHOT_S
        pose = Pose(landmarks, world) if np.isfinite(landmarks[0, 0]) else None
        fit.update(pose, float(time), float(time))
    return named


def _told(named: list[Named], truths: tuple[Truth, ...]) -> tuple[tuple[str, ...], tuple[str, ...]]:
    """The limbs that were named and are right, and the visible faults that were not named."""
    wrong = [name for name in named if not any(_is(name, truth) for truth in truths)]
    invented = {f"{name.joint} {name.degrees:+.0f} at {name.start:.1f}" for name in wrong}
    lost = [truth.joint for truth in truths if truth.is_visible and not any(_is(name, truth) for name in named)]
    return tuple(sorted(invented)), tuple(lost)


def _is(name: Named, truth: Truth) -> bool:
    same = name.joint == truth.joint and np.sign(name.degrees) == truth.sign
    return bool(same and name.start >= truth.start - _NAMED_BESIDE_S and name.end <= truth.end + _NAMED_BESIDE_S)


def result_of(take: Take, encoding: str, cache: Path) -> Result:
    """One cell of the table; ``ref: X`` re-encodes the reference in place of the take."""
    of_reference = encoding.removeprefix("ref: ")
    clip = take.clip if of_reference != encoding else encoded(take.clip, encoding, cache)
    reference = encoded(take.reference, of_reference, cache) if of_reference != encoding else take.reference
    poses, dance = poses_of(clip, cache), Dance.of(reference_of(reference, cache))
    score, named = named_in_report(poses, dance)
    invented, lost = _told(named, take.truths)
    live, live_lost = _told(named_live(poses, dance), take.truths)
    return Result(take.clip.stem, encoding, score, invented, live, lost, live_lost)


def results_of(takes: list[Take], cache: Path, jobs: int, rows: list[str] | None) -> Iterator[Result]:
    """Every take in every encoding, or in some; the poses of each file are found once."""
    encodings = rows or [*ENCODINGS, *(f"ref: {name}" for name in OF_REFERENCE)]
    for reference in dict.fromkeys(take.reference for take in takes):
        for name in ("as it is", *(row for row in OF_REFERENCE if f"ref: {row}" in encodings)):
            reference_of(encoded(reference, name, cache), cache)
    cells = [(take, encoding, cache) for take in takes for encoding in encodings]
    with ProcessPoolExecutor(jobs) as pool:
        yield from pool.map(result_of, *zip(*cells, strict=True))


def _print_table(results: list[Result]) -> None:
    table = Table("take", "encoding", "points", "named, and right", "so live", "lost", title="Limbs by encoding")
    for row in results:
        lost = [*row.lost, *(f"{joint} (live)" for joint in row.live_lost)]
        cells = (", ".join(cell) or "-" for cell in (row.invented, row.live, lost))
        table.add_row(row.take, row.encoding, f"{row.score:.0f}", *cells)
    console = Console()
    console.print(table)
    for text, counted in (
        ("takes with a limb named that is right", [row.invented for row in results]),
        ("the same while dancing", [row.live for row in results]),
        ("faults not named", [row.lost for row in results]),
        ("the same while dancing", [row.live_lost for row in results]),
    ):
        console.print(f"{sum(map(bool, counted)):4} of {len(counted)}  {text}")


def main() -> int:
    """Print the table; 1 where a limb was invented or a fault lost."""
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("clips", type=Path)
    parser.add_argument("--json", action="store_true")
    parser.add_argument("--cache", type=Path, default=DEFAULT_CACHE)
    parser.add_argument("--only", default="", help="takes whose name has this in it, or several with commas")
    parser.add_argument("--row", action="append", help="one encoding; may be given again")
    parser.add_argument("--jobs", type=int, default=1)
    arguments = parser.parse_args()
    wanted = arguments.only.split(",")
    takes = [take for take in takes_of(arguments.clips) if any(text in take.clip.stem for text in wanted)]
    results = list(results_of(takes, arguments.cache, arguments.jobs, arguments.row))
    if arguments.json:
        print(json.dumps([asdict(row) for row in results], indent=1))
    else:
        _print_table(results)
    return 1 if any(row.invented or row.live or row.lost for row in results) else 0


if __name__ == "__main__":
    raise SystemExit(main())
