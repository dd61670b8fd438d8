"""Charts as SVG, drawn with classes: the page around them gives the colours, light and dark; with the ranges, round
numbers and dates along their axes."""

from __future__ import annotations

import math
from collections.abc import Collection, Iterable, Iterator, Sequence
from html import escape
from itertools import groupby, pairwise

from crm_metrics.book import Curve, HeatMap, cells
from crm_metrics.errors import UsageError
from crm_metrics.metrics.metric import Unit

_WIDE, _TALL, _TOP, _BOTTOM = 600, 250, 10, 44
_LETTER = 7.2  # as wide is a letter of an axis
_ROW, _CELL = 24, 44  # of a heat map
_DOTS = 60  # on a curve of more points only the unusual ones are marked
_LEGEND = {
    "band": "95 % interval",
    "trend": "trend",
    "target": "target",
    "open": "to date, or not final",
    "step": "change of level",
    "odd": "out of line",
}
STYLE = """
.chart{--line:#0b62a4;--trend:#2e7d32;--target:#a3195b;--mark:#8f5400;--grid:#ddd;--ink:#1c1c1c;--ground:#fff}
.chart text{font:13px system-ui,sans-serif;fill:var(--ink)}
.chart .title{font-size:15px;font-weight:600}
.chart .grid{stroke:var(--grid);fill:none}
.chart .curve,.chart .open{stroke:var(--line);fill:none;stroke-width:1.8}
.chart .open{stroke-dasharray:4 4}
.chart .band{fill:var(--line);fill-opacity:.15;stroke:none}
.chart .trend{stroke:var(--trend);fill:none;stroke-width:2;stroke-dasharray:1 4;stroke-linecap:round}
.chart .target{stroke:var(--target);fill:none;stroke-width:1.5;stroke-dasharray:9 5}
.chart .step{stroke:var(--mark);fill:none}
.chart .odd{fill:var(--mark)}
.chart .dot{fill:var(--line)}
.chart .ring{fill:var(--ground);stroke:var(--line);stroke-width:1.5}
.chart .heat{fill:var(--line)}
.chart .hover{fill:transparent}
@media (prefers-color-scheme:dark){
.chart{--line:#6db8f2;--trend:#7ecb82;--target:#f08bb8;--mark:#e8b04b;--grid:#444;--ink:#e8e8e8;--ground:#161616}}
"""


def refuse_none(charts: Collection[object], format: str) -> None:  # noqa: A002
    """Raises `UsageError` where a picture is asked for and there is nothing to draw."""
    if not charts:
        raise UsageError(f"there is no chart here that {format} could show", hint="Choose -f html, or -f csv.")


def size(figure: Curve | HeatMap) -> tuple[int, int]:
    """How wide and tall a chart is."""
    if isinstance(figure, Curve):
        return _WIDE, _TALL
    left = 8 + round(_LETTER * max((len(row) for row in figure.rows), default=0)) + 20
    return left + _CELL * len(figure.average) + 8, _ROW * (len(figure.rows) + 2) + 8


def chart(figure: Curve | HeatMap, name: str) -> str:
    """One chart as an `svg` element; `name` sets its ids apart from those of others."""
    wide, tall = size(figure)
    body = "".join(_curve(figure) if isinstance(figure, Curve) else _heat_map(figure))
    return (
        f'<svg class="chart" viewBox="0 0 {wide} {tall}" role="img" aria-labelledby="{name}-t {name}-d">'
        f'<title id="{name}-t">{text(title(figure))}</title><desc id="{name}-d">{text(figure.says)}</desc>{body}</svg>'
    )


def text(words: str) -> str:
    """Words as they may stand in SVG and HTML, whatever they hold."""
    return escape(cells.visible(words))


def title(figure: Curve | HeatMap) -> str:
    """What stands above a chart."""
    return heading(figure) if isinstance(figure, Curve) else figure.title


