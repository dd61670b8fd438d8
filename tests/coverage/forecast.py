"""Forecasts: how far off they are and how often their bands hold, on made-up companies that grow, have a season and vary,
and on public series where they are at hand (shared/data/series: of each some moments, at which only what lies before them
is known). Errors are by the mean change from a year to the next that was known at the moment (MASE)."""

from __future__ import annotations

import csv
import tomllib
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date, timedelta
from pathlib import Path

import numpy as np

from crm_metrics import api
from crm_metrics.analysis.forecast.backtest import Moments
from crm_metrics.analysis.forecast.forecast import Forecast, Record, forecast
from crm_metrics.periods import calendar, parse
from crm_metrics.settings import Settings
from tests.conftest import SHARED

AHEAD = (1, 3, 6)
HOLDS = {0.5: (0.44, 0.56), 0.9: (0.86, 0.94)}
SEASONS = {"month": 12, "week": 52}
LEAST = {"month": 24, "week": 30}  # periods that a moment knows; two thirds of a short series
MOMENTS = 15  # of a series
WORSE = 1.05  # times the reference's error that ours may be


@dataclass(frozen=True)
class Tried:
    """One forecast of the total of the next `ahead` periods: by series, what came in which bands, the scaled errors of ours,
    of as a year ago, and of the mean of AutoETS and AutoTheta (NaN where not known)."""

    series: str
    ahead: int
    inside: dict[float, bool]
    error: float
    year_ago: float
    reference: float


def measured(runs: int, seed: int) -> tuple[list[str], bool]:
    """`runs` made-up companies, each with a total of 1, 3 and 6 months; of each public series 15 moments, a third of them
    for fewer than 100 runs."""
    said, kept = _table("made-up companies", list(made_up(runs, seed)))
    folder = SHARED / "series"
    if not folder.exists():
        return [*said, "public series: not at hand"], kept
    more, held = _table("public series", list(public(folder, quick=runs < 100)))
    if runs < 100:
        more.append("fewer than 100 runs: too few to judge by")
    return [*said, *more], runs < 100 or (kept and held)


def made_up(runs: int, seed: int) -> Iterator[Tried]:
    """Totals of months of a company: orders by chance, that get more or fewer, by season, each of a skewed amount."""
    for run in range(seed, seed + runs):
        rng = np.random.default_rng([20, run])
        known = int(rng.integers(28, 60))
        months = known + max(AHEAD)
        season = np.exp(rng.choice([0.0, 0.15, 0.4]) * rng.normal(size=12))
        level = np.exp(np.cumsum(rng.normal(rng.normal(0.005, 0.01), 0.02, months)))
        orders = rng.poisson(rng.choice([15, 60, 300]) * level * np.resize(season, months))
        values = np.array([rng.lognormal(6, 0.7, count).sum() for count in orders])
        for ahead in AHEAD:
            yield _tried(str(run), values, known, ahead, 12, _direct(values[:known], ahead), np.nan)


