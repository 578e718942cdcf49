"""The JSON object in what a model answers, whatever it thought and wrote around it."""

from __future__ import annotations

import json
import re
from collections.abc import Collection, Iterator
from typing import Any, Final

LONGEST: Final = 50_000
"""Letters of an answer that is read, thoughts left out; a summary has fewer than 5,000."""

# What reasoning models put around their thoughts; some servers leave out the opening mark.
_MARKS: Final = "think|thinking|thought|reasoning|reflection"
_THOUGHT_ENDS: Final = re.compile(rf"</(?:{_MARKS})>|\[/think\]|◁/think▷", re.IGNORECASE)
_THOUGHT_BEGINS: Final = re.compile(rf"<(?:{_MARKS})>|\[think\]|◁think▷", re.IGNORECASE)


def read_json(text: str, fields: Collection[str] = ()) -> dict[str, Any] | None:
    """The last JSON object in an answer that has all of ``fields``; ``None`` where there is none.

    Thoughts are no answer, closed or cut off: an object in them is one that the model may have thrown away.

    >>> read_json('Here it is: ```json {"a": 1} ``` Bye')
    {'a': 1}
    >>> read_json('<think>{"a": 1}? No.</think> {"a": 2}, as {"asked": true}', ["a"])
    {'a': 2}
    """
    answer = _THOUGHT_BEGINS.split(_THOUGHT_ENDS.split(text)[-1])[0]
    if len(answer) > LONGEST:
        return None
    wanted = set(fields)
    return next((value for value in reversed(list(_objects(answer))) if value.keys() >= wanted), None)


def _objects(text: str) -> Iterator[dict[str, Any]]:
    """The outermost objects of a text, in their order."""
    decoder, at = json.JSONDecoder(), text.find("{")
    while at >= 0:
        try:
            value, after = decoder.raw_decode(text, at)
        except RecursionError:  # no answer of ours, and each of its thousands of beginnings would be tried
            return
        except ValueError:
            after = at + 1
        else:
            if isinstance(value, dict):
                yield value
        at = text.find("{", after)
