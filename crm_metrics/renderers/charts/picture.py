"""Series as a picture, SVG or PNG, and as a page: one HTML file with the picture and the figures, which works offline.

The same figures give the same file, byte by byte.
"""

from __future__ import annotations

import logging
import warnings
from collections.abc import Sequence
from importlib.resources import files
from io import BytesIO, StringIO
from typing import TYPE_CHECKING, Any, TextIO

from crm_metrics.renderers import cells
from crm_metrics.renderers.charts.scales import heading, shown_as
from crm_metrics.renderers.noticed import inputs, reach
from crm_metrics.renderers.sheets.texts import texts

if TYPE_CHECKING:
    import numpy as np
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

    from crm_metrics.api.trends import Track, Trends
    from crm_metrics.sheets import Book

_MOST = 24  # charts in a picture
_WIDE, _TALL, _ALONE = 5.2, 2.9, (9.0, 4.2)  # inches
_DPI = 144
_CURVE, _TREND, _TARGET, _MARK = "#0b62a4", "#2e7d32", "#a3195b", "#b26a00"
_FONTS = ("DejaVu Sans", "Noto Sans CJK JP", "Hiragino Sans", "PingFang SC", "Microsoft YaHei", "Malgun Gothic")
_SETTINGS = {
    "svg.hashsalt": "crm-metrics",
    "svg.fonttype": "none",
    "text.parse_math": False,  # a dollar sign in a name is a dollar sign
    "text.usetex": False,
    "axes.spines.top": False,
    "axes.spines.right": False,
    "axes.formatter.use_mathtext": False,
    "font.size": 9.0,
}


def write(book: Book, found: Trends, format: str, out: TextIO) -> None:  # noqa: A002
    """Writes the picture or page (`svg`, `png` or `html`); `out` is a text stream over bytes."""
    if format == "png":
        made = BytesIO()
        _save(found, made, "png")
        out.flush()
        out.buffer.write(made.getvalue())
        return
    drawn = StringIO()
    _save(found, drawn, "svg")
    out.write(drawn.getvalue() if format == "svg" else _page(book, found, drawn.getvalue()))


def _page(book: Book, found: Trends, svg: str) -> str:
    from jinja2 import Environment
    from markupsafe import Markup

    origin = book.origin
    about = [
        *book.about,
        reach(origin.as_of, origin.coverage),
        *([inputs(origin.sources)] if origin.sources else []),
    ]
    tables = [
        (sheet.title or "Figures", columns, list(zip(*(texts(sheet, column) for column in columns), strict=True)))
        for sheet in (*book.sheets[1:], book.sheets[0])
        for columns in [[column for column in sheet.columns if column.shown]]
        if sheet.rows
    ]
    template = files(__package__).joinpath("page.html").read_text(encoding="utf-8")
    return (
        Environment(autoescape=True)
        .from_string(template)
        .render(
            title=cells.visible(book.title),
            about=cells.visible(" · ".join(about)),
            says=[cells.visible(said) for said in book.says],
            picture=Markup(svg[svg.index("<svg") :]),  # matplotlib escapes its texts
            tables=tables,
            notes=[cells.visible(note) for note in (*book.notes, *origin.notes)],
            left_away=max(len(found.tracks) - _MOST, 0),
        )
    )


def _save(found: Trends, out: BytesIO | StringIO, format: str) -> None:  # noqa: A002
    logging.getLogger("matplotlib").setLevel(logging.ERROR)  # the first time it says that it looks for fonts
    import matplotlib
    from matplotlib.font_manager import fontManager

    known = {font.name for font in fontManager.ttflist}
    settings: dict[Any, Any] = _SETTINGS | {"font.family": [name for name in _FONTS if name in known] or ["sans-serif"]}
    with matplotlib.rc_context(settings), warnings.catch_warnings():
        warnings.filterwarnings("ignore", message="Glyph .* missing")
        figure = _figure(found.tracks[:_MOST])
        metadata = {"Date": None, "Creator": None} if format == "svg" else {"Software": None}
        figure.savefig(out, format=format, dpi=_DPI, metadata=metadata)


