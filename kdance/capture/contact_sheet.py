"""Pictures to choose a dancer by: everybody with a number, each at three moments."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Final, NamedTuple

import cv2
import numpy as np
from numpy.typing import NDArray

from kdance.capture.packets import count_packets
from kdance.capture.pixels import Image
from kdance.capture.video_file import VideoFile
from kdance.choices import Turn
from kdance.pose import ROUNDING_S, FloatArray

# Blue, green, red; they can be told apart by colour-blind people too (Okabe and Ito).
_COLOURS: Final = (
    (0, 159, 230), (233, 180, 86), (115, 158, 0), (66, 228, 240), (178, 114, 0),
    (0, 94, 213), (167, 121, 204), (160, 160, 160), (255, 255, 255), (120, 200, 120),
)  # fmt: skip
_TILE_PX: Final = 190  # height of a dancer's picture; its width is half as much again
_MARGIN: Final = 0.12
_STAGE_PX: Final = 900  # width of the picture of the whole stage
_DARK: Final = 24
_GAP_PX: Final = 6  # above each row
_FAR_S: Final = 10.0  # of a film that are jumped over rather than decoded
_STEP_S: Final = 0.5  # of a film, after which it is asked whether to give up
_SAME_S: Final = 0.0006  # by which a second that is kept may be off


class Area(NamedTuple):
    """A part of a picture that stands for a dancer.

    Attributes:
        number: Of the dancer, from 1.
        left: Pixels; ``top``, ``right`` and ``bottom`` likewise.
    """

    number: int
    left: float
    top: float
    right: float
    bottom: float


class Dancers(NamedTuple):
    """Who can be chosen, and when they are seen.

    Attributes:
        times: (T,) seconds of all frames of the part of the video.
        together: A frame in which many are seen, and the (4,) boxes in it by the dancers' indices, pixels.
        moments: For each dancer, frames and the (4,) box of the dancer in it.
        labels: What stands below each dancer, in ASCII.
    """

    times: FloatArray
    together: tuple[int, Mapping[int, FloatArray]]
    moments: Sequence[Sequence[tuple[int, FloatArray]]]
    labels: Sequence[str]


def area_at(areas: Sequence[Area], x: float, y: float) -> int | None:
    """The number of the dancer at a place of a picture; of several the one whose middle is nearest.

    >>> area_at([Area(1, 0, 0, 10, 10), Area(2, 4, 0, 14, 10)], 8, 5), area_at([Area(1, 0, 0, 10, 10)], 30, 5)
    (2, None)
    """
    there = [area for area in areas if area.left <= x < area.right and area.top <= y < area.bottom]
    apart = {
        area.number: (area.left + area.right - 2 * x) ** 2 + (area.top + area.bottom - 2 * y) ** 2 for area in there
    }
    return min(apart, key=lambda number: apart[number]) if apart else None


def write_contact_sheet(
    target: Path,
    video: Path,
    people: Dancers,
    *,
    start: float = 0.0,
    mirrored: bool = False,
    rotate: Turn = 0,
    stopped: Callable[[], bool] = lambda: False,
) -> tuple[Area, ...]:
    """Write a picture of all dancers; gives where in it each can be pointed at.

    Args:
        target: The PNG file; its folder is made.
        video: The file.
        people: Who they are.
        start: Second of the video at which frame 0 is.
        mirrored: Whether the video shows the dance as in a mirror.
        rotate: Degrees by which its pictures are turned clockwise.
        stopped: Told that it shall give up, it writes nothing.
    """
    (fullest, boxes_there), moments, labels = people.together, people.moments, people.labels
    wanted = {fullest, *(frame for rows in moments for frame, _ in rows)}
    with VideoFile(video, mirrored=mirrored, rotate=rotate, stopped=stopped) as source:
        seconds = {frame: float(people.times[frame]) for frame in wanted}
        images = read_frames(source, seconds, start=start, stopped=stopped)
        dark: Image = np.full((source.height_px, source.width_px, 3), _DARK, np.uint8)  # what can't be read
    if stopped():
        return ()
    rows = [_stage(images.get(fullest, dark), boxes_there)]
    rows += [
        _row(number, [_cut(images.get(frame, dark), box) for frame, box in boxes], label)
        for number, (boxes, label) in enumerate(zip(moments, labels, strict=True))
    ]
    width = max(row.shape[1] for row in rows)
    padded = [cv2.copyMakeBorder(row, _GAP_PX, 0, 0, width - row.shape[1], cv2.BORDER_CONSTANT, value=(_DARK,) * 3)
              for row in rows]  # fmt: skip
    target.parent.mkdir(parents=True, exist_ok=True)
    done, data = cv2.imencode(".png", np.vstack(padded))
    assert done
    target.write_bytes(data.tobytes())
    scale = _STAGE_PX / dark.shape[1]
    areas = [Area(number + 1, *(box * scale + _GAP_PX * np.array([0, 1, 0, 1])).tolist())
             for number, box in boxes_there.items()]  # fmt: skip
    tops = np.cumsum([row.shape[0] for row in padded])
    areas += [Area(number, 0, float(tops[number - 1]), width, float(tops[number])) for number in range(1, len(tops))]
    return tuple(areas)


def read_picture(path: Path) -> Image:
    """A picture that was written, BGR."""
    return np.asarray(cv2.imdecode(np.frombuffer(path.read_bytes(), np.uint8), cv2.IMREAD_COLOR), np.uint8)


def read_frames(
    source: VideoFile,
    wanted: Mapping[int, float],
    *,
    start: float = 0.0,
    stopped: Callable[[], bool] = lambda: False,
) -> dict[int, Image]:
    """Some pictures of a video, by their numbers; without those that can't be read.

    Args:
        source: The video, all of it, at its beginning.
        wanted: Seconds, to the millisecond, by the numbers of the pictures; from the first at or after ``start``.
        start: Second of the video.
        stopped: Told that it shall give up, it gives what it has.
    """
    images: dict[int, Image] = {}
    packets = count_packets(source.path) if start + max(wanted.values(), default=0.0) > _FAR_S else None
    can_jump = packets is not None and packets.times is not None
    _go_on(source, start - ROUNDING_S, stopped, can_jump=can_jump)
    first = source.next_time or 0.0
    for number, second in sorted(wanted.items()):
        _go_on(source, first + second - _SAME_S, stopped, can_jump=can_jump)
        frame = None if stopped() else source.read()
        if frame is None:
            break
        if frame.time - first - second < 2 * _SAME_S:
            images[number] = frame.image
    return images


def _go_on(source: VideoFile, second: float, stopped: Callable[[], bool], *, can_jump: bool) -> None:
    """Go on with the first picture at or after a second, or give up; a far one is jumped to where that is exact."""
    if can_jump and source.next_time is not None and second > source.next_time + _FAR_S:
        source.seek(second)
    while (time := source.next_time) is not None and time < second and not stopped():
        source.forward(min(second, time + _STEP_S))


def _stage(image: Image, boxes: Mapping[int, FloatArray]) -> Image:
    """The whole stage, with a numbered frame around each dancer who is in it."""
    scale = _STAGE_PX / image.shape[1]
    picture = np.asarray(cv2.resize(image, None, fx=scale, fy=scale, interpolation=cv2.INTER_AREA), np.uint8)
    for number, box in boxes.items():
        left, top, right, bottom = np.round(box * scale).astype(int).tolist()
        cv2.rectangle(picture, (left, top), (right, bottom), colour_of(number), 2, cv2.LINE_AA)
        write_on(picture, f"{number + 1}", (left, max(top - 6, 22)), 0.9, colour_of(number))
    return picture


def _row(number: int, tiles: Sequence[Image], label: str) -> Image:
    name = np.full((_TILE_PX, 210, 3), _DARK, np.uint8)
    write_on(name, f"{number + 1}", (18, 100), 2.4, colour_of(number))
    write_on(name, label, (18, 150), 0.55, (220, 220, 220))
    return np.hstack([name, *tiles])


def _cut(image: Image, box: FloatArray) -> Image:
    """A dancer with some air around, as a tile."""
    height, width = image.shape[:2]
    air = _MARGIN * float(box[3] - box[1])
    left, top = (int(max(value - air, 0)) for value in box[:2])
    right, bottom = int(min(box[2] + air, width)), int(min(box[3] + air, height))
    part = image[top : max(bottom, top + 1), left : max(right, left + 1)]
    wide = _TILE_PX * 3 // 2
    scale = min(_TILE_PX / part.shape[0], wide / part.shape[1])
    small = cv2.resize(part, None, fx=scale, fy=scale, interpolation=cv2.INTER_AREA)
    tile: Image = np.full((_TILE_PX, wide, 3), _DARK, np.uint8)
    y, x = (_TILE_PX - small.shape[0]) // 2, (wide - small.shape[1]) // 2
    tile[y : y + small.shape[0], x : x + small.shape[1]] = small
    return tile


def colour_of(number: int) -> tuple[int, int, int]:
    """The colour, blue, green, red, of the dancer of an index."""
    return _COLOURS[number % len(_COLOURS)]


def write_on(
    picture: NDArray[np.uint8], text: str, place: tuple[int, int], size: float, colour: tuple[int, ...]
) -> None:
    """Write ASCII into a picture, so that it can be read on any ground."""
    for thickness, ink in ((5, (0, 0, 0)), (2, colour)):
        cv2.putText(picture, text, place, cv2.FONT_HERSHEY_SIMPLEX, size, ink, thickness, cv2.LINE_AA)
