"""The report in the dancer's language: complete, aligned, and the record as it was written."""

from __future__ import annotations

import ast
import re
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from rich.cells import cell_len
from rich.console import RenderableType

import kdance
from kdance.dance.dance import Dance
from kdance.dance.reference_info import Counts
from kdance.pose import PoseSequence
from kdance.report.json_report import to_json
from kdance.report.listing import render_counts, render_made_reference, render_references, render_sessions
from kdance.report.terminal import render_report
from kdance.review.findings import find
from kdance.review.record import Distribution, HandReport, HandsReport, SessionReport, Timing
from kdance.store import open_store
from kdance.words import loops
from kdance.words import report as words
from kdance.words.phrases import Phrases, available_languages, load_phrases
from tests.conftest import Cli
from tests.course_factory import course_of, danced_along
from tests.motion_factory import JointError, make_sequence
from tests.reference_factory import make_info
from tests.report.test_report import COUNTED, flat, long_dance, make_line, make_row, make_runs, render
from tests.report_factory import make_empty_report, make_report, make_timeline
from tests.review.test_evaluation import SECONDS, report_of
from tests.session_factory import empty_room, make_reference
from tests.store.test_sessions import make_start

EN, KO = load_phrases("en"), load_phrases("ko")
HANGUL = re.compile(r"[가-힣]")
# Commands, options, values of settings, names and ids; "AI" is what Koreans write as well.
TYPED = re.compile(
    r"kdance (ai on|references|(report|replay) \S+|train \S+( --(counts|from|to) \S+)*|preprocess \S+)"
    r"|kdance counts \S+( --\S+ \S+)*"
    r"|--(mirror (on|off)|camera|offset|hands)|scoring\.strictness|strict\b|20\d{6}-\d{6}-[0-9a-f]{4}"
    r"|\b(dance|magnetic)(\.mp4)?\b|\bILLIT Magnetic dance practice\.mp4|AI 코치"
)
# The fields of a record that hold words; everything else is the same in every language.
WORDED = {"session_summary", "key_insights", "improvement_areas", "strengths", "warnings", "detailed_feedback"}


def latin(text: str) -> list[str]:
    """The words in Latin letters that nobody types."""
    return re.findall(r"[A-Za-z]+", TYPED.sub("", flat(text)))


# -- sessions of every kind, evaluated in either language -------------------------------------------------------------

Evaluated = Callable[[str, str], SessionReport]
"""The report of a kind of session in a language."""


@pytest.fixture(scope="module")
def dance(tmp_path_factory: pytest.TempPathFactory) -> Dance:
    return Dance.of(make_reference(tmp_path_factory.mktemp("references"), make_sequence(seconds=SECONDS)))


def wrong_arm(**changes: Any) -> PoseSequence:
    return make_sequence(seconds=SECONDS, errors=[JointError("left_shoulder", -50.0, 2.0, 6.0)], **changes)


def looped(dance: Dance, language: str) -> SessionReport:
    """Two rounds at full speed and one that is slowed, better each time, of a counted song."""
    times, course = course_of(*[(2.0, 7.0, 1.0)] * 2, (2.0, 7.0, 0.75))
    errors = [JointError("left_shoulder", -60.0, 0.0, 5.05), JointError("left_shoulder", -30.0, 5.05, 10.15)]
    report = report_of(danced_along(times, course, errors=errors), dance, course=course, language=language)
    return report.model_copy(update={"counts": COUNTED})


def with_hands(dance: Dance, language: str, *, seen: bool) -> SessionReport:
    take = wrong_arm()
    hands = np.random.default_rng(0).uniform(0, 100, (len(take), 2, 21, 3)).astype(np.float32)
    reference = replace(dance.reference, sequence=replace(dance.reference.sequence, hands=hands))
    shown = hands if seen else np.full_like(hands, np.nan)
    return report_of(replace(take, hands=shown), replace(dance, reference=reference), hands=True, language=language)


