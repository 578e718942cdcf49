"""A reference as one file to send to a friend, and what comes in such a file."""

from __future__ import annotations

from pathlib import Path
from typing import Final

from kdance.archive import Archive, damaged, open_archive, write_archive
from kdance.dance.dancer_tracks import TRACK_ROWS, TRACKS, load_tracks
from kdance.dance.reference_info import FORMAT_VERSION
from kdance.dance.references import (
    SIDE_CAR,
    Reference,
    check_name,
    check_reference,
    load_reference,
    making_reference,
    require_free,
)
from kdance.errors import DanceReferenceError, KdanceError

KIND: Final = "reference"
_ARRAYS: Final = ("landmarks.npy", "world.npy", "times.npy")
_MOST_FILES: Final = 12
# A song of ten minutes at 60 frames a second has 36,000 frames: 19 MB of landmarks, 36 of hands.
_MOST_BYTES: Final = {".npy": 200_000_000, ".yaml": 1_000_000, ".json": 1_000_000, ".wav": 1_000_000_000}
_MOST_OF_VIDEO: Final = 4_000_000_000
_TRACKS: Final = {TRACKS, TRACK_ROWS}


def export_reference(folder: Path, name: str, target: Path, *, force: bool) -> None:
    """Write the reference ``folder/name`` to one file.

    Raises:
        KdanceError: There is no such reference, it is damaged, or the file can't be written.
    """
    reference = load_reference(folder, name)
    home = folder / reference.info.name
    files = sorted(path for path in home.iterdir() if path.is_file() and not path.name.startswith("."))
    write_archive(target, KIND, FORMAT_VERSION, [(path.name, path) for path in files], force=force)


def import_reference(folder: Path, source: Path, name: str, *, force: bool) -> Reference:
    """Make a reference of a file that :func:`export_reference` wrote, or somebody who would like you to think so.

    Args:
        folder: Of all references.
        source: The file.
        name: What to call it.
        force: Whether a reference of this name may be replaced.

    Raises:
        KdanceError: It is no such file, its reference is damaged, or the name is taken; nothing was changed then.
    """
    name = check_name(name)
    require_free(folder, name, force=force)
    with open_archive(source, KIND, FORMAT_VERSION, most_files=_MOST_FILES) as archive:
        missing = {SIDE_CAR, *_ARRAYS} - archive.names
        if missing:
            raise damaged(source, f"it has no {min(missing)}")
        with making_reference(folder, name) as temporary:
            _unpack(archive, temporary, name)
    return load_reference(folder, name)


def _unpack(archive: Archive, temporary: Path, name: str) -> None:
    """Take the files out of an archive, and look at them as at any reference."""
    inner = temporary / name  # errors call a reference by the name of its folder
    inner.mkdir()
    for file in sorted(archive.names):
        archive.extract(file, inner / file, _MOST_BYTES.get(Path(file).suffix.lower(), _MOST_OF_VIDEO))
    try:
        reference = check_reference(inner)
    except DanceReferenceError as error:
        raise KdanceError(
            f"{archive.path} can't be imported. {error.message}", "Have it exported and sent again."
        ) from error
    known = {SIDE_CAR, *_ARRAYS, "hands.npy", reference.video.name}
    known |= _TRACKS & archive.names if load_tracks(inner) is not None else set()
    known |= set() if reference.sound is None else {reference.sound.name}
    if unknown := archive.names - known:
        raise damaged(archive.path, f"{min(unknown)!r} is no part of a reference")
    for gone in known - archive.names - {"hands.npy"}:
        raise damaged(archive.path, f"it has no {gone}")
    for path in inner.iterdir():
        path.rename(temporary / path.name)
    inner.rmdir()
