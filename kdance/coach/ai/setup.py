"""From settings, options and what the dancer answered to the coach of a session."""

from __future__ import annotations

import os
from collections.abc import Callable
from pathlib import Path

from kdance.capture.telemetry import user_proxies
from kdance.coach.ai.ai_coach import AiCoach, AiOptions
from kdance.coach.ai.api_key import find_api_key
from kdance.coach.ai.consent import load_answer
from kdance.coach.ai.server import AiServer
from kdance.coach.ai.vocabulary import load_vocabulary
from kdance.coach.live_coach import LiveCoach, OfflineCoach
from kdance.coach.rules import RulesCoach
from kdance.config import FeedbackSettings, Home
from kdance.errors import KdanceError
from kdance.words.phrases import load_phrases

NO_KEY = "There is no OPENAI_API_KEY, in the environment or in a .env file."
HOW_TO_KEY = (
    "Put OPENAI_API_KEY=... into a file .env here, or name a local server in config.yaml "
    "(feedback.base_url: http://localhost:11434/v1)"
)


def find_server(settings: FeedbackSettings, home: Home) -> AiServer:
    """The server that the settings name, with the key if there is one.

    Raises:
        ConfigError: Its address is none.
    """
    folders = [Path.cwd(), home.data]
    return AiServer(
        base_url=settings.base_url,
        model=settings.model,
        key=find_api_key(os.environ, folders),
        proxies=user_proxies(),
    )


def is_wanted(settings: FeedbackSettings, home: Home, server: AiServer, option: bool | None) -> bool | None:
    """Whether the AI coach is to be used: the option says, else the settings, else the answer of an earlier day.

    Returns:
        ``None`` where the dancer has to be asked.

    Raises:
        KdanceError: It is asked for by name, and there is no key.
    """
    if option is False or (option is None and settings.ai == "off"):
        return False
    if not server.is_ready:
        if option or settings.ai == "on":
            raise KdanceError(f"The AI coach can't be used. {NO_KEY}", f"{HOW_TO_KEY}, or dance with --no-ai.")
        return False
    if option or settings.ai == "on":
        return True
    answer = load_answer(home.ai, server.host)
    return None if answer is None else answer == "on"


def question(server: AiServer, settings: FeedbackSettings) -> str:
    """What leaves the machine, in plain words, for the dancer to decide."""
    where = "The server is this machine: nothing leaves it." if server.is_local else f"It would go to {server.host}."
    picture = (
        "and now and then one small picture of the reference and you: bodies with their skeletons, faces and the room "
        "blurred beyond recognition, the first of which you see before any leaves; no sound, no file"
        if settings.level == "picture"
        else "no picture, no sound, no file"
    )
    return (
        "The AI coach can word your cues and your summary. For that it is sent what was measured (which limb is off by "
        f"how much, timing, scores, times in the song), {picture}. {where}"
    )


def coach_maker(settings: FeedbackSettings, server: AiServer | None) -> Callable[[], LiveCoach]:
    """A function that makes the coach of a session; what takes long or may fail is done now, not in the dance.

    Args:
        settings: Language, rhythm, budget.
        server: Whom to ask; ``None`` for the rules alone.

    Raises:
        ConfigError: The coach, or the AI coach, does not speak the language, or the user's proxy settings can't be
            used.
    """
    load_phrases(settings.language)

    def rules() -> RulesCoach:
        return RulesCoach(settings.cue_interval, language=settings.language)

    if server is None:
        return lambda: OfflineCoach(rules())
    from kdance.coach.ai.openai_client import OpenAIClient

    load_vocabulary(settings.language)
    OpenAIClient(server).close()  # imports the library; and proxy settings that can't be used are told now
    options = AiOptions(language=settings.language, in_flight=settings.in_flight, max_calls=settings.max_calls)
    return lambda: AiCoach(OpenAIClient(server), rules(), options)