TAKES: dict[str, tuple[PoseSequence, dict[str, Any]]] = {
    "danced": (wrong_arm(), {}),
    "half a second late": (wrong_arm(late=0.5), {}),
    "late in the middle": (make_sequence(seconds=SECONDS, late=lambda times: 0.4 * ((times > 4) & (times < 7))), {}),
    "half hidden": (wrong_arm(hidden=["legs"]), {}),
    "away for a while": (wrong_arm(nobody=[(3.0, 5.0)]), {}),
    "nobody": (empty_room(), {}),
    "too short": (make_sequence(seconds=0.2), {}),
    "outside": (wrong_arm(), {"offset": 100.0}),
    "part": (make_sequence(seconds=SECONDS, hidden=["arms", "legs", "hips"]), {}),
    "another dance": (make_sequence(seconds=SECONDS, seed=3), {}),
    "nowhere to begin": (make_sequence(seconds=SECONDS, seed=3), {"offset": None}),
    "standing": (make_sequence("stand still", seconds=SECONDS), {}),
    "free": (make_sequence(seconds=SECONDS, tempo=1.2), {"free": True}),
    "free, another dance": (make_sequence(seconds=SECONDS, seed=3), {"free": True}),
    "mirrored wrongly": (wrong_arm(), {"mirror": "on"}),
}
KINDS = (*TAKES, "looped", "hands", "unseen hands")


@pytest.fixture(scope="module")
def evaluated(dance: Dance) -> Evaluated:
    made: dict[tuple[str, str], SessionReport] = {}

    def session(kind: str, language: str) -> SessionReport:
        if (kind, language) not in made:
            if kind == "looped":
                made[kind, language] = looped(dance, language)
            elif kind in TAKES:
                take, options = TAKES[kind]
                made[kind, language] = report_of(take, dance, language=language, **options)
            else:
                made[kind, language] = with_hands(dance, language, seen=kind == "hands")
        return made[kind, language]

    return session


@pytest.mark.parametrize("kind", KINDS)
def test_a_korean_session_is_korean_all_over(evaluated: Evaluated, kind: str) -> None:
    report = evaluated(kind, "ko")
    for width in (80, 120):
        text = render(render_report(report, KO), width)
        assert latin(text) == []
        assert HANGUL.search(text)
        assert max(cell_len(line) for line in text.splitlines()) <= width


@pytest.mark.parametrize("kind", KINDS)
def test_an_english_session_has_no_korean(evaluated: Evaluated, kind: str) -> None:
    report = evaluated(kind, "en")
    assert not HANGUL.search(render(render_report(report, EN)) + to_json(report))


@pytest.mark.parametrize("kind", KINDS)
def test_only_words_of_a_record_depend_on_the_language(evaluated: Evaluated, kind: str) -> None:
    korean, english = (
        evaluated(kind, language).model_dump(exclude={"session_id", *WORDED}) for language in ("ko", "en")
    )
    assert korean == english
    assert len(evaluated(kind, "ko").warnings) == len(evaluated(kind, "en").warnings)


WARNINGS = {
    "nobody": (
        "Nobody was seen: stand so that the camera sees you from head to feet.",
        "아무도 보이지 않았어요: 카메라에 머리부터 발끝까지 나오는 곳에 서 주세요.",
    ),
    "half hidden": (
        "The camera couldn't see your legs in 100 % of it: step back, or clear its view and add light.",
        "전체의 100% 동안 다리가 카메라에 안 보였어요: 뒤로 물러나거나, 가리는 것을 치우고 불을 밝게 하세요.",
    ),
    "another dance": (
        "This does not look like dance: it matches no better than chance.",
        "dance 안무와는 다른 춤 같아요: 우연히 맞는 정도예요.",
    ),
    "unseen hands": (
        "Your hands were too small or hidden to be judged: come closer, or show them to the camera.",
        "손이 너무 작거나 가려져서 판단하지 못했어요: 더 가까이 오거나 손을 카메라에 보여 주세요.",
    ),
    "mirrored wrongly": (
        "It fits better with left and right swapped the other way: try --mirror off.",
        "왼쪽과 오른쪽을 반대로 놓으면 더 잘 맞아요: --mirror off 옵션을 써 보세요.",
    ),
}


@pytest.mark.parametrize("kind", WARNINGS)
def test_warnings_are_written_in_the_language_of_the_session(evaluated: Evaluated, kind: str) -> None:
    for language, warning in zip(("en", "ko"), WARNINGS[kind], strict=True):
        assert warning in evaluated(kind, language).warnings


