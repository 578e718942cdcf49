"""``kdance learn`` and ``kdance today``, as they are typed."""

from __future__ import annotations

import json
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path

from kdance.learning.cards import PartCard, practised, scheduled
from kdance.store import open_store
from tests.conftest import Cli
from tests.reference_factory import write_reference
from tests.store.test_keeping import GONE, fill


def learnt(home: Path, *due_in_days: float | None, name: str = "magnetic") -> None:
    """A dance that was danced once, and its cards; new where they are not due."""
    now = datetime.now(UTC)
    card = scheduled(practised(PartCard(0.0, 4.0), 1.0, 0.9), "good", now - timedelta(days=9))
    cards = [
        PartCard(4.0 * number, 4.0 * number + 4)
        if days is None
        else replace(card, start=4.0 * number, end=4.0 * number + 4, due=now + timedelta(days=days))
        for number, days in enumerate(due_in_days)
    ]
    with open_store(home / "sessions.db") as store:
        store.save_cards(name, "sha256:00ff", cards)


def test_without_a_course_nothing_is_due_and_nobody_nags(home: Path, kdance_cli: Cli) -> None:
    ran = kdance_cli("today")
    assert (ran.code, ran.err) == (0, "")
    assert "Nothing is due today." in ran.out
    assert "kdance learn REFERENCE" in ran.out


def test_today_shows_what_is_due_over_all_dances(home: Path, kdance_cli: Cli) -> None:
    write_reference(home / "references")
    fill(home / "sessions.db", GONE)
    learnt(home, -2, 30, -1, None)
    ran = kdance_cli("today")
    assert (ran.code, ran.err) == (0, "")
    assert "kdance learn magnetic" in ran.out
    found = json.loads(kdance_cli("today", "--json").out)
    assert [(step["kind"], step["start"]) for step in found["dances"][0]["steps"]] == [
        ("due", 0.0),
        ("due", 8.0),
        ("new", 12.0),
        ("join", 0.0),
    ]
    assert "Course: 3 of 4 at full speed, 1 new, 2 due today" in kdance_cli("progress", "magnetic").out


def test_a_dance_that_is_gone_is_named_and_not_due(home: Path, kdance_cli: Cli) -> None:
    fill(home / "sessions.db", GONE)
    learnt(home, -2)
    ran = kdance_cli("today")
    assert "Nothing is due today." in ran.out
    assert "magnetic" in ran.out


def test_what_can_not_be_learnt_is_told_in_a_line(home: Path, kdance_cli: Cli) -> None:
    ran = kdance_cli("learn", "nothing")
    assert (ran.code, ran.out, len(ran.error_lines)) == (1, "", 2)
    assert str(home / "references") in ran.err
