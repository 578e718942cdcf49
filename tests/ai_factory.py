"""Whole sessions with an AI coach: somebody with a wrong arm dances through the real command line, a server answers.

The time-outs are scaled down, and the frames come a third as fast as the machine could take them, so that there is time
for a few questions in a dance of 4 s.
"""

from __future__ import annotations

import json
import time
from collections.abc import Callable
from functools import cache, partial
from pathlib import Path
from typing import Any

import pytest

from kdance.coach.ai.ai_coach import AiOptions
from kdance.coach.ai.api_key import ApiKey
from kdance.coach.ai.server import AiServer
from kdance.coach.ai.setup import coach_maker
from kdance.coach.ai.summary import SummaryOptions
from kdance.config import FeedbackSettings
from kdance.pose import PoseSequence
from kdance.practice.dancing import dance_once
from kdance.practice.options import TrainingOptions
from kdance.practice.room import Room
from kdance.practice.take import Outcome
from kdance.review.options import TakeOptions
from kdance.window.collages import CollageMaker, nothing_shown
from kdance.window.practice_window import WindowView
from tests import ai_server as ai
from tests.conftest import Cli, Ran
from tests.motion_factory import JointError, make_sequence
from tests.session_factory import FPS, SECONDS, ScriptedView, Studio, strict_json, the_dance

KEY = "sk-MARKED-KEY-3141592653589793"
MODEL = "marked-model-name-2718"
FEW = SummaryOptions(timeout=0.8, retries=1)
TIP_WORDS = "You word the tips"
PACE = 3.0
"""Times as fast as the music."""


@cache
def the_take() -> PoseSequence:
    """Danced with the left arm far too low most of the time."""
    return make_sequence("dance", seconds=SECONDS, errors=[JointError("left_shoulder", -45.0, 0.5, SECONDS)])


def is_tip(request: ai.Request) -> bool:
    return request.system.startswith(TIP_WORDS)


def facts_in(request: ai.Request) -> dict[str, Any]:
    """What a question tells the model."""
    facts = json.loads(request.user)
    assert isinstance(facts, dict)
    return facts


def reworded_tip(request: ai.Request, before: str = "Now, ", **changes: Any) -> ai.Reply:
    """The first correction in other words, or praise."""
    corrections = facts_in(request)["corrections"]
    if not corrections:
        return ai.good("Great work, keep going", is_positive=True)
    first = corrections[0]
    text = before + first["say"][0].lower() + first["say"][1:]
    areas = [first["focus_area"]] if "focus_area" in first else []
    return ai.good(changes.pop("text", text), severity=first["severity"], focus_areas=changes.pop("areas", areas))


def reworded_summary(request: ai.Request, before: str = "Here is how it went. ") -> ai.Reply:
    """The summary by rules in other words."""
    by_rules = facts_in(request)["summary_by_rules"]
    insights, areas, strengths = (by_rules[name] for name in ("key_insights", "improvement_areas", "strengths"))
    return ai.summary(f"{before}{insights[0]}", insights, areas, strengths)


def well(request: ai.Request) -> ai.Reply:
    """A model that does as it is told."""
    return reworded_tip(request) if is_tip(request) else reworded_summary(request)


def paced(pace: float, on_frame: Callable[[int], object] = lambda number: None) -> Callable[[int], None]:
    """Holds up each frame until its time has come, as many times as fast as the music."""
    began: list[float] = []

    def wait(number: int) -> None:
        if not began:
            began.append(time.monotonic())
        on_frame(number)
        time.sleep(max(0.0, began[0] + number / FPS / pace - time.monotonic()))

    return wait


class AiStudio(Studio):
    """A :class:`Studio` whose sessions go through the command line, with a server at hand.

    Args:
        home: KDANCE_HOME.
        monkeypatch: For the scripted dancer and shorter time-outs.
        cli: Runs a command in this process.
    """

    def __init__(self, home: Path, monkeypatch: pytest.MonkeyPatch, cli: Cli) -> None:
        super().__init__(home, monkeypatch, the_dance())
        self.cli = cli
        self.take = the_take()
        self._video = self.clip(self.take)
        short = partial(AiOptions, timeout=0.4, max_age=3.0, min_interval=0.15, summary=FEW)
        monkeypatch.setattr("kdance.coach.ai.setup.AiOptions", short)
        monkeypatch.setattr("kdance.coach.ai.summary._PAUSE_S", 0.05)
        monkeypatch.setenv("OPENAI_API_KEY", KEY)

    def configure(self, url: str, **feedback: Any) -> None:
        """Write the config.yaml."""
        settings = {"base_url": url, "model": MODEL, "cue_interval": 0.5, **feedback}
        lines = [f"  {name}: {json.dumps(value)}" for name, value in settings.items()]
        (self.home / "config.yaml").write_text("\n".join(["feedback:", *lines, ""]), encoding="utf-8")

    def dance_it(
        self, *options: str, pace: float = PACE, on_frame: Callable[[int], object] = lambda number: None
    ) -> Ran:
        """``kdance train`` of the take, at a pace."""
        self.script(self.take, paced(pace, on_frame))
        return self.cli(*self.arguments(*options))

    def arguments(self, *options: str) -> tuple[str, ...]:
        """Of a ``kdance train`` in front of the take's video."""
        return ("train", "dance", "--camera", str(self._video), "--no-window", "--mirror", "off", *options)

    def in_front_of(
        self, view: ScriptedView | WindowView, url: str, *, pace: float = PACE, **feedback: Any
    ) -> tuple[Outcome, list[str]]:
        """A session in a room with a view; and the lines that the dancer read."""
        lines: list[str] = []
        settings = FeedbackSettings(base_url=url, model=MODEL, **{"cue_interval": 0.5, **feedback})
        server = AiServer(base_url=url, model=MODEL, key=ApiKey(KEY))
        shown = view.reference_now if isinstance(view, WindowView) else nothing_shown
        room = Room(
            view,
            coach=coach_maker(settings, server),
            picture_maker=CollageMaker(shown) if settings.level == "picture" else None,
            tell=lines.append,
        )
        options = TrainingOptions(
            source=str(self._video),
            countdown=0.0,
            seconds=None,
            at_own_pace=False,
            judging=TakeOptions(mirror="off", cue_interval=0.5, language=settings.language),
        )
        self.script(self.take, paced(pace))
        with self.store() as store:
            outcome = dance_once(self.session(options, store, room))
        return outcome, lines

    def report(self) -> dict[str, Any]:
        """The newest session as it is stored."""
        done = self.cli("report", "--json")
        assert done.code == 0, done.err
        return strict_json(done.out)