def _figure(tracks: Sequence[Track]) -> Figure:
    from matplotlib.figure import Figure

    columns = 1 if len(tracks) == 1 else 2 if len(tracks) < 7 else 3
    rows = -(-len(tracks) // columns)
    size = _ALONE if len(tracks) == 1 else (_WIDE * columns, _TALL * rows)
    figure = Figure(figsize=size, layout="constrained")
    for place, track in enumerate(tracks):
        _chart(figure.add_subplot(rows, columns, place + 1), track)
    signs = {
        sign: handle for axes in figure.axes for handle, sign in zip(*axes.get_legend_handles_labels(), strict=True)
    }
    if signs:
        figure.legend(signs.values(), signs.keys(), loc="outside lower center", ncols=len(signs), frameon=False)
    return figure


def _chart(axes: Axes, track: Track) -> None:
    import numpy as np
    from matplotlib.dates import AutoDateLocator, ConciseDateFormatter
    from matplotlib.ticker import FuncFormatter

    factor, points = shown_as(track.metric.unit), track.points
    at = np.array([point.start for point in points], dtype="datetime64[D]")
    value, low, high, target = (
        np.array([np.nan if one is None else one * factor for one in numbers], dtype=float)
        for numbers in zip(*((point.value, point.low, point.high, point.target) for point in points), strict=True)
    )
    if not np.isnan(low).all():
        axes.fill_between(at, low, high, color=_CURVE, alpha=0.13, linewidth=0, label="95 % interval")
    over = np.array([point.complete for point in points])
    axes.plot(at, np.where(over, value, np.nan), color=_CURVE, marker=".", markersize=4, linewidth=1.4)
    _open(axes, at, value, over)
    if not np.isnan(target).all():
        axes.plot(
            at, target, color=_TARGET, linestyle=(0, (6, 3)), linewidth=1.2, label="target", drawstyle="steps-mid"
        )
    _findings(axes, track, at, value, factor)
    axes.set_title(heading(track), loc="left", fontsize=10, wrap=True)
    axes.grid(axis="y", color="#dddddd", linewidth=0.6)
    locator = AutoDateLocator(minticks=3, maxticks=7)  # type: ignore[no-untyped-call]
    axes.xaxis.set_major_locator(locator)
    axes.xaxis.set_major_formatter(ConciseDateFormatter(locator))  # type: ignore[no-untyped-call]
    axes.yaxis.set_major_formatter(FuncFormatter(lambda number, _: f"{number:,.10g}".replace("-", cells.MINUS)))


def _open(axes: Axes, days: np.ndarray, values: np.ndarray, done: np.ndarray) -> None:
    """The periods that are not over or final, dashed from the point before."""
    import numpy as np

    label: str | None = "to date, or not final"
    for place in map(int, np.flatnonzero(~done & ~np.isnan(values))):
        before = max(place - 1, 0)
        axes.plot(
            days[before : place + 1],
            values[before : place + 1],
            color=_CURVE,
            linestyle=(0, (2, 2)),
            linewidth=1.2,
            marker="o",
            markerfacecolor="white",
            markersize=5,
            markevery=[place - before],
            label=label,
        )
        label = None


def _findings(axes: Axes, track: Track, days: np.ndarray, values: np.ndarray, factor: float) -> None:
    """What the trend claims: its line, changes of level, values out of line."""
    trend = track.trend
    if trend is None:
        return
    if trend.rising or trend.steps:
        axes.plot(days, trend.line * factor, color=_TREND, linestyle=":", linewidth=1.6, label="trend")
    for number, step in enumerate(trend.steps):
        middle = days[step.at - 1] + (days[step.at] - days[step.at - 1]) // 2
        axes.axvline(middle, color=_MARK, linewidth=1, alpha=0.8, label="change of level" if not number else None)
    if odd := list(trend.odd):
        axes.plot(days[odd], values[odd], "D", color=_MARK, markersize=5, label="out of line")
