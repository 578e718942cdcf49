"""A practice video that is a mirror image: the reference made of it is that of the dance itself."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from kdance.capture.video_file import VideoFile
from kdance.config import PoseSettings
from kdance.dance.dance import Dance
from kdance.dance.process_video import VideoPart, process_video
from kdance.dance.references import Reference
from kdance.review.evaluation import evaluate
from kdance.review.options import TakeOptions
from tests.conftest import DEMO_CLIPS
from tests.sound_factory import run_ffmpeg
from tests.video_factory import write_clip

SECONDS = 3.0
BODY = slice(11, 29)


@pytest.fixture(scope="module")
def turned_round(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The built-in dance in a mirror."""
    video = tmp_path_factory.mktemp("mirrored") / "mirrored.mp4"
    run_ffmpeg("-t", SECONDS, "-i", DEMO_CLIPS / "demo.mp4", "-vf", "hflip", "-crf", "10", video)
    return video


def test_pictures_of_a_mirrored_film_are_turned_round(tmp_path: Path) -> None:
    clip = write_clip(tmp_path / "clip.mp4", 20)
    with VideoFile(clip) as plain, VideoFile(clip, mirrored=True) as mirrored:
        for one, other in zip(plain, mirrored, strict=True):
            assert one.time == other.time
            np.testing.assert_array_equal(one.image, other.image[:, ::-1])


@pytest.mark.slow
@pytest.mark.timeout(300)
def test_the_reference_of_a_mirrored_video_is_that_of_the_dance(
    turned_round: Path, demo_reference: Reference, tmp_path: Path
) -> None:
    part = VideoPart(video=turned_round, name="dance", mirrored=True)
    made = process_video(part, tmp_path, settings=PoseSettings(hands=False), force=False, progress=lambda *_: None)
    assert made.info.mirrored
    assert not demo_reference.info.mirrored
    count = len(made.sequence)
    demo = demo_reference.sequence[:count]
    apart = np.linalg.norm(made.sequence.landmarks[:, BODY, :2] - demo.landmarks[:, BODY, :2], axis=-1)
    assert np.nanmedian(apart) < 2  # pixels, of a body of about 330
    assert np.nanpercentile(apart, 95) < 12
    # A take scores the same, and neither is taken for its mirror image.
    options = TakeOptions(offset=0.0, mirror="auto")
    here, there = (evaluate(demo, Dance.of(reference), options) for reference in (made, demo_reference))
    assert not here.mirrored
    score, usual = here.measurements.average_similarity, there.measurements.average_similarity
    assert score is not None
    assert usual is not None
    assert score > 0.95
    assert score == pytest.approx(usual, abs=0.03)
