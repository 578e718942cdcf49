"""What is learnt of each dance, in the store: a row for each 8-count."""

from __future__ import annotations

import json
import sqlite3
from collections.abc import Sequence
from datetime import datetime

from kdance.learning.cards import PartCard
from kdance.store.database import transaction

_COLUMNS = 'start, "end", repeats, speed, score, due, memory'


def read_cards(connection: sqlite3.Connection, reference: str, digest: str) -> tuple[PartCard, ...]:
    """The cards of a dance, in its order; none where no course of it was begun."""
    rows = connection.execute(
        f"SELECT {_COLUMNS} FROM cards WHERE reference = ? AND digest = ? ORDER BY start", (reference, digest)
    )
    return tuple(_card(*row) for row in rows)


def read_all_cards(connection: sqlite3.Connection) -> dict[str, tuple[PartCard, ...]]:
    """The cards of every dance, as it was when it was learnt last."""
    rows = connection.execute(
        f"SELECT reference, {_COLUMNS} FROM cards WHERE digest = (SELECT reference_digest FROM sessions "
        "WHERE sessions.reference = cards.reference ORDER BY number DESC LIMIT 1) ORDER BY reference, start"
    )
    found: dict[str, list[PartCard]] = {}
    for reference, *row in rows:
        found.setdefault(reference, []).append(_card(*row))
    return {reference: tuple(cards) for reference, cards in found.items()}


def write_cards(connection: sqlite3.Connection, reference: str, digest: str, cards: Sequence[PartCard]) -> None:
    """Keep the cards of a dance, in place of those there were."""
    with transaction(connection):
        connection.execute("DELETE FROM cards WHERE reference = ? AND digest = ?", (reference, digest))
        connection.executemany(
            f"INSERT INTO cards (reference, digest, {_COLUMNS}) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?)",
            [
                (
                    *(reference, digest, card.start, card.end, json.dumps(card.repeats), card.speed, card.score),
                    *(None if card.due is None else card.due.isoformat(), card.memory),
                )
                for card in cards
            ],
        )


def _card(
    start: float,
    end: float,
    repeats: str,
    speed: float | None,
    score: float | None,
    due: str | None,
    memory: str | None,
) -> PartCard:
    when = None if due is None else datetime.fromisoformat(due)
    return PartCard(start, end, tuple(json.loads(repeats)), speed, score, when, memory)
