"""The rules of docs/ARCHITECTURE.md that a program can check."""

from __future__ import annotations

import ast
import subprocess
import sys
from collections.abc import Iterator
from functools import cache
from graphlib import TopologicalSorter
from pathlib import Path

import pytest

import kdance

PACKAGE = Path(kdance.__file__).parent
LONGEST_MODULE = 350
LONGEST_FUNCTION = 60

# Who alone may import what, as files or folders of the package.
ONLY_THERE = {
    "cv2": ["capture", "window", "recording"],
    "mediapipe": ["capture/pose_extraction.py"],
    "openai": ["coach/ai/openai_client.py"],
    "fastdtw": ["motion/alignment.py"],
    "rich": ["cli", "report"],
    "jinja2": ["report/page.py"],
    "typer": ["cli"],
    "sounddevice": ["audio/sinks.py"],
    "python_stretch": ["audio/stretch.py"],
    "soundfile": ["audio/decode.py", "audio/speaker.py"],
    "imageio_ffmpeg": ["audio/ffmpeg.py"],
    "pyttsx3": ["audio/speaker.py"],
    "yaml": ["config.py", "dance"],
    "ruamel": ["cli/config_file.py"],
    "sqlite3": ["store"],
    "filelock": ["store"],
    "platformdirs": ["config.py"],
}
# The parts of the package from the top of the house to its ground: each may import only what stands below it. A part
# that is not in here fails the test. `None` after a part: it may see all below; else only what is named.
HOUSE: dict[str, list[str] | None] = {
    "__main__": ["cli"],
    "cli": None,
    "replay": [
        "window",
        "practice",
        "words",
        "review",
        "recording",
        "capture",
        "motion",
        "pose",
        "choices",
        "errors",
    ],
    "window": [
        "practice",
        "coach",
        "words",
        "review",
        "dance",
        "recording",
        "capture",
        "motion",
        "config",
        "choices",
        "worker",
        "pose",
        "errors",
    ],
    "practice": [
        "coach",
        "words",
        "store",
        "learning",
        "review",
        "dance",
        "recording",
        "capture",
        "audio",
        "motion",
        "config",
        "choices",
        "worker",
        "pose",
        "errors",
    ],
    "coach/ai": ["coach", "words", "store", "review", "capture", "config", "choices", "worker", "pose", "errors"],
    "coach": ["words", "review", "config", "motion", "pose"],
    "report": ["words", "learning", "review", "dance", "motion", "pose"],
    "words": ["learning", "review", "motion", "pose", "errors"],
    "store": ["learning", "review", "recording", "motion", "worker", "archive", "pose", "errors"],
    "learning": ["review", "dance", "motion", "choices", "pose", "errors"],
    "review": ["dance", "motion", "config", "choices", "pose"],
    "dance": ["capture", "audio", "motion", "config", "choices", "worker", "archive", "pose", "errors"],
    "recording": ["audio", "worker", "errors"],
    "capture": ["audio", "motion", "config", "choices", "worker", "pose", "errors"],
    "audio": ["motion", "choices", "worker", "pose", "errors"],
    "motion": ["choices", "pose", "errors"],
    "config": ["choices", "errors"],
    "choices": [],  # words and limits, nothing else: what a setting, an option and a formula share
    "worker": ["errors"],
    "archive": ["errors"],
    "pose": [],
    "errors": [],
    "__init__": [],
}
PURE = {"numpy", "kdance"}  # all that kdance/motion sees besides the standard library
READS_THE_DATE = {"datetime.now", "datetime.today", "date.today"}
IMPURE_STANDARD_LIBRARY = {"time", "datetime", "pathlib", "os", "io", "socket", "random", "threading", "logging"}
HEAVY = {"cv2", "mediapipe", "numpy", "openai", "pydantic", "fastdtw", "yaml"}


@cache
def files_of(part: str) -> list[Path]:
    """The modules of a file or folder of the package; none is a mistake in the rules above."""
    path = PACKAGE / part
    if not path.is_dir() and path.with_suffix(".py").is_file():
        path = path.with_suffix(".py")
    files = sorted(path.rglob("*.py")) if path.is_dir() else [path]
    assert files, f"{path} has no modules"
    for file in files:
        assert file.is_file(), f"there is no {file}"
    return files


