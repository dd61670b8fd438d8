"""The catalogue of data problems has a sentence for every code that the package uses."""

from __future__ import annotations

import re
from pathlib import Path

import crm_metrics
from crm_metrics.issues import CATALOGUE

_USED = re.compile(r'(?:Issue|\.report|\.note|\.say|_report)\(\s*"([a-z0-9-]+)"')


def test_every_code_that_is_used_has_a_sentence() -> None:
    package = Path(crm_metrics.__file__).parent
    used = {code for path in package.rglob("*.py") for code in _USED.findall(path.read_text(encoding="utf-8"))}

    assert len(used) > 50
    assert set() == used - CATALOGUE.keys()
