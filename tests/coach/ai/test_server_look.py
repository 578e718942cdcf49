"""`kdance doctor --ai`: the server is asked for its models and for nothing else."""

from __future__ import annotations

import json

import pytest

from kdance.coach.ai.api_key import ApiKey
from kdance.coach.ai.server import AiServer
from kdance.coach.ai.server_look import look_at_server
from kdance.errors import KdanceError
from tests import ai_server as ai


def models(*names: str) -> ai.Reply:
    return ai.Reply(
        json.dumps({"object": "list", "data": [{"id": name, "object": "model"} for name in names]}).encode()
    )


def test_the_models_are_told() -> None:
    with ai.scripted_server([models("llama", "qwen")]) as server:
        found = look_at_server(AiServer(server.url, model="qwen"))
        assert (found.models, found.has_model) == (("llama", "qwen"), True)
        assert not look_at_server(AiServer(server.url, model="gpt")).has_model
    assert {(request.path, str(request.body)) for request in server.requests} == {("/v1/models", "{}")}


def test_a_server_that_does_not_say_may_have_it() -> None:
    with ai.scripted_server([models()]) as server:
        assert look_at_server(AiServer(server.url, model="qwen")).has_model


def test_a_missing_v1_is_found() -> None:
    def answer(request: ai.Request) -> ai.Reply:
        found = request.path.startswith("/v1/")
        return models("qwen") if found else ai.Reply(b"404 page not found", 404, {"Content-Type": "text/plain"})

    with ai.scripted_server(answer) as server, pytest.raises(KdanceError) as caught:
        look_at_server(AiServer(server.url.removesuffix("/v1"), model="qwen"))
    assert "lacks /v1" in caught.value.hint


@pytest.mark.parametrize(
    ("reply", "hint"),
    [
        (ai.unauthorised(), "OPENAI_API_KEY"),
        (ai.Reply(b"<html>", headers={"Content-Type": "text/html"}), "/v1"),
        (ai.status(500), "base_url"),
        (ai.hangs(), "running"),
    ],
    ids=["key", "page", "500", "hangs"],
)
def test_what_is_wrong_is_told_with_what_mends_it(reply: ai.Reply, hint: str) -> None:
    with ai.scripted_server([reply]) as server, pytest.raises(KdanceError) as caught:
        look_at_server(AiServer(server.url, key=ApiKey("sk-secret")), timeout=0.5)
    assert hint in caught.value.hint
    assert "secret" not in str(caught.value)
