"""A forecast as tables and sentences."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from crm_metrics.book import OF_ROW, Book, Cell, Column, Origin, Sheet, cells
from crm_metrics.book.rows import by_name, unseen
from crm_metrics.metrics.metric import Unit

if TYPE_CHECKING:
    from crm_metrics.analysis.forecast.forecast import Forecast, Method
    from crm_metrics.commands.forecast import Forecasted

_METHODS = {
    "run-rate": "run rate: mean of the last three",
    "seasonal-naive": "as a year ago",
    "last": "as it was last",
    "theta": "Theta: trend and season",
    "damped-trend": "exponential smoothing: fading trend, season",
    "combination": "mean of Theta and exponential smoothing",
    "pace": "what has come so far, carried on",
    "pipeline": "open and new deals, by this file's history",
}
_METHOD = (Column("method", shown=False), Column("title", "Method"), *unseen("unit", "currency"))
_COLUMNS = (
    *_METHOD,
    Column("forecast", "Forecast", unit=OF_ROW),
    Column("low_50", "50 %: from", unit=OF_ROW),
    Column("high_50", "to", unit=OF_ROW),
    Column("low_90", "90 %: from", unit=OF_ROW),
    Column("high_90", "to", unit=OF_ROW),
    Column("chosen", "Chosen", spare=1),
    *unseen("actual", unit=OF_ROW),
)
_TESTS = (
    *_METHOD,
    Column("moments", "Moments", Unit.COUNT),
    Column("scaled_error", "Scaled error", Unit.PERCENT),
    Column("mean_error", "Mean error", unit=OF_ROW),
    Column("bias", "Too high by", unit=OF_ROW),
    Column("in_50", "In 50 %", Unit.PERCENT),
    Column("in_90", "In 90 %", Unit.PERCENT),
    Column("bands", "of bands", Unit.COUNT, spare=1),
)
_PIPELINE = (
    Column("part", "Part"),
    *unseen("currency", "unit"),
    Column("deals", "Deals", Unit.COUNT),
    Column("wins", "Won, expected", Unit.COUNT),
    Column("value", "Brings, expected", unit=OF_ROW),
)
_TRIED = (
    "Each method made its forecast at earlier moments with the same place in their period, from what was known then. The "
    "scaled error is the mean error as a share of the usual change from year to year (from period to period where two years "
    "are not known, or open deals are compared), at the moments at which methods can be compared: the method with the least "
    "is chosen. Bands come from the errors of the method at the same distance.",
)


def book(result: Forecasted) -> Book:
    """The forecasts by method, how each did on the past, and what the pipeline's is made of; in words which one to take."""
    metric, period = result.metric, result.period
    about = [f"nothing later is used; the data goes on to {result.dataset.as_of}"] if result.past else []
    says = [sentence for part in result.forecasts for sentence in _says(result, part)]
    tried = [(part, method) for part in result.forecasts for method in part.methods]
    unit = metric.unit.value
    sheets = [
        Sheet("forecast", "", _COLUMNS, [_row(part, method, unit) for part, method in tried]),
        Sheet(
            "back_test",
            "Tried on the past",
            _TESTS,
            [_test(part, method, unit) for part, method in tried],
            notes=_TRIED,
        ),
    ]
    if parts := [row for part in result.forecasts for row in _parts(part, unit)]:
        sheets.append(Sheet("pipeline", "What the open and new deals bring", _PIPELINE, parts, notes=_notes(result)))
    extra: dict[str, object] = {
        "metric": metric.name,
        "period": period.label,
        "forecasts": [
            by_name(part, "currency", "so_far", "actual")
            | {"chosen": part.chosen.name, "tested": part.compared > 0, "compared": part.compared}
            for part in result.forecasts
        ],
    }
    origin = replace(Origin.of(result.dataset), as_of=result.as_of)
    return Book(f"Forecast  {metric.title}  {period.label}", origin, sheets, about, says, extra=extra)


