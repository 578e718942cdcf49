"""References on disk: complete or not there, and nothing in them is believed."""

from __future__ import annotations

import errno
import io
import os
import pickle
import random
import unicodedata
import zipfile
from collections.abc import Callable
from itertools import product
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import yaml

from kdance.dance import references as module
from kdance.dance.references import (
    Counts,
    ReferenceInfo,
    check_name,
    list_references,
    load_reference,
    making_reference,
    name_from,
    require_free,
    save_info,
)
from kdance.errors import DanceReferenceError
from kdance.motion.counts import CountGrid
from kdance.pose import PoseSequence
from tests.motion_factory import make_sequence, nobody_for
from tests.reference_factory import files_in, make_hands, write_reference

ARRAYS = ("landmarks", "world", "times", "hands")
FILES = {"landmarks.npy", "world.npy", "times.npy", "hands.npy", "reference.yaml", "video.mp4"}
KOREAN = "아일릿 마그네틱"
COUNTS = {"seconds_per_count": 0.5, "first": 2.0, "given": False, "confidence": 0.4}


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    return tmp_path / "references"


@pytest.fixture
def magnetic(folder: Path) -> Path:
    return write_reference(folder)


def problem(folder: Path, name: str = "magnetic") -> str:
    """What is said when a reference is loaded: a sentence, and the command that mends it."""
    with pytest.raises(DanceReferenceError) as error:
        load_reference(folder, name)
    assert "\n" not in str(error.value)
    assert error.value.hint
    return error.value.message


def edit(reference: Path, **changes: Any) -> None:
    """Change keys of reference.yaml; ``...`` takes one out."""
    values = yaml.safe_load((reference / "reference.yaml").read_text("utf-8")) | changes
    text = yaml.safe_dump({key: value for key, value in values.items() if value is not ...}, allow_unicode=True)
    (reference / "reference.yaml").write_text(text, "utf-8")


# Save and load


def test_what_is_saved_is_what_is_loaded(folder: Path) -> None:
    sequence = make_sequence(seconds=3, nobody=[(1.0, 1.5)])
    write_reference(folder, sequence=sequence)
    loaded = load_reference(folder, "magnetic")
    for name in ("landmarks", "world", "times"):
        np.testing.assert_array_equal(getattr(loaded.sequence, name), getattr(sequence, name))
        assert getattr(loaded.sequence, name).dtype == getattr(sequence, name).dtype
    assert loaded.sequence.hands is not None
    np.testing.assert_array_equal(loaded.sequence.hands, make_hands(90))
    assert loaded.info.name == "magnetic"
    assert loaded.info.quality.visible == {"legs": 1.0}
    assert loaded.video == folder / "magnetic" / "video.mp4"
    assert files_in(folder / "magnetic") == FILES


def test_arrays_are_plain_small_and_mapped_from_disk(folder: Path, magnetic: Path) -> None:
    loaded = load_reference(folder, "magnetic")
    for array in (loaded.sequence.landmarks, loaded.sequence.world, loaded.sequence.times, loaded.sequence.hands):
        assert isinstance(array, np.memmap)
        assert not array.flags.writeable
    assert loaded.sequence.landmarks.dtype == loaded.sequence.world.dtype == np.float32
    assert loaded.sequence.times.dtype == np.float64


def test_a_reference_without_hands(folder: Path) -> None:
    write_reference(folder, hands=False)
    assert load_reference(folder, "magnetic").sequence.hands is None


def test_the_side_car_is_readable(folder: Path) -> None:
    text = (write_reference(folder, KOREAN) / "reference.yaml").read_text("utf-8")
    assert text.startswith("format_version: 2\n")
    assert KOREAN in text
    assert "!!" not in text


def test_a_renamed_folder_is_a_renamed_reference(folder: Path, magnetic: Path) -> None:
    magnetic.rename(folder / "chorus")
    assert load_reference(folder, "chorus").info.name == "chorus"
    assert [info.name for info in list_references(folder) if isinstance(info, ReferenceInfo)] == ["chorus"]


# Names


