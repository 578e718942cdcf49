"""The best assignment on a graph with few edges: as good as the dense one, and so are its margins."""

import itertools
import math

import numpy as np
import pytest

from kdance.motion.assignment import assign
from kdance.motion.sparse_assignment import best_pairs


def total(gains: np.ndarray) -> float:
    chosen = assign(-gains, unmatched=0.0)
    return float(sum(gains[row, column] for row, column in enumerate(chosen.tolist()) if column >= 0))


@pytest.mark.parametrize("seed", range(150))
def test_it_gains_as_much_as_the_dense_one_and_so_do_its_margins(seed: int) -> None:
    random = np.random.default_rng(seed)
    shape = tuple(random.integers(1, 9, 2))
    gains = np.where(random.random(shape) < random.uniform(0.1, 0.9), random.normal(1, 3, shape), -np.inf)
    pairs = best_pairs({(row, column): gains[row, column] for row, column in np.argwhere(np.isfinite(gains)).tolist()})
    assert len({pair.row for pair in pairs}) == len({pair.column for pair in pairs}) == len(pairs)
    assert sum(gains[pair.row, pair.column] for pair in pairs) == pytest.approx(total(gains))
    for pair in pairs:
        without = gains.copy()
        without[pair.row, pair.column] = -np.inf
        assert pair.margin == pytest.approx(total(gains) - total(without), abs=1e-9)


def test_who_is_far_away_changes_nothing() -> None:
    """Each of many could be either of two neighbours, so all hang together."""

    def edges(count: int) -> dict[tuple[int, int], float]:
        random = np.random.default_rng(0)
        return {(row, row + step): float(random.uniform(1, 9)) for row in range(count) for step in (0, 1)}

    short, long = best_pairs(edges(500)), best_pairs(edges(4000))
    assert [pair.row for pair in long] == sorted({pair.row for pair in long})
    # Far from the ends the one is as the other.
    assert short[:450] == long[:450]


def test_nothing_gained_is_never_made() -> None:
    assert best_pairs({}) == []
    assert best_pairs({(0, 0): 0.0, (1, 1): -2.0, (2, 2): -math.inf}) == []


def test_the_order_of_what_can_be_doesn_t_count() -> None:
    gains = {(0, 0): 3.0, (0, 1): 2.5, (1, 0): 2.0, (1, 1): 0.25, (2, 1): 1.0}
    expected = best_pairs(gains)
    for order in itertools.permutations(gains):
        assert best_pairs({pair: gains[pair] for pair in order}) == expected
