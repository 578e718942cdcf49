"""A session as one strict JSON object: the fixed interface for programs."""

from __future__ import annotations

import json
from typing import Any, Final

from kdance.review.record import SessionReport

# Decimals by the end of a field's name: finer digits are noise of the pose network, and hide a change in a diff.
_DECIMALS: Final = {
    "_ms": 1,  # milliseconds
    "_deg": 1,  # degrees
    "score": 4,  # 0..1
    "_similarity": 4,
    "coverage": 4,
    "confidence": 4,
    "arms": 4,  # scores of the limb groups
    "legs": 4,
    "trunk": 4,
    "hands": 4,
    "weight": 4,
    "tempo": 4,
    "speed": 4,
    "_counts": 3,
    "_per_count": 4,
    "first": 3,
    "timestamp": 3,  # seconds
    "_time": 3,
    "_duration": 3,
    "start": 3,
    "end": 3,
}


def to_json(report: SessionReport) -> str:
    """Write a session as one JSON object: no NaN, every field there, ``null`` where nothing was measured.

    Args:
        report: The session. Lists keep their order.

    Returns:
        Indented JSON without a line break at the end; text is not escaped to ASCII.
    """
    return json.dumps(_rounded(report.model_dump(mode="json")), allow_nan=False, ensure_ascii=False, indent=2)


def _rounded(value: Any, name: str = "") -> Any:
    """The value with its floats rounded as their field's name says."""
    if isinstance(value, dict):
        return {key: _rounded(item, key) for key, item in value.items()}
    if isinstance(value, list):
        return [_rounded(item, name) for item in value]
    if isinstance(value, float):
        decimals = next((decimals for ending, decimals in _DECIMALS.items() if name.endswith(ending)), None)
        # + 0.0: no "-0.0" for a small negative number
        return value if decimals is None else round(value, decimals) + 0.0
    return value
