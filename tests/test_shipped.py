"""The TOML files that come with the program are read quickly, and as any TOML is read."""

from __future__ import annotations

import tomllib
from pathlib import Path

import pytest

import crm_metrics
from crm_metrics.shipped import quick, shipped

PACKAGE = Path(crm_metrics.__file__).parent
FILES = sorted(path.relative_to(PACKAGE) for path in PACKAGE.rglob("*.toml"))


@pytest.mark.parametrize("path", FILES, ids=str)
def test_a_file_read_quickly_says_what_it_says_as_toml(path: Path) -> None:
    text = (PACKAGE / path).read_text(encoding="utf-8")

    assert quick(text) == tomllib.loads(text)


def test_a_file_of_other_toml_is_read_as_toml(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "words").mkdir()
    (tmp_path / "words" / "xx.toml").write_text("a.b = 1_000  # one\n[c]\n'd e' = 'f'\n", encoding="utf-8")
    monkeypatch.setattr("crm_metrics.shipped._PACKAGE", tmp_path)

    assert {"a": {"b": 1000}, "c": {"d e": "f"}} == shipped("words", "xx")
