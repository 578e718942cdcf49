"""What a dancer with an AI coach sees: its words, its badge, its language; and the picture that may leave."""

from __future__ import annotations

import base64
import threading
from dataclasses import replace
from pathlib import Path
from typing import Any

import cv2
import numpy as np
import pytest

from kdance.audio.voice import open_voice
from kdance.coach.ai.consent import save_answer
from kdance.coach.facts import NOWHERE, Facts, Spot, Tip
from kdance.coach.live_coach import OfflineCoach, Picture
from kdance.coach.rules import RulesCoach
from kdance.dance.dance import Dance
from kdance.dance.reference_info import Counts
from kdance.pose import Pose
from kdance.window import collages
from kdance.window.practice_window import WindowView
from kdance.window.text import Image
from kdance.window.window import NoWindow
from kdance.words.phrases import load_phrases
from tests import ai_server as ai
from tests.ai_factory import KEY, AiStudio, facts_in, is_tip, reworded_tip, well
from tests.conftest import Cli
from tests.session_factory import SECONDS, ScriptedView
from tests.video_factory import make_image


@pytest.fixture
def studio(home: Path, monkeypatch: pytest.MonkeyPatch, kdance_cli: Cli) -> AiStudio:
    return AiStudio(home, monkeypatch, kdance_cli)


def test_the_models_words_are_seen_spoken_of_and_kept(studio: AiStudio) -> None:
    """At the pace of the music, with the time-outs scaled down."""
    view = ScriptedView()
    with ai.scripted_server(well) as server:
        outcome, lines = studio.in_front_of(view, server.url, pace=1.0)
        asked = len(server.requests)
    assert outcome.report is not None
    assert outcome.report.summary_source == "openai"
    said = {record.feedback_text: record.source for record in outcome.report.detailed_feedback}
    assert said["Now, raise your left arm"] == "openai"
    assert set(said) == {cue for cue in view.cues if cue is not None}
    assert {"ai_on" in notes for notes in view.notes} == {True}
    assert lines == [f"AI coach: {asked} questions, {120 * asked} tokens."]


def test_who_ends_the_dance_with_q_waits_for_the_summary(studio: AiStudio) -> None:
    with ai.scripted_server(well) as server:
        outcome, _ = studio.in_front_of(ScriptedView(quit_after=100), server.url)
    assert outcome.by_dancer
    assert outcome.report is not None
    assert outcome.report.summary_source == "openai"


def test_the_badge_goes_out_with_the_key(studio: AiStudio) -> None:
    view = ScriptedView()
    with ai.scripted_server([ai.slow(0.2, ai.unauthorised(KEY))]) as server:
        _, lines = studio.in_front_of(view, server.url)
        assert len(server.requests) == 1
    badges = ["ai_on" in notes for notes in view.notes]
    lit = badges.index(True)
    out = badges.index(False, lit)
    assert not any(badges[out:])
    assert {"ai_off" in notes for notes in view.notes[out:]} == {True}
    assert [line.partition(":")[0] for line in lines] == ["The AI coach is off for this session", "AI coach"]


def test_the_next_session_is_told_anew(studio: AiStudio) -> None:
    """Each session has a coach and a budget of its own."""
    with ai.scripted_server([ai.unauthorised(KEY)]) as server:
        for number in (1, 2):
            _, lines = studio.in_front_of(ScriptedView(), server.url, pace=8.0)
            assert len(lines) == 2
            assert len(server.requests) == number


class Listening(OfflineCoach):
    """Remembers what it was told, and where."""

    def __init__(self) -> None:
        super().__init__(RulesCoach())
        self.heard: list[tuple[Facts, Spot]] = []

    def observe(self, facts: Facts, place: Spot = NOWHERE, picture: Picture | None = None) -> Tip | None:
        self.heard.append((facts, place))
        return super().observe(facts, place, picture)


def test_the_end_of_a_phrase_belongs_to_the_section_it_ends(studio: AiStudio, monkeypatch: pytest.MonkeyPatch) -> None:
    """An answer about that section comes in time for it; in the next half second it would be too late."""
    counts = Counts(seconds_per_count=0.525, first=0.0, given=True, confidence=1.0)  # a phrase ends at 2.1 s
    changes = {"counts": counts, "sections": ((0.0, 2.1), (2.1, SECONDS))}
    reference = studio.dance.reference
    studio.dance = Dance.of(replace(reference, info=reference.info.model_copy(update=changes)))
    coach = Listening()
    monkeypatch.setattr("tests.ai_factory.coach_maker", lambda *_: lambda: coach)
    studio.in_front_of(ScriptedView(), "http://localhost:1/v1", pace=100.0)
    sections = {facts.timestamp: (facts.phrase_end, place.section) for facts, place in coach.heard}
    assert {time: sections[time] for time in (2.0, 2.5, 3.0)} == {2.0: (False, 0), 2.5: (True, 0), 3.0: (False, 1)}
    assert coach.heard[0][1].label == "0:00-0:02"


