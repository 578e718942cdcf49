"""References on disk: ``references/<name>/`` with plain ``.npy`` arrays and one readable ``reference.yaml``."""

from __future__ import annotations

import errno
import hashlib
import os
import re
import shutil
import tempfile
import time
import unicodedata
import warnings
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import yaml
from pydantic import ValidationError

from kdance.dance.reference_info import FORMAT_VERSION, ChanceLevel, Counts, Quality, ReferenceInfo
from kdance.errors import DanceReferenceError
from kdance.pose import NUM_HAND_LANDMARKS, FloatArray, PoseSequence

__all__ = [  # what is written beside a reference is named here too
    "FORMAT_VERSION",
    "SIDE_CAR",
    "SOUND",
    "ChanceLevel",
    "Counts",
    "Quality",
    "Reference",
    "ReferenceInfo",
    "check_name",
    "check_reference",
    "list_references",
    "load_reference",
    "making_reference",
    "name_from",
    "require_free",
    "save_info",
    "save_reference",
    "working_beside",
]

SIDE_CAR = "reference.yaml"
LONGEST_NAME = 200  # bytes; file systems allow 255
SOUND = "sound.wav"
TEMPORARY = ".making-"
_ABANDONED_S = 24 * 3600.0


@dataclass(frozen=True, slots=True, eq=False)
class Reference:
    """A reference as it was loaded; the arrays are mapped from disk.

    Attributes:
        info: The side-car.
        sequence: The smoothed poses and the hands, times from 0.
        video: The copy of the video.
        sound: The sound of the same seconds, 16-bit stereo PCM; ``None`` where the video has none.
    """

    info: ReferenceInfo
    sequence: PoseSequence
    video: Path
    sound: Path | None = None

    @property
    def digest(self) -> str:
        """Tells one dance from another: of the poses, so the same video cut or watched differently has another."""
        digest = hashlib.sha256()
        for array in (self.sequence.landmarks, self.sequence.world, self.sequence.times):
            digest.update(np.ascontiguousarray(array).data)
        return digest.hexdigest()


def check_name(name: str) -> str:
    """A name that can't leave its folder, in Unicode's composed form: macOS decomposes Korean and accents.

    Raises:
        DanceReferenceError: It could leave it, is empty or too long.
    """
    name = unicodedata.normalize("NFC", name)
    if len(name.encode(errors="replace")) > LONGEST_NAME:
        raise DanceReferenceError(f"The name {name[:20]!r}... is too long.", "Choose a shorter one with --name.")
    letters = "".join("m" if _is_mark(character) else character for character in name)
    if not re.fullmatch(r"[^\W_](?:[\w .\-+&()]*[\w)])?", letters) or ".." in name:
        raise DanceReferenceError(
            f"{name!r} can't be the name of a reference.", "Use letters, digits, spaces, '-' and '_', such as magnetic."
        )
    return name


def name_from(video: Path) -> str:
    """A reference's name made from a file's name.

    >>> name_from(Path("(4K) ILLIT - Magnetic!!.mp4"))
    '4K ILLIT - Magnetic'
    """
    stem = unicodedata.normalize("NFC", video.stem)
    words = "".join(letter if letter.isalnum() or letter in "-_" or _is_mark(letter) else " " for letter in stem)
    short = " ".join(words.split()).encode()[:LONGEST_NAME].decode(errors="ignore")
    return short.strip(" -_") or "dance"


def _is_mark(character: str) -> bool:
    """Whether it is part of the letter before it, as vowels are in Thai or Hindi."""
    return unicodedata.category(character).startswith("M")


def load_reference(folder: Path, name: str) -> Reference:
    """Load ``folder/name``.

    Raises:
        DanceReferenceError: There is no such reference (the message lists those there are), or it is damaged, of
            another version, or holds anything but plain arrays.
    """
    name = check_name(name)
    home = folder / name
    with _reading(f"The reference '{name}'", folder):
        if not (home / SIDE_CAR).is_file():
            raise unknown(folder, name)
        return check_reference(home)


