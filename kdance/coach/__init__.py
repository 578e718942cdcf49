"""The coach: who speaks when, and what about."""
