"""What the system saw a whole session do: not one address but this machine's own, and no name looked up."""

from __future__ import annotations

import re
import shutil
import subprocess
from pathlib import Path

import pytest

from kdance.dance.references import Reference
from tests.conftest import DEMO_CLIPS
from tests.session_factory import KDANCE, environment

# The address of a connect, sendto or sendmsg as strace writes it.
ADDRESS = re.compile(r'inet_addr\("([^"]+)"\)|inet_pton\(AF_INET6, "([^"]+)"')
SENDING = re.compile(r"\b(connect|sendto|sendmsg|sendmmsg)\(")
OWN = ("127.", "::1", "0.0.0.0", "::ffff:127.")


def addresses_in(trace: str) -> set[str]:
    """All that a trace tried to reach."""
    lines = [line for line in trace.splitlines() if SENDING.search(line)]
    return {first or second for line in lines for first, second in ADDRESS.findall(line)}


@pytest.fixture(scope="module")
def strace() -> str:
    found = shutil.which("strace")
    if found is None:
        pytest.skip("needs strace")
    if subprocess.run([found, "-o", "/dev/null", "true"], capture_output=True, check=False).returncode:
        pytest.skip("strace may not trace here")
    return found


@pytest.mark.slow
def test_a_session_reaches_nobody(strace: str, demo_reference: Reference, tmp_path: Path) -> None:
    home = demo_reference.video.parents[2]
    camera = ("--camera", str(DEMO_CLIPS / "demo_take.mp4"), "--no-window", "--seconds", "2")
    for number, arguments in enumerate((("train", "demo", *camera), ("report", "last-session"), ("references",))):
        trace = tmp_path / f"{number}.trace"
        what = "trace=%network,openat"
        command = [strace, "-f", "--seccomp-bpf", "-qq", "-e", what, "-o", str(trace), *KDANCE, *arguments]
        done = subprocess.run(command, env=environment(home), capture_output=True, text=True, timeout=100, check=False)
        assert done.returncode == 0, done.stderr
        seen = trace.read_text(errors="replace")
        assert {address for address in addresses_in(seen) if not address.startswith(OWN)} == set()
        assert "resolv.conf" not in seen  # who looks up a name reads it


def test_a_reader_of_traces_sees_who_was_called() -> None:
    assert addresses_in(
        '1 connect(3, {sa_family=AF_INET, sin_port=htons(53), sin_addr=inet_addr("9.9.9.9")}, 16) = 0\n'
        '1 getsockname(3, {sa_family=AF_INET, sin_port=htons(0), sin_addr=inet_addr("1.1.1.1")}, [16]) = 0\n'
        '1 sendto(3, "x", 1, 0, {sa_family=AF_INET6, inet_pton(AF_INET6, "2001:db8::1", &sin6_addr)}, 28) = 1\n'
    ) == {"9.9.9.9", "2001:db8::1"}
