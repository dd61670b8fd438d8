"""What figures rest on, in words: the months behind a lifetime value, and shares made of very few."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from crm_metrics.engine.cells import Cells
from crm_metrics.engine.compute import Engine
from crm_metrics.expressions import names
from crm_metrics.metrics.metric import Metric, Unit

FEW = 6  # fewer events say little, however many records they are among


def sentences(engine: Engine, metrics: Iterable[Metric], window: int) -> list[str]:
    """The bases of figures of several months, and which figures rest on fewer than six events; of all records together."""
    shown = [engine.catalog[metric.name] for metric in metrics if _value(engine, metric.name, window) is not None]
    bases: dict[str, tuple[list[str], dict[str, str]]] = {}
    thin: dict[tuple[int, str], list[str]] = {}
    for metric in shown:
        if base := _base(engine, metric, window):
            titles, said = bases.setdefault(base[0], ([], {}))
            titles.append(metric.title)
            said.update(base[1])
        if (found := min(_events(engine, metric, window), default=None)) and found[0] < FEW:
            thin.setdefault(found, []).append(metric.title)
    for titles, said in bases.values():
        for title in titles:
            said.pop(title, None)  # it has a row of its own
    made = [
        f"{', '.join(titles)}: {', '.join(f'{_within(part)} {figure}' for part, figure in said.items())}; {span}"
        for span, (titles, said) in bases.items()
    ]
    weak = [
        f"{', '.join(titles)}{' each' if len(titles) > 1 else ''} rests on only {count} ({words})"
        for (count, words), titles in thin.items()
    ]
    return [*made, *(["; ".join(weak)] if weak else [])]


def _value(engine: Engine, name: str, window: int) -> float | None:
    cells = engine.cells(name)
    if not isinstance(cells, Cells) or cells.value.shape[1] != 1 or cells.reason[window, 0] != 0:
        return None
    return float(cells.value[window, 0])


def _parts(engine: Engine, metric: Metric) -> list[Metric]:
    tree = metric.formula
    return [engine.catalog[name] for name in names(tree) if name in engine.catalog] if tree is not None else []


def _base(engine: Engine, metric: Metric, window: int) -> tuple[str, dict[str, str]] | None:
    """The months over which parts of a figure are measured, and these parts by title."""
    over = [part for part in _parts(engine, metric) if any(one.over_months for one in (part, *_parts(engine, part)))]
    if not over or metric.over_months or metric.private:
        return None
    monthly = next(one for part in over for one in (part, *_parts(engine, part)) if one.over_months)
    months = engine.trailing.months(monthly)[window]
    span = f"{engine.trailing.label(months[0])} to {engine.trailing.label(months[-1])}"
    return f"over {len(months)} months, {span}", {part.title: _figure(engine, part, window) for part in over}


def _within(title: str) -> str:
    return f"{title[0].lower()}{title[1:]}"


def _figure(engine: Engine, metric: Metric, window: int) -> str:
    value = _value(engine, metric.name, window)
    if value is None:
        return "unknown"
    return f"{100 * value:.2f} %" if metric.unit is Unit.PERCENT else f"{value:,.2f}"


def _events(engine: Engine, metric: Metric, window: int) -> Iterator[tuple[int, str]]:
    """How many events each share in a figure is made of, or how many are not among them if those are fewer; and which."""
    if metric.interval == "proportion":
        few, all_of = _parts(engine, metric)[:2]
        hits, total = _value(engine, few.name, window), _value(engine, all_of.name, window)
        if hits is not None and total is not None:
            other = total - hits
            words = few.title.lower() if hits <= other or other <= 0 else f"without the {few.title.lower()}"
            count = round(hits if hits <= other or other <= 0 else other)
            if count > 0:
                yield count, words
        return
    for part in _parts(engine, metric):
        yield from _events(engine, part, window)
