"""Files that somebody sent: references and sessions, hurt as bytes and made wrong on purpose."""

from __future__ import annotations

import json
import warnings
import zipfile
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from kdance.archive import MANIFEST
from kdance.dance.archive import export_reference, import_reference
from kdance.errors import KdanceError
from kdance.report.listing import render_sessions
from kdance.store import SessionStore, open_store
from kdance.words.phrases import load_phrases
from tests.fuzz.conftest import fuzzed
from tests.fuzz.strategies import TEXTS, hurt, hurt_json
from tests.motion_factory import make_sequence
from tests.reference_factory import files_in, write_reference
from tests.report_factory import make_report
from tests.store.test_sessions import make_snapshot, make_start

ID = "20261122-141503-4f2a"
ENTRIES = (
    st.sampled_from(["../evil", "/tmp/evil", "a/../../evil", "C:\\evil", "..", ".", "", "evil\0.npy", "link"]) | TEXTS
)


class Sent:
    """Two archives, and an empty data folder with something beside it that must not change."""

    def __init__(self, root: Path) -> None:
        self.home, self.file = root / "home", root / "sent.kdance.zip"
        write_reference(root / "mine", sound="sound.wav", sequence=make_sequence(seconds=0.5))
        (root / "mine" / "magnetic" / "sound.wav").write_bytes(b"not listened to")
        export_reference(root / "mine", "magnetic", self.file, force=True)
        self.reference = self.file.read_bytes()
        with open_store(root / "mine" / "sessions.db") as store:
            with store.start(make_start(ID)) as writer:
                writer.append(make_snapshot(), make_sequence(seconds=0.5))
                writer.finish(make_report(session_id=ID))
            store.export(ID, self.file, force=True)
        self.session = self.file.read_bytes()
        self.root, self.before = root, files_in(root)
        self.store = open_store(self.home / "sessions.db")

    def take(self, content: bytes) -> None:
        """Import it as both, and look at what came of it."""
        self.file.write_bytes(content)
        with suppress(KdanceError):
            import_reference(self.home / "references", self.file, "sent", force=True)
        with suppress(KdanceError):
            stored = self.store.import_file(self.file)
            look_at(self.store, stored)
        for path in files_in(self.root) - self.before:
            assert path.startswith("home"), path


def look_at(store: SessionStore, stored: str) -> None:
    """What is imported without a complaint can be read and removed."""
    try:
        assert store.get(stored).session_id == stored
        store.take(stored)
        store.snapshots(stored)
        store.history("magnetic")
        rows = store.list_sessions()
        assert stored in [row.session_id for row in rows]
        render_sessions(rows, load_phrases("en"))
    finally:
        store.remove([stored])


@pytest.fixture(scope="module")
def sent(tmp_path_factory: pytest.TempPathFactory) -> Any:
    made = Sent(tmp_path_factory.mktemp("sent"))
    with made.store:
        yield made


def unpacked(archive: bytes, path: Path) -> dict[str, bytes]:
    path.write_bytes(archive)
    with zipfile.ZipFile(path) as opened:
        return {name: opened.read(name) for name in opened.namelist()}


def packed(files: dict[str, bytes], path: Path, mode: int = 0) -> bytes:
    with warnings.catch_warnings(action="ignore"), zipfile.ZipFile(path, "w") as archive:
        for name, content in files.items():
            info = zipfile.ZipInfo("x")
            info.filename, info.external_attr = name, mode << 16
            archive.writestr(info, content)
    return path.read_bytes()


@fuzzed(0.05, quick=30)
@given(data=st.data(), of_session=st.booleans())
def test_bytes_of_an_archive(data: st.DataObject, of_session: bool, sent: Sent, count: Callable[[], None]) -> None:
    count()
    sent.take(data.draw(hurt(sent.session if of_session else sent.reference)))


@fuzzed(0.03, quick=20)
@given(data=st.data(), of_session=st.booleans())
def test_bytes_of_a_file_in_an_archive(
    data: st.DataObject, of_session: bool, sent: Sent, tmp_path: Path, count: Callable[[], None]
) -> None:
    count()
    files = unpacked(sent.session if of_session else sent.reference, tmp_path / "x.zip")
    name = data.draw(st.sampled_from(sorted(files)))
    sent.take(packed({**files, name: data.draw(hurt(files[name]))}, tmp_path / "x.zip"))


@fuzzed(0.05, quick=40)
@given(data=st.data(), name=st.sampled_from(["session.json", "summary.json", "snapshots.json", MANIFEST]))
def test_values_of_a_session(
    data: st.DataObject, name: str, sent: Sent, tmp_path: Path, count: Callable[[], None]
) -> None:
    count()
    files = unpacked(sent.session, tmp_path / "x.zip")
    value = json.dumps(data.draw(hurt_json(json.loads(files[name]))), ensure_ascii=data.draw(st.booleans()))
    sent.take(packed({**files, name: value.encode(errors="surrogatepass")}, tmp_path / "x.zip"))


@fuzzed(0.02, quick=20)
@given(name=ENTRIES, mode=st.sampled_from([0, 0o120777, 0o100644, 0o040755, 0o010644]), of_session=st.booleans())
def test_names_in_an_archive(
    name: str, mode: int, of_session: bool, sent: Sent, tmp_path: Path, count: Callable[[], None]
) -> None:
    count()
    files = unpacked(sent.session if of_session else sent.reference, tmp_path / "x.zip")
    name = name.encode(errors="replace").decode()[:200]
    sent.take(packed({**files, name: b"/etc/passwd"}, tmp_path / "x.zip", mode))
