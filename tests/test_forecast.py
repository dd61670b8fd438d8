"""Forecasts: nothing that happened later shows in them, what they say of themselves is true, and they add up."""

from __future__ import annotations

import random
from datetime import date, timedelta
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from crm_metrics import api
from crm_metrics.analysis.forecast.backtest import Moments
from crm_metrics.analysis.forecast.simulation import chances, counted, simulate
from crm_metrics.analysis.pipeline.deals import NEVER, Deals
from crm_metrics.errors import NothingToReport, UsageError
from crm_metrics.periods import parse
from crm_metrics.settings import Settings

from .conftest import TODAY, figures

SAMPLE = str(Path(__file__).parents[1] / "sample_data")
START, AS_OF = date(2024, 1, 1), date(2024, 9, 30)


def world(
    seed: int, days: int, daily: float = 3.0, win: float = 0.015, lose: float = 0.02
) -> list[tuple[int, int | None, bool, float]]:
    """Deals of a made-up market: the day of creation, the day of the close (None: later), whether won, the amount. Young
    deals are closed half as often as older ones."""
    chance = np.random.default_rng(seed)
    made: list[tuple[int, int | None, bool, float]] = []
    for day in range(days):
        for _ in range(chance.poisson(daily)):
            amount, closed, won = round(float(chance.lognormal(7, 0.6)), 2), None, False
            for age in range(1, days - day):
                rate = 0.5 if age < 15 else 1.0
                drawn = chance.random()
                if drawn < (win + lose) * rate:
                    closed, won = day + age, drawn < win * rate
                    break
            made.append((day, closed, won, amount))
    return made


def deals_of(made: list[tuple[int, int | None, bool, float]], today: int) -> Deals:
    """The same as deals of an export of the last day."""
    created = np.array([one[0] for one in made])
    closed = np.array([NEVER if one[1] is None else one[1] for one in made])
    over, won = closed != NEVER, np.array([one[2] for one in made])
    none = np.full(len(made), None, dtype=object)
    amount = np.array([one[3] for one in made])
    frame = pd.DataFrame({"_source": 0, "_row": range(2, len(made) + 2)})
    expected = np.full(len(made), NEVER)
    is_open, now = ~over, np.zeros(len(made), dtype=bool)
    return Deals(
        frame, created, closed, expected, won, over & ~won, is_open, now, amount, none, None, today, today, expected
    )


def write(path: Path, made: list[tuple[int, int | None, bool, float]]) -> str:
    lines = ["Deal ID,Stage,Amount,Created At,Close Date"]
    for number, (created, closed, won, amount) in enumerate(made):
        stage = "Demo" if closed is None else "Closed Won" if won else "Closed Lost"
        end = "" if closed is None else START + timedelta(closed)
        lines.append(f"{number},{stage},{amount},{START + timedelta(created)},{end}")
    path.write_text("\n".join(lines) + "\n", encoding="utf-8")
    return str(path)


def forecast(path: str, metric: str = "revenue_won", period: str = "2024-10", as_of: date = AS_OF) -> api.Forecasted:
    return api.forecast([path], metric, period=period, settings=Settings(as_of=as_of), today=TODAY)


def told(found: api.Forecasted) -> list[object]:
    """All that is said, without what came in the end."""
    return [
        (one.chosen.name, one.so_far, [(m.name, m.point, m.bands, m.moments, m.mae, m.bias) for m in one.methods])
        for one in found.forecasts
    ]


@pytest.mark.parametrize("metric", ["revenue_won", "deals_won"])
@pytest.mark.parametrize("period", ["2024-10", "2024-Q4", "2024-W41"])
def test_what_happens_after_as_of_changes_nothing(tmp_path: Path, metric: str, period: str) -> None:
    made = world(1, 366)
    last = (AS_OF - START).days
    chance = random.Random(1)
    other = []
    for created, closed, won, amount in made:
        if created > last and chance.random() < 0.5:
            continue
        if created <= last and (closed is None or closed > last):
            closed = chance.choice([None, chance.randrange(last + 1, 365)])
            won = closed is not None and chance.random() < 0.5
        other.append((created, closed, won, amount))
    first = told(forecast(write(tmp_path / "a.csv", made), metric, period))

    assert first == told(forecast(write(tmp_path / "b.csv", other), metric, period))
    assert "pipeline" in str(first)


def test_the_order_of_rows_changes_nothing(tmp_path: Path) -> None:
    made = world(2, 366)
    shuffled = random.Random(2).sample(made, len(made))

    assert told(forecast(write(tmp_path / "a.csv", made))) == told(forecast(write(tmp_path / "b.csv", shuffled)))


def test_bands_hold_as_often_as_they_say() -> None:
    """120 markets of 200 days each, the 40 days after them forecast: half of the totals lie in the band of one half, nine of
    ten in that of nine tenths, give or take what chance allows."""
    hits = {0.5: 0, 0.9: 0}
    for seed in range(120):
        made = world(100 + seed, 240)
        found = simulate(
            deals_of(made, 239), np.ones(len(made), dtype=bool), 199, (200, 239), money=True, draws=60, each=5
        )
        assert found is not None
        came = sum(amount for _, closed, won, amount in made if won and closed is not None and closed >= 200)
        for level in hits:
            low, high = np.quantile(found.totals, [(1 - level) / 2, (1 + level) / 2])
            hits[level] += low <= came <= high

    assert 0.38 <= hits[0.5] / 120 <= 0.64
    assert 0.82 <= hits[0.9] / 120 <= 0.97