@cache
def imports_of(file: Path) -> set[str]:
    """Every module a file imports, also inside functions, as a full dotted name."""
    found: set[str] = set()
    for node in ast.walk(ast.parse(file.read_text(encoding="utf-8"))):
        if isinstance(node, ast.Import):
            found |= {alias.name for alias in node.names}
        elif isinstance(node, ast.ImportFrom):
            package = module_of(file) if file.name == "__init__.py" else module_of(file).rpartition(".")[0]
            above = package.split(".")[: len(package.split(".")) + 1 - node.level] if node.level else []
            module = ".".join([*above, *([node.module] if node.module else [])])
            # `from kdance import errors` names a module, and needs nothing else of the package
            modules = {f"{module}.{alias.name}" for alias in node.names if is_module(f"{module}.{alias.name}")}
            found |= modules if len(modules) == len(node.names) else modules | {module}
        elif isinstance(node, ast.Call) and called(node.func) in ("__import__", "importlib.import_module"):
            pytest.fail(f"{file}:{node.lineno} imports something by a name that can't be checked")
    return found


def called(function: ast.expr) -> str:
    return ast.unparse(function)


def calls_in(file: Path) -> set[str]:
    """Everything a file calls, as it is written there."""
    nodes = ast.walk(ast.parse(file.read_text(encoding="utf-8")))
    return {called(node.func) for node in nodes if isinstance(node, ast.Call)}


def module_of(file: Path) -> str:
    parts = file.relative_to(PACKAGE.parent).with_suffix("").parts
    return ".".join(parts[:-1] if parts[-1] == "__init__" else parts)


def is_module(name: str) -> bool:
    path = PACKAGE.parent.joinpath(*name.split("."))
    return name.startswith("kdance.") and (path.with_suffix(".py").is_file() or (path / "__init__.py").is_file())


def part_of(module: str) -> str | None:
    """Which part of the house a dotted name belongs to; ``None`` when it is not kdance's."""
    if module.split(".", maxsplit=1)[0] != "kdance":
        return None
    path = "/".join(module.split(".")[1:])
    return part_at(path or "__init__")


def part_of_file(file: Path) -> str:
    """Which part of the house a file belongs to."""
    return part_at(file.relative_to(PACKAGE).with_suffix("").as_posix())


def part_at(path: str) -> str:
    """The innermost part that holds a module; the module itself where no rule knows it."""
    parts = sorted(HOUSE, key=len, reverse=True)
    return next((part for part in parts if path == part or path.startswith(f"{part}/")), path)


def all_imports() -> Iterator[tuple[Path, str]]:
    for file in files_of("."):
        for module in imports_of(file):
            yield file, module


def in_any(file: Path, parts: list[str]) -> bool:
    return any(file in files_of(part) for part in parts)


@pytest.mark.parametrize("library", ONLY_THERE)
def test_a_library_is_imported_in_its_place_alone(library: str) -> None:
    offenders = [
        str(file.relative_to(PACKAGE))
        for file, module in all_imports()
        if module.split(".")[0] == library and not in_any(file, ONLY_THERE[library])
    ]
    assert offenders == [], f"{library} belongs into {ONLY_THERE[library]}"


@pytest.mark.parametrize("library", [name for name in ONLY_THERE if name != "openai"])
def test_the_place_of_a_library_is_not_out_of_date(library: str) -> None:
    assert any(
        module.split(".")[0] == library
        for part in ONLY_THERE[library]
        for file in files_of(part)
        for module in imports_of(file)
    )


def test_every_part_has_a_rule() -> None:
    assert {part_of_file(file) for file in files_of(".")} == set(HOUSE)


@pytest.mark.parametrize("part", HOUSE)
def test_a_part_sees_only_what_it_is_built_on(part: str) -> None:
    order = list(HOUSE)
    below = order[order.index(part) + 1 :]
    rule = HOUSE[part]
    allowed = set(below if rule is None else rule)
    assert allowed <= set(below), "a rule that leads up"
    seen = {part_of(module) for file in files_of(part) if part_of_file(file) == part for module in imports_of(file)} - {
        None,
        part,
        "__init__.py",
    }
    assert seen <= allowed


def test_modules_import_in_one_direction() -> None:
    """No circle, also none of imports that only the type checker sees."""
    graph = {
        module_of(file): {name for name in imports_of(file) if is_module(name)} - {module_of(file)}
        for file in files_of(".")
    }
    tuple(TopologicalSorter(graph).static_order())  # raises CycleError, which names the circle


def test_motion_is_pure() -> None:
    for file in files_of("motion"):
        for module in imports_of(file):
            top = module.split(".")[0]
            allowed = PURE | ({"fastdtw"} if file.name == "alignment.py" else set())
            assert top in allowed or top in sys.stdlib_module_names, f"{file.name} imports {module}"
            assert top not in IMPURE_STANDARD_LIBRARY, f"{file.name} imports {module}"


def test_report_has_no_clock() -> None:
    for file in files_of("report"):
        assert "time" not in imports_of(file)
        assert not calls_in(file) & READS_THE_DATE


