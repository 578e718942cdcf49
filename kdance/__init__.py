"""kdance: a command-line webcam trainer for K-pop dance."""

__version__ = "0.1.0"
