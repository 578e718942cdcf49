"""``kdance progress`` and ``kdance compare``, as they are typed."""

from __future__ import annotations

import json
from pathlib import Path

from kdance.store import open_store
from tests.conftest import Cli
from tests.report_factory import make_report
from tests.store.test_sessions import make_start

FIRST, SECOND, OTHER = "20261120-141503-aaaa", "20261122-141503-bbbb", "20261121-141503-cccc"


def dance(home: Path) -> None:
    """Two sessions of a dance that is nowhere on disk, and one of another."""
    with open_store(home / "sessions.db") as store:
        for session_id, name, score in ((FIRST, "magnetic", 0.5), (OTHER, "cookie", 0.6), (SECOND, "magnetic", 0.8)):
            started = f"2026-11-{session_id[6:8]}T14:15:03+01:00"
            report = make_report(session_id=session_id, reference=name, average_similarity=score)
            with store.start(make_start(session_id, reference=name, started_at=started)) as writer:
                writer.finish(report)


def test_progress_shows_all_dances_or_one_also_when_its_reference_is_gone(home: Path, kdance_cli: Cli) -> None:
    dance(home)
    everything = kdance_cli("progress")
    assert everything.out.index("magnetic") < everything.out.index("cookie")
    one = kdance_cli("progress", "magnetic")
    assert (one.code, one.err) == (0, "")
    assert "first 50   best 80" in one.out
    assert len(json.loads(kdance_cli("progress", "--json").out)["dances"]) == 2
    assert [
        round(row["score"], 1) for row in json.loads(kdance_cli("progress", "magnetic", "--json").out)["whole"]
    ] == [
        *(0.5, 0.8),
    ]


def test_compare_holds_two_sessions_against_each_other(home: Path, kdance_cli: Cli) -> None:
    dance(home)
    ran = kdance_cli("compare", FIRST[:9])
    assert (ran.code, ran.err) == (0, "")
    assert FIRST in ran.out
    assert SECOND in ran.out
    parts = json.loads(kdance_cli("compare", FIRST, SECOND, "--json").out)["parts"]
    assert [row["gain"] for row in parts] == [0.0] * len(parts)


def test_compare_alone_takes_the_last_two_of_a_dance(home: Path, kdance_cli: Cli) -> None:
    dance(home)
    assert kdance_cli("sessions", "remove", OTHER, "--yes").code == 0
    compared = json.loads(kdance_cli("compare", "--json").out)
    assert [compared[side]["session_id"] for side in ("first", "second")] == [FIRST, SECOND]
    assert kdance_cli("sessions", "remove", FIRST, "--yes").code == 0
    ran = kdance_cli("compare")
    assert (ran.code, ran.out) == (1, "")
    assert "no session of 'magnetic' before" in ran.err


def test_what_can_not_be_shown_is_told_in_a_line_with_where_it_was_looked_for(home: Path, kdance_cli: Cli) -> None:
    assert "kdance train" in kdance_cli("progress").out
    dance(home)
    for arguments, said in {
        ("progress", "nothing"): str(home / "sessions.db"),
        ("compare", "x"): str(home / "sessions.db"),
        ("compare", FIRST, OTHER): "'magnetic' and 'cookie'",
        ("compare", "2026"): "3 sessions begin with",
    }.items():
        ran = kdance_cli(*arguments)
        assert (ran.code, ran.out) == (1, "")
        assert said in ran.err
        assert len(ran.error_lines) == 2


def test_a_session_is_not_held_against_itself(home: Path, kdance_cli: Cli) -> None:
    dance(home)
    ran = kdance_cli("compare", SECOND)
    assert (ran.code, ran.out) == (1, "")
    assert ran.err.startswith("Both are session ")
