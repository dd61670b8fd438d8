"""The format of vendor files: what the check of a user's own file knows is what the built-in ones use."""

from __future__ import annotations

import tomllib
from importlib.resources import files

import pytest

from crm_metrics.loaders.vendor_files import mistakes

BUILT_IN = sorted(
    (entry for entry in files("crm_metrics.loaders.vendors").iterdir() if entry.name.endswith(".toml")),
    key=lambda entry: entry.name,
)


@pytest.mark.parametrize("entry", BUILT_IN, ids=lambda entry: entry.name)
def test_a_built_in_file_passes_the_check_of_a_user_s_own(entry) -> None:  # type: ignore[no-untyped-def]
    assert [] == mistakes(tomllib.loads(entry.read_text(encoding="utf-8")))


def test_every_mistake_is_found_at_once() -> None:
    file = {
        "titel": "x",
        "missing": "NA",
        "layout": [{"table": "deals", "columns": {"amont": ["A"]}, "signature": ["A"]}, {}],
    }

    said = [sentence for _, sentence in mistakes(file)]

    assert [
        "there is no key 'titel'. Did you mean title?",
        "missing = 'NA': a list of texts expected",
        "title is missing: the name of the tool",
        "deals have no column 'amont'. Did you mean amount?",
    ] == said[:4]
    assert said[4].startswith("table = None.")
