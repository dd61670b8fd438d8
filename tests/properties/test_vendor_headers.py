"""How the headers of the vendors' exports are joined and in which case they are written changes neither table nor figure.

Left out are the folders in which a header holds more than words: a stage in quotes, lines above it, another encoding.
"""

from __future__ import annotations

import csv
from pathlib import Path

import pytest

from ..test_vendors import CASES, seen
from .test_headers import words

STYLES = {
    "snake_case": lambda label: "_".join(words(label)).lower(),
    "camelCase": lambda label: "".join(word.title() if at else word.lower() for at, word in enumerate(words(label))),
    "UPPER CASE": str.upper,
}
RESTYLED = (
    "close-opportunities",
    "dixa-conversations",
    "freshdesk-tickets",
    "gorgias-tickets",
    "magento-orders",
    "paddle-subscriptions",
    "pipedrive-unprefixed",
    "salesforce-data-loader",
    "shopify-orders",
    "stripe-invoices",
    "stripe-subscriptions",
    "suitecrm-opportunities",
    "superstore",
    "zendesk-tickets",
)


@pytest.mark.parametrize("case", [case for case in CASES if case.name in RESTYLED], ids=lambda case: case.name)
def test_how_a_vendor_s_headers_are_joined_changes_no_figure(case: Path, tmp_path: Path) -> None:
    before = seen(case)
    for style, joined in STYLES.items():
        folder = tmp_path / style.split()[0]
        folder.mkdir()
        for path in case.glob("*.csv"):
            header, rest = path.read_text(encoding="utf-8-sig").split("\n", 1)
            labels = [joined(label) for label in next(csv.reader([header]))]
            (folder / path.name).write_text(",".join(f'"{label}"' for label in labels) + "\n" + rest, encoding="utf-8")
        after = seen(folder)

        assert before["figures"] == after["figures"], style
        for name, file in before["files"].items():
            assert [file[part] for part in ("table", "rows", "used", "left_out")] == [
                after["files"][name][part] for part in ("table", "rows", "used", "left_out")
            ], style


def test_every_folder_that_is_restyled_is_there_and_has_a_header_to_restyle() -> None:
    assert {case.name for case in CASES if list(case.glob("*.csv"))} >= {*RESTYLED}