def public(folder: Path, *, quick: bool) -> Iterator[Tried]:
    """Every public series at moments evenly spread over its later part; a third of them where `quick`."""
    with (folder / "reference.csv").open(encoding="utf-8", newline="") as file:
        reference = {
            (row["series"], int(row["horizon"]), row["origin"]): (float(row["auto_ets"]) + float(row["auto_theta"])) / 2
            for row in csv.DictReader(file)
        }
    for name, facts in tomllib.loads((folder / "series.toml").read_text(encoding="utf-8")).items():
        grain = facts["grain"]
        with (folder / f"{name}.csv").open(encoding="utf-8", newline="") as file:
            rows = list(csv.DictReader(file))
        values = np.array([float(row["amount"]) for row in rows])
        starts = [_start(date.fromisoformat(row["order date"]), grain) for row in rows]
        first = min(LEAST[grain], 2 * len(values) // 3)
        known_at = np.unique(np.linspace(first, len(values) - max(AHEAD), MOMENTS).round().astype(int))
        for known in known_at[1::3] if quick else known_at:
            labels = [f"{day:%Y-%m}" if grain == "month" else "{}-W{:02}".format(*day.isocalendar()) for day in starts]
            for ahead in AHEAD:
                found = api.forecast(
                    [str(folder / f"{name}.csv")],
                    "revenue",
                    period=labels[known] if ahead == 1 else f"{labels[known]}..{labels[known + ahead - 1]}",
                    settings=Settings(as_of=starts[known] - timedelta(days=1)),
                )
                other = reference.get((name, ahead, labels[known - 1]), np.nan)
                yield _tried(name, values, known, ahead, SEASONS[grain], found.forecasts[0], other)


def _start(day: date, grain: str) -> date:
    return day.replace(day=1) if grain == "month" else day - timedelta(days=day.weekday())


def _direct(values: np.ndarray, ahead: int) -> Forecast:
    """The forecast of the next months together, from those known, which end with 2020."""
    first = calendar.shift("month", date(2021, 1, 1), -len(values))
    last = calendar.shift("month", date(2021, 1, 1), ahead - 1)
    period = parse(f"2021-01..{last:%Y-%m}").resolve(as_of=date(2020, 12, 31), first=first)
    moments = Moments.of(period, date(2020, 12, 31), first)
    totals = np.convolve(values, np.ones(ahead), "valid")[::-1]
    whole = np.concatenate([np.full(ahead, np.nan), totals, np.zeros(ahead)])[: moments.steps + 1]
    record = Record(True, (0.0, np.inf), np.zeros(moments.steps + 1), whole, values[::-1][: moments.steps])
    found = forecast(record, moments, None, currency=None, actual=None)
    assert found is not None
    return found


def _tried(
    name: str, values: np.ndarray, known: int, ahead: int, season: int, found: Forecast, reference: float
) -> Tried:
    came = float(values[known : known + ahead].sum())
    totals = np.convolve(values[:known], np.ones(ahead), "valid")
    if known >= 2 * season:
        scale = np.abs(totals[season:] - totals[:-season]).mean()
    else:
        scale = np.abs(totals[1:] - ahead * values[: len(totals) - 1]).mean()
    before = values[known - season : known - season + ahead].sum() if known >= season else ahead * values[known - 1]
    inside = {level: bool(low <= came <= high) for level, (low, high) in found.chosen.bands.items()}
    errors = (abs(value - came) / scale for value in (found.chosen.point, before, reference))
    return Tried(name, ahead, inside, *errors)


def _table(title: str, tried: list[Tried]) -> tuple[list[str], bool]:
    """A line per horizon, then the bands of all; and whether all is kept."""
    said, kept, better = [f"{title}: in 50 %, in 90 %, scaled error: ours, as a year ago, the reference"], True, []
    for ahead in AHEAD:
        some = [one for one in tried if one.ahead == ahead]
        names = list(dict.fromkeys(one.series for one in some))
        of_series = [
            np.mean([(one.error, one.year_ago, one.reference) for one in some if one.series == name], axis=0)
            for name in names
        ]
        ours, year_ago, reference = np.mean(of_series, axis=0)
        better += [each[0] < each[1] for each in of_series]
        kept &= bool(not ours > WORSE * reference)
        rates = "  ".join(f"{np.mean([one.inside[level] for one in some]):6.1%}" for level in HOLDS)
        said.append(f"{ahead} ahead  {rates}  {ours:.2f}  {year_ago:.2f}  {reference:.2f}")
    for level, (low, high) in HOLDS.items():
        rate = np.mean([one.inside[level] for one in tried])
        kept &= bool(low <= rate <= high)
        said.append(f"bands of {level:.0%} hold {rate:.1%} of {len(tried)}")
    said.append(f"better than as a year ago in {np.mean(better):.0%}")
    return said, bool(kept and np.mean(better) > 0.5)
