"""Watching the segments of a video, one after the other, with eyes that have settled when a segment begins."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, ExitStack
from dataclasses import dataclass
from pathlib import Path
from typing import Final, Generic, Self, TypeVar

from kdance.capture.segment_plan import Plan
from kdance.capture.video_file import Damage, VideoFile
from kdance.choices import Turn
from kdance.pose import Frame

S = TypeVar("S")
T = TypeVar("T")

SETTLE_S: Final = 0.5
"""Seconds that the network is given before what it sees counts. Measured against a network that never started anew:
4 cm at first, 1 cm after 0.3 s, from 0.5 s on the 0.5 cm by which two runs differ anyway (largest of 33 landmarks)."""

Eyes = Callable[[Frame, int], S]
"""Sees something in a frame; told the frame and its number in the part. Frames come in order."""


@dataclass(frozen=True, slots=True)
class Watch(Generic[S, T]):
    """What is watched, and by what; goes to other processes, so all of it can be pickled.

    Attributes:
        path: The video.
        start: Seconds from its first frame; ``end`` likewise, ``None`` for its end.
        mirrored: Whether the film is a mirror image.
        rotate: Degrees by which it is turned clockwise.
        open_eyes: Opens what looks at the frames, anew for each segment.
        pack: Makes of the times of a segment's frames, and of what was seen in each, what is kept and handed on: of a
            long film that must be small.
        settle: Seconds before a segment at which its eyes are opened.
    """

    path: Path
    open_eyes: Callable[[], AbstractContextManager[Eyes[S]]]
    pack: Callable[[list[float], list[S]], T]
    start: float = 0.0
    end: float | None = None
    mirrored: bool = False
    rotate: Turn = 0
    settle: float = SETTLE_S

    def open(self) -> VideoFile:
        """The part of the video."""
        return VideoFile(self.path, start=self.start, end=self.end, mirrored=self.mirrored, rotate=self.rotate)


class NotAsPackedError(Exception):
    """The frames that come are not those that the file's packets tell: no jump can be trusted."""


@dataclass(slots=True)
class Segment(Generic[T]):
    """What was seen in one segment; empty behind the end of the video. ``damage`` as far as its process had read."""

    times: list[float]
    seen: T
    damage: Damage


class Watcher(Generic[S, T]):
    """Watches the segments that this process gets, in their order; use it as a context manager."""

    def __init__(
        self,
        what: Watch[S, T],
        source: VideoFile,
        plan: Plan,
        take: Callable[[int | None], int],
        frame_done: Callable[[], None],
    ) -> None:
        self._what = what
        self._source = source
        self._plan = plan
        self._take = take
        self._frame_done = frame_done
        self._frame = 0  # the number of the next one
        self._open = ExitStack()  # the eyes that look now

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self._open.close()

    def __iter__(self) -> Iterator[tuple[int, Segment[T]]]:
        """Each segment with its number, until the video ends."""
        number, look = self._take(None), None
        while True:
            if look is None:
                if not self._can_go_to(self._plan.begin(number) - self._what.settle):
                    return
                look = self._open.enter_context(self._what.open_eyes())
            segment, following, settled = self._watch(number, look)
            yield number, segment
            number, look = following, settled

    def _can_go_to(self, time: float) -> bool:
        """Go on with the first frame at or after ``time``; whether there is one."""
        if self._plan.times is None:
            self._frame += self._source.forward(time)
            return not self._source.ended
        if time > self._plan.times[-1]:
            return False
        self._source.seek(max(time, 0.0))
        self._frame = self._numbered()
        if self._frame > self._plan.first_from(time) + 1:  # what can't be wound back
            raise NotAsPackedError
        self._source.note_passed(self._frame)
        return True

    def _numbered(self) -> int:
        """The number of the next frame by the file's packets.

        Raises:
            NotAsPackedError: It isn't one of theirs.
        """
        number = None if self._source.next_time is None else self._plan.number_of(self._source.next_time)
        if number is None:
            raise NotAsPackedError
        return number

    def _watch(self, number: int, look: Eyes[S]) -> tuple[Segment[T], int, Eyes[S] | None]:
        """Watch a segment to its end.

        Returns:
            What was seen, the number of the segment to go on with, and the eyes that are settled for it: it may be the
            next one, whose first looks fall into this one.
        """
        begin, end = self._plan.begin(number), self._plan.begin(number + 1)
        times, found = list[float](), list[S]()
        following: int | None = None
        settling: Eyes[S] | None = None
        with ExitStack() as opened:
            while (time := self._source.next_time) is not None and time < end:
                if following is None and time >= end - self._what.settle:
                    following = self._take(number)
                    if following == number + 1:
                        settling = opened.enter_context(self._what.open_eyes())
                if self._plan.times is not None and self._numbered() != self._frame:
                    raise NotAsPackedError
                frame = self._source.read()
                assert frame is not None
                seen = look(frame, self._frame)
                if settling is not None:
                    settling(frame, self._frame)
                self._frame += 1
                if time >= begin:
                    times.append(time)
                    found.append(seen)
                    self._frame_done()
            self._open.close()
            self._open = opened.pop_all()
        segment = Segment(times, self._what.pack(times, found), self._source.damage)
        if self._source.ended and self._plan.times is not None and self._frame != len(self._plan.times):
            raise NotAsPackedError
        return segment, self._take(number) if following is None else following, settling
