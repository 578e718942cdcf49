"""The command line. Nothing heavy is imported before a command needs it."""

import gc
import os

# Before anything else is loaded, for a command should answer at once: numpy's BLAS would start a thread for each
# processor, which our small matrices never use, and the collector would go over all modules again and again while they
# are being loaded.
os.environ.setdefault("OPENBLAS_NUM_THREADS", "1")
gc.set_threshold(20_000)

from kdance.cli.app import app, main, run_process  # noqa: E402 - after the two lines above

__all__ = ["app", "main", "run_process"]