def test_practice_has_its_time_from_one_place() -> None:
    for file in files_of("practice"):
        if file.name == "clocks.py":
            continue
        assert "time" not in imports_of(file), f"{file.name} is to ask the session's clock"
        assert not calls_in(file) & READS_THE_DATE, f"{file.name} is to ask the session's clock"


def test_openai_is_imported_in_one_file_and_inside_a_function() -> None:
    importers = {file for file, module in all_imports() if module.split(".")[0] == "openai"}
    assert len(importers) <= 1
    for file in importers:
        for node in ast.parse(file.read_text(encoding="utf-8")).body:
            names = [alias.name for alias in getattr(node, "names", ())] + [getattr(node, "module", "") or ""]
            assert not any(name.split(".")[0] == "openai" for name in names)


def test_nothing_is_built_on_the_command_line() -> None:
    importers = {file.name for file, module in all_imports() if module == "kdance.cli"}
    assert importers == {"__main__.py"}


def test_threads_are_made_by_worker_alone() -> None:
    """Sound devices call on threads of their own; a thread of ours has a name, an end and an owner for its crash."""
    makers = {
        file.relative_to(PACKAGE).as_posix()
        for file in files_of(".")
        for node in ast.walk(ast.parse(file.read_text(encoding="utf-8")))
        if isinstance(node, ast.Call)
        and called(node.func).split(".")[-1] in ("Thread", "Timer", "ThreadPoolExecutor", "start_new_thread")
    }
    assert makers == {"worker.py"}


def test_nothing_private_is_imported_from_another_module() -> None:
    for file in files_of("."):
        for node in ast.walk(ast.parse(file.read_text(encoding="utf-8"))):
            if isinstance(node, ast.ImportFrom) and (node.module or "").startswith("kdance"):
                private = [alias.name for alias in node.names if alias.name.startswith("_")]
                assert private in ([], ["__version__"]), f"{file}:{node.lineno}"


# The instruments above


def test_a_wrong_path_fails_instead_of_checking_nothing() -> None:
    with pytest.raises(AssertionError, match="there is no"):
        files_of("motion/gone.py")
    with pytest.raises(AssertionError, match="has no modules"):
        files_of("models")


def test_imports_are_found_wherever_they_are(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    package = tmp_path / "kdance"
    for name in ("__init__.py", "errors.py", "capture/__init__.py", "capture/camera.py", "capture/frames.py"):
        (package / name).parent.mkdir(exist_ok=True)
        (package / name).write_text("")
    monkeypatch.setattr(f"{__name__}.PACKAGE", package)
    camera = package / "capture" / "camera.py"
    camera.write_text(
        "import os.path\nfrom kdance import errors\nfrom . import frames\nfrom ..errors import KdanceError\n"
        "def draw():\n    if True:\n        import cv2 as c\n"
    )
    assert imports_of(camera) == {"os.path", "kdance.errors", "kdance.capture.frames", "cv2"}


# Sizes


def test_modules_and_functions_can_be_read_in_one_go() -> None:
    too_long = {}
    for file in files_of("."):
        name, text = str(file.relative_to(PACKAGE)), file.read_text(encoding="utf-8")
        if (lines := len(text.splitlines())) > LONGEST_MODULE:
            too_long[name] = lines
        for node in ast.walk(ast.parse(text)):
            if not isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef):
                continue
            if (lines := (node.end_lineno or 0) - node.lineno + 1) > LONGEST_FUNCTION:
                too_long[f"{name}: {node.name}"] = lines
    assert too_long == {}


# What a start costs


def loaded_after(code: str) -> set[str]:
    """The top-level modules in a fresh interpreter after some code."""
    script = f"import sys\nbefore = set(sys.modules)\n{code}\nprint(*(set(sys.modules) - before), file=sys.stderr)"
    run = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, check=True, timeout=60)
    return {name.split(".")[0] for name in run.stderr.split()}


def test_importing_kdance_imports_nothing() -> None:
    assert loaded_after("import kdance") == {"kdance"}


@pytest.mark.parametrize("command", [[], ["train"], ["preprocess"], ["references"]], ids=" ".join)
def test_help_loads_nothing_heavy(command: list[str]) -> None:
    arguments = ["kdance", *command, "--help"]
    code = f"from kdance.cli import main\nsys.argv = {arguments}\ntry:\n    main()\nexcept SystemExit:\n    pass"
    loaded = loaded_after(code)
    assert "typer" in loaded
    # Typer itself uses pydantic to show the types of a command's options.
    assert loaded & HEAVY <= ({"pydantic"} if command else set())
