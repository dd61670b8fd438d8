"""A forecast as tables and sentences."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from crm_metrics.book import OF_ROW, Book, Cell, Column, Origin, Sheet, cells
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
_COLUMNS = (
    Column("method", shown=False),
    Column("title", "Method"),
    Column("unit", shown=False),
    Column("currency", shown=False),
    Column("forecast", "Forecast", unit=OF_ROW),
    Column("low_50", "50 %: from", unit=OF_ROW),
    Column("high_50", "to", unit=OF_ROW),
    Column("low_90", "90 %: from", unit=OF_ROW),
    Column("high_90", "to", unit=OF_ROW),
    Column("chosen", "Chosen", spare=1),
    Column("actual", shown=False, unit=OF_ROW),
)
_TESTS = (
    Column("method", shown=False),
    Column("title", "Method"),
    Column("unit", shown=False),
    Column("currency", shown=False),
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
    Column("currency", shown=False),
    Column("unit", shown=False),
    Column("deals", "Deals", Unit.COUNT),
    Column("wins", "Won, expected", Unit.COUNT),
    Column("value", "Brings, expected", unit=OF_ROW),
)


def book(found: Forecasted) -> Book:
    """The forecasts by method, how each did on the past, and what the pipeline's is made of; in words which one to take."""
    metric, period = found.metric, found.period
    about = [f"nothing later is used; the data goes on to {found.dataset.as_of}"] if found.past else []
    says = [sentence for one in found.forecasts for sentence in _says(found, one)]
    sheets = [
        Sheet(
            "forecast", "", _COLUMNS, [_row(found, one, method) for one in found.forecasts for method in one.methods]
        ),
        Sheet(
            "back_test",
            "Tried on the past",
            _TESTS,
            [_test(found, one, method) for one in found.forecasts for method in one.methods],
            notes=[
                "Each method made its forecast at earlier moments with the same place in their period, from what was "
                "known then. The scaled error is the mean error as a share of the usual change from year to year (from "
                "period to period where two years are not known, or open deals are compared), at the moments at which "
                "methods can be compared: the method with the least is chosen. Bands come from the errors of the method "
                "at the same distance.",
            ],
        ),
    ]
    if parts := [row for one in found.forecasts for row in _parts(found, one)]:
        sheets.append(Sheet("pipeline", "What the open and new deals bring", _PIPELINE, parts, notes=_notes(found)))
    known: dict[str, object] = {
        "metric": metric.name,
        "period": period.label,
        "forecasts": [
            {
                "currency": one.currency,
                "so_far": one.so_far,
                "actual": one.actual,
                "chosen": one.chosen.name,
                "tested": one.compared > 0,
                "compared": one.compared,
            }
            for one in found.forecasts
        ],
    }
    origin = replace(Origin.of(found.dataset), as_of=found.as_of)
    return Book(f"Forecast  {metric.title}  {period.label}", origin, sheets, about, says, extra=known)


def _says(found: Forecasted, one: Forecast) -> list[str]:
    def shown(value: float) -> str:
        return cells.value(value, found.metric.unit, one.currency)

    chosen = one.chosen
    said = f"{found.metric.title} in {found.period.label}: {shown(chosen.point)} ({_METHODS[chosen.name]})"
    low, high = chosen.bands[0.9]
    if low == low:
        half = chosen.bands[0.5]
        said += f"; half of the time between {shown(half[0])} and {shown(half[1])}, nine times of ten between "
        said += f"{shown(low)} and {shown(high)}"
    said += "."
    if one.so_far is not None:
        said += f" {shown(one.so_far)} of it has come so far." if found.adds else f" So far it is {shown(one.so_far)}."
    says = [said]
    says.append(_why(one))
    if low != low:
        says.append("It was tried too seldom to say how far off it may be.")
    if one.actual is not None:
        inside = [f"{level * 100:.0f} %" for level, (low, high) in chosen.bands.items() if low <= one.actual <= high]
        where = f"inside the {' and the '.join(inside)} band" if inside else "outside of both bands"
        says.append(f"Came: {shown(one.actual)}, {where if low == low else 'and no band was given'}.")
    return says


def _why(one: Forecast) -> str:
    """Why this method: by its errors in the past, or because they are too few to tell."""
    if one.compared:
        others = [method.scaled for method in one.methods if method.name == "seasonal-naive" and method.scaled > 0]
        against = (
            f" (as a year ago: {cells.value(others[0], Unit.PERCENT)})"
            if others and one.chosen.name != "seasonal-naive"
            else ""
        )
        return (
            f"Chosen because its scaled error was the least at {cells.count(one.compared)} earlier moments: "
            f"{cells.value(one.chosen.scaled, Unit.PERCENT)}{against}."
        )
    why = {
        "combination": "the mean of two methods with trend and season is taken, as either alone errs more",
        "pipeline": "the one by the open deals is taken, as it knows what is under way",
    }
    return (
        f"Fewer than {cells.count(one.needed)} earlier moments knew as much as is known now, too few to tell which method "
        f"errs least: {why.get(one.chosen.name, 'the plainest is taken')}."
    )


def _row(found: Forecasted, one: Forecast, method: Method) -> list[Cell]:
    return [
        method.name,
        _METHODS[method.name],
        found.metric.unit.value,
        one.currency,
        method.point,
        *method.bands[0.5],
        *method.bands[0.9],
        method is one.chosen,
        one.actual,
    ]


def _test(found: Forecasted, one: Forecast, method: Method) -> list[Cell]:
    (in_half, _), (in_most, bands) = method.coverage[0.5], method.coverage[0.9]
    return [
        method.name,
        _METHODS[method.name],
        found.metric.unit.value,
        one.currency,
        method.moments,
        method.scaled,
        method.mae,
        method.bias,
        in_half,
        in_most,
        bands,
    ]


def _parts(found: Forecasted, one: Forecast) -> list[list[Cell]]:
    made, unit = one.simulated, found.metric.unit.value
    if made is None:
        return []
    rows: list[list[Cell]] = [
        ["open deals", one.currency, unit, made.open - made.undated, made.wins_of_open, made.brought_by_open],
        ["deals still to be created", one.currency, unit, None, made.wins_of_new, made.brought_by_new],
    ]
    if one.so_far is not None:
        rows.insert(0, ["won so far", one.currency, unit, None, None, one.so_far])
    return rows


def _notes(found: Forecasted) -> list[str]:
    given = (
        "the stage and the age of a deal" if found.stages else "the age of a deal (the files hold no history of stages)"
    )
    notes = [
        f"The chance of being won in the time left is this file's own, by {given}; deals still to be created come as in "
        "the last 26 weeks. Lost deals bring nothing."
    ]
    made = [one.simulated for one in found.forecasts if one.simulated is not None]
    if undated := sum(one.undated for one in made):
        notes.append(
            f"{cells.count(undated)} open deals have no creation date, so nobody knows their age: they count only as deals "
            "still to come."
        )
    if found.metric.unit is not Unit.MONEY:
        return notes
    if not found.own_amounts:
        notes.append(
            "Amounts of open deals are not used: in these files most lost deals have none, so that an amount would give "
            "the outcome away. They are taken from the deals won before."
        )
    elif unpriced := sum(one.open - one.undated - one.priced for one in made):
        notes.append(
            f"{cells.count(unpriced)} open deals have no amount: it is drawn from those of the deals won before."
        )
    if found.past and found.own_amounts:
        notes.append("The amounts of deals at a past moment are those of the export.")
    return notes