def check_reference(home: Path) -> Reference:
    """Load what lies in a folder, whichever it is.

    Raises:
        DanceReferenceError: It is damaged, of another version, or holds anything but plain arrays.
    """
    info = _load_info(home)
    count = info.frames
    landmarks = _load_array(home, "landmarks", (count, 33, 4))
    world = _load_array(home, "world", (count, 33, 3))
    times = _load_array(home, "times", (count,))
    has_hands = (home / "hands.npy").exists()
    hands = _load_array(home, "hands", (count, 2, NUM_HAND_LANDMARKS, 3)) if has_hands else None
    try:
        sequence = PoseSequence(landmarks, world, times, hands)
    except ValueError as error:
        raise _damaged(home, str(error)) from error
    if not sequence.measured.any():
        raise _damaged(home, "it holds no poses")
    if not (abs(times[0]) < 1e-3 and abs(times[-1] - info.duration) < 1e-3):  # NaN too
        raise _damaged(home, f"times.npy doesn't go from 0 to the {info.duration:g} s of {SIDE_CAR}")
    return Reference(info, sequence, home / info.video, None if info.sound is None else home / info.sound)


def list_references(folder: Path) -> list[ReferenceInfo | DanceReferenceError]:
    """What is in ``folder``, by name; a reference that can't be read is given as its error."""
    found: list[ReferenceInfo | DanceReferenceError] = []
    with _reading("The list of references", folder):
        for home in sorted(folder.iterdir(), key=lambda path: path.name.casefold()) if folder.is_dir() else []:
            if (home / SIDE_CAR).is_file() and not home.name.startswith(TEMPORARY):
                try:
                    found.append(_load_info(home))
                except DanceReferenceError as error:
                    found.append(error)
    return found


def require_free(folder: Path, name: str, *, force: bool) -> None:
    """Refuse a name that is taken, unless it may be replaced.

    Raises:
        DanceReferenceError: The name is taken.
    """
    if (folder / check_name(name)).exists() and not force:
        raise DanceReferenceError(
            f"There is a reference called '{name}' already.", "Use --name for another name, or --force to replace it."
        )


@contextmanager
def making_reference(folder: Path, name: str) -> Iterator[Path]:
    """A temporary folder that becomes ``folder/name`` at the end, and leaves nothing behind when that isn't reached.

    Raises:
        DanceReferenceError: The folder can't be written, or the disk is full.
    """
    with working_beside(folder, name) as temporary:
        yield temporary
        _replace(folder / name, temporary)


@contextmanager
def working_beside(folder: Path, name: str) -> Iterator[Path]:
    """A temporary folder beside the references, for what is needed while the reference of that name is made.

    Raises:
        DanceReferenceError: The folder can't be written, or the disk is full.
    """
    temporary: Path | None = None
    with writing(name, folder):
        try:
            folder.mkdir(parents=True, exist_ok=True)
            _sweep(folder)
            temporary = Path(tempfile.mkdtemp(prefix=TEMPORARY, dir=folder))
            yield temporary
        finally:
            if temporary is not None:
                shutil.rmtree(temporary, ignore_errors=True)


def _sweep(folder: Path) -> None:
    """Remove what a killed process left half made, once nobody can be working on it any more."""
    for left in folder.glob(f"{TEMPORARY}*"):
        if time.time() - left.stat().st_mtime > _ABANDONED_S:
            shutil.rmtree(left, ignore_errors=True)


def save_reference(home: Path, info: ReferenceInfo, sequence: PoseSequence) -> None:
    """Write everything but the video into a folder made by :func:`making_reference`."""
    arrays = {"landmarks": sequence.landmarks, "world": sequence.world, "times": sequence.times}
    if sequence.hands is not None:
        arrays["hands"] = sequence.hands
    for name, array in arrays.items():
        np.save(home / f"{name}.npy", array, allow_pickle=False)
    (home / SIDE_CAR).write_text(_as_yaml(info), encoding="utf-8")


def save_info(folder: Path, info: ReferenceInfo) -> None:
    """Replace the side-car of the reference ``info.name``; its arrays, video and sound stay as they are.

    Raises:
        DanceReferenceError: The folder can't be written, or the disk is full.
    """
    home = folder / check_name(info.name)
    temporary = home / f".{SIDE_CAR}.{os.getpid()}"
    with writing(info.name, folder):
        try:
            temporary.write_text(_as_yaml(info), encoding="utf-8")
            temporary.replace(home / SIDE_CAR)
        finally:
            temporary.unlink(missing_ok=True)


def _as_yaml(info: ReferenceInfo) -> str:
    return str(yaml.safe_dump(info.model_dump(mode="json"), sort_keys=False, allow_unicode=True))


