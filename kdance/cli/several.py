"""Several files in one command: patterns, going on after one that fails, and which ones at the end."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

from kdance.errors import KdanceError


def expanded_patterns(paths: list[Path]) -> list[Path]:
    """The files that patterns such as ``*.mp4`` stand for, each once: on Windows no shell does it.

    A name that is a file, or a pattern that no file has, stays as it is.
    """
    found: list[Path] = []
    for path in paths:
        is_pattern = any(sign in path.name for sign in "*?[") and not path.exists()
        found += (sorted(path.parent.glob(path.name)) if is_pattern else []) or [path]
    return list(dict.fromkeys(found))


def for_each(paths: list[Path], make: Callable[[Path, str], None]) -> None:
    """Do something with each file, told which of how many it is; alone it fails as it fails.

    Raises:
        KdanceError: Something went wrong with some of them; it is told where it does, and the names at the end.
    """
    if len(paths) == 1:
        make(paths[0], "")
        return
    from kdance.cli import console

    failed = []
    for number, path in enumerate(paths, 1):
        try:
            make(path, f"{number} of {len(paths)}")
        except KdanceError as error:
            console.show_error(error)
            failed.append(path)
    if failed:
        names = ", ".join(str(path) for path in failed)
        raise KdanceError(f"{len(failed)} of {len(paths)} videos did not become a reference: {names}.")