def test_the_chance_of_a_deal_is_that_of_its_age() -> None:
    """With daily rates of 1.5 % and 2 % from day 15 on, an old deal is won within 20 days in about 21.8 % of cases."""
    made = world(7, 400, daily=20)
    chain = counted(deals_of(made, 399), 399)
    found = chances(chain, 0, 20, 50, np.random.default_rng(1))
    exact = 0.015 / 0.035 * (1 - 0.965**20)

    assert float(found.of_open[:, 40, 0].mean()) == pytest.approx(exact, rel=0.08)
    # A new deal has 15 slow days first; one of the last day has no time left.
    young = 0.015 / 0.035 * (1 - (1 - 0.0175) ** 14 * 0.965**5)
    assert float(found.of_new[:, 0].mean()) == pytest.approx(young, rel=0.12)
    assert float(found.of_new[:, -1].mean()) == pytest.approx(0, abs=1e-3)


def test_a_stretch_that_begins_later_is_the_rest_of_the_longer_one() -> None:
    chain = counted(deals_of(world(3, 200), 199), 199)
    whole, early, late = (
        chances(chain, gap, length, 20, np.random.default_rng(1)) for gap, length in ((0, 50), (0, 20), (20, 30))
    )

    assert np.allclose(whole.of_open, early.of_open + late.of_open)
    assert np.allclose(whole.of_new, late.of_new + np.pad(early.of_new, ((0, 0), (0, 30))))


def test_lost_deals_bring_nothing() -> None:
    """All deals are won or lost, and for half a year no new one came: there is nothing to come."""
    made = [(day, day + 10, day % 2 == 0, 1000.0) for day in range(60)]
    found = simulate(deals_of(made, 300), np.ones(60, dtype=bool), 300, (301, 330), money=True, draws=20, each=5)

    assert found is not None
    assert (0, 0.0) == (found.open, float(found.totals.max()))


def test_in_the_middle_of_a_period_what_has_come_is_part_of_it(tmp_path: Path) -> None:
    path = write(tmp_path / "a.csv", world(4, 366))
    (found,) = forecast(path, period="2024-Q4", as_of=date(2024, 11, 14)).forecasts
    said = figures(path, metrics=["revenue_won"], period="2024-10-01..2024-11-14")[("revenue_won",)]

    assert found.so_far == pytest.approx(said)
    assert all(method.point >= said and method.bands[0.9][0] >= said for method in found.methods)
    assert "pace" in {method.name for method in found.methods}


def test_what_came_is_told_where_the_data_goes_on(tmp_path: Path) -> None:
    path = write(tmp_path / "a.csv", world(5, 366))
    found = forecast(path, period="2024-10")

    assert figures(path, metrics=["revenue_won"], period="2024-10")[("revenue_won",)] == pytest.approx(
        found.forecasts[0].actual
    )
    assert None is forecast(path, period="2025-02").forecasts[0].actual


def test_amounts_that_are_filled_in_at_the_end_are_not_used(tmp_path: Path) -> None:
    """Lost deals have no amount, so one that has would be known to be won."""
    made = [(created, closed, won, amount if won else 0.0) for created, closed, won, amount in world(6, 366)]
    found = forecast(write(tmp_path / "a.csv", made))

    assert not found.own_amounts
    assert found.forecasts[0].simulated is not None
    assert 0 == found.forecasts[0].simulated.priced


def test_currencies_are_forecast_apart(tmp_path: Path) -> None:
    path = Path(write(tmp_path / "a.csv", world(8, 366)))
    lines = path.read_text(encoding="utf-8").splitlines()
    made = [f"{line},{'Currency' if not i else ('EUR', 'USD')[i % 2]}" for i, line in enumerate(lines)]
    path.write_text("\n".join(made) + "\n", encoding="utf-8")
    found = forecast(str(path)).forecasts
    said = figures(str(path), metrics=["revenue_won"], by=["currency"], period="2024-10")

    assert ["EUR", "USD"] == [one.currency for one in found]
    assert [said[("revenue_won", one.currency or "")] for one in found] == [pytest.approx(one.actual) for one in found]


@pytest.mark.parametrize(
    ("metric", "period", "methods"),
    [
        ("mrr", "2025-12", {"last", "theta"}),
        ("win_rate", "2025-Q4", {"last", "seasonal-naive"}),
        ("revenue", "2025-Q4", {"run-rate", "damped-trend", "combination"}),
        ("tickets_created", "2025-12", {"run-rate", "seasonal-naive"}),
    ],
)
def test_any_metric_has_the_plain_methods_and_those_with_trend_and_season(
    metric: str, period: str, methods: set[str]
) -> None:
    (found,) = forecast(SAMPLE, metric, period, as_of=date(2025, 9, 30)).forecasts
    (actual,) = figures(SAMPLE, metrics=[metric], period=period).values()

    assert methods <= {method.name for method in found.methods}
    assert actual == pytest.approx(found.actual)


