"""Keeping a C++ library's own lines off the terminal, where nothing but the file descriptor is left to do it."""

from __future__ import annotations

import os
import sys
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Final

_STDERR: Final = 2
_lock = threading.RLock()


@contextmanager
def quiet_stderr() -> Iterator[None]:
    """Send file descriptor 2 to nowhere for a moment.

    For the few calls in which MediaPipe and TFLite write INFO and W lines: creating a network, its first find, closing
    it. No variable or flag reaches their logger (GLOG_minloglevel, TF_CPP_MIN_LOG_LEVEL and ABSL_* were tried with
    1.2.2 and 1.2.3). What Python wrote before still comes out.
    """
    with _lock:
        if sys.stderr is not None:
            sys.stderr.flush()
        try:
            saved = os.dup(_STDERR)
        except OSError:  # started without a stderr: nothing to keep quiet
            yield
            return
        try:
            nowhere = os.open(os.devnull, os.O_WRONLY)
            os.dup2(nowhere, _STDERR)
            os.close(nowhere)
            yield
        finally:
            os.dup2(saved, _STDERR)
            os.close(saved)
