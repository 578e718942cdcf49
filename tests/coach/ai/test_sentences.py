"""A table of sentences as models word them, about one measured dance, good and bad, in each language.

It was written without looking at the checker: score 92 of 100; the left arm was about 31 degrees too low from 0:10 to
0:14 and everything else right; late by a quarter of a second from 0:06 to 0:10. A bad sentence that is said is a lie to
a dancer; a good one that is refused costs nothing, for the coach by rules speaks instead.
"""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from kdance.coach.ai.checks import LIMB_JOINTS, SIDES, Truth, untruth
from kdance.coach.ai.figures import Figures
from kdance.coach.ai.vocabulary import checkable_languages, load_vocabulary

TABLE: list[dict[str, Any]] = json.loads(Path(__file__).with_name("sentences.json").read_text(encoding="utf-8"))
JOINTS = {joint for joints in LIMB_JOINTS.values() for joint in joints}
TRUTH = Truth(
    wrong=frozenset({("left", "shoulder", "up")}),
    right=frozenset((side, joint) for side in SIDES for joint in JOINTS) - {("left", "shoulder")},
    topics=frozenset({"timing", "late"}),
    praise=True,
    figures=Figures(points=(92,), degrees=(31,), ms=(250,), clock=(6, 10, 14)),
    where=(("left shoulder", 10, 14), ("late", 6, 10)),
)
GOOD_SHARE = 0.9
"""Of the good sentences, at least; 0.98 when this was written."""


def rows(language: str, verdict: str) -> list[dict[str, Any]]:
    return [row for row in TABLE if (row["language"], row["verdict"]) == (language, verdict)]


def problem(row: dict[str, Any]) -> str | None:
    return untruth(row["text"], TRUTH, load_vocabulary(row["language"]))


@pytest.mark.parametrize("language", checkable_languages())
def test_no_bad_sentence_is_said(language: str) -> None:
    bad = rows(language, "bad")
    assert len(bad) >= 100
    assert [row["text"] for row in bad if problem(row) is None] == []


@pytest.mark.parametrize("language", checkable_languages())
def test_nearly_every_good_sentence_is_said(language: str) -> None:
    good = rows(language, "good")
    assert len(good) >= 70
    refused = {row["text"]: problem(row) for row in good if problem(row) is not None}
    assert len(refused) <= (1 - GOOD_SHARE) * len(good), refused
    assert sum("may_be_refused" in row for row in good) <= 0.2 * len(good)
    assert all(row["reason"] for row in good if "may_be_refused" in row)


def test_a_good_sentence_is_bad_where_nothing_was_measured() -> None:
    """Nobody who was not measured is corrected or praised, whatever the words."""
    claims = [
        row for row in TABLE if row["verdict"] == "good" and row["kind"] in ("correction", "praise_limb", "timing")
    ]
    said = [row["text"] for row in claims if untruth(row["text"], Truth(), load_vocabulary(row["language"])) is None]
    assert said == []
