"""What people name as a video: addresses, what may be shown of them, and paths that can't be one."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Final
from urllib.parse import urlsplit

from kdance.errors import VideoError

_URL: Final = re.compile(r"(https?):/+", re.IGNORECASE)
_SCHEME: Final = re.compile(r"[a-z][a-z0-9+.-]+:/", re.IGNORECASE)
_HOST: Final = re.compile(r"[^/\\]*@|(?:\d{1,3}\.){3}\d{1,3}(?:[:/]|$)|[\w.-]+:\d{2,5}(?:/|$)")


def without_secrets(url: str) -> str:
    """The URL without user name, password and query, any of which may be a secret.

    Of an address with an ``@`` behind the host only the scheme is left: a password with a slash, ``?`` or ``#`` in it,
    typed as it is, ends the host too early.

    >>> without_secrets("rtsp://me:secret@10.0.0.7:554/live?token=secret")
    'rtsp://10.0.0.7:554/live'
    >>> without_secrets("http://me:p/secret@10.0.0.7/live")
    'http://...'
    """
    try:
        parts = urlsplit(url)
        host, port = parts.hostname or "", parts.port
    except ValueError:  # a bracket that is not closed, a port that is no number
        return f"{url.partition('://')[0]}://..."
    if "@" in parts.path + parts.query + parts.fragment:
        return f"{parts.scheme}://..."
    return f"{parts.scheme}://{host}{f':{port}' if port else ''}{parts.path}"


def has_secret(url: str) -> bool:
    """Whether a user name, a password or a query stands in an address, or what might be one of them.

    >>> has_secret("rtsp://Cam/live"), has_secret("http://[::1]:80/video"), has_secret("http://cam/live?token=secret")
    (False, False, True)
    """
    try:
        parts = urlsplit(url)
    except ValueError:
        return True
    return "@" in url or bool(parts.query or parts.fragment)


def refuse_url(text: str) -> None:
    """Refuse an address of the web where a video file is wanted, with the command that fetches it.

    Raises:
        VideoError: It is one.
    """
    if (address := _URL.match(text)) is not None:
        url = f"{address[1]}://{text[address.end() :]}"  # a path keeps one slash of two
        raise VideoError(
            "That is an address, not a video on this computer.", f'Fetch it first: yt-dlp -t mp4 -o dance.mp4 "{url}"'
        )


def refuse_address(text: str) -> None:
    """Refuse a name without a file that was meant as an address; it is not repeated: a password may stand in it.

    Raises:
        VideoError: It is one.
    """
    if _HOST.match(text) or _SCHEME.match(text):
        raise VideoError(
            "That looks like an address, and no video on this computer is called so.",
            "--camera takes addresses that begin with http://, https:// or rtsp://.",
        )


def require_video_file(path: Path) -> None:
    """Refuse what can't be a video before FFmpeg sees it.

    Raises:
        VideoError: It doesn't exist, is no file, is empty, may not be read, or has a name OpenCV can't take.
    """
    refuse_url(str(path))
    try:
        if path.is_dir():
            raise VideoError(f"{path} is a folder, not a video.", "Name a video file in it.")
        if not path.exists():
            refuse_address(str(path))
            raise VideoError(f"There is no video {path}.", "Check the path, or put it in quotes if it has spaces.")
        if not path.is_file():  # opening a pipe would wait for ever
            raise VideoError(f"{path} is not a file.", "Name a video file, a webcam's number or a URL.")
        with path.open("rb") as file:
            empty = not file.read(1)
        str(path).encode()
    except OSError as error:
        raise VideoError(f"{path} can't be read: {error.strerror}.", "Check the path and who may read it.") from error
    except UnicodeEncodeError as error:
        readable = str(path).encode(errors="replace").decode()
        raise VideoError(f"The file name {readable} is not UTF-8.", "Rename the file.") from error
    if empty:
        raise VideoError(f"{path} is an empty file.", "Was the download or the recording interrupted?")
