"""Names and addresses that are typed."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import suppress
from pathlib import Path

from hypothesis import example, given
from hypothesis import strategies as st

from kdance.capture.addresses import refuse_address, refuse_url, require_video_file, without_secrets
from kdance.capture.devices import Stream, Webcam
from kdance.capture.frames import open_source
from kdance.config import CameraSettings
from kdance.dance.references import check_name, load_reference, name_from
from kdance.errors import KdanceError
from tests.fuzz.conftest import fuzzed
from tests.fuzz.strategies import typed

PIECES = (
    ["rtsp://", "http://", "https:/", "file://", "://", "/", "\\", "..", ".", "@", ":", "[", "]", "::1", "%00", "\0",
     "%", "?", "#", "10.0.0.7", "cam.local", ":8080", "/dev/video0", "~", "0", "9" * 20, " ", "٣", "²", "//",
     "C:", "CON", "é", "한"]
)  # fmt: skip
TYPED = typed(PIECES)
SECRET = "Zq7Zq7"


@fuzzed(2)
@given(name=TYPED)
@example(name="\ud800")
@example(name="a\n")
def test_a_name_stays_in_its_folder_or_is_refused(name: str, tmp_path: Path, count: Callable[[], None]) -> None:
    count()
    with suppress(KdanceError):
        checked = check_name(name)
        assert checked.encode()
        assert (tmp_path / checked).resolve().parent == tmp_path.resolve()
        assert checked.isprintable()
        assert check_name(checked) == checked
    with suppress(KdanceError):
        load_reference(tmp_path, name)


@fuzzed(2)
@given(stem=TYPED)
def test_a_name_made_of_a_file_name_is_one(stem: str, count: Callable[[], None]) -> None:
    count()
    made = name_from(Path("videos") / f"{stem.replace('/', '')}.mp4")
    assert check_name(made) == made


@fuzzed(1.5)
@given(text=TYPED)
def test_what_is_typed_as_a_camera(text: str, tmp_path: Path, count: Callable[[], None]) -> None:
    count()
    without_secrets(text).encode(errors="replace")
    for look in (refuse_url, refuse_address, lambda path: require_video_file(tmp_path / path.lstrip("/\\"))):
        with suppress(KdanceError):
            look(text)
    with suppress(KdanceError):
        source = open_source(text, camera=CameraSettings())
        if not isinstance(source, Stream | Webcam):  # nobody is to be called up from here
            with source:
                pass


@fuzzed(0.5)
@given(
    scheme=st.sampled_from(["rtsp", "http", "HTTPS", "rtmp", "x"]),
    user=TYPED,
    before=TYPED,
    after=TYPED,
    host=st.sampled_from(["10.0.0.7", "cam.local:8080", "[::1]:80", "한국.kr", "h:99999", "h:x"]),
    path=st.sampled_from(["", "/", "/live", "/a?b=c", "/a#b"]),
)
def test_a_password_is_never_shown(
    scheme: str, user: str, before: str, after: str, host: str, path: str, count: Callable[[], None]
) -> None:
    count()
    address = f"{scheme}://{user}:{before}{SECRET}{after}@{host}{path}"
    assert SECRET not in without_secrets(address)
