"""The session store: what a dancer did, written while dancing and read by ``kdance report``.

One SQLite file in WAL mode. A session is a row that is ``running`` until its report is stored; its snapshots are
written by a thread of their own, one transaction each, so that the frame loop never waits for the disk and a killed
process loses no more than the snapshot under way. While a session runs its process holds a lock file; the operating
system lets go of it the moment the process dies, which is how the next command knows at once.
"""

from kdance.store.database import SessionRow, SessionStart, Snapshot, StoredSession, StoredSnapshot, not_yet
from kdance.store.ids import new_session_id
from kdance.store.session_store import SessionStore, open_store
from kdance.store.writer import SessionWriter

__all__ = [
    "SessionRow",
    "SessionStart",
    "SessionStore",
    "SessionWriter",
    "Snapshot",
    "StoredSession",
    "StoredSnapshot",
    "new_session_id",
    "not_yet",
    "open_store",
]