def test_an_old_session_keeps_its_words_under_labels_of_today() -> None:
    report = make_report()
    text = flat(render(render_report(report, KO)))
    for kept in (report.session_summary, *report.strengths, *report.warnings):
        assert flat(kept) in text
    assert "잘한 점" in text
    assert "What went well" not in text


# -- the sentences ----------------------------------------------------------------------------------------------------


def pattern_of(node: ast.expr) -> str:
    """What a string in the source can be: one word of anything where a value stands in it."""
    if isinstance(node, ast.Constant):
        return re.escape(str(node.value))
    if isinstance(node, ast.JoinedStr):
        return "".join(pattern_of(part) for part in node.values)
    if isinstance(node, ast.FormattedValue):
        return pattern_of(node.value)
    if isinstance(node, ast.IfExp):
        return f"(?:{pattern_of(node.body)}|{pattern_of(node.orelse)})"
    return r"\w+"


def keys_in_use() -> list[re.Pattern[str]]:
    """Every key of the report that the package names."""
    patterns = set()
    for file in Path(kdance.__file__).parent.rglob("*.py"):
        nodes = list(ast.walk(ast.parse(file.read_text(encoding="utf-8"))))
        pieces = {id(part) for node in nodes if isinstance(node, ast.JoinedStr) for part in node.values}
        strings = [node for node in nodes if isinstance(node, ast.JoinedStr | ast.Constant) and id(node) not in pieces]
        patterns |= {pattern_of(node) for node in strings}
    for template in Path(kdance.__file__).parent.rglob("*.html"):
        named = re.findall(r"""["'](report\.[\w.]+)["'](\s*~)?""", template.read_text(encoding="utf-8"))
        patterns |= {re.escape(key) + (r"\w+" if goes_on else "") for key, goes_on in named}
    return [re.compile(pattern) for pattern in patterns if re.match(r"report\\\.[^ ]+$", pattern)]


@pytest.mark.parametrize("language", available_languages())
def test_every_sentence_that_is_used_is_there_and_every_one_there_is_used(language: str) -> None:
    keys = {key for key in load_phrases(language).sentences if key.startswith("report.")}
    used = keys_in_use()
    assert [pattern.pattern for pattern in used if not any(pattern.fullmatch(key) for key in keys)] == []
    assert [key for key in keys if not any(pattern.fullmatch(key) for pattern in used)] == []
    assert len(keys) > 150


@pytest.mark.parametrize(
    ("counts", "english", "korean"),
    [
        (0.26, "about a quarter of a beat (0.13 s)", "약 반의반 박자(0.13초)"),
        (0.5, "about half a beat (0.25 s)", "약 반 박자(0.25초)"),
        (0.7, "about three quarters of a beat (0.35 s)", "약 박자의 4분의 3(0.35초)만큼"),
        (1.0, "about one beat (0.50 s)", "약 한 박자(0.50초)"),
        (1.5, "about a beat and a half (0.75 s)", "약 한 박자 반(0.75초)"),
        (2.1, "about two beats (1.05 s)", "약 두 박자(1.05초)"),
        (3.0, "1.50 s", "1.50초"),
        (None, "0.75 s", "0.75초"),
    ],
)
@pytest.mark.parametrize(("sign", "side", "korean_side"), [(1, "late", "늦었어요"), (-1, "early", "빨랐어요")])
def test_lateness_is_told_in_beats(
    counts: float | None, english: str, korean: str, sign: int, side: str, korean_side: str
) -> None:
    milliseconds = sign * 500 * (1.5 if counts is None else counts)
    timing = Timing(
        start_offset_ms=0.0,
        offset_ms=milliseconds,
        offset_counts=None if counts is None else sign * counts,
        tempo=None,
        confidence=0.9,
    )
    timeline = make_timeline([milliseconds] * 7)
    report = make_report(timing=timing, timeline=timeline, counts=COUNTED, forgiven_ms=40.0)
    assert words.timing(report, find(report), EN)[0] == f"You were {english} {side} throughout."
    assert words.timing(report, find(report), KO)[0] == f"처음부터 끝까지 {korean} {korean_side}."


