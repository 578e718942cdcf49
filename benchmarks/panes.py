"""How large the dancer is in the panes: height of the body by that of the pane, before and after cropping.

    python benchmarks/panes.py REFERENCES_DIR [--size WxH]          (such as KDANCE_HOME/references)

"before" shows the whole picture in a pane of the same window; beside "after" stands the body's height in pixels of the
window. Each reference is also measured as if its video were the camera ("you"). Medians over the frames, from the poses
that are stored with the reference. "hands cut" is the share of the frames in which a hand that is in the picture isn't
in the pane, of the reference and of you.
"""

from __future__ import annotations

import argparse
from pathlib import Path
from typing import get_args

import numpy as np
from rich.console import Console
from rich.table import Table

from kdance.choices import LayoutStyle
from kdance.dance.references import Reference, load_reference
from kdance.pose import FloatArray, Landmark
from kdance.window.framing import Box, DancerFraming, ReferenceFraming, body_height, part_of_picture, reach_of
from kdance.window.layout import Rect, window_layout

HANDS = [Landmark.LEFT_WRIST, Landmark.RIGHT_WRIST, Landmark.LEFT_INDEX, Landmark.RIGHT_INDEX]
SEEN = 0.5


def cut(body: FloatArray, box: Box | None, picture: tuple[int, int], pane: Rect) -> bool:
    """Whether a hand that the picture has is not in the pane."""
    part = part_of_picture(box, *picture, pane.width / pane.height)
    hands = body[HANDS]
    inside, shown = (
        (hands[:, 0] >= rect.left)
        & (hands[:, 0] < rect.right)
        & (hands[:, 1] >= rect.top)
        & (hands[:, 1] < rect.bottom)
        for rect in (Rect(0, 0, *picture), part)
    )
    return bool(((hands[:, 3] >= SEEN) & inside & ~shown).any())


def share(tall: float, box: Box | None, picture: tuple[int, int], pane: Rect) -> float:
    """Height of a body in a pane by the pane's."""
    part = part_of_picture(box, *picture, pane.width / pane.height)
    return tall * pane.fit(part.width, part.height).height / part.height / pane.height


def measure(reference: Reference, size: tuple[int, int], style: LayoutStyle, *, upcoming: bool) -> list[float]:
    """Medians: the reference before and after, you before and after, both in pixels; hands cut of both."""
    info, sequence = reference.info, reference.sequence
    picture = (info.width_px, info.height_px)
    landmarks, times = np.asarray(sequence.landmarks, np.float64), np.asarray(sequence.times)
    reach = reach_of(landmarks, times)
    framing, own = ReferenceFraming(landmarks, times), DancerFraming(reach)
    wide = picture[0] / picture[1]
    before, after = (
        window_layout(
            *size,
            with_reference=True,
            with_upcoming=upcoming,
            style=style,
            reference_aspect=aspect,
            dancer_aspect=dancer,
        )
        for aspect, dancer in ((wide, 4 / 3), (framing.aspect or wide, reach.aspect))
    )
    assert before.reference is not None
    assert after.reference is not None
    found: list[list[float]] = [[], [], [], []]
    hands: list[list[float]] = [[], []]
    for body, time, tall in zip(landmarks, times.tolist(), body_height(landmarks).tolist(), strict=True):
        own.update(body if np.isfinite(body).any() else None, time, *picture)
        if not tall > 0:
            continue
        panes = ((before.reference, None), (after.reference, framing.at(time)), (before.dancer, None),
                 (after.dancer, own.box))  # fmt: skip
        for shares, (pane, box) in zip(found, panes, strict=True):
            shares.append(share(tall, box, picture, pane))
        for cuts, (pane, box) in zip(hands, (panes[1], panes[3]), strict=True):
            cuts.append(cut(body, box, picture, pane))
    heights = (after.reference.height, after.dancer.height)
    medians = [float(np.median(shares)) for shares in found]
    tall = [medians[1] * heights[0], medians[3] * heights[1]]
    return [*medians, *tall, *(float(np.mean(cuts)) for cuts in hands)]


def main() -> None:
    """Measure every reference of a folder."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("references", type=Path)
    parser.add_argument("--size", default="1280x720")
    parser.add_argument("--layout", default="auto", choices=get_args(LayoutStyle))
    parser.add_argument("--no-upcoming", action="store_true")
    chosen = parser.parse_args()
    width, height = map(int, chosen.size.split("x"))
    table = Table("dance", "picture", "reference before", "after", "", "you before", "after", "", "hands cut", "of you")
    for folder in sorted(path for path in chosen.references.iterdir() if path.is_dir()):
        reference = load_reference(chosen.references, folder.name)
        shares = measure(reference, (width, height), chosen.layout, upcoming=not chosen.no_upcoming)
        size = f"{reference.info.width_px}x{reference.info.height_px}"
        row = [f"{100 * found:.0f} %" for found in shares[:4]]
        row[2:2] = [f"{shares[4]:.0f} px"]
        row.append(f"{shares[5]:.0f} px")
        table.add_row(folder.name, size, *row, *(f"{100 * found:.1f} %" for found in shares[6:]))
    Console().print(table)


if __name__ == "__main__":
    main()
