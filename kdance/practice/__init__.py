"""A practice session while it runs: the song, the frames, the keys, the window."""
