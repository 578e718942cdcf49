"""One dancer through the shots of a video: who is the same, and what can be used."""

import numpy as np
import pytest

from kdance.motion.answers import Answer, with_answers
from kdance.motion.cut_watch import CutWatch
from kdance.motion.cuts import find_cuts
from kdance.motion.people import People
from kdance.motion.pose_normalization import normalize
from kdance.motion.reference_motion import ReferenceMotion
from kdance.motion.shots import across_shots, find_shots
from kdance.motion.smoothing import smooth_reference
from kdance.motion.tracks import find_tracks
from kdance.pose import PoseSequence
from tests.motion.people_factory import Path, people_on
from tests.motion_factory import make_sequence

SECONDS = 2.0


def in_shots(*costumes: int) -> tuple[list[People], np.ndarray, list[int]]:
    """One dancer a shot, each somewhere else and in a costume; with the cuts."""
    people: list[People] = []
    for number, costume in enumerate(costumes):
        x = 300.0 + 250 * number
        people += people_on([lambda time, x=x: (x + 8 * np.sin(5 * time), 360.0)], [costume], SECONDS, seed=number)[0]
    step = len(people) // len(costumes)
    return people, np.arange(len(people)) / 30, [step * number for number in range(1, len(costumes))]


def whole(people: list[People], legs: range = range(0)) -> np.ndarray:
    return np.concatenate([np.full(len(found), frame not in legs) for frame, found in enumerate(people)])


def test_one_who_is_alone_on_both_sides_of_a_cut_is_one_person() -> None:
    people, times, cuts = in_shots(1, 1, 1)
    tracks = across_shots(people, times, cuts, find_tracks(people, times, cuts), whole(people))
    assert len(tracks.tracks) == 1
    assert tracks.tracks[0].seen.mean() > 0.95
    shots = find_shots(people, times, cuts, tracks.tracks[0].rows, whole(people), 720)
    assert [shot.shows for shot in shots] == ["dancer"] * 3


def test_somebody_in_other_clothes_is_somebody_else() -> None:
    people, times, cuts = in_shots(1, 6, 1)
    tracks = across_shots(people, times, cuts, find_tracks(people, times, cuts), whole(people))
    assert len(tracks.tracks) == 2
    shots = find_shots(people, times, cuts, tracks.tracks[0].rows, whole(people), 720)
    assert [shot.shows for shot in shots] == ["dancer", "other", "dancer"]


