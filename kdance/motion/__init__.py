"""The maths of dance: numpy in, numpy out. No clock, no disk, no network, no window, no settings."""