@pytest.mark.parametrize(
    "name",
    ["magnetic", "4K ILLIT - Magnetic", "x", "R&B", "v1.2", "Super Shy (cover)", KOREAN, "踊り", "café", "เต้น", "नृत्य"],
)
def test_a_name_people_use(folder: Path, name: str) -> None:
    name = unicodedata.normalize("NFC", name)
    assert check_name(name) == name
    assert write_reference(folder, name).parent == folder
    assert load_reference(folder, name).info.name == name


BAD_NAMES = [
    "../x", "..", ".", "", " ", "a/b", "/etc", "/", "a\\b", "..\\x", "C:", "C:\\x", "a\0b", "~", "~root", ".hidden",
    ".making-x", "-x", "--force", "_x", "x.", "x ", " x", "a\nb", "a\tb", "\x1b[31mred", "x..y", "a:b", "a*", "a?",
    "a|b", '"a"', "$HOME", "`ls`", "마그네틱/..", "\u202egnp", "\ud800",
]  # fmt: skip


@pytest.mark.parametrize("name", BAD_NAMES, ids=ascii)
def test_a_name_that_could_leave_the_folder(folder: Path, magnetic: Path, name: str) -> None:
    for use in (
        check_name,
        lambda name: load_reference(folder, name),
        lambda name: require_free(folder, name, force=True),
    ):
        with pytest.raises(DanceReferenceError, match="can't be the name of a reference"):
            use(name)


@pytest.mark.parametrize("name", ["x" * 300, "마" * 100, "x" * 100_000])
def test_a_name_that_no_file_system_takes(folder: Path, name: str) -> None:
    with pytest.raises(DanceReferenceError, match=r"'\.\.\. is too long") as error:
        load_reference(folder, name)
    assert len(str(error.value)) < 120


@pytest.mark.parametrize("name", [KOREAN, "café"])
def test_a_name_is_the_same_however_its_letters_are_encoded(folder: Path, name: str) -> None:
    """File names from a Mac come decomposed, what is typed comes composed."""
    decomposed = unicodedata.normalize("NFD", name)
    assert decomposed != name
    assert name_from(Path(f"{decomposed}.mp4")) == name
    write_reference(folder, name)
    assert load_reference(folder, decomposed).info.name == name
    with pytest.raises(DanceReferenceError, match="already"):
        require_free(folder, decomposed, force=False)


@pytest.mark.parametrize(
    ("file", "name"),
    [
        ("demo.mp4", "demo"),
        ("/videos/[4K] ILLIT (아일릿) 'Magnetic'.mp4", "4K ILLIT 아일릿 Magnetic"),
        ("a/../b.mp4", "b"),
        (".hidden.mp4", "hidden"),
        ("__init__.mp4", "init"),
        ("dance-tutorial_final.mov", "dance-tutorial_final"),
        ("no-suffix", "no-suffix"),
        ("!!!.mp4", "dance"),
        ("เต้น.mp4", "เต้น"),
        ("v1.2.mp4", "v1 2"),
        ("--force.mp4", "force"),
        (f"{'마' * 84}.mp4", "마" * 66),
    ],
)
def test_a_name_made_of_a_file_s_name(file: str, name: str) -> None:
    assert name_from(Path(file)) == name
    assert check_name(name) == name


def test_every_name_made_of_a_file_s_name_is_allowed() -> None:
    random.seed(0)
    letters = [*"aZ9_-. ()&+!'\"\\:\n\x1b~…", "마", "é", "e\u0301", "ั", "\u202e", "\ud800", "😀", "²", "Ⅷ", "ª"]
    for _ in range(5000):
        stem = "".join(random.choices(letters, k=random.randint(1, 90)))
        name = name_from(Path("/videos") / f"x{stem}.mp4")
        assert check_name(name) == name


# No such reference


def test_no_reference_at_all(folder: Path) -> None:
    with pytest.raises(DanceReferenceError) as error:
        load_reference(folder, "magnetic")
    assert error.value.message == f"There is no reference called 'magnetic' in {folder}. There is none yet."
    assert error.value.hint == (
        "Make one: kdance preprocess VIDEO --name 'magnetic', or see the built-in one: kdance demo"
    )
    assert not folder.exists()


