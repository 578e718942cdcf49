"""What a dancer does with references they have: give one another name, remove one."""

from __future__ import annotations

import shutil
import tempfile
from pathlib import Path

from kdance.dance.references import TEMPORARY, check_name, load_reference, save_info, unknown, writing
from kdance.errors import DanceReferenceError


def rename_reference(folder: Path, name: str, new: str) -> None:
    """Give a reference another name.

    Raises:
        DanceReferenceError: There is no such reference, the new name is taken or can't be one, or the folder can't be
            written.
    """
    info = load_reference(folder, name).info
    new = check_name(new)
    if (folder / new).exists() and not (folder / new).samefile(folder / info.name):
        raise DanceReferenceError(f"There is a reference called '{new}' already.", "Choose another name for it.")
    with writing(new, folder):
        (folder / info.name).rename(folder / new)
    save_info(folder, info.model_copy(update={"name": new}))


def remove_reference(folder: Path, name: str) -> None:
    """Remove a reference with its video and sound; there is no moment in which half of it is there.

    Raises:
        DanceReferenceError: There is no such reference, or the folder can't be written.
    """
    home = folder / check_name(name)
    if not home.is_dir():
        raise unknown(folder, name)
    with writing(name, folder):
        gone = Path(tempfile.mkdtemp(prefix=TEMPORARY, dir=folder))
        home.rename(gone / name)
        shutil.rmtree(gone)
