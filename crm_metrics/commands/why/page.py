"""A change and what it came of as a page for people: a sentence, then the segments with bars."""

from __future__ import annotations

from typing import TYPE_CHECKING

from rich.cells import cell_len

from crm_metrics.book import cells
from crm_metrics.book.screen import Screen, Span
from crm_metrics.commands.why.words import difference, sentence
from crm_metrics.intervals.signals import BETTER, BEYOND_CHANCE, MAYBE_BETTER, MAYBE_WORSE, NONE, UNKNOWN, WORSE
from crm_metrics.metrics.metric import Unit

if TYPE_CHECKING:
    from crm_metrics.analysis.drivers import Change, Dimension, Driver
    from crm_metrics.commands.why import Why

_WIDTH, _BAR = 100, 10
_DIMENSIONS, _SEGMENTS = 3, 6
_SAID = {
    BETTER: "better, by more than chance brings 3 times in 1,000",
    WORSE: "worse, by more than chance brings 3 times in 1,000",
    MAYBE_BETTER: "maybe better: chance brings as much less than 5 times in 100",
    MAYBE_WORSE: "maybe worse: chance brings as much less than 5 times in 100",
    NONE: "no more than chance may bring",
    UNKNOWN: "too few records to tell it from chance",
}
_STYLES = {BETTER: "green", MAYBE_BETTER: "green", WORSE: "red", MAYBE_WORSE: "red"}


def draw(why: Why, screen: Screen, verbose: bool) -> None:
    """Draws the page; with `verbose` every dimension and segment."""
    change, width = why.change, screen.width or _WIDTH
    screen.line((f"{change.metric.title}  {why.period.label} against {why.earlier.label}", ""))
    screen.line((headline(change), ""))
    screen.blank()
    screen.paragraph(sentence(change), hang=0, most=width)
    shown = change.dimensions if verbose else change.dimensions[:_DIMENSIONS]
    for place, dimension in enumerate(shown):
        screen.blank()
        for line in _dimension(change, dimension, place, width, all_=verbose):
            screen.line(*line)
    if hidden := change.dimensions[len(shown) :]:
        screen.blank()
        names = ", ".join(dimension.name for dimension in hidden)
        screen.paragraph(f"Explain less: {names} (all of it with -v)", hang=0, most=width)
    if change.refused and verbose:
        screen.blank()
        for dim, said in change.refused.items():
            screen.paragraph(f"Not by {dim}: {said}", hang=0, most=width)


def headline(change: Change) -> str:
    """Both values, the change, and what chance says of it."""
    before, now = (cells.value(number, change.metric.unit, change.currency) for number in (change.before, change.now))
    said = _SAID.get(change.signal or "", "")
    return f"{before} → {now}   {difference(change, change.now - change.before)}{f'   {said}' if said else ''}"


def _dimension(change: Change, dimension: Dimension, place: int, width: int, *, all_: bool) -> list[list[Span]]:
    """A heading and one line per segment; what is not shown is one line, so that the parts add up. In a narrow terminal the
    shares go first, then the bars, then what a part is made of; names and figures are never cut."""
    shown = dimension.drivers if all_ else dimension.drivers[:_SEGMENTS]
    rest = dimension.drivers[len(shown) :]
    heading = ["", "before", "now", "share", "own", "mix", "part of change"]
    table = [_cells(change, driver) for driver in shown] + ([_rest(change, rest)] if rest else [])
    kept = [0, 1, 2, 3, 4, 5, 6] if any(driver.mix_effect for driver in dimension.drivers) else [0, 1, 2, 6]
    wide = [max(cell_len(row[i]) for row in [heading, *table]) for i in range(len(heading))]
    room = _BAR + 2 + 14  # the bar, and the word behind it
    if 3 in kept and 2 * len(kept) + sum(wide[i] for i in kept) + room > width:
        kept.remove(3)
    bars = 2 * len(kept) + sum(wide[i] for i in kept) + room <= width
    for less in ({4, 5}, {1}):  # what the part is made of, then what it was before
        if 2 * len(kept) + sum(wide[i] for i in kept) > width:
            kept = [i for i in kept if i not in less]
    most = max((abs(driver.contribution) for driver in dimension.drivers), default=0.0)
    title = f"By {dimension.name}" + ("  (explains most)" if place == 0 else "")
    lines: list[list[Span]] = [[(title, "")], [(_line(heading, kept, wide), "")]]
    for row, driver in zip(table, [*shown, None], strict=False):
        line = [(_line(row, kept, wide), "")]
        if driver is not None:
            size = round(_BAR * abs(driver.contribution) / most) if most and bars else 0
            line += [("  ", ""), (f"{'█' * size:<{_BAR}}" if bars else "", _STYLES.get(driver.signal or "", ""))]
            line += [(f"  {driver.signal}", "")] if driver.signal in BEYOND_CHANCE else []
        lines.append(line)
    return lines


def _line(row: list[str], kept: list[int], wide: list[int]) -> str:
    """The cells of a row that are kept: the name first, then figures to the right."""
    text = "  " + row[0] + " " * (wide[0] - cell_len(row[0]))
    return text + "".join(f"  {' ' * (wide[i] - cell_len(row[i]))}{row[i]}" for i in kept[1:])


def _cells(change: Change, driver: Driver) -> list[str]:
    values = [cells.value(number, change.metric.unit) for number in (driver.before, driver.now)]
    shares = " → ".join(cells.value(share, Unit.PERCENT) for share in (driver.share_before, driver.share_now))
    parts = [difference(change, part) for part in (driver.rate_effect, driver.mix_effect, driver.contribution)]
    return [cells.visible(driver.segment), *values, shares, *parts]


def _rest(change: Change, rest: list[Driver]) -> list[str]:
    sums = [
        sum(driver.rate_effect for driver in rest),
        sum(driver.mix_effect for driver in rest),
        sum(driver.contribution for driver in rest),
    ]
    return [f"{len(rest)} more", "", "", "", *(difference(change, part) for part in sums)]
