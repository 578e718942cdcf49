"""References made on the spot, without a network or a real video."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np

from kdance.dance.references import ChanceLevel, Quality, ReferenceInfo, making_reference, save_reference
from kdance.pose import NUM_HAND_LANDMARKS, FloatArray, PoseSequence
from tests.motion_factory import make_sequence


def make_info(sequence: PoseSequence, **changes: Any) -> ReferenceInfo:
    """The side-car of a sequence, with some of its fields changed."""
    fields: dict[str, Any] = {
        "name": "magnetic",
        "source": "magnetic.mp4",
        "source_sha256": "00ff" * 16,
        "video": "video.mp4",
        "start": 0.0,
        "duration": float(sequence.times[-1]),
        "frames": len(sequence),
        "width_px": 640,
        "height_px": 480,
        "model": "full",
        "made_at": "2026-11-22T14:15:03+01:00",
        "chance": dict.fromkeys(("easy", "normal", "strict"), ChanceLevel(pose=0.8, motion=0.3)),
        "sections": ((0.0, float(sequence.times[-1])),),
        "quality": Quality(body_share=1.0, visible={"legs": 1.0}, warnings=()),
    }
    return ReferenceInfo(**{**fields, **changes})


def make_hands(count: int) -> FloatArray:
    """(count, 2, 21, 3) hands in every third frame."""
    hands = np.full((count, 2, NUM_HAND_LANDMARKS, 3), np.nan, np.float32)
    hands[::3] = 100.0
    return hands


def write_reference(
    references: Path,
    name: str = "magnetic",
    *,
    sequence: PoseSequence | None = None,
    hands: bool = True,
    **changes: Any,
) -> Path:
    """A complete reference of a made-up dance, by default of 3 s; gives its folder."""
    sequence = make_sequence(seconds=3) if sequence is None else sequence
    with making_reference(references, name) as folder:
        info = make_info(sequence, name=name, **changes)
        save_reference(folder, info, replace(sequence, hands=make_hands(len(sequence)) if hands else None))
        (folder / info.video).write_bytes(b"not looked at")
    return references / name


def files_in(folder: Path) -> set[str]:
    """Everything below a folder, hidden files too, as paths with slashes."""
    return {path.relative_to(folder).as_posix() for path in folder.rglob("*")}