def _says(result: Forecasted, part: Forecast) -> list[str]:
    def shown(value: float) -> str:
        return cells.value(value, result.metric.unit, part.currency)

    chosen = part.chosen
    half, most = (" and ".join(map(shown, chosen.bands[level])) for level in (0.5, 0.9))
    sentence = f"{result.metric.title} in {result.period.label}: {shown(chosen.point)} ({_METHODS[chosen.name]})"
    sentence += f"; half of the time between {half}, nine times of ten between {most}."
    if part.so_far is not None:
        sentence += (
            f" {shown(part.so_far)} of it has come so far." if result.adds else f" So far it is {shown(part.so_far)}."
        )
    says = [sentence, _why(part)]
    if part.actual is not None:
        inside = [f"{level * 100:.0f} %" for level, (low, high) in chosen.bands.items() if low <= part.actual <= high]
        where = f"inside the {' and the '.join(inside)} band" if inside else "outside of both bands"
        says.append(f"Came: {shown(part.actual)}, {where}.")
    return says


def _why(part: Forecast) -> str:
    """Why this method: by its errors in the past, or because they are too few to tell."""
    if part.compared:
        others = [method.scaled for method in part.methods if method.name == "seasonal-naive" and method.scaled > 0]
        is_compared = bool(others) and part.chosen.name != "seasonal-naive"
        against = f" (as a year ago: {cells.value(others[0], Unit.PERCENT)})" if is_compared else ""
        return (
            f"Chosen because its scaled error was the least at {cells.count(part.compared)} earlier moments: "
            f"{cells.value(part.chosen.scaled, Unit.PERCENT)}{against}."
        )
    why = {
        "combination": "the mean of two methods with trend and season is taken, as either alone errs more",
        "pipeline": "the one by the open deals is taken, as it knows what is under way",
    }
    return (
        f"Fewer than {cells.count(part.needed)} earlier moments knew as much as is known now, too few to tell which method "
        f"errs least: {why.get(part.chosen.name, 'the plainest is taken')}."
    )


def _row(part: Forecast, method: Method, unit: str) -> list[Cell]:
    named = [method.name, _METHODS[method.name], unit, part.currency, method.point]
    return [*named, *method.bands[0.5], *method.bands[0.9], method is part.chosen, part.actual]


def _test(part: Forecast, method: Method, unit: str) -> list[Cell]:
    (in_half, _), (in_most, bands) = method.coverage[0.5], method.coverage[0.9]
    named: list[Cell] = [method.name, _METHODS[method.name], unit, part.currency, method.moments]
    return [*named, method.scaled, method.mae, method.bias, in_half, in_most, bands]


def _parts(part: Forecast, unit: str) -> list[list[Cell]]:
    deals = part.simulated
    if deals is None:
        return []
    rows: list[list[Cell]] = [
        ["open deals", part.currency, unit, deals.open - deals.undated, deals.wins_of_open, deals.brought_by_open],
        ["deals still to be created", part.currency, unit, None, deals.wins_of_new, deals.brought_by_new],
    ]
    if part.so_far is not None:
        rows.insert(0, ["won so far", part.currency, unit, None, None, part.so_far])
    return rows


def _notes(result: Forecasted) -> list[str]:
    age = "the age of a deal"
    basis = f"the stage and {age}" if result.stages else f"{age} (the files hold no history of stages)"
    notes = [
        f"The chance of being won in the time left is this file's own, by {basis}; deals still to be created come as in "
        "the last 26 weeks. Lost deals bring nothing."
    ]
    simulations = [part.simulated for part in result.forecasts if part.simulated is not None]
    if undated := sum(part.undated for part in simulations):
        notes.append(
            f"{cells.count(undated)} open deals have no creation date, so nobody knows their age: they count only as deals "
            "still to come."
        )
    if result.metric.unit is not Unit.MONEY:
        return notes
    if not result.own_amounts:
        notes.append(
            "Amounts of open deals are not used: in these files most lost deals have none, so that an amount would give "
            "the outcome away. They are taken from the deals won before."
        )
    elif unpriced := sum(part.open - part.undated - part.priced for part in simulations):
        notes.append(
            f"{cells.count(unpriced)} open deals have no amount: it is drawn from those of the deals won before."
        )
    if result.past and result.own_amounts:
        notes.append("The amounts of deals at a past moment are those of the export.")
    return notes
