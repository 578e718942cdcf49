"""What there is to dance: the reference on disk, and making one from a video."""