def test_no_such_reference_lists_those_that_exist(folder: Path) -> None:
    write_reference(folder, "super shy")
    write_reference(folder, KOREAN)
    assert problem(folder) == f"There is no reference called 'magnetic' in {folder}. There are: super shy, {KOREAN}."


def test_a_folder_without_a_side_car_is_no_reference(folder: Path) -> None:
    (folder / "magnetic").mkdir(parents=True)
    assert problem(folder).startswith(f"There is no reference called 'magnetic' in {folder}.")


def test_a_file_where_the_references_belong(folder: Path) -> None:
    folder.write_text("")
    assert problem(folder).startswith(f"There is no reference called 'magnetic' in {folder}.")
    assert list_references(folder) == []


@pytest.mark.parametrize("call", ["is_file", "iterdir", "read_text"])
def test_a_folder_that_may_not_be_read(
    folder: Path, magnetic: Path, monkeypatch: pytest.MonkeyPatch, call: str
) -> None:
    def denied(path: Path, *_: object, **__: object) -> Any:
        raise PermissionError(errno.EACCES, "Permission denied", str(path))

    monkeypatch.setattr(Path, call, denied)
    if call != "iterdir":
        assert "magnetic" in problem(folder)
    if call != "read_text":
        with pytest.raises(DanceReferenceError, match="can't be read: permission denied"):
            list_references(folder)


# The list


def test_the_list_is_sorted_and_gives_the_damaged_as_their_error(folder: Path) -> None:
    for name in ("b", "C", "a", KOREAN):
        write_reference(folder, name)
    edit(folder / "b", frames=-1)
    (folder / "README.md").write_text("notes")
    (folder / "empty").mkdir()
    write_reference(folder, "x").rename(folder / ".making-left-behind")
    found = list_references(folder)
    assert [item.name if isinstance(item, ReferenceInfo) else type(item) for item in found] == [
        "a", DanceReferenceError, "C", KOREAN,
    ]  # fmt: skip


# Damaged arrays


class Trap:
    """Unpickling it is told."""

    sprung = False

    def __reduce__(self) -> tuple[Callable[[], None], tuple[()]]:
        return spring, ()


def spring() -> None:
    Trap.sprung = True


def npy(array: np.ndarray, **options: Any) -> bytes:
    buffer = io.BytesIO()
    np.save(buffer, array, **options)
    return buffer.getvalue()


def archive() -> bytes:
    buffer = io.BytesIO()
    np.savez(buffer, landmarks=np.zeros(3))
    return buffer.getvalue()


DAMAGES: dict[str, Callable[[bytes], bytes | None]] = {
    "missing": lambda data: None,
    "empty": lambda data: b"",
    "cut in the header": lambda data: data[:50],
    "cut in the numbers": lambda data: data[:-7],
    "only its header": lambda data: data[:128],
    "text": lambda data: b"hello\n" * 100,
    "zeros": lambda data: bytes(len(data)),
    "wrong shape": lambda data: npy(np.zeros((90, 7), np.float32)),
    "a frame too many": lambda data: npy(np.zeros((91, *np.load(io.BytesIO(data)).shape[1:]), np.float32)),
    "no frames": lambda data: npy(np.zeros((0, *np.load(io.BytesIO(data)).shape[1:]), np.float32)),
    "a single number": lambda data: npy(np.float32(1)),
    "integers": lambda data: npy(np.load(io.BytesIO(data)).astype(np.int64)),
    "complex": lambda data: npy(np.load(io.BytesIO(data)).astype(complex)),
    "texts": lambda data: npy(np.load(io.BytesIO(data)).astype("U8")),
    "records": lambda data: npy(np.zeros(90, [("x", "f4"), ("y", "f4")])),
    "pickled objects": lambda data: npy(np.array([Trap()] * 90, object), allow_pickle=True),
    "a pickle": lambda data: pickle.dumps(Trap()),
    "an archive": lambda data: archive(),
    "half an archive": lambda data: archive()[:100],
    "an open bracket": lambda data: data.replace(b"(", b" ", 1),
    "a strange type": lambda data: data.replace(b"<f", b"<,", 1),
    "a huge shape": lambda data: data.replace(b"(90,", b"(9" + b"0" * 15 + b",", 1),
    "a negative shape": lambda data: data.replace(b"(90", b"(-9", 1),
    "numbers of Python 2": lambda data: data.replace(b"(90,", b"(90L", 1),
}


