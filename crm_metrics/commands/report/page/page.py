"""The figures of one period: a row for each metric under its family, columns by rank as far as the width goes."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING

from rich.cells import cell_len

from crm_metrics.book import cells, naming
from crm_metrics.book.screen import GAP, Screen, aligned, longest_word
from crm_metrics.commands.report import waiting
from crm_metrics.commands.report.page import columns, grid
from crm_metrics.commands.report.page.choice import Choice
from crm_metrics.commands.report.page.columns import Column
from crm_metrics.commands.report.page.figures import Figure, per_of
from crm_metrics.commands.report.page.footnotes import Footnotes
from crm_metrics.metrics.catalog import FAMILY_TITLES
from crm_metrics.metrics.metric import Metric

if TYPE_CHECKING:
    from crm_metrics.reporting.report import Report

_TITLE = 26  # titles are folded to so many characters before a column goes
_LIMITS_FROM = 100
_NEWS = 8
_ORDER = ("value", "before", "change", "goal", "limits", "records", "trend")


def draw(screen: Screen, report: Report, choice: Choice, figures: Sequence[Figure], footnotes: Footnotes) -> None:
    """Draws what changed beyond chance, then the families below each other in the same columns, metrics with dimensions
    of their own as small tables."""
    single = [figure for figure in figures if not figure.per and figure.value is not None]
    _news(screen, report, choice, single)
    rows = [figure for figure in single if figure.metric.name in choice.names]
    titles = [figure.metric.title + _marks(report, figure, footnotes) for figure in rows]
    of_families = families(choice.metrics)
    wide = max(map(cell_len, (*titles, *(family_title(family)[len(GAP) :] for family in of_families))), default=0)
    beside, width = _fitting(screen, _columns(report, rows), titles, wide)
    headings = grid.joined([grid.heading(column, -1) for column in beside])
    for family, metrics in of_families.items():
        places = [place for place, figure in enumerate(rows) if figure.metric.family == family]
        tables = _own_tables(report, metrics, figures)
        if places or tables:
            if choice.whole or headings:
                screen.blank()
            shown, headings = (headings, []) if places else ([], headings)
            if shown:
                screen.row([((family_title(family), "bold"), width + len(GAP))], shown)
            else:
                screen.line((family_title(family), "bold"))
        for place in places:
            rest = grid.joined([column.cells[place] for column in beside])
            screen.row([((titles[place], ""), width)], rest, indent=len(GAP), lead=rows[place].mark)
        for number, (dimensions, own) in enumerate(tables.items()):
            if places or number:
                screen.blank()
            _draw_own(screen, report, dimensions, own, figures)


def families(metrics: Sequence[Metric]) -> dict[str, list[Metric]]:
    """The metrics by family, both in the order of the report."""
    found: dict[str, list[Metric]] = {}
    for metric in metrics:
        found.setdefault(metric.family, []).append(metric)
    return found


def family_title(family: str) -> str:
    return FAMILY_TITLES.get(family, family.capitalize())


def _news(screen: Screen, report: Report, choice: Choice, single: Sequence[Figure]) -> None:
    """What changed beyond chance: of all figures where it surely did, of those on the page also where it may have."""
    if not report.compare_period or choice.named:
        return
    sure = [one for one in single if one.is_beyond_chance and one.signal in ("better", "worse")]
    maybe = [one for one in single if one.is_beyond_chance and one not in sure and one.metric.name in choice.names]
    news = [one for one in (*sure, *maybe) if one.metric.name not in choice.echoes]
    screen.blank()
    if not news:
        screen.line(("Nothing changed beyond chance.", "bold"))
        return
    shown = news[:_NEWS]
    if screen.fits("Beyond chance", GAP, legend(news)):
        screen.line(("Beyond chance", "bold"), (f"{GAP}{legend(news)}", "dim"))
    else:
        screen.line(("Beyond chance", "bold"))
        screen.paragraph(legend(news), "dim", indent=len(GAP), hang=0)
    texts = aligned([one.text for one in shown])
    before = [f"{GAP}from {one.before_text}" if one.before_text else "" for one in shown]
    titles = [one.metric.title for one in shown]
    taken = 2 * len(GAP) + len(GAP) + max(map(cell_len, texts))
    wide, from_ = max(map(cell_len, titles)), max(map(cell_len, before))
    if screen.width is not None and taken + wide + from_ > screen.width:
        wide = max(min(wide, screen.width - taken - from_), longest_word(titles))
    if screen.width is not None and taken + wide + from_ > screen.width:
        before = [""] * len(before)
        wide = max(min(max(map(cell_len, titles)), screen.width - taken), longest_word(titles))
    for one, text, was in zip(shown, texts, before, strict=True):
        screen.row([((one.metric.title, ""), wide)], [(text, one.change_style), (was, "dim")], indent=4, lead=one.mark)
    if len(news) > _NEWS:
        screen.line((f"    and {len(news) - _NEWS} more", "dim"))


def legend(figures: Sequence[Figure]) -> str:
    """What the marks of changes mean, those that are shown; empty without any."""
    beyond = {figure.signal for figure in figures if figure.value is not None and figure.is_beyond_chance}
    if beyond & {"better", "worse"}:
        maybe = ", △ ▽ 5 in 100" if beyond & {"maybe better", "maybe worse"} else ""
        return f"▲ better ▼ worse: chance brings it 3 times in 1,000{maybe}"
    return "△ better ▽ worse: chance brings it 5 times in 100" if beyond else ""


def _marks(report: Report, figure: Figure, footnotes: Footnotes) -> str:
    """The marks of what has to be known of a figure: what it rests on, who still waits."""
    said = list(report.grounds.get(figure.metric.name, ()))
    said += [waiting.beside(found) for found in report.waiting if found.metric.name == figure.metric.name]
    marks = "".join(footnotes.mark(cells.visible(words)) for words in said)
    return f" {marks}" if marks else ""


def _columns(report: Report, rows: Sequence[Figure]) -> dict[str, Column]:
    """The columns by rank: those that do not fit go from the end."""
    now, before = naming.headings(report.period, report.compare_period or "")
    found = {"value": columns.numbers(now, [figure.text for figure in rows])}
    if any(figure.change_text for figure in rows):
        found["change"] = columns.changes(rows, marked=False)
    if any(figure.goal_text for figure in rows):
        found["goal"] = columns.goals(rows)
    earlier = [figure.before_text for figure in rows]
    if any(earlier):
        found["before"] = columns.numbers(before, columns.bare(earlier), "dim")
    histories = [_history(report, figure, rows) for figure in rows]
    if any(map(columns.sparkline, histories)):
        heading = f"{columns.TREND_PERIODS} {naming.unit_of(report.period)}"
        found["trend"] = columns.trends(heading, rows, histories)
    limits = [figure.limits_text for figure in rows]
    if any(limits):
        found["limits"] = columns.numbers("between (95 %)", limits, "dim")
    found["records"] = columns.records(rows)
    return found


def _history(report: Report, figure: Figure, rows: Sequence[Figure]) -> Sequence[float | None]:
    in_currency = report.history.get((figure.metric.name, figure.currency or ""))
    if in_currency is not None:
        return in_currency
    # Without a currency of its own a history is that of one row alone.
    alone = sum(other.metric.name == figure.metric.name for other in rows) == 1
    return report.history.get((figure.metric.name,), []) if alone else []


def _fitting(
    screen: Screen, found: Mapping[str, Column], titles: Sequence[str], longest: int
) -> tuple[list[Column], int]:
    """The columns that fit beside the titles, and the width of the titles, folded where they have to be; the values
    always stay."""
    kept = dict(found)
    if screen.width is not None and screen.width < _LIMITS_FROM:
        kept = {name: column for name, column in kept.items() if name not in ("limits", "records")}
    least = max(min(longest, _TITLE), longest_word(titles))
    while screen.width is not None and len(kept) > 1 and _taken(kept) + least > screen.width:
        kept.popitem()
    room = longest if screen.width is None else screen.width - _taken(kept)
    return [kept[name] for name in _ORDER if name in kept], max(min(longest, room), min(longest, longest_word(titles)))


def _taken(found: Mapping[str, Column]) -> int:
    return len(GAP) + sum(len(GAP) + column.width for column in found.values())


def _own_tables(
    report: Report, metrics: Sequence[Metric], figures: Sequence[Figure]
) -> dict[tuple[str, ...], list[Metric]]:
    known = {figure.metric.name for figure in figures if figure.per and figure.value is not None}
    found: dict[tuple[str, ...], list[Metric]] = {}
    for metric in metrics:
        if metric.name in known:
            found.setdefault(per_of(metric, report), []).append(metric)
    return found


def _draw_own(
    screen: Screen, report: Report, dimensions: Sequence[str], metrics: Sequence[Metric], figures: Sequence[Figure]
) -> None:
    names = {metric.name for metric in metrics}
    own = [figure for figure in figures if figure.metric.name in names]
    keys, left_away = grid.largest(own, metrics, report.rest)
    rows = grid.lines(keys, own, lambda figure: figure.per)
    if left_away:
        place = sum(row.key in keys[: grid.LONGEST] for row in rows)
        rows.insert(place, grid.Line((*[""] * (len(dimensions) - 1), grid.more(left_away))))
    grid.draw(screen, dimensions, rows, metrics)
