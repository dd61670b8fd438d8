"""The commands beside `report`: one of them asked about the files of a mutant, with options that chance chooses."""

from __future__ import annotations

import random
from collections.abc import Callable, Sequence
from contextlib import suppress
from datetime import date
from typing import Any

from crm_metrics import api, writers
from crm_metrics.book import Book
from crm_metrics.commands import cohorts, funnel as funnel, goals, products
from crm_metrics.commands.customers import book as customers
from crm_metrics.commands.forecast import book as forecast
from crm_metrics.commands.pipeline import book as pipeline
from crm_metrics.commands.review import book as review
from crm_metrics.commands.trend import book as trend
from crm_metrics.commands.voice import book as voice
from crm_metrics.errors import NothingToReport, UsageError
from crm_metrics.settings import Settings
from crm_metrics.tables import Dataset

DIMENSIONS = ("owner", "customer", "team", "source", "currency")
METRICS = ("revenue_won", "deals_won", "win_rate", "mrr", "revenue", "backlog", "first_response_time", "nps", "cac")
FILTERS = ("revenue > 100", "rfm_segment == 'at risk'", "last_purchase < '2025-03-01' or mrr is None")
COLUMNS = ("name", "-last_purchase", "rfm_segment", "alive", "orders")
GOALS: list[dict[str, Any]] = [
    {"metric": "revenue_won", "target": 5000, "start": "2025-Q1", "due": "2025-Q1"},
    {"metric": "revenue_won", "target": 90000, "start": "2026", "due": "2026", "scope": {"owner": "Ann"}},
    {"metric": "win_rate", "target": 0.4, "every": "quarter", "start": "2025", "due": "2026"},
    {"metric": "backlog", "target": 2, "baseline": 9, "start": "2025-01", "due": "2026-12"},
    {"metric": "churn_rate", "target": 0.05, "start": "2025-Q4", "due": "2025-Q4"},
]
BOOK_FORMATS = tuple(name for name in writers.formats() if name not in ("png", "svg"))  # which not every book has
# What is asked in Python, and what makes tables of the answer.
COMMANDS: dict[str, tuple[Callable[..., Any], Callable[..., Book]]] = {
    "cohorts": (api.cohorts, cohorts.book),
    "customers": (api.customers, customers.book),
    "forecast": (api.forecast, forecast.book),
    "funnel": (api.bottleneck, funnel.book),
    "goals": (api.goals, goals.book),
    "hold_out": (api.hold_out, customers.book),
    "pipeline": (api.pipeline, pipeline.book),
    "products": (api.products, products.book),
    "review": (api.review, review.book),
    "trend": (api.trend, trend.book),
    "voice": (api.voice, voice.book),
}


def asked(rng: random.Random, paths: Sequence[str], today: date) -> tuple[str, Dataset | None]:
    """The first of four commands that has an answer, and the data it was made from. Raises what the last one raises."""
    *first, last = rng.sample(sorted(COMMANDS), 4)
    for name in first:
        with suppress(NothingToReport, UsageError):
            return name, _answered(name, rng, paths, today)
    return last, _answered(last, rng, paths, today)


def _answered(name: str, rng: random.Random, paths: Sequence[str], today: date) -> Dataset | None:
    """Runs a command and writes its answer in any format; the data that it was made from."""
    settings: dict[str, Any] = {"goal": GOALS} if name == "goals" or rng.random() < 0.3 else {}
    if rng.random() < 0.2:
        settings["as_of"] = rng.choice(("2025-02-28", "2023-01-01", "2026-12-31"))
    ask, booked = COMMANDS[name]
    found = ask(paths, settings=Settings(**settings), today=today, **_options(rng, name, paths))
    book = booked(found)
    table = rng.choice((None, None, *book.sheets))
    how = writers.How(verbose=True, width=rng.choice((None, 40)))
    writers.write(book, rng.choice((*BOOK_FORMATS, "text")), how, table=table and table.name)
    return found[0] if name == "hold_out" else getattr(found, "dataset", None)


def _options(rng: random.Random, name: str, paths: Sequence[str]) -> dict[str, Any]:
    """The command's own options, each of them in some mutants only."""
    dims = rng.sample(DIMENSIONS, rng.choice((0, 0, 1, 2)))
    own: dict[str, dict[str, Any]] = {
        "funnel": {"segment": {"owner": "Ann"} if rng.random() < 0.2 else None},
        "cohorts": {
            "by": rng.choice(("month", "quarter", "year", "week")),
            "of": rng.choice(("purchases", "revenue", "starts", "mrr")),
        },
        "customers": {
            "left": rng.random() < 0.3,
            "where": rng.choice((None, *FILTERS)),
            "sort": rng.choice((None, *COLUMNS)),
            "top": rng.choice((None, 1, 20)),
            "unit": rng.choice(("days", "weeks", "months")),
        },
        "forecast": {"metric": rng.choice(METRICS)},
        "hold_out": {"until": date(2025, rng.randint(1, 12), 15)},
        "pipeline": {"by": dims, "against": rng.choice(paths) if rng.random() < 0.5 else None},
        "products": {"top": rng.choice((1, 20)), "least": rng.choice((1, 5))},
        "trend": {
            "metrics": rng.sample(METRICS, 2),
            "grain": rng.choice(("day", "week", "month", "quarter", "year")),
            "by": dims,
            "last": rng.choice((None, 1, 24)),
        },
        "voice": {"by": dims, "least": rng.choice((1, 5)), "quotes": rng.choice((0, 2))},
    }
    period = rng.choice((None, None, "all", "2024", "2025-Q1", "2025-03", "2026-11", "last-12-months", "2026..2027"))
    timeless = name == "hold_out" or (name == "pipeline" and own[name]["against"] is None)
    return {**own.get(name, {}), **({} if timeless else {"period": period})}