@contextmanager
def writing(name: str, folder: Path) -> Iterator[None]:
    """Turn what the file system says into an error about the reference that is written.

    Raises:
        DanceReferenceError: The folder can't be written, or the disk is full.
    """
    try:
        yield
    except OSError as error:
        full = error.errno in (errno.ENOSPC, errno.EDQUOT)
        hint = "Free some space and try again." if full else "Check the folder's permissions, or set KDANCE_HOME."
        reason = "the disk is full" if full else (error.strerror or str(error)).lower()
        raise DanceReferenceError(f"The reference '{name}' can't be written to {folder}: {reason}.", hint) from error


def _replace(target: Path, source: Path) -> None:
    """Put ``source`` where ``target`` is; there is no moment in which half a reference is there."""
    source.chmod(0o755)
    if not target.exists():
        source.rename(target)
        return
    old = Path(tempfile.mkdtemp(prefix=TEMPORARY, dir=target.parent)) / "old"
    try:
        target.rename(old)
        source.rename(target)
    except BaseException:  # Ctrl-C too
        if old.exists():
            old.rename(target)
        old.parent.rmdir()
        raise
    shutil.rmtree(old.parent, ignore_errors=True)


@contextmanager
def _reading(what: str, folder: Path) -> Iterator[None]:
    try:
        yield
    except OSError as error:
        reason = (error.strerror or str(error)).lower()
        raise DanceReferenceError(f"{what} can't be read: {reason}.", f"Check who may read {folder}.") from error


def _load_info(home: Path) -> ReferenceInfo:
    try:
        values = yaml.safe_load((home / SIDE_CAR).read_text(encoding="utf-8"))
    except (OSError, ValueError, RecursionError, yaml.YAMLError) as error:  # ValueError: not UTF-8, or no such date
        raise _damaged(home, f"{SIDE_CAR} can't be read") from error
    if not isinstance(values, dict) or "format_version" not in values:
        raise _damaged(home, f"{SIDE_CAR} has no format_version")
    version = values["format_version"]
    if version != FORMAT_VERSION:
        raise DanceReferenceError(
            f"The reference '{home.name}' was made by another version of kdance (format {version}).", _again(home)
        )
    try:
        info = ReferenceInfo.model_validate(values)
    except ValidationError as error:
        where = ".".join(str(part) for part in error.errors()[0]["loc"])
        raise _damaged(home, f"{SIDE_CAR} is wrong at '{where}'") from error
    for what, file in (("video", info.video), ("sound", info.sound or SOUND)):
        if Path(file).name != file or file in ("", ".."):
            raise _damaged(home, f"{SIDE_CAR} names a {what} outside of its folder")
    return info.model_copy(update={"name": home.name})  # the folder may have been renamed


def _load_array(home: Path, name: str, shape: tuple[int, ...]) -> FloatArray:
    path = home / f"{name}.npy"
    try:
        with warnings.catch_warnings(action="error"):  # a header that NumPy only warns of is not ours either
            array = np.lib.format.open_memmap(path, mode="r")  # maps plain arrays only: no pickles, no archives
    except Exception as error:  # the header is parsed as Python: a flipped bit raises nearly anything
        raise _damaged(home, f"{path.name} is missing or not a plain array") from error
    if array.shape != shape or array.dtype.kind != "f":
        raise _damaged(home, f"{path.name} doesn't hold numbers of shape {shape}")
    return array


def _damaged(home: Path, reason: str) -> DanceReferenceError:
    return DanceReferenceError(f"The reference '{home.name}' is damaged: {reason}.", _again(home))


def _again(home: Path) -> str:
    return f"Make it again: kdance preprocess VIDEO --name '{home.name}' --force"


def unknown(folder: Path, name: str) -> DanceReferenceError:
    """The error for a reference that isn't there; says where it was looked for, and what there is."""
    known = [info.name for info in list_references(folder) if isinstance(info, ReferenceInfo)]
    there = f"There are: {', '.join(known)}." if known else "There is none yet."
    where = f"There is no reference called '{name}' in {folder}."
    hint = (
        f"Make one: kdance preprocess VIDEO --name '{name}'{'' if known else ', or see the built-in one: kdance demo'}"
    )
    return DanceReferenceError(f"{where} {there}", hint)