def test_a_level_that_grows_is_forecast_to_grow_on() -> None:
    (found,) = forecast(SAMPLE, "mrr", "2025-12", as_of=date(2025, 11, 30)).forecasts
    last = next(method for method in found.methods if method.name == "last")
    low, high = found.chosen.bands[0.9]

    assert found.actual is not None
    assert last.point < found.chosen.point
    assert low <= found.actual <= high


@pytest.mark.parametrize("ahead", [2, 5])
def test_a_level_some_months_ahead_goes_by_its_months(ahead: int) -> None:
    (found,) = forecast(SAMPLE, "mrr", f"2025-{7 + ahead:02}", as_of=date(2025, 7, 31)).forecasts
    said = {method.name: method.point for method in found.methods}
    months = ["2025-05", "2025-06", "2025-07", f"2024-{7 + ahead:02}"]
    *latest, year_ago = (value for month in months for value in figures(SAMPLE, metrics=["mrr"], period=month).values())

    assert pytest.approx(np.mean(latest)) == said["run-rate"]
    assert pytest.approx(year_ago) == said["seasonal-naive"]
    assert pytest.approx(latest[-1]) == said["last"]


def test_the_chosen_method_is_the_best_of_those_compared_or_none_is() -> None:
    """Three years of sales a month ahead can be compared, half a year ahead they cannot."""
    for metric, period, compared in (("mrr", "2025-12", True), ("mrr", "2026-05", False)):
        (found,) = forecast(SAMPLE, metric, period, as_of=date(2025, 11, 30)).forecasts
        errors = {method.name: method.scaled for method in found.methods if not np.isnan(method.scaled)}

        assert compared == (found.compared >= found.needed) == bool(errors)
        assert found.chosen.name == min(errors, key=lambda name: errors[name], default="combination")
        assert not np.isnan(found.chosen.mae)


def test_moments_have_the_same_place_in_their_period() -> None:
    period = parse("2024-Q4").resolve(as_of=date(2024, 11, 14), first=START)
    moments = Moments.of(period, date(2024, 11, 14), date(2023, 1, 1))

    assert (2, date(2024, 8, 15)) == (moments.ahead, moments.moment(3))
    assert (date(2024, 7, 1), date(2024, 8, 15)) == moments.so_far(3)
    assert [30, 17] == moments.days_ahead(0).tolist()
    assert [31, 16] == moments.days_ahead(3).tolist()


@pytest.mark.parametrize(
    ("metric", "period", "said"),
    [
        ("revenue_won", "2024-09", "is over"),
        ("revenue_won", "all", "with an end"),
        ("revenue_won", "2099", "too far ahead"),
        ("product_revenue", "2024-10", "several figures"),
        ("revenue_wom", "2024-10", "revenue_won"),
        ("sales", "2024-10", "one metric at a time"),
    ],
)
def test_a_mistake_is_named(tmp_path: Path, metric: str, period: str, said: str) -> None:
    with pytest.raises(UsageError, match=said):
        forecast(write(tmp_path / "a.csv", world(9, 300)), metric, period)


def test_without_a_history_nothing_is_forecast(tmp_path: Path) -> None:
    with pytest.raises(NothingToReport, match="no history"):
        forecast(write(tmp_path / "a.csv", [(5, None, False, 10.0)]))
    with pytest.raises(NothingToReport, match="too short"):
        forecast(write(tmp_path / "b.csv", [(5, 250, True, 10.0)]))


def test_a_forecast_says_how_far_off_it_may_be_or_there_is_none(tmp_path: Path) -> None:
    def of(months: int) -> str:
        months_days = [(month, day) for month in range(1, months + 1) for day in range(1, 28)]
        rows = [f"{month}-{day},2025-{month:02}-{day:02},{day * month % 11}" for month, day in months_days]
        file = tmp_path / f"{months}.csv"
        file.write_text("\n".join(["Response ID,Responded At,NPS Score", *rows]), encoding="utf-8")
        return str(file)

    for months in (2, 3, 4):
        with pytest.raises(NothingToReport, match="too short"):
            api.forecast([of(months)], "nps", today=TODAY)
    for months in (6, 7):
        (found,) = api.forecast([of(months)], "nps", today=TODAY).forecasts
        assert not np.isnan([*found.chosen.bands.values()]).any()


def test_bands_stay_within_what_a_figure_can_be() -> None:
    (points,) = api.forecast([SAMPLE], "nps", period="2026-Q1", today=TODAY).forecasts
    (share,) = api.forecast([SAMPLE], "win_rate", period="2026-Q1", today=TODAY).forecasts

    assert all(-100 <= method.bands[0.9][0] <= method.bands[0.9][1] <= 100 for method in points.methods)
    assert all(0 <= method.bands[0.9][0] <= method.bands[0.9][1] <= 1 for method in share.methods)
