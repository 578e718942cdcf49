"""The command line. Nothing heavy is imported before a command needs it."""

import gc
import os
import sys

# Before anything else is loaded, for a command should answer at once: numpy's BLAS would start a thread for each
# processor, which our small matrices never use, and the collector would go over all modules again and again while they
# are being loaded.
os.environ.setdefault("OPENBLAS_NUM_THREADS", "1")
gc.set_threshold(20_000)

try:
    from kdance.cli.app import app, main, run_process
except KeyboardInterrupt:  # Ctrl-C while it loads
    sys.exit(130)

__all__ = ["app", "main", "run_process"]
