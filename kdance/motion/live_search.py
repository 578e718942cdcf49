"""Which side of a dance is danced and how late, while it is danced: every lateness and both sides, all along.

What :func:`kdance.motion.scoring.fit` asks of a whole take is asked here of what has been seen so far. Ten times a
second the dancer and their mirror image are compared with the reference at 61 constant latenesses at once; poses and
movements are averaged over the same windows as a score's, and so each of the 122 hypotheses has the score that it would
give. That is a few array operations on a body, whatever the length of the dance.
"""

from __future__ import annotations

from bisect import bisect_left
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Final

import numpy as np

from kdance.choices import Strictness
from kdance.motion.formula import (
    GROUPS,
    Floor,
    GroupMovement,
    Parts,
    by_group,
    frame_similarity,
    group_motion,
    group_similarity,
    pose_score,
    scored,
)
from kdance.motion.pose_comparison import (
    MIN_SEEN,
    VELOCITY_SPAN_S,
    Velocities,
    body_at,
    bone_movement,
    bone_similarity,
    seen_share,
)
from kdance.motion.pose_normalization import Body, mirrored_body
from kdance.motion.recent_frames import join_bodies
from kdance.motion.reference_motion import RATE_HZ, ReferenceMotion
from kdance.motion.scoring import IMAGE_FITS, MOTION_WINDOW_S, POSE_WINDOW_S
from kdance.motion.timing import FAR, far_lateness_of
from kdance.motion.trail import MeanTrail, Trail
from kdance.pose import FloatArray

# Every second step of the reference's grid, to two seconds from the clock, as far as a report looks.
_STEP: Final = 2
_REACH: Final = 30
_STEPS: Final = np.arange(-_REACH, _REACH + 1) * _STEP
# (H,) seconds late.
LATENESSES: Final = FAR
_EVERY_S: Final = 0.095
_PARTS: Final = 3
# Movement over so long is remembered as one mean.
_MEAN_S: Final = 0.5
# A hole in time that no velocity is taken across, in frames of a search.
_BODIES: Final = 9
# Movements of the dance that tell its time, and the energy from which it moves at all.
ENOUGH_S: Final = 4.0
# The same where it is told which side; and where the comparison looks elsewhere, which is no word to the dancer.
_ENOUGH_FOR_A_SIDE_S: Final = 3.0
_ENOUGH_TO_MOVE_S: Final = 2.5
_ENOUGH_TO_SCORE_S: Final = 3.0
_FIRST_S: Final = 1.5
_MOVING_ENERGY: Final = 1.0
# As in a report: what a second of lateness costs where it is decided which side is danced, and what the mirror image
# has to be better by; more as long as little was seen.
_LATE_PRICE: Final = 0.1
_MARGIN: Final = 0.1
_EARLY_MARGIN: Final = 0.4
_KEPT_MARGIN: Final = 0.05
_KEPT_FITS: Final = 0.05  # by which a mirror image that is believed may fit less than one that isn't
# The alignment follows a dancer to 0.6 s from where it looks; looking elsewhere must pay.
_WITHIN_S: Final = 0.34
_ELSEWHERE: Final = 0.05
# A score from which a hypothesis speaks for itself.
_CLEAR: Final = 0.4
_RECENT_S: Final = 5.0
# What another dance reaches by the best of all hypotheses, and what a report that is good enough to be told apart has.
NOTHING_FITS: Final = 0.15
STILL_FITS: Final = 0.3


@dataclass(frozen=True, slots=True)
class Hypothesis:
    """What is danced.

    Attributes:
        mirrored: Whether the mirror image is.
        around: Seconds late, roughly.
    """

    mirrored: bool = False
    around: float = 0.0