@pytest.mark.parametrize(
    ("late", "english", "korean"),
    [
        ({2: 300.0}, "You were 0.30 s late in 0:08-0:12.", "0:08~0:12 부분에서 0.30초 늦었어요."),
        (
            {0: -300.0, 2: 400.0},
            "You were 0.30 s early in 0:00-0:04 and 0.40 s late in 0:08-0:12.",
            "0:00~0:04 부분에서 0.30초 빨랐고, 0:08~0:12 부분에서 0.40초 늦었어요.",
        ),
        (
            {0: -300.0, 2: 400.0, 4: 500.0, 6: 200.0},
            "You were 0.30 s early in 0:00-0:04, 0.40 s late in 0:08-0:12 and 0.50 s late in 0:16-0:20.",
            "0:00~0:04 부분에서 0.30초 빨랐고, 0:08~0:12 부분에서 0.40초 늦었고, 0:16~0:20 부분에서 0.50초 늦었어요.",
        ),
    ],
    ids=["one", "two", "the three largest of four"],
)
def test_delays_are_one_sentence(late: dict[int, float], english: str, korean: str) -> None:
    nothing = Timing(start_offset_ms=0.0, offset_ms=0.0, offset_counts=None, tempo=None, confidence=0.9)
    report = make_report(timing=nothing, timeline=make_timeline([late.get(index, 0.0) for index in range(7)]))
    assert words.timing(report, find(report), EN) == [english]
    assert words.timing(report, find(report), KO) == [korean]


@pytest.mark.parametrize("phrases", [EN, KO], ids=["en", "ko"])
def test_a_delay_against_the_rest_says_so(phrases: Phrases) -> None:
    timing = Timing(start_offset_ms=0.0, offset_ms=400.0, offset_counts=None, tempo=None, confidence=0.9)
    offsets = (400.0, 400.0, 800.0, 400.0, 400.0, 400.0, 400.0)
    report = make_report(timing=timing, timeline=make_timeline(offsets))
    said = words.timing(report, find(report), phrases)
    rest = {"en": "later in 0:08-0:12, against the rest of the dance.", "ko": "다른 부분과 비교하면 0:08~0:12"}
    assert len(said) == 2
    assert rest[phrases.language] in said[1]


@pytest.mark.parametrize("language", available_languages())
def test_which_way_a_joint_is_off_does_not_hang_on_the_language(language: str) -> None:
    """What is off stands out in colour, wherever a language puts the number."""
    phrases = load_phrases(language)
    for joint in make_report().joints.values():
        assert words.is_off(joint) == (words.direction("left_knee", joint, EN)[0].isdigit())
        assert words.is_off(joint) == ("°" in words.direction("left_knee", joint, phrases))


def test_8_counts_are_typed_alike_in_every_language() -> None:
    assert loops.eights(4.0, 12.0, COUNTED) == "2-3" == loops.eights(4.0, 12.0, COUNTED, EN)
    assert loops.eights(4.0, 12.0, COUNTED, KO) == "2~3"
    english, korean = (flat(render(render_report(make_report(counts=COUNTED), phrases))) for phrases in (EN, KO))
    command = "kdance train magnetic --counts 3"
    assert command in english
    assert command in korean


# -- the picture ------------------------------------------------------------------------------------------------------

HANDS = HandsReport(
    left=HandReport(score=1.0, shape_agreement=1.0, direction_error_deg=120.0, coverage=1.0),
    right=HandReport(score=None, shape_agreement=None, direction_error_deg=None, coverage=0.0),
)
REPORTS = {
    "danced": make_report(hands=HANDS, counts=COUNTED, speed=0.75, status="recovered"),
    "nobody": make_empty_report(status="interrupted"),
    "long": long_dance(),
    "looped": make_report(runs=make_runs(*[0.4, 0.99, 1.0, 0.5] * 5), counts=COUNTED, mode="free"),
    "all right": make_report(
        average_similarity=1.0,
        average_motion_score=None,
        distribution=Distribution(perfect=120, great=110, good=100, ok=100, miss=100),
        summary_source="openai",
    ),
}


