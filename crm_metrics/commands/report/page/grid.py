"""Tables whose rows are segments or periods and whose columns are metrics."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field

from rich.cells import cell_len

from crm_metrics.book import cells
from crm_metrics.book.screen import GAP, Screen, Span, longest_word
from crm_metrics.commands.report.page.columns import Column, segment_values
from crm_metrics.commands.report.page.figures import Figure
from crm_metrics.metrics.metric import Metric

LONGEST = 10  # rows of a metric that brings its own dimensions
# What stands beside the values, and what of it stays where all does not fit.
_BESIDES = (("rank", "goal", "change"), ("rank", "goal"), ("goal",))

Key = tuple[str, ...]


@dataclass
class Line:
    """One row: its labels and, by metric, its figures."""

    key: Key
    figures: dict[str, Figure] = field(default_factory=dict)


def lines(keys: Iterable[Key], figures: Iterable[Figure], key_of: Callable[[Figure], Key]) -> list[Line]:
    """A line for each key, in the order given; where its amounts are in several currencies, one for each of them, the
    figures without a currency in the first."""
    by_key: dict[Key, list[dict[str, Figure]]] = {key: [{}] for key in keys}
    currencies: dict[Key, list[str]] = {}
    for figure in figures:
        key = key_of(figure)
        if key not in by_key:
            continue
        place = 0
        if figure.metric.is_money and figure.currency and figure.value is not None:
            seen = currencies.setdefault(key, [])
            if figure.currency not in seen:
                seen.append(figure.currency)
            place = seen.index(figure.currency)
            if place == len(by_key[key]):
                by_key[key].append({})
        by_key[key][place][figure.metric.name] = figure
    return [Line(key, found) for key, rows in by_key.items() for found in rows]


def largest(figures: Sequence[Figure], metrics: Sequence[Metric], rest: str | None) -> tuple[list[Key], int]:
    """The keys of a metric's own dimensions by value, largest first, `LONGEST` of them, and how many are left away. The
    row of the rest comes last and is always there. Amounts in several currencies are not ranked by amount."""
    ranks: dict[Key, float] = {}
    for metric in metrics:
        own = [figure for figure in figures if figure.metric.name == metric.name and figure.value is not None]
        if own and len({figure.currency for figure in own}) == 1:
            ranks = {figure.per: figure.value or 0.0 for figure in own}
            break
    keys = dict.fromkeys(figure.per for figure in figures if figure.value is not None)
    ranked = sorted(keys, key=lambda key: -ranks.get(key, float("-inf")))
    remainder = [key for key in ranked if rest is not None and rest in key]
    ranked = [key for key in ranked if key not in remainder]
    return ranked[:LONGEST] + remainder, max(0, len(ranked) - LONGEST)


def more(count: int) -> str:
    """The label of the row that stands for those left away."""
    return f"… and {cells.count(count)} more"


def draw(screen: Screen, names: Sequence[str], rows: Sequence[Line], metrics: Sequence[Metric]) -> None:
    """Draws the rows with a column for each metric that has a value; what stands beside the values goes where all would
    not fit side by side, and what still does not comes in blocks of the same rows, one below the other."""
    found = {metric.title: [row.figures.get(metric.name) for row in rows] for metric in metrics}
    found = {
        title: figures for title, figures in found.items() if any(one and one.value is not None for one in figures)
    }
    for besides in _BESIDES:
        columns = [
            segment_values(title, figures, besides, wrap=screen.width is not None) for title, figures in found.items()
        ]
        widths = _label_widths(screen, names, rows, max((column.width for column in columns), default=0))
        blocks = _blocks(screen, columns, widths)
        if len(blocks) < 2:
            break
    for number, block in enumerate(blocks):
        if number:
            screen.blank()
        _draw_block(screen, names, rows, widths, block)


def _label_widths(screen: Screen, names: Sequence[str], rows: Sequence[Line], widest: int) -> list[int]:
    texts = [list(column) for column in zip(names, *(row.key for row in rows), strict=True)]
    widths = [max(map(cell_len, column)) for column in texts]
    if screen.width is None:
        return widths
    least = [longest_word(column) for column in texts]
    room = screen.width - len(GAP) * (len(names) + 1) - widest
    while sum(widths) > room and widths != least:
        place = max(range(len(widths)), key=lambda place: widths[place] - least[place])
        widths[place] -= 1
    return widths


def _blocks(screen: Screen, columns: Sequence[Column], widths: Sequence[int]) -> list[list[Column]]:
    labels = len(GAP) + sum(width + len(GAP) for width in widths)
    blocks: list[list[Column]] = []
    used = 0
    for column in columns:
        if not blocks or (screen.width is not None and used + column.width > screen.width):
            blocks.append([])
            used = labels
        blocks[-1].append(column)
        used += column.width + len(GAP)
    return blocks


def _draw_block(
    screen: Screen, names: Sequence[str], rows: Sequence[Line], widths: Sequence[int], block: Sequence[Column]
) -> None:
    indent = len(GAP)
    height = max(len(column.heading) for column in block)
    for number in range(height):
        shown = names if number == height - 1 else [""] * len(names)
        labels = [((name.replace("_", " "), "dim"), width) for name, width in zip(shown, widths, strict=True)]
        screen.row(labels, joined([heading(column, number - height) for column in block]), indent=indent)
    before: Key = ()
    for index, row in enumerate(rows):
        styles = label_styles(row.key, before)
        labels = [((text, style), width) for text, style, width in zip(row.key, styles, widths, strict=True)]
        screen.row(labels, joined([column.cells[index] for column in block]), indent=indent)
        before = row.key


def label_styles(key: Key, before: Key) -> list[str]:
    # A label that repeats the one above steps back, as long as everything before it does.
    same = [key[: place + 1] == before[: place + 1] and len(key) > 1 for place in range(len(key))]
    return ["dim" if repeats or label.startswith("… and ") else "" for repeats, label in zip(same, key, strict=True)]


def heading(column: Column, place: int) -> list[Span]:
    """The line of a column's heading at a place counted from the last one, -1."""
    text = column.heading[place] if len(column.heading) >= -place else ""
    return [(" " * (column.width - cell_len(text)), ""), (text, "dim")]


def joined(parts: Iterable[list[Span]]) -> list[Span]:
    """The cells of a row side by side."""
    spans: list[Span] = []
    for number, cell in enumerate(parts):
        spans += [(GAP, ""), *cell] if number else cell
    return spans
