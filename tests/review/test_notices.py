"""What keeps a score from saying all is found out without words, and each of it has a sentence in every language."""

from __future__ import annotations

from dataclasses import replace
from typing import Any, get_args, get_type_hints

import pytest

from kdance.dance.dance import Dance
from kdance.pose import PoseSequence
from kdance.review.evaluation import evaluate
from kdance.review.notices import Notice
from kdance.review.options import TakeOptions
from kdance.words.phrases import available_languages, load_phrases
from kdance.words.warnings import warnings
from tests.gesture_factory import as_reference, make_gestures, with_gestures
from tests.motion_factory import make_sequence, mirror_take
from tests.session_factory import empty_room, make_reference

SECONDS = 8.0


@pytest.fixture(scope="module")
def dance(tmp_path_factory: pytest.TempPathFactory) -> Dance:
    return Dance.of(make_reference(tmp_path_factory.mktemp("references"), make_sequence(seconds=SECONDS)))


@pytest.mark.parametrize(
    ("take", "options", "expected"),
    [
        (make_sequence(seconds=SECONDS), {}, []),
        (empty_room(SECONDS), {"offset": None}, [Notice("nobody")]),
        (make_sequence(seconds=SECONDS, hidden=("legs",)), {}, [Notice("hidden", part="legs", percent=100.0)]),
        (make_sequence(seconds=SECONDS), {"hands": True}, [Notice("reference_hands")]),
        (make_sequence(seconds=SECONDS), {"mirror": "on"}, [Notice("mirror", mirror="off")]),
        (mirror_take(make_sequence(seconds=SECONDS)), {"mirror": "off"}, [Notice("mirror", mirror="on")]),
        (mirror_take(make_sequence(seconds=SECONDS)), {"mirror": "auto"}, []),
    ],
    ids=["well", "nobody", "legs", "hands", "mirror on", "mirror off", "mirror found"],
)
def test_a_take_has_its_notices(
    dance: Dance, take: PoseSequence, options: dict[str, Any], expected: list[Notice]
) -> None:
    found = evaluate(take, dance, TakeOptions(**{"mirror": "off", **options})).notices
    assert [notice for notice in found if notice.name != "wrong_dance"] == expected


def test_hands_that_the_camera_does_not_see_are_told_by_what_they_weigh(dance: Dance) -> None:
    take, options = make_sequence(seconds=SECONDS), TakeOptions(mirror="off", hands=True)
    follow = as_reference(with_gestures(take, 0, only="open"))
    lead = as_reference(make_gestures(seconds=SECONDS))
    for sequence, name in ((follow, "hands"), (lead, "hands_not_counted")):
        with_hands = Dance.of(replace(dance.reference, sequence=sequence))
        unseen = replace(sequence, hands=None)
        assert [notice.name for notice in evaluate(unseen, with_hands, options).notices] == [name]


def test_who_dances_a_dance_of_the_hands_without_asking_for_them_is_told(dance: Dance) -> None:
    take, info = make_sequence(seconds=SECONDS), dance.reference.info
    quality = info.quality.model_copy(update={"of_hands": True})
    of_hands = replace(dance.reference, info=info.model_copy(update={"quality": quality}))
    found = evaluate(take, Dance.of(of_hands), TakeOptions(mirror="off"))
    assert [notice.name for notice in found.notices] == ["hands_not_asked"]
    assert found.measurements == evaluate(take, dance, TakeOptions(mirror="off")).measurements


@pytest.mark.parametrize("language", available_languages())
@pytest.mark.parametrize("name", get_args(get_type_hints(Notice)["name"]))
def test_every_notice_has_a_sentence(name: Any, language: str) -> None:
    (sentence,) = warnings([Notice(name, part="legs", percent=57.5, mirror="on")], "dance", load_phrases(language))
    assert sentence
    assert "{" not in sentence
