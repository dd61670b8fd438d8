"""A report as Python programs and notebooks have it: tables with real types, a short name, a page of its figures."""

from __future__ import annotations

from dataclasses import dataclass
from html import escape
from typing import TYPE_CHECKING, Any

from crm_metrics.reporting.report import Report

if TYPE_CHECKING:
    import pandas as pd

_MOST = 60  # rows that a notebook shows
_WHOLE = ("n", "rank_low", "rank_high")
_REPEATED = (
    "metric",
    "title",
    "unit",
    "period",
    "status",
    "reason",
    "currency",
    "compare_period",
    "signal",
    "standing",
)


@dataclass(frozen=True, repr=False)
class Result(Report):
    """A report with its figures as tables: `frame` has a row for each metric, period and segment, `wide()` a column for each
    period."""

    @property
    def frame(self) -> pd.DataFrame:
        """The rows with days as moments, numbers of records and places as whole numbers, and texts that repeat as
        categories. Shares are fractions, durations in the unit of the row; what is missing is NaN, NaT or NA."""
        import pandas as pd

        rows = self.rows.copy()
        for name in ("start", "end"):
            rows[name] = pd.to_datetime(rows[name])
        rows["complete"] = rows["complete"].astype(bool)
        counts = dict.fromkeys(_WHOLE, "Int64")
        return rows.astype(counts | dict.fromkeys((*_REPEATED, *self.by, *self.per), "category"))

    def wide(self) -> pd.DataFrame:
        """A row for each figure and segment, a column for each period: of a series also for the whole of it, of one period
        for the one that it is compared with."""
        import pandas as pd

        from crm_metrics.commands.report.book import across

        sheet = across(self)
        return pd.DataFrame(list(sheet.rows), columns=[column.name for column in sheet.columns])

    def _repr_html_(self) -> str:
        """The figures that are given, in words and units, as notebooks show a table."""
        from crm_metrics.book import cells

        rows = self.rows[self.rows["status"] != "unavailable"]
        places = [*(["period"] if self.grain else []), *self.by, *self.per]
        heads = ["Figure", *places, "Value", "between (95 %)", "records"]
        heads += ["change", ""] if self.compare_period else []
        lines = []
        for row in rows.head(_MOST).to_dict("records"):
            paid = row["currency"] if isinstance(row["currency"], str) else None
            value, low, high = (cells.value(row[name], row["unit"], paid) for name in ("value", "low", "high"))
            line = [row["title"], *(_text(row[name]) for name in places), value]
            line += [f"{low} – {high}" if row["low"] == row["low"] else "", cells.count(row["n"])]
            if self.compare_period:
                difference, relative = (
                    None if row[name] != row[name] else row[name] for name in ("change", "change_pct")
                )
                line += [cells.change(difference, relative, row["unit"], paid), _text(row["signal"])]
            lines.append("".join(f"<td>{escape(cell)}</td>" for cell in line))
        more = len(rows) - len(lines)
        summary = [repr(self)[1:-1], *([f"{more:,} more rows: .frame"] if more else [])]
        head = "".join(f"<th>{escape(name)}</th>" for name in heads)
        body = "".join(f"<tr>{line}</tr>" for line in lines)
        about = "<br>".join(map(escape, summary))
        return f"<p>{about}</p><table><thead><tr>{head}</tr></thead><tbody>{body}</tbody></table>"


def _text(cell: Any) -> str:
    return cell if isinstance(cell, str) else ""