def test_legs_a_small_body_and_an_empty_stage_are_not_used() -> None:
    people, times, cuts = in_shots(1, 1, 1)
    step = cuts[0]
    people[2 * step :] = [People.nobody()] * step
    seen = whole(people, range(step, 2 * step))
    tracks = across_shots(people, times, cuts, find_tracks(people, times, cuts), seen)
    rows = next(track.rows for track in tracks.tracks if track.rows[step // 2] >= 0)
    shots = find_shots(people, times, cuts, rows, seen, 720)
    assert [shot.shows for shot in shots] == ["dancer", "part", "nobody"]
    assert find_shots(people, times, cuts, rows, seen, 7200)[0].shows == "small"


def group(order: tuple[int, ...], *, moves: float = 40.0, seed: int = 0) -> list[People]:
    """Three in equal costumes, each with a dance of its own, at three places in some order."""
    paths = [
        lambda time, x=300 + 300 * place, speed=4 + 2 * dancer: (x + moves * np.sin(speed * time), 360.0)
        for place, dancer in enumerate(order)
    ]
    return people_on(paths, [0] * len(order), SECONDS, seed=seed)[0]


def tracks_of_two(first: list[People], second: list[People]) -> list[set[bool]]:
    """For each track of two shots whether it is seen in the first and in the second."""
    people, times, cuts = first + second, np.arange(len(first) + len(second)) / 30, [len(first)]
    tracks = across_shots(people, times, cuts, find_tracks(people, times, cuts), whole(people)).tracks
    return [{bool(frame < len(first)) for frame in np.flatnonzero(track.seen)} for track in tracks]


def test_equal_costumes_are_known_where_the_film_repeats() -> None:
    assert tracks_of_two(group((0, 1, 2)), group((0, 1, 2), seed=1)) == [{True, False}] * 3
    late = group((0, 1, 2), seed=1)[2:]  # the cut was found two pictures late
    assert tracks_of_two(group((0, 1, 2)), late) == [{True, False}] * 3


@pytest.mark.parametrize("order", [(1, 0, 2), (1, 2, 0)])
def test_another_formation_of_equal_costumes_is_never_joined(order: tuple[int, ...]) -> None:
    """Nothing but their places is as it was: those who dance otherwise there are somebody else, or nobody knows."""
    assert sorted(map(len, tracks_of_two(group((0, 1, 2)), group(order, seed=1)))) == [1] * 6


def test_equal_costumes_across_a_cut_are_asked_about_and_known_by_true_answers() -> None:
    first, second, order = group((0, 1, 2)), group((1, 2, 0), seed=1), (1, 2, 0)
    people, times, cuts = first + second, np.arange(len(first) + len(second)) / 30, [len(first)]
    tracks = across_shots(people, times, cuts, find_tracks(people, times, cuts), whole(people))
    columns = {index: people[track.frames[0]].boxes[track.people[0], 0] for index, track in enumerate(tracks.tracks)}

    def dancer(index: int) -> int:
        place = round(float(columns[index] - 250) / 300)
        return place if tracks.tracks[index].frames[0] < cuts[0] else order[place]

    assert {(asked.before, asked.after) for asked in tracks.questions} == {
        (before, after)
        for before, one in enumerate(tracks.tracks)
        for after, other in enumerate(tracks.tracks)
        if one.frames[0] < cuts[0] <= other.frames[0]
    }
    answers = [
        Answer(
            (asked.last, tracks.tracks[asked.before].row_in(asked.last)),
            (asked.first, tracks.tracks[asked.after].row_in(asked.first)),
            dancer(asked.before) == dancer(asked.after),
        )
        for asked in tracks.questions
    ]
    told = with_answers(tracks, answers)
    assert [bool(track.seen.all()) for track in told.tracks] == [True] * 3
    assert told.questions == ()


def test_people_in_their_own_clothes_are_not_asked_about_across_a_cut() -> None:
    paths = [lambda time, x=x: (x + 40 * np.sin(4 * time), 360.0) for x in (300, 600, 900)]
    first, second = (people_on(paths, costumes, SECONDS, seed=costumes[0])[0] for costumes in ((0, 1, 2), (1, 2, 0)))
    people, times, cuts = first + second, np.arange(len(first) + len(second)) / 30, [len(first)]
    tracks = across_shots(people, times, cuts, find_tracks(people, times, cuts), whole(people))
    assert len(tracks.tracks) == 3
    assert tracks.questions == ()


def test_who_stands_still_after_a_cut_is_not_known_by_the_place() -> None:
    assert sorted(map(len, tracks_of_two(group((0, 1, 2), moves=0), group((0, 1, 2), moves=0, seed=1)))) == [1] * 6


def test_without_cuts_nothing_is_joined() -> None:
    people, times, _ = in_shots(1)
    tracks = find_tracks(people, times)
    assert across_shots(people, times, (), tracks, whole(people)) is tracks


@pytest.mark.parametrize("cut", [None, 20, 60, 100])
def test_a_cut_is_noticed_while_watching_where_there_is_one(cut: int | None) -> None:
    times = np.arange(120) / 30
    differences, likeness = np.full(120, 3.0), np.full(120, 0.95)
    if cut is not None:
        differences[cut], likeness[cut] = 40.0, 0.0
    watch = CutWatch()
    seen = [watch.saw(*values) for values in zip(times, differences, likeness, strict=True)]
    assert (any(seen) or watch.ended()) == bool(len(find_cuts(differences, times, likeness))) == (cut is not None)


def test_a_cut_just_after_a_lively_move_is_found_wherever_the_watch_begins() -> None:
    times = np.arange(0.0, 13.0, 1 / 30)
    differences, likeness = np.full(len(times), 3.0), np.full(len(times), 0.95)
    move, cut = np.searchsorted(times, (9.2, 10.07))
    differences[move], likeness[move] = 10.0, 0.5
    differences[cut], likeness[cut] = 40.0, 0.0
    for begin in (0.0, 9.5):
        watch, part = CutWatch(), times >= begin
        seen = [watch.saw(*values) for values in zip(times[part], differences[part], likeness[part], strict=True)]
        assert any(seen) or watch.ended()


def test_a_shot_twice_as_large_is_the_same_dance() -> None:
    """Scale is each shot's own, and nothing is carried over a cut."""
    sequence = make_sequence(seconds=4)
    landmarks = np.array(sequence.landmarks)
    landmarks[60:, :, :3] *= 2
    zoomed = PoseSequence(landmarks, sequence.world, sequence.times)
    cut = float(sequence.times[60])
    apart = ReferenceMotion.from_sequence(zoomed, [cut])
    usual = ReferenceMotion.from_sequence(sequence, [cut])
    np.testing.assert_allclose(apart.body.length, usual.body.length, atol=1e-4)
    np.testing.assert_allclose(apart.body.picture, usual.body.picture, atol=1e-4)
    assert apart.shot_at(np.array([0.5, cut + 0.1])).tolist() == [0, 1]
    smooth = smooth_reference(zoomed, [60])
    np.testing.assert_array_equal(smooth.landmarks[:60], smooth_reference(zoomed[:60]).landmarks)
    np.testing.assert_allclose(
        normalize(smooth[60:]).length, normalize(smooth_reference(sequence[60:])).length, atol=1e-3
    )


def test_nobody_is_late_out_of_what_the_video_does_not_show() -> None:
    from kdance.motion.pose_comparison import lag_similarities

    sequence = make_sequence(seconds=6, nobody=[(2.0, 4.0)])
    reference = ReferenceMotion.from_sequence(sequence)
    assert len(reference.missing) == 1
    user = normalize(make_sequence(seconds=6))
    rows = lag_similarities(user, reference, np.asarray(sequence.times))
    inside = (sequence.times > 2.0) & (sequence.times < 3.9)
    assert np.isnan(rows[inside]).all()
    assert np.isfinite(rows[sequence.times < 1.9]).any(-1).all()


@pytest.mark.parametrize("seed", range(5))
def test_nobody_is_asked_whether_two_are_one_who_are_seen_together(seed: int) -> None:
    """In a film that repeats: where all are hidden the second time, the first time shows who is who."""
    random = np.random.default_rng(seed)
    phases, begin, end = random.uniform(0, 6, 3), random.uniform(1.2, 1.5, 3), random.uniform(2, 2.8, 3)
    paths: list[Path] = [
        lambda time, x=200 + 220 * number, phase=phase: (x + 90 * np.sin(3 * time + phase), 360.0)
        for number, phase in enumerate(phases)
    ]
    people, _, owners = people_on(paths, [1] * 3, 4, seed=seed)
    cuts = [len(people)]
    for frame, whose in enumerate(owners):
        seen = [row for row, owner in enumerate(whose) if not begin[owner] < frame / 30 < end[owner]]
        people.append(people[frame][np.array(seen, int)])
    times = np.arange(len(people)) / 30
    found = find_tracks(people, times, cuts, width=1280.0)
    tracks = across_shots(people, times, cuts, found, whole(people))
    assert len(found.questions) > len(tracks.questions)
    for asked in tracks.questions:
        before, after = tracks.tracks[asked.before], tracks.tracks[asked.after]
        assert not before.meets(after)
        yes = Answer((asked.last, before.row_in(asked.last)), (asked.first, after.row_in(asked.first)), same=True)
        assert len(with_answers(tracks, [yes]).tracks) == len(tracks.tracks) - 1
