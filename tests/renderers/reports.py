"""Reports made by hand, and what a format makes of them."""

import csv
import io
from dataclasses import replace
from datetime import date

import pandas as pd

from crm_metrics import writers
from crm_metrics.commands.report.book import book
from crm_metrics.metrics.metric import Better, Metric, Unit
from crm_metrics.reporting.report import Report

CASES = {
    "deals_won": (128.0, Unit.COUNT, Better.HIGHER, "sales"),
    "win_rate": (0.6315, Unit.PERCENT, Better.HIGHER, "sales"),
    "revenue_won": (1234567.89, Unit.MONEY, Better.HIGHER, "sales"),
    "average_deal_value": (312.5, Unit.MONEY, Better.HIGHER, "sales"),
    "pipeline_velocity": (-98765432.1, Unit.MONEY_PER_DAY, Better.HIGHER, "sales"),
    "sales_cycle_length": (51.8, Unit.DAYS, Better.LOWER, "sales"),
    "quick_ratio": (3.4, Unit.RATIO, Better.HIGHER, "value"),
    "cac_payback": (4.2, Unit.MONTHS, Better.LOWER, "acquisition"),
    "first_response_time": (88.0, Unit.MINUTES, Better.LOWER, "service"),
    "resolution_time": (35.9, Unit.HOURS, Better.LOWER, "service"),
    "nps": (51.6, Unit.POINTS, Better.HIGHER, "voice"),
    "csat_score": (4.12, Unit.SCORE, Better.HIGHER, "voice"),
}


def metric(name="deals_won", **given):
    _, unit, better, family = CASES.get(name, CASES["deals_won"])
    title = name.replace("_", " ").capitalize()
    return Metric(**{"name": name, "family": family, "title": title, "unit": unit, "better": better, **given})


def row(of, value, **given):
    """One tidy row of March 2025; what is not given is missing."""
    return {
        "metric": of.name,
        "title": of.title,
        "unit": of.unit.value,
        "period": "2025-03",
        "start": "2025-03-01",
        "end": "2025-03-31",
        "complete": True,
        "value": value,
        "n": 195.0,
        "status": "ok" if value is not None else "unavailable",
        "currency": "USD" if of.is_money else None,
        **given,
    }


def report(rows, metrics, **given):
    """A report of March 2025 with the given tidy rows; what is not given is left empty."""
    made = Report(
        rows=pd.DataFrame(),
        metrics=metrics,
        **{
            "period": "2025-03",
            "start": date(2025, 3, 1),
            "end": date(2025, 3, 31),
            "as_of": date(2025, 3, 31),
            "complete": True,
            **given,
        },
    )
    return replace(made, rows=pd.DataFrame(rows, columns=made.columns))


def full_report(**given):
    metrics = [metric(name) for name in CASES]
    changes = {"compare_period": "2025-02", "compare_value": 1.0, "change": 1.5, "change_pct": 0.124}
    rows = [row(of, CASES[of.name][0], **changes) for of in metrics]
    histories = {of.name: [1.0, None, 3.0, *[2.0] * 9] for of in metrics}
    return report(rows, metrics, compare_period="2025-02", history=histories, **given)


def by_owner_report(owners=("Ann", "(none)"), months=("2025-01", "2025-02"), **given):
    metrics = [metric(name) for name in CASES]
    rows = [
        row(of, CASES[of.name][0] * (place + 1), owner=owner, period=month, start=f"{month}-01", end=f"{month}-28")
        for of in metrics
        for month in months
        for place, owner in enumerate(owners)
    ]
    return report(rows, metrics, by=("owner",), grain="month", **given)


def rendered(made, format="text", everything="", paths=(), **how):  # noqa: A002
    return writers.write(book(made, scope=everything, paths=paths), format, writers.How(**how))


def read_back(made, format="csv"):  # noqa: A002
    return list(csv.DictReader(io.StringIO(rendered(made, format), newline=""), dialect=_dialect(format)))


def _dialect(format):  # noqa: A002
    return {"csv": "excel", "tsv": "excel-tab"}[format]
