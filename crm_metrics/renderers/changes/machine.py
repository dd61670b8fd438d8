"""A change and what it came of as JSON."""

from __future__ import annotations

import json
from dataclasses import asdict
from typing import TYPE_CHECKING, TextIO

if TYPE_CHECKING:
    from crm_metrics.api.opening import Why


def write(why: Why, out: TextIO) -> None:
    """Writes one object: `total` with both values and the change; `rows`, one per dimension and segment, whose contributions
    add up to the change within each dimension; what is missing is null."""
    change = why.change
    made = {
        "format": 1,
        "as_of": why.as_of.isoformat(),
        "metric": change.metric.name,
        "title": change.metric.title,
        "unit": str(change.metric.unit),
        "currency": change.currency,
        "period": why.period.label,
        "compare_period": why.earlier.label,
        "total": {
            "before": change.before,
            "now": change.now,
            "change": change.now - change.before,
            "n_before": change.n_before,
            "n": change.n,
            "signal": change.signal,
        },
        "rows": [
            {"dimension": dimension.name, **asdict(driver)}
            for dimension in change.dimensions
            for driver in dimension.drivers
        ],
        "refused": change.refused,
    }
    json.dump(made, out, indent=1, ensure_ascii=False, allow_nan=False)
    out.write("\n")
