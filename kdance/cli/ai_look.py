"""What `kdance doctor` says of the AI coach."""

from __future__ import annotations

from kdance.coach.ai.server_look import look_at_server, shown
from kdance.coach.ai.setup import HOW_TO_KEY, NO_KEY, find_server
from kdance.config import Home, Settings
from kdance.errors import KdanceError
from kdance.practice.doctor import Diagnosis


def look_at_ai(home: Home, settings: Settings, *, ask_server: bool) -> Diagnosis:
    """How it is set up; whether there is a key is told, the key never.

    Args:
        home: Where a ``.env`` may lie.
        settings: Which server and model.
        ask_server: Whether to ask the server which models it serves. Nothing else ever goes out here.

    Raises:
        KdanceError: There is no key though one is needed, or the server can't be asked.
    """
    server = find_server(settings.feedback, home)
    where = f"{settings.feedback.model} at {server.host}, {'a key is there' if server.key else 'no key'}"
    if not ask_server:
        if not server.is_ready:
            return Diagnosis("AI coach", "good", f"not set up: {NO_KEY}", HOW_TO_KEY)
        return Diagnosis("AI coach", "good", where, "Whether it answers, and knows the model: kdance doctor --ai")
    if not server.is_ready:
        raise KdanceError(NO_KEY, HOW_TO_KEY)
    found = look_at_server(server)
    if not found.has_model:
        hint = f"Set feedback.model to one of these: {shown(found.models)}"
        return Diagnosis("AI coach", "broken", f"{server.host} does not serve {settings.feedback.model}.", hint)
    served = "serves it" if found.models else "answers, and does not say which models it has"
    return Diagnosis("AI coach", "good", f"{where}; the server {served}")