# Every damage to one array; and those that depend on which one it is, to all.
@pytest.mark.parametrize(
    ("array", "damage"),
    [
        *(("landmarks", damage) for damage in DAMAGES),
        *product(("world", "times", "hands"), ("missing", "wrong shape", "a frame too many", "integers")),
    ],
)
def test_a_damaged_array(
    folder: Path, magnetic: Path, array: str, damage: str, recwarn: pytest.WarningsRecorder
) -> None:
    path = magnetic / f"{array}.npy"
    with np.errstate(invalid="ignore"):  # NaN as an integer
        data = DAMAGES[damage](path.read_bytes())
    recwarn.clear()
    path.unlink()
    if data is not None:
        path.write_bytes(data)
    elif array == "hands":
        assert load_reference(folder, "magnetic").sequence.hands is None
        return
    assert problem(folder).startswith(f"The reference 'magnetic' is damaged: {array}.npy ")
    assert not Trap.sprung
    assert [str(warning.message) for warning in recwarn] == []


def test_a_folder_instead_of_an_array(folder: Path, magnetic: Path) -> None:
    (magnetic / "world.npy").unlink()
    (magnetic / "world.npy").mkdir()
    assert "world.npy" in problem(folder)


def test_any_damage_to_a_header_is_a_sentence(folder: Path, magnetic: Path) -> None:
    """NumPy parses the header as Python, so a flipped byte can raise nearly anything."""
    random.seed(1)
    path = magnetic / "times.npy"
    data = path.read_bytes()
    for _ in range(200):
        damaged = bytearray(data)
        for _ in range(random.randint(1, 4)):
            damaged[random.randrange(128)] = random.choice([random.randrange(256), *b"(){}[],:' 0<fO"])
        path.write_bytes(damaged)
        try:
            load_reference(folder, "magnetic")  # some damage does no harm
        except DanceReferenceError as error:
            assert "times.npy" in error.message


@pytest.mark.parametrize(
    "change",
    [
        lambda times: times[::-1],
        np.zeros_like,
        lambda times: np.where(np.arange(90) == 40, np.nan, times),
        lambda times: np.full_like(times, np.nan),
        lambda times: times + 5,
        lambda times: times * 1e12,
        lambda times: np.where(np.arange(90) == 89, np.inf, times),
    ],
    ids=["backwards", "still", "one unknown", "unknown", "late", "too long", "for ever"],
)
def test_times_that_can_t_be(folder: Path, magnetic: Path, change: Callable[[np.ndarray], np.ndarray]) -> None:
    np.save(magnetic / "times.npy", change(np.load(magnetic / "times.npy")))
    assert problem(folder).startswith("The reference 'magnetic' is damaged: times")


def test_a_reference_with_nobody_in_it(folder: Path) -> None:
    write_reference(folder, sequence=nobody_for(90))
    assert problem(folder) == "The reference 'magnetic' is damaged: it holds no poses."


# A damaged side-car


@pytest.mark.parametrize(
    "text",
    [
        b"", b"# nothing", b"null", b"- a\n- b", b"magnetic", b"5", b"{", b"name: [", b"\xff\xfe\0", b"a: \0",
        b"made_at: 2026-13-45", b"frames: 0b_", b"[" * 1000, b"a: !!python/object/apply:os.getcwd []", b"{[1]: 2}",
        b"name: magnetic\n",
    ],
    ids=lambda text: repr(text[:30]),
)  # fmt: skip
def test_a_side_car_that_can_t_be_understood(folder: Path, magnetic: Path, text: bytes) -> None:
    (magnetic / "reference.yaml").write_bytes(text)
    assert problem(folder).startswith("The reference 'magnetic' is damaged: reference.yaml ")
    assert isinstance(list_references(folder)[0], DanceReferenceError)


