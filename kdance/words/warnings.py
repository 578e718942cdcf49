"""What keeps the score from saying all, in sentences."""

from __future__ import annotations

from collections.abc import Iterable

from kdance.review.notices import Notice
from kdance.words.phrases import Phrases


def warnings(notices: Iterable[Notice], reference: str, phrases: Phrases) -> tuple[str, ...]:
    """A sentence for each notice.

    Args:
        notices: What the dancer should know.
        reference: The name of the dance.
        phrases: The language.

    >>> from kdance.words.phrases import load_phrases
    >>> warnings([Notice("hidden", part="legs", percent=83.4)], "magnetic", load_phrases("en"))
    ("The camera couldn't see your legs in 83 % of it: step back, or clear its view and add light.",)
    """
    return tuple(
        phrases.text(
            f"report.warning.{notice.name}{'_half' if notice.half else ''}",
            reference=reference,
            parts=phrases.parts([notice.part]) if notice.part else "",
            share=phrases.text("report.percent", percent=round(notice.percent)),
            option=f"--mirror {notice.mirror}" if notice.mirror else f"--rotate {notice.number:.0f}",
            number=f"{notice.number:.2g}",
        )
        for notice in notices
    )