# -- language ---------------------------------------------------------------------------------------------------------


def in_korean(request: ai.Request) -> ai.Reply:
    if is_tip(request):
        return reworded_tip(request, before="이제 ")
    by_rules = facts_in(request)["summary_by_rules"]
    insights, areas, strengths = (by_rules[name] for name in ("key_insights", "improvement_areas", "strengths"))
    return ai.summary(f"오늘 연습을 정리했어요. {insights[-1]}", insights, areas, strengths)


def hangul(text: str) -> bool:
    return any("가" <= letter <= "힣" for letter in text)


def test_a_korean_coach(studio: AiStudio) -> None:
    with ai.scripted_server(in_korean) as server:
        studio.configure(server.url, language="ko")
        ran = studio.dance_it("--ai")
        assert all("Korean" in request.system for request in server.requests)
    assert ran.code == 0
    report = studio.report()
    assert report["summary_source"] == "openai"
    assert {record["source"] for record in report["detailed_feedback"]} == {"openai", "rules"}
    texts = [report["session_summary"], *report["key_insights"], *report["improvement_areas"]]
    texts += [record["feedback_text"] for record in report["detailed_feedback"]]
    assert all(map(hangul, texts)), texts
    assert hangul(ran.out)
    areas = {area for record in report["detailed_feedback"] for area in record["focus_areas"]}
    assert areas == {"left_shoulder"}
    assert not any(map(hangul, [*report, *report["joints"]]))


def test_a_korean_coach_by_rules(studio: AiStudio) -> None:
    view = ScriptedView()
    with ai.scripted_server([ai.status(500)]) as server:
        outcome, _ = studio.in_front_of(view, server.url, language="ko", pace=8.0)
    assert outcome.report is not None
    cues = {cue for cue in view.cues if cue is not None}
    assert load_phrases("ko").text("cue.left_shoulder.negative") in cues
    assert all(map(hangul, cues))
    assert hangul(outcome.report.session_summary)


@pytest.mark.parametrize("option", ["--ai", "--no-ai"])
def test_an_unknown_language_names_those_there_are(studio: AiStudio, option: str) -> None:
    studio.configure("http://localhost:1/v1", language="xx")
    ran = studio.dance_it(option)
    assert (ran.code, ran.out) == (1, "")
    assert ran.error_lines == ["The coach does not speak 'xx'.", "Languages: en, ko."]
    assert studio.cli("sessions").out.count("take-") == 0


def test_the_voice_gets_the_language(studio: AiStudio, monkeypatch: pytest.MonkeyPatch) -> None:
    asked: list[str] = []
    opened = open_voice

    def remember(language: str) -> Any:
        asked.append(language)
        return opened(language)

    monkeypatch.setattr("kdance.audio.voice.open_voice", remember)
    studio.configure("http://localhost:1/v1", language="ko")
    assert studio.dance_it("--no-ai", "--voice", pace=100.0).code == 0
    assert asked == ["ko"]


# -- pictures ---------------------------------------------------------------------------------------------------------


def pictures_in(request: ai.Request) -> list[bytes]:
    content = request.body["messages"][1]["content"]
    urls = [part["image_url"]["url"] for part in content if part["type"] == "image_url"] if request.has_picture else []
    return [base64.b64decode(url.removeprefix("data:image/jpeg;base64,")) for url in urls]


def seen_by(studio: AiStudio, **camera: Any) -> WindowView:
    return WindowView(studio.dance.reference, studio.settings, error_band=15.0, window=NoWindow())


