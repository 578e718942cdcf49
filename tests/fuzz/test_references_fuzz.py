"""Folders of references: headers, sizes, values, pickles, links out, side-cars."""

from __future__ import annotations

import io
import shutil
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path

import numpy as np
import pytest
import yaml
from hypothesis import given
from hypothesis import strategies as st

from kdance.dance.references import list_references, load_reference
from kdance.errors import KdanceError
from tests.fuzz.conftest import fuzzed
from tests.fuzz.strategies import hurt, hurt_json
from tests.reference_factory import write_reference

ARRAYS = ("landmarks", "world", "times", "hands")
NPY = b"\x93NUMPY\x01\x00v\x00{'descr': '<f4', 'fortran_order': False, 'shape': (90, 33, 4), }".ljust(127) + b"\n"


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """With one good reference, from which each input starts."""
    folder = tmp_path_factory.mktemp("references")
    write_reference(folder, sound="sound.wav")
    return folder


def use(folder: Path) -> None:
    """All that looks at a reference without its video."""
    with suppress(KdanceError):
        list_references(folder)
    with suppress(KdanceError):
        reference = load_reference(folder, "magnetic")
        assert len(reference.digest) == 64
        assert np.isfinite(reference.sequence.times).all()
        assert reference.sequence.measured.any()
        assert reference.video.resolve().parent == (folder / "magnetic").resolve()


def changed(folder: Path, name: str, content: bytes) -> None:
    """Look at the reference with one file of it changed, and put it back."""
    path = folder / "magnetic" / name
    before = path.read_bytes()
    path.write_bytes(content)
    try:
        use(folder)
    finally:
        path.write_bytes(before)


@fuzzed(0.05)
@given(data=st.data(), name=st.sampled_from(ARRAYS))
def test_the_header_of_an_array(data: st.DataObject, name: str, folder: Path, count: Callable[[], None]) -> None:
    count()
    whole = (folder / "magnetic" / f"{name}.npy").read_bytes()
    changed(folder, f"{name}.npy", data.draw(hurt(whole[:128])) + whole[128:])


def made_array(shape: list[int], kind: str, values: str) -> bytes:
    with np.errstate(all="ignore"):
        fill = {"nan": np.nan, "inf": np.inf, "huge": 1e300, "one": 1.0}[values]
        array = np.full(shape, fill, np.float64)
        array = array.astype(object) if kind == "O" else array.astype(kind)
    file = io.BytesIO()
    np.save(file, array, allow_pickle=True)
    return file.getvalue()


@fuzzed(0.05)
@given(
    name=st.sampled_from(ARRAYS),
    shape=st.sampled_from([[90, 33, 4], [90, 33, 3], [90], [90, 2, 21, 3], [0], [], [1, 90], [91]]),
    kind=st.sampled_from(["<f4", ">f4", "<f8", "<f2", "i4", "c8", "?", "S3", "O"]),
    values=st.sampled_from(["nan", "inf", "huge", "one"]),
)
@pytest.mark.filterwarnings("ignore::RuntimeWarning", "ignore::numpy.exceptions.ComplexWarning")
def test_another_array(
    name: str, shape: list[int], kind: str, values: str, folder: Path, count: Callable[[], None]
) -> None:
    count()
    changed(folder, f"{name}.npy", made_array(shape, kind, values))


@fuzzed(0.05)
@given(data=st.data())
def test_the_values_of_the_side_car(data: st.DataObject, folder: Path, count: Callable[[], None]) -> None:
    count()
    whole = yaml.safe_load((folder / "magnetic" / "reference.yaml").read_text(encoding="utf-8"))
    text = yaml.safe_dump(data.draw(hurt_json(whole)), allow_unicode=data.draw(st.booleans()))
    changed(folder, "reference.yaml", text.encode(errors="surrogatepass"))


@fuzzed(0.05)
@given(data=st.data())
def test_the_bytes_of_the_side_car(data: st.DataObject, folder: Path, count: Callable[[], None]) -> None:
    count()
    changed(folder, "reference.yaml", data.draw(hurt((folder / "magnetic" / "reference.yaml").read_bytes())))


@pytest.mark.parametrize("name", ["landmarks.npy", "reference.yaml", "video.mp4", "."])
@pytest.mark.parametrize("target", ["/dev/zero", "/dev/null", "/proc/self/environ", ".", "nowhere", "self"])
def test_a_link_leads_to_no_hang_and_no_traceback(name: str, target: str, folder: Path, tmp_path: Path) -> None:
    shutil.copytree(folder / "magnetic", tmp_path / "magnetic")
    link = tmp_path / "magnetic" / name
    if name == ".":
        shutil.rmtree(link := tmp_path / "magnetic")
    else:
        link.unlink()
    link.symlink_to(link if target == "self" else target)
    with suppress(KdanceError):
        list_references(tmp_path)
    with suppress(KdanceError):
        load_reference(tmp_path, "magnetic")
