"""One file to send to a friend: a zip with a manifest, and read as if an enemy had made it.

Nothing in it can be written anywhere but where it is asked to, no part can be larger than is allowed, whatever the
archive says of itself, and nothing but plain files with plain names is taken.
"""

from __future__ import annotations

import json
import os
import stat
import tempfile
import zipfile
import zlib
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import IO, Final

from kdance.errors import KdanceError

MANIFEST: Final = "kdance.json"
_MANIFEST_BYTES: Final = 10_000
_CHUNK: Final = 1 << 20
_PACKED_ALREADY: Final = (".mp4", ".mkv", ".webm", ".mov", ".frames")


@dataclass(frozen=True, slots=True)
class Archive:
    """An archive that was opened and looked over.

    Attributes:
        path: Of the file.
        names: Of the files in it besides the manifest.
    """

    path: Path
    names: frozenset[str]
    _zip: zipfile.ZipFile

    def read(self, name: str, most: int) -> bytes:
        """A file in it.

        Raises:
            KdanceError: It isn't there, is damaged, or has more than ``most`` bytes.
        """
        return b"".join(self._chunks(name, most))

    def extract(self, name: str, target: Path, most: int) -> int:
        """Write a file in it to ``target``, which the archive has no say in; gives its size in bytes.

        Raises:
            KdanceError: As for :meth:`read`.
        """
        size = 0
        with target.open("xb") as file:
            for chunk in self._chunks(name, most):
                size += file.write(chunk)
        return size

    def _chunks(self, name: str, most: int) -> Iterator[bytes]:
        if name not in self.names:
            raise damaged(self.path, f"it has no {name}")
        size = 0
        try:
            with self._zip.open(name) as file:
                while chunk := file.read(_CHUNK):
                    size += len(chunk)
                    if size > most:
                        raise damaged(self.path, f"{name} is larger than {_megabytes(most)}")
                    yield chunk
        except (  # OSError: its directory points to before the file's beginning
            zipfile.BadZipFile, zlib.error, EOFError, NotImplementedError, RuntimeError, ValueError, OSError,
        ) as error:  # fmt: skip
            raise damaged(self.path, f"{name} can't be unpacked") from error


@contextmanager
def open_archive(path: Path, kind: str, version: int, *, most_files: int) -> Iterator[Archive]:
    """Open an archive of a kind.

    Args:
        path: Of the file.
        kind: What it must hold, such as ``reference``.
        version: The format this kdance knows.
        most_files: That it may hold.

    Raises:
        KdanceError: It isn't there, is no archive of kdance's, of another kind or version, or holds anything but plain
            files.
    """
    try:
        with zipfile.ZipFile(path) as opened:
            names = _names(path, opened.infolist(), most_files)
            archive = Archive(path, names, opened)
            _check_manifest(archive, kind, version)
            yield Archive(path, names - {MANIFEST}, opened)
    except (zipfile.BadZipFile, NotImplementedError) as error:  # the latter: of a zip version there isn't
        raise KdanceError(f"{path} can't be imported: it is no archive of kdance's.", _EXPORT_HINT) from error
    except (FileNotFoundError, IsADirectoryError, PermissionError) as error:
        reason = (error.strerror or str(error)).lower()
        raise KdanceError(f"{path.absolute()} can't be read: {reason}.", "Check where the file lies.") from error


_EXPORT_HINT: Final = "Such files are made by `kdance references export` and `kdance sessions export`."


def _names(path: Path, entries: list[zipfile.ZipInfo], most: int) -> frozenset[str]:
    """The names in an archive that holds nothing but plain files."""
    if len(entries) > most:
        raise damaged(path, f"it holds {len(entries)} files, and {most} are allowed")
    names: set[str] = set()
    for entry in entries:
        mode = entry.external_attr >> 16
        shown = entry.filename[:60]
        # The name as it was written, too: zipfile cuts it at a NUL and turns the backslashes of Windows round.
        if any(mark in written for written in (entry.filename, entry.orig_filename) for mark in ("/", "\\", "\0", ":")):
            raise damaged(path, f"{shown!r} would lie in another folder")
        if entry.filename in ("", ".", "..") or entry.filename in names:
            raise damaged(path, f"{shown!r} is there twice or is no name")
        if entry.is_dir() or (stat.S_IFMT(mode) not in (0, stat.S_IFREG)):
            raise damaged(path, f"{shown!r} is a link or a folder")
        if entry.flag_bits & 0x1:
            raise damaged(path, "it is encrypted")
        names.add(entry.filename)
    return frozenset(names)


def _check_manifest(archive: Archive, kind: str, version: int) -> None:
    path = archive.path
    if MANIFEST not in archive.names:
        raise KdanceError(f"{path} can't be imported: it is no archive of kdance's.", _EXPORT_HINT)
    try:
        manifest = json.loads(archive.read(MANIFEST, _MANIFEST_BYTES))
        found, of_version = manifest["kind"], manifest["version"]
    except (ValueError, TypeError, KeyError, RecursionError) as error:
        raise damaged(path, f"{MANIFEST} is wrong") from error
    if found != kind:
        other = "sessions" if kind == "reference" else "references"
        raise KdanceError(f"{path} holds no {kind}.", f"Is it one for `kdance {other} import`?")
    if of_version != version:
        raise KdanceError(
            f"{path} can't be imported: it has format {str(of_version)[:20]}, and this kdance knows format {version}.",
            "Both need the same version of kdance.",
        )


def damaged(path: Path, reason: str) -> KdanceError:
    """The error for an archive that can't be taken."""
    return KdanceError(f"{path} can't be imported: {reason}.", "Have it exported and sent again.")


def write_archive(
    path: Path, kind: str, version: int, entries: Iterable[tuple[str, Path | bytes]], *, force: bool
) -> None:
    """Write an archive, all or nothing.

    Args:
        path: Of the file.
        kind: What it holds.
        version: Of its format.
        entries: Name and content of each file, or the path of its content.
        force: Whether a file that is there may be replaced.

    Raises:
        KdanceError: There is a file already, or it can't be written.
    """
    if path.exists() and not force:
        raise KdanceError(f"There is a file {path} already.", "Name another one, or use --force to replace it.")
    try:
        handle, name = tempfile.mkstemp(prefix=f".{path.name[:50]}-", dir=path.absolute().parent)
        temporary = Path(name)
        try:
            with os.fdopen(handle, "wb") as file:
                _write(file, json.dumps({"kind": kind, "version": version}).encode(), entries)
            temporary.replace(path)
        finally:
            temporary.unlink(missing_ok=True)
    except OSError as error:
        reason = (error.strerror or str(error)).lower()
        raise KdanceError(f"{path.absolute()} can't be written: {reason}.", "Choose another place for it.") from error


def _write(file: IO[bytes], manifest: bytes, entries: Iterable[tuple[str, Path | bytes]]) -> None:
    with zipfile.ZipFile(file, "w", zipfile.ZIP_DEFLATED, compresslevel=6) as archive:
        archive.writestr(MANIFEST, manifest)
        for name, content in entries:
            packing = zipfile.ZIP_STORED if name.lower().endswith(_PACKED_ALREADY) else zipfile.ZIP_DEFLATED
            if isinstance(content, Path):
                archive.write(content, name, packing)
            else:
                archive.writestr(name, content, packing)


def _megabytes(size: int) -> str:
    return f"{size / 1e6:.3g} MB"