def _curve(curve: Curve) -> Iterator[str]:
    low, high = extent(curve)
    marks = ticks(low, high, most=5)
    labels = tick_texts(marks)
    date = 3 + _LETTER * max(map(len, curve.periods)) / 2  # half of one that stands at an end of the axis
    left, right = max(12 + _LETTER * max(map(len, labels)), date), _WIDE - max(30, date)
    factor, count = shown_as(curve.unit), len(curve.periods)

    def across(place: float) -> float:
        return left + (right - left) * (place / (count - 1) if count > 1 else 0.5)

    def up(value: float) -> float:
        inside = min(max(value, low), high)
        return _TOP + (_TALL - _TOP - _BOTTOM) * (high - inside) / (high - low)

    def places(values: Iterable[float | None]) -> list[tuple[float, float] | None]:
        return [None if value is None else (across(at), up(value * factor)) for at, value in enumerate(values)]

    for mark, label in zip(marks, labels, strict=True):
        yield f'<path class="grid" d="M{left:.1f} {up(mark):.1f}H{right:.1f}"/>'
        yield f'<text x="{left - 6:.1f}" y="{up(mark) + 4:.1f}" text-anchor="end">{text(label)}</text>'
    for at in dates(curve.periods, round((_WIDE - left) / _LETTER)):
        yield f'<text x="{across(at):.1f}" y="{_TALL - _BOTTOM + 18}" text-anchor="middle">{text(curve.periods[at])}</text>'
    points, bottoms, tops = places(curve.values), places(curve.low), places(curve.high)
    used = {"band"} if any(bottoms) and any(tops) else set()
    yield from _band(bottoms, tops)
    for name, line in (("target", places(curve.target)), ("trend", places(curve.trend))):
        if any(line):
            used.add(name)
            yield _line(name, line)
    for step in curve.steps:
        used.add("step")
        yield f'<path class="step" d="M{across(step - 0.5):.1f} {_TOP}V{_TALL - _BOTTOM}"/>'
    yield _line("curve", [point if over else None for point, over in zip(points, curve.complete, strict=True)])
    for at, (point, over) in enumerate(zip(points, curve.complete, strict=True)):
        if point is None:
            continue
        x, y = f"{point[0]:.1f}", f"{point[1]:.1f}"
        if not over:
            used.add("open")
            yield _line("open", points[max(at - 1, 0) : at + 1])
            yield f'<circle class="ring" cx="{x}" cy="{y}" r="3.5"/>'
        elif at in curve.odd:
            used.add("odd")
            yield f'<path class="odd" d="M{x} {y}m-5 0l5 -5l5 5l-5 5z"/>'
        elif count <= _DOTS:
            yield f'<circle class="dot" cx="{x}" cy="{y}" r="2.2"/>'
        label_ = f"{curve.periods[at]}: {cells.value(curve.values[at], curve.unit, curve.currency)}"
        yield f'<circle class="hover" cx="{x}" cy="{y}" r="7"><title>{text(label_)}</title></circle>'
    yield from _legend(left, [name for name in _LEGEND if name in used])


def _line(name: str, places: Sequence[tuple[float, float] | None]) -> str:
    runs = [[place for place in run if place] for is_set, run in groupby(places, key=bool) if is_set]
    path = "".join("M" + "L".join(f"{x:.1f} {y:.1f}" for x, y in run) for run in runs)
    return f'<path class="{name}" d="{path}"/>' if path else ""


def _band(bottoms: Sequence[tuple[float, float] | None], tops: Sequence[tuple[float, float] | None]) -> Iterator[str]:
    both = list(zip(bottoms, tops, strict=True))
    for is_set, run in groupby(both, key=all):
        if is_set:
            pairs = list(run)
            edge = [top for _, top in pairs] + [bottom for bottom, _ in reversed(pairs)]
            yield f'<path class="band" d="M{"L".join(f"{x:.1f} {y:.1f}" for x, y in filter(None, edge))}z"/>'


def _legend(left: float, names: Sequence[str]) -> Iterator[str]:
    y = _TALL - 8
    for name in names:
        yield {
            "band": f'<path class="band" d="M{left:.1f} {y - 9}h16v9h-16z"/>',
            "odd": f'<path class="odd" d="M{left + 3:.1f} {y - 4}l5 -5l5 5l-5 5z"/>',
            "step": f'<path class="step" d="M{left + 8:.1f} {y - 11}v12"/>',
        }.get(name, f'<path class="{name}" d="M{left:.1f} {y - 4}h16"/>')
        yield f'<text x="{left + 21:.1f}" y="{y}">{_LEGEND[name]}</text>'
        left += 36 + _LETTER * 0.9 * len(_LEGEND[name])


