"""A finished session as terminal and JSON, and lists of sessions and references. No clock and no disk in here."""
