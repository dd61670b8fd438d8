"""What only programs read of an opened figure, as plain values."""

from __future__ import annotations

from dataclasses import asdict
from typing import TYPE_CHECKING, Any

from crm_metrics.intervals.words import method

if TYPE_CHECKING:
    from crm_metrics.analysis.explanation import Explanation
    from crm_metrics.analysis.opening import Opened
    from crm_metrics.periods import Period


def as_json(figure: Opened) -> dict[str, Any]:
    """The value, the formulas with their figures, and each part with what was left out; dates are ISO text, both ends of a
    period inclusive."""
    made = _explanation(figure.now, figure.period)
    if figure.before is not None and figure.before_period is not None:
        made["before"] = _explanation(figure.before, figure.before_period)
    return {**made, "differs": figure.elsewhere}


def _explanation(opened: Explanation, period: Period) -> dict[str, Any]:
    return {
        "metric": opened.metric.name,
        "title": opened.metric.title,
        "unit": str(opened.metric.unit),
        "period": period.label,
        "segment": dict(opened.segment),
        "amounts": [asdict(amount) for amount in opened.amounts],
        "interval": method(opened.metric) or None,
        "edges": opened.metric.edges or None,
        "formulas": [
            {
                "metric": step.metric.name,
                "formula": step.metric.formula_text,
                "figures": {name: None if value != value else value for name, value in step.names.items()},
                "amounts": [asdict(amount) for amount in step.amounts],
            }
            for step in opened.steps
        ],
        "parts": [
            {
                "metric": part.metric.name,
                "table": part.metric.table,
                "aggregate": part.metric.aggregate,
                "column": part.metric.column or None,
                "where": part.metric.where_text or None,
                "at": part.metric.at,
                "open": list(part.metric.open) if part.metric.open else None,
                "amounts": [asdict(amount) for amount in part.amounts],
                "rows": part.total,
                "counted": len(part.rows),
                "left_out": dict(part.left_out),
                "headers": {path: dict(columns) for path, columns in part.headers.items()},
            }
            for part in opened.parts
        ],
    }
