"""The files that a report can be written into: a page, a picture, a table, Markdown."""

from __future__ import annotations

import sys
from collections.abc import Callable
from dataclasses import dataclass, fields
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Final

import typer

from kdance.errors import KdanceError

if TYPE_CHECKING:
    from kdance.config import Home
    from kdance.practice.looking_back import LookBack
    from kdance.review.record import SessionReport
    from kdance.store import SessionStore

HtmlOption = Annotated[
    Path | None,
    typer.Option("--html", metavar="FILE.html", help="Write one page with everything, to open, print or send."),
]
CardOption = Annotated[
    Path | None, typer.Option("--card", metavar="FILE.png", help="Write one picture to post, 1080 x 1350.")
]
CsvOption = Annotated[
    Path | None,
    typer.Option("--csv", metavar="FILE.csv", help="Write a table: each frame with scores and joint angles."),
]
MarkdownOption = Annotated[
    Path | None, typer.Option("--markdown", metavar="FILE.md", help="Write it as Markdown; - prints it.")
]

STDOUT: Final = Path("-")
_ENDINGS: Final = {
    "html": (".html", ".htm"),
    "card": (".png",),
    "csv": (".csv",),
    "markdown": (".md", ".markdown", ".txt"),
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Exports:
    """The files that were asked for; ``None`` for what wasn't, ``-`` for stdout."""

    html: Path | None = None
    card: Path | None = None
    csv: Path | None = None
    markdown: Path | None = None

    def asked(self) -> dict[str, Path]:
        """Kind and file of each, in the order of the options."""
        named = {field.name: getattr(self, field.name) for field in fields(self)}
        return {kind: path for kind, path in named.items() if path is not None}

    def check(self, *, as_json: bool) -> None:
        """Refuse what can't be written before anything is worked out; raises as :func:`check_file`."""
        asked = self.asked()
        printed = [kind for kind, path in asked.items() if path == STDOUT] + (["json"] if as_json else [])
        if len(printed) > 1:
            raise typer.BadParameter("only one thing can be printed", param_hint=f"--{printed[0]} and --{printed[1]}")
        for kind, path in asked.items():
            if path != STDOUT:
                check_file(kind, path, _ENDINGS[kind])


def check_file(kind: str, path: Path, endings: tuple[str, ...]) -> None:
    """Refuse a file before anything is worked out: a wrong ending would write over somebody's song or video.

    Args:
        kind: Name of the option, without its dashes.
        path: What was asked for.
        endings: What its name may end in; the first is proposed.

    Raises:
        KdanceError: It is of another kind, or its folder is missing.
    """
    option = f"--{kind}"
    if path.is_dir():
        raise KdanceError(f"{path} is a folder.", f"Name a file in it: {option} {path / f'kdance{endings[0]}'}")
    is_special = path.exists() and not path.is_file()  # /dev/stdout, a pipe
    if path.suffix.lower() not in endings and not is_special:
        raise KdanceError(
            f"{option} writes a file that ends in {endings[0]}, but {path} doesn't.",
            f"Use {option} {path.with_suffix(endings[0]) if path.name else f'kdance{endings[0]}'}",
        )
    if not path.parent.is_dir():
        raise KdanceError(f"There is no folder {path.parent} to write {path.name} into.", "Make it, or choose another.")


def write_exports(exports: Exports, store: SessionStore, home: Home, report: SessionReport, language: str) -> None:
    """Write every file that was asked for, whole or not at all, and tell where it lies.

    Raises:
        KdanceError: A file can't be written, or what is stored of the session is damaged.
    """
    from kdance.cli import console
    from kdance.practice.looking_back import look_back

    asked = exports.asked()
    with console.spinner("Laying it beside the reference ..."):
        seen = look_back(store, home.references, report)
        made = {kind: _MAKERS[kind](seen, store, language) for kind in asked}
    if seen.missing is not None:
        console.note(seen.missing)
    for kind, path in asked.items():
        write_file(path, made[kind])
        if path != STDOUT:
            console.note(f"Written: {path}")


def write_file(path: Path, content: bytes) -> None:
    """Write a file that was asked for, whole or not at all; ``-`` is stdout.

    Raises:
        KdanceError: It can't be written.
    """
    from kdance.store.whole_file import write_whole

    if path == STDOUT:
        sys.stdout.buffer.write(content)
        sys.stdout.buffer.flush()
        return
    try:
        write_whole(path, content)
    except OSError as error:
        reason = (error.strerror or str(error)).lower()
        raise KdanceError(
            f"{path} can't be written: {reason}.", "Choose another folder, or free some space."
        ) from error


def _html(seen: LookBack, store: SessionStore, language: str) -> bytes:
    from kdance.practice.looking_back import earlier
    from kdance.report.page import PageParts, render_page
    from kdance.words.phrases import load_phrases

    parts = PageParts(seen.stills, seen.worst, earlier(store, seen.report), seen.options.error_band)
    return render_page(seen.report, load_phrases(language), parts).encode()


def _card(seen: LookBack, store: SessionStore, language: str) -> bytes:
    from kdance.window.card import make_card
    from kdance.words.phrases import load_phrases

    return make_card(seen.report, seen.best, load_phrases(language), error_band=seen.options.error_band)


def _csv(seen: LookBack, store: SessionStore, language: str) -> bytes:
    from kdance.report.table import to_csv

    return to_csv(seen.report, seen.pair).encode()


def _markdown(seen: LookBack, store: SessionStore, language: str) -> bytes:
    from kdance.report.markdown import to_markdown
    from kdance.words.phrases import load_phrases

    return to_markdown(seen.report, load_phrases(language), seen.stills).encode()


_MAKERS: Final[dict[str, Callable[[LookBack, SessionStore, str], bytes]]] = {
    "html": _html,
    "card": _card,
    "csv": _csv,
    "markdown": _markdown,
}