class HypothesisSearch:
    """Keeps what speaks for each side (S) and each of :data:`LATENESSES` (H).

    What is told between two calls of :meth:`judge` is of the frames that are wholly taken in: the newest tenth of a
    second may be missing.

    Args:
        reference: The dance, as it is.
        floor: What chance gives.
        strictness: How fast an error costs points.
        mirrored: Which side is danced; ``None`` to find out.

    Attributes:
        best: What is danced, as far as it is known by now.
        moved: Seconds for which the reference has moved.
        is_settled: Whether scores can be believed: enough was seen, or the hypothesis speaks for itself.
    """

    def __init__(
        self,
        reference: ReferenceMotion,
        floor: Floor,
        *,
        strictness: Strictness = "normal",
        mirrored: bool | None = None,
    ) -> None:
        self._floor, self._strictness, self._usual = floor, strictness, reference.usual_length
        self._sides = (False, True) if mirrored is None else (mirrored,)
        half = VELOCITY_SPAN_S / 2
        # Enough of nothing on both ends that every lateness can be looked up.
        self._pad = _REACH * _STEP + round(RATE_HZ)
        self._last = len(reference.body.length) - 1
        grid = np.arange(-self._pad, self._last + 1 + self._pad) / RATE_HZ
        self._bodies, before, after = (reference.at(grid + shift) for shift in (0.0, -half, half))
        self._velocities = Velocities.between(before, after)
        self._is_shown = seen_share(self._bodies) >= MIN_SEEN
        shape = (len(self._sides), len(LATENESSES))
        self._sum, self._count = np.zeros(shape), np.zeros(shape)
        self._recent = Trail(shape[0] * shape[1])
        self._moves: list[FloatArray] = []  # (3, S, H) means
        self._newest_moves: list[FloatArray] = []
        self._newest_moves_end = _MEAN_S
        self._passed = self.moved = 0.0
        self.is_settled = False
        self.best = Hypothesis(self._sides[0])
        self._work: Iterator[None] = iter(())
        self._came = self._due = 0  # frames since the work was begun, and parts of it that are due by now
        self.begin_run()

    def begin_run(self) -> None:
        """The music was interrupted: nothing is compared across, what is known is kept."""
        self._finish()
        width = len(self._sides) * len(LATENESSES) * len(GROUPS)
        self._began: float | None = None
        self._seen: list[tuple[float, Body]] = []  # (S, 1, B) as they are, and as in a mirror
        self._poses, self._movements = MeanTrail(2 * width), MeanTrail(3 * width)

    def update(self, body: Body, time: float, clock: float, *, is_busy: bool = False) -> None:
        """Take a frame in, if it is time for one; else go on with the one before.

        Args:
            body: (B,) who was seen.
            time: Seconds of song time, increasing within a run.
            clock: Where the dance is by the clock, seconds of the reference.
            is_busy: Whether the part that is due is left to the next frame; the last part is not.
        """
        if not self._seen or time - self._seen[-1][0] >= _EVERY_S:
            self._finish()
            self._begin(body, time, clock)
        self._came, self._due = self._came + 1, self._due + 1
        if is_busy and self._came < _PARTS:
            return
        for _ in range(self._due):
            next(self._work, None)
        self._due = 0

    def _begin(self, body: Body, time: float, clock: float) -> None:
        """Begin the work on a frame."""
        self._began = time if self._began is None else self._began
        elapsed = min(time - self._seen[-1][0], VELOCITY_SPAN_S) if self._seen else 0.0
        self._seen = [*self._seen[1 - _BODIES :], (time, self._users(body))]
        is_seen = bool(seen_share(body) >= MIN_SEEN)
        self._work, self._came = self._take_in(time, clock, elapsed, is_seen=is_seen), 0

    def _finish(self) -> None:
        """Do what is left of the work."""
        for _ in self._work:
            pass
        self._due = 0

    def _take_in(self, time: float, clock: float, elapsed: float, *, is_seen: bool) -> Iterator[None]:
        """The work in :data:`_PARTS`: one is due with each of the frames that come until it is time for the next."""
        self._poses.append(time, self._likeness(clock, is_seen=is_seen))
        yield
        movement = self._movement(time, clock)
        self._movements.append(time, movement.ravel())
        yield
        self._passed += elapsed
        self._remember(movement)
        self.moved += elapsed * bool(movement[2][0, _REACH].sum() > _MOVING_ENERGY)
        untimed = self._untimed(time)
        known = np.isfinite(untimed)
        self._sum += np.where(known, untimed, 0.0)
        self._count += known
        self._recent.append(self._passed, untimed.ravel())

    def judge(self) -> Hypothesis:
        """What is danced, as far as it is known by now; called every half second, and of all frames."""
        self._finish()
        fits = self._fits()
        if self._passed < _FIRST_S or not fits.any():
            return self.best
        mirrored = self.best.mirrored
        if len(self._sides) == 2 and self.moved >= _ENOUGH_FOR_A_SIDE_S:
            plain, image = fits.max(-1)
            margin = _KEPT_MARGIN if mirrored else _MARGIN + _EARLY_MARGIN / self.moved
            mirrored = bool(image > max(plain + margin, IMAGE_FITS - _KEPT_FITS * mirrored))
        fit = fits[self._sides.index(mirrored)]
        around = self.best.around if mirrored == self.best.mirrored else 0.0
        near = np.abs(LATENESSES - around) <= _WITHIN_S
        is_best = fit.max() >= max(fits.max(), STILL_FITS)
        if self.moved > _ENOUGH_TO_MOVE_S and is_best and fit.max() > fit[near].max() + _ELSEWHERE:
            around = self._far_lateness(self._sides.index(mirrored))
        self.best = Hypothesis(mirrored, around)
        mine = fit[np.abs(LATENESSES - around) <= _WITHIN_S].max()
        speaks_for_itself = self.moved >= _FIRST_S and mine >= max(_CLEAR, fits.max() - _MARGIN)
        self.is_settled = self.is_settled or self.moved >= _ENOUGH_TO_SCORE_S or bool(speaks_for_itself)
        return self.best

    def _remember(self, movement: FloatArray) -> None:
        self._newest_moves.append(movement.sum(-1))
        if self._passed >= self._newest_moves_end:
            known = np.isfinite(self._newest_moves)
            total = np.where(known, self._newest_moves, 0.0).sum(0)
            self._moves.append(np.divide(total, known.sum(0), out=np.full(total.shape, np.nan), where=known.any(0)))
            self._newest_moves, self._newest_moves_end = [], self._passed + _MEAN_S

    def _far_lateness(self, side: int) -> float:
        """What a report that ended now would count the lags from: who gets ever later is not far late."""
        return far_lateness_of(np.array(self._moves)[:, :, side].swapaxes(0, 1), _MEAN_S)

    @property
    def fits_so_far(self) -> float:
        """0..1 score without timing of the best hypothesis since the session began."""
        return float(self._means().max())

    @property
    def believed_fit(self) -> float:
        """The same of the side that is believed to be danced."""
        return float(self._means()[self._sides.index(self.best.mirrored)].max())

    @property
    def nothing_fits(self) -> bool:
        """Whether no lateness and neither side is better than chance over the last five seconds."""
        rows = self._recent.since(self._passed - _RECENT_S)
        known = np.isfinite(rows).all(-1)
        if self._passed < _RECENT_S or known.sum() < 0.5 * _RECENT_S / _EVERY_S:
            return False
        return bool(rows[known].mean(0).max() < NOTHING_FITS)

    def _means(self) -> FloatArray:
        """(S, H) mean score of each hypothesis; 0 where nothing was measured."""
        return np.divide(self._sum, self._count, out=np.zeros_like(self._sum), where=self._count > 0)

    def _fits(self) -> FloatArray:
        return np.maximum(self._means() - _LATE_PRICE * np.abs(LATENESSES), 0.0)

    def _places(self, clock: float) -> np.ndarray:
        """(H,) where the grid has the dance at each lateness."""
        places = self._pad + round(clock * RATE_HZ) - _STEPS
        return np.minimum(np.maximum(places, 0), len(self._is_shown) - 1)

    def _users(self, body: Body) -> Body:
        """(S, 1, B) the dancer as they are, and as in a mirror: that is the dance's mirror image with the dancer."""
        sides = [mirrored_body(body) if mirrored else body for mirrored in self._sides]
        return join_bodies(sides)[:, None]

    def _likeness(self, clock: float, *, is_seen: bool) -> FloatArray:
        """(2 S H G,) likeness of the groups, and their weights; NaN where too little is seen."""
        places, users = self._places(clock), self._seen[-1][1]
        value, weight = bone_similarity(users, self._bodies[places][None], self._usual, strictness=self._strictness)
        alike, weight = group_similarity(value, weight)
        seen = (self._is_shown[places] & is_seen)[:, None]
        near = frame_similarity(alike, self._floor)
        return np.concatenate([np.where(seen, part, np.nan).ravel() for part in (near, weight)])

    def _movement(self, time: float, clock: float) -> FloatArray:
        """(3, S, H, G) products of the movement over the last half second, NaN where it is unknown."""
        times, then = [seen for seen, _ in self._seen], time - VELOCITY_SPAN_S
        after = max(bisect_left(times, then), 1)
        pair = slice(after - 1, after + 1)
        before = body_at(join_bodies([users for _, users in self._seen[pair]]), np.array(times[pair]), np.array([then]))
        places = self._places(clock - VELOCITY_SPAN_S / 2)
        users = Velocities.between(before[0], self._seen[-1][1])
        products, known = bone_movement(users, self._velocities[places][None])
        return np.where(known[..., None], by_group(np.array(products)), np.nan)

    def _untimed(self, time: float) -> FloatArray:
        """(S, H) the score of the newest frame under each hypothesis; NaN as long as too little was seen."""
        shape = (len(self._sides), len(LATENESSES), len(GROUPS))
        if self._began is None or time - self._began < _FIRST_S - 1e-6:
            return np.full(shape[:2], np.nan)
        near, weight = self._poses.means_since(time - POSE_WINDOW_S).reshape(2, *shape)
        moved = GroupMovement(*self._movements.means_since(time - MOTION_WINDOW_S).reshape(3, *shape))
        motion, _ = group_motion(moved, self._floor)
        return scored(Parts(pose_score(near), motion, weight)).whole