def texts(width: int, phrases: Phrases) -> dict[str, str]:
    """Everything that is drawn, by its name."""
    info = make_info(make_sequence(seconds=30), quality=make_quality(), name="magnetic")
    counted = info.model_copy(
        update={"counts": Counts(seconds_per_count=0.5, first=1.25, given=False, confidence=0.1), "sound": "sound.wav"}
    )
    sessions = [make_row(status=status) for status in ("completed", "running", "interrupted", "recovered")]
    drawn: dict[str, RenderableType] = {
        **{name: render_report(report, phrases) for name, report in REPORTS.items()},
        "sessions": render_sessions([*sessions, make_row(reference="마그네틱" * 8)], phrases),
        "no sessions": render_sessions([], phrases),
        "references": render_references([make_line(), make_line(name="마그네틱" * 15)], phrases),
        "no references": render_references([], phrases),
        "made": render_made_reference(counted, phrases),
        "made without counts": render_made_reference(info, phrases),
        "counts": render_counts(counted, phrases),
        "no counts": render_counts(info, phrases),
    }
    return {name: render(what, width) for name, what in drawn.items()}


def make_quality() -> dict[str, Any]:
    return {"body_share": 0.97, "visible": {"head": 0.98, "arms": 0.9, "legs": 0.85, "feet": 1.0}, "warnings": ()}


@pytest.mark.parametrize("width", [80, 100, 120, 200])
@pytest.mark.parametrize("language", available_languages())
def test_nothing_is_wider_than_the_terminal_or_cut_in_any_language(language: str, width: int) -> None:
    for name, text in texts(width, load_phrases(language)).items():
        assert max(cell_len(line) for line in text.splitlines()) <= (min(width, 120) if name in REPORTS else width), (
            name
        )
        assert "…" not in text, name
        assert "None" not in text
        assert "{" not in text


def test_lists_and_counts_are_korean_too() -> None:
    drawn = texts(120, KO)
    for name in set(drawn) - set(REPORTS):
        assert latin(drawn[name]) == [], name


@pytest.mark.parametrize("width", [80, 120])
@pytest.mark.parametrize("language", available_languages())
def test_columns_stand_below_each_other(language: str, width: int) -> None:
    """Hangul takes two columns of a terminal: what is counted here are columns."""
    phrases = load_phrases(language)
    lines = render(render_report(REPORTS["danced"], phrases), width).splitlines()

    def columns(*parts: str) -> set[int]:
        """The columns at which lines go on with one of the parts, each of which is in one at least."""
        found = {part: {cell_len(line.partition(part)[0]) for line in lines if part in line} for part in parts}
        assert all(found.values())
        return set().union(*found.values())

    assert {cell_len(line) for line in lines[:7]} == {width}
    bars = [f"report.bar.{name}" for name in ("poses", "motion", "in_view")]
    assert len(columns(*(f"  {phrases.text(key)}" for key in bars))) == 1
    assert len({cell_len(line.partition("━")[0]) for line in lines[:6] if "━" in line}) == 1
    dash = phrases.text("list.range", first="4", last="0:")
    assert len({cell_len(line.partition(dash)[0]) for line in lines if dash in line and "━" in line}) == 1
    assert len({cell_len(line.partition("━")[0]) for line in lines[8:] if "━" in line}) == 1
    hands = phrases.text("report.hand.unseen")
    scored = phrases.text("report.hand.scored", points=100, share=words.percent(1.0, phrases), degrees=120)
    assert len(columns(hands, scored[:20])) == 1


# -- the commands -----------------------------------------------------------------------------------------------------


def speak(home: Path, language: str) -> None:
    home.mkdir(exist_ok=True)
    (home / "config.yaml").write_text(f"feedback: {{language: {language}}}\n")


def test_the_commands_speak_the_language_of_the_config(home: Path, kdance_cli: Cli) -> None:
    speak(home, "ko")
    assert flat(kdance_cli("sessions").out) == "아직 연습 기록이 없어요. 먼저 춰 보세요: kdance train NAME"
    assert kdance_cli("references").out.startswith("아직 안무가 없어요.")
    report = make_report()
    start = make_start(report.session_id)
    with open_store(home / "sessions.db") as store, store.start(start) as writer:
        writer.finish(report)
    korean, as_json = kdance_cli("report").out, kdance_cli("report", "--json").out
    assert "잘한 점" in korean
    assert "범위" in kdance_cli("sessions").out
    speak(home, "en")
    assert kdance_cli("references").out.startswith("No references yet.")
    assert "What went well" in kdance_cli("report").out
    assert "what" in kdance_cli("sessions").out
    assert kdance_cli("report", "--json").out == as_json == to_json(report) + "\n"
