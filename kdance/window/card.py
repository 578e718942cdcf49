"""One picture of a session to post: the dance, the score, both bodies at the best moment. Nothing private is on it."""

from __future__ import annotations

from typing import Final

import cv2
import numpy as np

from kdance.pose import JOINT_NAMES
from kdance.review.record import SessionReport
from kdance.review.stills import Still
from kdance.window.bodies import draw_head, equally_large, in_pane
from kdance.window.layout import Rect
from kdance.window.palette import ACCENT, BACKGROUND, BLUE, MUTED, RAISED, SURFACE, WHITE, score_color
from kdance.window.skeleton import draw_skeleton
from kdance.window.text import BOLD, Image, draw_text, fit_lines, line_height, shorten
from kdance.window.widgets import draw_centered, fill_rounded, part
from kdance.words import report as words
from kdance.words.numbers import minutes, points
from kdance.words.phrases import Phrases

WIDTH: Final = 1080
HEIGHT: Final = 1350
_PAD: Final = 72
_LINE_SCALE: Final = 2.0
_RING: Final = Rect(_PAD, 276, 300, 300)
_BODIES: Final = (Rect(_PAD, 660, 456, 560), Rect(WIDTH - _PAD - 456, 660, 456, 560))


def make_card(report: SessionReport, best: Still | None, phrases: Phrases, *, error_band: float) -> bytes:
    """Draw the card of a session.

    Args:
        report: The session.
        best: One of its best moments; ``None`` leaves the bodies out.
        phrases: The language of its words.
        error_band: Degrees within which a limb is right.

    Returns:
        A PNG of 1080 x 1350 pixels, without metadata.
    """
    card: Image = np.empty((HEIGHT, WIDTH, 3), np.uint8)
    card[:] = BACKGROUND
    _draw_name(card, report)
    _draw_score(card, report, phrases)
    _draw_groups(card, report, phrases)
    _draw_bodies(card, best, phrases, error_band)
    _, data = cv2.imencode(".png", card)
    return data.tobytes()


def _draw_name(card: Image, report: SessionReport) -> None:
    """The dance's name behind a stripe, in up to two lines."""
    name = words.plain(report.reference)
    room = Rect(_PAD + 36, 84, WIDTH - 2 * _PAD - 36, 150)
    size, lines = fit_lines(name, room.width, room.height, largest=84, smallest=44, weight=BOLD)
    fill_rounded(card, Rect(_PAD, room.top, 12, round(line_height(size) * len(lines))), ACCENT, 6)
    for row, line in enumerate(lines):
        draw_text(card, line, room.left, room.top + 0.95 * size + row * line_height(size), size, WHITE, BOLD)


def _draw_score(card: Image, report: SessionReport, phrases: Phrases) -> None:
    """The score in a ring and its grade, or why there is none."""
    score = report.average_similarity
    if score is None:
        size, lines = fit_lines(words.no_score(report, phrases), WIDTH - 2 * _PAD, 220, largest=56, smallest=36)
        for row, line in enumerate(lines):
            draw_text(card, line, _PAD, _RING.top + 60 + row * line_height(size), size, MUTED)
        return
    middle = (_RING.left + _RING.width // 2, _RING.top + _RING.height // 2)
    radius, width = _RING.width // 2 - 16, 28
    cv2.circle(card, middle, radius, RAISED, width, cv2.LINE_AA)
    cv2.ellipse(card, middle, (radius, radius), -90, 0, 360 * score, score_color(score), width, cv2.LINE_AA)
    draw_centered(card, str(points(score)), middle[0], middle[1] + 30, 116, WHITE)
    draw_centered(card, phrases.text("report.of_100"), middle[0], middle[1] + 76, 30, MUTED)
    if report.verdict != "too_short":
        draw_centered(card, words.grade(score, phrases), middle[0], _RING.bottom + 44, 40, WHITE)


def _draw_groups(card: Image, report: SessionReport, phrases: Phrases) -> None:
    """Arms, legs, trunk and hands as bars beside the ring."""
    left, right = _RING.right + 64, WIDTH - _PAD
    told = [(name, score) for name, score in report.groups.items() if score is not None]
    for row, (name, score) in enumerate(told):
        top = _RING.top + 24 + row * min(92, 300 // len(told))
        draw_text(card, phrases.text(f"report.page.group.{name}"), left, top + 30, 34, MUTED)
        number = str(points(score))
        draw_text(card, number, right - 60, top + 30, 36, WHITE, BOLD)
        fill_rounded(card, Rect(left, top + 46, right - left, 18), RAISED, 9)
        fill_rounded(card, Rect(left, top + 46, max(18, round(score * (right - left))), 18), score_color(score), 9)


def _draw_bodies(card: Image, best: Still | None, phrases: Phrases, error_band: float) -> None:
    """The reference and the dancer at one of the best moments, equally large."""
    for pane in _BODIES:
        fill_rounded(card, pane, SURFACE, 28)
    names = (phrases.text("report.page.reference"), phrases.text("report.page.you"))
    if best is not None:
        bodies = [best.reference, best.user]
        framings = equally_large(bodies, list(_BODIES))
        errors = dict(zip(JOINT_NAMES, best.errors.tolist(), strict=True))
        for body, found, pane, own in zip(bodies, framings, _BODIES, (None, errors), strict=True):
            points_here = in_pane(body, found, pane)
            draw_skeleton(
                part(card, pane), points_here, joint_errors=own, error_band=error_band, color=BLUE, scale=_LINE_SCALE
            )
            draw_head(part(card, pane), points_here, BLUE if own is None else WHITE)
    for pane, name in zip(_BODIES, names, strict=True):
        draw_centered(
            card, shorten(name, 30, pane.width, BOLD), pane.left + pane.width / 2, pane.bottom + 44, 30, MUTED
        )
    if best is not None:
        told = phrases.text("report.page.best_at", time=minutes(best.time))
        draw_text(card, told, _PAD, HEIGHT - 32, 28, MUTED)
    draw_text(card, "kdance", WIDTH - _PAD - 110, HEIGHT - 32, 30, ACCENT, BOLD)
