from itertools import permutations

import numpy as np
import pytest

from kdance.motion.assignment import assign


@pytest.mark.parametrize("seed", range(20))
def test_the_cheapest_pairs_are_found(seed: int) -> None:
    random = np.random.default_rng(seed)
    costs = random.uniform(0, 1, (4, 5))
    unmatched = 0.4
    chosen = assign(costs, unmatched=unmatched)
    gains = np.concatenate([np.minimum(costs - unmatched, 0), np.zeros((4, 4))], axis=1)
    best = min(sum(gains[row, column] for row, column in enumerate(order)) for order in permutations(range(9), 4))
    found = sum(costs[row, column] - unmatched for row, column in enumerate(chosen) if column >= 0)
    assert found == pytest.approx(best)
    taken = chosen[chosen >= 0]
    assert len(set(taken.tolist())) == len(taken)


def test_what_cannot_be_is_not_paired() -> None:
    assert assign(np.full((2, 3), np.inf), unmatched=1.0).tolist() == [-1, -1]
    assert assign(np.zeros((0, 3)), unmatched=1.0).tolist() == []
    assert assign(np.zeros((3, 0)), unmatched=1.0).tolist() == [-1, -1, -1]


def test_a_greedy_choice_would_be_dearer() -> None:
    assert assign(np.array([[0.1, 0.2], [0.15, 0.9]]), unmatched=1.0).tolist() == [1, 0]
