"""Clips and live cameras made on the spot: no binary fixtures, no network but loopback."""

from __future__ import annotations

import socket
import threading
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np

import kdance.capture  # noqa: F401 - keeps OpenCV quiet, which has to be said before it is loaded

import cv2  # isort: skip

MARK_BITS = 10
MARK_SIZE = 12


def make_image(index: int, width: int = 160, height: int = 120) -> np.ndarray:
    """A picture that carries its own number as a row of black and white squares, so that tests can read it back."""
    image = np.full((height, width, 3), 90, np.uint8)
    for bit in range(MARK_BITS):
        value = 255 if index >> bit & 1 else 0
        image[:MARK_SIZE, bit * MARK_SIZE : (bit + 1) * MARK_SIZE] = value
    cv2.circle(image, (20 + index * 3 % (width - 40), height // 2), 10, (0, 0, 255), -1)
    return image


def read_index(image: np.ndarray) -> int:
    """The number that :func:`make_image` put into a picture; survives lossy compression."""
    squares = image[:MARK_SIZE, : MARK_BITS * MARK_SIZE].reshape(MARK_SIZE, MARK_BITS, MARK_SIZE, 3)
    bits = squares[3:-3, :, 3:-3].mean(axis=(0, 2, 3)) > 128
    return int(np.sum(bits << np.arange(MARK_BITS)))


def write_clip(path: Path, count: int = 12, *, fps: float = 30, width: int = 160, height: int = 120) -> Path:
    """Write a clip of ``count`` numbered frames (MPEG-4 in whatever container the name says)."""
    fourcc = cv2.VideoWriter.fourcc(*("MJPG" if path.suffix == ".avi" else "mp4v"))
    writer = cv2.VideoWriter(str(path), fourcc, fps, (width, height))
    assert writer.isOpened(), "this OpenCV can't write clips"
    for index in range(count):
        writer.write(make_image(index, width, height))
    writer.release()
    return path


def set_rotation_tag(path: Path, degrees: int) -> Path:
    """Rewrite the display matrix in an MP4's track header: what a phone held upright writes."""
    data = bytearray(path.read_bytes())
    start = data.index(b"tkhd") + 4
    matrix = start + (52 if data[start] == 1 else 40)
    cos, sin = {0: (1, 0), 90: (0, 1), 180: (-1, 0), 270: (0, -1)}[degrees]
    values = (cos << 16, sin << 16, 0, -sin << 16, cos << 16, 0, 0, 0, 1 << 30)
    for place, value in enumerate(values):
        data[matrix + 4 * place : matrix + 4 * place + 4] = value.to_bytes(4, "big", signed=True)
    path.write_bytes(data)
    return path


def set_frame_durations(path: Path, ticks: Sequence[int]) -> Path:
    """Rewrite an MP4's time-to-sample table (stts) in place: a clip with a variable frame rate.

    The table grows inside the moov box at the end of the file, whose sizes are mended; the edit list, which would cut
    the clip to its old duration, is blanked.
    """
    data = path.read_bytes().replace(b"edts", b"free")
    place = data.index(b"stts") - 4
    old_size = int.from_bytes(data[place : place + 4], "big")
    rows = b"".join((1).to_bytes(4, "big") + tick.to_bytes(4, "big") for tick in ticks)
    body = b"stts" + bytes(4) + len(ticks).to_bytes(4, "big") + rows
    table = (len(body) + 4).to_bytes(4, "big") + body
    growth = len(table) - old_size
    assert data.index(b"mdat") < place, "the samples must come first, or their offsets would move"
    head = bytearray(data[:place])
    for name in (b"moov", b"trak", b"mdia", b"minf", b"stbl"):
        box = data.rindex(name, 0, place) - 4
        size = int.from_bytes(head[box : box + 4], "big")
        head[box : box + 4] = (size + growth).to_bytes(4, "big")
    path.write_bytes(bytes(head) + table + data[place + old_size :])
    return path


@dataclass
class LiveCamera:
    """An MJPEG camera on loopback that sends pictures at its own pace, whoever watches.

    Attributes:
        url: Where to watch it.
        fps: Pictures a second.
        count: Pictures before it hangs up; ``None`` for no end.
    """

    pictures: Sequence[bytes]
    fps: float
    count: int | None
    status: str
    stalled: threading.Event = field(default_factory=threading.Event)
    stopped: threading.Event = field(default_factory=threading.Event)
    sent: int = 0
    port: int = 0

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.port}/video.mjpg"

    def stall(self) -> None:
        """Send nothing more, but keep the connection."""
        self.stalled.set()

    def resume(self) -> None:
        """Send on."""
        self.stalled.clear()

    def stop(self) -> None:
        """Hang up."""
        self.stopped.set()

    def serve(self, server: socket.socket) -> None:
        """Answer one client at a time until stopped."""
        while not self.stopped.is_set():
            try:
                client, _ = server.accept()
            except TimeoutError:
                continue
            except OSError:
                return
            with client:
                try:
                    self._play(client)
                except OSError:
                    continue

    def _play(self, client: socket.socket) -> None:
        client.settimeout(2)
        client.recv(4096)
        head = f"HTTP/1.0 {self.status}\r\nContent-Type: multipart/x-mixed-replace; boundary=f\r\n\r\n"
        client.sendall(head.encode())
        if not self.status.startswith("200"):
            return
        begin = time.monotonic()
        index = 0
        while not self.stopped.is_set() and (self.count is None or index < self.count):
            if self.stalled.wait(0) and not self.stopped.wait(0.02):
                continue
            index = max(index, int((time.monotonic() - begin) * self.fps))
            picture = self.pictures[index % len(self.pictures)]
            part = f"--f\r\nContent-Type: image/jpeg\r\nContent-Length: {len(picture)}\r\n\r\n"
            client.sendall(part.encode() + picture + b"\r\n")
            self.sent += 1
            index += 1
            self.stopped.wait(max(0.0, begin + index / self.fps - time.monotonic()))


@contextmanager
def live_camera(
    images: Sequence[np.ndarray] | None = None, *, fps: float = 30, count: int | None = None, status: str = "200 OK"
) -> Iterator[LiveCamera]:
    """Serve pictures as a live MJPEG camera on loopback while the ``with`` block runs.

    Args:
        images: BGR pictures, sent round and round; numbered ones by default.
        fps: Pictures a second.
        count: Hang up after so many.
        status: HTTP status line; anything but 200 refuses.
    """
    images = [make_image(index) for index in range(256)] if images is None else images
    pictures = [cv2.imencode(".jpg", image)[1].tobytes() for image in images]
    camera = LiveCamera(pictures, fps, count, status)
    with socket.create_server(("127.0.0.1", 0)) as server:
        server.settimeout(0.1)
        camera.port = server.getsockname()[1]
        thread = threading.Thread(target=camera.serve, args=(server,), name="test-camera", daemon=True)
        thread.start()
        try:
            yield camera
        finally:
            camera.stop()
            thread.join(timeout=5)


def wait_until(condition: Callable[[], bool], timeout: float = 5.0) -> bool:
    """Whether the condition came true in time."""
    end = time.monotonic() + timeout
    while time.monotonic() < end:
        if condition():
            return True
        time.sleep(0.01)
    return condition()


def free_port() -> int:
    """A port that nobody listens on."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])
