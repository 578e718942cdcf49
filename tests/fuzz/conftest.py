"""How many inputs a surface gets, and the table of those it got."""

from __future__ import annotations

import os
from collections import Counter
from collections.abc import Callable, Iterator
from typing import Any

import pytest
from hypothesis import HealthCheck, settings

# Of a test; those that write files get a part of it.
WHOLE = int(os.environ.get("KDANCE_FUZZ", "0"))
_PROPERTY = "fuzzed inputs"
_counts: Counter[str] = Counter()


def fuzzed(share: float = 1.0, *, quick: int = 40) -> Callable[[Any], Any]:
    """The settings of a surface: its share of ``make fuzz``, or a few inputs."""
    return settings(
        max_examples=int(WHOLE * share) or quick,
        deadline=5_000,  # of one input, in milliseconds: work that does not end is a fault, too
        database=None,
        derandomize=not WHOLE,
        suppress_health_check=list(HealthCheck),
    )


@pytest.fixture
def count(record_property: Callable[[str, object], None]) -> Iterator[Callable[[], None]]:
    """To be called once for each input."""
    seen = 0

    def one() -> None:
        nonlocal seen
        seen += 1

    yield one
    record_property(_PROPERTY, seen)


def pytest_runtest_logreport(report: pytest.TestReport) -> None:
    if report.when == "teardown":
        for name, value in report.user_properties:
            if name == _PROPERTY and isinstance(value, int):
                _counts[report.nodeid.partition("::")[0].rpartition("/")[2]] += value


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter) -> None:
    if WHOLE and _counts:
        terminalreporter.section("inputs")
        for surface, number in sorted(_counts.items()):
            terminalreporter.write_line(f"{number:>9,}  {surface}")
        terminalreporter.write_line(f"{_counts.total():>9,}  in total")
