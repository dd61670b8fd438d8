"""A picture of the curves of a book, by matplotlib, which `crm-metrics[png]` brings; the same figures, the same file."""

from __future__ import annotations

import logging
import warnings
from collections.abc import Sequence
from io import BytesIO
from typing import TYPE_CHECKING, Any

from crm_metrics.book import Curve, cells
from crm_metrics.errors import UsageError
from crm_metrics.writers.drawing.svg import dates, heading, refuse_none, shown_as

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

    from crm_metrics.book import Book
    from crm_metrics.writers import How

BINARY = FOR_PEOPLE = True
_MOST = 24  # charts in a picture
_WIDE, _TALL, _ALONE = 5.2, 2.9, (9.0, 4.2)  # inches
_DPI = 144
_LABELS = 60  # characters under a chart
_CURVE, _TREND, _TARGET, _MARK = "#0b62a4", "#2e7d32", "#a3195b", "#b26a00"
_FONTS = ("DejaVu Sans", "Noto Sans CJK JP", "Hiragino Sans", "PingFang SC", "Microsoft YaHei", "Malgun Gothic")
_SETTINGS = {
    "text.parse_math": False,  # a dollar sign in a name is a dollar sign
    "text.usetex": False,
    "axes.spines.top": False,
    "axes.spines.right": False,
    "axes.formatter.use_mathtext": False,
    "font.size": 9.0,
}


def write(book: Book, how: How) -> bytes:
    """The picture. Raises `UsageError` where there is no curve, and where matplotlib is not installed."""
    curves = [chart for chart in book.charts if isinstance(chart, Curve)][:_MOST]
    refuse_none(curves, "png")
    try:
        import matplotlib
        from matplotlib.font_manager import fontManager
    except ImportError:
        raise UsageError(
            "PNG needs matplotlib, which is not installed",
            hint="Install it with pip install 'crm-metrics[png]', or write the same picture with -o FILE.svg.",
        ) from None
    logging.getLogger("matplotlib").setLevel(logging.ERROR)  # the first time it says that it looks for fonts
    installed = {font.name for font in fontManager.ttflist}
    settings: dict[Any, Any] = _SETTINGS | {
        "font.family": [name for name in _FONTS if name in installed] or ["sans-serif"]
    }
    out = BytesIO()
    with matplotlib.rc_context(settings), warnings.catch_warnings():
        warnings.filterwarnings("ignore", message="Glyph .* missing")
        _figure(curves).savefig(out, format="png", dpi=_DPI, metadata={"Software": None})
    return out.getvalue()


def _figure(curves: Sequence[Curve]) -> Figure:
    from matplotlib.figure import Figure

    columns = 1 if len(curves) == 1 else 2 if len(curves) < 7 else 3
    rows = -(-len(curves) // columns)
    size = _ALONE if len(curves) == 1 else (_WIDE * columns, _TALL * rows)
    figure = Figure(figsize=size, layout="constrained")
    for place, curve in enumerate(curves):
        _chart(figure.add_subplot(rows, columns, place + 1), curve)
    signs = {
        sign: handle for axes in figure.axes for handle, sign in zip(*axes.get_legend_handles_labels(), strict=True)
    }
    if signs:
        figure.legend(signs.values(), signs.keys(), loc="outside lower center", ncols=len(signs), frameon=False)
    return figure


def _chart(axes: Axes, curve: Curve) -> None:
    import numpy as np
    from matplotlib.ticker import FuncFormatter

    factor, at = shown_as(curve.unit), np.arange(len(curve.periods))
    value, low, high, target, trend = (
        np.array([np.nan if number is None else number * factor for number in numbers], dtype=float)
        for numbers in (curve.values, curve.low, curve.high, curve.target, curve.trend)
    )
    if not np.isnan(low).all():
        axes.fill_between(at, low, high, color=_CURVE, alpha=0.13, linewidth=0, label="95 % interval")
    complete = np.array(curve.complete, dtype=bool)
    axes.plot(at, np.where(complete, value, np.nan), color=_CURVE, marker=".", markersize=4, linewidth=1.4)
    label: str | None = "to date, or not final"
    for place in map(int, np.flatnonzero(~complete & ~np.isnan(value))):
        both = slice(max(place - 1, 0), place + 1)
        axes.plot(at[both], value[both], color=_CURVE, linestyle=(0, (2, 2)), linewidth=1.2, label=label)
        axes.plot(at[place], value[place], color=_CURVE, marker="o", markerfacecolor="white", markersize=5)
        label = None
    if not np.isnan(target).all():
        axes.plot(at, target, color=_TARGET, linestyle=(0, (6, 3)), linewidth=1.2, label="target")
    if not np.isnan(trend).all():
        axes.plot(at, trend, color=_TREND, linestyle=":", linewidth=1.6, label="trend")
    for number, step in enumerate(curve.steps):
        axes.axvline(step - 0.5, color=_MARK, linewidth=1, alpha=0.8, label=None if number else "change of level")
    if odd := list(curve.odd):
        axes.plot(at[odd], value[odd], "D", color=_MARK, markersize=5, label="out of line")
    axes.set_title(heading(curve), loc="left", fontsize=10, wrap=True)
    axes.grid(axis="y", color="#dddddd", linewidth=0.6)
    places = dates(curve.periods, _LABELS)
    axes.set_xticks(places, [curve.periods[place] for place in places])
    axes.yaxis.set_major_formatter(FuncFormatter(lambda number, _: f"{number:,.10g}".replace("-", cells.MINUS)))
