"""Whether what is installed is whole: packages that fit together, networks as they were shipped."""

from __future__ import annotations

import hashlib
import re
from importlib import metadata
from importlib.resources import files
from typing import Final

from kdance.errors import KdanceError

_OPENCV: Final = re.compile(r"opencv(-contrib)?-python(-headless)?")
_DIGEST: Final = re.compile(r"^\| `([\w.]+)` \|.*`([0-9a-f]{64})` \|$", re.MULTILINE)
_OURS: Final = "opencv-contrib-python"
_REINSTALL: Final = f"pip install --force-reinstall {_OURS}"
_AGAIN: Final = "Install kdance anew, into an environment of its own."


def check_packages() -> str:
    """Look for packages that stand in each other's way, which pip lets happen: all of OpenCV's own one module.

    Returns:
        What was found, in a few words.

    Raises:
        KdanceError: They don't fit together.
    """
    found = {
        name: package.version
        for package in metadata.distributions()
        if _OPENCV.fullmatch(name := package.metadata["Name"].lower().replace("_", "-"))
    }
    listed = ", ".join(f"{name} {version}" for name, version in sorted(found.items()))
    newest = max(found.values(), default="")
    if headless := [name for name in found if name.endswith("-headless")]:
        raise KdanceError(
            f"{headless[0]} is installed too ({listed}): it takes the window away.",
            f"pip uninstall {' '.join(headless)}, then: {_REINSTALL}",
        )
    if len(set(found.values())) > 1:
        raise KdanceError(
            f"Two versions of OpenCV share one folder: {listed}.",
            f"pip uninstall {' '.join(sorted(set(found) - {_OURS}))}, then: {_REINSTALL}=={newest}",
        )
    return listed


def check_networks() -> str:
    """Compare the networks that are shipped with what they were.

    Returns:
        How many there are, in a few words.

    Raises:
        KdanceError: One is missing or changed.
    """
    folder = files("kdance") / "models"
    digests = dict(_DIGEST.findall((folder / "README.md").read_text(encoding="utf-8")))
    for name, digest in digests.items():
        try:
            found = hashlib.sha256((folder / name).read_bytes()).hexdigest()
        except OSError as error:
            raise KdanceError(f"The network {name} can't be read: {error.strerror}.", _AGAIN) from error
        if found != digest:
            raise KdanceError(f"The network {name} is not the one that was shipped.", _AGAIN)
    return f"{len(digests)} networks, as they were shipped"
