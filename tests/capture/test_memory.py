"""Memory of the C library."""

from __future__ import annotations

import platform
import subprocess
import sys
from pathlib import Path

import pytest

COUNT_HEAPS = """
import ctypes, sys, threading
from kdance.capture.memory import use_few_heaps
if "few" in sys.argv:
    use_few_heaps()
c = ctypes.CDLL(None)
c.malloc.restype = c.fopen.restype = ctypes.c_void_p
together = threading.Barrier(12)
def take():
    together.wait()
    c.malloc(ctypes.c_size_t(1000))
    together.wait()
threads = [threading.Thread(target=take) for _ in range(12)]
[thread.start() for thread in threads]
[thread.join() for thread in threads]
path = sys.argv[1]
file = ctypes.c_void_p(c.fopen(path.encode(), b"w"))
c.malloc_info(0, file)
c.fclose(file)
print(open(path).read().count("<heap "))
"""


def heaps(home: Path, *options: str) -> int:
    ran = subprocess.run(
        [sys.executable, "-c", COUNT_HEAPS, str(home / "heaps"), *options],
        capture_output=True,
        text=True,
        check=True,
        timeout=60,
    )
    return int(ran.stdout)


@pytest.mark.skipif(platform.libc_ver()[0] != "glibc", reason="no glibc, whose heaps these are")
def test_many_threads_share_two_heaps(tmp_path: Path) -> None:
    assert heaps(tmp_path, "few") <= 2 < heaps(tmp_path)
