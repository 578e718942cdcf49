"""matplotlib is kept out while MediaPipe is imported, and nobody else notices."""

from __future__ import annotations

import subprocess
import sys

CHECKS = """
import sys
import kdance.capture.pose_extraction
assert not [name for name in sys.modules if name.split(".")[0] == "matplotlib"]
import matplotlib.pyplot
assert callable(matplotlib.pyplot.plot)
"""
LOADED_BEFORE = """
import matplotlib.pyplot
from kdance.capture.no_plots import without_matplotlib
with without_matplotlib():
    import matplotlib.pyplot as there
assert there is matplotlib.pyplot and callable(there.plot)
"""


def test_mediapipe_loads_no_matplotlib_and_it_can_be_had_afterwards() -> None:
    subprocess.run([sys.executable, "-c", CHECKS], check=True)


def test_a_matplotlib_that_is_there_stays() -> None:
    subprocess.run([sys.executable, "-c", LOADED_BEFORE], check=True)
