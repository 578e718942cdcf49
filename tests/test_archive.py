"""What comes in a file from somebody else is read as if an enemy had made it; and nothing is changed by it."""

from __future__ import annotations

import io
import json
import stat
import warnings
import zipfile
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from kdance.archive import MANIFEST
from kdance.dance.archive import export_reference, import_reference
from kdance.dance.reference_info import FORMAT_VERSION
from kdance.dance.references import load_reference
from kdance.errors import KdanceError
from tests.conftest import Cli
from tests.reference_factory import files_in, write_reference

Files = dict[str, bytes]


@pytest.fixture
def exported(tmp_path: Path) -> Path:
    """A reference as a file."""
    target = tmp_path / "magnetic.kdance.zip"
    write_reference(tmp_path / "mine", sound="sound.wav")
    (tmp_path / "mine" / "magnetic" / "sound.wav").write_bytes(b"not listened to")
    export_reference(tmp_path / "mine", "magnetic", target, force=False)
    return target


def contents(path: Path) -> Files:
    with zipfile.ZipFile(path) as archive:
        return {name: archive.read(name) for name in archive.namelist()}


def pack(path: Path, files: Files, **more: zipfile.ZipInfo) -> Path:
    with warnings.catch_warnings(action="ignore"), zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, content in files.items():
            archive.writestr(name, content)
        for info in more.values():
            archive.writestr(info, b"x")
    return path


def array(values: np.ndarray, *, pickle: bool = False) -> bytes:
    buffer = io.BytesIO()
    np.save(buffer, values, allow_pickle=pickle)
    return buffer.getvalue()


def test_a_reference_comes_back_as_it_was(tmp_path: Path, exported: Path) -> None:
    found = import_reference(tmp_path / "theirs", exported, "mine too", force=False)
    before = load_reference(tmp_path / "mine", "magnetic")
    assert found.digest == before.digest
    assert found.info == before.info.model_copy(update={"name": "mine too"})
    assert files_in(tmp_path / "theirs" / "mine too") == files_in(tmp_path / "mine" / "magnetic")


def _named(name: str) -> Callable[[Path, Files], Path]:
    return lambda path, files: pack(path, {**files, name: b"x"})


def _link(path: Path, files: Files) -> Path:
    info = zipfile.ZipInfo("link.npy")
    info.create_system, info.external_attr = 3, (stat.S_IFLNK | 0o777) << 16
    return pack(path, files, link=info)


def _twice(path: Path, files: Files) -> Path:
    return pack(path, files, again=zipfile.ZipInfo("times.npy"))


def _encrypted(path: Path, files: Files) -> Path:
    pack(path, files)
    raw = bytearray(path.read_bytes())
    at = raw.rfind(b"PK\x01\x02")
    raw[at + 8] |= 1
    path.write_bytes(bytes(raw))
    return path


def _bomb(path: Path, files: Files) -> Path:
    return pack(path, {**files, "reference.yaml": b" " * 2_000_000})


def _lying_size(path: Path, files: Files) -> Path:
    """The directory says that a file of 2 MB has ten bytes."""
    pack(path, {**files, "reference.yaml": b" " * 2_000_000})
    raw = bytearray(path.read_bytes())
    at = raw.rfind(b"reference.yaml") - 46
    raw[at + 24 : at + 28] = (10).to_bytes(4, "little")
    path.write_bytes(bytes(raw))
    return path


def _manifest(**values: object) -> Callable[[Path, Files], Path]:
    manifest = {"kind": "reference", "version": FORMAT_VERSION, **values}
    return lambda path, files: pack(path, {**files, MANIFEST: json.dumps(manifest).encode()})


def _without(name: str) -> Callable[[Path, Files], Path]:
    return lambda path, files: pack(path, {key: value for key, value in files.items() if key != name})


def _pickled(path: Path, files: Files) -> Path:
    return pack(path, {**files, "world.npy": array(np.array([print]), pickle=True)})


def _huge_header(path: Path, files: Files) -> Path:
    header = b"\x93NUMPY\x01\x00v\x00{'descr': '<f4', 'fortran_order': False, 'shape': (4000000000, 33, 4), }"
    return pack(path, {**files, "landmarks.npy": header.ljust(127) + b"\n"})


def _side_car(old: bytes, new: bytes) -> Callable[[Path, Files], Path]:
    def change(path: Path, files: Files) -> Path:
        assert old in files["reference.yaml"]
        return pack(path, {**files, "reference.yaml": files["reference.yaml"].replace(old, new)})

    return change


def _text(path: Path, _: Files) -> Path:
    path.write_text("not an archive")
    return path


def _cut(path: Path, files: Files) -> Path:
    pack(path, files)
    path.write_bytes(path.read_bytes()[:-200])
    return path


