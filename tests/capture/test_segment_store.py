"""What was seen in segments comes back in order, from memory or from a file."""

import errno
import gc
import os
import tempfile
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from kdance.capture import segment_store
from kdance.capture.segment_store import SegmentStore, no_room
from kdance.errors import KdanceError

TEMPORARY_FILE = tempfile.TemporaryFile


@pytest.mark.parametrize("in_memory", [1, 3000, 2**25])
def test_what_was_put_comes_back_in_order(in_memory: int, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(segment_store, "IN_MEMORY", in_memory)
    store = SegmentStore[tuple[int, Any]]()
    rows = {number: np.random.default_rng(number).normal(size=(number, 30)) for number in (4, 0, 9, 2)}
    for number, its in rows.items():
        store.put(number, (number, its))
        so_far = [number for number, _ in store]  # to go through it in between changes nothing
        assert so_far == sorted(so_far)
        assert number in so_far
    assert is_on_disk(store) == (in_memory < 2**25)
    for _ in range(2):
        found = list(store)
        assert [number for number, _ in found] == [0, 2, 4, 9]
        assert all(np.array_equal(its, rows[number]) for number, its in found)
    assert list(SegmentStore[int]()) == []


def is_on_disk(store: SegmentStore[Any]) -> bool:
    return bool(store._file._rolled)


def test_nothing_is_left_of_it(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    opened: list[Any] = []

    def opening(*arguments: Any, **options: Any) -> Any:
        opened.append(TEMPORARY_FILE(*arguments, **options))
        return opened[-1]

    monkeypatch.setattr(segment_store, "IN_MEMORY", 10)
    monkeypatch.setattr(tempfile, "tempdir", str(tmp_path))
    monkeypatch.setattr(tempfile, "TemporaryFile", opening)
    store = SegmentStore[bytes]()
    store.put(0, bytes(1000))
    assert list(store) == [bytes(1000)]
    (file,) = opened
    assert os.fstat(file.fileno()).st_dev == tmp_path.stat().st_dev
    del store
    gc.collect()
    assert file.closed  # which ends it: where it has a name, too
    assert not list(tmp_path.iterdir())


@pytest.mark.skipif(not Path("/dev/full").exists(), reason="needs a device that is always full")
def test_a_full_disk_is_said(monkeypatch: pytest.MonkeyPatch) -> None:
    full = os.fdopen(os.open("/dev/full", os.O_RDWR), "r+b", buffering=0)
    monkeypatch.setattr(tempfile, "TemporaryFile", lambda *_, **__: full)
    monkeypatch.setattr(segment_store, "IN_MEMORY", 10)
    store = SegmentStore[bytes]()
    with pytest.raises(KdanceError, match="No space left"):
        store.put(0, bytes(1000))


def test_where_no_folder_takes_a_byte_that_is_said(monkeypatch: pytest.MonkeyPatch) -> None:
    full = OSError(errno.ENOSPC, "No space left on device")

    def nowhere() -> str:
        raise FileNotFoundError(errno.ENOENT, "No usable temporary directory found")

    assert tempfile.gettempdir() in no_room(full).message
    monkeypatch.setattr(tempfile, "gettempdir", nowhere)
    assert (
        no_room(full).message
        == "What was seen doesn't go into any folder of temporary files (No space left on device)."
    )