@pytest.mark.parametrize("version", [1, 3, 0, -1, "2", "1", 1.5, None, [2]])
def test_another_version(folder: Path, magnetic: Path, version: object) -> None:
    edit(magnetic, format_version=version, something_new={"a": 1}, frames=...)
    assert problem(folder) == f"The reference 'magnetic' was made by another version of kdance (format {version})."


def test_no_version(folder: Path, magnetic: Path) -> None:
    edit(magnetic, format_version=...)
    assert problem(folder) == "The reference 'magnetic' is damaged: reference.yaml has no format_version."


@pytest.mark.parametrize("key", [key for key, field in ReferenceInfo.model_fields.items() if field.is_required()])
@pytest.mark.parametrize("value", [..., None, {"x": []}], ids=["missing", "null", "something else"])
def test_a_key_that_is_wrong(folder: Path, magnetic: Path, key: str, value: object) -> None:
    edit(magnetic, **{key: value})
    assert problem(folder).startswith(f"The reference 'magnetic' is damaged: reference.yaml is wrong at '{key}")


@pytest.mark.parametrize(
    ("changes", "where"),
    [
        ({"unknown": 1}, "unknown"),
        ({"frames": 0}, "frames"),
        ({"frames": "many"}, "frames"),
        ({"duration": 0}, "duration"),
        ({"duration": float("inf")}, "duration"),
        ({"start": float("nan")}, "start"),
        ({"start": -1}, "start"),
        ({"width_px": -640}, "width_px"),
        ({"chance": {}}, "chance"),
        ({"chance": {"normal": {"pose": 0.5, "motion": 0.5}}}, "chance"),
        ({"chance": {name: {"pose": 1.0, "motion": 0.5} for name in ("easy", "normal", "strict")}}, "chance.easy.pose"),
        ({"sections": [[0.0]]}, "sections.0"),
        ({"sections": [[0.0, float("nan")]]}, "sections.0.1"),
        ({"seconds_per_count": 0.5}, "seconds_per_count"),
        ({"counts": {**COUNTS, "seconds_per_count": 0}}, "counts.seconds_per_count"),
        ({"counts": {**COUNTS, "seconds_per_count": float("nan")}}, "counts.seconds_per_count"),
        ({"counts": {**COUNTS, "first": 4.0}}, "counts"),
        ({"counts": {**COUNTS, "first": -0.1}}, "counts.first"),
        ({"counts": {**COUNTS, "confidence": 1.5}}, "counts.confidence"),
        ({"sound": 5}, "sound"),
        ({"quality": {"body_share": 2, "visible": {}, "warnings": []}}, "quality.body_share"),
    ],
    ids=lambda value: str(value) if isinstance(value, dict) else None,
)
def test_a_value_that_can_t_be(folder: Path, magnetic: Path, changes: dict[str, Any], where: str) -> None:
    edit(magnetic, **changes)
    assert problem(folder).startswith(f"The reference 'magnetic' is damaged: reference.yaml is wrong at '{where}")


@pytest.mark.parametrize("frames", [89, 91, 10**15])
def test_another_number_of_frames_than_the_arrays_have(folder: Path, magnetic: Path, frames: int) -> None:
    edit(magnetic, frames=frames)
    assert "is damaged: landmarks.npy doesn't hold numbers of shape" in problem(folder)


@pytest.mark.parametrize("video", ["../video.mp4", "/etc/passwd", "a/b.mp4", "..", ".", ""])
def test_a_video_outside_of_its_folder(folder: Path, magnetic: Path, video: str) -> None:
    edit(magnetic, video=video)
    assert problem(folder) == (
        "The reference 'magnetic' is damaged: reference.yaml names a video outside of its folder."
    )