def _heat_map(heat_map: HeatMap) -> Iterator[str]:
    top = max((share for line in heat_map.shares for share in line[1:] if share is not None), default=0.0) or 1.0
    left = size(heat_map)[0] - 8 - _CELL * len(heat_map.average)
    for step in range(len(heat_map.average)):
        yield f'<text x="{left + _CELL * (step + 0.5):.1f}" y="16" text-anchor="middle">{step}</text>'
    for row, (label, line) in enumerate(
        zip((*heat_map.rows, "average"), (*heat_map.shares, heat_map.average), strict=True), 1
    ):
        yield f'<text x="8" y="{_ROW * row + 16}">{text(label)}</text>'
        for step, share in enumerate(line):
            if share is None:
                continue
            x, strength = left + _CELL * step, min(max(share / top, 0.0), 1.0) * 0.6
            yield (
                f'<rect class="heat" x="{x}" y="{_ROW * row}" width="{_CELL - 2}" height="{_ROW - 2}" '
                f'style="fill-opacity:{strength:.2f}"/>'
            )
            shown = text(cells.value(share, "percent").replace(" %", ""))
            yield f'<text x="{x + _CELL / 2 - 1:.1f}" y="{_ROW * row + 16}" text-anchor="middle">{shown}</text>'


_ROUND = (1.0, 2.0, 2.5, 5.0)
_NEAR_ZERO = 0.4  # of the highest value: an axis that begins higher would make small moves look large


def extent(curve: Curve) -> tuple[float, float]:
    """The lowest and the highest that is drawn, in the unit as it is shown (percent): all values and targets; of the
    intervals no more than the values themselves span to each side."""
    factor = shown_as(curve.unit)
    drawn = [number * factor for number in (*curve.values, *curve.target) if number is not None]
    low, high = min(drawn), max(drawn)
    span = (high - low) or abs(high) * 0.1 or 1.0
    edges = [number * factor for number in (*curve.low, *curve.high) if number is not None]
    edges = [min(max(edge, low - span), high + span) for edge in edges]
    low, high = min([low, *edges]), max([high, *edges])
    if 0 < low < _NEAR_ZERO * high:
        low = 0.0
    return (low, high) if high > low else (low - span / 2, high + span / 2)


def shown_as(unit: Unit) -> float:
    """What a value is multiplied by to be drawn: shares are drawn in percent."""
    return 100.0 if unit is Unit.PERCENT else 1.0


def ticks(low: float, high: float, most: int) -> list[float]:
    """Round numbers between `low` and `high`: as many as there can be up to `most`, but two at least."""
    size = 10.0 ** math.floor(math.log10((high - low) / most))
    marks: list[float] = []
    for step in (factor * scale for scale in (size * 100, size * 10, size, size / 10) for factor in reversed(_ROUND)):
        first, last = math.ceil(low / step - 1e-9), math.floor(high / step + 1e-9)
        if len(marks) >= 2 and last - first + 1 > most:
            break
        marks = [place * step for place in range(first, last + 1)]
        if len(marks) > most:
            break
    return marks


def tick_texts(numbers: Sequence[float]) -> list[str]:
    """Round numbers as an axis shows them, all with the same decimals; from ten million on in millions."""
    step = min((b - a for a, b in pairwise(numbers)), default=1.0)
    factor, mark = (1e6, "M") if max(map(abs, numbers)) >= 1e7 and step >= 1e5 else (1.0, "")
    scaled = step / factor
    decimals = next((count for count in range(8) if abs(scaled - round(scaled, count)) < 1e-6 * scaled), 8)
    return [f"{number / factor + 0.0:,.{decimals}f}{mark}".replace("-", cells.MINUS) for number in numbers]


def heading(curve: Curve) -> str:
    """What a chart shows: its title, and the unit: "%", "USD", "days", nothing for plain numbers."""
    if curve.unit in (Unit.MONEY, Unit.MONEY_PER_DAY):
        unit = f"{curve.currency or ''}{'/day' if curve.unit is Unit.MONEY_PER_DAY else ''}"
    else:
        signs = {Unit.PERCENT: "%", Unit.RATIO: "×", Unit.MINUTES: "min", Unit.HOURS: "h"}
        unit = signs.get(curve.unit, curve.unit if curve.unit in (Unit.DAYS, Unit.MONTHS, Unit.POINTS) else "")
    return cells.visible(f"{curve.title} ({unit})" if unit else curve.title)


def dates(labels: Sequence[str], room: int, gap: int = 2) -> list[int]:
    """The places of the labels that fit side by side in `room` characters: every so many, so that the first beginning of a
    year (of a month, where labels are days) is among them."""
    count = len(labels)
    if count < 2:
        return list(range(count))
    wide = max(map(len, labels)) + gap
    apart = (room - 1) / (count - 1)
    step = max(1, math.ceil(wide / apart))
    step = next((nice for nice in (1, 2, 3, 4, 6, 12, 13, 24, 26, 36, 48, 52, 60, 120) if nice >= step), step)
    start = next((at for at, label in enumerate(labels) if label.endswith(("-01", "-Q1", "W01"))), 0)
    return list(range(start % step, count, step))
