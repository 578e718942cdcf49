"""Which dance is compared with while dancing: as it is or mirrored, on the clock or late; what a report would find.

No picture is to wait long for its comparison, so the work is spread. Every frame is compared at all lags and gets its
limb errors. Every second one (of 30 a second) is scored from means over seconds, and is busy with that; so is the one
that works out the lateness anew, each half second. What can wait goes to the frames between: the parts of the search
(:mod:`kdance.motion.live_search`, done with the third frame) and of the view (:mod:`kdance.motion.live_view`). Each
half second all of the search is finished and judged.
"""

from __future__ import annotations

from typing import Final

import numpy as np

from kdance.choices import Strictness
from kdance.motion.formula import Chance, Floor
from kdance.motion.live_comparison import LiveComparison
from kdance.motion.live_search import ENOUGH_S, NOTHING_FITS, STILL_FITS, Hypothesis, HypothesisSearch
from kdance.motion.recent_frames import MeanSoFar
from kdance.motion.reference_motion import ReferenceMotion
from kdance.motion.scoring import IMAGE_FITS, FrameScores
from kdance.motion.timing import FORGIVEN_S, Lateness
from kdance.pose import Pose

_JUDGE_EVERY_S: Final = 0.5
# By how much the mirror image has to be better where the dancer drives.
_FREE_MARGIN: Final = 0.15


class LiveFit:
    """Compares with the side and around the lateness that fit best by now; changes when others do.

    Where the dancer drives there is no lateness to look for: both sides are compared until one of them is better.

    Args:
        reference: The dance, as it is.
        chance: Its floor.
        mirrored: Which side is danced; ``None`` to find out.
        strictness: How fast an error costs points.
        free: Whether the dancer drives, and not the clock.
        forgiven: Constant lateness that costs nothing, real seconds.

    Attributes:
        best: The comparison that counts.
    """

    def __init__(
        self,
        reference: ReferenceMotion,
        chance: Chance,
        *,
        mirrored: bool | None = None,
        strictness: Strictness = "normal",
        free: bool = False,
        forgiven: float = FORGIVEN_S,
    ) -> None:
        self._dances = {False: reference, True: reference.mirrored()}
        self._chance, self._strictness, self._free, self._forgiven = chance, strictness, free, forgiven
        self._search = (
            None
            if free
            else HypothesisSearch(reference, Floor.of(chance, strictness), strictness=strictness, mirrored=mirrored)
        )
        self._told = mirrored
        self._hypothesis = Hypothesis(bool(mirrored))
        self.best = self._comparison(self._hypothesis)
        self._other = self._comparison(Hypothesis(True)) if free and mirrored is None else None
        self._lead, self._image, self._is_odd = MeanSoFar(), MeanSoFar(), False
        self._danced, self._last = 0.0, -np.inf
        self._judged_at = 0.0

    @property
    def mirrored(self) -> bool | None:
        """Whether the mirror image is danced; ``None`` as long as nobody knows."""
        if self._told is None and not self._is_known:
            return None
        return self._hypothesis.mirrored

    @property
    def _is_known(self) -> bool:
        if self._search is None:
            return self._other is None
        return self._hypothesis.mirrored or (
            self._search.moved >= ENOUGH_S and self._search.believed_fit > NOTHING_FITS
        )

    @property
    def is_settled(self) -> bool:
        """Whether enough was seen for a low score to be the dancer's and not the comparison's."""
        return self._search is None or self._search.is_settled

    @property
    def nothing_fits(self) -> bool:
        """Whether no lateness and neither side was better than chance over the last seconds."""
        return self._search is None or self._search.nothing_fits

    @property
    def is_this_dance(self) -> bool:
        """Whether all that was danced so far is better than chance under one hypothesis."""
        return self._search is None or self._search.fits_so_far > NOTHING_FITS

    @property
    def has_fitted(self) -> bool:
        """Whether all that was danced so far is this dance by and large."""
        return self._search is not None and self._search.fits_so_far >= STILL_FITS

    @property
    def lateness(self) -> Lateness:
        """The constant part of the dancer's lateness as far as it is known by now."""
        return self.best.lateness

    def begin_run(self) -> None:
        """The music was interrupted, see :meth:`LiveComparison.begin_run`; what speaks for either side is kept."""
        self._last = -np.inf
        for part in (self.best, self._other, self._search):
            if part is not None:
                part.begin_run()

    def update(
        self, pose: Pose | None, time: float, clock: float, *, taken: float | None = None, speed: float = 1.0
    ) -> FrameScores:
        """Take a frame in, see :meth:`LiveComparison.update`."""
        scores = self.best.update(pose, time, clock, taken=taken, speed=speed)
        now = float(scores.times[0])
        if self._search is not None:
            self._search.update(self.best.newest_body, self.best.newest_time, clock, is_busy=self.best.is_busy)
        else:
            self._compare_other(scores, pose, time, clock, taken, speed)
        if now - self._judged_at >= _JUDGE_EVERY_S:
            self._judged_at = now
            self._judge()
        return scores

    def _compare_other(
        self, scores: FrameScores, pose: Pose | None, time: float, clock: float, taken: float | None, speed: float
    ) -> None:
        """Every second frame is compared with the mirror image as well, where the dancer drives."""
        self._danced += max(0.0, time - self._last) if np.isfinite(self._last) else 0.0
        self._last = time
        self._is_odd = not self._is_odd
        if self._other is None or not self._is_odd:
            return
        other = self._other.update(pose, time, clock, taken=taken, speed=speed)
        self._lead.add(float(other.combined[0] - scores.combined[0]))
        self._image.add(float(other.combined[0]))

    def _judge(self) -> None:
        if self._search is not None:
            found = self._search.judge()
            if found != self._hypothesis:
                self._hypothesis, before = found, self.best
                self.best = self._comparison(found)
                self.best.lateness_so_far.is_danced = self.has_fitted
                self.best.take_over(before)
            self.best.lateness_so_far.is_danced = self.has_fitted
        elif self._other is not None and self._danced >= ENOUGH_S and abs(self._lead.mean) > _FREE_MARGIN:
            if self._lead.mean > 0 and self._image.mean <= IMAGE_FITS:
                return
            if self._lead.mean > 0:
                self.best, self._hypothesis = self._other, Hypothesis(True)
            self._other = None

    def _comparison(self, hypothesis: Hypothesis) -> LiveComparison:
        return LiveComparison(
            self._dances[hypothesis.mirrored],
            self._chance,
            strictness=self._strictness,
            free=self._free,
            forgiven=self._forgiven,
            around=hypothesis.around,
        )