@pytest.mark.parametrize("sound", ["../sound.wav", "/etc/passwd", "a/b.wav", "..", "."])
def test_a_sound_outside_of_its_folder(folder: Path, magnetic: Path, sound: str) -> None:
    edit(magnetic, sound=sound)
    assert problem(folder) == (
        "The reference 'magnetic' is damaged: reference.yaml names a sound outside of its folder."
    )


# Sound and counts


def test_counts_and_sound_are_loaded_as_they_were_saved(folder: Path) -> None:
    counts = Counts.model_validate(COUNTS)
    write_reference(folder, counts=counts, sound="sound.wav")
    loaded = load_reference(folder, "magnetic")
    assert loaded.info.counts == counts
    assert loaded.info.grid == CountGrid(0.5, 2.0)
    assert loaded.info.seconds_per_count == 0.5
    assert loaded.sound == folder / "magnetic" / "sound.wav"


def test_a_reference_without_sound_and_counts(folder: Path, magnetic: Path) -> None:
    loaded = load_reference(folder, "magnetic")
    assert (loaded.sound, loaded.info.counts, loaded.info.grid, loaded.info.seconds_per_count) == (None,) * 4


def test_a_side_car_alone_can_be_replaced(folder: Path, magnetic: Path) -> None:
    before = {name: (magnetic / name).read_bytes() for name in FILES - {"reference.yaml"}}
    info = load_reference(folder, "magnetic").info
    save_info(folder, info.model_copy(update={"counts": Counts.model_validate(COUNTS)}))
    assert load_reference(folder, "magnetic").info.grid == CountGrid(0.5, 2.0)
    assert {name: (magnetic / name).read_bytes() for name in FILES - {"reference.yaml"}} == before
    assert files_in(magnetic) == FILES


@pytest.mark.parametrize("call", ["write_text", "replace"])
def test_a_side_car_that_can_t_be_written_stays_as_it_was(
    folder: Path, magnetic: Path, monkeypatch: pytest.MonkeyPatch, call: str
) -> None:
    before = (magnetic / "reference.yaml").read_bytes()
    info = load_reference(folder, "magnetic").info

    def full(*_: object, **__: object) -> None:
        raise OSError(errno.ENOSPC, "No space left on device")

    monkeypatch.setattr(Path, call, full)
    with pytest.raises(DanceReferenceError, match="the disk is full"):
        save_info(folder, info)
    assert (magnetic / "reference.yaml").read_bytes() == before
    assert files_in(magnetic) == FILES


# Making


def test_a_reference_appears_only_when_it_is_complete(folder: Path) -> None:
    with making_reference(folder, "magnetic") as temporary:
        (temporary / "reference.yaml").write_text("x")
        assert temporary.parent == folder  # the same file system, so that the rename is one
        assert not (folder / "magnetic").exists()
        assert list_references(folder) == []
    assert files_in(folder) == {"magnetic", "magnetic/reference.yaml"}


@pytest.mark.parametrize(
    "error",
    [KeyboardInterrupt(), SystemExit(1), ValueError("a mistake"), MemoryError()],
    ids=lambda error: type(error).__name__,
)
@pytest.mark.parametrize("there", [False, True], ids=["new", "replacing"])
def test_whatever_ends_the_making_leaves_nothing(folder: Path, error: BaseException, there: bool) -> None:
    if there:
        write_reference(folder)
    before = files_in(folder) if there else set()
    with pytest.raises(type(error)), making_reference(folder, "magnetic") as temporary:
        (temporary / "landmarks.npy").write_bytes(b"half")
        raise error
    assert files_in(folder) == before
    if there:
        load_reference(folder, "magnetic")


