"""Several films in one command: patterns, one bar over all, going on after one that fails, which ones at the end."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from kdance.errors import KdanceError


@dataclass(frozen=True, slots=True)
class Turn:
    """Where a film stands among all of a command.

    Attributes:
        which: Such as "2 of 5: "; nothing where it is alone.
        before: Seconds of the films before it.
        after: Seconds of those after it.
    """

    which: str = ""
    before: float = 0.0
    after: float = 0.0


def expanded_patterns(paths: list[Path]) -> list[Path]:
    """The files that patterns such as ``*.mp4`` stand for, each once: on Windows no shell does it.

    A name that is a file, or a pattern that no file has, stays as it is.
    """
    found: list[Path] = []
    for path in paths:
        is_pattern = any(sign in path.name for sign in "*?[") and not path.exists()
        found += (sorted(path.parent.glob(path.name)) if is_pattern else []) or [path]
    return list(dict.fromkeys(found))


def for_each(paths: list[Path], make: Callable[[Path, Turn], None]) -> None:
    """Do something with each film, told its turn; alone it fails as it fails.

    Raises:
        KdanceError: Something went wrong with some of them; it is told where it does, and the names at the end.
    """
    if len(paths) == 1:
        make(paths[0], Turn())
        return
    from kdance.cli import console

    failed, lengths = [], [seconds_of(path) for path in paths]
    for index, path in enumerate(paths):
        try:
            make(path, Turn(f"{index + 1} of {len(paths)}: ", sum(lengths[:index]), sum(lengths[index + 1 :])))
        except KdanceError as error:
            console.show_error(error)
            failed.append(path)
    if failed:
        names = ", ".join(str(path) for path in failed)
        raise KdanceError(f"{len(failed)} of {len(paths)} videos did not become a reference: {names}.")


def raise_last(errors: list[KdanceError]) -> None:
    """Show all errors but the last, which is raised; nothing where there are none."""
    if errors:
        from kdance.cli import console

        for error in errors[:-1]:
            console.show_error(error)
        raise errors[-1]


def seconds_of(path: Path) -> float:
    """Of a film, by its header; 0 where it doesn't say, or is none: whoever makes something of it tells that."""
    from kdance.capture.header import promised_seconds

    return promised_seconds(path)
