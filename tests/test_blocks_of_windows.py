"""Many periods at once: memory does not grow with how many there are, and no figure changes."""

from __future__ import annotations

from pathlib import Path

import pandas as pd
import pytest

from crm_metrics import api
from crm_metrics.engine import blocks, selection
from crm_metrics.engine.pairs import Pairs, standing
from crm_metrics.session import Session
from tests.conftest import TODAY

SAMPLE = str(Path(__file__).parent.parent / "sample_data")


@pytest.fixture
def held(monkeypatch: pytest.MonkeyPatch) -> list[int]:
    """How many pairs of a row and a window each look at what is there made."""
    sizes: list[int] = []

    def counted(*args: object) -> Pairs:
        pairs = standing(*args)  # type: ignore[arg-type]
        sizes.append(len(pairs.rows))
        return pairs

    monkeypatch.setattr(selection, "standing", counted)
    return sizes


@pytest.mark.parametrize(
    "asked",
    [
        {"by": ["day"], "period": "2025-12-22..2025-12-31", "compare": "previous"},
        {"by": ["week", "owner"], "period": "2025-11"},
        {"by": ["week"], "period": "2025-11", "compare": "year-ago", "where": "segment == 'SMB'"},
    ],
)
def test_figures_are_the_same_in_blocks(asked: dict[str, object], monkeypatch: pytest.MonkeyPatch) -> None:
    session = Session.of([SAMPLE], today=TODAY, where=asked.get("where"))
    question = session.query(**{name: value for name, value in asked.items() if name != "where"})
    dataset = session.load(question)
    whole = api.compute(dataset, question).rows
    monkeypatch.setattr(blocks, "MOST", 0)
    in_blocks = api.compute(dataset, question).rows
    pd.testing.assert_series_equal(in_blocks["value"], whole["value"], check_exact=True)
    pd.testing.assert_frame_equal(in_blocks, whole, rtol=1e-12, atol=0)


def test_what_is_held_does_not_grow_with_the_number_of_periods(
    held: list[int], monkeypatch: pytest.MonkeyPatch
) -> None:
    most = []
    asked = api.query(period="2025", by=["day"], metrics=["open_deals", "churn_rate", "mrr"])
    dataset = api.load([SAMPLE], asked, today=TODAY)
    for block in (1 << 20, 2_500):
        monkeypatch.setattr(blocks, "MOST", block)
        api.compute(dataset, asked)
        most.append(max(held))
        held.clear()

    assert most[0] > 50_000
    assert most[1] <= 2_500