@pytest.mark.parametrize(
    ("code", "said"),
    [
        (errno.ENOSPC, "the disk is full. Free some space and try again."),
        (errno.EDQUOT, "the disk is full. Free some space and try again."),
        (errno.EACCES, "permission denied. Check the folder's permissions, or set KDANCE_HOME."),
        (errno.EROFS, "read-only file system. Check the folder's permissions, or set KDANCE_HOME."),
    ],
)
def test_a_disk_that_takes_no_more(folder: Path, code: int, said: str) -> None:
    with pytest.raises(DanceReferenceError) as error, making_reference(folder, "magnetic") as temporary:
        (temporary / "landmarks.npy").write_bytes(b"half")
        raise OSError(code, os.strerror(code))
    assert str(error.value) == f"The reference 'magnetic' can't be written to {folder}: {said}"
    assert files_in(folder) == set()


@pytest.mark.parametrize("above", [0, 1], ids=["the folder", "the one above"])
def test_a_file_in_place_of_a_folder(tmp_path: Path, above: int) -> None:
    folder = tmp_path / "home" / "references"
    place = folder.parents[above - 1] if above else folder
    place.parent.mkdir(parents=True, exist_ok=True)
    place.write_text("")
    with pytest.raises(DanceReferenceError, match="can't be written to"), making_reference(folder, "magnetic"):
        pytest.fail("there is no folder to write into")


def test_replacing_leaves_nothing_of_the_old_one(folder: Path, magnetic: Path) -> None:
    (magnetic / "notes.txt").write_text("old")
    write_reference(folder, hands=False, model="lite")
    assert load_reference(folder, "magnetic").info.model == "lite"
    assert files_in(folder) == {"magnetic", *(f"magnetic/{name}" for name in FILES - {"hands.npy"})}


def test_a_mapped_reference_can_be_replaced(folder: Path, magnetic: Path) -> None:
    mapped = load_reference(folder, "magnetic").sequence.landmarks
    before = mapped.copy()
    write_reference(folder, sequence=make_sequence(seconds=5, seed=1))
    np.testing.assert_array_equal(mapped, before)


@pytest.mark.parametrize(
    "error", [OSError(errno.EIO, "Input/output error"), KeyboardInterrupt()], ids=["disk", "Ctrl-C"]
)
def test_a_replacement_that_fails_at_the_last_moment_keeps_the_old_one(
    folder: Path, magnetic: Path, monkeypatch: pytest.MonkeyPatch, error: BaseException
) -> None:
    before = files_in(folder)
    rename = Path.rename

    def failing(path: Path, target: Path) -> Path:
        if path.name not in {"magnetic", "old"}:
            raise error
        return rename(path, target)

    monkeypatch.setattr(Path, "rename", failing)
    with pytest.raises((DanceReferenceError, KeyboardInterrupt)):
        write_reference(folder, model="lite")
    assert files_in(folder) == before
    assert load_reference(folder, "magnetic").info.model == "full"


def test_the_old_one_is_not_deleted_when_it_can_t_be_put_back(
    folder: Path, magnetic: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    rename = Path.rename

    def failing(path: Path, target: Path) -> Path:
        if path.name != "magnetic":
            raise OSError(errno.EIO, "Input/output error")
        return rename(path, target)

    monkeypatch.setattr(Path, "rename", failing)
    with pytest.raises(DanceReferenceError):
        write_reference(folder)
    assert any(path.endswith("old/landmarks.npy") for path in files_in(folder))


def test_a_taken_name(folder: Path, magnetic: Path) -> None:
    with pytest.raises(DanceReferenceError) as error:
        require_free(folder, "magnetic", force=False)
    assert str(error.value) == (
        "There is a reference called 'magnetic' already. Use --name for another name, or --force to replace it."
    )
    require_free(folder, "magnetic", force=True)
    require_free(folder, "chorus", force=False)


def test_the_instruments_work(folder: Path, magnetic: Path) -> None:
    """The trap springs where pickles are allowed, and the archive is one."""
    (magnetic / "x.npy").write_bytes(DAMAGES["pickled objects"](b"") or b"")
    np.load(magnetic / "x.npy", allow_pickle=True)
    assert Trap.sprung
    Trap.sprung = False
    assert zipfile.is_zipfile(io.BytesIO(archive()))
    assert isinstance(load_reference(folder, "magnetic").sequence, PoseSequence)
    assert module.FORMAT_VERSION == 2
