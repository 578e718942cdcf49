"""What `kdance doctor` says of an installation that is not whole."""

from __future__ import annotations

import hashlib
import subprocess
import sys
from importlib import metadata
from pathlib import Path
from types import SimpleNamespace

import pytest

from kdance.errors import KdanceError
from kdance.practice import installation, system_libraries
from kdance.practice.installation import check_networks, check_packages
from kdance.practice.system_libraries import LIBRARIES, explain, how_to_install, missing_libraries


def installed(monkeypatch: pytest.MonkeyPatch, **packages: str) -> None:
    found = [SimpleNamespace(metadata={"Name": name}, version=version) for name, version in packages.items()]
    monkeypatch.setattr(metadata, "distributions", lambda: found)


def test_this_installation_is_whole() -> None:
    assert "opencv-contrib-python" in check_packages()
    assert "networks" in check_networks()
    assert not [library for library in missing_libraries() if library.is_needed]


def test_two_versions_in_one_folder_are_told(monkeypatch: pytest.MonkeyPatch) -> None:
    installed(monkeypatch, opencv_python="5.0.0", opencv_contrib_python="4.11.0", numpy="2.0")
    with pytest.raises(KdanceError, match="Two versions") as caught:
        check_packages()
    assert "pip uninstall opencv-python, then" in caught.value.hint
    assert "opencv-contrib-python==5.0.0" in caught.value.hint


def test_a_headless_one_is_told(monkeypatch: pytest.MonkeyPatch) -> None:
    installed(monkeypatch, opencv_python="5.0.0", opencv_python_headless="5.0.0")
    with pytest.raises(KdanceError, match="headless") as caught:
        check_packages()
    assert "pip uninstall opencv-python-headless" in caught.value.hint


@pytest.mark.parametrize("damage", ["changed", "gone"])
def test_a_network_that_is_not_as_it_was_shipped_is_told(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, damage: str
) -> None:
    folder = tmp_path / "models"
    folder.mkdir()
    digest = hashlib.sha256(b"whole").hexdigest()
    (folder / "README.md").write_text(f"| `pose.task` | made of | `{digest}` |\n")
    monkeypatch.setattr(installation, "files", lambda _: tmp_path)
    (folder / "pose.task").write_bytes(b"whole")
    check_networks()
    (folder / "pose.task").write_bytes(b"other") if damage == "changed" else (folder / "pose.task").unlink()
    with pytest.raises(KdanceError, match=r"pose\.task"):
        check_networks()


def test_a_missing_library_is_named_with_the_command_that_installs_it(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sys, "platform", "linux")
    monkeypatch.setattr(system_libraries, "_loads", lambda file: file != "libGLESv2.so.2")
    assert [library.debian for library in missing_libraries()] == ["libgles2"]
    error = explain(OSError("libGLESv2.so.2: cannot open shared object file: No such file or directory"))
    assert error is not None
    assert "libGLESv2.so.2" in error.message
    assert "apt install libgles2" in error.hint


def test_other_failed_imports_are_mistakes() -> None:
    assert explain(ImportError("No module named 'cv3'")) is None
    assert explain(ValueError("libGL.so.1: cannot open shared object file")) is None


def test_no_package_is_named_twice() -> None:
    assert how_to_install(list(LIBRARIES)).count("libglib2.0-0") == 1


@pytest.mark.skipif(sys.platform != "linux", reason="other systems bring all libraries along")
def test_a_command_without_the_library_is_one_line(home: Path, tmp_path: Path) -> None:
    """A broken cv2 in front of the real one, as its loader words it."""
    (tmp_path / "cv2.py").write_text(
        "raise ImportError('libGL.so.1: cannot open shared object file: No such file or directory')"
    )
    code = f"import sys; sys.path.insert(0, {str(tmp_path)!r}); from kdance.cli import main; main()"
    ran = subprocess.run(
        [sys.executable, "-c", code, "doctor"], capture_output=True, text=True, timeout=60, check=False
    )
    assert ran.returncode == 1
    assert "libGL.so.1" in ran.stderr
    assert "apt install libgl1" in ran.stderr
    assert "Traceback" not in ran.stderr
    assert "mistake" not in ran.stderr