@pytest.mark.parametrize("level", ["facts", "picture"])
def test_a_picture_leaves_only_where_that_was_chosen(
    studio: AiStudio, monkeypatch: pytest.MonkeyPatch, level: str
) -> None:
    made_by: set[str] = set()
    make = collages.make_collage

    def remember(*arguments: Any, **options: Any) -> bytes:
        made_by.add(threading.current_thread().name)
        assert arguments[0] is not None  # the reference's picture
        return make(*arguments, **options)

    monkeypatch.setattr(collages, "make_collage", remember)
    with ai.scripted_server(well) as server, seen_by(studio) as view:
        outcome, _ = studio.in_front_of(view, server.url, level=level, pace=2.0)
    assert outcome.report is not None
    assert outcome.report.summary_source == "openai"
    sent = [pictures_in(request) for request in server.requests if is_tip(request)]
    assert sent
    assert all(len(pictures) == (level == "picture") for pictures in sent)
    assert pictures_in(server.requests[-1]) == []  # the summary goes without
    assert made_by == ({"kdance-ai-0"} if level == "picture" else set())  # not the frame loop's thread
    for jpeg in (picture for pictures in sent for picture in pictures):
        image = cv2.imdecode(np.frombuffer(jpeg, np.uint8), cv2.IMREAD_COLOR)
        assert image is not None
        assert max(image.shape[:2]) <= 512
        assert b"Exif" not in jpeg


def test_without_a_window_only_the_dancer_is_in_the_picture(studio: AiStudio) -> None:
    with ai.scripted_server(well) as server:
        studio.configure(server.url, level="picture")
        save_answer(studio.home / "ai.json", "127.0.0.1", "on", "pictures")
        assert studio.dance_it("--ai").code == 0
        assert [len(pictures_in(request)) for request in server.requests if is_tip(request)][:1] == [1]


def test_the_first_picture_is_shown_before_any_leaves(studio: AiStudio) -> None:
    kept = studio.home / "ai-picture.jpg"
    with ai.scripted_server(well) as server:
        studio.configure(server.url, level="picture")
        for _ in range(2):  # without a terminal nobody can say yes, however often
            ran = studio.dance_it("--ai")
            assert ran.code == 0
            assert f"{kept}. It has not left" in " ".join(ran.err.split()).replace(
                f"{kept.parent}/ ", f"{kept.parent}/"
            )
            assert cv2.imdecode(np.fromfile(kept, np.uint8), cv2.IMREAD_COLOR) is not None
            assert kept.stat().st_mode & 0o077 == 0
        assert any(is_tip(request) for request in server.requests)
        assert not any(request.has_picture for request in server.requests)


@pytest.mark.parametrize("answer", [True, False])
def test_after_a_look_at_it_pictures_leave_or_never_do(
    studio: AiStudio, monkeypatch: pytest.MonkeyPatch, answer: bool
) -> None:
    asked: list[bool] = []

    def confirm(text: str, **_: object) -> bool:
        asked.append((studio.home / "ai-picture.jpg").is_file())
        assert "127.0.0.1" in text
        return answer

    with ai.scripted_server(well) as server:
        studio.configure(server.url, level="picture")
        monkeypatch.setattr("kdance.cli.first_picture._is_terminal", lambda: True)
        monkeypatch.setattr("typer.confirm", confirm)
        assert studio.dance_it("--ai").code == 0
        assert asked == [True]
        assert not any(request.has_picture for request in server.requests)
        assert not (studio.home / "ai-picture.jpg").exists()
        assert studio.dance_it("--ai").code == 0
        assert asked == [True]
        assert any(request.has_picture for request in server.requests) is answer
        assert studio.cli("ai", "on").code == 0  # asks again
        assert studio.dance_it("--ai").code == 0
        assert asked == [True, True]


def test_a_mirrored_reference_is_flipped_with_its_body(monkeypatch: pytest.MonkeyPatch) -> None:
    seen: list[tuple[Image, Pose]] = []

    def remember(image: Image, body: Pose, *_: Any, **__: Any) -> bytes:
        seen.append((image, body))
        return b""

    monkeypatch.setattr(collages, "make_collage", remember)
    image = make_image(0)
    pose = _pose_in(image)
    for mirrored in (False, True):
        maker = collages.CollageMaker(lambda: (image, pose))
        maker(image, pose, mirrored=mirrored, errors={}, error_band=15.0)()
    (plain, body), (flipped, other) = seen
    assert np.array_equal(plain, image)
    assert np.array_equal(flipped, image[:, ::-1])
    assert other.landmarks[11, 0] == pytest.approx(image.shape[1] - 1 - body.landmarks[12, 0])


def _pose_in(image: Image) -> Pose:
    x = np.linspace(0, image.shape[1] - 1, 33)
    landmarks = np.stack([x, x, 0 * x, 0 * x + 1], axis=-1).astype(np.float32)
    return Pose(landmarks, np.zeros((33, 3), np.float32))
