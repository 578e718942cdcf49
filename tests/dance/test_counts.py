"""The grid of counts, and the counts of a stored reference that a dancer corrects."""

from __future__ import annotations

from itertools import pairwise
from pathlib import Path

import numpy as np
import pytest

from kdance.dance.references import Counts, load_reference
from kdance.dance.song_counts import change_counts
from kdance.errors import DanceReferenceError
from kdance.motion.counts import CountGrid
from tests.motion_factory import make_sequence
from tests.reference_factory import files_in, write_reference

GRIDS = [CountGrid(0.5, 2.0), CountGrid(60 / 128, 0.0), CountGrid(60 / 97.3, 1.234), CountGrid(1.5, 11.9)]
COUNTS = Counts(seconds_per_count=0.5, first=2.0, given=False, confidence=0.4)


# The grid


@pytest.mark.parametrize("grid", GRIDS, ids=str)
def test_counts_and_seconds_undo_each_other(grid: CountGrid) -> None:
    for time in np.linspace(-20, 300, 77):
        assert grid.time_of(grid.count_at(time)) == pytest.approx(time)


@pytest.mark.parametrize("grid", GRIDS, ids=str)
def test_numbers_go_from_one_to_eight_and_change_on_the_count(grid: CountGrid) -> None:
    for count in range(-20, 500):
        number = count % 8 + 1
        assert grid.number_at(grid.time_of(count)) == number
        assert grid.number_at(grid.time_of(count + 0.99)) == number


@pytest.mark.parametrize("grid", GRIDS, ids=str)
@pytest.mark.parametrize("duration", [0.5, 4.0, 18.0, 200.0])
def test_eights_have_no_gaps_and_all_but_the_last_are_whole(grid: CountGrid, duration: float) -> None:
    eights = grid.eights(duration)
    eight = 8 * grid.seconds_per_count
    assert all(end == pytest.approx(start) for (_, end), (start, _) in pairwise(eights))
    for number, (start, end) in enumerate(eights, 1):
        assert grid.number_at(start) == 1
        assert 0 <= start < end <= duration
        least = eight if number < len(eights) else 2 * grid.seconds_per_count
        assert end - start >= least - 1e-9
    assert len(eights) >= int(max(0.0, duration - grid.first) / eight + 1e-9)


@pytest.mark.parametrize("grid", GRIDS, ids=str)
@pytest.mark.parametrize("counts", [-17, -8, -1, 0, 1, 5, 8, 80])
def test_a_shift_moves_the_one(grid: CountGrid, counts: int) -> None:
    shifted = grid.shifted(counts)
    assert shifted.number_at(grid.time_of(counts)) == 1
    assert shifted.seconds_per_count == grid.seconds_per_count
    assert shifted.shifted(-counts).first % (8 * grid.seconds_per_count) == pytest.approx(grid.first, abs=1e-9)


@pytest.mark.parametrize("one", [-100.3, -0.0001, 0.0, 3.9999999999, 4.0, 77.7])
def test_a_one_anywhere_gives_the_first(one: float) -> None:
    grid = CountGrid.with_one_at(one, 0.5)
    assert 0 <= grid.first < 4
    assert abs(grid.count_at(one) / 8 - round(grid.count_at(one) / 8)) < 1e-6


@pytest.mark.parametrize(
    ("period", "first"), [(0.0, 0.0), (-0.5, 0.0), (0.2, 0.0), (1.6, 0.0), (0.5, -0.1), (0.5, 4.0), (0.5, float("nan")),
                          (float("nan"), 0.0)]
)  # fmt: skip
def test_a_grid_that_can_t_be(period: float, first: float) -> None:
    with pytest.raises(ValueError, match="must"):
        CountGrid(period, first)


# Correcting a reference


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    return tmp_path / "references"


@pytest.fixture
def counted(folder: Path) -> Path:
    """A stored dance of 18 s at 120 counts a minute, the "1" at 2 s."""
    return write_reference(folder, sequence=make_sequence(seconds=18), counts=COUNTS)


def change(
    folder: Path, bpm: float | None = None, first: float | None = None, shift: int = 0
) -> tuple[float, float, float]:
    """Change the counts; gives bpm, first and confidence as they are stored then."""
    info = change_counts(folder, "magnetic", bpm=bpm, first=first, shift=shift)
    assert load_reference(folder, "magnetic").info == info
    assert info.counts is not None
    return info.counts.grid.bpm, info.counts.first, info.counts.confidence


@pytest.mark.parametrize(("shift", "first"), [(1, 2.5), (-1, 1.5), (-5, 3.5), (8, 2.0), (4, 0.0), (-20, 0.0)])
def test_the_one_is_shifted_by_counts(folder: Path, counted: Path, shift: int, first: float) -> None:
    assert change(folder, shift=shift) == pytest.approx((120, first, 1.0))


def test_sections_follow_and_everything_else_stays(folder: Path, counted: Path) -> None:
    before = {name: (counted / name).read_bytes() for name in files_in(counted) - {"reference.yaml"}}
    old = load_reference(folder, "magnetic").info
    info = change_counts(folder, "magnetic", bpm=None, first=None, shift=2)
    np.testing.assert_allclose([end for _, end in info.sections], [3, 7, 11, 15, info.duration])
    assert {name: (counted / name).read_bytes() for name in files_in(counted) - {"reference.yaml"}} == before
    assert info.model_copy(update={"counts": old.counts, "sections": old.sections}) == old


def test_a_tempo_keeps_the_one_and_a_one_keeps_the_tempo(folder: Path, counted: Path) -> None:
    assert change(folder, bpm=100) == pytest.approx((100, 2.0, 0.4))
    assert change(folder, first=7.0) == pytest.approx((100, 7.0 - 4.8, 1.0))
    assert change(folder, bpm=60, first=1.0, shift=1) == pytest.approx((60, 2.0, 1.0))


def test_nothing_asked_changes_nothing(folder: Path, counted: Path) -> None:
    before = (counted / "reference.yaml").read_bytes()
    assert change(folder) == pytest.approx((120, 2.0, 0.4))
    assert (counted / "reference.yaml").read_bytes() == before


def test_counts_nobody_knows_need_a_tempo(folder: Path) -> None:
    write_reference(folder, sequence=make_sequence(seconds=18))
    for told in ({"shift": 1}, {"first": 2.0}):
        with pytest.raises(DanceReferenceError, match="The counts of 'magnetic' are not known") as error:
            change(folder, **told)  # type: ignore[arg-type]
        assert "--bpm" in error.value.hint
    assert change(folder, bpm=120) == pytest.approx((120, 0.0, 0.0))
    assert change(folder, shift=3) == pytest.approx((120, 1.5, 1.0))


@pytest.mark.parametrize("bpm", [0.0, -1.0, 39.9, 240.1, float("nan"), float("inf")])
def test_a_tempo_nobody_dances_to(folder: Path, counted: Path, bpm: float) -> None:
    with pytest.raises(DanceReferenceError, match="can't be danced"):
        change(folder, bpm=bpm)


@pytest.mark.parametrize("first", [float("nan"), float("-inf")])
def test_a_second_that_is_none(folder: Path, counted: Path, first: float) -> None:
    with pytest.raises(DanceReferenceError, match="can't fall at second"):
        change(folder, first=first)


def test_a_reference_that_isn_t_there(folder: Path) -> None:
    with pytest.raises(DanceReferenceError, match="no reference called"):
        change(folder, shift=1)
