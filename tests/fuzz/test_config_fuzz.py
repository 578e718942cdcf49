"""config.yaml: whatever text it is."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import suppress
from pathlib import Path

import pytest
import yaml
from hypothesis import given
from hypothesis import strategies as st

from kdance.cli.config_file import check, with_value
from kdance.config import Settings, load_settings, parse_settings
from kdance.errors import KdanceError
from tests.fuzz.conftest import fuzzed
from tests.fuzz.strategies import SCALARS, TEXTS, VALUES, hurt, typed

ROOT = Path(__file__).parents[2]
WHOLE = b"".join((ROOT / "config.yaml").read_bytes().splitlines(keepends=True)[:30])
PATH = Path("config.yaml")
KEYS = [(section, name) for section, field in Settings.model_fields.items() for name in field.annotation.model_fields]  # type: ignore[union-attr]
PIECES = (
    ["camera:", "  width: ", "\n", "\t", "  ", "- ", "&a ", "*a", "!!python/name:os.system", "{", "}", "[", "]", "? ",
     "0x1F", "1e400", ".nan", "2001-13-45", "1:60", "on", "~", "'", '"', "#", "%YAML 9.9", "---", "...",
     "<<: ", "|", ">"]
)  # fmt: skip


@fuzzed(0.3)
@given(data=hurt(WHOLE))
def test_a_file_that_was_hurt(data: bytes, tmp_path: Path, count: Callable[[], None]) -> None:
    count()
    path = tmp_path / "config.yaml"
    path.write_bytes(data)
    with suppress(KdanceError):
        load_settings(path)


@fuzzed(1.5)
@given(text=typed(PIECES, 12))
def test_a_text_that_looks_like_yaml(text: str, count: Callable[[], None]) -> None:
    count()
    with suppress(KdanceError):
        parse_settings(text, PATH)


@fuzzed(0.3)
@given(key=st.sampled_from(KEYS), value=SCALARS | VALUES)
def test_a_value_that_nobody_would_set(key: tuple[str, str], value: object, count: Callable[[], None]) -> None:
    count()
    with suppress(KdanceError):
        check(yaml.safe_dump({key[0]: {key[1]: value}}, allow_unicode=True), PATH)


@fuzzed(0.05)
@given(key=st.sampled_from(KEYS).map(".".join) | TEXTS, value=typed(PIECES, 4))
def test_a_value_typed_at_config_set(key: str, value: str, count: Callable[[], None]) -> None:
    count()
    with suppress(KdanceError):
        written = with_value(WHOLE.decode(), PATH, key, value)
        written.encode()


@pytest.mark.parametrize("key", KEYS, ids=".".join)
def test_a_text_that_would_unfold_to_all_memory_is_refused_at_once(key: tuple[str, str]) -> None:
    laughs = "\n".join(f"  l{n}: &l{n} [{', '.join([f'*l{n - 1}'] * 10 if n else ['x'] * 10)}]" for n in range(12))
    with pytest.raises(KdanceError):
        parse_settings(f"camera:\n{laughs}\n{key[0]}:\n  {key[1]}: *l11\n".replace("camera:\n", "x:\n", 1), PATH)