def _beheaded(path: Path, files: Files) -> Path:
    """The directory says that the first file begins a byte before the archive."""
    pack(path, files)
    path.write_bytes(path.read_bytes()[1:])
    return path


HOSTILE: dict[str, tuple[Callable[[Path, Files], Path], str]] = {
    "no archive": (_text, "no archive of kdance's"),
    "cut off": (_cut, "no archive of kdance's"),
    "without its first byte": (_beheaded, "can't be unpacked"),
    "another zip": (_without(MANIFEST), "no archive of kdance's"),
    "another kind": (_manifest(kind="session"), "kdance sessions import"),
    "another version": (_manifest(version=99), "format 99"),
    "a version that is none": (_manifest(version=[1] * 500), "format"),
    "up": (_named("../evil.npy"), "another folder"),
    "absolute": (_named("/tmp/evil.npy"), "another folder"),
    "a drive": (_named("C:evil.npy"), "another folder"),
    "backslashes": (_named("..\\evil.npy"), "another folder"),
    "a folder": (_named("folder/"), "another folder"),
    "a link": (_link, "a link"),
    "twice": (_twice, "twice"),
    "encrypted": (_encrypted, "encrypted"),
    "many files": (lambda path, files: pack(path, files | {f"{n}.npy": b"" for n in range(99)}), "files"),
    "too large": (_bomb, "larger than 1 MB"),
    "larger than it says": (_lying_size, "can't be unpacked"),
    "no side-car": (_without("reference.yaml"), "no reference.yaml"),
    "no landmarks": (_without("landmarks.npy"), "no landmarks.npy"),
    "no video": (_without("video.mp4"), "no video.mp4"),
    "no sound": (_without("sound.wav"), "no sound.wav"),
    "something else": (_named("run.sh"), "'run.sh' is no part"),
    "a pickle": (_pickled, "world.npy is missing or not a plain array"),
    "a header that asks for all memory": (_huge_header, "landmarks.npy"),
    "another format": (_side_car(b"format_version: 2", b"format_version: 1"), "another version"),
    "a video elsewhere": (_side_car(b"video: video.mp4", b"video: ../video.mp4"), "outside of its folder"),
    "yaml that makes things": (
        _side_car(b"name: magnetic", b"name: !!python/object/apply:os.system ['x']"),
        "can't be read",
    ),
}


@pytest.mark.parametrize("case", HOSTILE)
def test_hostile_files_are_refused_in_a_line_and_change_nothing(
    case: str, tmp_path: Path, exported: Path, kdance_cli: Cli, home: Path
) -> None:
    make, said = HOSTILE[case]
    write_reference(home / "references", "other")
    before, around = files_in(home), files_in(tmp_path)
    evil = make(tmp_path / "evil.kdance.zip", contents(exported))
    ran = kdance_cli("references", "import", evil)
    assert (ran.code, ran.out) == (1, "")
    assert said in ran.err
    assert len(ran.error_lines) <= 2
    assert files_in(home) - before <= {"kdance.log"}
    assert files_in(tmp_path) - around <= {"evil.kdance.zip", "home/kdance.log"}


@settings(max_examples=60, deadline=None, database=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(data=st.data())
def test_no_flipped_byte_is_more_than_an_error_in_a_line(data: st.DataObject, tmp_path: Path, exported: Path) -> None:
    raw = bytearray(exported.read_bytes())
    for _ in range(data.draw(st.integers(1, 4))):
        raw[data.draw(st.integers(0, len(raw) - 1))] = data.draw(st.integers(0, 255))
    evil = tmp_path / "flipped.kdance.zip"
    evil.write_bytes(bytes(raw))
    try:
        import_reference(tmp_path / "theirs", evil, "flipped", force=True)
    except KdanceError as error:
        assert "\n" not in error.message
    assert files_in(tmp_path / "theirs") <= {"flipped"} | {
        f"flipped/{name}" for name in files_in(tmp_path / "mine" / "magnetic")
    }


def test_a_name_that_is_taken_is_kept_unless_it_is_to_be_replaced(tmp_path: Path, exported: Path) -> None:
    with pytest.raises(KdanceError, match="already"):
        import_reference(tmp_path / "mine", exported, "magnetic", force=False)
    assert import_reference(tmp_path / "mine", exported, "magnetic", force=True).info.name == "magnetic"
    with pytest.raises(KdanceError, match="already"):
        export_reference(tmp_path / "mine", "magnetic", exported, force=False)


def test_a_zip_of_a_version_there_is_not_is_no_archive(exported: Path, tmp_path: Path) -> None:
    data = bytearray(exported.read_bytes())
    entry = data.index(b"PK\x01\x02")
    data[entry + 6 : entry + 8] = (68).to_bytes(2, "little")  # the version that is needed to read it
    exported.write_bytes(data)
    with pytest.raises(KdanceError, match="no archive"):
        import_reference(tmp_path / "theirs", exported, "theirs", force=False)
