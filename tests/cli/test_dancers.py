"""The picture of all dancers is drawn while the film is watched again, and not where that fails."""

from __future__ import annotations

import time
from collections.abc import Callable
from contextlib import ExitStack

import pytest

from kdance.capture.contact_sheet import Area
from kdance.cli.dancers import _drawn


def test_it_is_drawn_to_its_end() -> None:
    done: list[bool] = []

    def draw(stopped: Callable[[], bool]) -> tuple[Area, ...]:
        time.sleep(0.2)
        done.append(stopped())
        return ()

    with ExitStack() as stack:
        assert _drawn(draw, stack) == ()
        assert not done
    assert done == [False]


def test_after_ctrl_c_nobody_waits_for_it() -> None:
    done: list[bool] = []

    def draw(stopped: Callable[[], bool]) -> tuple[Area, ...]:
        while not stopped():
            time.sleep(0.01)
        done.append(True)
        return ()

    def interrupted() -> None:
        with ExitStack() as stack:
            _drawn(draw, stack)
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        interrupted()
    assert done == [True]


def test_what_can_t_be_drawn_is_told() -> None:
    def draw(_: Callable[[], bool]) -> tuple[Area, ...]:
        raise OSError("no room")

    with pytest.raises(OSError, match="no room"), ExitStack() as stack:
        _drawn(draw, stack)


def test_who_has_to_look_at_it_waits_for_it() -> None:
    area = Area(1, 0, 0, 9, 9)
    assert _drawn(lambda stopped: () if stopped() else (area,), None) == (area,)
